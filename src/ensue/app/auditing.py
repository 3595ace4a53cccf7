"""The audit log of a platform: who changed what by hand."""

from __future__ import annotations

from collections.abc import Mapping

from ensue.engine import audits
from ensue.engine.audits import Audit
from ensue.engine.engine import Engine
from ensue.engine.transaction import Origin
from ensue.words import values
from ensue.words.values import Json

__all__ = ["Audit", "AuditLog"]

_ACTOR = "audit"


class AuditLog:
    """Who changed what by hand; the newest 100,000 changes are kept.

    Args:
        engine: where it is kept.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def begin(self, who: str, what: str, address: str, given: Mapping[str, Json]) -> int:
        """Enter a change that is about to be made.

        Args:
            who: asks for it.
            what: the action.
            address: of what is changed.
            given: what was given with it, without secrets.

        Returns:
            Its number, for `end`.

        Raises:
            StoreError: the store cannot keep it: then nothing may be changed.
        """
        text = values.encode(dict(given))
        return await self._engine.transact(
            lambda tx: audits.begin(tx, who, what, address, text), Origin(_ACTOR)
        )

    async def end(self, number: int, outcome: str) -> None:
        """Note what came of a change."""
        await self._engine.transact(lambda tx: audits.end(tx, number, outcome), Origin(_ACTOR))

    def newest(self, before: int | None = None, limit: int = 50) -> list[Audit]:
        """The newest changes, newest first.

        Args:
            before: only those before this number.
            limit: how many at most.
        """
        return self._engine.read(lambda tx: audits.newest(tx, before, limit))
