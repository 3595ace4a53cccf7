"""Replays: events that are kept are delivered again, each once, in order."""

from __future__ import annotations

import pytest

from ensue import Constant
from ensue.app.app import App
from ensue.app.integrity import check
from ensue.engine import gauges, replays
from ensue.engine.home import Settings
from ensue.resources.bus.model import REPLAYS_OPEN_MAX
from ensue.resources.bus.operations import OPERATIONS
from ensue.resources.bus.store import replaying
from ensue.resources.bus.worker.replaying import ReplayWorker
from ensue.words.errors import (
    Conflict,
    InvalidInput,
    InvalidName,
    InvalidPattern,
    InvalidValue,
    LimitExceeded,
    NotFound,
)
from ensue.words.units import iso
from tests.resources.bus.test_archiving import HOUR_MS, later

ORDERS = {"detail-type": ["OrderPlaced"]}
KEEP = Settings(keep_ms=100 * 24 * HOUR_MS)


class Shop:
    """A bus with two rules, to two queues."""

    def __init__(self, **options):
        self.app = App("wims")
        self.events = self.app.bus("events", **options)
        self.payments = self.app.queue("payments")
        self.parcels = self.app.queue("parcels")
        self.events.rule("pay", ORDERS, to=self.payments, group="$.detail.key")
        self.events.rule("ship", {"detail-type": ["OrderPlaced", "Returned"]}, to=self.parcels)

    def publish(self, stage, *kinds, key="k"):
        found = []
        for n, kind in enumerate(kinds, 1):
            found.append(stage.wait(self.events.publish(kind, {"n": n, "key": key})))
            stage.advance(1_000)
        return found

    def again(self, stage, queue=None):
        """What a replay has delivered to a queue: the number and the replay of each."""
        found = stage.wait((queue or self.payments).peek(1_000))
        bodies = [each.body for each in found if "replay-name" in each.body]
        return [(each["detail"]["n"], each["replay-name"]) for each in bodies]

    def state(self, stage):
        return stage.wait(self.events.replays())[0]


@pytest.fixture
def shop_and_stage(store, run_on):
    shop = Shop()
    return shop, run_on(store, shop.app, settings=KEEP)


def worker(stage):
    [found] = [each for each in stage.engine.workers if isinstance(each, ReplayWorker)]
    return found


def test_a_replay_delivers_all_that_is_kept_to_every_rule_in_order(shop_and_stage):
    shop, stage = shop_and_stage
    shop.publish(stage, "OrderPlaced", "Returned", "Clicked", "OrderPlaced")
    started = stage.wait(shop.events.replay("again"))
    assert (started.state, started.total, started.read) == ("running", 4, 0)

    stage.settle()

    assert shop.again(stage) == [(1, "again"), (4, "again")]
    assert shop.again(stage, shop.parcels) == [(1, "again"), (2, "again"), (4, "again")]
    done = shop.state(stage)
    assert (done.state, done.read, done.delivered, done.position) == ("done", 4, 3, 4)
    assert done.ended_ms == stage.clock.now_ms()
    assert check(stage.engine) == []


def test_a_replayed_event_keeps_its_id_and_its_time(shop_and_stage):
    shop, stage = shop_and_stage
    shop.publish(stage, "OrderPlaced")
    stage.wait(shop.events.replay("again"))
    stage.settle()

    first, second = [each.body for each in stage.wait(shop.payments.peek())]

    assert second == {**first, "replay-name": "again"}


def test_a_handler_knows_by_which_replay_it_gets_an_event(store, run_on):
    app, seen = App("wims"), []
    events = app.bus("events")

    @app.on_event(events, ORDERS)
    def note(event, tx):
        seen.append(event.replay)

    stage = run_on(store, app)
    stage.wait(events.publish("OrderPlaced", {}))
    stage.wait(events.replay("again"))
    stage.settle()

    assert seen == [None, "again"]


