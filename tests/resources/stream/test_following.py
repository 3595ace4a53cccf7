"""Functions that follow a stream."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ensue.app.app import App
from ensue.engine import readers
from ensue.engine.clock import HELD_START_MS
from ensue.words.errors import Conflict, InvalidDeclaration, InvalidInput, InvalidValue

HOUR_MS = 3_600_000


def at(ms):
    """That long after the stage's clock began, as ISO 8601."""
    return datetime.fromtimestamp((HELD_START_MS + ms) / 1_000, UTC).isoformat()


class Shop:
    """An app whose function notes what it sees of a stream, and fails where it is told to."""

    def __init__(
        self, *, runs="def", shards=4, fail_on=frozenset(), declared=True, retries=1, **options
    ):
        self.app = App("wims")
        self.clicks = self.app.stream("clicks", shards=shards)
        self.seen: list[tuple] = []
        self.batches: list[list] = []
        self.fail_on = set(fail_on)

        def note(record):
            self.seen.append((record.key, record.data))
            if self.seen[-1] in self.fail_on:
                raise ValueError("not this one")

        def follow(record, tx):
            note(record)

        async def act(record):
            note(record)

        def follow_many(records, tx):
            self.batches.append([each.data for each in records])
            if self.fail_on & {(each.key, each.data) for each in records}:
                raise ValueError("not these")
            self.seen.extend((each.key, each.data) for each in records)

        if not declared:
            return
        options |= {"name": "follow", "retries": retries}
        if runs == "batch":
            self.app.on_records(self.clicks, **options)(follow_many)
        else:
            self.app.on_record(self.clicks, **options)(act if runs == "async" else follow)

    def append(self, stage, *pairs):
        stage.wait(self.clicks.append_batch([(data, key) for key, data in pairs]))

    def of(self, key):
        return [data for each, data in self.seen if each == key]

    def dead(self, stage):
        return stage.wait(stage.platform.resource("queue", "follow-dlq").peek(10))


RUNS = ["def", "async", "batch"]


@pytest.mark.parametrize("runs", RUNS)
@pytest.mark.parametrize("batch", [1, 3, 100])
def test_each_record_is_handled_once_and_those_of_a_key_in_order(store, run_on, runs, batch):
    shop = Shop(runs=runs, batch=batch)
    stage = run_on(store, shop.app)
    shop.append(stage, *[(f"k{n % 5}", n) for n in range(40)])
    stage.settle()
    assert sorted(shop.seen) == sorted((f"k{n % 5}", n) for n in range(40))
    for key in range(5):
        assert shop.of(f"k{key}") == list(range(key, 40, 5))


@pytest.mark.parametrize("runs", RUNS)
def test_the_order_of_each_key_is_kept_through_splits_and_merges_under_load(store, run_on, runs):
    shop = Shop(runs=runs, shards=2, batch=3)
    stage = run_on(store, shop.app)
    keys = [f"k{n}" for n in range(8)]

    def load(first, count):
        shop.append(stage, *[(keys[n % 8], n) for n in range(first, first + count)])

    async def step_once():
        for worker in stage.engine.workers:
            await worker.step()

    load(0, 30)
    stage.wait(step_once())
    stage.wait(shop.clicks.split(0))
    load(30, 30)
    stage.wait(step_once())
    stage.wait(shop.clicks.split(1))
    load(60, 30)
    stage.wait(step_once())
    stage.wait(shop.clicks.merge(3, 4))
    load(90, 30)
    stage.settle()
    assert len(shop.seen) == 120
    for key in keys:
        assert shop.of(key) == sorted(shop.of(key))
    assert {len(shop.of(key)) for key in keys} == {15}


