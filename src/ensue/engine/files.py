"""Files that are there whole or not at all: written beside their place, synced, and put there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ensue.words.errors import Conflict, StoreUnusable

LEFTOVERS = ("", "-journal", "-wal", "-shm")


@contextmanager
def appearing(target: Path) -> Iterator[Path]:
    """Give a path to write to; what was written appears at ``target`` when the block ends well.

    It is synced first. When the block raises, nothing is left. What is there already is not
    touched; nor is a log that an earlier database of that name left, which SQLite would apply to
    the new one.

    Raises:
        Conflict: there is such a file already.
        StoreUnusable: the folder cannot be written, or the disk is full.
    """
    for suffix in LEFTOVERS:
        if os.path.lexists(f"{target}{suffix}"):
            raise _taken(Path(f"{target}{suffix}"))
    draft = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        with translated_os(target):
            os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        yield draft
        with translated_os(target):
            _sync(draft)
            _put(draft, target)
            _sync(target.parent)
    finally:
        for suffix in LEFTOVERS:
            with suppress(OSError):
                Path(f"{draft}{suffix}").unlink()


@contextmanager
def translated_os(at: Path) -> Iterator[None]:
    """Raise the system's errors as ours."""
    try:
        yield
    except FileExistsError:
        raise _taken(at) from None
    except OSError as fault:
        raise StoreUnusable(
            f"the file cannot be written: {fault.strerror}",
            at=str(at),
            hint="Name another place, or make room there; nothing was changed.",
        ) from None


def _put(draft: Path, target: Path) -> None:
    """Give a file its name, unless there is one of that name by now."""
    try:
        os.link(draft, target)
    except FileExistsError:
        raise
    except OSError:
        # A file system without links: looked at a moment ago.
        if os.path.lexists(target):
            raise FileExistsError from None
        draft.rename(target)


def _sync(path: Path) -> None:
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _taken(target: Path) -> Conflict:
    return Conflict(
        "there is such a file already",
        at=str(target),
        hint="Name another one, or move it away; nothing was changed.",
    )


def file_state(path: str) -> tuple[int, int] | None:
    """The size and the time of a file, to see whether it has changed; None when it is not there."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns
