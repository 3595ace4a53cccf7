"""What a snapshot tells of meters."""

from __future__ import annotations

from ensue.engine.transaction import Transaction
from ensue.resources import meter as meter_kind
from ensue.resources.meter import (
    Meter,
    MeterRecord,
    Question,
    Step,
    Usage,
    UsageChange,
    UsagePoint,
)


class MeterReads:
    """A snapshot of what is committed, with what meters say."""

    __slots__ = ()

    @property
    def _inner(self) -> Transaction:
        """The engine's transaction."""
        raise NotImplementedError

    def usage(
        self,
        meter: Meter,
        subject: str,
        metric: str,
        start_ms: int,
        end_ms: int,
        *,
        group_by: str | None = None,
    ) -> Usage:
        """The value of a metric in a window; see `Meter.value` and `Meter.breakdown`.

        Args:
            meter: where to look.
            subject: whose.
            metric: the metric's name.
            start_ms: the first ms of the window.
            end_ms: the last.
            group_by: a property, for the value of each of its groups; None for none.

        Raises:
            NotFound: there is no such metric.
            InvalidValue: a bound is no time, or it ends before it starts.
            NotKept: it needs events that the log has forgotten.
            LimitExceeded: it needs too many events one by one.
        """
        asked = Question(subject, metric, start_ms, end_ms)
        return meter_kind.usage(self._inner, meter.model, asked, group_by=group_by)

    def usage_series(
        self,
        meter: Meter,
        subject: str,
        metric: str,
        start_ms: int,
        end_ms: int,
        *,
        step: Step = "hour",
        tz: str = "UTC",
    ) -> list[UsagePoint]:
        """The values of a metric in the hours or days of a window; see `Meter.series`.

        Raises:
            EnsueError: as `usage`.
            LimitExceeded: there would be more than 10,000 points.
        """
        asked = Question(subject, metric, start_ms, end_ms)
        return meter_kind.series(self._inner, meter.model, asked, step=step, tz=tz)

    def usage_subjects(
        self,
        meter: Meter,
        *,
        within: tuple[int, int] | None = None,
        after: str = "",
        limit: int = 1_000,
    ) -> list[str]:
        """Subjects in the order of their names, a page at a time; see `Meter.subjects`.

        Raises:
            InvalidValue: the window or the limit is none.
        """
        return meter_kind.list_subjects(
            self._inner, meter.model, within=within, after=after, limit=limit
        )

    def usage_changed(
        self,
        meter: Meter,
        start_ms: int,
        end_ms: int,
        *,
        after: int,
        subject: str | None = None,
        from_subject: str = "",
        limit: int = 100,
    ) -> list[UsageChange]:
        """Whose usage in a period has changed behind a place in the log; see `Meter.changed`.

        Raises:
            InvalidValue: the period or the limit is none.
        """
        page = meter_kind.SubjectPage(subject, from_subject, limit)
        return meter_kind.changed(
            self._inner, meter.model, (start_ms, end_ms), after=after, subjects_of=page
        )

    def usage_changes(
        self,
        meter: Meter,
        subject: str,
        start_ms: int,
        end_ms: int,
        *,
        after: int = 0,
        limit: int = 1_000,
    ) -> list[MeterRecord]:
        """What was recorded of a subject in a window behind a place; see `Meter.changes`.

        Raises:
            InvalidValue: the window or the limit is none.
        """
        of_whom = subject, start_ms, end_ms
        return meter_kind.changes(self._inner, meter.model, of_whom, after=after, limit=limit)
