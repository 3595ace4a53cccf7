"""The figures of the map: how much goes through each part and along each way, and how it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

import msgspec

from ensue.engine import recent
from ensue.engine.engine import Engine
from ensue.engine.recent import Made
from ensue.observe.architecture import Architecture, Edge, Node, id_of
from ensue.observe.traffic import Flow, Traffic
from ensue.words.names import Ref
from ensue.words.wiring import out_of

How: TypeAlias = Literal["ok", "waits", "fails", "paused", "alarm"]

WINDOW_MS = 30_000
OLD_MS = 60_000
BEHIND_MIN = 10
FOLLOWS = frozenset({"changes", "events", "records", "objects", "executions", "usage", "messages"})
# What a queue's links to those are called who are told of what failed.
TOLD = frozenset({"dead letter", "retry"})
# What passes on what it gets in the transaction that it gets it in.
PASSING = frozenset({"bus", "rule", "topic"})
# What code does to a resource that is no part of what comes into it.
_LOOKS = frozenset({"names", "reads", "watches", "dead letters"})


class Figure(msgspec.Struct, frozen=True, omit_defaults=True):
    """The figures of a part; those of the last half minute where they are rates.

    Attributes:
        per_s: messages, records or requests that came, or were done, whichever is more.
        errors_per_s: attempts that failed; requests that were answered with a status from 500 on.
        waiting: messages that are not done; what it has not read of what it follows.
        dead: how many dead letters are in its dead-letter queue.
        oldest_ms: how long the oldest that waits could have been taken.
        p95_ms: how long it takes in 95 of 100 cases at most.
        how: ``ok``; ``waits`` when what waits is older than a minute; ``fails``; ``paused``;
            ``alarm``.
    """

    per_s: float = 0.0
    errors_per_s: float = 0.0
    waiting: int = 0
    dead: int = 0
    oldest_ms: int | None = None
    p95_ms: float | None = None
    how: How = "ok"


class Way(msgspec.Struct, frozen=True):
    """What flows from one part to another, in the last half minute.

    Attributes:
        source: the id of the one.
        target: of the other.
        per_s: how much.
    """

    source: str
    target: str
    per_s: float


@dataclass(frozen=True)
class Figures:
    """All figures of a moment.

    Attributes:
        nodes: of the parts that have any, by their ids.
        ways: of the ways along which something flows.
        seen: ways that are neither declared nor in the code, and along which something flowed.
    """

    nodes: Mapping[str, Figure]
    ways: tuple[Way, ...]
    seen: frozenset[tuple[str, str, str]]


def figures(
    engine: Engine,
    traffic: Traffic,
    found: Architecture,
    marks: Callable[[Node], How | None],
) -> Figures:
    """The figures of what runs.

    Args:
        engine: the store.
        traffic: what goes through it.
        found: what runs.
        marks: how a part is, beside its figures: paused, or in alarm.

    Raises:
        StoreError: the store cannot serve.
    """
    flows = traffic.flows(WINDOW_MS)
    moved = [ref for ref, flow in flows.items() if flow.in_per_s > 0]
    now_ms = engine.clock.now_ms()

    sources = {source.number: source for source in engine.directory.sources()}
    logs = [
        sources[number]
        for ref in moved
        if ref.kind not in {"route", "rule"} and (number := engine.number(ref)) in sources
    ]
    lately = engine.read(lambda tx: recent.made(tx, logs, now_ms - WINDOW_MS)) if moved else []
    nodes = _nodes(found, flows, marks)
    ways, seen = _ways(found, flows, lately)
    return Figures(nodes, ways, seen)


def _nodes(
    found: Architecture, flows: Mapping[Ref, Flow], marks: Callable[[Node], How | None]
) -> dict[str, Figure]:
    nodes = {each.id: each for each in found.nodes}
    letters = {
        each.source: flows.get(nodes[each.target].ref, Flow()).depth
        for each in found.edges
        if each.flows == "dead letters"
    }
    # Who is only told of what failed is no consumer: the figures of the queue are not its own.
    told = {each.target for each in found.edges if each.label in TOLD}
    made: dict[str, Figure] = {}
    for node in found.nodes:
        flow = None if node.id in told else flows.get(_subject(node))
        mark = marks(node)
        if flow is None and mark is None:
            continue
        figure = _figure(flow or Flow(), node.kind, letters.get(node.id, 0), mark)
        if figure != Figure():
            made[node.id] = figure
    return made


def _subject(node: Node) -> Ref:
    """Whose figures a part has: a consumer those of its queue."""
    if node.kind == "handler":
        return Ref(node.app, "queue", node.name.rpartition("/")[0])
    return node.ref


def _figure(flow: Flow, kind: str, dead: int, mark: How | None) -> Figure:
    """The figures of a part; of a consumer what it tried, for what waits is its queue's."""
    waits = kind != "handler"
    # A request that failed is one of those that came.
    tried = 0.0 if kind == "route" else _tried(flow)
    # Who follows a log is a record or two behind at any moment.
    behind = flow.lag if flow.lag is not None and flow.lag >= BEHIND_MIN else 0
    waiting = max(flow.depth, behind) if waits else 0
    oldest_ms = flow.oldest_ms if waits else None
    how: How = "ok"
    if flow.errors_per_s > 0 or dead:
        how = "fails"
    elif oldest_ms is not None and oldest_ms >= OLD_MS:
        how = "waits"
    return Figure(
        per_s=round(max(flow.in_per_s if waits else 0.0, tried), 3),
        errors_per_s=round(flow.errors_per_s, 3),
        waiting=waiting,
        dead=dead,
        oldest_ms=oldest_ms,
        p95_ms=flow.p95_ms,
        how=mark or how,
    )


