"""What an application holds of a pipe."""

from __future__ import annotations

from collections.abc import Mapping

from ensue.engine import lanes, pauses, snapshots
from ensue.engine.consumers import ActionConsumer, TransactionConsumer
from ensue.engine.declarations import rename
from ensue.engine.engine import Engine
from ensue.engine.handlers import LogHandler
from ensue.engine.home import Home
from ensue.engine.lanes import Lag, parse_start
from ensue.engine.logs import Record
from ensue.engine.pauses import Pausable
from ensue.engine.readers import LogReader, set_reader, start_reader
from ensue.engine.snapshots import Snapshot
from ensue.engine.transaction import Transaction
from ensue.engine.workers import Worker
from ensue.resources.pipe import store
from ensue.resources.pipe.model import DIRECT_BATCH, PipeModel, Seen
from ensue.resources.pipe.worker import Runs
from ensue.words import values
from ensue.words.errors import InvalidInput, NotFound
from ensue.words.names import Ref
from ensue.words.values import Json
from ensue.words.wiring import Link, Wiring, into, out_of


class Pipe(Pausable):
    """Takes events from a source to a target, each exactly once where both are inside.

    Args:
        home: the app.
        model: the pipe as declared.
    """

    def __init__(self, home: Home, model: PipeModel) -> None:
        self.model = model
        self._home = home
        self.runs = Runs(home, model)

    @property
    def ref(self) -> Ref:
        """What it is called."""
        return self.model.ref

    async def depth(self) -> dict[str, Json]:
        """How much waits, how far behind it is in the log that it follows, and what is dead."""
        return self._home.engine.read(lambda tx: store.depth(tx, self.model))

    async def lag(self) -> list[Lag]:
        """How far behind it is in the log that it follows, shard by shard.

        Raises:
            InvalidInput: it takes a queue's messages, and follows no log.
        """
        self._check_follows()
        return self._home.engine.read(lambda tx: store.lags(tx, self.model))

    async def rewind(self, start: str | int, *, confirm: str | None = None) -> int:
        """Set it back, or forward, in the log that it follows: what is behind is delivered again.

        What it could not deliver yet stays work of its own, and is delivered as well.

        Args:
            start: ``"horizon"``, ``"latest"``, a sequence number, or a time as ISO 8601.
            confirm: the pipe's name, so that it does not happen by accident.

        Returns:
            How many records that moves it, at most.

        Raises:
            InvalidInput: it follows no log, or there is no such place.
            Conflict: ``confirm`` is not the pipe's name; says how many records it is about.
        """
        self._check_follows()
        at, source = parse_start(start), self.model.feed.source
        return await self._home.engine.transact(
            lambda tx: set_reader(tx, self.ref, source, at, confirm=confirm)
        )

    async def explain(self, record_id: str) -> Seen:
        """What it makes of a record or message of its source: whether it takes it, or why not.

        Raises:
            NotFound: the source has no such record, or does not keep it any more.
        """
        return self._home.engine.read(lambda tx: store.seen(tx, self.model, record_id))

    async def pause(self) -> bool:
        """Let it take nothing until `resume`, also after a restart; what is under way ends.

        Returns:
            Whether it was not paused before.
        """
        return await pauses.pause(self._home.engine, self.model.taken_from)

    async def resume(self) -> bool:
        """Let it go on at once with what has waited; returns whether it was paused."""
        return await pauses.resume(self._home.engine, self.model.taken_from)

    def paused(self) -> dict[str, Json]:
        """Since when it is paused, as a figure of its status; nothing when it is not."""
        engine = self._home.engine
        since_ms = engine.facts.paused.get(engine.number(self.model.taken_from))
        return {} if since_ms is None else {"paused_since_ms": since_ms}

    def _check_follows(self) -> None:
        if self.model.from_queue:
            raise InvalidInput(
                f"expected a pipe that follows a log, {self.ref} takes from"
                f" {self.model.feed.source}"
            )

    def declared(self) -> dict[str, Json]:
        """Its declaration, for people."""
        model = self.model
        said: dict[str, Json] = {"source": str(model.feed.source)}
        if model.wants is not None:
            filtered = model.wants.said
            said["filter"] = dict(filtered) if isinstance(filtered, Mapping) else filtered
        if model.enrichment is not None:
            said["enrich"] = str(model.enrichment.ref)
            said["asks"] = "outside" if model.asks_outside else "in the transaction"
        if model.in_batches:
            said["batch"] = model.policy.batch
        if model.policy.window_ms:
            said["window_ms"] = model.policy.window_ms
        said |= {"to": str(model.target), **model.said}
        return said | {"dead_letter_queue": model.dead_letters.name}

    def wiring(self) -> Wiring:
        """What it reads, what it asks on the way, where it delivers, and its dead letters."""
        model, source = self.model, self.model.feed.source
        said: dict[str, Json] = {}
        if model.wants is not None:
            filtered = model.wants.said
            said["filter"] = dict(filtered) if isinstance(filtered, Mapping) else filtered
        links = [
            Link(source, self.ref, out_of(source.kind), said=said),
            Link(self.ref, model.target, into(model.target.kind)),
        ]
        if model.enrichment is not None:
            links.append(Link(self.ref, model.enrichment.ref, "calls", "enrich"))
        if not model.from_queue:
            links.append(Link(self.ref, model.dead_letters, "dead letters"))
        return Wiring(tuple(links), told=("source", "filter", "enrich"))

    def check(self, known: set[Ref]) -> None:
        """Check that its source, its enrichment, its target and its dead letters exist.

        Raises:
            NotFound: one does not.
        """
        parts = {
            "source": self.model.feed.source,
            "target": self.model.target,
            "dead-letter queue": self.model.dead_letters,
        }
        if self.model.enrichment is not None:
            parts["enrichment"] = self.model.enrichment.ref
        for part, ref in parts.items():
            if ref not in known:
                raise NotFound(f"{self.ref} has no {part} {ref}")

    def prepare(self, engine: Engine, tx: Transaction) -> None:
        """Enter the pipe in the store; it has no sockets."""
        if self.model.was is not None:
            rename(tx, self.ref._replace(name=self.model.was), self.ref)
        engine.declare(tx, self.ref, values.encode(self.declared()))
        engine.directory.add(self.ref, letters=[self.model.dead_letters])

    def connect(self, engine: Engine, tx: Transaction) -> None:
        """Check the sockets of its parts, and take up its place in the log that it follows.

        Raises:
            InvalidDeclaration: the target takes no deliveries, the enrichment cannot be called, or
                the source has no items to begin with.
        """
        model = self.model
        engine.directory.target(model.target)
        if model.enrichment is not None and model.asks_outside:
            engine.directory.callable(model.enrichment.ref)
        if model.from_queue:
            lanes.leave(tx, tx.number(self.ref))
            return
        is_new = start_reader(tx, self._log_handler())
        if is_new and model.snapshot:
            source = engine.directory.source(model.feed.source)
            snapshots.begin(tx, tx.number(self.ref), source)

    def workers(self, engine: Engine) -> list[Worker]:
        """What follows the log, and what does its own work; a queue runs its pipe itself."""
        model = self.model
        if model.from_queue:
            return []
        handler = self._log_handler()
        consumer = ActionConsumer if model.asks_outside else TransactionConsumer
        own = self.runs.handler(self.ref, model.dead_letters)
        found: list[Worker] = [LogReader(engine, handler, model.policy), consumer(engine, own)]
        if model.snapshot:
            found.append(Snapshot(engine, handler))
        return found

    def _log_handler(self) -> LogHandler:
        model, runs = self.model, self.runs
        in_batches = model.is_direct and model.in_batches
        return LogHandler(
            ref=self.ref,
            dead_letters=model.dead_letters,
            source=model.feed.source,
            actor=self.ref.name,
            wants=runs.wants,
            transact=runs.take_record if model.is_direct else None,
            transact_many=runs.take_records if in_batches else None,
            as_work=runs.as_work,
            batch=model.policy.batch if in_batches else DIRECT_BATCH,
            start=model.start,
            passes_over=self._passes_over if model.snapshot else None,
            parks=model.parks and model.is_direct,
            key=None if model.group is None else runs.key,
        )

    def _passes_over(self, tx: Transaction, record: Record) -> bool:
        return snapshots.is_passed_over(tx, tx.number(self.ref), record)
