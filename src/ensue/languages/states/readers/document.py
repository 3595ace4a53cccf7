"""A JSON document: the elements of its array, or the members of its object, wherever they lie.

The document is never in memory as a whole. What lies before the items, and is not wanted, is
passed over token by token; an item is decoded when its last byte is there.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from ensue.languages.states.readers.lines import decoded
from ensue.languages.states.readers.window import Piece, Place, failed
from ensue.words.values import Json

ARRAY: Final = "array"
OBJECT: Final = "object"
# Within an object that the pointer goes through: before its first member, and behind another one.
MEMBERS: Final = "members"
SIBLINGS: Final = "siblings"

_SPACE = re.compile(rb"[ \t\r\n]*+")
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_SCALAR = re.compile(rb"[^\s,\[\]{}\":]++")
_STRUCTURE = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+("?)|[\[\]{}]', re.DOTALL)
_OPENS = frozenset(b"[{")


class _Short(Exception):
    """The window ends before what is looked for does."""


def parse_pointer(text: str) -> tuple[str, ...]:
    """The steps of a JSON pointer (RFC 6901): ``/data/items``.

    Raises:
        StateError: it is none.
    """
    if text and not text.startswith("/"):
        raise failed(f"expected ItemsPointer to be a JSON pointer such as /items, got {text!r}")
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in text.split("/")[1:])


class DocumentReader:
    """Reads the items of a JSON document.

    Args:
        pointer: the steps to what holds the items; none for the document itself.
    """

    def __init__(self, pointer: Sequence[str] = ()) -> None:
        self._pointer = tuple(pointer)

    def read(self, window: bytes, place: Place, *, is_end: bool, items_max: int) -> Piece:
        """As `Reader.read` says."""
        scan = _Scan(window, place, self._pointer, items_max)
        try:
            scan.run()
        except _Short:
            if is_end:
                raise failed(
                    f"expected the rest of {scan.sought}, got the end of the file",
                    f"byte {place.offset + len(window) + 1}",
                ) from None
        return scan.piece()


class _Scan:
    """One look at a window. What it has passed for good is kept in its fields."""

    def __init__(
        self, window: bytes, place: Place, pointer: tuple[str, ...], items_max: int
    ) -> None:
        self._window = window
        self._base = place
        self._pointer = pointer
        self._items_max = items_max
        self._items: list[Json] = []
        self._keys: list[str] = []
        self._at = self._passed = 0
        self._entered, self._skipping = place.entered, place.skipping
        self._within, self._is_done = place.within, place.is_done
        self.sought = "the document"

    def piece(self) -> Piece:
        place = msgspec.structs.replace(
            self._base,
            offset=self._base.offset + self._passed,
            taken=self._base.taken + len(self._items),
            entered=self._entered,
            skipping=self._skipping,
            within=self._within,
            is_done=self._is_done,
        )
        return Piece(self._items, place, self._keys if self._within == OBJECT else None)

    def run(self) -> None:
        if self._skipping:
            self._pass_over()
        while self._within not in {ARRAY, OBJECT}:
            self._enter()
        while len(self._items) < self._items_max and not self._is_done:
            self._take()

    def _enter(self) -> None:
        """Go one token nearer to the items."""
        is_there = self._entered == len(self._pointer)
        self.sought = "the items" if is_there else f"the member {self._pointer[self._entered]!r}"
        if self._within:
            self._find_member(self._pointer[self._entered])
            return
        found = self._peek()
        if is_there:
            if found not in _OPENS:
                raise self._wrong("an array or an object", found)
            self._within = OBJECT if found == ord("{") else ARRAY
        elif found != ord("{"):
            raise self._wrong(f"an object with the member {self._pointer[self._entered]!r}", found)
        else:
            self._within = MEMBERS
        self._at += 1
        self._keep()

    def _find_member(self, wanted: str) -> None:
        """Go behind the colon of the next member when it is the one, else behind its value."""
        if self._peek() == ord("}"):
            raise failed(f"expected an object with the member {wanted!r}, got none", self._where())
        if self._within == SIBLINGS:
            self._comma()
        if self._key() == wanted:
            self._entered += 1
            self._within = ""
        else:
            self._skip_value()
        self._keep()

    def _skip_value(self) -> None:
        """Go behind a member's value, or into the container that it is."""
        if self._peek() not in _OPENS:
            self._at = self._value_end()
            self._within = SIBLINGS
            return
        self._at += 1
        self._within = SIBLINGS
        self._skipping = 1
        self._keep()
        self._pass_over()

    def _pass_over(self) -> None:
        """Go behind the container that nobody wants."""
        self.sought = "a member that is passed over"
        for match in _STRUCTURE.finditer(self._window, self._at):
            token = match[0]
            if token[0] == ord('"'):
                if not match[1]:
                    raise _Short
                continue
            self._skipping += 1 if token[0] in _OPENS else -1
            self._at = match.end()
            self._keep()
            if not self._skipping:
                return
        raise _Short

    def _take(self) -> None:
        """Take the next item."""
        self.sought = f"item {self._base.taken + len(self._items) + 1}"
        close = ord("}") if self._within == OBJECT else ord("]")
        found = self._peek()
        is_first = self._base.taken + len(self._items) == 0
        if found == close:
            self._at += 1
            self._is_done = True
            self._keep()
            return
        if not is_first:
            self._comma()
        key = self._key() if self._within == OBJECT else None
        self._peek()
        start, self._at = self._at, self._value_end()
        self._items.append(decoded(self._window[start : self._at], self._where(start)))
        if key is not None:
            self._keys.append(key)
        self._keep()

    def _comma(self) -> None:
        found = self._peek()
        if found != ord(","):
            raise self._wrong("a comma", found)
        self._at += 1

    def _key(self) -> str:
        found = self._peek()
        if found != ord('"'):
            raise self._wrong("the key of a member", found)
        start = self._at
        self._at = self._value_end()
        key = decoded(self._window[start : self._at], self._where(start))
        found = self._peek()
        if found != ord(":"):
            raise self._wrong("a colon", found)
        self._at += 1
        return str(key)

    def _value_end(self) -> int:
        """Where the value that begins here ends."""
        at = self._at
        first = self._window[at]
        if first == ord('"'):
            match = _STRING.match(self._window, at)
            if match is None:
                raise _Short
            return match.end()
        if first not in _OPENS:
            match = _SCALAR.match(self._window, at)
            if match is None:
                raise self._wrong("a value", first)
            if match.end() == len(self._window):
                raise _Short
            return match.end()
        depth = 0
        for match in _STRUCTURE.finditer(self._window, at):
            token = match[0]
            if token[0] == ord('"'):
                if not match[1]:
                    raise _Short
                continue
            depth += 1 if token[0] in _OPENS else -1
            if not depth:
                return match.end()
        raise _Short

    def _peek(self) -> int:
        """The first byte that is no white space."""
        match = _SPACE.match(self._window, self._at)
        self._at = self._at if match is None else match.end()
        if self._at == len(self._window):
            raise _Short
        return self._window[self._at]

    def _keep(self) -> None:
        self._passed = self._at

    def _where(self, at: int | None = None) -> str:
        place = self._at if at is None else at
        return (
            f"item {self._base.taken + len(self._items) + 1}, byte {self._base.offset + place + 1}"
        )

    def _wrong(self, expected: str, found: int) -> Exception:
        return failed(f"expected {expected}, got {chr(found)!r}", self._where())
