"""What a target of a rule gets of an event."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import NamedTuple

from ensue.engine.sockets import Delivery
from ensue.resources.bus.model import REPLAY_NAME, BusModel, Rule, RuleTargetModel
from ensue.resources.bus.rules.declaring import rule_names
from ensue.resources.bus.rules.grouping import group_of
from ensue.words import values
from ensue.words.errors import EnsueError
from ensue.words.values import Json


class Outgoing(NamedTuple):
    """An event that goes to the targets of the rules that it matches.

    Attributes:
        seen: its envelope, as patterns see it.
        event: its envelope.
        text: the same as JSON text.
    """

    seen: Mapping[str, Json]
    event: dict[str, Json]
    text: str


class Sending(NamedTuple):
    """What a target of a rule is to get.

    Attributes:
        rule: the rule.
        target: its target.
        outgoing: the event.
        delivery: what the target gets of it; where that could not be made, the event as it is.
        fault: why it could not be made.
    """

    rule: Rule
    target: RuleTargetModel
    outgoing: Outgoing
    delivery: Delivery
    fault: EnsueError | None = None


def sending(
    bus: BusModel, rule: Rule, target: RuleTargetModel, outgoing: Outgoing, now_ms: int
) -> Sending:
    """What is sent to a target, also where its input cannot be made of the event now."""
    try:
        return Sending(rule, target, outgoing, made_for(bus, rule, target, outgoing, now_ms))
    except EnsueError as fault:
        # In its group all the same: what comes behind it must not overtake it.
        unmade = Delivery(outgoing.text, group=_group(target, outgoing))
        return Sending(rule, target, outgoing, unmade, fault)


def made_for(
    bus: BusModel, rule: Rule, target: RuleTargetModel, outgoing: Outgoing, now_ms: int
) -> Delivery:
    """What a target gets.

    Raises:
        Unfit: its input cannot be made of the event.
    """
    body = outgoing.text
    if target.input is not None:
        body = target.input.render(outgoing.event, rule_names(bus, rule.name), now_ms)
    return Delivery(
        body,
        group=_group(target, outgoing),
        deduplication_id=None if target.input is None else _again(rule, outgoing),
        terms=target.own_terms,
    )


def text_for(
    bus: BusModel, rule: Rule, target: RuleTargetModel, event: dict[str, Json], now_ms: int
) -> str | None:
    """The body that a target gets of an event at a time; None where that cannot be made of it."""
    try:
        return made_for(
            bus, rule, target, Outgoing(event, event, values.encode(event)), now_ms
        ).body
    except EnsueError:
        return None


def _group(target: RuleTargetModel, outgoing: Outgoing) -> str | None:
    return None if target.group is None else group_of(outgoing.event, target.group)


def _again(rule: Rule, outgoing: Outgoing) -> str | None:
    """What tells a replay's delivery from the first one where the body may be the same."""
    replay = outgoing.event.get(REPLAY_NAME)
    if replay is None:
        return None
    said = values.encode([replay, rule.name, outgoing.event["id"]])
    return hashlib.sha256(said.encode()).hexdigest()
