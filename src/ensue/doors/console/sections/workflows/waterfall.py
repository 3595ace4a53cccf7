"""An execution on a time axis: states and waits as bars, tries as marks, iterations in groups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ensue.words.units import human_ms

_SHOWN_ALONE_MAX = 6
ITERATIONS_MAX = 200
TICKS = 4
LEAST_WIDTH = 0.35
_WORST = ("failed", "running", "aborted", "caught", "succeeded")
_STEPS_MS = [
    count * unit
    for unit, counts in (
        (1, (1, 2, 5, 10, 20, 50, 100, 200, 500)),
        (1_000, (1, 2, 5, 10, 15, 30)),
        (60_000, (1, 2, 5, 10, 15, 30)),
        (3_600_000, (1, 2, 4, 6, 12)),
        (86_400_000, (1, 2, 7, 14, 30, 90, 365)),
    )
    for count in counts
]

Visit = Mapping[str, Any]


@dataclass(frozen=True)
class Bar:
    """A span of time, in percent of the axis.

    Attributes:
        x: where it begins.
        width: how long it is.
        kind: the class it is drawn with: an outcome, ``waiting`` or ``whole``.
        said: what it is, for who points at it.
    """

    x: float
    width: float
    kind: str
    said: str


@dataclass(frozen=True)
class Row:
    """A line of the picture.

    Attributes:
        label: what it is of.
        state: the state; empty for a group.
        visit: which visit of it.
        depth: how deep it is within others.
        outcome: how it went.
        took_ms: how long; None while it runs.
        bars: its spans, what is behind first.
        marks: where a try failed, in percent, and what it failed with.
        rows: the rows of a group, which are folded away.
        more: how many rows a group has beside these.
    """

    label: str
    state: str
    visit: int
    depth: int
    outcome: str
    took_ms: int | None
    bars: tuple[Bar, ...]
    marks: tuple[tuple[float, str], ...] = ()
    rows: tuple[Row, ...] = ()
    more: int = 0


@dataclass(frozen=True)
class Waterfall:
    """The picture.

    Attributes:
        rows: its lines.
        ticks: of the axis: where, in percent, and what they say.
        span_ms: how long the axis is.
        more: how many visits are not shown.
    """

    rows: tuple[Row, ...]
    ticks: tuple[tuple[float, str], ...]
    span_ms: int
    more: int


@dataclass
class _Axis:
    """The time axis."""

    from_ms: int
    until_ms: int
    at: float = field(init=False)

    def __post_init__(self) -> None:
        self.span_ms = max(self.until_ms - self.from_ms, 1)

    def place(self, ms: int) -> float:
        return min(max((ms - self.from_ms) * 100 / self.span_ms, 0), 100)

    def bar(self, from_ms: int, until_ms: int | None, kind: str, said: str) -> Bar:
        ends_ms = self.until_ms if until_ms is None else until_ms
        x = self.place(from_ms)
        width = max(self.place(ends_ms) - x, LEAST_WIDTH)
        return Bar(round(min(x, 100 - LEAST_WIDTH), 3), round(width, 3), kind, said)


def waterfall(visits: Sequence[Visit], total: int, from_ms: int, until_ms: int) -> Waterfall:
    """What an execution did when.

    Args:
        visits: those of its trace.
        total: how many there are in all.
        from_ms: when it started.
        until_ms: when it ended, or now.
    """
    axis = _Axis(from_ms, until_ms)
    inner: dict[int | None, list[Visit]] = {}
    for each in visits:
        inner.setdefault(each["within"], []).append(each)
    return Waterfall(
        tuple(_rows(axis, inner, None, 0)),
        tuple(_ticks(axis.span_ms)),
        axis.span_ms,
        max(total - len(visits), 0),
    )


def _rows(
    axis: _Axis, inner: Mapping[int | None, list[Visit]], within: int | None, depth: int
) -> Iterator[Row]:
    for each in inner.get(within, ()):
        yield _row(axis, each, depth)
        if each["kind"] == "Map":
            yield from _iterations(axis, inner, each["number"], depth + 1)
        else:
            yield from _rows(axis, inner, each["number"], depth + 1)


def _row(axis: _Axis, visit: Visit, depth: int) -> Row:
    left_ms = visit["left_ms"]
    took_ms = None if left_ms is None else left_ms - visit["entered_ms"]
    bars, marks = _bars(axis, visit)
    return Row(
        visit["state"],
        visit["state"],
        visit["visit"],
        depth,
        visit["outcome"],
        took_ms,
        tuple(bars),
        tuple(marks),
    )


def _bars(axis: _Axis, visit: Visit) -> tuple[list[Bar], list[tuple[float, str]]]:
    left_ms, outcome = visit["left_ms"], visit["outcome"]
    attempts = visit["attempts"]
    kind = "waiting" if visit["kind"] == "Wait" else outcome
    if visit["kind"] in {"Map", "Parallel"} or attempts:
        kind = "whole"
    took = "so far" if left_ms is None else human_ms(left_ms - visit["entered_ms"])
    bars = [axis.bar(visit["entered_ms"], left_ms, kind, f"{visit['state']}: {took}")]
    marks: list[tuple[float, str]] = []
    for number, each in enumerate(attempts, 1):
        began_ms = _began_ms(each)
        if began_ms > each["at_ms"]:
            waited = human_ms(began_ms - each["at_ms"])
            bars.append(axis.bar(each["at_ms"], began_ms, "waiting", f"waited {waited}"))
        said = f"attempt {number}: {each['error'] or each['outcome']}"
        bars.append(axis.bar(began_ms, each["ended_ms"], each["outcome"], said))
        if each["outcome"] == "failed" and each["ended_ms"] is not None:
            marks.append((
                round(axis.place(each["ended_ms"]), 3),
                f"attempt {number} failed: {each['error'] or 'no error is named'}",
            ))
    return bars, marks


def _began_ms(attempt: Mapping[str, Any]) -> int:
    """When somebody began with a task: of one that is told of with its answer, when it was asked
    for."""
    at_ms, started_ms, ended_ms = (attempt[name] for name in ("at_ms", "started_ms", "ended_ms"))
    if started_ms is None or (ended_ms is not None and started_ms >= ended_ms):
        return int(at_ms)
    return int(started_ms)


def _iterations(
    axis: _Axis, inner: Mapping[int | None, list[Visit]], number: int, depth: int
) -> Iterator[Row]:
    """The iterations of a Map: each by itself where they are few, else a folded group."""
    by_index: dict[int, list[Visit]] = {}
    for each in inner.get(number, ()):
        by_index.setdefault(each["index"] or 0, []).append(each)
    if len(by_index) <= _SHOWN_ALONE_MAX:
        for index, visits in sorted(by_index.items()):
            yield _group(axis, f"iteration {index}", visits, depth, ())
            if len(visits) == 1 and visits[0]["number"] not in inner:
                continue
            for each in visits:
                yield _row(axis, each, depth + 1)
                yield from _rows(axis, inner, each["number"], depth + 2)
        return
    rows = [
        _group(axis, f"iteration {index}", visits, depth + 1, ())
        for index, visits in sorted(by_index.items())[:ITERATIONS_MAX]
    ]
    failed = sum(_worst(visits) == "failed" for visits in by_index.values())
    said = f"{len(by_index)} iterations" + (f", {failed} failed" if failed else "")
    everything = [each for visits in by_index.values() for each in visits]
    group = _group(axis, said, everything, depth, tuple(rows))
    more = max(len(by_index) - ITERATIONS_MAX, 0)
    yield Row(**{**vars(group), "more": more})


def _group(
    axis: _Axis, label: str, visits: Sequence[Visit], depth: int, rows: tuple[Row, ...]
) -> Row:
    ends = [each["left_ms"] for each in visits]
    entered_ms = min(each["entered_ms"] for each in visits)
    left_ms = None if None in ends else max(ends)
    outcome = _worst(visits)
    first = visits[0]
    bars = [axis.bar(entered_ms, left_ms, "whole", label)]
    bars += [
        axis.bar(each["entered_ms"], each["left_ms"], each["outcome"], each["state"])
        for each in (visits if not rows else visits[:ITERATIONS_MAX])
        if each["kind"] != "Wait"
    ]
    return Row(
        label,
        "" if rows else first["state"],
        0 if rows else first["visit"],
        depth,
        outcome,
        None if left_ms is None else left_ms - entered_ms,
        tuple(bars),
        (),
        rows,
    )


def _worst(visits: Sequence[Visit]) -> str:
    outcomes = {each["outcome"] for each in visits}
    return next((each for each in _WORST if each in outcomes), "succeeded")


def _ticks(span_ms: int) -> Iterator[tuple[float, str]]:
    step_ms = next((each for each in _STEPS_MS if span_ms / each <= TICKS), _STEPS_MS[-1])
    at_ms = 0
    while at_ms <= span_ms and at_ms / step_ms <= TICKS:
        yield round(at_ms * 100 / span_ms, 3), human_ms(at_ms) if at_ms else "0"
        at_ms += step_ms
