"""The stepper: what it asks for, what it makes of the answers, and what it tells."""

from __future__ import annotations

from itertools import pairwise

import pytest

from ensue.languages.states.branches import MemoryBranches
from ensue.languages.states.commands import Cancel, Perform, Sleep
from ensue.languages.states.execute import VirtualFacts, execute, made_up
from ensue.languages.states.execution import Outcome
from ensue.languages.states.parse import compile_machine
from ensue.languages.states.run import Run
from ensue.languages.states.signals import Failed, Started, Submitted, Succeeded, TimedOut, Woken
from ensue.languages.states.walk import Limits

DONE = {"Type": "Succeed"}


def machine(**states):
    return compile_machine({"StartAt": next(iter(states)), "States": states})


def task(*, end=True, **fields):
    rest = {"End": True} if end else {}
    return {"Type": "Task", "Resource": "ensue:function:f", **fields, **rest}


def begun(program, given=None, **options):
    facts = VirtualFacts(now_ms=1_000)
    run = Run(program, MemoryBranches(), facts, made_up(facts), **options)
    run.begin(given)
    return run, facts


def answering(*signals):
    left = list(signals)
    return lambda _task: left.pop(0)


def types(ended):
    return [event.type for event in ended.events]


def test_a_pass_passes_its_input_on():
    ended = execute(machine(A={"Type": "Pass", "Next": "B"}, B=DONE), {"n": 1})

    assert (ended.status, ended.output) == ("SUCCEEDED", {"n": 1})
    assert types(ended) == [
        "ExecutionStarted",
        "PassStateEntered",
        "PassStateExited",
        "SucceedStateEntered",
        "SucceedStateExited",
        "ExecutionSucceeded",
    ]
    assert [(event.id, event.previous) for event in ended.events] == [
        (1, 0),
        (2, 0),
        (3, 2),
        (4, 3),
        (5, 4),
        (6, 5),
    ]


def test_a_result_goes_where_its_path_says_into_the_raw_input():
    program = machine(
        A={"Type": "Pass", "InputPath": "$.a", "Result": 7, "ResultPath": "$.b.c", "End": True}
    )

    assert execute(program, {"a": 1}).output == {"a": 1, "b": {"c": 7}}


def test_a_task_is_asked_for_and_answered():
    run, _ = begun(machine(A=task(TimeoutSeconds=5, HeartbeatSeconds=2)), {"n": 1})

    asked = run.take()

    assert isinstance(asked, Perform)
    assert (asked.state, asked.arguments) == ("A", {"n": 1})
    assert (asked.timeout_ms, asked.heartbeat_ms) == (5_000, 2_000)
    assert run.take() is None
    assert run.signal(asked.branch, asked.attempt, Succeeded("done"))
    assert run.outcome == Outcome("SUCCEEDED", output="done")


def test_a_signal_for_another_attempt_is_stale():
    run, _ = begun(machine(A=task()))
    asked = run.take()

    assert not run.signal(asked.branch, asked.attempt + 1, Succeeded(1))
    assert not run.signal(9, asked.attempt, Succeeded(1))
    assert run.signal(asked.branch, asked.attempt, Succeeded(1))
    assert not run.signal(asked.branch, asked.attempt, Succeeded(2))
    assert run.outcome.output == 1


def test_a_task_is_started_and_submitted_once():
    run, _ = begun(machine(A=task()))
    asked = run.take()

    told = [
        run.signal(asked.branch, asked.attempt, signal)
        for signal in (Started(), Started(), Submitted(1), Submitted(1), Succeeded(2))
    ]

    assert told == [True, False, True, False, True]
    assert [event.type for event in run.drain_events()][2:6] == [
        "TaskScheduled",
        "TaskStarted",
        "TaskSubmitted",
        "TaskSucceeded",
    ]


