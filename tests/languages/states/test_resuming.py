"""Executions that are set going again, and forks of their past, in memory."""

from __future__ import annotations

from collections import Counter

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ensue.languages.states import resuming
from ensue.languages.states.branches import MemoryBranches
from ensue.languages.states.commands import Perform, Sleep
from ensue.languages.states.events import Event
from ensue.languages.states.execute import VirtualFacts, made_up
from ensue.languages.states.execution import ABORTED, Progress
from ensue.languages.states.parse import compile_machine
from ensue.languages.states.run import Run
from ensue.languages.states.signals import Failed, Succeeded, Woken
from ensue.words.errors import NotFound


def task(name, following=None, **fields):
    way = {"Next": following} if following else {"End": True}
    return {"Type": "Task", "Resource": f"ensue:function:{name}", **way, **fields}


def machine(start, **states):
    return {"StartAt": start, "States": states}


LINE = machine(
    "A",
    A=task("a", "B", ResultPath="$.a"),
    B={"Type": "Pass", "Assign": {"kept.$": "$.a"}, "Next": "C"},
    C=task("c", "D", Parameters={"kept.$": "$kept", "in.$": "$.n"}, ResultPath="$.c"),
    D={"Type": "Succeed"},
)
FAN = machine(
    "Fan",
    Fan={
        "Type": "Parallel",
        "Branches": [
            machine("One", One=task("one", "Two"), Two=task("two")),
            machine("Three", Three=task("three", "Four"), Four=task("four")),
            machine("Five", Five={"Type": "Wait", "Seconds": 60, "Next": "Six"}, Six=task("six")),
        ],
        "ResultSelector": {"all.$": "$"},
        "Next": "Last",
    },
    Last=task("last"),
)
EACH = machine(
    "Each",
    Each={
        "Type": "Map",
        "ItemsPath": "$",
        "MaxConcurrency": 2,
        "ItemSelector": {"item.$": "$$.Map.Item.Value", "at.$": "$$.Map.Item.Index"},
        "ItemProcessor": machine("Pack", Pack=task("pack", "Send"), Send=task("send")),
        "End": True,
    },
)


class Runs:
    """An execution under way, whose tasks answer what they are told to."""

    def __init__(self, definition, facts=None):
        self.machine = compile_machine(definition)
        self.facts = facts or VirtualFacts()
        self.events = []
        self.progress = Progress()
        self.performed = []
        self.redrives = 0
        self.given = None

    def run(self, kind="begin", *args, fails=(), holds=(), lasts=10_000):
        """Go on until it ends, or nothing but held tasks is left; gives the outcome."""
        if kind == "begin":
            [self.given] = args
        branches = MemoryBranches()
        told = made_up(self.facts)
        told.redrives, told.input = self.redrives, self.given
        run = Run(self.machine, branches, self.facts, told, self.progress)
        getattr(run, kind)(*args)
        self.asked = []
        for _ in range(lasts):
            command = run.take()
            if command is None:
                break
            if isinstance(command, Sleep):
                self.facts.now_ms = max(self.facts.now_ms, command.until_ms)
                if "sleep" not in holds:
                    run.signal(command.branch, command.attempt, Woken())
            elif isinstance(command, Perform):
                self._answer(run, command, fails, holds)
        self.branches = branches
        self.live = run
        if run.outcome is None:
            run.stop(ABORTED)
        self.events += run.drain_events()
        self.progress = run.progress
        return run.outcome

    def _answer(self, run, command, fails, holds):
        name, arguments = command.resource.name, command.arguments
        self.performed.append((name, arguments))
        self.asked.append(name)
        if name in holds:
            return
        if name in [*fails] or [name, arguments] in [*fails]:
            run.signal(command.branch, command.attempt, Failed("Boom", f"{name} failed"))
        else:
            run.signal(command.branch, command.attempt, Succeeded(f"{name} done"))

    def redrive(self, **how):
        self.redrives += 1
        self.events = stored(self.events)
        return self.run("redrive", list(self.events), **how)

    def fork(self, at, change=None, **how):
        """Another execution that leaves this one there."""
        point = resuming.fork_point(self.events, at)
        forked = Runs({"StartAt": "x", "States": {"x": {"Type": "Succeed"}}})
        forked.machine, forked.facts, forked.given = self.machine, self.facts, self.given
        forked.events = [event for event in self.events if event.id < point.id]
        forked.progress = Progress(next_event=point.id, next_branch=self.progress.next_branch)
        past = [event for event in self.events if event.id <= point.id]
        forked.outcome = forked.run(
            "fork", past, point, change or resuming.Changed(), "origin", **how
        )
        return forked

    @property
    def types(self):
        return [event.type for event in self.events]


def changed(given, variables=None):
    return resuming.Changed(has_input=True, input=given, variables=variables)


def stored(events):
    """Events as they come back from where they are kept."""
    return msgspec.json.decode(msgspec.json.encode(events), type=list[Event])


