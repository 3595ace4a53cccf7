"""What happens when a state fails: its retriers, then its catchers, then the end of its scope."""

from __future__ import annotations

from ensue.languages.states.branches import FAILED, Branch
from ensue.languages.states.commands import RETRY
from ensue.languages.states.data import give_error
from ensue.languages.states.errors import (
    ALL,
    BRANCH_FAILED,
    HEARTBEAT_TIMEOUT,
    TASK_FAILED,
    TERMINAL_ERRORS,
    TIMEOUT,
    DataError,
    QueryError,
    StateError,
)
from ensue.languages.states.program import (
    Catcher,
    Map,
    Parallel,
    Retrier,
    State,
    Task,
)
from ensue.languages.states.walk import Walk
from ensue.words.backoff import WHOLE, backoff_ms
from ensue.words.values import Json

_LONGEST_S = 31_622_400.0


def matches(named: tuple[str, ...], error: str | None) -> bool:
    """Whether a list of error names is for an error.

    A missing heartbeat is a time-out too. States.TaskFailed is any error but a time-out, and
    States.ALL any at all, but neither is States.Runtime nor States.DataLimitExceeded.
    """
    if error is not None and error in named:
        return True
    if error in TERMINAL_ERRORS:
        return False
    if ALL in named:
        return True
    if error in {TIMEOUT, HEARTBEAT_TIMEOUT}:
        return TIMEOUT in named
    return TASK_FAILED in named


def told_error(error: str | None) -> str | None:
    """The name under which an error is told: a missing heartbeat is told as a time-out."""
    return TIMEOUT if error == HEARTBEAT_TIMEOUT else error


def handle(walk: Walk, branch: Branch, state: State, fault: StateError) -> None:
    """Have a state that failed tried again, go on from its catcher, or fail its branch."""
    fault = _told(walk, branch, state, fault)
    if isinstance(state, Task | Parallel | Map) and _is_mended(walk, branch, state, fault):
        return
    branch.phase = FAILED
    branch.error, branch.cause = fault.error, fault.cause
    branch.input = None


def _is_mended(walk: Walk, branch: Branch, state: Task | Parallel | Map, fault: StateError) -> bool:
    held = bool(branch.memory)
    if held:
        walk.drop_children(branch)
    if _retry(walk, branch, state, fault):
        return True
    if held:
        walk.tell(branch, f"{state.type}StateFailed", {})
    catcher = _catcher(state, fault)
    return catcher is not None and _catch(walk, branch, state, catcher, fault)


def _told(walk: Walk, branch: Branch, state: State, fault: StateError) -> StateError:
    """A fault of the data, with the state that it happened in."""
    if not isinstance(fault, DataError):
        return fault
    told = fault.told_in(state.name, branch.entered)
    if isinstance(fault, QueryError):
        details = {
            "cause": told.cause,
            "error": told.error,
            "location": fault.location,
            "state": state.name,
        }
        walk.tell(branch, "EvaluationFailed", details)
    return told


def _is_for(named: tuple[str, ...], state: State, error: str | None) -> bool:
    return matches(named, error) or (isinstance(state, Parallel) and BRANCH_FAILED in named)


def _retry(walk: Walk, branch: Branch, state: Task | Parallel | Map, fault: StateError) -> bool:
    if fault.error in TERMINAL_ERRORS:
        return False
    for position, retrier in enumerate(state.retry):
        if not _is_for(retrier.errors, state, fault.error):
            continue
        if not branch.retries:
            branch.retries = [0] * len(state.retry)
        used = branch.retries[position]
        if used >= retrier.max_attempts:
            return False
        branch.retries[position] = used + 1
        walk.sleep(branch, walk.facts.now_ms + _delay_ms(walk, retrier, used), RETRY)
        return True
    return False


def _delay_ms(walk: Walk, retrier: Retrier, used: int) -> int:
    cap_s = _LONGEST_S if retrier.max_delay_s is None else min(retrier.max_delay_s, _LONGEST_S)
    chance = walk.facts.random() if retrier.full_jitter else WHOLE
    return backoff_ms(
        retrier.interval_s * 1_000, cap_s * 1_000, used, chance, rate=retrier.backoff_rate
    )


def _catcher(state: Task | Parallel | Map, fault: StateError) -> Catcher | None:
    for catcher in state.catch:
        if _is_for(catcher.errors, state, fault.error):
            return catcher
    return None


def _catch(walk: Walk, branch: Branch, state: State, catcher: Catcher, fault: StateError) -> bool:
    """Go on from a catcher; False when it cannot make anything of the error."""
    told: Json = {"Error": told_error(fault.error) or "", "Cause": fault.cause or ""}
    environment = walk.environment(branch, state)
    try:
        output, assigned = give_error(catcher.data, branch.input, told, environment)
        walk.leave(branch, state, output, assigned, catcher.next)
    except StateError as another:
        # No other catcher is tried: this error is the one that the branch fails with.
        last = _told(walk, branch, state, another)
        fault.error, fault.cause = last.error, last.cause
        return False
    return True
