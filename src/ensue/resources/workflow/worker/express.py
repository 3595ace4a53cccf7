"""Express executions: the same machine, in memory, at least once.

A start is one piece of work. Nothing is kept but the outcome, and the history where that is
declared. A process that dies runs what it ran again, from its beginning.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from functools import partial
from typing import Any, Final, NamedTuple

from ensue.engine.clock import Timer
from ensue.engine.engine import Engine
from ensue.engine.transaction import Origin, acting
from ensue.engine.waiting import turn
from ensue.engine.workers import Deadline
from ensue.languages.states.branches import MemoryBranches
from ensue.languages.states.commands import Perform, Sleep
from ensue.languages.states.events import Event
from ensue.languages.states.execution import TIMED_OUT, ExecutionFacts, Outcome
from ensue.languages.states.program import Machine
from ensue.languages.states.run import Run
from ensue.languages.states.signals import Signal, Succeeded, TimedOut, Woken
from ensue.resources.workflow import rules
from ensue.resources.workflow.model import EXPRESS_MS_MAX, Inside
from ensue.resources.workflow.store import Express, Task
from ensue.resources.workflow.worker.calls import failed, make_call
from ensue.resources.workflow.worker.facts import ROLE, RunFacts
from ensue.resources.workflow.worker.setting import Setting
from ensue.words.errors import StoreError

SLICE: Final = 1_000


class Ran(NamedTuple):
    """An express execution that was run."""

    outcome: Outcome
    events: list[Event]


class ExpressRun:
    """One express execution.

    Args:
        engine: the engine.
        setting: what its workflow has.
        machine: the program.
        express: the execution.
        execution_id: its id.
        most_ms: how long it may take.
    """

    def __init__(
        self,
        engine: Engine,
        setting: Setting,
        machine: Machine,
        express: Express,
        execution_id: str,
        *,
        most_ms: int = EXPRESS_MS_MAX,
    ) -> None:
        model = setting.model
        self._engine = engine
        self._setting = setting
        self._express = express
        self._id = execution_id
        self._facts = RunFacts(engine.clock.now_ms(), engine.ids.source)
        self._branches = MemoryBranches()
        self._run = Run(
            machine,
            self._branches,
            self._facts,
            ExecutionFacts(
                id=f"{model.execution_arn(express.name)}:{execution_id}",
                name=express.name,
                started_ms=express.started_ms,
                role=ROLE,
                machine_id=model.arn,
                machine_name=model.ref.name,
            ),
        )
        timeout_s = machine.timeout_s
        longest_ms = EXPRESS_MS_MAX if timeout_s is None else timeout_s * 1_000
        self._until_ms = self._facts.now_ms + min(longest_ms, most_ms, EXPRESS_MS_MAX)
        self._answers: list[tuple[int, int, Signal]] = []
        self._woken = asyncio.Event()
        self._pending: dict[tuple[int, int], Timer | asyncio.Task[None]] = {}

    async def run(self) -> Ran:
        """Run it to its end."""
        run = self._run
        run.begin(self._express.input)
        over = self._engine.clock.call_at(self._until_ms, self._woken.set)
        try:
            while run.outcome is None:
                alone = self._take()
                if alone is not None:
                    await alone
                elif run.ready:
                    await turn()
                elif not self._answers and not self._is_over():
                    await self._woken.wait()
                self._look()
        finally:
            over.cancel()
            for key in list(self._pending):
                self._forget(key)
        outcome = run.outcome
        assert outcome is not None  # noqa: S101 - the loop ends with one
        return Ran(outcome, run.drain_events())

    def _is_over(self) -> bool:
        return self._run.outcome is not None

    def _take(self) -> Coroutine[Any, Any, None] | None:
        """Begin what the run wants done; a task that is the only thing under way is returned."""
        performs: dict[tuple[int, int], Perform] = {}
        while (command := self._run.take(SLICE)) is not None:
            key = (command.branch, command.attempt)
            if isinstance(command, Perform):
                performs[key] = command
            elif isinstance(command, Sleep):
                woken = partial(self._tell, key, Woken())
                self._pending[key] = self._engine.clock.call_at(command.until_ms, woken)
            elif performs.pop(key, None) is None:
                self._forget(key)
        if len(performs) == 1 and not self._pending:
            [(key, only)] = performs.items()
            return self._perform(key, only)
        loop = asyncio.get_running_loop()
        for key, command in performs.items():
            self._pending[key] = loop.create_task(self._perform(key, command))
        return None

    def _look(self) -> None:
        """Tell the run what has happened."""
        self._woken.clear()
        now_ms = self._facts.now_ms = self._engine.clock.now_ms()
        answers, self._answers = self._answers, []
        for branch, attempt, signal in answers:
            self._pending.pop((branch, attempt), None)
            self._run.signal(branch, attempt, signal)
        if self._run.outcome is None and now_ms >= self._until_ms:
            self._run.stop(TIMED_OUT)

    def _tell(self, key: tuple[int, int], signal: Signal) -> None:
        self._answers.append((*key, signal))
        self._woken.set()

    def _forget(self, key: tuple[int, int]) -> None:
        pending = self._pending.pop(key, None)
        if pending is not None:
            pending.cancel()

    async def _perform(self, key: tuple[int, int], command: Perform) -> None:
        """Do a task, and tell how it ended."""
        left_ms = max(0, self._until_ms - self._engine.clock.now_ms())
        most_ms = left_ms if command.timeout_ms is None else min(left_ms, command.timeout_ms)
        running = asyncio.current_task()
        assert running is not None  # noqa: S101 - a coroutine of ours always runs in a task
        deadline = Deadline(self._engine.clock, most_ms, running)
        signal: Signal
        try:
            signal = Succeeded(rules.plain(await self._done(command))[0])
        except asyncio.CancelledError:
            if not deadline.passed:
                raise
            running.uncancel()
            signal = TimedOut()
        except StoreError:
            raise
        except Exception as fault:  # noqa: BLE001 - the task's failure is that of its state
            signal = failed(fault)
        finally:
            deadline.cancel()
        self._tell(key, signal)

    async def _done(self, command: Perform) -> object:
        arguments = rules.copied(command.arguments)
        found = self._setting.integrations.find(command.resource, arguments)
        branch = self._branches.get(command.branch)
        task = Task(
            0,
            command.branch,
            command.attempt,
            command.resource.text,
            None,
            self._express.name,
            command.state,
            0 if branch is None else branch.entered,
            command.retries,
            timeout_ms=command.timeout_ms,
            credentials=command.credentials,
        )
        call = make_call(self._setting.model, task, command.resource, self._id)
        if isinstance(found, Inside):
            actor = f"{self._setting.model.ref.name} {command.state}"
            origin = Origin(actor, acting.get().cause)
            return await self._engine.transact(
                lambda tx: found.perform(tx, arguments, call), origin
            )
        before = acting.set(replace(acting.get(), key=call.key))
        try:
            return await found.act(arguments, call)
        finally:
            acting.reset(before)
