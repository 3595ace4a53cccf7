"""The shelf of a store on a file: each body is a file in a folder beside it."""

from __future__ import annotations

import asyncio
import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from ensue.engine.database import StoreUrl, translated
from ensue.engine.shelf import (
    BodyPlace,
    Draft,
    MemoryShelf,
    NewId,
    OpenBody,
    Shelf,
    folder_of,
    is_id,
    path_of,
)
from ensue.words.errors import StoreError, StoreUnusable

T = TypeVar("T")

LOCK = "lock"
COPY_BYTES = 1_048_576


def shelf_of(url: StoreUrl) -> Shelf:
    """The shelf of a store."""
    return MemoryShelf() if url.in_memory else FileShelf(url)


class FileShelf:
    """Bodies as files beside the store.

    Args:
        url: the store.
    """

    def __init__(self, url: StoreUrl) -> None:
        self.writing: set[BodyPlace] = set()
        self.unsettled: set[BodyPlace] = set()
        self.folder = folder_of(url.path)
        self._url = url
        self._synced: set[Path] = set()

    async def do(self, run: Callable[[], T]) -> T:
        """Run it in a thread; where everything is on the event loop, there."""
        return run() if self._url.on_loop else await _in_thread(run)

    def draft(self, number: int, new_id: NewId) -> Draft:
        """Begin a body.

        Raises:
            StoreUnusable: the folder cannot be written, or the disk is full.
        """

        def begin(place: BodyPlace, path: Path) -> Draft:
            draft = _FileDraft(self, place, path)
            draft.make()
            return draft

        return self._new(number, new_id, begin)

    def open(self, place: BodyPlace) -> OpenBody:
        """Open a body.

        Raises:
            FileNotFoundError: there is none.
            StoreUnusable: it cannot be read.
        """
        with _readable(path := path_of(self.folder, place)):
            return _FileBody(path)

    def link(self, source: BodyPlace, number: int, new_id: NewId) -> Draft:
        """Give a body a second place: both names are of the same bytes, which nobody changes.

        Raises:
            FileNotFoundError: there is no such body.
            StoreUnusable: the folder cannot be written, or the disk is full.
        """
        before = path_of(self.folder, source)
        if not before.exists():
            raise FileNotFoundError(before.name)

        def link(place: BodyPlace, path: Path) -> Draft:
            self.step(f"link {path.name}", lambda: link_or_copy(before, path))
            self.step("sync the folder", lambda: sync(path.parent))
            return _FileDraft(self, place, path)

        return self._new(number, new_id, link)

    def remove(self, place: BodyPlace) -> None:
        """Remove a body, if it is there.

        Raises:
            StoreUnusable: the folder cannot be written.
        """
        path = path_of(self.folder, place)
        with _writable(path), translated(self._url.path):
            self.step(f"remove {path.name}", lambda: path.unlink(missing_ok=True))

    def ids(self, number: int) -> Iterator[list[str]]:
        """The ids of the bodies of a resource, those of a folder at a time."""
        yield from ids_in(self.folder, number)

    @contextmanager
    def clearing(self) -> Iterator[bool]:
        """Whether bodies may be removed within the block: not while somebody copies them."""
        if not (self.folder / LOCK).exists():
            yield True
            return
        with (self.folder / LOCK).open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                yield False
            else:
                yield True

    def step(self, what: str, do: Callable[[], object]) -> None:
        """Do one step of the disk; where tests have one of their own, by it."""
        if self._url.step is None:
            do()
        else:
            self._url.step(what, do)

    def _new(self, number: int, new_id: NewId, make: Callable[[BodyPlace, Path], T]) -> T:
        while True:
            place = BodyPlace(number, new_id())
            path = path_of(self.folder, place)
            self.writing.add(place)
            try:
                with translated(self._url.path), _writable(path):
                    self._make_folder(path.parent)
                    return make(place, path)
            except FileExistsError:
                self.writing.discard(place)
            except BaseException:
                self.writing.discard(place)
                raise

    def _make_folder(self, folder: Path) -> None:
        """Make a folder, and let the names on the way to it be on the disk."""
        if folder in self._synced:
            return
        folder.mkdir(parents=True, exist_ok=True)
        if folder != self.folder:
            self._make_folder(folder.parent)
        else:
            (folder / LOCK).touch()
        sync(folder.parent)
        self._synced.add(folder)


