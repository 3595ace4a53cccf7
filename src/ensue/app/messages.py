"""What a platform tells of messages wherever they are: dead ones by their causes, one by its id."""

from __future__ import annotations

from ensue.engine import pieces
from ensue.engine.engine import Engine
from ensue.engine.pieces import PieceDetails
from ensue.resources.queue import CausePage, causes_of_all

__all__ = ["CausePage", "Messages", "PieceDetails"]


class Messages:
    """The messages of all queues, functions and the like; mixed into the platform."""

    engine: Engine

    def dead_letters(self, limit: int = 100, *, after: str | None = None) -> CausePage:
        """What the letters of all dead-letter queues died of, that of most letters first.

        Args:
            limit: how many causes at most, up to 1,000.
            after: the ``next`` of the page before.

        Raises:
            InvalidValue: ``after`` is none.
        """
        return self.engine.read(lambda tx: causes_of_all(tx, limit, after))

    def message(self, message_id: str) -> PieceDetails:
        """All that is known of a message, or of other work, by its id.

        Raises:
            NotFound: there is none, or it is not kept any more.
        """
        return self.engine.read(lambda tx: pieces.details(tx, message_id))
