"""What a meter tells."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Literal

from ensue.engine.home import Home
from ensue.resources.meter import store
from ensue.resources.meter.model import (
    FUTURE,
    PAGE_MAX,
    PAST,
    MeterModel,
    MeterRecord,
    Metric,
    Question,
    Usage,
    UsageChange,
    UsagePoint,
)
from ensue.words.names import Ref
from ensue.words.units import duration_ms

Step = Literal["hour", "day"]


class MeterReads:
    """What is asked of a meter; each is answered from a snapshot of what is committed.

    Args:
        home: the app.
        name: its name.
        metrics: what is summed.
        past: how old an event may be that is recorded, such as ``"30d"``.
        future: how far ahead its time may be, such as ``"5m"``.
        retention: how long the log is kept; None for ever.
    """

    def __init__(
        self,
        home: Home,
        name: str,
        *,
        metrics: Sequence[Metric],
        past: str | float = PAST,
        future: str | float = FUTURE,
        retention: str | float | None = None,
    ) -> None:
        self.model = MeterModel(
            Ref(home.app, "meter", name),
            tuple(metrics),
            duration_ms(past),
            duration_ms(future),
            None if retention is None else duration_ms(retention),
        )
        self._home = home

    @property
    def ref(self) -> Ref:
        """What it is called."""
        return self.model.ref

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """What is summed, in the order of declaration."""
        return self.model.metrics

    async def value(self, subject: str, metric: str, start_ms: int, end_ms: int) -> Decimal:
        """The value of a metric in a window; 0 where nothing was measured.

        Args:
            subject: whose.
            metric: the metric's name.
            start_ms: the first ms of the window.
            end_ms: the last.

        Raises:
            NotFound: there is no such metric.
            InvalidValue: a bound is no time, or it ends before it starts.
            NotKept: it needs events that the log has forgotten.
            LimitExceeded: it needs too many events one by one.
        """
        return (await self.usage(subject, metric, start_ms, end_ms)).value

    async def usage(self, subject: str, metric: str, start_ms: int, end_ms: int) -> Usage:
        """The value of a metric in a window, with its unit and how many events it is made of.

        Raises:
            EnsueError: as `value`.
        """
        asked = Question(subject, metric, start_ms, end_ms)
        return self._home.engine.read(lambda tx: store.usage(tx, self.model, asked))

    async def breakdown(
        self, subject: str, metric: str, start_ms: int, end_ms: int, *, group_by: str
    ) -> Usage:
        """The value of a metric in a window, and that of each group.

        Args:
            subject: whose.
            metric: the metric's name.
            start_ms: the first ms of the window.
            end_ms: the last.
            group_by: a property. Of one that the metric declares as a group, sums are there; of
                another the events are read. What lacks it is in the group ``(empty)``.

        Returns:
            The total, which is that of all events and not the sum of the groups, and ``groups``.

        Raises:
            EnsueError: as `value`.
        """
        asked = Question(subject, metric, start_ms, end_ms)
        return self._home.engine.read(
            lambda tx: store.usage(tx, self.model, asked, group_by=group_by)
        )

    async def series(
        self,
        subject: str,
        metric: str,
        start_ms: int,
        end_ms: int,
        *,
        step: Step = "hour",
        tz: str = "UTC",
    ) -> list[UsagePoint]:
        """The values of a metric in the hours or days of a window, none left out.

        Args:
            subject: whose.
            metric: the metric's name.
            start_ms: the first ms of the window.
            end_ms: the last.
            step: ``hour`` or ``day``.
            tz: by whose clocks, such as ``Europe/Berlin``.

        Raises:
            EnsueError: as `value`.
            LimitExceeded: there would be more than 10,000 points.
        """
        asked = Question(subject, metric, start_ms, end_ms)
        return self._home.engine.read(
            lambda tx: store.series(tx, self.model, asked, step=step, tz=tz)
        )

    async def subjects(
        self, *, within: tuple[int, int] | None = None, after: str = "", limit: int = PAGE_MAX
    ) -> list[str]:
        """Subjects in the order of their names, a page at a time.

        Args:
            within: the first and last ms of a window: only those with usage in its hours; None for
                all that ever had an event.
            after: only those behind this one.
            limit: how many, 1 to 1,000.

        Raises:
            InvalidValue: the window or the limit is none.
        """
        return self._home.engine.read(
            lambda tx: store.list_subjects(tx, self.model, within=within, after=after, limit=limit)
        )

    async def changed(
        self,
        start_ms: int,
        end_ms: int,
        *,
        after: int,
        subject: str | None = None,
        from_subject: str = "",
        limit: int = 100,
    ) -> list[UsageChange]:
        """Whose usage in a period has changed behind a place in the log: late events, corrections.

        Args:
            start_ms: the first ms of the period.
            end_ms: the last. Whole hours are looked at: a change in the rest of one counts too.
            after: the ``position`` of a `Usage` that was seen then, or of `position_at`.
            subject: of this one only; None for all, a page at a time.
            from_subject: only subjects behind this one, by their names.
            limit: how many subjects to look at, 1 to 1,000.

        Raises:
            InvalidValue: the period or the limit is none.
        """
        return self._home.engine.read(
            lambda tx: store.changed(
                tx,
                self.model,
                (start_ms, end_ms),
                after=after,
                subjects_of=store.SubjectPage(subject, from_subject, limit),
            )
        )

    async def changes(
        self, subject: str, start_ms: int, end_ms: int, *, after: int = 0, limit: int = PAGE_MAX
    ) -> list[MeterRecord]:
        """What was recorded of a subject in a window behind a place in the log, in that order.

        Args:
            subject: whose.
            start_ms: the first ms of the window: of the events' own times.
            end_ms: the last.
            after: a place in the log: the ``position`` of a `Usage`, the ``sequence`` of the last
                line of the page before, or of `position_at`.
            limit: how many, 1 to 1,000.

        Raises:
            InvalidValue: the window or the limit is none.
        """
        return self._home.engine.read(
            lambda tx: store.changes(
                tx, self.model, (subject, start_ms, end_ms), after=after, limit=limit
            )
        )

    async def position_at(self, at_ms: int) -> int:
        """The place in the log of the last line that was recorded before a time."""
        return self._home.engine.read(lambda tx: store.position_at(tx, self.model, at_ms))
