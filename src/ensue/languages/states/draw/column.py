"""A picture in one column, for narrow screens: states below each other, ways as rails beside them.

What a way says stands in the box that it leaves, each on a line of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from ensue.drawing.layers import in_order
from ensue.languages.states.draw.boxes import PANEL_GAP, PANEL_MARGIN, PANEL_PADDING, Sized
from ensue.languages.states.draw.graph import Edge, Graph, Node, has_ring
from ensue.languages.states.draw.ranks import back_edges
from ensue.languages.states.draw.scene import (
    DOT_SIZE,
    END_ROOM,
    ICON_WIDTH,
    LABEL_HEIGHT,
    LABEL_SIZE,
    PADDING,
    STACK_STEP,
    Box,
    Line,
    Point,
    Scene,
    Way,
)
from ensue.words.letters import broken

GAP = 22
LANE = 9
WIDTH_LEAST = 120
WAY_LINES = 3
WAY_GAP = 3

_Trunk: TypeAlias = tuple[str, bool]


def column(graph: Graph, width: float) -> Scene:
    """The scene of a graph in one column.

    Args:
        graph: what is drawn.
        width: how wide it may be; with many ways it is wider nevertheless.
    """
    back = back_edges(graph)
    ends = [(edge.source, edge.target) for edge in graph.edges]
    names = in_order(
        graph.start,
        [node.name for node in graph.nodes],
        [each for each in ends if each not in back],
    )
    rails = _Rails(graph, names)
    nodes = {node.name: node for node in graph.nodes}
    room = max(width - rails.width, WIDTH_LEAST)
    sized = [_sized(nodes[name], rails.ways[name], room) for name in names]
    room = max([room, *(one.width for one in sized)])
    top = y = DOT_SIZE + GAP if graph.start is not None else 0.0
    boxes = []
    for one in sized:
        one.width = room
        boxes.append(one.at(0, y))
        y += one.height + (END_ROOM + DOT_SIZE if has_ring(one.node) else GAP)
    lines = list(rails.lines(boxes))
    start = None
    if graph.start is not None and boxes:
        start = (room / 2, DOT_SIZE / 2)
        lines.append(Line(None, f"M{room / 2:.1f} {DOT_SIZE}V{top:.1f}"))
    rings = [(room / 2, _bottom(box) - DOT_SIZE / 2 - 1) for box in boxes if has_ring(box.node)]
    height = max(map(_bottom, boxes), default=0)
    return Scene(
        room + rails.width, height, tuple(boxes), tuple(lines), (), start, tuple(rings), graph.title
    )


def _bottom(box: Box) -> float:
    return box.y + box.height + (END_ROOM if has_ring(box.node) else 0)


def _sized(node: Node, ways: Sequence[Edge], room: float) -> Sized:
    """The box of a state, with its ways, and the scenes within it below each other."""
    one = Sized(node, room - 2 * PADDING - ICON_WIDTH, is_left=True)
    one.width = room
    said: list[Way] = []
    for edge in ways:
        text = f"{edge.label} → {edge.target}"
        lines = tuple(broken(text, LABEL_SIZE, room - 2 * PADDING, WAY_LINES))
        said.append(Way(edge, lines, one.height))
        one.height += len(lines) * LABEL_HEIGHT + WAY_GAP
    one.ways = tuple(said)
    y = 0.0
    placed: list[tuple[Point, Scene]] = []
    for inner in node.inner:
        scene = column(inner, room - 2 * (PANEL_MARGIN + PANEL_PADDING))
        placed.append(((0, y), scene))
        y += scene.height + PANEL_GAP
    return one.around(placed)


class _Rails:
    """The ways that do not lead to the next state below, as rails to the right of the column.

    Args:
        graph: what is drawn.
        names: its states, from the top down.
    """

    def __init__(self, graph: Graph, names: Sequence[str]) -> None:
        self._place = {name: at for at, name in enumerate(names)}
        self._straight: list[Edge] = []
        self._rails: list[Edge] = []
        self.ways: dict[str, list[Edge]] = {name: [] for name in names}
        for edge in graph.edges:
            follows = self._place[edge.target] == self._place[edge.source] + 1
            if edge.label:
                self.ways[edge.source].append(edge)
            (self._straight if follows and not edge.label else self._rails).append(edge)
        self._lanes = self._given()

    @property
    def width(self) -> float:
        """How much room the rails take."""
        return (max(self._lanes.values(), default=-1) + 2) * LANE if self._lanes else 0

    def lines(self, boxes: Sequence[Box]) -> Iterator[Line]:
        """The ways, drawn beside boxes that have their places; those that were taken last."""
        by_name = {box.node.name: box for box in boxes}
        whole = self._whole()
        for edge in sorted([*self._straight, *self._rails], key=lambda edge: edge.taken is True):
            source, target = by_name[edge.source], by_name[edge.target]
            if edge in self._straight:
                middle = source.width / 2
                bottom = source.y + source.height
                yield Line(edge, f"M{middle:.1f} {bottom:.1f}V{target.y:.1f}")
                continue
            side = source.width
            rail = side + (self._lanes[_trunk(edge)] + 1.5) * LANE
            leaves = source.y + self._height(source, edge)
            enters = target.y + PADDING + 7 + (8 if edge.kind == "catch" else 0)
            if edge in whole or edge.taken:
                # The boxes behind that of a Map stand out to the right.
                edge_x = side + STACK_STEP * 2 if target.node.kind == "Map" else side
                yield Line(edge, _rail((side, edge_x), rail, leaves, enters))
            else:
                yield Line(edge, f"M{side:.1f} {leaves:.1f}H{rail:.1f}", has_arrow=False)

    def _whole(self) -> set[Edge]:
        """The outermost that come to each state; those between them end on the rail."""
        ends: dict[tuple[_Trunk, bool], Edge] = {}
        for edge in sorted(self._rails, key=lambda edge: self._place[edge.source]):
            is_above = self._place[edge.source] < self._place[edge.target]
            if is_above:
                ends.setdefault((_trunk(edge), True), edge)
            else:
                ends[_trunk(edge), False] = edge
        return set(ends.values())

    @staticmethod
    def _height(box: Box, edge: Edge) -> float:
        """How far below the top of its box a way leaves it."""
        for way in box.ways:
            if way.edge is edge:
                return way.y + LABEL_SIZE - 3
        return box.height - PADDING

    def _given(self) -> dict[_Trunk, int]:
        """A lane for each trunk; short ones lie nearest."""
        spans: dict[_Trunk, tuple[int, int]] = {}
        for edge in self._rails:
            reach = [self._place[edge.source], self._place[edge.target]]
            reach += spans.get(_trunk(edge), ())
            spans[_trunk(edge)] = min(reach), max(reach)
        taken: list[list[tuple[int, int]]] = []
        lanes: dict[_Trunk, int] = {}
        for trunk, (first, last) in sorted(spans.items(), key=lambda each: each[1][1] - each[1][0]):
            free = (
                lane
                for lane, others in enumerate(taken)
                if all(last < one or other < first for one, other in others)
            )
            lane = next(free, len(taken))
            if lane == len(taken):
                taken.append([])
            taken[lane].append((first, last))
            lanes[trunk] = lane
        return lanes


def _trunk(edge: Edge) -> _Trunk:
    return edge.target, edge.kind == "catch"


def _rail(sides: tuple[float, float], rail: float, leaves: float, enters: float) -> str:
    """A line to the right, along a rail, and back to the column, with round corners."""
    side, end = sides
    turn = min(6.0, abs(enters - leaves) / 2, rail - end)
    step = turn if enters > leaves else -turn
    return (
        f"M{side:.1f} {leaves:.1f}H{rail - turn:.1f}"
        f"Q{rail:.1f} {leaves:.1f} {rail:.1f} {leaves + step:.1f}"
        f"V{enters - step:.1f}Q{rail:.1f} {enters:.1f} {rail - turn:.1f} {enters:.1f}H{end:.1f}"
    )
