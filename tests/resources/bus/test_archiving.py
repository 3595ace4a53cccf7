"""Archives of a bus: events that are kept longer than the others."""

from __future__ import annotations

import pytest

from ensue.app.app import App
from ensue.app.integrity import check
from ensue.engine.home import Settings
from ensue.engine.keeper import Keeper
from ensue.resources.bus.store import archiving
from ensue.words.errors import InvalidDeclaration, InvalidName, InvalidPattern, NotFound

ORDERS = {"detail-type": ["OrderPlaced"]}
HOUR_MS = 3_600_000


class Shop:
    """A bus that keeps its events for an hour, and orders for a day."""

    def __init__(self, *, keep="24h", pattern=ORDERS, archives=True):
        self.app = App("wims")
        self.events = self.app.bus("events", keep="1h")
        self.payments = self.app.queue("payments")
        self.events.rule("pay", ORDERS, to=self.payments)
        if archives:
            self.events.archive("orders", pattern, keep=keep)

    def publish(self, stage, *kinds):
        return [
            stage.wait(self.events.publish(kind, {"n": number}))
            for number, kind in enumerate(kinds, 1)
        ]


def later(stage, ms):
    """Let time pass, and the keeper alone do its work."""
    stage.clock.move_to(stage.clock.now_ms() + ms + 60_000)
    [keeper] = [worker for worker in stage.engine.workers if isinstance(worker, Keeper)]
    while stage.wait(keeper.step()):
        pass


@pytest.fixture
def shop_and_stage(store, run_on):
    shop = Shop()
    return shop, run_on(store, shop.app, settings=Settings(keep_ms=30 * 24 * HOUR_MS))


def kept(stage, bus):
    found, _ = stage.wait(bus.tail(after=0, limit=1_000))
    return [each["detail-type"] for each in found]


def test_what_matches_stays_and_the_rest_is_forgotten(shop_and_stage):
    shop, stage = shop_and_stage
    shop.publish(stage, "OrderPlaced", "Clicked", "OrderPlaced")
    later(stage, HOUR_MS)

    assert kept(stage, shop.events) == ["OrderPlaced", "OrderPlaced"]
    assert stage.rows("SELECT count(*) FROM wims_events_events") == [(0,)]
    assert check(stage.engine) == []


def test_an_archived_event_is_found_by_all_who_look_for_it(shop_and_stage):
    shop, stage = shop_and_stage
    archived, forgotten = shop.publish(stage, "OrderPlaced", "Clicked")
    later(stage, HOUR_MS)
    stage.wait(shop.events.publish("Clicked", {"n": 3}))

    newest, position = stage.wait(shop.events.tail(limit=2))
    [match] = stage.wait(shop.events.explain(archived))
    assert newest[0]["id"] == archived
    assert (len(newest), position) == (2, 3)
    assert match.matched
    tree = stage.platform.why(archived)
    assert archived in {tree.id, *(each.id for each in tree.children)}
    with pytest.raises(NotFound, match="does not keep"):
        stage.wait(shop.events.explain(forgotten))


def test_what_an_archive_keeps_is_told_before_and_after_it_is_moved_there(shop_and_stage):
    shop, stage = shop_and_stage
    first_ms = stage.clock.now_ms()
    shop.publish(stage, "OrderPlaced", "Clicked")
    [before] = stage.wait(shop.events.archives())
    assert (before.events, before.in_log, before.is_whole) == (1, 1, True)
    assert before.oldest_ms == before.newest_ms == first_ms
    later(stage, HOUR_MS)

    [told] = stage.wait(shop.events.archives())

    assert (told.name, told.events, told.is_declared) == ("orders", 1, True)
    assert (told.pattern, told.keep_ms) == (ORDERS, 24 * HOUR_MS)
    assert told.oldest_ms == told.newest_ms == first_ms
    assert (told.in_log, told.bytes) == (0, before.bytes)
    assert told.bytes > 100


def test_an_event_that_two_archives_want_is_counted_by_the_one_that_keeps_it_longer(store, run_on):
    shop = Shop()
    shop.events.archive("all", keep="2d")
    stage = run_on(store, shop.app)
    shop.publish(stage, "OrderPlaced", "Clicked")

    told = {each.name: each.events for each in stage.wait(shop.events.archives())}

    assert told == {"all": 2, "orders": 0}