def test_a_reader_finishes_a_closed_shard_before_those_that_took_its_place(store, run_on):
    shop = Shop(shards=1, batch=2)
    stage = run_on(store, shop.app)
    shop.append(stage, *[("a", n) for n in range(5)])
    stage.wait(shop.clicks.split(0))
    shop.append(stage, *[(f"k{n}", n) for n in range(5, 15)])
    for worker in stage.engine.workers:
        if worker.name == "follow" and isinstance(worker, readers.LogReader):
            while stage.wait(worker.step()):
                assert [data for _, data in shop.seen][:5] == list(range(len(shop.seen)))[:5]
    assert len(shop.seen) == 15


@pytest.mark.parametrize("runs", RUNS)
def test_a_record_that_fails_holds_back_its_own_key_only(store, run_on, runs):
    shop = Shop(runs=runs, shards=1, fail_on={("a", 1)})
    stage = run_on(store, shop.app)
    shop.append(stage, ("a", 1), ("b", 1), ("a", 2), ("b", 2))
    stage.settle()
    assert (shop.of("b"), 2 in shop.of("a")) == ([1, 2], False)
    shop.fail_on.clear()
    stage.advance(HOUR_MS)
    assert shop.of("a")[-2:] == [1, 2]


@pytest.mark.parametrize("runs", RUNS)
def test_its_successors_wait_behind_it_even_in_the_shard_that_took_the_place_of_theirs(
    store, run_on, runs
):
    shop = Shop(runs=runs, shards=1, fail_on={("a", 1)})
    stage = run_on(store, shop.app)
    shop.append(stage, ("a", 1))
    stage.settle()
    stage.wait(shop.clicks.split(0))
    shop.append(stage, ("a", 2))
    stage.settle()
    assert 2 not in shop.of("a")
    shop.fail_on.clear()
    stage.advance(HOUR_MS)
    assert shop.of("a")[-2:] == [1, 2]


@pytest.mark.parametrize("runs", RUNS)
def test_a_record_that_fails_too_often_is_dead_lettered_with_the_reason(store, run_on, runs):
    shop = Shop(runs=runs, shards=1, fail_on={("a", 1)})
    stage = run_on(store, shop.app)
    shop.append(stage, ("a", 1), ("a", 2), ("b", 3))
    stage.advance(HOUR_MS)
    assert (shop.of("a")[-1], shop.of("b")) == (2, [3])
    [letter] = shop.dead(stage)
    assert (letter.body["data"], letter.body["key"]) == (1, "a")
    assert "ValueError: not th" in letter.attributes["dead_letter"]["reason"]


def test_a_batch_that_fails_is_halved_until_the_record_that_fails_is_alone(store, run_on):
    shop = Shop(runs="batch", shards=1, fail_on={("k5", 5)})
    stage = run_on(store, shop.app)
    shop.append(stage, *[(f"k{n}", n) for n in range(8)])
    stage.settle()
    assert shop.batches == [
        [0, 1, 2, 3, 4, 5, 6, 7],
        [0, 1, 2, 3],
        [4, 5, 6, 7],
        [4, 5],
        [4],
        [5],
        [6, 7],
    ]
    assert [data for _, data in shop.seen] == [0, 1, 2, 3, 4, 6, 7]


def test_the_half_of_a_batch_that_raised_has_done_nothing(store, run_on):
    app = App("wims")
    clicks, stock = app.stream("clicks"), app.table("stock", key="id")

    @app.on_records(clicks)
    def count(records, tx):
        for record in records:
            tx.put(stock, {"id": record.data})
            if record.data == 3:
                raise ValueError

    stage = run_on(store, app)
    stage.wait(clicks.append_batch([(n, f"k{n}") for n in range(4)]))
    stage.settle()
    assert stage.wait(stock.count()) == 3
    assert stage.wait(stock.get(3)) is None


def test_the_positions_move_in_the_commit_of_what_was_done(store, run_on):
    shop = Shop()
    stage = run_on(store, shop.app)
    shop.append(stage, ("a", 1), ("b", 2), ("c", 3))
    [reader] = [each for each in stage.engine.workers if isinstance(each, readers.LogReader)]
    stage.engine._connection.set_commit_hook(lambda: True)
    with pytest.raises(Exception, match="store"):
        stage.wait(reader.step())
    stage.engine._connection.set_commit_hook(None)
    assert stage.rows("SELECT max(position) FROM ensue_readers") == [(0,)]
    stage.wait(reader.step())
    assert stage.rows("SELECT max(position) FROM ensue_readers") == [(3,)]
    assert len(shop.seen) == 6


