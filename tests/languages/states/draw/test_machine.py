import pytest

from ensue.languages.states.draw import Edge, graph_of_machine
from ensue.languages.states.draw.machine import resource_words, seconds_words
from tests.languages.states.draw.machines import ORDER, caught, machine, rule, task


def test_the_graph_has_each_state_and_each_way():
    graph = graph_of_machine(ORDER)

    assert graph.start == "Take"
    assert [node.name for node in graph.nodes] == ["Take", "Which", "Each", "Done", "Refused"]
    assert set(graph.edges) == {
        Edge("Take", "Which"),
        Edge("Take", "Refused", "catch", "any error"),
        Edge("Which", "Each", "choice", "n > 1"),
        Edge("Which", "Take", "choice", "n is 0"),
        Edge("Which", "Done", "default", "otherwise"),
        Edge("Each", "Done"),
        Edge("Each", "Refused", "catch", "Lost"),
    }


def test_branches_and_processors_are_graphs_within():
    [each] = [node for node in graph_of_machine(ORDER).nodes if node.name == "Each"]
    [pair] = each.inner[0].nodes

    assert each.detail == "each of lines, 5 at once"
    assert [graph.start for graph in pair.inner] == ["Left", "Right"]


def test_several_reasons_for_the_same_way_are_one_way():
    which = {"Type": "Choice", "Choices": [rule("B", NumericEquals=at) for at in (1, 2)]}

    assert graph_of_machine(machine("A", A=which, B=task())).edges == (
        Edge("A", "B", "choice", "n is 1, or n is 2"),
    )


def test_a_state_that_ends_says_so():
    nodes = graph_of_machine(ORDER).nodes

    assert [node.name for node in nodes if node.is_end] == ["Done", "Refused"]


def test_the_tries_of_a_task_are_told():
    [node, *_] = graph_of_machine(
        machine(
            "A", A=task(Retry=[{"ErrorEquals": ["A"]}, {"ErrorEquals": ["B"], "MaxAttempts": 4}])
        )
    ).nodes

    assert node.detail == "function work · retries 7"


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ({"Type": "Wait", "Seconds": 7_200}, "2 hours"),
        ({"Type": "Wait", "Seconds": "{% $delay %}"}, "$delay seconds"),
        ({"Type": "Wait", "SecondsPath": "$.delay"}, "delay seconds"),
        ({"Type": "Wait", "Timestamp": "2030-01-01T00:00:00Z"}, "until 2030-01-01T00:00:00Z"),
        ({"Type": "Wait", "TimestampPath": "$.at"}, "until at"),
        ({"Type": "Fail", "ErrorPath": "$.name"}, "name"),
        ({"Type": "Pass"}, ""),
    ],
)
def test_a_state_says_what_it_does(state, words):
    assert graph_of_machine(machine("A", A=state)).nodes[0].detail == words


@pytest.mark.parametrize(
    ("resource", "words"),
    [
        ("ensue:queue:payments", "queue payments"),
        ("ensue:workflow:ship.sync", "workflow ship, waits for its end"),
        ("arn:aws:states:::sqs:sendMessage.waitForTaskToken", "sqs:sendMessage, waits for a token"),
        ("arn:aws:states:::aws-sdk:s3:getObject", "s3:getObject"),
        ("arn:aws:lambda:eu-west-1:123456789012:function:ship:7", "function ship"),
        ("arn:aws:states:eu-west-1:123456789012:activity:pack", "activity pack"),
        ("something else", "something else"),
    ],
)
def test_a_resource_is_told_in_words(resource, words):
    assert resource_words(resource) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(1, "1 second"), (90, "90 seconds"), (3_600, "1 hour"), (86_400 * 1_000, "1,000 days")],
)
def test_a_time_is_told_in_its_largest_whole_unit(seconds, words):
    assert seconds_words(seconds) == words


def test_catchers_of_one_state_are_told_with_their_errors():
    graph = graph_of_machine(machine("A", A=task(Catch=caught("B", "Lost", "Late")), B=task()))

    assert graph.edges == (Edge("A", "B", "catch", "Lost, Late"),)
