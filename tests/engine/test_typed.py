"""Handlers that name the type of what they get."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, TypedDict

import pydantic
import pytest
from msgspec import Meta

from ensue import (
    App,
    Body,
    Change,
    Event,
    InvalidDeclaration,
    InvalidInput,
    InvalidValue,
    Message,
    StreamRecord,
    Tx,
)
from ensue.resources.topic import Notification
from ensue.testing import running

Cents = Annotated[int, Meta(ge=1)]


@dataclass
class Payment:
    order: str
    cents: Cents


class AsStruct(Body):
    order: str
    cents: Cents


class AsTypedDict(TypedDict):
    order: str
    cents: Cents


class AsModel(pydantic.BaseModel):
    order: str
    cents: int = pydantic.Field(ge=1)


GOOD = {"order": "o1", "cents": 5}
WRONG = {"order": "o1", "cents": 0}


def names_of(kind):
    """Annotations name what a module has; each kind takes the name in its turn."""
    globals()["Named"] = kind


@pytest.fixture(params=[Payment, AsStruct, AsTypedDict, AsModel])
def kind(request):
    names_of(request.param)
    return request.param


def made(kind, **fields):
    return kind(**fields)


class Payments:
    """An app whose consumer notes what it gets."""

    def __init__(self, of=None, *, acts=False, max_receives=3):
        self.got: list[Any] = []
        self.app = App("typed")
        self.queue = self.app.queue("payments", max_receives=max_receives, of=of)
        self.raw = self.app.queue("raw", max_receives=max_receives)

        def charge(message: Message[Named], tx: Tx) -> None:  # noqa: F821 - see names_of
            self.got.append(message)

        async def act(message: Message[Named]) -> None:  # noqa: F821 - see names_of
            self.got.append(message)

        for queue in (self.queue, self.raw):
            queue.consumer()(act if acts else charge)


@pytest.mark.parametrize("acts", [False, True])
def test_a_consumer_gets_the_body_as_the_type_that_it_names(run_on, store, kind, acts):
    payments = Payments(acts=acts)
    stage = run_on(store, payments.app)
    stage.wait(payments.raw.send(GOOD))
    stage.settle()
    [message] = payments.got
    assert message.body == made(kind, **GOOD)
    assert (message.receives, message.group) == (1, None)


@pytest.mark.parametrize("acts", [False, True])
def test_what_does_not_fit_the_consumer_is_dead_lettered_at_once_with_the_place(
    run_on, store, kind, acts
):
    payments = Payments(acts=acts)
    stage = run_on(store, payments.app)
    stage.wait(payments.raw.send(WRONG))
    stage.wait(payments.raw.send(GOOD))
    stage.settle()
    [letter] = stage.wait(payments.raw.dead_letters.peek())
    assert letter.body == WRONG
    assert [message.body for message in payments.got] == [made(kind, **GOOD)]
    [(error,)] = stage.rows("SELECT error FROM ensue_failures")
    assert error.startswith("Unfit: expected")
    assert "at $.cents" in error


def test_a_queue_of_a_type_refuses_what_does_not_fit_when_it_is_sent(run_on, store, kind):
    payments = Payments(of=kind)
    stage = run_on(store, payments.app)
    with pytest.raises(InvalidValue) as caught:
        stage.wait(payments.queue.send(WRONG))
    assert caught.value.at == "$.cents"
    with pytest.raises(InvalidValue):
        stage.do(lambda tx: Tx(tx).send(payments.queue, WRONG))
    stage.wait(payments.queue.send(made(kind, **GOOD)))
    stage.wait(payments.queue.send(GOOD))
    stage.settle()
    assert [message.body for message in payments.got] == [made(kind, **GOOD)] * 2
    assert stage.rows("SELECT DISTINCT body FROM ensue_work") == [('{"order":"o1","cents":5}',)]


def test_the_consumer_of_a_typed_queue_need_not_name_the_type_again(run_on, store):
    app, got = App("typed"), []
    queue = app.queue("payments", of=Payment)

    @queue.consumer()
    def charge(message, tx):
        got.append(message.body)

    stage = run_on(store, app)
    stage.wait(queue.send(Payment("o1", 5)))
    stage.settle()
    assert got == [Payment("o1", 5)]


def test_a_consumer_that_names_another_type_than_its_queue_is_refused():
    names_of(AsStruct)
    with pytest.raises(InvalidDeclaration, match=r"expected Message\[Payment\]"):
        Payments(of=Payment)


def test_a_function_gets_its_body_as_the_type_that_it_names(run_on, store):
    app, got = App("typed"), []

    @app.function(retries=5)
    def charge(body: Payment, tx: Tx) -> None:
        got.append(body)

    stage = run_on(store, app)
    stage.wait(charge.invoke(GOOD))
    stage.wait(charge.invoke(WRONG))
    stage.settle()
    assert got == [Payment("o1", 5)]
    dead = app.resources[charge.model.dead_letters]
    assert [letter.body for letter in stage.wait(dead.peek())] == [WRONG]


def test_a_function_whose_body_says_no_more_than_json_gets_what_was_sent(run_on, store):
    app, got = App("typed"), []

    @app.function
    def take(body: dict[str, int], tx: Tx) -> None:
        got.append(body)

    stage = run_on(store, app)
    stage.wait(take.invoke({"a": "b"}))
    stage.settle()
    assert got == [{"a": "b"}]


def test_events_and_notifications_are_typed_too(run_on, store):
    app, got = App("typed"), []
    bus, topic = app.bus("events"), app.topic("news")

    @app.on_event(bus, {"detail-type": ["Paid"]})
    def paid(event: Event[Payment], tx: Tx) -> None:
        got.append(event.detail)

    @app.on_message(topic)
    def told(notification: Notification[Payment], tx: Tx) -> None:
        got.append(notification.body)

    stage = run_on(store, app)

    def publish(inner):
        tx = Tx(inner)
        for said in (GOOD, WRONG):
            tx.publish(bus, "Paid", said)
            tx.publish(topic, said)

    stage.do(publish)
    stage.settle()
    assert got == [Payment("o1", 5)] * 2
    assert stage.rows("SELECT count(*) FROM ensue_failures") == [(2,)]


class Follows:
    """An app whose functions note what they get of a stream and of a table's changes."""

    def __init__(self, runs, *, of=None):
        self.got: list[Any] = []
        self.app = App("typed")
        self.stream = self.app.stream("payments", of=of)
        self.table = self.app.table("orders", key="order")
        options = {"name": "follow", "retries": 5}

        def one(record: StreamRecord[Payment], tx: Tx) -> None:
            self.got.append(record.data)

        def many(records: list[StreamRecord[Payment]], tx: Tx) -> None:
            self.got.extend(record.data for record in records)

        async def act(record: StreamRecord[Payment]) -> None:
            self.got.append(record.data)

        def bare(record, tx):
            self.got.append(record.data)

        def changed(change: Change[Payment], tx: Tx) -> None:
            self.got.append((change.old, change.new))

        async def act_on(change: Change[Payment]) -> None:
            self.got.append((change.old, change.new))

        if runs in {"changed", "act_on"}:
            self.app.on_change(self.table, **options)(changed if runs == "changed" else act_on)
        elif runs == "many":
            self.app.on_records(self.stream, **options)(many)
        else:
            function = {"one": one, "act": act, "bare": bare}[runs]
            self.app.on_record(self.stream, **options)(function)

    def letters(self, stage):
        return stage.wait(stage.platform.resource("queue", "follow-dlq").peek())


