"""Numbers that look like chance and follow from a seed."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256

from ensue.words.values import Json

Chance = Callable[[], float]
_BITS = 53


def chance_of(seed: bytes) -> Chance:
    """A function that gives the seed's next number, at least 0 and less than 1."""
    drawn = 0

    def draw() -> float:
        nonlocal drawn
        drawn += 1
        digest = sha256(seed + drawn.to_bytes(8, "big")).digest()
        return (int.from_bytes(digest[:8], "big") >> (64 - _BITS)) * 2.0**-_BITS

    return draw


def shuffled(items: list[Json], chance: Chance) -> list[Json]:
    """The items in another order."""
    found = list(items)
    for last in range(len(found) - 1, 0, -1):
        other = int(chance() * (last + 1))
        found[last], found[other] = found[other], found[last]
    return found
