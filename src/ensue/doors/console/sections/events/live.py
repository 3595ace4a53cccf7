"""What is published, live: of one bus, topic or stream, or of all at once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Annotated, Any

import msgspec

from ensue.app.watching import watch
from ensue.catalog import KINDS
from ensue.doors.console.live import pause
from ensue.doors.console.sections.events.filtering import fault_of
from ensue.doors.console.sections.events.logs import (
    HELD,
    logs_of,
    place_of,
    positions_of,
    positions_text,
    row_of,
    told,
)
from ensue.doors.console.view import View
from ensue.doors.console.visit import Visit
from ensue.words.names import Ref

SHOWN_DEFAULT = 50
PAUSE_S = 0.25


class Asked(msgspec.Struct, forbid_unknown_fields=True):
    """Which events: of what kind of log, that match a pattern, before or behind a position."""

    kind: str | None = None
    pattern: str | None = None
    before: Annotated[int, msgspec.Meta(ge=1)] | None = None
    after: Annotated[int, msgspec.Meta(ge=0)] | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = SHOWN_DEFAULT


class Followed(msgspec.Struct, forbid_unknown_fields=True):
    """From which positions on, and what matches which pattern."""

    after: str
    pattern: str | None = None


async def list_logs(visit: Visit) -> View:
    """All buses, topics and streams, and what is published to any of them."""
    asked = visit.query(Asked)
    refs = logs_of(visit)
    fault = fault_of(asked.pattern)
    rows: list[dict[str, Any]] = []
    positions: dict[Ref, int] = {}
    for ref in refs if visit.block != "live" else ():
        found, positions[ref] = await _newest(visit, ref, asked, is_wrong=fault is not None)
        rows += found
    rows.sort(key=lambda row: str(row["time"]))
    return View(
        "events/list.html",
        "Events",
        {
            "logs": [await _log(visit, ref) for ref in refs],
            "events": rows[::-1][: asked.limit],
            "positions": positions_text(positions),
            "fault": fault,
        },
        {"asked": asked},
    )


async def show_log(visit: Visit) -> View:
    """One bus, topic or stream: what is published to it, newest first."""
    asked = visit.query(Asked)
    place = place_of(visit, asked.kind)
    fault = fault_of(asked.pattern)
    rows: list[dict[str, Any]] = []
    position = 0
    if visit.block != "live":
        rows, position = await _newest(visit, place.ref, asked, is_wrong=fault is not None)
    is_paged = asked.before is not None or asked.after is not None
    return View(
        "events/log.html",
        f"{place.ref.kind} {place.ref.name}",
        {
            "log": await _log(visit, place.ref),
            "events": rows[::-1],
            "positions": "" if is_paged else positions_text({place.ref: position}),
            "next": _next(asked, rows, position),
            "fault": fault,
        },
        {"asked": asked, "kind": place.kind, "is_paged": is_paged},
    )


async def follow(visit: Visit) -> AsyncIterator[tuple[str, object]]:
    """What comes to the logs whose positions are given, a sample where there is much."""
    asked = visit.query(Followed)
    after = positions_of(asked.after)
    watched = watch(visit.platform, [*after], pattern=asked.pattern or None, after=after)
    async for batch in watched.batches():
        yield (
            "came",
            [
                {
                    **told(each.ref),
                    "before": each.before,
                    "position": each.position,
                    "came": each.came,
                    "looked": each.looked,
                    "matched": each.matched,
                    "events": [row_of(visit, each.ref, event) for event in each.shown],
                }
                for each in batch
            ],
        )
        await pause(PAUSE_S)


async def _newest(
    visit: Visit, ref: Ref, asked: Asked, *, is_wrong: bool
) -> tuple[list[dict[str, Any]], int]:
    """The lines that are asked for, oldest first, and the position behind or before them."""
    handle = visit.resource(ref.kind, ref.name, ref.app)
    given: dict[str, Any] = {"limit": asked.limit}
    if asked.pattern and not is_wrong:
        given["pattern"] = msgspec.json.decode(asked.pattern)
    if asked.before is not None:
        given["before"] = asked.before
    elif asked.after is not None:
        given["after"] = asked.after
    answer = await visit.operate(handle, "tail", given)
    found: Sequence[Mapping[str, Any]] = () if is_wrong else answer[HELD[ref.kind]]
    return [row_of(visit, ref, event) for event in found], answer["position"]


def _next(asked: Asked, rows: Sequence[Mapping[str, Any]], position: int) -> int | None:
    """The position before which, or behind which, the next page is."""
    if asked.after is not None:
        return position if len(rows) >= asked.limit else None
    if asked.before is not None:
        return position if position > 1 else None
    return None if not rows else position + 1


async def _log(visit: Visit, ref: Ref) -> dict[str, Any]:
    """A log as a line: how much was ever published, and who wants it."""
    handle = visit.resource(ref.kind, ref.name, ref.app)
    status = await KINDS[ref.kind].status(handle)
    return {**told(ref), "status": status}
