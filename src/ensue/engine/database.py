"""SQLite through apsw: opening a store, and translating the driver's errors into ours."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import apsw

from ensue.words.errors import InvalidValue, NotFound, StoreBusy, StoreError, StoreUnusable

MEMORY = ":memory:"
APPLICATION_ID = 0x456E7375  # "Ensu", in the file's header: `file` and we can tell whose it is
BUSY_TIMEOUT_MS = 5_000
PAGE_CACHE_KIB = 16_384

Step = Callable[[str, Callable[[], object]], None]
SqlValue = None | int | float | str | bytes
Row = tuple[SqlValue, ...]


@dataclass(frozen=True)
class StoreUrl:
    """Where a store is and how durable a commit in it is.

    Attributes:
        path: the file, or ``:memory:``.
        synchronous: ``FULL``: a commit survives a power cut. ``NORMAL``: it survives the death of
            the process; a power cut may take the last moments, never the file's integrity.
        storage: the SQLite VFS that the file is on; None for the machine's disk. On another one
            everything happens on the event loop, so that every run is the same.
        step: does a step of that disk, such as making or syncing a file beside the store.
    """

    path: str
    synchronous: str = "FULL"
    storage: str | None = None
    step: Step | None = field(default=None, compare=False, repr=False)

    @property
    def in_memory(self) -> bool:
        """Whether nothing is kept when the process ends."""
        return self.path == MEMORY

    @property
    def on_loop(self) -> bool:
        """Whether everything is written on the event loop, and no thread is needed."""
        return self.in_memory or self.storage is not None

    def __str__(self) -> str:
        if self.in_memory:
            return f"sqlite:{MEMORY}"
        option = "" if self.synchronous == "FULL" else f"?synchronous={self.synchronous}"
        return f"sqlite:///{self.path}{option}"


def parse_store_url(text: str) -> StoreUrl:
    """The store that a URL names: ``sqlite:///data/ensue.db``, ``sqlite::memory:``.

    ``?synchronous=NORMAL`` chooses speed over surviving a power cut.

    Raises:
        InvalidValue: another scheme, a host, no path, or an unknown option.
    """
    scheme, _, rest = text.partition(":")
    if scheme != "sqlite" or not rest:
        raise InvalidValue(
            f"expected an engine URL such as sqlite:///data/ensue.db, got {text!r}",
            hint="This version stores in SQLite: sqlite:///relative.db, sqlite:////absolute.db or "
            "sqlite::memory:.",
        )
    path, _, query = rest.partition("?")
    if path.startswith("//"):
        if not path.startswith("///"):
            raise InvalidValue(
                "expected no host in the engine URL",
                at=text,
                hint="Write three slashes before a relative path, four before an absolute one.",
            )
        path = path[3:]
    synchronous = "FULL"
    for option in filter(None, query.split("&")):
        if option.upper() not in {"SYNCHRONOUS=FULL", "SYNCHRONOUS=NORMAL"}:
            raise InvalidValue(
                f"expected synchronous=FULL or synchronous=NORMAL, got {option!r}", at=text
            )
        synchronous = option.upper().partition("=")[2]
    if not path or "\0" in path:
        raise InvalidValue("expected a path in the engine URL", at=text)
    return StoreUrl(path, synchronous)


def connect(url: StoreUrl, *, readonly: bool = False) -> apsw.Connection:
    """Open a connection with the settings that the promises rest on.

    Raises:
        StoreUnusable: the file cannot be opened, is no database, is damaged, belongs to another
            program, or its folder cannot be made or written.
    """
    with translated(url.path):
        if not url.in_memory:
            make_folder(Path(url.path).parent)
        flags = (
            apsw.SQLITE_OPEN_READONLY
            if readonly
            else (apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE)
        )
        connection = apsw.Connection(url.path, flags=flags, vfs=url.storage, statementcachesize=256)
        connection.set_busy_timeout(BUSY_TIMEOUT_MS)
        if not readonly and not url.in_memory:
            _claim_file(connection, url.path)
            _check_whole(connection, url)
            connection.execute("PRAGMA journal_mode=WAL").fetchall()
            connection.execute(f"PRAGMA synchronous={url.synchronous}").fetchall()
            # Checkpoints are made by a thread of their own, so that no commit waits for one.
            connection.execute("PRAGMA wal_autocheckpoint=0").fetchall()
        # Savepoints note what they would undo; kept in memory, that costs no writes.
        connection.execute("PRAGMA temp_store=MEMORY").fetchall()
        connection.execute(f"PRAGMA cache_size=-{PAGE_CACHE_KIB}").fetchall()
        return connection


def connect_to_look(url: StoreUrl) -> apsw.Connection:
    """Open a connection to a store that is there, to read it and no more.

    Raises:
        NotFound: there is no such file.
        StoreUnusable: it is a folder, cannot be read, is no database, or is another program's.
    """
    if not Path(url.path).exists():
        raise NotFound(
            f"there is no store {url.path}", hint="Name its file, such as data/ensue.db."
        )
    if Path(url.path).is_dir():
        raise StoreUnusable(
            "expected the file of a store, got a folder",
            at=url.path,
            hint="Name its file, such as data/ensue.db.",
        )
    with ExitStack() as opened, translated(url.path):
        connection = connect(url, readonly=True)
        opened.callback(connection.close)
        _check_is_store(connection, url.path)
        _check_whole(connection, url)
        opened.pop_all()
    return connection


def _check_is_store(connection: apsw.Connection, path: str) -> None:
    if connection.execute("PRAGMA application_id").fetchone() != (APPLICATION_ID,):
        raise _another_programs(path)


class StoreLock:
    """The right to be the one process that runs on a store; it ends with the process.

    Two would take over each other's leases. Other programs may still read and write the file.

    Args:
        path: the store's file; the lock is a file beside it.

    Raises:
        StoreBusy: another process has it.
        StoreUnusable: the folder cannot be written.
    """

    def __init__(self, path: str) -> None:
        make_folder(Path(path).parent)
        try:
            self._file = Path(f"{os.path.realpath(path)}-lock").open("a")  # noqa: SIM115 - held until released
        except OSError as fault:
            raise StoreUnusable(
                f"the store's folder cannot be written: {fault.strerror}",
                at=path,
                hint="Give the process the right to write it, or name another with --data.",
            ) from None
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._file.close()
            raise StoreBusy(
                "another process runs on this store",
                at=path,
                hint="Stop it, or name another folder with --data.",
            ) from None

    def release(self) -> None:
        """Let others run on the store."""
        self._file.close()


def make_folder(folder: Path) -> None:
    """Make a folder, if it is not there.

    Raises:
        StoreUnusable: it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise StoreUnusable(
            f"the data folder cannot be made: {fault.strerror}",
            at=str(folder),
            hint="Name a folder that can be made or written with --data or --engine.",
        ) from None


