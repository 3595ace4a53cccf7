"""What differs between two architectures, field by field and in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, TypeAlias

import msgspec

from ensue.observe.architecture.graph import Architecture, Edge, Node
from ensue.words import values

Fate: TypeAlias = Literal["added", "removed", "changed"]
WORDS_LENGTH_MAX = 300


class Field(msgspec.Struct, frozen=True):
    """A field that differs; None where there was none, or is none any more."""

    name: str
    before: Any
    after: Any


class Change(msgspec.Struct, frozen=True):
    """A part, or what flows between two, that differs.

    Attributes:
        fate: whether it was ``added``, ``removed`` or ``changed``.
        of: whether it is a ``node`` or an ``edge``.
        id: which.
        fields: what of it was changed.
        words: the same as a sentence.
    """

    fate: Fate
    of: Literal["node", "edge"]
    id: str
    fields: tuple[Field, ...]
    words: str


def difference(before: Architecture, after: Architecture) -> list[Change]:
    """What differs: the parts first, then what flows, each by where it stands.

    Args:
        before: the one.
        after: the other.
    """
    return [*_nodes(before, after), *_edges(before, after)]


def _nodes(before: Architecture, after: Architecture) -> Iterator[Change]:
    old = {each.id: each for each in before.nodes}
    new = {each.id: each for each in after.nodes}
    for id_, fate in _fates(old, new):
        node = new.get(id_) or old[id_]
        fields = _fields(_of_node(old[id_]), _of_node(new[id_])) if fate == "changed" else ()
        yield Change(fate, "node", id_, fields, _words(_node_words(node, after), fate, fields))


def _edges(before: Architecture, after: Architecture) -> Iterator[Change]:
    old = {each.id: each for each in before.edges}
    new = {each.id: each for each in after.edges}
    for id_, fate in _fates(old, new):
        edge, home = (new[id_], after) if id_ in new else (old[id_], before)
        fields = _fields(_of_edge(old[id_]), _of_edge(new[id_])) if fate == "changed" else ()
        yield Change(fate, "edge", id_, fields, _words(_edge_words(edge, home), fate, fields))


def _fates(old: Mapping[str, object], new: Mapping[str, object]) -> Iterator[tuple[str, Fate]]:
    for id_, each in new.items():
        if id_ not in old:
            yield id_, "added"
        elif old[id_] != each:
            yield id_, "changed"
    yield from ((id_, "removed") for id_ in old if id_ not in new)


def _of_node(node: Node) -> dict[str, Any]:
    return node.said | ({"address": node.address} if node.address else {})


def _of_edge(edge: Edge) -> dict[str, Any]:
    return edge.said | {"how": edge.how, "label": edge.label}


def _fields(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Field, ...]:
    names = dict.fromkeys([*before, *after])
    return tuple(
        Field(name, before.get(name), after.get(name))
        for name in names
        if before.get(name) != after.get(name)
    )


def _words(what: str, fate: Fate, fields: Sequence[Field]) -> str:
    if fate != "changed":
        return f"{what}: {fate}"
    said = "; ".join(f"{each.name} {_text(each.before)} -> {_text(each.after)}" for each in fields)
    found = f"{what}: {said}"
    return found if len(found) <= WORDS_LENGTH_MAX else f"{found[: WORDS_LENGTH_MAX - 1]}…"


def _text(value: object) -> str:
    return "none" if value is None else value if isinstance(value, str) else values.encode(value)


def _node_words(node: Node, within: Architecture) -> str:
    at = f" of {node.app}" if len(within.apps) > 1 else ""
    return f"{_called(node)}{at}"


def _edge_words(edge: Edge, within: Architecture) -> str:
    ends = (within.node(edge.source), within.node(edge.target))
    source, target = ("" if each is None else _called(each) for each in ends)
    label = f" {edge.label}" if edge.label and edge.how == "declared" else ""
    return f"{edge.flows}{label} from {source} to {target}"


def _called(node: Node) -> str:
    return node.name if node.kind == "route" else f"{node.kind} {node.name}"
