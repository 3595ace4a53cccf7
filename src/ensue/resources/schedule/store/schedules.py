"""What a group of schedules does within a transaction."""

from __future__ import annotations

from collections.abc import Sequence

from ensue.engine.database import SqlValue
from ensue.engine.transaction import Transaction
from ensue.resources.schedule import rules
from ensue.resources.schedule.model import (
    ACTIVE,
    COMPLETED,
    PAGE_MAX,
    PAUSED,
    STATES,
    Entry,
    GroupModel,
    Plan,
    ScheduleChanges,
    check_schedule_name,
)
from ensue.words.errors import (
    Conflict,
    InvalidExpression,
    NotFound,
)
from ensue.words.names import Ref
from ensue.words.values import Json

_PLAN = (
    "expression, timezone, target_app, target_kind, target_name, body, grp, start_ms, end_ms,"
    " window_ms, missed, after, raw"
)
_ENTRY = f"id, name, declared, state, anchor_ms, due_ms, fire_ms, last_ms, fired, left_out, {_PLAN}"


def create(
    tx: Transaction, group: GroupModel, name: str, plan: Plan, *, declared: bool = False
) -> Entry:
    """Make a schedule.

    A declared one may be over already; then it is completed from the beginning.
    """
    check_schedule_name(name)
    tx.facts.directory.target(plan.target)
    anchor_ms = tx.now_ms if plan.start_ms is None else plan.start_ms
    due_ms = rules.due_after(plan, anchor_ms, tx.now_ms - 1)
    if due_ms is None and not declared:
        raise _never_due(plan)
    state = COMPLETED if due_ms is None else ACTIVE
    moment_ms = fire_ms(tx, plan, due_ms)
    tx.execute(
        f"INSERT INTO {group.table} (name, declared, state, anchor_ms, due_ms, fire_ms, {_PLAN})"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (name) DO NOTHING",
        (name, int(declared), state, anchor_ms, due_ms, moment_ms, *_stored(plan)),
    )
    if not tx.changed():
        raise Conflict(
            f"there is a schedule {name} in group {group.ref.name}",
            hint="Update it, or delete it first.",
        )
    tx.touched.add(tx.number(group.ref))
    return Entry(
        tx.inserted(), name, plan, declared, state, anchor_ms, due_ms, moment_ms, None, 0, 0
    )


def update(
    tx: Transaction,
    group: GroupModel,
    name: str,
    target: Ref | None,
    changes: ScheduleChanges,
) -> Entry:
    """Change what a schedule says; when it is due changes only if that is what is changed."""
    entry = _undeclared(tx, group, name)
    plan = rules.changed(entry.plan, target, changes)
    tx.facts.directory.target(plan.target)
    changed = _replan(tx, entry, plan)
    if changed.state == COMPLETED and entry.state != COMPLETED:
        raise _never_due(plan)
    save(tx, group, changed)
    return changed


def declare(tx: Transaction, group: GroupModel, declared: dict[str, Plan]) -> list[str]:
    """Make the declared schedules what they are declared to be now, and forget those that are not.

    Returns the names of those that are never due any more.
    """
    before = tx.rows(f"SELECT name FROM {group.table} WHERE declared = 1")
    for (name,) in before:
        if name not in declared:
            tx.execute(f"DELETE FROM {group.table} WHERE name = ?", (name,))
    over: list[str] = []
    for name, plan in declared.items():
        entry = find(tx, group, name)
        if entry is None:
            entry = create(tx, group, name, plan, declared=True)
        elif entry.plan != plan or not entry.declared:
            tx.facts.directory.target(plan.target)
            entry = _replan(tx, entry._replace(declared=True), plan)
            save(tx, group, entry)
        else:
            tx.facts.directory.target(plan.target)
        if entry.state == COMPLETED and entry.fired == 0:
            over.append(name)
    return over


def rename(tx: Transaction, group: GroupModel, renamed: dict[str, str]) -> None:
    """Give declared schedules of an earlier start the names that they have now.

    One that there is under the new name already stays as it is.
    """
    for was, now in renamed.items():
        tx.execute(
            f"UPDATE {group.table} SET name = ?2 WHERE name = ?1 AND declared = 1"
            f" AND NOT EXISTS (SELECT 1 FROM {group.table} WHERE name = ?2)",
            (was, now),
        )


