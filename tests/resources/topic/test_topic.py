# ruff: noqa: FBT003 - functions under test take what they are given
from __future__ import annotations

import asyncio

import pytest

from ensue.app.app import App
from ensue.engine.clock import HELD_START_MS
from ensue.engine.sockets import Delivery
from ensue.words.errors import (
    InvalidDeclaration,
    InvalidInput,
    InvalidName,
    InvalidPattern,
    InvalidValue,
    LimitExceeded,
    NotFound,
    TooLarge,
)


@pytest.fixture
def app() -> App:
    return App("wims")


@pytest.fixture
def topic(app):
    return app.topic("orders")


def bodies(stage, queue):
    return [message.body for message in stage.wait(queue.peek())]


def test_a_message_goes_to_every_subscriber_in_one_transaction(store, run_on, app, topic):
    queue, letters = app.queue("billing"), app.mail("letters", to="team@example.org")
    seen = []

    @app.function
    def note(body, tx):
        seen.append(body)

    topic.subscribe(queue, note, letters)
    stage = run_on(store, app)
    stage.wait(topic.publish({"n": 1}))
    [(hops,)] = stage.rows("SELECT count(DISTINCT hop) FROM ensue_work")
    stage.settle()
    assert hops == 1
    assert bodies(stage, queue) == [{"n": 1}]
    assert seen == [{"n": 1}]
    assert len(letters.drawer.letters) == 1


def test_a_message_and_its_deliveries_commit_with_the_transaction_or_not_at_all(
    store, run_on, app, topic
):
    queue = app.queue("billing")
    topic.subscribe(queue)
    stage = run_on(store, app)

    def place(fails, tx):
        tx.publish(topic, {"n": 1}, attributes={"kind": "placed"})
        if fails:
            raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011 - it is the test's own
        stage.wait(app.run(place, True))
    assert (stage.wait(topic.count()), bodies(stage, queue)) == (0, [])
    stage.wait(app.run(place, False))
    assert (stage.wait(topic.count()), bodies(stage, queue)) == (1, [{"n": 1}])


@pytest.mark.parametrize(
    ("wanted", "attributes", "matches"),
    [
        ({"kind": ["placed"]}, {"kind": "placed"}, True),
        ({"kind": ["placed"]}, {"kind": "paid"}, False),
        ({"kind": ["placed"]}, {}, False),
        ({"kind": ["soccer"]}, {"kind": ["rugby", "soccer"]}, True),
        ({"kind": [{"anything-but": ["paid"]}]}, {"kind": "placed"}, True),
        ({"kind": [{"anything-but": ["paid"]}]}, {}, False),
        ({"kind": [{"prefix": "pl"}]}, {"kind": "placed"}, True),
        ({"kind": [{"exists": False}]}, {"other": 1}, True),
        ({"price": [{"numeric": [">", 1, "<=", 5]}]}, {"price": 5.0}, True),
        ({"ip": [{"cidr": "10.0.0.0/8"}]}, {"ip": "10.1.2.3"}, True),
        ({"a": ["x"], "b": [1]}, {"a": "x", "b": 2}, False),
        ({"$or": [{"a": ["x"]}, {"b": [1]}]}, {"b": 1}, True),
        ({"shop.name": ["x"]}, {"shop.name": "x"}, True),
        # Beyond SNS: nested values, wildcards.
        ({"shop": {"name": ["x"]}}, {"shop": {"name": "x"}}, True),
        ({"kind": [{"wildcard": "p*d"}]}, {"kind": "placed"}, True),
    ],
)
def test_a_filter_looks_at_the_attributes(store, run_on, app, topic, wanted, attributes, matches):
    queue = app.queue("billing")
    topic.subscribe(queue, filter=wanted)
    stage = run_on(store, app)
    stage.wait(topic.publish({"kind": "placed"}, attributes=attributes))
    assert bool(bodies(stage, queue)) is matches


def test_more_keys_and_combinations_than_sns_allows_are_fine(store, run_on, app, topic):
    wanted = {f"key{n}": [f"v{m}" for m in range(10)] for n in range(8)}
    topic.subscribe(app.queue("billing"), filter=wanted)
    stage = run_on(store, app)
    message = stage.wait(topic.publish(1, attributes={f"key{n}": "v9" for n in range(8)}))
    assert stage.wait(topic.explain(message))[0].matched


def test_a_filter_on_the_body_looks_into_it_and_refuses_what_is_no_object(
    store, run_on, app, topic
):
    queue = app.queue("billing")
    topic.subscribe(queue, filter={"order": {"total": [{"numeric": [">", 9]}]}}, filter_on="body")
    stage = run_on(store, app)
    for body in ({"order": {"total": 10}}, {"order": {"total": 9}}, "total", [{"order": 1}], None):
        stage.wait(topic.publish(body, attributes={"order": {"total": 10}}))
    assert bodies(stage, queue) == [{"order": {"total": 10}}]


