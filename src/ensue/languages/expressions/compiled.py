"""The compiled expressions: what an application and a store hold.

A compiled expression is immutable and may be shared by threads. Values are keyed without their
colon: ``{"n": 5}`` for ``:n``.

Source: DynamoDB developer guide, "Expressions".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

from ensue.languages.expressions.apply import Apply, Project
from ensue.languages.expressions.checks import Check
from ensue.languages.expressions.kinds import Item, Values
from ensue.languages.expressions.program import KeyTest, Step
from ensue.languages.expressions.run import Test
from ensue.words.errors import InvalidExpression

Steps: TypeAlias = tuple[Step, ...]

_NOTHING: Mapping[str, object] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Wording:
    """What every compiled expression knows of its text.

    Attributes:
        text: the expression as it was given.
        names_used: the ``#names`` in it, without the ``#``.
        values_used: the ``:values`` in it, without the ``:``.
        paths: the document paths, each as names and indexes: ``("a", "b", 0)`` for ``a.b[0]``.
            Those of an update are the places that it changes.
        checks: what is demanded of the values.
        strict_values: whether a value without use is an error at each evaluation.
    """

    text: str
    names_used: frozenset[str]
    values_used: frozenset[str]
    paths: tuple[Steps, ...]
    checks: tuple[Check, ...]
    strict_values: bool


class Expression:
    """What conditions, updates, projections and key conditions have in common."""

    __slots__ = ("_checks", "_strict_values", "names_used", "paths", "text", "values_used")

    def __init__(self, wording: Wording) -> None:
        self.text = wording.text
        self.names_used = wording.names_used
        self.values_used = wording.values_used
        self.paths = wording.paths
        self._checks = wording.checks
        self._strict_values = wording.strict_values

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.text!r})"

    def check_values(self, values: Values) -> None:
        """Demand the values of this expression: all of them, no other, and of the right types.

        Args:
            values: what each ``:value`` stands for.

        Raises:
            InvalidExpression: a value is missing or unused, or of a type its operator cannot take.
        """
        check_placeholders(self, values=values)
        self._check(values)

    def _check(self, values: Values) -> None:
        for name in self.values_used:
            if name not in values:
                raise InvalidExpression(
                    f"expected a value for every placeholder, got none for ':{name}'",
                    at=f":{name}",
                    hint="Values are keyed without the ':'." if f":{name}" in values else None,
                )
        for check in self._checks:
            check(values)
        if self._strict_values:
            check_placeholders(self, values=values)


class Condition(Expression):
    """A condition or a filter on one item."""

    __slots__ = ("_test",)

    def __init__(self, wording: Wording, test: Test) -> None:
        super().__init__(wording)
        self._test = test

    def holds(self, item: Item | None, values: Values = _NOTHING) -> bool:
        """Whether the condition is true of the item.

        Args:
            item: the item, or None where there is none: then no attribute exists.
            values: what each ``:value`` stands for.

        Returns:
            The answer. A comparison of two types, or with a missing attribute, is false; only
            ``<>`` is true of them.

        Raises:
            InvalidExpression: a value is missing, or of a type its operator cannot take.
        """
        self._check(values)
        return self._test(_NOTHING if item is None else item, values)


class Update(Expression):
    """An update of one item. ``paths`` are the places that it changes."""

    __slots__ = ("_apply", "_create")

    def __init__(self, wording: Wording, *, apply: Apply, create: Apply) -> None:
        super().__init__(wording)
        self._apply = apply
        self._create = create

    def apply(self, item: Item | None, values: Values = _NOTHING) -> dict[str, object]:
        """The item after the update.

        Args:
            item: the item before, or None where there is none. It is not changed; parts that the
                update does not touch are shared with the answer.
            values: what each ``:value`` stands for. They become part of the answer as they are.

        Returns:
            A new item.

        Raises:
            InvalidExpression: a value is missing or of a type its action cannot take; an
                attribute to read is missing; a map or list on a path to change is missing; a
                number or set is asked of an attribute of another type; a sum does not fit.
        """
        self._check(values)
        return self._create(_NOTHING, values) if item is None else self._apply(item, values)


class Projection(Expression):
    """The part of an item that some document paths name."""

    __slots__ = ("_project",)

    def __init__(self, wording: Wording, project: Project) -> None:
        super().__init__(wording)
        self._project = project

    def project(self, item: Item | None) -> dict[str, object]:
        """The part of the item that the paths name.

        Args:
            item: the item, or None where there is none.

        Returns:
            A new item of the attributes named, within the maps and lists that hold them. What is
            missing is left out; elements of a list close up. Values are shared with the item.
        """
        return {} if item is None else self._project(item)


@dataclass(frozen=True, slots=True)
class KeyRange:
    """Which keys a key condition asks for.

    Attributes:
        partition: the value of the partition key.
        operator: how the sort key is compared: one of ``= < <= > >= BETWEEN begins_with``, or
            None where every sort key is asked for.
        bounds: with what: two values for BETWEEN, none without operator, else one.
    """

    partition: object
    operator: str | None = None
    bounds: tuple[object, ...] = ()


class KeyCondition(Expression):
    """A condition on the keys of a table or index."""

    __slots__ = ("_test",)

    def __init__(self, wording: Wording, test: KeyTest) -> None:
        super().__init__(wording)
        self._test = test

    def range(self, values: Values) -> KeyRange:
        """The keys that the condition asks for.

        Args:
            values: what each ``:value`` stands for.

        Returns:
            The partition key's value, and the sort key's operator and bounds.

        Raises:
            InvalidExpression: a value is missing or cannot be a key, or a range is upside down.
        """
        self._check(values)
        test = self._test
        bounds = tuple(values[bound.name] for bound in test.bounds)
        return KeyRange(values[test.partition.name], test.operator, bounds)


def check_placeholders(
    *expressions: Expression, values: Iterable[str] = (), names: Iterable[str] = ()
) -> None:
    """Demand that every value and name given is used by one of the expressions.

    The expressions of one request share their placeholders, so only all of them together tell
    whether one is without use.

    Args:
        expressions: the expressions of one request.
        values: the values given, without their colons.
        names: the names given, without their ``#``.

    Raises:
        InvalidExpression: one of them has no use.
    """
    _refuse_unused("value", ":", set(values).difference(*(e.values_used for e in expressions)))
    _refuse_unused("name", "#", set(names).difference(*(e.names_used for e in expressions)))


def _refuse_unused(what: str, mark: str, unused: set[str]) -> None:
    if unused:
        shown = ", ".join(sorted(f"{mark}{name}" for name in unused))
        raise InvalidExpression(
            f"expected every {what} to be used in an expression, got no use of {shown}",
            hint="Leave it out, or use it.",
        )
