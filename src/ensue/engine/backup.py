"""Backups: a copy of a store at one moment, taken while it is written to."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import apsw

from ensue.engine.body_copies import Bodies, appearing_with_bodies, bring
from ensue.engine.database import StoreUrl, connect_to_look, translated
from ensue.engine.file_shelf import copy_file, holding
from ensue.engine.shelf import folder_of
from ensue.words.errors import InvalidValue, StoreUnusable

COPY_PAGES = 1_024

Prepare = Callable[[apsw.Connection], object]
Put = Callable[[Path, Path], object]


class Copy(NamedTuple):
    """A copy of a store.

    Attributes:
        size_bytes: of its file.
        bodies: what was brought along.
    """

    size_bytes: int
    bodies: Bodies


def copy(
    source: StoreUrl, target: Path, *, prepare: Prepare | None = None, put: Put = copy_file
) -> Copy:
    """Copy a store, as it is at this moment, to a file that is not there yet, with its bodies.

    A process may run on the store: it is read beside that, and no writer waits. What is committed
    while the copy is made is not in it. The copy is looked at page by page and synced before it
    gets its name.

    Args:
        source: the store.
        target: the file to make.
        prepare: changes the copy before it gets its name.
        put: copies the file of a body to a place, or links it there.

    Returns:
        What was made.

    Raises:
        NotFound: there is no such store.
        InvalidValue: the store is in memory.
        Conflict: the target is there already.
        StoreUnusable: the store is damaged or another program's, or the target cannot be written.
    """
    if source.in_memory:
        raise InvalidValue("expected a store on a file, got one in memory")
    bodies = folder_of(source.path)
    with (
        # Before the moment is taken: what it names stays until all is brought along.
        holding(bodies),
        closing(connect_to_look(source)) as reading,
        appearing_with_bodies(target) as (draft, folder),
    ):
        with translated(str(target)), closing(apsw.Connection(str(draft))) as written:
            _copy_pages(reading, written)
            # One file: without this the copy would begin with two more beside it.
            written.execute("PRAGMA journal_mode=DELETE").fetchall()
            if prepare is not None:
                prepare(written)
            check_pages(written, source.path)
            brought = bring(written, bodies, folder, put)
        return Copy(draft.stat().st_size, brought)


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
