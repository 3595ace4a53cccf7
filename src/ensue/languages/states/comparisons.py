"""The rules of a Choice in JSONPath: comparisons, And, Or, Not."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from ensue.languages.states.environment import Environment
from ensue.languages.states.errors import RUNTIME, DataError
from ensue.languages.states.faults import meant
from ensue.languages.states.paths import Missing, Path, compile_path
from ensue.languages.states.timestamps import parse_timestamp
from ensue.words.errors import InvalidExpression
from ensue.words.values import Json, shown

RULE_LEVELS_MAX = 100

_Holds: TypeAlias = Callable[[Json, Environment], bool]
_Test: TypeAlias = Callable[[Json], bool]
_Order: TypeAlias = Callable[[int], bool]

# What a sign of (left - right) must be.
_ORDERS: Final[dict[str, _Order]] = {
    "Equals": lambda sign: sign == 0,
    "LessThan": lambda sign: sign < 0,
    "GreaterThan": lambda sign: sign > 0,
    "LessThanEquals": lambda sign: sign <= 0,
    "GreaterThanEquals": lambda sign: sign >= 0,
}
_ORDERED: Final = ("String", "Numeric", "Timestamp")
_COMPARED: Final[dict[str, tuple[str, _Order]]] = {
    f"{kind}{name}": (kind, order) for kind in _ORDERED for name, order in _ORDERS.items()
} | {"BooleanEquals": ("Boolean", _ORDERS["Equals"])}
_TESTS: Final[dict[str, _Test]] = {
    "IsNull": lambda value: value is None,
    "IsNumeric": lambda value: _number(value) is not None,
    "IsString": lambda value: isinstance(value, str),
    "IsBoolean": lambda value: isinstance(value, bool),
    "IsTimestamp": lambda value: parse_timestamp(value) is not None,
}
# A star, a star or backslash behind a backslash, and all the rest.
_PARTS: Final = re.compile(r"\\[*\\]|\*|[^*\\]+|\\")
_RULE: Final = frozenset({"Variable", "Next", "Assign", "Output", "Comment"})
_JOINED: Final = frozenset({"And", "Or", "Not"})
OPERATORS: Final = frozenset({
    *_COMPARED,
    *(f"{name}Path" for name in _COMPARED),
    *_TESTS,
    "IsPresent",
    "StringMatches",
})


@dataclass(frozen=True, slots=True)
class Comparison:
    """A rule. Made by ``compile_comparison``.

    Attributes:
        variables: names of the variables that it reads.
        reads_context: whether it reads the context object.
    """

    variables: frozenset[str]
    reads_context: bool
    _holds: _Holds = field(repr=False)

    def holds(self, value: Json, environment: Environment) -> bool:
        """Whether the rule matches.

        Raises:
            DataError: States.Runtime: what it compares is not there.
        """
        return self._holds(value, environment)


@dataclass(slots=True)
class _Read:
    """The paths of a rule, and what is wrong in the rules that it joins."""

    paths: list[Path] = field(default_factory=list)
    faults: list[InvalidExpression] = field(default_factory=list)


def compile_comparison(
    rule: Mapping[str, Json], *, at: str, faults: list[InvalidExpression] | None = None
) -> Comparison:
    """A rule, checked; its Next, Assign, Output and Comment are not looked at.

    Args:
        rule: such as ``{"Variable": "$.total", "NumericGreaterThan": 100, "Next": "Review"}``.
        at: where it is written, for errors: a JSON pointer.
        faults: gets all that is wrong in it, but for what is raised: the first of them.

    Raises:
        InvalidExpression: it is no rule.
    """
    read = _Read()
    holds = _rule(rule, at, read, 0)
    if read.faults:
        first, *others = read.faults
        if faults is not None:
            faults.extend(others)
        raise first
    paths = read.paths
    return Comparison(
        frozenset(path.variable for path in paths if path.variable is not None),
        any(path.text.startswith("$$") for path in paths),
        holds,
    )


def _rule(rule: object, at: str, read: _Read, depth: int) -> _Holds:
    if depth > RULE_LEVELS_MAX:
        raise InvalidExpression(f"expected at most {RULE_LEVELS_MAX} levels of rules", at=at)
    if not isinstance(rule, Mapping):
        raise InvalidExpression(f"expected a rule, got {shown(rule)}", at=at)
    found = [name for name in rule if name in OPERATORS or name in _JOINED]
    if len(found) != 1:
        got = ", ".join(found) or "none"
        raise InvalidExpression(
            f"expected one comparison, got {got}", at=at, hint=_hint(rule, found)
        )
    name = found[0]
    operand, place = rule[name], f"{at}/{name}"
    if name in _JOINED:
        return _joined(name, operand, place, read, depth)
    variable = compile_path(rule.get("Variable"), at=f"{at}/Variable")
    read.paths.append(variable)
    return _compared(name, variable, operand, place, read)


def _hint(rule: Mapping[str, Json], found: list[str]) -> str:
    """What to do about a rule that has no comparison, or several."""
    if found:
        return "Join several with And, Or or Not."
    near = [meant(name, OPERATORS) for name in rule if name not in _RULE]
    return next(filter(None, near), "Compare Variable, such as with NumericEquals or IsPresent.")


def _joined(name: str, operand: object, at: str, read: _Read, depth: int) -> _Holds:
    if name == "Not":
        inner = _rule(operand, at, read, depth + 1)
        return lambda value, environment: not inner(value, environment)
    if not isinstance(operand, list) or not operand:
        raise InvalidExpression(f"expected a list of rules, got {shown(operand)}", at=at)
    rules = [_noted(each, f"{at}/{i}", read, depth + 1) for i, each in enumerate(operand)]
    if name == "And":
        return lambda value, environment: all(rule(value, environment) for rule in rules)
    return lambda value, environment: any(rule(value, environment) for rule in rules)


def _noted(rule: object, at: str, read: _Read, depth: int) -> _Holds:
    """One of the rules that are joined; when it is wrong, that is noted, and it never matches."""
    try:
        return _rule(rule, at, read, depth)
    except InvalidExpression as fault:
        read.faults.append(fault)
        return lambda _value, _environment: False


def _compared(name: str, variable: Path, operand: Json, at: str, read: _Read) -> _Holds:
    if name == "IsPresent":
        wanted, probe = _boolean(operand, at), variable.probe
        return lambda value, environment: (
            (not isinstance(probe(value, environment), Missing)) is wanted
        )
    if name in _TESTS:
        wanted, test = _boolean(operand, at), _TESTS[name]
        return lambda value, environment: test(_found(variable, value, environment)) is wanted
    if name == "StringMatches":
        pattern = _pattern(operand, at)
        return lambda value, environment: _matches(pattern, _found(variable, value, environment))
    kind, order = _COMPARED[name.removesuffix("Path")]
    comparable = _COMPARABLE[kind]
    if name.endswith("Path"):
        other = compile_path(operand, at=at)
        read.paths.append(other)
        return lambda value, environment: _stand(
            comparable(_found(variable, value, environment)),
            comparable(_found(other, value, environment)),
            order,
        )
    constant = comparable(operand)
    if constant is None:
        raise InvalidExpression(f"expected {_EXPECTED[kind]}, got {shown(operand)}", at=at)
    return lambda value, environment: _stand(
        comparable(_found(variable, value, environment)), constant, order
    )


def _found(path: Path, value: Json, environment: Environment) -> Json:
    found = path.probe(value, environment)
    if isinstance(found, Missing):
        raise DataError(
            RUNTIME,
            f"Invalid path '{path.text}': The choice state's condition path references an invalid"
            " value.",
        )
    return found


_Comparable: TypeAlias = int | float | str | bytes | None


def _stand(left: _Comparable, right: _Comparable, order: _Order) -> bool:
    """Whether they stand to each other as the order says; what is of another type does not."""
    if left is None or right is None:
        return False
    if isinstance(left, int | float) and isinstance(right, int | float):
        return order((left > right) - (left < right))
    if isinstance(left, bytes) and isinstance(right, bytes):
        return order((left > right) - (left < right))
    if isinstance(left, str) and isinstance(right, str):
        if left.isascii() or right.isascii():
            return order((left > right) - (left < right))
        return _stand(_units(left), _units(right), order)
    return False


def _units(text: str) -> bytes:
    """A text in the order of Java: by its units of sixteen bits."""
    return text.encode("utf-16-be", "surrogatepass")


def _text(value: Json) -> str | None:
    return value if isinstance(value, str) else None


def _number(value: Json) -> int | float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _flag(value: Json) -> int | None:
    return int(value) if isinstance(value, bool) else None


_COMPARABLE: Final[dict[str, Callable[[Json], _Comparable]]] = {
    "String": _text,
    "Numeric": _number,
    "Timestamp": parse_timestamp,
    "Boolean": _flag,
}
_EXPECTED: Final = {
    "String": "a text",
    "Numeric": "a number",
    "Timestamp": "a timestamp such as 2016-03-14T01:59:00Z",
    "Boolean": "true or false",
}


def _boolean(operand: Json, at: str) -> bool:
    if not isinstance(operand, bool):
        raise InvalidExpression(f"expected true or false, got {shown(operand)}", at=at)
    return operand


def _pattern(operand: Json, at: str) -> list[str]:
    """A text with wildcards, cut at these: ``*`` is any characters, ``\\*`` a star."""
    if not isinstance(operand, str):
        raise InvalidExpression(f"expected a text, got {shown(operand)}", at=at)
    pieces = [""]
    for part in _PARTS.findall(operand):
        if part == "*":
            pieces.append("")
        else:
            pieces[-1] += part[1:] or part if part.startswith("\\") else part
    return pieces


def _matches(pieces: list[str], value: Json) -> bool:
    if not isinstance(value, str):
        return False
    if len(pieces) == 1:
        return value == pieces[0]
    first, *between, last = pieces
    end = len(value) - len(last)
    if not value.startswith(first) or not value.endswith(last) or end < len(first):
        return False
    offset = len(first)
    for piece in between:
        found = value.find(piece, offset, end)
        if found < 0:
            return False
        offset = found + len(piece)
    return True
