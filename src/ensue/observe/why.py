"""Why: from any id to the beginning, and from there to all that it caused.

Nothing is kept for this but what is stored anyway: each record, message and hop names the hop that
produced it, each hop the record that it handled.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from ensue.engine import archives, hops, logs, work
from ensue.engine.engine import Engine
from ensue.engine.failures import failures
from ensue.engine.hops import Hop
from ensue.engine.ids import EXECUTION_NUMBER, HOP_NUMBER, WORK_NUMBER, Place, trace_id
from ensue.engine.logs import Record
from ensue.engine.sockets import Source
from ensue.engine.transaction import OUTSIDE, Origin, Transaction
from ensue.engine.work import Work
from ensue.observe.tree import Attempt, Node
from ensue.words import values
from ensue.words.errors import NotFound
from ensue.words.names import Ref

NODES_MAX = 2_000
CHILDREN_MAX = 500
DEPTH_MAX = 100
NOTE_LENGTH = 100

Find = Callable[[Transaction, str], Place | None]
Notes = Mapping[str, Callable[[str], str]]
NO_NOTES: Notes = {}


def why(
    engine: Engine,
    sought: str,
    *,
    up: bool,
    finders: Sequence[Find] = (),
    notes: Notes = NO_NOTES,
) -> Node:
    """The tree of what an id caused, from the beginning of all that led to it.

    Args:
        engine: where to look.
        sought: the id of a request, event, message or change; or what a finder knows, such as the
            key of an item.
        up: show only the path from the beginning to what was sought.
        finders: each turns what is no record id into the place of a record that tells of it.
        notes: what a piece of work is about, given its body, by the kind of whose work it is; the
            body itself for any other.

    Raises:
        NotFound: nobody knows the id, or it has been forgotten.
    """

    def look(tx: Transaction) -> Node:
        seeker = _Seeker(engine, tx, notes)
        place = engine.records.place(sought)
        if place is None:
            place = next((at for find in finders if (at := find(tx, sought)) is not None), None)
        if place is not None and place.number == EXECUTION_NUMBER:
            hop = hops.hop_of_execution(tx, place.sequence)
            place = None if hop is None else Place(HOP_NUMBER, hop)
        path = [] if place is None else seeker.path_to(place)
        if not path:
            raise NotFound(
                f"nothing is known of {sought}",
                hint="It may be of another store, or older than what is kept.",
            )
        return seeker.line(path) if up else seeker.tree(path[0], 0)

    return engine.read(look)


def traceparent(engine: Engine, origin: Origin) -> str | None:
    """The W3C traceparent under which an action calls the outside; None without a cause.

    The trace is that of the whole tree: the one that the first request came with, or one made of
    that request's id. The span is this attempt at this piece of work.
    """
    cause = origin.cause
    if cause is None:
        return None

    def look(tx: Transaction) -> str:
        path = _Seeker(engine, tx).path_to(cause)
        first = path[0] if path else cause
        hop = hops.hop(tx, first.sequence) if first.number == HOP_NUMBER else None
        if hop is not None and hop.trace is not None:
            return hop.trace.split("-")[1]
        return trace_id(engine.records.text(*first))

    span = f"{cause.sequence & 0xFFFF_FFFF_FFFF:012x}{origin.attempt & 0xFFFF:04x}"
    return f"00-{engine.read(look)}-{span}-01"


@dataclass
class _Seeker:
    """Walks what is stored, within one snapshot."""

    engine: Engine
    tx: Transaction
    notes: Notes = field(default_factory=dict)
    nodes: int = 0

    def __post_init__(self) -> None:
        self._sources: dict[int, Source] = {
            source.number: source for source in self.engine.directory.sources()
        }
        self._refs: Mapping[int, Ref] = self.engine.refs_by_number()

    def path_to(self, place: Place) -> list[Place]:
        """The places from the beginning down to a place; empty when it is not there."""
        path: list[Place] = []
        at: Place | None = place
        while at is not None and len(path) < DEPTH_MAX and self._exists(at):
            path.append(at)
            at = self._above(at)
        return path[::-1]

    def line(self, path: list[Place]) -> Node:
        """The nodes of a path, each the only child of the one before."""
        nodes = [self._node(place) for place in path]
        for parent, child in pairwise(nodes):
            parent.children = [child]
        return nodes[0]

    def tree(self, place: Place, depth: int) -> Node:
        """A node with all that it caused."""
        node = self._node(place)
        if depth >= DEPTH_MAX:
            node.note = "deeper than is shown"
            return node
        for below in self._below(place):
            if self.nodes >= NODES_MAX:
                node.note = f"more than the {NODES_MAX} that are shown"
                break
            node.children.append(self.tree(below, depth + 1))
        return node

    def _exists(self, place: Place) -> bool:
        if place.number == HOP_NUMBER:
            return hops.hop(self.tx, place.sequence) is not None
        if place.number == WORK_NUMBER:
            return work.piece(self.tx, place.sequence) is not None
        return self._record(place) is not None

    def _record(self, place: Place) -> Record | None:
        source = self._sources.get(place.number)
        return None if source is None else _recorded(self.tx, source, place.sequence)

    def _above(self, place: Place) -> Place | None:
        """What caused it: a hop's record, or a record's hop."""
        if place.number == HOP_NUMBER:
            hop = hops.hop(self.tx, place.sequence)
            return None if hop is None else hop.cause
        if place.number == WORK_NUMBER:
            piece = work.piece(self.tx, place.sequence)
            made_by = None if piece is None else piece.hop
        else:
            record = self._record(place)
            made_by = None if record is None else record.hop
        return None if made_by is None else Place(HOP_NUMBER, made_by)

    def _below(self, place: Place) -> list[Place]:
        """What it caused: a hop's records and work, or a record's hops."""
        if place.number != HOP_NUMBER:
            caused = hops.hops_caused_by(self.tx, place, CHILDREN_MAX)
            return [Place(HOP_NUMBER, hop.id) for hop in caused]
        found: list[Place] = []
        for source in self._sources.values():
            records = _produced_by(self.tx, source, place.sequence)
            found += [Place(source.number, record.sequence) for record in records]
        pieces = work.produced_by(self.tx, place.sequence, CHILDREN_MAX)
        return found + [Place(WORK_NUMBER, piece.id) for piece in pieces]

    def _node(self, place: Place) -> Node:
        self.nodes += 1
        node_id = self.engine.records.text(*place)
        if place.number == HOP_NUMBER:
            return _hop_node(node_id, hops.hop(self.tx, place.sequence))
        if place.number == WORK_NUMBER:
            return self._work_node(node_id, work.piece(self.tx, place.sequence))
        ref = self._refs.get(place.number)
        return _record_node(node_id, self._record(place), ref.name if ref else "forgotten")

    def _work_node(self, node_id: str, piece: Work | None) -> Node:
        if piece is None:
            return Node(node_id, "message", "forgotten", None)
        ref = self._refs.get(piece.queue)
        told = self.notes.get(ref.kind) if ref else None
        failed = failures(self.tx, piece.id)
        done = piece.state == work.DONE
        until_ms = piece.taken_ms if piece.taken_ms is not None else self.tx.now_ms
        return Node(
            id=node_id,
            kind="message",
            name=ref.name if ref else "forgotten",
            at_ms=piece.sent_ms,
            state=_state(piece),
            note=_short(piece.body if told is None else told(piece.body)),
            attempts=[Attempt(attempt, at_ms, error) for attempt, at_ms, error in failed],
            waited_ms=max(0, until_ms - piece.sent_ms),
            worked_ms=piece.due_ms - piece.taken_ms if done and piece.taken_ms else None,
        )


def _recorded(tx: Transaction, source: Source, sequence: int) -> Record | None:
    if source.sharded:
        return logs.record(tx, source.table, sequence, sharded=True)
    return archives.record(tx, source, sequence)


def _produced_by(tx: Transaction, source: Source, hop: int) -> list[Record]:
    if source.sharded:
        return logs.produced_by(tx, source.table, hop, CHILDREN_MAX, sharded=True)
    return archives.produced_by(tx, source, hop, CHILDREN_MAX)


def _state(piece: Work) -> str:
    if "dead_letter" in work.attributes_of(piece):
        return "dead"
    return {work.WAITING: "waiting", work.LEASED: "in flight", work.DONE: "done"}[piece.state]


def _hop_node(node_id: str, hop: Hop | None) -> Node:
    if hop is None:
        return Node(node_id, "run", "forgotten", None)
    if hop.cause is None and hop.actor == OUTSIDE.actor:
        return Node(node_id, "statement", hop.actor, hop.at_ms, state="ok")
    kind = "request" if hop.cause is None else "run"
    note = None if hop.attempt == 1 else f"attempt {hop.attempt}"
    return Node(node_id, kind, hop.actor, hop.at_ms, state="ok", note=note)


def _record_node(node_id: str, record: Record | None, name: str) -> Node:
    if record is None:
        return Node(node_id, "change", "forgotten", None)
    if record.kind == "event":
        stored = values.decode(record.new or "{}")
        said = stored if isinstance(stored, dict) else {}
        note = f"{said.get('detail-type')!s} {_short(values.encode(said.get('detail')))}"
        return Node(node_id, "event", name, record.at_ms, note=note)
    if record.kind == "published":
        stored = values.decode(record.new or "{}")
        body = stored.get("body") if isinstance(stored, dict) else None
        return Node(node_id, "published", name, record.at_ms, note=_short(values.encode(body)))
    if record.kind == "record":
        note = " ".join(filter(None, (record.key, _short(record.new or ""))))
        return Node(node_id, "record", name, record.at_ms, note=note)
    shown = record.new if record.new is not None else record.old
    by = "" if record.hop is not None else " (by a statement from outside)"
    note = f"{record.kind} {_short(shown or '')}{by}"
    return Node(node_id, "change", name, record.at_ms, note=note)


def _short(text: str) -> str:
    return text if len(text) <= NOTE_LENGTH else text[: NOTE_LENGTH - 1] + "…"
