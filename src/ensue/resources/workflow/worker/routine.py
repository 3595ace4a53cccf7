"""An execution of a function within one transaction."""

from __future__ import annotations

from collections.abc import Collection
from typing import cast

from ensue.engine import work
from ensue.engine.transaction import Origin, Transaction
from ensue.languages.states.commands import Perform
from ensue.languages.states.execution import Progress
from ensue.languages.states.resource_names import parse_resource
from ensue.languages.states.run import Run
from ensue.languages.states.signals import Succeeded
from ensue.resources.workflow.routine.commands import AwaitEvent, CallFunction
from ensue.resources.workflow.store import GO, Job, Loaded, inbox, job_text
from ensue.resources.workflow.worker.facts import RunFacts
from ensue.resources.workflow.worker.misfit import Misfit, warned
from ensue.resources.workflow.worker.routines import Routines, Where
from ensue.resources.workflow.worker.runner import Advance
from ensue.resources.workflow.worker.setting import Make, Setting, UnderWay
from ensue.words.errors import WorkflowChanged

CALL = parse_resource("ensue:step:call")
CALL_WITH_TOKEN = parse_resource("ensue:step:call.waitForTaskToken")


class RoutineAdvance(Advance):
    """One execution of a function within one transaction; see `Advance`."""

    __slots__ = ("_routine", "_routines")

    def __init__(  # noqa: PLR0913 - as `Advance`, and the functions
        self,
        routines: Routines,
        setting: Setting,
        tx: Transaction,
        loaded: Loaded,
        *,
        origin: Origin,
        settled: Collection[int] = (),
        alone: bool = False,
        poison: str | None = None,
    ) -> None:
        self._routines = routines
        super().__init__(
            setting, tx, loaded, origin=origin, settled=settled, alone=alone, poison=poison
        )

    def _open(self, progress: Progress) -> Run:
        self._routine = self._routines.resume(
            self._tx,
            self._loaded,
            self._facts(),
            self._branches,
            next_event=progress.next_event,
        )
        return cast(Run, self._routine)  # it answers all that `Advance` asks

    def go(self) -> None:
        """Go on as far as it can, and keep where it stands."""
        run = self._routine
        if not run.is_begun:
            return  # its beginning is work that comes
        try:
            self._take_events()
            while (command := run.take(outside_only=self._is_full())) is not None:
                if isinstance(command, CallFunction):
                    self._call(command)
                elif isinstance(command, AwaitEvent):
                    self._await(command)
                else:
                    self._do(command)
                self._drain()
            if run.ready:
                work.add(self._tx, self._setting.queue, job_text(Job(GO, self._loaded.id)))
            self._keep()
        except BaseException:
            run.close()
            raise
        if run.outcome is not None:
            inbox.forget(self._tx, self._loaded.id)
        self._routines.keep(self._loaded.id, run)

    def _facts(self) -> RunFacts:
        return RunFacts(self._tx.now_ms, self._tx.facts.ids.source)

    def _call(self, command: CallFunction) -> None:
        """Call a function: a ``def`` now, an ``async def`` as work outside."""
        where = Where(self._loaded.id, command.branch, command.attempt)
        self._routines.note(where, command)
        token = self._facts().new_uuid() if command.with_token else None
        place = self._branches.place(command.branch)
        if place is not None and token is not None:
            place.branch.token = token
        self._perform(
            Perform(
                command.branch,
                command.attempt,
                command.state,
                command.retries,
                CALL_WITH_TOKEN if command.with_token else CALL,
                list(where),
                command.timeout_ms,
                command.heartbeat_ms,
                token=token,
            )
        )

    def _await(self, command: AwaitEvent) -> None:
        """Let a strand have an event that is there, or wait for one."""
        sent = inbox.take(self._tx, self._loaded.id, command.name)
        if sent is not None:
            self._routine.signal(command.branch, command.attempt, Succeeded(sent.body))
            return
        place = self._branches.place(command.branch)
        if place is not None and command.timeout_ms is not None:
            over_ms = self._tx.now_ms + command.timeout_ms
            self._waits.until(place, over_ms, (over_ms, None))
            self._branches.changed(place)

    def _take_events(self) -> None:
        """Let the strands that wait for events have those that were sent meanwhile."""
        for branch, command in list(self._routine.awaited.items()):
            sent = inbox.take(self._tx, self._loaded.id, command.name)
            if sent is not None:
                self.signal(branch, command.attempt, Succeeded(sent.body))

    def _warnings(self) -> str | None:
        """Its warnings; that it was held is told no more."""
        if self._loaded.warnings is not None:
            self._loaded = self._loaded._replace(warnings=warned(self._loaded.warnings))
        return super()._warnings()


def maker(routines: Routines) -> Make:
    """What lets executions of functions go on (see `setting.Make`)."""

    def make(
        setting: Setting,
        tx: Transaction,
        loaded: Loaded,
        *,
        origin: Origin,
        settled: Collection[int] = (),
        alone: bool = False,
        poison: str | None = None,
    ) -> UnderWay:
        try:
            return RoutineAdvance(
                routines,
                setting,
                tx,
                loaded,
                origin=origin,
                settled=settled,
                alone=alone,
                poison=poison,
            )
        except WorkflowChanged as misfit:
            return Misfit(setting, tx, loaded, misfit)

    return make
