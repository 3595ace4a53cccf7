"""Rules as apps declare them, checked. No I/O."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from ensue.engine.home import Resource
from ensue.engine.targets import RuleTarget
from ensue.languages.transformers import RULE_NAMES, Declared, compile_input, told_input
from ensue.resources.bus.model import (
    ACCOUNT,
    REGION,
    SCHEDULED_SOURCE,
    SCHEDULED_TYPE,
    BusModel,
    RuleTargetModel,
)
from ensue.resources.bus.rules.grouping import parse_group
from ensue.words.names import Ref
from ensue.words.values import Json


def target_models(
    given: Sequence[Resource | RuleTarget],
    input: Declared | None,  # noqa: A002 - the word for it
    group: str | None,
) -> Iterator[RuleTargetModel]:
    """The targets of a rule as they are declared; see `target_model`."""
    places: Counter[Ref] = Counter()
    for each in given:
        ref = each.target.ref if isinstance(each, RuleTarget) else each.ref
        yield target_model(each, input, group, places[ref])
        places[ref] += 1


def target_model(
    given: Resource | RuleTarget,
    input: Declared | None,  # noqa: A002 - the word for it
    group: str | None,
    place: int,
) -> RuleTargetModel:
    """A target as it is declared.

    Args:
        given: the resource, perhaps with terms of its own.
        input: what it gets, where it says nothing else.
        group: by what its order is kept, where it says nothing else.
        place: its place among the targets of its rule that are the same resource.

    Raises:
        InvalidExpression: the group is no path, or the input does not compile; says where.
    """
    target = given if isinstance(given, RuleTarget) else RuleTarget(given)
    path = group if target.group is None else target.group
    wanted = cast("Declared | None", target.input) or input
    said: dict[str, Json] = {}
    if wanted is not None:
        said["input"] = told_input(wanted)
    if path is not None:
        said["group"] = path
        said["on_failure"] = target.on_failure
    if target.own_terms is not None:
        said["retries"] = target.retries
        said["max_age_ms"] = target.terms.max_age_ms
        if target.dead_letters is not None:
            said["dead_letters"] = target.dead_letters.ref.name
    return RuleTargetModel(
        ref=target.target.ref,
        terms=target.terms,
        own_terms=target.own_terms,
        input=None if wanted is None else compile_input(wanted, RULE_NAMES),
        group=None if path is None else parse_group(path),
        parks=target.on_failure == "park",
        place=place,
        said=said,
    )


def scheduled_event(bus: BusModel, rule: str) -> dict[str, Json]:
    """The event that a rule with a schedule gets at each firing."""
    return {
        "detail-type": SCHEDULED_TYPE,
        "source": SCHEDULED_SOURCE,
        "resources": [rule_arn(bus, rule)],
        "detail": {},
    }


def scheduled_pattern(event: Mapping[str, Json]) -> dict[str, Json]:
    """The pattern that matches such events of one rule only."""
    return {
        "detail-type": [event["detail-type"]],
        "source": [event["source"]],
        "resources": event["resources"],
    }


def rule_arn(bus: BusModel, rule: str) -> str:
    """What a rule is called, as EventBridge names it."""
    return f"arn:aws:events:{REGION}:{ACCOUNT}:rule/{bus.ref.name}/{rule}"


def rule_names(bus: BusModel, rule: str) -> dict[str, Json]:
    """What a rule is called, as EventBridge gives it to input transformers."""
    return {"aws.events.rule-arn": rule_arn(bus, rule), "aws.events.rule-name": rule}
