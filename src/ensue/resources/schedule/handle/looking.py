"""What is known of schedules: what comes, what came, and what was missed."""

from __future__ import annotations

from ensue.engine.home import Home
from ensue.engine.transaction import Transaction
from ensue.resources.schedule import rules, store
from ensue.resources.schedule.model import (
    LANES_MAX,
    MOMENTS_MAX,
    NOTES_MAX,
    Entry,
    GroupModel,
    Lane,
    Missing,
    Run,
)


class Looking:
    """The reading half of a group of schedules.

    Args:
        home: the app.
        model: the group.
    """

    def __init__(self, home: Home, model: GroupModel) -> None:
        self.model = model
        self._home = home

    async def upcoming(self, within_ms: int) -> list[Lane]:
        """When each schedule is due within a time, those that are due first before the others.

        Args:
            within_ms: from now on.

        Returns:
            For 40 schedules at most, each with its first 50 moments.
        """

        def look(tx: Transaction) -> list[Lane]:
            until_ms = tx.now_ms + within_ms
            found = store.due_at(tx, self.model, until_ms, LANES_MAX)
            return [_lane(entry, until_ms) for entry in found]

        # Walking calendars takes long, and reads nothing.
        return await self._home.engine.reads.look(look, is_long=True)

    async def runs(self, name: str, limit: int = 20) -> list[Run]:
        """The last firings of a schedule that are kept, newest first.

        Raises:
            NotFound: there is none of this name.
        """
        return self._home.engine.read(lambda tx: store.runs(tx, self.model, name, limit))

    async def missed(self, name: str | None = None, limit: int = 20) -> list[Missing]:
        """What was due and did not fire in its time, newest first: of one schedule, or of all.

        The last 1,000 of a group are kept.

        Raises:
            NotFound: there is none of this name.
        """
        bounded = max(0, min(limit, NOTES_MAX))
        return self._home.engine.read(lambda tx: store.missed(tx, self.model, name, bounded))


def _lane(entry: Entry, until_ms: int) -> Lane:
    moments: list[int] = []
    due_ms = entry.due_ms
    while due_ms is not None and due_ms <= until_ms and len(moments) < MOMENTS_MAX:
        moments.append(due_ms)
        due_ms = rules.due_after(entry.plan, entry.anchor_ms, due_ms)
    more = due_ms is not None and due_ms <= until_ms
    return Lane(entry.name, entry.plan.expression, entry.plan.timezone, moments, more)
