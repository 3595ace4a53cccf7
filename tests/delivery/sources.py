"""The sources of the matrix: each delivers a piece to a target when it is told to."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import apsw

from ensue import (
    App,
    EnsueError,
    InputTransformer,
    InvalidDeclaration,
    InvalidInput,
    Meter,
    MeterEvent,
    Metric,
    RuleTarget,
    Tx,
    Workflow,
)
from ensue.engine.home import Resource
from ensue.resources.bus import Bus
from ensue.resources.destination import Destination
from ensue.resources.queue import Queue
from ensue.resources.stream import Stream
from ensue.resources.topic import Topic
from tests.conftest import Stage
from tests.delivery.pieces import RETRIES, Piece, filled

PLACED = {"detail-type": ["Placed"]}


class Source:
    """A kind of source.

    Attributes:
        name: what it is called in the matrix.
        letters: the dead-letter queue of what a target did not take; None where whoever caused
            the delivery is told.
        paths: where the event has the group and the number of a piece; empty where there is no
            input transformer, and what is delivered is what was given.
        is_event: whether its events are what a bus takes.
        thing: what its target says that it has refused.
        ends_at_once: whether what no retry mends is not tried again.
        refusal: the error of what takes no deliveries.
        refused: what it says.
        gives: what a target gets without an input, for people.
        group: where the group of a delivery comes from, for people.
        tries: how long a delivery that was not taken is tried, for people.
        owner: what its dead-letter queue is named after, for people.
        letters_option: whether the dead-letter queue may be another.
    """

    name: ClassVar[str]
    letters: ClassVar[str | None]
    paths: ClassVar[dict[str, str]] = {}
    is_event: ClassVar[bool] = False
    thing: ClassVar[str] = "event"
    ends_at_once: ClassVar[bool] = True
    refusal: ClassVar[type[EnsueError]] = InvalidDeclaration
    refused: ClassVar[str] = "expected a resource that takes deliveries, got"
    gives: ClassVar[str]
    group: ClassVar[str]
    tries: ClassVar[str]
    owner: ClassVar[str]
    letters_option: ClassVar[bool] = False

    stage: Stage
    folder: Path

    def declare(self, app: App, target: Resource, template: str | None) -> None:
        """Declare it in an app, with its way to the target.

        Args:
            app: the app.
            target: the target.
            template: what the target is to get; None for what the source gives as it is.
        """
        raise NotImplementedError

    def emit(self, *pieces: Piece) -> None:
        """Let pieces happen, one after the other, and what ensues at once."""
        for each in pieces:
            self.emit_one(each)
            self.stage.settle()

    def emit_one(self, piece: Piece) -> None:
        """Let a piece happen."""
        raise NotImplementedError

    @classmethod
    def gives_group(cls, kind: str) -> bool:
        """Whether what it delivers to a target of a kind has a group."""
        del kind
        return True

    def input(self) -> InputTransformer | None:
        """The input transformer that fills the template."""
        if self.template is None:
            return None
        return InputTransformer(paths=self.paths, template=self.template)

    template: str | None = None
    own: Queue | None = None
    """The queue for what is not taken, where it is another than usual."""


class RuleSource(Source):
    """A rule of a bus."""

    name = "bus, by a rule"
    owner = "bus"
    gives = "the event in its envelope"
    group = "`group=`, a path in the event"
    tries = "`retries` (185) and `max_age` (24 h) of its `RuleTarget`"
    letters_option = True
    letters = "events-dlq"
    paths: ClassVar = {"group": "$.detail.group", "n": "$.detail.n"}
    is_event = True
    enabled: ClassVar[bool] = True

    def declare(self, app: App, target: Resource, template: str | None) -> None:
        self.template = template
        self.bus = app.bus("events")
        to = RuleTarget(
            target,
            input=self.input(),
            group="$.detail.group",
            retries=RETRIES,
            dead_letters=self.own,
        )
        self.bus.rule("placed", PLACED, to=to, enabled=self.enabled)

    def emit_one(self, piece: Piece) -> None:
        self.stage.wait(self.bus.publish("Placed", piece._asdict()))


class ReplaySource(RuleSource):
    """A replay of a bus, to a rule."""

    name = "bus, by a replay"
    gives = "the event in its envelope, with `replay-name`"
    enabled = False

    def emit(self, *pieces: Piece) -> None:
        super().emit(*pieces)
        self.stage.wait(self.bus.enable("placed"))
        self.stage.wait(self.bus.replay("again", to="placed"))
        self.stage.settle()


class TopicSource(Source):
    """A subscription of a topic."""

    name = "topic, by a subscription"
    gives = "the body, its attributes beside it; with `raw=False` a notification"
    group = "the `group` of the message"
    tries = "not at all: whoever publishes is told, and nobody gets it"
    letters = None

    def declare(self, app: App, target: Resource, template: str | None) -> None:
        self.template = template
        self.topic = app.topic("news")
        self.topic.subscribe(target)

    def emit_one(self, piece: Piece) -> None:
        body = filled(self.template or "", piece)
        self.stage.wait(self.topic.publish(body, group=piece.group))


class ScheduleSource(Source):
    """Schedules, each of which fires once."""

    name = "schedule"
    owner = "group"
    gives = "the body, with `schedule`, `firing` and `due_ms` beside it; with `raw=False` a firing"
    group = "`group=`"
    tries = "three times more"
    letters = "schedules-dlq"
    thing = "firing"
    ends_at_once = False

    def declare(self, app: App, target: Resource, template: str | None) -> None:
        self.template = template
        self.schedules, self.target = app.schedules(), target

    def emit(self, *pieces: Piece) -> None:
        at = datetime.fromtimestamp(self.stage.clock.now_ms() // 1_000 + 1, UTC)
        for each in pieces:
            created = self.schedules.create(
                f"{each.group}{each.n}",
                f"at({at.replace(tzinfo=None).isoformat()})",
                to=self.target,
                body=filled(self.template or "", each),
                group=each.group,
            )
            self.stage.wait(created)
        self.stage.advance(1_000)


class CodeSource(Source):
    """Code: a transaction of the app."""

    name = "code, in a transaction"
    gives = "what it says"
    group = "`group=`, `key=`; functions, mail and buses take none"
    tries = "not at all: the code is told, and decides"
    letters = None
    refusal = InvalidInput
    refused = "expected a queue, a function, mail or a destination, got"

    def declare(self, app: App, target: Resource, template: str | None) -> None:
        self.template, self.target, self.app = template, target, app

    def emit_one(self, piece: Piece) -> None:
        body = filled(self.template or "", piece)
        self.stage.wait(self.app.run(self._give, body, piece.group))

    @classmethod
    def gives_group(cls, kind: str) -> bool:
        return kind != "function"

    def _give(self, body: Any, group: str, tx: Tx) -> None:
        target: Any = self.target
        if isinstance(target, Bus):
            tx.publish(target, body.get("detail-type", ""), body.get("detail", {}))
        elif isinstance(target, Topic):
            tx.publish(target, body, group=group)
        elif isinstance(target, Stream):
            tx.append(target, body, key=group)
        elif isinstance(target, Queue | Destination):
            tx.send(target, body, group=group)
        elif isinstance(target, Workflow):
            tx.start(target, body)
        elif isinstance(target, Meter):
            said = [body.get(name, "") for name in ("id", "subject", "type")]
            event = MeterEvent(*said, tx.now_ms, body.get("properties", {}))
            for refused in tx.record(target, [event]).refused:
                raise InvalidInput(refused.reason)
        else:
            tx.send(target, body)


class PipeSource(Source):
    """A pipe."""

    owner = "pipe"
    letters = "forward-dlq"
    tries = "`retries` (185) and `max_age` (24 h)"
    letters_option = True
    options: ClassVar[dict[str, Any]] = {"retries": RETRIES}

    def declare(self, app: App, target: Resource, template: str | None) -> None:
        self.template = template
        self.source = self.make(app)
        options = self.options if self.own is None else self.options | {"dead_letters": self.own}
        app.pipe("forward", source=self.source, to=target, input=self.input(), **options)

    def make(self, app: App) -> Any:
        """What the pipe reads."""
        raise NotImplementedError


class BusPipeSource(PipeSource):
    """A pipe from a bus."""

    name = "bus, by a pipe"
    gives = "the event in its envelope"
    group = "`group=`, a path in the event"
    paths: ClassVar = RuleSource.paths
    is_event = True
    options: ClassVar = {"retries": RETRIES, "group": "$.detail.group"}

    def make(self, app: App) -> Any:
        return app.bus("events")

    def emit_one(self, piece: Piece) -> None:
        self.stage.wait(self.source.publish("Placed", piece._asdict()))


class TopicPipeSource(PipeSource):
    """A pipe from a topic."""

    name = "topic, by a pipe"
    gives = "the message: `body`, `attributes`"
    group = "the `group` of the message"
    paths: ClassVar = {"group": "$.body.group", "n": "$.body.n"}

    def make(self, app: App) -> Any:
        return app.topic("news")

    def emit_one(self, piece: Piece) -> None:
        self.stage.wait(self.source.publish(piece._asdict(), group=piece.group))


class TablePipeSource(PipeSource):
    """A pipe from the changes of a table."""

    name = "table, by a pipe"
    gives = "the change: `eventName`, `OldImage`, `NewImage`"
    group = "the item's key"
    paths: ClassVar = {"group": "$.NewImage.id", "n": "$.NewImage.n"}

    def make(self, app: App) -> Any:
        return app.table("orders", key="id")

    def emit_one(self, piece: Piece) -> None:
        self.stage.wait(self.source.put({"id": piece.group, "n": piece.n}))


class AdoptedPipeSource(PipeSource):
    """A pipe from the changes of a table in a database of the user's own."""

    name = "adopted table, by a pipe"
    gives = "the change: `eventName`, `OldImage`, `NewImage`"
    group = "the row's key"
    paths: ClassVar = TablePipeSource.paths

    def make(self, app: App) -> Any:
        self.file = str(self.folder / "theirs.db")
        self._type("CREATE TABLE orders (id TEXT PRIMARY KEY, n INTEGER)")
        return app.adopt("orders", url=f"sqlite:///{self.file}", table="orders")

    def emit_one(self, piece: Piece) -> None:
        self.stage.settle()
        self._type(
            "INSERT INTO orders VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET n = excluded.n",
            *piece,
        )
        self.stage.engine.wake_all()
        self.stage.settle()

    def _type(self, sql: str, *parameters: Any) -> None:
        with closing(apsw.Connection(self.file)) as other:
            other.execute(sql, parameters)


