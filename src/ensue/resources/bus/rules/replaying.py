"""Which events a replay delivers again, and to whom: as it was asked for, checked. No I/O."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ensue.engine.lanes import Start, parse_start
from ensue.languages.patterns import compile_pattern
from ensue.resources.bus.model import REPLAY_TARGETS_MAX, ReplayOptions
from ensue.resources.bus.rules.grouping import group_of, parse_group
from ensue.resources.bus.rules.matching import RuleSet
from ensue.words import values
from ensue.words.errors import Conflict, InvalidInput, InvalidValue, NotFound
from ensue.words.units import rate_per_second
from ensue.words.values import Json


@dataclass(frozen=True)
class Plan:
    """What a replay is to do.

    Attributes:
        since: where it begins, as it was said; None for the oldest event that is kept.
        until: where it ends, as it was said; None for the newest event when it is started.
        pattern: an event pattern: other events are left out; None for none.
        group: only the events of this group; None for all.
        path: by which path in an event its group is found; None where no group is asked for.
        to: the names of the rules and positioned consumers that get the events; None for every
            rule that is enabled.
        rate: how many events are delivered in a second at most, as it was said; None for as many
            as can be.
    """

    since: str | int | None = None
    until: str | int | None = None
    pattern: Mapping[str, Json] | None = None
    group: str | None = None
    path: str | None = None
    to: tuple[str, ...] | None = None
    rate: str | None = None

    @property
    def first(self) -> Start:
        """Where it begins."""
        return parse_start("horizon" if self.since is None else self.since)

    @property
    def end(self) -> Start:
        """Where it ends."""
        return parse_start("latest" if self.until is None else self.until)

    @property
    def per_second(self) -> float | None:
        """How many events are delivered in a second at most."""
        return None if self.rate is None else rate_per_second(self.rate)

    @cached_property
    def wants(self) -> Callable[[Mapping[str, Json]], bool]:
        """Whether an event is one of those: by the pattern and the group."""
        matches = None if self.pattern is None else compile_pattern(self.pattern).matches
        steps = None if self.path is None else parse_group(self.path)

        def wants(event: Mapping[str, Json]) -> bool:
            if steps is not None and group_of(dict(event), steps) != self.group:
                return False
            return matches is None or matches(event)

        return wants

    def text(self) -> str:
        """As JSON, for the store."""
        return values.encode(self.said())

    def said(self) -> dict[str, Json]:
        """What was asked for, for people."""
        said: dict[str, Any] = {
            "since": self.since,
            "until": self.until,
            "pattern": None if self.pattern is None else dict(self.pattern),
            "group": self.group,
            "path": self.path,
            "to": None if self.to is None else list(self.to),
            "rate": self.rate,
        }
        return {name: value for name, value in said.items() if value is not None}


def plan_from(text: str) -> Plan:
    """What a replay is to do, from the store."""
    said: Any = values.decode(text)
    return Plan(**said | {"to": tuple(said["to"]) if "to" in said else None})


def plan_of(options: ReplayOptions, rules: RuleSet, followers: RuleSet) -> Plan:
    """What a replay is to do, as it is asked for.

    Args:
        options: see `Bus.replay`.
        rules: the rules of the bus.
        followers: its positioned consumers.

    Raises:
        InvalidPattern: the pattern does not compile; says where.
        InvalidValue: a time or the rate is none.
        InvalidInput: a group is asked for, and those who get it do not have one path to it.
        NotFound: there is no such rule or consumer.
        Conflict: a rule that is named is disabled.
    """
    given = options.get("to")
    to = None if given is None else (given,) if isinstance(given, str) else tuple(given)
    if to is not None and not 1 <= len(to) <= REPLAY_TARGETS_MAX:
        raise InvalidInput(f"expected 1 to {REPLAY_TARGETS_MAX} names, got {len(to)}", at="$.to")
    check_targets(to, rules, followers)
    _check_enabled(to, rules)
    pattern, group, until = options.get("pattern"), options.get("group"), options.get("until")
    plan = Plan(
        since=options.get("since"),
        until=until,
        pattern=None if pattern is None else dict(pattern),
        group=group,
        path=None if group is None else _path(to, rules, followers),
        to=to,
        rate=options.get("rate"),
    )
    if plan.end.place == "horizon":
        raise InvalidValue(f"expected a time or a sequence number, got {until!r}", at="$.until")
    _ = plan.first, plan.per_second, plan.wants
    return plan


def check_targets(to: Sequence[str] | None, rules: RuleSet, followers: RuleSet) -> None:
    """Check that those are there to whom a replay is to deliver.

    Raises:
        NotFound: one is not.
    """
    for name in to or ():
        if rules.find(name) is None and followers.find(name) is None:
            known = [rule.name for rule in [*rules.all(), *followers.all()]]
            raise NotFound(
                f"there is no rule or positioned consumer {name}",
                hint=f"There are {', '.join(sorted(known)) or 'none'}.",
            )


def _check_enabled(to: Sequence[str] | None, rules: RuleSet) -> None:
    for name in to or ():
        if rules.find(name) is not None and not rules.is_enabled(name):
            raise Conflict(
                f"the rule {name} is disabled, and would deliver nothing",
                at="$.to",
                hint="Enable it first.",
            )


def _path(to: Sequence[str] | None, rules: RuleSet, followers: RuleSet) -> str:
    """The one path by which those who get the events find their group."""
    everybody = [*rules.all(), *followers.all()]
    chosen = rules.all() if to is None else [each for each in everybody if each.name in to]
    paths = {target.said.get("group") for rule in chosen for target in rule.targets} - {None}
    if len(paths) == 1:
        return str(paths.pop())
    raise InvalidInput(
        f"expected rules that keep order by one path, got {len(paths)} paths",
        at="$.group",
        hint='Name them in `to`, or choose by a pattern, such as {"detail": {"orderId": ["1"]}}.',
    )
