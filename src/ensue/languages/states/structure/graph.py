"""How the states of a scope follow each other: what is missing, unreachable, or never ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ensue.languages.states.faults import meant, step
from ensue.languages.states.structure.notes import Notes
from ensue.words.values import shown


def check_graph(scope: Mapping[str, Any], at: str, notes: Notes) -> None:
    """Note what is wrong in how states follow each other."""
    states, start = scope.get("States"), scope.get("StartAt")
    if not isinstance(states, Mapping) or not states:
        return
    place = step(at, "States")
    if isinstance(start, str) and start not in states:
        _missing(start, step(at, "StartAt"), states, notes)
    following: dict[str, list[str]] = {}
    leads_nowhere = False
    for name, state in states.items():
        following[name] = []
        for pointer, target in targets(state):
            if target in states:
                following[name].append(target)
            else:
                leads_nowhere = True
                _missing(target, step(place, name) + pointer, states, notes)
    if isinstance(start, str) and start in states:
        reached = _check_reached(start, following, place, notes)
        if not leads_nowhere and not any(_ends(states[name]) for name in reached):
            notes.warning(
                place,
                "no state that is reached ends the workflow",
                "Give one of them End, or a Succeed or Fail behind it: Step Functions wants one.",
            )


def targets(state: object) -> Iterator[tuple[str, str]]:
    """Where a state may go: the pointer below it where that is written, and the name."""
    if not isinstance(state, Mapping):
        return
    for name in ("Next", "Default"):
        if isinstance(state.get(name), str):
            yield f"/{name}", state[name]
    for name in ("Choices", "Catch"):
        ways = state.get(name)
        for i, way in enumerate(ways if isinstance(ways, list) else ()):
            if isinstance(way, Mapping) and isinstance(way.get("Next"), str):
                yield f"/{name}/{i}/Next", way["Next"]


def _missing(name: str, at: str, states: Mapping[str, Any], notes: Notes) -> None:
    near = next((each for each in states if each.lower() == name.strip().lower()), None)
    hint = f"Is it {shown(near)}?" if near else meant(name, states)
    hint = hint or "Name a state that is beside it."
    notes.error(at, f"there is no state {shown(name)}", hint)


def _check_reached(
    start: str, following: Mapping[str, list[str]], at: str, notes: Notes
) -> set[str]:
    """The states that an execution may come to; the others are noted."""
    reached, left = {start}, [start]
    while left:
        for name in following[left.pop()]:
            if name not in reached:
                reached.add(name)
                left.append(name)
    for name in following:
        if name not in reached:
            notes.warning(
                step(at, name),
                f"no state leads to {shown(name)}",
                "Lead to it, or remove it: Step Functions refuses it.",
            )
    return reached


def _ends(state: object) -> bool:
    if not isinstance(state, Mapping):
        return True
    return state.get("End") is True or state.get("Type") in ("Succeed", "Fail")
