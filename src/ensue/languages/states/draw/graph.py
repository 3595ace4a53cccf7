"""What is drawn: states, the ways between them, and the graphs within them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from ensue.languages.states.frames import Outcome

EdgeKind = Literal["next", "choice", "default", "catch"]


@dataclass(frozen=True)
class Edge:
    """A way from one state to another.

    Attributes:
        source: the name of the state that it leaves.
        target: the name of the state that it enters.
        kind: why it is taken.
        label: when it is taken, in words; empty where that needs none.
        taken: whether an execution went it; None where no execution is drawn.
    """

    source: str
    target: str
    kind: EdgeKind = "next"
    label: str = ""
    taken: bool | None = None


@dataclass(frozen=True)
class Node:
    """A state.

    Attributes:
        name: its name, unique in its graph.
        kind: the type of state: ``Task``, ``Choice`` and so on.
        detail: what it does, in a few words; may be empty.
        is_end: whether the graph ends with it.
        inner: the graphs within it: the branches of a Parallel, the one of a Map.
        outcome: how it went in an execution; None where no execution is drawn.
        entered: how often an execution entered it.
        retries: how often an execution tried it again.
    """

    name: str
    kind: str
    detail: str = ""
    is_end: bool = False
    inner: tuple[Graph, ...] = ()
    outcome: Outcome | None = None
    entered: int = 0
    retries: int = 0


@dataclass(frozen=True)
class Graph:
    """States and the ways between them.

    Attributes:
        start: the name of the state with which it begins; None for an empty graph.
        nodes: its states, as declared.
        edges: the ways, as declared. Both ends of each are in ``nodes``.
        title: what it is called; may be empty.
    """

    start: str | None
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...] = field(default=())
    title: str = ""


def has_ring(node: Node) -> bool:
    """Whether a ring says that the graph ends with a state; some kinds say so themselves.

    Args:
        node: the state.
    """
    return node.is_end and node.kind not in {"Succeed", "Fail"}
