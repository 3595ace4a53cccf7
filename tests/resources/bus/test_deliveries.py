from __future__ import annotations

from dataclasses import dataclass

import pytest

from ensue.app.app import App
from ensue.engine.sockets import Delivery, Refusal
from ensue.engine.targets import RuleTarget
from ensue.languages.transformers import InputPath, InputTransformer
from ensue.words import values
from ensue.words.errors import InvalidDeclaration, LimitExceeded, NotFound

PLACED = {"detail-type": ["OrderPlaced"]}
DAY_MS = 86_400_000


@pytest.fixture
def app() -> App:
    return App("wims")


@pytest.fixture
def bus(app):
    return app.bus("events")


@pytest.fixture
def dead(app, bus):
    return app.resources["wims", "queue", "events-dlq"]


@pytest.fixture
def full(app):
    """A queue with room for one message, and one in it."""
    return app.queue("full", depth_max=1)


def publish(stage, bus, *orders):
    entries = [{"detail_type": "OrderPlaced", "detail": {"order": each}} for each in orders]
    return stage.wait(bus.publish_batch(entries))


def orders_in(stage, queue):
    return [message.body["detail"]["order"] for message in stage.wait(queue.peek(1_000))]


def test_a_target_that_is_full_fails_neither_the_publisher_nor_the_other_targets(
    store, run_on, app, bus, full
):
    bus.rule("placed", PLACED, to=[full, app.queue("other")])
    stage = run_on(store, app)
    publish(stage, bus, 1, 2)
    assert orders_in(stage, full) == [1]
    assert orders_in(stage, app.resources["wims", "queue", "other"]) == [1, 2]


def test_what_a_full_target_did_not_take_comes_when_there_is_room(
    store, run_on, app, bus, full, dead
):
    bus.rule("placed", PLACED, to=full)
    stage = run_on(store, app)
    publish(stage, bus, 1, 2)
    stage.advance(3_600_000)
    assert orders_in(stage, full) == [1]
    stage.wait(full.purge())
    stage.advance(600_000)
    assert orders_in(stage, full) == [2]
    stage.wait(full.purge())
    stage.advance(2 * DAY_MS)
    assert stage.wait(full.depth())["waiting"] == 0
    assert stage.wait(dead.peek()) == []


def test_a_delivery_that_no_retry_mends_is_dead_at_once_and_says_why(store, run_on, app, bus, dead):
    bus.rule("placed", PLACED, to=app.mail("letters"))
    stage = run_on(store, app)
    [event_id] = publish(stage, bus, 1)
    [letter] = stage.wait(dead.peek())
    assert letter.body["id"] == event_id
    told = {name: letter.attributes.get(name) for name in letter.attributes if name.isupper()}
    assert told == {
        "RULE_ARN": "arn:aws:events:local:000000000000:rule/events/placed",
        "TARGET_ARN": "arn:ensue:local:000000000000:wims/mail/letters",
        "ERROR_CODE": "INVALID_VALUE",
        "ERROR_MESSAGE": "mail letters refused the event: expected a mail address, got null,"
        " at $.to",
        "RETRY_ATTEMPTS": 0,
    }


def test_an_input_that_cannot_be_made_is_dead_at_once(store, run_on, app, bus, dead):
    queue = app.queue("payments")
    bus.rule("placed", PLACED, to=RuleTarget(queue, input=InputPath("$.detail.n")))
    stage = run_on(store, app)
    publish(stage, bus, 1)
    [letter] = stage.wait(dead.peek())
    assert letter.attributes["ERROR_CODE"] == "UNFIT"
    assert stage.wait(queue.peek()) == []


def test_what_died_is_redriven_from_a_queue_that_a_rule_names_and_what_was_sent_there_stays(
    store, run_on, app, bus, full
):
    own = app.queue("own")
    bus.rule("placed", PLACED, to=RuleTarget(full, dead_letters=own, retries=0))
    stage = run_on(store, app)
    stage.wait(full.send("there"))
    stage.wait(own.send("by hand"))
    publish(stage, bus, 1)
    stage.wait(full.purge())
    assert stage.wait(own.preview_redrive()).to == {"deliveries/events": 1}
    assert stage.wait(own.redrive()).moved == 1
    stage.settle()
    assert orders_in(stage, full) == [1]
    assert [each.body for each in stage.wait(own.peek())] == ["by hand"]


