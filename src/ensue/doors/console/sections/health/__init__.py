"""Health: what is likely wrong and what mends it, bounds, and how much goes through."""

from __future__ import annotations

from ensue.doors.console.section import Page, Section
from ensue.doors.console.sections.health.charted import show_traffic
from ensue.doors.console.sections.health.faults import show_health

HEALTH = Section(
    "health",
    "Health",
    of=(Page("/health", show_health), Page("/health/traffic", show_traffic)),
    icon="health",
    key="h",
)
