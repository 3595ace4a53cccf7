"""Puts the architecture together: from what is declared, and from what the code names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from ensue.engine.home import Resource
from ensue.observe.architecture.graph import Architecture, Edge, Node, id_of, plain
from ensue.observe.architecture.naming import Known, named_by
from ensue.words.kinds import Kind
from ensue.words.names import Ref
from ensue.words.values import Json
from ensue.words.wiring import Flows, Wiring, into

READING = frozenset({
    "batch_get",
    "behind",
    "breakdown",
    "changes",
    "count",
    "counts",
    "depth",
    "describe",
    "executions",
    "explain",
    "get",
    "get_secret",
    "has",
    "head_object",
    "history",
    "is_pending",
    "lag",
    "list",
    "list_objects",
    "next",
    "object",
    "objects",
    "open",
    "peek",
    "query",
    "read",
    "read_object",
    "scan",
    "secret",
    "series",
    "status",
    "subjects",
    "tail",
    "usage",
    "value",
    "version",
    "versions",
})
# Where a part is, in the words of its declaration.
_ADDRESSES = ("url", "to")


class Entrance(Protocol):
    """A route, as far as the architecture tells of it."""

    @property
    def name(self) -> str:
        """Its method and its path."""

    @property
    def method(self) -> str:
        """Its method."""

    @property
    def function(self) -> Callable[..., Any]:
        """What answers."""

    @property
    def target(self) -> Ref | None:
        """The resource that it works on without a handler; None with one."""

    def declared(self) -> dict[str, Json]:
        """Its declaration, for people."""


class Declared(Protocol):
    """An app, as far as the architecture tells of it."""

    @property
    def name(self) -> str:
        """What it is called."""

    @property
    def resources(self) -> Mapping[Ref, Resource]:
        """What it declares."""

    @property
    def routes(self) -> Sequence[Entrance]:
        """What answers requests."""


def architecture(apps: Sequence[Declared], kinds: Mapping[str, Kind]) -> Architecture:
    """The architecture of apps that run together.

    Args:
        apps: the apps.
        kinds: the kinds of resources; what is of no kind of these is not shown.
    """
    return _Maker(apps, kinds).made()


class _Maker:
    """Makes one.

    Args:
        apps: the apps.
        kinds: the kinds of resources.
    """

    def __init__(self, apps: Sequence[Declared], kinds: Mapping[str, Kind]) -> None:
        self._apps = apps
        self._nodes: dict[Ref, Node] = {}
        self._edges: dict[str, Edge] = {}
        self._wired: list[tuple[Resource, Wiring]] = []
        self._known = Known(
            {id(each): ref for app in apps for ref, each in app.resources.items()},
            {id(app): app.name for app in apps},
        )
        for app in apps:
            self._add_routes(app)
            for ref, each in app.resources.items():
                kind = kinds.get(ref.kind)
                if kind is not None:
                    self._add_resource(each, kind)

    def made(self) -> Architecture:
        """The architecture."""
        for _, wiring in self._wired:
            for link in wiring.links:
                self._link(Edge(
                    id_of(link.source), id_of(link.target), link.flows, "declared", link.label,
                    plain(link.said),
                ), link.source, link.target)  # fmt: skip
        for app in self._apps:
            for route in app.routes:
                self._add_reached(app, route)
        for _, wiring in self._wired:
            for code in wiring.code:
                self._name(code.ref, code.function)
        order = {app.name: at for at, app in enumerate(self._apps)}
        nodes = sorted(self._nodes.values(), key=lambda node: order.get(node.app, len(order)))
        return Architecture(tuple(order), tuple(nodes), tuple(self._edges.values()))

    def _add_routes(self, app: Declared) -> None:
        for route in app.routes:
            said = plain(route.declared())
            self._add(Node(app.name, "route", route.name, said=said))

    def _add_resource(self, resource: Resource, kind: Kind) -> None:
        wiring = Wiring() if kind.wiring is None else kind.wiring(resource)
        self._wired.append((resource, wiring))
        said = {
            name: value for name, value in resource.declared().items() if name not in wiring.told
        }
        found = next((said[name] for name in _ADDRESSES if isinstance(said.get(name), str)), "")
        self._add(Node(*resource.ref, address=str(found), said=plain(said)))
        for part in wiring.parts:
            self._add(Node(*part.ref, said=plain(part.said)))

    def _add_reached(self, app: Declared, route: Entrance) -> None:
        ref = Ref(app.name, "route", route.name)
        if route.target is None:
            self._name(ref, route.function)
            return
        flows: Flows = "reads" if route.method == "GET" else into(route.target.kind)
        edge = Edge(id_of(ref), id_of(route.target), flows)
        self._link(edge, ref, route.target)

    def _name(self, ref: Ref, function: Callable[..., Any]) -> None:
        """Add what a function's code names: one edge for what it reads, one for what it sends."""
        verbs: dict[tuple[Ref, Flows], list[str]] = {}
        found = named_by(function, self._known)
        calls_apps = any(named.kind == "app" for named, _ in found)
        for named, verb in found:
            # What calls an app that runs beside it calls that by its client.
            if named != ref and not (calls_apps and named.kind == "http"):
                verbs.setdefault((named, _flows(named, verb)), []).append(verb)
        for (target, flows), said in _told(verbs):
            label = ", ".join(dict.fromkeys(filter(None, said)))
            self._link(Edge(id_of(ref), id_of(target), flows, "code", label), ref, target)

    def _link(self, edge: Edge, source: Ref, target: Ref) -> None:
        for ref in (source, target):
            if ref not in self._nodes and ref.kind not in {"app", "http"}:
                return
        if target.kind in {"app", "http"}:
            edge = self._reach_out(edge, source, target)
        self._edges.setdefault(edge.id, edge)

    def _reach_out(self, edge: Edge, source: Ref, target: Ref) -> Edge:
        """Let an edge end outside of its app: at another app, or wherever its client calls."""
        node = Node(source.app, target.kind, target.name)
        self._add(node)
        return Edge(edge.source, node.id, "calls", edge.how, edge.label)

    def _add(self, node: Node) -> None:
        self._nodes.setdefault(node.ref, node)


