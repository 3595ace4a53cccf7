"""The graph of a state machine's definition."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from ensue.languages.states.draw.conditions import condition_words, expression_words, path_words
from ensue.languages.states.draw.graph import Edge, EdgeKind, Graph, Node
from ensue.languages.states.resource_names import (
    ENSUE,
    SYNC,
    SYNC_2,
    WAIT_FOR_TASK_TOKEN,
    parse_resource,
)
from ensue.words.errors import InvalidValue

Definition = Mapping[str, object]

_OTHERWISE = "otherwise"


def graph_of_machine(definition: Definition, title: str = "") -> Graph:
    """The graph of a definition, or of the part of one that has states.

    Args:
        definition: a definition without faults; or a branch, or a processor of items.
        title: what it is called.
    """
    states = cast(Mapping[str, Definition], definition["States"])
    edges = [edge for name, state in states.items() for edge in _joined(_edges(name, state))]
    return Graph(
        cast(str, definition["StartAt"]),
        tuple(_node(name, state) for name, state in states.items()),
        tuple(edges),
        title,
    )


def resource_words(resource: str) -> str:
    """What a Resource does, in a few words: ``function reserve``, ``sqs:sendMessage``.

    Args:
        resource: the text of a Task.
    """
    try:
        found = parse_resource(resource)
    except InvalidValue:
        return resource
    waits = ", waits for a token" if found.mode == WAIT_FOR_TASK_TOKEN else ""
    if found.mode in {SYNC, SYNC_2}:
        waits = ", waits for its end"
    if found.is_function:
        return f"function {found.name}"
    if found.is_activity:
        return f"activity {found.name}"
    if found.service == ENSUE:
        return f"{found.kind} {found.name}{waits}"
    return f"{found.service.removeprefix('aws-sdk:')}:{found.action}{waits}"


def _node(name: str, state: Definition) -> Node:
    kind = str(state["Type"])
    return Node(
        name,
        kind,
        detail=_detail(kind, state),
        is_end=state.get("End") is True or kind in {"Succeed", "Fail"},
        inner=tuple(graph_of_machine(each) for each in _inner(state)),
    )


def _inner(state: Definition) -> Sequence[Definition]:
    if state["Type"] == "Parallel":
        return cast(Sequence[Definition], state.get("Branches", ()))
    if state["Type"] == "Map":
        return [cast(Definition, state.get("ItemProcessor", state.get("Iterator")))]
    return ()


def _detail(kind: str, state: Definition) -> str:
    parts = [_what(kind, state)]
    tries = sum(
        int(cast(int, each.get("MaxAttempts", 3)))
        for each in cast(Sequence[Definition], state.get("Retry", ()))
    )
    if tries:
        parts.append(f"retries {tries}")
    return " · ".join(part for part in parts if part)


def _what(kind: str, state: Definition) -> str:
    match kind:
        case "Task":
            return resource_words(str(state["Resource"]))
        case "Wait":
            return _wait(state)
        case "Map":
            return _map(state)
        case "Parallel":
            return f"{len(_inner(state))} branches" if len(_inner(state)) != 1 else "1 branch"
        case "Fail":
            said = state.get("Error", state.get("ErrorPath", ""))
            return path_words(said) if str(said).startswith("$") else _text(said)
    return ""


def _wait(state: Definition) -> str:
    match state:
        case {"Seconds": int() as seconds}:
            return seconds_words(seconds)
        case {"Seconds": given}:
            return f"{_text(given)} seconds"
        case {"SecondsPath": path}:
            return f"{path_words(path)} seconds"
        case {"Timestamp": given}:
            return f"until {_text(given)}"
        case {"TimestampPath": path}:
            return f"until {path_words(path)}"
    return ""


def seconds_words(seconds: int) -> str:
    """A time in its largest whole unit: 86,400 is ``1 day``.

    Args:
        seconds: how long.
    """
    for name, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= length and seconds % length == 0:
            return _counted(seconds // length, name)
    return _counted(seconds, "second")


def _counted(count: int, name: str) -> str:
    return f"{count} {name}" if count == 1 else f"{count:,} {name}s"


def _map(state: Definition) -> str:
    if "ItemReader" in state:
        reader = cast(Definition, state["ItemReader"])
        said = f"each of {resource_words(str(reader.get('Resource', '')))}"
    elif "Items" in state:
        said = f"each of {_text(state['Items'])}"
    else:
        said = f"each of {path_words(state.get('ItemsPath', '$'))}"
    at_once = state.get("MaxConcurrency")
    return f"{said}, {at_once} at once" if isinstance(at_once, int) and at_once else said


def _edges(name: str, state: Definition) -> Iterator[Edge]:
    for rule in cast(Sequence[Definition], state.get("Choices", ())):
        yield Edge(name, str(rule["Next"]), "choice", condition_words(rule))
    if "Default" in state:
        yield Edge(name, str(state["Default"]), "default", _OTHERWISE)
    if "Next" in state:
        yield Edge(name, str(state["Next"]))
    for catcher in cast(Sequence[Definition], state.get("Catch", ())):
        errors = cast(Sequence[str], catcher["ErrorEquals"])
        said = ", ".join(_error(each) for each in errors)
        yield Edge(name, str(catcher["Next"]), "catch", said)


def _joined(edges: Iterator[Edge]) -> list[Edge]:
    """Ways for the same cause to the same state as one, with all that they say."""
    found: dict[tuple[str, EdgeKind], Edge] = {}
    for edge in edges:
        place = edge.target, edge.kind
        said = found[place].label if place in found else ""
        label = f"{said}, or {edge.label}" if said and edge.label else edge.label
        found[place] = Edge(edge.source, edge.target, edge.kind, label)
    return list(found.values())


def _error(name: str) -> str:
    return "any error" if name == "States.ALL" else name


def _text(value: object) -> str:
    return value if isinstance(value, str) and "{%" not in value else expression_words(value)
