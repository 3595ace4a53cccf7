"""The words of what is tried on a bus: patterns and events."""

from __future__ import annotations

from dataclasses import dataclass

from ensue.words.values import Json

TRIED_MAX = 1_000
TRIED_SHOWN_MAX = 200


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an event does not match: a field, what a pattern expects of it, and what it has."""

    path: str
    expected: str
    found: str


@dataclass(frozen=True, slots=True)
class TargetTrial:
    """What a target of a rule would get of an event.

    Attributes:
        to: the target.
        input: the body; None where it cannot be made.
        group: by what its order is kept; None for none.
        error: why the body cannot be made; None where it can.
    """

    to: str
    input: Json
    group: str | None
    error: str | None


@dataclass(frozen=True, slots=True)
class RuleTrial:
    """What a rule would do with an event.

    Attributes:
        rule: its name.
        enabled: whether it delivers at all.
        matched: whether its pattern matches.
        reasons: for each field that fails, why.
        targets: what its targets would get, where it matches.
        pattern: its pattern.
    """

    rule: str
    enabled: bool
    matched: bool
    reasons: list[Reason]
    targets: list[TargetTrial]
    pattern: dict[str, Json]


@dataclass(frozen=True, slots=True)
class Tried:
    """An event that a pattern was tried on, whether it matches, and if not, why."""

    event: dict[str, Json]
    matched: bool
    reasons: list[Reason]


@dataclass(frozen=True, slots=True)
class Missed:
    """At which field events fail a pattern, how many, and what one of them has there."""

    path: str
    expected: str
    found: str
    events: int


@dataclass(frozen=True, slots=True)
class Overlap:
    """How many of the events a rule matches, and how many both the rule and the pattern."""

    rule: str
    matched: int
    both: int


@dataclass(frozen=True, slots=True)
class PatternTrial:
    """What a pattern would have matched of the newest events of a bus.

    Attributes:
        looked: on how many it was tried.
        matched: how many of them match.
        per_minute: how many a minute that is, over the time from the oldest to the newest; None
            where they are of one moment.
        oldest: the time of the oldest of them; None where there are none.
        newest: the time of the newest.
        events: the newest of them, newest first.
        missed: at which fields the others fail, the most frequent first.
        rules: how far each rule matches the same events.
    """

    looked: int
    matched: int
    per_minute: float | None
    oldest: str | None
    newest: str | None
    events: list[Tried]
    missed: list[Missed]
    rules: list[Overlap]