def _ways(
    found: Architecture, flows: Mapping[Ref, Flow], lately: Iterable[Made]
) -> tuple[tuple[Way, ...], frozenset[tuple[str, str, str]]]:
    """What flows along each way: to who follows or consumes by what it did, else by who made it."""
    rates: dict[tuple[str, str], float] = {}
    nodes = {each.id: each for each in found.nodes}
    for edge in found.edges:
        if edge.how == "declared" and edge.flows != "dead letters":
            rate = _declared(edge, nodes, flows)
            if rate:
                rates[edge.source, edge.target] = rate
    shares, seen = _shares(found, lately), set[tuple[str, str, str]]()
    known = {(each.source, each.target) for each in found.edges if each.flows not in _LOOKS}
    for (source, target), share in shares.items():
        if (source, target) not in known and target in _passed_on(source, known, nodes):
            continue
        rate = share * flows.get(nodes[target].ref, Flow()).in_per_s
        if rate and (source, target) not in rates:
            rates[source, target] = rate
        if (source, target) not in known:
            seen.add((source, target, out_of(nodes[target].kind)))
    ways = tuple(Way(*ends, round(rate, 3)) for ends, rate in sorted(rates.items()))
    return ways, frozenset(seen)


def _tried(flow: Flow) -> float:
    """How often something was tried: what was done, and what failed."""
    return flow.out_per_s + flow.errors_per_s


def _passed_on(
    source: str, known: Iterable[tuple[str, str]], nodes: Mapping[str, Node]
) -> set[str]:
    """To what a bus or a topic passes on what comes from a part, in the same transaction."""
    after: dict[str, list[str]] = {}
    for one, other in known:
        after.setdefault(one, []).append(other)
    reached: set[str] = set()
    waiting = [each for each in after.get(source, ()) if nodes[each].kind in PASSING]
    while waiting:
        for each in after.get(waiting.pop(), ()):
            if each not in reached:
                reached.add(each)
                if nodes[each].kind in PASSING:
                    waiting.append(each)
    return reached


def _declared(edge: Edge, nodes: Mapping[str, Node], flows: Mapping[Ref, Flow]) -> float:
    """What flows along a way that is declared; 0 where that is not known."""
    source, target = nodes[edge.source], nodes[edge.target]
    into = flows.get(_subject(target), Flow())
    if target.kind == "handler":
        return 0.0 if edge.label else _tried(into)
    if target.kind == "rule":
        return into.in_per_s
    if target.kind in {"function", "pipe"} and edge.flows in FOLLOWS:
        return _tried(into)
    if source.kind == "rule":
        return flows.get(source.ref, Flow()).in_per_s
    return 0.0


def _shares(found: Architecture, lately: Iterable[Made]) -> dict[tuple[str, str], float]:
    """Which share of what lately came into a part came from which other."""
    ids = {each.id for each in found.nodes}
    by_actor: dict[str, list[Node]] = {}
    for node in found.nodes:
        if node.kind in {"route", "handler", "function", "workflow"}:
            by_actor.setdefault(node.title, []).append(node)
    lately = list(lately)
    totals: dict[Ref, int] = {}
    for each in lately:
        totals[each.ref] = totals.get(each.ref, 0) + each.count
    shares: dict[tuple[str, str], float] = {}
    for each in lately:
        actors = by_actor.get(each.actor, [])
        own = [node for node in actors if node.app == each.ref.app] or actors
        target = id_of(each.ref)
        if len(own) == 1 and own[0].id != target and target in ids:
            ends = own[0].id, target
            shares[ends] = shares.get(ends, 0.0) + each.count / totals[each.ref]
    return shares
