"""When a schedule fires, and what becomes of what was missed. No I/O."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from ensue.languages.schedules import Timetable, compile_schedule, moment_ms, shown_ms
from ensue.resources.schedule.model import (
    ACTIVE,
    AFTERWARDS,
    COUNTED_MAX,
    GROUP_LENGTH_MAX,
    MISSED_AFTER_MS,
    MISSED_MS_MAX,
    MISSED_POLICIES,
    STATES,
    WINDOW_MS_MAX,
    Entry,
    Plan,
    Schedule,
    ScheduleChanges,
    ScheduleOptions,
)
from ensue.words import values
from ensue.words.errors import InvalidValue
from ensue.words.names import Ref
from ensue.words.units import duration_ms, human_ms

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
CADENCE = ("expression", "timezone", "start_ms")
TIMING = (*CADENCE, "end_ms", "window_ms")


class Decision(NamedTuple):
    """What to do with a schedule whose moment has come.

    Attributes:
        fire: whether it fires.
        next_ms: when it is due next; None for never again.
        left_out: whether moments that were due are left out.
    """

    fire: bool
    next_ms: int | None
    left_out: bool = False


def make_plan(expression: str, target: Ref, body: object, options: ScheduleOptions) -> Plan:
    """A plan from the words in which schedules are made; see `Schedules.create`.

    Raises:
        InvalidExpression: the expression does not compile; says where.
        InvalidValue: the time zone, a time, a duration, a policy or the body is none.
    """
    timezone = options.get("timezone", "UTC")
    compile_schedule(expression, timezone)
    window_ms = duration_ms(options.get("window", 0))
    if window_ms > WINDOW_MS_MAX:
        said = f"expected a window of at most {human_ms(WINDOW_MS_MAX)}, got {human_ms(window_ms)}"
        raise InvalidValue(said, at="$.window")
    group = options.get("group")
    values.check_name(group, "group", GROUP_LENGTH_MAX, "$.group")
    plan = Plan(
        expression=expression,
        timezone=timezone,
        target=target,
        body=values.encode(body),
        grp=group,
        start_ms=_moment_ms(options.get("start"), timezone),
        end_ms=_moment_ms(options.get("end"), timezone),
        window_ms=window_ms,
        missed=_one_of(options.get("missed", "once"), MISSED_POLICIES, "$.missed"),
        after=_one_of(options.get("after", "keep"), AFTERWARDS, "$.after"),
        raw=bool(options.get("raw", True)),
    )
    if plan.start_ms is not None and plan.end_ms is not None and plan.start_ms > plan.end_ms:
        raise InvalidValue("expected an end that is not before the start", at="$.end")
    return plan


def changed(plan: Plan, target: Ref | None, changes: ScheduleChanges) -> Plan:
    """A plan with some of it changed.

    Raises:
        InvalidExpression: the expression does not compile; says where.
        InvalidValue: the time zone, a time, a duration, a policy or the body is none.
    """
    kept: ScheduleOptions = {
        "timezone": plan.timezone,
        "start": None if plan.start_ms is None else _moment(plan.start_ms),
        "end": None if plan.end_ms is None else _moment(plan.end_ms),
        "window": plan.window_ms / 1_000,
        "missed": _one_of(plan.missed, MISSED_POLICIES, "$.missed"),  # type: ignore[typeddict-item]
        "after": _one_of(plan.after, AFTERWARDS, "$.after"),  # type: ignore[typeddict-item]
        "raw": plan.raw,
        "group": plan.grp,
    }
    given = dict(changes)
    expression = given.pop("expression", plan.expression)
    body = given.pop("body") if "body" in given else values.decode(plan.body)
    merged: ScheduleOptions = {**kept, **given}  # type: ignore[typeddict-item]
    return make_plan(str(expression), target or plan.target, body, merged)


def is_timing_changed(before: Plan, after: Plan) -> bool:
    """Whether two plans are due at different moments."""
    return any(getattr(before, name) != getattr(after, name) for name in TIMING)


def keeps_moment(entry: Entry, plan: Plan) -> bool:
    """Whether a schedule stays due when it is, although its end or its window is another.

    What has come already and waits for its moment in the window fires all the same.
    """
    if entry.state != ACTIVE or entry.due_ms is None:
        return False
    is_cadence_kept = all(getattr(entry.plan, name) == getattr(plan, name) for name in CADENCE)
    return is_cadence_kept and (plan.end_ms is None or entry.due_ms <= plan.end_ms)


def timetable(plan: Plan) -> Timetable:
    """The moments of a plan's expression."""
    return compile_schedule(plan.expression, plan.timezone)


