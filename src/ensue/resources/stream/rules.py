"""Which shard a key goes to, the ranges of shards, and which records a pattern wants. No I/O."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

from ensue.languages.patterns import compile_pattern
from ensue.resources.stream.model import HASH_KEYS, StreamRecord
from ensue.words import values
from ensue.words.errors import Conflict, InvalidValue
from ensue.words.values import Json

HASH_KEY_BYTES = 16
Range = tuple[bytes, bytes]


def hash_key(key: str) -> bytes:
    """The 128-bit hash key of a partition key: its MD5, as Kinesis has it."""
    return hashlib.md5(key.encode(), usedforsecurity=False).digest()


def uniform(count: int) -> list[Range]:
    """All hash keys in ``count`` ranges of the same size."""
    bounds = [HASH_KEYS * number // count for number in range(count + 1)]
    return [(_bytes(low), _bytes(high - 1)) for low, high in pairwise(bounds)]


def halves(low: bytes, high: bytes, at: str | None) -> list[Range]:
    """A range in two.

    Args:
        low: its lowest hash key.
        high: its highest.
        at: the lowest hash key of the second, in hexadecimal; the middle by default.

    Raises:
        InvalidValue: ``at`` is no hash key of the range but its first.
    """
    first, last = int.from_bytes(low), int.from_bytes(high)
    try:
        middle = (first + last + 1) // 2 if at is None else int(at, 16)
    except ValueError:
        middle = -1
    if not first < middle <= last:
        raise InvalidValue(
            f"expected a hash key from {first + 1:032x} to {last:032x}, got {at}",
            at="$.at",
            hint="The hash key of a partition key is its MD5.",
        )
    return [(low, _bytes(middle - 1)), (_bytes(middle), high)]


def joined(one: Range, other: Range) -> Range:
    """Two ranges as one.

    Raises:
        Conflict: they are not next to each other.
    """
    lower, upper = sorted((one, other))
    if int.from_bytes(lower[1]) + 1 != int.from_bytes(upper[0]):
        raise Conflict("expected two shards whose ranges of hash keys are next to each other")
    return lower[0], upper[1]


def _bytes(number: int) -> bytes:
    return number.to_bytes(HASH_KEY_BYTES)


def wanting(pattern: Mapping[str, Json]) -> Callable[[StreamRecord], bool]:
    """Whether a record, with all that it is shown with, matches a pattern.

    Raises:
        InvalidPattern: the pattern does not compile; says where.
    """
    compiled = compile_pattern(pattern)

    def wants(record: StreamRecord) -> bool:
        shown: dict[str, Any] = {
            "id": record.id,
            "stream": record.stream,
            "sequence": record.sequence,
            "shard": record.shard,
            "key": record.key,
            "data": values.as_json(record.data),
            "at_ms": record.at_ms,
            "attributes": values.as_plain(dict(record.attributes)),
        }
        return compiled.matches(shown)

    return wants
