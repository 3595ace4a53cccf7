"""What became of the states of an execution: visits of them, and their data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ensue.languages.states.frames import Outcome
from ensue.words.differences import Difference
from ensue.words.values import Json


@dataclass(frozen=True, slots=True)
class Attempt:
    """A task of a state, each time that it was asked for.

    Attributes:
        at_ms: when it was asked for, in ms since 1970.
        started_ms: when somebody began with it; None for not yet.
        ended_ms: when it was over; None for not yet.
        outcome: ``succeeded``, ``failed``, ``running`` or ``aborted``.
        error: the name of the error that it failed with; None for none.
        cause: what happened then, for people.
        worker: who was at it, of an activity.
    """

    at_ms: int
    started_ms: int | None
    ended_ms: int | None
    outcome: Outcome
    error: str | None = None
    cause: str | None = None
    worker: str | None = None


@dataclass(frozen=True, slots=True)
class Visit:
    """A state, one of the times that it was entered.

    Attributes:
        number: which of all visits of the execution, from 1, in their order.
        state: the state's name, or the step's.
        visit: which of the visits of this state, from 1.
        kind: the type of the state, such as ``Task``.
        outcome: ``succeeded``, ``failed``, ``caught`` (failed, and gone on with), ``running`` or
            ``aborted``.
        entered_ms: when it was entered, in ms since 1970.
        left_ms: when it was left, or ended with the execution; None while it runs.
        event: the id of the event of its entry: a fork may leave there.
        within: the number of the visit of the Parallel or Map that it is in; None at the top.
        index: which iteration of that Map; None for none.
        branch: which line of control it is of; 0 for the execution's own.
        resource: what it calls; empty for nothing.
        attempts: its tasks.
        error: the name of the error that it failed with last; None for none.
        cause: what happened then, for people.
    """

    number: int
    state: str
    visit: int
    kind: str
    outcome: Outcome
    entered_ms: int
    left_ms: int | None
    event: int
    within: int | None
    index: int | None
    branch: int
    resource: str
    attempts: tuple[Attempt, ...]
    error: str | None = None
    cause: str | None = None

    @property
    def retries(self) -> int:
        """How often its task was tried again."""
        return max(len(self.attempts) - 1, 0)


@dataclass(frozen=True, slots=True)
class Stand:
    """A line of control of an execution that runs, and what it waits for.

    Attributes:
        state: the state that it is in.
        waits: ``task``, ``token``, ``event``, ``wait``, ``retry``, ``branches`` or ``nothing``.
        since_ms: when it entered the state.
        until_ms: when it goes on, or gives up, by itself; None for never.
    """

    state: str
    waits: Literal["task", "token", "event", "wait", "retry", "branches", "nothing"]
    since_ms: int
    until_ms: int | None


@dataclass(frozen=True, slots=True)
class Trace:
    """What became of the states of an execution, in the order in which they were entered.

    Attributes:
        visits: those of this page.
        total: how many there are in all.
        stands: where it stands now, as long as it runs; at most 100.
        next: behind which number the visits go on; None at the end.
    """

    visits: tuple[Visit, ...]
    total: int
    stands: tuple[Stand, ...]
    next: int | None


@dataclass(frozen=True, slots=True)
class AttemptData:
    """What a task was asked with, and what it answered.

    Attributes:
        arguments: what it was called with.
        output: what it answered; None where it did not.
    """

    arguments: Json
    output: Json


@dataclass(frozen=True, slots=True)
class StateData:
    """The data of a visit of a state.

    Attributes:
        visit: the visit.
        input: what the state was given.
        output: what it gave; None where it was not left.
        variables: the variables that it saw, before it.
        assigned: those that it set.
        data: of each of its attempts, in their order; at most 100.
    """

    visit: Visit
    input: Json
    output: Json
    variables: Mapping[str, Json]
    assigned: Mapping[str, Json]
    data: tuple[AttemptData, ...]


@dataclass(frozen=True, slots=True)
class Side:
    """A state in one of two executions that are compared.

    Attributes:
        visit: the visit.
        took_ms: from its entry to its exit; None where it was not left.
    """

    visit: Visit
    took_ms: int | None


@dataclass(frozen=True, slots=True)
class Compared:
    """A state in two executions.

    Attributes:
        state: its name.
        visit: which of its visits.
        a: in the one; None where it was not entered there.
        b: in the other; None where it was not.
        same_input: whether both were given the same; None where one is missing.
        same_output: whether both gave the same; None where one gave nothing.
        input: what differs of the input, at most 20 places.
        output: what differs of the output, at most 20 places.
    """

    state: str
    visit: int
    a: Side | None
    b: Side | None
    same_input: bool | None
    same_output: bool | None
    input: tuple[Difference, ...] = ()
    output: tuple[Difference, ...] = ()


@dataclass(frozen=True, slots=True)
class Parting:
    """Where two executions went different ways.

    Attributes:
        behind: the last state that both went through; None where not even the first is the same.
        visit: which of its visits.
        a: the state that the one went to; None where it ended.
        b: the state that the other went to; None where it ended.
    """

    behind: str | None
    visit: int | None
    a: str | None
    b: str | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two executions of a workflow, state by state.

    Attributes:
        a: the name of the one.
        b: the name of the other.
        a_ms: how long the one took, or has taken so far.
        b_ms: how long the other.
        parted: where they went different ways; None where they did not.
        input: what differs of what they were started with, at most 20 places.
        output: what differs of what they came to, where both succeeded; at most 20 places.
        states: state by state; at most 1,000.
        is_whole: whether that is all of them.
    """

    a: str
    b: str
    a_ms: int
    b_ms: int
    parted: Parting | None
    input: tuple[Difference, ...]
    output: tuple[Difference, ...]
    states: tuple[Compared, ...]
    is_whole: bool


@dataclass(frozen=True, slots=True)
class Relative:
    """An execution that another one has started, or was started or forked by.

    Attributes:
        app: the app of its workflow.
        workflow: its workflow.
        name: its name.
        status: its status.
        state: the state that waits for its end; of an origin, the state at which a fork left it.
        started_ms: when it started, in ms since 1970.
        ended_ms: when it ended; None while it runs.
        id: its record id.
    """

    app: str
    workflow: str
    name: str
    status: str
    state: str | None
    started_ms: int
    ended_ms: int | None
    id: str


@dataclass(frozen=True, slots=True)
class Family:
    """The executions around an execution.

    Attributes:
        parent: the one that waits for its end; None for none.
        origin: the one that it was forked from; None for none.
        children: those whose end it waits for, or waited for; at most as many as were asked for.
        next: behind which id the children go on; None at the end.
    """

    parent: Relative | None
    origin: Relative | None
    children: tuple[Relative, ...]
    next: str | None
