"""Backups: a copy of a store at one moment, taken while it is written to."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import apsw

from ensue.engine.database import StoreUrl, connect_to_look, translated
from ensue.engine.files import appearing
from ensue.words.errors import InvalidValue, StoreUnusable

COPY_PAGES = 1_024

Prepare = Callable[[apsw.Connection], object]


def copy(source: StoreUrl, target: Path, *, prepare: Prepare | None = None) -> int:
    """Copy a store, as it is at this moment, to a file that is not there yet.

    A process may run on the store: it is read beside that, and no writer waits. What is committed
    while the copy is made is not in it. The copy is looked at page by page and synced before it
    gets its name.

    Args:
        source: the store.
        target: the file to make.
        prepare: changes the copy before it gets its name.

    Returns:
        The size of the copy in bytes.

    Raises:
        NotFound: there is no such store.
        InvalidValue: the store is in memory.
        Conflict: the target is there already.
        StoreUnusable: the store is damaged or another program's, or the target cannot be written.
    """
    if source.in_memory:
        raise InvalidValue("expected a store on a file, got one in memory")
    with closing(connect_to_look(source)) as reading, appearing(target) as draft:
        with translated(str(target)), closing(apsw.Connection(str(draft))) as written:
            _copy_pages(reading, written)
            # One file: without this the copy would begin with two more beside it.
            written.execute("PRAGMA journal_mode=DELETE").fetchall()
            if prepare is not None:
                prepare(written)
            check_pages(written, source.path)
        return draft.stat().st_size


def _copy_pages(reading: apsw.Connection, written: apsw.Connection) -> None:
    # The open transaction keeps its moment: otherwise the copy would begin again at every commit.
    reading.execute("BEGIN")
    reading.execute("SELECT count(*) FROM sqlite_schema").fetchall()
    with written.backup("main", reading, "main") as copying:
        while not copying.done:
            copying.step(COPY_PAGES)


def check_pages(connection: apsw.Connection, at: str) -> None:
    """Check that a database's pages are whole.

    Raises:
        StoreUnusable: they are not.
    """
    found = connection.execute("PRAGMA integrity_check(1)").fetchall()
    if found != [("ok",)]:
        raise StoreUnusable(
            f"the store is damaged: {found[0][0]!s}",
            at=at,
            hint="`ensue check` says more; keep the file, and use sqlite3's .recover.",
        )
