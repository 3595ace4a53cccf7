"""What sends the deliveries: at the destination's rate, again until it takes them or time is up."""

from __future__ import annotations

from ensue.engine.consumers import ActionConsumer
from ensue.engine.engine import Engine
from ensue.engine.handlers import WorkHandler
from ensue.engine.transaction import Transaction
from ensue.engine.work import Work
from ensue.resources.destination.model import DestinationModel
from ensue.resources.destination.transport import Caller
from ensue.words import values
from ensue.words.errors import InvalidValue, Unfit, Unreachable
from ensue.words.values import Json

# Most schemes sign a time in seconds: within one, another try would look like a copy.
SIGNED_APART_MS = 1_000


class Sender(ActionConsumer):
    """Sends what waits for a destination.

    A destination that says when to come back is left alone until then: no other delivery is tried
    meanwhile.

    Args:
        engine: where the deliveries are.
        destination: where they go.
        caller: calls it.
    """

    def __init__(self, engine: Engine, destination: DestinationModel, caller: Caller) -> None:
        handler = WorkHandler(
            ref=destination.ref,
            dead_letters=destination.dead_letters,
            actor=destination.ref.name,
            policy=destination.policy,
            act=self._send,
            takes_terms=True,
            terms=destination.terms,
        )
        super().__init__(engine, handler)
        self._caller = caller
        self._is_signed = destination.sign is not None
        self._pace = caller.pace  # calls count too
        self._rests_until_ms = 0
        self._trouble: tuple[int, str] | None = None

    def said(self) -> dict[str, Json]:
        """What went wrong last, and until when the destination asked to be left alone."""
        at_ms, error = self._trouble or (None, None)
        return {
            "last_error": error,
            "last_error_ms": at_ms,
            "rests_until_ms": self._rests_until_ms if self._rests() else None,
        }

    def _rests(self) -> bool:
        return self._rests_until_ms > self._engine.clock.now_ms()

    async def _send(self, piece: Work, delivery_id: str) -> None:
        del delivery_id  # the client shows it by itself
        try:
            await self._caller.call(values.decode(piece.body), wants_body=False)
        except Unreachable as fault:
            if fault.retry_after_ms:
                until_ms = self._engine.clock.now_ms() + fault.retry_after_ms
                self._rests_until_ms = max(self._rests_until_ms, until_ms)
            raise
        except InvalidValue as fault:
            raise Unfit(fault.message, at=fault.at, hint=fault.hint) from None

    def _allowed(self, wanted: int) -> int:
        if wanted == 0 or not self._rests():
            return super()._allowed(wanted)
        self._next_due_ms = self._rests_until_ms
        return 0

    def _fail(
        self,
        tx: Transaction,
        piece: Work,
        error: str,
        *,
        is_final: bool = False,
        wait_ms: int = 0,
    ) -> None:
        """As every consumer, and remember it."""
        self._trouble = (tx.now_ms, error)
        if self._is_signed:
            wait_ms = max(wait_ms, SIGNED_APART_MS)
        super()._fail(tx, piece, error, is_final=is_final, wait_ms=wait_ms)
