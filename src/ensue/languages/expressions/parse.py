"""Text to tree: conditions.

    condition  := and { OR and }
    and        := not { AND not }
    not        := { NOT } test
    test       := primary [ comparator primary
                          | BETWEEN primary AND primary
                          | IN '(' primary { ',' primary } ')' ]
    primary    := '(' condition ')' | name '(' [ primary { ',' primary } ] ')' | path | :value

A parenthesis may hold a condition or an operand, and which is known only when it closes. So
``primary`` reads either, and who called it says which of the two it needs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from ensue.languages.expressions.paths import path_text
from ensue.languages.expressions.program import (
    And,
    BeginsWith,
    Between,
    Compare,
    ConditionNode,
    Contains,
    Exists,
    In,
    IsType,
    Not,
    Operand,
    Or,
    Path,
    Size,
    Value,
)
from ensue.languages.expressions.reader import Reader
from ensue.languages.expressions.tokens import Sort
from ensue.words.errors import InvalidExpression

CONDITION_KEYWORDS = frozenset({"AND", "BETWEEN", "IN", "NOT", "OR"})
COMPARATORS = ("=", "<>", "<", "<=", ">", ">=")
MAX_IN_CHOICES = 100

_Either: TypeAlias = ConditionNode | Operand


def parse_condition(reader: Reader) -> ConditionNode:
    """The whole text as one condition.

    Raises:
        InvalidExpression: where the text leaves the grammar, with what was expected there.
    """
    found = _or(reader)
    condition = _as_condition(found, reader)
    reader.expect_end("AND, OR or the end of the expression")
    return condition


def _or(reader: Reader) -> _Either:
    return _chain(reader, "OR", part=_and, joined=Or)


def _and(reader: Reader) -> _Either:
    return _chain(reader, "AND", part=_not, joined=And)


def _chain(
    reader: Reader,
    word: str,
    *,
    part: Callable[[Reader], _Either],
    joined: Callable[[tuple[ConditionNode, ...], int], And | Or],
) -> _Either:
    # `a AND b AND c` is one node of three parts: a long chain makes no deep tree.
    first = part(reader)
    if reader.keyword() != word:
        return first
    offset = reader.token.offset
    parts = [_as_condition(first, reader)]
    while reader.keyword() == word:
        reader.count_operator(reader.take().offset)
        parts.append(_as_condition(part(reader), reader))
    return joined(tuple(parts), offset)


def _not(reader: Reader) -> _Either:
    if reader.keyword() != "NOT":
        return _test(reader)
    offset = reader.take().offset
    reader.count_operator(offset)
    with reader.level():
        return Not(_as_condition(_not(reader), reader), offset)


def _test(reader: Reader) -> _Either:
    left = _primary(reader)
    token = reader.token
    if reader.at_symbol(*COMPARATORS):
        reader.count_operator(reader.take().offset)
        return _comparison(token.text, _as_operand(left), _operand(reader), token.offset)
    if reader.take_keyword("BETWEEN"):
        reader.count_operator(token.offset)
        return _between(reader, _as_operand(left), token.offset)
    if reader.take_keyword("IN"):
        reader.count_operator(token.offset)
        return _in(reader, _as_operand(left), token.offset)
    return left


def _comparison(operator: str, left: Operand, right: Operand, offset: int) -> Compare:
    _check_distinct(operator, left, (right,))
    return Compare(operator, left, right, offset)


def _between(reader: Reader, operand: Operand, offset: int) -> Between:
    low = _operand(reader)
    if not reader.take_keyword("AND"):
        raise reader.unexpected("AND and the upper bound")
    high = _operand(reader)
    _check_distinct("BETWEEN", operand, (low, high))
    return Between(operand, low, high, offset)


def _in(reader: Reader, operand: Operand, offset: int) -> In:
    choices = [_as_operand(choice) for choice in reader.arguments(_primary)]
    if not choices:
        raise InvalidExpression("expected a choice after IN, got none", at=f"offset {offset}")
    if len(choices) > MAX_IN_CHOICES:
        raise InvalidExpression(
            f"expected at most {MAX_IN_CHOICES} choices after IN, got {len(choices)}",
            at=f"offset {offset}",
        )
    _check_distinct("IN", operand, tuple(choices))
    return In(operand, tuple(choices), offset)


def _operand(reader: Reader) -> Operand:
    return _as_operand(_primary(reader))


def _primary(reader: Reader) -> _Either:
    if reader.at_symbol("("):
        with reader.group():
            return _or(reader)
    if reader.at_function():
        return _call(reader)
    if reader.token.sort is Sort.VALUE_PLACEHOLDER:
        return reader.value()
    if reader.at_path():
        return reader.path()
    raise reader.unexpected("a path, a :value, a function or '('")


def _call(reader: Reader) -> _Either:
    name = reader.take()
    reader.count_operator(name.offset)
    with reader.level():
        arguments = list(reader.arguments(_primary))
    if name.text not in _FUNCTIONS:
        raise InvalidExpression(
            f"expected a function of conditions, got '{name.text}'",
            at=f"offset {name.offset}",
            hint=f"The functions are {', '.join(_FUNCTIONS)}.",
        )
    wanted, build = _FUNCTIONS[name.text]
    if len(arguments) != wanted:
        raise wrong_count(name.text, wanted, got=len(arguments), offset=name.offset)
    operands = [_as_operand(argument) for argument in arguments]
    return build(name.text, operands, name.offset)


def wrong_count(name: str, wanted: int, *, got: int, offset: int) -> InvalidExpression:
    """The error for a function that was given too few operands, or too many."""
    return InvalidExpression(
        f"expected {wanted} operand{'s' * (wanted != 1)} of {name}, got {got}",
        at=f"offset {offset}",
    )


def _exists(name: str, operands: list[Operand], offset: int) -> Exists:
    return Exists(_as_path(operands[0], name), name == "attribute_exists", offset)


def _is_type(name: str, operands: list[Operand], offset: int) -> IsType:
    path, wanted = _as_path(operands[0], name), operands[1]
    _check_distinct(name, path, (wanted,))
    if not isinstance(wanted, Value):
        raise InvalidExpression(
            f"expected the type in {name} as a :value, got {_described(wanted)}",
            at=f"offset {wanted.offset}",
        )
    return IsType(path, wanted, offset)


def _begins_with(name: str, operands: list[Operand], offset: int) -> BeginsWith:
    operand, prefix = (_not_size(each, name) for each in operands)
    _check_distinct(name, operand, (prefix,))
    return BeginsWith(operand, prefix, offset)


def _contains(name: str, operands: list[Operand], offset: int) -> Contains:
    operand, element = _not_size(operands[0], name), operands[1]
    _check_distinct(name, operand, (element,))
    return Contains(operand, element, offset)


def _size(name: str, operands: list[Operand], offset: int) -> Size:
    return Size(_not_size(operands[0], name), offset)


_FUNCTIONS: dict[str, tuple[int, Callable[[str, list[Operand], int], _Either]]] = {
    "attribute_exists": (1, _exists),
    "attribute_not_exists": (1, _exists),
    "attribute_type": (2, _is_type),
    "begins_with": (2, _begins_with),
    "contains": (2, _contains),
    "size": (1, _size),
}


def _as_condition(found: _Either, reader: Reader) -> ConditionNode:
    if isinstance(found, Size):
        raise InvalidExpression(
            "expected a condition, got the function size, which gives a number",
            at=f"offset {found.offset}",
            hint="Compare it, as in size(a) > :n.",
        )
    if isinstance(found, Path | Value):
        raise reader.unexpected(f"a comparison after {_described(found)}")
    return found


def _as_operand(found: _Either) -> Operand:
    if isinstance(found, Path | Value | Size):
        return found
    raise InvalidExpression(
        "expected an operand: a path, a :value or size(...), got a condition",
        at=f"offset {found.offset}",
    )


def _as_path(operand: Operand, name: str) -> Path:
    if isinstance(operand, Path):
        return operand
    raise InvalidExpression(
        f"expected a document path in {name}, got {_described(operand)}",
        at=f"offset {operand.offset}",
    )


def _not_size(operand: Operand, name: str) -> Path | Value:
    if isinstance(operand, Size):
        raise InvalidExpression(
            f"expected a path or a :value in {name}, got a number from size",
            at=f"offset {operand.offset}",
        )
    return operand


def _check_distinct(operator: str, first: Operand, others: tuple[Operand, ...]) -> None:
    if isinstance(first, Path) and first in others:
        raise InvalidExpression(
            "expected the first operand to be distinct from the others,"
            f" got '{path_text(first.steps)}' twice in {operator}",
            at=f"offset {first.offset}",
        )


def _described(operand: Operand) -> str:
    if isinstance(operand, Path):
        return f"the path '{path_text(operand.steps)}'"
    return f"':{operand.name}'" if isinstance(operand, Value) else "size(...)"
