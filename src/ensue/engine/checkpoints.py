"""Checkpoints: what has been committed moves from the write-ahead log into the database file."""

from __future__ import annotations

import logging
import threading

import apsw

from ensue.engine.database import StoreUrl, connect

CHECKPOINT_PAGES = 4_000
CHECKPOINT_AT_ONCE_PAGES = 16_000

log = logging.getLogger("ensue.engine")


class Checkpointer:
    """Moves the write-ahead log into the database file from a thread of its own.

    So that no commit waits for it, except when the log has become so long, under a load that never
    pauses, that the writer itself must move the little that is left.

    Args:
        url: the store.
        writing: the writer's connection.
    """

    def __init__(self, url: StoreUrl, writing: apsw.Connection) -> None:
        self._connection = connect(url)
        self._wanted = threading.Event()
        self._closed = False
        writing.set_wal_hook(self._committed)
        self._thread = threading.Thread(target=self._work, name="ensue-checkpoint", daemon=True)
        self._thread.start()

    def _committed(self, connection: apsw.Connection, name: str, pages: int) -> int:
        if pages >= CHECKPOINT_AT_ONCE_PAGES:
            checkpoint(connection, name)
        elif pages >= CHECKPOINT_PAGES:
            self._wanted.set()
        return apsw.SQLITE_OK

    def close(self) -> None:
        """Stop the thread."""
        self._closed = True
        self._wanted.set()
        self._thread.join()
        self._connection.close()

    def _work(self) -> None:
        while True:
            self._wanted.wait()
            self._wanted.clear()
            if self._closed:
                return
            checkpoint(self._connection, "main")


def checkpoint(connection: apsw.Connection, name: str) -> None:
    """Move what has been committed into the database file, as far as no reader is in the way."""
    try:
        connection.wal_checkpoint(name, apsw.SQLITE_CHECKPOINT_PASSIVE)
    except apsw.BusyError:
        return  # somebody reads, or checkpoints already; the next commit asks again
    except apsw.Error as fault:
        # A checkpoint that fails loses nothing: the log stays longer, the next one tries again.
        log.warning("the checkpoint failed: %s", fault)
