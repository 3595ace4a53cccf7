"""Map, distributed: its iterations are executions of their own, of a map run of its own.

    MapStateStarted ─ MapRunStarted ─ (the runner does the map run) ─ MapRunSucceeded ─ ...

What belongs to a map run (reading items, starting children, what is tolerated, writing results)
is the runner's. The history of the execution tells only that it began, and how it ended.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from ensue.languages.states import maps
from ensue.languages.states.branches import Branch
from ensue.languages.states.commands import StartMapRun
from ensue.languages.states.data import give_out, number, select, whole_number
from ensue.languages.states.environment import Environment
from ensue.languages.states.errors import (
    ITEM_READER_FAILED,
    RESULT_WRITER_FAILED,
    StateError,
)
from ensue.languages.states.map_fields import Filled
from ensue.languages.states.map_runs.plan import Batching, MapPlan, Reading, Writing
from ensue.languages.states.program import DISTRIBUTED, Map
from ensue.languages.states.queries import Query
from ensue.languages.states.signals import Failed, Succeeded
from ensue.languages.states.walk import Walk
from ensue.words.values import Json, shown

MAP_RUN: Final = "map-run"


class _Fields:
    """The fields of a Map as one entry of it sees them.

    Args:
        state: the Map.
        raw: its raw input.
        environment: what is seen.
    """

    def __init__(self, state: Map, raw: Json, environment: Environment) -> None:
        self._state = state
        self._raw = raw
        self._environment = environment
        self.taken = select(state.data, raw, environment)

    def items(self) -> Any:  # noqa: ANN401 - an array or an object
        found, keyed = maps.items_of(self._state, self.taken, self._raw, self._environment)
        return {each["Key"]: each["Value"] for each in found} if keyed else found

    def whole(self, given: Any, field: str) -> int:  # noqa: ANN401 - a number, path or query
        return whole_number(given, self.taken, self._raw, self._environment, field)

    def percentage(self, given: Any, field: str) -> float:  # noqa: ANN401 - as `whole`
        return float(number(given, self.taken, self._raw, self._environment, field, most=100))

    def filled(self, given: Filled | None, field: str) -> Json:
        if given is None:
            return {}
        if isinstance(given, Query):
            return given.evaluate({"input": self._raw}, self._environment, field)
        return given.fill(self.taken, self._environment)


def open_map(walk: Walk, branch: Branch, state: Map) -> StartMapRun | None:
    """Begin a Map: its iterations, or its map run.

    Raises:
        StateError: a field does not apply, or the items are no array.
    """
    if state.mode == DISTRIBUTED:
        return open_run(walk, branch, state)
    maps.open_items(walk, branch, state)
    return None


def open_run(walk: Walk, branch: Branch, state: Map) -> StartMapRun:
    """Ask for the map run.

    Raises:
        StateError: a field does not apply.
    """
    environment = walk.environment(branch, state)
    fields = _Fields(state, branch.input, environment)
    items = fields.items() if state.reader is None else None
    run = walk.facts.new_uuid()
    label = state.label or walk.facts.new_uuid()
    plan = MapPlan(
        id=run,
        arn=f"{walk.execution.machine_id.replace(':stateMachine:', ':mapRun:')}/{label}:{run}",
        scope=state.scope,
        state=state.name,
        label=label,
        execution_type=state.execution_type,
        items=items,
        reading=_reading(state, fields),
        batching=_batching(state, fields),
        writing=_writing(state, fields),
        max_concurrency=fields.whole(state.max_concurrency, "MaxConcurrency"),
    )
    walk.tell(branch, "MapStateStarted", {"length": len(items or ())})
    # Step Functions looks at these fields when the state has started, and at all others before.
    plan = msgspec.structs.replace(plan, **_tolerance(state, fields))
    if state.item_selector is not None:
        seen = branch.input if isinstance(state.item_selector, Query) else fields.taken
        plan = msgspec.structs.replace(
            plan, input=seen, context=environment.context, variables=dict(environment.variables)
        )
    walk.tell(branch, "MapRunStarted", {"mapRunArn": plan.arn})
    branch.memory = {"map_run": 1}
    walk.wait(branch, MAP_RUN)
    return StartMapRun(branch.id, branch.attempt, plan)


def end(walk: Walk, branch: Branch, state: Map, signal: Succeeded | Failed) -> None:
    """Go on with what the map run gave.

    Raises:
        StateError: it failed, or a field does not apply to its result.
    """
    if not isinstance(signal, Succeeded):
        told = {"error": signal.error, "cause": signal.cause}
        known = {name: text for name, text in told.items() if text is not None}
        walk.tell(branch, "MapRunFailed", known)
        raise StateError(signal.error, signal.cause)
    walk.tell(branch, "MapRunSucceeded", {})
    walk.note(branch, "MapStateSucceeded", {}, branch.previous)
    environment = walk.environment(branch, state)
    output, assigned = give_out(state.data, branch.input, signal.output, environment)
    walk.leave(branch, state, output, assigned, state.next)


def _reading(state: Map, fields: _Fields) -> Reading | None:
    reader = state.reader
    if reader is None:
        return None
    arguments = fields.filled(reader.arguments, "ItemReader")
    config = fields.filled(reader.config, "ItemReader/ReaderConfig")
    if not isinstance(arguments, dict) or not isinstance(config, dict):
        raise StateError(
            ITEM_READER_FAILED, f"expected the arguments as an object, got {shown(arguments)}"
        )
    if reader.items_max is not None:
        config = {**config, "MaxItems": fields.whole(reader.items_max, "MaxItemsPath")}
    return Reading(reader.action, arguments, config)


def _batching(state: Map, fields: _Fields) -> Batching | None:
    batcher = state.batcher
    if batcher is None:
        return None
    counts = {"MaxItemsPerBatch": batcher.items_max, "MaxInputBytesPerBatch": batcher.bytes_max}
    items_max, bytes_max = (
        None if given is None else fields.whole(given, field) or None
        for field, given in counts.items()
    )
    return Batching(
        items_max,
        bytes_max,
        fields.filled(batcher.input, "ItemBatcher/BatchInput"),
        batcher.input is not None,
    )


def _writing(state: Map, fields: _Fields) -> Writing | None:
    writer = state.writer
    if writer is None:
        return None
    if writer.arguments is None:
        return Writing("", "", writer.transformation, writer.output_type)
    arguments = fields.filled(writer.arguments, "ResultWriter")
    found = arguments if isinstance(arguments, dict) else {}
    bucket, prefix = found.get("Bucket"), found.get("Prefix", "")
    if not isinstance(bucket, str) or not bucket or not isinstance(prefix, str):
        raise StateError(
            RESULT_WRITER_FAILED, f"expected Bucket and Prefix as texts, got {shown(arguments)}"
        )
    return Writing(bucket, prefix, writer.transformation, writer.output_type)


def _tolerance(state: Map, fields: _Fields) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if state.tolerated_count is not None:
        found["tolerated_count"] = fields.whole(state.tolerated_count, "ToleratedFailureCount")
    if state.tolerated_percentage is not None:
        field = "ToleratedFailurePercentage"
        found["tolerated_percentage"] = fields.percentage(state.tolerated_percentage, field)
    return found