def test_what_was_read_is_not_read_again_after_a_restart(file_store, run_on):
    first, second = Shop(), Shop()
    stage = run_on(file_store, first.app)
    first.append(stage, ("a", 1), ("b", 2))
    stage.settle()
    stage.wait(first.clicks.split(0))
    first.append(stage, ("a", 3))
    stage.close()
    run_on(file_store, second.app).settle()
    assert second.seen == [("a", 3)]


@pytest.mark.parametrize(
    ("start", "sees"),
    [
        ("latest", [9]),
        ("horizon", [0, 1, 2, 3, 9]),
        (3, [2, 3, 9]),
        ("3", [2, 3, 9]),
        ("2999-01-01T00:00:00+02:00", [9]),
        ("1999-01-01", [0, 1, 2, 3, 9]),
    ],
)
def test_a_new_function_begins_where_it_says(file_store, run_on, start, sees):
    before, after = Shop(declared=False, shards=2), Shop(shards=2, start=start)
    stage = run_on(file_store, before.app)
    before.append(stage, *[("a", n) for n in range(4)])
    stage.wait(before.clicks.split(0))
    stage.wait(before.clicks.split(1))
    stage.close()
    stage = run_on(file_store, after.app)
    stage.clock.move_to(HELD_START_MS + 10 * 365 * 24 * HOUR_MS)
    after.append(stage, ("a", 9))
    stage.settle()
    assert [data for _, data in after.seen] == sees


def test_a_function_begins_at_the_first_record_of_a_time_or_later(file_store, run_on):
    before, after = Shop(declared=False), Shop(start=at(2_000))
    stage = run_on(file_store, before.app)
    for n in range(10):
        before.append(stage, ("a", n))
        stage.clock.move_to(stage.clock.now_ms() + 500)
    times = [each.at_ms for each in stage.wait(before.clicks.tail(after=0))[0]]
    stage.close()
    stage = run_on(file_store, after.app)
    stage.settle()
    assert [data for _, data in after.seen] == [
        n for n, at_ms in enumerate(times) if at_ms >= HELD_START_MS + 2_000
    ]


@pytest.mark.parametrize("start", ["soon", "", -1, True, 1.5])
def test_a_place_that_is_none_is_no_start(start):
    with pytest.raises(InvalidValue):
        Shop(start=start)


def test_only_the_records_that_it_wants_are_handled(store, run_on):
    app = App("wims")
    clicks = app.stream("clicks")
    seen = []
    app.on_record(clicks, where={"data": {"n": [{"numeric": [">", 1]}]}}, name="one")(
        lambda record, tx: seen.append(record.data.n)
    )
    app.on_records(clicks, where={"key": ["a"]}, name="many")(
        lambda records, tx: seen.append([each.data.n for each in records])
    )
    stage = run_on(store, app)
    stage.wait(clicks.append_batch([({"n": n}, "a" if n else "b") for n in range(3)]))
    stage.settle()
    assert sorted(seen, key=str) == [2, [1, 2]]


def test_an_async_def_takes_no_batches():
    app = App("wims")

    async def act(records):
        pass

    with pytest.raises(InvalidDeclaration, match="one record at a time"):
        app.on_records(app.stream("clicks"))(act)


def test_a_rewound_function_gets_everything_again_in_order(store, run_on):
    shop = Shop(shards=1)
    stage = run_on(store, shop.app)
    shop.append(stage, ("a", 1), ("b", 2))
    stage.wait(shop.clicks.split(0))
    shop.append(stage, ("a", 3))
    stage.settle()
    follow = shop.app.function_named("follow")
    assert stage.wait(follow.rewind("horizon", confirm="follow")) == 3
    shop.seen.clear()
    stage.settle()
    assert shop.seen == [("a", 1), ("b", 2), ("a", 3)]


