"""The bodies of a store, brought along when the store is copied.

They are put beside the copy in a folder of its own, under a draft's name until all are there. The
copy itself gets its name after that, so that what looks like a copy has its bodies.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import apsw

from ensue.engine.file_shelf import LOCK, sync
from ensue.engine.files import appearing, translated_os
from ensue.engine.shelf import BodyPlace, folder_of, path_of
from ensue.words.errors import Conflict


class Bodies(NamedTuple):
    """Bodies that were brought along.

    Attributes:
        many: how many.
        size_bytes: how large they are together.
    """

    many: int
    size_bytes: int


@contextmanager
def appearing_with_bodies(target: Path) -> Iterator[tuple[Path, Path]]:
    """Give a path for a store and a folder for its bodies; both are there when the block ends well.

    When the block raises nothing is left. The folder is made when a body is put into it.

    Raises:
        Conflict: there is such a file or folder already.
        StoreUnusable: the place cannot be written, or the disk is full.
    """
    folder = folder_of(str(target))
    if os.path.lexists(folder):
        raise Conflict(
            "there is a folder with the bodies of another store already",
            at=str(folder),
            hint="Name another file, or move the folder away; nothing was changed.",
        )
    draft = folder.with_name(f".{folder.name}.{os.getpid()}.partial")
    with ExitStack() as undo:
        undo.callback(shutil.rmtree, draft, ignore_errors=True)
        with appearing(target) as file:
            yield file, draft
            if draft.is_dir():
                undo.callback(shutil.rmtree, folder, ignore_errors=True)
                with translated_os(folder):
                    _put(draft, folder)
        undo.pop_all()


def _put(draft: Path, folder: Path) -> None:
    (draft / LOCK).touch()
    for each in [draft, *(path for path in draft.rglob("*") if path.is_dir())]:
        sync(each)
    draft.rename(folder)
    sync(folder.parent)


def named_in(connection: apsw.Connection) -> Iterator[tuple[BodyPlace, int]]:
    """The bodies that a store needs, and their sizes."""
    there = connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'ensue_bodies'").fetchall()
    if not there:
        return
    for number, body_id, size in connection.execute(
        "SELECT number, id, size FROM ensue_bodies WHERE gone_ms IS NULL ORDER BY number, id"
    ):
        yield BodyPlace(int(str(number)), str(body_id)), int(str(size))


def bring(
    connection: apsw.Connection,
    source: Path,
    folder: Path,
    put: Callable[[Path, Path], object],
) -> Bodies:
    """Put the bodies that a store needs into a folder.

    One that is not there is left out: whoever checks the copy is told.

    Args:
        connection: the copy.
        source: the folder of the original's bodies.
        folder: where to put them.
        put: copies a file to a place, or links it there.

    Raises:
        StoreUnusable: the folder cannot be written, or the disk is full.
    """
    count = size_bytes = 0
    for place, size in named_in(connection):
        target = path_of(folder, place)
        with translated_os(folder):
            target.parent.mkdir(parents=True, exist_ok=True)
            if not (body := path_of(source, place)).exists():
                continue
            put(body, target)
        count += 1
        size_bytes += size
    return Bodies(count, size_bytes)
