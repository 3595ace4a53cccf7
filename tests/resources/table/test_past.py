from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ensue.app.app import App
from ensue.engine import logs
from ensue.engine.home import Settings
from ensue.engine.keeper import Keeper
from ensue.engine.lanes import Start
from ensue.engine.readers import set_reader
from ensue.words.errors import InvalidValue, NotKept
from ensue.words.names import Ref

HOUR_MS = 3_600_000
OUTSIDE = (
    "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :many)"
    " INSERT INTO wims_orders (pk, item) SELECT 'o' || (:from + i), '{}' FROM n WHERE :many > 0"
)


@pytest.fixture
def app() -> App:
    return App("wims")


@pytest.fixture(params=[None, "7d"])
def orders(app, request):
    return app.table(
        "orders", key=("customer", "id"), indexes={"city": "city"}, keep_changes=request.param
    )


@pytest.fixture
def stage(store, run_on, app, orders):
    return run_on(store, app)


def tick(stage, ms=1_000):
    """Let time pass; returns the time before."""
    now_ms = stage.clock.now_ms()
    stage.clock.move_to(now_ms + ms)
    return now_ms


def keep(stage):
    """Let the keeper alone do its work, as often as it wants to."""
    stage.clock.move_to(stage.clock.now_ms() + 60_000)
    [keeper] = [worker for worker in stage.engine.workers if isinstance(worker, Keeper)]
    while stage.wait(keeper.step()):
        pass


def put(stage, orders, number, **more):
    stage.wait(orders.put({"customer": "c", "id": number, **more}))


def test_an_item_is_read_as_it_was(stage, orders):
    before = tick(stage)
    put(stage, orders, 1, n=1)
    first = tick(stage)
    put(stage, orders, 1, n=2)
    second = tick(stage)
    stage.wait(orders.delete(("c", 1)))
    third = tick(stage)
    found = [stage.wait(orders.get(("c", 1), at=at)) for at in (before, first, second, third)]
    assert [item and item.n for item in found] == [None, 1, 2, None]


def test_a_time_can_be_told_in_several_ways_and_a_change_by_its_id(stage, orders):
    put(stage, orders, 1, n=1)
    at_ms = tick(stage)
    put(stage, orders, 1, n=2)
    [_, change] = stage.wait(orders.history(("c", 1)))
    at = datetime.fromtimestamp(at_ms / 1_000, UTC)
    for told in (at_ms, at, at.isoformat(), change.id):
        assert stage.wait(orders.get(("c", 1), at=told)).n == 1


def test_a_query_by_key_and_by_index_and_a_scan_are_as_of_then(stage, orders):
    for number in (1, 2, 3):
        put(stage, orders, number, city="Ulm")
    stage.wait(orders.put({"customer": "d", "id": 9, "city": "Ulm"}))
    then = tick(stage)
    put(stage, orders, 0, city="Ulm")
    put(stage, orders, 1, city="Bonn")
    stage.wait(orders.delete(("c", 2)))

    def ids(page):
        return [item["id"] for item in stage.wait(page).items]

    assert ids(orders.query("c", at=then)) == [1, 2, 3]
    assert ids(orders.query("c", at=then, sort="id > :id", id=1, reverse=True)) == [3, 2]
    assert ids(orders.query("Ulm", index="city", at=then)) == [1, 2, 3, 9]
    assert ids(orders.scan(at=then, filter="id < :id", id=3)) == [1, 2]
    assert ids(orders.query("c")) == [0, 1, 3]


def test_what_was_there_is_not_there_again_once_it_had_ended(store, run_on, app):
    sessions = app.table("sessions", key="id", ttl="ends")
    stage = run_on(store, app)
    end = stage.clock.now_ms() // 1_000 + 5
    stage.wait(sessions.put({"id": "a", "ends": end}))
    stage.advance(60_000)
    assert stage.wait(sessions.get("a", at=end * 1_000 - 1)) is not None
    assert stage.wait(sessions.get("a", at=end * 1_000)) is None


def test_history_has_the_versions_of_an_item_newest_first(stage, orders):
    for n in range(4):
        put(stage, orders, 1, n=n)
        put(stage, orders, 2, n=n)
        tick(stage)
    stage.wait(orders.delete(("c", 1)))
    found = stage.wait(orders.history(("c", 1), limit=3))
    assert [(each.kind, each.old.n) for each in found] == [
        ("remove", 3), ("update", 2), ("update", 1)
    ]  # fmt: skip
    assert [b.at_ms - a.at_ms for a, b in zip(found[1:], found, strict=False)] == [1_000, 1_000]
    older = stage.wait(orders.history(("c", 1), before=found[-1].id))
    assert [each.kind for each in older] == ["update", "insert"]


@pytest.mark.parametrize("at", ["yesterday", "2026-01-01T00:00:00", -1, True, 2**70, 1.5, []])
def test_what_is_no_time_is_refused(stage, orders, at):
    with pytest.raises(InvalidValue) as caught:
        stage.wait(orders.get(("c", 1), at=at))
    assert caught.value.at == "$.at"