def test_a_function_is_not_rewound_by_accident(store, run_on):
    shop = Shop(shards=1)
    stage = run_on(store, shop.app)
    shop.append(stage, ("a", 1), ("b", 2))
    stage.settle()
    follow = shop.app.function_named("follow")
    for confirm in (None, "yes"):
        with pytest.raises(Conflict, match="up to 2 records"):
            stage.wait(follow.rewind("horizon", confirm=confirm))
    shop.seen.clear()
    stage.settle()
    assert shop.seen == []


def test_a_function_that_follows_a_table_is_rewound_too_and_says_how_far_behind_it_is(
    store, run_on
):
    app = App("wims")
    stock = app.table("stock", key="id")
    seen = []
    app.on_change(stock, name="follow")(lambda change, tx: seen.append(change.new.n))
    stage = run_on(store, app)
    for n in range(3):
        stage.wait(stock.put({"id": "a", "n": n}))
        stage.clock.move_to(stage.clock.now_ms() + 1_000)
    follow = app.function_named("follow")
    assert stage.wait(follow.lag()) == [(0, 0, 3, 3_000)]
    assert stage.wait(follow.depth())["lag_ms"] == 3_000
    stage.settle()
    assert stage.wait(follow.lag()) == [(0, 3, 0, 0)]
    stage.wait(follow.rewind(2, confirm="follow"))
    stage.settle()
    assert seen == [0, 1, 2, 1, 2]


def test_a_function_that_follows_nothing_has_no_place_to_be_set_to(store, run_on):
    app = App("wims")
    plain = app.function(name="plain")(lambda body, tx: None)
    stage = run_on(store, app)
    with pytest.raises(InvalidInput, match="follows a log"):
        stage.wait(plain.rewind("horizon", confirm="plain"))


def test_readers_say_how_far_behind_each_function_is(store, run_on):
    shop = Shop(shards=2)
    stage = run_on(store, shop.app)
    shop.append(stage, *[(f"k{n}", n) for n in range(10)])
    stage.clock.move_to(stage.clock.now_ms() + 250)
    [reader] = stage.wait(shop.clicks.readers())
    assert (reader.name, reader.kind, reader.unread, reader.lag_ms) == (
        "follow",
        "function",
        10,
        250,
    )
    stage.settle()
    [reader] = stage.wait(shop.clicks.readers())
    assert (reader.unread, reader.lag_ms) == (0, 0)


@pytest.mark.parametrize("runs", ["def", "batch"])
def test_after_a_crash_a_record_that_kills_the_process_is_parked(file_store, run_on, crashed, runs):
    stages, images = [], []
    seen: list[str] = []

    def declared():
        app = App("wims")
        clicks = app.stream("clicks", shards=2)

        def follow(record, tx):
            if record.data == "poison":
                images.append(crashed(stages[-1]))
                raise KeyboardInterrupt
            seen.append(record.data)

        def follow_many(records, tx):
            for record in records:
                follow(record, tx)

        if runs == "def":
            app.on_record(clicks, name="follow")(follow)
        else:
            app.on_records(clicks, name="follow")(follow_many)
        return app, clicks

    app, clicks = declared()
    stages.append(run_on(file_store, app))
    stages[0].wait(clicks.append_batch([("first", "a"), ("poison", "b"), ("last", "c")]))
    url = crashed(stages[0])
    for _ in range(readers.CRASHES_MAX):
        stages.append(run_on(url, declared()[0]))
        with pytest.raises(KeyboardInterrupt):
            stages[-1].settle()
        url = images.pop()
        seen.clear()
    stages.append(run_on(url, declared()[0]))
    stages[-1].settle()
    assert set(seen) <= {"first", "last"}
    [(error,)] = stages[-1].rows("SELECT error FROM ensue_failures")
    assert error == f"the process died {readers.CRASHES_MAX} times while it was handled"
