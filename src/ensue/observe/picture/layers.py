"""The parts of an app in layers, from the left to the right: what comes in, to its effects."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ensue.drawing.layers import back_edges, in_order
from ensue.drawing.places import order, settle
from ensue.drawing.spots import Spot
from ensue.observe.architecture import Node
from ensue.observe.picture.icons import called
from ensue.observe.picture.shown import DOORS, Line, Shown
from ensue.words.letters import text_width

NAME_SIZE = 13
DETAIL_SIZE = 11
ROUTE_HEIGHT = 28.0
HEIGHT = 44.0
WIDTH_MIN, WIDTH_MAX = 104.0, 196.0
TEXT_LEFT = 36.0
TEXT_RIGHT = 12.0
DOOR_RIGHT = 52.0
RATE_WIDTH = 32.0
NODE_GAP, LINE_GAP = 11.0, 8.0
COLUMN_GAP = 34.0
COLUMN_GAP_MAX = 66.0
PORT_GAP = 7.0
PORT_MARGIN = 7.0
_STRAIGHT, _LOOSE = 8.0, 2.0

Point = tuple[float, float]


@dataclass(frozen=True)
class Box:
    """A part with its place.

    Attributes:
        node: the part.
        x: its left side.
        y: its top.
        width: how wide it is.
        height: how high it is.
        title: its name, as far as there is room.
    """

    node: Node
    x: float
    y: float
    width: float
    height: float
    title: str


@dataclass(frozen=True)
class Curve:
    """A line with its way.

    Attributes:
        line: the line.
        points: through which it goes, from its left end to its right end, in pairs: it is straight
            from the first of a pair to the second, and bends to the next pair.
    """

    line: Line
    points: tuple[Point, ...]


@dataclass(frozen=True)
class Layers:
    """The parts of an app with their places.

    Attributes:
        shown: what is drawn.
        width: how wide it is.
        height: how high it is.
        boxes: the parts.
        curves: the lines.
    """

    shown: Shown
    width: float
    height: float
    boxes: tuple[Box, ...]
    curves: tuple[Curve, ...]


def layers(given: Shown) -> Layers:
    """The parts of an app in layers.

    Args:
        given: what is drawn of it.
    """
    if not given.nodes:
        return Layers(given, 0, 0, (), ())
    return _Web(given).layers()


def size_of(node: Node) -> tuple[float, float, str]:
    """How wide and high the box of a part is, and its name as far as there is room."""
    is_door = node.kind in DOORS
    around = DOOR_RIGHT if is_door else TEXT_LEFT + TEXT_RIGHT
    title = _cut(node.title, WIDTH_MAX - around)
    width = text_width(title, NAME_SIZE, is_bold=True) + around
    if not is_door:
        # Beside what it is called there is room for how much goes through it.
        width = max(width, text_width(called(node.kind), DETAIL_SIZE) + around + RATE_WIDTH)
    return min(WIDTH_MAX, max(WIDTH_MIN, width)), ROUTE_HEIGHT if is_door else HEIGHT, title


def _cut(text: str, width: float) -> str:
    """A name that fits: the middle of it is left out, as its beginning and its end tell it."""
    if text_width(text, NAME_SIZE, is_bold=True) <= width:
        return text
    kept = len(text) - 1
    while kept > 2:
        head = (kept + 1) // 2
        short = f"{text[:head]}…{text[len(text) - (kept - head) :]}"
        if text_width(short, NAME_SIZE, is_bold=True) <= width:
            return short
        kept -= 1
    return "…"


class _Web:
    """The spots of an app and the chains of spots that its lines go through.

    Args:
        given: what is drawn of it.
    """

    def __init__(self, given: Shown) -> None:
        self._shown = given
        self._sizes = {each.id: size_of(each) for each in given.nodes}
        self._kinds = {each.id: each.kind for each in given.nodes}
        self._followed = {each.source for each in given.lines if each.how == "declared"}
        self._fed = {each.target for each in given.lines if self._kinds[each.source] in DOORS}
        self._back: set[tuple[str, str]] = set()
        self._rows = self._ranked()
        self._spots: list[Spot] = []
        self._index: dict[tuple[object, ...], int] = {}
        for node in given.nodes:
            self._spot(("node", node.id), self._rows[node.id], self._sizes[node.id][1])
        self._chains = [self._chain(each) for each in given.lines]

    def layers(self) -> Layers:
        """Everything with its place."""
        rows = order(self._spots, self._in_rows())
        settle(self._spots, rows, node_gap=NODE_GAP, gap=LINE_GAP)
        lefts, widths = self._columns(rows)
        boxes = {each.id: self._box(each, lefts) for each in self._shown.nodes}
        curves = self._curves(boxes, lefts, widths)
        bottom = max(spot.x + spot.width / 2 for spot in self._spots)
        return Layers(
            self._shown, lefts[-1] + widths[-1], bottom, tuple(boxes.values()), tuple(curves)
        )

    def _ends(self, line: Line) -> tuple[str, str]:
        """The part at its left and the one at its right."""
        ends = line.source, line.target
        return ends[::-1] if ends in self._back else ends

    def _ranked(self) -> dict[str, int]:
        """The layer of each part: behind what leads to it, and near to what it leads to.

        What a handler writes into a log that comes from elsewhere, such as a table that a door
        writes, leads back: else each such round would make the picture longer.
        """
        leading = [each for each in self._shown.lines if not self._is_feedback(each)]
        while True:
            self._back = self._backward(leading)
            rows = self._behind(leading)
            level = [
                each
                for each in self._shown.lines
                if each not in leading and rows[each.source] == rows[each.target]
            ]
            if not level:
                break
            leading += level
        more = {
            (each.source, each.target)
            for each in self._shown.lines
            if rows[each.source] > rows[each.target]
        }
        self._back = more
        return rows

    def _is_feedback(self, line: Line) -> bool:
        """Whether code writes into a log that is followed, and that something else feeds too."""
        if line.how == "declared" or self._kinds[line.source] in DOORS:
            return False
        return line.target in self._followed and line.target in self._fed

    def _backward(self, lines: Sequence[Line]) -> set[tuple[str, str]]:
        """The lines that would lead to the left: those that close a circle."""
        targets: dict[str, list[str]] = {each.id: [] for each in self._shown.nodes}
        for line in lines:
            targets[line.source].append(line.target)
        doors = [each.id for each in self._shown.nodes if each.kind in DOORS]
        entered = {each.target for each in lines}
        first = [name for name in targets if name not in entered and name not in doors]
        return back_edges([*doors, *first], targets)

    def _behind(self, lines: Sequence[Line]) -> dict[str, int]:
        ways = [self._ends(each) for each in lines]
        before: dict[str, list[str]] = {each.id: [] for each in self._shown.nodes}
        after: dict[str, list[str]] = {each.id: [] for each in self._shown.nodes}
        for source, target in ways:
            before[target].append(source)
            after[source].append(target)
        names = in_order(None, [*before], ways)
        rows: dict[str, int] = {}
        for name in names:
            rows[name] = max((rows[each] + 1 for each in before[name]), default=0)
        for name in reversed(names):
            is_door = self._kinds[name] in DOORS
            if not is_door and after[name] and not before[name]:
                rows[name] = max(rows[name], min(rows[each] for each in after[name]) - 1)
        return rows

    def _chain(self, line: Line) -> list[int]:
        """The spots that a line goes through; lines to the same part share those between."""
        source, target = self._ends(line)
        between = range(self._rows[source] + 1, self._rows[target])
        spots = [
            self._index["node", source],
            *(self._spot(("knee", target, row), row, 0, is_knee=True) for row in between),
            self._index["node", target],
        ]
        for one, other in itertools.pairwise(spots):
            both = self._spots[one].is_knee and self._spots[other].is_knee
            weight = _STRAIGHT if both else _LOOSE
            self._spots[one].below[other] = weight
            self._spots[other].above[one] = weight
        return spots

    def _spot(
        self, key: tuple[object, ...], row: int, size: float, *, is_knee: bool = False
    ) -> int:
        if key not in self._index:
            self._index[key] = len(self._spots)
            # Every row is even to `settle`: between two parts is the gap of parts.
            self._spots.append(Spot(key, 2 * row, size, 0, is_knee))
        return self._index[key]

    def _in_rows(self) -> list[list[int]]:
        """The spots of each layer, in the order in which one comes upon them."""
        rows: list[list[int]] = [[] for _ in range(max(each.row for each in self._spots) // 2 + 1)]
        leaving: dict[int, list[list[int]]] = {}
        for chain in self._chains:
            leaving.setdefault(chain[0], []).append(chain)
        seen: set[int] = set()
        for first in range(len(self._spots)):
            stack = [first]
            while stack:
                at = stack.pop()
                if at in seen:
                    continue
                seen.add(at)
                rows[self._spots[at].row // 2].append(at)
                for chain in reversed(leaving.get(at, ())):
                    stack.extend(reversed(chain[1:]))
        return rows

    def _columns(self, rows: Sequence[Sequence[int]]) -> tuple[list[float], list[float]]:
        """Where each layer begins, and how wide it is: as its widest part."""
        lefts: list[float] = []
        widths: list[float] = []
        x = 0.0
        for at, row in enumerate(rows):
            nodes = [self._spots[each].key[1] for each in row if not self._spots[each].is_knee]
            widths.append(max((self._sizes[str(each)][0] for each in nodes), default=0))
            lefts.append(x)
            x += widths[-1] + self._gap(at)
        return lefts, widths

    def _gap(self, row: int) -> float:
        """How far the next layer is: the more lines lead there, the farther."""
        passing = sum(
            1
            for chain in self._chains
            if any(self._spots[each].row == 2 * row for each in chain[:-1])
        )
        return min(COLUMN_GAP_MAX, COLUMN_GAP + 2.0 * passing)

    def _box(self, node: Node, lefts: Sequence[float]) -> Box:
        width, height, title = self._sizes[node.id]
        spot = self._spots[self._index["node", node.id]]
        return Box(node, lefts[self._rows[node.id]], spot.x - height / 2, width, height, title)

    def _curves(
        self, boxes: Mapping[str, Box], lefts: Sequence[float], widths: Sequence[float]
    ) -> list[Curve]:
        leaves = self._ports(boxes, at_end=False)
        enters = self._ports(boxes, at_end=True)
        found = []
        for number, (line, chain) in enumerate(zip(self._shown.lines, self._chains, strict=True)):
            source, target = (boxes[name] for name in self._ends(line))
            points = [(source.x + source.width, leaves[number])]
            row = self._rows[source.node.id]
            points.append((lefts[row] + widths[row], leaves[number]))
            for at in chain[1:-1]:
                spot = self._spots[at]
                left = lefts[spot.row // 2]
                points += [(left, spot.x), (left + widths[spot.row // 2], spot.x)]
            points += [(target.x, enters[number])] * 2
            turned = (line.source, line.target) in self._back
            found.append(Curve(line, tuple(reversed(points)) if turned else tuple(points)))
        return found

    def _ports(self, boxes: Mapping[str, Box], *, at_end: bool) -> list[float]:
        """Where each line leaves or enters its part: side by side, in the order of what is near."""
        ports = [0.0] * len(self._chains)
        by_node: dict[str, dict[int, list[int]]] = {}
        for number, (line, chain) in enumerate(zip(self._shown.lines, self._chains, strict=True)):
            near = chain[-2] if at_end else chain[1]
            by_node.setdefault(self._ends(line)[at_end], {}).setdefault(near, []).append(number)
        for name, sides in by_node.items():
            box = boxes[name]
            nears = sorted(sides, key=lambda each: self._spots[each].x)
            room = box.height - 2 * PORT_MARGIN
            gap = min(PORT_GAP, room / max(1, len(nears) - 1))
            top = box.y + box.height / 2 - gap * (len(nears) - 1) / 2
            for at, near in enumerate(nears):
                for number in sides[near]:
                    ports[number] = top + at * gap
        return ports
