"""What an application holds of a meter."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Literal

from ensue.engine.engine import Engine
from ensue.engine.home import Home
from ensue.engine.sockets import Source
from ensue.engine.transaction import Transaction
from ensue.engine.workers import Worker
from ensue.resources.meter import schema, store
from ensue.resources.meter.model import (
    FUTURE,
    PAST,
    MeterEvent,
    MeterModel,
    Metric,
    Question,
    Recorded,
    Usage,
    UsagePoint,
)
from ensue.words import values
from ensue.words.names import Ref
from ensue.words.units import DURATION_MS_MAX, duration_ms
from ensue.words.values import Json

Step = Literal["hour", "day"]


class Meter:
    """Events that are measured, each once, and sums that are kept of them.

    Args:
        home: the app.
        name: its name.
        metrics: what is summed.
        past: how old an event may be that is recorded, such as ``"30d"``.
        future: how far ahead its time may be, such as ``"5m"``.
        retention: how long the log is kept; None for ever.
    """

    def __init__(
        self,
        home: Home,
        name: str,
        *,
        metrics: Sequence[Metric],
        past: str | float = PAST,
        future: str | float = FUTURE,
        retention: str | float | None = None,
    ) -> None:
        self.model = MeterModel(
            Ref(home.app, "meter", name),
            tuple(metrics),
            duration_ms(past),
            duration_ms(future),
            None if retention is None else duration_ms(retention),
        )
        self._home = home

    @property
    def ref(self) -> Ref:
        """What it is called."""
        return self.model.ref

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """What is summed, in the order of declaration."""
        return self.model.metrics

    async def record(self, events: Iterable[MeterEvent]) -> Recorded:
        """Record events in a transaction of its own: those that are right and new.

        An event is told by its subject and id: one that was recorded before, or stands in the batch
        twice, is recorded once.

        Args:
            events: at most 10,000.

        Returns:
            How many were recorded and how many were duplicates, and which were refused, once that
            is durable.

        Raises:
            LimitExceeded: there are too many, or too many transactions wait.
        """
        given = list(events)
        return await self._home.engine.transact(lambda tx: store.record(tx, self.model, given))

    async def value(self, subject: str, metric: str, start_ms: int, end_ms: int) -> Decimal:
        """The value of a metric in a window; 0 where nothing was measured.

        Args:
            subject: whose.
            metric: the metric's name.
            start_ms: the first ms of the window.
            end_ms: the last.

        Raises:
            NotFound: there is no such metric.
            InvalidValue: a bound is no time, or it ends before it starts.
            NotKept: it needs events that the log has forgotten.
            LimitExceeded: it needs too many events one by one.
        """
        return (await self.usage(subject, metric, start_ms, end_ms)).value

    async def usage(self, subject: str, metric: str, start_ms: int, end_ms: int) -> Usage:
        """The value of a metric in a window, with its unit and how many events it is made of.

        Raises:
            EnsueError: as `value`.
        """
        asked = Question(subject, metric, start_ms, end_ms)
        return self._home.engine.read(lambda tx: store.usage(tx, self.model, asked))

    async def breakdown(
        self, subject: str, metric: str, start_ms: int, end_ms: int, *, group_by: str
    ) -> Usage:
        """The value of a metric in a window, and that of each group.

        Args:
            subject: whose.
            metric: the metric's name.
            start_ms: the first ms of the window.
            end_ms: the last.
            group_by: a property. Of one that the metric declares as a group, sums are there; of
                another the events are read. What lacks it is in the group ``(empty)``.

        Returns:
            The total, which is that of all events and not the sum of the groups, and ``groups``.

        Raises:
            EnsueError: as `value`.
        """
        asked = Question(subject, metric, start_ms, end_ms)
        return self._home.engine.read(
            lambda tx: store.usage(tx, self.model, asked, group_by=group_by)
        )

    async def series(
        self,
        subject: str,
        metric: str,
        start_ms: int,
        end_ms: int,
        *,
        step: Step = "hour",
        tz: str = "UTC",
    ) -> list[UsagePoint]:
        """The values of a metric in the hours or days of a window, none left out.

        Args:
            subject: whose.
            metric: the metric's name.
            start_ms: the first ms of the window.
            end_ms: the last.
            step: ``hour`` or ``day``.
            tz: by whose clocks, such as ``Europe/Berlin``.

        Raises:
            EnsueError: as `value`.
            LimitExceeded: there would be more than 10,000 points.
        """
        asked = Question(subject, metric, start_ms, end_ms)
        return self._home.engine.read(
            lambda tx: store.series(tx, self.model, asked, step=step, tz=tz)
        )

    def declared(self) -> dict[str, Json]:
        """Its declaration, for people."""
        model = self.model
        return {
            "metrics": [each.declared() for each in model.metrics],
            "past_ms": model.past_ms,
            "future_ms": model.future_ms,
            "retention_ms": model.keep_ms,
        }

    def check(self, known: set[Ref]) -> None:
        """Nothing that it names can be missing."""
        del known

    def prepare(self, engine: Engine, tx: Transaction) -> None:
        """Make the SQL tables and the log, and enter the meter with its sockets."""
        model = self.model
        number = engine.declare(tx, self.ref, values.encode(self.declared()), sql_table=model.sql)
        schema.create(tx, model)
        engine.add_log(tx, number, model.sql)
        store.declare(tx, model)
        keep_ms = DURATION_MS_MAX if model.keep_ms is None else model.keep_ms
        engine.directory.add(self.ref, source=Source(number, model.sql, keep_ms=keep_ms))

    def connect(self, engine: Engine, tx: Transaction) -> None:
        """It needs nobody else's socket."""
        del engine, tx

    def workers(self, engine: Engine) -> list[Worker]:
        """What builds sums anew."""
        del engine
        return []
