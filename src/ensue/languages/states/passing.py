"""Pass, Succeed and Fail."""

from __future__ import annotations

from ensue.languages.states.branches import Branch
from ensue.languages.states.data import give_out, take_in, words
from ensue.languages.states.errors import StateError
from ensue.languages.states.program import Fail, Pass, Succeed
from ensue.languages.states.walk import Walk


def do_pass(walk: Walk, branch: Branch, state: Pass) -> None:
    """Pass the input on, or the result that is written.

    Raises:
        StateError: a field does not apply, or the output is too large.
    """
    environment = walk.environment(branch, state)
    raw = branch.input
    result = take_in(state.data, raw, environment)
    if state.has_result:
        result = state.result
    output, assigned = give_out(state.data, raw, result, environment, has_result=False)
    walk.leave(branch, state, output, assigned, state.next)


def succeed(walk: Walk, branch: Branch, state: Succeed) -> None:
    """End the scope well.

    Raises:
        StateError: a field does not apply.
    """
    environment = walk.environment(branch, state)
    raw = branch.input
    taken = take_in(state.data, raw, environment)
    output, assigned = give_out(state.data, raw, taken, environment, has_result=False)
    walk.leave(branch, state, output, assigned, None)


def fail(walk: Walk, branch: Branch, state: Fail) -> None:
    """End the scope badly.

    Raises:
        StateError: always: what is written, or that a field does not apply.
    """
    environment = walk.environment(branch, state)
    error = words(state.error, branch.input, environment, "Error")
    cause = words(state.cause, branch.input, environment, "Cause")
    raise StateError(error, cause)
