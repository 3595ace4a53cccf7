"""What can be seen of the inside of executions."""

from __future__ import annotations

from typing import Annotated

import msgspec

from ensue.languages.states.draw import Graph
from ensue.resources.workflow.handle import Workflow
from ensue.resources.workflow.model import Comparison, Family, StateData, Trace
from ensue.resources.workflow.operations.shared import Count, Text, said
from ensue.words.kinds import Operation

_EXECUTION = said("Which execution's outcomes to tell; none by default.")
_BEHIND = msgspec.Meta(ge=0, description="Only visits behind this number.")
_STATE = said("The name of a state, or of a step.")
_VISIT = msgspec.Meta(ge=1, description="Which of its visits; the last by default.")
_AFTER = said("Where the next page of children begins, as the page before said.")


class ReadTrace(msgspec.Struct, forbid_unknown_fields=True):
    """Of which execution, behind which visit, and how many."""

    name: Text
    after: Annotated[int, _BEHIND] = 0
    limit: Count = 200


class ReadState(msgspec.Struct, forbid_unknown_fields=True):
    """Of which execution, and which visit of which state."""

    name: Text
    state: Annotated[Text, _STATE]
    visit: Annotated[int, _VISIT] | None = None


class ReadGraph(msgspec.Struct, forbid_unknown_fields=True):
    """Of which execution."""

    execution: Annotated[Text | None, _EXECUTION] = None


class ReadFamily(msgspec.Struct, forbid_unknown_fields=True):
    """Of which execution, and how many children."""

    name: Text
    limit: Count = 100
    after: Annotated[Text | None, _AFTER] = None


class Compare(msgspec.Struct, forbid_unknown_fields=True):
    """Which two executions."""

    a: Text
    b: Text


async def _trace(flow: Workflow, given: ReadTrace) -> Trace:
    return await flow.trace(given.name, after=given.after, limit=given.limit)


async def _visit(flow: Workflow, given: ReadState) -> StateData:
    return await flow.visit(given.name, given.state, given.visit)


async def _graph(flow: Workflow, given: ReadGraph) -> Graph:
    return await flow.graph(given.execution)


async def _family(flow: Workflow, given: ReadFamily) -> Family:
    return await flow.family(given.name, after=given.after, limit=given.limit)


async def _compare(flow: Workflow, given: Compare) -> Comparison:
    return await flow.compare(given.a, given.b)


TRACING = (
    Operation(
        "trace", "Show what became of the states of an execution.", ReadTrace, _trace, writes=False
    ),
    Operation(
        "visit",
        "Show the data of a state of an execution: input, output, variables, attempts.",
        ReadState,
        _visit,
        writes=False,
    ),
    Operation(
        "graph",
        "Tell the states of the workflow, the ways between them, and what became of them.",
        ReadGraph,
        _graph,
        writes=False,
    ),
    Operation(
        "family",
        "List the executions around one: who waits for it, its origin, its children.",
        ReadFamily,
        _family,
        writes=False,
    ),
    Operation(
        "compare",
        "Compare two executions: where they parted, what differs, how long they took.",
        Compare,
        _compare,
        writes=False,
    ),
)
