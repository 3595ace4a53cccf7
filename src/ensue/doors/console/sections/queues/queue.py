"""One queue: how it does, what is in it and how that stands; and one message."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec

from ensue.catalog import KINDS
from ensue.doors.console.sections.queues.letters import show_letters
from ensue.doors.console.view import View
from ensue.doors.console.visit import Handle, Visit
from ensue.observe.traffic import Traffic
from ensue.pages import charts
from ensue.words.names import Ref
from ensue.words.units import iso
from ensue.words.values import encode

# Of how long the charts tell, and in which steps; and over how long rates are, in ms.
CHART = 900_000, 30_000
RATES = 60_000
HELD_SHOWN = 20
State = Literal["in flight", "due", "later", "held"]
STATES: tuple[State, ...] = ("in flight", "due", "later", "held")


class Asked(msgspec.Struct, forbid_unknown_fields=True):
    """Which messages: how they stand, behind which."""

    state: State | None = None
    after: str | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = 25


async def show_queue(visit: Visit) -> View:
    """A queue: figures, charts, and its messages by how they stand."""
    queue = visit.resource("queue")
    declared = queue.declared()
    if "dead_letter_queue_of" in declared:
        return await show_letters(visit, queue)
    asked = visit.query(Asked)
    status = await _status(queue)
    state = asked.state or ("in flight" if status["in_flight"] else "due")
    given = {"state": state, "limit": asked.limit, "after": asked.after}
    page = await visit.operate(queue, "messages", given)
    held = await visit.operate(queue, "held", {"limit": HELD_SHOWN}) if status["held"] else []
    traffic = visit.platform.traffic
    flow = traffic.flow(queue.ref, RATES)
    dead = declared["dead_letter_queue"]
    letters = traffic.flow(queue.ref._replace(name=dead), RATES).depth if dead else 0
    return View(
        "queues/queue.html",
        f"queue {queue.ref.name}",
        {
            "queue": {
                "app": queue.ref.app,
                "kind": "queue",
                "name": queue.ref.name,
                "declared": declared,
                "status": status,
                "in_per_s": flow.in_per_s,
                "out_per_s": flow.out_per_s,
                "errors_per_s": flow.errors_per_s,
                "dead_letters": letters,
            },
            "of_state": state,
            "messages": [_shown(visit, each) for each in page["messages"]],
            "next": page["next"],
            "held_keys": [
                each
                | {
                    "group": visit.payload(each["group"]),
                    "blocked_by": each["blocked_by"] and _shown(visit, each["blocked_by"]),
                }
                for each in held
            ],
        },
        {
            "states": STATES,
            "asked_state": state,
            "consumer": declared.get("consumer"),
            "charts": _charts(traffic, queue.ref),
            "asked": asked,
        },
    )


async def _status(queue: Handle) -> dict[str, Any]:
    """Its figures, those too that are nought."""
    return {"delayed": 0, "held": 0, "paused_since_ms": None} | await KINDS["queue"].status(queue)


def _shown(visit: Visit, message: Mapping[str, Any]) -> dict[str, Any]:
    """A message as it may be seen."""
    error = message.get("error")
    return dict(message) | {
        "body": visit.payload(message["body"]),
        "attributes": visit.payload(message["attributes"]),
        "group": visit.payload(message["group"]),
        "error": None if error is None else visit.fault(error),
    }


def _charts(traffic: Traffic, ref: Ref) -> list[charts.Chart]:
    def series(metric: str) -> list[float | None]:
        return [value for _, value in traffic.series(ref, metric, *CHART)]

    times = [iso(at_ms)[11:16] for at_ms, _ in traffic.series(ref, "depth", *CHART)]
    rates = {
        name: series(metric)
        for name, metric in (("in", "sent"), ("done", "completed"), ("failed", "failed"))
    }
    return [
        charts.lines("Depth", times, {"messages": series("depth")}),
        charts.lines("Messages a second", times, rates),
    ]


async def preview_purge(visit: Visit) -> View:
    """How many messages a purge would forget."""
    queue = visit.resource("queue")
    status = await KINDS["queue"].status(queue)
    return View(
        "queues/purge.html",
        f"Purge {queue.ref.name}",
        {
            "queue": {"app": queue.ref.app, "kind": "queue", "name": queue.ref.name},
            "purges": status["waiting"],
            "stays": status["in_flight"],
        },
    )


async def show_message(visit: Visit) -> View:
    """A message: its body, how it was tried, and what can be done with it."""
    queue = visit.resource("queue")
    found = await visit.operate(queue, "message", {"id": visit.path["id"]})
    by_hand = "consumer" not in queue.declared()
    handle = None
    if found["state"] == "in flight" and by_hand and found["holder"] is not None:
        handle = f"{found['id']}.{found['receives']}.{found['taken_ms']}"
    original = found["original_body"]
    reason = found["reason"]
    message = found | {
        "body": visit.payload(found["body"]),
        "original_body": None if original is None else visit.payload(original),
        "attributes": visit.payload(found["attributes"]),
        "group": visit.payload(found["group"]),
        "tenant": visit.payload(found["tenant"]),
        "reason": None if reason is None else visit.fault(reason),
        "attempts": [each | {"error": visit.fault(each["error"])} for each in found["attempts"]],
    }
    body = "" if visit.masked else msgspec.json.format(encode(found["body"]), indent=2)
    return View(
        "queues/message.html",
        f"message {found['id']}",
        {"message": message},
        {
            "queue": {"app": queue.ref.app, "kind": "queue", "name": queue.ref.name},
            "handle": handle,
            "body_text": body,
            "can_edit": visit.can_write and not visit.masked and found["state"] == "dead",
            "can_withdraw": visit.can_write
            and found["state"] in {"due", "delayed", "held", "retrying"},
        },
    )
