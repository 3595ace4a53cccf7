"""The test kit: time moves only when told, and what ensues is what ensues in production."""

from __future__ import annotations

import httpx
import pytest

from ensue import App, LimitExceeded, NotFound, StoreClosed
from ensue.engine.clock import HELD_START_MS
from ensue.testing import Call, running


@pytest.fixture
def app():
    return App("shop")


def test_nothing_ensues_before_it_is_told_to_settle(app, run_app):
    queue = app.queue("jobs")
    handled = []
    queue.consumer()(lambda message, tx: handled.append(message.body))
    t = run_app(app)

    t.wait(queue.send(1))

    assert handled == []
    t.settle()
    assert handled == [1]


def test_settling_runs_what_is_due_and_leaves_what_is_due_later(app, run_app):
    queue = app.queue("jobs")
    handled = []
    queue.consumer()(lambda message, tx: handled.append(message.body))
    t = run_app(app)
    t.wait(queue.send("now"))
    t.wait(queue.send("later", delay="1h"))

    t.settle()

    assert handled == ["now"]


def test_advancing_stops_at_each_moment_at_which_something_is_due(app, run_app):
    queue = app.queue("jobs")
    times = []
    queue.consumer()(lambda message, tx: times.append(tx.now_ms))
    t = run_app(app)
    begun = t.now_ms()
    for hours in (3, 1, 2):
        t.wait(queue.send(hours, delay=f"{hours}h"))

    t.advance("1d")

    assert [at - begun for at in times] == [3_600_000, 7_200_000, 10_800_000]
    assert t.now_ms() - begun == 86_400_000


def test_advancing_a_month_in_which_nothing_is_due_looks_for_what_is_old_once_an_hour(
    app, run_app, monkeypatch
):
    t = run_app(app)
    looked_ms: list[int] = []
    monkeypatch.setattr(
        "ensue.engine.keeper.gauges.look",
        lambda engine: looked_ms.append(engine.clock.now_ms()) or [],
    )

    t.advance("30d")

    assert 30 * 24 - 1 <= len(looked_ms) <= 30 * 24 + 1
    assert looked_ms[-1] == t.now_ms()


def test_draining_passes_as_much_time_as_the_work_needs(app, run_app):
    queue = app.queue("jobs")
    handled = []
    queue.consumer()(lambda message, tx: handled.append(message.body))
    t = run_app(app)
    t.wait(queue.send(1, delay="30d"))

    t.drain()

    assert handled == [1]


def test_the_next_delivery_is_made_alone(app, run_app):
    table = app.table("things", key="id")
    seen = []
    app.on_change(table, name="first")(lambda change, tx: seen.append("first"))
    app.on_change(table, name="second")(lambda change, tx: seen.append("second"))
    t = run_app(app)
    t.settle()
    t.wait(table.put({"id": "a"}))

    assert t.deliver_next() == "first"
    assert seen == ["first"]
    assert t.deliver_next() == "second"
    assert t.deliver_next() is None


def test_an_app_that_causes_its_own_event_again_and_again_is_told_so(app, run_app, monkeypatch):
    monkeypatch.setattr("ensue.testing.steps.ROUNDS_MAX", 50)
    queue = app.queue("jobs")
    queue.consumer()(lambda message, tx: tx.send(queue, 1))
    t = run_app(app)
    t.wait(queue.send(1))

    with pytest.raises(LimitExceeded, match="goes on"):
        t.settle()


def test_calls_to_the_outside_are_answered_by_the_test(app, run_app):
    queue = app.queue("jobs")
    answers = []

    @queue.consumer()
    async def call(message):
        answers.append((await app.http.get("http://bank/rate")).json())

    t = run_app(app, outside={"http://bank": lambda request: httpx.Response(200, json=7)})
    t.wait(queue.send(1))
    t.settle()

    assert answers == [7]


def test_two_services_of_one_host_are_told_apart_by_their_paths(app, run_app):
    queue, answers = app.queue("jobs", max_receives=1), []

    @queue.consumer()
    async def call(message):
        answers.append((await app.http.get(f"http://mock/{message.body}")).json())

    named = {
        f"http://mock/{name}": lambda _, name=name: httpx.Response(200, json=name)
        for name in ("bank", "bank/token", "courier")
    }
    t = run_app(app, outside=named)
    for path in ("bank/accounts", "courier/collections", "bank/token", "bank", "banker"):
        t.wait(queue.send(path))
    t.settle()

    assert answers == ["bank", "courier", "bank/token", "bank"]
    [dead] = t.messages(queue.dead_letters)
    assert dead.body == "banker"


def test_a_call_that_the_test_does_not_answer_fails_like_an_unreachable_server(app, run_app):
    queue = app.queue("jobs", max_receives=1)

    @queue.consumer()
    async def call(message):
        await app.http.get("http://elsewhere/")

    t = run_app(app)
    t.wait(queue.send(1))
    t.settle()

    [dead] = t.messages(queue.dead_letters)
    assert "nobody answers elsewhere" in dead.attributes["dead_letter"]["reason"]


