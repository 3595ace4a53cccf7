"""What an alarm says: the reason of a state, the event of a change, and the letter for people.

Events are in the words of CloudWatch: those who wrote rules for its alarm state changes can keep
them.
"""

from __future__ import annotations

from collections.abc import Sequence

from ensue.resources.alarm.model import (
    ACCOUNT,
    ALARM,
    INSUFFICIENT,
    REASON_LENGTH_MAX,
    REGION,
    AlarmModel,
    Combination,
    Condition,
    Point,
    State,
    StateChange,
)
from ensue.resources.alarm.rules.judging import Verdict, breached
from ensue.words import values
from ensue.words.names import Ref
from ensue.words.units import human_ms, iso
from ensue.words.values import Json

DETAIL_TYPE = "CloudWatch Alarm State Change"
SOURCE = "aws.cloudwatch"
SHOWN_MAX = 5
SUBJECT, TEXT = "Subject", "Text"  # the attributes by which mail makes a letter of it

_STATISTICS = {
    "sum": "Sum",
    "average": "Average",
    "max": "Maximum",
    "min": "Minimum",
    "count": "SampleCount",
}
_TREATMENTS = {
    "ok": "notBreaching",
    "breaching": "breaching",
    "ignore": "ignore",
    "insufficient": "missing",
}
_COMPARISONS = {
    ">=": "greater than or equal to",
    ">": "greater than",
    "<=": "less than or equal to",
    "<": "less than",
}


def reason_of(condition: Condition, state: State, verdict: Verdict) -> str:
    """Why a condition is in a state, in CloudWatch's words."""
    if state == INSUFFICIENT:
        plural = "s were" if verdict.filled > 1 else " was"
        return f"Insufficient Data: {verdict.filled} datapoint{plural} unknown."
    if not verdict.judged:
        return (
            f"no datapoints were received for {verdict.filled} {_plural('period', verdict.filled)}"
            f" and {verdict.filled} missing {_plural('datapoint', verdict.filled)}"
            f" {'was' if verdict.filled == 1 else 'were'} treated as"
            f" [{_TREATMENTS[condition.missing]}]."
        )
    count = breached(condition, verdict.judged)
    if state != ALARM:
        count = len(verdict.judged) - count
    shown = [each for each in verdict.judged if _counts(condition, each, state)][:SHOWN_MAX]
    points = ", ".join(f"{each.value:g} ({iso(each.start_ms)})" for each in shown)
    more = f" and {count - len(shown)} more" if count > len(shown) else ""
    were = f"{'was' if count == 1 else 'were'}{'' if state == ALARM else ' not'}"
    counted = f"{count} out of the last {len(verdict.judged)} datapoints"
    said = (
        f"Threshold Crossed: {counted} [{points}{more}] {were} {_COMPARISONS[condition.comparison]}"
        f" the threshold ({condition.threshold:g})"
        f" (minimum {condition.periods} {_plural('datapoint', condition.periods)} for ALARM)."
    )
    return said[:REASON_LENGTH_MAX]


def _counts(condition: Condition, point: Point, state: State) -> bool:
    return (breached(condition, [point]) == 1) == (state == ALARM)


def data_of(condition: Condition, verdict: Verdict, now_ms: int) -> dict[str, Json]:
    """What was judged, as CloudWatch's ``reasonData`` has it."""
    recent = [each.value for each in verdict.judged[::-1]]
    data: dict[str, Json] = {
        "version": "1.0",
        "queryDate": iso(now_ms),
        "statistic": _STATISTICS.get(condition.statistic, condition.statistic),
        "period": condition.period_ms // 1_000,
        "recentDatapoints": list(recent),
        "threshold": condition.threshold,
        "evaluatedDatapoints": [
            {"timestamp": iso(each.start_ms), "value": each.value} for each in verdict.judged
        ],
    }
    if verdict.judged:
        data["startDate"] = iso(verdict.judged[-1].start_ms)
    return data


