"""What can be done to a registry from outside: by a route and by a command."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from ensue.engine import pauses
from ensue.languages.schemas import Style
from ensue.resources.schemas.handle import Schemas
from ensue.resources.schemas.model import PAGE_MAX, SUBJECT_LENGTH_MAX, FieldPage, Version
from ensue.words.kinds import Operation
from ensue.words.values import Json

Subject = Annotated[str, msgspec.Meta(min_length=3, max_length=SUBJECT_LENGTH_MAX)]
Short = Annotated[str, msgspec.Meta(max_length=256)]
NAME = msgspec.Meta(description="A part of the field's name.")
TYPE = msgspec.Meta(description="A type, such as integer, or a format, such as date-time.")
Number = Annotated[int, msgspec.Meta(ge=1)]
Limit = Annotated[int, msgspec.Meta(ge=1, le=PAGE_MAX)]


class Get(msgspec.Struct, forbid_unknown_fields=True):
    """Which version; the one in force by default."""

    subject: Subject
    version: Number | None = None


class Of(msgspec.Struct, forbid_unknown_fields=True):
    """Which subject."""

    subject: Subject


class List(msgspec.Struct, forbid_unknown_fields=True):
    """Behind which subject, and how many."""

    after: str | None = None
    limit: Limit = 100


class Search(msgspec.Struct, forbid_unknown_fields=True):
    """Which words, and how many."""

    words: Annotated[str, msgspec.Meta(min_length=1, max_length=1_000)]
    limit: Limit = 100


class Fields(msgspec.Struct, forbid_unknown_fields=True):
    """A part of a field's name, a type or format, behind which subject, and how many."""

    name: Annotated[Short | None, NAME] = None
    type: Annotated[Short | None, TYPE] = None
    after: str | None = None
    limit: Limit = 100


class Register(msgspec.Struct, forbid_unknown_fields=True):
    """A subject and its schema, JSON Schema 2020-12 of the detail."""

    subject: Subject
    schema: dict[str, Any]


class Delete(msgspec.Struct, forbid_unknown_fields=True):
    """Which version."""

    subject: Subject
    version: Number


class Whole(msgspec.Struct, forbid_unknown_fields=True):
    """Nothing is asked for but the registry."""


class Code(msgspec.Struct, forbid_unknown_fields=True):
    """Which version, and in which style: struct, dataclass or typeddict."""

    subject: Subject
    version: Number | None = None
    style: Style = "struct"


class Sample(msgspec.Struct, forbid_unknown_fields=True):
    """Which version, and from which seed."""

    subject: Subject
    version: Number | None = None
    seed: int = 0


class Diff(msgspec.Struct, forbid_unknown_fields=True):
    """Two versions, the earlier first."""

    subject: Subject
    old: Number
    new: Number


class Validate(msgspec.Struct, forbid_unknown_fields=True):
    """A detail, and the version that it should fit; the one in force by default."""

    subject: Subject
    detail: dict[str, Any]
    version: Number | None = None


async def _get(registry: Schemas, given: Get) -> Version:
    return await registry.get(given.subject, given.version)


async def _versions(registry: Schemas, given: Of) -> list[dict[str, Json]]:
    found = await registry.versions(given.subject)
    return [
        {"version": each.version, "origin": each.origin, "at_ms": each.at_ms, "event": each.event}
        for each in found
    ]


async def _list(registry: Schemas, given: List) -> list[dict[str, Json]]:
    return await registry.subjects(after=given.after, limit=given.limit)


async def _search(registry: Schemas, given: Search) -> list[dict[str, Json]]:
    found = await registry.search(given.words, limit=given.limit)
    return [
        {"subject": each.subject, "version": each.version, "origin": each.origin} for each in found
    ]


async def _fields(registry: Schemas, given: Fields) -> FieldPage:
    return await registry.fields(given.name, given.type, after=given.after, limit=given.limit)


async def _register(registry: Schemas, given: Register) -> dict[str, Json]:
    made = await registry.register(given.subject, given.schema)
    return {"subject": made.subject, "version": made.version, "origin": made.origin}


async def _delete(registry: Schemas, given: Delete) -> dict[str, Json]:
    await registry.delete(given.subject, given.version)
    return {"deleted": given.version}


async def _export(registry: Schemas, given: Whole) -> list[Version]:
    del given
    return await registry.export()


async def _code(registry: Schemas, given: Code) -> str:
    return await registry.code(given.subject, given.version, style=given.style)


async def _sample(registry: Schemas, given: Sample) -> dict[str, Json]:
    return await registry.sample(given.subject, given.version, seed=given.seed)


async def _diff(registry: Schemas, given: Diff) -> list[dict[str, Json]]:
    found = await registry.diff(given.subject, given.old, given.new)
    return [{"at": each.path, "what": each.said} for each in found]


async def _validate(registry: Schemas, given: Validate) -> list[dict[str, Json]]:
    found = await registry.validate(given.subject, given.detail, given.version)
    return [{"at": each.at, "what": each.said} for each in found]


async def _check(registry: Schemas, given: Whole) -> list[dict[str, str]]:
    del given
    return [each.as_dict() for each in await registry.doubts()]


OPERATIONS = (
    Operation("list", "List the subjects.", List, _list, writes=False),
    Operation(
        "search",
        "Find subjects by words of their names, fields and descriptions.",
        Search,
        _search,
        writes=False,
    ),
    Operation("fields", "Find fields by their name and type.", Fields, _fields, writes=False),
    Operation("get", "Show a version of a subject.", Get, _get, writes=False),
    Operation("versions", "List the versions of a subject.", Of, _versions, writes=False),
    Operation("diff", "Say what fits one version and not another.", Diff, _diff, writes=False),
    Operation("code", "Write Python code with the types of a version.", Code, _code, writes=False),
    Operation("sample", "Draw an event that fits a version.", Sample, _sample, writes=False),
    Operation("validate", "Say what is wrong with a detail.", Validate, _validate, writes=False),
    Operation(
        "check", "Find rules that no event of the schemas can match.", Whole, _check, writes=False
    ),
    Operation("register", "Register a version of a subject.", Register, _register, writes=True),
    Operation("delete", "Delete a version of a subject.", Delete, _delete, writes=True),
    Operation("export", "Give all versions of all subjects.", Whole, _export, writes=False),
    *pauses.OPERATIONS,
)


async def status(registry: Schemas) -> dict[str, Json]:
    """How a registry is doing."""
    return await registry.status()
