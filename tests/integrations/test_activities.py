"""Activities: what becomes of an execution while workers outside take its tasks."""

from __future__ import annotations

from typing import Any

import pytest

from ensue.words.errors import NotFound
from tests.integrations.test_workflows import Shop, shop

__all__ = ["shop"]


def ask(**more: Any) -> Any:
    return {
        "Ask": {
            "Type": "Task",
            "Resource": "ensue:activity:approve",
            "Parameters": {"order.$": "$.order"},
            "End": True,
            **more,
        }
    }


def start(shop: Shop, **more: Any) -> tuple[Any, Any]:
    activity = shop.app.activity("approve")
    flow = shop.declare("approval", ask(**more))
    shop.open()
    shop.run(flow, {"order": 7})
    return activity, flow


def test_a_worker_takes_the_task_of_a_state_and_ends_it(shop: Shop) -> None:
    activity, flow = start(shop)

    task = shop.stage.wait(activity.take(worker="desk-3"))
    shop.stage.wait(activity.succeed(task.token, {"approved": True}))
    shop.stage.settle()

    ended = shop.stage.wait(flow.describe("one"))
    assert task.input == {"order": 7}
    assert (ended.status, ended.output) == ("SUCCEEDED", {"approved": True})
    assert shop.events(flow) == [
        "ExecutionStarted",
        "TaskStateEntered",
        "ActivityScheduled",
        "ActivityStarted",
        "ActivitySucceeded",
        "TaskStateExited",
        "ExecutionSucceeded",
    ]
    page = shop.stage.wait(flow.history("one"))
    assert page.events[3]["activityStartedEventDetails"] == {"workerName": "desk-3"}


def test_the_arn_of_an_activity_names_it_too(shop: Shop) -> None:
    activity, flow = start(shop, Resource="arn:aws:states:us-east-1:123456789012:activity:Approve")

    task = shop.stage.wait(activity.take())
    shop.stage.wait(activity.fail(task.token, "Refused", "not today"))
    shop.stage.settle()

    ended = shop.stage.wait(flow.describe("one"))
    assert (ended.status, ended.error, ended.cause) == ("FAILED", "Refused", "not today")
    assert "ActivityFailed" in shop.events(flow)


def test_a_worker_that_is_lost_is_noticed_by_its_silence(shop: Shop) -> None:
    activity, flow = start(shop, HeartbeatSeconds=5, TimeoutSeconds=60)
    task = shop.stage.wait(activity.take())

    shop.stage.advance(4_000)
    shop.stage.wait(activity.heartbeat(task.token))
    shop.stage.advance(4_000)
    assert shop.stage.wait(flow.describe("one")).status == "RUNNING"
    shop.stage.advance(5_000)

    ended = shop.stage.wait(flow.describe("one"))
    assert ended.status == "FAILED"
    assert ended.error in {"States.Timeout", "States.HeartbeatTimeout"}
    assert "ActivityTimedOut" in shop.events(flow)
    for late in (activity.succeed(task.token), activity.heartbeat(task.token)):
        with pytest.raises(NotFound):
            shop.stage.wait(late)


def test_a_task_that_nobody_takes_in_time_is_taken_by_nobody(shop: Shop) -> None:
    activity, flow = start(shop, TimeoutSeconds=60)

    shop.stage.advance(61_000)

    ended = shop.stage.wait(flow.describe("one"))
    assert (ended.status, ended.error) == ("FAILED", "States.Timeout")
    assert shop.stage.wait(activity.take()) is None


def test_a_lost_task_is_scheduled_again_with_another_token(shop: Shop) -> None:
    retry = [{"ErrorEquals": ["States.Timeout"], "IntervalSeconds": 1, "MaxAttempts": 1}]
    activity, flow = start(shop, HeartbeatSeconds=5, TimeoutSeconds=60, Retry=retry)
    lost = shop.stage.wait(activity.take(worker="lost"))
    shop.stage.advance(10_000)

    again = shop.stage.wait(activity.take(worker="found"))
    shop.stage.wait(activity.succeed(again.token, "ok"))
    shop.stage.settle()

    assert again.token != lost.token
    assert shop.stage.wait(flow.describe("one")).output == "ok"


def test_a_task_of_a_stopped_execution_is_taken_by_nobody(shop: Shop) -> None:
    activity, flow = start(shop)

    shop.stage.wait(flow.stop("one"))
    shop.stage.settle()

    assert shop.stage.wait(activity.take()) is None
