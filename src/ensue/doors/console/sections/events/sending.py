"""Sending an event, a message or a record: from a schema's sample, from a past one, or by hand."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from ensue.doors.console.sections.events.event import event_of
from ensue.doors.console.sections.events.filtering import plain_fault
from ensue.doors.console.sections.events.logs import Place, place_of, told
from ensue.doors.console.view import Done, View
from ensue.doors.console.visit import Visit
from ensue.words.errors import EnsueError, InvalidValue

BODIES = {"bus": "detail", "topic": "body", "stream": "data"}
SUBJECTS_SHOWN = 200

Seed = Annotated[int, msgspec.Meta(ge=0, le=2**31)]


class Given(msgspec.Struct, forbid_unknown_fields=True):
    """What is to be sent, and of what it is made.

    Of the form: ``type`` and ``source`` of an event, ``body`` as JSON, ``key``, which is the group
    of a message or the partition key of a record, ``attributes`` of a message. What it is made of:
    ``event``, the id of a past one; ``subject`` and ``seed`` of a schema's sample.
    """

    kind: str | None = None
    type: str | None = None
    source: str | None = None
    body: str | None = None
    key: str | None = None
    attributes: str | None = None
    event: str | None = None
    subject: str | None = None
    seed: Seed = 0


async def show_form(visit: Visit) -> View:
    """The form, and what would become of what it holds."""
    asked = visit.query(Given)
    place = place_of(visit, asked.kind)
    ref, form = place.ref, await _form(visit, place, asked)
    fault, found = await _checked(visit, place, form)
    return View(
        "events/send.html",
        f"Send to {ref.name}",
        {
            "log": told(ref),
            "given": form,
            "fault": fault,
            "schema": found.get("schema"),
            "rules": found.get("rules", []),
            "subjects": await _subjects(visit, place),
        },
        {"asked": asked, "kind": place.kind, "place": BODIES[ref.kind]},
    )


async def send(visit: Visit) -> Done:
    """Send it."""
    given = await visit.form(Given)
    place = place_of(visit, given.kind)
    ref = place.ref
    form = await _form(visit, place, given)
    body = _decoded(form["body"], "$." + BODIES[ref.kind])
    sent: dict[str, Any] = {BODIES[ref.kind]: body}
    if ref.kind == "bus":
        sent |= {"detail-type": form["type"]} | _without_none(source=form["source"])
    elif ref.kind == "topic":
        attributes = _decoded(form["attributes"] or "{}", "$.attributes")
        sent |= {"attributes": attributes} | _without_none(group=form["key"])
    else:
        sent |= _without_none(partition_key=form["key"])
    operation = "append" if ref.kind == "stream" else "publish"
    answer = await visit.operate(place.handle, operation, sent)
    said = form["type"] or f"It goes to {ref.name}"
    to = f"/events/{ref.app}/{ref.name}/event/{answer['id']}"
    return Done(f"{said} is published.", to + (f"?kind={place.kind}" if place.kind else ""))


async def _form(visit: Visit, place: Place, asked: Given) -> dict[str, Any]:
    """What the form holds: what was typed, else what it is made of."""
    made: dict[str, Any] = {}
    if asked.event is not None and asked.body is None:
        made = await event_of(visit, place, asked.event)
    elif asked.subject is not None and asked.body is None:
        registry = _registry(visit, place)
        if registry is not None:
            given = {"subject": asked.subject, "seed": asked.seed}
            made = await visit.operate(registry, "sample", given)
    body = visit.payload(made.get(BODIES[place.ref.kind], {}))
    attributes = made.get("attributes")
    return {
        "type": asked.type or made.get("detail-type", ""),
        "source": asked.source or made.get("source"),
        "body": asked.body if asked.body is not None else _text(body),
        "key": asked.key or made.get("group") or made.get("key"),
        "attributes": asked.attributes or (_text(attributes) if attributes else None),
    }


async def _checked(
    visit: Visit, place: Place, form: dict[str, Any]
) -> tuple[dict[str, Any] | None, dict[str, Any]]:
    """What is wrong with what the form holds, and for a bus what would become of it."""
    try:
        body = _decoded(form["body"], "$." + BODIES[place.ref.kind])
        if place.ref.kind != "bus" or not form["type"]:
            return None, {}
        event = {"detail-type": form["type"], "detail": body} | _without_none(source=form["source"])
        tried = await visit.operate(place.handle, "try-event", {"event": event})
    except EnsueError as error:
        return plain_fault(error), {}
    rules = [
        {"rule": each["rule"], "enabled": each["enabled"], "matched": each["matched"]}
        for each in tried
    ]
    return None, {"rules": rules, "schema": await _validated(visit, place, form, body)}


async def _validated(
    visit: Visit,
    place: Place,
    form: dict[str, Any],
    detail: Any,  # noqa: ANN401 - JSON
) -> dict[str, Any] | None:
    """What the schema of the event says of it; None where there is none."""
    registry = _registry(visit, place)
    if registry is None:
        return None
    source = form["source"] or place.handle.declared()["source"]
    subject = f"{source}@{form['type']}"
    try:
        given = {"subject": subject, "detail": detail}
        faults = await visit.operate(registry, "validate", given)
    except EnsueError as error:
        return {"subject": subject, "is_known": False, "faults": [], "said": error.message}
    return {"subject": subject, "is_known": True, "faults": faults, "said": None}


async def _subjects(visit: Visit, place: Place) -> list[str]:
    registry = _registry(visit, place)
    if registry is None:
        return []
    found = await visit.operate(registry, "list", {"limit": SUBJECTS_SHOWN})
    return [each["subject"] for each in found]


def _registry(visit: Visit, place: Place) -> Any:  # noqa: ANN401 - a registry, or None
    named = place.handle.declared().get("schemas") if place.ref.kind == "bus" else None
    return None if named is None else visit.resource("schemas", named, place.ref.app)


def _decoded(text: str | None, at: str) -> Any:  # noqa: ANN401 - JSON
    try:
        return msgspec.json.decode(text or "")
    except (msgspec.DecodeError, RecursionError) as fault:
        said = str(fault).removeprefix("JSON is malformed: ")
        raise InvalidValue(f"expected JSON: {said}", at=at) from None


def _text(value: Any) -> str:  # noqa: ANN401 - JSON
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()


def _without_none(**given: object) -> dict[str, object]:
    return {name: each for name, each in given.items() if each}
