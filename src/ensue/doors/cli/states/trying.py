"""One execution of a machine in memory, in virtual time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from ensue.doors.cli.states.mocks import Mocks
from ensue.languages.states.branches import MemoryBranches
from ensue.languages.states.events import Event, told
from ensue.languages.states.execute import Execution, VirtualFacts, execute, made_up
from ensue.languages.states.parse import compile_machine
from ensue.languages.states.program import Machine
from ensue.words.values import Json, as_json, check

# The first moment of 2024: what is tried gives the same each time.
BEGINNING = 1_704_067_200_000
EXPRESS_S = 300
MACHINES_KEPT_MAX = 2_048
STANDARD, EXPRESS = "STANDARD", "EXPRESS"


@dataclass(frozen=True)
class Trial:
    """What is tried.

    Attributes:
        definition: the definition, as JSON text.
        given: the input.
        mocks: what each task answers, by the name of its state.
        is_express: whether it ends after five minutes, as an express execution does.
        now_ms: the time at which it starts.
        seed: what its ids and random numbers follow from.
    """

    definition: str
    given: Any = None
    mocks: object = None
    is_express: bool = False
    now_ms: int = BEGINNING
    seed: int = 1


def tried(trial: Trial) -> Execution:
    """How it goes.

    Raises:
        InvalidDefinition: the definition has faults.
        InvalidInput: a task has no mock, or a mock no task.
        InvalidValue: the input is nested too deeply, or has what JSON or UTF-8 cannot hold.
    """
    machine = compiled(trial.definition)
    check(trial.given)
    if trial.is_express:
        machine = replace(machine, timeout_s=min(machine.timeout_s or EXPRESS_S, EXPRESS_S))
    branches = MemoryBranches()
    mocks = Mocks({} if trial.mocks is None else trial.mocks, machine, branches)
    facts = VirtualFacts(trial.now_ms, trial.seed)
    return execute(
        machine, trial.given, mocks, facts=facts, execution=made_up(facts), branches=branches
    )


@lru_cache(maxsize=MACHINES_KEPT_MAX)
def compiled(definition: str) -> Machine:
    """A machine; many trials have the same one.

    Raises:
        InvalidDefinition: the definition has faults.
    """
    return compile_machine(definition)


def answer_of(execution: Execution) -> dict[str, Json]:
    """How it went, for a line of JSON."""
    return {
        "status": execution.status,
        "output": as_json(execution.output),
        "error": execution.error,
        "cause": execution.cause,
    }


def history_of(events: list[Event]) -> list[Mapping[str, Json]]:
    """A history as Step Functions tells it."""
    return [told(event) for event in events]
