"""The sums: written as tallies, read as tallies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from ensue.engine.transaction import Transaction
from ensue.resources.meter.model import MeterModel, Metric
from ensue.resources.meter.rules.quantities import SCALE
from ensue.resources.meter.rules.tallies import Cell, Tally
from ensue.words import values
from ensue.words.errors import LimitExceeded

Tallies: TypeAlias = Mapping[Cell, Tally]
COUNTED = ("UNIQUE", "PERCENTILE")  # whose values are counted
_HALF = 10**9
_WHOLE_MAX = 2**63

_NEWER = "(excluded.last_ms > last_ms OR (excluded.last_ms = last_ms AND excluded.place >= place))"
_GREATER = (
    "(events = 0 OR excluded.whole > whole"
    " OR (excluded.whole = whole AND excluded.fraction > fraction))"
)
_MERGES = {
    "SUM": f"whole = whole + excluded.whole + (fraction + excluded.fraction) / {SCALE},"
    f" fraction = (fraction + excluded.fraction) % {SCALE},",
    "MAX": "".join(
        f"{name} = CASE WHEN {_GREATER} THEN excluded.{name} ELSE {name} END, "
        for name in ("whole", "fraction")
    ),
    "LAST": "".join(
        f"{name} = CASE WHEN {_NEWER} THEN excluded.{name} ELSE {name} END, "
        for name in ("whole", "fraction", "last_ms", "place")
    ),
}


class Sums(NamedTuple):
    """The sums of a metric and a subject.

    Attributes:
        metric: the metric.
        number: what stands for it in the store.
        subject: the number of the subject.
    """

    metric: Metric
    number: int
    subject: int


def add(tx: Transaction, meter: MeterModel, to: Sums, tallies: Tallies) -> None:
    """Count tallies into sums."""
    add_all(tx, meter, to.metric, to.number, {to.subject: tallies})


def add_all(
    tx: Transaction,
    meter: MeterModel,
    metric: Metric,
    number: int,
    of_subjects: Mapping[int, Tallies],
) -> None:
    """Count tallies of subjects into the sums of a metric, all at once."""
    tx.connection.executemany(
        f"INSERT INTO {meter.sql}__sums (metric, subject, grouping, hour, grp, events, sequence,"
        " whole, fraction, last_ms, place) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (metric, subject, grouping, hour, grp) DO UPDATE SET"
        f" {_MERGES.get(metric.aggregate, '')} events = events + excluded.events,"
        " sequence = max(sequence, excluded.sequence)",
        [
            (
                number,
                subject,
                *cell,
                each.events,
                each.sequence,
                *_parts(each.quantity),
                each.last_ms,
                each.place,
            )
            for subject, tallies in of_subjects.items()
            for cell, each in tallies.items()
        ],
    )
    if metric.aggregate not in COUNTED:
        return
    tx.connection.executemany(
        f"INSERT INTO {meter.sql}__values (metric, subject, grouping, hour, grp, value, events)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (metric, subject, grouping, hour, grp, value)"
        " DO UPDATE SET events = events + excluded.events",
        [
            (number, subject, *cell, value, times)
            for subject, tallies in of_subjects.items()
            for cell, each in tallies.items()
            for value, times in each.values.items()
        ],
    )


def forget_hour(tx: Transaction, meter: MeterModel, of: Sums, hour: int) -> None:
    """Forget the sums of an hour."""
    groupings = range(len(of.metric.groups) + 1)
    keys = [(of.number, of.subject, grouping, hour) for grouping in groupings]
    for table in ("sums", "values"):
        tx.connection.executemany(
            f"DELETE FROM {meter.sql}__{table}"
            " WHERE metric = ? AND subject = ? AND grouping = ? AND hour = ?",
            keys,
        )


def _parts(quantity: int) -> tuple[int, int]:
    whole, fraction = divmod(quantity, SCALE)
    if not -_WHOLE_MAX <= whole < _WHOLE_MAX:
        raise LimitExceeded(f"expected a sum of 64 bits, got {whole}")
    return whole, fraction


_RANGE = "metric = ? AND subject = ? AND grouping = ? AND hour >= ? AND hour < ?"
Range: TypeAlias = tuple[int, int, int, int, int]


def read(
    tx: Transaction, meter: MeterModel, aggregate: str, within: Range
) -> Iterator[tuple[str, Tally]]:
    """The tallies of whole hours, by group; those of one group may come in parts.

    Args:
        tx: where to look.
        meter: whose.
        aggregate: of the metric; of ``UNIQUE`` the values are not read, see `count_unique`.
        within: the metric's number, the subject's, the grouping, the first hour and the one behind
            the last.
    """
    if aggregate == "PERCENTILE":
        yield from _read_values(tx, meter, within)
    elif aggregate in {"MAX", "LAST"}:
        for group, *row in tx.execute(
            "SELECT grp, events, sequence, whole, fraction, last_ms, place"
            f" FROM {meter.sql}__sums WHERE {_RANGE} AND events > 0",
            within,
        ):
            yield group, _tally(row)
    else:
        for group, events, sequence, whole, high, low in tx.execute(
            f"SELECT grp, sum(events), max(sequence), sum(whole), sum(fraction / {_HALF}),"
            f" sum(fraction % {_HALF}) FROM {meter.sql}__sums WHERE {_RANGE} GROUP BY grp",
            within,
        ):
            found = _tally((events, sequence, whole, 0, 0, 0))
            found.quantity += high * _HALF + low
            yield group, found


def read_hours(
    tx: Transaction, meter: MeterModel, aggregate: str, within: Range
) -> Iterator[tuple[int, Tally]]:
    """The tallies of whole hours, hour by hour, of one group."""
    if aggregate in COUNTED:
        for hour, value, times in tx.execute(
            f"SELECT hour, value, events FROM {meter.sql}__values WHERE {_RANGE}", within
        ):
            found = Tally()
            found.events, found.values = times, {value: times}
            yield hour, found
        return
    for hour, *row in tx.execute(
        "SELECT hour, events, sequence, whole, fraction, last_ms, place"
        f" FROM {meter.sql}__sums WHERE {_RANGE} AND events > 0",
        within,
    ):
        yield hour, _tally(row)


def hours_of(tx: Transaction, meter: MeterModel, of: Sums, from_hour: int) -> list[int]:
    """The hours of which there are sums, from one on."""
    return [
        hour
        for grouping in range(len(of.metric.groups) + 1)
        for (hour,) in tx.execute(
            f"SELECT DISTINCT hour FROM {meter.sql}__sums"
            " WHERE metric = ? AND subject = ? AND grouping = ? AND hour >= ?",
            (of.number, of.subject, grouping, from_hour),
        )
    ]


def of_hour(tx: Transaction, meter: MeterModel, of: Sums, hour: int) -> dict[Cell, Tally]:
    """All tallies of an hour."""
    found: dict[Cell, Tally] = {}
    for grouping in range(len(of.metric.groups) + 1):
        within = (of.number, of.subject, grouping, hour, hour + 1)
        for group, *row in tx.execute(
            "SELECT grp, events, sequence, whole, fraction, last_ms, place"
            f" FROM {meter.sql}__sums WHERE {_RANGE}",
            within,
        ):
            found[Cell(grouping, hour, group)] = _tally(row)
        for group, value, times in tx.execute(
            f"SELECT grp, value, events FROM {meter.sql}__values WHERE {_RANGE}", within
        ):
            found.setdefault(Cell(grouping, hour, group), Tally()).values[value] = times
    return found


def count_unique(
    tx: Transaction, meter: MeterModel, within: Range, besides: Iterable[tuple[str, str]]
) -> dict[str, int]:
    """How many different values each group has in whole hours, and in pairs that come besides.

    Args:
        tx: where to look.
        meter: whose.
        within: as for `read`.
        besides: groups and values of what is in no whole hour.
    """
    return dict(
        tx.execute(
            "SELECT grp, count(DISTINCT value) FROM"
            f" (SELECT grp, value FROM {meter.sql}__values WHERE {_RANGE}"
            " UNION ALL SELECT value ->> 0, value ->> 1 FROM json_each(?)) GROUP BY grp",
            (*within, values.encode([list(pair) for pair in besides])),
        )
    )


def _read_values(tx: Transaction, meter: MeterModel, within: Range) -> Iterator[tuple[str, Tally]]:
    for group, value, times in tx.execute(
        f"SELECT grp, value, sum(events) FROM {meter.sql}__values WHERE {_RANGE}"
        " GROUP BY grp, value",
        within,
    ):
        found = Tally()
        found.events, found.values = times, {value: times}
        yield group, found


def _tally(row: Sequence[int]) -> Tally:
    found = Tally()
    events, sequence, whole, fraction, last_ms, place = row
    found.events, found.sequence = events, sequence
    found.quantity = whole * SCALE + fraction
    found.last_ms, found.place = last_ms, place
    return found


def copy(tx: Transaction, meter: MeterModel, within: Range, number: int) -> int:
    """Copy sums to another number; returns how many."""
    copied = 0
    for table, columns in (
        ("sums", "subject, grouping, hour, grp, events, sequence, whole, fraction, last_ms, place"),
        ("values", "subject, grouping, hour, grp, value, events"),
    ):
        tx.execute(
            f"INSERT INTO {meter.sql}__{table} (metric, {columns})"
            f" SELECT ?, {columns} FROM {meter.sql}__{table} WHERE {_RANGE}",
            (number, *within),
        )
        copied += tx.changed()
    return copied
