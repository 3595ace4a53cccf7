"""One state is tried: with an input, and with what its work is said to give.

The state runs as in an execution, by the same stepper; only its work is not done. README.md of the
folder above tells what is shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

from ensue.languages.states.branches import TOP, WAITING, Branch, MemoryBranches
from ensue.languages.states.commands import WAIT, Perform
from ensue.languages.states.context import told_time
from ensue.languages.states.environment import Environment, Facts
from ensue.languages.states.errors import ALL, BRANCH_FAILED, EXCEED_TOLERATED_FAILURE_THRESHOLD
from ensue.languages.states.execution import ExecutionFacts, Progress
from ensue.languages.states.failures import matches
from ensue.languages.states.parse import compile_machine
from ensue.languages.states.program import Catcher, Machine, Map, Parallel, State, Task
from ensue.languages.states.resource_names import parse_resource
from ensue.languages.states.run import Run
from ensue.languages.states.signals import Failed, Signal, Succeeded, Woken
from ensue.languages.states.structure.graph import targets
from ensue.languages.states.trial.request import LEVELS, Given, Level, Trial, read_trial
from ensue.languages.states.trial.stages import stages
from ensue.words.errors import InvalidValue, NotFound
from ensue.words.values import Json, shown

__all__ = ["LEVELS", "Given", "Level", "Trial", "Tried", "read_trial", "try_state"]

Status = Literal["SUCCEEDED", "FAILED", "RETRIABLE", "CAUGHT_ERROR"]
SUCCEEDED: Final = "SUCCEEDED"
FAILED: Final = "FAILED"
RETRIABLE: Final = "RETRIABLE"
CAUGHT_ERROR: Final = "CAUGHT_ERROR"

# Step Functions tells a state that is tried by this name, whatever its own is.
STATE_NAME: Final = "StateName"
_STAND_IN: Final = "arn:aws:states:::trial:result"


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of it.

    Attributes:
        status: SUCCEEDED; FAILED; RETRIABLE: a retrier would have it tried again; CAUGHT_ERROR: a
            catcher takes it.
        output: what the state gives, where it succeeded or was caught.
        error: the name of the error; None for none.
        cause: its cause; None for none.
        next: the state that would come next; None for none.
        inspection: the data at every stage, where that was asked for.
    """

    status: Status
    output: Json = None
    error: str | None = None
    cause: str | None = None
    next: str | None = None
    inspection: Mapping[str, Json] | None = field(default=None)

    def as_dict(self) -> dict[str, Json]:
        """The answer with the names of the API TestState."""
        found: dict[str, Json] = {"status": self.status}
        if self.status in {SUCCEEDED, CAUGHT_ERROR}:
            found["output"] = self.output
        told: dict[str, Json] = {
            "error": self.error,
            "cause": self.cause,
            "nextState": self.next,
            "inspectionData": None if self.inspection is None else dict(self.inspection),
        }
        return found | {name: value for name, value in told.items() if value is not None}


def try_state(trial: Trial, facts: Facts) -> Tried:
    """Try a state.

    Args:
        trial: which, and with what.
        facts: time and chance.

    Raises:
        InvalidDefinition: the definition cannot run.
        InvalidValue: what its work gives is missing, or given to a state that does none.
        NotFound: the machine has no state of that name.
    """
    machine, state = _found(trial)
    works = isinstance(state, Task | Parallel | Map)
    if works and trial.mock is None:
        raise InvalidValue(
            f"expected a mock for a {state.type} state: what its work gives",
            at="mock",
            hint="Give mock.result, or mock.errorOutput.",
        )
    if trial.mock is not None and not works:
        raise InvalidValue(
            f"expected no mock for a {state.type} state: it does no work",
            at="mock",
            hint="Leave the mock out.",
        )
    given = trial.mock or Given()
    if isinstance(state, Map) and not given.failed:
        given = _tolerated(state, trial, given)
    context, seen = _context(trial, facts), _Chance(facts)
    tried = _Run(_stand_in(machine, state), state, trial, context, seen).tried(given)
    if trial.level == "INFO":
        return replace(tried, inspection=None)
    data = stages(state, trial, Environment(seen.again(), context, trial.variables))
    return replace(tried, inspection={**data, **(tried.inspection or {})})


