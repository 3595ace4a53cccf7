"""The options in which apps declare handlers, and what they mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ensue.engine.changes import as_event, as_plain_event
from ensue.engine.handlers import PolicyOptions
from ensue.engine.logs import Record
from ensue.languages.expressions import compile_condition
from ensue.languages.patterns import compile_pattern
from ensue.resources.schedule import Timing
from ensue.words.errors import InvalidDeclaration
from ensue.words.values import Json

CHANGE_KINDS = ("insert", "update", "remove")


class ScheduledOptions(Timing, PolicyOptions, total=False):
    """How a function is scheduled and run; see `App.schedule`."""


def change_filter(where: Mapping[str, Json] | str) -> Callable[[Record], bool]:
    """What tells whether a change concerns a handler: an event pattern, or a condition expression.

    A pattern sees the images as JSON shows them: bytes as base64, sets as lists.

    Raises:
        InvalidPattern: the pattern does not compile; says where.
        InvalidExpression: the expression does not compile, or names values that nobody gives.
    """
    if isinstance(where, str):
        condition = compile_condition(where, strict_values=True)
        condition.check_values({})
        return lambda record: condition.holds(as_event(record), {})
    pattern = compile_pattern(where)
    return lambda record: pattern.matches(as_plain_event(record))


def change_kinds(kind: str | Sequence[str] | None) -> tuple[str, ...]:
    """The kinds of change that a handler follows: one, several, or all for None.

    Raises:
        InvalidDeclaration: there is no such kind.
    """
    kinds = CHANGE_KINDS if kind is None else (kind,) if isinstance(kind, str) else tuple(kind)
    unknown = [each for each in kinds if each not in CHANGE_KINDS]
    if unknown or not kinds:
        raise InvalidDeclaration(
            f"expected a kind of change: {', '.join(CHANGE_KINDS)}; got {kind!r}",
            hint="Leave it out to follow every kind.",
        )
    return kinds