def combined_reason(when: str, state: State, raised: Sequence[str]) -> str:
    """Why a condition on other alarms is in a state."""
    names = ", ".join(raised) if raised else "none of them"
    verb = "is" if len(raised) < 2 else "are"
    truth = "true" if state == ALARM else "false"
    return f"{names} {verb} in ALARM, so {when} is {truth}."[:REASON_LENGTH_MAX]


def event_of(alarm: AlarmModel, before: dict[str, Json], after: dict[str, Json]) -> dict[str, Json]:
    """A change of state as the event that CloudWatch sends, but for its id.

    Args:
        alarm: whose it is.
        before: the state before: its ``value``, ``reason``, ``timestamp`` and ``reasonData``.
        after: the state from then on, in the same way.
    """
    return {
        "version": "0",
        "detail-type": DETAIL_TYPE,
        "source": SOURCE,
        "account": ACCOUNT,
        "time": after["timestamp"],
        "region": REGION,
        "resources": [alarm.arn],
        "detail": {
            "alarmName": alarm.ref.name,
            "configuration": _configuration(alarm),
            "previousState": before,
            "state": after,
        },
    }


def state_of(state: State, reason: str, data: Json, at_ms: int) -> dict[str, Json]:
    """A state as events have it."""
    said: dict[str, Json] = {"value": state, "reason": reason, "timestamp": iso(at_ms)}
    return said | ({"reasonData": values.encode(data)} if data else {})


def letter_of(alarm: AlarmModel, change: StateChange) -> dict[str, Json]:
    """What mail makes a letter of: its subject, and a text for people."""
    went = f"went from {change.before} to {change.state} at {iso(change.at_ms)}."
    lines = [
        f"{alarm.ref.name} of {alarm.ref.app} {went}",
        "",
        change.reason,
        "",
        *_told(alarm),
        f"To look at it: ensue describe alarm/{alarm.ref.name}",
    ]
    if alarm.description:
        lines[1:1] = ["", alarm.description]
    return {
        SUBJECT: f"{change.state}: {alarm.ref.name} of {alarm.ref.app}",
        TEXT: "\n".join(lines) + "\n",
    }


def _told(alarm: AlarmModel) -> list[str]:
    match alarm.condition:
        case Combination(when=when):
            return [f"It is raised while: {when}"]
        case Condition() as asked:
            of = "the whole app" if asked.of is None else str(asked.of)
            subject = "" if asked.subject is None else f" for {asked.subject}"
            period = human_ms(asked.period_ms)
            often = f"{asked.periods} of {asked.out_of} {_plural('period', asked.out_of)}"
            breach = f"{asked.comparison} {asked.threshold:g}"
            return [
                f"Metric: {asked.metric} of {of}{subject}, {asked.statistic} of {period}",
                f"Raised when it is {breach} in {often}",
            ]


def _configuration(alarm: AlarmModel) -> dict[str, Json]:
    said: dict[str, Json] = {"description": alarm.description} if alarm.description else {}
    match alarm.condition:
        case Combination(when=when):
            return said | {"alarmRule": when}
        case Condition() as asked:
            metric: dict[str, Json] = {
                "namespace": "Ensue",
                "name": asked.metric,
                "dimensions": _dimensions(alarm, asked),
            }
            stat: dict[str, Json] = {
                "metric": metric,
                "period": asked.period_ms // 1_000,
                "stat": _STATISTICS.get(asked.statistic, asked.statistic),
            }
            return said | {"metrics": [{"id": "m1", "metricStat": stat, "returnData": True}]}


def _dimensions(alarm: AlarmModel, asked: Condition) -> dict[str, Json]:
    said: dict[str, Json] = {"app": alarm.ref.app}
    if isinstance(asked.of, Ref):
        said |= {"app": asked.of.app, "kind": asked.of.kind, "name": asked.of.name}
    elif asked.of is not None:
        said["route"] = asked.of
    return said | ({} if asked.subject is None else {"subject": asked.subject})


def _plural(noun: str, count: int) -> str:
    return noun if count == 1 else f"{noun}s"
