"""In which row of a layered picture each state stands, and what stands between.

States stand in even rows, labels and the knees of long lines in odd rows too. Lines that lead back
up are found first (Sugiyama's method); all others lead down. Long lines to the same state share
their knees, so that many of them are one trunk.
"""

from __future__ import annotations

from dataclasses import dataclass

from ensue.drawing import layers
from ensue.drawing.layers import in_order
from ensue.languages.states.draw.graph import Edge, Graph

START = ""


@dataclass
class Chain:
    """A line as the spots that it goes through.

    Attributes:
        edge: the way; None for the one from the start.
        spots: from its source to its target.
        label: the spot of its label; None for none.
        is_back: whether it leads back up.
        joins: at which of its spots it enters a trunk that another line draws; None for none.
    """

    edge: Edge | None
    spots: list[int]
    label: int | None
    is_back: bool
    joins: int | None = None


def back_edges(graph: Graph) -> set[tuple[str, str]]:
    """The ways that lead to a state from which one came: source and target.

    Args:
        graph: what is drawn.
    """
    targets: dict[str, list[str]] = {node.name: [] for node in graph.nodes}
    for edge in graph.edges:
        targets[edge.source].append(edge.target)
    return layers.back_edges([] if graph.start is None else [graph.start], targets)


def rows_of(graph: Graph, back: set[tuple[str, str]]) -> dict[str, int]:
    """The row of each state: below all from which a way leads down to it.

    Args:
        graph: what is drawn.
        back: the ways that lead up.
    """
    down = [
        (edge.source, edge.target) for edge in graph.edges if (edge.source, edge.target) not in back
    ]
    rows: dict[str, int] = {}
    for name in in_order(graph.start, [node.name for node in graph.nodes], down):
        above = [rows[source] for source, target in down if target == name]
        rows[name] = max(above) + 2 if above else 2
    return rows
