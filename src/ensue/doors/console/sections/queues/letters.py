"""Dead letters: by their causes, one by one, and what a redrive of them would do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec

from ensue.doors.console.view import View
from ensue.doors.console.visit import Handle, Visit, plain

PREVIEWED = 500
REDRIVES_SHOWN = 10
RATE, AT_ONCE = "50/s", 1_000


class Asked(msgspec.Struct, forbid_unknown_fields=True):
    """Which of the causes."""

    after: str | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = 50


class AskedLetters(msgspec.Struct, forbid_unknown_fields=True):
    """Which of the letters."""

    cause: str | None = None
    after: str | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = 50


class AskedRedrive(msgspec.Struct, forbid_unknown_fields=True):
    """Which letters would be moved, and how fast."""

    cause: str | None = None
    ids: str | None = None
    rate: str | None = None


async def list_causes(visit: Visit) -> View:
    """What the letters of all dead-letter queues died of."""
    asked = visit.query(Asked)
    page = visit.platform.dead_letters(asked.limit, after=asked.after)
    flows = visit.platform.traffic.flows()
    queues = [
        {"app": ref.app, "kind": "queue", "name": ref.name, "letters": flows[ref].depth}
        for ref in visit.platform.refs()
        if ref.kind == "queue" and ref in flows and flows[ref].depth
        if "dead_letter_queue_of" in visit.platform.resource("queue", ref.name, ref.app).declared()
    ]
    return View(
        "queues/causes.html",
        "Dead letters",
        {
            "causes": [_cause(visit, msgspec.to_builtins(each)) for each in page.causes],
            "queues": queues,
            "next": page.next,
        },
        {"total": sum(each["letters"] for each in queues)},
    )


def _cause(visit: Visit, cause: Mapping[str, Any]) -> dict[str, Any]:
    return dict(cause) | {"message": visit.fault(cause["message"]) if cause["message"] else ""}


async def show_letters(visit: Visit, queue: Handle) -> View:
    """A dead-letter queue: what its letters died of, and its redrives."""
    asked = visit.query(Asked)
    page = await visit.operate(queue, "causes", {"limit": asked.limit, "after": asked.after})
    redrives = await visit.operate(queue, "redrives", {"limit": REDRIVES_SHOWN})
    depth = visit.platform.traffic.flow(queue.ref).depth
    return View(
        "queues/inbox.html",
        f"dead letters {queue.ref.name}",
        {
            "queue": _named(queue),
            "letters": depth,
            "causes": [_cause(visit, each) for each in page["causes"]],
            "redrives": [_redrive(visit, each) for each in redrives],
            "next": page["next"],
        },
        {"counted": sum(each["letters"] for each in page["causes"])},
    )


def _redrive(visit: Visit, redrive: Mapping[str, Any]) -> dict[str, Any]:
    said = redrive["first_refusal"]
    return dict(redrive) | {"first_refusal": None if said is None else visit.fault(said)}


def _named(queue: Handle) -> dict[str, str]:
    return {"app": queue.ref.app, "kind": "queue", "name": queue.ref.name}


async def list_letters(visit: Visit) -> View:
    """The letters of a dead-letter queue: of one cause, or all."""
    asked = visit.query(AskedLetters)
    queue = visit.resource("queue")
    given = {"cause": asked.cause, "limit": asked.limit, "after": asked.after}
    page = await visit.operate(queue, "letters", given)
    cause = None
    if asked.cause is not None:
        cause = await _cause_of(visit, queue, asked.cause)
    return View(
        "queues/letters.html",
        f"dead letters of {queue.ref.name}",
        {
            "queue": _named(queue),
            "cause": cause,
            "letters": [_letter(visit, each) for each in page["letters"]],
            "next": page["next"],
        },
        {"asked": asked},
    )


def _letter(visit: Visit, letter: Mapping[str, Any]) -> dict[str, Any]:
    reason = letter["reason"]
    return dict(letter) | {
        "reason": None if reason is None else visit.fault(reason),
        "group": visit.payload(letter["group"]),
        "body": visit.payload(letter["body"]),
        "attributes": visit.payload(letter["attributes"]),
    }


async def _cause_of(visit: Visit, queue: Handle, sought: str) -> dict[str, Any] | None:
    page = await visit.operate(queue, "causes", {"limit": 1_000})
    found = next((each for each in page["causes"] if each["cause"] == sought), None)
    return None if found is None else _cause(visit, found)


async def preview_redrive(visit: Visit) -> View:
    """What a redrive would do: how many letters, where to, what it would refuse."""
    asked = visit.query(AskedRedrive)
    queue = visit.resource("queue")
    ids = asked.ids.split(",") if asked.ids else None
    found = plain(await queue.preview_redrive(PREVIEWED, cause=asked.cause, ids=ids))
    cause = None if asked.cause is None else await _cause_of(visit, queue, asked.cause)
    depth = visit.platform.traffic.flow(queue.ref).depth
    letters = len(ids) if ids is not None else depth if cause is None else cause["letters"]
    said = found["first_refusal"]
    return View(
        "queues/redrive.html",
        f"Redrive {queue.ref.name}",
        {
            "queue": _named(queue),
            "cause": cause,
            "ids": ids,
            "letters": letters,
            "preview": found
            | {
                "first_refusal": None if said is None else visit.fault(said),
                "samples": [_sample(visit, each) for each in found["samples"]],
            },
        },
        {"rate": asked.rate or (RATE if letters > AT_ONCE else "")},
    )


def _sample(visit: Visit, sample: Mapping[str, Any]) -> dict[str, Any]:
    reason, body = visit.fault(sample["reason"]), visit.payload(sample["body"])
    return dict(sample) | {"reason": reason, "body": body}
