"""What schedules promise, checked in the store itself, whether their app runs or not."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from ensue.engine import shapes
from ensue.engine.integrity import FINDINGS_MAX, Known
from ensue.engine.transaction import Transaction
from ensue.resources.schedule import schema
from ensue.resources.schedule.model import GroupModel
from ensue.words.findings import Finding
from ensue.words.names import Ref


def audit(tx: Transaction, known: Known) -> Iterator[Finding]:
    """What is wrong with a group of schedules: its SQL, or one that is due never or too early."""
    group = GroupModel(known.ref)
    there = shapes.shapes(tx.connection)
    wrong = list(shapes.differences(_wanted(known.ref), there, str(known.ref)))
    yield from wrong
    if not any(finding.rule == "schema.table" for finding in wrong):
        yield from _due(tx, group)


@lru_cache(maxsize=256)
def _wanted(ref: Ref) -> dict[str, shapes.Shape]:
    return shapes.made_by(lambda tx: schema.create(tx, GroupModel(ref)))


def _due(tx: Transaction, group: GroupModel) -> Iterator[Finding]:
    """An active schedule has a moment within its window, behind what fired; others have none."""
    for name, state in tx.execute(
        f"SELECT name, state FROM {group.table} WHERE CASE state"
        " WHEN 0 THEN due_ms IS NULL OR fire_ms IS NULL OR fire_ms < due_ms"
        " OR fire_ms > due_ms + window_ms OR due_ms <= coalesce(last_ms, due_ms - 1)"
        " ELSE due_ms IS NOT NULL OR fire_ms IS NOT NULL END LIMIT ?",
        (FINDINGS_MAX,),
    ):
        yield Finding(
            rule="schedule.due",
            where=f"{group.table}, {name}",
            what=f"a schedule in state {state} is due when it must not be",
            hint=f"Resume it: ensue resume {group.ref.name} {name}.",
        )
