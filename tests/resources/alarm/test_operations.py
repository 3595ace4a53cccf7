"""What can be done to an alarm from outside, and what is checked of it in a store."""

from __future__ import annotations

from ensue import App, Metric
from ensue.app.integrity import check
from ensue.resources.meter import MeterEvent
from ensue.testing import running


def shop() -> tuple[App, object]:
    app = App("shop")
    meter = app.meter("usage", metrics=[Metric("level", "measured", "MAX", "level")])
    app.alarm("high", metric="level", of=meter, subject="tank", threshold=">= 10", period="1m")
    return app, meter


def test_an_alarm_is_looked_at_set_paused_and_resumed_over_http():
    app, meter = shop()
    with running(app) as t:
        event = MeterEvent("a", "tank", "measured", t.now_ms(), {"level": 12})
        t.wait(meter.record([event]))
        t.advance("1m")
        path = "/_ensue/alarms/high"
        state = t.post(f"{path}/state", {}).body
        assert (state["state"], state["paused"]) == ("ALARM", False)
        assert state["points"][-1][1] == 12
        assert t.post(f"{path}/set-state", {"state": "OK"}).body == {"changed": True}
        assert t.post(f"{path}/set-state", {"state": "GOOD"}).status == 400
        history = t.post(f"{path}/history", {"limit": 1}).body
        assert [(each["before"], each["state"], each["reason"]) for each in history] == [
            ("ALARM", "OK", "It was set by hand.")
        ]
        assert t.post(f"{path}/pause", {}).body == {"paused": True}
        assert t.get(path).body["status"]["paused_since_ms"] == t.now_ms()
        assert t.post(f"{path}/resume", {}).body == {"resumed": True}
        assert t.get(path).body["declared"]["threshold"] == ">= 10"


def test_a_state_that_its_log_does_not_tell_is_found(store, run_on):
    app, _ = shop()
    stage = run_on(store, app)
    stage.advance(60_000)
    assert check(stage.engine) == []
    stage.do(lambda tx: tx.execute("UPDATE ensue_alarms SET state = 'ALARM'"))
    [found] = check(stage.engine)
    assert (found.rule, found.what) == (
        "alarm.state",
        "the alarm is in ALARM, but its log says OK",
    )
