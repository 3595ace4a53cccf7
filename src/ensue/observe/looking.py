"""Looking at one thing of a tree: all that is stored of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ensue.engine import failures, hops, offspring, work
from ensue.engine.causes import DEAD_LETTER
from ensue.engine.engine import Engine
from ensue.engine.ids import EXECUTION_NUMBER, HOP_NUMBER, WORK_NUMBER, Place
from ensue.engine.logs import Record
from ensue.engine.transaction import Transaction
from ensue.engine.work import HELD_MS, Work
from ensue.observe.detail import Detail, Shown, shown
from ensue.observe.naming import Naming
from ensue.observe.places import Places
from ensue.observe.states import states_of
from ensue.observe.tree import Attempt, Node
from ensue.observe.walk import Find, Walker
from ensue.resources.workflow import history_of
from ensue.words import values
from ensue.words.values import Json

HISTORY_MAX = 1_000
_OURS = ("terms", "delivery")  # attributes that tell how work is done, not what it says


class Looking:
    """Looks at single things.

    Args:
        engine: the store.
        finders: each turns what is no record id into the place of a record that tells of it.
        answers: the status that each route answers with, unless it says another, by its name.
    """

    def __init__(
        self, engine: Engine, finders: Sequence[Find] = (), answers: Mapping[str, int] | None = None
    ) -> None:
        self._engine = engine
        self._walker = Walker(engine, finders)
        self._naming = Naming(engine)
        self._answers = answers or {}

    def at(self, sought: str) -> Detail:
        """All that is stored of one thing.

        Raises:
            NotFound: nobody knows it, or it has been forgotten.
        """
        place, node, begins = self._walker.one(sought)
        return self._engine.read(lambda tx: self._told(tx, place, node, begins))

    def _told(self, tx: Transaction, place: Place, node: Node, begins: int | None) -> Detail:
        detail = _from(node)
        places = Places(self._engine, tx)
        if place.number == HOP_NUMBER:
            self._tell_hop(tx, places, detail, place.sequence)
        elif place.number == WORK_NUMBER:
            self._tell_work(tx, detail, place.sequence)
        elif place.number != EXECUTION_NUMBER:
            record = places.record(place)
            if record is not None:
                _tell_record(detail, record)
        if begins is not None:
            _tell_execution(tx, detail, begins)
        return detail

    def _tell_hop(self, tx: Transaction, places: Places, detail: Detail, number: int) -> None:
        hop = hops.hop(tx, number)
        if hop is None:
            return
        facts = detail.facts
        if hop.cause is None and detail.kind == "request":
            method, _, path = hop.actor.partition(" ")
            facts |= {"method": method, "path": path} if path.startswith("/") else {}
            if hop.actor in self._answers:
                facts["status"] = self._answers[hop.actor]
        if hop.trace is not None:
            facts["traceparent"] = hop.trace
        if hop.cause is None:
            return
        facts["attempt"] = hop.attempt
        facts["handled"] = tx.facts.records.text(*hop.cause)
        detail.input = self._handled(tx, places, hop.cause)

    def _handled(self, tx: Transaction, places: Places, place: Place) -> Shown | None:
        """What a run handled: what the work says, or the record."""
        if place.number == WORK_NUMBER:
            piece = work.piece(tx, place.sequence)
            return None if piece is None else self._naming.said(piece)
        record = places.record(place)
        if record is None:
            return None
        return shown(record.old if record.new is None else record.new)

    def _tell_work(self, tx: Transaction, detail: Detail, number: int) -> None:
        piece = work.piece(tx, number)
        if piece is None:
            return
        failed = failures.attempts(tx, number)
        detail.input = self._naming.said(piece)
        detail.attempts = [
            Attempt(each.attempt, each.at_ms, each.error, each.begun_ms) for each in failed
        ]
        detail.error = failed[-1].error if failed and piece.state != work.DONE else None
        attributes = work.attributes_of(piece)
        detail.attributes = {
            name: values.as_json(value)
            for name, value in attributes.items()
            if name not in {DEAD_LETTER, *_OURS}
        }
        detail.facts |= _facts_of_work(piece)
        for name in _OURS:
            if name in attributes:
                detail.facts[name] = attributes[name]
        death = attributes.get(DEAD_LETTER)
        if isinstance(death, dict):
            home = death.get("from")
            ref = self._naming.ref(home) if isinstance(home, int) else None
            detail.facts["died"] = {**death, "from": None if ref is None else str(ref)}


def _from(node: Node) -> Detail:
    return Detail(
        node.id,
        node.kind,
        node.name,
        node.at_ms,
        node.state,
        node.ref,
        attempts=node.attempts,
        waited_ms=node.waited_ms,
        worked_ms=node.worked_ms,
    )


def _facts_of_work(piece: Work) -> dict[str, Json]:
    facts: dict[str, Json] = {"sent_ms": piece.sent_ms, "receives": piece.receives}
    if piece.taken_ms is not None:
        facts["taken_ms"] = piece.taken_ms
    if piece.state == work.DONE:
        facts["done_ms"] = piece.due_ms
    elif piece.state == work.LEASED:
        facts["lease_ends_ms"] = piece.due_ms
    elif piece.due_ms == HELD_MS:
        facts["held"] = True
    else:
        facts["due_ms"] = piece.due_ms
    for name in ("group", "crashes", "priority", "tenant"):
        value = getattr(piece, name)
        if value:
            facts[name] = value
    return facts


def _tell_record(detail: Detail, record: Record) -> None:
    if detail.kind == "event":
        _tell_event(detail, record)
        return
    if record.key is not None:
        detail.facts["key"] = _key(record.key)
    if detail.kind == "change":
        _tell_change(detail, record)
        return
    detail.input = shown(record.new)
    if detail.kind == "object":
        detail.old = shown(record.old)
    elif record.old:
        attributes = values.decode(record.old)
        detail.attributes = attributes if isinstance(attributes, dict) else {}


def _tell_event(detail: Detail, record: Record) -> None:
    said = values.decode(record.new or "{}")
    event: dict[str, Json] = said if isinstance(said, dict) else {}
    for name in ("detail-type", "source", "time", "resources"):
        if event.get(name):
            detail.facts[name] = event[name]
    detail.input = shown(values.encode(event.get("detail")))


def _tell_change(detail: Detail, record: Record) -> None:
    facts = detail.facts
    facts["change"] = record.kind
    if record.version is not None:
        facts["version"] = record.version
    if record.expired:
        facts["expired"] = True
    if record.hop is None:
        facts["by"] = "a statement from outside"
    detail.old, detail.new = shown(record.old), shown(record.new)


def _key(text: str) -> Json:
    found: Any = None
    if text.startswith("["):
        found = shown(text)
    return text if found is None else found.value


def _tell_execution(tx: Transaction, detail: Detail, number: int) -> None:
    told = offspring.execution_told(tx, number)
    brief = next(iter(offspring.executions_with(tx, [number])), None)
    if told is None or brief is None:
        return
    detail.input, detail.output = shown(told.input), shown(told.output)
    detail.error = ": ".join(filter(None, (told.error, told.cause))) or detail.error
    detail.states = states_of(history_of(tx, number, HISTORY_MAX))
    facts = detail.facts
    facts |= {"execution": brief.name, "started_ms": brief.started_ms, "redrives": told.redrives}
    if brief.ended_ms is not None:
        facts["ended_ms"] = brief.ended_ms
    if told.paused_ms is not None:
        facts["paused_ms"] = told.paused_ms
