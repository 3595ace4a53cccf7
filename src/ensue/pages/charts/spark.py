"""A line as small as a word."""

from __future__ import annotations

from collections.abc import Sequence

from ensue.pages.charts.figure import Chart
from ensue.pages.charts.numbers import Form, Number, finite, written
from ensue.pages.charts.scale import Scale
from ensue.pages.charts.svg import element

_WIDTH, _HEIGHT, _EDGE = 120.0, 28.0, 3.0


def spark(title: str, values: Sequence[Number], *, unit: str = "", form: Form = "number") -> Chart:
    """A line as small as a word, for a card or a cell; its last point is marked.

    Args:
        title: what it shows, for those who do not see it.
        values: the numbers; None where there is none.
        unit: of the numbers.
        form: ``percent`` where they are fractions.
    """
    shown = [
        (place, found) for place, each in enumerate(values) if (found := finite(each)) is not None
    ]
    said = (
        f"{title}: {written(shown[-1][1], form, unit)} last" if shown else f"{title}: nothing yet"
    )
    if not shown:
        return Chart(element("span", "\N{EN DASH}", class_="spark", title=said))
    numbers = [found for _, found in shown]
    low, high = min(numbers), max(numbers)
    across = Scale(0, max(len(values) - 1, 1), _EDGE, _WIDTH - _EDGE, 1)
    if low == high:
        low, high = low - 1, high + 1
    up = Scale(low, high, _HEIGHT - _EDGE, _EDGE, 1)
    points = [f"{across.at(place):.1f} {up.at(found):.1f}" for place, found in shown]
    x, y = points[-1].split()
    inside = element("path", d="M" + "L".join(points), class_="line series-1") + element(
        "circle", cx=x, cy=y, r=2.5, class_="dot series-1"
    )
    return Chart(
        element(
            "svg",
            inside,
            xmlns="http://www.w3.org/2000/svg",
            class_="spark",
            viewBox=f"0 0 {_WIDTH:g} {_HEIGHT:g}",
            role="img",
            aria_label=said,
        )
    )
