"""Schemas: what events look like, in versions; found by their fields."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from ensue.doors.console.section import Page, Section
from ensue.doors.console.view import View
from ensue.doors.console.visit import Visit, plain
from ensue.languages.schemas import STYLES, fields_of, parse
from ensue.words.errors import EnsueError
from ensue.words.names import Ref

TYPES = ("string", "integer", "number", "boolean", "array", "object", "null", "date-time", "uuid")

Limit = Annotated[int, msgspec.Meta(ge=1, le=500)]


class Asked(msgspec.Struct, forbid_unknown_fields=True):
    """Which fields: a part of the name, a type or format; behind which subject, and how many."""

    field: str | None = None
    type: str | None = None
    after: str | None = None
    limit: Limit = 100


class Version(msgspec.Struct, forbid_unknown_fields=True):
    """Which version, compared with which; how its code is written, and from which seed a sample."""

    version: Annotated[int, msgspec.Meta(ge=1)] | None = None
    old: Annotated[int, msgspec.Meta(ge=1)] | None = None
    style: str = "struct"
    seed: Annotated[int, msgspec.Meta(ge=0, le=2**31)] = 0


async def list_registries(visit: Visit) -> View:
    """All registries, and the fields that are looked for in them."""
    asked = visit.query(Asked)
    refs = [ref for ref in visit.platform.refs() if ref.kind == "schemas"]
    registries: list[dict[str, Any]] = []
    fields: list[dict[str, Any]] = []
    for ref in refs:
        registry = visit.resource("schemas", ref.name, ref.app)
        registries.append({
            **_told(ref),
            "status": await registry.status(),
            "declared": registry.declared(),
        })
        if _is_search(asked):
            page = await _fields(visit, registry, asked)
            fields += [{**_told(ref), **each} for each in page["fields"]]
    return View(
        "schemas/list.html",
        "Schemas",
        {"registries": registries, "fields": fields if _is_search(asked) else None},
        {"asked": asked, "types": TYPES},
    )


async def show_registry(visit: Visit) -> View:
    """One registry: its subjects, or the fields that are looked for in it."""
    asked = visit.query(Asked)
    registry = visit.resource("schemas")
    subjects: list[dict[str, Any]] = []
    fields, after = None, None
    if _is_search(asked):
        page = await _fields(visit, registry, asked)
        fields, after = page["fields"], page["next"]
    else:
        given = {"limit": asked.limit} | ({} if asked.after is None else {"after": asked.after})
        subjects = await visit.operate(registry, "list", given)
        after = subjects[-1]["subject"] if len(subjects) == asked.limit else None
    return View(
        "schemas/registry.html",
        f"Schemas {registry.ref.name}",
        {
            "registry": {**_told(registry.ref), "declared": registry.declared()},
            "status": await registry.status(),
            "subjects": subjects,
            "fields": fields,
            "next": after,
            "doubts": await visit.operate(registry, "check"),
        },
        {"asked": asked, "types": TYPES},
    )


async def show_subject(visit: Visit) -> View:
    """One subject: a version with its fields, sample and code; what changed between two."""
    asked, registry = visit.query(Version), visit.resource("schemas")
    subject = visit.path["subject"]
    versions = await visit.operate(registry, "versions", {"subject": subject})
    number = asked.version or versions[-1]["version"]
    one = {"subject": subject, "version": number}
    found = await visit.operate(registry, "get", one)
    earlier = [each["version"] for each in versions if each["version"] < number]
    old = asked.old or (earlier[-1] if earlier else None)
    diff = None
    if old is not None:
        diff = await visit.operate(
            registry, "diff", {"subject": subject, "old": old, "new": number}
        )
    return View(
        "schemas/subject.html",
        subject,
        {
            "registry": _told(registry.ref),
            "subject": subject,
            "version": found,
            "versions": versions,
            "fields": [_field(each) for each in fields_of(parse(found["schema"]))],
            "old": old,
            "diff": diff,
            "sample": await _or_fault(visit, registry, "sample", one | {"seed": asked.seed}),
            "code": await _or_fault(visit, registry, "code", one | {"style": asked.style}),
        },
        {"asked": asked, "styles": STYLES, "buses": _buses(visit, registry.ref)},
    )


def _is_search(asked: Asked) -> bool:
    return bool(asked.field or asked.type)


async def _fields(visit: Visit, registry: Any, asked: Asked) -> Any:  # noqa: ANN401 - a registry; JSON
    given = {"name": asked.field, "type": asked.type, "after": asked.after, "limit": asked.limit}
    return await visit.operate(
        registry, "fields", {name: each for name, each in given.items() if each is not None}
    )


async def _or_fault(
    visit: Visit,
    registry: Any,  # noqa: ANN401 - a registry
    operation: str,
    given: dict[str, Any],
) -> dict[str, Any]:
    """What an operation answers, or why it cannot: a schema may describe what cannot be made."""
    try:
        return {"value": await visit.operate(registry, operation, given), "fault": None}
    except EnsueError as error:
        return {"value": None, "fault": str(error)}


def _field(each: Any) -> dict[str, Any]:  # noqa: ANN401 - a field
    return {"path": each.path, "type": each.said, "required": each.required}


def _buses(visit: Visit, registry: Ref) -> list[dict[str, str]]:
    """The buses whose events the registry describes."""
    refs = [ref for ref in visit.platform.refs() if ref.kind == "bus" and ref.app == registry.app]
    return [
        _told(ref)
        for ref in refs
        if visit.resource("bus", ref.name, ref.app).declared().get("schemas") == registry.name
    ]


def _told(ref: Ref) -> dict[str, str]:
    found: dict[str, str] = plain({"app": ref.app, "kind": ref.kind, "name": ref.name})
    return found


SCHEMAS = Section(
    "schemas",
    "Schemas",
    (
        Page("/schemas", list_registries),
        Page("/schemas/{app}/{name}", show_registry),
        Page("/schemas/{app}/{name}/subject/{subject:path}", show_subject),
    ),
    icon="schemas",
    kinds=("schemas",),
)
