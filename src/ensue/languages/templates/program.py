"""A template as a tree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from ensue.words.values import Json

Step: TypeAlias = "str | int"


@dataclass(frozen=True, slots=True)
class Literal:
    """A value that stands for itself."""

    value: Json


@dataclass(frozen=True, slots=True)
class Reference:
    """A place in what is given.

    Attributes:
        root: which of the given values.
        steps: names and indexes below it.
        optional: whether there may be nothing.
    """

    root: str
    steps: tuple[Step, ...]
    optional: bool

    def __str__(self) -> str:
        below = "".join(f"[{each}]" if isinstance(each, int) else f".{each}" for each in self.steps)
        return f"{{{self.root}{below}{'?' if self.optional else ''}}}"


@dataclass(frozen=True, slots=True)
class Text:
    """Text with values in it."""

    parts: tuple[str | Reference, ...]


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Fields:
    """An object.

    Attributes:
        fields: names and values in their order; the name is None for an object that is spread.
    """

    fields: tuple[tuple[str | None, Node], ...]


Node: TypeAlias = "Literal | Reference | Text | Items | Fields"