def test_a_retrier_waits_longer_each_time_and_counts():
    retry = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 2, "MaxAttempts": 2}]
    run, facts = begun(machine(A=task(Retry=retry)))
    slept = []
    for expected in range(3):
        asked = run.take()
        assert asked.retries == expected
        run.signal(asked.branch, asked.attempt, Failed("E", "c"))
        sleep = run.take()
        if isinstance(sleep, Sleep):
            slept.append(sleep.until_ms - facts.now_ms)
            facts.now_ms = sleep.until_ms
            assert run.signal(sleep.branch, sleep.attempt, Woken())

    assert slept == [2_000, 4_000]
    assert run.outcome == Outcome("FAILED", error="E", cause="c")


@pytest.mark.parametrize(
    ("retrier", "delays"),
    [
        ({"IntervalSeconds": 3, "BackoffRate": 1, "MaxAttempts": 3}, [3, 3, 3]),
        ({"IntervalSeconds": 3, "BackoffRate": 4, "MaxDelaySeconds": 20}, [3, 12, 20]),
        ({}, [1, 2, 4]),
        ({"MaxAttempts": 0}, []),
    ],
)
def test_a_delay_grows_by_the_rate_up_to_its_bound(retrier, delays):
    retry = [{"ErrorEquals": ["States.TaskFailed"], **retrier}]
    ended = execute(machine(A=task(Retry=retry)), perform=lambda _task: Failed("E"))

    failed = [event.at_ms for event in ended.events if event.type == "TaskFailed"]

    waited = [after - before for before, after in pairwise(failed)]
    assert waited == [delay * 1000 for delay in delays]


def test_full_jitter_is_anything_up_to_the_delay():
    retry = [{"ErrorEquals": ["E"], "IntervalSeconds": 100, "JitterStrategy": "FULL"}]
    ended = execute(machine(A=task(Retry=retry)), perform=lambda _task: Failed("E"))

    failed = [event.at_ms for event in ended.events if event.type == "TaskFailed"]

    waited = [after - before for before, after in pairwise(failed)]
    assert len(waited) == 3
    assert all(
        0 <= ms < longest for ms, longest in zip(waited, [100_000, 200_000, 400_000], strict=True)
    )


def test_each_retrier_counts_for_itself():
    retry = [{"ErrorEquals": ["A"], "MaxAttempts": 1}, {"ErrorEquals": ["B"], "MaxAttempts": 1}]
    perform = answering(Failed("A"), Failed("B"), Failed("A"))

    ended = execute(machine(A=task(Retry=retry)), perform=perform)

    assert (ended.status, ended.error) == ("FAILED", "A")


def test_a_catcher_goes_on_with_the_error():
    program = machine(
        A=task(Catch=[{"ErrorEquals": ["E"], "ResultPath": "$.error", "Next": "B"}]), B=DONE
    )

    ended = execute(program, {"n": 1}, answering(Failed("E", "because")))

    assert ended.output == {"n": 1, "error": {"Error": "E", "Cause": "because"}}
    assert types(ended)[4:7] == ["TaskFailed", "TaskStateExited", "SucceedStateEntered"]


@pytest.mark.parametrize(
    ("named", "signal", "caught"),
    [
        ("States.ALL", Failed("E"), True),
        ("States.TaskFailed", Failed("E"), True),
        ("Other", Failed("E"), False),
        ("States.TaskFailed", TimedOut(), False),
        ("States.Timeout", TimedOut(), True),
        ("States.ALL", TimedOut(), True),
        ("States.HeartbeatTimeout", TimedOut("States.HeartbeatTimeout"), True),
        ("States.Timeout", TimedOut("States.HeartbeatTimeout"), True),
        ("States.HeartbeatTimeout", TimedOut(), False),
        ("States.ALL", Failed("States.Runtime"), False),
        ("States.TaskFailed", Failed("States.DataLimitExceeded"), False),
        ("States.DataLimitExceeded", Failed("States.DataLimitExceeded"), True),
    ],
)
def test_a_catcher_is_chosen_by_the_name_of_the_error(named, signal, caught):
    program = machine(A=task(Catch=[{"ErrorEquals": [named], "Next": "B"}]), B=DONE)

    ended = execute(program, None, answering(signal))

    assert ended.status == ("SUCCEEDED" if caught else "FAILED")