def test_a_rule_may_want_no_replays(store, run_on):
    app = App("wims")
    events, letters = app.bus("events"), app.queue("letters")
    events.rule("first", {"replay-name": [{"exists": False}]}, to=letters)
    events.rule("again", {"replay-name": [{"prefix": "re"}]}, to=letters)
    stage = run_on(store, app)
    stage.wait(events.publish("OrderPlaced", {}))
    stage.wait(events.replay("re-1"))
    stage.settle()

    found = [each.body.get("replay-name") for each in stage.wait(letters.peek())]

    assert found == [None, "re-1"]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"pattern": {"detail": {"n": [{"numeric": [">", 2]}]}}}, [3, 4]),
        ({"since": 3}, [3, 4]),
        ({"since": "3", "until": "3"}, [3]),
        ({"until": 2}, [1, 2]),
        ({"until": 99}, [1, 2, 3, 4]),
        ({"since": 5}, []),
        ({"since": "latest"}, []),
        ({"group": "a"}, [1, 3]),
        ({"to": "pay"}, [1, 2, 3, 4]),
        ({"to": ["pay"], "group": "b", "since": "horizon", "until": "latest"}, [2, 4]),
    ],
)
def test_a_part_of_what_is_kept_is_replayed(store, run_on, options, expected):
    shop = Shop()
    stage = run_on(store, shop.app)
    for n, key in enumerate("abab", 1):
        stage.wait(shop.events.publish("OrderPlaced", {"n": n, "key": key}))
    stage.wait(shop.events.replay("again", **options))
    stage.settle()

    assert [n for n, _ in shop.again(stage)] == expected
    assert shop.state(stage).state == "done"


def test_a_range_of_time_has_its_end_outside(shop_and_stage):
    shop, stage = shop_and_stage
    shop.publish(stage, *["OrderPlaced"] * 4)
    times = [at_ms for (at_ms,) in stage.rows("SELECT at_ms FROM wims_events_events")]
    since, until = (iso(at_ms) for at_ms in times[1:4:2])
    stage.wait(shop.events.replay("again", since=since, until=until))
    stage.settle()

    assert [n for n, _ in shop.again(stage)] == [2, 3]


def test_only_the_named_rule_delivers(shop_and_stage):
    shop, stage = shop_and_stage
    shop.publish(stage, "OrderPlaced", "Returned")
    stage.wait(shop.events.replay("again", to="pay"))
    stage.settle()

    assert shop.again(stage) == [(1, "again")]
    assert shop.again(stage, shop.parcels) == []
    assert shop.state(stage).delivered == 1


def test_a_rule_that_is_disabled_cannot_be_named(shop_and_stage):
    shop, stage = shop_and_stage
    stage.wait(shop.events.disable("pay"))

    with pytest.raises(Conflict, match="the rule pay is disabled"):
        stage.wait(shop.events.replay("again", to="pay"))


def test_a_positioned_consumer_gets_a_replay_as_work_of_its_own(store, run_on):
    app, seen = App("wims"), []
    events = app.bus("events")

    @app.on_event(events, ORDERS, start="latest")
    def project(event, tx):
        seen.append((event.detail["n"], event.replay))

    stage = run_on(store, app)
    for n in (1, 2):
        stage.wait(events.publish("OrderPlaced", {"n": n}))
    stage.wait(events.publish("Clicked", {"n": 3}))
    stage.settle()
    stage.wait(events.replay("again", to="project"))
    stage.settle()

    assert seen == [(1, None), (2, None), (1, "again"), (2, "again")]


def test_a_dry_run_counts_and_delivers_nothing(shop_and_stage):
    shop, stage = shop_and_stage
    ids = shop.publish(stage, "OrderPlaced", "Returned", "Clicked", "OrderPlaced")

    told = stage.wait(shop.events.replay("again", dry_run=True))
    stage.settle()

    assert (told.read, told.matching) == (4, 3)
    assert told.rules == {"pay": 2, "ship": 3}
    assert told.targets == {"queue payments": 2, "queue parcels": 3}
    assert [each["id"] for each in told.sample] == [ids[0], ids[1], ids[3]]
    assert shop.again(stage) == []
    assert stage.wait(shop.events.replays()) == []