def delete(tx: Transaction, group: GroupModel, name: str) -> bool:
    """Forget a schedule; returns whether there was one."""
    entry = find(tx, group, name)
    if entry is None:
        return False
    _check_undeclared(group, entry)
    tx.execute(f"DELETE FROM {group.table} WHERE id = ?", (entry.id,))
    return True


def due(tx: Transaction, group: GroupModel, limit: int) -> list[Entry]:
    """The schedules that have come to their moment, the earliest first."""
    return due_at(tx, group, tx.now_ms, limit)


def due_at(tx: Transaction, group: GroupModel, at_ms: int, limit: int) -> list[Entry]:
    """The schedules that come to their moment at a time, or have before."""
    found = tx.execute(
        f"SELECT {_ENTRY} FROM {group.table} WHERE state = 0 AND fire_ms <= ?"
        " ORDER BY fire_ms, id LIMIT ?",
        (at_ms, limit),
    )
    return [_entry(row) for row in found.fetchall()]


def next_fire_ms(tx: Transaction, group: GroupModel) -> int | None:
    """When the next schedule comes to its moment; None when none is active."""
    found = tx.row(
        f"SELECT fire_ms FROM {group.table} WHERE state = 0 ORDER BY fire_ms, id LIMIT 1"
    )
    return found[0] if found and isinstance(found[0], int) else None


def next_firing(tx: Transaction, group: GroupModel) -> tuple[int, str] | None:
    """When the next schedule comes to its moment, and its name; None when none is active."""
    found = tx.row(
        f"SELECT fire_ms, name FROM {group.table} WHERE state = 0 ORDER BY fire_ms, id LIMIT 1"
    )
    return None if found is None else (found[0], found[1])  # type: ignore[return-value]


def find(tx: Transaction, group: GroupModel, name: str) -> Entry | None:
    """A schedule by its name; None when there is none."""
    found = tx.row(f"SELECT {_ENTRY} FROM {group.table} WHERE name = ?", (name,))
    return None if found is None else _entry(found)


def get(tx: Transaction, group: GroupModel, name: str) -> Entry:
    """A schedule by its name."""
    found = find(tx, group, name)
    if found is None:
        raise NotFound(f"there is no schedule {name} in group {group.ref.name}")
    return found


def page(
    tx: Transaction, group: GroupModel, after: str, state: str | None, limit: int
) -> list[Entry]:
    """Schedules in the order of their names, behind a name, at most ``limit``."""
    bounded = max(0, min(limit, PAGE_MAX))
    which = {None: "", "active": " AND +state = 0"}.get(state, " AND state > 0 AND state = ?3")
    found = tx.execute(
        f"SELECT {_ENTRY} FROM {group.table} WHERE name > ?1{which} ORDER BY name LIMIT ?2",
        (after, bounded, STATES.index(state or "")) if "?3" in which else (after, bounded),
    )
    return [_entry(row) for row in found]


def counts(tx: Transaction, group: GroupModel) -> dict[str, Json]:
    """How many schedules are in each state."""
    [(active,)] = tx.execute(f"SELECT count(*) FROM {group.table} WHERE state = 0")
    found: dict[str, Json] = {STATES[ACTIVE]: active, STATES[PAUSED]: 0, STATES[COMPLETED]: 0}
    resting = f"SELECT state, count(*) FROM {group.table} WHERE state > 0 GROUP BY state"
    for state, count in tx.execute(resting):
        found[STATES[state]] = count
    return found


def _replan(tx: Transaction, entry: Entry, plan: Plan) -> Entry:
    """An entry with another plan; it is due from now on where that is due at other moments."""
    if not rules.is_timing_changed(entry.plan, plan):
        return entry._replace(plan=plan)
    if rules.keeps_moment(entry, plan):
        moment_ms = entry.fire_ms
        if plan.window_ms != entry.plan.window_ms:
            moment_ms = fire_ms(tx, plan, entry.due_ms)
        return entry._replace(plan=plan, fire_ms=moment_ms)
    anchor_ms = tx.now_ms if plan.start_ms is None else plan.start_ms
    state = PAUSED if entry.state == PAUSED else ACTIVE
    return due_from_now(tx, entry._replace(plan=plan, anchor_ms=anchor_ms, state=state))


