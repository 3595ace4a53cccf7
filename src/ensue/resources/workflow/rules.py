"""Decisions about executions without I/O: what one may be given, and when it has come too far."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from ensue.languages.states.walk import PAYLOAD_BYTES_MAX
from ensue.resources.workflow.model import (
    LOG_LEVELS,
    NAME_LENGTH_MAX,
    TYPES,
    is_execution_name,
)
from ensue.words import values
from ensue.words.errors import InvalidDeclaration, InvalidName, InvalidValue, TooLarge
from ensue.words.values import Json

_encode: Final = msgspec.json.Encoder(decimal_format="number").encode
_decode: Final = msgspec.json.Decoder().decode


def encoded(value: object, what: str) -> str:
    """A value as plain JSON text, such as a machine goes through: bytes as base64, sets as lists.

    Args:
        value: a value.
        what: what it is called in the error, such as ``input``.

    Raises:
        InvalidValue: it has no JSON form; names where.
        TooLarge: the text is longer than 256 KiB.
    """
    try:
        text = _encode(value)
    except (TypeError, ValueError, RecursionError):
        text = b""
    if not text or type(value) not in {dict, list, str, int, float, bool, type(None)}:
        values.check(value)
        text = _encode(values.as_json(value))  # type: ignore[arg-type] # it was just checked
    if len(text) > PAYLOAD_BYTES_MAX:
        raise TooLarge(
            f"expected at most {PAYLOAD_BYTES_MAX} bytes of {what}, got {len(text)}",
            hint="Keep what is larger in a bucket or a table, and pass its key.",
        )
    return text.decode()


def decoded(text: str | bytes) -> Json:
    """The value of a text that `encoded` made."""
    value: Json = _decode(text)
    return value


def plain(value: object, *, most: int | None = None) -> tuple[Json, int]:
    """A value that a task answered as plain JSON, a copy of its own, and the length of its text.

    Args:
        value: the value.
        most: the length of text that fits; None for any.

    Raises:
        InvalidValue: it has no JSON form; names where.
        TooLarge: its text is longer.
    """
    try:
        text = _encode(value)
    except (TypeError, ValueError, RecursionError):
        values.check(value)
        raise InvalidValue("expected an answer that JSON can hold", at="$") from None
    if most is not None and len(text) > most:
        raise TooLarge(
            f"expected an answer of at most {most} bytes, got {len(text)}",
            hint="Keep what is larger in a bucket or a table, and return its key.",
        )
    return _decode(text), len(text)


def copied(value: Json) -> Json:
    """A copy of plain JSON, that who gets it may change."""
    if value is None or type(value) in {str, int, float, bool}:
        return value
    copy: Json = _decode(_encode(value))
    return copy


def name_of(said: str | None) -> str | None:
    """The name of an execution that was said; None where none was.

    Raises:
        InvalidName: it cannot be one.
    """
    if said is not None and not is_execution_name(said):
        raise InvalidName(
            f"expected a name for the execution, got {values.shown(said)}",
            at="$.name",
            hint=f"Use 1 to {NAME_LENGTH_MAX} characters without blanks and without"
            ' <>{}[]?*"#%\\^|~`$&,;:/.',
        )
    return said


def name_from(deduplication_id: str | None) -> str | None:
    """The name of an execution that a delivery starts: its deduplication id, or a hash of it."""
    if deduplication_id is None or is_execution_name(deduplication_id):
        return deduplication_id
    return hashlib.sha256(deduplication_id.encode()).hexdigest()


def hash_of(definition: str) -> str:
    """By what a definition is known again."""
    return hashlib.sha256(definition.encode()).hexdigest()


def check_options(type_: str, log: str, at: str) -> None:
    """Check what a workflow is declared with.

    Raises:
        InvalidDeclaration: there is no such type, or no such level of the log.
    """
    if type_ not in TYPES:
        raise InvalidDeclaration(f"expected the type {' or '.join(TYPES)}, got {type_!r}", at=at)
    if log not in LOG_LEVELS:
        raise InvalidDeclaration(f"expected log {', '.join(LOG_LEVELS)}, got {log!r}", at=at)


def cause_of(fault: BaseException) -> tuple[str, str]:
    """The name of the error of an exception, and its cause as functions tell it.

    Returns:
        The exception's class, and JSON with ``errorType`` and ``errorMessage``.
    """
    name = type(fault).__name__
    told: dict[str, Any] = {"errorMessage": str(fault), "errorType": name}
    return name, msgspec.json.encode(told).decode()


def checked_map_bounds(
    concurrency: int | None, count: int | None, percentage: float | None
) -> dict[str, float]:
    """The bounds of a map run that are to be changed, by the names of their columns.

    Raises:
        InvalidValue: one is out of range.
    """
    found: dict[str, float] = {}
    for name, value in (("max_concurrency", concurrency), ("tolerated_count", count)):
        if value is not None:
            if value < 0:
                raise InvalidValue(f"expected at least 0, got {value!r}", at=name)
            found[name] = int(value)
    if percentage is not None:
        if not 0 <= percentage <= 100:
            raise InvalidValue(f"expected 0 to 100, got {percentage!r}", at="tolerated_percentage")
        found["tolerated_percentage"] = percentage
    return found


def tasks_of(definition: Json) -> Iterator[tuple[str, dict[str, Json]]]:
    """The Tasks of a state machine, those within Maps and Parallels too, with their names.

    Args:
        definition: it, or the part of it that has states.
    """
    states = definition.get("States") if isinstance(definition, dict) else None
    for name, state in (states if isinstance(states, dict) else {}).items():
        if not isinstance(state, dict):
            continue
        if isinstance(state.get("Resource"), str):
            yield name, state
        branches = state.get("Branches")
        within = [*(branches if isinstance(branches, list) else ())]
        within += [state[each] for each in ("ItemProcessor", "Iterator") if each in state]
        for part in within:
            yield from tasks_of(part)
