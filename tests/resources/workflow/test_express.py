"""Express executions: in memory, at least once, one row for the outcome."""

from __future__ import annotations

import asyncio

import pytest

from ensue.words.errors import Conflict, InvalidDeclaration
from tests.resources.workflow.conftest import ran, types


def test_an_express_execution_leaves_one_row_for_its_outcome(shop, run):
    flow = shop.flow(
        {
            "A": {"Type": "Task", "Resource": shop.effect, "ResultPath": "$.r", "Next": "B"},
            "B": {"Type": "Task", "Resource": shop.outside, "ResultPath": "$.s", "End": True},
        },
        type="EXPRESS",
    )
    t = run()
    found = ran(t, flow, {"id": "x"})
    assert found.status == "SUCCEEDED"
    assert found.output == {"id": "x", "r": {"done": "x"}, "s": {"answered": 1}}
    assert shop.times(t, "x") == 1
    assert types(t, flow) == []


def test_the_history_of_an_express_execution_is_kept_when_that_is_declared(shop, run):
    echo = {"A": {"Type": "Pass", "End": True}}
    flow = shop.flow(echo, type="EXPRESS", log="ALL")
    t = run()
    ran(t, flow)
    assert types(t, flow) == [
        "ExecutionStarted",
        "PassStateEntered",
        "PassStateExited",
        "ExecutionSucceeded",
    ]


def test_the_history_of_one_that_failed_is_kept_by_default(shop, run):
    flow = shop.flow({"F": {"Type": "Fail", "Error": "Mine"}}, type="EXPRESS")
    t = run()
    assert ran(t, flow).error == "Mine"
    assert types(t, flow)[-1] == "ExecutionFailed"


def test_who_waits_for_an_express_execution_leaves_no_row(shop, run):
    flow = shop.flow({"A": {"Type": "Pass", "Result": 7, "End": True}}, type="EXPRESS")
    t = run()
    found = t.wait(flow.start_sync({"n": 1}, name="one"))
    assert (found.status, found.output, found.name) == ("SUCCEEDED", 7, "one")
    assert t.wait(flow.executions()).executions == ()


def test_express_branches_wait_side_by_side(shop, run):
    def waits(seconds):
        wait = {"Type": "Wait", "Seconds": seconds, "End": True}
        return {"StartAt": "W", "States": {"W": wait}}

    flow = shop.flow(
        {"P": {"Type": "Parallel", "Branches": [waits(20), waits(30)], "End": True}},
        type="EXPRESS",
    )
    t = run()
    began_ms = t.now_ms()
    found = ran(t, flow, 1)
    assert found.output == [1, 1]
    assert found.ended_ms - began_ms == 30_000


def test_express_tasks_are_tried_again_and_time_out(shop, run):
    @shop.app.function
    async def slow(body):
        del body
        shop.calls.append("begun")
        await asyncio.Event().wait()

    retry = [{"ErrorEquals": ["States.Timeout"], "MaxAttempts": 2}]
    flow = shop.flow(
        {
            "A": {
                "Type": "Task",
                "Resource": slow,
                "TimeoutSeconds": 3,
                "Retry": retry,
                "End": True,
            }
        },
        type="EXPRESS",
    )
    t = run()
    assert ran(t, flow).error == "States.Timeout"
    assert shop.calls == ["begun"] * 3


def test_an_express_execution_may_take_five_minutes(shop, run):
    flow = shop.flow({"A": {"Type": "Wait", "Seconds": 86_400, "End": True}}, type="EXPRESS")
    t = run()
    began_ms = t.now_ms()
    found = ran(t, flow)
    assert found.status == "TIMED_OUT"
    assert found.ended_ms - began_ms == 300_000


def test_the_name_of_an_express_execution_is_a_key_for_five_minutes(shop, run):
    flow = shop.flow({"A": {"Type": "Task", "Resource": shop.effect, "End": True}}, type="EXPRESS")
    t = run()
    ran(t, flow, {"id": "x"})
    ran(t, flow, {"id": "x"})
    assert shop.times(t, "x") == 1
    with pytest.raises(Conflict, match="with another input"):
        t.wait(flow.start({"id": "y"}, name="one"))


def test_an_express_execution_waits_for_no_token(shop, run):
    shop.flow(
        {"A": {"Type": "Task", "Resource": "ensue:queue:outbox.waitForTaskToken", "End": True}},
        type="EXPRESS",
    )
    with pytest.raises(InvalidDeclaration, match="expected a standard workflow"):
        run()
