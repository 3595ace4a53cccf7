"""The tree that a schema becomes: for each place, the alternatives of what may be there.

    Tree ── root ──▶ Node ── alternatives ──▶ Scalar | Text | Number | Array | Object | Values
         └─ definitions, by pointer ◀── Named

A value fits a node when it fits one of its alternatives; a node without any fits nothing. A node
that `is_anything` says nothing at all. Keywords that the tree has no word for are kept as they
were written, in ``also``: they are compared, never explained.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
Also: TypeAlias = "frozenset[str]"


@dataclass(frozen=True, slots=True)
class Scalar:
    """``null`` or ``boolean``: any value of it."""

    type: str


@dataclass(frozen=True, slots=True)
class Number:
    """A number between bounds; those that are open are None.

    Attributes:
        is_integer: whether it is whole.
        low: the least.
        high: the largest.
        above: what it is greater than.
        below: what it is less than.
        also: further keywords.
    """

    is_integer: bool = False
    low: float | None = None
    high: float | None = None
    above: float | None = None
    below: float | None = None
    also: Also = frozenset()


@dataclass(frozen=True, slots=True)
class Text:
    """A text.

    Attributes:
        format: such as ``date-time``; None for any.
        least: its least length, in characters.
        most: its largest; None for any.
        also: further keywords, such as ``pattern``.
    """

    format: str | None = None
    least: int = 0
    most: int | None = None
    also: Also = frozenset()


@dataclass(frozen=True, slots=True)
class Array:
    """A list: the first elements by their place, then the others.

    Attributes:
        items: what the others fit.
        first: what the first elements fit.
        least: how many elements there are at least.
        most: and at most; None for any number.
        also: further keywords.
    """

    items: Node
    first: tuple[Node, ...] = ()
    least: int = 0
    most: int | None = None
    also: Also = frozenset()


@dataclass(frozen=True, slots=True)
class Field:
    """A named member of an object."""

    node: Node
    required: bool = False


@dataclass(frozen=True, slots=True)
class Object:
    """An object.

    Attributes:
        fields: its named members.
        others: what members with other names fit; None where nothing is said of them.
        least: how many members there are at least.
        most: and at most; None for any number.
        also: further keywords.
    """

    fields: Mapping[str, Field] = field(default_factory=dict)
    others: Node | None = None
    least: int = 0
    most: int | None = None
    also: Also = frozenset()

    @property
    def is_closed(self) -> bool:
        """Whether there are no members with other names."""
        return self.others is not None and self.others.is_nothing


@dataclass(frozen=True, slots=True)
class Values:
    """One of some values: ``enum`` or ``const``."""

    values: tuple[Json, ...]


@dataclass(frozen=True, slots=True)
class Named:
    """What a definition says: ``$ref``."""

    pointer: str


Alternative: TypeAlias = "Scalar | Number | Text | Array | Object | Values | Named"


def kind_of(each: Alternative) -> str:
    """The type that an alternative is of, by which alternatives are put in order."""
    return each.type if isinstance(each, Scalar) else type(each).__name__.lower()


@dataclass(frozen=True, slots=True)
class Node:
    """What may be at one place.

    Attributes:
        alternatives: of which a value must fit one.
        is_anything: whether any value fits.
        exclusive: whether it must fit no more than one: ``oneOf``.
        also: keywords that hold whatever the type.
        title: what it is called.
        description: what it means.
        default: what counts where it is missing, as a tuple of one; None for none.
        examples: values of it.
    """

    alternatives: tuple[Alternative, ...] = ()
    is_anything: bool = False
    exclusive: bool = False
    also: Also = frozenset()
    title: str | None = field(default=None, compare=False)
    description: str | None = field(default=None, compare=False)
    default: tuple[Json] | None = field(default=None, compare=False)
    examples: tuple[Json, ...] = field(default=(), compare=False)

    @property
    def is_nothing(self) -> bool:
        """Whether no value fits."""
        return not self.alternatives and not self.is_anything

    def one(self, kind: type[Any]) -> Any:  # noqa: ANN401 - an alternative of that kind
        """Its alternative of a kind; None where it has none."""
        return next((each for each in self.alternatives if isinstance(each, kind)), None)


ANYTHING = Node(is_anything=True)
NOTHING = Node()


@dataclass(frozen=True, slots=True)
class Tree:
    """A schema.

    Attributes:
        root: what it says of a whole value.
        definitions: what its ``$ref`` point at, by pointer.
    """

    root: Node
    definitions: Mapping[str, Node] = field(default_factory=dict)

    def resolved(self, node: Node) -> Iterator[Alternative]:
        """The alternatives of a node, with definitions in the place of their names."""
        yield from self._resolved(node, frozenset())

    def _resolved(self, node: Node, seen: frozenset[str]) -> Iterator[Alternative]:
        for each in node.alternatives:
            if not isinstance(each, Named):
                yield each
            elif each.pointer not in seen:
                yield from self._resolved(self.definitions[each.pointer], seen | {each.pointer})

    def says_nothing(self, node: Node) -> bool:
        """Whether any value fits a node, be it by a definition."""
        return self._says_nothing(node, frozenset())

    def _says_nothing(self, node: Node, seen: frozenset[str]) -> bool:
        return node.is_anything or any(
            self._says_nothing(self.definitions[each.pointer], seen | {each.pointer})
            for each in node.alternatives
            if isinstance(each, Named) and each.pointer not in seen
        )