def test_a_dry_run_says_what_a_replay_then_does(shop_and_stage):
    shop, stage = shop_and_stage
    shop.publish(stage, *["OrderPlaced", "Returned"] * 60)
    options = {"pattern": {"detail": {"n": [{"numeric": [">", 30]}]}}, "to": "pay", "until": 110}
    told = stage.wait(shop.events.replay("again", dry_run=True, **options))
    stage.wait(shop.events.replay("again", **options))
    stage.settle()

    done = shop.state(stage)
    assert (done.read, done.delivered) == (told.read, told.matching)
    assert len(shop.again(stage)) == told.rules["pay"]


def test_a_replay_keeps_its_rate(shop_and_stage):
    shop, stage = shop_and_stage
    shop.publish(stage, *["OrderPlaced"] * 30)
    stage.wait(shop.events.replay("again", rate="10/s"))
    stage.settle()
    delivered = [len(shop.again(stage))]
    for _ in range(3):
        stage.advance(1_000)
        delivered.append(len(shop.again(stage)))

    assert delivered == [1, 11, 21, 30]


def test_what_is_published_meanwhile_is_not_replayed(shop_and_stage):
    shop, stage = shop_and_stage
    shop.publish(stage, *["OrderPlaced"] * 3)
    stage.wait(shop.events.replay("again", rate="1/s"))
    shop.publish(stage, *["OrderPlaced"] * 3)
    stage.advance(10_000)

    assert len(shop.again(stage)) == 3


def test_a_replay_is_paused_and_resumed(shop_and_stage):
    shop, stage = shop_and_stage
    shop.publish(stage, *["OrderPlaced"] * 3)
    stage.wait(shop.events.replay("again", rate="1/s"))
    stage.settle()
    assert stage.wait(shop.events.pause_replay("again")).state == "paused"
    stage.advance(60_000)
    assert len(shop.again(stage)) == 1

    assert stage.wait(shop.events.resume_replay("again")).state == "running"
    stage.advance(60_000)

    assert [n for n, _ in shop.again(stage)] == [1, 2, 3]


def test_a_cancelled_replay_delivers_no_more(shop_and_stage):
    shop, stage = shop_and_stage
    shop.publish(stage, *["OrderPlaced"] * 3)
    stage.wait(shop.events.replay("again", rate="1/s"))
    stage.settle()
    stage.wait(shop.events.cancel_replay("again"))
    stage.advance(60_000)

    assert len(shop.again(stage)) == 1
    assert shop.state(stage).state == "cancelled"
    with pytest.raises(Conflict, match="is cancelled"):
        stage.wait(shop.events.resume_replay("again"))


def test_a_replay_goes_on_after_a_restart(file_store, run_on):
    shop = Shop()
    stage = run_on(file_store, shop.app, settings=KEEP)
    shop.publish(stage, *["OrderPlaced"] * 3)
    stage.wait(shop.events.replay("again", rate="1/s"))
    stage.settle()
    now_ms = stage.clock.now_ms()
    stage.close()

    again = Shop()
    stage = run_on(file_store, again.app, settings=KEEP)
    stage.clock.move_to(now_ms)
    stage.advance(10_000)

    assert [n for n, _ in again.again(stage)] == [1, 2, 3]
    assert again.state(stage).state == "done"


def test_two_replays_take_turns(shop_and_stage):
    shop, stage = shop_and_stage
    shop.publish(stage, *["OrderPlaced"] * 4)
    stage.wait(shop.events.replay("slow", rate="1/s"))
    stage.wait(shop.events.replay("fast"))
    stage.advance(5_000)

    found = [name for _, name in shop.again(stage)]

    assert found == ["slow"] + ["fast"] * 4 + ["slow"] * 3


