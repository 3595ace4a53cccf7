"""Deliveries that a target did not take: kept as work of the bus, and tried again."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from ensue.engine import terms, work
from ensue.engine.consumer import error_text
from ensue.engine.handlers import Policy
from ensue.engine.sockets import Refusal
from ensue.engine.transaction import Transaction
from ensue.engine.work import Work
from ensue.resources.bus.model import ACCOUNT, REGION, BusModel, Rule, RuleTargetModel
from ensue.resources.bus.rules.declaring import rule_arn
from ensue.resources.bus.rules.matching import RuleSet
from ensue.resources.bus.store.sending import Outgoing, Sending, made_for
from ensue.words import values
from ensue.words.errors import EnsueError, InvalidInput, NotFound, StoreError, TooLarge, Unfit
from ensue.words.names import Ref
from ensue.words.values import Json

DELIVERY = "delivery"  # the attribute of kept work that tells of which rule and target it is
POLICY = Policy()
FINAL = (Unfit, InvalidInput, TooLarge, NotFound)
_CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def _with_kinds(error: type[EnsueError]) -> Iterator[type[EnsueError]]:
    yield error
    for each in error.__subclasses__():
        yield from _with_kinds(each)


# What the store raises is never a target's refusal.
_BY_CODE = {each.code: each for each in _with_kinds(EnsueError) if not issubclass(each, StoreError)}


def refused(refusal: Refusal, ref: Ref) -> EnsueError:
    """Why a target did not take a delivery, as an error."""
    kind = _BY_CODE.get(refusal.code, InvalidInput)
    return kind(f"{ref} refused the event: {refusal.message}")


def lined_up(tx: Transaction, bus: BusModel, sending: Sending) -> bool:
    """Keep a delivery behind an earlier one of its group; returns whether there is such."""
    line = _line(sending)
    number = tx.number(bus.deliveries)
    if line is None or not tx.facts.depths.live(number).unsettled:
        return False
    if work.first_of_group(tx, number, line) is None:
        return False
    _add(tx, bus, sending)
    return True


def keep(tx: Transaction, bus: BusModel, sending: Sending, fault: Exception) -> None:
    """Keep a delivery that its target did not take: to be tried again, or as a dead letter."""
    found = work.piece(tx, _add(tx, bus, sending))
    if found is None or found.due_ms == work.HELD_MS:
        return
    [piece] = work.lease(tx, [found], POLICY.lease_ms)
    asked = sending.target.terms
    then = terms.next_try(tx, piece, asked, POLICY, is_final=isinstance(fault, FINAL))
    error = error_text(fault)
    if then.delay_ms is not None:
        work.retry(tx, piece, error, then.delay_ms)
        return
    letters = asked.dead_letters or bus.dead_letters
    told = terms.with_attributes(piece, tells(bus, piece, error, then.spent))
    work.bury(tx, told, error, tx.number(letters))


def retry(tx: Transaction, bus: BusModel, rules: RuleSet, piece: Work) -> None:
    """Make a kept delivery again.

    Raises:
        EnsueError: the target does not take it, or there is no such rule or target any more.
        Exception: what the target raises.
    """
    event = values.decode(piece.body)
    if not isinstance(event, dict):
        raise Unfit(f"expected an event, got {values.shown(event)}")
    rule, target = _find(rules, work.attributes_of(piece))
    delivery = made_for(bus, rule, target, Outgoing(event, event, piece.body), tx.now_ms)
    for answer in tx.facts.directory.target(target.ref).deliver(tx, [delivery]):
        if isinstance(answer, Refusal):
            raise refused(answer, target.ref)


def tells(bus: BusModel, piece: Work, error: str, spent: str | None) -> dict[str, Json]:
    """What a dead letter tells of itself, in EventBridge's words."""
    rule, target, _ = said_of(work.attributes_of(piece))
    kind, _, message = error.partition(": ")
    return {
        "RULE_ARN": rule_arn(bus, rule),
        "TARGET_ARN": _arn(target),
        "ERROR_CODE": _CAPITAL.sub("_", kind).upper(),
        "ERROR_MESSAGE": message or error,
        "RETRY_ATTEMPTS": max(0, piece.receives - 1),
        "EXHAUSTED_RETRY_CONDITION": spent,
    }


def _add(tx: Transaction, bus: BusModel, sending: Sending) -> int:
    target = sending.target
    attributes = values.encode({
        DELIVERY: {
            "rule": sending.rule.name,
            "target": "/".join(target.ref),
            "place": target.place,
        },
        terms.TERMS: terms.as_attribute(target.terms),
    })
    number = tx.number(bus.deliveries)
    return work.add(tx, number, sending.outgoing.text, group=_line(sending), attributes=attributes)


def _line(sending: Sending) -> str | None:
    """In which line a delivery stands that waits: that of its group at this target of the rule."""
    group = sending.delivery.group
    if group is None or sending.target.parks:
        return None
    target = sending.target
    return f"{sending.rule.name}/{'/'.join(target.ref)}/{target.place}/{group}"


def _find(rules: RuleSet, attributes: Mapping[str, Json]) -> tuple[Rule, RuleTargetModel]:
    """The rule and the target of a kept delivery, as they are declared now."""
    name, target, place = said_of(attributes)
    rule = rules.find(name)
    if rule is None:
        raise NotFound(f"there is no rule {name} any more")
    ours = [each for each in rule.targets if "/".join(each.ref) == target]
    if not ours:
        raise NotFound(f"the rule {name} has no target {target} any more")
    return rule, next((each for each in ours if each.place == place), ours[0])


def said_of(attributes: Mapping[str, Json]) -> tuple[str, str, int]:
    """Of which rule a kept delivery is, to which target, and at which place among them."""
    said = attributes.get(DELIVERY)
    if not isinstance(said, Mapping):
        return "", "", 0
    place = said.get("place")
    return _text(said, "rule"), _text(said, "target"), place if isinstance(place, int) else 0


def _text(said: Mapping[str, Json], name: str) -> str:
    found = said.get(name)
    return found if isinstance(found, str) else ""


def _arn(target: str) -> str:
    return f"arn:ensue:{REGION}:{ACCOUNT}:{target}"
