"""What an application holds of a queue."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Generic, Unpack

from typing_extensions import TypeVar

from ensue.engine import turns
from ensue.engine.consumers import ActionConsumer, TransactionConsumer
from ensue.engine.declarations import declared_before, rename
from ensue.engine.engine import Engine
from ensue.engine.handlers import BatchOptions, Policy, WorkHandler, is_action, make_policy
from ensue.engine.home import Home
from ensue.engine.pauses import Pausable
from ensue.engine.sockets import Delivery, Refusal
from ensue.engine.transaction import Transaction
from ensue.engine.typed import with_typed
from ensue.engine.work import Work
from ensue.engine.workers import Worker
from ensue.resources.queue import rules, store
from ensue.resources.queue.handle.letters import Letters
from ensue.resources.queue.handle.looking import Looking
from ensue.resources.queue.handle.receiving import Receiving
from ensue.resources.queue.handle.redriving import Redriving
from ensue.resources.queue.handle.running import Runs, Tells
from ensue.resources.queue.model import (
    DEAD_LETTERS,
    Message,
    QueueOptions,
    SendOptions,
    SentMessage,
)
from ensue.resources.queue.worker import RedriveWorker, RetentionWorker
from ensue.words import values
from ensue.words.errors import InvalidDeclaration, InvalidInput
from ensue.words.names import Ref
from ensue.words.shapes import Shape
from ensue.words.values import Json
from ensue.words.wiring import Code, Link, Part, Wiring

F = TypeVar("F", bound=Callable[..., object])
T = TypeVar("T", default=Any)


class Queue(Looking, Receiving, Letters, Redriving, Pausable, Generic[T]):
    """Messages, each to be handled by one consumer, or received by hand.

    Its dead-letter queue is made with it and called ``<name>-dlq``.

    Args:
        home: the app.
        name: its name.
        is_dead_letters: whether it is a dead-letter queue itself.
        of: the type of its messages' bodies; None for any JSON value.
        options: as for `App.queue`.
    """

    def __init__(
        self,
        home: Home,
        name: str,
        *,
        is_dead_letters: bool = False,
        of: type[T] | None = None,
        **options: Unpack[QueueOptions],
    ) -> None:
        dead = None if is_dead_letters else Ref(home.app, "queue", name + DEAD_LETTERS)
        shape: Shape[T] | None = None if of is None else Shape(of, f"queue/{name}")
        ref = Ref(home.app, "queue", name)
        super().__init__(home, rules.declare(ref, dead, options, shape))
        self.dead_letters: Queue | None = (
            None
            if dead is None
            else _dead_letters(home, dead, self.model.was, options.get("dead_letter_retention"))
        )
        self.consumed_by: Callable[..., Any] | None = None
        self._hears: dict[str, Callable[..., Any]] = {}

    @property
    def ref(self) -> Ref:
        """What it is called."""
        return self.model.ref

    async def send(self, body: T, **options: Unpack[SendOptions]) -> str:
        """Send a message in a transaction of its own; returns its id once it is durable.

        Args:
            body: a JSON value of at most 1 MiB, of the queue's type where it has one.
            options: ``delay``: how long nobody receives it, such as ``"5m"``, or seconds.
                ``due_ms``: the moment at which it is due instead, in ms since 1970, however far
                ahead; one that is over is now. ``group``: messages of one group are received in
                the order of sending, one at a time. ``attributes``: what travels beside the body.
                ``deduplication_id``: a second send with the same one within five minutes adds
                nothing and answers the first's id.
                ``priority``: 0 to 9, higher is sooner, where the queue has priorities.
                ``tenant``: whose it is, where the queue is fair.

        Raises:
            InvalidValue: the body is no JSON value, or an option is out of range.
            InvalidInput: a priority or tenant for a queue that does not have such.
            TooLarge: the body is larger than 1 MiB.
            LimitExceeded: the queue is as deep as it may be, or too many transactions wait.
        """
        return await self._home.engine.transact(
            lambda tx: store.send(tx, self.model, body, **options), repeats=True
        )

    async def send_batch(
        self, messages: Sequence[SentMessage], *, whole: bool = False
    ) -> list[str | Refusal]:
        """Send messages in one transaction; answers the id of each, or why it was refused.

        Args:
            messages: objects with ``body`` and what `send` takes, 10,000 at most.
            whole: send all of them or none.

        Raises:
            LimitExceeded: there are more than 10,000, or too many transactions wait.
            EnsueError: with ``whole``, what is wrong with the first bad one, and where.
        """
        return await self._home.engine.transact(
            lambda tx: store.send_batch(tx, self.model, messages, whole=whole), repeats=True
        )

    async def withdraw(self, message_id: str) -> bool:
        """Take a message back that waits, such as a delayed one that nobody wants any more.

        Returns:
            Whether it waited: what is being handled, is done or is dead stays what it is.
        """
        return await self._home.engine.transact(
            lambda tx: store.withdraw(tx, self.model, message_id), repeats=True
        )

    def consumer(
        self, *, batches: bool = False, **options: Unpack[BatchOptions]
    ) -> Callable[[F], F]:
        """Declare the function that handles this queue's messages.

        A ``def f(message, tx)`` runs in the transaction that takes the message; an
        ``async def f(message)`` runs outside and is retried, with full jitter, until it returns.

        Args:
            batches: the function takes a list of messages. A ``def f(messages, tx)`` is one
                transaction for them all; when it raises it gets each half by itself, and so on down
                to the message that fails alone. An ``async def f(messages)`` returns the ids of
                those that failed, or None; when it raises, all have.
            options: ``rate``: how many messages may be received at most, such as ``"5/s"``; a
                message that waits for its turn is not received. ``timeout``: how long an action may
                take before it is cancelled and counted as failed (30 seconds). ``concurrency``: how
                many actions run at once (10). ``batch``: how many messages share a transaction at
                most (100). ``retry_base``: the first retry waits a random time up to this (1
                second); it doubles each time. ``retry_cap``: no retry waits longer (5 minutes).
                ``on_failure="park"``: a message that failed goes aside and is tried again alone,
                while the later ones of its group go on; by default it holds them back.
                ``window``: with ``batches``, how long a batch that is not full waits for more,
                counted from when its first message could be received, up to 5 minutes (0).
                Durations are texts such as ``"2m"``, or seconds.

        Raises:
            InvalidDeclaration: the queue has a consumer already, or a bound is out of range.
            InvalidValue: the rate or a duration is written wrong.
        """
        policy = make_policy(self.model.max_receives, **options)
        policy.check(str(self.ref))
        policy.check_window(str(self.ref), takes_batches=batches)

        def declare(function: F) -> F:
            self._declare_consumer(function, policy, batches=batches)
            return function

        return declare

    def on_dead_letter(self, function: F) -> F:
        """Declare what happens in the transaction that moves a message to the dead-letter queue.

        Args:
            function: a ``def f(message, tx)``, or ``def f(message, reason, tx)``; when it raises,
                the message is moved all the same.

        Raises:
            InvalidDeclaration: it is an ``async def``, or takes other arguments.
        """
        self._told["dead"] = Tells(function, self._home.make_tx).tell
        self._hears["dead letter"] = function
        return function

    def on_retry(self, function: F) -> F:
        """Declare what happens in the transaction that gives a message back after it failed.

        Args:
            function: a ``def f(message, tx)``, or ``def f(message, reason, tx)``, told each time
                that the consumer failed and will get the message again; when it raises, that stays
                so.

        Raises:
            InvalidDeclaration: it is an ``async def``, or takes other arguments.
        """
        self._told["retried"] = Tells(function, self._home.make_tx).tell
        self._hears["retry"] = function
        return function

    def _declare_consumer(
        self, function: Callable[..., Any], policy: Policy, *, batches: bool
    ) -> None:
        actor = str(getattr(function, "__name__", "consumer"))
        action = is_action(function, at=actor, takes="messages" if batches else "message")
        given = function
        function = with_typed(function, Message, "body", of=self.model.shape)
        runs = Runs(function, self._home.make_tx)
        self.consume_by(
            lambda dead_letters: WorkHandler(
                ref=self.ref,
                dead_letters=dead_letters,
                actor=actor,
                policy=policy,
                transact=None if action or batches else runs.transact,
                act=runs.act if action and not batches else None,
                transact_batch=runs.transact_batch if batches and not action else None,
                act_batch=runs.act_batch if batches and action else None,
            )
        )
        self.consumed_by = given

    def consume_by(self, made: Callable[[Ref], WorkHandler]) -> None:
        """Take what a handler of the app's, or of a pipe, makes of the messages.

        Args:
            made: the handler, given the dead-letter queue.

        Raises:
            InvalidDeclaration: the queue has a consumer already, or is of dead letters.
        """
        self._handler = made(self.check_free())

    def check_free(self) -> Ref:
        """Check that nothing takes the queue's messages yet; returns its dead-letter queue.

        Raises:
            InvalidDeclaration: it has a consumer already, or is of dead letters.
        """
        dead_letters = self.model.dead_letters
        if self._handler is not None or dead_letters is None:
            raise InvalidDeclaration(
                f"expected one consumer for {self.ref}",
                hint="To do several things with a message, publish an event with several rules.",
            )
        return dead_letters

    def _check_pausable(self) -> None:
        if self._handler is None:
            raise InvalidInput(
                f"expected a queue with a consumer, got {self.ref}",
                hint="Who receives by hand pauses by not receiving.",
            )

    def declared(self) -> dict[str, Json]:
        """Its declaration, for people."""
        if self.model.dead_letters is None:
            return {"dead_letter_queue_of": self.ref.name.removesuffix(DEAD_LETTERS)}
        model = self.model
        said: dict[str, Json] = {
            "max_receives": model.max_receives,
            "dead_letter_queue": None if model.dead_letters is None else model.dead_letters.name,
        }
        more: dict[str, Json] = {
            "order": model.order,
            "deduplicate": "content" if model.deduplicate else None,
            "retention_ms": model.retention_ms,
            "in_flight_max": model.in_flight_max,
            "depth_max": model.depth_max,
        }
        said |= {name: value for name, value in more.items() if value is not None}
        if self._handler is not None:
            said["consumer"] = self._handler.actor
            said["rate_per_second"] = self._handler.policy.rate_per_second
        return said

    def wiring(self) -> Wiring:
        """Its consumer, who is told of what failed, and its dead-letter queue."""
        links: list[Link] = []
        runs = {"": self.consumed_by} if self.consumed_by is not None else {}
        code = [
            Code(Ref(self.ref.app, "handler", f"{self.ref.name}/{each.__name__}"), each)
            for each in [*runs.values(), *self._hears.values()]
        ]
        for label, each in zip([*runs, *self._hears], code, strict=True):
            links.append(Link(self.ref, each.ref, "messages", label))
        if self.model.dead_letters is not None:
            links.append(Link(self.ref, self.model.dead_letters, "dead letters"))
        return Wiring(tuple(links), tuple(Part(each.ref) for each in code), tuple(code))

    def check(self, known: set[Ref]) -> None:
        """Nothing that it names can be missing."""
        del known

    def prepare(self, engine: Engine, tx: Transaction) -> None:
        """Enter the queue, with its Target, in the store and the directory."""
        if self.model.was is not None:
            rename(tx, self.ref._replace(name=self.model.was), self.ref)
        before = (declared_before(tx, self.ref) or {}).get("order")
        number = engine.declare(tx, self.ref, values.encode(self.declared()))
        if self.model.order is not None:
            engine.facts.orders[number] = self.model.order
        if before != self.model.order:
            turns.reorder(tx, number, self.model.order)
        # A queue that is full raises, and so may a type of the application's.
        is_sure = self.model.depth_max is None and self.model.shape is None
        engine.directory.add(self.ref, target=self, is_sure=is_sure)

    def connect(self, engine: Engine, tx: Transaction) -> None:
        """It needs no other resource."""
        del engine, tx

    def workers(self, engine: Engine) -> list[Worker]:
        """Its consumer; what moves what is too old; and, of dead letters, what redrives them."""
        if self.model.dead_letters is None:
            return [RedriveWorker(engine, self.model), *self._forgetting(engine)]
        found: list[Worker] = []
        if self.model.retention_ms is not None:
            found.append(RetentionWorker(engine, self.model, self.bury))
        handler = self._handler
        if handler is not None:
            told = self._told
            handler = replace(handler, dead=told.get("dead"), retried=told.get("retried"))
            acts = handler.act is not None or handler.act_batch is not None
            found.append((ActionConsumer if acts else TransactionConsumer)(engine, handler))
        return found

    def _forgetting(self, engine: Engine) -> list[Worker]:
        """What forgets dead letters that are too old, where there is an age for that."""
        if self.model.retention_ms is None:
            return []
        return [RetentionWorker(engine, self.model, self._forget)]

    def _forget(self, tx: Transaction, piece: Work, reason: str) -> None:
        del reason
        store.forget(tx, self.model, piece)

    def deliver(self, tx: Transaction, deliveries: Sequence[Delivery]) -> list[str | Refusal]:
        """Take a batch within the caller's transaction (the Target socket)."""
        return store.deliver(tx, self.model, deliveries)


def _dead_letters(home: Home, ref: Ref, was: str | None, retention: str | float | None) -> Queue:
    before = None if was is None else was + DEAD_LETTERS
    return Queue(home, ref.name, is_dead_letters=True, was=before, retention=retention)
