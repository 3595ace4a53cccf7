"""Delivering events to the targets of the rules that they match."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ensue.engine.sockets import Delivery, Refusal
from ensue.engine.transaction import Transaction
from ensue.resources.bus.model import ACCOUNT, REGION, BusModel, Rule, RuleTargetModel
from ensue.resources.bus.rules.grouping import group_of
from ensue.resources.bus.rules.matching import RuleSet
from ensue.words import values
from ensue.words.errors import InvalidInput
from ensue.words.names import Ref
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
        delivery: what the target gets of it.
    """

    rule: Rule
    target: RuleTargetModel
    outgoing: Outgoing
    delivery: Delivery


def deliver(
    tx: Transaction,
    bus: BusModel,
    rules: RuleSet,
    events: Sequence[Mapping[str, Json]],
    *,
    only: str | None = None,
    replay: str | None = None,
) -> None:
    """Deliver events that the bus keeps already.

    Args:
        tx: the transaction.
        bus: the bus.
        rules: its rules.
        events: events in their envelope, in their order.
        only: the name of the one rule that delivers; None for every rule that is enabled.
        replay: the name of the replay that delivers them again, which the targets are told as
            ``replay-name``; None for none.
    """
    outgoing: list[Outgoing] = []
    for each in events:
        event = dict(each) if replay is None else {**each, "replay-name": replay}
        text = values.encode(event)
        seen = event if values.is_plain(text) else values.as_plain(event)
        outgoing.append(Outgoing(seen, event, text))
    deliver_all(tx, bus, rules, outgoing, only=only)


def deliver_all(
    tx: Transaction,
    bus: BusModel,
    rules: RuleSet,
    events: Sequence[Outgoing],
    *,
    only: str | None = None,
) -> None:
    """Deliver events to the targets of the rules that they match, each target's in one batch."""
    sendings: dict[Ref, list[Sending]] = {}
    for outgoing in events:
        matching = rules.matching(outgoing.seen)
        if only is not None:
            matching = [rule for rule in matching if rule.name == only]
        shared = Delivery(outgoing.text) if matching else None
        for rule in matching:
            for target in rule.targets:
                if shared is not None and target.is_plain:
                    delivery = shared
                else:
                    delivery = made_for(tx, bus, rule, target, outgoing)
                sending = Sending(rule, target, outgoing, delivery)
                sendings.setdefault(target.ref, []).append(sending)
    for ref, group in sendings.items():
        answers = tx.facts.directory.target(ref).deliver(tx, [each.delivery for each in group])
        for answer in answers:
            if isinstance(answer, Refusal):
                raise InvalidInput(
                    f"{ref} refused the event: {answer.message}", at=group[answer.index].rule.name
                )


def made_for(
    tx: Transaction, bus: BusModel, rule: Rule, target: RuleTargetModel, outgoing: Outgoing
) -> Delivery:
    """What a target gets that has an input, a group or terms of its own."""
    body = outgoing.text
    if target.input is not None:
        body = target.input.render(outgoing.event, rule_names(bus, rule.name), tx.now_ms)
    group = None if target.group is None else group_of(outgoing.event, target.group)
    return Delivery(body, group=group, terms=target.own_terms)


def rule_names(bus: BusModel, rule: str) -> dict[str, Json]:
    """What a rule is called, in the words of EventBridge."""
    arn = f"arn:aws:events:{REGION}:{ACCOUNT}:rule/{bus.ref.name}/{rule}"
    return {"aws.events.rule-arn": arn, "aws.events.rule-name": rule}
