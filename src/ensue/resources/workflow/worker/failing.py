"""The end of an execution that cannot go on: it fails, and says why."""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from ensue.engine.transaction import Transaction
from ensue.languages.states.errors import RUNTIME
from ensue.languages.states.events import Event
from ensue.languages.states.execution import Outcome, Progress
from ensue.resources.workflow import store
from ensue.resources.workflow.model import STATUSES
from ensue.resources.workflow.store import Ending, Loaded, histories
from ensue.resources.workflow.worker import ends
from ensue.resources.workflow.worker.setting import Setting
from ensue.resources.workflow.worker.waits import Waits

_ENDED = {
    "FAILED": "ExecutionFailed",
    "ABORTED": "ExecutionAborted",
    "TIMED_OUT": "ExecutionTimedOut",
}


def fail(
    setting: Setting, tx: Transaction, loaded: Loaded, reason: str, *, settled: Collection[int] = ()
) -> None:
    """End an execution without running it: FAILED, with ``States.Runtime`` and a reason.

    Args:
        setting: what its workflow has.
        tx: the transaction.
        loaded: the execution.
        reason: why it cannot go on.
        settled: the work that this transaction settles itself.
    """
    outcome = Outcome("FAILED", error=RUNTIME, cause=reason)
    end(setting, tx, loaded, outcome, settled=settled)


def end(
    setting: Setting,
    tx: Transaction,
    loaded: Loaded,
    outcome: Outcome,
    *,
    settled: Collection[int] = (),
) -> None:
    """End an execution without running it."""
    progress = _progress(tx, loaded)
    events: list[Event] = []
    if not loaded.progress:
        given = {"input": store.input_of(tx, loaded.id)}
        events.append(Event("ExecutionStarted", 1, 0, tx.now_ms, given))
        progress.next_event = 2
    number = progress.next_event
    said = {"error": outcome.error, "cause": outcome.cause}
    details = {name: text for name, text in said.items() if text is not None}
    events.append(Event(_ENDED[outcome.status], number, number - 1, tx.now_ms, details))
    progress.next_event = number + 1
    progress.ready, progress.cancelled = [], []
    histories.add(tx, loaded.id, events)
    waits = Waits(
        tx,
        setting,
        loaded.id,
        settled=settled,
        stop=lambda child: ends.stop_later(tx, child, str(outcome.cause)),
    )
    for place in store.all_places(tx, loaded.id):
        waits.drop(place)
    store.forget_branches(tx, loaded.id)
    if loaded.timer is not None:
        waits.withdraw(loaded.timer)
    if loaded.paused_ms is not None:
        store.forget_pause(tx, loaded.id)
    ending = Ending(STATUSES.index(outcome.status), None, outcome.error, outcome.cause)
    store.end(tx, loaded, ending, msgspec.json.encode(progress).decode(), loaded.warnings)
    ends.tell(tx, setting.model, setting.map_runs, loaded, ending)


def _progress(tx: Transaction, loaded: Loaded) -> Progress:
    """How far an execution is; where nobody can read that, as far as its history."""
    try:
        return msgspec.json.decode(loaded.progress or "{}", type=Progress)
    except msgspec.MsgspecError:
        last = histories.read(tx, loaded.id, limit=1, reverse=True)
        return Progress(next_event=last[0].id + 1 if last else 1)
