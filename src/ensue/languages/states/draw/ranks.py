"""In which row of a layered picture each state stands, and what stands between.

States stand in even rows, labels and the knees of long lines in odd rows too. Lines that lead back
up are found first (Sugiyama's method); all others lead down. Long lines to the same state share
their knees, so that many of them are one trunk.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from ensue.languages.states.draw.graph import Edge, Graph

START = ""
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
    found: set[tuple[str, str]] = set()
    done: set[str] = set()
    roots = [graph.start] if graph.start is not None else []
    for root in [*roots, *targets]:
        if root in done:
            continue
        path = {root}
        stack: list[tuple[str, Iterator[str]]] = [(root, iter(targets[root]))]
        while stack:
            name, rest = stack[-1]
            target = next(rest, None)
            if target is None:
                stack.pop()
                path.discard(name)
                done.add(name)
            elif target in path:
                found.add((name, target))
            elif target not in done:
                path.add(target)
                stack.append((target, iter(targets[target])))
    return found


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


def in_order(start: str | None, names: Iterable[str], down: Iterable[tuple[str, str]]) -> list[str]:
    """Names so that each comes behind all from which a way leads to it (Kahn's topological order).

    Where there is a choice, what a way leads to stands near what it leaves, in declared order.

    Args:
        start: the first.
        names: all of them.
        down: the ways, without cycles.
    """
    names = list(names)
    missing = dict.fromkeys(names, 0)
    targets: dict[str, list[str]] = {name: [] for name in names}
    for source, target in down:
        missing[target] += 1
        targets[source].append(target)
    ready = [name for name in reversed(names) if not missing[name] and name != start]
    if start is not None and not missing[start]:
        ready.append(start)
    order: list[str] = []
    while ready:
        name = ready.pop()
        order.append(name)
        for target in reversed(targets[name]):
            missing[target] -= 1
            if not missing[target]:
                ready.append(target)
    return order
