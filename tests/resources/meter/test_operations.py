"""What can be done to a meter from outside, by HTTP."""

from __future__ import annotations

import pytest

from ensue import App, Metric
from ensue.testing import running

HOUR_MS = 3_600_000


@pytest.fixture
def ask():
    app = App("shop")
    app.meter(
        "usage",
        metrics=[
            Metric("calls", "call", "COUNT", unit="calls", groups=["endpoint"]),
            Metric("bytes", "call", "SUM", "size"),
        ],
    )
    with running(app) as t:

        def ask(operation, status=200, **body):
            reply = t.post(f"/_ensue/meters/usage/{operation}", body)
            assert reply.status == status, reply.body
            return reply.body

        ask.t = t
        yield ask


def window(ask):
    now_ms = ask.t.clock.now_ms()
    return {"subject": "acme", "start": now_ms - HOUR_MS, "end": now_ms}


def event(ask, event_id, **said):
    return {
        "id": event_id,
        "subject": "acme",
        "type": "call",
        "time_ms": ask.t.clock.now_ms(),
        "properties": said,
    }


def test_events_are_recorded_and_what_is_wrong_with_one_is_said(ask):
    found = ask("record", events=[event(ask, "a"), event(ask, "a"), event(ask, "b", size="x")])
    assert (found["accepted"], found["duplicates"]) == (1, 1)
    [refused] = found["refused"]
    assert (refused["index"], refused["id"], refused["code"]) == (2, "b", "invalid")
    assert ask("record", 400, events=[])["error"]["code"] == "invalid_value"


def test_a_value_its_groups_and_its_series_are_asked_for(ask):
    ask("record", events=[event(ask, "a", size=0.1, endpoint="/x"), event(ask, "b", size=0.2)])
    asked = window(ask)
    found = ask("value", metric="bytes", **asked)
    assert (found["value"], found["events"], found["position"]) == (0.3, 2, 2)
    found = ask("breakdown", metric="calls", group_by="endpoint", **asked)
    assert (found["value"], found["groups"]) == (2, {"(empty)": 1, "/x": 1})
    found = ask("series", metric="calls", step="day", tz="Europe/Berlin", **asked)
    assert sum(point["value"] for point in found) == 2
    assert ask("value", 404, metric="x", **asked)["error"]["code"] == "not_found"
    assert ask("value", 400, metric="calls", **asked | {"end": "tomorrow"})


def test_a_correction_is_made_and_found(ask):
    ask("record", events=[event(ask, "a", size=5)])
    asked = window(ask)
    seen = ask("value", metric="bytes", **asked)["position"]
    assert ask("correct", subject="acme", id="a", properties={"size": 7}) == {"changed": True}
    assert ask("correct", subject="acme", id="a", reason="a test") == {"changed": True}
    assert ask("value", metric="bytes", **asked)["value"] == 0
    found = ask("changes", behind=seen, **asked)
    assert [each["kind"] for each in found] == ["replacement", "retraction"]
    asked.pop("subject")
    assert {each["metric"] for each in ask("changed", behind=seen, **asked)} == {"calls", "bytes"}


def test_subjects_are_listed_and_metrics_summed_anew(ask):
    ask("record", events=[event(ask, "a")])
    assert ask("subjects") == {"subjects": ["acme"]}
    assert ask("rebuild", metric=["bytes"]) == {"metrics": ["bytes"]}
    status = ask.t.get("/_ensue/meters/usage").body["status"]
    assert status["building"] == {"bytes": "0 of 1"}
    ask.t.settle()
    assert ask.t.get("/_ensue/meters/usage").body["status"] == {
        "subjects": 1,
        "last_sequence": 1,
        "whole_from_ms": 0,
        "building": {},
    }
