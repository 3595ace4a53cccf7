"""Graphs of workflows as pictures of a page, whose states are links."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from ensue.languages.states.draw import Graph, Node, draw_parts
from ensue.pages.charts import Chart

NEEDS_STEP = 100
_NEEDS_MAX = 16
STATES_DRAWN_MAX = 400


@dataclass(frozen=True)
class Picture:
    """A graph in two forms, of which a page shows the one that fits.

    Attributes:
        wide: in layers.
        narrow: in one column; None where the first is narrow enough.
        needs: how many hundred pixels the first needs.
    """

    wide: Chart
    narrow: Chart | None
    needs: int


def picture_of(
    graph: dict[str, Any], link: Callable[[str], str | None], chosen: str = ""
) -> Picture | None:
    """A graph, drawn; None where it has no states, or more than a picture can show.

    Args:
        graph: as the operation ``graph`` answers it.
        link: where a state leads to, by its name.
        chosen: the state that is looked at; empty for none.
    """
    found = msgspec.convert(graph, Graph)
    if not found.nodes or sum(1 for _ in nodes_of(found)) > STATES_DRAWN_MAX:
        return None
    drawn = draw_parts(found, lambda node: link(node.name), chosen)
    return Picture(
        Chart(drawn.wide),
        None if drawn.narrow is None else Chart(drawn.narrow),
        min(-(-drawn.width // NEEDS_STEP), _NEEDS_MAX),
    )


def nodes_of(graph: Graph) -> Iterator[Node]:
    """All states of a graph, those within others too."""
    for node in graph.nodes:
        yield node
        for inner in node.inner:
            yield from nodes_of(inner)