def test_of_a_long_log_the_newest_events_are_counted_and_it_is_said(store, run_on, monkeypatch):
    monkeypatch.setattr(archiving, "ARCHIVE_LOOKS_MAX", 3)
    monkeypatch.setattr(archiving, "LOOK_AT_ONCE", 2)
    shop = Shop()
    stage = run_on(store, shop.app)
    shop.publish(stage, *["OrderPlaced"] * 5)

    [told] = stage.wait(shop.events.archives())

    assert (told.events, told.in_log, told.is_whole) == (3, 3, False)


def test_what_is_archived_is_forgotten_when_its_time_is_over(shop_and_stage):
    shop, stage = shop_and_stage
    shop.publish(stage, "OrderPlaced")
    later(stage, HOUR_MS)
    later(stage, 24 * HOUR_MS)

    assert kept(stage, shop.events) == []
    assert stage.wait(shop.events.archives())[0].events == 0
    assert check(stage.engine) == []


def test_an_archive_without_a_pattern_or_a_time_keeps_everything_for_ever(store, run_on):
    shop = Shop(keep=None, pattern=None)
    stage = run_on(store, shop.app)
    shop.publish(stage, "OrderPlaced", "Clicked")
    later(stage, 10_000 * HOUR_MS)

    assert kept(stage, shop.events) == ["OrderPlaced", "Clicked"]


def test_a_new_follower_reads_the_archive_and_then_the_log(file_store, run_on):
    shop = Shop()
    stage = run_on(file_store, shop.app)
    shop.publish(stage, "OrderPlaced", "Clicked")
    later(stage, HOUR_MS)
    stage.wait(shop.events.publish("OrderPlaced", {"n": 3}))
    stage.close()
    again, seen = Shop(), []

    @again.app.on_event(again.events, ORDERS, start="horizon")
    def follow(event, tx):
        seen.append(event.detail["n"])

    stage = run_on(file_store, again.app)
    stage.settle()

    assert seen == [1, 3]


def test_an_archive_that_is_declared_no_more_keeps_what_it_has(file_store, run_on):
    shop = Shop()
    stage = run_on(file_store, shop.app)
    shop.publish(stage, "OrderPlaced")
    later(stage, HOUR_MS)
    now_ms = stage.clock.now_ms()
    stage.close()

    again = Shop(archives=False)
    stage = run_on(file_store, again.app)
    stage.clock.move_to(now_ms)
    assert kept(stage, again.events) == ["OrderPlaced"]
    assert [each.is_declared for each in stage.wait(again.events.archives())] == [False]
    later(stage, 24 * HOUR_MS)
    assert kept(stage, again.events) == []
    stage.close()

    stage = run_on(file_store, Shop(archives=False).app)
    assert stage.rows("SELECT name FROM sqlite_schema WHERE name LIKE '%archive' ") == []
    assert check(stage.engine) == []


def test_publishing_costs_nothing_for_it(store, run_on):
    def statements(shop):
        stage = run_on(store, shop.app)
        said = []
        stage.engine._connection.set_exec_trace(lambda _, sql, __: said.append(sql) or True)
        shop.publish(stage, "OrderPlaced")
        stage.engine._connection.set_exec_trace(None)
        stage.close()
        return said

    assert statements(Shop()) == statements(Shop(archives=False))


def test_an_archive_whose_table_is_somebody_elses_is_refused(store, run_on):
    app = App("wims")
    app.table("events-events-archive", key="id")
    events = app.bus("events")
    events.archive("orders", keep=None)

    with pytest.raises(InvalidDeclaration, match="there already"):
        run_on(store, app)


def test_an_archive_that_makes_no_sense_is_refused():
    events = App("wims").bus("events", keep="30d")
    with pytest.raises(InvalidDeclaration, match="longer than the bus"):
        events.archive("orders", ORDERS, keep="30d")
    with pytest.raises(InvalidPattern, match="archive orders"):
        events.archive("orders", {"detail": 1}, keep=None)
    with pytest.raises(InvalidName):
        events.archive("Orders!", keep=None)
    events.archive("orders", ORDERS, keep="31d")
    with pytest.raises(InvalidDeclaration, match="two archives"):
        events.archive("orders", ORDERS, keep="31d")


def test_its_declaration_names_the_archives():
    shop = Shop()

    assert shop.events.declared()["archives"] == {
        "orders": {"keep_ms": 24 * HOUR_MS, "pattern": ORDERS}
    }
