"""The words of tables: items, keys, and the changes that are captured."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeGuard

from typing_extensions import TypeVar

from ensue.words.changes import Key
from ensue.words.errors import InvalidDeclaration, InvalidValue
from ensue.words.keys import KEY_BYTES_MAX, key_value
from ensue.words.names import Ref, sql_name
from ensue.words.shapes import Shape
from ensue.words.values import Item, shown

T = TypeVar("T", default=Item)

ITEM_BYTES_MAX = 409_600
PAGE_MAX = 1_000
CHANGES_SEARCHED = 100_000
ATTRIBUTE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,254}\Z")


@dataclass(frozen=True)
class TableModel:
    """A table as declared.

    Attributes:
        ref: what it is called.
        key: the attributes that identify an item: a partition key, and a sort key or none.
        indexes: for each secondary index its partition attribute, and its sort attribute or none.
        shape: what items must be; None for any object.
    """

    ref: Ref
    key: tuple[str, ...]
    indexes: dict[str, tuple[str, ...]]
    shape: Shape[Any] | None = None

    @cached_property
    def sql(self) -> str:
        """The SQL table that holds the items."""
        return sql_name(self.ref.app, self.ref.name)

    @cached_property
    def changes(self) -> str:
        """The SQL table that holds the log of changes."""
        return sql_name(self.ref.app, self.ref.name, "_changes")

    @cached_property
    def where_key(self) -> str:
        """The SQL condition for one item."""
        return "pk = ?" if len(self.key) == 1 else "pk = ? AND sk = ?"

    def fitted(self, item: object) -> Any:  # noqa: ANN401 - a mapping, unless the caller erred
        """An item in plain values, as the table's type writes it.

        Raises:
            InvalidValue: it does not fit the type; says where.
        """
        return item if self.shape is None else self.shape.plain(item)

    def key_of(self, item: Mapping[str, object]) -> Key:
        """The key of an item.

        Raises:
            InvalidValue: a key attribute is missing, or cannot be one.
        """
        parts = tuple([item.get(name) for name in self.key])
        if _are_plain(parts):
            return parts
        return tuple(
            key_value(value, f"$.{name}") for name, value in zip(self.key, parts, strict=True)
        )

    def as_key(self, given: object) -> Key:
        """A key from what a caller gave: one value, or a tuple of partition and sort key.

        Raises:
            InvalidValue: it has another shape, or a value that cannot be one of a key.
        """
        parts = tuple(given) if isinstance(given, (tuple, list)) else (given,)
        if len(parts) != len(self.key):
            shape = " and ".join(self.key)
            raise InvalidValue(f"expected a key of {self.ref}: {shape}, got {shown(parts)}")
        if _are_plain(parts):
            return parts
        return tuple(key_value(value, name) for name, value in zip(self.key, parts, strict=True))


def _are_plain(parts: tuple[object, ...]) -> TypeGuard[Key]:
    """Whether a key's values are good beyond doubt: the hot path of every read and write."""
    for part in parts:
        if type(part) is not str or len(part) > KEY_BYTES_MAX or not part.isascii():
            return False
    return True


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Items of a query, and where the next page begins.

    Attributes:
        items: in the order of the sort key.
        next: give it as ``after`` to get the next page; None when there is no more.
    """

    items: list[T]
    next: str | None


def check_attribute(name: str, at: str) -> str:
    """Return the name of an attribute that can be part of a key or index.

    Raises:
        InvalidDeclaration: it cannot.
    """
    if ATTRIBUTE.match(name):
        return name
    raise InvalidDeclaration(
        f"expected an attribute name for a key or index, got {name!r}",
        at=at,
        hint="Use letters, digits and _, starting with a letter or _.",
    )


def as_attributes(given: str | tuple[str, ...], at: str) -> tuple[str, ...]:
    """The one or two attributes of a key or index.

    Raises:
        InvalidDeclaration: there are others than one or two.
    """
    names = (given,) if isinstance(given, str) else tuple(given)
    if not 1 <= len(names) <= 2 or len(set(names)) != len(names):
        raise InvalidDeclaration(
            f"expected a partition key, and perhaps a sort key, got {names}", at=at
        )
    return tuple(check_attribute(name, at) for name in names)
