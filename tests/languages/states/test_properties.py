"""What holds for any machine: it ends, it tells so, and it can be put aside at any moment."""

from __future__ import annotations

from heapq import heappop, heappush

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ensue.languages.states.branches import Branch, MemoryBranches
from ensue.languages.states.commands import Cancel, Perform, Sleep
from ensue.languages.states.errors import HEARTBEAT_TIMEOUT
from ensue.languages.states.execute import VirtualFacts, made_up
from ensue.languages.states.execution import Progress
from ensue.languages.states.parse import compile_machine
from ensue.languages.states.run import Run
from ensue.languages.states.signals import Failed, Started, Submitted, Succeeded, TimedOut, Woken
from tests.languages.states.machines import inputs, machines

ANSWERS = [
    (Succeeded({"a": 1, "list": [1, 2]}),),
    (Started(), Succeeded(3)),
    (Submitted("out"), Succeeded([1])),
    (Failed("E", "cause"),),
    (Failed("F"),),
    (TimedOut(),),
    (TimedOut(HEARTBEAT_TIMEOUT),),
]
answers = st.lists(st.sampled_from(ANSWERS), min_size=1, max_size=12)
quick = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])


class KeptBranches(MemoryBranches):
    """Keeps, as JSON, what it was asked to keep, and nothing else."""

    def __init__(self, kept=()):
        self.kept = dict(kept)
        self.changed = set()
        super().__init__(
            msgspec.json.decode(self.kept[each], type=Branch) for each in sorted(self.kept)
        )
        self.changed.clear()

    def add(self, branch):
        super().add(branch)
        self.changed.add(branch.id)

    def save(self, branch):
        self.changed.add(branch.id)

    def remove(self, branch):
        super().remove(branch)
        self.kept.pop(branch.id, None)
        self.changed.discard(branch.id)

    def again(self):
        for each in self.changed:
            self.kept[each] = msgspec.json.encode(self.get(each))
        return KeptBranches(self.kept)


class Driven:
    """An execution that is driven, and put aside whenever the test says so."""

    def __init__(self, definition, given_input, answered, *, aside=None, limit=None):
        self.machine = compile_machine(definition)
        self.facts = VirtualFacts(now_ms=5_000)
        self.told = made_up(self.facts)
        self.branches = KeptBranches()
        self.run = Run(self.machine, self.branches, self.facts, self.told)
        self.answered, self.calls = answered, 0
        self.aside, self.limit = aside or (lambda: False), limit
        self.events, self.due, self.wanted = [], [], {}
        self.run.begin(given_input)
        self.drive()

    def put_aside(self):
        """As a runner does between two transactions, by JSON."""
        self.events += self.run.drain_events()
        if self.run.outcome is None and self.aside():
            progress = msgspec.json.encode(self.run.progress)
            self.branches = self.branches.again()
            self.run = Run(
                self.machine,
                self.branches,
                self.facts,
                self.told,
                msgspec.json.decode(progress, type=Progress),
            )

    def drive(self):
        for _ in range(100_000):
            command = self.run.take(self.limit)
            self.put_aside()
            if isinstance(command, Sleep):
                self.later(command.until_ms, command, Woken())
            elif isinstance(command, Perform):
                self.perform(command)
            elif isinstance(command, Cancel):
                assert self.wanted.pop((command.branch, command.attempt))
            elif self.run.outcome is not None:
                break
            elif not self.run.ready:
                assert self.due, "nothing is waited for, and it has not ended"
                self.wake()
        self.events += self.run.drain_events()

    def perform(self, task):
        self.wanted[task.branch, task.attempt] = "task"
        signals = self.answered[self.calls % len(self.answered)]
        self.calls += 1
        for signal in signals:
            self.signal(task.branch, task.attempt, signal)

    def later(self, at_ms, command, signal):
        self.wanted[command.branch, command.attempt] = "sleep"
        heappush(self.due, (at_ms, len(self.events), command.branch, command.attempt, signal))

    def wake(self):
        at_ms, _, branch, attempt, signal = heappop(self.due)
        if (branch, attempt) in self.wanted:
            self.facts.now_ms = max(self.facts.now_ms, at_ms)
            self.signal(branch, attempt, signal)

    def signal(self, branch, attempt, signal):
        assert self.run.signal(branch, attempt, signal)
        if not isinstance(signal, Started | Submitted):
            self.wanted.pop((branch, attempt))
            assert not self.run.signal(branch, attempt, signal), "it is answered"
        self.put_aside()


@given(machines(), inputs, answers)
@quick
def test_any_machine_ends_and_its_history_says_how(definition, given_input, answered):
    driven = Driven(definition, given_input, answered)

    assert driven.run.outcome is not None
    assert [event.id for event in driven.events] == list(range(1, len(driven.events) + 1))
    assert all(0 <= event.previous < event.id for event in driven.events)
    ending = {"SUCCEEDED": "ExecutionSucceeded", "FAILED": "ExecutionFailed"}
    assert driven.events[-1].type == ending[driven.run.outcome.status]
    assert not driven.branches.all(), "nothing is left of it"


@given(machines(), inputs, answers, st.randoms(use_true_random=False))
@quick
def test_an_execution_that_is_put_aside_at_any_moment_goes_on_as_if_not(
    definition, given_input, answered, chance
):
    whole = Driven(definition, given_input, answered)

    parted = Driven(definition, given_input, answered, aside=lambda: chance.random() < 0.5)

    assert parted.run.outcome == whole.run.outcome
    assert parted.events == whole.events


@given(machines(), inputs, answers, st.integers(1, 3))
@quick
def test_an_execution_that_goes_in_small_pieces_comes_to_an_end_too(
    definition, given_input, answered, limit
):
    whole = Driven(definition, given_input, answered)

    parted = Driven(definition, given_input, answered[:1], limit=limit)
    same = Driven(definition, given_input, answered[:1], limit=limit, aside=lambda: True)

    assert whole.run.outcome is not None
    assert parted.run.outcome == same.run.outcome
    assert parted.events == same.events


TASK = {"Type": "Task", "Resource": "ensue:function:f", "End": True}
RETRIED = {**TASK, "Retry": [{"ErrorEquals": ["E"], "MaxAttempts": 2}]}
EACH = {
    "Type": "Map",
    "ItemsPath": "$.list",
    "MaxConcurrency": 2,
    "ItemProcessor": {
        "StartAt": "W",
        "States": {"W": {"Type": "Wait", "Seconds": 2, "Next": "T"}, "T": TASK},
    },
    "End": True,
}
MANY = {
    "StartAt": "P",
    "States": {
        "P": {
            "Type": "Parallel",
            "Branches": [
                {"StartAt": "A", "States": {"A": TASK}},
                {"StartAt": "B", "States": {"B": RETRIED}},
                {"StartAt": "C", "States": {"C": {"Type": "Wait", "Seconds": 3, "End": True}}},
                {"StartAt": "M", "States": {"M": EACH}},
            ],
            "End": True,
        }
    },
}


def test_whatever_changes_is_asked_to_be_kept():
    given_input = {"list": [1, 2, 3, 4, 5]}
    for answered in (
        [(Started(), Submitted(1), Succeeded(2))],
        [(Started(), Failed("E"))],
        ANSWERS,
    ):
        whole = Driven(MANY, given_input, answered)

        parted = Driven(MANY, given_input, answered, aside=lambda: True)

        assert parted.run.outcome == whole.run.outcome
        assert parted.events == whole.events
