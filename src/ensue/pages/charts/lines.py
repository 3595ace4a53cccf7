"""Lines over equal steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ensue.pages.charts.bars import check_series, table_of, told
from ensue.pages.charts.figure import (
    GAP,
    LETTER,
    Chart,
    Frame,
    Series,
    figure,
    names_below,
    room_for,
    upright,
    values_in,
)
from ensue.pages.charts.numbers import Form, Number, finite, written
from ensue.pages.charts.scale import Scale, scale_of
from ensue.pages.charts.svg import clean, element

_TOP = 18.0
_BOTTOM = 40.0
_DOT_ROOM = 18.0


def lines(
    title: str,
    names: Sequence[str],
    series: Series,
    *,
    unit: str = "",
    form: Form = "number",
    flags: Mapping[str, str] | None = None,
    zero: bool = True,
) -> Chart:
    """Lines from left to right.

    Args:
        title: the heading.
        names: the steps, such as days.
        series: the numbers of each line, one for each step; None where there is none: the line has
            a gap. At most 6.
        unit: of the numbers.
        form: ``percent`` where they are fractions.
        flags: what is remarkable about a step: it is marked.
        zero: whether the axis has nought on it in any case.

    Raises:
        InvalidValue: a series has another number of values than there are steps, or there are too
            many series.
    """
    check_series(names, series)
    flagged = flags or {}

    def draw(frame: Frame) -> tuple[float, str]:
        bottom = frame.height - _BOTTOM
        scale = scale_of(values_in(series), bottom, _TOP, marks=frame.marks, zero=zero)
        left = room_for(scale, form) + GAP
        band = (frame.width - left) / len(names)
        places = [left + (number + 0.5) * band for number in range(len(names))]
        parts = [upright(scale, form, left, frame.width)]
        for name, x in zip(names, places, strict=True):
            if name in flagged:
                tip = element("title", clean(f"{name}: {flagged[name]}"))
                shape = f"M{x:.1f} {_TOP:.1f}V{bottom:.1f}"
                parts.append(element("path", tip, d=shape, class_="flagline"))
        for number, (key, values) in enumerate(series.items(), 1):
            kind = f"series-{number}"
            parts.extend(_path(scale, places, values, kind))
            # Where dots would be as close as beads, each that is on a line is shown when it is
            # pointed at.
            is_tight = len(names) > 1 and band < _DOT_ROOM
            joined = _joined(values)
            parts.extend(
                _dot(
                    x,
                    scale.at(found),
                    f"{kind} quiet" if is_tight and on_line else kind,
                    f"{name}: {written(found, form, unit)} ({key})",
                )
                for name, x, value, on_line in zip(names, places, values, joined, strict=True)
                if (found := finite(value)) is not None
            )
        height, below = names_below(names, places, bottom + 3, band, frame.width)
        return bottom + 3 + max(height, LETTER) + GAP, "".join([*parts, below])

    return figure(
        title,
        told(names, series, unit, form, flagged),
        draw=draw,
        table=table_of(names, series, unit, form, flagged) if values_in(series) else ((), ()),
        legend=[(name, f"series-{number}") for number, name in enumerate(series, 1)],
    )


def _joined(values: Sequence[Number]) -> list[bool]:
    """Whether each value has one beside it, so that a line goes through it."""
    there = [False, *(finite(each) is not None for each in values), False]
    return [before or after for before, after in zip(there, there[2:], strict=False)]


def _path(
    scale: Scale, places: Sequence[float], values: Sequence[Number], kind: str
) -> Iterator[str]:
    """The pieces of a line between its gaps."""
    piece: list[str] = []
    for x, value in zip(places, [finite(each) for each in values], strict=True):
        if value is not None:
            piece.append(f"{x:.1f} {scale.at(value):.1f}")
        elif piece:
            yield element("path", d="M" + "L".join(piece), class_=f"line {kind}")
            piece = []
    if piece:
        yield element("path", d="M" + "L".join(piece), class_=f"line {kind}")


def _dot(x: float, y: float, kind: str, tip: str) -> str:
    return element("circle", element("title", clean(tip)), cx=x, cy=y, r=3.0, class_=f"dot {kind}")