def _claim_file(connection: apsw.Connection, path: str) -> None:
    """Mark a new file as ours; refuse a file that is another program's."""
    owner = connection.execute("PRAGMA application_id").fetchone()
    objects = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if owner == (APPLICATION_ID,):
        return
    if owner != (0,) or objects != (0,):
        raise _another_programs(path)
    connection.execute(f"PRAGMA application_id={APPLICATION_ID}").fetchall()


def _check_whole(connection: apsw.Connection, url: StoreUrl) -> None:
    """Refuse a file that was cut off within its last page; SQLite notices only pages that lack."""
    if url.storage is not None:  # which alone knows what is in its files
        return
    path = url.path
    page = connection.execute("PRAGMA page_size").fetchone()
    # A write-ahead log may still have to mend what a power cut left of a checkpoint.
    mends = Path(f"{path}-wal").exists() and Path(f"{path}-wal").stat().st_size > 0
    if not mends and page and Path(path).stat().st_size % int(str(page[0])):
        raise StoreUnusable(
            "the store is damaged: its file was cut off",
            at=path,
            hint="Copy the file aside, and restore a backup or use sqlite3's .recover.",
        )


def _another_programs(path: str) -> StoreUnusable:
    return StoreUnusable(
        "the file is a SQLite database of another program",
        at=path,
        hint="Name another file with --data or --engine; nothing in this one was changed.",
    )


_WORDS: list[tuple[type[apsw.Error], type[StoreError], str, str]] = [
    (
        apsw.BusyError,
        StoreBusy,
        "another process holds the store's write lock",
        "Close the program that writes to it, or let it finish.",
    ),
    (apsw.LockedError, StoreBusy, "the store is locked", "Let the other transaction finish."),
    (
        apsw.FullError,
        StoreUnusable,
        "the disk is full",
        "Free some space; nothing that was acknowledged is lost.",
    ),
    (
        apsw.ReadOnlyError,
        StoreUnusable,
        "the store is read-only",
        "Give the process the right to write the file and its folder.",
    ),
    (apsw.NotADBError, StoreUnusable, "the file is no SQLite database", "Name another file."),
    (
        apsw.CorruptError,
        StoreUnusable,
        "the store is damaged",
        "Stop, copy the file aside, and restore a backup or use sqlite3's .recover.",
    ),
    (
        apsw.CantOpenError,
        StoreUnusable,
        "the store cannot be opened",
        "Check that the path is a file in a folder that can be written.",
    ),
    (apsw.IOError, StoreUnusable, "the disk reported an error", "Check the disk and its mount."),
    (apsw.NoMemError, StoreUnusable, "SQLite ran out of memory", "Give the process more memory."),
]


def in_our_words(fault: apsw.Error, at: str) -> StoreError:
    """The driver's error as one of ours."""
    for theirs, ours, message, hint in _WORDS:
        if isinstance(fault, theirs):
            return ours(message, at=at, hint=hint)
    return StoreError(f"the store refused a statement: {fault}", at=at)


@contextmanager
def translated(at: str) -> Iterator[None]:
    """Raise the driver's errors as ours."""
    try:
        yield
    except apsw.Error as fault:
        raise in_our_words(fault, at) from fault
