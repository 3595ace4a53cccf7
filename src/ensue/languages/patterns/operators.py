"""One value to match: an exact value, or an object that names an operator."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, nextafter
from typing import TypeVar

from ensue.languages.patterns.addresses import ADDRESS_BITS, read_address
from ensue.languages.patterns.numbers import comparable, value_of
from ensue.languages.patterns.places import Steps
from ensue.languages.patterns.program import (
    AnythingBut,
    Exact,
    Excluded,
    Exists,
    IgnoreCase,
    Network,
    Number,
    Prefix,
    Range,
    Suffix,
    Test,
    Wildcard,
)
from ensue.languages.patterns.text import Json, Members, NumberText
from ensue.languages.patterns.wildcards import WildcardSyntaxError, split_wildcard

_Read = TypeVar("_Read")

_BOUND_HINT = "Numbers compare that a float of 64 bits holds exactly: of up to 15 digits always."


class OperandError(Exception):
    """A value to match does not read; ``steps`` lead from it to the fault."""

    def __init__(self, message: str, steps: Steps = (), hint: str | None = None) -> None:
        super().__init__(message)
        self.steps = steps
        self.hint = hint


def parse_test(value: Json) -> Test:
    """Read one element of a field's array.

    Raises:
        OperandError: it is neither an exact value nor a valid operator.
    """
    if isinstance(value, Members):
        name, operand = _only_member(value)
        reader = _OPERATORS.get(name)
        if reader is None:
            message = f"expected an operator, got {name!r}"
            raise OperandError(message, (name,), f"The operators are {', '.join(_OPERATORS)}.")
        return _within(name, lambda: reader(operand))
    if isinstance(value, NumberText):
        return _number(value)
    if isinstance(value, list):
        message = "expected a string, number, boolean, null or operator, got an array"
        raise OperandError(message)
    return _text(value) if isinstance(value, str) else Exact(value)


def _text(value: str) -> Test:
    """A string that is an IP address matches the address in every spelling."""
    address = read_address(value)
    if address is None:
        return Exact(value)
    return Network(address[0], address[1], 0, value)


def _number(value: NumberText) -> Number:
    number = comparable(value.text)
    if number is None:
        return Number(value_of(value.text), value.text)
    return Number(number)


def _exactly(operand: Json) -> Exact:
    return Exact(_string(operand))


def _prefix(operand: Json) -> Prefix:
    if isinstance(operand, Members):
        return Prefix(_ignored_case(operand), ignore_case=True)
    return Prefix(_string(operand))


def _suffix(operand: Json) -> Suffix:
    if isinstance(operand, Members):
        return Suffix(_ignored_case(operand), ignore_case=True)
    return Suffix(_string(operand))


def _ignored_case(operand: Members) -> str:
    name, text = _only_member(operand)
    if name != "equals-ignore-case":
        message = f"expected a string or equals-ignore-case, got {name!r}"
        raise OperandError(message, (name,))
    return _within(name, lambda: _string(text))


def _ignore_case(operand: Json) -> IgnoreCase:
    return IgnoreCase(_string(operand))


def _wildcard(operand: Json) -> Wildcard:
    text = _string(operand)
    try:
        return Wildcard(text, split_wildcard(text))
    except WildcardSyntaxError as error:
        message = f"expected a wildcard, got {text!r}: {error}"
        hint = r"Write \* for an asterisk and \\ for a backslash."
        raise OperandError(message, hint=hint) from error


def _exists(operand: Json) -> Exists:
    if not isinstance(operand, bool):
        message = f"expected true or false, got {_shown(operand)}"
        raise OperandError(message)
    return Exists(operand)


def _cidr(operand: Json) -> Network:
    text = _string(operand)
    parts = text.split("/")
    if len(parts) != 2:
        message = f"expected an address and a mask around one '/', got {text!r}"
        raise OperandError(message)
    address = read_address(parts[0])
    if address is None:
        message = f"expected an IP address before the '/', got {parts[0]!r}"
        raise OperandError(message)
    version, base = address
    bits = ADDRESS_BITS[version]
    mask = parts[1]
    if not (mask.isascii() and mask.isdigit()) or len(mask) > 9 or int(mask) >= bits:
        message = f"expected a mask from 0 to {bits - 1} for IPv{version}, got {mask!r}"
        raise OperandError(message)
    host_bits = bits - int(mask)
    return Network(version, base >> host_bits << host_bits, host_bits, text)


def _numeric(operand: Json) -> Number | Range:
    if not isinstance(operand, list):
        message = f'expected an array such as [">", 0, "<=", 5], got {_shown(operand)}'
        raise OperandError(message)
    if len(operand) not in {2, 4}:
        message = f"expected one or two comparisons, got an array of {len(operand)}"
        raise OperandError(message)
    sign, first = _comparison(operand, 0)
    if len(operand) == 4:
        return _between(operand, sign, first)
    text = f"{sign} {first}"
    match sign:
        case "=":
            return Number(first)
        case ">" | ">=":
            return Range(_above(sign, first), inf, text)
        case _:
            return Range(-inf, _below(sign, first), text)


def _between(operand: list[Json], sign: str, low: float) -> Range:
    if sign not in {">", ">="}:
        message = f"expected > or >= as the first of two comparisons, got {sign!r}"
        raise OperandError(message, (0,))
    upper_sign, high = _comparison(operand, 2)
    if upper_sign not in {"<", "<="}:
        message = f"expected < or <= as the second of two comparisons, got {upper_sign!r}"
        raise OperandError(message, (2,))
    if low >= high:
        message = f"expected a lower bound below the upper bound, got {low} and {high}"
        raise OperandError(message)
    text = f"{sign} {low} and {upper_sign} {high}"
    return Range(_above(sign, low), _below(upper_sign, high), text)


def _above(sign: str, bound: float) -> float:
    return nextafter(bound, inf) if sign == ">" else float(bound)


def _below(sign: str, bound: float) -> float:
    return nextafter(bound, -inf) if sign == "<" else float(bound)


def _comparison(operand: list[Json], position: int) -> tuple[str, int | float]:
    sign, bound = operand[position], operand[position + 1]
    if not isinstance(sign, str) or sign not in _SIGNS:
        message = f"expected one of {' '.join(_SIGNS)}, got {_shown(sign)}"
        raise OperandError(message, (position,))
    if not isinstance(bound, NumberText):
        message = f"expected a number after {sign}, got {_shown(bound)}"
        raise OperandError(message, (position + 1,))
    return sign, _within(position + 1, lambda: _comparable(bound))


def _comparable(value: NumberText) -> int | float:
    number = comparable(value.text)
    if number is None:
        message = f"expected a number that can be compared, got {value.text}"
        raise OperandError(message, hint=_BOUND_HINT)
    return number


def _anything_but(operand: Json) -> AnythingBut:
    if isinstance(operand, Members):
        name, excluded = _only_member(operand)
        reader = _EXCLUDABLE.get(name)
        if reader is None:
            message = f"expected {', '.join(_EXCLUDABLE)} inside anything-but, got {name!r}"
            raise OperandError(message, (name,))
        return AnythingBut(_within(name, lambda: _each(excluded, reader)))
    if operand == []:
        message = "expected at least one value, got an empty array"
        raise OperandError(message)
    tests = _each(operand, _excluded_value)
    if len({type(test) for test in tests}) > 1:
        message = "expected only strings or only numbers inside anything-but, got both"
        raise OperandError(message)
    return AnythingBut(tests)


def _each(operand: Json, reader: Callable[[Json], Excluded]) -> tuple[Excluded, ...]:
    if not isinstance(operand, list):
        return (reader(operand),)

    def read(number: int, item: Json) -> Excluded:
        return _within(number, lambda: reader(item))

    return tuple(read(number, item) for number, item in enumerate(operand))


def _excluded_value(operand: Json) -> Exact | Number:
    if isinstance(operand, NumberText):
        return Number(_comparable(operand))
    if isinstance(operand, str):
        return Exact(operand)
    message = f"expected strings or numbers inside anything-but, got {_shown(operand)}"
    raise OperandError(message)


def _excluded_prefix(operand: Json) -> Prefix:
    return Prefix(_nonempty(operand))


def _excluded_suffix(operand: Json) -> Suffix:
    return Suffix(_nonempty(operand))


def _nonempty(operand: Json) -> str:
    text = _string(operand)
    if not text:
        message = "expected a string that is not empty, got an empty one"
        raise OperandError(message)
    return text


def _string(operand: Json) -> str:
    if isinstance(operand, str):
        return operand
    message = f"expected a string, got {_shown(operand)}"
    raise OperandError(message)


def _only_member(operand: Members) -> tuple[str, Json]:
    if len(operand.pairs) == 1:
        return operand.pairs[0]
    message = f"expected an object with one operator, got one with {len(operand.pairs)}"
    raise OperandError(message)


def _within(step: str | int, read: Callable[[], _Read]) -> _Read:
    try:
        return read()
    except OperandError as error:
        raise OperandError(str(error), (step, *error.steps), error.hint) from error


def _shown(operand: Json | None) -> str:
    match operand:
        case Members():
            return "an object"
        case list():
            return "an array"
        case NumberText(text):
            return text
        case None:
            return "null"
        case bool():
            return str(operand).lower()
        case _:
            return repr(operand)


_SIGNS = ("=", "<", "<=", ">", ">=")

_OPERATORS: dict[str, Callable[[Json], Test]] = {
    "prefix": _prefix,
    "suffix": _suffix,
    "equals-ignore-case": _ignore_case,
    "wildcard": _wildcard,
    "anything-but": _anything_but,
    "numeric": _numeric,
    "exists": _exists,
    "cidr": _cidr,
    "exactly": _exactly,
}

_EXCLUDABLE: dict[str, Callable[[Json], Excluded]] = {
    "prefix": _excluded_prefix,
    "suffix": _excluded_suffix,
    "equals-ignore-case": _ignore_case,
    "wildcard": _wildcard,
}

RESERVED_NAMES = frozenset({
    *_OPERATORS,
    *_SIGNS,
    "html",
    "regex",
    "not-wildcard",
    "not-equals-ignore-case",
    "date-after",
    "date-on-or-after",
    "date-before",
    "date-on-or-before",
    "in-date-range",
    "ip-address-in-range",
    "ip-address-not-in-range",
})
"""Names that a field inside ``$or`` cannot have: the operators, and those kept for later ones."""
