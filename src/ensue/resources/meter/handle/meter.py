"""What an application holds of a meter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ensue.engine.engine import Engine
from ensue.engine.sockets import Delivery, Reading, Refusal, Source
from ensue.engine.transaction import Transaction
from ensue.engine.workers import Worker
from ensue.resources.meter import schema, store
from ensue.resources.meter.handle.reads import MeterReads
from ensue.resources.meter.model import MeterEvent, Question, Recorded, Scalar
from ensue.resources.meter.worker import Builder
from ensue.words import values
from ensue.words.errors import InvalidInput
from ensue.words.names import Ref
from ensue.words.units import DURATION_MS_MAX
from ensue.words.values import Json


class Meter(MeterReads):
    """Events that are measured, each once, and sums that are kept of them."""

    _builder: Builder | None = None

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

    async def correct(
        self,
        subject: str,
        event_id: str,
        *,
        properties: Mapping[str, Scalar] | None,
        reason: str | None = None,
    ) -> bool:
        """Correct an event in a transaction of its own; see `Tx.correct`.

        Returns:
            Whether that changed it; the same once more changes nothing.

        Raises:
            EnsueError: as `Tx.correct`.
        """
        return await self._home.engine.transact(
            lambda tx: store.correct(
                tx, self.model, subject, event_id, properties=properties, reason=reason
            )
        )

    async def rebuild(self, *metrics: str) -> list[str]:
        """Sum metrics anew from the log, all without a name; returns which.

        It goes on in parts, while all else goes on too, and after a crash where it was. Whoever
        asks meanwhile has the sums of before; the new ones take their place in one transaction.

        Raises:
            NotFound: there is no such metric.
        """
        names = await self._home.engine.transact(
            lambda tx: store.rebuild(tx, self.model, list(metrics))
        )
        if self._builder is not None:
            self._builder.woken.set()
        return names

    async def status(self) -> dict[str, Json]:
        """How much it keeps, and which metrics are being summed."""
        return self._home.engine.read(lambda tx: store.status(tx, self.model))

    def declared(self) -> dict[str, Json]:
        """Its declaration, for people."""
        return self.model.declared()

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
        source = Source(number, model.sql, keep_ms=keep_ms)
        engine.directory.add(self.ref, source=source, target=self)
        engine.directory.add_measure(self.measured, self.ref)

    def connect(self, engine: Engine, tx: Transaction) -> None:
        """It needs nobody else's socket."""
        del engine, tx

    def workers(self, engine: Engine) -> list[Worker]:
        """What sums metrics from the log."""
        self._builder = Builder(engine, self.model)
        return [self._builder]

    def measured(self, reading: Reading) -> float | None:
        """What a metric was at a time, for alarms; None where no event says so.

        The statistic is the metric's own.

        Raises:
            NotFound: there is no such metric.
            InvalidInput: nobody says whose usage it is about.
        """
        if reading.subject is None:
            raise InvalidInput("expected whose usage it is: subject", at=str(self.ref))
        asked = Question(
            reading.subject, reading.metric, max(0, reading.start_ms), reading.end_ms - 1
        )
        found = self._home.engine.read(lambda tx: store.usage(tx, self.model, asked))
        is_sum = self.model.metric(reading.metric).aggregate in {"COUNT", "SUM", "UNIQUE"}
        return float(found.value) if found.events or is_sum else None

    def deliver(self, tx: Transaction, deliveries: Sequence[Delivery]) -> list[str | Refusal]:
        """Record the events that bodies are, within the caller's transaction (the Target socket).

        A body has ``subject`` and ``type``, perhaps ``properties``, ``id`` (the delivery's
        deduplication id by default), and ``time_ms`` or ``time`` (now by default).
        """
        return store.deliver(tx, self.model, deliveries)
