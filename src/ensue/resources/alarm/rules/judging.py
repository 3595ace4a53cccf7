"""What state an alarm should be in, by what was measured: M out of N, as CloudWatch judges.

It looks at the N newest periods in which something was measured, among N and two more. Where there
are fewer, the rest is filled in as the alarm treats what is missing: as breaching, or as well; or
it is left out:

* M of those that there are breach: ALARM. One that there is does not, and they are fewer: OK.
* There is none: INSUFFICIENT_DATA, or with ``ignore`` the state of before.
* All that there are breach, but there are fewer than M: ALARM when the oldest of them is M periods
  old and ``insufficient`` is declared, for then nothing else has been seen for long enough; else
  the state of before.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ensue.resources.alarm.model import (
    ALARM,
    EXTRA_PERIODS,
    INSUFFICIENT,
    OK,
    Condition,
    Point,
    State,
)


class Verdict(NamedTuple):
    """What was judged.

    Attributes:
        state: the state that the alarm should be in; None for the one that it is in.
        judged: the periods that were looked at in which something was measured, newest first.
        filled: how many more there should have been.
    """

    state: State | None
    judged: tuple[Point, ...]
    filled: int


def kept_from_ms(condition: Condition, last_ms: int) -> int:
    """The beginning of the oldest period that counts when the last one begins at ``last_ms``."""
    return last_ms - (condition.out_of + EXTRA_PERIODS - 1) * condition.period_ms


def with_point(condition: Condition, points: Sequence[Point], new: Point) -> tuple[Point, ...]:
    """What was measured with one period more, as far back as it counts, oldest first."""
    first_ms = kept_from_ms(condition, new.start_ms)
    return (*(each for each in points if first_ms <= each.start_ms < new.start_ms), new)


def judge(condition: Condition, points: Sequence[Point]) -> Verdict:
    """Judge what was measured.

    Args:
        condition: the threshold, and how much of what counts.
        points: what was measured, oldest first; the last one is of the period that has just ended.
    """
    last_ms = points[-1].start_ms
    first_ms = kept_from_ms(condition, last_ms)
    there = [each for each in points if each.value is not None and each.start_ms >= first_ms]
    judged = tuple(there[-condition.out_of :][::-1])
    filled = condition.out_of - len(judged)
    oldest_age = (last_ms - judged[-1].start_ms) // condition.period_ms + 1 if judged else 0
    return Verdict(_state(condition, judged, filled, oldest_age), judged, filled)


def _state(
    condition: Condition, judged: tuple[Point, ...], filled: int, oldest_age: int
) -> State | None:
    breaching = breached(condition, judged)
    if filled and condition.missing == "breaching":
        breaching += filled
    if breaching >= condition.periods:
        return ALARM
    if not filled or condition.missing in {"ok", "breaching"} or breaching < len(judged):
        return OK
    if condition.missing == "insufficient":
        if not judged:
            return INSUFFICIENT
        if oldest_age >= condition.periods:
            return ALARM
    return None


def breached(condition: Condition, judged: Sequence[Point]) -> int:
    """In how many of some periods the threshold was breached."""
    return sum(each.value is not None and condition.is_breached(each.value) for each in judged)


def stays_well(condition: Condition, state: State, points: Sequence[Point], new: Point) -> bool:
    """Whether an alarm stays as it is with a new point, whether anybody remembers it or not.

    So it is where the alarm is OK, nothing that counts breaches, and a period of which nothing is
    known counts as one that is well.
    """
    return (
        state == OK
        and condition.is_quiet
        and not breached(condition, with_point(condition, points, new))
    )