def test_a_missing_heartbeat_is_told_as_a_time_out():
    ended = execute(machine(A=task(HeartbeatSeconds=5, TimeoutSeconds=60)))

    assert (ended.error, ended.ended_ms) == ("States.Timeout", 5_000)
    assert ended.events[-2].type == "TaskTimedOut"
    assert ended.events[-2].details["error"] == "States.Timeout"


def test_a_wait_sleeps_and_one_that_is_over_does_not():
    slow = execute(machine(A={"Type": "Wait", "Seconds": 60, "Next": "B"}, B=DONE))
    fast = execute(machine(A={"Type": "Wait", "SecondsPath": "$.s", "End": True}), {"s": 0})

    assert (slow.status, slow.ended_ms) == ("SUCCEEDED", 60_000)
    assert (fast.status, fast.ended_ms) == ("SUCCEEDED", 0)


def test_a_machine_that_takes_too_long_is_timed_out():
    program = compile_machine({
        "StartAt": "A",
        "TimeoutSeconds": 10,
        "States": {"A": {"Type": "Wait", "Seconds": 60, "End": True}},
    })

    ended = execute(program)

    assert (ended.status, ended.error, ended.ended_ms) == ("TIMED_OUT", "States.Timeout", 10_000)
    assert types(ended)[-1] == "ExecutionTimedOut"


def parallel(*scopes, **fields):
    branches = [{"StartAt": next(iter(states)), "States": states} for states in scopes]
    return {"Type": "Parallel", "Branches": branches, **fields}


def test_a_parallel_gives_the_results_of_its_branches_in_order():
    one, two = ({"A": {"Type": "Pass", "Result": number, "End": True}} for number in (1, 2))
    ended = execute(machine(P=parallel(one, two, End=True)))

    assert ended.output == [1, 2]
    assert types(ended) == [
        "ExecutionStarted",
        "ParallelStateEntered",
        "ParallelStateStarted",
        "PassStateEntered",
        "PassStateExited",
        "PassStateEntered",
        "PassStateExited",
        "ParallelStateSucceeded",
        "ParallelStateExited",
        "ExecutionSucceeded",
    ]


def test_a_branch_that_fails_cancels_the_others_and_its_error_can_be_caught():
    program = machine(
        P=parallel(
            {"A": task()},
            {"B": task()},
            Catch=[{"ErrorEquals": ["E"], "Next": "D"}],
            End=True,
        ),
        D=DONE,
    )
    run, _ = begun(program)
    first, second = run.take(), run.take()

    run.signal(second.branch, second.attempt, Failed("E", "c"))

    assert run.take() == Cancel(first.branch, first.attempt)
    assert not run.signal(first.branch, first.attempt, Succeeded())
    assert run.take() is None
    assert run.outcome == Outcome("SUCCEEDED", output={"Error": "E", "Cause": "c"})
    assert "ParallelStateFailed" in [event.type for event in run.drain_events()]


def test_a_parallel_is_tried_again_whole():
    retry = [{"ErrorEquals": ["States.BranchFailed"], "MaxAttempts": 1}]
    program = machine(P=parallel({"A": task()}, {"B": task()}, Retry=retry, End=True))

    ended = execute(program, None, answering(Succeeded(1), Failed("E"), Succeeded(3), Succeeded(4)))

    assert ended.output == [3, 4]
    assert types(ended).count("ParallelStateStarted") == 2


def each(states, **fields):
    processor = {"StartAt": next(iter(states)), "States": states}
    return {"Type": "Map", "ItemProcessor": processor, "End": True, **fields}


