"""The intrinsic functions, each of the values of its arguments."""

from __future__ import annotations

import binascii
import hashlib
import json
import math
import re
from base64 import b64decode, b64encode
from collections.abc import Callable
from typing import Final

from ensue.languages.states.environment import Facts
from ensue.languages.states.paths import same
from ensue.languages.states.reading import read_json
from ensue.languages.states.spelling import java_text, json_text
from ensue.words.values import Json, shown

RANGE_ITEMS_MAX = 1_000
TEXT_CHARS_MAX = 10_000
INTEGER_LOW, INTEGER_HIGH = -(2**31), 2**31 - 1

_HASHES: Final = {
    "MD5": "md5",
    "SHA-1": "sha1",
    "SHA-256": "sha256",
    "SHA-384": "sha384",
    "SHA-512": "sha512",
}


class Inapplicable(Exception):
    """A function does not apply to its arguments; says why."""


def rounded(number: float) -> int:
    """To the nearest whole number, halves upwards, as Java does."""
    return number if isinstance(number, int) else math.floor(number + 0.5)


def _array(value: Json) -> list[Json]:
    if not isinstance(value, list):
        raise Inapplicable(f"expected an array, got {shown(value)}")
    return value


def _text(value: Json) -> str:
    if not isinstance(value, str):
        raise Inapplicable(f"expected a string, got {shown(value)}")
    return value


def _short(value: Json) -> str:
    text = _text(value)
    if len(text) > TEXT_CHARS_MAX:
        raise Inapplicable(f"expected at most {TEXT_CHARS_MAX} characters, got {len(text)}")
    return text


def _whole(value: Json) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise Inapplicable(f"expected a number, got {shown(value)}")
    return rounded(value)


def _integer(value: Json) -> int:
    whole = _whole(value)
    if not INTEGER_LOW <= whole <= INTEGER_HIGH:
        raise Inapplicable(
            f"expected a number between {INTEGER_LOW} and {INTEGER_HIGH}, got {whole}"
        )
    return whole


def _array_partition(items: Json, size: Json) -> Json:
    array, width = _array(items), _whole(size)
    if width < 1:
        raise Inapplicable(f"expected a chunk size of at least 1, got {width}")
    return [array[start : start + width] for start in range(0, len(array), width)]


def _array_contains(items: Json, value: Json) -> Json:
    return any(same(item, value) and type(item) is type(value) for item in _array(items))


def _array_range(first: Json, last: Json, step: Json) -> Json:
    start, end, width = _whole(first), _whole(last), _whole(step)
    if width == 0:
        raise Inapplicable("expected a step that is not zero")
    found = range(start, end + (1 if width > 0 else -1), width)
    if len(found) > RANGE_ITEMS_MAX:
        raise Inapplicable(f"expected at most {RANGE_ITEMS_MAX} items, got {len(found)}")
    return list(found)


def _array_get_item(items: Json, index: Json) -> Json:
    array, place = _array(items), _whole(index)
    if not 0 <= place < len(array):
        raise Inapplicable(f"expected an index below {len(array)}, got {place}")
    return array[place]


def _array_unique(items: Json) -> Json:
    seen: set[str] = set()
    found: list[Json] = []
    for item in _array(items):
        spelt = _canonical(item)
        if spelt not in seen:
            seen.add(spelt)
            found.append(item)
    return found


def _canonical(value: Json) -> str:
    """Equal for equal values only; the order of an object's names does not matter."""
    if isinstance(value, dict):
        value = {key: json.loads(_canonical(value[key])) for key in sorted(value)}
    elif isinstance(value, list):
        value = [json.loads(_canonical(item)) for item in value]
    return json_text(value)


def _base64_encode(text: Json) -> Json:
    return b64encode(_short(text).encode("utf-8", "surrogatepass")).decode()