@pytest.mark.parametrize(
    ("terms", "spent"),
    [
        ({"retries": 0}, "MaximumRetryAttempts"),
        ({"retries": 3}, "MaximumRetryAttempts"),
        ({"max_age": "1m"}, "MaximumEventAgeInSeconds"),
    ],
)
def test_a_delivery_ends_by_the_terms_of_its_target_in_its_dead_letter_queue(
    store, run_on, app, bus, full, dead, terms, spent
):
    own = app.queue("own")
    bus.rule("placed", PLACED, to=RuleTarget(full, dead_letters=own, **terms))
    bus.rule("too", PLACED, to=RuleTarget(full, retries=1))
    stage = run_on(store, app)
    stage.wait(full.send("there"))
    publish(stage, bus, 1)
    stage.advance(DAY_MS)
    [mine], [other] = stage.wait(own.peek()), stage.wait(dead.peek())
    assert mine.attributes["EXHAUSTED_RETRY_CONDITION"] == spent
    if "retries" in terms:
        assert mine.attributes["RETRY_ATTEMPTS"] == terms["retries"]
    assert other.attributes["RETRY_ATTEMPTS"] == 1
    assert other.attributes["ERROR_CODE"] == "LIMIT_EXCEEDED"


def test_a_delivery_is_tried_last_at_the_end_of_its_age(store, run_on, app, bus, full):
    bus.rule("placed", PLACED, to=RuleTarget(full, max_age="1m"))
    stage = run_on(store, app)
    stage.wait(full.send("there"))
    publish(stage, bus, 1)
    stage.advance(59_999)
    stage.wait(full.purge())
    stage.advance(1)
    assert orders_in(stage, full) == [1]


def test_many_deliveries_at_once_are_messages_like_any_other(store, run_on, app, bus):
    queue = app.queue("payments")
    bus.rule("placed", PLACED, to=queue)
    stage = run_on(store, app)
    delivered = stage.do(lambda tx: queue.deliver(tx, [Delivery(str(n)) for n in range(3)]))
    messages = stage.wait(queue.peek())
    assert [(each.id, each.body) for each in messages] == list(
        zip(delivered, range(3), strict=True)
    )
    number = stage.engine.number(queue.ref)
    assert stage.engine.facts.depths.committed(number)[:3] == (3, 0, 0)
    rows = stage.rows("SELECT count(DISTINCT hop), min(due_ms), max(after_ms) FROM ensue_work")
    assert rows == [(1, stage.clock.now_ms(), stage.clock.now_ms())]


def test_a_redrive_gives_a_dead_delivery_to_the_same_target_of_its_rule(
    store, run_on, app, bus, full, dead
):
    other = app.queue("other")
    bus.rule("placed", PLACED, to=[other, RuleTarget(full, retries=0)])
    stage = run_on(store, app)
    stage.wait(full.send("there"))
    publish(stage, bus, 1)
    assert len(stage.wait(dead.peek())) == 1
    stage.wait(full.purge())
    stage.wait(dead.redrive())
    stage.settle()
    assert (orders_in(stage, full), orders_in(stage, other)) == ([1], [1])
    assert stage.wait(dead.peek()) == []


def test_a_redriven_delivery_has_its_time_again(store, run_on, app, bus, full, dead):
    bus.rule("placed", PLACED, to=RuleTarget(full, max_age="1m"))
    stage = run_on(store, app)
    stage.wait(full.send("there"))
    publish(stage, bus, 1)
    stage.advance(DAY_MS)
    stage.wait(dead.redrive())
    stage.settle()
    assert stage.wait(dead.peek()) == []
    stage.wait(full.purge())
    stage.advance(60_000)
    assert orders_in(stage, full) == [1]