def test_a_map_goes_through_its_items_and_gives_their_results_in_order():
    program = machine(M=each({"A": task()}, ItemsPath="$.items"))
    run, _ = begun(program, {"items": ["a", "b", "c"]})
    asked = [run.take() for _ in range(3)]

    assert [command.arguments for command in asked] == ["a", "b", "c"]
    for command in reversed(asked):
        run.signal(command.branch, command.attempt, Succeeded(command.arguments * 2))
        assert run.take() is None

    assert run.outcome.output == ["aa", "bb", "cc"]


def test_no_more_iterations_run_at_once_than_may():
    run, _ = begun(machine(M=each({"A": task()}, MaxConcurrency=2)), [1, 2, 3])
    first, second = run.take(), run.take()

    assert run.take() is None
    run.signal(second.branch, second.attempt, Succeeded(0))
    third = run.take()

    assert third.arguments == 3
    assert run.take() is None
    for command in (first, third):
        run.signal(command.branch, command.attempt, Succeeded(command.arguments))
    assert run.outcome.output == [1, 0, 3]


def test_a_map_of_nothing_gives_nothing():
    ended = execute(machine(M=each({"A": task()})), [])

    assert ended.output == []
    assert types(ended)[2:4] == ["MapStateStarted", "MapStateSucceeded"]


def test_an_iteration_that_fails_aborts_the_others():
    run, _ = begun(machine(M=each({"A": task()})), [1, 2, 3])
    asked = [run.take() for _ in range(3)]

    run.signal(asked[1].branch, asked[1].attempt, Failed("E", "c"))

    assert run.outcome == Outcome("FAILED", error="E", cause="c")
    assert [run.take(), run.take(), run.take()] == [
        Cancel(asked[0].branch, asked[0].attempt),
        Cancel(asked[2].branch, asked[2].attempt),
        None,
    ]
    assert [event.type for event in run.drain_events()][-7:] == [
        "MapIterationFailed",
        "TaskStateAborted",
        "MapIterationAborted",
        "TaskStateAborted",
        "MapIterationAborted",
        "MapStateFailed",
        "ExecutionFailed",
    ]


def test_as_many_iterations_may_fail_as_are_tolerated():
    perform = answering(Failed("E"), Succeeded(2), Failed("E"))
    program = machine(M=each({"A": task()}, ToleratedFailureCount=2))
    less = machine(M=each({"A": task()}, ToleratedFailurePercentage=50))

    assert execute(program, [1, 2, 3], perform).output == [2]
    failed = execute(less, [1, 2, 3], answering(Failed("E"), Failed("F"), Succeeded(2)))
    assert failed.error == "States.ExceedToleratedFailureThreshold"


def test_what_is_too_large_fails_its_state_and_what_nearly_is_is_announced():
    program = machine(A=task())
    limits = Limits(payload_bytes=100)

    over = execute(program, None, answering(Succeeded("x" * 99)), limits=limits)
    near = execute(program, None, answering(Succeeded(["x" * 80])), limits=limits)

    assert (over.status, over.error) == ("FAILED", "States.DataLimitExceeded")
    assert near.status == "SUCCEEDED"
    assert [warned.kind for warned in near.warnings] == ["payload", "payload"]


def test_what_is_assigned_is_measured_too_and_is_told():
    program = machine(
        A={"Type": "Pass", "Assign": {"x.$": "$.a", "y": 1}, "Result": {"a": [2]}, "End": True}
    )

    told = execute(program).events[2].details
    over = execute(program, limits=Limits(payload_bytes=14))

    assert told == {"name": "A", "output": {"a": [2]}, "assignedVariables": {"x": [2], "y": 1}}
    assert over.error == "States.DataLimitExceeded"


