"""What of an architecture is drawn: dead-letter queues are folded into what they are of, and two
ways between the same parts are one line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ensue.observe.architecture import Architecture, Edge, Node

LETTERS = "dead letters"
# What looks, and moves nothing.
LOOKING = frozenset({"names", "reads", "watches"})
_HOW = ("declared", "code", "seen")
# What stands at the left, whatever leads to it: where things come in from outside.
DOORS = frozenset({"route"})


@dataclass(frozen=True)
class Line:
    """A line of the picture.

    Attributes:
        source: the id of the part at its left.
        target: of the part at its right.
        forth: the edges from the one to the other.
        back: the edges that lead the other way.
    """

    source: str
    target: str
    forth: tuple[Edge, ...]
    back: tuple[Edge, ...] = ()

    @property
    def edges(self) -> tuple[Edge, ...]:
        """All edges that it stands for."""
        return (*self.forth, *self.back)

    @property
    def how(self) -> str:
        """How it is known: by the surest of its edges."""
        return min((each.how for each in self.edges), key=_HOW.index)

    @property
    def only_reads(self) -> bool:
        """Whether nothing flows but what somebody looks at."""
        return all(each.flows in LOOKING for each in self.edges)


@dataclass(frozen=True)
class Shown:
    """What is drawn of an app.

    Attributes:
        app: its name.
        nodes: its parts.
        lines: the lines between them.
        letters: the dead-letter queue of a part, by their ids.
    """

    app: str
    nodes: tuple[Node, ...]
    lines: tuple[Line, ...]
    letters: Mapping[str, str]


def shown(found: Architecture) -> list[Shown]:
    """What is drawn of each app.

    Args:
        found: the architecture.
    """
    letters = _letters(found)
    hidden = {*letters.values()}
    ids = {each.id for each in found.nodes} - hidden
    edges = [each for each in found.edges if each.source in ids and each.target in ids]
    lines = _lines([each for each in edges if each.source != each.target])
    drawn = []
    for app in found.apps:
        nodes = tuple(each for each in found.of(app) if each.id in ids)
        own = {each.id for each in nodes}
        within = tuple(each for each in lines if each.source in own and each.target in own)
        drawn.append(Shown(app, nodes, within, letters))
    return drawn


def _letters(found: Architecture) -> dict[str, str]:
    """The dead-letter queues that nothing but what they are of is tied to."""
    ways = [each for each in found.edges if each.flows == LETTERS]
    others = {end for each in found.edges if each.flows != LETTERS for end in _ends(each)}
    return {each.source: each.target for each in ways if each.target not in others}


def _ends(edge: Edge) -> tuple[str, str]:
    return edge.source, edge.target


def _lines(edges: list[Edge]) -> list[Line]:
    """The lines; the way of one that leads there and back is that of what is declared first."""
    found: dict[tuple[str, str], tuple[list[Edge], list[Edge]]] = {}
    order = {"declared": 0, "code": 1, "seen": 2}
    # What only reads gives no direction where something else does.
    for edge in sorted(edges, key=lambda each: (order[each.how], each.flows in LOOKING)):
        there, back = _ends(edge), _ends(edge)[::-1]
        if back in found:
            found[back][1].append(edge)
        else:
            found.setdefault(there, ([], []))[0].append(edge)
    return [Line(*ends, tuple(forth), tuple(back)) for ends, (forth, back) in found.items()]