@pytest.mark.parametrize("runs", ["one", "many", "act"])
def test_a_function_gets_records_as_the_type_that_it_names_and_dead_letters_the_others_at_once(
    run_on, store, runs
):
    follows = Follows(runs)
    stage = run_on(store, follows.app)
    stage.wait(follows.stream.append_batch([(GOOD, "a"), (WRONG, "a"), (GOOD, "a")]))
    stage.settle()
    assert follows.got == [Payment("o1", 5)] * 2
    [letter] = follows.letters(stage)
    assert (letter.body["data"], letter.body["key"]) == (WRONG, "a")
    [(error,)] = stage.rows("SELECT error FROM ensue_failures")
    assert error == "Unfit: expected an integer of at least 1, got 0, at $.cents"


@pytest.mark.parametrize("runs", ["changed", "act_on"])
def test_a_function_gets_changes_as_the_type_that_it_names_and_dead_letters_the_others_at_once(
    run_on, store, runs
):
    follows = Follows(runs)
    stage = run_on(store, follows.app)
    for item in (GOOD, {**GOOD, "cents": 6}, WRONG):
        stage.wait(follows.table.put(item))
    stage.wait(follows.table.put({**GOOD, "order": "o2"}))
    stage.wait(follows.table.delete("o2"))
    stage.settle()
    old, new, other = Payment("o1", 5), Payment("o1", 6), Payment("o2", 5)
    expected = [(None, old), (old, new), (None, other), (other, None)]
    assert sorted(map(repr, follows.got)) == sorted(map(repr, expected))
    [letter] = follows.letters(stage)
    assert letter.body["new"] == WRONG
    [(error,)] = stage.rows("SELECT error FROM ensue_failures")
    assert error == "Unfit: expected an integer of at least 1, got 0, at $.new.cents"


