"""Values that Ensue stores and moves, checked at the border, with every fault located.

A value is None, a bool, an int or Decimal of 38 digits, a finite float, a str, bytes, a set of
texts, of numbers or of bytes, a list, or a dict with string keys. It is stored as JSON text. What
JSON has no form for is written so that SQL still sees what it needs (`tagged`):

    Decimal("1.50")   150E-2                  a number to SQL; a float has no upper-case E
    b"\x00\xff"       {"$bytes":"00ff"}       hexadecimal: its order is that of the bytes
    {"b", "a"}        {"$set":["a","b"]}      sorted, so that equal sets are equal texts
    {"$set": 1}       {"$$set":1}             an object that only looks like one of these

Nobody makes bytes or a set by sending such an object: it is an object when it comes back too.
"""

from __future__ import annotations

import math
import re
from base64 import b64encode
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, TypeAlias

import msgspec

from ensue.words import tagged
from ensue.words.errors import InvalidValue, TooLarge
from ensue.words.tagged import BYTE_MARK, DECIMAL_MARK, MARK

Json: TypeAlias = (
    "bool | int | float | Decimal | str | bytes | set[str] | set[bytes]"
    " | set[int | float | Decimal] | list[Json] | dict[str, Json] | None"
)

VALUE_BYTES_MAX = 1_048_576
VALUE_DEPTH_MAX = 100
INTEGER_MIN, INTEGER_MAX = -(2**63), 2**63 - 1
_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_SIMPLE_MIN, _SIMPLE_MAX = 1 - 10**tagged.NUMBER_DIGITS_MAX, 10**tagged.NUMBER_DIGITS_MAX - 1

# What leaves a store as JSON for others: a Decimal is a number, bytes are base64, a set is a list.
_encoder = msgspec.json.Encoder(decimal_format="number")
_decode_plain = msgspec.json.Decoder().decode


class Item(dict[str, Any]):
    """A stored object whose attributes can be read with a dot: ``order.quantity``.

    Only top-level attributes; those with names of dict's own methods are read with brackets.

    Raises:
        AttributeError: the item has no such attribute.
    """

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever was stored
        try:
            return self[name]
        except KeyError:
            has = ", ".join(self) or "none"
            raise AttributeError(f"the item has no attribute {name!r}; it has: {has}") from None


def step(path: str, key: str | int) -> str:
    """The JSON path one step below ``path``: ``$.a``, ``$[0]``, ``$["odd key"]``."""
    if isinstance(key, int):
        return f"{path}[{key}]"
    return f"{path}.{key}" if _PLAIN_KEY.match(key) else f"{path}[{encode(key)}]"


def encode(value: object) -> str:
    """JSON text of a value, compact, after checking that it reads back the same.

    Raises:
        InvalidValue: something in it has no JSON form; names where.
        TooLarge: the text is longer than 1 MiB.
    """
    plain = _is_plain(value)
    if not plain:
        check(value)
    try:
        text = _encoder.encode(value if plain else tagged.tag(value))
        if plain and BYTE_MARK in text and b'"$' in text:
            text = _encoder.encode(tagged.tag(value))
    except (TypeError, ValueError, RecursionError):
        check(value)
        raise InvalidValue("expected a value that JSON can hold", at="$") from None
    if len(text) > VALUE_BYTES_MAX:
        raise TooLarge(
            f"expected at most {VALUE_BYTES_MAX} bytes of JSON, got {len(text)}",
            hint="Keep large bodies elsewhere and send a reference to them.",
        )
    return text.decode()


def _is_plain(value: Any) -> bool:  # noqa: ANN401 - a value of any type
    """Whether a value is JSON beyond doubt; `check` says what is wrong with the others."""
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return True
    if kind is int:
        return bool(_SIMPLE_MIN <= value <= _SIMPLE_MAX)
    if kind is float:
        return math.isfinite(value)
    return _holds_plain(value, VALUE_DEPTH_MAX - 1)


def _holds_plain(value: Any, levels: int) -> bool:  # noqa: ANN401, C901, PLR0912 - see below
    """Whether an object or list holds JSON beyond doubt, within so many more levels of nesting.

    The hot path of every write: it looks at exact types, in one loop without calls, for a call for
    each value would take as long as all else, and it builds no paths.
    """
    kind = type(value)
    if kind is dict or kind is Item:
        for key in value:
            if type(key) is not str:
                return False
        value = value.values()
    elif kind is not list and kind is not tuple:
        return False
    for inner in value:
        of = type(inner)
        if of is str or of is bool or inner is None:
            continue
        if of is int:
            if not _SIMPLE_MIN <= inner <= _SIMPLE_MAX:
                return False
        elif of is float:
            if inner - inner != 0.0:  # infinite, or no number
                return False
        elif not (levels and _holds_plain(inner, levels - 1)):
            return False
    return True


