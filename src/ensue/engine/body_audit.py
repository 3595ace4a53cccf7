"""Whether each body that a store needs is there, and whether others are: checked, and mended."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from ensue.engine import bodies
from ensue.engine.database import StoreLock, StoreUrl, connect_to_look
from ensue.engine.file_shelf import FileShelf
from ensue.engine.integrity import RESTORE, look
from ensue.engine.shapes import transaction_on
from ensue.engine.shelf import BodyPlace, Shelf
from ensue.engine.transaction import Transaction
from ensue.words.findings import WARNING, Finding

ORPHAN_MS = 3_600_000

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\Z")


def check(tx: Transaction, shelf: Shelf) -> list[Finding]:
    """What is wrong with the bodies of a store.

    Args:
        tx: where to look; it sees one moment of the store.
        shelf: where its bodies are; none may be removed from it meanwhile.
    """
    found: list[Finding] = []
    if tx.row("SELECT 1 FROM sqlite_schema WHERE name = 'ensue_bodies'") is not None:
        look(found, "bodies", lambda: _missing(tx, shelf))
        look(found, "bodies", lambda: _orphans(tx, shelf))
    return found


def repair(store: Path) -> int:
    """Remove the files that no row tells of; returns how many.

    Raises:
        NotFound: there is no such store.
        StoreBusy: a process runs on it, which does that by itself.
        StoreUnusable: the store cannot be read, or the folder not be written.
    """
    url = StoreUrl(str(store))
    shelf = FileShelf(url)
    with closing(connect_to_look(url)) as connection, closing(_Locked(url.path)):
        connection.execute("BEGIN")
        tx = transaction_on(connection, 0)
        lost = list(_unknown(tx, shelf))
        for place in lost:
            shelf.remove(place)
    return len(lost)


class _Locked:
    """The right to run on a store, for the length of a block."""

    def __init__(self, path: str) -> None:
        self._lock = StoreLock(path)

    def close(self) -> None:
        self._lock.release()


def _missing(tx: Transaction, shelf: Shelf) -> Iterator[Finding]:
    for number, body_id, size in tx.execute(
        "SELECT number, id, size FROM ensue_bodies WHERE gone_ms IS NULL"
    ):
        at = f"ensue_bodies {number}/{body_id}"
        try:
            body = shelf.open(BodyPlace(number, body_id))
        except FileNotFoundError:
            yield Finding("bodies.missing", at, "the file of the body is gone", RESTORE)
            continue
        with closing(body):
            if body.size != size:
                yield Finding(
                    "bodies.size", at, f"expected {size} bytes of body, got {body.size}", RESTORE
                )


def _orphans(tx: Transaction, shelf: Shelf) -> Iterator[Finding]:
    for place in _unknown(tx, shelf):
        made_ms = int(place.id.replace("-", "")[:12], 16) if _ID.match(place.id) else 0
        if made_ms < tx.now_ms - ORPHAN_MS:
            yield Finding(
                "bodies.orphan",
                f"{place.number}/{place.id}",
                "no row tells of this file: a crash has left it, or an upload is under way",
                "It only takes room: the process that runs on the store removes it within a day,"
                " `ensue check --repair` while none runs.",
                WARNING,
            )


def _unknown(tx: Transaction, shelf: Shelf) -> Iterator[BodyPlace]:
    for row in tx.rows("SELECT number FROM ensue_resources ORDER BY number"):
        number = int(str(row[0]))
        for ids in shelf.ids(number):
            for body_id in bodies.unknown(tx, number, ids):
                yield BodyPlace(number, body_id)
