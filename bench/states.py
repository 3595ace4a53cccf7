"""The states language alone: what a transition costs, in memory, without a store.

    python bench/states.py

Figures of one run on one machine, in processor time of one core.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from ensue.languages.states.branches import MemoryBranches
from ensue.languages.states.commands import Command
from ensue.languages.states.execute import VirtualFacts, execute, made_up
from ensue.languages.states.parse import compile_machine
from ensue.languages.states.program import Machine
from ensue.languages.states.run import Run
from ensue.languages.states.signals import Succeeded
from ensue.languages.states.walk import Limits
from ensue.words.values import Json

ROUNDS = 5
UNBOUND = Limits(payload_bytes=262_144, history_events=None)
TASK = "ensue:function:f"
ORDER: Json = {"id": "o-1", "lines": [{"sku": "a", "n": 1}, {"sku": "b", "n": 2}]}

LOOP: dict[str, Json] = {
    "StartAt": "Init",
    "States": {
        "Init": {"Type": "Pass", "Result": 0, "ResultPath": "$.i", "Next": "Check"},
        "Check": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.i", "NumericGreaterThanEquals": 1000, "Next": "Done"}],
            "Default": "Add",
        },
        "Add": {
            "Type": "Pass",
            "Parameters": {"i.$": "States.MathAdd($.i, 1)", "order.$": "$.order"},
            "Next": "Do",
        },
        "Do": {"Type": "Task", "Resource": TASK, "ResultPath": "$.r", "Next": "Check"},
        "Done": {"Type": "Succeed"},
    },
}
QUERIES: dict[str, Json] = {
    "QueryLanguage": "JSONata",
    "StartAt": "Add",
    "States": {
        "Add": {"Type": "Pass", "Output": {"i": "{% $states.input.i + 1 %}"}, "Next": "Check"},
        "Check": {
            "Type": "Choice",
            "Choices": [{"Condition": "{% $states.input.i >= 1000 %}", "Next": "Done"}],
            "Default": "Add",
        },
        "Done": {"Type": "Succeed"},
    },
}
SHORT: dict[str, Json] = {
    "StartAt": "A",
    "States": {
        "A": {"Type": "Pass", "Next": "B"},
        "B": {"Type": "Task", "Resource": TASK, "Next": "C"},
        "C": {"Type": "Succeed"},
    },
}
EACH: dict[str, Json] = {
    "StartAt": "M",
    "States": {
        "M": {
            "Type": "Map",
            "ItemProcessor": {
                "StartAt": "A",
                "States": {"A": {"Type": "Task", "Resource": TASK, "End": True}},
            },
            "End": True,
        }
    },
}


def best(run: Callable[[], int]) -> float:
    """How many a second, in the best of some rounds; a round gives how many it did."""
    rates = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        done = run()
        rates.append(done / (time.process_time() - begun))
    return max(rates)


def executed(machine: Machine, given: Json) -> int:
    """Through how many states an execution went."""
    ended = execute(machine, given, lambda _task: Succeeded({"ok": True}), limits=UNBOUND)
    assert ended.status == "SUCCEEDED", ended
    return sum(event.type.endswith("StateExited") for event in ended.events)


def mapped(machine: Machine, count: int) -> int:
    """How many iterations that all wait at once were begun and ended."""
    facts = VirtualFacts()
    run = Run(machine, MemoryBranches(), facts, made_up(facts), limits=UNBOUND)
    run.begin(list(range(count)))
    asked: list[Command] = []
    while command := run.take():
        asked.append(command)
    for command in asked:
        run.signal(command.branch, command.attempt, Succeeded(1))
    assert run.outcome is not None
    return count


def main() -> None:
    """Measure, and print a table."""
    loop, queries, short, each = map(compile_machine, (LOOP, QUERIES, SHORT, EACH))
    rows = [
        (
            "transitions of Pass, Choice, Task; JSONPath",
            best(lambda: executed(loop, {"order": ORDER})),
        ),
        ("transitions of Pass, Choice; JSONata", best(lambda: executed(queries, {"i": 0}))),
        (
            "executions of three states",
            best(lambda: sum(bool(executed(short, 1)) for _ in range(999))),
        ),
        ("iterations of a Map of 1,000", best(lambda: mapped(each, 1_000))),
        ("iterations of a Map of 40,000", best(lambda: mapped(each, 40_000))),
        ("definitions compiled", best(lambda: sum(bool(compile_machine(LOOP)) for _ in range(99)))),
    ]
    print("| in memory, one core | a second |\n| --- | --: |")
    for name, rate in rows:
        print(f"| {name} | {rate:,.0f} |")


if __name__ == "__main__":
    main()