def test_a_name_is_given_once_among_those_that_are_remembered(shop_and_stage):
    shop, stage = shop_and_stage
    shop.publish(stage, "OrderPlaced")
    stage.wait(shop.events.replay("again"))
    stage.settle()

    with pytest.raises(Conflict, match="there is a replay again"):
        stage.wait(shop.events.replay("again"))


def test_a_replay_that_is_over_is_forgotten_after_its_time(store, run_on):
    shop = Shop()
    stage = run_on(store, shop.app, settings=Settings(keep_ms=HOUR_MS))
    stage.wait(shop.events.replay("again"))
    stage.settle()
    later(stage, HOUR_MS)

    assert stage.wait(shop.events.replays()) == []


def test_what_a_replay_has_not_read_is_not_forgotten(store, run_on):
    shop = Shop(keep="1h")
    shop.events.archive("orders", {"detail": {"n": [1]}}, keep="2h")
    stage = run_on(store, shop.app, settings=KEEP)
    shop.publish(stage, *["OrderPlaced"] * 3)
    later(stage, HOUR_MS)
    shop.publish(stage, *["OrderPlaced"] * 2)
    stage.wait(shop.events.replay("again"))
    stage.wait(shop.events.pause_replay("again"))
    later(stage, 9 * HOUR_MS)
    stage.wait(shop.events.resume_replay("again"))
    stage.settle()

    assert [n for n, _ in shop.again(stage)] == [1, 1, 2]
    later(stage, 9 * HOUR_MS)
    assert stage.wait(shop.events.tail(after=0))[0] == []


def test_archived_events_are_replayed_before_those_of_the_log(store, run_on):
    shop = Shop(keep="1h")
    shop.events.archive("orders", {"detail": {"n": [1, 3]}}, keep=None)
    stage = run_on(store, shop.app, settings=KEEP)
    shop.publish(stage, *["OrderPlaced"] * 3)
    later(stage, HOUR_MS)
    shop.publish(stage, "OrderPlaced")
    started = stage.wait(shop.events.replay("again"))
    stage.settle()

    assert started.total == 3
    assert [n for n, _ in shop.again(stage)] == [1, 3, 1]


def test_an_event_is_upcast_before_it_is_matched_and_delivered(shop_and_stage):
    shop, stage = shop_and_stage
    stage.wait(shop.events.publish("OrderPlacedV1", {"number": 7}))
    shop.events.upcast = lambda event: {
        **event,
        "detail-type": "OrderPlaced",
        "detail": {"n": event["detail"]["number"], "key": "k"},
    }
    stage.wait(shop.events.replay("again", pattern=ORDERS))
    stage.settle()

    assert shop.again(stage) == [(7, "again")]


def test_the_largest_event_is_upcast_and_replayed_as_any_other(shop_and_stage):
    shop, stage = shop_and_stage
    shop.publish(stage, "OrderPlaced", key="x" * (1_048_576 - 100))
    shop.events.upcast = lambda event: {**event, "source": "then"}

    stage.wait(shop.events.replay("again"))
    stage.settle()

    assert shop.again(stage, shop.parcels) == [(1, "again")]
    assert shop.state(stage).state == "done"


def test_an_event_that_cannot_be_upcast_pauses_the_replay_and_says_why(shop_and_stage):
    shop, stage = shop_and_stage
    shop.publish(stage, *["OrderPlaced"] * 3)

    def upcast(event):
        if event["detail"]["n"] == 2:
            raise KeyError("no such form")
        return event

    shop.events.upcast = upcast
    stage.wait(shop.events.replay("again"))
    stage.settle()
    halted = shop.state(stage)
    assert (halted.state, halted.read, halted.fault) == ("paused", 0, "KeyError: 'no such form'")
    assert shop.again(stage) == []

    shop.events.upcast = None
    stage.wait(shop.events.resume_replay("again"))
    stage.settle()

    assert [n for n, _ in shop.again(stage)] == [1, 2, 3]
    assert shop.state(stage).fault is None


