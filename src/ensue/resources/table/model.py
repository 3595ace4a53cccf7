"""The words of tables: items, keys, indexes, and what is asked of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from types import MappingProxyType
from typing import Any, Generic, NamedTuple, TypeAlias, TypeGuard

from typing_extensions import TypeVar

from ensue.words.changes import Key
from ensue.words.errors import InvalidDeclaration, InvalidValue
from ensue.words.keys import KEY_BYTES_MAX, key_value
from ensue.words.names import Ref, check_name, sql_name
from ensue.words.shapes import Shape
from ensue.words.units import duration_ms
from ensue.words.values import Item, shown

T = TypeVar("T", default=Item)
KINDS = ("insert", "update", "remove")

ITEM_BYTES_MAX = 409_600
PAGE_MAX = 1_000
BATCH_MAX = 10_000
EXAMINED_MAX = 10_000
COUNTED_MAX = 1_000
RECOUNT = 20_000
SEGMENTS_MAX = 1_000
TTL_AGE_S_MAX = 157_680_000
CHANGES_SEARCHED = 100_000
ACTED_MAX = 100
ATTRIBUTE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,254}\Z")

At: TypeAlias = datetime | int | str
"""As of when: a time (a datetime, ms since 1970, or ISO text), or the id of a change."""


@dataclass(frozen=True)
class TableModel:
    """A table as declared.

    Attributes:
        ref: what it is called.
        key: the attributes that identify an item: a partition key, and a sort key or none.
        indexes: for each secondary index its partition attribute, and its sort attribute or none.
        projections: for each index that does not hold whole items, the attributes that it holds.
        ttl: the attribute that says when an item ends; None where none ever does.
        keep_ms: how long its changes are kept; None for as long as all that is over.
        shape: what items must be; None for any object.
    """

    ref: Ref
    key: tuple[str, ...]
    indexes: dict[str, tuple[str, ...]]
    projections: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ttl: str | None = None
    keep_ms: int | None = None
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
    def key_columns(self) -> tuple[str, ...]:
        """The SQL columns of the key."""
        return ("pk", "sk")[: len(self.key)]

    @cached_property
    def where_key(self) -> str:
        """The SQL condition for one item."""
        return " AND ".join(f"{name} = :{name}" for name in self.key_columns)

    @cached_property
    def indexed(self) -> tuple[str, ...]:
        """The attributes that indexes are made of."""
        return tuple(dict.fromkeys(name for parts in self.indexes.values() for name in parts))

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
        parts: tuple[object, ...]
        if type(given) is str:
            parts = (given,)
        else:
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
class Index:
    """A secondary index: items by other attributes than their key.

    An item is in it that has all its attributes, as strings, numbers or bytes.

    Attributes:
        partition: the attribute that a query names the value of.
        sort: the attribute by which they are ordered; None for the order of their keys.
        projection: what of an item a query by this index gives: ``all``; ``keys``, the attributes
            of the index and the table's key; or these and the attributes that are listed.
    """

    partition: str
    sort: str | None = None
    projection: str | Sequence[str] = "all"


IndexOption: TypeAlias = str | tuple[str, ...] | Index
"""An index as an app declares it: a partition attribute, or two with a sort attribute, or more."""


class Condition(NamedTuple):
    """What must hold for a write.

    Attributes:
        where: a condition expression on the item that is there; None for none.
        expect: the version of the item that is there, 0 where none is; None for any.
        given: the values of the ``:names``, of an update's too.
    """

    where: str | None = None
    expect: int | None = None
    given: Mapping[str, object] = MappingProxyType({})

    @property
    def is_always_true(self) -> bool:
        """Whether it holds whatever is there."""
        return self.where is None and self.expect is None


@dataclass(frozen=True, slots=True)
class ItemAction:
    """Something that an app offers to be done to one item at a time: see `App.action`.

    Attributes:
        name: its name, one of the table's.
        title: what it is called on a button.
        summary: what it does, one sentence.
        run: does it, given the transaction and the item as the table's type.
        where: a condition expression on the items that it can be done to; None for all.
        given: the values of the expression's ``:names``.
    """

    name: str
    title: str
    summary: str
    run: Callable[[Any, Any], object]
    where: str | None = None
    given: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Versioned(Generic[T]):
    """An item with its version.

    Attributes:
        item: the item.
        version: higher after each change, and never given twice under one key.
    """

    item: T
    version: int


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Items of a query, and where the next page begins.

    Attributes:
        items: in the order of the sort key.
        next: give it as ``after`` to get the next page; None when there is no more.
    """

    items: list[T]
    next: str | None


def make_model(
    ref: Ref,
    key: str | tuple[str, ...],
    indexes: Mapping[str, IndexOption],
    ttl: str | None,
    keep_changes: str | float | None,
) -> TableModel:
    """A table from the words in which apps declare it; see `Table`.

    Raises:
        InvalidName: the name of an index breaks the naming rule.
        InvalidDeclaration: a key, an index or ``ttl`` has no such shape.
        InvalidValue: ``keep_changes`` is no duration.
    """
    names = as_attributes(key, str(ref))
    made: dict[str, tuple[str, ...]] = {}
    projections: dict[str, tuple[str, ...]] = {}
    for name, option in indexes.items():
        at = f"{ref}/{check_name(name, 'index')}"
        index = option if isinstance(option, Index) else None
        if index is not None:
            option = (index.partition,) if index.sort is None else (index.partition, index.sort)  # noqa: PLW2901 - the same index, in its short form
        made[name] = as_attributes(option, at)  # type: ignore[arg-type] # no Index any more
        if index is not None and index.projection != "all":
            projections[name] = _projection(index, (*names, *made[name]), at)
    if ttl is not None and check_attribute(ttl, str(ref)) in names:
        raise InvalidDeclaration(
            f"expected a ttl beside the key, got {ttl!r}, which is part of it", at=str(ref)
        )
    keep_ms = None if keep_changes is None else duration_ms(keep_changes)
    return TableModel(ref, names, made, projections, ttl, keep_ms)


def _projection(index: Index, always: tuple[str, ...], at: str) -> tuple[str, ...]:
    """The attributes that an index holds."""
    more = index.projection
    if isinstance(more, str):
        if more != "keys":
            raise InvalidDeclaration(
                f"expected a projection 'all', 'keys' or a list of attributes, got {more!r}", at=at
            )
        more = ()
    return tuple(dict.fromkeys((*always, *more)))


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
