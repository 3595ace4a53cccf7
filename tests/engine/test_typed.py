"""Handlers that name the type of what they get."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, TypedDict

import pydantic
import pytest
from msgspec import Meta

from ensue import App, Body, Event, InvalidDeclaration, InvalidValue, Message, Tx
from ensue.resources.topic import Notification

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
