"""The children of a map run: the machine that they are executions of, and what each is given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ensue.languages.states.environment import Environment, Facts
from ensue.languages.states.map_runs.plan import Entry, MapPlan
from ensue.languages.states.program import Map
from ensue.languages.states.queries import Query
from ensue.words.values import Json


def child_definition(definition: Mapping[str, Json], plan: MapPlan) -> dict[str, Json]:
    """The definition of the machine that the children are executions of.

    Args:
        definition: that of the machine with the Map.
        plan: the map run.
    """
    found: Any = definition
    for step in plan.scope.split("/")[1:]:
        found = found[int(step)] if isinstance(found, list) else found[_name(step)]
    state = found["States"][plan.state]
    processor = state.get("ItemProcessor") or state.get("Iterator")
    made = {key: value for key, value in processor.items() if key != "ProcessorConfig"}
    if "QueryLanguage" in definition:
        made.setdefault("QueryLanguage", definition["QueryLanguage"])
    return made


def child_input(state: Map, plan: MapPlan, entry: Entry, facts: Facts) -> Json:
    """What the child for an item is given: the item, or what ItemSelector makes of it.

    Args:
        state: the Map.
        plan: the map run.
        entry: the item.
        facts: time and chance.

    Raises:
        DataError: ItemSelector does not apply.
    """
    selector = state.item_selector
    if selector is None:
        if entry.key is None:
            value: Json = entry.value
            return value
        return {"Key": entry.key, "Value": entry.value}
    context = plan.context if isinstance(plan.context, dict) else {}
    environment = Environment(facts, {**context, "Map": entry.told()}, plan.variables)
    if isinstance(selector, Query):
        return selector.evaluate({"input": plan.input}, environment, "ItemSelector")
    return selector.fill(plan.input, environment)


def _name(step: str) -> str:
    return step.replace("~1", "/").replace("~0", "~")
