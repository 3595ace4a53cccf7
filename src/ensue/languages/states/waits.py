"""Wait: for some seconds, or until a time."""

from __future__ import annotations

from ensue.languages.states.branches import Branch
from ensue.languages.states.commands import WAIT
from ensue.languages.states.data import as_number, give_out, select, whole_number
from ensue.languages.states.environment import Environment
from ensue.languages.states.errors import RUNTIME, DataError, QueryError
from ensue.languages.states.paths import Missing, Path
from ensue.languages.states.program import Amount, Wait
from ensue.languages.states.queries import Query
from ensue.languages.states.spelling import java_text, json_text
from ensue.languages.states.timestamps import parse_timestamp
from ensue.languages.states.walk import Walk
from ensue.words.values import Json, shown

_NS_IN_MS = 1_000_000


def wait(walk: Walk, branch: Branch, state: Wait) -> None:
    """Sleep until it is time; go on when it is already.

    Raises:
        StateError: a field does not apply.
    """
    until_ms = _until(state, branch, walk.environment(branch, state))
    if until_ms <= branch.entered_ms:
        go_on(walk, branch, state)
    else:
        walk.sleep(branch, until_ms, WAIT)


def go_on(walk: Walk, branch: Branch, state: Wait) -> None:
    """Go on after the wait.

    Raises:
        StateError: a field does not apply.
    """
    environment = walk.environment(branch, state)
    raw = branch.input
    taken = select(state.data, raw, environment)
    output, assigned = give_out(state.data, raw, taken, environment, has_result=False)
    walk.leave(branch, state, output, assigned, state.next)


def _until(state: Wait, branch: Branch, environment: Environment) -> int:
    raw = branch.input
    taken = select(state.data, raw, environment)
    if state.seconds is not None:
        seconds = _seconds(state.seconds, taken, raw, environment)
        return branch.entered_ms + seconds * 1000
    found: Json = state.timestamp if isinstance(state.timestamp, str) else None
    if isinstance(state.timestamp, Query):
        found = state.timestamp.text({"input": raw}, environment, "Timestamp")
    elif isinstance(state.timestamp, Path):
        found = _referenced(state.timestamp, taken, environment, "TimestampPath")
    at_ns = parse_timestamp(found)
    if at_ns is None:
        said = f"The field 'Timestamp' expects an RFC 3339 time, got {shown(found)}"
        if isinstance(state.timestamp, Query):
            raise QueryError(said, "Timestamp")
        if isinstance(state.timestamp, Path):
            said = (
                "The TimestampPath parameter does not reference a valid ISO-8601 extended offset"
                f" date-time format string: {state.timestamp.text} == {java_text(found)}"
            )
        raise DataError(RUNTIME, said)
    return -(-at_ns // _NS_IN_MS)


def _seconds(given: Amount, taken: Json, raw: Json, environment: Environment) -> int:
    if isinstance(given, Path):
        found = as_number(_referenced(given, taken, environment, "SecondsPath"))
        if isinstance(found, bool) or not isinstance(found, int):
            said = "cannot be parsed as a long value"
        elif found < 0:
            said = "references a negative value"
        else:
            said = ""
        if said:
            raise DataError(
                RUNTIME, f"The SecondsPath parameter {said}: {given.text} == {json_text(found)}"
            )
    return whole_number(given, taken, raw, environment, "Seconds")


def _referenced(path: Path, taken: Json, environment: Environment, field: str) -> Json:
    found = path.probe(taken, environment)
    if isinstance(found, Missing):
        raise DataError(
            RUNTIME, f"The {field} parameter does not reference an input value: {path.text}"
        )
    return found
