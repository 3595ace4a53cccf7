"""A condition's tree to a closure: ``(item, values) -> bool``.

Each node becomes a function of the item and the values, once; to evaluate is to call them. The
values were checked before, so a closure finds every value that it asks for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from ensue.languages.expressions.kinds import (
    MISSING,
    ORDERINGS,
    PLAIN_TYPES,
    Item,
    Ordering,
    Values,
    begins_with,
    contains,
    equal,
    kind_of,
    ordered,
    size_of,
)
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
    Step,
    Value,
)

Read: TypeAlias = Callable[[Item, Values], object]
Test: TypeAlias = Callable[[Item, Values], bool]


def compile_test(condition: ConditionNode) -> Test:
    """The condition as a closure."""
    if isinstance(condition, And | Or | Not):
        return _connective(condition)
    if isinstance(condition, Compare | Between | In):
        return _comparison(condition)
    return _function(condition)


def compile_read(operand: Operand) -> Read:
    """The operand as a closure that gives its value, or MISSING."""
    if isinstance(operand, Path):
        return _read_path(operand.steps)
    if isinstance(operand, Value):
        return _read_value(operand.name)
    inner = compile_read(operand.operand)
    return lambda item, values: size_of(inner(item, values))


def step_into(value: object, step: Step) -> object:
    """What a map holds at a name or a list at an index, or MISSING."""
    if isinstance(step, int):
        return value[step] if isinstance(value, list) and step < len(value) else MISSING
    if isinstance(value, dict | Mapping):
        return value.get(step, MISSING)
    return MISSING


def _read_path(steps: tuple[Step, ...]) -> Read:
    # The grammar begins every path with a name.
    first, rest = str(steps[0]), steps[1:]

    def read_attribute(item: Item, _: Values) -> object:
        return item.get(first, MISSING)

    def read_nested(item: Item, _: Values) -> object:
        found = item.get(first, MISSING)
        for step in rest:
            found = step_into(found, step)
        return found

    return read_nested if rest else read_attribute


def _read_value(name: str) -> Read:
    def read(_: Item, values: Values) -> object:
        return values[name]

    return read


def _connective(condition: And | Or | Not) -> Test:
    if isinstance(condition, Not):
        test = compile_test(condition.part)
        return lambda item, values: not test(item, values)
    tests = tuple(compile_test(part) for part in condition.parts)
    return _all(tests) if isinstance(condition, And) else _any(tests)


def _all(tests: tuple[Test, ...]) -> Test:
    def holds(item: Item, values: Values) -> bool:
        for test in tests:  # noqa: SIM110 - all() over a generator takes twice the time
            if not test(item, values):
                return False
        return True

    return holds


def _any(tests: tuple[Test, ...]) -> Test:
    def holds(item: Item, values: Values) -> bool:
        for test in tests:  # noqa: SIM110 - any() over a generator takes twice the time
            if test(item, values):
                return True
        return False

    return holds


def _comparison(condition: Compare | Between | In) -> Test:
    if isinstance(condition, Compare):
        left, right = compile_read(condition.left), compile_read(condition.right)
        if condition.operator in ORDERINGS:
            return _ordering(ORDERINGS[condition.operator], left, right)
        return _equality(left, right, wanted=condition.operator == "=")
    operand = compile_read(condition.operand)
    if isinstance(condition, Between):
        not_below = _ordering(ORDERINGS[">="], operand, compile_read(condition.low))
        not_above = _ordering(ORDERINGS["<="], operand, compile_read(condition.high))
        return _all((not_below, not_above))
    choices = (compile_read(choice) for choice in condition.choices)
    return _any(tuple(_equality(operand, choice, wanted=True) for choice in choices))


def _ordering(compare: Ordering, left: Read, right: Read) -> Test:
    def test(item: Item, values: Values) -> bool:
        a, b = left(item, values), right(item, values)
        # As `ordered` begins; written here too, because it is the way nearly always taken.
        if type(a) is type(b) and type(a) in PLAIN_TYPES:
            return compare(a, b)
        return ordered(compare, a, b)

    return test


def _equality(left: Read, right: Read, *, wanted: bool) -> Test:
    def test(item: Item, values: Values) -> bool:
        return equal(left(item, values), right(item, values)) is wanted

    return test


def _function(condition: Exists | IsType | BeginsWith | Contains) -> Test:
    if isinstance(condition, Exists):
        return _existence(compile_read(condition.path), wanted=condition.present)
    if isinstance(condition, IsType):
        value, kind = compile_read(condition.path), condition.wanted.name
        return lambda item, values: kind_of(value(item, values)) == values[kind]
    if isinstance(condition, BeginsWith):
        text, prefix = compile_read(condition.operand), compile_read(condition.prefix)
        return lambda item, values: begins_with(text(item, values), prefix(item, values))
    container, element = compile_read(condition.operand), compile_read(condition.element)
    return lambda item, values: contains(container(item, values), element(item, values))


def _existence(value: Read, *, wanted: bool) -> Test:
    def test(item: Item, values: Values) -> bool:
        return (value(item, values) is not MISSING) is wanted

    return test
