"""The words of adopted tables: where they are, how they are followed, how that is going.

starting ──▶ following ◀──▶ failing        following, failing ──▶ released
    held: the store is a branch
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from ensue.engine.handlers import Policy
from ensue.engine.outside.url import OutsideUrl
from ensue.words.errors import InvalidDeclaration
from ensue.words.names import Ref, sql_name
from ensue.words.values import Item, Json

PAGE_MAX = 1_000
TAIL_MAX = 1_000
TAKE_MAX = 500
WAITING_COUNTED_MAX = 10_000
CHANGES_SEARCHED = 100_000

STARTING, FOLLOWING, FAILING, RELEASED = "starting", "following", "failing", "released"
HELD = "held"  # the store is a branch: what it took would be missing in the store it is a copy of
STARTS = ("now", "snapshot")

# How long to wait before the outside database is tried again: full jitter over a doubling span.
RETRIES = Policy(retry_base_ms=1_000, retry_cap_ms=60_000)


@dataclass(frozen=True)
class AdoptedModel:
    """An adopted table as declared.

    Attributes:
        ref: what it is called.
        url: the database that it is in.
        table: its name there.
        key: the columns that identify a row; None for its primary key.
        columns: the columns that are captured; None for all.
        start: ``now``, or ``snapshot``: the rows that are there come first.
    """

    ref: Ref
    url: OutsideUrl
    table: str
    key: tuple[str, ...] | None
    columns: tuple[str, ...] | None
    start: str

    @cached_property
    def changes(self) -> str:
        """The SQL table that holds the log of changes."""
        return sql_name(self.ref.app, self.ref.name, "_changes")

    def check(self) -> None:
        """Check what can be told without the database.

        Raises:
            InvalidDeclaration: the table, a column or the start is none.
        """
        if self.start not in STARTS:
            raise InvalidDeclaration(
                f"expected a start of now or snapshot, got {self.start!r}", at=str(self.ref)
            )
        names = (self.table, *(self.key or ()), *(self.columns or ()))
        if not all(name and "\0" not in name for name in names):
            raise InvalidDeclaration("expected names of a table and columns", at=str(self.ref))
        if self.key == () or self.columns == ():
            raise InvalidDeclaration("expected at least one column", at=str(self.ref))
        if self.columns is not None and not set(self.key or ()) <= set(self.columns):
            raise InvalidDeclaration(
                f"expected the key among the columns, got {list(self.columns)}", at=str(self.ref)
            )


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of a query, and where the next page begins.

    Attributes:
        items: in the order of the key.
        next: give it as ``after`` to get the next page; None when there is no more.
    """

    items: list[Item]
    next: str | None


@dataclass
class Going:
    """How the following is going.

    Attributes:
        state: ``starting``, ``following``, ``failing``, ``released``, ``held``.
        failures: how often in a row it failed.
        last_error: what was wrong last; None when nothing was.
        failed_ms: when.
        taken: how many changes were taken since the start.
    """

    state: str = STARTING
    failures: int = 0
    last_error: str | None = None
    failed_ms: int | None = None
    taken: int = 0

    def shown(self) -> dict[str, Json]:
        """For people."""
        return {
            "state": self.state,
            "taken": self.taken,
            "last_error": self.last_error,
            "failed_ms": self.failed_ms,
        }
