"""Copies of a store: backups, exports, imports and branches.

They read the file beside the process that runs on it, so they need no server and stop nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ensue.app.integrity import check_file
from ensue.engine import arrival, backup, branches, transfer
from ensue.engine.clock import SystemClock
from ensue.engine.database import StoreUrl, parse_store_url
from ensue.words.errors import InvalidValue
from ensue.words.findings import Finding

STORE_FILE = "ensue.db"


@dataclass(frozen=True)
class Copied:
    """A copy that was made.

    Attributes:
        path: its file.
        size_bytes: how large it is.
        findings: what `check` says of it.
        bodies: how many bodies are in the folder beside it.
        bodies_bytes: how large they are together.
    """

    path: Path
    size_bytes: int
    findings: list[Finding]
    bodies: int = 0
    bodies_bytes: int = 0


@dataclass(frozen=True)
class Moved:
    """An export or import that was made.

    Attributes:
        path: its file.
        tables: how many tables it has.
        rows: how many rows.
        bodies: how many bodies.
    """

    path: Path
    tables: int
    rows: int
    bodies: int = 0


def store_in(data: Path) -> str:
    """The URL of the store in a data folder."""
    return f"sqlite:///{data / STORE_FILE}"


def file_of(engine_url: str) -> Path:
    """The file of a store.

    Raises:
        InvalidValue: the engine URL is none, or names memory.
    """
    url = parse_store_url(engine_url)
    if url.in_memory:
        raise InvalidValue("expected a store on a file, got one in memory")
    return Path(url.path)


def back_up(engine_url: str, target: Path) -> Copied:
    """Copy a store to a file that is not there yet, while it is written to, and its bodies.

    Raises:
        InvalidValue: the engine URL is none, or names memory.
        NotFound: there is no such store.
        Conflict: there is such a file already.
        StoreUnusable: the store is damaged or another program's, or the file cannot be written.
    """
    url = parse_store_url(engine_url)
    return _copied(target, backup.copy(url, target), url)


def branch(engine_url: str, folder: Path) -> Copied:
    """Copy a store into a folder of its own, to try something on it.

    On a branch nothing reaches the outside, whoever runs it, unless it is told to: see `ensue run
    --act`.

    Raises:
        InvalidValue: the engine URL is none, or names memory.
        NotFound: there is no such store.
        Conflict: there is a store in the folder already.
        StoreUnusable: the store is damaged or another program's, or the folder cannot be written.
    """
    target = folder / STORE_FILE
    url = parse_store_url(engine_url)
    return _copied(target, branches.branch(url, target, SystemClock().now_ms()), url)


def _copied(target: Path, made: backup.Copy, origin: StoreUrl) -> Copied:
    findings = check_file(target, origin=Path(origin.path))
    return Copied(target, made.size_bytes, findings, *made.bodies)


def export(engine_url: str, target: Path) -> Moved:
    """Write all that a store holds as text to a file that is not there yet.

    Raises:
        InvalidValue: the engine URL is none, or names memory.
        NotFound: there is no such store.
        Conflict: there is such a file already, or the store holds what cannot be carried.
        StoreUnusable: the store is damaged or another program's, or the file cannot be written.
    """
    carried = transfer.export(parse_store_url(engine_url), target)
    return Moved(target, carried.tables, carried.rows, carried.bodies)


def import_(engine_url: str, source: Path) -> Moved:
    """Make a store from what `export` wrote, where there is none yet.

    Raises:
        InvalidValue: the engine URL is none, or names memory.
        InvalidInput: the file is no export, was cut off, or was changed; nothing was made.
        NotFound: there is no such file.
        Conflict: there is a store already.
        StoreUnusable: the file is of a newer version, or the store cannot be written.
    """
    url = parse_store_url(engine_url)
    carried = arrival.import_store(source, url)
    return Moved(Path(url.path), carried.tables, carried.rows, carried.bodies)