def test_a_raw_subscriber_gets_the_body_and_the_attributes_beside_it(store, run_on, app, topic):
    queue = app.queue("billing")
    topic.subscribe(queue)
    stage = run_on(store, app)
    stage.wait(topic.publish([1], attributes={"kind": "placed"}, group="a"))
    [message] = stage.wait(queue.peek())
    assert (message.body, message.attributes, message.group) == ([1], {"kind": "placed"}, "a")


def test_a_subscriber_that_is_not_raw_gets_what_says_where_it_comes_from(store, run_on, app, topic):
    queue = app.queue("billing")
    topic.subscribe(queue, raw=False)
    stage = run_on(store, app)
    message_id = stage.wait(topic.publish([1], attributes={"kind": "placed"}, group="a"))
    [message] = stage.wait(queue.peek())
    assert message.attributes == {}
    assert message.body == {
        "id": message_id,
        "topic": "orders",
        "sent_ms": HELD_START_MS,
        "body": [1],
        "attributes": {"kind": "placed"},
        "group": "a",
    }


def test_a_handler_of_messages_gets_a_notification(store, run_on, app, topic):
    seen = []

    @app.on_message(topic, filter={"kind": ["placed"]})
    def placed(notification, tx):
        seen.append(notification)

    @app.on_message(topic, filter={"kind": ["paid"]}, filter_on="body")
    async def paid(notification):
        seen.append(notification)

    stage = run_on(store, app)
    message_id = stage.wait(topic.publish({"n": 1}, attributes={"kind": "placed"}))
    stage.settle()
    stage.wait(topic.publish({"kind": "paid"}))
    stage.settle()
    first, second = seen
    assert (first.id, first.topic, first.body.n, first.attributes) == (
        message_id,
        "orders",
        1,
        {"kind": "placed"},
    )
    assert (second.body, second.sent_ms, second.group) == ({"kind": "paid"}, HELD_START_MS, None)


def test_a_refusing_subscriber_keeps_the_message_from_all(store, run_on, app, topic):
    queue = app.queue("billing")
    topic.subscribe(queue, app.mail("letters"))
    stage = run_on(store, app)
    with pytest.raises(InvalidInput, match=r"mail letters refused the message.*\$\.to"):
        stage.wait(topic.publish({"n": 1}))
    assert (stage.wait(topic.count()), bodies(stage, queue)) == (0, [])


def test_a_topic_takes_deliveries_of_a_rule_and_of_another_topic(store, run_on, app, topic):
    bus, inner, queue = app.bus("events"), app.topic("inner"), app.queue("billing")
    bus.rule("placed", {"detail-type": ["OrderPlaced"]}, to=topic)
    topic.subscribe(inner)
    inner.subscribe(queue, filter={"detail": {"n": [1]}}, filter_on="body")
    stage = run_on(store, app)
    stage.wait(bus.publish("OrderPlaced", {"n": 1}))
    stage.wait(bus.publish("OrderPlaced", {"n": 2}))
    [body] = bodies(stage, queue)
    assert body["detail"] == {"n": 1}
    assert stage.wait(inner.count()) == 2


def test_a_delivery_that_a_subscriber_refuses_is_undone_alone_and_said(store, run_on, app, topic):
    queue = app.queue("billing")
    topic.subscribe(queue, app.mail("letters"))
    stage = run_on(store, app)

    def deliver(tx):
        good = '{"subject": "s", "text": "t", "to": "a@example.org"}'
        return topic.deliver(tx, [Delivery('"no letter"'), Delivery(good)])

    refusal, taken = stage.do(deliver)
    assert (refusal.index, refusal.code) == (0, "invalid_input")
    assert isinstance(taken, str)
    assert [body["text"] for body in bodies(stage, queue)] == ["t"]
    assert stage.wait(topic.count()) == 1
    assert stage.wait(queue.depth())["waiting"] == 1


def test_a_handler_that_goes_on_after_a_refusal_has_published_nothing(store, run_on, app, topic):
    first, full, commands = app.queue("first"), app.queue("full", depth_max=1), app.queue("in")
    topic.subscribe(first, full)
    refused = []

    @commands.consumer()
    def publish(message, tx):
        try:
            tx.publish(topic, 1)
        except LimitExceeded:
            refused.append(topic)
        tx.send(first, "went on")

    stage = run_on(store, app)
    stage.wait(full.send("there"))
    stage.wait(commands.send(1))
    stage.settle()
    assert refused == [topic]
    assert bodies(stage, first) == ["went on"]
    assert stage.wait(first.depth())["waiting"] == 1
    assert stage.wait(topic.count()) == 0


def test_topics_that_would_go_round_in_a_circle_are_refused(app, topic):
    second, third = app.topic("second"), app.topic("third")
    topic.subscribe(second)
    second.subscribe(third)
    for circle in (topic, second, third):
        with pytest.raises(InvalidDeclaration, match="would get its own messages"):
            third.subscribe(circle)


