"""Receiving by hand: for workers outside, which say themselves what they have settled."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ensue.engine import work
from ensue.engine.consumer import tell
from ensue.engine.handlers import WorkHandler
from ensue.engine.home import Home
from ensue.engine.sockets import Refusal
from ensue.engine.transaction import Transaction
from ensue.engine.work import Work
from ensue.engine.workers import Patience, sleep_until
from ensue.resources.queue import rules, store
from ensue.resources.queue.model import (
    HOLDER_LENGTH_MAX,
    RECEIVE_MAX,
    SEND_BATCH_MAX,
    VISIBILITY_MS_MAX,
    WAIT_MS_MAX,
    LeaseInfo,
    QueueModel,
    Received,
)
from ensue.resources.queue.store import Asked
from ensue.words.errors import InvalidInput, InvalidValue, LimitExceeded
from ensue.words.units import duration_ms


class Receiving:
    """What is received by hand, and what is in flight.

    Args:
        home: the app.
        model: the queue.
    """

    def __init__(self, home: Home, model: QueueModel) -> None:
        self.model = model
        self._home = home
        self._handler: WorkHandler | None = None
        self._told: dict[str, Callable[[Transaction, Work, str], object]] = {}

    async def receive(
        self,
        limit: int = 1,
        *,
        wait: str | float = 0,
        visibility: str | float = 30,
        holder: str | None = None,
    ) -> list[Received]:
        """Receive messages by hand; nobody else receives them until the lease ends.

        Args:
            limit: how many at most, 1 to 1,000.
            wait: when there is none, how long to wait for the first, up to 20 seconds.
            visibility: how long the lease is, up to 12 hours.
            holder: what the receiver calls itself, for `leases`.

        Raises:
            InvalidInput: the queue has a consumer.
            InvalidValue: an argument is out of range.
        """
        asked = self._asked(limit, visibility, holder)
        wait_ms = _within(duration_ms(wait), WAIT_MS_MAX, "wait")
        engine = self._home.engine
        number = engine.number(self.model.ref)
        woken = engine.listen(number)
        patience = Patience(engine.clock, wait_ms, woken)
        try:
            while True:
                woken.clear()
                found = await engine.transact(
                    lambda tx: store.receive(tx, self.model, asked, self.bury)
                )
                if found.messages or patience.is_over:
                    return found.messages
                if found.next_ms is None or found.next_ms > engine.clock.now_ms():
                    await sleep_until(woken, found.next_ms, engine.clock)
        finally:
            patience.cancel()
            engine.unlisten(number, woken)

    async def settle(self, handle: str) -> None:
        """Say that a message is done.

        Args:
            handle: that of the receive.

        Raises:
            LeaseLost: the lease has passed to another receive, or the message is settled.
            InvalidValue: that is no handle.
        """
        await self._home.engine.transact(lambda tx: store.settle(tx, self.model, handle))

    async def settle_batch(self, handles: Sequence[str]) -> list[Refusal]:
        """Say that messages are done; answers which could not be settled, and why.

        Raises:
            LimitExceeded: there are more than 10,000.
        """
        if len(handles) > SEND_BATCH_MAX:
            raise LimitExceeded(f"expected at most {SEND_BATCH_MAX} handles, got {len(handles)}")
        return await self._home.engine.transact(
            lambda tx: store.settle_batch(tx, self.model, handles)
        )

    async def change_visibility(self, handle: str, visibility: str | float) -> None:
        """Let the lease of a message end so long from now; 0 gives it back at once.

        Args:
            handle: that of the receive.
            visibility: up to 12 hours since the receive.

        Raises:
            LeaseLost: the lease has passed to another receive, or the message is settled.
            InvalidValue: that is no handle, or the time is out of range.
        """
        visibility_ms = _within(duration_ms(visibility), VISIBILITY_MS_MAX, "visibility")
        await self._home.engine.transact(
            lambda tx: store.change_visibility(tx, self.model, handle, visibility_ms)
        )

    async def leases(self, limit: int = 100) -> list[LeaseInfo]:
        """What is in flight: who has it and for how long, at most 1,000, the first to end first."""
        consumer = "" if self._handler is None else self._handler.actor
        return self._home.engine.read(lambda tx: store.leases(tx, self.model, limit, consumer))

    def bury(self, tx: Transaction, piece: Work, reason: str) -> None:
        """Move a message to the dead-letter queue, and tell the application."""
        dead_letters = self.model.dead_letters
        if dead_letters is not None and work.bury(tx, piece, reason, tx.number(dead_letters)):
            dead = self._told.get("dead")
            if dead is not None:
                tell(tx, f"{self.model.ref.name} dead", dead, piece, reason)

    def _asked(self, limit: int, visibility: str | float, holder: str | None) -> Asked:
        if self._handler is not None:
            raise InvalidInput(
                f"expected a queue without a consumer, {self.model.ref} has {self._handler.actor}",
                hint="Send what is to be received by hand to a queue of its own.",
            )
        if not 1 <= limit <= RECEIVE_MAX:
            raise InvalidValue(f"expected a limit from 1 to {RECEIVE_MAX}, got {limit}")
        rules.check_name(holder, "holder", HOLDER_LENGTH_MAX)
        visibility_ms = _within(duration_ms(visibility), VISIBILITY_MS_MAX, "visibility")
        if visibility_ms == 0:
            raise InvalidValue("expected a visibility above 0, got 0", at="$.visibility")
        return Asked(limit, visibility_ms, holder)


def _within(found_ms: int, high_ms: int, what: str) -> int:
    if found_ms > high_ms:
        raise InvalidValue(
            f"expected a {what} of at most {high_ms} ms, got {found_ms}", at=f"$.{what}"
        )
    return found_ms