def is_whole(events):
    """Whether ids go up by one, and each event follows from one before it."""
    ids = [event.id for event in events]
    return ids == list(range(1, len(ids) + 1)) and all(e.previous < e.id for e in events)


def test_a_failed_task_runs_again_and_those_before_it_do_not():
    runs = Runs(LINE)
    assert runs.run("begin", {"n": 1}, fails={"c"}).error == "Boom"

    outcome = runs.redrive()

    assert outcome.output == {"n": 1, "a": "a done", "c": "c done"}
    assert [name for name, _ in runs.performed] == ["a", "c", "c"]
    assert runs.performed[1] == runs.performed[2] == ("c", {"kept": "a done", "in": 1})


def test_the_history_goes_on_with_the_redrive_and_the_task_without_another_entry():
    runs = Runs(LINE)
    runs.run("begin", {"n": 1}, fails={"c"})
    before = len(runs.events)

    runs.redrive()

    assert is_whole(runs.events)
    assert runs.types[before - 1 : before + 3] == [
        "ExecutionFailed",
        "ExecutionRedriven",
        "TaskScheduled",
        "TaskStarted",
    ]
    assert runs.events[before].details == {"redriveCount": 1}
    assert runs.types.count("TaskStateEntered") == 2


def test_only_branches_that_did_not_succeed_run_again():
    runs = Runs(FAN)
    runs.run("begin", {}, fails={"four"}, holds={"sleep"})
    assert Counter(runs.asked) == {"one": 1, "two": 1, "three": 1, "four": 1}

    outcome = runs.redrive()

    assert outcome.output == "last done"
    assert sorted(runs.asked) == ["four", "last", "six"]
    assert runs.performed[-1][1] == {"all": ["two done", "four done", "six done"]}
    assert is_whole(runs.events)


def test_only_iterations_that_did_not_succeed_run_again_and_the_rest_begins():
    runs = Runs(EACH)
    runs.run("begin", ["a", "b", "c", "d"], fails=[["pack", {"item": "b", "at": 1}]])
    assert runs.asked == ["pack", "send", "pack"]

    outcome = runs.redrive()

    assert outcome.output == ["send done"] * 4
    packed = [arguments["at"] for name, arguments in runs.performed if name == "pack"]
    assert packed == [0, 1, 1, 2, 3]
    assert is_whole(runs.events)


def test_an_execution_is_redriven_as_often_as_it_fails():
    runs = Runs(EACH)
    items = list(range(5))
    runs.run("begin", items, fails=[["pack", {"item": 1, "at": 1}]])
    for at in (1, 2, 3):
        failing = [["pack", {"item": at + 1, "at": at + 1}]]
        assert runs.redrive(fails=failing).error == "Boom"

    assert runs.redrive().output == ["send done"] * 5
    assert runs.types.count("ExecutionRedriven") == 4
    assert sum(name == "send" for name, _ in runs.performed) == 5


def test_what_was_stopped_goes_on_from_the_states_it_was_in():
    runs = Runs(FAN)
    assert runs.run("begin", {}, holds={"one", "three", "sleep"}).status == "ABORTED"

    assert runs.redrive().output == "last done"
    assert [name for name, _ in runs.performed].count("one") == 2


def test_retries_are_not_used_up_by_those_before():
    definition = machine(
        "A", A=task("a", Retry=[{"ErrorEquals": ["Boom"], "MaxAttempts": 2, "IntervalSeconds": 1}])
    )
    runs = Runs(definition)
    runs.run("begin", 1, fails={"a"})
    runs.redrive(fails={"a"})

    assert len(runs.performed) == 6


def test_an_answer_to_an_attempt_of_before_is_stale():
    runs = Runs(LINE)
    runs.run("begin", {"n": 1}, holds={"a"})
    runs.redrive(holds={"a"})

    scheduled = [event for event in runs.events if event.type == "TaskScheduled"]
    assert len(scheduled) == 2
    marker = next(event.id for event in runs.events if event.type == "ExecutionRedriven")
    assert marker > 1  # attempts are counted from there on


def test_a_state_whose_result_did_not_fit_ends_without_its_branches_running_again():
    definition = machine(
        "Fan",
        Fan={
            "Type": "Parallel",
            "Branches": [machine("One", One=task("one"))],
            "ResultSelector": {"none.$": "$.nothing"},
            "End": True,
        },
    )
    runs = Runs(definition)
    assert runs.run("begin", {}).status == "FAILED"

    assert runs.redrive().status == "FAILED"
    assert [name for name, _ in runs.performed] == ["one"]


def test_a_caught_error_and_a_choice_go_on_where_they_went():
    definition = machine(
        "A",
        A=task("a", "C", Catch=[{"ErrorEquals": ["States.ALL"], "Next": "Which"}]),
        Which={
            "Type": "Choice",
            "Choices": [{"Variable": "$.Error", "StringEquals": "Boom", "Next": "B"}],
            "Default": "C",
        },
        B=task("b"),
        C={"Type": "Succeed"},
    )
    runs = Runs(definition)
    runs.run("begin", {}, fails={"a", "b"})
    cut = [event.id for event in runs.events if event.type.endswith("StateExited")]

    for last in cut:
        again = Runs(definition)
        again.events = [event for event in runs.events if event.id <= last]
        again.progress = Progress(next_event=last + 1)
        again.redrive()
        assert [name for name, _ in again.performed] == ["b"]


