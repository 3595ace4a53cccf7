"""What is stored, named as a person would: rows to nodes of a tree."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ensue.engine import causes, work
from ensue.engine.engine import Engine
from ensue.engine.hops import Hop
from ensue.engine.ids import EXECUTION_NUMBER, HOP_NUMBER, WORK_NUMBER
from ensue.engine.offspring import Brief, Fact, Failure, Piece, Text
from ensue.engine.transaction import OUTSIDE
from ensue.engine.work import Work
from ensue.observe.detail import Shown, shown
from ensue.observe.tree import Attempt, Node
from ensue.resources.workflow import NOTES, SAID, STATUSES, begun_by, state_of_task, word_of_job
from ensue.words import values
from ensue.words.names import Ref
from ensue.words.values import Json

NOTE_LENGTH = 100
ATTEMPTS_MAX = 20
ATTEMPT_LENGTH = 300

WORKFLOWS = ("workflow", "workflow-children")
TASKS = ("workflow-tasks", "workflow-child-tasks")
OF_TASKS = "-tasks"  # what goes on in a workflow when a task of its has answered
_RECORDS = {
    "alarm": "event",
    "bus": "event",
    "stream": "record",
    "topic": "published",
    "bucket": "object",
    "workflow": "status",
    "meter": "metered",
}
_WORK = {
    "mail": "mail",
    "destination": "call",
    "pipe": "delivery",
    "deliveries": "delivery",
    "schedule": "delivery",
    "workflow-tasks": "task",
    "workflow-child-tasks": "task",
    "workflow-map-runs": "map run",
    "workflow-map-data": "map data",
}
# What is entered in the store under a kind of its own, but is a part of what people declare.
_OWNERS = {"deliveries": "bus"}
_STATES = {work.WAITING: "waiting", work.LEASED: "in flight", work.DONE: "done"}
_OF_ITSELF = ("start", "declare")  # what the platform does when it is opened
_METHOD = re.compile(r"[A-Z]+ /")
_DETAIL_TYPE = re.compile(r'"detail-type":"((?:[^"\\]|\\.)*)"')


class Naming:
    """Names what is stored.

    Args:
        engine: whose it is.
    """

    def __init__(self, engine: Engine) -> None:
        self._text = engine.records.text
        self._refs: Mapping[int, Ref] = engine.refs_by_number()
        self._workers = frozenset(worker.name for worker in engine.workers)
        runners = ("function", "pipe", "workflow", "mail", "destination")
        self._runners = {ref.name: ref for ref in self._refs.values() if ref.kind in runners}

    def ref(self, number: int) -> Ref | None:
        """The resource with a number, by what people call it."""
        ref = self._refs.get(number)
        return None if ref is None else shown_ref(ref)

    def hop(self, hop: Hop) -> Node:
        """What ran."""
        node_id = self._text(HOP_NUMBER, hop.id)
        note = None if hop.attempt == 1 else f"attempt {hop.attempt}"
        kind, ref = self._kind_of_hop(hop), self._runners.get(hop.actor)
        name = hop.actor
        if ref is None and name.endswith(OF_TASKS):
            ref = self._runners.get(name.removesuffix(OF_TASKS))
            name = name if ref is None else ref.name
        if kind == "firing" and hop.cause is not None:
            ref = self.ref(hop.cause.number)
        return Node(node_id, kind, name, hop.at_ms, state="ok", note=note, ref=ref)

    def _kind_of_hop(self, hop: Hop) -> str:
        if hop.cause is not None:
            caused_by = self._refs.get(hop.cause.number)
            return "firing" if caused_by is not None and caused_by.kind == "schedule" else "run"
        if hop.actor == OUTSIDE.actor:
            return "statement"
        if hop.actor in _OF_ITSELF:
            return "start"
        is_request = _METHOD.match(hop.actor) is not None or hop.actor not in self._workers
        return "request" if is_request else "worker"

    def fact(self, fact: Fact, at_ms: int | None = None) -> Node:
        """What was said.

        Args:
            fact: the record.
            at_ms: when it was, where the record does not say.
        """
        ref = self._refs.get(fact.place.number)
        kind = "change" if ref is None else _RECORDS.get(ref.kind, "change")
        return Node(
            self._text(*fact.place),
            kind,
            "forgotten" if ref is None else ref.name,
            at_ms if fact.at_ms is None else fact.at_ms,
            note=_note_of_fact(kind, fact),
            ref=ref,
        )

    def work(self, piece: Piece, failed: Sequence[Failure], now_ms: int) -> Node:
        """What was to be done, but for what begins an execution; see `execution`."""
        ref, home = self._refs.get(piece.queue), self._refs.get(home_of(piece))
        kind, name, note = _words_of_work(home or ref, piece)
        is_dead = is_dead_letter(piece)
        taken_ms = piece.taken_ms
        return Node(
            self._text(WORK_NUMBER, piece.id),
            kind,
            ref.name if is_dead and ref is not None else name,
            piece.sent_ms,
            state="dead" if is_dead else _STATES[piece.state],
            note=note,
            attempts=_attempts(failed),
            waited_ms=max(0, (now_ms if taken_ms is None else taken_ms) - piece.sent_ms),
            worked_ms=piece.due_ms - taken_ms if piece.state == work.DONE and taken_ms else None,
            ref=None if ref is None else shown_ref(ref),
        )

    def execution(
        self, piece: Piece, brief: Brief | None, failed: Sequence[Failure], now_ms: int
    ) -> Node:
        """An execution, from the work that begins it, and what is known of it now."""
        node = self.work(piece, failed, now_ms)
        begun = begun_by(piece.body.text)
        node.kind = "execution"
        if isinstance(begun, int):
            node.id = self._text(EXECUTION_NUMBER, begun)
            node.note = None
        else:
            node.note = _cut(NOTES["workflow"](piece.body.text))
        if brief is not None:
            _tell_execution(node, brief, now_ms)
        return node

    def lone_execution(self, brief: Brief, now_ms: int) -> Node:
        """An execution of which nothing else is kept."""
        ref = self.ref(brief.workflow)
        name = "forgotten" if ref is None else ref.name
        node_id = self._text(EXECUTION_NUMBER, brief.id)
        node = Node(node_id, "execution", name, brief.started_ms, ref=ref)
        _tell_execution(node, brief, now_ms)
        return node

    def said(self, piece: Work) -> Shown | None:
        """What a piece of work says: of what is our own, by names."""
        death = work.attributes_of(piece).get(causes.DEAD_LETTER)
        home = death.get("from") if isinstance(death, dict) else piece.queue
        ref = self._refs.get(home) if isinstance(home, int) else None
        told = None if ref is None else SAID.get(ref.kind)
        said = None if told is None else told(piece.body)
        if said is None:
            return shown(piece.body)
        return Shown(values.as_json(said), len(piece.body.encode()))

    def begins(self, piece: Piece) -> int | str | None:
        """Which execution a piece of work begins: its number, or the name of an express one."""
        ref = self._refs.get(piece.queue)
        if ref is None or ref.kind not in WORKFLOWS:
            return None
        return begun_by(piece.body.text)


def shown_ref(ref: Ref) -> Ref:
    """A resource by what people call it: what is a part of another is that one."""
    if ref.kind.startswith("workflow-"):
        return ref._replace(kind="workflow")
    return ref._replace(kind=_OWNERS.get(ref.kind, ref.kind))


def home_of(piece: Piece) -> int:
    """The number of whose work it is; of a dead letter, of whose it was."""
    death = attributes_of(piece).get(causes.DEAD_LETTER)
    home = death.get("from") if isinstance(death, dict) else None
    return home if isinstance(home, int) else piece.queue


def is_dead_letter(piece: Piece) -> bool:
    """Whether it lies in a dead-letter queue."""
    return piece.state != work.DONE and causes.DEAD_LETTER in attributes_of(piece)


def attributes_of(piece: Piece) -> dict[str, Json]:
    """What travels beside the body of a piece of work."""
    found = values.decode(piece.attributes) if piece.attributes else {}
    return found if isinstance(found, dict) else {}


def short(text: Text) -> str:
    """A text, as short as a note; of a large one how large it is."""
    if not text.text and not text.is_whole:
        return f"{text.size:,} bytes"
    return _cut(text.text)


def cut(text: str) -> str:
    """A text, as short as a note."""
    return _cut(text)


def _cut(text: str, length: int = NOTE_LENGTH) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


def _attempts(failed: Sequence[Failure]) -> list[Attempt]:
    return [
        Attempt(each.attempt, each.at_ms, _cut(each.error, ATTEMPT_LENGTH), each.begun_ms)
        for each in failed[-ATTEMPTS_MAX:]
    ]


def _tell_execution(node: Node, brief: Brief, now_ms: int) -> None:
    node.state = STATUSES[brief.status]
    node.note = brief.name if brief.error is None else f"{brief.name}: {brief.error}"
    ended_ms = now_ms if brief.ended_ms is None else brief.ended_ms
    node.worked_ms = max(0, ended_ms - brief.started_ms)


def _words_of_work(home: Ref | None, piece: Piece) -> tuple[str, str, str]:
    """What a piece of work is: its kind, its name and a note."""
    if home is None:
        return "message", "forgotten", short(piece.body)
    text = piece.body.text
    told = NOTES.get(home.kind)
    note = short(piece.body) if told is None else _cut(told(text))
    if home.kind in WORKFLOWS:
        return word_of_job(text), home.name, note
    if home.kind in TASKS:
        return "task", state_of_task(text) or home.name, note
    if home.kind == "deliveries":
        return "delivery", home.name, _note_of_delivery(attributes_of(piece)) or note
    return _WORK.get(home.kind, "message"), home.name, note


def _note_of_delivery(attributes: Mapping[str, Json]) -> str | None:
    """Of which rule a delivery is that a target did not take, and to whom."""
    said = attributes.get("delivery")
    if not isinstance(said, dict):
        return None
    target = " ".join(str(said.get("target", "")).split("/")[1:])
    return f"rule {said.get('rule')!s} to {target}"


def _note_of_fact(kind: str, fact: Fact) -> str:
    new = Text("", 0, is_whole=True) if fact.new is None else fact.new
    match kind:
        case "event":
            return _note_of_event(new)
        case "published":
            return _cut(_after(new, '"body":', ',"attributes":'))
        case "record" | "metered":
            return " ".join(filter(None, (fact.key, short(new))))
        case "status":
            return f"{fact.key} {fact.kind.upper()}"
        case "object":
            return f"{fact.kind} {fact.key}"
    shown = fact.old if fact.new is None else fact.new
    by = "" if fact.parent else " (by a statement from outside)"
    return f"{fact.kind} {'' if shown is None else short(shown)}{by}"


def _note_of_event(new: Text) -> str:
    if new.is_whole:
        stored = values.decode(new.text or "{}")
        said = stored if isinstance(stored, dict) else {}
        return f"{said.get('detail-type')!s} {_cut(values.encode(said.get('detail')))}"
    found = _DETAIL_TYPE.search(new.text)
    name = "" if found is None else str(values.decode(f'"{found[1]}"'))
    detail = _after(new, '"detail":', None)
    return f"{name} {_cut(detail) or short(new)}".strip()


def _after(text: Text, begin: str, end: str | None) -> str:
    """What is in a JSON text behind a place, up to the last of another; in a part, to its end."""
    behind = text.text.partition(begin)[2]
    if end is None or not text.is_whole:
        return behind
    return behind.rpartition(end)[0] or behind
