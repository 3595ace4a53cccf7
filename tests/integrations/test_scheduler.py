"""Schedules by the API of EventBridge Scheduler."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integrations.conftest import World

CREATE, DELETE = "aws-sdk:scheduler:createSchedule", "aws-sdk:scheduler:deleteSchedule"
QUEUE = "arn:aws:sqs:us-east-1:123456789012:payments"
ASKED = {
    "Name": "remind-349",
    "ScheduleExpression": "rate(1 hour)",
    "FlexibleTimeWindow": {"Mode": "OFF"},
    "Target": {"Arn": QUEUE, "RoleArn": "arn:aws:iam::1:role/r", "Input": '{"order": 7}'},
    "ActionAfterCompletion": "DELETE",
}
HOUR_MS = 3_600_000


def test_a_schedule_that_a_task_makes_fires(world: World) -> None:
    answer = world.do(CREATE, ASKED)
    world.stage.advance(HOUR_MS - 1)

    assert answer["ScheduleArn"].endswith(":schedule/schedules/remind-349")
    assert [each.body for each in world.messages("payments")] == [{"order": 7}]


def test_a_schedule_that_a_task_deletes_fires_no_more(world: World) -> None:
    world.do(CREATE, ASKED)
    world.do(DELETE, {"Name": "remind-349"})
    world.stage.advance(HOUR_MS)

    assert world.messages("payments") == []


@pytest.mark.parametrize(
    ("resource", "arguments", "error"),
    [
        (CREATE, ASKED, "Scheduler.ConflictException"),
        (DELETE, {"Name": "nobody"}, "Scheduler.ResourceNotFoundException"),
        (CREATE, ASKED | {"GroupName": "none"}, "Scheduler.ResourceNotFoundException"),
        (CREATE, ASKED | {"ScheduleExpression": "x"}, "Scheduler.ValidationException"),
        (
            CREATE,
            ASKED | {"Name": "other", "Target": {"Arn": f"{QUEUE}x"}},
            "Scheduler.ValidationException",
        ),
    ],
)
def test_each_refusal_has_the_name_that_the_scheduler_has_for_it(
    world: World, resource: str, arguments: Any, error: str
) -> None:
    world.do(CREATE, ASKED)

    assert world.fault(resource, arguments).error == error
