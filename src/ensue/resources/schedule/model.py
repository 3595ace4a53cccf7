"""The words of schedules: what is due when, and what becomes of it.

    active ──pause──▶ paused
      ▲  ▲              │
      │  └────resume────┘
      │
      │ update          active ──its last firing──▶ completed (or gone, where that was asked for)
      └──────────────────────────────────────────────────┘

A *firing* is one moment at which a schedule was due, and the delivery that came of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Literal, NamedTuple, TypedDict, get_args

from ensue.words.errors import InvalidName
from ensue.words.names import Ref, sql_name
from ensue.words.values import Item, Json

NAME_LENGTH_MAX = 64
GROUP_LENGTH_MAX = 128
WINDOW_MS_MAX = 86_400_000
MISSED_AFTER_MS = 60_000
MISSED_MS_MAX = 86_400_000
FIRINGS_MAX = 500
RETRIES_MAX = 3
PAGE_MAX = 1_000
UPCOMING_MAX = 1_000
LANES_MAX = 40
MOMENTS_MAX = 50
NOTES_MAX = 1_000
COUNTED_MAX = 100
GROUP_DEFAULT = "schedules"
DEAD_LETTERS = "-dlq"

ACTIVE, PAUSED, COMPLETED = 0, 1, 2
STATES = ("active", "paused", "completed")

Missed = Literal["skip", "once", "all"]
After = Literal["keep", "delete"]
MISSED_POLICIES: tuple[str, ...] = get_args(Missed)
AFTERWARDS: tuple[str, ...] = get_args(After)

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\Z")


class Timing(TypedDict, total=False):
    """On whose clock a schedule is read, from when to when, and what becomes of it afterwards."""

    timezone: str
    start: str | datetime | None
    end: str | datetime | None
    window: str | float
    missed: Missed
    after: After


class ScheduleOptions(Timing, total=False):
    """How a schedule is read and fired; see `Schedules.create`."""

    raw: bool
    group: str | None


class ScheduleChanges(ScheduleOptions, total=False):
    """What an update may change; see `Schedules.update`."""

    expression: str
    body: object


@dataclass(frozen=True)
class GroupModel:
    """A group of schedules as declared.

    Attributes:
        ref: what it is called.
    """

    ref: Ref

    @cached_property
    def table(self) -> str:
        """The SQL table that holds the schedules."""
        return sql_name(self.ref.app, self.ref.name, "_schedules")

    @cached_property
    def notes(self) -> str:
        """The SQL table of what was missed."""
        return f"{self.table}_missed"

    @property
    def dead_letters(self) -> Ref:
        """The queue for firings that were refused for good."""
        return Ref(self.ref.app, "queue", self.ref.name + DEAD_LETTERS)


class Plan(NamedTuple):
    """What a schedule says.

    Attributes:
        expression: when it is due.
        timezone: on whose clock.
        target: who gets its firings.
        body: what they get, as JSON text.
        grp: the message group of the deliveries.
        start_ms: it is not due before; for a rate, from where it counts.
        end_ms: it is not due after.
        window_ms: it fires at a random moment within so long after it is due.
        missed: what happens to what was due while nothing ran.
        after: what happens to it when it is never due again.
        raw: whether the target gets the body as it is, or an object that tells of the firing.
    """

    expression: str
    timezone: str
    target: Ref
    body: str
    grp: str | None
    start_ms: int | None
    end_ms: int | None
    window_ms: int
    missed: str
    after: str
    raw: bool


class Entry(NamedTuple):
    """A schedule as it is stored.

    Attributes:
        id: its number, never given again.
        name: its name, one of its group.
        plan: what it says.
        declared: whether the app declares it.
        state: ACTIVE, PAUSED or COMPLETED.
        anchor_ms: from where a rate counts.
        due_ms: when it is due next; None when it is not.
        fire_ms: the moment within its window at which it fires then.
        last_ms: when it was last due and fired.
        fired: how often it fired.
        left_out: how often the policy for missed firings left some out.
    """

    id: int
    name: str
    plan: Plan
    declared: bool
    state: int
    anchor_ms: int
    due_ms: int | None
    fire_ms: int | None
    last_ms: int | None
    fired: int
    left_out: int


@dataclass(frozen=True, slots=True)
class Schedule:
    """A schedule as it is shown.

    Attributes:
        name: its name, one of its group.
        expression: when it is due.
        timezone: on whose clock.
        to: who gets its firings, such as ``queue/reports``.
        body: what they get.
        state: ``active``, ``paused`` or ``completed``.
        due: when it is due next, ISO 8601 on its own clock; None when it is not.
        due_ms: the same in ms since 1970.
        last_ms: when it was last due and fired, in ms since 1970.
        fired: how often it fired.
        left_out: how often the policy for missed firings left some out.
        start_ms: it is not due before.
        end_ms: it is not due after.
        window_ms: it fires at a random moment within so long after it is due.
        missed: ``skip``, ``once`` or ``all``.
        after: ``keep`` or ``delete``.
        raw: whether the target gets the body as it is.
        group: the message group of its deliveries.
        declared: whether the app declares it.
    """

    name: str
    expression: str
    timezone: str
    to: str
    body: Json
    state: str
    due: str | None
    due_ms: int | None
    last_ms: int | None
    fired: int
    left_out: int
    start_ms: int | None
    end_ms: int | None
    window_ms: int
    missed: str
    after: str
    raw: bool
    group: str | None
    declared: bool


@dataclass(frozen=True, slots=True)
class Lane:
    """When a schedule is due within a time.

    Attributes:
        name: the schedule's.
        expression: when it is due.
        timezone: on whose clock.
        moments_ms: the first of them, in ms since 1970.
        more: whether there are others within the time.
    """

    name: str
    expression: str
    timezone: str
    moments_ms: list[int]
    more: bool


@dataclass(frozen=True, slots=True)
class Run:
    """A firing that was, as far as it is kept.

    Attributes:
        id: of what happened; `ensue why` shows what came of it.
        at_ms: when.
        state: what became of its delivery: ``delivered``, or, where that is work of the target,
            ``waiting``, ``in flight``, ``done`` or ``dead``; ``refused`` when it is tried again.
        target: who got it, such as ``queue/reports``; None when that is not known any more.
    """

    id: str
    at_ms: int
    state: str
    target: str | None


@dataclass(frozen=True, slots=True)
class Missing:
    """Moments of a schedule that passed without its firing in time.

    Attributes:
        name: the schedule's.
        first_ms: the first of them.
        until_ms: when it went on; None while it is paused.
        moments: how many they were, up to 100.
        why: ``late``: nothing ran then, or the clock was set ahead. ``paused``: it was.
        did: ``fired once`` in place of all, ``fired``, or ``left out``.
    """

    name: str
    first_ms: int
    until_ms: int | None
    moments: int
    why: str
    did: str


@dataclass(frozen=True, slots=True)
class Firing:
    """A firing as a function of `App.schedule` gets it.

    Attributes:
        id: the same however often it is delivered; another at each moment.
        schedule: the schedule's name.
        due_ms: when it was due, in ms since 1970.
        due: the same, ISO 8601 on the schedule's clock.
        body: what the schedule gives along.
    """

    id: str
    schedule: str
    due_ms: int
    due: str
    body: Json = None

    @classmethod
    def from_envelope(cls, envelope: Json) -> Firing:
        """The firing in the body of a schedule that is not raw."""
        said = envelope if isinstance(envelope, dict) else {}
        due_ms, body = said.get("due_ms"), said.get("body")
        return cls(
            id=str(said.get("id", "")),
            schedule=str(said.get("schedule", "")),
            due_ms=due_ms if isinstance(due_ms, int) else 0,
            due=str(said.get("due", "")),
            body=Item(body) if isinstance(body, dict) else body,
        )


def check_schedule_name(name: object) -> str:
    """Return a name of a schedule.

    Raises:
        InvalidName: it is no text of 1 to 64 letters, digits, dots, hyphens and underscores that
            begins with a letter or digit.
    """
    if isinstance(name, str) and len(name) <= NAME_LENGTH_MAX and _NAME.match(name):
        return name
    raise InvalidName(
        f"expected a name for the schedule, got {name!r}",
        hint=f"Use 1 to {NAME_LENGTH_MAX} letters, digits, . - and _, a letter or digit first.",
    )
