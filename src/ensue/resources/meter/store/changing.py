"""Who has usage, and what has changed in a period since somebody looked at it."""

from __future__ import annotations

from typing import NamedTuple

from ensue.engine import hops, logs
from ensue.engine.transaction import Transaction
from ensue.resources.meter.model import (
    HOUR_MS,
    PAGE_MAX,
    MeterModel,
    MeterRecord,
    UsageChange,
)
from ensue.resources.meter.rules.windows import Span, span
from ensue.resources.meter.store import events as log
from ensue.resources.meter.store import subjects
from ensue.resources.meter.store.metrics import (
    BUILDING,
    CURRENT,
    all_summed,
    current,
    whole_from_ms,
)
from ensue.words.errors import InvalidValue
from ensue.words.values import Json, shown


class SubjectPage(NamedTuple):
    """Which subjects.

    Attributes:
        only: this one only; None for all.
        behind: only those behind this one, by their names.
        limit: how many at most.
    """

    only: str | None = None
    behind: str = ""
    limit: int = PAGE_MAX


def list_subjects(
    tx: Transaction, meter: MeterModel, *, within: tuple[int, int] | None, after: str, limit: int
) -> list[str]:
    """Subjects by their names: all, or those that have usage in the hours of a window."""
    bounded = _page(limit)
    if within is None:
        sql = (
            f"SELECT subject FROM {meter.sql}__subjects WHERE subject > ? ORDER BY subject LIMIT ?"
        )
        return [str(name) for (name,) in tx.rows(sql, (after, bounded))]
    hours = _hours(span(*within))
    found = tx.rows(
        f"SELECT s.subject FROM {meter.sql}__subjects s WHERE s.subject > ? AND EXISTS"
        f" (SELECT 1 FROM {meter.sql}__metrics m CROSS JOIN {meter.sql}__sums u"
        "  ON u.metric = m.number AND u.subject = s.number AND u.grouping = 0"
        "  AND u.hour BETWEEN ? AND ? AND u.events > 0 WHERE m.state = ?)"
        " ORDER BY s.subject LIMIT ?",
        (after, *hours, CURRENT, bounded),
    )
    return [str(name) for (name,) in found]


def changed(
    tx: Transaction,
    meter: MeterModel,
    within: tuple[int, int],
    *,
    after: int,
    subjects_of: SubjectPage,
) -> list[UsageChange]:
    """Whose usage in the hours of a window has changed behind a place in the log, by subject."""
    of = span(*within)
    if subjects_of.only is not None:
        who, given = "subject = ? LIMIT ?", (subjects_of.only, 1)
    else:
        who = "subject > ? ORDER BY subject LIMIT ?"
        given = subjects_of.behind, _page(subjects_of.limit)
    page = f"SELECT number, subject FROM {meter.sql}__subjects WHERE {who}"
    found = tx.rows(
        f"SELECT s.subject, m.name, (SELECT max(u.sequence) FROM {meter.sql}__sums u"
        "  WHERE u.metric = m.number AND u.subject = s.number AND u.grouping = 0"
        "  AND u.hour BETWEEN ? AND ?) AS last"
        f" FROM ({page}) s CROSS JOIN {meter.sql}__metrics m WHERE m.state = ?",
        (*_hours(of), *given, CURRENT),
    )
    kept = current(tx, meter)
    for metric in meter.metrics:
        if metric.name not in kept:  # its sums are not there yet: the log knows
            found += tx.rows(
                f"SELECT s.subject, ?, (SELECT max(e.sequence) FROM {meter.sql} e"
                "  WHERE e.subject = s.number AND e.type = ? AND e.time_ms BETWEEN ? AND ?) AS last"
                f" FROM ({page}) s",
                (metric.name, metric.event, *of, *given),
            )
    places = {metric.name: place for place, metric in enumerate(meter.metrics)}
    changes = [
        UsageChange(str(subject), str(name), int(str(last)))
        for subject, name, last in found
        if last is not None and int(str(last)) > after
    ]
    return sorted(changes, key=lambda each: (each.subject, places.get(each.metric, -1)))


def changes(
    tx: Transaction, meter: MeterModel, of_whom: tuple[str, int, int], *, after: int, limit: int
) -> list[MeterRecord]:
    """What was recorded of a subject in a window behind a place in the log, in that order."""
    subject, *within = of_whom
    of, bounded = span(*within), _page(limit)
    number = subjects.number_of(tx, meter, subject)
    if number is None:
        return []
    found = [
        each
        for event_type in dict.fromkeys(metric.event for metric in meter.metrics)
        for each in log.changes(
            tx, meter, log.Sought(number, event_type, of, limit=bounded), after=after
        )
    ]
    return sorted(found, key=lambda each: each.sequence)[:bounded]


def position_at(tx: Transaction, meter: MeterModel, at_ms: int) -> int:
    """The place in the log of the last that was recorded before a time; 0 for the beginning."""
    since = hops.first_since(tx, meter.sql, "sequence", at_ms)
    return logs.last_sequence(tx, meter.sql) if since is None else since - 1


def _hours(of: Span) -> tuple[int, int]:
    return of.start_ms // HOUR_MS, of.end_ms // HOUR_MS


def _page(limit: int) -> int:
    if not 1 <= limit <= PAGE_MAX:
        raise InvalidValue(f"expected a limit of 1 to {PAGE_MAX}, got {shown(limit)}", at="$.limit")
    return limit


def status(tx: Transaction, meter: MeterModel) -> dict[str, Json]:
    """How much a meter keeps, and what is being summed."""
    [(many,)] = tx.rows(f"SELECT count(*) FROM {meter.sql}__subjects")
    last = logs.last_sequence(tx, meter.sql)
    return {
        "subjects": many,
        "last_sequence": last,
        "whole_from_ms": whole_from_ms(tx, meter),
        "building": {
            each.name: f"{each.position} of {last}"
            for each in all_summed(tx, meter)
            if each.state == BUILDING
        },
    }
