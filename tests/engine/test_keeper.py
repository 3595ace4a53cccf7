from __future__ import annotations

import pytest

from ensue.app.app import App
from ensue.engine import logs
from ensue.engine.home import Settings
from ensue.engine.hops import first_hop_since
from ensue.engine.keeper import Keeper

HOUR_MS = 3_600_000
KEEP = Settings(keep_ms=HOUR_MS)


@pytest.fixture
def app() -> App:
    return App("wims")


def keep(stage):
    """Let the keeper alone do its work, as often as it wants to."""
    stage.clock.move_to(stage.clock.now_ms() + 60_000)
    [keeper] = [worker for worker in stage.engine.workers if isinstance(worker, Keeper)]
    while stage.wait(keeper.step()):
        pass


def later(stage, ms):
    stage.clock.move_to(stage.clock.now_ms() + ms)


def test_what_is_over_and_done_with_is_forgotten_after_its_time(store, run_on, app):
    queue = app.queue("payments")

    @queue.consumer()
    def handle(message, tx):
        pass

    stage = run_on(store, app, settings=KEEP)
    stage.wait(queue.send(1))
    stage.settle()
    keep(stage)
    assert stage.rows("SELECT count(*) FROM ensue_work") == [(1,)]
    later(stage, HOUR_MS)
    keep(stage)
    assert stage.rows("SELECT count(*) FROM ensue_work") == [(0,)]
    assert stage.rows("SELECT count(*) FROM ensue_hops") == [(0,)]


def test_undone_work_is_never_forgotten(store, run_on, app):
    queue = app.queue("payments")
    stage = run_on(store, app, settings=KEEP)
    stage.wait(queue.send(1))
    later(stage, 999 * HOUR_MS)
    keep(stage)
    assert stage.wait(queue.depth())["waiting"] == 1


def test_records_that_a_reader_has_not_read_are_never_forgotten(store, run_on, app):
    stock = app.table("stock", key="id")
    seen = []

    @app.on_change(stock)
    def follow(change, tx):
        seen.append(change.new.id)

    stage = run_on(store, app, settings=KEEP)
    for key in "ab":
        stage.wait(stock.put({"id": key}))
    later(stage, 99 * HOUR_MS)
    keep(stage)
    stage.settle()
    assert seen == ["a", "b"]
    keep(stage)
    assert stage.rows("SELECT count(*) FROM wims_stock_changes") == [(0,)]


def test_records_are_kept_for_their_time_though_read(store, run_on, app):
    stock = app.table("stock", key="id")
    stage = run_on(store, app, settings=KEEP)
    stage.wait(stock.put({"id": "old"}))
    later(stage, HOUR_MS)
    stage.wait(stock.put({"id": "new"}))
    keep(stage)
    assert stage.rows("SELECT key FROM wims_stock_changes") == [('["new"]',)]


def test_a_record_from_outside_is_kept_as_long_as_an_older_one_of_ours(
    file_store, run_on, app, typed_in
):
    stock = app.table("stock", key="id")
    stage = run_on(file_store, app, settings=KEEP)
    stage.wait(stock.put({"id": "a"}))
    typed_in(file_store, "DELETE FROM wims_stock")
    keep(stage)
    assert stage.rows("SELECT kind FROM wims_stock_changes") == [("insert",), ("remove",)]


def test_positions_go_on_where_they_were_after_everything_was_forgotten(store, run_on, app):
    bus = app.bus("events")
    stage = run_on(store, app, settings=KEEP)
    stage.wait(bus.publish("A", {}))
    later(stage, 9 * HOUR_MS)
    keep(stage)
    stage.wait(bus.publish("B", {}))
    assert stage.rows("SELECT sequence FROM wims_events_events") == [(2,)]


def test_trimming_stops_at_its_limit(store, run_on, app):
    bus = app.bus("events")
    stage = run_on(store, app)
    for _ in range(5):
        stage.wait(bus.publish("A", {}))
    trimmed = stage.do(
        lambda tx: logs.trim(tx, "wims_events_events", up_to=4, before=2**60, limit=3)
    )
    assert trimmed == 3
    assert stage.rows("SELECT sequence FROM wims_events_events") == [(4,), (5,)]


def test_the_first_hop_since_a_time_is_one_behind_the_last_when_there_is_none(store, run_on, app):
    stage = run_on(store, app)
    last = stage.rows("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'ensue_hops'")
    assert stage.engine.read(lambda tx: first_hop_since(tx, 2**60)) == last[0][0] + 1


def test_the_first_hop_since_a_time_is_found_among_many(store, run_on, app):
    bus = app.bus("events")
    stage = run_on(store, app)
    begun = stage.clock.now_ms()
    for _ in range(50):
        later(stage, 1_000)
        stage.wait(bus.publish("A", {}))

    found = stage.engine.read(lambda tx: first_hop_since(tx, begun + 20_000))

    assert stage.rows("SELECT count(*) FROM ensue_hops WHERE id >= ?", found) == [(31,)]
    assert stage.rows("SELECT min(at_ms) FROM ensue_hops WHERE id >= ?", found) == [
        (begun + 20_000,)
    ]


def test_a_handler_that_is_declared_no_more_keeps_no_records(file_store, run_on):
    before, after = App("wims"), App("wims")
    stock = before.table("stock", key="id")
    before.on_change(stock, name="follow")(lambda change, tx: None)
    after.table("stock", key="id")
    first = run_on(file_store, before, settings=KEEP)
    first.wait(stock.put({"id": "a"}))
    first.close()

    stage = run_on(file_store, after, settings=KEEP)
    later(stage, 99 * HOUR_MS)
    keep(stage)

    assert stage.rows("SELECT count(*) FROM wims_stock_changes") == [(0,)]


def test_a_function_that_follows_no_log_any_more_keeps_no_records(file_store, run_on):
    before, after = App("wims"), App("wims")
    stock = before.table("stock", key="id")
    before.on_change(stock, name="follow")(lambda change, tx: None)
    after.table("stock", key="id")
    after.function(name="follow")(lambda body, tx: None)
    first = run_on(file_store, before, settings=KEEP)
    first.wait(stock.put({"id": "a"}))
    first.close()

    stage = run_on(file_store, after, settings=KEEP)
    later(stage, 99 * HOUR_MS)
    keep(stage)

    assert stage.rows("SELECT count(*) FROM wims_stock_changes") == [(0,)]


@pytest.mark.parametrize(("of_bus", "hours", "left"), [("3h", 2, 1), ("3h", 4, 0), ("1m", 0.5, 0)])
def test_events_are_kept_as_long_as_their_bus_says(store, run_on, app, of_bus, hours, left):
    bus, other = app.bus("events", keep=of_bus), app.bus("others")
    stage = run_on(store, app, settings=KEEP)
    event_id = stage.wait(bus.publish("Opened", {}))
    stage.wait(other.publish("Opened", {}))
    later(stage, int(hours * HOUR_MS))

    keep(stage)

    assert stage.rows("SELECT count(*) FROM wims_events_events") == [(left,)]
    assert stage.rows("SELECT count(*) FROM wims_others_events") == [(int(hours < 1),)]
    if left:
        assert stage.platform.why(event_id).at_ms is not None
