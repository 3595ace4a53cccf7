"""An execution whose code does not fit its record: it is held, and nothing that it is told is lost.

What it is to be told waits until the app starts again, and is tried then.
"""

from __future__ import annotations

import msgspec

from ensue.engine import executions
from ensue.engine.transaction import Transaction
from ensue.languages.states.errors import HEARTBEAT_TIMEOUT
from ensue.languages.states.execution import Outcome
from ensue.languages.states.signals import (
    Failed,
    Signal,
    Started,
    Submitted,
    Succeeded,
    TimedOut,
)
from ensue.resources.workflow.store import (
    BEGIN,
    FAILED,
    GO,
    SUCCEEDED,
    TIME,
    Job,
    Loaded,
    inbox,
    job_text,
)
from ensue.resources.workflow.worker import failing
from ensue.resources.workflow.worker.setting import Setting
from ensue.words.errors import WorkflowChanged
from ensue.words.findings import WARNING, Finding

HELD = "held: "


class Misfit:
    """One execution that is held, within one transaction (see `setting.UnderWay`).

    Args:
        setting: what its workflow has.
        tx: the transaction.
        loaded: the execution.
        misfit: how the code does not fit.
    """

    def __init__(
        self, setting: Setting, tx: Transaction, loaded: Loaded, misfit: WorkflowChanged
    ) -> None:
        self._setting = setting
        self._tx = tx
        self._loaded = loaded
        self._misfit = misfit

    def begin(self) -> None:
        """It has not begun: nobody has the version that it was started with."""

    def signal(self, branch_id: int, attempt: int, signal: Signal, *, keeps: bool = False) -> bool:
        """Hold back what a strand is to be told."""
        del keeps
        if not isinstance(signal, Started | Submitted):
            self._hold(job_of(self._loaded.id, branch_id, attempt, signal))
        return False

    def stop(self, outcome: Outcome) -> None:
        """End the execution from outside: that needs no code."""
        failing.end(self._setting, self._tx, self._loaded, outcome)
        inbox.forget(self._tx, self._loaded.id)

    def go(self) -> None:
        """Hold it back."""
        self._hold(Job(GO if self._loaded.progress else BEGIN, self._loaded.id))

    def _hold(self, job: Job) -> None:
        tx, loaded, misfit = self._tx, self._loaded, self._misfit
        inbox.hold(tx, loaded.workflow, loaded.id, job_text(job))
        said = f"{HELD}{misfit.code} at event {misfit.place}: {misfit.message}"
        inbox.warn(tx, loaded.id, warned(loaded.warnings, said))
        found = Finding(
            "workflow.changed",
            f"{self._setting.model.ref} {executions.record_id(tx.facts.records, loaded.id)}",
            f"the execution {loaded.name} is held: its code has changed: {misfit.message}"
            f" at event {misfit.place}",
            str(misfit.hint),
            WARNING,
        )
        tx.facts.notices.note(tx.now_ms, found)


def job_of(execution: int, branch: int, attempt: int, signal: Signal) -> Job:
    """A signal as something to tell an execution later."""
    if isinstance(signal, Succeeded):
        return Job(SUCCEEDED, execution, branch, attempt, signal.output)
    if isinstance(signal, Failed):
        if signal.error == WorkflowChanged.__name__:
            return Job(TIME, execution, branch, attempt)  # it was not done: it is asked for again
        return Job(FAILED, execution, branch, attempt, None, signal.error, signal.cause)
    if isinstance(signal, TimedOut):
        over_ms = None if signal.error == HEARTBEAT_TIMEOUT else 0
        return Job(TIME, execution, branch, attempt, [over_ms, None])
    return Job(TIME, execution, branch, attempt)


def warned(warnings: str | None, said: str | None = None) -> str | None:
    """The warnings of an execution, with or without that it is held."""
    before: list[str] = [] if warnings is None else msgspec.json.decode(warnings)
    kept = [each for each in before if not each.startswith(HELD)] + ([said] if said else [])
    return msgspec.json.encode(kept).decode() if kept else None