def test_a_replay_that_pauses_is_warned_of(shop_and_stage):
    shop, stage = shop_and_stage
    stage.wait(shop.events.replay("again", rate="1/s"))
    assert stage.wait(shop.events.kept()) == {"replays": 1}
    stage.wait(shop.events.pause_replay("again"))

    [warning] = gauges.look(stage.engine)

    assert (warning.rule, warning.where) == ("paused.replay", "bus events")
    assert warning.what == "the replay again pauses"


def test_a_replay_whose_rule_is_gone_pauses_and_says_so(file_store, run_on):
    shop = Shop()
    stage = run_on(file_store, shop.app)
    shop.publish(stage, "OrderPlaced", "OrderPlaced")
    stage.wait(shop.events.replay("again", to="ship"))
    stage.close()
    app = App("wims")
    events = app.bus("events")
    stage = run_on(file_store, app)
    stage.settle()

    [halted] = stage.wait(events.replays())

    assert halted.state == "paused"
    assert "no rule or positioned consumer ship" in halted.fault


def test_a_deduplicating_target_takes_what_a_replay_delivers(store, run_on):
    app = App("wims")
    events = app.bus("events")
    plain = app.queue("plain", deduplicate="content")
    short = app.queue("short", deduplicate="content")
    events.rule("plain", ORDERS, to=plain)
    events.rule("short", ORDERS, to=short, input=Constant("ring"))
    stage = run_on(store, app)
    stage.wait(events.publish("OrderPlaced", {}))
    stage.wait(events.replay("one"))
    stage.wait(events.replay("two"))
    stage.settle()

    assert len(stage.wait(plain.peek())) == 3
    assert len(stage.wait(short.peek())) == 3


def test_why_shows_what_a_replay_delivered(shop_and_stage):
    shop, stage = shop_and_stage
    [event_id] = shop.publish(stage, "OrderPlaced")
    stage.wait(shop.events.replay("again", to="pay"))
    stage.settle()

    [event] = [each for each in stage.platform.why(event_id).children if each.id == event_id]

    [run] = event.children
    assert (run.name, [each.name for each in run.children]) == ("replay again", ["payments"])


def test_so_many_replays_are_open_at_most(shop_and_stage):
    shop, stage = shop_and_stage
    for number in range(REPLAYS_OPEN_MAX):
        stage.wait(shop.events.replay(f"r{number}"))

    with pytest.raises(LimitExceeded):
        stage.wait(shop.events.replay("more"))


@pytest.mark.parametrize(
    ("name", "options", "error"),
    [
        ("Again!", {}, InvalidName),
        ("again", {"pattern": {"detail": 1}}, InvalidPattern),
        ("again", {"since": "yesterday"}, InvalidValue),
        ("again", {"until": "horizon"}, InvalidValue),
        ("again", {"rate": "fast"}, InvalidValue),
        ("again", {"to": "nobody"}, NotFound),
        ("again", {"to": []}, InvalidInput),
        ("again", {"to": "ship", "group": "a"}, InvalidInput),
    ],
)
def test_what_cannot_be_replayed_is_refused(shop_and_stage, name, options, error):
    shop, stage = shop_and_stage
    with pytest.raises(error):
        stage.wait(shop.events.replay(name, **options))
    assert stage.wait(shop.events.replays()) == []


def test_a_replay_that_nobody_knows_is_not_found(shop_and_stage):
    shop, stage = shop_and_stage
    with pytest.raises(NotFound, match="no replay again"):
        stage.wait(shop.events.pause_replay("again"))


def test_publishing_does_not_wake_what_replays(shop_and_stage):
    shop, stage = shop_and_stage
    stage.settle()
    shop.publish(stage, "OrderPlaced")

    assert not worker(stage).woken.is_set()
    assert worker(stage).due_ms() is None


