from __future__ import annotations

import pytest

from ensue import App, InputPath
from ensue.engine.readers import LogReader
from ensue.engine.snapshots import Snapshot


@pytest.fixture
def app() -> App:
    return App("wims")


def reasons(stage, queue):
    letters = stage.wait(stage.platform.resource("queue", queue).peek(100))
    return [(each.attributes["dead_letter"]["reason"]) for each in letters]


def bodies(stage, queue):
    return [each.body for each in stage.wait(queue.peek(1_000))]


def test_an_event_that_has_not_what_the_input_needs_is_dead_lettered_at_once(store, run_on, app):
    orders, out = app.table("orders", key="id"), app.queue("out")
    app.pipe("forward", source=orders, to=out, input=InputPath("$.NewImage.n"))
    stage = run_on(store, app)
    for item in ({"id": "a", "n": 1}, {"id": "a"}, {"id": "a", "n": 3}):
        stage.wait(orders.put(item))
    stage.settle()
    assert bodies(stage, out) == [1, 3]
    [reason] = reasons(stage, "forward-dlq")
    assert reason.startswith("Unfit: expected a value at $.NewImage.n")


def test_what_a_target_refuses_for_good_is_dead_lettered_at_once(store, run_on, app):
    orders, out = app.table("orders", key="id"), app.queue("out", of=int)
    app.pipe("forward", source=orders, to=out, input=InputPath("$.NewImage.n"))
    stage = run_on(store, app)
    stage.wait(orders.put({"id": "a", "n": "one"}))
    stage.settle()
    [reason] = reasons(stage, "forward-dlq")
    assert "queue out refused the event" in reason


@pytest.mark.parametrize("on_failure", ["hold", "park"])
@pytest.mark.parametrize("rate", [None, "100/s"])
def test_what_fails_holds_back_its_own_key_only_or_nothing_when_parked(
    store, run_on, app, on_failure, rate
):
    out = app.queue("out", depth_max=1)
    orders = app.table("orders", key="id")
    options = {} if rate is None else {"rate": rate}
    app.pipe(
        "forward",
        source=orders,
        to=out,
        input=InputPath("$.NewImage.n"),
        on_failure=on_failure,
        **options,
    )
    stage = run_on(store, app)
    stage.wait(out.send("full"))
    stage.wait(orders.put({"id": "a", "n": 1}))
    stage.advance(20)
    stage.wait(out.purge())
    stage.wait(orders.put({"id": "a", "n": 2}))
    stage.advance(20)
    assert bodies(stage, out) == ([2] if on_failure == "park" else [])
    stage.wait(out.purge())
    stage.advance(2_000)
    assert bodies(stage, out) == [1]
    stage.wait(out.purge())
    stage.advance(600_000)
    assert bodies(stage, out) == ([2] if on_failure == "hold" else [])


def test_a_full_target_is_tried_again_until_there_is_room(store, run_on, app):
    orders, out = app.table("orders", key="id"), app.queue("out", depth_max=1)
    app.pipe("forward", source=orders, to=out, input=InputPath("$.NewImage.n"), max_age="12h")
    stage = run_on(store, app)
    stage.wait(out.send("full"))
    stage.wait(orders.put({"id": "a", "n": 1}))
    stage.advance(3_600_000)
    assert reasons(stage, "forward-dlq") == []
    stage.wait(out.purge())
    stage.advance(600_000)
    assert bodies(stage, out) == [1]


def test_what_is_older_than_max_age_is_not_tried_again(store, run_on, app):
    orders, out = app.table("orders", key="id"), app.queue("out", depth_max=1)
    app.pipe("forward", source=orders, to=out, input=InputPath("$.NewImage.n"), max_age="10m")
    stage = run_on(store, app)
    stage.wait(out.send("full"))
    stage.wait(orders.put({"id": "a", "n": 1}))
    stage.advance(500_000)
    assert reasons(stage, "forward-dlq") == []
    stage.advance(900_000)
    [reason] = reasons(stage, "forward-dlq")
    assert reason.startswith("Unfit: LimitExceeded: expected at most 1 messages")
    assert "tried for" in reason


def test_dead_letters_may_go_to_a_queue_that_is_named(store, run_on, app):
    orders, out, letters = app.table("orders", key="id"), app.queue("out"), app.queue("letters")
    app.pipe("forward", source=orders, to=out, input=InputPath("$.none"), dead_letters=letters)
    stage = run_on(store, app)
    stage.wait(orders.put({"id": "a"}))
    stage.settle()
    [letter] = stage.wait(letters.peek())
    assert letter.body["NewImage"] == {"id": "a"}


