"""Ids and randomness: the only place that draws them, so that a run can replay from a seed.

Two kinds of id, both UUIDs of RFC 9562, so that every outside system takes them:

* `Ids.new_id` is a UUIDv7: time and randomness, for what an app names itself (an order).
* A *record id* names a stored fact, message or hop. It is a UUIDv8 that holds where the record is:
  the store's salt (60 bits), the log's or table's number (14 bits) and the sequence number (48
  bits). It is found without an index, and never the same in two stores.
"""

from __future__ import annotations

import os
import random
import threading
from typing import NamedTuple, Protocol

from ensue.engine.clock import Clock

HOP_NUMBER = 0
WORK_NUMBER = 1
EXECUTION_NUMBER = 2
FIRST_FREE_NUMBER = 16
NUMBER_MAX = 2**14 - 1
SALT_BITS = 60

_SEQUENCE = (1 << 48) - 1
_VARIANT = 0b10 << 62


class Random(Protocol):
    """What Ensue needs of a source of randomness; `random.Random` and its kin have it."""

    def getrandbits(self, k: int, /) -> int:
        """An integer of ``k`` random bits."""

    def random(self) -> float:
        """A number from 0 up to but not including 1."""


class _SystemRandom:
    """The operating system's randomness, asked for in blocks: a call for each id is a slow one."""

    BLOCK = 4_096

    def __init__(self) -> None:
        self._block = b""
        self._at = 0
        self._lock = threading.Lock()

    def getrandbits(self, k: int, /) -> int:
        """An integer of ``k`` random bits."""
        size = (k + 7) // 8
        with self._lock:
            if self._at + size > len(self._block):
                self._block, self._at = os.urandom(max(size, self.BLOCK)), 0
            drawn = self._block[self._at : self._at + size]
            self._at += size
        return int.from_bytes(drawn) >> (size * 8 - k)

    def random(self) -> float:
        """A number from 0 up to but not including 1."""
        return self.getrandbits(53) / (1 << 53)


def system_random() -> Random:
    """The operating system's randomness."""
    return _SystemRandom()


def fresh_bytes(count: int) -> bytes:
    """Bytes of the operating system's randomness, also where a run has a seed: for keys and nonces.

    Two secrets sealed under one key with one nonce give away both, and the key's authentication
    with them. A run that is played again from its seed, or a branch, would draw the same nonces.
    """
    return os.urandom(count)


def seeded_random(seed: int) -> Random:
    """Randomness that is the same for the same seed."""
    return random.Random(seed)  # noqa: S311 - a seeded run is meant to be predictable


class Place(NamedTuple):
    """Where a record is: the number of its log (0 hops, 1 work) and its sequence number."""

    number: int
    sequence: int


def _uuid_text(bits: int) -> str:
    text = f"{bits:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


class RecordIds:
    """Record ids of one store.

    Args:
        salt: the store's own 60 random bits.
    """

    __slots__ = ("_high", "_prefix", "salt")

    def __init__(self, salt: int) -> None:
        self.salt = salt
        high = (salt >> 12) << 16 | 0x8000 | (salt & 0xFFF)
        self._high = high << 64 | _VARIANT
        self._prefix = _uuid_text(self._high)[:19]

    def text(self, number: int, sequence: int) -> str:
        """The id of record ``sequence`` in log ``number``."""
        return f"{self._prefix}{0x8000 | number:04x}-{sequence:012x}"

    def place(self, text: str) -> Place | None:
        """Where the record with this id is; None when it is no record id of this store."""
        try:
            bits = int(text.replace("-", ""), 16)
        except ValueError:
            return None
        if len(text) != 36 or bits >> 64 != self._high >> 64:
            return None
        low = bits & ((1 << 64) - 1)
        if low >> 62 != 0b10:
            return None
        place = Place(low >> 48 & NUMBER_MAX, low & _SEQUENCE)
        return place if self.text(*place) == text.lower() else None


class Ids:
    """New ids for what an app makes.

    Args:
        clock: gives the time part.
        source: gives the random part.
    """

    def __init__(self, clock: Clock, source: Random) -> None:
        self._clock = clock
        self._last = 0
        self._lock = threading.Lock()  # the writer's thread draws too
        self.source = source

    def new_id(self) -> str:
        """A UUIDv7: unique, and later ids of one process sort after earlier ones."""
        fresh = self._clock.now_ms() << 74 | self.source.getrandbits(73)
        with self._lock:
            # Within a millisecond, and when the clock steps back, the last one is counted up.
            is_later = fresh >> 74 > self._last >> 74
            last = self._last = fresh if is_later else self._last + 1
        time_ms, drawn = last >> 74, last & ((1 << 74) - 1)
        low = 0b10 << 62 | drawn & ((1 << 62) - 1)
        return _uuid_text(time_ms << 80 | 0x7 << 76 | (drawn >> 62) << 64 | low)

    def salt(self) -> int:
        """The 60 bits that tell one store's record ids from another's."""
        return self.source.getrandbits(SALT_BITS)


def trace_id(record_id: str) -> str:
    """The W3C trace id of what a root hop caused: its record id without the dashes."""
    return record_id.replace("-", "")
