"""What differs between two JSON values, path by path."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from typing import Literal

from ensue.words.values import Json, step

Change = Literal["added", "removed", "changed"]


@dataclass(frozen=True, slots=True)
class Difference:
    """A place at which two values differ.

    Attributes:
        path: where, from ``$``: ``$.lines[0].quantity``.
        change: ``added``: only the second has it; ``removed``: only the first; ``changed``.
        before: what the first has there; None where it has nothing.
        after: what the second has there; None where it has nothing.
    """

    path: str
    change: Change
    before: Json
    after: Json


def differences(before: Json, after: Json, limit: int) -> list[Difference]:
    """Where two values differ, in the order of the first, and how.

    Members of objects are compared by their names, elements of arrays by their places. Numbers are
    the same where they are worth the same; a boolean is no number.

    Args:
        before: the first value.
        after: the second.
        limit: how many places are told at most.
    """
    return list(islice(_differences("$", before, after), limit))


def _differences(path: str, before: Json, after: Json) -> Iterator[Difference]:
    waiting: list[tuple[str, Json, Json] | Difference] = [(path, before, after)]
    while waiting:
        found = waiting.pop()
        if isinstance(found, Difference):
            yield found
        elif isinstance(found[1], dict) and isinstance(found[2], dict):
            waiting += reversed(_members(found[0], found[1], found[2]))
        elif isinstance(found[1], list) and isinstance(found[2], list):
            waiting += reversed(_elements(found[0], found[1], found[2]))
        elif not _is_same(found[1], found[2]):
            yield Difference(found[0], "changed", found[1], found[2])


def _members(
    path: str, before: dict[str, Json], after: dict[str, Json]
) -> list[tuple[str, Json, Json] | Difference]:
    found: list[tuple[str, Json, Json] | Difference] = []
    for name, value in before.items():
        at = step(path, name)
        if name in after:
            found.append((at, value, after[name]))
        else:
            found.append(Difference(at, "removed", value, None))
    found += [
        Difference(step(path, name), "added", None, value)
        for name, value in after.items()
        if name not in before
    ]
    return found


def _elements(
    path: str, before: list[Json], after: list[Json]
) -> list[tuple[str, Json, Json] | Difference]:
    both = min(len(before), len(after))
    found: list[tuple[str, Json, Json] | Difference] = [
        (step(path, at), before[at], after[at]) for at in range(both)
    ]
    found += [
        Difference(step(path, at), "removed", before[at], None) for at in range(both, len(before))
    ]
    found += [
        Difference(step(path, at), "added", None, after[at]) for at in range(both, len(after))
    ]
    return found


def _is_same(before: Json, after: Json) -> bool:
    if isinstance(before, bool) or isinstance(after, bool):
        return before is after
    if isinstance(before, int | float | Decimal) and isinstance(after, int | float | Decimal):
        return before == after
    return type(before) is type(after) and before == after
