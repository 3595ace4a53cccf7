"""The bus: events in a log, delivered by rules."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from ensue.resources.bus.audit import audit
from ensue.resources.bus.handle import Bus
from ensue.resources.bus.model import Event, Match
from ensue.resources.bus.store import publish
from ensue.words.kinds import Kind, Operation
from ensue.words.values import Json

__all__ = ["KIND", "Bus", "Event", "Match", "publish"]

Word = Annotated[str, msgspec.Meta(min_length=1, max_length=256)]


class Publish(msgspec.Struct, forbid_unknown_fields=True, rename={"detail_type": "detail-type"}):
    """An event to publish."""

    detail_type: Word
    detail: dict[str, Any]
    source: Word | None = None
    resources: list[str] = []


class Tail(msgspec.Struct, forbid_unknown_fields=True):
    """From where to read, how much, and how many milliseconds to wait for something new."""

    after: Annotated[int, msgspec.Meta(ge=0)] | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=1_000)] = 10
    wait: Annotated[int, msgspec.Meta(ge=0, le=30_000)] = 0


class Explain(msgspec.Struct, forbid_unknown_fields=True):
    """Which event."""

    id: str


async def _publish(bus: Bus, given: Publish) -> dict[str, Json]:
    published = await bus.publish(
        given.detail_type, given.detail, source=given.source, resources=given.resources
    )
    return {"id": published}


async def _tail(bus: Bus, given: Tail) -> dict[str, Json]:
    events, position = await bus.tail(after=given.after, limit=given.limit, wait_ms=given.wait)
    return {"events": events, "position": position}


async def _explain(bus: Bus, given: Explain) -> list[Match]:
    return await bus.explain(given.id)


async def _status(bus: Bus) -> dict[str, Json]:
    return {"events": await bus.count()}


KIND = Kind(
    name="bus",
    plural="buses",
    summary="Events in a log, delivered by rules.",
    aws="EventBridge",
    operations=(
        Operation("publish", "Publish an event.", Publish, _publish, writes=True),
        Operation(
            "tail", "Read the newest events, or wait for new ones.", Tail, _tail, writes=False
        ),
        Operation(
            "explain",
            "Say which rules matched an event, and why not.",
            Explain,
            _explain,
            writes=False,
        ),
    ),
    status=_status,
    audit=audit,
)
