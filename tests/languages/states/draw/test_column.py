from hypothesis import given, settings

from ensue.languages.states.draw import Edge, Graph, Node, graph_of_machine
from ensue.languages.states.draw.column import column
from tests.languages.states.draw.machines import ORDER, graphs

WIDTH = 360


@given(graphs())
@settings(max_examples=40, deadline=None)
def test_states_stand_below_each_other_and_each_way_is_drawn(graph):
    scene = column(graph, WIDTH)

    above = 0
    for box in scene.boxes:
        assert box.y >= above
        above = box.y + box.height
        assert all(way.y < box.height for way in box.ways)
    assert above <= scene.height
    drawn = [line.edge for line in scene.lines if line.edge is not None]
    assert sorted(map(repr, drawn)) == sorted(map(repr, graph.edges))


def test_what_a_way_says_stands_in_the_state_that_it_leaves():
    [which] = [
        box for box in column(graph_of_machine(ORDER), WIDTH).boxes if box.node.kind == "Choice"
    ]

    assert [" ".join(way.lines) for way in which.ways] == [
        "n > 1 → Each",
        "n is 0 → Take",
        "otherwise → Done",
    ]


def test_a_usual_machine_is_as_narrow_as_wanted():
    assert column(graph_of_machine(ORDER), WIDTH).width <= WIDTH


def test_ways_to_the_same_state_share_a_rail_with_one_arrow():
    names = "abcde"
    nodes = tuple(Node(name, "Task") for name in names)
    edges = tuple(Edge(name, "e", "catch", "any error") for name in names[:3])
    scene = column(Graph("a", nodes, (*edges, *(Edge(*way) for way in ("ab", "bc", "cd")))), WIDTH)

    rails = [line for line in scene.lines if line.edge and line.edge.target == "e"]
    assert [line.has_arrow for line in rails] == [True, False, False]
