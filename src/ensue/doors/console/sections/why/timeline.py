"""The time line of a tree: where each moment is, and what is drawn at each row.

Where hours lie between moments that are milliseconds apart, as retries do, the gaps are shortened:
the order and the marks of the axis tell the time, and everything can be seen.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from math import log1p
from typing import NamedTuple

from ensue.observe import Node
from ensue.words.units import human_ms

KNOTS = 20
TICKS = (0, 25, 50, 75, 100)
LITTLE = 1_000
LONG_GAP = 0.5
LEAST_WIDTH = 0.25
BAD_STATES = frozenset({"dead", "FAILED", "TIMED_OUT", "ABORTED"})
OPEN_STATES = frozenset({"waiting", "in flight", "RUNNING"})


class Bar(NamedTuple):
    """A bar of a row, in percent of the axis: ``wait``, ``work`` or ``bad``."""

    x: float
    width: float
    kind: str


class Mark(NamedTuple):
    """A moment of a row, in percent of the axis: ``at`` when it was, ``bad`` when it failed."""

    x: float
    kind: str


class Tick(NamedTuple):
    """A mark of the axis: where it is, and how long after the beginning that is."""

    x: int
    text: str


@dataclass(frozen=True)
class Axis:
    """Moments to places.

    Attributes:
        begin_ms: the beginning, in ms since 1970.
        knots: how many ms after it each twentieth of the axis is.
        is_shortened: whether long gaps are shortened.
    """

    begin_ms: int
    knots: tuple[int, ...]
    is_shortened: bool = False

    def at(self, ms: int) -> float:
        """Where a moment is, in percent."""
        after = ms - self.begin_ms
        knots, last = self.knots, len(self.knots) - 1
        if after <= knots[0]:
            return 0.0
        if after >= knots[last]:
            return 100.0
        place = bisect_right(knots, after) - 1
        low, high = knots[place], knots[place + 1]
        return round(100 * (place + (after - low) / (high - low)) / last, 2)

    @property
    def ticks(self) -> list[Tick]:
        """The marks of the axis."""
        last = len(self.knots) - 1
        return [Tick(each, human_ms(self.knots[each * last // 100])) for each in TICKS]

    @property
    def text(self) -> str:
        """The axis, to be taken along in an address."""
        return ",".join(map(str, (self.begin_ms, *self.knots)))


def axis_of_text(text: str) -> Axis | None:
    """The axis that `Axis.text` tells of; None for what tells of none."""
    try:
        begin_ms, *knots = map(int, text.split(","))
    except ValueError:
        return None
    is_sorted = all(low <= high for low, high in pairwise(knots))
    return Axis(begin_ms, tuple(knots)) if len(knots) == KNOTS + 1 and is_sorted else None


def axis_of(nodes: Sequence[Node], now_ms: int) -> Axis:
    """The axis on which all moments of a tree can be seen."""
    moments = sorted({each for node in nodes for each in _moments(node, now_ms)})
    if not moments:
        return Axis(now_ms, tuple(range(KNOTS + 1)))
    begin_ms = moments[0]
    offsets = [each - begin_ms for each in moments]
    whole = max(offsets[-1], 1)
    gaps = [high - low for low, high in pairwise(offsets)]
    if len(gaps) < 2 or whole <= LITTLE or max(gaps) <= LONG_GAP * whole:
        return Axis(begin_ms, tuple(round(whole * each / KNOTS) for each in range(KNOTS + 1)))
    weights = [log1p(gap) for gap in gaps]
    places = [0.0, *accumulate(weights)]
    knots = [_between(offsets, places, places[-1] * each / KNOTS) for each in range(KNOTS + 1)]
    return Axis(begin_ms, tuple(knots), is_shortened=True)


def bars_of(node: Node, axis: Axis, now_ms: int) -> tuple[list[Bar], list[Mark]]:
    """What a row shows: hollow while it waited, solid while it worked, a mark for each attempt."""
    if node.at_ms is None:
        return [], []
    failed = [Mark(axis.at(each.at_ms), "bad") for each in node.attempts]
    if node.waited_ms is None and node.worked_ms is None:
        return [], [Mark(axis.at(node.at_ms), "at")]
    is_bad = node.state in BAD_STATES
    if node.kind == "execution" and node.worked_ms is not None:
        end_ms = node.at_ms + node.worked_ms
        return [_bar(axis, node.at_ms, end_ms, "bad" if is_bad else "work")], failed
    end_ms = _end_ms(node, now_ms)
    bars = [_bar(axis, node.at_ms, end_ms, "wait")]
    bars += [
        _bar(axis, each.begun_ms, each.at_ms, "bad")
        for each in node.attempts
        if each.begun_ms is not None
    ]
    if node.worked_ms is not None or node.state == "in flight":
        bars.append(_bar(axis, node.at_ms + (node.waited_ms or 0), end_ms, "work"))
    return bars, failed


def _moments(node: Node, now_ms: int) -> Iterable[int]:
    if node.at_ms is None:
        return
    yield node.at_ms
    if node.waited_ms is not None:
        yield node.at_ms + node.waited_ms
    if node.waited_ms is not None or node.worked_ms is not None:
        yield _end_ms(node, now_ms)
    for each in node.attempts:
        yield each.at_ms
        if each.begun_ms is not None:
            yield each.begun_ms


def _end_ms(node: Node, now_ms: int) -> int:
    """When a piece of work was over, or now; of a dead letter when it died."""
    at_ms = node.at_ms or 0
    if node.kind == "execution" and node.worked_ms is not None:
        return at_ms + node.worked_ms
    if node.state in {"waiting", "in flight"}:
        return max(now_ms, at_ms)
    last_ms = max((each.at_ms for each in node.attempts), default=at_ms)
    if node.state == "dead":
        return last_ms
    return max(last_ms, at_ms + (node.waited_ms or 0) + (node.worked_ms or 0))


def _bar(axis: Axis, begin_ms: int, end_ms: int, kind: str) -> Bar:
    x = axis.at(begin_ms)
    return Bar(x, round(max(axis.at(end_ms) - x, LEAST_WIDTH), 2), kind)


def _between(offsets: Sequence[int], places: Sequence[float], place: float) -> int:
    """The offset at a place, between the two moments around it."""
    at = min(bisect_right(places, place), len(places) - 1)
    low, high = places[at - 1], places[at]
    part = 1.0 if high == low else (place - low) / (high - low)
    return round(offsets[at - 1] + part * (offsets[at] - offsets[at - 1]))