class _Chance:
    """Chance that can be had again, so that the stages show what the state saw."""

    def __init__(self, facts: Facts, ids: Sequence[str] = (), drawn: Sequence[float] = ()) -> None:
        self._facts = facts
        self._ids, self._drawn = list(ids), list(drawn)
        self.ids: list[str] = []
        self.drawn: list[float] = []

    @property
    def now_ms(self) -> int:
        """The time."""
        return self._facts.now_ms

    def new_uuid(self) -> str:
        """Another UUID."""
        self.ids.append(self._ids.pop(0) if self._ids else self._facts.new_uuid())
        return self.ids[-1]

    def random(self) -> float:
        """Another number."""
        self.drawn.append(self._drawn.pop(0) if self._drawn else self._facts.random())
        return self.drawn[-1]

    def again(self) -> _Chance:
        """The same once more."""
        return _Chance(self._facts, self.ids, self.drawn)


def _found(trial: Trial) -> tuple[Machine, State]:
    """The state, and a machine that it is in."""
    if "States" not in trial.definition:
        if trial.state is not None:
            raise InvalidValue(
                "expected a state machine, got a state with its name",
                at="stateName",
                hint="Leave the name out, or give the whole machine.",
            )
        ends = {name: {"Type": "Succeed"} for _, name in targets(trial.definition)}
        states: dict[str, Any] = {**ends, STATE_NAME: trial.definition}
        machine = compile_machine({"StartAt": STATE_NAME, "States": states})
        return machine, machine.scope.states[STATE_NAME]
    machine = compile_machine(trial.definition)
    if trial.state is None:
        raise InvalidValue(
            "expected the name of a state of the machine", at="stateName", hint="Name one."
        )
    for scope in machine.scopes.values():
        if trial.state in scope.states:
            return machine, scope.states[trial.state]
    raise NotFound(f"there is no state {shown(trial.state)}", at="stateName")


def _stand_in(machine: Machine, state: State) -> Machine:
    """The machine, with a Task in the place of a Map or a Parallel: its work is not done."""
    if not isinstance(state, Map | Parallel):
        return machine
    everything = BRANCH_FAILED if isinstance(state, Parallel) else ""
    task = Task(
        name=state.name,
        scope=state.scope,
        definition=state.definition,
        language=state.language,
        data=state.data,
        next=state.next,
        reads_context=state.reads_context,
        resource=parse_resource(_STAND_IN),
        retry=tuple(replace(it, errors=_for(it.errors, everything)) for it in state.retry),
        catch=tuple(replace(it, errors=_for(it.errors, everything)) for it in state.catch),
    )
    scope = machine.scopes[state.scope]
    scope = replace(scope, states={**scope.states, state.name: task})
    return replace(machine, scopes={**machine.scopes, state.scope: scope})


def _for(errors: tuple[str, ...], everything: str) -> tuple[str, ...]:
    """The names of errors; those of a failure of any branch stand for all."""
    return (ALL,) if everything in errors else errors


def _context(trial: Trial, facts: Facts) -> dict[str, Json]:
    """The context object: as given, or made up."""
    if trial.context is not None:
        return trial.context
    name, machine = facts.new_uuid(), facts.new_uuid()
    now = told_time(facts.now_ms)
    return {
        "Execution": {
            "Id": f"arn:aws:states:us-east-1:123456789012:express:{machine}:{name}",
            "Input": trial.input,
            "Name": name,
            "RoleArn": trial.role,
            "StartTime": now,
        },
        "StateMachine": {
            "Id": f"arn:aws:states:us-east-1:123456789012:stateMachine:{machine}",
            "Name": machine,
        },
        "State": {"Name": STATE_NAME, "EnteredTime": now},
    }


