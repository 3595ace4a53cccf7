"""What came of something at those who got it: looked for among what is stored."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice

from ensue.engine import causes, hops, offspring, work
from ensue.engine.engine import Engine
from ensue.engine.hops import Hop
from ensue.engine.ids import HOP_NUMBER, Place
from ensue.engine.logs import Record
from ensue.engine.offspring import Fact, Piece
from ensue.engine.transaction import Transaction
from ensue.observe.children import Branch, Children
from ensue.observe.deliveries.model import Got
from ensue.observe.naming import Naming, attributes_of, home_of
from ensue.observe.places import Places
from ensue.observe.tree import Node
from ensue.words import values
from ensue.words.errors import InvalidValue
from ensue.words.names import Ref

PIECES_LOOKED_AT = 1_000
GOT_MAX = 20
RUNS_LOOKED_AT = 100

Text = Callable[[Hop], str | None]


class Traces:
    """Looks for what came of one record.

    Args:
        engine: the store.
        tx: one snapshot.
        naming: names what is found.
        place: where the record is.
        record: the record.
    """

    def __init__(
        self, engine: Engine, tx: Transaction, naming: Naming, place: Place, record: Record
    ) -> None:
        self._engine = engine
        self._tx = tx
        self._naming = naming
        self._children = Children(engine, tx, naming)
        self._places = Places(engine, tx)
        self._id = tx.facts.records.text(*place)
        self._runs = offspring.hops_of(tx, [place], RUNS_LOOKED_AT)
        made_by = None if record.hop is None else hops.hop(tx, record.hop)
        replays = [each for each in self._runs if each.actor.startswith("replay ")]
        # Whoever said it has delivered it, in the same transaction; and so have its replays.
        self._senders = [*replays] if made_by is None else [made_by, *replays]
        self._pieces: list[Piece] | None = None
        self._told: set[int] = set()

    def sent_to(self, target: Ref, text: Text, *, is_ours: Callable[[Piece], bool]) -> list[Got]:
        """What was delivered to a target when it was said, or replayed.

        Args:
            target: to whom.
            text: the body that the target got by a hop; None where nobody can tell.
            is_ours: whether a piece of work is a delivery that the target did not take at once.
        """
        number = self._tx.facts.numbers.get(target)
        found: list[Piece] = []
        for sender in self._senders:
            # By each hop a target of a rule gets an event once.
            pieces = (each for each in self._all_pieces() if each.parent == sender.id)
            ours = (
                each
                for each in pieces
                if each.id not in self._told
                and (is_ours(each) or (home_of(each) == number and self._is_of(each, text(sender))))
            )
            found += islice(ours, 1)
        self._told |= {each.id for each in found}
        if number is not None and not found:
            return self._said_by(number, target, text)
        return [got_of(each.node) for each in self._children.of_work(found[:GOT_MAX])]

    def runs_of(self, ref: Ref) -> list[Got]:
        """What a function or pipe made of it: its work, or else what it ran, or delivered."""
        number = self._tx.facts.numbers.get(ref)
        runs = [each for each in self._runs if each.actor == ref.name][:GOT_MAX]
        branches = [Branch(Place(HOP_NUMBER, each.id), self._naming.hop(each)) for each in runs]
        below = self._children.of(branches) if branches else {}
        found: list[Got] = []
        for branch in branches:
            children = below[branch.place]
            own = [each for each in children if self._is_work_of(each, number)]
            shown = own or (children if ref.kind == "pipe" else [])
            found += [got_of(each.node) for each in shown] or [got_of(branch.node)]
        return found[:GOT_MAX]

    def _is_work_of(self, branch: Branch, number: int | None) -> bool:
        piece = work.piece(self._tx, branch.place.sequence) if branch.place.number == 1 else None
        return piece is not None and number is not None and _home(piece) == number

    def _all_pieces(self) -> list[Piece]:
        if self._pieces is None:
            senders = [each.id for each in self._senders]
            self._pieces = offspring.pieces(self._tx, senders, PIECES_LOOKED_AT) if senders else []
        return self._pieces

    def _is_of(self, piece: Piece, expected: str | None) -> bool:
        body = piece.body.text
        if not piece.body.is_whole:
            whole = work.piece(self._tx, piece.id)
            body = "" if whole is None else whole.body
        if self._id in body:
            return True
        return expected is not None and (body == expected or self._begins_with(piece, expected))

    def _begins_with(self, piece: Piece, expected: str) -> bool:
        """Whether a piece of work begins an execution that was given a text."""
        begins = self._naming.begins(piece)
        if not isinstance(begins, int):
            return False
        told = offspring.execution_told(self._tx, begins)
        return told is not None and _is_same(told.input, expected)

    def _said_by(self, number: int, target: Ref, text: Text) -> list[Got]:
        """What was said to a bus, a topic or a stream."""
        source = next(
            (each for each in self._engine.directory.sources() if each.number == number), None
        )
        if source is None or not self._senders:
            return []
        senders = {each.id: each for each in self._senders}
        found: list[Got] = []
        for fact in offspring.facts(self._tx, source, senders, PIECES_LOOKED_AT):
            expected = text(senders[fact.parent])
            said = self._whole(fact)
            if expected is not None and _says(target, said, expected):
                found.append(got_of(self._naming.fact(fact)))
        return found[:GOT_MAX]

    def _whole(self, fact: Fact) -> str:
        if fact.new is not None and fact.new.is_whole:
            return fact.new.text
        record = self._places.record(fact.place)
        return "" if record is None or record.new is None else record.new


def got_of(node: Node) -> Got:
    """What is told of a node to who asks what came of something."""
    error = node.attempts[-1].error if node.attempts and node.state != "done" else None
    return Got(node.id, node.kind, node.name, node.state, len(node.attempts), error, node.ref)


def is_delivery_of(rule: str, target: Ref, event_id: str) -> Callable[[Piece], bool]:
    """What tells the kept delivery of an event by a rule to a target."""
    to = "/".join(target)

    def is_ours(piece: Piece) -> bool:
        said = attributes_of(piece).get("delivery")
        if not isinstance(said, dict) or (said.get("rule"), said.get("target")) != (rule, to):
            return False
        return event_id in piece.body.text

    return is_ours


def never(piece: Piece) -> bool:
    """For what keeps no deliveries of its own."""
    del piece
    return False


def _home(piece: work.Work) -> int:
    death = work.attributes_of(piece).get(causes.DEAD_LETTER)
    home = death.get("from") if isinstance(death, dict) else None
    return home if isinstance(home, int) else piece.queue


def _says(target: Ref, said: str, expected: str) -> bool:
    """Whether a record of a bus, topic or stream says what was delivered to it."""
    if target.kind == "topic":
        return said.startswith(f'{{"body":{expected},"attributes":')
    if target.kind != "bus":
        return said == expected
    found, wanted = _decoded(said), _decoded(expected)
    if not isinstance(found, dict) or not isinstance(wanted, dict):
        return False
    parts: Iterable[str] = ("detail-type", "detail")
    return all(found.get(part) == wanted.get(part) for part in parts)


def _is_same(text: str, other: str) -> bool:
    return text == other or _decoded(text) == _decoded(other)


def _decoded(text: str) -> object:
    try:
        return values.decode(text)
    except InvalidValue:
        return None
