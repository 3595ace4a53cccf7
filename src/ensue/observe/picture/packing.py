"""The boxes of the apps side by side: each as high up as there is room."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from ensue.observe.architecture import Architecture
from ensue.observe.picture.layers import Layers, layers
from ensue.observe.picture.shown import Shown, shown

MAP_WIDTH = 1_164.0
PADDING = 18.0
HEAD = 40.0
GAP = 18.0
HEAD_WIDTH = 250.0


@dataclass(frozen=True)
class Placed:
    """The box of an app with its place.

    Attributes:
        layers: what is in it.
        x: its left side.
        y: its top.
        width: how wide it is.
        height: how high it is.
        is_open: whether its parts are drawn; else only its name is.
    """

    layers: Layers
    x: float
    y: float
    width: float
    height: float
    is_open: bool

    @property
    def app(self) -> str:
        """The app."""
        return self.layers.shown.app


@dataclass(frozen=True)
class Picture:
    """All boxes with their places.

    Attributes:
        width: how wide it is.
        height: how high it is.
        boxes: the apps.
    """

    width: float
    height: float
    boxes: tuple[Placed, ...]


def picture(
    found: Architecture, *, closed: Collection[str] = (), width: float = MAP_WIDTH
) -> Picture:
    """The picture of an architecture.

    Args:
        found: the architecture.
        closed: the apps of which only the name is drawn.
        width: how wide it may be; it is wider where one app is.
    """
    given = shown(found)
    drawn = [layers(Shown(each.app, (), (), {}) if each.app in closed else each) for each in given]
    sizes = [_size(each, is_open=each.shown.app not in closed) for each in drawn]
    width = max([width, *(wide for wide, _ in sizes)])
    # The widest first: what is narrow finds room beside and below them.
    order = sorted(range(len(sizes)), key=lambda at: -sizes[at][0])
    places = dict(zip(order, pack([sizes[at] for at in order], width, GAP), strict=True))
    boxes = tuple(
        Placed(each, *places[at], *sizes[at], each.shown.app not in closed)
        for at, each in enumerate(drawn)
    )
    height = max((each.y + each.height for each in boxes), default=0)
    used = max((each.x + each.width for each in boxes), default=0)
    return Picture(used, height, boxes)


def _size(given: Layers, *, is_open: bool) -> tuple[float, float]:
    if not is_open or not given.boxes:
        return HEAD_WIDTH, HEAD
    return max(HEAD_WIDTH, given.width + 2 * PADDING), HEAD + given.height + 2 * PADDING


def pack(
    sizes: Sequence[tuple[float, float]], width: float, gap: float
) -> list[tuple[float, float]]:
    """Where boxes go that stand beside and below each other, one after the other.

    Each goes as high up as there is room for it below those before, and there as far to the left:
    the skyline heuristic of packing rectangles.

    Args:
        sizes: how wide and high each is.
        width: how wide all may be together.
        gap: how far they are apart.
    """
    end = width + gap
    skyline: list[tuple[float, float, float]] = [(0.0, end, 0.0)]
    found = []
    for wide, high in ((wide + gap, high + gap) for wide, high in sizes):
        starts = [start for start, _, _ in skyline if start + wide <= end + 1e-6] or [0.0]
        y, x = min((_height(skyline, start, start + wide), start) for start in starts)
        found.append((x, y))
        skyline = _raised(skyline, x, x + wide, y + high)
    return found


def _height(skyline: Sequence[tuple[float, float, float]], left: float, right: float) -> float:
    return max((y for start, end, y in skyline if start < right and end > left), default=0.0)


def _raised(
    skyline: Sequence[tuple[float, float, float]], left: float, right: float, y: float
) -> list[tuple[float, float, float]]:
    found = [(left, right, y)]
    for start, end, at in skyline:
        if start < left:
            found.append((start, min(end, left), at))
        if end > right:
            found.append((max(start, right), end, at))
    return sorted(found)
