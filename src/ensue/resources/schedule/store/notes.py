"""What came of schedules: the firings that were, and the moments that passed without one."""

from __future__ import annotations

from ensue.engine import hops, work
from ensue.engine.hops import Hop
from ensue.engine.ids import HOP_NUMBER, Place
from ensue.engine.transaction import Transaction
from ensue.resources.schedule import rules
from ensue.resources.schedule.model import NOTES_MAX, Entry, GroupModel, Missing, Run
from ensue.resources.schedule.store.schedules import get

_STATES = {work.WAITING: "waiting", work.LEASED: "in flight", work.DONE: "done"}
_NOTE = "name, first_ms, until_ms, moments, why, did"


def runs(tx: Transaction, group: GroupModel, name: str, limit: int) -> list[Run]:
    """The last firings of a schedule that are kept, newest first."""
    entry = get(tx, group, name)
    place = Place(tx.number(group.ref), entry.id)
    return [_run(tx, group, hop) for hop in hops.newest_caused_by(tx, place, limit)]


def missed(tx: Transaction, group: GroupModel, name: str | None, limit: int) -> list[Missing]:
    """The moments that passed without a firing in time, newest first."""
    if name is None:
        sql = f"SELECT {_NOTE} FROM {group.notes} ORDER BY id DESC LIMIT ?"
        return [Missing(*row) for row in tx.execute(sql, (limit,))]
    entry = get(tx, group, name)
    sql = f"SELECT {_NOTE} FROM {group.notes} WHERE schedule = ? ORDER BY id DESC LIMIT ?"
    return [Missing(*row) for row in tx.execute(sql, (entry.id, limit))]


def note_missed(tx: Transaction, group: GroupModel, entry: Entry, decision: rules.Decision) -> None:
    """Note what became of moments that were due while nothing ran, and forget the oldest notes."""
    if entry.plan.missed == "all" and decision.fire:
        moments, did = 1, "fired"
    else:
        due_ms = entry.due_ms or 0
        moments = rules.moments_between(entry.plan, entry.anchor_ms, due_ms, tx.now_ms)
        did = "fired once" if decision.fire else "left out"
    note(tx, group, entry, (tx.now_ms, moments, "late", did))


def note(
    tx: Transaction, group: GroupModel, entry: Entry, said: tuple[int | None, int, str, str]
) -> None:
    """Note moments that passed, from the one at which a schedule is due; forget the oldest notes.

    Args:
        tx: the transaction.
        group: the group.
        entry: the schedule.
        said: until when, how many, why, and what became of them.
    """
    tx.execute(
        f"INSERT INTO {group.notes} (schedule, name, first_ms, until_ms, moments, why, did)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (entry.id, entry.name, entry.due_ms, *said),
    )
    tx.execute(f"DELETE FROM {group.notes} WHERE id <= ?", (tx.inserted() - NOTES_MAX,))


def end_pause(tx: Transaction, group: GroupModel, entry: Entry) -> None:
    """Complete the note of a pause; forget it where nothing was due meanwhile."""
    found = tx.row(
        f"SELECT id, first_ms FROM {group.notes} WHERE schedule = ? AND until_ms IS NULL"
        " ORDER BY schedule, id DESC LIMIT 1",
        (entry.id,),
    )
    if found is None:
        return
    number, first_ms = found[0], int(str(found[1]))
    if first_ms >= tx.now_ms:
        tx.execute(f"DELETE FROM {group.notes} WHERE id = ?", (number,))
        return
    moments = rules.moments_between(entry.plan, entry.anchor_ms, first_ms, tx.now_ms)
    tx.execute(
        f"UPDATE {group.notes} SET until_ms = ?, moments = ? WHERE id = ?",
        (tx.now_ms, moments, number),
    )


def _run(tx: Transaction, group: GroupModel, hop: Hop) -> Run:
    """What came of a firing: the work of its target, where it is work there."""
    pieces = work.produced_by(tx, hop.id, 1)
    run_id = tx.facts.records.text(HOP_NUMBER, hop.id)
    if not pieces:
        return Run(run_id, hop.at_ms, "delivered", None)
    [piece] = pieces
    ref = next((ref for ref, number in tx.facts.numbers.items() if number == piece.queue), None)
    state = "dead" if "dead_letter" in work.attributes_of(piece) else _STATES[piece.state]
    if ref == group.ref:
        return Run(run_id, hop.at_ms, state if state == "dead" else "refused", None)
    return Run(run_id, hop.at_ms, state, None if ref is None else f"{ref.kind}/{ref.name}")
