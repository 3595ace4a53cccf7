"""What an expression demands of its ``:values``, whatever the item holds.

DynamoDB refuses a value of a type that its operator cannot take before it looks at any item. So
these checks run first: an expression with a wrong value never works by luck, because the part
that uses it was not reached.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TypeAlias

from ensue.languages.expressions.kinds import (
    ORDERED_KINDS,
    ORDERINGS,
    PLAIN_TYPES,
    TYPE_NAMES,
    Values,
    kind_of,
    ordered,
    type_name,
)
from ensue.languages.expressions.program import (
    Action,
    Add,
    And,
    Arithmetic,
    BeginsWith,
    Between,
    Compare,
    ConditionNode,
    Contains,
    Delete,
    IfNotExists,
    In,
    IsType,
    KeyTest,
    ListAppend,
    Not,
    Operand,
    Or,
    Set,
    Size,
    Source,
    Value,
)
from ensue.words.errors import InvalidExpression

Check: TypeAlias = Callable[[Values], None]

_SIZED_KINDS = ("S", "B", "SS", "NS", "BS", "L", "M")
_SET_KINDS = ("SS", "NS", "BS")


def condition_checks(condition: ConditionNode) -> Iterator[Check]:
    """The checks of a condition's values, all of which are known to be there."""
    if isinstance(condition, And | Or):
        for part in condition.parts:
            yield from condition_checks(part)
    elif isinstance(condition, Not):
        yield from condition_checks(condition.part)
    elif isinstance(condition, IsType):
        yield partial(_check_type_name, condition.wanted.name)
    elif isinstance(condition, BeginsWith):
        for operand in (condition.operand, condition.prefix):
            yield from _of_kinds(operand, ("S", "B"), "begins_with")
    else:
        yield from _comparison_checks(condition)


def update_checks(actions: Iterable[Action]) -> Iterator[Check]:
    """The checks of an update's values."""
    for action in actions:
        if isinstance(action, Set):
            yield from _source_checks(action.source)
        elif isinstance(action, Add):
            yield from _of_kinds(action.value, ("N", *_SET_KINDS), "ADD")
        elif isinstance(action, Delete):
            yield from _of_kinds(action.value, _SET_KINDS, "DELETE")


def key_checks(test: KeyTest) -> Iterator[Check]:
    """The checks of a key condition's values: keys are strings, numbers or binaries."""
    yield from _of_kinds(test.partition, ORDERED_KINDS, "=")
    kinds = ("S", "B") if test.operator == "begins_with" else ORDERED_KINDS
    for bound in test.bounds:
        yield from _of_kinds(bound, kinds, str(test.operator))
    if test.operator == "BETWEEN":
        low, high = test.bounds
        yield partial(_check_bounds, low.name, high.name)


def _comparison_checks(condition: ConditionNode) -> Iterator[Check]:
    if isinstance(condition, Between):
        for operand in (condition.operand, condition.low, condition.high):
            yield from _of_kinds(operand, ORDERED_KINDS, "BETWEEN")
        if isinstance(condition.low, Value) and isinstance(condition.high, Value):
            yield partial(_check_bounds, condition.low.name, condition.high.name)
    elif isinstance(condition, Compare):
        for operand in (condition.left, condition.right):
            if condition.operator in {"=", "<>"}:
                yield from _size_checks(operand)
            else:
                yield from _of_kinds(operand, ORDERED_KINDS, condition.operator)
    elif isinstance(condition, Contains):
        yield from _size_checks(condition.element)
    elif isinstance(condition, In):
        for operand in (condition.operand, *condition.choices):
            yield from _size_checks(operand)


def _size_checks(operand: Operand) -> Iterator[Check]:
    if isinstance(operand, Size):
        yield from _of_kinds(operand.operand, _SIZED_KINDS, "size")


def _source_checks(source: Source) -> Iterator[Check]:
    if isinstance(source, IfNotExists):
        yield from _source_checks(source.otherwise)
    elif isinstance(source, ListAppend | Arithmetic):
        if isinstance(source, ListAppend):
            sides, kind, name = (source.first, source.second), "L", "list_append"
        else:
            sides, kind, name = (source.left, source.right), "N", source.operator
        for side in sides:
            yield from _source_checks(side)
            for value in _values_of(side):
                yield from _of_kinds(value, (kind,), name)


def _values_of(source: Source) -> list[Value]:
    # Every value that may come to stand where the source does.
    if isinstance(source, IfNotExists):
        return _values_of(source.otherwise)
    return [source] if isinstance(source, Value) else []


def _of_kinds(operand: Operand, kinds: tuple[str, ...], taker: str) -> Iterator[Check]:
    if isinstance(operand, Value):
        yield _kind_check(operand.name, kinds, taker)
    yield from _size_checks(operand)


def _kind_check(name: str, kinds: tuple[str, ...], taker: str) -> Check:
    # Numbers and strings are what nearly every expression is given: known by one look-up.
    at_once = frozenset(each for each in PLAIN_TYPES if kind_of(each()) in kinds)

    def check(values: Values) -> None:
        value = values[name]
        if type(value) not in at_once and kind_of(value) not in kinds:
            raise InvalidExpression(
                f"expected {', '.join(kinds[:-1])}{' or ' * (len(kinds) > 1)}{kinds[-1]}"
                f" for {taker}, got {type_name(value)}",
                at=f":{name}",
                hint=_empty_set_hint(value),
            )

    return check


def _empty_set_hint(value: object) -> str | None:
    if isinstance(value, set | frozenset):
        return "A set has at least one element, and all of them are of one type."
    return None


def _check_type_name(name: str, values: Values) -> None:
    wanted = values[name]
    if wanted not in TYPE_NAMES:
        got = repr(wanted[:40]) if isinstance(wanted, str) else type_name(wanted)
        raise InvalidExpression(
            f"expected the name of a type, got {got}",
            at=f":{name}",
            hint=f"The types are {', '.join(TYPE_NAMES)}.",
        )


def _check_bounds(low: str, high: str, values: Values) -> None:
    # The kinds of both are known to be ordered.
    if kind_of(values[low]) != kind_of(values[high]):
        raise InvalidExpression(
            "expected two bounds of one type in BETWEEN,"
            f" got {type_name(values[low])} and {type_name(values[high])}",
            at=f":{low}",
        )
    if not ordered(ORDERINGS["<="], values[low], values[high]):
        raise InvalidExpression(
            "expected a lower bound not above the upper bound in BETWEEN, got one above it",
            at=f":{low}",
        )
