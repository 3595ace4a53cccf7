"""Programs and events to JSON text."""

from __future__ import annotations

import json
from collections.abc import Mapping

from ensue.languages.transformers.paths import MISSING, Missing, find
from ensue.languages.transformers.program import Inner, Part, Place, Program, Reserved
from ensue.words import values
from ensue.words.errors import InvalidInput, TooLarge, Unfit
from ensue.words.values import VALUE_BYTES_MAX, VALUE_DEPTH_MAX, Json


def run(program: Program, event: Json, reserved: Mapping[str, Json]) -> str:
    """The JSON text that a program makes of an event.

    Args:
        program: what to make.
        event: what its paths look into.
        reserved: values by their reserved names.

    Raises:
        Unfit: the text would be too large, or nested too deeply.
    """
    text = "".join([
        part if isinstance(part, str) else _filled(part, event, reserved) for part in program.parts
    ])
    if len(text) > VALUE_BYTES_MAX // 4 and len(text.encode()) > VALUE_BYTES_MAX:
        raise Unfit(
            f"expected an input of at most {VALUE_BYTES_MAX} bytes, got more",
            hint="Take less of the event into it.",
        )
    return text


def _filled(part: Part, event: Json, reserved: Mapping[str, Json]) -> str:
    if isinstance(part, str):
        return part
    value = _found(part.place, event, reserved)
    if isinstance(part, Inner):
        return _inside(value)
    if isinstance(value, Missing):
        return '""'
    if not _fits(value, VALUE_DEPTH_MAX - part.levels):
        raise Unfit(f"expected an input of at most {VALUE_DEPTH_MAX} levels, got more")
    return encoded(value)


def _found(place: Place, event: Json, reserved: Mapping[str, Json]) -> Json | Missing:
    if isinstance(place, Reserved):
        return reserved.get(place.name, MISSING)
    return find(place, event)


def encoded(value: Json) -> str:
    """A value as JSON text.

    Raises:
        Unfit: it has no JSON form, or is too large.
    """
    try:
        return values.encode(value)
    except (InvalidInput, TooLarge) as fault:
        raise Unfit(fault.message, at=fault.at, hint=fault.hint) from None


def _inside(value: Json | Missing) -> str:
    """What a value is inside a JSON string: strings as they are, others without their quotes."""
    if isinstance(value, Missing):
        return ""
    text = value if isinstance(value, str) else _bare(values.as_json(value))
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _bare(value: Json) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return f"[{','.join(map(_bare, value))}]"
    if isinstance(value, dict):
        return f"{{{','.join(f'{name}:{_bare(each)}' for name, each in value.items())}}}"
    return encoded(value)


def _fits(value: Json, levels: int) -> bool:
    """Whether a value has at most so many levels of arrays and objects."""
    if isinstance(value, dict):
        return levels > 0 and all(_fits(each, levels - 1) for each in value.values())
    if isinstance(value, list):
        return levels > 0 and all(_fits(each, levels - 1) for each in value)
    return True
