"""The console's sections, in the order of the menu. The first one is the console's first page."""

from __future__ import annotations

from ensue.doors.console.section import Section
from ensue.doors.console.sections.alarms import ALARMS
from ensue.doors.console.sections.audit import AUDIT
from ensue.doors.console.sections.events import EVENTS
from ensue.doors.console.sections.health import HEALTH
from ensue.doors.console.sections.map import MAP
from ensue.doors.console.sections.queues import DEAD_LETTERS, QUEUES
from ensue.doors.console.sections.resources import RESOURCES
from ensue.doors.console.sections.schedules import SCHEDULES
from ensue.doors.console.sections.schemas import SCHEMAS
from ensue.doors.console.sections.streams import STREAMS
from ensue.doors.console.sections.tables import TABLES
from ensue.doors.console.sections.why import WHY
from ensue.doors.console.sections.workflows import APPROVALS, WORKFLOWS

SECTIONS: tuple[Section, ...] = (
    MAP,
    WHY,
    EVENTS,
    QUEUES,
    DEAD_LETTERS,
    STREAMS,
    WORKFLOWS,
    APPROVALS,
    TABLES,
    SCHEDULES,
    SCHEMAS,
    HEALTH,
    ALARMS,
    RESOURCES,
    AUDIT,
)
