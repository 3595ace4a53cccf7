"""The words of alarms: a condition that is judged at the end of each period, and who is told.

    INSUFFICIENT_DATA ──▶ OK ◀──▶ ALARM
            ▲             │         │
            └─────────────┴─────────┘  nothing was measured, and that counts as no answer

Each change of state is a record of the alarm's log; it commits with what tells of it. A state that
was set by hand stands until the next judgement.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, NamedTuple, TypeAlias, get_args

from ensue.words.errors import InvalidDeclaration
from ensue.words.names import Ref, sql_name
from ensue.words.units import MS, human_ms
from ensue.words.values import Json

State: TypeAlias = Literal["OK", "ALARM", "INSUFFICIENT_DATA"]
Missing: TypeAlias = Literal["ok", "breaching", "ignore", "insufficient"]
Statistic: TypeAlias = Literal["sum", "average", "max", "min", "count", "p50", "p95", "p99"]
Comparison: TypeAlias = Literal[">=", ">", "<=", "<"]

OK: State = "OK"
ALARM: State = "ALARM"
INSUFFICIENT: State = "INSUFFICIENT_DATA"
STATES: tuple[State, ...] = get_args(State)
STATISTICS: tuple[str, ...] = get_args(Statistic)
TREATMENTS: tuple[str, ...] = get_args(Missing)

PERIOD_STEP_MS = 5_000
PERIOD_MS_MAX = MS["h"]
WINDOW_MS_MAX = MS["d"]
OUT_OF_MAX = 100
EXTRA_PERIODS = 2  # how much further back it is looked for what was measured, where some is missing
TARGETS_MAX = 10
DESCRIPTION_LENGTH_MAX = 1_024
REASON_LENGTH_MAX = 1_023
KEEP_CHANGES_MS = 30 * MS["d"]
PAGE_MAX = 1_000
RETRIES_MAX = 3

DEAD_LETTERS = "alarms-dlq"
ACCOUNT, REGION = "000000000000", "local"


@dataclass(frozen=True, slots=True)
class Condition:
    """A threshold on a metric.

    Attributes:
        metric: which metric.
        of: the resource whose it is, or the name of a route; None for the whole app.
        subject: of a meter's metric: whose usage.
        statistic: what of the metric over a period.
        comparison: how the value breaches the threshold.
        threshold: the threshold.
        period_ms: how long a period is; periods begin at whole multiples of it since 1970.
        periods: in how many periods it must be breached.
        out_of: among how many that is.
        missing: what a period counts as in which nothing was measured.
    """

    metric: str
    of: Ref | str | None
    subject: str | None
    statistic: str
    comparison: Comparison
    threshold: float
    period_ms: int
    periods: int
    out_of: int
    missing: str

    def check(self, at: str) -> None:
        """Check what is declared.

        Raises:
            InvalidDeclaration: a number is out of range, or there is no such statistic or
                treatment of what is missing.
        """
        if self.statistic not in STATISTICS:
            said = f"expected a statistic of {', '.join(STATISTICS)}, got {self.statistic!r}"
            raise InvalidDeclaration(said, at=at)
        if self.missing not in TREATMENTS:
            said = f"expected missing to be {', '.join(TREATMENTS)}, got {self.missing!r}"
            raise InvalidDeclaration(said, at=at)
        if not 0 < self.period_ms <= PERIOD_MS_MAX or self.period_ms % PERIOD_STEP_MS:
            raise InvalidDeclaration(
                "expected a period of whole multiples of 5 seconds, up to an hour,"
                f" got {human_ms(self.period_ms)}",
                at=at,
            )
        if not 1 <= self.periods <= self.out_of <= OUT_OF_MAX:
            raise InvalidDeclaration(
                f"expected 1 to {OUT_OF_MAX} periods, and out_of no less than periods,"
                f" got {self.periods} out of {self.out_of}",
                at=at,
            )
        if self.out_of * self.period_ms > WINDOW_MS_MAX:
            raise InvalidDeclaration(
                "expected periods of a day altogether at most,"
                f" got {human_ms(self.out_of * self.period_ms)}",
                at=at,
            )

    def is_breached(self, value: float) -> bool:
        """Whether a value breaches the threshold."""
        match self.comparison:
            case ">=":
                return value >= self.threshold
            case ">":
                return value > self.threshold
            case "<=":
                return value <= self.threshold
            case "<":
                return value < self.threshold

    @property
    def is_quiet(self) -> bool:
        """Whether a period in which nothing was measured is one that is well."""
        return self.missing == "ok"

    def measured(self) -> dict[str, Json]:
        """What its data depend on: where that changes, those of before tell nothing."""
        of: Json = list(self.of) if isinstance(self.of, Ref) else self.of
        return {
            "metric": self.metric,
            "of": of,
            "subject": self.subject,
            "statistic": self.statistic,
            "period_ms": self.period_ms,
        }


@dataclass(frozen=True, slots=True)
class Combination:
    """A condition on other alarms.

    Attributes:
        when: how it is written: ``payments-dead or not (api-errors and quiet)``.
        children: the alarms that it names.
        is_true: whether it is, given the names of those that are in ALARM.
    """

    when: str
    children: tuple[Ref, ...]
    is_true: Callable[[frozenset[str]], bool] = field(compare=False)


@dataclass(frozen=True)
class AlarmModel:
    """An alarm as declared.

    Attributes:
        ref: what it is called.
        condition: when it is raised.
        to: who is told of changes of its state.
        on: the states that are told.
        description: what it is about, for people.
    """

    ref: Ref
    condition: Condition | Combination
    to: tuple[Ref, ...] = ()
    on: frozenset[State] = frozenset({OK, ALARM})
    description: str = ""

    def __post_init__(self) -> None:
        """Check what is declared.

        Raises:
            InvalidDeclaration: a number is out of range, a state is none, or a target is named
                twice.
        """
        at = str(self.ref)
        if isinstance(self.condition, Condition):
            self.condition.check(at)
        if not self.on <= set(STATES):
            got = ", ".join(sorted(self.on))
            raise InvalidDeclaration(f"expected states of {', '.join(STATES)}, got {got}", at=at)
        if len(set(self.to)) != len(self.to) or len(self.to) > TARGETS_MAX:
            raise InvalidDeclaration(
                f"expected at most {TARGETS_MAX} different targets, got {len(self.to)}", at=at
            )
        if len(self.description) > DESCRIPTION_LENGTH_MAX:
            raise InvalidDeclaration(
                f"expected a description of at most {DESCRIPTION_LENGTH_MAX} characters", at=at
            )

    @property
    def dead_letters(self) -> Ref:
        """The queue for what a target of an alarm of this app refuses for good."""
        return Ref(self.ref.app, "queue", DEAD_LETTERS)

    @property
    def arn(self) -> str:
        """What CloudWatch would call it."""
        return f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{self.ref.name}"

    @cached_property
    def log(self) -> str:
        """The SQL table that holds the log of its changes of state."""
        return sql_name(self.ref.app, self.ref.name, "_states")

    def declared(self) -> dict[str, Json]:
        """Its declaration, for people."""
        said: dict[str, Json] = {"description": self.description or None, "when": None}
        match self.condition:
            case Combination(when=when):
                said["when"] = when
            case Condition() as asked:
                of = asked.of if isinstance(asked.of, str | None) else "/".join(asked.of)
                said |= {
                    "metric": asked.metric,
                    "of": of,
                    "subject": asked.subject,
                    "statistic": asked.statistic,
                    "threshold": f"{asked.comparison} {asked.threshold:g}",
                    "period": human_ms(asked.period_ms),
                    "period_ms": asked.period_ms,
                    "periods": asked.periods,
                    "out_of": asked.out_of,
                    "missing": asked.missing,
                }
        return said | {
            "to": ["/".join(target) for target in self.to],
            "on": [state for state in STATES if state in self.on],
        }


class Point(NamedTuple):
    """What was measured in a period.

    Attributes:
        start_ms: the period's first ms.
        value: None where nothing was measured.
    """

    start_ms: int
    value: float | None


@dataclass(frozen=True, slots=True)
class AlarmStatus:
    """How an alarm is.

    Attributes:
        name: its name.
        state: ``OK``, ``ALARM`` or ``INSUFFICIENT_DATA``.
        reason: why, one sentence.
        since_ms: since when it is in this state.
        points: what was measured in the periods that were judged last, oldest first: the first ms
            of each and the value; only of periods that it keeps.
        judged_ms: the end of the last of them; None before the first time.
        paused: whether nobody is told of changes.
        data: what the state was judged by, in CloudWatch's words; empty for none.
    """

    name: str
    state: State
    reason: str
    since_ms: int
    points: tuple[Point, ...] = ()
    judged_ms: int | None = None
    paused: bool = False
    data: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StateChange:
    """A change of an alarm's state.

    Attributes:
        id: its record id.
        sequence: its place in the alarm's log.
        at_ms: when it was.
        before: the state before.
        state: the state from then on.
        reason: why, one sentence.
        told: who was told, such as ``mail operators``.
        data: what was judged, in CloudWatch's words; empty for none.
    """

    id: str
    sequence: int
    at_ms: int
    before: State
    state: State
    reason: str
    told: tuple[str, ...] = ()
    data: Mapping[str, Json] = field(default_factory=dict)
