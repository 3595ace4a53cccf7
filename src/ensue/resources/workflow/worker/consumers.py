"""How the work of a workflow is done: what lets its executions go on, and what its tasks do."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from functools import lru_cache

from ensue.engine import executions, work
from ensue.engine.engine import Engine
from ensue.engine.handlers import Policy, WorkHandler
from ensue.engine.transaction import Transaction, acting
from ensue.engine.work import Work
from ensue.engine.workers import Deadline
from ensue.languages.states.errors import TASK_FAILED, TIMEOUT
from ensue.languages.states.execution import ABORTED, TIMED_OUT, Outcome
from ensue.languages.states.resource_names import TaskResource, parse_resource
from ensue.languages.states.signals import (
    Failed,
    Signal,
    Started,
    Submitted,
    Succeeded,
    TimedOut,
    Woken,
)
from ensue.resources.workflow import rules, store
from ensue.resources.workflow.model import DEATHS_MAX, RUNNING, Inside
from ensue.resources.workflow.store import (
    BEGIN,
    FAILED,
    GO,
    OVER,
    STARTED,
    STOP,
    SUBMITTED,
    SUCCEEDED,
    TIME,
    Job,
    Loaded,
    Task,
    inbox,
    job_of,
    job_text,
    task_of,
)
from ensue.resources.workflow.worker.calls import DIED, failed, make_call
from ensue.resources.workflow.worker.failing import fail
from ensue.resources.workflow.worker.runner import origin_of
from ensue.resources.workflow.worker.setting import Setting, UnderWay
from ensue.words.errors import StoreError

ADVANCES_MAX = 100

log = logging.getLogger("ensue.workflow")


def advancing(setting: Setting) -> WorkHandler:
    """What lets executions go on: the handler of the workflow's own work."""
    model = setting.model
    actor = model.ref.name

    def transact(tx: Transaction, pieces: list[Work]) -> None:
        settled = frozenset(piece.id for piece in pieces)
        for piece in pieces:
            origin = origin_of(actor, piece)
            tx.begin_hop(origin)
            advance(setting, tx, piece, settled=settled)

    def dead(tx: Transaction, piece: Work, reason: str) -> None:
        bury(setting, tx, piece, reason)

    return WorkHandler(
        ref=model.ref,
        dead_letters=model.dead_letters,
        actor=actor,
        policy=Policy(max_receives=DEATHS_MAX, batch=ADVANCES_MAX),
        transact_batch=transact,
        dead=dead,
    )


def advance(
    setting: Setting,
    tx: Transaction,
    piece: Work,
    *,
    settled: frozenset[int] = frozenset(),
    poison: str | None = None,
) -> None:
    """Tell an execution what a piece of work says, and let it go on."""
    job = job_of(piece.body)
    loaded = store.load(tx, job.execution)
    if loaded is None or loaded.status != RUNNING:
        return
    if loaded.paused_ms is not None and job.kind != STOP:
        inbox.hold(tx, loaded.workflow, loaded.id, piece.body)
        return
    under_way = setting.make(
        setting,
        tx,
        loaded,
        origin=origin_of(setting.model.ref.name, piece),
        settled=settled,
        alone=piece.crashes > 0 or poison is not None,
        poison=poison,
    )
    if tell(under_way, loaded, job, tx.now_ms):
        under_way.go()


def tell(under_way: UnderWay, loaded: Loaded, job: Job, now_ms: int) -> bool:
    """Tell an execution what has happened; returns whether it may go on."""
    if job.kind == BEGIN:
        if not loaded.progress:
            under_way.begin()
        return True
    if job.kind == GO:
        return True
    if job.kind in {OVER, STOP}:
        if not loaded.progress:
            under_way.begin()
        ending = Outcome(TIMED_OUT) if job.kind == OVER else Outcome(ABORTED, cause=job.cause)
        under_way.stop(ending)
        return True
    keeps = job.kind in {SUCCEEDED, FAILED}
    return under_way.signal(job.branch, job.attempt, signal_of(job, now_ms), keeps=keeps)


def signal_of(job: Job, now_ms: int) -> Signal:
    """What a piece of work tells a branch."""
    if job.kind == SUCCEEDED:
        return Succeeded(job.output)
    if job.kind == FAILED:
        return Failed(job.error, job.cause)
    if job.kind in {STARTED, SUBMITTED}:
        return Started(job.output) if job.kind == STARTED else Submitted(job.output)
    if job.kind == TIME and job.output is not None:
        over_ms, _ = job.output
        if over_ms is not None and over_ms <= now_ms:
            return TimedOut()
        return TimedOut("States.HeartbeatTimeout")
    return Woken()


