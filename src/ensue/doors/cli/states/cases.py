"""Lines of JSON with executions to try, and what came of each."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import IO, Any

from ensue.doors.cli.judging import LINE_BYTES_MAX, lines
from ensue.doors.cli.states.trying import BEGINNING, EXPRESS, STANDARD, Trial, answer_of, tried
from ensue.languages.states.execute import VirtualFacts
from ensue.languages.states.reading import read_json
from ensue.languages.states.trial import read_trial, try_state
from ensue.words.errors import EnsueError, InvalidInput, TooLarge
from ensue.words.values import shown

INVALID = "INVALID"


def answer_cases(stream: IO[bytes]) -> None:
    """Answer each line of a stream by one, in order, each at once.

    Args:
        stream: JSON Lines.
    """
    for number, line in lines(stream):
        try:
            answer = _answer(_case(number, line))
        except EnsueError as fault:
            answer = _refused(fault)
        # Whoever waits for the answer before the next case gets it at once. Only ASCII is
        # written: what came from outside may hold characters that terminals obey.
        sys.stdout.write(json.dumps(answer, separators=(",", ":")) + "\n")
        sys.stdout.flush()


def _answer(case: Mapping[str, Any]) -> dict[str, Any]:
    if "request" in case:
        request = case["request"]
        if not isinstance(request, dict):
            raise InvalidInput("expected an object as TestState has it", at="request")
        return try_state(read_trial(request), VirtualFacts(BEGINNING)).as_dict()
    execution = tried(
        Trial(
            _text(case.get("definition")),
            _value(case.get("input", {})),
            case.get("mock"),
            _is_express(case.get("type", STANDARD)),
        )
    )
    return {**answer_of(execution), "events": [event.type for event in execution.events]}


def _case(number: int, line: bytes | None) -> Mapping[str, Any]:
    at = f"line {number}"
    if line is None:
        raise TooLarge(f"expected lines of at most {LINE_BYTES_MAX} bytes", at=at)
    try:
        found = read_json(line)
    except ValueError as fault:
        raise InvalidInput(f"expected a JSON object: {fault}", at=at) from None
    if not isinstance(found, dict) or not found.keys() & {"definition", "request"}:
        raise InvalidInput('expected a JSON object such as {"definition": …, "input": …}', at=at)
    return found


def _text(definition: object) -> str:
    return definition if isinstance(definition, str) else json.dumps(definition)


def _value(given: object) -> Any:  # noqa: ANN401 - any JSON
    """An input: a value, or a string with the text of one."""
    if not isinstance(given, str):
        return given
    try:
        return read_json(given)
    except ValueError as fault:
        raise InvalidInput(f"expected JSON: {fault}", at="input") from None


def _is_express(kind: object) -> bool:
    if kind != STANDARD and kind != EXPRESS:  # noqa: PLR1714 - it may be of any type
        raise InvalidInput(f"expected {STANDARD} or {EXPRESS}, got {shown(kind)}", at="type")
    return kind == EXPRESS


def _refused(fault: EnsueError) -> dict[str, Any]:
    return {
        "status": INVALID,
        "output": None,
        "error": fault.code,
        "cause": str(fault),
        "events": [],
    }
