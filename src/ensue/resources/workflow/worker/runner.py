"""The durable runner: what happens in an execution between two commits.

A piece of work says what has happened. Within its transaction the execution goes on as far as it
can: states without a task, tasks inside (each in a savepoint of its own), and so on, until all its
branches wait, or a bound is reached and the rest is work again. What it leaves behind is written at
the end: one row of history, the branches that wait, and how far it is.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

import msgspec

from ensue.engine import work
from ensue.engine.ids import WORK_NUMBER
from ensue.engine.ids import Place as RecordPlace
from ensue.engine.transaction import Origin, Transaction
from ensue.engine.work import Work
from ensue.languages.states.commands import Command, Perform, Sleep, StartMapRun
from ensue.languages.states.events import Event
from ensue.languages.states.execution import TIMED_OUT, Outcome, Progress
from ensue.languages.states.resource_names import REQUEST_RESPONSE
from ensue.languages.states.resuming import Changed
from ensue.languages.states.run import Run
from ensue.languages.states.signals import (
    Failed,
    Signal,
    Started,
    Submitted,
    Succeeded,
    TimedOut,
)
from ensue.resources.workflow import rules, store
from ensue.resources.workflow.model import (
    BYTES_PER_COMMIT_MAX,
    STATUSES,
    TRANSITIONS_MAX,
    Inside,
    Outside,
    TaskCall,
)
from ensue.resources.workflow.store import (
    GO,
    OVER,
    Ending,
    Job,
    Loaded,
    Place,
    StoredBranches,
    Task,
    histories,
    job_text,
    task_text,
)
from ensue.resources.workflow.worker import ends
from ensue.resources.workflow.worker.calls import DIED, call_of, failed
from ensue.resources.workflow.worker.facts import RunFacts, StoredFacts
from ensue.resources.workflow.worker.setting import Setting
from ensue.resources.workflow.worker.waits import Waits
from ensue.words.errors import EnsueError, StoreError

SLICE: Final = 20

_decode_progress: Final = msgspec.json.Decoder(Progress).decode
_encode: Final = msgspec.json.Encoder(decimal_format="number").encode


class Advance:
    """One execution within one transaction.

    Args:
        setting: what its workflow has.
        tx: the transaction.
        loaded: the execution.
        origin: what this handles: the cause of all that its tasks do.
        settled: the work that this transaction settles itself.
        alone: whether at most one task inside is done: the process died when there were more.
        poison: why the first task inside is not done again; None to do it.
    """

    __slots__ = (
        "_alone",
        "_branches",
        "_bytes",
        "_first",
        "_loaded",
        "_origin",
        "_performed",
        "_poison",
        "_run",
        "_setting",
        "_texts",
        "_timeout_s",
        "_tx",
        "_waits",
    )

    def __init__(
        self,
        setting: Setting,
        tx: Transaction,
        loaded: Loaded,
        *,
        origin: Origin,
        settled: Collection[int] = (),
        alone: bool = False,
        poison: str | None = None,
    ) -> None:
        self._setting = setting
        self._tx = tx
        self._loaded = loaded
        self._origin = origin
        self._alone = alone
        self._poison = poison
        self._performed = 0
        self._bytes = 0
        self._texts: list[bytes] = []
        progress = _decode_progress(loaded.progress) if loaded.progress else Progress()
        self._first = progress.next_event
        self._branches = StoredBranches(
            tx, loaded.id, loaded.workflow, is_empty=not loaded.progress
        )
        self._waits = Waits(
            tx,
            setting,
            loaded.id,
            settled=settled,
            stop=self._stop_child,
        )
        self._timeout_s: int | None = None
        self._run = self._open(progress)

    def _open(self, progress: Progress) -> Run:
        """The run of the execution, as far as it has come."""
        setting, tx, loaded = self._setting, self._tx, self._loaded
        machine = setting.machines.of(tx, loaded.definition)
        self._timeout_s = machine.timeout_s
        facts = RunFacts(tx.now_ms, tx.facts.ids.source)
        told = StoredFacts(tx, setting.model, loaded)
        return Run(machine, self._branches, facts, told, progress)

    def begin(self) -> None:
        """Start the execution."""
        self._run.begin(rules.decoded(self._loaded.given or "null"))

    def signal(self, branch_id: int, attempt: int, signal: Signal, *, keeps: bool = False) -> bool:
        """Tell a branch what it waits for; returns whether it still did.

        Args:
            branch_id: the branch.
            attempt: what it waited for.
            signal: what happened.
            keeps: whether what works outside may end its work.
        """
        place, over_ms = self._branches.place(branch_id), self._over_ms()
        if place is not None and over_ms is not None and over_ms <= self._tx.now_ms:
            # What comes at the same moment, or when a pause has ended, comes too late.
            self._run.stop(TIMED_OUT)
            return True
        if place is None or not self._run.signal(branch_id, attempt, signal):
            return False
        if isinstance(signal, Started | Submitted):
            return True
        if isinstance(signal, TimedOut):
            self._waits.drop(place)
        else:
            self._waits.over(place, keeps_task=keeps)
        self._branches.changed(place)
        return True

    def stop(self, outcome: Outcome) -> None:
        """End the execution from outside."""
        self._run.stop(outcome.status, outcome.error, outcome.cause)

    def redrive(self, events: Sequence[Event]) -> None:
        """Set the execution going again from its history, for the next one that lets it go on."""
        self._run.redrive(events)
        self._keep()

    def fork(self, events: Sequence[Event], point: Event, change: Changed, origin: str) -> None:
        """Let the execution leave another at a state of its past; see `Run.fork`."""
        self._run.fork(events, point, change, origin)
        self._keep()

    def go(self) -> None:
        """Go on as far as it can, and keep where it stands."""
        run = self._run
        while True:
            command = run.take(SLICE)
            if command is None:
                if not run.ready:
                    break
                self._drain()
            else:
                self._do(command)
            if self._is_full() and run.ready:
                work.add(self._tx, self._setting.queue, job_text(Job(GO, self._loaded.id)))
                break
        self._keep()

    def _do(self, command: Command) -> None:
        """Do what the run wants."""
        if isinstance(command, Perform):
            self._perform(command)
        elif isinstance(command, StartMapRun):
            self._start_map_run(command)
        elif isinstance(command, Sleep):
            place = self._branches.place(command.branch)
            if place is not None:
                self._waits.until(place, command.until_ms, None)
                self._branches.changed(place)
        else:
            left = self._branches.left(command.branch)
            if left is not None:
                self._waits.drop(left)

    def _is_full(self) -> bool:
        if self._alone and self._performed:
            return True
        return self._run.transitions >= TRANSITIONS_MAX or self._bytes >= BYTES_PER_COMMIT_MAX

    def _perform(self, command: Perform) -> None:
        """Do a task inside, or let it be done outside."""
        resource, place = command.resource, self._branches.place(command.branch)
        assert place is not None  # noqa: S101 - a run asks for branches that it has just saved
        task = Task(
            self._loaded.id,
            command.branch,
            command.attempt,
            resource.text,
            command.arguments,
            self._loaded.name,
            command.state,
            place.branch.entered,
            command.retries,
            command.token,
            command.timeout_ms,
            command.heartbeat_ms,
            command.credentials,
        )
        try:
            found = self._setting.integrations.find(resource, command.arguments)
        except StoreError:
            raise
        except EnsueError as fault:
            self._run.signal(command.branch, command.attempt, failed(fault))
            return
        if isinstance(found, Outside):
            self._waits.task(place, task_text(task))
        else:
            call = call_of(self._tx, self._setting.model, task, resource)
            answer = self._inside(found, command, call)
            is_done = resource.mode == REQUEST_RESPONSE and not resource.is_activity
            if is_done or isinstance(answer, Failed):
                self._run.signal(command.branch, command.attempt, answer)
                return
            if not resource.is_activity:
                place.starts = True
                submitted = Submitted(answer.output)
                self._run.signal(command.branch, command.attempt, submitted)
        if command.token is not None:
            self._waits.token(place, command.token)
        self._time(place, command)
        self._branches.changed(place)

    def _start_map_run(self, command: StartMapRun) -> None:
        runs = self._setting.map_runs
        if runs is not None:
            runs.begin(self._tx, self._loaded, command)

    def _time(self, place: Place, command: Perform) -> None:
        """Let a task that takes too long, or is silent for too long, be told so."""
        if command.timeout_ms is command.heartbeat_ms is None:
            return
        now_ms = self._tx.now_ms
        over_ms = None if command.timeout_ms is None else now_ms + command.timeout_ms
        beat_ms = None if command.heartbeat_ms is None else now_ms + command.heartbeat_ms
        due_ms = min(each for each in (over_ms, beat_ms) if each is not None)
        self._waits.until(place, due_ms, (over_ms, command.heartbeat_ms))

    def _inside(self, found: Inside, command: Perform, call: TaskCall) -> Succeeded | Failed:
        """Do a task in a savepoint of its own."""
        self._performed += 1
        if self._poison is not None:
            reason, self._poison = self._poison, None
            return Failed(DIED, reason)
        tx, origin = self._tx, self._origin
        own = Origin(f"{self._setting.model.ref.name} {command.state}", *_cause(origin))
        arguments = rules.copied(command.arguments)
        try:
            output, size = tx.nested(own, lambda: rules.plain(found.perform(tx, arguments, call)))
        except StoreError:
            raise
        except Exception as fault:  # noqa: BLE001 - the task's failure is that of its state
            return failed(fault)
        self._bytes += size
        return Succeeded(output)

    def _stop_child(self, child: int) -> None:
        ends.stop_later(self._tx, child, f"{self._loaded.name} does not wait for it any more")

    def _drain(self) -> None:
        events = self._run.drain_events()
        if events:
            text = _encode(events)
            self._texts.append(text[1:-1])
            self._bytes += len(text)

    def _keep(self) -> None:
        """Write what has changed, and the end where it has come."""
        tx, loaded, run = self._tx, self._loaded, self._run
        self._drain()
        if self._texts:
            events = b",".join(self._texts).decode()
            histories.add_text(tx, loaded.id, self._first, f"[{events}]")
        self._branches.flush()
        progress = _encode(run.progress).decode()
        warnings = self._warnings()
        outcome = run.outcome
        if outcome is None:
            store.save(tx, loaded.id, progress, warnings, self._timer())
            return
        if loaded.timer is not None:
            self._waits.withdraw(loaded.timer)
        if loaded.paused_ms is not None:
            store.forget_pause(tx, loaded.id)
        ending = Ending(
            STATUSES.index(outcome.status),
            _encode(outcome.output).decode() if outcome.status == "SUCCEEDED" else None,
            outcome.error,
            outcome.cause,
        )
        store.end(tx, loaded, ending, progress, warnings)
        ends.tell(tx, self._setting.model, self._setting.map_runs, loaded, ending)

    def _warnings(self) -> str | None:
        given = self._run.drain_warnings()
        if not given:
            return self._loaded.warnings
        before = [] if self._loaded.warnings is None else msgspec.json.decode(self._loaded.warnings)
        return _encode(before + [each.message for each in given]).decode()

    def _timer(self) -> int | None:
        """The work that ends the execution when its time is over; made when it begins to wait."""
        over_ms = self._over_ms()
        if self._loaded.timer is not None or over_ms is None:
            return self._loaded.timer
        job = job_text(Job(OVER, self._loaded.id))
        delay_ms = max(0, over_ms - self._tx.now_ms)
        return work.add(self._tx, self._setting.queue, job, delay_ms=delay_ms)

    def _over_ms(self) -> int | None:
        """When the execution's time is over; None for never."""
        if self._timeout_s is None:
            return None
        begun_ms = self._loaded.redriven_ms or self._loaded.started_ms
        return begun_ms + self._timeout_s * 1_000


def origin_of(actor: str, piece: Work) -> Origin:
    """Who runs an execution, and because of which work."""
    return Origin(actor, RecordPlace(WORK_NUMBER, piece.id), piece.receives)


def _cause(origin: Origin) -> tuple[RecordPlace | None, int]:
    return origin.cause, origin.attempt
