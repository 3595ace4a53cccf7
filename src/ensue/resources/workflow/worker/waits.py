"""What branches wait for: timers, work outside, tokens, other executions; and the end of that."""

from __future__ import annotations

from collections.abc import Callable, Collection

from ensue.engine import executions, work
from ensue.engine.transaction import Transaction
from ensue.engine.withdrawals import withdraw
from ensue.languages.states.distributed import MAP_RUN
from ensue.resources.workflow import store
from ensue.resources.workflow.store import TIME, Job, Place, job_text, tokens
from ensue.resources.workflow.worker.setting import Setting

Told = Callable[[int], None]


class Waits:
    """What the branches of one execution wait for, within one transaction.

    Args:
        tx: the transaction.
        setting: what its workflow has.
        execution: the execution's number.
        settled: work that is settled by this transaction itself, and must stay.
        stop: stops another execution, by its number.
    """

    __slots__ = ("_execution", "_setting", "_settled", "_stop", "_tx")

    def __init__(
        self,
        tx: Transaction,
        setting: Setting,
        execution: int,
        *,
        settled: Collection[int],
        stop: Told,
    ) -> None:
        self._tx = tx
        self._setting = setting
        self._execution = execution
        self._settled = settled
        self._stop = stop

    def until(self, place: Place, due_ms: int, terms: tuple[int | None, int | None] | None) -> None:
        """Let a branch be woken at a time.

        Args:
            place: the branch.
            due_ms: when.
            terms: of a task, when it has taken too long and how long it may be silent, in ms; None
                for a branch that sleeps.
        """
        branch = place.branch
        job = Job(TIME, self._execution, branch.id, branch.attempt, output=terms)
        delay_ms = max(0, due_ms - self._tx.now_ms)
        place.timer = work.add(self._tx, self._setting.queue, job_text(job), delay_ms=delay_ms)

    def task(self, place: Place, text: str) -> None:
        """Let a task be done outside; ``text`` is that of a `Task`."""
        place.task = work.add(self._tx, self._setting.tasks, text)

    def token(self, place: Place, token: str) -> None:
        """Let a branch wait for a token."""
        branch = place.branch
        row = executions.key(self._execution, branch.id)
        tokens.keep(self._tx, token, row, branch.attempt)
        place.token = token

    def over(self, place: Place, *, keeps_task: bool = False) -> None:
        """A branch waits no more: what it waited for is not wanted.

        Args:
            place: the branch.
            keeps_task: whether what works outside may end its work, as one that has given its token
                back.
        """
        if place.timer is not None:
            self.withdraw(place.timer)
            place.timer = None
        if place.task is not None:
            if not keeps_task:
                self.withdraw(place.task)
                self._setting.notices.withdrawn(place.task)
            place.task = None
        if place.token is not None:
            tokens.forget(self._tx, place.token)
            place.token = None

    def drop(self, place: Place) -> None:
        """A branch is gone, or its task has failed: what it started and waits for stops too."""
        self.over(place)
        row = executions.key(self._execution, place.branch.id)
        runs = self._setting.map_runs
        if runs is not None and place.branch.waits == MAP_RUN:
            runs.cancel(self._tx, row, place.branch.attempt)
        if place.starts:
            for child in store.children(self._tx, [row]):
                self._stop(child)
            place.starts = False

    def withdraw(self, piece: int) -> None:
        """Forget work that nobody wants any more, unless this transaction settles it."""
        if piece not in self._settled:
            withdraw(self._tx, piece)
