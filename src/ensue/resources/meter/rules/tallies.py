"""Tallies: what is counted, summed or compared of events, in any order and in any parts.

Two tallies of different events make that of all of them; so hours are summed one by one, and a
window is the tally of its hours and of the events at its edges.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from math import ceil
from typing import NamedTuple

from ensue.resources.meter.model import HOUR_MS, Metric
from ensue.resources.meter.rules.quantities import as_decimal, as_text, measure
from ensue.words.errors import InvalidValue

TOTAL = 0  # the number of the grouping that has one group, of all events


class Standing(NamedTuple):
    """An event as it stands after all corrections.

    Attributes:
        place: where in the log the event is.
        sequence: where its last correction is, or it itself.
        time_ms: when it was.
        properties: what it says.
    """

    place: int
    sequence: int
    time_ms: int
    properties: Mapping[str, object]


class Line(NamedTuple):
    """A line of the log.

    Attributes:
        sequence: its place.
        corrects: the place of the event that it corrects; None for an event.
        time_ms: when the event was.
        properties: what the event says from then on; None for one that is retracted.
    """

    sequence: int
    corrects: int | None
    time_ms: int
    properties: Mapping[str, object] | None


class Cell(NamedTuple):
    """Which tally of a metric: each event is in that of the total, and in one of each grouping.

    Attributes:
        grouping: 0 for the total, 1 for the metric's first group, and so on.
        hour: hours since 1970; or whatever parts of time are told apart.
        group: the value of the grouping's property.
    """

    grouping: int
    hour: int
    group: str


class Tally:
    """What is known of some events of a metric.

    Attributes:
        events: how many count.
        quantity: their sum, their maximum, or the last, in units of 10^-18.
        last_ms: of ``LAST``: the time of the event that is the last.
        place: of ``LAST``: its place in the log, which decides between events of one time.
        sequence: the newest place in the log that it knows of.
        values: of ``UNIQUE`` and ``PERCENTILE``: how many events have each value.
    """

    __slots__ = ("events", "last_ms", "place", "quantity", "sequence", "values")

    def __init__(self) -> None:
        self.events = 0
        self.quantity = 0
        self.last_ms = 0
        self.place = 0
        self.sequence = 0
        self.values: dict[str, int] = {}

    def __eq__(self, other: object) -> bool:
        """Whether the other knows the same."""
        return isinstance(other, Tally) and all(
            getattr(self, name) == getattr(other, name) for name in self.__slots__
        )

    __hash__ = None  # type: ignore[assignment] # what it knows changes

    def take(self, aggregate: str, measured: int | str, event: Standing) -> None:
        """Count an event in."""
        if isinstance(measured, str):
            self.values[measured] = self.values.get(measured, 0) + 1
        elif aggregate == "SUM":
            self.quantity += measured
        elif aggregate == "MAX":
            if not self.events or measured > self.quantity:
                self.quantity = measured
        elif aggregate == "LAST":
            self._follow(measured, event.time_ms, event.place)
        self.events += 1
        self.sequence = max(self.sequence, event.sequence)

    def merge(self, aggregate: str, other: Tally) -> None:
        """Count in what another tally knows."""
        self.sequence = max(self.sequence, other.sequence)
        if not other.events:
            return
        for value, times in other.values.items():
            self.values[value] = self.values.get(value, 0) + times
        if aggregate == "SUM":
            self.quantity += other.quantity
        elif aggregate == "MAX":
            if not self.events or other.quantity > self.quantity:
                self.quantity = other.quantity
        elif aggregate == "LAST":
            self._follow(other.quantity, other.last_ms, other.place)
        self.events += other.events

    def value(self, metric: Metric) -> Decimal:
        """What the metric says of these events; 0 of none."""
        if metric.aggregate == "COUNT":
            return Decimal(self.events)
        if metric.aggregate == "UNIQUE":
            return Decimal(len(self.values))
        if metric.percentile is not None:
            return percentile(self.values, metric.percentile)
        return as_decimal(self.quantity)

    def _follow(self, quantity: int, last_ms: int, place: int) -> None:
        if (last_ms, place) >= (self.last_ms, self.place):
            self.quantity, self.last_ms, self.place = quantity, last_ms, place


def percentile(values: Mapping[str, int], which: float) -> Decimal:
    """The least of the values that so many percent of them do not exceed; 0 of none."""
    total = sum(values.values())
    rank = ceil(Fraction(str(which)) / 100 * total)
    for number, times in sorted((Decimal(text), times) for text, times in values.items()):
        rank -= times
        if rank <= 0:
            return number
    return Decimal(0)


def tally(metric: Metric, events: Iterable[Standing]) -> dict[Cell, Tally]:
    """The tallies of whole hours: each event is in the total and in its group of each grouping."""
    groupings = tuple(enumerate(metric.groups, 1))
    aggregate = metric.aggregate
    found: dict[Cell, Tally] = {}
    for measured, event in _measured(metric, events):
        hour = event.time_ms // HOUR_MS
        _at(found, Cell(TOTAL, hour, "")).take(aggregate, measured, event)
        for number, name in groupings:
            group = as_text(event.properties.get(name))
            _at(found, Cell(number, hour, group)).take(aggregate, measured, event)
    return found


def stand(lines: Iterable[Line]) -> list[Standing]:
    """The events of lines of the log as they stand after their corrections.

    What corrects an event that is not among them says nothing.
    """
    found: dict[int, Line] = {}
    for line in lines:
        if line.corrects is None:
            found[line.sequence] = line
        elif line.corrects in found:
            found[line.corrects] = line
    return [
        Standing(place, line.sequence, line.time_ms, line.properties)
        for place, line in found.items()
        if line.properties is not None
    ]


def tally_lines(metric: Metric, lines: Sequence[Line]) -> dict[Cell, Tally]:
    """The tallies of whole hours, of all their lines.

    The total of an hour knows of the corrections of what counted, also where nothing does any more.
    """
    found = tally(metric, stand(lines))
    counted: set[int] = set()
    for line in lines:
        place = line.sequence if line.corrects is None else line.corrects
        if line.properties is not None and _measure(metric, line.properties) is not None:
            counted.add(place)
        if line.corrects is not None and place in counted:
            total = _at(found, Cell(TOTAL, line.time_ms // HOUR_MS, ""))
            total.sequence = max(total.sequence, line.sequence)
    return found


def tally_all(metric: Metric, events: Iterable[Standing]) -> Tally:
    """Count events into one tally."""
    found = Tally()
    for measured, event in _measured(metric, events):
        found.take(metric.aggregate, measured, event)
    return found


def _measured(metric: Metric, events: Iterable[Standing]) -> Iterator[tuple[int | str, Standing]]:
    """The events that count, with what each counts for."""
    for event in events:
        measured = _measure(metric, event.properties)
        if measured is not None:
            yield measured, event


def _measure(metric: Metric, properties: Mapping[str, object]) -> int | str | None:
    """What an event counts for; None for nothing.

    What does not fit the metric, as it was recorded before that was declared, counts for nothing.
    """
    try:
        return measure(metric, properties)
    except InvalidValue:
        return None


def _at(into: dict[Cell, Tally], cell: Cell) -> Tally:
    found = into.get(cell)
    if found is None:
        found = into[cell] = Tally()
    return found
