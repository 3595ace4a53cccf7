"""Redriving dead letters, within a transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ensue.engine import causes, dead_letters, redrives, work
from ensue.engine.dead_letters import BEGINNING, Letter, Seen
from ensue.engine.redrives import Moved, Redriving
from ensue.engine.transaction import Transaction
from ensue.engine.work import Work
from ensue.resources.queue import rules
from ensue.resources.queue.model import (
    REDRIVE_MAX,
    REDRIVES_MAX,
    QueueModel,
    Redrive,
    RedrivePreview,
    Undone,
)
from ensue.resources.queue.rules import Plan, Redriver
from ensue.resources.queue.store import letters
from ensue.resources.queue.store.letters import check
from ensue.words import values
from ensue.words.errors import Conflict, InvalidInput, LimitExceeded, NotFound
from ensue.words.values import Json

STATES = {
    redrives.RUNNING: "running",
    redrives.DONE: "done",
    redrives.CANCELLED: "cancelled",
    redrives.UNDONE: "undone",
}


@dataclass
class _Seen:
    """What one look at dead letters found."""

    wanted: list[tuple[Letter, str | None]] = field(default_factory=list)
    refused: int = 0
    first_refusal: str | None = None
    looked_at: int = 0
    at: tuple[int, int] = BEGINNING
    more: bool = False

    def refuse(self, reason: str) -> None:
        self.refused += 1
        self.first_refusal = self.first_refusal or reason


def _look(
    tx: Transaction,
    redriving: Redriving,
    plan: Plan,
    declared: set[int],
    *,
    limit: int,
    looks: int,
) -> _Seen:
    """Look at ``looks`` dead letters behind where a redrive is, until ``limit`` are wanted."""
    redriver = Redriver(plan)
    seen = _Seen(at=(redriving.at_due_ms, redriving.at_id))
    found = _chosen(tx, redriving, plan, seen.at, looks)
    for at, piece in found:
        if len(seen.wanted) >= limit:
            seen.more = True
            return seen
        seen.at = at
        seen.looked_at += 1
        if piece is None:
            seen.refuse(f"{(plan.ids or [])[at[1]]} is no dead letter here, or somebody has it")
            continue
        letter = dead_letters.letter_of(piece)
        if letter is None or not redriver.wants(letter):
            continue
        if letter.home not in declared:
            seen.refuse(f"what {work.record_id(tx, piece.id)} was sent to is declared no more")
            continue
        try:
            seen.wanted.append((letter, redriver.body(letter)))
        except (InvalidInput, LimitExceeded) as fault:
            seen.refuse(f"{work.record_id(tx, piece.id)}: {fault}")
    seen.more = len(found) == looks
    return seen


def _chosen(
    tx: Transaction, redriving: Redriving, plan: Plan, after: tuple[int, int], limit: int
) -> Sequence[tuple[tuple[int, int], Work | None]]:
    """The next letters among those that a plan is about; None for a named one that is gone."""
    queue, until_ms = redriving.queue, redriving.started_ms
    if plan.cause is not None:
        cause = causes.find(tx, queue, plan.cause)
        number = 0 if cause is None else cause.number
        return dead_letters.look_at_cause(tx, number, after, until_ms, limit)
    if plan.ids is not None:
        chosen = range(after[1] + 1, min(len(plan.ids), after[1] + 1 + limit))
        return [((0, each), letters.named(tx, queue, plan.ids[each])) for each in chosen]
    found = dead_letters.look(tx, queue, after, until_ms, limit)
    return [Seen((piece.due_ms, piece.id), piece) for piece in found]


def start(tx: Transaction, queue: QueueModel, plan: Plan) -> Redriving:
    """Enter a redrive."""
    check(tx, queue)
    letters.check_cause(tx, queue, plan.cause)
    return redrives.start(tx, tx.number(queue.ref), plan.text())


def advance(
    tx: Transaction,
    redriving: Redriving,
    limit: int,
    declared: set[int],
    looks: int = REDRIVE_MAX,
) -> Redriving:
    """Move at most ``limit`` of the next ``looks`` letters; the answer says whether it is done."""
    plan = rules.plan_from(redriving.options)
    if plan.limit is not None:
        limit = min(limit, plan.limit - redriving.moved)
    seen = _look(tx, redriving, plan, declared, limit=limit, looks=looks)
    moved_so_far = redriving.moved
    for letter, body in seen.wanted:
        piece = letter.piece
        before = None if body is None else piece.body
        moved = Moved(piece.id, letter.home, piece.attributes or "{}", before)
        # What it moved before died again since, within the millisecond in which it began.
        if redrives.remember(tx, redriving.id, moved):
            dead_letters.revive(tx, letter, body)
            moved_so_far += 1
    is_done = not seen.more or moved_so_far == plan.limit
    now = redriving._replace(
        state=redrives.DONE if is_done else redrives.RUNNING,
        moved=moved_so_far,
        refused=redriving.refused + seen.refused,
        first_refusal=redriving.first_refusal or seen.first_refusal,
        at_due_ms=seen.at[0],
        at_id=seen.at[1],
        ended_ms=tx.now_ms if is_done else None,
    )
    redrives.save(tx, now)
    return now


def at_once(tx: Transaction, redriving: Redriving, declared: set[int]) -> Redriving:
    """Do a redrive without a rate: it ends with what it could look at."""
    now = advance(tx, redriving, REDRIVE_MAX, declared)
    ended = now._replace(state=redrives.DONE, ended_ms=tx.now_ms)
    redrives.save(tx, ended)
    return ended


def preview(tx: Transaction, queue: QueueModel, plan: Plan, declared: set[int]) -> RedrivePreview:
    """What a redrive of at most 10,000 letters would do; nothing is changed."""
    check(tx, queue)
    letters.check_cause(tx, queue, plan.cause)
    number = tx.number(queue.ref)
    unsaved = redrives.unsaved(number, tx.now_ms)
    limit = REDRIVE_MAX if plan.limit is None else min(plan.limit, REDRIVE_MAX)
    seen = _look(tx, unsaved, plan, declared, limit=limit, looks=REDRIVE_MAX)
    names = {known: f"{ref.kind}/{ref.name}" for ref, known in tx.facts.numbers.items()}
    to: dict[str, int] = {}
    for letter, _ in seen.wanted:
        to[names[letter.home]] = to.get(names[letter.home], 0) + 1
    return RedrivePreview(
        moves=len(seen.wanted),
        to=to,
        refuses=seen.refused,
        first_refusal=seen.first_refusal,
        looked_at=seen.looked_at,
        samples=[_sample(tx, letter, body, names) for letter, body in seen.wanted[: rules.SAMPLES]],
    )


def _sample(
    tx: Transaction, letter: Letter, body: str | None, names: dict[int, str]
) -> dict[str, Json]:
    return {
        "id": work.record_id(tx, letter.piece.id),
        "to": names[letter.home],
        "reason": letter.reason,
        "receives": letter.receives,
        "body": values.decode(letter.piece.body if body is None else body),
    }


def cancel(tx: Transaction, queue: QueueModel, number: int) -> Redriving:
    """Stop a redrive that runs; what it moved stays moved.

    Raises:
        NotFound: there is no such redrive.
        Conflict: it does not run.
    """
    found = _found(tx, queue, number)
    if found.state != redrives.RUNNING:
        raise Conflict(f"expected a redrive that runs, redrive {number} is {STATES[found.state]}")
    now = found._replace(state=redrives.CANCELLED, ended_ms=tx.now_ms)
    redrives.save(tx, now)
    return now


@dataclass
class Undoing:
    """How far the undoing of a redrive has come."""

    number: int
    after: int = 0
    returned: int = 0
    gone: int = 0
    is_done: bool = False

    def answer(self) -> Undone:
        """What it did."""
        return Undone(self.returned, self.gone)


def undo(tx: Transaction, queue: QueueModel, undoing: Undoing) -> Undoing:
    """Make a chunk of what a redrive moved dead letters again, where nobody has it yet.

    Raises:
        NotFound: there is no such redrive.
        Conflict: it still runs.
    """
    found = _found(tx, queue, undoing.number)
    if found.state == redrives.RUNNING:
        raise Conflict(
            f"expected a redrive that has ended, redrive {found.id} runs", hint="Cancel it first."
        )
    chunk = redrives.moved_by(tx, found.id, undoing.after, REDRIVE_MAX)
    returned = sum(
        dead_letters.put_back(
            tx,
            moved.work,
            moved.home,
            found.queue,
            (moved.attributes, moved.body),
            until_ms=tx.now_ms if found.ended_ms is None else found.ended_ms,
        )
        for moved in chunk
    )
    is_done = len(chunk) < REDRIVE_MAX
    if is_done:
        redrives.save(tx, found._replace(state=redrives.UNDONE))
    return Undoing(
        found.id,
        chunk[-1].work if chunk else undoing.after,
        undoing.returned + returned,
        undoing.gone + len(chunk) - returned,
        is_done,
    )


def running(tx: Transaction, queue: QueueModel) -> Redriving | None:
    """The redrive that runs, the first of several."""
    return redrives.first_running(tx, tx.number(queue.ref))


def listed(tx: Transaction, queue: QueueModel, limit: int) -> list[Redrive]:
    """The redrives of a dead-letter queue, newest first."""
    check(tx, queue)
    found = redrives.newest(tx, tx.number(queue.ref), max(0, min(limit, REDRIVES_MAX)))
    return [shown(each) for each in found]


def shown(found: Redriving) -> Redrive:
    """A redrive as applications see it."""
    return Redrive(
        id=found.id,
        state=STATES[found.state],
        moved=found.moved,
        refused=found.refused,
        first_refusal=found.first_refusal,
        started_ms=found.started_ms,
        ended_ms=found.ended_ms,
    )


def _found(tx: Transaction, queue: QueueModel, number: int) -> Redriving:
    check(tx, queue)
    found = redrives.find(tx, tx.number(queue.ref), number)
    if found is None:
        raise NotFound(f"there is no redrive {number} of {queue.ref}")
    return found
