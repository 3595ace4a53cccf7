"""Forms for answers: the fields of a JSON Schema, and the value that was filled in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ensue.doors.console.sections.workflows.places import decoded
from ensue.words.errors import InvalidValue
from ensue.words.values import Json

PREFIX = "answer."
WHOLE = "output"
FIELDS_MAX = 40

FieldKind = Literal["boolean", "integer", "number", "text", "choice", "json"]
_KINDS: Mapping[str, FieldKind] = {
    "boolean": "boolean",
    "integer": "integer",
    "number": "number",
    "string": "text",
}


@dataclass(frozen=True)
class Field:
    """A field of a form.

    Attributes:
        name: the member of the answer.
        label: what it is called.
        kind: how it is filled in.
        required: whether it must be.
        hint: what it is for; empty for nothing said.
        value: what it holds at first, as text.
        choices: the values of a choice.
    """

    name: str
    label: str
    kind: FieldKind
    required: bool
    hint: str = ""
    value: str = ""
    choices: Sequence[str] = ()


def fields_of_form(schema: Mapping[str, Any] | None) -> list[Field] | None:
    """The fields of an answer; None where it is no object that a form can be made for."""
    if schema is None or schema.get("type") != "object":
        return None
    members = schema.get("properties")
    if not isinstance(members, Mapping) or not 1 <= len(members) <= FIELDS_MAX:
        return None
    required = set(schema.get("required", ()))
    shared = schema.get("$defs", {})
    return [
        _field(name, _resolved(member, shared), is_required=name in required)
        for name, member in members.items()
        if isinstance(member, Mapping)
    ]


def answer_of(fields: Sequence[Field] | None, given: Mapping[str, str]) -> Json:
    """The answer that was filled in; None where nothing was.

    Raises:
        InvalidValue: a field does not hold what it must.
    """
    if fields is None:
        return decoded(given.get(WHOLE), f"form.{WHOLE}")
    answer: dict[str, Json] = {}
    for field in fields:
        text = given.get(PREFIX + field.name, "")
        if field.kind == "boolean":
            if text or field.required:
                answer[field.name] = text == "true"
        elif text or (field.required and field.kind == "text"):
            answer[field.name] = _value(field, text)
        elif field.required:
            raise InvalidValue(f"expected {field.label}", at=f"form.{PREFIX}{field.name}")
    return answer


def _value(field: Field, text: str) -> Json:
    at = f"form.{PREFIX}{field.name}"
    try:
        if field.kind == "integer":
            return int(text)
        if field.kind == "number":
            return float(text)
    except ValueError:
        raise InvalidValue(f"expected a number, got {text[:60]!r}", at=at) from None
    return decoded(text, at) if field.kind == "json" else text


def _field(name: str, member: Mapping[str, Any], *, is_required: bool) -> Field:
    kind: FieldKind = _KINDS.get(str(member.get("type")), "json")
    choices = member.get("enum", ())
    if choices and all(isinstance(each, str) for each in choices):
        kind = "choice"
    default = member.get("default")
    return Field(
        name,
        str(member.get("title") or name.replace("_", " ")),
        kind,
        is_required,
        str(member.get("description") or ""),
        "" if default is None else str(default).lower() if kind == "boolean" else str(default),
        tuple(choices) if kind == "choice" else (),
    )


def _resolved(member: Mapping[str, Any], shared: Mapping[str, Any]) -> Mapping[str, Any]:
    """A member's schema behind a reference, or the one beside null."""
    named = str(member.get("$ref", "")).removeprefix("#/$defs/")
    if named in shared:
        return _resolved(shared[named], {})
    others = [each for each in member.get("anyOf", ()) if each.get("type") != "null"]
    return {**member, **_resolved(others[0], shared)} if len(others) == 1 else member
