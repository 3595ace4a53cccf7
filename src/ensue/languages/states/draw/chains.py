"""The spots of a layered picture and the lines through them, before any of them has a place."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence

from ensue.drawing.spots import Spot
from ensue.languages.states.draw.graph import Edge, Graph
from ensue.languages.states.draw.ranks import START, Chain, back_edges, rows_of
from ensue.languages.states.draw.scene import DOT_SIZE, LABEL_HEIGHT, LABEL_SIZE
from ensue.words.letters import broken, text_width

LABEL_WIDTH = 150
LABEL_LINES = 3
_STRAIGHT = 8.0
_LOOSE = 2.0

Size = tuple[float, float]


class Web:
    """All spots of a graph, and the chains that go through them.

    Args:
        graph: what is drawn.
        sizes: how wide and high the box of each state is, by its name.
    """

    def __init__(self, graph: Graph, sizes: Mapping[str, Size]) -> None:
        self.spots: list[Spot] = []
        self.chains: list[Chain] = []
        self._index: dict[tuple[object, ...], int] = {}
        back = back_edges(graph)
        rows = rows_of(graph, back)
        if graph.start is not None:
            self._spot(("node", START), 0, DOT_SIZE, DOT_SIZE)
        for node in graph.nodes:
            self._spot(("node", node.name), rows[node.name], *sizes[node.name])
        if graph.start is not None:
            self._add(None, START, graph.start, is_back=False)
        for edge in graph.edges:
            is_back = (edge.source, edge.target) in back
            self._add(edge, edge.source, edge.target, is_back=is_back)
        self._join()

    def node(self, name: str) -> int:
        """The spot of a state."""
        return self._index["node", name]

    def rows(self) -> list[list[int]]:
        """The spots of each row, in the order in which one comes upon them."""
        rows: list[list[int]] = [[] for _ in range(max(s.row for s in self.spots) + 1)]
        for index in self._walk():
            rows[self.spots[index].row].append(index)
        return rows

    def _walk(self) -> Iterator[int]:
        """The spots, depth first along the chains."""
        leaving: dict[int, list[Chain]] = {}
        for chain in self.chains:
            leaving.setdefault(chain.spots[0], []).append(chain)
        seen: set[int] = set()
        for first in range(len(self.spots)):
            stack = [first]
            while stack:
                at = stack.pop()
                if at in seen:
                    continue
                seen.add(at)
                yield at
                for chain in reversed(leaving.get(at, ())):
                    stack.extend(reversed(chain.spots[1:]))

    def _add(self, edge: Edge | None, source: str, target: str, *, is_back: bool) -> None:
        first, last = self.node(source), self.node(target)
        from_row, to_row = self.spots[first].row, self.spots[last].row
        trunk = "start" if edge is None else "catch" if edge.kind == "catch" else "flow"
        passed: list[int] = [from_row + 1]
        if is_back:
            passed += range(from_row, to_row - 2, -1)
        else:
            passed += range(from_row + 2, to_row)
        spots: list[int] = [first]
        label = None
        for row in passed:
            if row == from_row + 1 and edge is not None and edge.label:
                label = self._label(edge, row)
                spots.append(label)
            else:
                key = ("knee", target, trunk, is_back, row)
                spots.append(self._spot(key, row, is_knee=True))
        spots.append(last)
        self.chains.append(Chain(edge, spots, label, is_back))
        self._tie(spots)

    def _label(self, edge: Edge, row: int) -> int:
        lines = label_lines(edge)
        width = max(text_width(line, LABEL_SIZE) for line in lines) + 8
        height = len(lines) * LABEL_HEIGHT
        return self._spot(("label", edge.source, edge.target, edge.kind), row, width, height)

    def _spot(
        self,
        key: tuple[object, ...],
        row: int,
        width: float = 0,
        height: float = 0,
        *,
        is_knee: bool = False,
    ) -> int:
        if key not in self._index:
            self._index[key] = len(self.spots)
            self.spots.append(Spot(key, row, width, height, is_knee))
        return self._index[key]

    def _tie(self, spots: Sequence[int]) -> None:
        for one, other in itertools.pairwise(spots):
            upper, lower = sorted((one, other), key=lambda index: self.spots[index].row)
            both = self.spots[upper].is_knee and self.spots[lower].is_knee
            weight = _STRAIGHT if both else _LOOSE
            self.spots[upper].below[lower] = weight
            self.spots[lower].above[upper] = weight

    def _join(self) -> None:
        """Let lines end where they meet a trunk that is drawn; what was taken is drawn whole."""
        drawn: set[int] = set()
        for chain in sorted(self.chains, key=lambda chain: not _is_taken(chain)):
            knees = [index for index in chain.spots if self.spots[index].is_knee]
            if not _is_taken(chain):
                met = next((index for index in knees if index in drawn), None)
                chain.joins = None if met is None else chain.spots.index(met)
            drawn.update(knees)


def label_lines(edge: Edge) -> list[str]:
    """What a way says, in lines."""
    return broken(edge.label, LABEL_SIZE, LABEL_WIDTH, LABEL_LINES)


def _is_taken(chain: Chain) -> bool:
    return chain.edge is not None and chain.edge.taken is True
