"""The options in which apps declare handlers and routes, and what they mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypedDict

from ensue.engine.handlers import Policy
from ensue.languages.expressions import compile_condition
from ensue.languages.patterns import compile_pattern
from ensue.words.errors import InvalidDeclaration
from ensue.words.units import duration_ms, rate_per_second
from ensue.words.values import Json

CHANGE_KINDS = ("insert", "update", "remove")


class PolicyOptions(TypedDict, total=False):
    """How a handler's work is taken, bounded and retried; see `Queue.consumer`."""

    rate: str | None
    timeout: str | float
    concurrency: int
    batch: int
    retry_base: str | float
    retry_cap: str | float


class RouteOptions(TypedDict, total=False):
    """How a route answers; see `App.route`."""

    status: int
    statuses: Mapping[int, str] | None
    rate: str | None
    burst: int


def make_policy(
    retries: int,
    *,
    rate: str | None = None,
    timeout: str | float = 30,
    concurrency: int = 10,
    batch: int = 100,
    retry_base: str | float = 1,
    retry_cap: str | float = 300,
) -> Policy:
    """A policy from the words in which apps declare it; see `Queue.consumer`.

    Raises:
        InvalidValue: the rate or a duration is written wrong.
    """
    return Policy(
        max_receives=retries + 1,
        timeout_ms=duration_ms(timeout),
        concurrency=concurrency,
        batch=batch,
        rate_per_second=None if rate is None else rate_per_second(rate),
        retry_base_ms=duration_ms(retry_base),
        retry_cap_ms=duration_ms(retry_cap),
    )


def change_filter(where: Mapping[str, Json] | str) -> Callable[[dict[str, Json]], bool]:
    """What tells whether a change concerns a handler: an event pattern, or a condition expression.

    Raises:
        InvalidPattern: the pattern does not compile; says where.
        InvalidExpression: the expression does not compile, or names values that nobody gives.
    """
    if isinstance(where, str):
        condition = compile_condition(where, strict_values=True)
        condition.check_values({})
        return lambda change: condition.holds(change, {})
    return compile_pattern(where).matches


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
