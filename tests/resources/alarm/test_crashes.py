"""Killed anywhere, alarms have the same outcome: each change of state is told once."""

from __future__ import annotations

import pytest

from ensue import App, Metric
from ensue.resources.meter import MeterEvent
from ensue.testing import crash_points


@pytest.mark.parametrize("at", ["commits", pytest.param("storage", marks=pytest.mark.crash)])
def test_whenever_the_process_is_killed_each_change_is_told_once(at, pytestconfig):
    app = App("shop")
    meter = app.meter("usage", metrics=[Metric("level", "measured", "MAX", "level")])
    out, nobody = app.queue("out"), app.mail("nobody")
    high = app.alarm(
        "high",
        metric="level",
        of=meter,
        subject="tank",
        threshold=">= 10",
        period="1h",
        periods=2,
        on={"ALARM"},
        to=[out, nobody],
    )
    either = app.alarm("either", when="high", to=out)

    def scenario(t):
        for value in (12, 13, 2):
            event = MeterEvent(str(value), "tank", "measured", t.now_ms(), {"level": value})
            t.wait(meter.record([event]))
            t.advance("1h")
        return {
            "told": [each.attributes["alarm"] for each in t.messages(out)],
            "high": [each.state for each in t.wait(high.changes())],
            "either": [each.state for each in t.wait(either.changes())],
            "dead": len(t.messages(app.resources["shop", "queue", "alarms-dlq"])),
        }

    every = 9 if at == "storage" and pytestconfig.getoption("--points") else 2
    assert crash_points(scenario, app, at=at, every=every) > 10
