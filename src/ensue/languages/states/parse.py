"""A definition to a Machine: JSON text or an object, every field compiled, all faults at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ensue.languages.states.faults import Fault, in_order, step
from ensue.languages.states.fields import Fields
from ensue.languages.states.parse_states import read_state
from ensue.languages.states.program import JSONATA, JSONPATH, Language, Machine, Scope, State
from ensue.languages.states.reading import read_json
from ensue.languages.states.structure import structure_faults
from ensue.words.errors import InvalidDefinition
from ensue.words.findings import ERROR
from ensue.words.values import Json, shown

DEFINITION_CHARS_MAX = 1_048_576
SCOPE_LEVELS_MAX = 32


def compile_machine(definition: str | bytes | Mapping[str, Json]) -> Machine:
    """A state machine, compiled.

    Args:
        definition: as JSON text or as an object. Where a key stands twice in a text, the last
            counts; a number is the number that is written, a whole one whole.

    Raises:
        InvalidDefinition: it is no definition; lists every fault.
        MissingExtra: it has JSONata, and jsonatapy is not installed.
    """
    machine, faults = read_machine(definition)
    errors = [each for each in faults if each.severity == ERROR]
    if machine is None or errors:
        raise InvalidDefinition([(each.path, each.message, each.hint) for each in errors])
    return machine


def read_machine(
    definition: str | bytes | Mapping[str, Json],
) -> tuple[Machine | None, list[Fault]]:
    """A state machine, and everything that is wrong in its definition, as it is written.

    With an error among the faults the machine cannot run; None when there is none at all.

    Raises:
        MissingExtra: it has JSONata, and jsonatapy is not installed.
    """
    faults: list[Fault] = []
    written = _read(definition, faults)
    if written is None:
        return None, faults
    machine = _Reader(faults).machine(written)
    return machine, in_order(faults + structure_faults(written), written)


def _read(definition: object, faults: list[Fault]) -> Mapping[str, Any] | None:
    if isinstance(definition, str | bytes):
        if len(definition) > DEFINITION_CHARS_MAX:
            said = f"expected at most {DEFINITION_CHARS_MAX} characters, got {len(definition)}"
            faults.append(Fault("", said, "Split the workflow."))
            return None
        try:
            definition = read_json(definition)
        except ValueError as fault:
            faults.append(Fault("", f"expected JSON: {fault}", "Mend the JSON."))
            return None
    if isinstance(definition, Mapping):
        return definition
    said = f"expected an object, got {shown(definition)}"
    faults.append(Fault("", said, "Write an object with StartAt and States."))
    return None


@dataclass(slots=True)
class _Reader:
    """Reads scopes, and remembers them all by their pointers."""

    faults: list[Fault]
    language: Language = JSONPATH
    scopes: dict[str, Scope] = field(default_factory=dict)
    assigns: bool = False
    reads_context: bool = False

    def machine(self, written: Mapping[str, Any]) -> Machine:
        self.language = _language(written, JSONPATH)
        fields = Fields(written, "", self.language, self.faults)
        scope = self.read(fields)
        timeout: int | None = fields.number("TimeoutSeconds", None, least=1)
        return Machine(
            scope=scope,
            scopes=self.scopes,
            comment=fields.text("Comment") or "",
            timeout_s=timeout,
            definition=written,
            assigns=self.assigns,
            reads_context=self.reads_context,
        )

    def read(self, fields: Fields) -> Scope:
        states: dict[str, State] = {}
        start = fields.text("StartAt", required=True) or ""
        written = fields.written.get("States")
        if fields.at.count("/States/") >= SCOPE_LEVELS_MAX:
            said = f"expected at most {SCOPE_LEVELS_MAX} levels of states"
            fields.fault("", said, "Put the inner states into a workflow of their own.")
        elif not isinstance(written, Mapping) or not written:
            said = f"expected an object of states, got {shown(written)}"
            fields.fault("States", said, "Write at least one state.")
        else:
            self._read_states(fields, written, states)
        scope = Scope(fields.at, start, states)
        self.scopes[fields.at] = scope
        return scope

    def _read_states(
        self, fields: Fields, written: Mapping[str, Any], states: dict[str, State]
    ) -> None:
        at = step(fields.at, "States")
        for name, each in written.items():
            pointer = step(at, name)
            if not isinstance(each, Mapping):
                said = f"expected an object, got {shown(each)}"
                self.faults.append(Fault(pointer, said, "Write a state."))
                continue
            # Inner states have the language of the machine, not that of the state around them.
            inner = Fields(each, pointer, _language(each, self.language), self.faults)
            state = read_state(name, fields.at, inner, self)
            if state is not None:
                states[name] = state
                self.reads_context = self.reads_context or state.reads_context
                self.assigns = self.assigns or _assigns(each)


def _language(written: Mapping[str, Any], default: Language) -> Language:
    named = written.get("QueryLanguage")
    if named == JSONATA:
        return JSONATA
    return JSONPATH if named == JSONPATH else default


def _assigns(written: Mapping[str, Any]) -> bool:
    lists = [written.get(name) for name in ("Catch", "Choices")]
    inner = [each for listed in lists if isinstance(listed, list) for each in listed]
    return any(isinstance(each, Mapping) and "Assign" in each for each in [written, *inner])
