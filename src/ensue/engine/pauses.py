"""Pauses: what takes work or follows a log, and takes nothing until it is resumed.

A pause is a row in the store, so it outlives the process; who works asks its copy in memory only.
What is under way when the pause comes ends as it would have. What arrives meanwhile waits: a
queue's work in the queue, a log's records in the log, which forgets none that are not read.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import msgspec

from ensue.engine.engine import Engine
from ensue.engine.home import Home
from ensue.engine.transaction import Transaction
from ensue.words.kinds import Operation
from ensue.words.names import Ref
from ensue.words.values import Json


class Pausable(ABC):
    """What may be paused; mixed into the handle of a kind."""

    _home: Home

    @property
    @abstractmethod
    def ref(self) -> Ref:
        """What it is called."""

    async def pause(self) -> bool:
        """Let it take nothing until `resume`, also after a restart; what is under way ends.

        Returns:
            Whether it was not paused before.

        Raises:
            InvalidInput: it takes nothing by itself.
        """
        self._check_pausable()
        return await pause(self._home.engine, self.ref)

    async def resume(self) -> bool:
        """Let it go on at once with what has waited; returns whether it was paused."""
        return await resume(self._home.engine, self.ref)

    def paused(self) -> dict[str, Json]:
        """Since when it is paused, as a figure of its status; nothing when it is not."""
        engine = self._home.engine
        since_ms = engine.facts.paused.get(engine.number(self.ref))
        return {} if since_ms is None else {"paused_since_ms": since_ms}

    def _check_pausable(self) -> None:
        """Check that there is something to pause.

        Raises:
            InvalidInput: there is nothing.
        """
        del self


async def pause(engine: Engine, ref: Ref) -> bool:
    """Let a resource take nothing until `resume`; returns whether it was not paused before."""
    number = engine.number(ref)
    paused = engine.facts.paused
    before = paused.get(number)
    # From here on no step takes anything. Those that wait already are committed before the row.
    paused.setdefault(number, engine.clock.now_ms())
    try:
        since_ms, is_new = await engine.transact(lambda tx: _note(tx, number))
    except BaseException:
        if before is None:
            paused.pop(number, None)
            engine.wake_all()
        raise
    paused[number] = since_ms
    return is_new


async def resume(engine: Engine, ref: Ref) -> bool:
    """Let a resource go on, and wake it; returns whether it was paused."""
    number = engine.number(ref)
    was_paused = await engine.transact(lambda tx: _forget(tx, number))
    engine.facts.paused.pop(number, None)
    engine.wake_all()
    return was_paused


def _note(tx: Transaction, number: int) -> tuple[int, bool]:
    tx.execute(
        "INSERT INTO ensue_paused (number, since_ms) VALUES (?, ?) ON CONFLICT DO NOTHING",
        (number, tx.now_ms),
    )
    is_new = tx.changed() > 0
    [(since_ms,)] = tx.execute("SELECT since_ms FROM ensue_paused WHERE number = ?", (number,))
    return since_ms, is_new


def _forget(tx: Transaction, number: int) -> bool:
    tx.execute("DELETE FROM ensue_paused WHERE number = ?", (number,))
    return tx.changed() > 0


class Whole(msgspec.Struct, forbid_unknown_fields=True):
    """The resource as a whole: there is nothing more to say."""


async def _pause(resource: Pausable, given: Whole) -> dict[str, Json]:
    del given
    return {"paused": await resource.pause()}


async def _resume(resource: Pausable, given: Whole) -> dict[str, Json]:
    del given
    return {"resumed": await resource.resume()}


OPERATIONS = (
    Operation(
        "pause", "Let what it is to do wait until it is resumed.", Whole, _pause, writes=True
    ),
    Operation("resume", "Let it go on with what has waited.", Whole, _resume, writes=True),
)