def test_the_id_of_another_tables_change_is_refused(stage, orders):
    other = stage.engine.records.text(1, 1)
    with pytest.raises(InvalidValue):
        stage.wait(orders.get(("c", 1), at=other))
    with pytest.raises(InvalidValue):
        stage.wait(orders.history(("c", 1), before=other))


def test_beyond_what_is_kept_it_is_said_from_when_on_it_can_be_read(store, run_on, app):
    orders = app.table("orders", key="id")
    stage = run_on(store, app, settings=Settings(keep_ms=HOUR_MS))
    stage.wait(orders.put({"id": 1, "n": 1}))
    change = stage.wait(orders.history(1))[0]
    early = tick(stage, 2 * HOUR_MS)
    stage.wait(orders.put({"id": 1, "n": 2}))
    keep(stage)
    with pytest.raises(NotKept, match="are kept from 20") as caught:
        stage.wait(orders.get(1, at=early))
    assert caught.value.hint
    assert stage.wait(orders.get(1, at=change.id)).n == 1
    late = tick(stage, 2 * HOUR_MS)
    keep(stage)
    with pytest.raises(NotKept):
        stage.wait(orders.get(1, at=late))
    with pytest.raises(NotKept):
        stage.wait(orders.get(1, at=change.id))
    assert stage.wait(orders.get(1, at=stage.clock.now_ms() - HOUR_MS // 2)).n == 2


def test_a_table_that_keeps_its_changes_can_be_read_as_of_long_ago(store, run_on, app):
    orders = app.table("orders", key="id", keep_changes="30d")
    stage = run_on(store, app, settings=Settings(keep_ms=HOUR_MS))
    times = []
    for n in range(5):
        stage.wait(orders.put({"id": 1, "n": n}))
        times.append(tick(stage, 48 * HOUR_MS))
        keep(stage)
    assert stage.rows("SELECT count(*) FROM ensue_hops") == [(0,)]
    assert [stage.wait(orders.get(1, at=at)).n for at in times] == [0, 1, 2, 3, 4]
    assert [each.at_ms for each in stage.wait(orders.history(1))] == times[::-1]


def test_a_table_may_keep_its_changes_shorter_than_all_else(store, run_on, app):
    orders = app.table("orders", key="id", keep_changes="1m")
    stage = run_on(store, app)
    stage.wait(orders.put({"id": 1, "n": 1}))
    stage.wait(orders.delete(1))
    tick(stage, 120_000)
    keep(stage)
    assert stage.wait(orders.history(1)) == []


def test_a_statement_from_outside_counts_to_the_change_before_it(file_store, run_on, app, typed_in):
    orders = app.table("orders", key="id")
    stage = run_on(file_store, app)
    stage.wait(orders.put({"id": 1, "n": 1}))
    at = tick(stage)
    typed_in(file_store, "UPDATE wims_orders SET item = json_set(item, '$.n', 2)")
    tick(stage)
    stage.wait(orders.put({"id": 1, "n": 3}))
    assert stage.wait(orders.get(1, at=at)).n == 2
    assert stage.wait(orders.get(1, at=stage.clock.now_ms())).n == 3


def test_keys_of_every_type_are_found_in_the_past(stage, orders):
    keys = [b"\x00\xff", 1.5, 2**62, "a,b", '"', "\u00e9"]
    for key in keys:
        stage.wait(orders.put({"customer": key, "id": key, "n": 1}))
    then = tick(stage)
    for key in keys:
        stage.wait(orders.put({"customer": key, "id": key, "n": 2}))
    for key in keys:
        assert stage.wait(orders.get((key, key), at=then)).n == 1
        assert [item.n for item in stage.wait(orders.query(key, at=then)).items] == [1]
        assert len(stage.wait(orders.history((key, key)))) == 2
    assert len(stage.wait(orders.scan(at=then)).items) == len(keys)


def test_times_are_kept_when_a_table_begins_to_keep_its_changes(file_store, run_on, app):
    settings = Settings(keep_ms=HOUR_MS)
    before = app.table("orders", key="id")
    stage = run_on(file_store, app, settings=settings)
    times = []
    for n in range(3):
        stage.wait(before.put({"id": 1, "n": n}))
        times.append(tick(stage))
    stage.close()
    after = App("wims")
    orders = after.table("orders", key="id", keep_changes="7d")
    stage = run_on(file_store, after, settings=settings)
    tick(stage, 48 * HOUR_MS)
    keep(stage)
    assert stage.rows("SELECT count(*) FROM ensue_hops") == [(0,)]
    assert [stage.wait(orders.get(1, at=at)).n for at in times] == [0, 1, 2]


def test_a_time_is_refused_when_it_is_not_known_which_changes_came_before_it(store, run_on, app):
    orders = app.table("orders", key="id")
    app.on_change(orders, name="follow")(lambda change, tx: None)
    stage = run_on(store, app, settings=Settings(keep_ms=HOUR_MS))
    for n in range(3):
        stage.wait(orders.put({"id": 1, "n": n}))
        early = tick(stage)
    tick(stage, 48 * HOUR_MS)
    stage.wait(orders.put({"id": 1, "n": 3}))
    keep(stage)  # what the follower has not read is kept, and when it was made is not
    with pytest.raises(NotKept, match="not kept any more"):
        stage.wait(orders.get(1, at=early - 1_000))
    assert stage.wait(orders.get(1, at=stage.clock.now_ms())).n == 3


def test_which_items_had_ended_is_known_right_after_a_change_or_it_is_refused(store, run_on, app):
    sessions = app.table("sessions", key="id", ttl="ends", keep_changes="1h")
    stage = run_on(store, app)
    end = stage.clock.now_ms() // 1_000 + 2 * 3_600
    stage.wait(sessions.put({"id": "a", "ends": end}))
    stage.do(lambda tx: tx.execute("INSERT INTO wims_sessions (pk, item) VALUES ('b', '{}')"))
    [first] = stage.wait(sessions.history("a"))
    [outside] = stage.wait(sessions.history("b"))
    tick(stage, 2 * HOUR_MS)
    assert stage.wait(sessions.get("a", at=first.id)) is not None
    assert stage.wait(sessions.get("a", at=outside.id)) is not None
    keep(stage)
    tick(stage, HOUR_MS)
    keep(stage)
    stage.wait(sessions.put({"id": "c"}))
    with pytest.raises(NotKept):
        stage.wait(sessions.get("a", at=outside.id))


def test_a_follower_can_be_set_back_to_a_time_whose_hops_are_forgotten(store, run_on, app):
    orders = app.table("orders", key="id", keep_changes="30d")
    seen = []
    app.on_change(orders, name="follow")(lambda change, tx: seen.append(change.key[0]))
    stage = run_on(store, app, settings=Settings(keep_ms=HOUR_MS))
    times = []
    for n in range(4):
        stage.wait(orders.put({"id": n}))
        stage.settle()
        times.append(tick(stage, 2 * HOUR_MS))
        keep(stage)
    seen.clear()
    follow, at = Ref("wims", "function", "follow"), Start("time", times[1])
    stage.do(lambda tx: set_reader(tx, follow, orders.ref, at, confirm="follow"))
    stage.settle()
    assert seen == [1, 2, 3]


def test_the_first_change_since_a_time_is_found_among_many_that_say_none(store, run_on, app):
    orders = app.table("orders", key="id", keep_changes="7d")
    stage = run_on(store, app)
    firsts = {}
    for n in range(12):
        stage.do(lambda tx, n=n: tx.execute(OUTSIDE, {"from": n * 100, "many": n % 4 * 3}))
        stage.wait(orders.put({"id": n}))
        [(firsts[tick(stage)],)] = stage.rows("SELECT max(sequence) FROM wims_orders_changes")
    last = stage.rows("SELECT max(sequence) FROM wims_orders_changes")[0][0]

    def since(at_ms):
        return stage.engine.read(lambda tx: logs.first_since(tx, "wims_orders_changes", at_ms))

    for at_ms, first in firsts.items():
        assert since(at_ms) == since(at_ms - 999) == first
    assert since(stage.clock.now_ms()) == last + 1


def test_what_other_programs_alone_change_is_kept_for_its_time_too(store, run_on, app):
    orders = app.table("orders", key="id", keep_changes="1h")
    stage = run_on(store, app)
    change = "UPDATE wims_orders SET item = json_set(item, '$.n', ?)"
    stage.do(lambda tx: tx.execute(OUTSIDE, {"from": 1, "many": 2}))
    times = []
    for n in range(3):
        stage.do(lambda tx, n=n: tx.execute(change, (n,)))
        keep(stage)
        keep(stage)
        times.append(stage.clock.now_ms())
        tick(stage, 600_000)
    assert [each.kind for each in stage.wait(orders.history("o1"))] == ["update"] * 3 + ["insert"]
    assert [stage.wait(orders.get("o2", at=at)).n for at in times] == [0, 1, 2]
    tick(stage, HOUR_MS)
    keep(stage)
    assert stage.wait(orders.history("o1")) == []
    assert stage.rows("SELECT count(*) FROM wims_orders_changes") == [(0,)]


def test_a_whole_number_that_another_program_wrote_as_a_real_is_the_same_key(store, run_on, app):
    orders = app.table("orders", key=("customer", "id"), keep_changes="7d")
    stage = run_on(store, app)
    insert = "INSERT INTO wims_orders (pk, sk, item) VALUES (1.0, ?, ?)"
    item = '{"customer":1.0,"id":2.5,"n":1}'
    stage.do(lambda tx: tx.execute(insert, (2.5, item)))
    stage.wait(orders.update((1, 2.5), "SET n = :n", n=2))
    then = tick(stage)
    stage.wait(orders.update((1, 2.5), "SET n = :n", n=3))
    assert stage.wait(orders.get((1, 2.5), at=then)).n == 2
    assert [each.n for each in stage.wait(orders.query(1, at=then)).items] == [2]
    assert [each.new.n for each in stage.wait(orders.history((1, 2.5)))] == [3, 2, 1]
