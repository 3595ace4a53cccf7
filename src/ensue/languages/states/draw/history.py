"""What became of an execution, drawn: on the graph of its definition, or as a graph of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ensue.languages.states.draw.graph import Edge, Graph, Node
from ensue.languages.states.draw.machine import resource_words
from ensue.languages.states.frames import Frame, Outcome, frames_of, heard

HistoryEvent = Mapping[str, Any]

# Of several times in a state the one that matters most is told.
_WORST: Sequence[Outcome] = ("failed", "running", "caught", "aborted", "succeeded")

_Taken = set[tuple[str, str, bool]]


def with_history(graph: Graph, events: Iterable[HistoryEvent]) -> Graph:
    """A graph with what an execution did: outcomes of its states, and the ways that it took.

    Args:
        graph: the graph of its definition.
        events: its history, as Step Functions shows it.
    """
    return with_frames(graph, frames_of(heard(event) for event in events))


def with_frames(graph: Graph, frames: Sequence[Frame]) -> Graph:
    """The same, of a history that was read."""
    by_name: dict[str, list[Frame]] = {}
    for frame in frames:
        by_name.setdefault(frame.name, []).append(frame)
    return _told(graph, by_name, _taken(frames))


def graph_of_history(events: Iterable[HistoryEvent], title: str = "") -> Graph:
    """The graph of what an execution did, where there is no definition: states, steps and ways.

    Args:
        events: its history, as Step Functions shows it.
        title: what it is called.
    """
    return graph_of_frames(frames_of(heard(event) for event in events), title)


def graph_of_frames(frames: Sequence[Frame], title: str = "") -> Graph:
    """The same, of a history that was read."""
    return replace(_graph(frames, None), title=title)


def _told(graph: Graph, by_name: dict[str, list[Frame]], taken: _Taken) -> Graph:
    nodes = tuple(
        replace(
            node,
            inner=tuple(_told(inner, by_name, taken) for inner in node.inner),
            outcome=_outcome(by_name.get(node.name, ())),
            entered=len(by_name.get(node.name, ())),
            retries=_retries(by_name.get(node.name, ())),
        )
        for node in graph.nodes
    )
    edges = tuple(
        replace(edge, taken=(edge.source, edge.target, edge.kind == "catch") in taken)
        for edge in graph.edges
    )
    return replace(graph, nodes=nodes, edges=edges)


def _graph(frames: Sequence[Frame], parent: str | None) -> Graph:
    """The graph of frames that are in no other, or within a state of this name."""
    here = [frame for frame in frames if (frame.parent.name if frame.parent else None) == parent]
    groups: dict[str, list[Frame]] = {}
    for frame in here:
        groups.setdefault(frame.name, []).append(frame)
    left = {frame.before.name for frame in here if frame.before is not None}
    nodes = tuple(_node(group, frames, is_left=name in left) for name, group in groups.items())
    edges = tuple(
        Edge(source, target, "catch" if is_catch else "next", taken=True)
        for source, target, is_catch in dict.fromkeys(_ways(here))
    )
    return Graph(here[0].name if here else None, nodes, edges)


def _node(group: Sequence[Frame], frames: Sequence[Frame], *, is_left: bool) -> Node:
    first = group[0]
    within = [frame for frame in frames if frame.parent in group]
    roots = dict.fromkeys(frame.root.name for frame in within)
    if first.kind == "Map":
        roots = dict.fromkeys(list(roots)[:1])
    inner = tuple(
        _graph(
            [
                frame
                for frame in frames
                if first.kind == "Map" or _root_within(frame, group) in {root, None}
            ],
            first.name,
        )
        for root in roots
    )
    resource = next((frame.resource for frame in group if frame.resource), "")
    return Node(
        first.name,
        first.kind,
        detail=resource_words(resource) if resource else "",
        is_end=not is_left and all(frame.is_out for frame in group),
        inner=inner,
        outcome=_outcome(group),
        entered=len(group),
        retries=_retries(group),
    )


def _root_within(frame: Frame, group: Sequence[Frame]) -> str | None:
    """The name of the first state of the branch that a frame is in; None for none of these."""
    at: Frame | None = frame
    while at is not None:
        if at.parent in group:
            return at.root.name
        at = at.parent
    return None


def _ways(frames: Iterable[Frame]) -> Iterable[tuple[str, str, bool]]:
    for frame in frames:
        if frame.before is not None:
            yield frame.before.name, frame.name, frame.before.outcome == "caught"


def _taken(frames: Iterable[Frame]) -> _Taken:
    return set(_ways(frames))


def _outcome(frames: Iterable[Frame]) -> Outcome:
    outcomes = {frame.outcome for frame in frames}
    return next((each for each in _WORST if each in outcomes), "untouched")


def _retries(frames: Iterable[Frame]) -> int:
    return sum(max(len(frame.tries) - 1, 0) for frame in frames)
