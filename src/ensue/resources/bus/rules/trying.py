"""What rules would do with an event, and what a pattern would have matched. No I/O."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ensue.languages.patterns import Pattern, compile_pattern
from ensue.resources.bus.model import (
    TRIED_SHOWN_MAX,
    BusModel,
    Reason,
    Rule,
    RuleTargetModel,
    RuleTrial,
    TargetTrial,
    Tried,
)
from ensue.resources.bus.rules.declaring import rule_names
from ensue.resources.bus.rules.envelope import draft
from ensue.resources.bus.rules.grouping import group_of
from ensue.resources.bus.rules.matching import RuleSet
from ensue.words import values
from ensue.words.errors import EnsueError, InvalidValue
from ensue.words.values import Json

_MADE_UP = "00000000-0000-0000-0000-000000000000"


@dataclass
class Tally:
    """What one pattern matches of the events that it is tried on.

    Attributes:
        pattern: the pattern; None for one that matches everything.
        shown: how many events are told of.
        looked: how many it was tried on.
        matched: how many of them match.
        events: the newest, each with whether it matches, newest first.
        failed: of those that do not match, how many failed at which field, for what was expected.
        examples: what was found in the first of each of these.
        rules: how many of the events each rule matches, by its name.
        both: how many both match.
        oldest: the time of the oldest event.
        newest: the same of the newest.
    """

    pattern: Pattern | None
    shown: int
    looked: int = 0
    matched: int = 0
    events: list[Tried] = field(default_factory=list)
    failed: Counter[tuple[str, str]] = field(default_factory=Counter)
    examples: dict[tuple[str, str], str] = field(default_factory=dict)
    rules: Counter[str] = field(default_factory=Counter)
    both: Counter[str] = field(default_factory=Counter)
    oldest: str | None = None
    newest: str | None = None

    def take(self, event: dict[str, Json], rules: RuleSet) -> None:
        """Try it on an event that is older than those before."""
        plain = values.as_plain(event)
        reasons = reasons_of(self.pattern, plain)
        is_match = not reasons
        self.looked += 1
        self.matched += is_match
        self.newest = self.newest or str(event["time"])
        self.oldest = str(event["time"])
        for each in reasons:
            self.failed[each.path, each.expected] += 1
            self.examples.setdefault((each.path, each.expected), each.found)
        for rule in rules.matching_all(plain):
            self.rules[rule.name] += 1
            self.both[rule.name] += is_match
        if len(self.events) < self.shown:
            self.events.append(Tried(plain, is_match, reasons))


def reasons_of(pattern: Pattern | None, event: Mapping[str, Json]) -> list[Reason]:
    """Which fields of an event fail a pattern; none where it matches."""
    if pattern is None or pattern.matches(event):
        return []
    return [Reason(each.path, each.expected, each.found) for each in pattern.explain(event)]


def compiled(pattern: str | Mapping[str, Any] | None) -> Pattern | None:
    """A pattern; its text says where it is wrong by line and column too.

    Raises:
        InvalidPattern: it does not compile; says where.
    """
    return None if pattern is None else compile_pattern(pattern)


def event_of(given: Mapping[str, Any], bus: BusModel, now_ms: int) -> dict[str, Json]:
    """An event in its envelope, of what somebody says of it; the rest is made up.

    Raises:
        InvalidValue: a part is missing, unknown, or has the wrong type; says where.
        TooLarge: it is larger than 1 MiB.
    """
    made = draft(
        given.get("detail-type"),
        given.get("detail", {}),
        source=given.get("source", bus.source),
        resources=given.get("resources", ()),
        time=given.get("time"),
        now_ms=now_ms,
    )
    event = made.event(str(given.get("id", _MADE_UP)))
    unknown = [name for name in given if name not in event and not name.startswith("replay")]
    if unknown:
        raise InvalidValue(
            f"expected the fields of an event, got {values.shown(unknown[0])}",
            at=values.step("$", unknown[0]),
            hint=f"There are {', '.join(event)}.",
        )
    extra = {name: value for name, value in given.items() if name not in event}
    return event | extra


def trial_of(
    rule: Rule, bus: BusModel, event: dict[str, Json], now_ms: int, *, enabled: bool
) -> RuleTrial:
    """What a rule would do with an event."""
    reasons = reasons_of(compile_pattern(rule.pattern), values.as_plain(event))
    targets = () if reasons else rule.targets
    return RuleTrial(
        rule=rule.name,
        enabled=enabled,
        matched=not reasons,
        reasons=reasons,
        targets=[_target_trial(each, rule, bus, event, now_ms) for each in targets],
        pattern=dict(rule.pattern),
    )


def _target_trial(
    target: RuleTargetModel, rule: Rule, bus: BusModel, event: dict[str, Json], now_ms: int
) -> TargetTrial:
    group = None if target.group is None else group_of(event, target.group)
    if target.input is None:
        return TargetTrial(str(target.ref), event, group, None)
    try:
        made = values.decode(target.input.render(event, rule_names(bus, rule.name), now_ms))
    except EnsueError as fault:
        return TargetTrial(str(target.ref), None, group, str(fault))
    return TargetTrial(str(target.ref), made, group, None)


def shown_at_most(asked: int) -> int:
    """How many events are told of."""
    return max(0, min(asked, TRIED_SHOWN_MAX))
