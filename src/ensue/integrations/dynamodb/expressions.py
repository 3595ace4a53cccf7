"""The expressions of a request: compiled with the names, and applied with the values, given in it.

They are of the same language as those of our tables; what DynamoDB would refuse is refused in its
words.

Source: DynamoDB developer guide, "Expressions"; API reference, the legacy-free parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from ensue.integrations.dynamodb.attributes import decoded
from ensue.integrations.faults import invalid
from ensue.languages.expressions import (
    Condition,
    Expression,
    KeyCondition,
    Projection,
    Update,
    check_placeholders,
    compile_condition,
    compile_key_condition,
    compile_projection,
    compile_update,
)
from ensue.words.errors import InvalidExpression
from ensue.words.values import Json

T = TypeVar("T")


class Placeholders:
    """The names and values of one request, and the expressions that use them.

    Args:
        arguments: the request's parameters.

    Raises:
        Fault: a name or a value is none, or is written without its mark.
    """

    def __init__(self, arguments: Mapping[str, Json]) -> None:
        self.names = {
            _placeholder(name, "#", "ExpressionAttributeNames"): _name(value)
            for name, value in _object(arguments, "ExpressionAttributeNames").items()
        }
        self.values: dict[str, object] = {
            _placeholder(name, ":", "ExpressionAttributeValues"): decoded(value, name)
            for name, value in _object(arguments, "ExpressionAttributeValues").items()
        }
        self._compiled: list[Expression] = []

    def condition(self, text: Json, what: str = "ConditionExpression") -> Condition | None:
        """A condition or a filter; None for none."""
        return self._made(
            text, what, lambda said: compile_condition(said, names=self.names, reserved="reject")
        )

    def update(self, text: Json) -> Update | None:
        """An update; None for none."""
        return self._made(
            text,
            "UpdateExpression",
            lambda said: compile_update(said, names=self.names, reserved="reject"),
        )

    def projection(self, text: Json) -> Projection | None:
        """Which attributes are wanted; None for all."""
        return self._made(
            text,
            "ProjectionExpression",
            lambda said: compile_projection(said, names=self.names, reserved="reject"),
        )

    def keys(self, text: Json, attributes: tuple[str, ...]) -> KeyCondition | None:
        """Which keys are asked for; None for none."""
        partition, sort = (*attributes, None)[:2]
        return self._made(
            text,
            "KeyConditionExpression",
            lambda said: compile_key_condition(
                said,
                partition=str(partition),
                sort=sort,
                names=self.names,
                reserved="reject",
            ),
        )

    def check(self) -> None:
        """Check that all names and values are of use, once the expressions are compiled.

        Raises:
            Fault: one is not.
        """
        if not self._compiled and (self.names or self.values):
            what = "ExpressionAttributeNames" if self.names else "ExpressionAttributeValues"
            raise invalid(f"{what} can only be specified when using expressions")
        worded(
            "One or more expressions",
            lambda: check_placeholders(*self._compiled, values=self.values, names=self.names),
        )

    def _made(self, text: Json, what: str, make: Callable[[str], T]) -> T | None:
        if text is None:
            return None
        if not isinstance(text, str) or not text.strip():
            raise invalid(f"Invalid {what}: The expression can not be empty;")
        made = worded(what, lambda: make(text))
        if isinstance(made, Expression):
            self._compiled.append(made)
        return made


def worded(what: str, run: Callable[[], T]) -> T:
    """What a function returns; a fault of an expression as DynamoDB says it.

    Raises:
        Fault: an expression does not compile or apply.
    """
    try:
        return run()
    except InvalidExpression as fault:
        raise invalid(f"Invalid {what}: {fault.message}") from None


def _object(arguments: Mapping[str, Json], name: str) -> dict[str, Json]:
    found = arguments.get(name, {})
    if not isinstance(found, dict):
        raise invalid(f"{name} must be an object")
    return found


def _placeholder(name: str, mark: str, what: str) -> str:
    if not name.startswith(mark) or len(name) < 2:
        raise invalid(
            f'{what} contains invalid key: Syntax error; key: "{name}"',
        )
    return name[1:]


def _name(value: Json) -> str:
    if not isinstance(value, str) or not value:
        raise invalid("ExpressionAttributeNames contains invalid value: it must be a name")
    return value
