"""Dead letters: looked through, edited, moved back, and the moving undone."""

from __future__ import annotations

from typing import Unpack

from ensue.engine.home import Home
from ensue.engine.transaction import Transaction
from ensue.resources.queue import rules
from ensue.resources.queue.model import (
    REDRIVE_MAX,
    QueueModel,
    Redrive,
    RedriveOptions,
    RedrivePreview,
    Undone,
)
from ensue.resources.queue.store import redriving
from ensue.resources.queue.store.redriving import Undoing
from ensue.words.errors import InvalidValue
from ensue.words.units import rate_per_second


class Redriving:
    """What can be done with a dead-letter queue."""

    model: QueueModel
    _home: Home

    async def redrive(
        self,
        limit: int | None = None,
        *,
        rate: str | None = None,
        **options: Unpack[RedriveOptions],
    ) -> Redrive:
        """Move dead letters back to where they came from, as if they were new there.

        Without a rate it is one transaction, of the first 10,000 letters at most. With one it goes
        on by itself, across restarts; see `redrives`, and `cancel_redrive`.

        Args:
            limit: how many it moves at most.
            rate: such as ``"50/s"``.
            options: ``cause``: the fingerprint of what they died of, as `causes` tells it; or
                ``ids``: which letters, 1,000 at most. ``pattern``: which of them: an event pattern
                on ``body``, ``attributes``, ``reason``, ``receives`` and ``group``. ``body``: what
                replaces each body. ``edit``: an update expression on each body, such as ``SET
                currency = :c``, with ``values`` for its ``:names``.

        Raises:
            InvalidInput: this is no dead-letter queue, or the options contradict each other.
            NotFound: there are no letters of that cause.
            InvalidPattern: the pattern does not compile; says where.
            InvalidExpression: the edit does not compile; says where.
            InvalidValue: the rate is none, or the limit is below 1.
        """
        engine = self._home.engine
        plan = _plan(limit, rate, options)

        def start(tx: Transaction) -> Redrive:
            found = redriving.start(tx, self.model, plan)
            if plan.rate is None:
                found = redriving.at_once(tx, found, engine.declared)
            return redriving.shown(found)

        return await engine.transact(start)

    async def preview_redrive(
        self, limit: int | None = None, **options: Unpack[RedriveOptions]
    ) -> RedrivePreview:
        """What `redrive` would do with the first 10,000 letters; nothing is moved.

        Args:
            limit: how many it would move at most.
            options: as for `redrive`.

        Raises:
            EnsueError: as `redrive`.
        """
        engine = self._home.engine
        plan = _plan(limit, None, options)
        return engine.read(lambda tx: redriving.preview(tx, self.model, plan, engine.declared))

    async def redrives(self, limit: int = 100) -> list[Redrive]:
        """The redrives of this dead-letter queue, newest first, at most 1,000.

        Raises:
            InvalidInput: this is no dead-letter queue.
        """
        return self._home.engine.read(lambda tx: redriving.listed(tx, self.model, limit))

    async def cancel_redrive(self, redrive_id: int) -> Redrive:
        """Stop a redrive that runs. What it moved stays moved; `undo_redrive` takes it back.

        Raises:
            NotFound: there is no such redrive.
            Conflict: it does not run.
        """
        return await self._home.engine.transact(
            lambda tx: redriving.shown(redriving.cancel(tx, self.model, redrive_id))
        )

    async def undo_redrive(self, redrive_id: int) -> Undone:
        """Make what a redrive moved dead letters again, as they were, where it still waits.

        Raises:
            NotFound: there is no such redrive, or it has been forgotten.
            Conflict: it still runs.
        """
        undoing = Undoing(redrive_id)
        while not undoing.is_done:
            undoing = await self._undo(undoing)
        return undoing.answer()

    async def _undo(self, so_far: Undoing) -> Undoing:
        return await self._home.engine.transact(lambda tx: redriving.undo(tx, self.model, so_far))


def _plan(limit: int | None, rate: str | None, options: RedriveOptions) -> rules.Plan:
    if limit is not None and limit < 1:
        raise InvalidValue(f"expected a limit of 1 or more, got {limit}", at="$.limit")
    per_second = None if rate is None else rate_per_second(rate)
    if per_second is None:
        limit = min(limit or REDRIVE_MAX, REDRIVE_MAX)
    return rules.plan_of(options, rate=per_second, limit=limit)
