"""What a metric says of a subject: whole hours from the sums, edges from the log."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from decimal import Decimal

from ensue.engine import logs
from ensue.engine.transaction import Transaction
from ensue.resources.meter.model import (
    LOG_EVENTS_MAX,
    MeterModel,
    Metric,
    Question,
    Usage,
    UsagePoint,
)
from ensue.resources.meter.rules.quantities import as_text
from ensue.resources.meter.rules.tallies import TOTAL, Standing, Tally, stand, tally_all
from ensue.resources.meter.rules.windows import Span, cut, parts, span
from ensue.resources.meter.store import events as log
from ensue.resources.meter.store import metrics, subjects, sums
from ensue.words import values
from ensue.words.errors import LimitExceeded, NotKept
from ensue.words.units import iso


def usage(
    tx: Transaction, meter: MeterModel, asked: Question, *, group_by: str | None = None
) -> Usage:
    """The value of a metric in a window, and of its groups."""
    metric = meter.metric(asked.metric)
    of = span(asked.start_ms, asked.end_ms)
    position = logs.last_sequence(tx, meter.sql)
    number = subjects.number_of(tx, meter, asked.subject)
    if number is None:
        return Usage(Decimal(0), 0, metric.unit, position, None if group_by is None else {})
    (value, events), groups = _Asked(tx, meter, metric, number).look(of, group_by)
    found = None if group_by is None else dict(sorted(groups.items()))
    return Usage(value, events, metric.unit, position, found)


def series(
    tx: Transaction, meter: MeterModel, asked: Question, *, step: str, tz: str
) -> list[UsagePoint]:
    """The values of a metric in the hours or days of a window."""
    metric = meter.metric(asked.metric)
    of = parts(span(asked.start_ms, asked.end_ms), step, tz)
    tallies = [Tally() for _ in of]
    number = subjects.number_of(tx, meter, asked.subject)
    if number is not None:
        _Asked(tx, meter, metric, number).fill(of, tallies)
    return [
        UsagePoint(*each, found.value(metric), found.events)
        for each, found in zip(of, tallies, strict=True)
    ]


class _Asked:
    """A metric of a subject, as it is looked at."""

    def __init__(self, tx: Transaction, meter: MeterModel, metric: Metric, subject: int) -> None:
        self._tx = tx
        self._meter = meter
        self._metric = metric
        self._subject = subject
        self._summed = metrics.current_of(tx, meter, metric.name)
        self._groupings = {name: number for number, name in enumerate(metric.groups, 1)}

    def look(
        self, of: Span, group_by: str | None
    ) -> tuple[tuple[Decimal, int], dict[str, Decimal]]:
        """The value and the number of events of a window, and the value of each group."""
        window = cut(of)
        if self._summed is None or (group_by is not None and group_by not in self._groupings):
            edges = self._events([of])
            return self._total(None, edges), self._grouped(edges, group_by)
        self._check_known(of)
        edges = self._events(window.edges)
        hours = window.first, window.behind
        total = self._total(hours, edges)
        if group_by is None:
            return total, {}
        return total, self._kept_groups(hours, edges, group_by)

    def fill(self, of: list[Span], tallies: list[Tally]) -> None:
        """Count what is in each part of a window into a tally of its own."""
        if self._summed is None:
            edges = self._events([Span(of[0].start_ms, of[-1].end_ms)])
        else:
            self._check_known(of[0])
            cuts = [cut(each) for each in of]
            edges = self._events([edge for each in cuts for edge in each.edges])
            hours = cut(Span(of[0].start_ms, of[-1].end_ms))
            within = self._within(self._summed, TOTAL, (hours.first, hours.behind))
            starts = [each.first for each in cuts]
            for hour, found in sums.read_hours(
                self._tx, self._meter, self._metric.aggregate, within
            ):
                at = bisect_right(starts, hour) - 1
                if hour < cuts[at].behind:
                    tallies[at].merge(self._metric.aggregate, found)
        begins = [each.start_ms for each in of]
        by_part: dict[int, list[Standing]] = {}
        for event in edges:
            by_part.setdefault(bisect_right(begins, event.time_ms) - 1, []).append(event)
        for at, events in by_part.items():
            tallies[at].merge(self._metric.aggregate, self._tally(events))

    def _total(self, hours: tuple[int, int] | None, edges: list[Standing]) -> tuple[Decimal, int]:
        found = self._tally(edges)
        if hours is None or self._summed is None:
            return found.value(self._metric), found.events
        within = self._within(self._summed, TOTAL, hours)
        besides = [("", value) for value in found.values]
        for _, part in sums.read(self._tx, self._meter, self._metric.aggregate, within):
            found.merge(self._metric.aggregate, part)
        if self._metric.aggregate == "UNIQUE":
            counted = sums.count_unique(self._tx, self._meter, within, besides)
            return Decimal(counted.get("", 0)), found.events
        return found.value(self._metric), found.events

    def _kept_groups(
        self, hours: tuple[int, int], edges: list[Standing], group_by: str
    ) -> dict[str, Decimal]:
        assert_summed = self._summed
        if assert_summed is None:
            return {}
        within = self._within(assert_summed, self._groupings[group_by], hours)
        found = self._tallies(edges, group_by)
        if self._metric.aggregate == "UNIQUE":
            besides = [(group, value) for group, each in found.items() for value in each.values]
            counted = sums.count_unique(self._tx, self._meter, within, besides)
            return {group: Decimal(many) for group, many in counted.items()}
        for group, part in sums.read(self._tx, self._meter, self._metric.aggregate, within):
            found.setdefault(group, Tally()).merge(self._metric.aggregate, part)
        return {group: each.value(self._metric) for group, each in found.items()}

    def _grouped(self, events: list[Standing], group_by: str | None) -> dict[str, Decimal]:
        if group_by is None:
            return {}
        found = self._tallies(events, group_by)
        return {group: each.value(self._metric) for group, each in found.items()}

    def _tallies(self, events: list[Standing], group_by: str) -> dict[str, Tally]:
        by_group: dict[str, list[Standing]] = {}
        for event in events:
            by_group.setdefault(as_text(event.properties.get(group_by)), []).append(event)
        tallies = {group: self._tally(each) for group, each in by_group.items()}
        return {group: each for group, each in tallies.items() if each.events}

    def _tally(self, events: Iterable[Standing]) -> Tally:
        return tally_all(self._metric, events)

    def _events(self, spans: Iterable[Span]) -> list[Standing]:
        """The events of some spans, from the log.

        Raises:
            NotKept: the log has forgotten some of them.
            LimitExceeded: there are too many.
        """
        whole_from_ms = metrics.whole_from_ms(self._tx, self._meter)
        found: list[Standing] = []
        left = LOG_EVENTS_MAX + 1
        for each in spans:
            if each.start_ms < whole_from_ms:
                raise NotKept(
                    f"the events before {iso(whole_from_ms)} are not all kept, only their sums",
                    at=f"{self._meter.ref} {self._metric.name}",
                    hint="Ask for whole hours, and for groups that the metric declares.",
                )
            sought = log.Sought(self._subject, self._metric.event, each, limit=left)
            lines = log.lines(self._tx, self._meter, sought)
            left -= len(lines)
            if left <= 0:
                raise LimitExceeded(
                    f"expected at most {LOG_EVENTS_MAX} events to look at one by one",
                    at=f"{self._meter.ref} {self._metric.name}",
                    hint="Declare the group with the metric, or ask for a shorter window.",
                )
            found += stand(lines)
        return found

    def _check_known(self, of: Span) -> None:
        if self._summed is not None and of.start_ms < self._summed.from_ms:
            raise NotKept(
                f"the sums are known from {iso(self._summed.from_ms)} on: the log had forgotten"
                " what was before when the metric was declared",
                at=f"{self._meter.ref} {values.shown(self._metric.name)}",
            )

    def _within(self, summed: metrics.Summed, grouping: int, hours: tuple[int, int]) -> sums.Range:
        return summed.number, self._subject, grouping, *hours
