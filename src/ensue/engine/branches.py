"""Branches: a copy of a store on which something is tried, and from which nothing gets outside.

That a store is a branch stands in the store itself. So it holds whoever opens it, however: its
actions wait, and its letters go to the outbox.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import apsw

from ensue.engine.backup import Copy, copy
from ensue.engine.database import StoreUrl, make_folder
from ensue.engine.file_shelf import link_or_copy
from ensue.engine.schema import migrate
from ensue.engine.transaction import Transaction


@dataclass(frozen=True)
class Branch:
    """What a branch knows of its origin.

    Attributes:
        origin: the store that it is a copy of.
        at_ms: when it was copied.
    """

    origin: str
    at_ms: int


def branch(source: StoreUrl, target: Path, now_ms: int) -> Copy:
    """Copy a store to a file that is not there yet, and mark the copy; returns what was made.

    Bodies are never changed, so the copy's are links to them, where the file system has links.

    Raises:
        NotFound: there is no such store.
        InvalidValue: the store is in memory.
        Conflict: the target is there already.
        StoreUnusable: the store is damaged, of a newer version or another program's, or the target
            cannot be written.
    """

    def mark(written: apsw.Connection) -> None:
        migrate(written, str(target))
        written.execute(
            "INSERT OR REPLACE INTO ensue_branch (id, origin, at_ms) VALUES (1, ?, ?)",
            (str(Path(source.path).absolute()), now_ms),
        )

    make_folder(target.parent)
    return copy(source, target, prepare=mark, put=link_or_copy)


def branch_of(tx: Transaction) -> Branch | None:
    """What a store is a branch of; None for one that is its own."""
    found = tx.row("SELECT origin, at_ms FROM ensue_branch")
    return None if found is None else Branch(str(found[0]), int(str(found[1])))