def test_a_history_that_grows_too_long_is_announced_and_then_ends():
    ended = execute(machine(A={"Type": "Pass", "Next": "A"}), limits=Limits(history_events=100))

    assert (ended.status, ended.error) == ("FAILED", "States.Runtime")
    assert "100" in ended.cause
    assert [warned.kind for warned in ended.warnings] == ["history"]
    assert len(ended.events) <= 102


def test_a_run_stops_at_its_limit_and_says_that_there_is_more():
    run, _ = begun(machine(A={"Type": "Pass", "Next": "A"}))

    assert run.take(10) is None
    assert run.ready
    assert run.transitions == 10


def test_an_execution_that_is_stopped_cancels_what_it_waits_for():
    run, _ = begun(machine(A=task()))
    asked = run.take()

    run.stop("ABORTED", "Stop", "enough")

    assert run.outcome == Outcome("ABORTED", error="Stop", cause="enough")
    assert run.take() == Cancel(asked.branch, asked.attempt)
    assert not run.signal(asked.branch, asked.attempt, Succeeded())
    last = run.drain_events()[-1]
    assert (last.type, last.details) == ("ExecutionAborted", {"error": "Stop", "cause": "enough"})


@pytest.mark.parametrize("seconds", [-1, 1.5, "x", 10**9, float("nan"), None, True])
def test_a_time_that_is_no_number_of_seconds_fails_its_state(seconds):
    ended = execute(machine(A={"Type": "Wait", "SecondsPath": "$.s", "End": True}), {"s": seconds})

    assert (ended.status, ended.error) == ("FAILED", "States.Runtime")
    assert ended.cause.startswith("An error occurred while executing the state 'A'")


def test_a_value_that_is_nested_too_deeply_is_too_large():
    nested = []
    for _ in range(2_000):
        nested = [nested]

    ended = execute(machine(A=task()), None, answering(Succeeded(nested)))

    assert (ended.status, ended.error) == ("FAILED", "States.DataLimitExceeded")


def test_a_task_that_lasts_has_a_token_when_it_reads_it():
    def asked(**fields):
        run, _ = begun(machine(A=task(**fields)))
        return run.take()

    token = {"t.$": "$$.Task.Token"}
    lasting = asked(Resource="ensue:workflow:w.sync", Parameters=token)

    assert lasting.token == lasting.arguments["t"]
    assert asked(Resource="ensue:workflow:w.sync").token is None
    assert asked(Resource="ensue:workflow:w.waitForTaskToken").token is not None
    assert asked(Parameters={"a.$": "$$.State.Name"}).token is None


def test_a_retry_of_a_task_has_another_token_and_counts_in_the_context():
    program = machine(
        A=task(
            Resource="ensue:function:f.waitForTaskToken",
            Parameters={"n.$": "$$.State.RetryCount", "t.$": "$$.Task.Token"},
            Retry=[{"ErrorEquals": ["E"]}],
        )
    )
    seen = []

    def perform(asked):
        seen.append(asked.arguments)
        return Failed("E") if len(seen) < 3 else Succeeded()

    execute(program, None, perform)

    assert [each["n"] for each in seen] == [0, 1, 2]
    assert len({each["t"] for each in seen}) == 3


def test_events_of_functions_and_activities_have_names_of_their_own():
    function = "arn:aws:lambda:eu-west-1:111111111111:function:f"
    activity = "arn:aws:states:eu-west-1:111111111111:activity:a"
    program = machine(
        A=task(Resource=function, end=False, Next="B"),
        B=task(Resource=activity, HeartbeatSeconds=9),
    )

    ended = execute(program, 1, answering(Succeeded(2), [Started("worker"), Succeeded(3)]))

    told = {event.type: event.details for event in ended.events}
    assert told["LambdaFunctionScheduled"] == {"input": 1, "resource": function}
    assert told["LambdaFunctionSucceeded"] == {"output": 2}
    assert told["ActivityScheduled"] == {
        "input": 2,
        "resource": activity,
        "heartbeatInSeconds": 9,
    }
    assert told["ActivityStarted"] == {"workerName": "worker"}
    assert told["ActivitySucceeded"] == {"output": 3}


