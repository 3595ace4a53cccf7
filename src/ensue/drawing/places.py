"""Which spot stands where in its row: first their order, then how far from the left.

The order is that with the fewest crossings found by sorting rows by the middle of what they are
tied to, up and down. Within it each spot goes as near to what it is tied to as its neighbours let
it: the weighted median of their places, by pooling those that would overlap (isotonic regression
by pooling adjacent violators), which makes long lines straight.
"""

from __future__ import annotations

import itertools
from bisect import bisect_right, insort
from collections.abc import Iterable, Mapping, Sequence

from ensue.drawing.spots import Spot

SWEEPS = 12
SETTLINGS = 10
NODE_GAP = 26
GAP = 13

Rows = list[list[int]]
Pull = tuple[float, float]


def order(spots: Sequence[Spot], rows: Rows) -> Rows:
    """The rows, each in the order in which the fewest lines cross.

    Args:
        spots: all of them.
        rows: the spots of each row, in an order to begin with.
    """
    best, fewest = rows, crossings(spots, rows)
    now = [list(row) for row in rows]
    for sweep in range(SWEEPS):
        if not fewest:
            break
        down = sweep % 2 == 0
        for at in range(1, len(now)) if down else range(len(now) - 2, -1, -1):
            beside = now[at - 1] if down else now[at + 1]
            place = {index: float(position) for position, index in enumerate(beside)}
            now[at] = _sorted(now[at], spots, place, down=down)
        count = crossings(spots, now)
        if count < fewest:
            best, fewest = [list(row) for row in now], count
    return _exchanged(spots, best) if fewest else best


def crossings(spots: Sequence[Spot], rows: Rows) -> int:
    """How many pairs of ties cross.

    Args:
        spots: all of them.
        rows: the spots of each row, in their order.
    """
    return sum(_between(spots, upper, lower) for upper, lower in itertools.pairwise(rows))


def settle(
    spots: Sequence[Spot], rows: Rows, *, node_gap: float = NODE_GAP, gap: float = GAP
) -> None:
    """Give each spot its ``x``, from 0 on, so that none overlaps another.

    Args:
        spots: all of them; changed.
        rows: the spots of each row, in their order.
        node_gap: between two in an even row of which none is a knee.
        gap: between any other two.
    """
    offsets = [_offsets(spots, row, node_gap, gap) for row in rows]
    for row, offset in zip(rows, offsets, strict=True):
        for index, at in zip(row, offset, strict=True):
            spots[index].x = at - (offset[-1] if offset else 0) / 2
    for turn in range(SETTLINGS):
        down, up = list(range(len(rows))), list(range(len(rows) - 1, -1, -1))
        last = turn >= SETTLINGS - 3
        for at in down:
            _place(spots, rows[at], offsets[at], above=True, below=last)
        for at in up:
            _place(spots, rows[at], offsets[at], above=last, below=True)
    left = min((spot.x - spot.width / 2 for spot in spots), default=0)
    for spot in spots:
        spot.x -= left


def _place(
    spots: Sequence[Spot], row: list[int], offset: list[float], *, above: bool, below: bool
) -> None:
    pulls = []
    for index, at in zip(row, offset, strict=True):
        spot = spots[index]
        ties: list[Pull] = []
        if above:
            ties += [(spots[other].x - at, weight) for other, weight in spot.above.items()]
        if below:
            ties += [(spots[other].x - at, weight) for other, weight in spot.below.items()]
        pulls.append(ties or [(spot.x - at, 0.01)])
    for index, at, x in zip(row, offset, _pooled(pulls), strict=True):
        spots[index].x = x + at


def _pooled(pulls: list[list[Pull]]) -> list[float]:
    """For each the median of its pulls, or of its neighbours' too: none is less than the last."""
    blocks: list[tuple[float, list[Pull], int]] = []
    for ties in pulls:
        block = (_median(ties), ties, 1)
        while blocks and blocks[-1][0] > block[0]:
            _, before, count = blocks.pop()
            both = before + block[1]
            block = (_median(both), both, count + block[2])
        blocks.append(block)
    return [x for x, _, count in blocks for _ in range(count)]


def _median(pulls: list[Pull]) -> float:
    pulls = sorted(pulls)
    half = sum(weight for _, weight in pulls) / 2
    reached = 0.0
    for at, (value, weight) in enumerate(pulls):
        reached += weight
        if reached > half:
            return value
        if reached == half and at + 1 < len(pulls):
            return (value + pulls[at + 1][0]) / 2
    return pulls[-1][0]


def _offsets(
    spots: Sequence[Spot], row: list[int], node_gap: float, other_gap: float
) -> list[float]:
    """How far the middle of each is from that of the first, when they stand side by side."""
    found: list[float] = []
    for at, index in enumerate(row):
        if not at:
            found.append(0)
            continue
        before, spot = spots[row[at - 1]], spots[index]
        both = not before.is_knee and not spot.is_knee and spot.row % 2 == 0
        gap = node_gap if both else other_gap
        found.append(found[-1] + (before.width + spot.width) / 2 + gap)
    return found


def _sorted(
    row: list[int], spots: Sequence[Spot], place: Mapping[int, float], *, down: bool
) -> list[int]:
    def middle(position: int) -> float:
        spot = spots[row[position]]
        ties = spot.above if down else spot.below
        if not ties:
            return float(position)
        return sum(place[index] for index in ties) / len(ties)

    return [row[position] for position in sorted(range(len(row)), key=middle)]


def _exchanged(spots: Sequence[Spot], rows: Rows) -> Rows:
    """The rows with neighbours exchanged wherever that leaves fewer crossings."""
    for _ in range(4):
        better = False
        for at, row in enumerate(rows):
            near = rows[max(at - 1, 0) : at + 2]
            fewest = crossings(spots, near)
            for place in range(len(row) - 1):
                row[place], row[place + 1] = row[place + 1], row[place]
                count = crossings(spots, near)
                if count < fewest:
                    fewest, better = count, True
                else:
                    row[place], row[place + 1] = row[place + 1], row[place]
        if not better:
            break
    return rows


def _between(spots: Sequence[Spot], upper: Iterable[int], lower: Iterable[int]) -> int:
    place = {index: position for position, index in enumerate(lower)}
    seen: list[int] = []
    count = 0
    for index in upper:
        ends = sorted(place[other] for other in spots[index].below)
        count += sum(len(seen) - bisect_right(seen, end) for end in ends)
        for end in ends:
            insort(seen, end)
    return count
