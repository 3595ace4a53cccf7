"""What every driver of an outside database does, and the words it speaks.

The triggers write each change to ``ensue_changes`` in the transaction that makes it. The follower
takes what it can see there, in the order of the sequence numbers, and deletes what it has taken by
those numbers. It keeps no position, so it cannot step over a change whose transaction commits late.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from ensue.engine.clock import Clock
from ensue.engine.outside.url import OutsideUrl
from ensue.words.errors import Conflict, InvalidDeclaration, InvalidValue
from ensue.words.values import Json

CHANGES = "ensue_changes"
ADOPTED = "ensue_adopted"
TAKE_BYTES_MAX = 8_388_608


@dataclass(frozen=True)
class Adoption:
    """Which table is adopted, by whom, and how.

    Attributes:
        url: the database.
        table: the table, perhaps with its schema.
        key: the columns that identify a row; None for its primary key.
        columns: the columns that are captured; None for all.
        owner: which resource of which store adopts it.
        snapshot: whether the rows that are there come first.
    """

    url: OutsideUrl
    table: str
    key: tuple[str, ...] | None
    columns: tuple[str, ...] | None
    owner: str
    snapshot: bool


class Captured(NamedTuple):
    """One change as the triggers wrote it.

    Attributes:
        sequence: its number in ``ensue_changes``.
        kind: ``insert``, ``update``, ``remove``, or ``snapshot`` for a row that was there before.
        key: the row's key, a JSON list.
        old: the row before, a JSON object; None for an insert.
        new: the row after; None for a remove.
    """

    sequence: int
    kind: str
    key: str
    old: str | None
    new: str | None


@dataclass(frozen=True)
class Batch:
    """Changes that were taken together.

    Attributes:
        token: names the adoption: the numbers of another one count anew.
        changes: in their order.
    """

    token: str
    changes: tuple[Captured, ...]


@dataclass(frozen=True)
class Taken:
    """The numbers of changes that the store has, and that may still be in the outside database.

    Attributes:
        token: of the adoption that they are of.
        sequences: their numbers.
    """

    token: str
    sequences: tuple[int, ...]


class Row(NamedTuple):
    """A row that was read: its key, and its columns as JSON."""

    key: tuple[object, ...]
    item: str


@dataclass(frozen=True)
class Wanted:
    """Which rows to read.

    Attributes:
        equal: values by column.
        after: the key behind which to begin; None for the beginning.
        limit: how many at most.
        reverse: from the end.
    """

    equal: Mapping[str, Json]
    after: Sequence[Json] | None
    limit: int
    reverse: bool


def no_table(adoption: Adoption) -> InvalidDeclaration:
    """The error that there is no such table."""
    return InvalidDeclaration(
        f"there is no table {adoption.table} in the database",
        at=adoption.url.shown,
        hint="Views and virtual tables cannot be adopted.",
    )


def no_key(adoption: Adoption) -> InvalidDeclaration:
    """The error that nothing tells the rows apart."""
    return InvalidDeclaration(
        f"the table {adoption.table} has no primary key",
        at=adoption.url.shown,
        hint="Name the columns that identify a row with key=.",
    )


def another_store(adoption: Adoption, owner: str) -> Conflict:
    """The error that somebody else follows the table: both would take each other's changes."""
    return Conflict(
        f"the table {adoption.table} is adopted by another store already, as {owner}",
        at=adoption.url.shown,
        hint="Release it there, or with `ensue release NAME --force` if that store is gone.",
    )


def check_columns(wanted: Wanted, columns: Sequence[str]) -> list[str]:
    """The columns that a query names.

    Raises:
        InvalidValue: one is not there.
    """
    for name in wanted.equal:
        if name not in columns:
            raise InvalidValue(f"expected a column: {', '.join(columns)}; got {name!r}")
    return list(wanted.equal)


class OutsideTable(Protocol):
    """An adopted table. Everything but `watch` blocks, and is called by one thread at a time.

    All raise `Unreachable` when the database cannot be reached, `InvalidDeclaration` when there is
    no such table or no key, `NotPermitted` when a right is missing, `Conflict` when another store
    has adopted the table or the database refuses a statement, and `InvalidValue` for a value
    that does not fit a column.
    """

    def take(self, taken: Taken, limit: int, new_token: str) -> Batch:
        """Delete what was taken, and read the changes that are next.

        Connects, and installs the capture or mends it, as far as that is needed.

        Args:
            taken: what the store has already.
            limit: how many changes at most.
            new_token: names the adoption, if it begins now.
        """

    def key(self) -> tuple[str, ...]:
        """The columns of the key."""

    def get(self, key: Sequence[Json]) -> str | None:
        """The row with this key as JSON; None when there is none."""

    def rows(self, wanted: Wanted) -> list[Row]:
        """Rows in the order of the key."""

    def count(self) -> int:
        """How many rows there are."""

    def waiting(self, at_most: int) -> int:
        """How many captured changes are not taken yet, counted up to ``at_most``."""

    def release(self, *, force: bool) -> int:
        """Remove the capture; returns how many changes were dropped that nobody had taken.

        Args:
            force: also when another store has adopted the table.
        """

    def close(self) -> None:
        """Close the connection; the next call opens another."""

    async def watch(self, wake: Callable[[], None], clock: Clock) -> None:
        """Call ``wake`` whenever there may be something new, until cancelled.

        Raises:
            Unreachable: the connection is lost.
        """
