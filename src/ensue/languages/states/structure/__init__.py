"""The rules of a definition that need no compiling: fields, names, ranges, and what follows what.

What stands in a field, such as a path, is looked at where it is compiled.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ensue.languages.states.faults import Fault, meant, step
from ensue.languages.states.structure.fields import (
    JSONATA,
    JSONPATH,
    LANGUAGES,
    MACHINE,
    OWN,
    PROCESSOR,
    SCOPE,
    allowed,
    misplaced,
)
from ensue.languages.states.structure.graph import check_graph
from ensue.languages.states.structure.maps import check_map
from ensue.languages.states.structure.notes import Notes
from ensue.languages.states.structure.rescue import SECONDS_MAX, check_rescue
from ensue.languages.states.structure.variables import check_assign, check_jsonata, check_read
from ensue.languages.states.timestamps import parse_timestamp
from ensue.words.values import shown

__all__ = ["structure_faults"]

STATE_NAME_CHARS_MAX = 80
LEVELS_MAX = 32
_NO_RULE: Final = frozenset({"Next", "Assign", "Output"})


def structure_faults(definition: Mapping[str, Any]) -> list[Fault]:
    """What is wrong in a definition, but for what stands in its paths, payloads and queries."""
    walk = _Walk(_language(definition, JSONPATH))
    walk.notes.known(definition, MACHINE, "")
    walk.notes.number(definition, "TimeoutSeconds", 1, SECONDS_MAX, "")
    walk.notes.one_of(definition, "QueryLanguage", LANGUAGES, "")
    walk.scope(definition, "", set(), 0)
    return walk.notes.faults


def _language(written: Mapping[str, Any], default: str) -> str:
    named = written.get("QueryLanguage")
    return named if named in LANGUAGES else default


@dataclass(slots=True)
class _Walk:
    """Goes through all states of all scopes."""

    language: str
    notes: Notes = field(default_factory=Notes)
    names: dict[str, str] = field(default_factory=dict)

    def scope(self, written: Mapping[str, Any], at: str, outer: set[str], depth: int) -> None:
        states = written.get("States")
        if not isinstance(states, Mapping) or depth > LEVELS_MAX:
            return
        check_graph(written, at, self.notes)
        place = step(at, "States")
        known = outer | self._assigned(states, place, outer)
        for name, state in states.items():
            self._name(name, step(place, name))
            if isinstance(state, Mapping):
                self._state(state, step(place, name), known, depth)

    def _name(self, name: str, at: str) -> None:
        if not 0 < len(name) <= STATE_NAME_CHARS_MAX:
            self.notes.error(
                at,
                f"expected a name of 1 to {STATE_NAME_CHARS_MAX} characters, got {len(name)}",
                "Rename the state.",
            )
        if name in self.names:
            self.notes.warning(
                at,
                f"there is another state {shown(name)}, at {self.names[name]}",
                "Rename one of them: Step Functions wants a name once in the whole workflow.",
            )
        self.names.setdefault(name, at)

    def _assigned(self, states: Mapping[str, Any], at: str, outer: set[str]) -> set[str]:
        """The variables that the states of a scope set."""
        found: set[str] = set()
        for name, state in states.items():
            if not isinstance(state, Mapping):
                continue
            for place, part in _parts(state, step(at, name)):
                if "Assign" in part:
                    where = step(place, "Assign")
                    names = check_assign(part["Assign"], where, self.notes)
                    for each in sorted(names & outer):
                        self.notes.warning(
                            where,
                            f"the variable {shown(each)} is one of the states around",
                            "Choose another name: inner states do not set outer variables.",
                        )
                    found |= names
        return found

    def _state(self, state: Mapping[str, Any], at: str, known: set[str], depth: int) -> None:
        notes, kind = self.notes, state.get("Type")
        self._check_ways(state, at)
        if not isinstance(kind, str) or kind not in OWN:
            return
        notes.one_of(state, "QueryLanguage", LANGUAGES, at)
        # Inner states have the language of the machine, not that of the state around them.
        language = _language(state, self.language)
        if self.language == JSONATA and language == JSONPATH:
            notes.error(
                step(at, "QueryLanguage"),
                "expected JSONata, which the workflow has",
                "Give the workflow JSONPath, and JSONata to its other states.",
            )
        self._check_fields(state, kind, language, at)
        check_rescue(state, language, at, notes)
        check_read(state, language, at, known, notes)
        if language == JSONATA:
            check_jsonata(state, at, notes)
        match kind:
            case "Task":
                _check_times(state, at, notes)
            case "Wait":
                _check_wait(state, language, at, notes)
            case "Choice":
                _check_choice(state, language, at, notes)
            case "Fail":
                notes.once(state, ("Error", "ErrorPath"), at)
                notes.once(state, ("Cause", "CausePath"), at)
            case "Map":
                check_map(state, at, notes)
        for place, inner, fields in _inner(state, at):
            _check_inner(inner, fields, place, notes)
            self.scope(inner, place, known, depth + 1)

    def _check_fields(self, state: Mapping[str, Any], kind: str, language: str, at: str) -> None:
        fields = allowed(kind, language)
        for name, value in state.items():
            if name not in fields:
                wrong = misplaced(name, kind, language)
                if wrong is None:
                    self.notes.warning(
                        step(at, name),
                        f"there is no field {shown(name)}",
                        meant(name, fields) or "Remove the field.",
                    )
                else:
                    self.notes.error(step(at, name), *wrong)
            elif language == JSONATA and name not in {"Comment", "Next", "Default"}:
                self._check_braces(value, step(at, name))

    def _check_braces(self, value: object, at: str) -> None:
        """Note a text that begins as an expression, or ends as one, and is none."""
        if isinstance(value, str):
            opens, closes = value.startswith("{%"), value.endswith("%}")
            if opens != closes:
                self.notes.error(
                    at,
                    f"expected an expression from {{% to %}}, got {shown(value)}",
                    "Write both braces, or neither.",
                )
        elif isinstance(value, Mapping):
            for name, each in value.items():
                if name != "States":
                    self._check_braces(each, step(at, name))
        elif isinstance(value, list):
            for i, each in enumerate(value):
                self._check_braces(each, step(at, i))

    def _check_ways(self, state: Mapping[str, Any], at: str) -> None:
        if "Next" in state and state.get("End") is True:
            self.notes.error(
                step(at, "End"), "expected one of Next and End, got both", "Remove one of them."
            )
        elif "End" in state and not isinstance(state["End"], bool):
            self.notes.error(
                step(at, "End"), f"expected true, got {shown(state['End'])}", "Write true."
            )


def _parts(state: Mapping[str, Any], at: str) -> list[tuple[str, Mapping[str, Any]]]:
    """A state, its rules and its catchers, each with its place."""
    found = [(at, state)]
    for name in ("Choices", "Catch"):
        ways = state.get(name)
        for i, way in enumerate(ways if isinstance(ways, list) else ()):
            if isinstance(way, Mapping):
                found.append((step(step(at, name), i), way))
    return found


def _inner(
    state: Mapping[str, Any], at: str
) -> list[tuple[str, Mapping[str, Any], frozenset[str]]]:
    """The scopes within a state, each with its place and the fields that it may have."""
    branches = state.get("Branches")
    found = [
        (step(step(at, "Branches"), i), each, SCOPE)
        for i, each in enumerate(branches if isinstance(branches, list) else ())
    ]
    names = [name for name in ("ItemProcessor", "Iterator") if name in state]
    found += [(step(at, name), state[name], PROCESSOR) for name in names]
    return [(place, each, fields) for place, each, fields in found if isinstance(each, Mapping)]


def _check_inner(inner: Mapping[str, Any], fields: frozenset[str], at: str, notes: Notes) -> None:
    """Note what is wrong in the fields of a scope within a state."""
    if "QueryLanguage" in inner:
        notes.error(
            step(at, "QueryLanguage"),
            "expected no QueryLanguage for all inner states",
            "Give it to each of them, or to the workflow.",
        )
    notes.known(inner, fields, at)


def _check_times(state: Mapping[str, Any], at: str, notes: Notes) -> None:
    for name in ("TimeoutSeconds", "HeartbeatSeconds"):
        notes.once(state, (name, f"{name}Path"), at)
        notes.number(state, name, 1, SECONDS_MAX, at)
    timeout, heartbeat = state.get("TimeoutSeconds"), state.get("HeartbeatSeconds")
    if isinstance(timeout, int) and isinstance(heartbeat, int) and heartbeat >= timeout:
        notes.error(
            step(at, "HeartbeatSeconds"),
            f"expected less than TimeoutSeconds, {timeout}, got {heartbeat}",
            "Make the heartbeat shorter.",
        )


def _check_wait(state: Mapping[str, Any], language: str, at: str, notes: Notes) -> None:
    notes.number(state, "Seconds", 0, SECONDS_MAX, at)
    moment = state.get("Timestamp")
    is_query = language == JSONATA and isinstance(moment, str) and moment.startswith("{%")
    if moment is not None and not is_query and parse_timestamp(moment) is None:
        notes.error(
            step(at, "Timestamp"),
            f"expected a timestamp such as 2016-03-14T01:59:00Z, got {shown(moment)}",
            "Write the date, T, the time, and Z.",
        )


def _check_choice(state: Mapping[str, Any], language: str, at: str, notes: Notes) -> None:
    if "Default" not in state:
        notes.warning(
            at,
            "there is no Default: where no rule holds the execution fails",
            "Name the state to go to then.",
        )
    rules = state.get("Choices")
    for i, rule in enumerate(rules if isinstance(rules, list) else ()):
        if isinstance(rule, Mapping):
            _check_rule(rule, language, step(step(at, "Choices"), i), notes)


def _check_rule(rule: Mapping[str, Any], language: str, at: str, notes: Notes) -> None:
    if language == JSONATA:
        for name in rule:
            if name not in {"Condition", "Next", "Assign", "Output", "Comment"}:
                notes.error(
                    step(at, name),
                    f"expected a Condition in JSONata, got {name}",
                    "Write the rule as Condition with {% ... %}.",
                )
        return
    for name in ("Condition", "Output"):
        if name in rule:
            notes.error(
                step(at, name),
                f"expected a field of JSONPath, got {name}, which is one of JSONata",
                "Give the state QueryLanguage JSONata, or compare a Variable.",
            )
    for name in ("And", "Or", "Not"):
        inner = rule.get(name)
        rules = enumerate(inner) if isinstance(inner, list) else [(None, inner)]
        for i, each in rules:
            if isinstance(each, Mapping):
                place = step(at, name) if i is None else step(step(at, name), i)
                _check_inner_rule(each, place, notes)


def _check_inner_rule(rule: Mapping[str, Any], at: str, notes: Notes) -> None:
    for name in rule:
        if name in _NO_RULE:
            notes.error(
                step(at, name),
                f"expected {name} beside the outermost rule only",
                "Move it outwards.",
            )
    for name in ("And", "Or", "Not"):
        inner = rule.get(name)
        for each in inner if isinstance(inner, list) else [inner]:
            if isinstance(each, Mapping):
                _check_inner_rule(each, step(at, name), notes)
