"""What all charts share: heading, legend, the pictures, and the numbers as a table."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from ensue.pages.charts.numbers import Form, Number, finite, short
from ensue.pages.charts.scale import Scale
from ensue.pages.charts.svg import clean, element, line, text
from ensue.words.letters import broken, text_width

SERIES_MAX = 6
LETTER = 12.0
LINE_HEIGHT = 15.0
GAP = 8.0
_NAME_ROOM = 90.0
_CUT_ROOM = 60.0


class Frame(NamedTuple):
    """The size of a picture.

    Attributes:
        kind: its class: where it is shown.
        width: in its own units, which are pixels where it is not scaled.
        height: likewise.
        marks: about how many marks its axis of numbers has.
    """

    kind: str
    width: float
    height: float
    marks: int


# By the width of the place that the figure has: above 740, above 430, and below.
FRAMES = (
    Frame("broad", 900.0, 270.0, 5),
    Frame("wide", 520.0, 250.0, 5),
    Frame("narrow", 346.0, 240.0, 4),
)

Table = tuple[Sequence[str], Sequence[Sequence[str]]]
Series = Mapping[str, Sequence[Number]]


class Chart:
    """A figure that a template shows: ``{{ chart }}``.

    Attributes:
        html: the figure.
    """

    def __init__(self, html: str) -> None:
        self.html = html

    def __html__(self) -> str:
        """What Jinja puts into a page, as it is."""
        return self.html

    def __str__(self) -> str:
        return self.html


def figure(
    title: str,
    told: str,
    *,
    draw: Callable[[Frame], tuple[float, str]],
    table: Table,
    legend: Sequence[tuple[str, str]] = (),
) -> Chart:
    """A figure.

    Args:
        title: its heading.
        told: what it shows, in a sentence, for those who do not see it.
        draw: draws into a frame: the height that it took, and the elements.
        table: the heads of the columns, and rows of which the first cell is the head.
        legend: names of what is drawn, each with the class of its colour.
    """
    parts = [element("figcaption", clean(title))]
    if len(legend) > 1:
        keys = (
            element("li", element("span", class_=f"swatch {kind}") + clean(name))
            for name, kind in legend
        )
        parts.append(element("ul", "".join(keys), class_="legend"))
    if table[1]:
        parts += [_picture(title, told, frame, draw) for frame in FRAMES]
        parts.append(_table(title, table))
    else:
        parts.append(element("p", "Nothing to show yet.", class_="empty"))
    return Chart(element("figure", "".join(parts), class_="chart"))


def _picture(
    title: str, told: str, frame: Frame, draw: Callable[[Frame], tuple[float, str]]
) -> str:
    height, inside = draw(frame)
    name = hashlib.sha256(inside.encode()).hexdigest()[:8]
    ids = f"t{name}", f"d{name}"
    head = element("title", clean(title), id=ids[0]) + element("desc", clean(told), id=ids[1])
    return element(
        "svg",
        head + inside,
        xmlns="http://www.w3.org/2000/svg",
        class_=frame.kind,
        viewBox=f"0 0 {frame.width:g} {height:g}",
        role="img",
        aria_labelledby=ids[0],
        aria_describedby=ids[1],
    )


def _table(title: str, table: Table) -> str:
    heads, rows = table
    head = "".join(element("th", clean(each), scope="col") for each in heads)
    body = "".join(
        element(
            "tr",
            element("th", clean(first), scope="row")
            + "".join(element("td", clean(each)) for each in rest),
        )
        for first, *rest in rows
    )
    inside = element("caption", clean(title)) + element("thead", element("tr", head))
    shown = element("table", inside + element("tbody", body))
    return element(
        "details",
        element("summary", "The numbers") + element("div", shown, class_="scroll", tabindex="0"),
    )


def values_in(series: Series) -> list[float]:
    """All numbers that can be drawn."""
    return [
        found
        for values in series.values()
        for each in values
        if (found := finite(each)) is not None
    ]


def upright(scale: Scale, form: Form, left: float, right: float) -> str:
    """An axis of numbers from the bottom to the top, with a line across at each mark."""
    parts = []
    for tick in scale.ticks:
        y = scale.at(tick)
        parts.append(line(left, y, right, y, "grid" if tick else "zero"))
        parts.append(
            text(
                short(tick, scale.step, form), left - GAP, y + LETTER / 3, "tick", text_anchor="end"
            )
        )
    return "".join(parts)


def room_for(scale: Scale, form: Form) -> float:
    """How wide the marks of an axis are."""
    return max(text_width(short(each, scale.step, form), LETTER) for each in scale.ticks) + GAP


def names_below(
    names: Sequence[str], places: Sequence[float], top: float, band: float, right: float
) -> tuple[float, str]:
    """Names of what stands side by side: broken into two lines, or only each second, third, ...

    Args:
        names: the names.
        places: the middle of each.
        top: where the first line may begin.
        band: how far it is from one to the next.
        right: where the picture ends.

    Returns:
        How high they are, and the elements.
    """
    widest = max(text_width(each, LETTER) for each in names)
    # Where a name has the room of some letters, it is broken or cut; else some are left out.
    wanted = min(widest, _NAME_ROOM) + GAP
    every = 1 if band >= min(wanted, _CUT_ROOM) else math.ceil(wanted / band)
    parts: list[str] = []
    height = 0.0
    for name, x in list(zip(names, places, strict=True))[::every]:
        half = min(x, right - x)
        if every > 1 and 2 * half < text_width(name, LETTER) and parts:
            continue  # others are left out too: cut, it would tell nobody anything
        lines = broken(name, LETTER, max(min(every * band - GAP / 2, 2 * half), LETTER), 2)
        for number, each in enumerate(lines, 1):
            parts.append(text(each, x, top + number * LINE_HEIGHT, "tick", text_anchor="middle"))
        height = max(height, len(lines) * LINE_HEIGHT)
    return height, "".join(parts)
