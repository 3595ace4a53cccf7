"""An app that shows each thing that a page can show."""

from __future__ import annotations

from typing import Any

from ensue import Answer, App, Conflict, HtmlAnswer, ReadTx, charts
from ensue.pages.charts import Interval

HOURS = [f"{hour:02}" for hour in range(24)]
USUAL = [
    10,
    5,
    3,
    2,
    2,
    5,
    15,
    40,
    80,
    100,
    100,
    95,
    90,
    95,
    100,
    95,
    85,
    70,
    50,
    35,
    25,
    15,
    10,
    8,
]
TODAY = [
    100, 95, 90, 85, 80, 60, 40, 20, 15, 10, 10, 15, 20, 15, 10, 10, 15, 20, 40, 60, 80,
    None, None, None,
]  # fmt: skip
DAYS = [f"11-{day:02}" for day in range(1, 31)]
HISTORY = [1135 + 90 * ((day * 7) % 5 - 2) - (780 if day % 7 in {0, 6} else 0) for day in range(30)]

HISTORY[26] = 2_210


def gallery() -> dict[str, Any]:
    """What the page shows."""
    return {
        "hours": charts.bars(
            "Calls by hour, expected and actual",
            HOURS,
            {"expected": USUAL, "actual": TODAY},
            unit="calls",
        ),
        "history": charts.bars(
            "Calls by day",
            DAYS,
            {"calls": HISTORY},
            unit="calls",
            flags={DAYS[26]: "pattern and volume"},
        ),
        "lines": charts.lines(
            "Latency",
            DAYS,
            {
                "p50": [12 + day % 4 for day in range(30)],
                "p99": [None if day == 9 else 80 + (day * 37) % 60 for day in range(30)],
            },
            unit="ms",
            flags={DAYS[15]: "a release"},
        ),
        "intervals": charts.intervals(
            "Difference to A",
            [
                Interval("B: the green button", 0.021, 0.004, 0.038, "good"),
                Interval(
                    "C: a button with quite a long description of what it says",
                    -0.012,
                    -0.031,
                    0.007,
                ),
                Interval("D", -0.04, -0.06, -0.02, "bad"),
                Interval("E", None, None, None),
            ],
            form="percent",
            mark=0.0,
        ),
        "few": charts.bars(
            "By endpoint",
            ["/users", "/orders/{order}/items/{item}", "/products", "/search & <find>"],
            {"calls": [1_200_000, 340_000, -120_000, 0]},
            unit="calls",
        ),
        "one": charts.lines("A single value", ["today"], {"value": [42]}),
        "nothing": charts.bars("Nothing yet", [], {"calls": []}),
        "zeros": charts.bars("All nought", ["a", "b"], {"calls": [0, 0]}),
        "spark": charts.spark("Calls a day", HISTORY, unit="calls"),
        "rows": [
            {"name": "api_calls", "value": 15_000, "share": 0.5123, "state": "good"},
            {
                "name": "bandwidth <script>alert(1)</script>",
                "value": 2_100_000_000,
                "share": 0.031,
                "state": "warn",
            },
            {"name": "compute_time", "value": 0.0125, "share": 0.0, "state": "bad"},
        ],
    }


def make_app() -> App:
    """The app."""
    app = App("gallery")

    @app.get("/")
    def show() -> HtmlAnswer:
        return HtmlAnswer("gallery.html", **gallery())

    @app.get("/missing")
    def missing() -> HtmlAnswer:
        return HtmlAnswer("gallery.html")

    @app.get("/taken")
    def taken(tx: ReadTx, number: int = 1) -> HtmlAnswer | Answer:
        if number == 2:
            return Answer(None, 303, {"location": "/"})
        raise Conflict("the name <b>tea</b> is taken", hint="Take another name.")

    return app


app = make_app()
