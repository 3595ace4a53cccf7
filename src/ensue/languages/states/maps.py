"""Map, inline: a scope once for each item; the results of all, in order.

    MapStateStarted ─ MapIterationStarted ─ ... ─ MapIterationSucceeded ─┐
                        ▲ the next, while there is room and an item left ┘ ─▶ MapStateSucceeded

Iterations begin one by one, each when its turn in the queue of ready branches comes: a Map of ten
thousand items whose iterations never wait keeps one of them at a time. A Map that is DISTRIBUTED
is told of in ``distributed``.
"""

from __future__ import annotations

from typing import Any

from ensue.languages.states.branches import Branch
from ensue.languages.states.context import with_item
from ensue.languages.states.data import give_out, number, select, whole_number
from ensue.languages.states.environment import Environment
from ensue.languages.states.errors import (
    EXCEED_TOLERATED_FAILURE_THRESHOLD,
    RUNTIME,
    DataError,
    StateError,
)
from ensue.languages.states.program import Map
from ensue.languages.states.queries import Query
from ensue.languages.states.walk import Walk
from ensue.words.values import Json, shown


def open_items(walk: Walk, branch: Branch, state: Map) -> None:
    """Begin the Map with its items.

    Raises:
        StateError: a field does not apply, or the items are no array.
    """
    items, memory = _planned(walk, branch, state)
    memory["after"] = walk.tell(branch, "MapStateStarted", {"length": len(items)})
    # Step Functions looks at these fields when the state has started, and at all others before.
    memory["tolerated"] = _tolerated(walk, branch, state, len(items))
    branch.items, branch.memory = items, memory
    if items:
        _queue(walk, branch)
        walk.hold(branch)
    else:
        close(walk, branch, state)


def reopen(
    walk: Walk, branch: Branch, state: Map, *, begun: int, succeeded: int, going: int
) -> None:
    """Hold a Map again that was opened before: its iterations go on, those to come begin.

    More iterations than MaxConcurrency may go on, where failures of some were tolerated before.

    Args:
        walk: the execution.
        branch: the branch that is in it; its last event is one of the Map's own.
        state: the Map.
        begun: how many iterations were begun.
        succeeded: how many of them have succeeded.
        going: how many of them go on.

    Raises:
        StateError: a field does not apply, or the items are no array.
    """
    items, memory = _planned(walk, branch, state)
    memory["tolerated"] = _tolerated(walk, branch, state, len(items))
    branch.items, branch.memory = items, memory
    memory["next"], memory["after"] = begun, branch.previous
    memory["left"] = len(items) - succeeded
    memory["room"] -= going
    _queue(walk, branch, comes_last=True)
    walk.hold(branch)


def _planned(walk: Walk, branch: Branch, state: Map) -> tuple[list[Any], dict[str, int]]:
    """What a Map goes over, and what it keeps count of before the first iteration."""
    raw = branch.input
    environment = walk.environment(branch, state)
    taken = select(state.data, raw, environment)
    items, keyed = items_of(state, taken, raw, environment)
    concurrency = whole_number(state.max_concurrency, taken, raw, environment, "MaxConcurrency")
    return items, {
        "next": 0,
        "left": len(items),
        "room": concurrency or len(items),
        "after": 0,
        "tolerated": 0,
        "failed": 0,
        "keyed": int(keyed),
        "queued": 0,
    }


def iterate(walk: Walk, branch: Branch, state: Map) -> None:
    """Begin the next iteration, when its turn has come.

    Raises:
        StateError: ItemSelector does not apply.
    """
    memory = branch.memory
    index = memory["next"]
    items = branch.items or []
    item, key = items[index], None
    if memory["keyed"]:
        item, key = item["Value"], item["Key"]
    memory["queued"] = 0
    given = _given(walk, branch, state, index=index, item=item, key=key)
    child = walk.begin_branch(branch, state.processor.pointer, index, given)
    child.item, child.key = item, key
    child.previous = memory["after"]
    walk.tell(child, "MapIterationStarted", {"index": index, "name": state.name})
    walk.branches.add(child)
    memory["next"] += 1
    memory["room"] -= 1
    _queue(walk, branch)
    walk.branches.save(branch)
    walk.ready.appendleft(child.id)


def ended(walk: Walk, parent: Branch, state: Map, child: Branch) -> None:
    """Begin another iteration, or go on when this was the last.

    Raises:
        StateError: a field does not apply to the results.
    """
    told = walk.note(
        child,
        "MapIterationSucceeded",
        {"index": child.index, "name": state.name},
        child.previous,
    )
    child.item = None
    walk.branches.save(child)
    _next(walk, parent, state, child, told)


