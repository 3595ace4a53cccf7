"""Attribute values of DynamoDB's API, ``{"S": "a"}``, and the values of our items.

    S  text      N  number, as text   BOOL  true, false   NULL  none
    B  bytes, as base64               L  a list           M     an object
    SS, NS, BS   sets of these

Source: DynamoDB API reference, AttributeValue.
"""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from ensue.integrations.faults import Fault, invalid
from ensue.languages.states.errors import RUNTIME, StateError
from ensue.words import tagged
from ensue.words.errors import InvalidValue
from ensue.words.values import Json, shown

_DEPTH_MAX = 32
_DIGITS_MAX = tagged.NUMBER_DIGITS_MAX
_TYPES = {"NUL": "NULL"}


def encoded(value: Json) -> dict[str, Json]:  # noqa: PLR0911 - one for each type
    """A value of an item as an attribute value."""
    match value:
        case None:
            return {"NULL": True}
        case bool():
            return {"BOOL": value}
        case str():
            return {"S": value}
        case int() | float() | Decimal():
            return {"N": _number_text(value)}
        case bytes():
            return {"B": b64encode(value).decode()}
        case list():
            return {"L": [encoded(each) for each in value]}
        case dict():
            return {"M": encoded_item(value)}
    return _encoded_set(list(tagged.in_order(value)))


def encoded_item(item: Mapping[str, Json]) -> dict[str, Json]:
    """An item as attribute values by name."""
    return {name: encoded(value) for name, value in item.items()}


def _encoded_set(elements: list[Json]) -> dict[str, Json]:
    first = elements[0]
    if isinstance(first, str):
        return {"SS": elements}
    if isinstance(first, bytes):
        return {"BS": [b64encode(each).decode() for each in elements if isinstance(each, bytes)]}
    return {"NS": [_number_text(each) for each in elements]}


def _number_text(number: Json) -> str:
    if isinstance(number, float):
        number = int(number) if number.is_integer() else Decimal(repr(number))
    if isinstance(number, Decimal):
        plain = number.normalize()
        return f"{plain:f}" if abs(plain.adjusted()) < _DIGITS_MAX else str(plain)
    return str(number)


def decoded_item(given: Json, field: str) -> dict[str, Json]:
    """An item from attribute values by name.

    Raises:
        StateError: States.Runtime: a value is not written as text, say.
        Fault: DynamoDB would refuse it.
    """
    if not isinstance(given, dict):
        raise _must_be(field, "JSON object")
    return {name: decoded(value, name) for name, value in given.items()}


def decoded(given: Json, name: str, depth: int = 0) -> Json:
    """A value of an item from an attribute value.

    Args:
        given: such as ``{"N": "5"}``.
        name: of the attribute, for the error.
        depth: how deep in the item it is.

    Raises:
        StateError: States.Runtime: a value is not written as text, say.
        Fault: DynamoDB would refuse it.
    """
    if not isinstance(given, dict):
        raise _must_be(name, "JSON object")
    if depth >= _DEPTH_MAX:
        raise invalid("Nesting Levels have exceeded supported limits")
    if len(given) != 1:
        raise invalid(
            "Supplied AttributeValue has more than one datatypes set, must contain exactly one of"
            " the supported datatypes"
            if given
            else "Supplied AttributeValue is empty, must contain exactly one of the supported"
            " datatypes"
        )
    [(written, value)] = given.items()
    kind = _TYPES.get(written.upper(), written.upper())
    return _decoded_as(kind, written, value, name, depth)


def _decoded_as(kind: str, written: str, value: Json, name: str, depth: int) -> Json:  # noqa: C901, PLR0911 - one for each type
    match kind:
        case "S":
            return _text(value, written)
        case "N":
            return _number(_text(value, written))
        case "B":
            return _bytes(_text(value, written))
        case "BOOL":
            if not isinstance(value, bool):
                raise _must_be(written, "BOOLEAN")
            return value
        case "NULL":
            return None
        case "L":
            return [decoded(each, name, depth + 1) for each in _list(value, written)]
        case "M":
            if not isinstance(value, dict):
                raise _must_be(written, "JSON object")
            return {key: decoded(each, key, depth + 1) for key, each in value.items()}
        case "SS" | "NS" | "BS":
            return _set(kind, [_text(each, written) for each in _list(value, written)])
    raise StateError(RUNTIME, f"The field '{written}' is not supported by Step Functions")


def _set(kind: str, texts: list[str]) -> Json:
    if not texts:
        raise invalid(
            "One or more parameter values were invalid: An string set  may not be empty"
            if kind == "SS"
            else "One or more parameter values were invalid: An number set  may not be empty"
            if kind == "NS"
            else "One or more parameter values were invalid: Binary sets should not be empty"
        )
    made: list[Json]
    if kind == "SS":
        made = list(texts)
    else:
        made = [_number(each) if kind == "NS" else _bytes(each) for each in texts]
    found = set(made)
    if len(found) < len(made):
        raise invalid(
            f"One or more parameter values were invalid: Input collection {shown(texts)} contains"
            " duplicates."
        )
    return found  # type: ignore[return-value] # of one kind


def _text(value: Json, written: str) -> str:
    if not isinstance(value, str):
        raise _must_be(written, "STRING")
    return value


def _list(value: Json, written: str) -> list[Json]:
    if not isinstance(value, list):
        raise _must_be(written, "JSON array")
    return value


def _number(text: str) -> int | Decimal:
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        raise _no_number(text) from None
    if not number.is_finite():
        raise _no_number(text)
    try:
        tagged.check_number(number, "$")
    except InvalidValue:
        raise invalid(
            "Number overflow. Attempting to store a number with magnitude larger than supported"
            " range, or with more than 38 significant digits"
        ) from None
    is_whole = number == number.to_integral_value() and number.adjusted() < _DIGITS_MAX
    return int(number) if is_whole else number


def _no_number(text: str) -> Fault:
    said = "The parameter cannot be converted to a numeric value"
    return invalid(f"{said}: {text}" if text else said)


def _bytes(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except binascii.Error:
        raise invalid("Invalid attribute value: expected base64") from None


def _must_be(name: str, kind: str) -> StateError:
    return StateError(
        RUNTIME,
        f"The Parameters could not be used to start the Task: [The value for the field '{name}'"
        f" must be a {kind}]",
    )
