"""Charts, drawn as SVG where the page is made: no script, no style within, no font.

Each is a figure with a heading, a picture for wide places and one for narrow ones, and its numbers
as a table. Colours come from the classes of the shared stylesheet, so light and dark both work.

    charts.bars("Calls by hour", hours, {"expected": usual, "actual": today}, unit="calls")
    charts.lines("Latency", days, {"p50": p50, "p99": p99}, unit="ms")
    charts.intervals("Click rate", [Interval("A", 0.1, 0.08, 0.12)], form="percent")
    charts.spark("Calls a day", [3, 5, 4])
"""

from ensue.pages.charts.bars import bars
from ensue.pages.charts.figure import Chart
from ensue.pages.charts.intervals import Interval, intervals
from ensue.pages.charts.lines import lines
from ensue.pages.charts.numbers import Form
from ensue.pages.charts.spark import spark

__all__ = ["Chart", "Form", "Interval", "bars", "intervals", "lines", "spark"]
