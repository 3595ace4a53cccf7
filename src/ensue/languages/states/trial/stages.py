"""The data of a state at every stage, as the inspection of a trial shows it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ensue.languages.states.context import with_item
from ensue.languages.states.data import number, select, take_in, whole_number
from ensue.languages.states.environment import Environment
from ensue.languages.states.errors import StateError
from ensue.languages.states.maps import items_of
from ensue.languages.states.program import (
    Discard,
    Map,
    Parallel,
    Pass,
    PathData,
    QueryData,
    State,
    Task,
)
from ensue.languages.states.queries import Query
from ensue.languages.states.trial.request import Trial
from ensue.words.values import Json

Stage = tuple[str, Json]


def stages(state: State, trial: Trial, environment: Environment) -> dict[str, Json]:
    """What the state's data is at each stage, as far as it comes."""
    found: dict[str, Json] = {"input": trial.input}
    if trial.variables:
        found["variables"] = dict(trial.variables)
    try:
        found.update(_stages(state, trial, environment))
    except StateError:
        # The outcome of the trial tells what failed.
        return found
    return found


def _stages(state: State, trial: Trial, environment: Environment) -> Iterator[Stage]:
    data, raw = state.data, trial.input
    shows_input = not (isinstance(state, Pass) and state.has_result)
    taken = raw
    if isinstance(data, PathData) and shows_input:
        taken = select(data, raw, environment)
        yield "afterInputPath", taken
    if isinstance(state, Map):
        yield from _map_stages(state, taken, trial, environment)
    elif isinstance(state, Task | Parallel | Pass) and shows_input:
        taken = take_in(data, raw, environment)
        if isinstance(data, PathData):
            yield "afterParameters", taken
        elif data.arguments is not None or not isinstance(state, Pass):
            yield "afterArguments", taken
    if isinstance(state, Task | Parallel | Map):
        if trial.mock is None or trial.mock.failed:
            return
        yield "result", trial.mock.result
        yield from _result_stages(data, raw, trial.mock.result, environment)
    elif isinstance(state, Pass):
        if state.has_result:
            yield "result", state.result
        result = state.result if state.has_result else taken
        yield from _result_stages(data, raw, result, environment)


def _result_stages(
    data: PathData | QueryData, raw: Json, result: Json, environment: Environment
) -> Iterator[Stage]:
    if isinstance(data, QueryData):
        return
    if data.result_selector is not None:
        result = data.result_selector.fill(result, environment)
    yield "afterResultSelector", result
    if isinstance(data.result_path, Discard):
        result = raw
    elif data.result_path is not None:
        result = data.result_path.insert(raw, result)
    yield "afterResultPath", result


def _map_stages(state: Map, taken: Json, trial: Trial, environment: Environment) -> Iterator[Stage]:
    raw = trial.input
    yield (
        "maxConcurrency",
        whole_number(state.max_concurrency, taken, raw, environment, "MaxConcurrency"),
    )
    if state.tolerated_count is not None:
        yield (
            "toleratedFailureCount",
            whole_number(state.tolerated_count, taken, raw, environment, "ToleratedFailureCount"),
        )
    if state.tolerated_percentage is not None:
        yield (
            "toleratedFailurePercentage",
            number(
                state.tolerated_percentage, taken, raw, environment, "ToleratedFailurePercentage"
            ),
        )
    if trial.items is not None:
        items: list[Any] = trial.items if isinstance(trial.items, list) else [trial.items]
        keyed = False
    else:
        items, keyed = items_of(state, taken, raw, environment)
        if not isinstance(state.items, Query):
            yield "afterItemsPath", items
    if state.item_selector is not None:
        yield (
            "afterItemSelector",
            [
                _selected(state, taken, raw, environment, index=i, item=item, keyed=keyed)
                for i, item in enumerate(items)
            ],
        )


def _selected(
    state: Map,
    taken: Json,
    raw: Json,
    environment: Environment,
    *,
    index: int,
    item: Json,
    keyed: bool,
) -> Json:
    key: str | None = None
    if keyed and isinstance(item, dict):
        key, item = str(item["Key"]), item["Value"]
    context = environment.context if isinstance(environment.context, dict) else {}
    seen = Environment(
        environment.facts, with_item(context, index, item, key), environment.variables
    )
    if isinstance(state.item_selector, Query):
        return state.item_selector.evaluate({"input": raw}, seen, "ItemSelector")
    return None if state.item_selector is None else state.item_selector.fill(taken, seen)
