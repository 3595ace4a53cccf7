"""What can be done to queues and their messages."""

from __future__ import annotations

from typing import Any

import msgspec

from ensue.doors.console.view import Done
from ensue.doors.console.visit import Handle, Visit
from ensue.words import values
from ensue.words.errors import InvalidInput


class Sent(msgspec.Struct, forbid_unknown_fields=True):
    """A message to send; the body and the attributes are JSON."""

    body: str = "null"
    group: str | None = None
    delay: float = 0
    attributes: str | None = None


class OfMessage(msgspec.Struct, forbid_unknown_fields=True):
    """Which message."""

    id: str


class OfHandle(msgspec.Struct, forbid_unknown_fields=True):
    """Which receive."""

    handle: str


class Extended(msgspec.Struct, forbid_unknown_fields=True):
    """Which receive, and how many seconds from now its lease ends."""

    handle: str
    visibility: float = 60


class Nothing(msgspec.Struct, forbid_unknown_fields=True):
    """No fields."""


class Redriven(msgspec.Struct, forbid_unknown_fields=True):
    """Which letters to move, and how fast."""

    cause: str | None = None
    ids: str | None = None
    rate: str | None = None


class Mended(msgspec.Struct, forbid_unknown_fields=True):
    """Which letter, and its new body as JSON."""

    id: str
    body: str = "null"


class OfRedrive(msgspec.Struct, forbid_unknown_fields=True):
    """Which redrive."""

    id: int


class Deleted(msgspec.Struct, forbid_unknown_fields=True):
    """Which letters to forget."""

    cause: str | None = None
    ids: str | None = None


def _here(queue: Handle, more: str = "") -> str:
    return f"/queues/{queue.ref.app}/{queue.ref.name}{more}"


def _many(count: int, one: str) -> str:
    return f"{count:,} {one}" if count == 1 else f"{count:,} {one}s"


async def send(visit: Visit) -> Done:
    """Send a message."""
    given = await visit.form(Sent)
    queue = visit.resource("queue")
    fields: dict[str, Any] = {"body": values.decode(given.body), "delay": given.delay}
    if given.group is not None:
        fields["group"] = given.group
    if given.attributes is not None:
        fields["attributes"] = values.decode(given.attributes)
    sent = await visit.operate(queue, "send", fields)
    return Done(f"Sent as {sent['id']}", _here(queue, f"/{sent['id']}"))


async def withdraw(visit: Visit) -> Done:
    """Take a message back that waits."""
    given = await visit.form(OfMessage)
    queue = visit.resource("queue")
    answer = await visit.operate(queue, "withdraw", {"id": given.id})
    said = "The message is taken back" if answer["withdrawn"] else "It does not wait any more"
    return Done(said, _here(queue))


async def settle(visit: Visit) -> Done:
    """Say that a message which was received by hand is done."""
    given = await visit.form(OfHandle)
    queue = visit.resource("queue")
    answer = await visit.operate(queue, "settle", {"handles": [given.handle]})
    lost = [each["message"] for each in answer["failed"]]
    return Done(lost[0] if lost else "The message is settled", _here(queue))


async def extend(visit: Visit) -> Done:
    """Change how long nobody else receives a message."""
    given = await visit.form(Extended)
    queue = visit.resource("queue")
    await visit.operate(queue, "extend", {"handle": given.handle, "visibility": given.visibility})
    said = f"The lease ends in {given.visibility:g} s" if given.visibility else "It is given back"
    return Done(said, _here(queue))


async def pause(visit: Visit) -> Done:
    """Let its consumer take nothing."""
    queue = visit.resource("queue")
    await visit.operate(queue, "pause")
    return Done(f"{queue.ref.name} is paused: what is sent waits", _here(queue))


async def resume(visit: Visit) -> Done:
    """Let its consumer go on."""
    queue = visit.resource("queue")
    await visit.operate(queue, "resume")
    return Done(f"{queue.ref.name} goes on", _here(queue))


async def purge(visit: Visit) -> Done:
    """Forget every message that waits."""
    queue = visit.resource("queue")
    answer = await visit.operate(queue, "purge")
    return Done(f"{_many(answer['purged'], 'message')} forgotten", _here(queue))


async def redrive(visit: Visit) -> Done:
    """Move dead letters back to where they came from."""
    given = await visit.form(Redriven)
    queue = visit.resource("queue")
    fields: dict[str, Any] = {"cause": given.cause, "rate": given.rate}
    fields["ids"] = given.ids.split(",") if given.ids else None
    done = await visit.operate(queue, "redrive", fields)
    if done["state"] == "running":
        return Done(f"Redrive {done['id']} goes on at {given.rate}", _here(queue))
    refused = f", {done['refused']:,} refused" if done["refused"] else ""
    said = f"{_many(done['moved'], 'letter')} moved back{refused}; redrive {done['id']}"
    return Done(said, _here(queue))


async def mend(visit: Visit) -> Done:
    """Move a dead letter back with another body."""
    given = await visit.form(Mended)
    queue = visit.resource("queue")
    if visit.masked:
        raise InvalidInput("expected a console that shows bodies, to edit one")
    body = values.decode(given.body)
    done = await visit.operate(queue, "redrive", {"ids": [given.id], "body": body})
    if not done["moved"]:
        return Done(f"It was not moved: {visit.fault(str(done['first_refusal']))}", _here(queue))
    return Done(
        f"The letter goes back with its new body; redrive {done['id']} can be undone",
        _here(queue),
    )


async def cancel(visit: Visit) -> Done:
    """Stop a redrive that runs."""
    given = await visit.form(OfRedrive)
    queue = visit.resource("queue")
    done = await visit.operate(queue, "cancel", {"id": given.id})
    return Done(f"Redrive {given.id} stops after {_many(done['moved'], 'letter')}", _here(queue))


async def undo(visit: Visit) -> Done:
    """Make what a redrive moved, and still waits, dead letters again."""
    given = await visit.form(OfRedrive)
    queue = visit.resource("queue")
    done = await visit.operate(queue, "undo", {"id": given.id})
    gone = f"; {done['gone']:,} had gone on already" if done["gone"] else ""
    return Done(f"{_many(done['returned'], 'letter')} back here{gone}", _here(queue))


async def delete(visit: Visit) -> Done:
    """Forget dead letters for good."""
    given = await visit.form(Deleted)
    queue = visit.resource("queue")
    ids = given.ids.split(",") if given.ids else None
    done = await visit.operate(queue, "delete", {"cause": given.cause, "ids": ids})
    return Done(f"{_many(done['deleted'], 'letter')} deleted", _here(queue))