@pytest.mark.parametrize("store", ["sqlite::memory:", "sqlite:///{folder}/ensue.db"])
def test_an_action_that_runs_a_transaction_of_its_own_settles_on_each_store(
    app, run_app, tmp_path, store
):
    queue, table = app.queue("jobs"), app.table("done", key="id")

    @queue.consumer()
    async def act(message):
        for step in range(5):
            await app.run(lambda tx, step=step: tx.put(table, {"id": f"{message.body}-{step}"}))

    t = run_app(app, store=store.format(folder=tmp_path))
    for number in range(20):
        t.wait(queue.send(number))

    t.settle()

    assert t.wait(table.count()) == 100


def test_the_same_seed_gives_the_same_run(app):
    queue = app.queue("jobs")

    @queue.consumer()
    async def fail(message):
        raise RuntimeError

    def run(seed):
        with running(app, seed=seed) as t:
            message_id = t.wait(queue.send(1))
            t.drain()
            return message_id, t.why(message_id).children[0].attempts

    assert run(1) == run(1)
    assert run(1) != run(2)


def test_an_app_that_was_stopped_says_how_to_start_it(app, run_app):
    queue = app.queue("jobs")
    with running(app):
        pass

    with pytest.raises(StoreClosed, match="ensue run"):
        run_app(App("other")).wait(queue.send(1))


def test_a_test_may_stop_an_app_itself_and_start_it_again(app, run_app, tmp_path):
    queue, store = app.queue("jobs"), f"sqlite:///{tmp_path}/ensue.db"
    before = run_app(app, store=store)
    before.wait(queue.send(1))
    before.stop()

    after = run_app(app, store=store, start_ms=before.now_ms() + 1_000)

    assert [message.body for message in after.messages(queue)] == [1]


def test_rewinding_delivers_every_record_again(app, run_app):
    table = app.table("things", key="id")
    seen = []
    app.on_change(table, name="watch")(lambda change, tx: seen.append(change.key[0]))
    t = run_app(app)
    t.wait(table.put({"id": "a"}))
    t.wait(table.put({"id": "b"}))
    t.settle()

    t.rewind(table, app.function_named("watch"))
    t.settle()

    assert seen == ["a", "b", "a", "b"]


def test_what_is_held_waits_until_it_is_released(app, run_app):
    table = app.table("things", key="id")
    seen = []
    app.on_change(table, name="first")(lambda change, tx: seen.append("first"))
    app.on_change(table, name="second")(lambda change, tx: seen.append("second"))
    t = run_app(app)
    t.hold("first")
    t.wait(table.put({"id": "a"}))

    t.drain()

    assert seen == ["second"]
    t.release("first")
    t.drain()
    assert seen == ["second", "first"]


def test_what_is_held_is_delivered_one_by_one_when_told(app, run_app):
    queue = app.queue("jobs")
    handled = []

    @queue.consumer()
    def handle(message, tx):
        handled.append(message.body)

    t = run_app(app)
    t.hold()
    for number in range(3):
        t.wait(queue.send(number))
    t.advance("1h")

    assert t.deliver_next() is None
    assert t.deliver_next("handle") == "handle"
    assert handled == [0]
    t.release()
    t.settle()
    assert handled == [0, 1, 2]


def test_holding_a_handler_that_there_is_not_names_those_that_there_are(app, run_app):
    app.queue("jobs").consumer()(lambda message, tx: None)
    t = run_app(app)

    with pytest.raises(NotFound, match="no handler chargee"):
        t.hold("chargee")


def test_calls_to_the_outside_are_noted_with_their_key(app, run_app):
    queue = app.queue("jobs")

    @queue.consumer()
    async def call(message):
        await app.http.post("http://bank/rate", json={"n": message.body})

    t = run_app(app, outside={"http://bank": lambda request: httpx.Response(200)})
    message_id = t.wait(queue.send(7))
    t.settle()

    assert t.calls == [Call("POST", "http://bank/rate", message_id, {"n": 7})]


def test_advancing_fires_schedules_in_the_order_of_their_moments(run_app):
    app = App("timed")
    seen = []

    @app.schedule("rate(10 hours)")
    def often(firing, tx):
        seen.append(("often", tx.now_ms - HELD_START_MS))

    @app.schedule("rate(1 day)", start="2031-07-06T00:00:00")
    def daily(firing, tx):
        seen.append(("daily", firing.due_ms - HELD_START_MS))

    t = run_app(app)
    t.advance("1d")
    assert [name for name, _ in seen].count("often") == 3
    assert [ms for _, ms in seen] == sorted(ms for _, ms in seen)


def test_draining_does_not_wait_for_schedules_and_fires_what_comes_meanwhile(run_app):
    app = App("timed")
    later, seen = app.queue("later"), []

    @app.schedule("rate(1 hour)")
    def hourly(firing, tx):
        seen.append(firing.due_ms == tx.now_ms)

    @later.consumer()
    def take(message, tx):
        pass

    t = run_app(app)
    t.drain()
    assert (len(seen), t.now_ms()) == (1, HELD_START_MS)
    t.wait(later.send(1, delay="150m"))
    t.drain()
    assert (seen, t.now_ms()) == ([True] * 3, HELD_START_MS + 9_000_000)
