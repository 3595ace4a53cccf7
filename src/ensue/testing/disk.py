"""A disk that fails where a test says.

It lies between SQLite and the real disk and counts its *steps*: every file that is made, written,
cut, synced or deleted. At a step it can end the process, report an error, or be full; and at a
power cut it forgets what was not synced, or keeps some of it, in any order and torn.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

import apsw

from ensue.engine.database import StoreUrl
from ensue.engine.ids import Random

SECTOR_BYTES = 512
DELETED = (-1, None)
FOR_EVER = 2**62

FaultKind: TypeAlias = Literal["kill", "kill after", "io", "full", "memory", "heap"]

_numbers = itertools.count()


class Killed(KeyboardInterrupt):
    """The process was ended at a step of its disk, as by SIGKILL: nothing may catch it."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong at which step.

    Attributes:
        kind: ``kill``: the process ends before the step, ``kill after``: after it. ``io``: the disk
            reports an error, ``full``: it is full, ``memory``: there is no memory for the step,
            ``heap``: none for anything in SQLite from there on until it is mended.
        at: the number of the step, from 1.
        times: how many steps fail in a row.
    """

    kind: FaultKind
    at: int
    times: int = 1


@dataclass(slots=True)
class _Kept:
    """A file as a power cut may leave it: what is synced, and what was done since."""

    synced: bytearray
    exists: bool
    since: list[tuple[int, bytes | None]]


class Disk(apsw.VFS):
    """A disk that counts its steps and fails at one of them.

    Attributes:
        steps: how many there were.
        trace: what each step was, such as ``sync ensue.db-wal``.
        fault: what goes wrong; None for nothing.
        is_dead: whether the process that uses it was killed.
    """

    def __init__(self, *, remembers: bool = False) -> None:
        """Make a disk.

        Args:
            remembers: whether it can do a `power_cut`; that costs memory.
        """
        self.storage = f"ensue-disk-{next(_numbers)}"
        self.steps = 0
        self.trace: list[str] = []
        self.fault: Fault | None = None
        self.is_dead = False
        self._remembers = remembers
        self._files: dict[str, _Kept] = {}
        self._starved = False
        self._is_buried = False
        super().__init__(self.storage, "")

    def url(self, path: Path, synchronous: str = "FULL") -> StoreUrl:
        """The URL of a store on this disk."""
        return StoreUrl(str(path), synchronous, self.storage, self.step)

    def bury(self) -> None:
        """The process is dead, and its stores are closed now: nothing of that reaches the disk."""
        self.is_dead = self._is_buried = True

    def start_again(self) -> None:
        """A new process uses the disk; what was to go wrong has gone wrong."""
        self.mend()
        self.is_dead = self._is_buried = False

    def mend(self) -> None:
        """Nothing goes wrong any more."""
        self.fault = None
        if self._starved:
            self._starved = False
            apsw.hard_heap_limit(0)
            apsw.soft_heap_limit(0)  # the hard one had lowered it

    def close(self) -> None:
        """Take the disk out; no store may be open on it."""
        self.mend()
        self.unregister()

    def xOpen(self, name: Any, flags: Any) -> _File:  # noqa: D102, N802, ANN401 - SQLite's word and types
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        if path and not Path(path).exists():
            self.step(f"make {Path(path).name}", lambda: None)
        return _File(self, name, path, flags)

    def xDelete(self, name: str, syncdir: bool) -> None:  # noqa: D102, FBT001, N802 - SQLite's word and shape
        def delete() -> None:
            super(Disk, self).xDelete(name, syncdir)
            if name in self._files:
                # Until its folder is synced a deleted file can come back.
                self._files[name].exists = False
                self._files[name].since.append(DELETED)
            if syncdir:
                self.sync_folder()

        self.step(f"delete {Path(name).name}", delete)

    def xSleep(self, microseconds: int) -> int:  # noqa: N802 - SQLite's word
        """Whoever waits for a lock has waited."""
        return microseconds

    def step(self, what: str, do: Callable[[], object]) -> None:
        """Do one step, unless it is the one that goes wrong."""
        if self.is_dead:
            raise apsw.IOError("the process is dead") if self._is_buried else Killed("for long")
        self.steps += 1
        self.trace.append(what)
        fault = self.fault
        if fault is None or not fault.at <= self.steps < fault.at + fault.times:
            if self._starved:
                self.mend()
            do()
            return
        if fault.kind == "kill after":
            do()
        if fault.kind in {"kill", "kill after"}:
            self.is_dead = True
            raise Killed(f"at step {self.steps}, {what}")
        if fault.kind == "heap":
            self._starved = True
            apsw.hard_heap_limit(max(1, apsw.memory_used()))
            do()
            return
        raise _ERRORS[fault.kind](f"at step {self.steps}, {what}")

    def sync_folder(self) -> None:
        """What was deleted is gone for good."""
        for path, kept in list(self._files.items()):
            while DELETED in kept.since:
                del kept.since[: kept.since.index(DELETED) + 1]
                kept.synced.clear()
            if not kept.exists:
                del self._files[path]

    def kept(self, path: str) -> _Kept | None:
        """A file as a power cut may leave it."""
        if not self._remembers:
            return None
        found = self._files.get(path)
        if found is None:
            there = Path(path)
            content = there.read_bytes() if there.exists() else b""
            found = self._files[path] = _Kept(bytearray(content), bool(content), [])
        found.exists = True
        return found

    def power_cut(self, source: Random) -> None:
        """Forget what was not synced, or keep some of it: each write or not, whole or torn.

        Every store on the disk must be closed.

        Args:
            source: decides what is kept.
        """
        for path, kept in self._files.items():
            content, since = _inode(kept, source)
            for offset, data in _survivors(since, source):
                _apply(content, offset, data)
            if content or kept.exists:
                Path(path).write_bytes(content)
            with suppress(FileNotFoundError):
                Path(f"{path}-shm").unlink()
        self._files.clear()


class _File(apsw.VFSFile):
    """A file whose writes, cuts and syncs are steps of its disk."""

    def __init__(self, disk: Disk, name: Any, path: str | None, flags: Any) -> None:  # noqa: ANN401 - SQLite's types
        self._disk = disk
        self._name = Path(path).name if path else "temporary"
        self._kept = disk.kept(path) if path else None
        # As SQLite on Unix: the first sync of a log or journal is one of its folder too.
        self._syncs_folder = bool(path) and str(path).endswith(("-wal", "-journal"))
        super().__init__("", name, flags)

    def xWrite(self, data: Any, offset: int) -> None:  # noqa: N802, ANN401 - SQLite's word and types
        def write() -> None:
            super(_File, self).xWrite(data, offset)
            if self._kept is not None:
                self._kept.since.append((offset, bytes(data)))

        self._disk.step(f"write {self._name}", write)

    def xTruncate(self, newsize: int) -> None:  # noqa: N802 - SQLite's word
        def cut() -> None:
            super(_File, self).xTruncate(newsize)
            if self._kept is not None:
                self._kept.since.append((newsize, None))

        self._disk.step(f"cut {self._name}", cut)

    def xSync(self, flags: int) -> None:  # noqa: N802 - SQLite's word
        # This process lives on, and the machine's power stays: there is no need to wait.
        del flags
        self._disk.step(f"sync {self._name}", self._sync)

    def _sync(self) -> None:
        if self._kept is None:
            return
        for offset, data in self._kept.since:
            _apply(self._kept.synced, offset, data)
        self._kept.since.clear()
        if self._syncs_folder:
            self._disk.sync_folder()
            self._syncs_folder = False


_ERRORS: dict[str, type[apsw.Error]] = {
    "io": apsw.IOError,
    "full": apsw.FullError,
    "memory": apsw.NoMemError,
}


def _apply(content: bytearray, offset: int, data: bytes | None) -> None:
    """Write data at an offset, or cut the content there when there is none."""
    if (offset, data) == DELETED:
        content.clear()
        return
    if data is None:
        del content[offset:]
        return
    if len(content) < offset:
        content.extend(bytes(offset - len(content)))
    content[offset : offset + len(data)] = data


def _inode(kept: _Kept, source: Random) -> tuple[bytearray, list[tuple[int, bytes | None]]]:
    """The file that the folder names, what is synced of it, and what was done since.

    A file that was deleted is there again when its folder has forgotten that, and then with what it
    had then; a file that was made in its place is another one.
    """
    content, since = bytearray(kept.synced), kept.since
    while DELETED in since:
        at = since.index(DELETED)
        if source.random() < 0.5:
            return content, since[:at]
        content, since = bytearray(), since[at + 1 :]
    return content, since


def _survivors(
    since: list[tuple[int, bytes | None]], source: Random
) -> list[tuple[int, bytes | None]]:
    """What of the writes since the last sync has reached the disk, in the order in which it did."""
    likely = source.random()
    found: list[tuple[int, bytes | None]] = []
    for offset, data in since:
        if source.random() >= likely:
            continue
        if data is not None and len(data) > SECTOR_BYTES and source.random() < 0.3:
            found += [
                (offset + start, data[start : start + SECTOR_BYTES])
                for start in range(0, len(data), SECTOR_BYTES)
                if source.random() < 0.5
            ]
        else:
            found.append((offset, data))
    if source.random() < 0.5:
        found.sort(key=lambda _: source.random())
    return found
