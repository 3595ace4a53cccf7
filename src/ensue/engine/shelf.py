"""The shelf: where bodies are, bytes that are too large for a row, each a file beside the store.

A body is written once, under a name that nothing else ever had, and is never changed. It is whole
and on the disk before a row tells of it, so a crash leaves a file without a row at worst, never a
row without its file. `bodies` has the rows, `file_shelf` the files, and `body_keeper` removes what
no row tells of.

    <store>.bodies/<number of the resource>/<last two letters of the id>/<id>
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import NamedTuple, Protocol, TypeVar

from ensue.words.errors import StoreUnusable
from ensue.words.values import shown

T = TypeVar("T")

FOLDER_SUFFIX = ".bodies"
SHARD_LENGTH = 2
_NO_NAME = re.compile(r"[/\\\0]|\.\Z")
NewId = Callable[[], str]


class BodyPlace(NamedTuple):
    """Where a body is: the number of the resource that it belongs to, and its id."""

    number: int
    id: str


class Draft(Protocol):
    """A body that is being written.

    Attributes:
        place: where it will be.
    """

    place: BodyPlace

    def write(self, chunk: bytes) -> None:
        """Add to it."""

    def finish(self) -> None:
        """Let it be whole, and on the disk."""

    def discard(self) -> None:
        """Leave nothing of it."""


class OpenBody(Protocol):
    """A body that is being read; it stays readable when it is removed meanwhile.

    Attributes:
        size: how many bytes it has.
    """

    size: int

    def read(self, offset: int, count: int) -> bytes:
        """Some of its bytes; fewer at its end only."""

    def close(self) -> None:
        """It is read no more."""


class Shelf(Protocol):
    """Where the bodies of a store are.

    Attributes:
        writing: the bodies that are being written, or whose rows are about to commit.
        unsettled: those that transactions have written, which may have been undone since.
    """

    writing: set[BodyPlace]
    unsettled: set[BodyPlace]

    async def do(self, run: Callable[[], T]) -> T:
        """Run what may wait for the disk, without the event loop waiting for it."""

    def draft(self, number: int, new_id: NewId) -> Draft:
        """Begin a body of a resource, under an id that is new there, and note it as `writing`."""

    def open(self, place: BodyPlace) -> OpenBody:
        """Open a body.

        Raises:
            FileNotFoundError: there is none.
        """

    def link(self, source: BodyPlace, number: int, new_id: NewId) -> Draft:
        """Give a body a second place, of another resource perhaps: a draft that is finished.

        Raises:
            FileNotFoundError: there is no such body.
        """

    def remove(self, place: BodyPlace) -> None:
        """Remove a body, if it is there."""

    def ids(self, number: int) -> Iterator[list[str]]:
        """The ids of the bodies of a resource that are there, some at a time."""

    def clearing(self) -> AbstractContextManager[bool]:
        """Whether bodies may be removed within the block: not while somebody copies them."""


def folder_of(store: str) -> Path:
    """Where the bodies of a store's file are."""
    return Path(f"{store}{FOLDER_SUFFIX}")


def is_id(name: str) -> bool:
    """Whether a name may be that of a body's file."""
    return len(name) >= SHARD_LENGTH and _NO_NAME.search(name) is None


def path_of(folder: Path, place: BodyPlace) -> Path:
    """Where a body is in a folder of bodies.

    Raises:
        StoreUnusable: the id is no name of a file: nothing outside of the folder is touched.
    """
    if not is_id(place.id):
        raise StoreUnusable("expected the id of a body, got what is none", at=shown(place.id))
    return folder / str(place.number) / place.id[-SHARD_LENGTH:] / place.id


class MemoryShelf:
    """Bodies of a store in memory."""

    def __init__(self) -> None:
        self.writing: set[BodyPlace] = set()
        self.unsettled: set[BodyPlace] = set()
        self.bodies: dict[BodyPlace, bytes] = {}

    async def do(self, run: Callable[[], T]) -> T:
        """Run it: there is no disk to wait for."""
        return run()

    def draft(self, number: int, new_id: NewId) -> Draft:
        """Begin a body."""
        place = BodyPlace(number, new_id())
        self.writing.add(place)
        return _MemoryDraft(self.bodies, place)

    def open(self, place: BodyPlace) -> OpenBody:
        """Open a body.

        Raises:
            FileNotFoundError: there is none.
        """
        if place not in self.bodies:
            raise FileNotFoundError(place.id)
        return _MemoryBody(self.bodies[place])

    def link(self, source: BodyPlace, number: int, new_id: NewId) -> Draft:
        """Give a body a second place.

        Raises:
            FileNotFoundError: there is no such body.
        """
        if source not in self.bodies:
            raise FileNotFoundError(source.id)
        place = BodyPlace(number, new_id())
        self.writing.add(place)
        self.bodies[place] = self.bodies[source]
        return _MemoryDraft(self.bodies, place)

    def remove(self, place: BodyPlace) -> None:
        """Remove a body, if it is there."""
        self.bodies.pop(place, None)

    def ids(self, number: int) -> Iterator[list[str]]:
        """The ids of the bodies of a resource."""
        yield [place.id for place in self.bodies if place.number == number]

    @contextmanager
    def clearing(self) -> Iterator[bool]:
        """Nobody else sees them."""
        yield True


class _MemoryDraft:
    def __init__(self, bodies: dict[BodyPlace, bytes], place: BodyPlace) -> None:
        self.place = place
        self._bodies = bodies
        self._chunks: list[bytes] = []

    def write(self, chunk: bytes) -> None:
        self._chunks.append(bytes(chunk))

    def finish(self) -> None:
        self._bodies[self.place] = b"".join(self._chunks)

    def discard(self) -> None:
        self._bodies.pop(self.place, None)


class _MemoryBody:
    def __init__(self, body: bytes) -> None:
        self.size = len(body)
        self._body = body

    def read(self, offset: int, count: int) -> bytes:
        return self._body[offset : offset + count]

    def close(self) -> None:
        pass