def test_a_dead_delivery_whose_own_queue_is_gone_goes_to_that_of_the_bus(
    file_store, run_on, bus, app, full
):
    bus.rule("placed", PLACED, to=RuleTarget(full, dead_letters=app.queue("own")))
    stage = run_on(file_store, app)
    stage.wait(full.send("there"))
    publish(stage, bus, 1)
    stage.close()
    later = App("wims")
    later.bus("events")
    stage = run_on(file_store, later)
    stage.advance(DAY_MS)
    assert orders_in(stage, later.resources["wims", "queue", "events-dlq"]) == [1]


def test_a_second_death_tells_of_its_own_reason_only(file_store, run_on, bus, app, full):
    bus.rule("placed", PLACED, to=RuleTarget(full, retries=0))
    stage = run_on(file_store, app)
    stage.wait(full.send("there"))
    publish(stage, bus, 1)
    stage.close()
    later = App("wims")
    later.bus("events")
    stage = run_on(file_store, later)
    dead = later.resources["wims", "queue", "events-dlq"]
    [letter] = stage.wait(dead.peek())
    assert letter.attributes["EXHAUSTED_RETRY_CONDITION"] == "MaximumRetryAttempts"
    stage.wait(dead.redrive())
    stage.advance(60_000)
    [letter] = stage.wait(dead.peek())
    assert letter.attributes["ERROR_CODE"] == "NOT_FOUND"
    assert "EXHAUSTED_RETRY_CONDITION" not in letter.attributes


def test_a_group_keeps_its_order_when_the_targets_of_its_rule_are_declared_in_another(
    file_store, run_on
):
    def declared(*, turned):
        app = App("wims")
        bus, queues = app.bus("events"), [app.queue("full", depth_max=1), app.queue("other")]
        targets = [RuleTarget(each, group="$.detail.order[0]") for each in queues]
        bus.rule("placed", PLACED, to=targets[::-1] if turned else targets)
        return app, bus, queues[0]

    app, bus, full = declared(turned=False)
    stage = run_on(file_store, app)
    stage.wait(full.send("there"))
    publish(stage, bus, ["a", 1])
    stage.close()
    app, bus, full = declared(turned=True)
    stage = run_on(file_store, app)
    [there] = stage.wait(full.receive())
    stage.wait(full.settle(there.handle))

    publish(stage, bus, ["a", 2])

    assert orders_in(stage, full) == []
    stage.advance(60_000)
    assert orders_in(stage, full) == [["a", 1]]


def test_a_rule_or_target_that_is_gone_ends_its_deliveries(file_store, run_on, bus, app, full):
    bus.rule("placed", PLACED, to=full)
    stage = run_on(file_store, app)
    stage.wait(full.send("there"))
    publish(stage, bus, 1)
    stage.close()
    later = App("wims")
    later.bus("events")
    later.queue("full")
    stage = run_on(file_store, later)
    stage.advance(DAY_MS)
    [letter] = stage.wait(later.resources["wims", "queue", "events-dlq"].peek())
    assert letter.attributes["ERROR_CODE"] == "NOT_FOUND"
    assert "no rule placed any more" in letter.attributes["ERROR_MESSAGE"]


class Slow:
    """An input that takes too long for the first event with the order ``late``."""

    names: frozenset[str] = frozenset()

    def __init__(self) -> None:
        self.is_slow = True

    def compile_input(self, names):
        del names
        return self

    def render(self, event, reserved, now_ms):
        del reserved, now_ms
        if self.is_slow and event["detail"]["order"][1] == "late":
            self.is_slow = False
            raise LimitExceeded("expected an answer in time")
        return values.encode(event)


