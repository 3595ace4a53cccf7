"""What an application holds of a function."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from ensue.engine import lanes, snapshots
from ensue.engine.consumers import ActionConsumer, TransactionConsumer
from ensue.engine.declarations import rename
from ensue.engine.engine import Engine
from ensue.engine.handlers import LogHandler, WorkHandler, is_action
from ensue.engine.home import Home
from ensue.engine.lanes import Lag, parse_start
from ensue.engine.logs import Record
from ensue.engine.pauses import Pausable
from ensue.engine.readers import LogReader, set_reader, start_reader
from ensue.engine.snapshots import Snapshot
from ensue.engine.sockets import Delivery, Refusal
from ensue.engine.transaction import Origin, Transaction
from ensue.engine.work import Work, record_id
from ensue.engine.workers import Worker
from ensue.resources.function import store
from ensue.resources.function.model import Feed, FunctionModel
from ensue.words import values
from ensue.words.errors import InvalidDeclaration, InvalidInput
from ensue.words.names import Ref
from ensue.words.values import Json
from ensue.words.wiring import Code, Link, Wiring, out_of


class Function(Pausable):
    """A handler with work of its own: what it is invoked with, and what of its feed failed.

    Args:
        home: the app.
        model: the function as declared.
        function: the application's ``def f(body, tx)`` or ``async def f(body)``.
        present: the body of a piece of work, and its id, as the function's argument.
        feed: the log that it follows; None for none.
    """

    def __init__(
        self,
        home: Home,
        model: FunctionModel,
        function: Callable[..., Any],
        *,
        present: Callable[[Json, str], Any],
        feed: Feed | None = None,
    ) -> None:
        self.model = model
        self._home = home
        self._function = function
        self._present = present
        self._feed = feed
        self._is_action = is_action(
            function, at=model.ref.name, takes=feed.takes if feed else "body"
        )
        if feed is not None and feed.in_batches and self._is_action:
            raise InvalidDeclaration(
                f"expected def {model.ref.name}(records, tx), got an async def",
                hint="An async def takes one record at a time; see on_record.",
            )

    @property
    def ref(self) -> Ref:
        """What it is called."""
        return self.model.ref

    @property
    def function(self) -> Callable[..., Any]:
        """The application's function."""
        found: Callable[..., Any] = inspect.unwrap(self._function)
        return found

    @property
    def follows(self) -> Ref | None:
        """What it follows the log of; None where it follows none."""
        return None if self._feed is None else self._feed.source

    @property
    def wants(self) -> dict[str, Json]:
        """What it follows of that log, for people; nothing where it follows none."""
        return {} if self._feed is None else self._feed.said

    async def invoke(self, body: object) -> str:
        """Let the function handle a body soon, with retries; returns the work's id once durable.

        Raises:
            InvalidValue: the body is no JSON value.
            TooLarge: the body is larger than 1 MiB.
            LimitExceeded: too many transactions wait.
        """
        return await self._home.engine.transact(
            lambda tx: store.invoke(tx, self.model, body), repeats=True
        )

    async def call(self, body: Json) -> Json:
        """Run the function with a body now, once, and return its answer (the Callable socket).

        Raises:
            Exception: whatever the function raises.
        """
        if self._is_action:
            answer: Json = await self._function(self._present(body, ""))
            return answer
        make_tx = self._home.make_tx
        return await self._home.engine.transact(
            lambda tx: self._function(self._present(body, ""), make_tx(tx)), Origin(self.ref.name)
        )

    @property
    def is_action(self) -> bool:
        """Whether it runs outside of any transaction."""
        return self._is_action

    def call_in(self, tx: Transaction, body: Json) -> Json:
        """Run a ``def`` within the caller's transaction, and return its answer.

        Raises:
            Exception: whatever the function raises.
        """
        answer: Json = self._function(self._present(body, ""), self._home.make_tx(tx))
        return answer

    async def depth(self) -> dict[str, Json]:
        """How much work waits for it, and how far behind it is in the log that it follows."""
        feed = self._feed
        return self._home.engine.read(
            lambda tx: store.depth(tx, self.model) | store.behind(tx, self.model, feed)
        )

    async def lag(self) -> list[Lag]:
        """How far behind it is in the log that it follows, shard by shard.

        Raises:
            InvalidInput: it follows none.
        """
        feed = self._followed()
        return self._home.engine.read(lambda tx: store.lags(tx, self.model, feed))

    async def rewind(self, start: str | int, *, confirm: str | None = None) -> int:
        """Set it back, or forward, in the log that it follows: what is behind is delivered again.

        What it could not handle yet stays work of its own, and is handled as well.

        Args:
            start: ``"horizon"``, ``"latest"``, a sequence number, or a time as ISO 8601.
            confirm: the function's name, so that it does not happen by accident.

        Returns:
            How many records that moves it, at most.

        Raises:
            InvalidInput: it follows no log, or there is no such place.
            Conflict: ``confirm`` is not the function's name; says how many records it is about.
        """
        feed, at = self._followed(), parse_start(start)
        return await self._home.engine.transact(
            lambda tx: set_reader(tx, self.ref, feed.source, at, confirm=confirm)
        )

    def _followed(self) -> Feed:
        if self._feed is None:
            raise InvalidInput(f"expected a function that follows a log, got {self.ref}")
        return self._feed

    def declared(self) -> dict[str, Json]:
        """Its declaration, for people."""
        said: dict[str, Json] = {
            "runs": "outside" if self._is_action else "in the transaction",
            "retries": self.model.policy.max_receives - 1,
            "dead_letter_queue": self.model.dead_letters.name,
        }
        return said | ({"follows": self._feed.said} if self._feed else {})

    def wiring(self) -> Wiring:
        """What it follows, what it runs, and where its dead letters go."""
        links = [Link(self.ref, self.model.dead_letters, "dead letters")]
        if self._feed is not None:
            source = self._feed.source
            links.append(Link(source, self.ref, out_of(source.kind), said=self._feed.said))
        return Wiring(tuple(links), code=(Code(self.ref, self.function),))

    def check(self, known: set[Ref]) -> None:
        """Nothing that it names can be missing."""
        del known

    def prepare(self, engine: Engine, tx: Transaction) -> None:
        """Enter the function with its sockets."""
        if self.model.was is not None:
            rename(tx, self.ref._replace(name=self.model.was), self.ref)
        engine.declare(tx, self.ref, values.encode(self.declared()))
        engine.directory.add(self.ref, target=self, call=self.call, is_sure=True)
        if not self._is_action:
            engine.directory.add_inside(self.ref, self.call_in)

    def connect(self, engine: Engine, tx: Transaction) -> None:
        """Take up its place in the log that it follows: for a new function, where it begins.

        Of a table that is new too one that begins with the latest sees all but the seed. One that
        follows no log any more gives its place up, so that it holds nothing of that log back.
        """
        if self._feed is None:
            lanes.leave(tx, tx.number(self.ref))
            return
        is_new = start_reader(tx, self._log_handler(self._feed))
        if is_new and self._feed.snapshot:
            source = engine.directory.source(self._feed.source)
            snapshots.begin(tx, tx.number(self.ref), source)

    def workers(self, engine: Engine) -> list[Worker]:
        """What follows its feed, and what does its work."""
        consumer = ActionConsumer if self._is_action else TransactionConsumer
        found: list[Worker] = [consumer(engine, self._work_handler())]
        if self._feed is not None:
            handler = self._log_handler(self._feed)
            found.insert(0, LogReader(engine, handler, self.model.policy))
            if self._feed.snapshot:
                found.append(Snapshot(engine, handler))
        return found

    def deliver(self, tx: Transaction, deliveries: Sequence[Delivery]) -> list[str | Refusal]:
        """Take a batch within the caller's transaction (the Target socket)."""
        return store.deliver(tx, self.model, deliveries)

    def _work_handler(self) -> WorkHandler:
        function, present, make_tx = self._function, self._present, self._home.make_tx

        def transact(tx: Transaction, piece: Work) -> object:
            work_id = record_id(tx, piece.id)
            return function(present(values.decode(piece.body), work_id), make_tx(tx))

        async def act(piece: Work, work_id: str) -> object:
            return await function(present(values.decode(piece.body), work_id))

        return WorkHandler(
            ref=self.ref,
            dead_letters=self.model.dead_letters,
            actor=self.ref.name,
            policy=self.model.policy,
            transact=None if self._is_action else transact,
            act=act if self._is_action else None,
        )

    def _log_handler(self, feed: Feed) -> LogHandler:
        function, make_tx = self._function, self._home.make_tx

        def transact(tx: Transaction, record: Record) -> object:
            return function(feed.present(tx, record), make_tx(tx))

        def transact_many(tx: Transaction, records: Sequence[Record]) -> object:
            return function([feed.present(tx, each) for each in records], make_tx(tx))

        return LogHandler(
            ref=self.ref,
            dead_letters=self.model.dead_letters,
            source=feed.source,
            actor=self.ref.name,
            wants=feed.wants,
            transact=None if self._is_action else transact,
            as_work=feed.as_work,
            batch=self.model.policy.batch,
            transact_many=transact_many if feed.in_batches else None,
            start=feed.start,
            passes_over=self._passes_over if feed.snapshot else None,
            parks=self.model.policy.parks and not self._is_action,
            key=feed.key,
        )

    def _passes_over(self, tx: Transaction, record: Record) -> bool:
        return snapshots.is_passed_over(tx, tx.number(self.ref), record)
