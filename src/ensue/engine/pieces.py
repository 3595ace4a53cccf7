"""One piece of work, with all that is known of it: where it stands, and how it was tried."""

from __future__ import annotations

from dataclasses import dataclass

from ensue.engine import causes, dead_letters, failures, redrives, work
from ensue.engine.causes import DEAD_LETTER
from ensue.engine.ids import WORK_NUMBER
from ensue.engine.parking import group_of
from ensue.engine.transaction import Transaction
from ensue.engine.work import DONE, HELD_MS, LEASED, Work
from ensue.words import values
from ensue.words.errors import NotFound
from ensue.words.names import Ref
from ensue.words.values import Json


@dataclass(frozen=True, slots=True)
class FailedAttempt:
    """An attempt that failed: which, when, and why."""

    attempt: int
    at_ms: int
    error: str


@dataclass(frozen=True, slots=True)
class PieceDetails:
    """A message, or another piece of work, as it stands.

    Attributes:
        id: its id.
        app: whose it is.
        kind: the kind of what it is in, such as ``queue``.
        name: the name of that.
        state: ``due``, ``delayed``, ``held`` behind its group, ``retrying`` after it failed,
            ``in flight``, ``dead`` or ``done``.
        sent_ms: when it was sent.
        due_ms: when it may be received, or may be again; when its lease ends; when it was done.
            None while it is held.
        taken_ms: when it was last received.
        receives: how often it was received since it was sent or redriven.
        crashes: how many of these ended with the death of the process.
        holder: who received it by hand, as it called itself; None for its consumer.
        group: its message group.
        held_by: the id of the first of its group, behind which it waits; None where it does not.
        priority: as it was sent, in a queue of priorities.
        tenant: as it was sent, in a fair queue.
        body: what was sent.
        original_body: what it was before a redrive changed it; None where none did.
        attributes: what travels beside the body.
        attempts: those that failed, the first first.
        cause: the fingerprint of what it died of; None while it is not dead.
        died_in: what it died in: kind and name.
        died_ms: when.
        reason: why, as it was said.
    """

    id: str
    app: str
    kind: str
    name: str
    state: str
    sent_ms: int
    due_ms: int | None
    taken_ms: int | None
    receives: int
    crashes: int
    holder: str | None
    group: str | None
    held_by: str | None
    priority: int | None
    tenant: str | None
    body: Json
    original_body: Json
    attributes: dict[str, Json]
    attempts: list[FailedAttempt]
    cause: str | None
    died_in: str | None
    died_ms: int | None
    reason: str | None


def details(tx: Transaction, record_id: str, queue: int | None = None) -> PieceDetails:
    """All that is known of a piece of work.

    Args:
        tx: the transaction.
        record_id: its id.
        queue: where it must be; None for anywhere.

    Raises:
        NotFound: there is none of that id, or it is not kept any more.
    """
    place = tx.facts.records.place(record_id)
    found = None
    if place is not None and place.number == WORK_NUMBER:
        found = work.piece(tx, place.sequence)
    if found is None or queue not in (None, found.queue):
        raise NotFound(
            f"there is no message {record_id}", hint="It may have been forgotten since it was done."
        )
    return _details(tx, found)


def state_of(tx: Transaction, piece: Work) -> str:
    """How a piece of work stands, as people say it."""
    if piece.state == DONE:
        return "done"
    if piece.state == LEASED:
        return "in flight"
    if causes.death_of(piece.attributes) is not None:
        return "dead"
    if piece.due_ms == HELD_MS:
        return "held"
    if piece.due_ms <= tx.now_ms:
        return "due"
    return "retrying" if piece.receives else "delayed"


def _details(tx: Transaction, piece: Work) -> PieceDetails:
    refs = {number: ref for ref, number in tx.facts.numbers.items()}
    home = refs.get(piece.queue, Ref("", "", ""))
    letter, cause = dead_letters.letter_of(piece), causes.of_letter(tx, piece.id)
    died_in = None if letter is None else refs.get(letter.home)
    attributes = work.attributes_of(piece)
    attributes.pop(DEAD_LETTER, None)
    original = redrives.original(tx, piece.id)
    return PieceDetails(
        id=work.record_id(tx, piece.id),
        app=home.app,
        kind=home.kind,
        name=home.name,
        state=state_of(tx, piece),
        sent_ms=piece.sent_ms,
        due_ms=None if piece.due_ms == HELD_MS else piece.due_ms,
        taken_ms=piece.taken_ms,
        receives=piece.receives,
        crashes=piece.crashes,
        holder=_holder(tx, piece),
        group=group_of(piece),
        held_by=_held_by(tx, piece),
        priority=piece.priority,
        tenant=piece.tenant,
        body=values.decode(piece.body),
        original_body=None if original is None else values.decode(original),
        attributes=attributes,
        attempts=[FailedAttempt(*each) for each in failures.failures(tx, piece.id)],
        cause=None if cause is None else cause.fingerprint,
        died_in=None if died_in is None else f"{died_in.kind}/{died_in.name}",
        died_ms=None if letter is None else letter.at_ms,
        reason=None if letter is None else letter.reason,
    )


def _holder(tx: Transaction, piece: Work) -> str | None:
    if piece.state != LEASED:
        return None
    found = tx.row("SELECT holder FROM ensue_work WHERE id = ?", (piece.id,))
    return None if found is None or found[0] is None else str(found[0])


def _held_by(tx: Transaction, piece: Work) -> str | None:
    if piece.due_ms != HELD_MS or piece.group is None:
        return None
    first = work.first_of_group(tx, piece.queue, piece.group)
    return None if first is None else work.record_id(tx, first)
