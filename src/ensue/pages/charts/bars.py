"""Bars side by side, one or several to a name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ensue.pages.charts.figure import (
    GAP,
    LETTER,
    SERIES_MAX,
    Chart,
    Frame,
    Series,
    figure,
    names_below,
    room_for,
    upright,
    values_in,
)
from ensue.pages.charts.numbers import Form, finite, written
from ensue.pages.charts.scale import Scale, scale_of
from ensue.pages.charts.svg import clean, element
from ensue.words.errors import InvalidValue

_TOP = 18.0
_BOTTOM = 40.0


def bars(
    title: str,
    names: Sequence[str],
    series: Series,
    *,
    unit: str = "",
    form: Form = "number",
    flags: Mapping[str, str] | None = None,
) -> Chart:
    """Bars side by side: one for each name and series.

    Args:
        title: the heading.
        names: what the bars are of, such as hours.
        series: the numbers of each series, one for each name; None where there is none. At most 6.
        unit: of the numbers.
        form: ``percent`` where they are fractions.
        flags: what is remarkable about a name: its bars stand out.

    Raises:
        InvalidValue: a series has another number of values than there are names, or there are too
            many series.
    """
    check_series(names, series)
    flagged = flags or {}

    def draw(frame: Frame) -> tuple[float, str]:
        return _draw(frame, names, series, flagged, (unit, form))

    return figure(
        title,
        told(names, series, unit, form, flagged),
        draw=draw,
        table=table_of(names, series, unit, form, flagged) if values_in(series) else ((), ()),
        legend=[(name, f"series-{number}") for number, name in enumerate(series, 1)],
    )


def _draw(
    frame: Frame,
    names: Sequence[str],
    series: Series,
    flags: Mapping[str, str],
    said: tuple[str, Form],
) -> tuple[float, str]:
    unit, form = said
    bottom = frame.height - _BOTTOM
    scale = scale_of(values_in(series), bottom, _TOP, marks=frame.marks, zero=True)
    left = room_for(scale, form) + GAP
    band = (frame.width - left) / len(names)
    inner = band * (0.8 if band > 12 else 0.9)
    width = inner / len(series)
    middles = [left + (number + 0.5) * band for number in range(len(names))]
    parts = [upright(scale, form, left, frame.width)]
    for place, name in enumerate(names):
        flag = flags.get(name)
        for number, (key, values) in enumerate(series.items(), 1):
            value = finite(values[place])
            if value is None:
                continue
            tip = f"{name}: {written(value, form, unit)}" + (f" ({key})" if len(series) > 1 else "")
            x = middles[place] - inner / 2 + (number - 1) * width
            kind = f"bar series-{number}" + (" flagged" if flag else "")
            shape = _bar(scale, x, width, value)
            parts.append(
                element(
                    "path",
                    element("title", clean(tip + (f", {flag}" if flag else ""))),
                    d=shape,
                    class_=kind,
                )
            )
        if flag:
            tops = [
                scale.at(found)
                for each in series.values()
                if (found := finite(each[place])) is not None
            ]
            y = min([*tops, scale.at(0)]) - 6
            x = middles[place]
            shape = f"M{x:.1f} {y:.1f}l-4.5 -7h9z"
            parts.append(element("path", d=shape, class_="flag"))
    height, below = names_below(names, middles, bottom + 3, band, frame.width)
    return bottom + 3 + max(height, LETTER) + GAP, "".join([*parts, below])


def _bar(scale: Scale, x: float, width: float, value: float) -> str:
    """A bar from nought, round at its end; a value of nought is a line."""
    y0, y1 = scale.at(0), scale.at(value)
    gap = min(1.0, width * 0.08)
    left, right = x + gap, x + width - gap
    if abs(y1 - y0) < 1:
        return f"M{left:.1f} {y0:.1f}H{right:.1f}v-1H{left:.1f}z"
    round_by = min(2.5, (right - left) / 2, abs(y1 - y0))
    turn = round_by if y1 < y0 else -round_by
    return (
        f"M{left:.1f} {y0:.1f}V{y1 + turn:.1f}Q{left:.1f} {y1:.1f} {left + round_by:.1f} {y1:.1f}"
        f"H{right - round_by:.1f}Q{right:.1f} {y1:.1f} {right:.1f} {y1 + turn:.1f}V{y0:.1f}z"
    )


def check_series(names: Sequence[str], series: Series) -> None:
    """Check that each name has a number of each series.

    Raises:
        InvalidValue: it has not, or there are too many series.
    """
    if len(series) > SERIES_MAX:
        raise InvalidValue(f"expected at most {SERIES_MAX} series in a chart, got {len(series)}")
    for key, values in series.items():
        if len(values) != len(names):
            raise InvalidValue(
                f"expected {len(names)} values of {key}, one for each name, got {len(values)}"
            )


def told(
    names: Sequence[str], series: Series, unit: str, form: Form, flags: Mapping[str, str]
) -> str:
    """What a chart shows, in sentences."""
    said = []
    for key, values in series.items():
        found = [(finite(value), name) for value, name in zip(values, names, strict=True)]
        there = [(value, name) for value, name in found if value is not None]
        if there:
            (low, at_low), (high, at_high) = min(there), max(there)
            ends = [
                f"{written(low, form, unit)} ({at_low})",
                f"{written(high, form, unit)} ({at_high})",
            ]
            said.append(f"{key}: from {' to '.join(ends)}.")
    said += [f"{name}: {flag}." for name, flag in flags.items() if name in names]
    return " ".join(said) or "Nothing to show yet."


def table_of(
    names: Sequence[str], series: Series, unit: str, form: Form, flags: Mapping[str, str]
) -> tuple[Sequence[str], Sequence[Sequence[str]]]:
    """The numbers of a chart as a table."""
    behind = f" ({unit})" if unit else ""
    heads = ["", *(f"{key}{behind}" for key in series), *(["remark"] if flags else [])]
    rows = [
        [
            name,
            *(written(values[place], form) for values in series.values()),
            *([flags.get(name, "")] if flags else []),
        ]
        for place, name in enumerate(names)
    ]
    return heads, rows
