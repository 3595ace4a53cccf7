"""Messages that wait: looked at, counted, forgotten."""

from __future__ import annotations

from ensue.engine import pieces
from ensue.engine.handlers import WorkHandler
from ensue.engine.home import Home
from ensue.engine.pieces import PieceDetails
from ensue.resources.queue import store
from ensue.resources.queue.model import HeldKey, Message, QueueModel, StandingPage
from ensue.words.values import Json


class Looking:
    """What can be seen of a queue."""

    model: QueueModel
    _home: Home
    _handler: WorkHandler | None

    @property
    def _consumer(self) -> str:
        """What its consumer is called; empty where it has none."""
        return "" if self._handler is None else self._handler.actor

    async def peek(self, limit: int = 10) -> list[Message]:
        """Look at messages without receiving them, longest due first, at most 1,000."""
        return self._home.engine.read(lambda tx: store.peek(tx, self.model, limit))

    async def standing(
        self, state: str = "due", *, limit: int = 50, after: str | None = None
    ) -> StandingPage:
        """Look at messages by how they stand, the one that is due first before the others.

        Args:
            state: ``in flight``, ``due``, ``later`` for what is delayed or retried then, or
                ``held`` behind a group.
            limit: how many at most, up to 1,000.
            after: the ``next`` of the page before.

        Raises:
            InvalidValue: there is no such state, or ``after`` is none.
        """
        return self._home.engine.read(
            lambda tx: store.standing(
                tx, self.model, state, limit=limit, after=after, consumer=self._consumer
            )
        )

    async def held(self, limit: int = 50) -> list[HeldKey]:
        """The message groups that are held up longest, up to 100: how many wait, and for what.

        It looks at the 1,000 messages that are held longest, and counts up to 1,000 of each group.
        """
        return self._home.engine.read(lambda tx: store.held(tx, self.model, limit, self._consumer))

    async def message(self, message_id: str) -> PieceDetails:
        """All that is known of a message: how it stands, its failed attempts, why it died.

        Raises:
            NotFound: it is not in this queue, or not any more.
        """
        engine = self._home.engine
        number = engine.number(self.model.ref)
        return engine.read(lambda tx: pieces.details(tx, message_id, number))

    async def purge(self) -> int:
        """Forget every message that waits, a thousand in a transaction; returns how many.

        What is in flight stays, and so does what is sent meanwhile.
        """
        engine = self._home.engine
        up_to = engine.read(store.last_message)
        purged = 0
        while found := await engine.transact(lambda tx: store.purge(tx, self.model, up_to)):
            purged += found
        return purged

    async def depth(self) -> dict[str, Json]:
        """How many messages wait and are in flight, and how long the oldest has waited.

        ``waiting`` counts what is due, ``delayed`` and ``held`` behind its group. Where more than
        10,000 are due and more than 10,000 delayed, ``delayed`` is 10,000.
        """
        return self._home.engine.read(lambda tx: store.depth(tx, self.model))
