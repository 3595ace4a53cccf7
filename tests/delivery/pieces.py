"""What is delivered, and what is seen of it where it arrives."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

RETRIES = 2
ODD = '{"odd": <n>}'


class Piece(NamedTuple):
    """One thing that happens at a source, the n-th of its group."""

    group: str
    n: int


class Arrival(NamedTuple):
    """What arrived at a target.

    Attributes:
        body: as it arrived there.
        group: the group that it came with; None where the target shows none.
        key: by what whoever is outside tells a second one; None inside.
    """

    body: Any
    group: str | None = None
    key: str | None = None


def filled(template: str, piece: Piece) -> Any:
    """A template with a piece in its places, as an input transformer fills it."""
    text = template.replace("<group>", json.dumps(piece.group)).replace("<n>", str(piece.n))
    return json.loads(text)