def due_from_now(tx: Transaction, entry: Entry) -> Entry:
    """An entry that is due from now on, and never again at a moment at which it fired."""
    if entry.state == PAUSED:
        return entry
    after_ms = max(tx.now_ms - 1, -1 if entry.last_ms is None else entry.last_ms)
    due_ms = rules.due_after(entry.plan, entry.anchor_ms, after_ms)
    state = COMPLETED if due_ms is None else ACTIVE
    return entry._replace(state=state, due_ms=due_ms, fire_ms=fire_ms(tx, entry.plan, due_ms))


def fire_ms(tx: Transaction, plan: Plan, due_ms: int | None) -> int | None:
    """The moment within the window; it is drawn once for each firing."""
    if due_ms is None or plan.window_ms == 0:
        return due_ms
    return due_ms + int(tx.facts.ids.source.random() * plan.window_ms)


def save_fired(tx: Transaction, group: GroupModel, entries: Sequence[Entry]) -> None:
    """Store what firing changed of schedules, and forget those that are not to be kept."""
    gone = [each for each in entries if each.state == COMPLETED and each.plan.after == "delete"]
    kept = [each for each in entries if each not in gone] if gone else entries
    tx.connection.executemany(f"DELETE FROM {group.table} WHERE id = ?", [(e.id,) for e in gone])
    tx.connection.executemany(
        f"UPDATE {group.table} SET state = ?, due_ms = ?, fire_ms = ?, last_ms = ?, fired = ?,"
        " left_out = ? WHERE id = ?",
        [(e.state, e.due_ms, e.fire_ms, e.last_ms, e.fired, e.left_out, e.id) for e in kept],
    )


def save(tx: Transaction, group: GroupModel, entry: Entry) -> None:
    """Store what can change of an entry."""
    tx.execute(
        f"UPDATE {group.table} SET (declared, state, anchor_ms, due_ms, fire_ms, {_PLAN})"
        " = (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) WHERE id = ?",
        (
            int(entry.declared),
            entry.state,
            entry.anchor_ms,
            entry.due_ms,
            entry.fire_ms,
            *_stored(entry.plan),
            entry.id,
        ),
    )
    tx.touched.add(tx.number(group.ref))


def _undeclared(tx: Transaction, group: GroupModel, name: str) -> Entry:
    entry = get(tx, group, name)
    _check_undeclared(group, entry)
    return entry


def _check_undeclared(group: GroupModel, entry: Entry) -> None:
    if entry.declared:
        raise Conflict(
            f"the schedule {entry.name} of group {group.ref.name} is declared by the app",
            hint="Change it there; it can be paused and resumed.",
        )


def entry_id(tx: Transaction, group: GroupModel, entry: Entry) -> str:
    """The id of a schedule, never that of another, also when it has the same name."""
    return tx.facts.records.text(tx.number(group.ref), entry.id)


def _stored(plan: Plan) -> tuple[SqlValue, ...]:
    return (plan.expression, plan.timezone, *plan.target, *plan[3:10], int(plan.raw))


def _entry(row: Sequence[SqlValue]) -> Entry:
    (entry_id, name, declared, state, anchor_ms, due_ms, fire_ms, last_ms, fired, left_out) = row[
        :10
    ]
    (expression, timezone, app, kind, target, *rest, raw) = row[10:]
    plan = Plan(expression, timezone, Ref(app, kind, target), *rest, bool(raw))  # type: ignore[arg-type,call-arg]
    return Entry(
        entry_id,  # type: ignore[arg-type]
        name,  # type: ignore[arg-type]
        plan,
        bool(declared),
        state,  # type: ignore[arg-type]
        anchor_ms,  # type: ignore[arg-type]
        due_ms,  # type: ignore[arg-type]
        fire_ms,  # type: ignore[arg-type]
        last_ms,  # type: ignore[arg-type]
        fired,  # type: ignore[arg-type]
        left_out,  # type: ignore[arg-type]
    )


def _never_due(plan: Plan) -> InvalidExpression:
    return InvalidExpression(
        f"{plan.expression} in {plan.timezone} is never due from now on", at="offset 0"
    )
