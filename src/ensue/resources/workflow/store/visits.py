"""Frames of a history as visits of states, as they are shown; and two histories, side by side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import zip_longest

from ensue.languages.states.frames import CONTAINERS, Frame, Outcome, Try, outward
from ensue.resources.workflow.model import Attempt, Parting, Visit


def visits_of(frames: Sequence[Frame], after: int = 0, limit: int | None = None) -> list[Visit]:
    """The visits of an execution, in the order in which the states were entered.

    Args:
        frames: all of the execution.
        after: only those behind this number.
        limit: how many at most; None for all.
    """
    until = len(frames) if limit is None else after + limit
    times: Counter[str] = Counter()
    numbers: dict[int, int] = {}
    found: list[Visit] = []
    for number, frame in enumerate(frames[:until], 1):
        times[frame.name] += 1
        if frame.kind in CONTAINERS:
            numbers[id(frame)] = number
        if number > after:
            within = None if frame.parent is None else numbers[id(frame.parent)]
            found.append(_visit(frame, number, times[frame.name], within))
    return found


def visit_of(frames: Sequence[Frame], state: str, visit: int | None) -> tuple[Visit | None, int]:
    """One visit of a state, the last by default, and how many there are; None for no such one."""
    numbers = [number for number, frame in enumerate(frames, 1) if frame.name == state]
    place = len(numbers) if visit is None else visit
    if not 1 <= place <= len(numbers):
        return None, len(numbers)
    number = numbers[place - 1]
    [found] = visits_of(frames, number - 1, 1)
    return found, len(numbers)


def _visit(frame: Frame, number: int, visit: int, within: int | None) -> Visit:
    outcome = frame.outcome
    return Visit(
        number=number,
        state=frame.name,
        visit=visit,
        kind=frame.kind,
        outcome=outcome,
        entered_ms=frame.at_ms,
        left_ms=None if outcome == "running" else _left_ms(frame),
        event=frame.id,
        within=within,
        index=frame.index,
        branch=frame.branch,
        resource=frame.resource,
        attempts=tuple(_attempt(each, outcome) for each in frame.tries),
        error=frame.error,
        cause=frame.cause,
    )


def assigning(frame: Frame) -> Iterator[Frame]:
    """The frames whose variables a frame sees, those of outer lines of control first."""
    for around in reversed([*outward(frame)]):
        line: list[Frame] = []
        before = around.before
        while before is not None:
            line.append(before)
            before = before.before
        yield from reversed(line)


def parting(a: Sequence[Visit], b: Sequence[Visit]) -> Parting | None:
    """Where two executions went different ways: of their outermost lines of control.

    Where one has only not come further yet, as it runs, they did not part.
    """
    behind: Visit | None = None
    for one, other in zip_longest(_outermost(a), _outermost(b)):
        if one is not None and other is not None and one.state == other.state:
            behind = one
            continue
        if (one is None and _runs(a)) or (other is None and _runs(b)):
            return None
        return Parting(
            behind=None if behind is None else behind.state,
            visit=None if behind is None else behind.visit,
            a=None if one is None else one.state,
            b=None if other is None else other.state,
        )
    return None


def _outermost(visits: Sequence[Visit]) -> list[Visit]:
    return [each for each in visits if each.within is None]


def _runs(visits: Sequence[Visit]) -> bool:
    return any(each.outcome == "running" for each in visits)


def _left_ms(frame: Frame) -> int | None:
    """When a state was over: by itself, or as one around it was."""
    return next((each.left_ms for each in outward(frame) if each.left_ms is not None), None)


def _attempt(given: Try, of_state: Outcome) -> Attempt:
    is_over = of_state != "running" and given.outcome == "running"
    return Attempt(
        given.at_ms,
        given.started_ms,
        given.ended_ms,
        "aborted" if is_over else given.outcome,
        given.error,
        given.cause,
        given.worker,
    )
