"""Estimates with the intervals in which the truth is likely to lie."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple, TypeAlias

from ensue.pages.charts.figure import GAP, LETTER, LINE_HEIGHT, Chart, Frame, figure
from ensue.pages.charts.numbers import Form, finite, short, written
from ensue.pages.charts.scale import Scale, scale_of
from ensue.pages.charts.svg import clean, element, line, text
from ensue.words.letters import broken, text_width

Tone: TypeAlias = Literal["plain", "good", "bad"]

_ROW = 46.0
_TOP = 10.0
_LABEL_SHARE = 0.3
_MARK_ROOM = 75.0


class Interval(NamedTuple):
    """An estimate.

    Attributes:
        name: what it is of.
        value: the estimate; None where there is none yet.
        low: the lower end.
        high: the upper end.
        tone: whether it is good news, bad news, or neither.
    """

    name: str
    value: float | None
    low: float | None
    high: float | None
    tone: Tone = "plain"


def intervals(
    title: str,
    rows: Sequence[Interval],
    *,
    unit: str = "",
    form: Form = "number",
    mark: float | None = None,
) -> Chart:
    """Estimates below each other, each a point on the line of its interval.

    Args:
        title: the heading.
        rows: the estimates.
        unit: of the numbers.
        form: ``percent`` where they are fractions.
        mark: a number that they are to be compared with, such as 0 for differences: a line.
    """
    shown = [each for each in rows if None not in _ends(each)]

    def draw(frame: Frame) -> tuple[float, str]:
        return _draw(frame, rows, (unit, form), mark)

    heads = ["", "estimate", "from", "to"]
    table = [
        [each.name, *(written(end, form, unit) for end in (each.value, each.low, each.high))]
        for each in rows
    ]
    return figure(
        title,
        " ".join(_sentence(each, unit, form) for each in rows),
        draw=draw,
        table=(heads, table if shown else []),
    )


def _ends(row: Interval) -> tuple[float | None, float | None, float | None]:
    return finite(row.low), finite(row.value), finite(row.high)


def _sentence(row: Interval, unit: str, form: Form) -> str:
    if None in _ends(row):
        return f"{row.name}: not known yet."
    said = [written(each, form, unit) for each in (row.value, row.low, row.high)]
    return f"{row.name}: {said[0]}, between {said[1]} and {said[2]}."


def _draw(
    frame: Frame, rows: Sequence[Interval], said: tuple[str, Form], mark: float | None
) -> tuple[float, str]:
    form = said[1]
    widest = max(text_width(each.name, LETTER) for each in rows)
    left = min(widest, frame.width * _LABEL_SHARE) + 2 * GAP
    numbers = [end for row in rows for end in _ends(row) if end is not None]
    marks = [] if mark is None else [mark]
    right = frame.width - 3 * GAP
    wanted = max(2, int((right - left) / _MARK_ROOM))
    scale = scale_of([*numbers, *marks], left + GAP, right, marks=wanted, zero=False)
    bottom = _TOP + len(rows) * _ROW
    parts = _axis(scale, form, bottom, mark)
    for number, row in enumerate(rows):
        parts.extend(_row(row, scale, _TOP + (number + 0.6) * _ROW, left, said))
    return bottom + LINE_HEIGHT + 2 * GAP, "".join(parts)


def _axis(scale: Scale, form: Form, bottom: float, mark: float | None) -> list[str]:
    parts = []
    behind = -1e9
    for tick in scale.ticks:
        x, said = scale.at(tick), short(tick, scale.step, form)
        parts.append(line(x, _TOP, x, bottom, "grid"))
        half = text_width(said, LETTER) / 2
        if x - half > behind:
            parts.append(text(said, x, bottom + LINE_HEIGHT, "tick", text_anchor="middle"))
            behind = x + half + GAP / 2
    if mark is not None:
        parts.append(line(scale.at(mark), _TOP, scale.at(mark), bottom, "mark"))
    return parts


def _row(row: Interval, scale: Scale, y: float, left: float, said: tuple[str, Form]) -> list[str]:
    unit, form = said
    lines = broken(row.name, LETTER, left - 2 * GAP, 2)
    first = y + LETTER / 3 - (len(lines) - 1) * LINE_HEIGHT / 2
    parts = [
        text(each, left - GAP, first + number * LINE_HEIGHT, "name", text_anchor="end")
        for number, each in enumerate(lines)
    ]
    low, value, high = _ends(row)
    if low is None or value is None or high is None:
        parts.append(text("not known yet", scale.start, y + LETTER / 3, "tick"))
        return parts
    tip = element("title", clean(_sentence(row, unit, form)))
    x1, x, x2 = (scale.at(each) for each in (low, value, high))
    said_value = written(value, form, unit)
    half = text_width(said_value, LETTER) / 2
    middle = min(max(x, scale.start + half), scale.end + 2 * GAP - half)
    parts.append(
        element(
            "g",
            tip
            + element("path", d=f"M{x1:.1f} {y:.1f}H{x2:.1f}", class_="reach")
            + element("path", d=f"M{x1:.1f} {y - 5:.1f}v10M{x2:.1f} {y - 5:.1f}v10", class_="end")
            + element("circle", cx=x, cy=y, r=5.0, class_="point")
            + text(said_value, middle, y - 11, "value", text_anchor="middle"),
            class_=f"interval {row.tone}",
        )
    )
    return parts