def test_a_subscriber_that_nobody_declares_is_refused_when_the_app_opens(store, run_on, app, topic):
    topic.subscribe(App("elsewhere").queue("billing"))
    with pytest.raises(NotFound, match="no target queue billing"):
        run_on(store, app)


def test_a_subscriber_that_takes_no_deliveries_is_refused_when_the_app_opens(
    store, run_on, app, topic
):
    topic.subscribe(app.table("stock", key="id"))
    with pytest.raises(InvalidDeclaration, match="takes deliveries, got table stock"):
        run_on(store, app)


def test_declarations_that_cannot_be_meant_are_refused(app, topic):
    queue = app.queue("billing")
    with pytest.raises(InvalidPattern, match="queue billing") as caught:
        topic.subscribe(queue, filter={"kind": "placed"})
    assert caught.value.at == "$.kind"
    with pytest.raises(InvalidDeclaration, match="filter_on"):
        topic.subscribe(queue, filter={"kind": ["placed"]}, filter_on="head")
    topic.subscribe(queue)
    with pytest.raises(InvalidDeclaration, match="one subscription of queue billing"):
        topic.subscribe(queue, filter={"kind": ["placed"]})
    with pytest.raises(InvalidName):
        app.topic("No Name")


def test_what_cannot_be_published_is_refused(store, run_on, app, topic):
    stage = run_on(store, app)
    for body, options in (
        ({1: 2}, {}),
        (1, {"attributes": {"a": object()}}),
        (1, {"group": ""}),
        (1, {"group": "\ud800"}),
        (1, {"deduplication_id": "x" * 129}),
    ):
        with pytest.raises(InvalidValue):
            stage.wait(topic.publish(body, **options))
    with pytest.raises(TooLarge):
        stage.wait(topic.publish("x" * 1_048_576))
    assert stage.wait(topic.count()) == 0


def test_explain_says_for_each_subscription_which_field_failed(store, run_on, app, topic):
    billing, archive, other = (app.queue(name) for name in ("billing", "archive", "other"))
    topic.subscribe(billing, filter={"kind": ["placed"]})
    topic.subscribe(archive)
    topic.subscribe(other, filter={"n": [1]}, filter_on="body")
    stage = run_on(store, app)
    message_id = stage.wait(topic.publish([1], attributes={"kind": "paid"}))
    said = stage.wait(topic.explain(message_id))
    assert [(each.subscription, each.matched) for each in said] == [
        ("queue billing", False),
        ("queue archive", True),
        ("queue other", False),
    ]
    assert "kind" in said[0].reasons[0]
    assert said[2].reasons == ["$: expected an object to filter on, found [1]"]
    for unknown in ("nonsense", stage.engine.work_id(1)):
        with pytest.raises(NotFound):
            stage.wait(topic.explain(unknown))


def test_messages_are_read_from_a_position_on(store, run_on, app, topic):
    stage = run_on(store, app)
    ids = [stage.wait(topic.publish(n)) for n in range(3)]
    newest, position = stage.wait(topic.tail(limit=2))
    behind, _ = stage.wait(topic.tail(after=position - 1))
    assert [(each["id"], each["body"]) for each in newest] == [(ids[1], 1), (ids[2], 2)]
    assert [each["body"] for each in behind] == [2]


def test_who_waits_for_a_message_is_woken_by_the_commit_that_brings_it(store, run_on, app, topic):
    stage = run_on(store, app)

    async def wait_for_it():
        waiting = asyncio.ensure_future(topic.tail(after=0, wait_ms=30_000))
        await topic.publish("late")
        return await waiting

    [message], position = stage.wait(wait_for_it())
    assert (message["body"], position) == ("late", 1)


def test_why_shows_the_message_and_what_became_of_it(store, run_on, app, topic):
    topic.subscribe(app.queue("billing"))

    @app.on_message(topic)
    def placed(notification, tx):
        tx.send(queue, notification.body)

    queue = app.queue("later")
    stage = run_on(store, app)
    message_id = stage.wait(topic.publish({"n": 1}))
    stage.settle()
    tree = stage.platform.why(message_id)
    below = [(each.kind, each.name, each.note) for each in tree.children]
    assert below[0] == ("published", "orders", '{"n":1}')
    assert [(kind, name) for kind, name, _ in below[1:]] == [
        ("message", "billing"),
        ("message", "placed"),
    ]
    [run] = tree.children[2].children
    assert [each.name for each in run.children] == ["later"]


def test_messages_that_were_kept_long_enough_are_forgotten(store, run_on, app, topic):
    stage = run_on(store, app)
    stage.wait(topic.publish(1))
    stage.advance(86_400_000 + 120_000)
    assert stage.wait(topic.tail())[0] == []
    assert stage.wait(topic.count()) == 1
