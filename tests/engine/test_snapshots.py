from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ensue.app.app import App
from ensue.engine.database import MEMORY, StoreUrl
from ensue.engine.snapshots import SNAPSHOT_CHUNK, Snapshot
from ensue.words.errors import InvalidDeclaration
from tests.conftest import Stage

MANY = 3 * SNAPSHOT_CHUNK + 7


def declared(*, follows, seen=None, is_action=False, **options):
    app = App("wims")
    stock = app.table("stock", key=("shop", "id"))
    copy = app.table("copy", key=("shop", "id"))
    if follows and is_action:

        @app.on_change(stock, start="snapshot", name="follow", **options)
        async def act(change):
            seen.append((change.kind, change.key, change.is_snapshot))

    elif follows:

        @app.on_change(stock, start="snapshot", name="follow", **options)
        def follow(change, tx):
            if seen is not None:
                seen.append((change.kind, change.key, change.is_snapshot, change.id))
            before = tx.get(copy, change.key)
            assert before == change.old, "a gap or an overlap"
            if change.new is None:
                tx.delete(copy, change.key)
            else:
                tx.put(copy, change.new)

    return app, stock, copy


def filled(file_store, run_on, many=MANY):
    app, stock, _ = declared(follows=False)
    stage = run_on(file_store, app)
    stage.wait(stock.batch_put([{"shop": "s", "id": n, "n": 0} for n in range(many)]))
    stage.close()


def items(stage, table):
    found, after = [], None
    while True:
        page = stage.wait(table.scan(after=after, limit=1_000))
        found += page.items
        after = page.next
        if after is None:
            return found


def a_step_of(stage, kind):
    [worker] = [each for each in stage.engine.workers if isinstance(each, kind)]
    return stage.wait(worker.step())


def test_a_new_follower_gets_what_is_there_and_then_the_changes(file_store, run_on):
    filled(file_store, run_on)
    seen = []
    app, stock, copy = declared(follows=True, seen=seen)
    stage = run_on(file_store, app)
    stage.settle()
    assert [(kind, key, snap) for kind, key, snap, _ in seen] == [
        ("insert", ("s", n), True) for n in range(MANY)
    ]
    assert len({change_id for *_, change_id in seen}) == MANY
    stage.wait(stock.update(("s", 5), "SET n = :n", n=1))
    stage.settle()
    assert seen[-1][:3] == ("update", ("s", 5), False)
    assert items(stage, copy) == items(stage, stock)


def test_once_it_is_over_nothing_is_left_of_it(file_store, run_on):
    filled(file_store, run_on)
    app, stock, _ = declared(follows=True)
    stage = run_on(file_store, app)
    stage.settle()
    stage.wait(stock.put({"shop": "s", "id": "new"}))
    stage.settle()
    assert stage.rows("SELECT count(*) FROM ensue_snapshot_chunks") == [(0,)]
    assert stage.rows("SELECT count(*) FROM ensue_snapshots") == [(0,)]


def test_it_is_taken_once_and_not_at_the_next_start(file_store, run_on):
    filled(file_store, run_on)
    for expected in (MANY, 0):
        seen = []
        app, _, _ = declared(follows=True, seen=seen)
        stage = run_on(file_store, app)
        stage.settle()
        assert len(seen) == expected
        stage.close()


def test_killed_in_the_middle_it_goes_on_where_it_was(file_store, run_on, crashed):
    filled(file_store, run_on)
    app, stock, _ = declared(follows=True)
    stage = run_on(file_store, app)
    a_step_of(stage, Snapshot)
    stage.wait(stock.delete(("s", 1)))
    stage.wait(stock.delete(("s", MANY - 1)))
    url = crashed(stage)
    stage.close()
    app, stock, copy = declared(follows=True)
    stage = run_on(url, app)
    stage.settle()
    assert items(stage, copy) == items(stage, stock)
    assert len(items(stage, copy)) == MANY - 2