def test_a_catcher_that_cannot_use_the_error_fails_the_branch():
    catch = [{"ErrorEquals": ["E"], "ResultPath": "$.a.b", "Next": "B"}]
    ended = execute(machine(A=task(Catch=catch), B=DONE), {"a": 1}, answering(Failed("E")))

    assert (ended.status, ended.error) == ("FAILED", "States.ResultPathMatchFailure")


def test_a_parallel_that_is_caught_forgets_its_branches_and_what_they_assigned():
    program = machine(
        P=parallel(
            {"A": {"Type": "Pass", "Assign": {"x": 2}, "Next": "B"}, "B": {"Type": "Fail"}},
            Catch=[{"ErrorEquals": ["States.ALL"], "Assign": {"why.$": "$.Cause"}, "Next": "D"}],
            End=True,
        ),
        D={"Type": "Pass", "Parameters": {"why.$": "$why"}, "End": True},
    )

    assert execute(program).output == {"why": ""}


def test_a_map_whose_selector_fails_drops_the_iterations_that_run():
    selector = {"a.$": "$$.Map.Item.Value.a"}
    run, _ = begun(machine(M=each({"A": task()}, ItemSelector=selector)), [{"a": 1}, {}])
    first = run.take()

    assert run.take() == Cancel(first.branch, first.attempt)
    assert run.take() is None
    assert run.outcome.error == "States.Runtime"


def test_a_map_in_a_map_in_a_parallel_tells_each_its_own_item():
    inner = each({"I": {"Type": "Pass", "Parameters": {"v.$": "$$.Map.Item.Value"}, "End": True}})
    program = machine(
        P=parallel({"M": each({"N": inner})}, {"O": {"Type": "Pass", "End": True}}, End=True)
    )

    assert execute(program, [[1, 2], [3]]).output[0] == [[{"v": 1}, {"v": 2}], [{"v": 3}]]


def test_iterations_that_never_wait_are_begun_one_by_one():
    branches = MemoryBranches()
    held = []

    class Counting(MemoryBranches):
        def add(self, branch):
            super().add(branch)
            held.append(sum(kept.phase != "ended" for kept in self.children(0)))

    program = machine(M=each({"A": {"Type": "Pass", "Result": 1, "End": True}}))
    facts = VirtualFacts()
    run = Run(program, Counting(branches.all()), facts, made_up(facts))
    run.begin(list(range(300)))

    assert run.take() is None
    assert len(run.outcome.output) == 300
    assert max(held) == 1


@pytest.mark.parametrize(
    ("fields", "language"),
    [
        ({"Timestamp": "1970-01-01T00:01:00Z"}, "JSONPath"),
        ({"TimestampPath": "$.at"}, "JSONPath"),
        ({"Timestamp": "{% $states.input.at %}"}, "JSONata"),
        ({"Seconds": "{% 30 + 30 %}"}, "JSONata"),
    ],
)
def test_a_wait_until_a_time_ends_then(fields, language):
    program = compile_machine({
        "StartAt": "A",
        "QueryLanguage": language,
        "States": {"A": {"Type": "Wait", **fields, "End": True}},
    })

    assert execute(program, {"at": "1970-01-01T00:01:00Z"}).ended_ms == 60_000


def test_an_event_of_a_map_follows_from_the_one_before_it_in_its_iteration():
    ended = execute(
        machine(M=each({"A": {"Type": "Pass", "End": True}}, MaxConcurrency=1)), ["a", "b"]
    )

    assert [(event.id, event.previous, event.type) for event in ended.events[2:]] == [
        (3, 2, "MapStateStarted"),
        (4, 3, "MapIterationStarted"),
        (5, 4, "PassStateEntered"),
        (6, 5, "PassStateExited"),
        (7, 6, "MapIterationSucceeded"),
        (8, 6, "MapIterationStarted"),
        (9, 8, "PassStateEntered"),
        (10, 9, "PassStateExited"),
        (11, 10, "MapIterationSucceeded"),
        (12, 11, "MapStateSucceeded"),
        (13, 11, "MapStateExited"),
        (14, 13, "ExecutionSucceeded"),
    ]