def decode(text: str | bytes) -> Json:
    """The value of JSON text that `encode` made, or that a statement from outside put there.

    Raises:
        InvalidValue: it is not JSON, or nested deeper than the decoder goes.
    """
    try:
        if type(text) is str and MARK not in text and DECIMAL_MARK not in text:
            value: Json = _decode_plain(text)
        else:
            value = tagged.decode(text)
    except msgspec.DecodeError as fault:
        raise InvalidValue(f"expected JSON: {fault}") from None
    except RecursionError:
        raise InvalidValue(f"expected JSON, at most {VALUE_DEPTH_MAX} levels deep") from None
    except UnicodeError:
        raise InvalidValue("expected JSON in UTF-8") from None
    return value


def check(value: object, path: str = "$", depth: int = 0) -> None:
    """Check that a value can be stored and read back the same.

    Raises:
        InvalidValue: names the path of the first fault.
    """
    if isinstance(value, Mapping | list | tuple) and depth >= VALUE_DEPTH_MAX:
        raise InvalidValue(f"expected at most {VALUE_DEPTH_MAX} levels of nesting", at=path)
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if not isinstance(key, str):
                raise InvalidValue(f"expected keys to be strings, got {key!r}", at=path)
            _check_text(key, path)
            check(inner, step(path, key), depth + 1)
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            check(inner, step(path, index), depth + 1)
    else:
        _check_scalar(value, path)


def _check_scalar(value: object, path: str) -> None:
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, str):
        _check_text(value, path)
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise InvalidValue(f"expected a finite number, got {value}", at=path)
    elif isinstance(value, int | Decimal):
        tagged.check_number(value, path)
    elif isinstance(value, set | frozenset):
        _check_set(value, path)
    elif not isinstance(value, bytes):
        raise InvalidValue(
            f"expected a value, got {type(value).__name__}",
            at=path,
            hint="Turn it into a string, number, bytes, set, list or object first.",
        )


def _check_set(elements: set[object] | frozenset[object], path: str) -> None:
    if tagged.are_of_one_kind(elements):
        for each in elements:
            _check_scalar(each, path)
        return
    found = ", ".join(sorted({type(each).__name__ for each in elements})) or "an empty one"
    raise InvalidValue(
        f"expected a set of strings, of numbers or of bytes, got {found}",
        at=path,
        hint="Leave an empty set out; put what is mixed into a list.",
    )


def check_wire(value: object, path: str = "$") -> None:
    """Check a value that came as JSON from outside: as `check`, and its integers have 64 bits.

    Raises:
        InvalidValue: names the path of the first fault.
    """
    check(value, path)
    _check_integers(value, path)


def _check_integers(value: object, path: str) -> None:
    if isinstance(value, dict):
        for key, inner in value.items():
            _check_integers(inner, step(path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            _check_integers(inner, step(path, index))
    elif isinstance(value, int) and not INTEGER_MIN <= value <= INTEGER_MAX:
        raise InvalidValue(f"expected an integer of 64 bits, got {value}", at=path)


def is_plain(text: str) -> bool:
    """Whether the value of a stored text has neither bytes nor sets, as far as can be told fast."""
    return MARK not in text


def as_plain(value: dict[str, Json]) -> dict[str, Json]:
    """An object as JSON shows it to others: bytes as base64, sets as sorted lists."""
    return {key: as_json(inner) for key, inner in value.items()}


def as_json(value: Json) -> Json:
    """A value as JSON shows it to others: bytes as base64, a set as a sorted list."""
    if isinstance(value, dict):
        return as_plain(value)
    if isinstance(value, list):
        return [as_json(inner) for inner in value]
    if isinstance(value, set | frozenset):
        return [as_json(inner) for inner in tagged.in_order(value)]
    return b64encode(value).decode() if isinstance(value, bytes) else value


def check_name(found: object, what: str, length_max: int, at: str) -> None:
    """Check a short text such as a group or a deduplication id; None is none.

    Args:
        found: what was given.
        what: what it is called in the error.
        length_max: how many characters it may have.
        at: where it stands, for the error.

    Raises:
        InvalidValue: it is no text, empty, too long, or holds what UTF-8 cannot.
    """
    if found is None:
        return
    if not isinstance(found, str) or not 1 <= len(found) <= length_max:
        article = "an" if what[0] in "aeiou" else "a"
        raise InvalidValue(
            f"expected {article} {what} of 1 to {length_max} characters, got {shown(found)}", at=at
        )
    _check_text(found, at)


def _check_text(text: str, path: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        said = "expected text that UTF-8 can hold, got a lone surrogate"
        raise InvalidValue(said, at=path) from None


def shown(value: object, limit: int = 60) -> str:
    """A value as an error shows it: JSON, cut to ``limit`` characters."""
    try:
        text = _encoder.encode(value).decode()
    except (TypeError, ValueError, RecursionError, UnicodeEncodeError):
        text = type(value).__name__
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
