"""The activity: tasks of workflows that workers outside poll for."""

from __future__ import annotations

from ensue.resources.activity.handle import Activity
from ensue.resources.activity.model import ActivityTask, ActivityWaiting, Answers
from ensue.resources.activity.operations import OPERATIONS
from ensue.resources.activity.store import schedule
from ensue.words.kinds import Kind
from ensue.words.values import Json

__all__ = ["KIND", "Activity", "ActivityTask", "ActivityWaiting", "Answers", "schedule"]


async def _status(activity: Activity) -> dict[str, Json]:
    return await activity.depth()


KIND = Kind(
    name="activity",
    plural="activities",
    summary="Tasks of workflows that workers outside poll for.",
    aws="Step Functions activity",
    operations=OPERATIONS,
    status=_status,
    group="activity",
)
