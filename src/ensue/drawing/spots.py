"""What takes room in a layer of a picture."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

Key: TypeAlias = tuple[object, ...]


@dataclass
class Spot:
    """Something that takes room in a row.

    Attributes:
        key: what it is.
        row: its row.
        width: how much room it takes.
        height: how high it is.
        is_knee: whether it is but a point of a line.
        x: where its middle is.
        above: the spots of the row above that are tied to it, with the weight of the tie.
        below: those of the row below.
    """

    key: Key
    row: int
    width: float = 0
    height: float = 0
    is_knee: bool = False
    x: float = 0
    above: dict[int, float] = field(default_factory=dict)
    below: dict[int, float] = field(default_factory=dict)