def test_a_fork_keeps_the_history_before_its_state_and_may_have_other_data():
    runs = Runs(LINE)
    runs.run("begin", {"n": 1})
    entry = next(e for e in runs.events if e.details.get("name") == "C")

    forked = runs.fork("C", changed({"n": 7}, {"kept": "mine"}))

    assert forked.outcome.output == {"n": 7, "c": "c done"}
    assert forked.performed == [("c", {"kept": "mine", "in": 7})]
    assert forked.events[: entry.id - 1] == runs.events[: entry.id - 1]
    told = forked.events[entry.id - 1]
    assert (told.type, told.details) == ("ExecutionForked", {"name": "C", "origin": "origin"})
    assert is_whole(forked.events)


def test_a_fork_without_other_data_does_the_same_again():
    runs = Runs(FAN)
    outcome = runs.run("begin", {})

    for event in runs.events[1:-1]:
        forked = runs.fork(event.id)
        assert forked.outcome == outcome
        assert is_whole(forked.events)


def test_a_fork_within_a_branch_lets_the_branches_beside_it_go_on():
    runs = Runs(FAN)
    runs.run("begin", {}, holds={"sleep"}, fails={"four"})

    forked = runs.fork("Four", changed("other"))

    assert forked.outcome.output == "last done"
    assert ("four", "other") in forked.performed
    assert "one" not in forked.asked


def test_a_fork_of_an_iteration_is_named_by_an_event():
    runs = Runs(EACH)
    runs.run("begin", ["a", "b", "c"])
    sends = [event for event in runs.events if event.details.get("name") == "Send"]
    second = [event for event in sends if event.type == "TaskStateEntered"][1]

    forked = runs.fork(second.id + 1, changed("other"))

    assert forked.performed[0] == ("send", "other")
    assert forked.outcome.output == ["send done"] * 3


def test_a_state_that_was_not_entered_is_no_place_to_fork():
    runs = Runs(LINE)
    runs.run("begin", {"n": 1}, fails={"a"})

    for at in ("C", 999, 1):
        with pytest.raises(NotFound):
            runs.fork(at)


LEAVES = st.sampled_from(["task", "pass", "wait"])


@st.composite
def definitions(draw, depth=2):
    """Machines of a few states, with Parallel and Map in each other; and a count of names."""
    states = {}
    count = draw(st.integers(1, 3))
    base = draw(st.integers(0, 10**6))
    for at in range(count):
        name = f"S{base}-{depth}-{at}"
        following = f"S{base}-{depth}-{at + 1}" if at + 1 < count else None
        way = {"Next": following} if following else {"End": True}
        kind = draw(LEAVES if not depth else st.sampled_from(["task", "pass", "fan", "each"]))
        if kind == "task":
            states[name] = task(f"t{draw(st.integers(0, 4))}", following)
        elif kind == "pass":
            states[name] = {"Type": "Pass", "Assign": {"v": at}, **way}
        elif kind == "wait":
            states[name] = {"Type": "Wait", "Seconds": 5, **way}
        elif kind == "fan":
            inner = draw(st.lists(definitions(depth=depth - 1), min_size=1, max_size=3))
            states[name] = {"Type": "Parallel", "Branches": inner, **way}
        else:
            states[name] = {
                "Type": "Map",
                "ItemsPath": "$$.Execution.Input",
                "MaxConcurrency": draw(st.integers(0, 2)),
                "ItemProcessor": draw(definitions(depth=depth - 1)),
                **way,
            }
    return {"StartAt": f"S{base}-{depth}-0", "States": states}


@given(
    definitions(),
    st.lists(st.sets(st.sampled_from([f"t{at}" for at in range(5)])), max_size=4),
    st.lists(st.sets(st.sampled_from(["sleep", "t0", "t1"])), max_size=4),
    st.integers(0, 40),
)
@settings(max_examples=60, deadline=None)
def test_whatever_fails_redrives_end_as_a_run_without_failures_does(definition, fails, holds, cut):
    clean = Runs(definition)
    wanted = clean.run("begin", [1, 2, 3])
    runs = Runs(definition)
    outcome = runs.run("begin", [1, 2, 3], fails=fails[0] if fails else (), lasts=cut)
    for at, failing in enumerate(fails):
        if outcome.status == "SUCCEEDED":
            break
        held = holds[at] if at < len(holds) else ()
        outcome = runs.redrive(fails=failing, holds=held)
    if outcome.status != "SUCCEEDED":
        outcome = runs.redrive()

    assert outcome == wanted
    assert is_whole(runs.events)
    succeeded = Counter(e.details["name"] for e in runs.events if e.type == "TaskStateExited")
    assert succeeded == Counter(
        e.details["name"] for e in clean.events if e.type == "TaskStateExited"
    )