def bury(setting: Setting, tx: Transaction, piece: Work, reason: str) -> None:
    """Let an execution fail whose work could not be done: its state, where a task is to blame."""
    job = job_of(piece.body)
    loaded = store.load(tx, job.execution)
    if loaded is None or loaded.status != RUNNING:
        return
    settled = frozenset({piece.id})
    # It may be no task but the code of a function itself that kills the process, again and again.
    if DEATHS_MAX <= piece.crashes < 2 * DEATHS_MAX:
        try:
            tx.whole(lambda: advance(setting, tx, piece, settled=settled, poison=reason))
        except StoreError:
            raise
        except Exception:
            log.exception("%s: the execution %s cannot go on", setting.model.ref, loaded.name)
        else:
            return
    fail(setting, tx, loaded, reason, settled=settled)


class Tasks:
    """Does the tasks of a workflow that work outside.

    Args:
        engine: the engine.
        setting: what the workflow has.
    """

    def __init__(self, engine: Engine, setting: Setting) -> None:
        self._engine = engine
        self._setting = setting
        self._timeout_ms = setting.model.policy.timeout_ms

    def handler(self) -> WorkHandler:
        """The handler of the queue of these tasks."""
        model = self._setting.model
        return WorkHandler(
            ref=model.tasks,
            dead_letters=model.dead_letters,
            actor=f"{model.ref.name}-tasks",
            policy=model.policy,
            act=self._act,
            complete=self._complete,
            dead=self._dead,
        )

    async def _act(self, piece: Work, work_id: str) -> Signal | None:
        """Do a task; answers what to tell its branch, None when nobody wants it any more.

        Raises:
            StoreError: the store cannot serve: the task has not failed, and is tried again.
        """
        del work_id
        if piece.crashes >= DEATHS_MAX:
            return Failed(DIED, f"the process died {piece.crashes} times while it was done")
        notices, running = self._setting.notices, asyncio.current_task()
        assert running is not None  # noqa: S101 - a coroutine of ours always runs in a task
        notices.running[piece.id] = running
        deadline = Deadline(self._engine.clock, self._timeout_ms, running)
        try:
            return Succeeded(rules.plain(await self._done(task_of(piece.body)))[0])
        except asyncio.CancelledError:
            if piece.id in notices.stopped:
                running.uncancel()
                return None
            if not deadline.passed:
                raise
            running.uncancel()
            return Failed(TIMEOUT, f"the task took longer than {self._timeout_ms} ms")
        except StoreError:
            raise
        except Exception as fault:  # noqa: BLE001 - the task's failure is that of its state
            return failed(fault)
        finally:
            deadline.cancel()
            notices.running.pop(piece.id, None)
            notices.stopped.discard(piece.id)

    async def _done(self, task: Task) -> object:
        resource = resource_of(task.resource)
        found = self._setting.integrations.find(resource, task.arguments)
        execution_id = executions.record_id(self._engine.records, task.execution)
        call = make_call(self._setting.model, task, resource, execution_id)
        if isinstance(found, Inside):
            return await self._engine.transact(lambda tx: found.perform(tx, task.arguments, call))
        acting.set(replace(acting.get(), key=call.key))  # each try of a task is other work
        return await found.act(task.arguments, call)

    def _complete(self, tx: Transaction, pieces: list[Work], answer: Signal | None) -> None:
        """Tell the branch how its task ended, in the transaction that settles the task's work."""
        [piece] = pieces
        if answer is not None:
            self._tell(tx, piece, answer)

    def _dead(self, tx: Transaction, piece: Work, reason: str) -> None:
        has_died = piece.crashes >= DEATHS_MAX
        self._tell(tx, piece, Failed(DIED if has_died else TASK_FAILED, reason))

    def _tell(self, tx: Transaction, piece: Work, answer: Signal) -> None:
        task = task_of(piece.body)
        loaded = store.load(tx, task.execution)
        if loaded is None or loaded.status != RUNNING:
            return
        wants_token = resource_of(task.resource).wants_token
        if wants_token and isinstance(answer, Succeeded):
            answer = Submitted(answer.output)
        if loaded.paused_ms is not None:
            inbox.hold(tx, loaded.workflow, loaded.id, job_text(_job_of(task, answer)))
            return
        if self._setting.queue in tx.facts.paused:
            work.add(tx, self._setting.queue, job_text(_job_of(task, answer)))
            return  # it goes on with it when the workflow is resumed
        under_way = self._setting.make(
            self._setting,
            tx,
            loaded,
            origin=origin_of(f"{self._setting.model.ref.name}-tasks", piece),
            settled=frozenset({piece.id}),
        )
        if under_way.signal(task.branch, task.attempt, answer):
            under_way.go()


def _job_of(task: Task, answer: Signal) -> Job:
    """What a task has answered, as it is told later."""
    where = task.execution, task.branch, task.attempt
    if isinstance(answer, Failed):
        return Job(FAILED, *where, error=answer.error, cause=answer.cause)
    kind = SUBMITTED if isinstance(answer, Submitted) else SUCCEEDED
    return Job(kind, *where, output=getattr(answer, "output", None))


@lru_cache(maxsize=1_000)
def resource_of(text: str) -> TaskResource:
    """A task's resource, from its text."""
    return parse_resource(text)