@pytest.mark.parametrize("mode", ["INLINE", "DISTRIBUTED"])
@pytest.mark.parametrize(
    ("path", "seen"),
    [("MaxConcurrencyPath", []), ("ToleratedFailureCountPath", ["MapStateStarted"])],
)
def test_what_is_tolerated_is_looked_at_when_the_map_has_started(mode, path, seen):
    map_state = each({"A": DONE}, ItemsPath="$.items", **{path: "$.n"})
    map_state["ItemProcessor"]["ProcessorConfig"] = {"Mode": mode, "ExecutionType": "STANDARD"}

    ended = execute(machine(M=map_state), {"items": [1], "n": "x"})

    assert ended.error == "States.Runtime"
    assert types(ended) == ["ExecutionStarted", "MapStateEntered", *seen, "ExecutionFailed"]


def test_a_branch_that_goes_on_and_on_gives_way_to_the_others_at_the_limit():
    program = machine(
        P=parallel(
            {"A": {"Type": "Pass", "Next": "C"}, "C": {"Type": "Pass", "Next": "A"}},
            {"B": task()},
            End=True,
        )
    )
    run, _ = begun(program)

    assert run.take(5) is None
    assert isinstance(run.take(5), Perform)


@pytest.mark.parametrize("mode", ["INLINE", "DISTRIBUTED"])
def test_states_within_a_state_have_the_query_language_of_the_machine(mode):
    inner = {"A": {"Type": "Pass", "Parameters": {"is.$": "$"}, "End": True}}
    map_state = each(inner, Items="{% $states.input %}", QueryLanguage="JSONata")
    map_state["ItemProcessor"]["ProcessorConfig"] = {"Mode": mode, "ExecutionType": "STANDARD"}

    assert execute(machine(**{"M~1/": map_state}), [1, 2]).output == [{"is": 1}, {"is": 2}]


def test_the_exit_of_a_parallel_follows_from_the_branch_that_ended_last():
    program = machine(P=parallel({"A": task()}, {"B": task()}, End=True))
    run, _ = begun(program)
    first, second = run.take(), run.take()
    for asked in (second, first):
        run.signal(asked.branch, asked.attempt, Succeeded())

    told = {event.id: event for event in run.drain_events()}

    exits = [event for event in told.values() if event.type == "ParallelStateExited"]
    assert told[exits[0].previous].type == "TaskStateExited"
    assert told[exits[0].previous].branch == first.branch


def test_the_failure_of_a_parallel_follows_from_that_of_its_branch():
    program = machine(P=parallel({"A": task()}, {"B": task()}, End=True))
    run, _ = begun(program)
    _first, second = run.take(), run.take()
    run.signal(second.branch, second.attempt, Failed("E"))

    told = {event.id: event for event in run.drain_events()}

    failed = [event for event in told.values() if event.type == "ParallelStateFailed"]
    assert told[failed[0].previous].type == "TaskFailed"


def test_an_entry_of_an_object_has_its_key_in_the_context():
    program = compile_machine({
        "QueryLanguage": "JSONata",
        "StartAt": "M",
        "States": {
            "M": each(
                {"A": {"Type": "Pass", "Output": "{% $states.context.Map.Item %}", "End": True}},
                Items="{% {'k': 7} %}",
                ItemSelector="{% $states.context.Map.Item.Value %}",
            )
        },
    })

    assert execute(program).output == [{"Index": 0, "Value": 7, "Key": "k"}]
