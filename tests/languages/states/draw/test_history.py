import pytest

from ensue.languages.states.draw import graph_of_history, graph_of_machine, with_history
from tests.languages.states.draw.machines import ORDER, history

TAKEN = (
    ("ExecutionStarted", 0),
    ("TaskStateEntered", 0, "Take"),
    ("TaskScheduled", 2, None, {"resourceType": "ensue", "resource": "function:work"}),
)
IN_MAP = (
    *TAKEN,
    ("TaskSucceeded", 3),
    ("TaskStateExited", 4, "Take"),
    ("ChoiceStateEntered", 5, "Which"),
    ("ChoiceStateExited", 6, "Which"),
    ("MapStateEntered", 7, "Each"),
    ("MapStateStarted", 8),
    ("MapIterationStarted", 9, "Each"),
    ("ParallelStateEntered", 10, "Pair"),
    ("ParallelStateStarted", 11),
    ("TaskStateEntered", 12, "Left"),
    ("TaskStateEntered", 12, "Right"),
)


def by_name(graph):
    """All states of a graph and of those within."""
    found = {}
    for node in graph.nodes:
        found[node.name] = node
        for inner in node.inner:
            found |= by_name(inner)
    return found


def drawn(*rows):
    return with_history(graph_of_machine(ORDER), history(*rows))


def outcomes(graph):
    return {name: node.outcome for name, node in by_name(graph).items()}


def test_a_state_that_has_not_ended_is_running_and_those_to_come_are_untouched():
    assert outcomes(drawn(*TAKEN)) == {
        "Take": "running",
        "Which": "untouched",
        "Each": "untouched",
        "Pair": "untouched",
        "Left": "untouched",
        "Right": "untouched",
        "Done": "untouched",
        "Refused": "untouched",
    }


def test_the_ways_that_were_taken_are_told():
    graph = drawn(*IN_MAP[:9])

    assert [(edge.source, edge.target) for edge in graph.edges if edge.taken] == [
        ("Take", "Which"),
        ("Which", "Each"),
    ]
    assert outcomes(graph)["Which"] == "succeeded"


def test_a_failure_that_was_caught_is_no_failure_of_the_whole():
    graph = drawn(
        *TAKEN,
        ("TaskFailed", 3),
        ("TaskStateExited", 4, "Take"),
        ("FailStateEntered", 5, "Refused"),
        ("ExecutionFailed", 6),
    )

    assert outcomes(graph)["Take"] == "caught"
    assert outcomes(graph)["Refused"] == "failed"
    assert [edge.target for edge in graph.edges if edge.taken] == ["Refused"]


def test_a_task_that_was_tried_again_says_how_often():
    rows = [*TAKEN, ("TaskFailed", 3), ("TaskScheduled", 4), ("TaskSucceeded", 5)]
    take = by_name(drawn(*rows, ("TaskStateExited", 6, "Take")))["Take"]

    assert (take.outcome, take.retries, take.entered) == ("succeeded", 1, 1)


def test_a_failed_branch_fails_what_it_is_in_and_ends_what_runs_beside_it():
    graph = drawn(
        *IN_MAP,
        ("TaskScheduled", 13),
        ("TaskFailed", 15),
        ("ParallelStateFailed", 16),
        ("MapIterationFailed", 17, "Each"),
        ("MapStateFailed", 18),
        ("ExecutionFailed", 19),
    )

    found = outcomes(graph)
    assert [found[name] for name in ("Each", "Pair", "Left")] == ["failed"] * 3
    assert found["Right"] == "aborted"


def test_what_was_still_running_when_a_failure_was_caught_is_aborted():
    graph = drawn(
        *IN_MAP,
        ("TaskScheduled", 13),
        ("TaskFailed", 15),
        ("ParallelStateFailed", 16),
        ("MapIterationFailed", 17, "Each"),
        ("MapStateFailed", 18),
        ("MapStateExited", 19, "Each"),
    )

    found = outcomes(graph)
    assert (found["Each"], found["Left"], found["Right"]) == ("caught", "failed", "aborted")


def test_an_execution_that_was_stopped_has_aborted_states():
    assert outcomes(drawn(*TAKEN, ("ExecutionAborted", 3)))["Take"] == "aborted"


def test_an_execution_that_was_set_going_again_is_running():
    rows = (*TAKEN, ("TaskFailed", 3), ("ExecutionFailed", 4))

    assert outcomes(drawn(*rows))["Take"] == "failed"
    assert outcomes(drawn(*rows, ("ExecutionRedriven", 5)))["Take"] == "running"
    assert (
        outcomes(drawn(*rows, ("ExecutionRedriven", 5), ("TaskScheduled", 6)))["Take"] == "running"
    )


def test_a_history_alone_gives_a_graph_of_what_was_done():
    graph = graph_of_history(history(*IN_MAP), "a run")

    assert graph.start == "Take"
    assert [(edge.source, edge.target) for edge in graph.edges] == [
        ("Take", "Which"),
        ("Which", "Each"),
    ]
    nodes = by_name(graph)
    assert nodes["Take"].detail == "function work"
    assert [inner.start for inner in nodes["Pair"].inner] == ["Left", "Right"]
    assert [inner.start for inner in nodes["Each"].inner] == ["Pair"]


def test_iterations_of_a_map_are_drawn_once_and_counted():
    graph = graph_of_history(
        history(
            ("ExecutionStarted", 0),
            ("MapStateEntered", 0, "Each"),
            ("MapStateStarted", 2),
            ("MapIterationStarted", 3, "Each"),
            ("PassStateEntered", 4, "One"),
            ("PassStateExited", 5, "One"),
            ("MapIterationSucceeded", 6, "Each"),
            ("MapIterationStarted", 6, "Each"),
            ("PassStateEntered", 8, "One"),
            ("PassStateExited", 9, "One"),
            ("MapIterationSucceeded", 10, "Each"),
            ("MapStateSucceeded", 11),
            ("MapStateExited", 11, "Each"),
            ("ExecutionSucceeded", 13),
        )
    )

    [each] = graph.nodes
    assert each.is_end
    assert [(node.name, node.entered, node.outcome) for node in each.inner[0].nodes] == [
        ("One", 2, "succeeded")
    ]


@pytest.mark.parametrize("rows", [(), (("ExecutionStarted", 0),)])
def test_a_history_without_states_is_an_empty_graph(rows):
    assert graph_of_history(history(*rows)).nodes == ()