def test_a_reader_that_lags_behind_the_whole_snapshot_passes_over_what_was_in_it(
    file_store, run_on
):
    filled(file_store, run_on, 9)
    app, stock, copy = declared(follows=True)
    stage = run_on(file_store, app)
    stage.wait(stock.delete(("s", 1)))
    stage.wait(stock.put({"shop": "s", "id": 2, "n": 1}))
    for _ in range(5):
        a_step_of(stage, Snapshot)
    stage.settle()
    assert items(stage, copy) == items(stage, stock)
    assert stage.rows("SELECT count(*) FROM ensue_failures") == [(0,)]


def test_an_action_gets_it_too(file_store, run_on):
    filled(file_store, run_on, 3)
    seen = []
    app, _, _ = declared(follows=True, seen=seen, is_action=True)
    stage = run_on(file_store, app)
    stage.settle()
    assert sorted(seen) == [("insert", ("s", n), True) for n in range(3)]


def test_only_what_is_wanted_comes_of_it(file_store, run_on):
    filled(file_store, run_on, 9)
    seen = []
    app, _, _ = declared(follows=True, seen=seen, is_action=True, where="NewImage.id = NewImage.n")
    stage = run_on(file_store, app)
    stage.settle()
    assert seen == [("insert", ("s", 0), True)]


def test_a_follower_may_begin_with_the_oldest_change_that_is_kept(file_store, run_on):
    filled(file_store, run_on, 3)
    app, stock, _ = declared(follows=False)
    seen = []

    @app.on_change(stock, start="horizon")
    def follow(change, tx):
        seen.append((change.kind, change.is_snapshot))

    run_on(file_store, app).settle()
    assert seen == [("insert", False)] * 3


def test_a_start_that_is_none_is_refused():
    app, stock, _ = declared(follows=False)
    with pytest.raises(InvalidDeclaration, match="latest, horizon, snapshot"):
        app.on_change(stock, start="beginning")


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.just("snapshot"), st.none())
        | st.tuples(st.just("read"), st.none())
        | st.tuples(st.sampled_from(["put", "delete"]), st.integers(0, 400)),
        max_size=40,
    )
)
def test_whatever_is_written_meanwhile_the_copy_has_no_gap_and_no_overlap(moves):
    app, stock, copy = declared(follows=False)
    before = [{"shop": "s", "id": n, "n": 0} for n in range(0, 300, 2)]
    app, stock, copy = declared(follows=True)
    stage = Stage(StoreUrl(MEMORY), app)
    try:
        # As if they had been there before the follower: it begins behind them.
        stage.wait(stock.batch_put(before))
        stage.do(
            lambda tx: tx.execute(
                "UPDATE ensue_readers SET position = (SELECT max(sequence) FROM wims_stock_changes)"
            )
        )
        for number, (move, key) in enumerate(moves):
            if move == "snapshot":
                a_step_of(stage, Snapshot)
            elif move == "read":
                stage.wait(stage.engine.workers[0].step())
            elif move == "put":
                stage.wait(stock.put({"shop": "s", "id": key, "n": number + 1}))
            else:
                stage.wait(stock.delete(("s", key)))
        stage.settle()
        assert items(stage, copy) == items(stage, stock)
        assert stage.rows("SELECT count(*) FROM ensue_failures") == [(0,)]
    finally:
        stage.close()


def test_what_had_ended_before_it_was_read_is_not_told_of_at_all(file_store, run_on):
    seen = []
    for follows in (False, True):
        app = App("wims")
        sessions = app.table("sessions", key="id", ttl="ends")
        if follows:

            @app.on_change(sessions, start="snapshot")
            def follow(change, tx):
                seen.append((change.kind, change.key))

        stage = run_on(file_store, app)
        if not follows:
            end = stage.clock.now_ms() // 1_000 + 1
            items = [{"id": n} if n % 2 else {"id": n, "ends": end} for n in range(MANY)]
            stage.wait(sessions.batch_put(items))
            stage.close()
    stage.clock.move_to((end + 1) * 1_000)
    a_step_of(stage, Snapshot)
    stage.settle()
    assert seen == [("insert", (n,)) for n in range(MANY) if n % 2]