class _Run:
    """A run of one state.

    Args:
        machine: the program.
        state: the state.
        trial: what is tried.
        context: the context object.
        facts: time and chance.
    """

    def __init__(
        self, machine: Machine, state: State, trial: Trial, context: dict[str, Json], facts: Facts
    ) -> None:
        self._retry = state.retry if isinstance(state, Task | Parallel | Map) else ()
        self._catch = state.catch if isinstance(state, Task | Parallel | Map) else ()
        self._used = [trial.retried] * len(self._retry)
        self._facts = facts
        self._top = Branch(
            id=TOP,
            scope=state.scope,
            state=state.name,
            input=trial.input,
            variables=dict(trial.variables),
            retries=list(self._used) if trial.retried else [],
        )
        execution = ExecutionFacts(
            id="trial", name="trial", started_ms=facts.now_ms, input=trial.input, context=context
        )
        progress = Progress(next_event=0, ready=[TOP])
        self._run = Run(machine, MemoryBranches([self._top]), facts, execution, progress)

    def tried(self, given: Given) -> Tried:
        """What comes of it when its work gives this."""
        run, top = self._run, self._top
        command = run.take(1)
        if isinstance(command, Perform):
            answer: Signal = Succeeded(given.result)
            if given.failed:
                answer = Failed(given.error, given.cause)
            run.signal(command.branch, command.attempt, answer)
        elif top.phase == WAITING and top.waits == WAIT:
            run.signal(TOP, top.attempt, Woken())
        events = run.drain_events()
        failures = [each.details for each in events if "error" in each.details]
        if run.outcome is not None and run.outcome.status != SUCCEEDED:
            return Tried(FAILED, error=run.outcome.error, cause=run.outcome.cause)
        if top.phase == WAITING:
            return self._again(failures)
        output = next(each.details for each in events if each.type.endswith("StateExited"))[
            "output"
        ]
        following = None if run.outcome is not None else top.state
        if not failures:
            return Tried(SUCCEEDED, output=output, next=following)
        return self._caught(failures, output, following)

    def _again(self, failures: list[dict[str, Any]]) -> Tried:
        """A retrier has it tried again."""
        told = failures[-1] if failures else {}
        pairs = zip(self._top.retries, self._used or self._top.retries, strict=True)
        position = next(i for i, (after, before) in enumerate(pairs) if after > before)
        delay_s = ((self._top.due_ms or 0) - self._facts.now_ms) // 1000
        details: dict[str, Json] = {
            "errorDetails": {"retryIndex": position, "retryBackoffIntervalSeconds": delay_s}
        }
        return Tried(
            RETRIABLE, error=told.get("error"), cause=told.get("cause"), inspection=details
        )

    def _caught(self, failures: list[dict[str, Any]], output: Json, to: str | None) -> Tried:
        """A catcher takes its error."""
        error, cause = failures[-1].get("error"), failures[-1].get("cause")
        catchers = (i for i, each in enumerate(self._catch) if _takes(each, error))
        details: dict[str, Json] = {"errorDetails": {"catchIndex": next(catchers, 0)}}
        return Tried(CAUGHT_ERROR, output, error, cause, to, details)


def _takes(catcher: Catcher, error: str | None) -> bool:
    return BRANCH_FAILED in catcher.errors or matches(catcher.errors, error)


def _tolerated(state: Map, trial: Trial, given: Given) -> Given:
    """The result of a Map, or its failure where more iterations failed than may."""
    if not trial.failures:
        return given
    count = state.tolerated_count if isinstance(state.tolerated_count, int) else 0
    percentage = state.tolerated_percentage
    if isinstance(percentage, int | float) and isinstance(given.result, list):
        count = max(count, int(len(given.result) * percentage / 100))
    if trial.failures <= count:
        return given
    return Given(
        failed=True,
        error=EXCEED_TOLERATED_FAILURE_THRESHOLD,
        cause="The specified tolerated failure threshold was exceeded",
    )