def _flows(ref: Ref, verb: str) -> Flows:
    if not verb:
        return "names"
    return "reads" if verb in READING else into(ref.kind)


def _told(
    verbs: Mapping[tuple[Ref, Flows], list[str]],
) -> Iterable[tuple[tuple[Ref, Flows], list[str]]]:
    """What is known of each resource: that it is named says nothing where more is known of it."""
    more = {ref for ref, flows in verbs if flows != "names"}
    return ((key, said) for key, said in verbs.items() if key[1] != "names" or key[0] not in more)


def part_of(found: Architecture, app: str) -> Architecture:
    """What of an architecture is one app's."""
    nodes = tuple(found.of(app))
    ids = {each.id for each in nodes}
    edges = tuple(each for each in found.edges if each.source in ids and each.target in ids)
    return Architecture((app,), nodes, edges)


def with_seen(found: Architecture, pairs: Iterable[tuple[str, str, str]]) -> Architecture:
    """An architecture with what was seen to flow, where nothing that is known tells it already.

    Args:
        found: the architecture.
        pairs: from which part to which, and what flows.
    """
    ids = {node.id for node in found.nodes}
    known = {(edge.source, edge.target) for edge in found.edges if edge.flows != "reads"}
    return Architecture(found.apps, found.nodes, (*found.edges, *_seen(pairs, ids, known)))


def _seen(
    pairs: Iterable[tuple[str, str, str]], ids: set[str], known: set[tuple[str, str]]
) -> Iterator[Edge]:
    for source, target, flows in sorted({*pairs}):
        if source in ids and target in ids and (source, target) not in known and source != target:
            yield Edge(source, target, flows, "seen")