def test_a_dead_letter_is_redriven_through_the_pipe(store, run_on, app):
    orders, out = app.table("orders", key="id"), app.queue("out", depth_max=1)
    app.pipe("forward", source=orders, to=out, input=InputPath("$.NewImage.n"), retries=1)
    stage = run_on(store, app)
    stage.wait(out.send("full"))
    stage.wait(orders.put({"id": "a", "n": 1}))
    stage.advance(60_000)
    assert len(reasons(stage, "forward-dlq")) == 1
    stage.wait(out.purge())
    stage.wait(stage.platform.resource("queue", "forward-dlq").redrive())
    stage.settle()
    assert bodies(stage, out) == [1]


def test_messages_of_a_queue_end_in_its_own_dead_letters(store, run_on, app):
    work, out = app.queue("work", max_receives=2), app.queue("out", of=int)
    told = []
    app.pipe("forward", source=work, to=out, input=InputPath("$.body"))

    @work.on_dead_letter
    def tell(message, tx):
        told.append(message.body)

    stage = run_on(store, app)
    stage.wait(work.send("one"))
    stage.wait(work.send(2))
    stage.settle()
    assert (bodies(stage, out), told) == ([2], ["one"])
    assert len(reasons(stage, "work-dlq")) == 1


def test_a_change_that_nobody_can_read_is_set_aside_and_the_rest_goes_on(
    file_store, run_on, app, typed_in
):
    orders, out = app.table("orders", key="id"), app.queue("out")
    app.pipe("forward", source=orders, to=out, filter={"eventName": ["INSERT"]}, retries=0)
    stage = run_on(file_store, app)
    typed_in(
        file_store,
        'INSERT INTO wims_orders (pk, item) VALUES (\'odd\', \'{"id":"odd","n":1e999}\')',
    )
    stage.wait(orders.put({"id": "fine"}))
    stage.advance(600_000)
    assert [each["key"] for each in bodies(stage, out)][-1:] == [["fine"]]


def test_a_rate_is_kept_and_nothing_is_lost_by_it(store, run_on, app):
    clicks, out = app.stream("clicks"), app.queue("out")
    app.pipe("forward", source=clicks, to=out, rate="2/s")
    stage = run_on(store, app)
    for n in range(10):
        stage.wait(clicks.append(n))
    stage.advance(1_000)
    assert len(bodies(stage, out)) == 3
    stage.advance(10_000)
    assert sorted(each["data"] for each in bodies(stage, out)) == list(range(10))


@pytest.mark.parametrize("outside", [False, True])
def test_what_is_redriven_has_its_time_again(store, run_on, app, outside):
    out = app.queue("out", depth_max=1)
    orders = app.table("orders", key="id")

    def ask(change, tx=None):
        return change

    async def ask_outside(change):
        return change

    enrich = app.function(name="ask")(ask_outside if outside else ask)
    options = {"enrich": enrich, "to": out, "retries": 1, "max_age": "1h"}
    app.pipe("forward", source=orders, **options)
    stage = run_on(store, app)
    stage.wait(out.send("there"))
    stage.wait(orders.put({"id": "a"}))
    stage.advance(2 * 3_600_000)
    letters = stage.platform.resource("queue", "forward-dlq")
    assert len(reasons(stage, "forward-dlq")) == 1

    stage.wait(letters.redrive())
    stage.settle()
    assert reasons(stage, "forward-dlq") == []
    [there] = stage.wait(out.receive())
    stage.wait(out.settle(there.handle))
    stage.advance(60_000)

    [event] = bodies(stage, out)
    assert event["NewImage"] == {"id": "a"}


def test_an_answer_that_is_too_large_is_dead_lettered_at_once(store, run_on, app):
    orders, out = app.table("orders", key="id"), app.queue("out")

    def ask(change, tx):
        return {"answer": "x" * 1_048_576}

    app.pipe("forward", source=orders, to=out, enrich=app.function(name="ask")(ask))
    stage = run_on(store, app)
    stage.wait(orders.put({"id": "a"}))
    stage.settle()
    [reason] = reasons(stage, "forward-dlq")
    assert reason.startswith("Unfit: expected at most 1048576 bytes")


def test_a_change_waits_for_the_item_of_its_group_also_where_failures_are_parked(
    file_store, run_on, app
):
    before = App("wims")
    orders = before.table("orders", key="id")
    stage = run_on(file_store, before)
    for name in ("a", "b"):
        stage.wait(orders.put({"id": name, "n": 0, "shop": "s"}))
    stage.close()
    orders, out = app.table("orders", key="id"), app.queue("out")
    path = {"group": "$.NewImage.shop", "on_failure": "park"}
    app.pipe("forward", source=orders, to=out, start="snapshot", **path)
    stage = run_on(file_store, app)

    def step(kind):
        [worker] = [each for each in stage.engine.workers if isinstance(each, kind)]
        while stage.wait(worker.step()):
            pass

    step(Snapshot)
    stage.wait(orders.put({"id": "b", "n": 1, "shop": "s"}))
    step(LogReader)
    stage.settle()

    items = [each["NewImage"] for each in bodies(stage, out)]
    assert [(each["id"], each["n"]) for each in items] == [("a", 0), ("b", 0), ("b", 1)]
