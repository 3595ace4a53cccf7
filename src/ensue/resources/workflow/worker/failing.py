"""The end of an execution that cannot go on: it fails, and says why."""

from __future__ import annotations

import msgspec

from ensue.engine.transaction import Transaction
from ensue.engine.withdrawals import withdraw
from ensue.languages.states.errors import RUNTIME
from ensue.languages.states.events import Event
from ensue.languages.states.execution import Progress
from ensue.resources.workflow import store
from ensue.resources.workflow.model import FAILED
from ensue.resources.workflow.store import Ending, Loaded, histories
from ensue.resources.workflow.worker import ends
from ensue.resources.workflow.worker.setting import Setting
from ensue.resources.workflow.worker.waits import Waits


def fail(setting: Setting, tx: Transaction, loaded: Loaded, reason: str) -> None:
    """End an execution without running it: FAILED, with ``States.Runtime`` and a reason."""
    progress = msgspec.json.decode(loaded.progress or "{}", type=Progress)
    events: list[Event] = []
    if not loaded.progress:
        given = {"input": store.input_of(tx, loaded.id)}
        events.append(Event("ExecutionStarted", 1, 0, tx.now_ms, given))
        progress.next_event = 2
    number = progress.next_event
    details = {"cause": reason, "error": RUNTIME}
    events.append(Event("ExecutionFailed", number, number - 1, tx.now_ms, details))
    progress.next_event = number + 1
    progress.ready, progress.cancelled = [], []
    histories.add(tx, loaded.id, events)
    waits = Waits(
        tx,
        setting.queue,
        setting.tasks,
        loaded.id,
        settled=frozenset(),
        stop=lambda child: ends.stop_later(tx, child, reason),
        withdrawn=setting.notices.withdrawn,
    )
    for place in store.all_places(tx, loaded.id):
        waits.drop(place)
    store.forget_branches(tx, loaded.id)
    if loaded.timer is not None:
        withdraw(tx, loaded.timer)
    ending = Ending(FAILED, None, RUNTIME, reason)
    store.end(tx, loaded.id, ending, msgspec.json.encode(progress).decode(), loaded.warnings)
    ends.tell(tx, setting.model, loaded, ending)
    setting.notices.ended(loaded.id)
