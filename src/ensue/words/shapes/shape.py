"""A shape: reads values of one type, and writes them as plain JSON values."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Generic, TypeVar, cast

import msgspec
from msgspec import inspect

from ensue.words.errors import InvalidDeclaration, InvalidValue
from ensue.words.shapes.expected import TypeForm, described, fields_of, kinds_of
from ensue.words.shapes.faults import located
from ensue.words.shapes.foreign import from_plain, is_foreign, to_plain
from ensue.words.values import VALUE_DEPTH_MAX, Json

T = TypeVar("T")

# What values hold beside what JSON has.
_OURS = (bytes, Decimal)
_untyped = msgspec.json.Decoder()


class Shape(Generic[T]):
    """What values of one type look like.

    Args:
        kind: the type.
        at: who names it, for the error.

    Raises:
        InvalidDeclaration: values of the type cannot be read from JSON.
    """

    def __init__(self, kind: type[T] | TypeForm, at: str | None = None) -> None:
        self.kind: TypeForm = kind
        try:
            self._decoder: msgspec.json.Decoder[T] = msgspec.json.Decoder(kind, dec_hook=from_plain)
            unknown = [each for each in _customs(kind) if not is_foreign(each.cls)]
        except (TypeError, NameError) as fault:
            raise InvalidDeclaration(
                f"expected a type that JSON can hold: {fault}", at=at, hint=_TYPES
            ) from None
        if unknown:
            name = unknown[0].cls.__name__
            raise InvalidDeclaration(
                f"expected a type that JSON can hold, got {name}", at=at, hint=_TYPES
            )

    def read(self, text: str | bytes) -> T:
        """The value of JSON text.

        Raises:
            InvalidValue: it is no JSON or not of the type; says where.
        """
        try:
            return self._decoder.decode(text)
        except msgspec.ValidationError as error:
            if _FLOAT_FOR_INTEGER not in str(error):
                raise self._fault(text, error) from None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise self._fault(text, error) from None
        try:
            return self._decoder.decode(_with_integers(text))
        except msgspec.ValidationError as error:
            raise self._fault(text, error) from None

    def take(self, value: object) -> T:
        """The value of the type that plain values stand for, such as those of a dict.

        Raises:
            InvalidValue: they do not fit the type; says where.
        """
        try:
            return cast(T, msgspec.convert(value, self.kind, dec_hook=from_plain))
        except msgspec.ValidationError as error:
            raise located(error, value, self.kind) from None

    def plain(self, value: object) -> Json:
        """A value as its type writes it, in plain values, after checking that it fits.

        What its type fills in is there, and what a lenient type does not know is not.

        Args:
            value: of the type, or plain values that stand for one.

        Raises:
            InvalidValue: it does not fit the type; says where.
        """
        given = _built(value)
        taken = self.take(given)
        # What was of the type already has been written once.
        if type(value) is type(taken) and not isinstance(value, dict | list):
            return cast(Json, given)
        return as_plain(taken)

    def missing(self) -> InvalidValue:
        """What to say when there is no value at all."""
        wanted = described(inspect.type_info(self.kind))
        return InvalidValue(f"expected {wanted} as JSON, got an empty body", at="$")

    def _fault(self, text: str | bytes, error: Exception) -> InvalidValue:
        try:
            raw = _untyped.decode(text)
        except UnicodeError:
            return InvalidValue(f"expected JSON: {_not_utf8(text)}", at="$")
        except RecursionError:
            return InvalidValue(
                f"expected at most {VALUE_DEPTH_MAX} levels of nesting, got more", at="$"
            )
        except msgspec.DecodeError as malformed:
            return InvalidValue(_said(malformed, text), at="$")
        return located(error, raw, self.kind)


# To JSON Schema 12.0 and 1.2e1 are integers as 12 is; to msgspec they are not.
_FLOAT_FOR_INTEGER = "Expected `int"
_TOKENS = re.compile(rb'"(?:[^"\\]|\\.)*"|-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?')
_NUMBER_LENGTH_MAX = 32
_DIGITS_MAX = 18  # so that it is one of 64 bits


def _with_integers(text: str | bytes) -> bytes:
    """Well-formed JSON in which each number that is whole is written as an integer."""
    return _TOKENS.sub(_as_integer, text.encode() if isinstance(text, str) else text)


def _as_integer(token: re.Match[bytes]) -> bytes:
    said = token[0]
    if said.startswith(b'"') or said.lstrip(b"-").isdigit() or len(said) > _NUMBER_LENGTH_MAX:
        return said
    number = Decimal(said.decode())
    is_whole = abs(number.adjusted()) < _DIGITS_MAX and number == number.to_integral_value()
    return b"%d" % int(number) if is_whole else said


_TYPES = "A dataclass, ensue.Body, TypedDict or pydantic model can be one."


def is_structured(kind: TypeForm) -> bool:
    """Whether a type says more of a value than that it is JSON: it has fields, or checks itself."""
    if is_foreign(kind):
        return True
    try:
        kinds = kinds_of(inspect.type_info(kind))
    except (TypeError, NameError):
        return False
    shaped = [each for each in kinds if not isinstance(each, inspect.NoneType)]
    return bool(shaped) and all(
        bool(fields_of(each)) or (isinstance(each, inspect.CustomType) and is_foreign(each.cls))
        for each in shaped
    )


def has_field(kind: TypeForm, steps: Sequence[str | int]) -> bool:
    """Whether values of a type can have something at a place; True where that is not known.

    Args:
        kind: the type.
        steps: names and indexes, from the outside in.
    """
    nodes = kinds_of(inspect.type_info(kind))
    for step in steps:
        below = [each for node in nodes for each in _below(node, step)]
        if not below:
            return False
        nodes = [each for node in below for each in kinds_of(node)]
    return True


def _below(node: inspect.Type, step: str | int) -> list[inspect.Type]:
    if isinstance(node, inspect.AnyType | inspect.CustomType):
        return [inspect.AnyType()]
    if isinstance(node, inspect.DictType):
        return [node.value_type] if isinstance(step, str) else []
    if isinstance(node, inspect.CollectionType):
        return [node.item_type] if isinstance(step, int) else []
    return [field.type for field in fields_of(node) if field.encode_name == step]


def _customs(kind: TypeForm) -> list[inspect.CustomType]:
    found = kinds_of(inspect.type_info(kind))
    return [each for each in found if isinstance(each, inspect.CustomType)]


def as_plain(value: object) -> Json:
    """A value that a shape has made, in plain values, with its defaults.

    Raises:
        InvalidValue: something in it has no JSON form.
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        # Msgspec leaves the defaults of a dataclass to the class, where it does not see them.
        value = dataclasses.asdict(value)
    return cast(Json, _built(value))


def _built(value: object) -> object:
    try:
        return msgspec.to_builtins(value, builtin_types=_OURS, enc_hook=to_plain)
    except (NotImplementedError, TypeError, ValueError, RecursionError) as fault:
        raise InvalidValue(str(fault), at="$") from None


def _said(malformed: msgspec.DecodeError, text: str | bytes) -> str:
    said = str(malformed).removeprefix("JSON is malformed: ")
    place = f" (byte {len(text)})" if said == "Input data was truncated" else ""
    return f"expected JSON: {said[:1].lower()}{said[1:]}{place}"


def _not_utf8(text: str | bytes) -> str:
    try:
        if isinstance(text, bytes):
            text.decode()
    except UnicodeDecodeError as error:
        return f"not UTF-8 (byte {error.start})"
    return "not UTF-8"
