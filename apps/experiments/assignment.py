"""Which variant a user gets: always the same one, by a hash."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping

_BITS = 53


def variant_for(experiment: str, user: str, weights: Mapping[str, float]) -> str:
    """The variant of a user: weighted rendezvous hashing (Thaler and Ravishankar 1998).

    Each variant draws a number for the user, from a hash of all three names, and the least one,
    divided by the weight, wins. So nothing is stored, and when a weight changes only those users
    move who have to: to a variant that got more, or away from one that got less.

    Args:
        experiment: its id.
        user: the user's.
        weights: those of the variants, by id; at least one is above 0.
    """
    drawn = {each: weight for each, weight in weights.items() if weight > 0}
    return min(drawn, key=lambda each: (_waits(experiment, user, each) / drawn[each], each))


def _waits(experiment: str, user: str, variant: str) -> float:
    """A number of the exponential distribution, the same for the same names."""
    names = f"{experiment}\0{user}\0{variant}".encode()
    drawn = int.from_bytes(hashlib.sha256(names).digest()[:8]) >> (64 - _BITS)
    return -math.log((drawn + 0.5) / 2**_BITS)
