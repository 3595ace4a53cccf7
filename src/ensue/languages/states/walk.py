"""The steps that all states are made of: enter, tell, leave, wait, hold, drop.

The state kinds (passing, choices, waits, tasks, parallels, maps) are functions over a ``Walk``;
run.py chooses among them.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from ensue.languages.states import context
from ensue.languages.states.branches import ENDED, FAILED, HOLDING, READY, WAITING, Branch, Branches
from ensue.languages.states.commands import Cancel
from ensue.languages.states.data import Assigned
from ensue.languages.states.environment import Environment, Facts
from ensue.languages.states.errors import DATA_LIMIT_EXCEEDED, RUNTIME, StateError
from ensue.languages.states.events import TO, Event
from ensue.languages.states.execution import ExecutionFacts, Progress, Warned
from ensue.languages.states.program import Machine, State
from ensue.words.values import VALUE_DEPTH_MAX, Json

PAYLOAD_BYTES_MAX = 262_144
HISTORY_EVENTS_MAX = 25_000
NEAR_PERCENT = 80
PAYLOAD: Final = "payload"
HISTORY: Final = "history"

_encode = msgspec.json.Encoder(decimal_format="number").encode
# The kinds of states in which an execution may wait.
_ABORTED: Final = frozenset({"Map", "Parallel", "Task", "Wait"})
# No character of a text takes more in JSON, and a text this short is not even near its bound.
_ESCAPED_BYTES = 8


@dataclass(frozen=True, slots=True)
class Limits:
    """What an execution may not exceed.

    Attributes:
        payload_bytes: the JSON of an input or output; None for no bound.
        history_events: the events of an execution; None for no bound.
    """

    payload_bytes: int | None = PAYLOAD_BYTES_MAX
    history_events: int | None = HISTORY_EVENTS_MAX


class Walk:
    """An execution under way: its branches, and what they have told so far.

    Args:
        machine: the program.
        branches: where the branches are kept.
        facts: time and chance.
        execution: what the context object tells.
        progress: where an earlier run stopped.
        limits: what may not be exceeded.
    """

    __slots__ = (
        "branches",
        "cancels",
        "events",
        "execution",
        "facts",
        "limits",
        "machine",
        "next_branch",
        "next_event",
        "ready",
        "region",
        "warned",
        "warnings",
    )

    def __init__(
        self,
        machine: Machine,
        branches: Branches,
        facts: Facts,
        execution: ExecutionFacts,
        *,
        progress: Progress,
        limits: Limits,
    ) -> None:
        self.machine = machine
        self.branches = branches
        self.facts = facts
        self.execution = execution
        self.limits = limits
        self.next_event = progress.next_event
        self.next_branch = progress.next_branch
        self.ready = deque(progress.ready)
        self.cancels = deque(progress.cancelled)
        self.warned = set(progress.warned)
        self.events: list[Event] = []
        self.warnings: list[Warned] = []
        # arn:aws:states:REGION:ACCOUNT:execution:...
        self.region = execution.id.split(":")[3] if execution.id.count(":") > 3 else ""

    def tell(self, branch: Branch, kind: str, details: dict[str, Any]) -> int:
        """An event that the branch's next one follows from; its id."""
        told = branch.previous = self.note(branch, kind, details, branch.previous)
        return told

    def note(self, branch: Branch, kind: str, details: dict[str, Any], previous: int) -> int:
        """An event beside the branch's line; its id."""
        told = self.next_event
        self.next_event = told + 1
        self.events.append(Event(kind, told, previous, self.facts.now_ms, details, branch.id))
        return told

    def environment(self, branch: Branch, state: State) -> Environment:
        """What the fields of a state see."""
        seen: Json = None
        if state.reads_context:
            seen = context.context_of(branch, state, self.branches, self.execution)
        return Environment(self.facts, seen, self.variables(branch))

    def variables(self, branch: Branch) -> dict[str, Any]:
        """The variables that a branch sees: its own, and those of the branches around it."""
        if branch.parent is None or not self.machine.assigns:
            return branch.variables
        lines = [branch.variables]
        around: Branch | None = branch
        while around is not None and around.parent is not None:
            around = self.branches.get(around.parent)
            if around is not None:
                lines.append(around.variables)
        seen: dict[str, Any] = {}
        for line in reversed(lines):
            seen.update(line)
        return seen

    def enter(self, branch: Branch, state: State) -> None:
        """Tell that a state is entered."""
        branch.entered_ms = self.facts.now_ms
        branch.entered = self.tell(
            branch, f"{state.type}StateEntered", {"input": branch.input, "name": state.name}
        )

    def leave(
        self, branch: Branch, state: State, output: Json, assigned: Assigned | None, to: str | None
    ) -> None:
        """Go on to another state, or end the branch.

        Args:
            branch: the branch.
            state: the state that is done.
            output: what it gives.
            assigned: the variables that it sets; None for none.
            to: the name of the next state; None to end.

        Raises:
            StateError: States.DataLimitExceeded: the output is too large.
        """
        if output is not branch.input:
            self.measure(output, state.name)
        details: dict[str, Any] = {"name": state.name, "output": output}
        if assigned:
            self.measure(assigned, state.name)
            details["assignedVariables"] = assigned
            branch.variables = {**branch.variables, **assigned}
        if to != state.next:
            details[TO] = to
        self.tell(branch, f"{state.type}StateExited", details)
        branch.entered = 0
        if branch.retries:
            branch.retries = []
        if branch.memory:
            branch.memory = {}
        branch.items = None
        branch.token = None
        if to is None:
            branch.phase = ENDED
            branch.output = output
            branch.input = None
        else:
            branch.phase = READY
            branch.state = to
            branch.input = output

    def measure(self, value: Json | Assigned, of: str) -> None:
        """Refuse what is too large, and warn of what nearly is.

        Args:
            value: an input, an output, or the arguments or the result of a task.
            of: the name of the state or the resource that gave it.

        Raises:
            StateError: States.DataLimitExceeded: it is larger than its bound.
        """
        bound = self.limits.payload_bytes
        if bound is None or (isinstance(value, str) and len(value) * _ESCAPED_BYTES < bound):
            return
        try:
            text = _encode(value)
        except UnicodeEncodeError:
            raise StateError(
                RUNTIME, f"The state/task '{of}' gave a text that UTF-8 cannot hold."
            ) from None
        except RecursionError:
            text = b""
        size = len(text)
        # Few values have so many brackets that it takes a look at how deep they are nested.
        brackets = text.count(b"[") + text.count(b"{")
        if not text or (brackets > VALUE_DEPTH_MAX and _is_deep(value)):
            raise StateError(
                DATA_LIMIT_EXCEEDED,
                f"The state/task '{of}' returned a result with more than {VALUE_DEPTH_MAX} levels"
                " of nesting.",
            )
        if size > bound:
            raise StateError(
                DATA_LIMIT_EXCEEDED,
                f"The state/task '{of}' returned a result with a size exceeding the maximum"
                " number of bytes service limit.",
            )
        if size * 100 >= bound * NEAR_PERCENT:
            self.warn(PAYLOAD, f"{of} gave {size} of at most {bound} bytes", of)

    def warn(self, kind: str, message: str, state: str | None = None) -> None:
        """Announce a limit, once for each kind and state."""
        once = f"{kind}:{state}" if state else kind
        if once not in self.warned:
            self.warned.add(once)
            self.warnings.append(Warned(kind, message, state))

    def check_history(self) -> None:
        """Refuse more events than an execution may have, and warn when they are many.

        Raises:
            StateError: States.Runtime: there are as many as there may be.
        """
        bound = self.limits.history_events
        if bound is None or self.next_event * 100 < bound * NEAR_PERCENT:
            return
        self.warn(HISTORY, f"{self.next_event - 1} of at most {bound} events are written")
        if self.next_event > bound:
            raise StateError(
                RUNTIME, f"The execution reached the maximum number of history events ({bound})."
            )

    def wait(self, branch: Branch, waits: str) -> None:
        """Let a branch wait for a signal that names its new attempt."""
        branch.phase = WAITING
        branch.waits = waits
        branch.attempt += 1
        self.branches.save(branch)

    def sleep(self, branch: Branch, until_ms: int, reason: str) -> None:
        """Let a branch wait until it is time; its turn comes next, to say so."""
        branch.due_ms = until_ms
        self.wait(branch, reason)
        self.ready.appendleft(branch.id)

    def begin_branch(self, parent: Branch, scope: str, index: int, given: Json) -> Branch:
        """A branch of a branch that holds, ready for the first state of a scope."""
        branch = Branch(
            id=self.next_branch,
            parent=parent.id,
            scope=scope,
            index=index,
            state=self.machine.scopes[scope].start,
            input=given,
            previous=parent.previous,
        )
        self.next_branch += 1
        return branch

    def hold(self, branch: Branch) -> None:
        """Let a branch wait for branches of its own."""
        branch.phase = HOLDING
        self.branches.save(branch)

    def drop_children(self, branch: Branch) -> None:
        """Abort the branches below a branch, and its turn to begin more of them."""
        for child in list(self.branches.children(branch.id)):
            self._abort(child, branch.state)
            self.drop(child)
        if branch.memory.get("queued"):
            self.ready.remove(branch.id)
        branch.memory = {}
        branch.items = None

    def _abort(self, branch: Branch, around: str) -> None:
        """Tell of all that is not over in a branch that it is aborted, the innermost first.

        Args:
            branch: the branch.
            around: the name of the state that it is a branch of.
        """
        if branch.phase in {ENDED, FAILED}:
            return
        for child in self.branches.children(branch.id):
            self._abort(child, branch.state)
        kind = self.machine.state(branch.scope, branch.state).type
        if branch.entered and kind in _ABORTED:
            self.tell(branch, f"{kind}StateAborted", {})
        if branch.iterates:
            details = {"index": branch.index, "name": around}
            self.note(branch, "MapIterationAborted", details, branch.previous)

    def drop(self, branch: Branch) -> None:
        """Forget a branch and those below it, and what they wait for."""
        for child in list(self.branches.children(branch.id)):
            self.drop(child)
        # Nobody has heard of a sleeper that is still to say so.
        is_untold = branch.due_ms is not None and branch.id in self.ready
        if branch.phase == WAITING and not is_untold:
            self.cancels.append((branch.id, branch.attempt))
        self.branches.remove(branch)

    def cancel(self) -> Cancel | None:
        """The next thing that nobody waits for any more."""
        return Cancel(*self.cancels.popleft()) if self.cancels else None


def _is_deep(value: Any) -> bool:  # noqa: ANN401 - any JSON
    """Whether lists and objects are nested deeper than any store of values takes them."""
    level = [value]
    for _ in range(VALUE_DEPTH_MAX):
        level = [
            inner
            for each in level
            if isinstance(each, list | dict)
            for inner in (each.values() if isinstance(each, dict) else each)
            if isinstance(inner, list | dict)
        ]
        if not level:
            return False
    return True
