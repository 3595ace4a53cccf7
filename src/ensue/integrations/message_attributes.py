"""Message attributes of SQS and SNS: ``{"kind": {"DataType": "String", "StringValue": "refund"}}``.

Ours are values by name. Filters of topics see numbers as numbers and arrays as lists.

Source: SQS developer guide, "Message attributes"; SNS developer guide, "Message attributes".
"""

from __future__ import annotations

import binascii
import hashlib
from base64 import b64decode
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

import msgspec

from ensue.integrations.faults import Fault, invalid
from ensue.words.values import Json

TEXT_KIND, BINARY_KIND = 1, 2


class Attribute(NamedTuple):
    """One attribute as it was given.

    Attributes:
        type: its DataType, perhaps with a label behind a dot: ``Number.int``.
        kind: how its value travels: as text or as bytes.
        raw: its value.
    """

    type: str
    kind: int
    raw: bytes

    @property
    def value(self) -> Json:
        """Its value as ours.

        Raises:
            Fault: it is none of its type.
        """
        base = self.type.partition(".")[0]
        if base == "Binary":
            return self.raw
        text = self.raw.decode()
        if base == "Number":
            return _number(text)
        if self.type == "String.Array":
            return _array(text)
        return text


def parse_attributes(given: Json) -> dict[str, Attribute]:
    """The attributes of a message, by name.

    Raises:
        Fault: one is written wrong.
    """
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise _refused("MessageAttributes must be an object")
    return {name: _attribute(name, each) for name, each in given.items()}


def checksum(attributes: dict[str, Attribute]) -> str:
    """The MD5 of attributes, as SQS answers it."""
    md5 = hashlib.md5(usedforsecurity=False)
    for name in sorted(attributes):
        each = attributes[name]
        for part in (name.encode(), each.type.encode()):
            md5.update(len(part).to_bytes(4) + part)
        md5.update(bytes([each.kind]) + len(each.raw).to_bytes(4) + each.raw)
    return md5.hexdigest()


def _attribute(name: str, given: Json) -> Attribute:
    kind = given.get("DataType") if isinstance(given, dict) else None
    if not isinstance(given, dict) or not isinstance(kind, str) or not kind:
        raise _refused(
            f"The message attribute '{name}' must contain a non-empty message attribute type"
        )
    if kind.partition(".")[0] not in {"String", "Number", "Binary"}:
        raise _refused(
            f"The message attribute '{name}' has an invalid message attribute type, the set of"
            " supported type prefixes is Binary, Number, and String."
        )
    value = given.get("BinaryValue" if kind.startswith("Binary") else "StringValue")
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        value = str(value)  # a path that finds a number; Step Functions writes it as text
    if not isinstance(value, str) or not value:
        raise _refused(
            f"The message attribute '{name}' with type '{kind}' must use field"
            f" '{'Binary' if kind.startswith('Binary') else 'String'}'"
        )
    if not kind.startswith("Binary"):
        return Attribute(kind, TEXT_KIND, value.encode())
    try:
        return Attribute(kind, BINARY_KIND, b64decode(value, validate=True))
    except binascii.Error:
        raise _refused(f"The message attribute '{name}' must be base64") from None


def _number(text: str) -> Json:
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise _refused(f"Could not cast message attribute value '{text}' to number") from None
    return int(number) if number == number.to_integral_value() else number


def _array(text: str) -> Json:
    try:
        found: Json = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        found = None
    if not isinstance(found, list):
        raise _refused("A message attribute of type String.Array must be a JSON array")
    return found


def _refused(message: str) -> Fault:
    return invalid(message, code="InvalidParameterValue")
