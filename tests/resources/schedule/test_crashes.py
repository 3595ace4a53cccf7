"""Killed anywhere, schedules and topics have the same outcome: each moment once, none lost."""

from __future__ import annotations

import pytest

from ensue import App
from ensue.engine.clock import HELD_START_MS
from ensue.testing import crash_points


@pytest.mark.parametrize("at", ["commits", pytest.param("storage", marks=pytest.mark.crash)])
def test_whenever_the_process_is_killed_each_moment_fires_once(at, pytestconfig):
    app = App("timed")
    out, topic, days = app.queue("out"), app.topic("news"), app.table("days", key="due")
    schedules, letters = app.schedules(), app.mail("letters")
    topic.subscribe(out)
    app.schedule("tick", "rate(20 minutes)", to=topic, missed="all")
    app.schedule("refused", "at(2031-07-05T03:30:00)", to=letters)

    @app.schedule("cron(0/30 * * * ? *)")
    def half_hourly(firing, tx):
        done = tx.get(days, firing.due)
        tx.put(days, {"due": firing.due, "times": 1 if done is None else done.times + 1})
        name = f"later-{firing.due_ms}"
        tx.schedule(schedules, name, "at(2031-07-05T04:10:00)", to=out, body=1, after="delete")

    def scenario(t):
        t.advance("70m")
        found = t.messages(out)
        halves = [f"2031-07-05T{clock}:00+00:00" for clock in ("03:30", "04:00")]
        return {
            "ticks": sorted(
                message.attributes["due_ms"] - HELD_START_MS
                for message in found
                if message.attributes["schedule"] == "tick"
            ),
            "later": [message.body for message in found].count(1),
            "times": [t.wait(days.get(half)).times for half in halves],
            "dead": len(t.messages(dead)),
            "left": [each.name for each in t.wait(schedules.page())],
        }

    dead = next(each for ref, each in app.resources.items() if ref.name == "schedules-dlq")
    every = 9 if at == "storage" and pytestconfig.getoption("--points") else 1
    assert crash_points(scenario, app, at=at, every=every) > 20
