"""The targets of the matrix: each can be made to fail, and shows what arrived."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, ClassVar

import httpx

from ensue import App, Body, Metric
from ensue.testing.outside import mounts_of
from tests.conftest import Stage
from tests.delivery.pieces import RETRIES, Arrival, Piece, filled

ROOM = 4
BANK = "http://bank"
PLAIN = '{"group": <group>, "n": <n>}'


class Order(Body):
    """What the typed target takes."""

    group: str
    n: int


class Target:
    """A kind of target.

    Attributes:
        name: what it is called in the matrix.
        template: the body that it takes, with the places of a piece.
        refuses: whether it fails when something is delivered to it; otherwise it takes that as
            work of its own, which fails later.
        can_fail: whether it can fail for a time.
        checks: whether there are bodies that it never takes.
        letters: the dead-letter queue of its own work; None where it has none.
        shows_group: whether what arrived shows its group.
        keeps_order: whether the order of a group is kept.
        takes_terms: whether the terms of a `RuleTarget` are those of its own work too.
        is_outside: whether a delivery may arrive more often than once, with the same key.
        kind: its kind.
        owner: what its dead-letter queue is named after, for people.
        fails: how it fails, for people.
        order: where its order comes from, for people.
    """

    name: ClassVar[str]
    template: ClassVar[str] = PLAIN
    refuses: ClassVar[bool] = False
    can_fail: ClassVar[bool] = True
    checks: ClassVar[bool] = False
    letters: ClassVar[str | None] = None
    shows_group: ClassVar[bool] = False
    keeps_order: ClassVar[bool] = True
    takes_terms: ClassVar[bool] = False
    is_outside: ClassVar[bool] = False
    kind: ClassVar[str] = ""
    owner: ClassVar[str] = ""
    fails: ClassVar[str]
    order: ClassVar[str]

    resource: Any
    stage: Stage

    def __init__(self) -> None:
        self.tried: set[str] = set()
        """The keys that whoever is outside was shown at tries that failed."""

    def declare(self, app: App) -> None:
        """Declare it in an app."""
        raise NotImplementedError

    def fail(self) -> None:
        """Let it take nothing more."""
        raise NotImplementedError

    def mend(self) -> None:
        """Let it take what comes."""
        raise NotImplementedError

    def arrived(self) -> list[Arrival]:
        """What has arrived, in its order."""
        raise NotImplementedError

    def body(self, piece: Piece) -> Any:
        """What arrives of a piece."""
        return filled(self.template, piece)


class QueueTarget(Target):
    """A queue: it fails when it is full."""

    name = "queue"
    refuses = True
    shows_group = True
    fails = "It is full (`depth_max`)."
    order = "A message's group is the delivery's."
    of: ClassVar[type[Body] | None] = None

    def declare(self, app: App) -> None:
        self.resource = app.queue("target", depth_max=ROOM, of=self.of)

    def fail(self) -> None:
        for _ in range(ROOM):
            self.stage.wait(self.resource.send(filled(PLAIN, Piece("full", 0))))

    def mend(self) -> None:
        self.stage.wait(self.resource.purge())

    def arrived(self) -> list[Arrival]:
        found = self.stage.wait(self.resource.peek(100))
        return [Arrival(dict(each.body), each.group) for each in found if not is_filler(each.body)]


class TypedQueueTarget(QueueTarget):
    """A queue of a type."""

    name = "typed queue"
    checks = True
    fails = "It is full; or the body does not fit its type, which no retry mends."
    of = Order


class TopicTarget(QueueTarget):
    """A topic whose subscriber, a queue, fails when it is full."""

    name = "topic"
    fails = "A subscriber does not take it. Then no subscriber gets it."
    order = "The group goes on to each subscriber."

    def declare(self, app: App) -> None:
        super().declare(app)
        self.readers, self.resource = self.resource, app.topic("onward")
        self.resource.subscribe(self.readers)

    def fail(self) -> None:
        for _ in range(ROOM):
            self.stage.wait(self.readers.send(filled(PLAIN, Piece("full", 0))))

    def mend(self) -> None:
        self.stage.wait(self.readers.purge())

    def arrived(self) -> list[Arrival]:
        found = self.stage.wait(self.readers.peek(100))
        return [Arrival(dict(each.body), each.group) for each in found if not is_filler(each.body)]


class StreamTarget(Target):
    """A stream: it takes whatever comes."""

    name = "stream"
    can_fail = False
    shows_group = True
    fails = "A record does not fit its type, which no retry mends."
    order = "A record's partition key is the delivery's group."

    def declare(self, app: App) -> None:
        self.resource = app.stream("target")

    def arrived(self) -> list[Arrival]:
        found, _ = self.stage.wait(self.resource.tail(limit=100))
        return [Arrival(dict(each.data), each.key) for each in found]


class BusTarget(Target):
    """A bus: it takes whatever is an event."""

    name = "bus"
    template = '{"detail-type": "Arrived", "detail": {"group": <group>, "n": <n>}}'
    can_fail = False
    checks = True
    fails = "It is no event (`detail-type` and `detail`), which no retry mends."
    order = "That of its log; the group does not go on, its rules have one of their own."

    def declare(self, app: App) -> None:
        self.resource = app.bus("target")

    def arrived(self) -> list[Arrival]:
        found, _ = self.stage.wait(self.resource.tail(limit=100))
        return [Arrival({name: each[name] for name in ("detail-type", "detail")}) for each in found]


class WorkflowTarget(Target):
    """A workflow: each delivery starts an execution."""

    name = "workflow"
    can_fail = False
    fails = (
        "The input is larger than 256 KiB, or another one came under its deduplication id, which"
        " no retry mends."
    )
    order = "Executions start in the order of the deliveries, and go on side by side."

    def declare(self, app: App) -> None:
        states = {"Echo": {"Type": "Pass", "End": True}}
        self.resource = app.workflow("target", definition={"StartAt": "Echo", "States": states})

    def arrived(self) -> list[Arrival]:
        found = self.stage.wait(self.resource.executions()).executions[::-1]
        inputs = [self.stage.wait(self.resource.describe(each.name)).input for each in found]
        return [Arrival(dict(each)) for each in inputs]


class MeterTarget(Target):
    """A meter: it takes whatever is an event of its own."""

    name = "meter"
    template = '{"id": "<n>", "subject": <group>, "type": "order", "properties": {"n": <n>}}'
    can_fail = False
    checks = True
    fails = "It is no event of a meter, or its time is out of bounds, which no retry mends."
    order = "That of its log; the subject is what the event says."

    def declare(self, app: App) -> None:
        self.resource = app.meter("target", metrics=[Metric("orders", "order", "SUM", "n")])

    def arrived(self) -> list[Arrival]:
        until_ms = self.stage.clock.now_ms()
        found = [
            line
            for subject in self.stage.wait(self.resource.subjects())
            for line in self.stage.wait(self.resource.changes(subject, 0, until_ms))
        ]
        return [
            Arrival({
                "id": line.event.id,
                "subject": line.event.subject,
                "type": line.event.type,
                "properties": dict(line.event.properties),
            })
            for line in sorted(found, key=lambda line: line.sequence)
        ]


class FunctionTarget(Target):
    """A function that is a transaction: it fails when it raises, and what it did is undone."""

    name = "function, def"
    kind = owner = "function"
    letters = "act-dlq"
    fails = "It raises, and what it did is undone."
    order = "Its work keeps the order of the group: what fails holds back its own group only."

    def declare(self, app: App) -> None:
        self.is_failing = False
        self.effects = app.queue("effects")

        @app.function(retries=RETRIES)
        def act(body, tx) -> None:
            tx.send(self.effects, body)
            if self.is_failing:
                raise ValueError("not yet")

        self.resource = act

    def fail(self) -> None:
        self.is_failing = True

    def mend(self) -> None:
        self.is_failing = False

    def arrived(self) -> list[Arrival]:
        return [Arrival(dict(each.body)) for each in self.stage.wait(self.effects.peek(100))]


class ActionTarget(FunctionTarget):
    """A function that talks to the world."""

    name = "function, async def"
    is_outside = True
    fails = "It raises, or the process ends before it returns."

    def declare(self, app: App) -> None:
        self.is_failing = False
        self.done: list[Arrival] = []

        @app.function(retries=RETRIES)
        async def act(body) -> None:
            if self.is_failing:
                raise ValueError("not yet")
            self.done.append(Arrival(dict(body)))

        self.resource = act

    def arrived(self) -> list[Arrival]:
        return list(self.done)


class MailTarget(Target):
    """Mail: it fails when the mail server does."""

    name = "mail"
    template = '{"to": "ann@example.org", "subject": <group>, "text": "<n>"}'
    checks = True
    owner = "mail"
    letters = "letters-dlq"
    keeps_order = False
    takes_terms = True
    is_outside = True
    fails = "The mail server does not take it; or there is no address, which no retry mends."
    order = "None: letters are sent side by side."

    def declare(self, app: App) -> None:
        self.resource = app.mail("letters")
        self.keeps = self.resource.drawer.send

    def fail(self) -> None:
        async def refuse(letter) -> None:
            self.tried.add(letter.id)
            raise ConnectionError("no mail server")

        self.resource.drawer.send = refuse

    def mend(self) -> None:
        self.resource.drawer.send = self.keeps

    def arrived(self) -> list[Arrival]:
        return [
            Arrival({"to": each.to, "subject": each.subject, "text": each.text}, key=each.id)
            for each in self.resource.drawer.letters
        ]


class DestinationTarget(Target):
    """A destination: it fails when nobody answers there."""

    name = "destination"
    owner = "destination"
    letters = "bank-dlq"
    takes_terms = True
    is_outside = True
    fails = "No answer, 408, 425, 429, 5xx. Any other answer than 2xx no retry mends."
    order = "Those of a group are sent one after the other."

    def declare(self, app: App) -> None:
        self.is_failing = False
        self.answered: list[Arrival] = []
        app.outside = mounts_of({BANK: self._answer}, [])
        self.resource = app.destination("bank", url=f"{BANK}/orders", retries=RETRIES)

    def fail(self) -> None:
        self.is_failing = True

    def mend(self) -> None:
        self.is_failing = False

    def arrived(self) -> list[Arrival]:
        return list(self.answered)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        key = request.headers["idempotency-key"]
        if self.is_failing:
            self.tried.add(key)
            return httpx.Response(httpx.codes.SERVICE_UNAVAILABLE)
        self.answered.append(Arrival(json.loads(request.content), key=key))
        return httpx.Response(httpx.codes.OK)


TARGETS: tuple[type[Target], ...] = (
    QueueTarget,
    TypedQueueTarget,
    FunctionTarget,
    ActionTarget,
    StreamTarget,
    TopicTarget,
    BusTarget,
    MailTarget,
    DestinationTarget,
    WorkflowTarget,
    MeterTarget,
)


class Declared(Target):
    """A resource, whether or not it takes deliveries.

    Args:
        make: declares it in an app.
    """

    def __init__(self, make: Callable[[App], Any]) -> None:
        super().__init__()
        self._make = make

    def declare(self, app: App) -> None:
        self.resource = self._make(app)


NO_TARGETS: dict[str, Callable[[App], Any]] = {
    "table": lambda app: app.table("other", key="id"),
    "adopted table": lambda app: app.adopt("other", url="sqlite:////none.db", table="other"),
    "bucket": lambda app: app.bucket("other"),
    "schedules": lambda app: app.schedules("other"),
    "pipe": lambda app: app.pipe("other", source=app.stream("far"), to=app.queue("near")),
    "schema registry": lambda app: app.schemas("other"),
}


def is_filler(body: Any) -> bool:
    """Whether a message is one that fills a queue."""
    return body.get("n") == 0