@pytest.mark.parametrize("together", [True, False])
def test_an_input_that_takes_too_long_holds_back_its_own_group_only_and_in_order(
    store, run_on, app, bus, together
):
    queue = app.queue("payments")
    bus.rule("placed", PLACED, to=RuleTarget(queue, group="$.detail.order[0]", input=Slow()))
    stage = run_on(store, app)
    orders = [["a", 1], ["a", "late"], ["b", 2], ["a", 3]]

    for batch in [orders] if together else [[order] for order in orders]:
        publish(stage, bus, *batch)

    assert orders_in(stage, queue) == [["a", 1], ["b", 2]]
    stage.advance(60_000)
    found = orders_in(stage, queue)
    assert [order for order in found if order[0] == "a"] == [["a", 1], ["a", "late"], ["a", 3]]


@pytest.mark.parametrize("together", [True, False])
def test_a_failing_delivery_holds_back_its_own_group_only_and_in_order(
    store, run_on, app, bus, together
):
    queue = app.queue("payments", depth_max=2)
    bus.rule("placed", PLACED, to=RuleTarget(queue, group="$.detail.order[0]"))
    stage = run_on(store, app)
    stage.wait(queue.send("there"))
    orders = [["a", 1], ["b", 2], ["b", 3], ["c", 4]]
    if together:
        publish(stage, bus, *orders)
    else:
        for order in orders:
            publish(stage, bus, order)
    assert len(stage.wait(queue.peek())) == 2
    taken = []
    for _ in range(6):
        for message in stage.wait(queue.receive(10)):
            if message.body != "there":
                taken.append(message.body["detail"]["order"])
            stage.wait(queue.settle(message.handle))
        stage.advance(3_600_000)
    assert sorted(taken) == orders
    assert [each for each in taken if each[0] == "b"] == [["b", 2], ["b", 3]]


class Moody:
    """A target that raises after it has written, for what it is told to."""

    def __init__(self, queue) -> None:
        self.queue, self.hates = queue, set()

    def deliver(self, tx, deliveries):
        answers = []
        for index, each in enumerate(deliveries):
            answers += self.queue.deliver(tx, [each])
            if any(hated in each.body for hated in self.hates):
                if "refuse" in self.hates:
                    answers[-1] = Refusal(index, "limit_exceeded", "no")
                else:
                    raise RuntimeError("no")
        return answers


@pytest.fixture
def moody(app, bus, run_on, store):
    """A stage on which the target of a rule with groups raises for what it hates."""

    def run(**options):
        queue = app.queue("payments")
        bus.rule("placed", PLACED, to=RuleTarget(queue, group="$.detail.order[0]", **options))
        stage = run_on(store, app)
        target = Moody(queue)
        stage.engine.directory.add(queue.ref, target=target)
        stage.engine.directory._sure.discard(queue.ref)
        return stage, target, queue

    return run


def test_what_a_target_wrote_before_it_raised_is_undone_and_the_rest_is_delivered(moody, bus):
    stage, target, queue = moody()
    target.hates = {'["b",2]'}
    publish(stage, bus, ["a", 1], ["b", 2], ["b", 3], ["c", 4])
    assert orders_in(stage, queue) == [["a", 1], ["c", 4]]
    publish(stage, bus, ["b", 5])
    target.hates = set()
    stage.advance(60_000)
    assert orders_in(stage, queue) == [["a", 1], ["c", 4], ["b", 2], ["b", 3], ["b", 5]]


@dataclass
class Order:
    """An order that looks for itself where it is not."""

    order: int

    def __post_init__(self):
        raise KeyError(self.order)


@pytest.mark.parametrize("kind", ["queue", "stream"])
def test_a_type_that_raises_fails_neither_the_publisher_nor_the_other_targets(
    store, run_on, app, bus, dead, kind
):
    other = app.queue("other")
    typed = app.queue("typed", of=Order) if kind == "queue" else app.stream("typed", of=Order)
    target = RuleTarget(typed, input=InputPath("$.detail"), retries=0)
    bus.rule("placed", PLACED, to=[target, other])
    stage = run_on(store, app)
    publish(stage, bus, 1, 2)
    assert orders_in(stage, other) == orders_in(stage, dead) == [1, 2]


