"""What an application holds of a group of schedules."""

from __future__ import annotations

from ensue.resources.schedule.handle.schedules import Schedules, create, plan_of

__all__ = ["Schedules", "create", "plan_of"]