def due_after(plan: Plan, anchor_ms: int, after_ms: int) -> int | None:
    """The first moment behind ``after_ms`` at which a plan is due; None when there is none.

    Args:
        plan: the plan.
        anchor_ms: from where a rate counts.
        after_ms: it is later than this.
    """
    if plan.start_ms is not None:
        after_ms = max(after_ms, plan.start_ms - 1)
    due_ms = timetable(plan).next_ms(after_ms, start_ms=anchor_ms)
    if due_ms is None or (plan.end_ms is not None and due_ms > plan.end_ms):
        return None
    return due_ms


def is_missed(plan: Plan, due_ms: int, now_ms: int) -> bool:
    """Whether a moment is over for more than a minute, the plan's window included."""
    return due_ms < now_ms - plan.window_ms - MISSED_AFTER_MS


def moments_between(plan: Plan, anchor_ms: int, first_ms: int, until_ms: int) -> int:
    """How many moments of a plan there are from one of them up to a time, counted up to 100."""
    counted, due_ms = 0, first_ms
    while due_ms <= until_ms and counted < COUNTED_MAX:
        counted += 1
        following_ms = due_after(plan, anchor_ms, due_ms)
        if following_ms is None:
            break
        due_ms = following_ms
    return counted


def decide(plan: Plan, anchor_ms: int, due_ms: int, now_ms: int) -> Decision:
    """What to do with a schedule that was due at ``due_ms`` and whose moment has come.

    What is over for more than a minute, its window included, was missed.
    """

    def after(at_ms: int) -> int | None:
        return due_after(plan, anchor_ms, at_ms)

    open_ms = now_ms - plan.window_ms
    if not is_missed(plan, due_ms, now_ms):
        return Decision(fire=True, next_ms=after(due_ms))
    if plan.missed == "skip":
        return Decision(fire=False, next_ms=after(open_ms - MISSED_AFTER_MS - 1), left_out=True)
    if plan.missed == "all" and not timetable(plan).is_one_time:
        if due_ms < now_ms - MISSED_MS_MAX:
            oldest_ms = after(now_ms - MISSED_MS_MAX - 1)
            return Decision(fire=False, next_ms=oldest_ms, left_out=True)
        return Decision(fire=True, next_ms=after(due_ms))
    following_ms = after(max(due_ms, open_ms))
    return Decision(fire=True, next_ms=following_ms, left_out=following_ms != after(due_ms))


def shown(entry: Entry) -> Schedule:
    """A schedule as it is shown."""
    plan, due_ms = entry.plan, entry.due_ms
    return Schedule(
        name=entry.name,
        expression=plan.expression,
        timezone=plan.timezone,
        to=f"{plan.target.kind}/{plan.target.name}",
        body=values.decode(plan.body),
        state=STATES[entry.state],
        due=None if due_ms is None else shown_ms(due_ms, plan.timezone),
        due_ms=due_ms,
        last_ms=entry.last_ms,
        fired=entry.fired,
        left_out=entry.left_out,
        start_ms=plan.start_ms,
        end_ms=plan.end_ms,
        window_ms=plan.window_ms,
        missed=plan.missed,
        after=plan.after,
        raw=plan.raw,
        group=plan.grp,
        declared=entry.declared,
    )


def envelope(plan: Plan, name: str, firing_id: str, due_ms: int) -> str:
    """The JSON text that tells a target of a firing, with the body in it."""
    said = values.encode({
        "id": firing_id,
        "schedule": name,
        "due_ms": due_ms,
        "due": shown_ms(due_ms, plan.timezone),
    })
    return f'{said[:-1]},"body":{plan.body}}}'


def _moment_ms(said: object, timezone: str) -> int | None:
    if said is None:
        return None
    if isinstance(said, datetime):
        said = said.isoformat()
    if not isinstance(said, str):
        raise InvalidValue(f"expected a time, got {values.shown(said)}")
    return moment_ms(said, timezone)


def _moment(at_ms: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=at_ms)


def _one_of(said: str, known: tuple[str, ...], at: str) -> str:
    if said in known:
        return said
    raise InvalidValue(f"expected one of {', '.join(known)}, got {said!r}", at=at)
