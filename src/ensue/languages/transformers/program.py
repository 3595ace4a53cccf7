"""What a template becomes: JSON text with holes in it.

    Program ── parts ──▶ text | Value | Inner
    Value, Inner ── place ──▶ Path | Reserved

The text between the holes is JSON already, whatever comes into them: a `Value` brings a whole JSON
value, an `Inner` what stands between the quotes of a string.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


class Every:
    """The step that takes each element of an array, or each value of an object."""

    def __repr__(self) -> str:
        return "*"


EVERY: Final = Every()
Step = str | int | Every


@dataclass(frozen=True, slots=True)
class Path:
    """A place in the event.

    Attributes:
        text: as it was written.
        steps: names, indexes and wildcards, from the event down.
    """

    text: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Reserved:
    """What the platform knows of the delivery, by its name: ``aws.events.rule-name``."""

    name: str


Place = Path | Reserved


@dataclass(frozen=True, slots=True)
class Value:
    """A hole for a JSON value.

    Attributes:
        place: where the value comes from.
        levels: how many arrays and objects of the template are around it.
    """

    place: Place
    levels: int


@dataclass(frozen=True, slots=True)
class Inner:
    """A hole inside a JSON string."""

    place: Place


Part = str | Value | Inner


@dataclass(frozen=True, slots=True)
class Program:
    """The parts of a template, in their order."""

    parts: tuple[Part, ...]

    @property
    def places(self) -> tuple[Place, ...]:
        """Where its values come from, in the order of the template."""
        return tuple(part.place for part in self.parts if not isinstance(part, str))
