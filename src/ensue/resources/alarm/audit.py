"""What alarms promise, checked in the store itself, whether their app runs or not."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from ensue.engine import logs, shapes
from ensue.engine.integrity import Known
from ensue.engine.transaction import Transaction
from ensue.resources.alarm import schema
from ensue.resources.alarm.model import AlarmModel, Combination
from ensue.words import values
from ensue.words.findings import Finding
from ensue.words.names import Ref


def audit(tx: Transaction, known: Known) -> Iterator[Finding]:
    """What is wrong with an alarm: its SQL, or a state that is not the one of its last change."""
    alarm = _model(known.ref)
    there = shapes.shapes(tx.connection)
    wrong = list(shapes.differences(_wanted(known.ref), there, str(known.ref)))
    yield from wrong
    if any(finding.rule == "schema.table" for finding in wrong):
        return
    found = tx.row("SELECT state, since_ms FROM ensue_alarms WHERE number = ?", (known.number,))
    last = logs.read_last(tx, alarm.log, 1)
    if found is None or not last:
        return
    event = values.decode(last[0].new or "{}")
    detail = event.get("detail") if isinstance(event, dict) else None
    state = detail.get("state") if isinstance(detail, dict) else None
    said = state.get("value") if isinstance(state, dict) else None
    if (said, last[0].at_ms) != found:
        yield Finding(
            rule="alarm.state",
            where=f"ensue_alarms, {known.ref}",
            what=f"the alarm is in {found[0]!s}, but its log says {said!s}",
            hint=f"Set it: ensue set-state {known.ref.name} OK; the next judgement puts it right.",
        )


@lru_cache(maxsize=256)
def _wanted(ref: Ref) -> dict[str, shapes.Shape]:
    return shapes.made_by(lambda tx: schema.create(tx, _model(ref)))


def _model(ref: Ref) -> AlarmModel:
    return AlarmModel(ref, Combination("", (), bool))
