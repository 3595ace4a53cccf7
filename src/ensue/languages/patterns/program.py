"""The tree that a pattern becomes.

    Program ── alternatives ──▶ Alternative ── fields ──▶ Field ── tests ──▶ Test

A program matches when one of its alternatives does; an alternative when all of its fields do; a
field when one of its tests does. There is one alternative unless the pattern uses ``$or``, which is
multiplied out. Paths are names joined with dots, and fields are sorted by path.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Exact:
    """Equal to this string, true, false or null."""

    value: str | bool | None


@dataclass(frozen=True, slots=True)
class Number:
    """Equal to this number; where it does not compare, spelled like it.

    ``value`` is the plain Python number; ``spelling`` is set only where it does not compare.
    """

    value: int | float
    spelling: str | None = None


@dataclass(frozen=True, slots=True)
class Range:
    """A comparable number between two bounds, both included.

    An open bound is kept as the next float inside it; no comparable number lies between.
    ``text`` is the range as it was written, for messages.
    """

    low: float
    high: float
    text: str


@dataclass(frozen=True, slots=True)
class Prefix:
    """A string that starts like this."""

    text: str
    ignore_case: bool = False


@dataclass(frozen=True, slots=True)
class Suffix:
    """A string that ends like this."""

    text: str
    ignore_case: bool = False


@dataclass(frozen=True, slots=True)
class IgnoreCase:
    """This string in any mixture of upper and lower case."""

    text: str


@dataclass(frozen=True, slots=True)
class Wildcard:
    """A string made of these literal parts with anything, also nothing, between them.

    ``text`` is the wildcard as it was written; one part means that it had no asterisk.
    """

    text: str
    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Network:
    """A string that is an address of this block; a single address is the smallest block.

    ``base`` is the block's first address, ``host_bits`` how many low bits are free.
    """

    version: int
    base: int
    host_bits: int
    text: str


@dataclass(frozen=True, slots=True)
class Exists:
    """The field has a value (true), or has none (false)."""

    present: bool


@dataclass(frozen=True, slots=True)
class AnythingBut:
    """The field has a value, and none of these tests holds for it."""

    tests: tuple[Excluded, ...]


Excluded = Exact | Number | Prefix | Suffix | IgnoreCase | Wildcard
Test = (
    Exact
    | Number
    | Range
    | Prefix
    | Suffix
    | IgnoreCase
    | Wildcard
    | Network
    | Exists
    | AnythingBut
)

ABSENT = Exists(present=False)


@dataclass(frozen=True, slots=True)
class Field:
    """A path and the tests of which one must hold for a value found there."""

    path: str
    tests: tuple[Test, ...]

    @property
    def may_be_absent(self) -> bool:
        """Whether the field also matches where the event has no value."""
        return ABSENT in self.tests

    @property
    def value_tests(self) -> tuple[Test, ...]:
        """The tests that need a value."""
        return tuple(test for test in self.tests if test != ABSENT)


@dataclass(frozen=True, slots=True)
class Alternative:
    """Fields that must all match, in one consistent choice of array elements."""

    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Program:
    """Alternatives of which one must match."""

    alternatives: tuple[Alternative, ...]