class _FileDraft:
    """A body that is written into its file."""

    def __init__(self, shelf: FileShelf, place: BodyPlace, path: Path) -> None:
        self.place = place
        self._shelf = shelf
        self._path = path
        self._file = -1

    def make(self) -> None:
        """Make the file.

        Raises:
            FileExistsError: there is one of this name.
        """
        self._shelf.step(f"make {self._path.name}", self._make)

    def _make(self) -> None:
        flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC
        self._file = os.open(self._path, flags, 0o600)

    def write(self, chunk: bytes) -> None:
        with self._translated():
            self._shelf.step(f"write {self._path.name}", lambda: self._write(chunk))

    def _write(self, chunk: bytes) -> None:
        left = memoryview(chunk)
        while left:
            left = left[os.write(self._file, left) :]

    def finish(self) -> None:
        with self._translated():
            self._shelf.step(f"sync {self._path.name}", lambda: os.fsync(self._file))
            self._close()
            self._shelf.step("sync the folder", lambda: sync(self._path.parent))

    def discard(self) -> None:
        with suppress(OSError):
            self._close()
        with suppress(StoreError):
            self._shelf.remove(self.place)

    def _close(self) -> None:
        if self._file >= 0:
            file, self._file = self._file, -1
            os.close(file)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        with _writable(self._path), translated(str(self._path)):
            yield


class _FileBody:
    """A file that stays open, and so readable, although its name may be gone."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        self.size = os.fstat(self._file).st_size

    def read(self, offset: int, count: int) -> bytes:
        with _readable(self._path):
            return os.pread(self._file, count, offset)

    def close(self) -> None:
        if self._file >= 0:
            file, self._file = self._file, -1
            os.close(file)


def ids_in(folder: Path, number: int) -> Iterator[list[str]]:
    """The ids of the bodies of a resource in a folder of bodies, those of a shard at a time."""
    own = folder / str(number)
    for shard in sorted(os.listdir(own)) if own.is_dir() else ():
        with suppress(NotADirectoryError, FileNotFoundError):
            yield sorted(filter(is_id, os.listdir(own / shard)))


@contextmanager
def holding(folder: Path) -> Iterator[None]:
    """Let no body be removed from a folder meanwhile; those that nobody needs stay until later."""
    if not folder.is_dir():
        yield
        return
    with _writable(folder), (folder / LOCK).open("a") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        yield


def link_or_copy(source: Path, target: Path) -> None:
    """Give a file a second name, or, where the file system has no links, copy it to the disk.

    Raises:
        OSError: it cannot be done; there is no such target then.
    """
    try:
        os.link(source, target)
    except FileExistsError:
        raise
    except OSError:
        copy_file(source, target)


def copy_file(source: Path, target: Path) -> None:
    """Copy a file to the disk, where no such file is yet.

    Raises:
        OSError: it cannot be done; there is no such target then.
    """
    with source.open("rb") as reading, target.open("xb") as writing:
        try:
            shutil.copyfileobj(reading, writing, COPY_BYTES)
            writing.flush()
            os.fsync(writing.fileno())
        except BaseException:
            target.unlink()
            raise


def sync(path: Path) -> None:
    """Let a file, or the names in a folder, be on the disk."""
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


@contextmanager
def _writable(at: Path) -> Iterator[None]:
    try:
        yield
    except FileExistsError:
        raise
    except OSError as fault:
        raise StoreUnusable(
            f"the body cannot be written: {fault.strerror}",
            at=str(at),
            hint="Make room there, or give the process the right to write it.",
        ) from None


@contextmanager
def _readable(at: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as fault:
        raise StoreUnusable(
            f"the body cannot be read: {fault.strerror}", at=str(at), hint="Check the disk."
        ) from None


async def _in_thread(run: Callable[[], T]) -> T:
    """Run in a thread to the end, although who waits for it is cancelled meanwhile."""
    running = asyncio.ensure_future(asyncio.to_thread(run))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        while not running.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait([running])
        if not running.cancelled():
            running.exception()  # nobody waits for it any more
        raise
