"""What a JSONPath is made of."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias

from ensue.words.values import Json


@dataclass(frozen=True, slots=True)
class Names:
    """``.name`` or ``['name', 'other']``."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Indexes:
    """``[0]`` or ``[0, -1]``; a negative one counts from the end."""

    indexes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Slice:
    """``[1:3]``, ``[1:]`` or ``[:3]``; what is negative counts from the end."""

    first: int | None
    behind: int | None


@dataclass(frozen=True, slots=True)
class Every:
    """``.*`` or ``[*]``."""


@dataclass(frozen=True, slots=True)
class Deep:
    """``..``: the step behind it applies to the value and to all that is within it."""


@dataclass(frozen=True, slots=True)
class Where:
    """``[?(...)]``."""

    test: Test


@dataclass(frozen=True, slots=True)
class Call:
    """``.length()`` and its like, at the end of a path."""

    function: str
    argument: int | None = None


Step: TypeAlias = Names | Indexes | Slice | Every | Deep | Where | Call


@dataclass(frozen=True, slots=True)
class Place:
    """A path within a filter: ``@.price`` from the item, ``$.limit`` from the whole."""

    of_item: bool
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant in a filter."""

    value: Json


@dataclass(frozen=True, slots=True)
class Pattern:
    """A regular expression in a filter: ``/^a.*/i``."""

    pattern: re.Pattern[str]


Operand: TypeAlias = Place | Literal | Pattern


@dataclass(frozen=True, slots=True)
class Compare:
    """``@.price < 10``."""

    operator: str
    left: Operand
    right: Operand


@dataclass(frozen=True, slots=True)
class Exists:
    """``@.isbn``: there is such a value."""

    place: Place


@dataclass(frozen=True, slots=True)
class Not:
    """``!(...)``."""

    test: Test


@dataclass(frozen=True, slots=True)
class Both:
    """``... && ...``."""

    tests: tuple[Test, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """``... || ...``."""

    tests: tuple[Test, ...]


Test: TypeAlias = Compare | Exists | Not | Both | Either


def is_definite(steps: tuple[Step, ...]) -> bool:
    """Whether the steps name one place, so that they find a value and not a list of values."""
    last = len(steps) - 1
    for number, step in enumerate(steps):
        match step:
            case Names(names) if len(names) == 1 or number == last:
                continue
            case Indexes(indexes) if len(indexes) == 1:
                continue
            case Call():
                continue
            case _:
                return False
    return True
