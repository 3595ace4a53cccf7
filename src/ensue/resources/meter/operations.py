"""What can be done to a meter from outside, by a route or a command."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from ensue.resources.meter.handle import Meter, Step
from ensue.resources.meter.model import (
    EVENTS_MAX,
    PAGE_MAX,
    MeterEvent,
    MeterRecord,
    Recorded,
    Usage,
    UsageChange,
    UsagePoint,
)
from ensue.words.kinds import Operation
from ensue.words.units import as_ms
from ensue.words.values import Json

Time = int | str
_START = msgspec.Meta(description="The first moment of the window: ms since 1970, or ISO 8601.")
_END = msgspec.Meta(description="The last moment of the window, itself in it.")
_GROUP = msgspec.Meta(description="The property by whose values it is broken down.")
_STEP = msgspec.Meta(description="The parts of the series: hour or day.")
_TZ = msgspec.Meta(description="By whose clocks, such as Europe/Berlin.")
_METRICS = msgspec.Meta(description="Which metrics; all by default.")
_SAYS = msgspec.Meta(description="What it says from now on; without it, it is retracted.")
_REASON = msgspec.Meta(description="Why, for whoever reads the log.")
_FROM = msgspec.Meta(description="Only subjects behind this one, by their names.")
_AFTER = msgspec.Meta(ge=0, description="Only what came behind this place in the log.")
Limit = Annotated[int, msgspec.Meta(ge=1, le=PAGE_MAX, description="How many at most.")]


class Event(msgspec.Struct, forbid_unknown_fields=True):
    """An event to record."""

    id: str
    subject: str
    type: str
    time_ms: int
    properties: dict[str, Any] = {}


class Record(msgspec.Struct, forbid_unknown_fields=True):
    """The events to record."""

    events: Annotated[list[Event], msgspec.Meta(min_length=1, max_length=EVENTS_MAX)]


class Asked(msgspec.Struct, forbid_unknown_fields=True):
    """Whose usage, of which metric, and when."""

    subject: str
    metric: str
    start: Annotated[Time, _START]
    end: Annotated[Time, _END]


class Breakdown(msgspec.Struct, forbid_unknown_fields=True):
    """Whose usage, of which metric, when, and by which property."""

    subject: str
    metric: str
    start: Annotated[Time, _START]
    end: Annotated[Time, _END]
    group_by: Annotated[str, _GROUP]


class Series(msgspec.Struct, forbid_unknown_fields=True):
    """Whose usage, of which metric, when, and in which parts."""

    subject: str
    metric: str
    start: Annotated[Time, _START]
    end: Annotated[Time, _END]
    step: Annotated[Step, _STEP] = "hour"
    tz: Annotated[str, _TZ] = "UTC"


class Correct(msgspec.Struct, forbid_unknown_fields=True):
    """Which event, and what it says from now on."""

    subject: str
    id: str
    properties: Annotated[dict[str, Any] | None, _SAYS] = None
    reason: Annotated[str | None, _REASON] = None


class Subjects(msgspec.Struct, forbid_unknown_fields=True):
    """Which page of the subjects."""

    after: Annotated[str, _FROM] = ""
    limit: Limit = 100


class Changes(msgspec.Struct, forbid_unknown_fields=True):
    """Of whom, when, and behind which place in the log."""

    subject: str
    start: Annotated[Time, _START]
    end: Annotated[Time, _END]
    behind: Annotated[int, _AFTER] = 0
    limit: Limit = 100


class Changed(msgspec.Struct, forbid_unknown_fields=True):
    """In which period, and behind which place in the log."""

    start: Annotated[Time, _START]
    end: Annotated[Time, _END]
    behind: Annotated[int, _AFTER]
    after: Annotated[str, _FROM] = ""
    limit: Limit = 100


class Rebuild(msgspec.Struct, forbid_unknown_fields=True):
    """Which metrics."""

    metric: Annotated[list[str], _METRICS] = []


async def _record(meter: Meter, given: Record) -> Recorded:
    return await meter.record([
        MeterEvent(each.id, each.subject, each.type, each.time_ms, each.properties)
        for each in given.events
    ])


def _window(given: Asked | Breakdown | Series | Changes | Changed) -> tuple[int, int]:
    return as_ms(given.start, "$.start"), as_ms(given.end, "$.end")


async def _value(meter: Meter, given: Asked) -> Usage:
    return await meter.usage(given.subject, given.metric, *_window(given))


async def _breakdown(meter: Meter, given: Breakdown) -> Usage:
    return await meter.breakdown(
        given.subject, given.metric, *_window(given), group_by=given.group_by
    )


async def _series(meter: Meter, given: Series) -> list[UsagePoint]:
    return await meter.series(
        given.subject, given.metric, *_window(given), step=given.step, tz=given.tz
    )


async def _correct(meter: Meter, given: Correct) -> dict[str, Json]:
    done = await meter.correct(
        given.subject, given.id, properties=given.properties, reason=given.reason
    )
    return {"changed": done}


async def _subjects(meter: Meter, given: Subjects) -> dict[str, object]:
    return {"subjects": await meter.subjects(after=given.after, limit=given.limit)}


async def _changes(meter: Meter, given: Changes) -> list[MeterRecord]:
    return await meter.changes(
        given.subject, *_window(given), after=given.behind, limit=given.limit
    )


async def _changed(meter: Meter, given: Changed) -> list[UsageChange]:
    return await meter.changed(
        *_window(given), after=given.behind, from_subject=given.after, limit=given.limit
    )


async def _rebuild(meter: Meter, given: Rebuild) -> dict[str, object]:
    return {"metrics": await meter.rebuild(*given.metric)}


OPERATIONS = (
    Operation("record", "Record events, each once.", Record, _record, writes=True),
    Operation("value", "Show the value of a metric in a window.", Asked, _value, writes=False),
    Operation(
        "breakdown",
        "Show the value of a metric in a window, and of each group.",
        Breakdown,
        _breakdown,
        writes=False,
    ),
    Operation(
        "series",
        "Show the values of a metric by the hour or by the day.",
        Series,
        _series,
        writes=False,
    ),
    Operation(
        "correct", "Give an event other properties, or retract it.", Correct, _correct, writes=True
    ),
    Operation("subjects", "List subjects by their names.", Subjects, _subjects, writes=False),
    Operation(
        "changes",
        "List what was recorded of a subject in a window.",
        Changes,
        _changes,
        writes=False,
    ),
    Operation(
        "changed",
        "List whose usage in a period has changed behind a place in the log.",
        Changed,
        _changed,
        writes=False,
    ),
    Operation("rebuild", "Sum metrics anew from the log.", Rebuild, _rebuild, writes=True),
)
