"""What an application holds of a queue."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Generic, Unpack

from typing_extensions import TypeVar

from ensue.engine.consumers import ActionConsumer, TransactionConsumer
from ensue.engine.engine import Engine
from ensue.engine.handlers import Policy, PolicyOptions, WorkHandler, is_action, make_policy
from ensue.engine.home import Home
from ensue.engine.sockets import Delivery, Refusal
from ensue.engine.transaction import Transaction
from ensue.engine.typed import with_typed
from ensue.engine.work import Work, record_id
from ensue.engine.workers import Worker
from ensue.resources.queue import store
from ensue.resources.queue.model import DEAD_LETTERS, MAX_RECEIVES_DEFAULT, Message, QueueModel
from ensue.words import values
from ensue.words.errors import InvalidDeclaration
from ensue.words.names import Ref
from ensue.words.shapes import Shape
from ensue.words.units import duration_ms
from ensue.words.values import Json

F = TypeVar("F", bound=Callable[..., object])
T = TypeVar("T", default=Any)


class Queue(Generic[T]):
    """Messages, each to be handled by one consumer.

    Args:
        home: the app.
        name: its name.
        max_receives: after so many receives without success a message goes to the dead-letter
            queue, which is made with the queue and called ``<name>-dlq``.
        is_dead_letters: whether it is one itself.
        of: the type of its messages' bodies; None for any JSON value.
    """

    def __init__(
        self,
        home: Home,
        name: str,
        *,
        max_receives: int = MAX_RECEIVES_DEFAULT,
        is_dead_letters: bool = False,
        of: type[T] | None = None,
    ) -> None:
        dead = None if is_dead_letters else Ref(home.app, "queue", name + DEAD_LETTERS)
        shape: Shape[T] | None = None if of is None else Shape(of, f"queue/{name}")
        self.model = QueueModel(Ref(home.app, "queue", name), max_receives, dead, shape)
        self.dead_letters: Queue | None = (
            None if dead is None else Queue(home, dead.name, is_dead_letters=True)
        )
        self._home = home
        self._handler: WorkHandler | None = None
        self._told: Callable[[Message, Any], object] | None = None

    @property
    def ref(self) -> Ref:
        """What it is called."""
        return self.model.ref

    async def send(
        self,
        body: T,
        *,
        delay: str | float = 0,
        group: str | None = None,
        attributes: dict[str, Json] | None = None,
    ) -> str:
        """Send a message in a transaction of its own; returns its id once it is durable.

        Args:
            body: a JSON value of at most 1 MiB, of the queue's type where it has one.
            delay: how long nobody receives it, such as ``"5m"``, or seconds.
            group: messages of one group are received in the order of sending, one at a time.
            attributes: what travels beside the body.

        Raises:
            InvalidValue: the body is no JSON value, or the delay is out of range.
            TooLarge: the body is larger than 1 MiB.
            LimitExceeded: too many transactions wait.
        """
        delay_ms = duration_ms(delay)
        return await self._home.engine.transact(
            lambda tx: store.send(
                tx, self.model, body, delay_ms=delay_ms, group=group, attributes=attributes
            )
        )

    async def peek(self, limit: int = 10) -> list[Message]:
        """Look at messages without receiving them, longest due first, at most 1,000."""
        return self._home.engine.read(lambda tx: store.peek(tx, self.model, limit))

    async def redrive(self, limit: int = 10_000) -> int:
        """Move a dead-letter queue's messages back to where they came from; returns how many.

        Raises:
            InvalidInput: this is no dead-letter queue.
        """
        return await self._home.engine.transact(lambda tx: store.redrive(tx, self.model, limit))

    async def depth(self) -> dict[str, Json]:
        """How many messages wait and are in flight, and how long the first due has waited."""
        return self._home.engine.read(lambda tx: store.depth(tx, self.model))

    def consumer(self, **options: Unpack[PolicyOptions]) -> Callable[[F], F]:
        """Declare the function that handles this queue's messages.

        A ``def f(message, tx)`` runs in the transaction that takes the message; an
        ``async def f(message)`` runs outside and is retried, with full jitter, until it returns.

        Args:
            options: ``rate``: how many messages may be received at most, such as ``"5/s"``; a
                message that waits for its turn is not received. ``timeout``: how long an action may
                take before it is cancelled and counted as failed (30 seconds). ``concurrency``: how
                many actions run at once (10). ``batch``: how many messages share a transaction at
                most (100). ``retry_base``: the first retry waits a random time up to this (1
                second); it doubles each time. ``retry_cap``: no retry waits longer (5 minutes).
                Durations are texts such as ``"2m"``, or seconds.

        Raises:
            InvalidDeclaration: the queue has a consumer already, or a bound is out of range.
            InvalidValue: the rate or a duration is written wrong.
        """
        policy = make_policy(self.model.max_receives, **options)
        policy.check(str(self.ref))

        def declare(function: F) -> F:
            self._declare_consumer(function, policy)
            return function

        return declare

    def on_dead_letter(self, function: F) -> F:
        """Declare what happens in the transaction that moves a message to the dead-letter queue.

        Args:
            function: a ``def f(message, tx)``; when it raises, the message is moved all the same.

        Raises:
            InvalidDeclaration: it is an ``async def``, or takes other arguments.
        """
        name = str(getattr(function, "__name__", "handler"))
        if is_action(function, at=name, takes="message"):
            raise InvalidDeclaration(
                f"expected def {name}(message, tx), got an async def",
                hint="Let it send a message to a queue whose consumer talks to the world.",
            )
        self._told = function
        return function

    def _declare_consumer(self, function: Callable[..., Any], policy: Policy) -> None:
        dead_letters = self.model.dead_letters
        if self._handler is not None or dead_letters is None:
            raise InvalidDeclaration(
                f"expected one consumer for {self.ref}",
                hint="To do several things with a message, publish an event with several rules.",
            )
        actor = str(getattr(function, "__name__", "consumer"))
        function = with_typed(function, Message, "body", of=self.model.shape)
        make_tx = self._home.make_tx

        def transact(tx: Transaction, piece: Work) -> object:
            return function(store.message(piece, record_id(tx, piece.id)), make_tx(tx))

        async def act(piece: Work, message_id: str) -> object:
            return await function(store.message(piece, message_id))

        def dead(tx: Transaction, piece: Work, reason: str) -> object:
            del reason
            told = self._told
            return told and told(store.message(piece, record_id(tx, piece.id)), make_tx(tx))

        action = is_action(function, at=actor, takes="message")
        self._handler = WorkHandler(
            ref=self.ref,
            dead_letters=dead_letters,
            actor=actor,
            policy=policy,
            transact=None if action else transact,
            act=act if action else None,
            dead=dead,
        )

    def declared(self) -> dict[str, Json]:
        """Its declaration, for people."""
        if self.model.dead_letters is None:
            return {"dead_letter_queue_of": self.ref.name.removesuffix(DEAD_LETTERS)}
        said: dict[str, Json] = {
            "max_receives": self.model.max_receives,
            "dead_letter_queue": self.model.dead_letters.name,
        }
        if self._handler is not None:
            said["consumer"] = self._handler.actor
            said["rate_per_second"] = self._handler.policy.rate_per_second
        return said

    def check(self, known: set[Ref]) -> None:
        """Nothing that it names can be missing."""
        del known

    def prepare(self, engine: Engine, tx: Transaction) -> None:
        """Enter the queue, with its Target, in the store and the directory."""
        engine.declare(tx, self.ref, values.encode(self.declared()))
        engine.directory.add(self.ref, target=self)

    def connect(self, engine: Engine, tx: Transaction) -> None:
        """It needs no other resource."""
        del engine, tx

    def workers(self, engine: Engine) -> list[Worker]:
        """Its consumer."""
        if self._handler is None:
            return []
        consumer = ActionConsumer if self._handler.act else TransactionConsumer
        return [consumer(engine, self._handler)]

    def deliver(self, tx: Transaction, deliveries: Sequence[Delivery]) -> list[str | Refusal]:
        """Take a batch within the caller's transaction (the Target socket)."""
        return store.deliver(tx, self.model, deliveries)
