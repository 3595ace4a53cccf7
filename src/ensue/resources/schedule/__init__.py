"""Schedules: what is due at a moment, at a rate, or by the calendar."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from ensue.languages.schedules import shown_ms
from ensue.resources.schedule.audit import audit
from ensue.resources.schedule.handle import Schedules, create, plan_of
from ensue.resources.schedule.model import (
    DEAD_LETTERS,
    GROUP_DEFAULT,
    Firing,
    Lane,
    Missing,
    Run,
    Schedule,
    ScheduleOptions,
    Timing,
)
from ensue.resources.schedule.store import delete
from ensue.resources.schedule.worker import Scheduler
from ensue.words.errors import InvalidValue
from ensue.words.kinds import Kind, Operation
from ensue.words.names import Ref
from ensue.words.units import duration_ms
from ensue.words.values import Json

__all__ = [
    "DEAD_LETTERS",
    "GROUP_DEFAULT",
    "KIND",
    "Firing",
    "Lane",
    "Missing",
    "Run",
    "Schedule",
    "ScheduleOptions",
    "Scheduler",
    "Schedules",
    "Timing",
    "create",
    "delete",
    "plan_of",
]

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=256)]
Count = Annotated[int, msgspec.Meta(ge=1, le=1_000)]


def _said(text: str) -> msgspec.Meta:
    return msgspec.Meta(description=text)


_EXPRESSION = _said("When it is due: at(...), rate(...) or cron(...).")
_TO = _said("What gets it, such as queue/reports.")
_BODY = _said("What the target gets.")
_START = _said("It is not due before this time; a rate counts from it.")
_END = _said("It is not due after this time, such as 2026-12-31T00:00:00.")
_WINDOW = _said("It fires at a random moment within so long, such as 15m.")
_MISSED = _said("What becomes of firings that were due while nothing ran: once, skip or all.")
_AFTER = _said("What becomes of it when it is never due again: keep or delete.")
_WRAPPED = _said("The target gets an object that tells of the firing, the body in it.")
_GROUP = _said("The message group of what the target gets.")


class Create(msgspec.Struct, forbid_unknown_fields=True):
    """A schedule to make."""

    name: Text
    expression: Text
    to: Text
    body: Annotated[Any, _BODY] = None
    timezone: Text = "UTC"
    start: Annotated[Text | None, _START] = None
    end: Annotated[Text | None, _END] = None
    window: Annotated[Text, _WINDOW] = "0s"
    missed: Annotated[Text, _MISSED] = "once"
    after: Annotated[Text, _AFTER] = "keep"
    wrapped: Annotated[bool, _WRAPPED] = False
    group: Annotated[Text | None, _GROUP] = None


class Update(msgspec.Struct, forbid_unknown_fields=True):
    """What to change of a schedule; what is not given stays."""

    name: Text
    expression: Annotated[Text | None, _EXPRESSION] = None
    to: Annotated[Text | None, _TO] = None
    body: Annotated[Any, _BODY] = None
    timezone: Text | None = None
    start: Annotated[Text | None, _START] = None
    end: Annotated[Text | None, _END] = None
    window: Annotated[Text | None, _WINDOW] = None
    missed: Annotated[Text | None, _MISSED] = None
    after: Annotated[Text | None, _AFTER] = None
    group: Annotated[Text | None, _GROUP] = None


class Named(msgspec.Struct, forbid_unknown_fields=True):
    """Which schedule."""

    name: Text


class List(msgspec.Struct, forbid_unknown_fields=True):
    """Behind which name, in which state, and how many."""

    after: str = ""
    state: Text | None = None
    limit: Count = 100


class Next(msgspec.Struct, forbid_unknown_fields=True):
    """Which schedule, and how many moments."""

    name: Text
    count: Count = 10


class Preview(msgspec.Struct, forbid_unknown_fields=True):
    """Which expression, on whose clock, and how many moments."""

    expression: Text
    timezone: Text = "UTC"
    count: Count = 10


class Upcoming(msgspec.Struct, forbid_unknown_fields=True):
    """Within how long from now."""

    within: Annotated[Text, _said("Within how long from now, such as 7d.")] = "1d"


class Runs(msgspec.Struct, forbid_unknown_fields=True):
    """Of which schedule, and how many."""

    name: Text
    limit: Count = 20


class Missed(msgspec.Struct, forbid_unknown_fields=True):
    """Of which schedule, or of all, and how many."""

    name: Annotated[Text | None, _said("Of which schedule; of all by default.")] = None
    limit: Count = 20


async def _create(schedules: Schedules, given: Create) -> Schedule:
    options: ScheduleOptions = {
        "timezone": given.timezone,
        "start": given.start,
        "end": given.end,
        "window": given.window,
        "missed": given.missed,  # type: ignore[typeddict-item] # it is checked with the plan
        "after": given.after,  # type: ignore[typeddict-item] # so is this
        "raw": not given.wrapped,
        "group": given.group,
    }
    return await schedules.create(
        given.name,
        given.expression,
        to=_target(schedules, given.to),
        body=given.body,
        **options,
    )


async def _update(schedules: Schedules, given: Update) -> Schedule:
    changes: Any = {
        field: value
        for field in given.__struct_fields__
        if field not in {"name", "to"} and (value := getattr(given, field)) is not None
    }
    to = None if given.to is None else _target(schedules, given.to)
    return await schedules.update(given.name, to=to, **changes)


async def _delete(schedules: Schedules, given: Named) -> dict[str, Json]:
    return {"deleted": await schedules.delete(given.name)}


async def _get(schedules: Schedules, given: Named) -> Schedule:
    return await schedules.get(given.name)


async def _list(schedules: Schedules, given: List) -> list[Schedule]:
    return await schedules.page(after=given.after, state=given.state, limit=given.limit)


async def _pause(schedules: Schedules, given: Named) -> Schedule:
    return await schedules.pause(given.name)


async def _resume(schedules: Schedules, given: Named) -> Schedule:
    return await schedules.resume(given.name)


async def _fire(schedules: Schedules, given: Named) -> dict[str, Json]:
    return {"id": await schedules.fire(given.name)}


async def _next(schedules: Schedules, given: Next) -> list[str]:
    timezone = (await schedules.get(given.name)).timezone
    return [shown_ms(at_ms, timezone) for at_ms in await schedules.next(given.name, given.count)]


async def _preview(schedules: Schedules, given: Preview) -> list[str]:
    found = await schedules.preview(given.expression, timezone=given.timezone, count=given.count)
    return [shown_ms(at_ms, given.timezone) for at_ms in found]


async def _upcoming(schedules: Schedules, given: Upcoming) -> list[Lane]:
    return await schedules.upcoming(duration_ms(given.within))


async def _runs(schedules: Schedules, given: Runs) -> list[Run]:
    return await schedules.runs(given.name, given.limit)


async def _missed(schedules: Schedules, given: Missed) -> list[Missing]:
    return await schedules.missed(given.name, given.limit)


async def _status(schedules: Schedules) -> dict[str, Json]:
    return await schedules.counts()


def _target(schedules: Schedules, said: str) -> Ref:
    """The resource that ``queue/reports`` or ``shop/queue/reports`` names."""
    parts = said.split("/")
    if len(parts) == 2:
        parts.insert(0, schedules.ref.app)
    if len(parts) != 3:
        raise InvalidValue(f"expected a target such as queue/reports, got {said!r}", at="$.to")
    return Ref(*parts)


KIND = Kind(
    name="schedule",
    noun="schedule group",
    plural="schedules",
    summary="What is due at a moment, at a rate, or by the calendar of a time zone.",
    aws="EventBridge Scheduler",
    operations=(
        Operation("create", "Make a schedule.", Create, _create, writes=True),
        Operation("update", "Change a schedule.", Update, _update, writes=True),
        Operation("delete", "Forget a schedule.", Named, _delete, writes=True),
        Operation("get", "Show a schedule.", Named, _get, writes=False),
        Operation("list", "List schedules by name.", List, _list, writes=False),
        Operation("pause", "Let a schedule fire no more.", Named, _pause, writes=True),
        Operation("resume", "Let a schedule fire again, from now on.", Named, _resume, writes=True),
        Operation("fire", "Fire a schedule now, out of turn.", Named, _fire, writes=True),
        Operation("next", "Say when a schedule is due next.", Next, _next, writes=False),
        Operation(
            "upcoming", "Say when all schedules are due soon.", Upcoming, _upcoming, writes=False
        ),
        Operation("runs", "Show the last firings of a schedule.", Runs, _runs, writes=False),
        Operation("missed", "Show what was due and did not fire.", Missed, _missed, writes=False),
        Operation(
            "preview", "Say when an expression is due next.", Preview, _preview, writes=False
        ),
    ),
    status=_status,
    audit=audit,
    wiring=Schedules.wiring,
)