def failed(walk: Walk, parent: Branch, state: Map, child: Branch, error: StateError) -> None:
    """Go on without the iteration where that is tolerated; else fail, and all are dropped.

    Raises:
        StateError: that of the iteration, or States.ExceedToleratedFailureThreshold.
    """
    told = walk.note(
        child, "MapIterationFailed", {"index": child.index, "name": state.name}, child.previous
    )
    memory = parent.memory
    memory["failed"] += 1
    if memory["failed"] <= memory["tolerated"]:
        walk.branches.remove(child)
        _next(walk, parent, state, child, told)
        return
    parent.previous = child.previous
    if memory["tolerated"]:
        raise StateError(
            EXCEED_TOLERATED_FAILURE_THRESHOLD,
            "The specified tolerated failure threshold was exceeded",
        )
    raise error


def close(walk: Walk, branch: Branch, state: Map) -> None:
    """Go on with the results of all iterations.

    Raises:
        StateError: a field does not apply to them.
    """
    begun = list(walk.branches.children(branch.id))
    results = [child.output for child in begun]
    for child in begun:
        walk.branches.remove(child)
    walk.note(branch, "MapStateSucceeded", {}, branch.previous)
    environment = walk.environment(branch, state)
    output, assigned = give_out(state.data, branch.input, results, environment)
    walk.leave(branch, state, output, assigned, state.next)


def _next(walk: Walk, parent: Branch, state: Map, child: Branch, told: int) -> None:
    """After an iteration: another one, if there is any, or the end."""
    memory = parent.memory
    memory["left"] -= 1
    memory["room"] += 1
    memory["after"] = child.previous
    if memory["left"] == 0:
        parent.previous = told
        close(walk, parent, state)
        return
    _queue(walk, parent)
    walk.branches.save(parent)


def _queue(walk: Walk, branch: Branch, *, comes_last: bool = False) -> None:
    """Put the Map in the queue of those ready, when it may begin an iteration."""
    memory = branch.memory
    if not memory["queued"] and memory["room"] > 0 and memory["next"] < len(branch.items or ()):
        memory["queued"] = 1
        if comes_last:
            walk.ready.append(branch.id)
        else:
            walk.ready.appendleft(branch.id)


def items_of(
    state: Map, taken: Json, raw: Json, environment: Environment
) -> tuple[list[Any], bool]:
    """What to go over, and whether it is the entries of an object."""
    found: Json
    if state.items is None:
        found = taken
    elif isinstance(state.items, Query):
        found = state.items.items({"input": raw}, environment, "Items")
    else:
        found = state.items.find(taken, environment, "ItemsPath")
    if isinstance(found, list):
        return found, False
    if isinstance(found, dict) and isinstance(state.items, Query):
        return [{"Key": key, "Value": value} for key, value in found.items()], True
    raise DataError(RUNTIME, f"The items of a Map must be an array, got {shown(found)}")


def _tolerated(walk: Walk, branch: Branch, state: Map, length: int) -> int:
    """How many iterations may fail."""
    if state.tolerated_count is state.tolerated_percentage is None:
        return 0
    raw = branch.input
    environment = walk.environment(branch, state)
    taken = select(state.data, raw, environment)
    bounds: list[int] = []
    if state.tolerated_count is not None:
        field = "ToleratedFailureCount"
        bounds.append(whole_number(state.tolerated_count, taken, raw, environment, field))
    if state.tolerated_percentage is not None:
        field = "ToleratedFailurePercentage"
        given = state.tolerated_percentage
        percentage = number(given, taken, raw, environment, field, most=100)
        bounds.append(int(length * percentage / 100))
    return min(bounds, default=0)


def _given(
    walk: Walk, branch: Branch, state: Map, *, index: int, item: Json, key: str | None
) -> Json:
    """What an iteration is given: its item, or what ItemSelector makes of it."""
    selector = state.item_selector
    if selector is None:
        return item if key is None else {"Key": key, "Value": item}
    environment = walk.environment(branch, state)
    if isinstance(environment.context, dict):
        environment.context = with_item(environment.context, index, item, key)
    if isinstance(selector, Query):
        given = selector.evaluate({"input": branch.input}, environment, "ItemSelector")
    else:
        given = selector.fill(select(state.data, branch.input, environment), environment)
    walk.measure(given, state.name)
    return given