def test_a_stream_of_a_type_refuses_what_does_not_fit_when_it_is_appended(run_on, store, kind):
    app = App("typed")
    stream = app.stream("payments", of=kind)
    stage = run_on(store, app)
    with pytest.raises(InvalidValue) as caught:
        stage.wait(stream.append(WRONG))
    assert caught.value.at == "$.cents"
    with pytest.raises(InvalidValue):
        stage.do(lambda tx: Tx(tx).append(stream, WRONG))
    good = made(kind, **GOOD)
    for append in (
        lambda entries: stage.wait(stream.append_batch(entries)),
        lambda entries: stage.do(lambda tx: Tx(tx).append_batch(stream, entries)),
    ):
        first, refused, last = append([(good, "a"), (WRONG, "a"), (GOOD, None)])
        assert (refused.index, refused.code) == (1, "invalid_value")
        assert refused.message.endswith("at $.cents")
        assert first < last
    assert stage.rows("SELECT count(*), min(data), max(data) FROM typed_payments_records") == [
        (4, '{"order":"o1","cents":5}', '{"order":"o1","cents":5}')
    ]


@pytest.mark.parametrize("sort", ["queue", "stream"])
def test_a_delivery_that_does_not_fit_a_typed_target_is_refused_and_who_delivers_is_told(
    run_on, store, sort
):
    app = App("typed")
    target = getattr(app, sort)("payments", of=Payment)
    topic, bus = app.topic("news"), app.bus("events")
    topic.subscribe(target)
    bus.rule("paid", {"detail-type": ["Paid"]}, to=target)
    stage = run_on(store, app)
    with pytest.raises(InvalidInput, match=r"refused the message: .*at \$\.cents"):
        stage.wait(topic.publish(WRONG))
    stage.wait(bus.publish("Paid", GOOD))
    assert (stage.wait(topic.count()), stage.wait(bus.count())) == (0, 1)
    [letter] = stage.wait(app.resources["typed", "queue", "events-dlq"].peek())
    assert "refused the event" in letter.attributes["dead_letter"]["reason"]
    stage.wait(topic.publish({"cents": 5, "order": "o1"}))
    table, column = {"queue": ("ensue_work", "body"), "stream": ("typed_payments_records", "data")}[
        sort
    ]
    taken = stage.rows(f"SELECT {column} FROM {table} WHERE {column} NOT LIKE '%version%'")
    assert taken == [('{"order":"o1","cents":5}',)]


def test_a_firing_that_does_not_fit_its_target_is_dead_lettered_with_the_place(run_on, store):
    app = App("typed")
    queue = app.queue("payments", of=Payment)
    app.schedule("daily", "rate(1 day)", to=queue, body=WRONG)
    stage = run_on(store, app)
    stage.advance(3_600_000)
    [letter] = stage.wait(stage.platform.resource("queue", "schedules-dlq").peek())
    assert letter.body["body"] == WRONG
    assert "at $.cents" in letter.attributes["dead_letter"]["reason"]
    assert stage.wait(queue.peek()) == []


@pytest.mark.parametrize("runs", ["one", "bare"])
def test_who_follows_a_stream_of_a_type_need_not_name_it_again(run_on, store, runs):
    follows = Follows(runs, of=Payment)
    stage = run_on(store, follows.app)
    stage.wait(follows.stream.append(GOOD))
    stage.settle()
    assert follows.got == [Payment("o1", 5)]


def test_who_names_another_type_than_the_stream_is_refused():
    with pytest.raises(InvalidDeclaration, match=r"expected StreamRecord\[AsStruct\]"):
        Follows("one", of=AsStruct)


def test_an_append_over_http_that_does_not_fit_is_a_400_that_says_where():
    app = App("typed")
    app.stream("payments", of=Payment)
    with running(app) as kit:
        answer = kit.post("/_ensue/streams/payments/append", {"data": WRONG})
        assert (answer.status, answer.body["error"]["at"]) == (400, "$.cents")
        assert kit.post("/_ensue/streams/payments/append", {"data": GOOD}).status == 200


class Opaque:
    pass


def test_types_that_cannot_be_are_refused_when_they_are_declared():
    app = App("typed")
    with pytest.raises(InvalidDeclaration, match="type that JSON can hold"):
        app.queue("opaque", of=Opaque)
    queue = app.queue("payments")

    def opaque(message: Message[Opaque], tx: Tx) -> None: ...

    def unknown(message: Message[Nobody], tx: Tx) -> None: ...  # noqa: F821 - that is the point

    for consumer, said in ((opaque, "JSON can hold"), (unknown, "can be looked up")):
        with pytest.raises(InvalidDeclaration, match=said) as caught:
            queue.consumer()(consumer)
        assert caught.value.at == consumer.__name__


def test_a_handler_that_names_no_type_is_called_as_it_is():
    from ensue.engine.typed import with_typed  # noqa: PLC0415 - of one test only

    def plain(message: Message, tx: Tx) -> None: ...

    def bare(message, tx): ...

    def open_to_all(message: Message[Any], tx: Tx) -> None: ...

    for handler in (plain, bare, open_to_all):
        assert with_typed(handler, Message, "body") is handler