def _base64_decode(text: Json) -> Json:
    try:
        return b64decode(_short(text), validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        raise Inapplicable("expected Base64") from None


def _hash(data: Json, algorithm: Json) -> Json:
    name = _HASHES.get(_text(algorithm))
    if name is None:
        raise Inapplicable(f"expected one of {', '.join(_HASHES)}, got {shown(algorithm)}")
    body = _short(data).encode("utf-8", "surrogatepass")
    return hashlib.new(name, body, usedforsecurity=False).hexdigest()


def _json_merge(one: Json, other: Json, deep: Json) -> Json:
    if deep is not False:
        raise Inapplicable("expected false: objects are merged shallowly")
    if not isinstance(one, dict) or not isinstance(other, dict):
        raise Inapplicable("expected two objects")
    return {**one, **other}


def _string_to_json(text: Json) -> Json:
    spelt = _text(text)
    if not spelt.strip():
        return None
    try:
        found: Json = read_json(spelt)
    except ValueError:
        raise Inapplicable(f"expected JSON, got {shown(text)}") from None
    return found


def _math_add(one: Json, other: Json) -> Json:
    return _integer(one) + _integer(other)


def _string_split(text: Json, separators: Json) -> Json:
    whole, between = _text(text), set(_text(separators))
    parts = re.split(f"[{''.join(map(re.escape, between))}]", whole) if between else [whole]
    return [part for part in parts if part]


def format_text(template: str, arguments: list[Json]) -> str:
    """The template with each ``{}`` replaced by an argument; ``\\{`` is a brace.

    Raises:
        Inapplicable: there are more or fewer of them than arguments.
    """
    parts: list[str] = []
    offset, used = 0, 0
    while offset < len(template):
        char = template[offset]
        if char == "\\" and template[offset + 1 : offset + 2] in {"\\", "{", "}", "'"}:
            parts.append(template[offset + 1])
            offset += 2
        elif template.startswith("{}", offset):
            if used < len(arguments):
                parts.append(java_text(arguments[used]))
            used += 1
            offset += 2
        else:
            parts.append(char)
            offset += 1
    if used != len(arguments):
        raise Inapplicable(f"expected {used} arguments behind the template, got {len(arguments)}")
    return "".join(parts)


def math_random(facts: Facts, first: Json, behind: Json, seed: Json = None) -> Json:
    """A whole number of at least the first, below the second; a seed always gives the same one.

    Raises:
        Inapplicable: the second is not above the first.
    """
    low, high = _integer(first), _integer(behind)
    if low >= high:
        raise Inapplicable(f"expected an end above {low}, got {high}")
    if seed is None:
        return low + min(int(facts.random() * (high - low)), high - low - 1)
    return low + _seeded(_whole(seed), high - low)


_LCG_MULTIPLIER, _LCG_INCREMENT, _LCG_BITS = 0x5DEECE66D, 0xB, 48


def _seeded(seed: int, bound: int) -> int:
    """What Java's ``new Random(seed)`` gives first below the bound."""
    mask = (1 << _LCG_BITS) - 1
    state = (seed ^ _LCG_MULTIPLIER) & mask
    while True:
        state = (state * _LCG_MULTIPLIER + _LCG_INCREMENT) & mask
        drawn = state >> (_LCG_BITS - 31)
        if bound & (bound - 1) == 0:
            return (bound * drawn) >> 31
        found = drawn % bound
        if drawn - found + (bound - 1) < 1 << 31 or bound >= 1 << 31:
            return found


FUNCTIONS: Final[dict[str, Callable[..., Json]]] = {
    "Array": lambda *items: list(items),
    "ArrayPartition": _array_partition,
    "ArrayContains": _array_contains,
    "ArrayRange": _array_range,
    "ArrayGetItem": _array_get_item,
    "ArrayLength": lambda items: len(_array(items)),
    "ArrayUnique": _array_unique,
    "Base64Encode": _base64_encode,
    "Base64Decode": _base64_decode,
    "Hash": _hash,
    "JsonMerge": _json_merge,
    "StringToJson": _string_to_json,
    "JsonToString": json_text,
    "MathAdd": _math_add,
    "StringSplit": _string_split,
}
