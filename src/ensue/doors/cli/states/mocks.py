"""What tasks answer when a machine is tried: by the name of the state, from a file.

{"Charge": {"id": "c-1"}}                                   its result, each time
{"Charge": {"result": [1, 2]}}                              the same; for a list, the only way
{"Charge": {"error": "Declined", "cause": "no money"}}      it fails
{"Charge": [{"error": "Busy"}, {"id": "c-1"}]}              one for each call; the last stays
{"Each": {"Body": "sku,n\\ntea,1\\n"}}                      the object that a Map reads
{"Pack": {"items": {"0": {"ok": true}, "1": {"error": "Lost"}}}}   by the index in its Map
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from ensue.languages.states.branches import MemoryBranches
from ensue.languages.states.commands import Perform
from ensue.languages.states.errors import HEARTBEAT_TIMEOUT, TIMEOUT
from ensue.languages.states.program import Machine, Map, Task
from ensue.languages.states.resource_names import REQUEST_RESPONSE
from ensue.languages.states.signals import Failed, Signal, Submitted, Succeeded, TimedOut
from ensue.words.errors import InvalidInput

_TIMEOUTS = {TIMEOUT, HEARTBEAT_TIMEOUT}
_FAILURE = {"error", "cause"}

Answers: TypeAlias = Sequence[Signal]


@dataclass
class Mock:
    """What a task answers.

    Attributes:
        answers: one for each call; the last stays.
        items: by the index of the iteration that calls, where that matters.
        calls: how often it has answered, by that index.
    """

    answers: Answers = ()
    items: Mapping[int, Mock] = field(default_factory=dict)
    calls: dict[int | None, int] = field(default_factory=dict)

    def answer(self, index: int | None) -> Signal | None:
        """The next answer; None where there is none.

        Args:
            index: of the iteration that calls; None for none.
        """
        if self.items:
            inner = None if index is None else self.items.get(index)
            return None if inner is None else inner.answer(index)
        if not self.answers:
            return None
        call = self.calls.get(index, 0)
        self.calls[index] = call + 1
        return self.answers[min(call, len(self.answers) - 1)]


class Mocks:
    """Does the tasks of a machine in an execution.

    Args:
        written: what each task answers, by the name of its state.
        machine: the machine.
        branches: where the execution stands.

    Raises:
        InvalidInput: something else is written, or of something that is no task.
    """

    def __init__(
        self, written: object, machine: Machine, branches: MemoryBranches | None = None
    ) -> None:
        self.branches = branches or MemoryBranches()
        self._mocks = _read(written)
        states = [each for scope in machine.scopes.values() for each in scope.states.values()]
        self._maps = {each.name for each in states if isinstance(each, Map)}
        tasks = {each.name for each in states if isinstance(each, Task)}
        tasks |= {each.name for each in states if isinstance(each, Map) and each.reader is not None}
        for name in self._mocks:
            if name not in tasks:
                known = ", ".join(sorted(tasks)) or "none"
                raise InvalidInput(
                    f"there is no task {name}", at="mocks", hint=f"The tasks are: {known}."
                )

    def __call__(self, task: Perform) -> Answers:
        """What a task answers.

        Raises:
            InvalidInput: nothing is said of it.
        """
        mock = self._mocks.get(task.state)
        index = self._index(task.branch)
        answer = None if mock is None else mock.answer(index)
        if answer is None:
            if task.state in self._maps:
                return ()
            where = f"iteration {index} of " if mock is not None and index is not None else ""
            raise InvalidInput(
                f"expected a mock of {where}the task {task.state} ({task.resource.text})",
                at=task.state,
                hint=f"Give what it answers: {json.dumps({task.state: {'result': 'RESULT'}})}.",
            )
        is_waiting = task.resource.mode != REQUEST_RESPONSE
        return (Submitted(), answer) if is_waiting and isinstance(answer, Succeeded) else (answer,)

    def _index(self, branch_id: int) -> int | None:
        """Which item of the nearest Map around it a branch is for."""
        branch = self.branches.get(branch_id)
        while branch is not None and branch.parent is not None:
            if branch.iterates:
                return branch.index
            branch = self.branches.get(branch.parent)
        return None


def _read(written: object) -> dict[str, Mock]:
    if not isinstance(written, dict):
        raise InvalidInput(
            "expected an object of what each task answers, by the name of its state", at="mocks"
        )
    return {name: _mock(value, name) for name, value in written.items()}


def _mock(value: Any, name: str) -> Mock:  # noqa: ANN401 - whatever is written
    if isinstance(value, dict) and value.keys() == {"items"} and isinstance(value["items"], dict):
        found = {}
        for index, each in value["items"].items():
            if not index.isdecimal():
                raise InvalidInput(
                    f"expected the index of an item, got {index!r}", at=f"mocks, {name}"
                )
            found[int(index)] = _mock(each, f"{name}[{index}]")
        return Mock(items=found)
    if isinstance(value, list):
        if not value:
            raise InvalidInput(
                "expected at least one answer",
                at=f"mocks, {name}",
                hint='Write {"result": []} for an empty list as the result.',
            )
        return Mock([_signal(each) for each in value])
    return Mock([_signal(value)])


def _signal(value: Any) -> Signal:  # noqa: ANN401 - whatever is written
    if not isinstance(value, dict):
        return Succeeded(value)
    if value.keys() == {"result"}:
        return Succeeded(value["result"])
    if "error" in value and value.keys() <= _FAILURE:
        error, cause = value["error"], value.get("cause")
        return TimedOut(error, cause) if error in _TIMEOUTS else Failed(error, cause)
    return Succeeded(value)