def test_a_parked_delivery_lets_its_group_go_on(moody, bus):
    stage, target, queue = moody(on_failure="park")
    target.hates = {'["b",2]'}
    publish(stage, bus, ["b", 2], ["b", 3])
    publish(stage, bus, ["b", 5])
    assert orders_in(stage, queue) == [["b", 3], ["b", 5]]
    target.hates = set()
    stage.advance(60_000)
    assert orders_in(stage, queue) == [["b", 3], ["b", 5], ["b", 2]]


def test_a_delivery_that_is_dead_lets_its_group_go_on(moody, bus, dead):
    stage, target, queue = moody(retries=1)
    target.hates = {'["b",2]'}
    publish(stage, bus, ["b", 2], ["b", 3])
    stage.advance(60_000)
    assert orders_in(stage, dead) == [["b", 2]]
    assert orders_in(stage, queue) == [["b", 3]]


def test_a_publish_that_is_rolled_back_leaves_no_delivery(store, run_on, app, bus, full, dead):
    bus.rule("placed", PLACED, to=RuleTarget(full, retries=0))
    stage = run_on(store, app)
    stage.wait(full.send("there"))

    def fails(tx):
        tx.publish(bus, "OrderPlaced", {})
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011 - it is the test's own
        stage.wait(app.run(fails))
    assert (stage.wait(bus.count()), stage.wait(dead.peek())) == (0, [])


def test_mail_retries_a_delivery_by_the_terms_of_its_rule(store, run_on, app, bus, dead):
    letters = app.mail("letters", to="team@example.org")
    bus.rule("placed", PLACED, to=RuleTarget(letters, retries=2, dead_letters=app.queue("own")))
    stage = run_on(store, app)

    async def refuse(letter):
        raise ConnectionError("no")

    letters.drawer.send = refuse
    publish(stage, bus, 1)
    stage.advance(DAY_MS)
    [letter] = stage.wait(app.resources["wims", "queue", "own"].peek())
    assert letter.attributes["dead_letter"]["receives"] == 3
    assert stage.wait(dead.peek()) == []


def test_a_bus_takes_no_deliveries_that_are_no_events(store, run_on, app, bus):
    feed, dead = app.bus("feed"), None
    feed.rule("all", PLACED, to=bus, input=InputTransformer({}, {"n": 1}))
    stage = run_on(store, app)
    stage.wait(feed.publish("OrderPlaced", {}))
    dead = app.resources["wims", "queue", "feed-dlq"]
    [letter] = stage.wait(dead.peek())
    assert "input transformer" in letter.attributes["ERROR_MESSAGE"]
    assert stage.wait(bus.count()) == 0


def test_a_circle_of_deliveries_is_refused_with_its_path(store, run_on, app, bus):
    topic, other = app.topic("news"), app.bus("other")
    bus.rule("a", PLACED, to=topic)
    topic.subscribe(other)
    other.rule("b", PLACED, to=bus)
    circle = "bus events ─▶ topic news ─▶ bus other ─▶ bus events"
    with pytest.raises(InvalidDeclaration, match=f"no circle of deliveries, got {circle}"):
        run_on(store, app)


def test_a_bus_that_would_deliver_to_itself_is_refused(store, run_on, app, bus):
    bus.rule("a", PLACED, to=bus)
    with pytest.raises(InvalidDeclaration, match="bus events ─▶ bus events"):
        run_on(store, app)


def test_a_diamond_of_deliveries_is_no_circle(store, run_on, app, bus):
    left, right, end = app.bus("left"), app.bus("right"), app.queue("end")
    bus.rule("a", PLACED, to=[left, right])
    left.rule("a", PLACED, to=end)
    right.rule("a", PLACED, to=end)
    stage = run_on(store, app)
    publish(stage, bus, 1)
    assert orders_in(stage, end) == [1, 1]


def test_a_dead_letter_queue_that_nobody_declares_is_refused(store, run_on, app, bus):
    other = App("other").queue("letters")
    bus.rule("placed", PLACED, to=RuleTarget(app.queue("q"), dead_letters=other))
    with pytest.raises(NotFound, match="has no target queue letters"):
        run_on(store, app)
