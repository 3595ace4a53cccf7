"""How a body is read in pieces: a reader is given a window of it and says what items it holds.

A reader is a function of the window and of the place where the window begins. So a body of any
length costs the memory of one window, and the place, which is JSON, is all that must be kept to go
on later: after a crash, in another process.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

import msgspec

from ensue.languages.states.errors import ITEM_READER_FAILED, StateError
from ensue.words.values import Json

ITEM_BYTES_MAX = 8_388_608
BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


class Place(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a reader stands in a body.

    Attributes:
        offset: how many bytes lie before it.
        taken: how many items lie before it.
        line: the line that it is in, from 1.
        header: the names of the columns, once they are known.
        entered: of a document: how many steps of the pointer were found.
        skipping: of a document: how many containers that nobody wants are open.
        within: of a document: what it is within; see `document`.
        is_done: whether there are no more items.
    """

    offset: int = 0
    taken: int = 0
    line: int = 1
    header: tuple[str, ...] | None = None
    entered: int = 0
    skipping: int = 0
    within: str = ""
    is_done: bool = False


class Piece(msgspec.Struct, frozen=True):
    """What a window holds.

    Attributes:
        items: the items, in order.
        place: where the next window begins.
        keys: of an object's items: the key of each; None for others.
    """

    items: Sequence[Json]
    place: Place
    keys: Sequence[str] | None = None


class Reader(Protocol):
    """Reads items from the windows of a body."""

    def read(self, window: bytes, place: Place, *, is_end: bool, items_max: int) -> Piece:
        """The items that lie whole in a window.

        Args:
            window: bytes of the body from the place's offset.
            place: where the window begins.
            is_end: whether the body ends with the window.
            items_max: how many items are wanted at most.

        Returns:
            The items, and the place behind them. A place that has not moved says that the window
            is too short for the next item.

        Raises:
            StateError: what is there is no item: States.ItemReaderFailed, with its row and column.
        """
        ...


def failed(message: str, at: str = "") -> StateError:
    """The error of an ItemReader.

    Args:
        message: expected X, got Y.
        at: where: a row and a column, a line, or a byte.
    """
    return StateError(ITEM_READER_FAILED, f"{message}, at {at}" if at else message)


def read_window(
    reader: Reader, window: bytes, place: Place, *, is_end: bool, items_max: int
) -> Piece:
    """What `Reader.read` gives, within the bound of an item, and behind a byte order mark.

    Raises:
        StateError: what is there is no item, or one is longer than 8 MiB.
    """
    if place.is_done or items_max <= 0:
        return Piece([], place)
    if place.offset == 0 and not place.entered:
        if not is_end and len(window) < len(BYTE_ORDER_MARK):
            return Piece([], place)
        if window.startswith(BYTE_ORDER_MARK):
            size = len(BYTE_ORDER_MARK)
            place = msgspec.structs.replace(place, offset=size)
            window = window[size:]
    piece = reader.read(window, place, is_end=is_end, items_max=items_max)
    if piece.place == place and not is_end and len(window) >= ITEM_BYTES_MAX:
        raise failed(
            f"expected an item of at most {ITEM_BYTES_MAX} bytes, got a longer one",
            f"item {place.taken + 1}, byte {place.offset + 1}",
        )
    return piece
