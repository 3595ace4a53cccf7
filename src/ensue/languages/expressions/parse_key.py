"""Text to tree: key conditions.

    key condition := partition '=' :value [ AND test of the sort key ]
    test          := sort ( '=' | '<' | '<=' | '>' | '>=' ) :value
                   | sort BETWEEN :value AND :value
                   | begins_with '(' sort ',' :value ')'

The text is read as a condition, and then held to this narrower form; so what is wrong with it
is said in terms of keys. Parentheses, either order, and ``:value`` before the key are taken.
"""

from __future__ import annotations

from collections.abc import Iterator

from ensue.languages.expressions.parse import parse_condition
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
    KeyTest,
    Operand,
    Path,
    Value,
)
from ensue.languages.expressions.reader import Reader
from ensue.words.errors import InvalidExpression

_MIRRORED = {"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


def parse_key_condition(reader: Reader, *, partition: str, sort: str | None) -> KeyTest:
    """The whole text as a condition on the keys.

    Args:
        reader: the text.
        partition: the name of the partition key.
        sort: the name of the sort key, if there is one.

    Raises:
        InvalidExpression: the text is no condition, or asks what a key condition cannot.
    """
    tests: dict[str, tuple[str, tuple[Value, ...]]] = {}
    for part in _parts(parse_condition(reader)):
        path, operator, bounds = _test(part)
        name = _key(path, partition, sort)
        if name in tests:
            raise InvalidExpression(
                f"expected one condition for each key, got another for '{name}'",
                at=f"offset {path.offset}",
                hint="A range has two ends in BETWEEN.",
            )
        if name == partition and operator != "=":
            raise InvalidExpression(
                f"expected '=' for the partition key '{name}', got {operator}",
                at=f"offset {part.offset}",
            )
        tests[name] = operator, bounds
    if partition not in tests:
        raise InvalidExpression(
            f"expected a condition '=' on the partition key '{partition}', got none", at="offset 0"
        )
    _, (value,) = tests.pop(partition)
    for operator, bounds in tests.values():
        return KeyTest(value, operator, bounds)
    return KeyTest(value)


def _parts(condition: ConditionNode) -> Iterator[ConditionNode]:
    if not isinstance(condition, And):
        yield condition
        return
    for part in condition.parts:
        yield from _parts(part)


def _test(part: ConditionNode) -> tuple[Path, str, tuple[Value, ...]]:
    if isinstance(part, Compare) and part.operator in _MIRRORED:
        if isinstance(part.left, Value):
            return _path(part.right), _MIRRORED[part.operator], (part.left,)
        return _path(part.left), part.operator, (_value(part.right),)
    if isinstance(part, Between):
        return _path(part.operand), "BETWEEN", (_value(part.low), _value(part.high))
    if isinstance(part, BeginsWith):
        return _path(part.operand), "begins_with", (_value(part.prefix),)
    raise InvalidExpression(
        f"expected an operator of key conditions, got {_operator(part)}",
        at=f"offset {part.offset}",
        hint="They are =, <, <=, >, >=, BETWEEN, begins_with and AND.",
    )


def _operator(part: ConditionNode) -> str:
    if isinstance(part, Compare):
        return part.operator
    if isinstance(part, Exists):
        return "attribute_exists" if part.present else "attribute_not_exists"
    if isinstance(part, IsType | Contains):
        return "attribute_type" if isinstance(part, IsType) else "contains"
    return "IN" if isinstance(part, In) else type(part).__name__.upper()


def _path(operand: Operand) -> Path:
    if not isinstance(operand, Path):
        raise InvalidExpression(
            "expected a key compared with a :value, got something else",
            at=f"offset {operand.offset}",
        )
    return operand


def _value(operand: Operand) -> Value:
    if not isinstance(operand, Value):
        raise InvalidExpression(
            "expected a key compared with a :value, got something else",
            at=f"offset {operand.offset}",
        )
    return operand


def _key(path: Path, partition: str, sort: str | None) -> str:
    name = path_text(path.steps)
    if len(path.steps) > 1:
        raise InvalidExpression(
            f"expected the name of a key, got the nested path '{name}'",
            at=f"offset {path.offset}",
        )
    if path.steps[0] not in {partition, sort}:
        wanted = f"'{partition}'" if sort is None else f"'{partition}' or '{sort}'"
        raise InvalidExpression(
            f"expected the key {wanted}, got '{name}'",
            at=f"offset {path.offset}",
            hint="Conditions on other attributes belong in a filter.",
        )
    return name
