"""JSONata in fields: every text ``{% ... %}`` within a value is an expression."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Final, TypeAlias

from ensue.languages.states.environment import Environment
from ensue.languages.states.errors import QueryError
from ensue.languages.states.queries.expression import Expression, States
from ensue.languages.states.queries.functions import ADDED
from ensue.words.errors import InvalidExpression
from ensue.words.values import Json, shown

__all__ = ["ADDED", "Query", "States", "compile_query", "is_expression"]

OPENING, CLOSING = "{%", "%}"
QUERY_LEVELS_MAX = 100

_Run: TypeAlias = Callable[[States, Environment, str], Json]
_NUMBER: Final = "number"


def is_expression(value: object) -> bool:
    """Whether a value is an expression: a text from ``{%`` to ``%}``."""
    return isinstance(value, str) and value.startswith(OPENING) and value.endswith(CLOSING)


@dataclass(frozen=True, slots=True)
class Query:
    """A value with expressions in it: Arguments, Output, Assign, Items. Made by ``compile_query``.

    Attributes:
        variables: names that it reads with a dollar: variables, and functions.
        reads_context: whether it reads ``$states.context``.
        constant: there is no expression in it.
    """

    variables: frozenset[str]
    reads_context: bool
    constant: bool
    _run: _Run = dataclass_field(repr=False)
    _whole: Expression | None = dataclass_field(repr=False)

    def evaluate(self, states: States, environment: Environment, field: str) -> Json:
        """The value with what its expressions find.

        Args:
            states: what ``$states`` has beside ``context``: ``input``, ``result``, ``errorOutput``.
            environment: variables, and the context object.
            field: the field, for errors and events: ``Output``.

        Raises:
            QueryError: an expression fails or finds nothing.
        """
        return self._run(states, environment, field)

    def holds(self, states: States, environment: Environment, field: str) -> bool:
        """Whether a Condition is true.

        Raises:
            QueryError: as ``evaluate``, or it finds no boolean.
        """
        found = self._run(states, environment, field)
        if isinstance(found, bool):
            return found
        raise self._unfit(field, "boolean", found)

    def items(self, states: States, environment: Environment, field: str) -> Json:
        """The array (or object) of a Map's Items.

        Raises:
            QueryError: as ``evaluate``, or it finds no array or object.
        """
        found = self._run(states, environment, field)
        if isinstance(found, list | dict):
            return found
        raise self._unfit(field, "array", found)

    def number(self, states: States, environment: Environment, field: str) -> float:
        """A number, such as a percentage.

        Raises:
            QueryError: as ``evaluate``, or it finds no number.
        """
        found = self._run(states, environment, field)
        if isinstance(found, int | float) and not isinstance(found, bool):
            return found
        raise self._unfit(field, _NUMBER, found)

    def whole_number(self, states: States, environment: Environment, field: str) -> int:
        """A number of seconds, or of things.

        Raises:
            QueryError: as ``evaluate``, or it finds no whole number.
        """
        found = self.number(states, environment, field)
        if found == int(found):
            return int(found)
        raise self._unfit(field, "integer", found)

    def text(self, states: States, environment: Environment, field: str) -> str:
        """A text: Error, Cause, Timestamp.

        Raises:
            QueryError: as ``evaluate``, or it finds no text.
        """
        found = self._run(states, environment, field)
        if isinstance(found, str):
            return found
        raise self._unfit(field, "string", found)

    def _unfit(self, field: str, expected: str, found: Json) -> Exception:
        if self._whole is not None:
            return self._whole.unfit(field, expected, found)
        return QueryError(
            f"The field '{field}' must be of type '{expected}', got {shown(found)}", field
        )


@dataclass(slots=True)
class _Found:
    """The expressions in a value, and what is wrong in them."""

    expressions: list[Expression] = dataclass_field(default_factory=list)
    faults: list[InvalidExpression] = dataclass_field(default_factory=list)


def compile_query(
    template: Json, *, at: str, faults: list[InvalidExpression] | None = None
) -> Query:
    """A value, its expressions compiled.

    Args:
        template: any JSON, such as ``{"total": "{% $sum($states.input.prices) %}"}``.
        at: where it is written, for errors: a JSON pointer.
        faults: gets all that is wrong in it, but for what is raised: the first of them.

    Raises:
        InvalidExpression: an expression in it is no JSONata.
        MissingExtra: jsonatapy is not installed.
    """
    found = _Found()
    run = _node(template, at, "", found, 0)
    if found.faults:
        first, *others = found.faults
        if faults is not None:
            faults.extend(others)
        raise first
    expressions = found.expressions
    whole = expressions[0] if is_expression(template) else None
    return Query(
        frozenset[str]().union(*(each.names for each in expressions)),
        any(each.reads_context for each in expressions),
        run is None,
        run or _constant(template),
        whole,
    )


def _constant(value: Json) -> _Run:
    return lambda _states, _environment, _field: value


def _node(template: Json, at: str, below: str, found: _Found, depth: int) -> _Run | None:
    """What evaluates a part of a value; None for a part that is constant.

    Args:
        template: the part.
        at: where it is written.
        below: where it is within its field: ``/lines[0]/sku``.
        found: gets the expressions in it.
        depth: how deep it is nested.
    """
    if depth > QUERY_LEVELS_MAX:
        raise InvalidExpression(f"expected at most {QUERY_LEVELS_MAX} levels", at=at)
    if isinstance(template, str):
        return _text(template, at, below, found)
    if isinstance(template, list):
        runs = [
            _node(part, f"{at}/{i}", f"{below}[{i}]", found, depth + 1)
            for i, part in enumerate(template)
        ]
        if not any(runs):
            return None
        items = [run or _constant(part) for run, part in zip(runs, template, strict=True)]
        return lambda states, environment, field: [
            item(states, environment, field) for item in items
        ]
    if isinstance(template, dict):
        parts: dict[str, _Run | None] = {
            key: _node(part, _pointer(at, key), f"{below}/{key}", found, depth + 1)
            for key, part in template.items()
        }
        if not any(parts.values()):
            return None
        pairs = tuple((key, run or _constant(template[key])) for key, run in parts.items())
        return lambda states, environment, field: {
            key: run(states, environment, field) for key, run in pairs
        }
    return None


def _pointer(at: str, key: str) -> str:
    return f"{at}/{key.replace('~', '~0').replace('/', '~1')}"


def _text(template: str, at: str, below: str, found: _Found) -> _Run | None:
    if not is_expression(template):
        return None
    try:
        expression = Expression(template[len(OPENING) : -len(CLOSING)])
    except InvalidExpression as fault:
        found.faults.append(InvalidExpression(fault.message, at=at, hint=fault.hint))
        return None
    found.expressions.append(expression)
    if not below:
        return expression.evaluate
    return lambda states, environment, field: expression.evaluate(
        states, environment, f"{field}{below}"
    )
