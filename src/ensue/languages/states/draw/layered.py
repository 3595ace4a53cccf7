"""A picture in layers: each state below those that lead to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate
from typing import TypeAlias

from ensue.drawing.places import order, settle
from ensue.drawing.spots import Spot
from ensue.languages.states.draw.boxes import PANEL_GAP, Sized
from ensue.languages.states.draw.chains import Web, label_lines
from ensue.languages.states.draw.graph import Graph, Node, has_ring
from ensue.languages.states.draw.ranks import START, Chain
from ensue.languages.states.draw.scene import (
    DOT_SIZE,
    END_ROOM,
    Box,
    Label,
    Line,
    Point,
    Scene,
)

ROW_GAP = 15
KNEE_HEIGHT = 8
INNER_ROW_WIDTH = 1_000
_PORT_GAP = 20
_NEARLY = 12
_NAME_WIDTH = 190

# A piece of a line that runs straight up or down: where, from, to.
Run = tuple[float, float, float]
_Ends: TypeAlias = Callable[[Chain], tuple[int, int]]


def layered(graph: Graph) -> Scene:
    """The scene of a graph, in layers from the top down.

    Args:
        graph: what is drawn.
    """
    sized = {node.name: _sized(node) for node in graph.nodes}
    web = Web(graph, {name: (one.width, one.height + _tail(one)) for name, one in sized.items()})
    if not web.spots:
        return Scene(0, 0, (), (), title=graph.title)
    rows = order(web.spots, web.rows())
    settle(web.spots, rows)
    return _Painter(graph, web, sized).scene()


def _sized(node: Node) -> Sized:
    """The box of a state, and the scenes within it side by side, in several lines where many."""
    box = Sized(node, _NAME_WIDTH)
    x, y, line = 0.0, 0.0, 0.0
    placed: list[tuple[Point, Scene]] = []
    for inner in map(layered, node.inner):
        if placed and x + inner.width > INNER_ROW_WIDTH:
            x, y, line = 0.0, y + line + PANEL_GAP, 0.0
        placed.append(((x, y), inner))
        x += inner.width + PANEL_GAP
        line = max(line, inner.height)
    return box.around(placed)


def _tail(sized: Sized) -> float:
    return END_ROOM if has_ring(sized.node) else 0


class _Painter:
    """Makes a scene of spots that have their places.

    Args:
        graph: what is drawn.
        web: its spots and chains.
        sized: the boxes of its states.
    """

    def __init__(self, graph: Graph, web: Web, sized: Mapping[str, Sized]) -> None:
        self._graph, self._web, self._sized = graph, web, sized
        self._spots = web.spots
        heights = [KNEE_HEIGHT if at % 2 else 0.0 for at in range(self._last_row + 1)]
        for spot in self._spots:
            heights[spot.row] = max(heights[spot.row], spot.height)
        ends = list(accumulate(height + ROW_GAP for height in heights))
        self._tops = [end - ROW_GAP - height for end, height in zip(ends, heights, strict=True)]
        self._heights = heights
        self._out = self._ports(lambda chain: (chain.spots[0], chain.spots[1]))
        self._in = self._ports(lambda chain: (chain.spots[-1], chain.spots[-2]))
        self._straighten()

    @property
    def _last_row(self) -> int:
        return max(spot.row for spot in self._spots)

    def scene(self) -> Scene:
        """The scene."""
        boxes = tuple(self._box(node) for node in self._graph.nodes)
        chains = sorted(self._web.chains, key=_priority)
        lines = tuple(Line(chain.edge, self._path(chain), chain.joins is None) for chain in chains)
        labels = tuple(self._labels())
        right = max(spot.x + spot.width / 2 for spot in self._spots)
        bottom = self._tops[-1] + self._heights[-1]
        start = None
        if self._graph.start is not None:
            start = (self._spots[self._web.node(START)].x, DOT_SIZE / 2)
        ends = tuple(
            (box.x + box.width / 2, box.y + box.height + END_ROOM - DOT_SIZE / 2 - 1)
            for box in boxes
            if has_ring(box.node)
        )
        return Scene(right, bottom, boxes, lines, labels, start, ends, self._graph.title)

    def _box(self, node: Node) -> Box:
        spot = self._spots[self._web.node(node.name)]
        return self._sized[node.name].at(spot.x - spot.width / 2, self._tops[spot.row])

    def _labels(self) -> list[Label]:
        found = []
        for chain in self._web.chains:
            if chain.label is not None and chain.edge is not None:
                spot = self._spots[chain.label]
                y = self._tops[spot.row] + (self._heights[spot.row] - spot.height) / 2
                found.append(Label(spot.x, y, tuple(label_lines(chain.edge)), chain.edge))
        return found

    def _path(self, chain: Chain) -> str:
        spots = chain.spots if chain.joins is None else chain.spots[: chain.joins + 1]
        if chain.is_back:
            return self._path_back(chain, spots)
        if len(chain.spots) == 3 and chain.label is None:
            spots = [chain.spots[0], chain.spots[-1]]
        return _curved([self._run(index, chain) for index in spots])

    def _run(self, index: int, chain: Chain) -> Run:
        spot = self._spots[index]
        top, height = self._tops[spot.row], self._heights[spot.row]
        if index == chain.spots[0]:
            return self._out[id(chain)], top + self._bottom(spot), top + height
        if index == chain.spots[-1]:
            return self._in[id(chain)], top, top
        if chain.joins is not None and index == chain.spots[chain.joins]:
            joint = top + height / 2 if spot.row % 2 else top
            return spot.x, joint, joint
        if spot.is_knee and spot.row % 2:
            return spot.x, top + height / 2, top + height / 2
        return spot.x, top, top + height

    def _bottom(self, spot: Spot) -> float:
        name = str(spot.key[1])
        return self._sized[name].height if name else DOT_SIZE

    def _path_back(self, chain: Chain, spots: Sequence[int]) -> str:
        """A line that leaves downward, turns, runs up beside what it passes, and turns again."""
        x, bottom, y = self._run(chain.spots[0], chain)
        parts = [f"M{_n(x)} {_n(bottom)}V{_n(y)}"]
        turn = self._spots[spots[1]]
        middle = self._tops[turn.row] + self._heights[turn.row] / 2
        side = self._spots[chain.spots[2]].x
        if chain.label is not None:
            half = turn.width / 2 - 6
            into = turn.x - half if x < turn.x else turn.x + half
            parts.append(_bend((x, y), (into, self._tops[turn.row])))
            parts.append(f"V{_n(middle)}H{_n(turn.x)}V{_n(y)}")
        else:
            deep = y + (middle - y + 4) * 4 / 3
            parts.append(f"C{_n(x)} {_n(deep)} {_n(side)} {_n(deep)} {_n(side)} {_n(y)}")
        runs = [self._run(index, chain) for index in spots[2:] if self._spots[index].row % 2 == 0]
        if chain.joins is None:
            *between, (last, top, _) = runs
        else:
            between = runs
        here = (turn.x if chain.label is not None else side, y)
        for at, high, low in between:
            parts.append(_bend(here, (at, low)) + f"V{_n(high)}")
            here = (at, high)
        if chain.joins is None:
            crest = self._spots[chain.spots[-2]]
            above = self._tops[crest.row] + self._heights[crest.row] / 2
            high = top - (top - above) * 4 / 3
            parts.append(f"C{_n(here[0])} {_n(high)} {_n(last)} {_n(high)} {_n(last)} {_n(top)}")
        return "".join(parts)

    def _ports(self, ends: _Ends) -> dict[int, float]:
        """Where on the side of its box each chain begins or ends, by the chain's identity."""
        by_node: dict[int, dict[int, list[Chain]]] = {}
        for chain in self._web.chains:
            node, near = ends(chain)
            by_node.setdefault(node, {}).setdefault(near, []).append(chain)
        found: dict[int, float] = {}
        for node, sides in by_node.items():
            spot = self._spots[node]
            nears: list[int | None] = [*sorted(sides, key=self._x)]
            if _leaves(next(iter(next(iter(sides.values())))), node) and self._has_ring(spot):
                nears.insert(sum(self._x(near) < spot.x for near in nears), None)
            center = self._center(nears, spot)
            reach = max(center, len(nears) - 1 - center, 1)
            gap = min(_PORT_GAP, max(spot.width / 2 - 12, 0) / reach)
            for at, side in enumerate(nears):
                for chain in sides[side] if side is not None else ():
                    found[id(chain)] = spot.x + (at - center) * gap
        return found

    def _center(self, nears: Sequence[int | None], spot: Spot) -> float:
        """Which of the lines at a side of a box is in its middle: its ring's, or a straight one."""
        if None in nears:
            return nears.index(None)
        straight = [at for at, near in enumerate(nears) if abs(self._x(near) - spot.x) < 1]
        return straight[0] if straight else (len(nears) - 1) / 2

    def _x(self, index: int | None) -> float:
        return 0 if index is None else self._spots[index].x

    def _has_ring(self, spot: Spot) -> bool:
        name = str(spot.key[1])
        return bool(name) and has_ring(self._sized[name].node)

    def _straighten(self) -> None:
        """Let short lines be straight that nearly are: their ports move."""
        shared = Counter(
            (chain.spots[-1], round(self._in[id(chain)])) for chain in self._web.chains
        )
        for chain in self._web.chains:
            leaves, enters = self._out[id(chain)], self._in[id(chain)]
            is_alone = shared[chain.spots[-1], round(enters)] == 1
            is_short = len(chain.spots) == 3 and not chain.is_back
            if is_short and is_alone and abs(leaves - enters) < _NEARLY:
                self._in[id(chain)] = leaves


def _leaves(chain: Chain, node: int) -> bool:
    return chain.spots[0] == node


def _priority(chain: Chain) -> int:
    taken = chain.edge is not None and chain.edge.taken is True
    return 2 if taken else 1 if chain.edge is None or chain.edge.kind != "catch" else 0


def _curved(runs: Sequence[Run]) -> str:
    x, top, bottom = runs[0]
    parts = [f"M{_n(x)} {_n(top)}V{_n(bottom)}"]
    here = (x, bottom)
    for at, high, low in runs[1:]:
        parts.append(_bend(here, (at, high)))
        if low != high:
            parts.append(f"V{_n(low)}")
        here = (at, low)
    return "".join(parts)


def _bend(here: Point, there: Point) -> str:
    if abs(here[0] - there[0]) < 0.5:
        return f"V{_n(there[1])}"
    middle = (here[1] + there[1]) / 2
    return f"C{_n(here[0])} {_n(middle)} {_n(there[0])} {_n(middle)} {_n(there[0])} {_n(there[1])}"


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