@pytest.mark.parametrize(
    ("sql", "rule"),
    [
        ("UPDATE ensue_replays SET log = 99", "replays.log"),
        ("UPDATE ensue_replays SET state = 7", "replays.state"),
        ("UPDATE ensue_replays SET ended_ms = NULL", "replays.state"),
        ("UPDATE ensue_replays SET position = 99", "replays.position"),
        ("UPDATE ensue_replays SET delivered = 99", "replays.counts"),
    ],
)
def test_what_is_wrong_with_a_replay_is_found(shop_and_stage, sql, rule):
    shop, stage = shop_and_stage
    shop.publish(stage, "OrderPlaced")
    stage.wait(shop.events.replay("again"))
    stage.settle()
    stage.do(lambda tx: tx.execute(sql))

    assert rule in {each.rule for each in check(stage.engine)}


def test_a_replay_in_which_nothing_matches_reads_on_without_waiting(shop_and_stage, monkeypatch):
    shop, stage = shop_and_stage
    monkeypatch.setattr("ensue.resources.bus.store.replaying.STEP_LOOKS_MAX", 2)
    monkeypatch.setattr("ensue.resources.bus.store.replaying.READ_AT_ONCE", 2)
    shop.publish(stage, *["Clicked"] * 7)
    stage.wait(shop.events.replay("again", rate="1/s"))
    stage.settle()

    done = shop.state(stage)
    assert (done.state, done.read, done.delivered) == ("done", 7, 0)
    assert replays.DONE == 2


def test_from_outside_a_replay_is_told_to_whom_and_a_dry_run_need_not_be(shop_and_stage):
    shop, stage = shop_and_stage
    shop.publish(stage, "OrderPlaced")
    [replay] = [each for each in OPERATIONS if each.name == "replay"]

    def ask(**given):
        return stage.wait(replay.run(shop.events, replay.parameters(name="again", **given)))

    with pytest.raises(InvalidInput, match="got nobody") as refused:
        ask()
    assert refused.value.at == "$.to"
    with pytest.raises(InvalidInput, match="alone"):
        ask(to=["*", "pay"])
    assert stage.wait(shop.events.replays()) == []
    assert ask(dry_run=True).rules == {"pay": 1, "ship": 1}
    assert ask(to=["*"], dry_run=True).rules == {"pay": 1, "ship": 1}
    assert ask(to=["*"]).asked == {}


def test_its_operations_do_what_the_handle_does(shop_and_stage):
    shop, stage = shop_and_stage
    shop.publish(stage, *["OrderPlaced"] * 3)
    operations = {each.name: each for each in OPERATIONS}

    def operate(operated, /, **given):
        operation = operations[operated]
        return stage.wait(operation.run(shop.events, operation.parameters(**given)))

    assert operate("replay", name="again", to=["pay"], dry_run=True).rules == {"pay": 3}
    tried = operate("try-replay")
    assert (tried.rules, tried.total, tried.read) == ({"pay": 3, "ship": 3}, 3, 3)
    assert operate("try-replay", to=["pay"], since="3").rules == {"pay": 1}
    assert operate("replay", name="again", to=["pay"], rate="1/s").state == "running"
    stage.settle()
    assert operate("pause", name="again").state == "paused"
    assert operate("resume", name="again").state == "running"
    assert operate("cancel", name="again").state == "cancelled"
    assert [each.name for each in operate("replays")] == ["again"]
    assert operate("archives") == []


def test_a_trial_of_a_long_log_looks_at_its_beginning_and_says_so(shop_and_stage, monkeypatch):
    monkeypatch.setattr(replaying, "READ_AT_ONCE", 2)
    shop, stage = shop_and_stage
    shop.publish(stage, *["OrderPlaced"] * 5)

    tried = stage.wait(shop.events.try_replay(looks=2, to="pay"))

    assert (tried.total, tried.read, tried.rules) == (5, 2, {"pay": 2})
    assert stage.wait(shop.events.replays()) == []
