"""JSON texts, read so that number spellings and repeated keys are not lost."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from math import isfinite

from ensue.languages.patterns.numbers import SpelledNumber, comparable
from ensue.languages.patterns.places import Steps, json_path
from ensue.words.errors import InvalidPattern, InvalidValue


@dataclass(frozen=True, slots=True)
class NumberText:
    """A number of a pattern, as it is spelled."""

    text: str


@dataclass(frozen=True, slots=True)
class Members:
    """A JSON object of a pattern: its members in order, repeated keys kept."""

    pairs: tuple[tuple[str, Json], ...]


Json = Members | list["Json"] | NumberText | str | bool | None


class JsonError(Exception):
    """A text is not JSON; the message says why, ``place`` where."""

    def __init__(self, message: str, place: str | None = None) -> None:
        super().__init__(message)
        self.place = place


class Repeated(list[object]):
    """The values of a key that an object has several times; no array of the event."""

    __slots__ = ()


def parse_event(text: str | bytes) -> dict[str, object]:
    """Read an event from its JSON text, for matching by the text's own spellings.

    An event that is already parsed needs none of this: plain dicts, lists, strings, numbers,
    booleans and None are matched as they are. From a text, two more things count. A number
    that does not compare (see ``numbers``) matches only a number spelled the same, so it comes back
    as a float that remembers its text. And a key repeated in one object gives the field both
    values, so they come back together, as ``Repeated``.

    Args:
        text: the event as JSON, as text or UTF-8 bytes.

    Returns:
        The event as plain Python values.

    Raises:
        InvalidValue: the text is not JSON, or not an object.

    Follows event-ruler, which reads events from their text.
    """
    decoder = json.JSONDecoder(
        object_pairs_hook=_merged,
        parse_float=_number,
        parse_int=_number,
        parse_constant=_refuse_constant,
    )
    try:
        event = _decode(decoder, text)
    except JsonError as error:
        message = f"expected an event as JSON, got a text with an error: {error}"
        raise InvalidValue(message, at=error.place) from error
    if not isinstance(event, dict):
        message = f"expected an event as a JSON object, got {type(event).__name__}"
        raise InvalidValue(message, at="$")
    return event


def read_pattern(source: str | bytes | Mapping[str, object]) -> Json:
    """A pattern's text or Python value as JSON with spellings and repeated keys."""
    if isinstance(source, str | bytes):
        decoder = json.JSONDecoder(
            object_pairs_hook=lambda pairs: Members(tuple(pairs)),
            parse_float=NumberText,
            parse_int=NumberText,
            parse_constant=_refuse_constant,
        )
        return _decode(decoder, source)  # type: ignore[return-value]  # the hooks make it so
    try:
        return _json_of(source, ())
    except RecursionError as error:
        message = "it is nested too deeply"
        raise JsonError(message) from error


def _decode(decoder: json.JSONDecoder, text: str | bytes) -> object:
    try:
        found: object = decoder.decode(text if isinstance(text, str) else text.decode())
    except UnicodeDecodeError as error:
        message = "it is not UTF-8"
        raise JsonError(message, f"offset {error.start}") from error
    except json.JSONDecodeError as error:
        raise JsonError(error.msg, f"line {error.lineno} column {error.colno}") from error
    except RecursionError as error:
        message = "it is nested too deeply"
        raise JsonError(message) from error
    return found


def _number(text: str) -> int | float:
    number = comparable(text)
    return SpelledNumber(text) if number is None else number


def _merged(pairs: list[tuple[str, object]]) -> dict[str, object]:
    merged: dict[str, object] = {}
    for key, value in pairs:
        merged[key] = _joined(merged[key], value) if key in merged else value
    return merged


def _joined(first: object, second: object) -> object:
    if isinstance(first, dict) and isinstance(second, dict):
        return _merged([*first.items(), *second.items()])
    return Repeated([*(first if isinstance(first, Repeated) else [first]), second])


def _refuse_constant(name: str) -> object:
    message = f"{name} is not JSON"
    raise JsonError(message)


def _json_of(value: object, steps: Steps) -> Json:
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, SpelledNumber):
        return NumberText(value.text)
    if isinstance(value, int | float | Decimal) and isfinite(value):
        return NumberText(str(value))
    if isinstance(value, Mapping):
        pairs = (
            (_key(key, steps), _json_of(item, (*steps, str(key)))) for key, item in value.items()
        )
        return Members(tuple(pairs))
    if isinstance(value, list | tuple):
        return [_json_of(item, (*steps, number)) for number, item in enumerate(value)]
    message = f"expected a JSON value, got {value!r}"
    raise InvalidPattern(message, at=json_path(steps))


def _key(key: object, steps: Steps) -> str:
    if isinstance(key, str):
        return key
    message = f"expected field names that are strings, got {key!r}"
    raise InvalidPattern(message, at=json_path(steps))