class StreamPipeSource(PipeSource):
    """A pipe from a stream."""

    name = "stream, by a pipe"
    gives = "the record: `key`, `data`"
    group = "the partition key"
    paths: ClassVar = {"group": "$.data.group", "n": "$.data.n"}

    def make(self, app: App) -> Any:
        return app.stream("clicks")

    def emit_one(self, piece: Piece) -> None:
        self.stage.wait(self.source.append(piece._asdict(), key=piece.group))


class QueuePipeSource(PipeSource):
    """A pipe from a queue."""

    name = "queue, by a pipe"
    owner = "queue"
    gives = "the message: `body`, `attributes`"
    group = "the `group` of the message"
    letters = "work-dlq"
    tries = "`max_receives` (10) of the queue"
    letters_option = False
    paths: ClassVar = TopicPipeSource.paths
    options: ClassVar = {}

    def make(self, app: App) -> Any:
        return app.queue("work", max_receives=RETRIES + 1)

    def emit_one(self, piece: Piece) -> None:
        self.stage.wait(self.source.send(piece._asdict(), group=piece.group))


class BucketPipeSource(PipeSource):
    """A pipe from what happens to the objects of a bucket."""

    name = "bucket, by a pipe"
    gives = "S3's event: `detail-type`, `detail.object`"
    group = "the object's key"
    paths: ClassVar = {"group": "$.detail.object.key", "n": "$.detail.object.size"}
    is_event = True

    def make(self, app: App) -> Any:
        return app.bucket("files")

    def emit_one(self, piece: Piece) -> None:
        self.stage.wait(self.source.put(piece.group, b"x" * piece.n))


class MeterPipeSource(PipeSource):
    """A pipe from what a meter records."""

    name = "meter, by a pipe"
    gives = "the line: `kind`, and the event with its `subject` and `properties`"
    group = "the subject"
    paths: ClassVar = {"group": "$.subject", "n": "$.properties.n"}

    def make(self, app: App) -> Any:
        return app.meter("usage", metrics=[Metric("orders", "order", "COUNT")])

    def emit_one(self, piece: Piece) -> None:
        at_ms = self.stage.clock.now_ms()
        event = MeterEvent(str(piece.n), piece.group, "order", at_ms, {"n": piece.n})
        self.stage.wait(self.source.record([event]))


SOURCES: tuple[type[Source], ...] = (
    RuleSource,
    ReplaySource,
    BusPipeSource,
    TopicSource,
    TopicPipeSource,
    ScheduleSource,
    TablePipeSource,
    AdoptedPipeSource,
    StreamPipeSource,
    QueuePipeSource,
    BucketPipeSource,
    MeterPipeSource,
    CodeSource,
)
