"""The strands of a routine: which can go on, what they want done, what has happened."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Protocol

from ensue.engine.executions import NUMBERS_WITHIN_MAX
from ensue.languages.states.branches import HOLDING, WAITING, Branch, Branches
from ensue.languages.states.commands import Cancel, Sleep
from ensue.languages.states.events import Event
from ensue.languages.states.execution import ExecutionFacts, Outcome
from ensue.languages.states.walk import HISTORY_EVENTS_MAX
from ensue.resources.workflow.routine.commands import AwaitEvent, RoutineCommand
from ensue.resources.workflow.routine.record import AGAIN, Record, name_in
from ensue.resources.workflow.routine.strand import TOP, Strand
from ensue.resources.workflow.store.branches import EVENT
from ensue.words.errors import InvalidInput, WorkflowChanged


class Facts(Protocol):
    """What a run needs to know of the world."""

    @property
    def now_ms(self) -> int:
        """What time it is."""
        ...

    def random(self) -> float:
        """A random number from 0 up to 1."""
        ...


class Strands:
    """The strands of one execution, and the stage that they are on (see `strand.Stage`).

    Args:
        facts: the time, and randomness for the delays of retries.
        execution: which execution it is.
        branches: where what its strands wait for is kept.
        record: the events that count so far; none for a new one.
        next_event: the id of the next event.

    Attributes:
        outcome: how it ended; None while it has not.
        execution: which execution it is.
        seed: of what is random for the function.
        next_event: the id of the next event.
        awaited: the events that strands wait for.
        transitions: how many steps it has begun since this was last set to 0.
    """

    def __init__(
        self,
        facts: Facts,
        execution: ExecutionFacts,
        branches: Branches,
        record: Record | None,
        next_event: int,
    ) -> None:
        self.outcome: Outcome | None = None
        self.execution = execution
        self.seed = execution.id
        self.next_event = next_event
        self.transitions = 0
        self._facts = facts
        self._branches = branches
        self._is_new = True  # whether the last event was not in the record
        self._record = record or Record()
        self._events: list[Event] = []
        self._strands: dict[int, Strand] = {}
        self._next_strand = TOP
        self.awaited: dict[int, AwaitEvent] = {}
        self._ready: deque[tuple[Strand, Any, BaseException | None]] = deque()
        self._commands: dict[int, RoutineCommand] = {}
        self._cancels: deque[Cancel] = deque()
        self._now_ms = 0
        self._current: Strand | None = None
        self._misfit: WorkflowChanged | None = None

    @property
    def now_ms(self) -> int:
        """What time it is for the function: that of the last thing that happened to it."""
        return self._now_ms

    @property
    def is_replaying(self) -> bool:
        """Whether what happens is recorded already."""
        return not self._record.is_over

    def current(self) -> Strand:
        """The strand that runs.

        Raises:
            GeneratorExit: it is being let go of.
            InvalidInput: none does: somebody else uses the context.
        """
        strand = self._current
        if strand is None:
            raise InvalidInput(
                "expected ctx to be used by the workflow function itself, while it runs",
                hint="A step gets what it needs as arguments; use ctx.parallel instead of tasks.",
            )
        if strand.is_closed:
            raise GeneratorExit
        return strand

    @property
    def is_long(self) -> bool:
        """Whether all that it waits for may take long."""
        return all(
            strand.waiting is None or strand.waiting.is_long
            for strand in self._strands.values()
            if strand.number not in self._parents()
        )

    def emit(self, strand: Strand, kind: str, details: dict[str, Any]) -> Event:
        """Make an event, or find it in the record."""
        self._pass_redrives()
        event: Event | None = None
        if not self._record.is_over:
            try:
                event = self._record.match(kind, strand.number, name_in(details))
            except WorkflowChanged as fault:
                self._misfit = fault
                raise
        self._is_new = event is None
        if event is None:
            event = self._make_event(kind, strand.number, strand.previous, details)
        strand.previous = event.id
        return event

    def want(self, strand: Strand, command: RoutineCommand, *, is_inside: bool = False) -> None:
        """Let the runner do something, unless that is being done already.

        What is done inside is done by whoever runs the execution: it is wanted until it is done.
        """
        if isinstance(command, AwaitEvent):
            self.awaited[strand.number] = command
        if self._is_new:
            self._note(strand, WAITING, command)
        if self._is_new or is_inside:
            self._commands[strand.number] = command

    def want_again(self, strand: Strand, command: RoutineCommand) -> None:
        """Let the runner do something that it was asked for before, and has not done."""
        self._commands[strand.number] = command

    def hold(self, strand: Strand) -> None:
        """A strand waits for strands of its own."""
        if self._is_new:
            self._note(strand, HOLDING, None)

    def unwant(self, strand: Strand) -> None:
        """What a strand wanted is needed no more."""
        self.awaited.pop(strand.number, None)
        untaken = self._commands.pop(strand.number, None)
        if untaken is None and not self.is_replaying:
            self._cancels.append(Cancel(strand.number, strand.attempt))

    def resume(self, strand: Strand, value: object, fault: BaseException | None = None) -> None:
        """Let a strand go on."""
        self._commands.pop(strand.number, None)
        self.awaited.pop(strand.number, None)
        strand.waiting = None
        self._ready.append((strand, value, fault))

    def spawn(
        self,
        parent: Strand,
        make: Callable[[], Awaitable[Any]],
        ended: Callable[[Any, BaseException | None], None],
    ) -> Strand:
        """Begin a strand."""
        return self._add(_awaited(make), parent, parent.previous, ended)

    def end(self, strand: Strand) -> None:
        """End a strand, and all that it waits for."""
        if strand.waiting is not None:
            strand.waiting.cancel(self, strand)
        self._close(strand)
        self._strands.pop(strand.number, None)
        self._forget(strand)

    def chance(self) -> float:
        """A random number, for the delay of a retry."""
        return self._facts.random()

    def key(self, event_id: int) -> str:
        """An idempotency key for the step that began with this event."""
        return f"{self.execution.id}-{event_id}"

    # Within

    def _add(
        self,
        coroutine: Coroutine[Any, Any, Any],
        parent: Strand | None,
        previous: int,
        ended: Callable[[Any, BaseException | None], None],
    ) -> Strand:
        strand = Strand(self._next_strand, coroutine, parent, previous, ended)
        self._next_strand += 1
        self._strands[strand.number] = strand
        self._ready.append((strand, None, None))
        return strand

    def _run_ready(self) -> None:
        while self._ready and self.outcome is None and not self._is_too_long():
            strand, value, fault = self._ready.popleft()
            if not strand.is_closed:
                self._go(strand, value, fault)

    def _is_too_long(self) -> bool:
        """Whether its history is full, or its strands are so many that no row can name more."""
        if self.is_replaying:
            return False
        return self.next_event > HISTORY_EVENTS_MAX or self._next_strand > NUMBERS_WITHIN_MAX

    def _go(self, strand: Strand, value: object, fault: BaseException | None) -> None:
        self._current = strand
        try:
            asked = strand.go(value, fault)
        except StopIteration as end:
            self._leave(strand, end.value, None)
        except (Exception, asyncio.CancelledError) as raised:  # noqa: BLE001 - it failed by that
            self._leave(strand, None, raised)
        else:
            self._current = None
            self._pass_redrives()
            strand.waiting = asked
            asked.begin(self, strand)
        finally:
            self._current = None
        if self._misfit is not None:
            raise self._misfit

    def _leave(self, strand: Strand, value: object, fault: BaseException | None) -> None:
        self._current = None
        if self._misfit is None:
            self._strands.pop(strand.number, None)
            self._forget(strand)
            strand.ended(value, fault)

    def _close(self, strand: Strand) -> None:
        before, self._current = self._current, strand
        try:
            strand.close()
        finally:
            self._current = before

    def _note(self, strand: Strand, phase: str, command: RoutineCommand | None) -> None:
        """Keep what a strand waits for, for those who look at the execution and wake it."""
        found = self._branches.get(strand.number)
        parent = None if strand.parent is None else strand.parent.number
        branch = found or Branch(id=strand.number, parent=parent)
        branch.state, branch.entered, branch.previous = (
            strand.state,
            strand.entered,
            strand.previous,
        )
        branch.phase, branch.attempt = phase, strand.attempt
        branch.entered_ms, branch.token = self._now_ms, None
        branch.due_ms = command.until_ms if isinstance(command, Sleep) else None
        branch.waits = _word_of(command)
        if found is None:
            self._branches.add(branch)
        else:
            self._branches.save(branch)

    def _forget(self, strand: Strand) -> None:
        found = None if self.is_replaying else self._branches.get(strand.number)
        if found is not None:
            self._branches.remove(found)

    def _parents(self) -> set[int]:
        return {each.parent.number for each in self._strands.values() if each.parent is not None}

    def _make_event(self, kind: str, branch: int, previous: int, details: dict[str, Any]) -> Event:
        event = Event(kind, self.next_event, previous, self._facts.now_ms, details, branch)
        self.next_event += 1
        self.transitions += kind.endswith("StateEntered")
        self._events.append(event)
        return event

    def _pass_redrives(self) -> None:
        """Ask once more for all that is waited for, where the execution was redriven."""
        while (event := self._record.next) is not None and event.type in AGAIN:
            self._record.take()
            self._now_ms = event.at_ms
            for strand in list(self._strands.values()):
                if strand.waiting is not None:
                    strand.waiting.again(self, strand)


def _word_of(command: RoutineCommand | None) -> str:
    if isinstance(command, Sleep):
        return command.reason
    if isinstance(command, AwaitEvent):
        return EVENT
    return "" if command is None else "task"


async def _awaited(make: Callable[[], Awaitable[Any]]) -> object:
    return await make()
