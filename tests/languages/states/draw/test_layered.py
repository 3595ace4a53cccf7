import re
from itertools import combinations

from hypothesis import given, settings

from ensue.drawing.places import crossings, order
from ensue.drawing.spots import Spot
from ensue.languages.states.draw import Edge, Graph, Node, graph_of_machine
from ensue.languages.states.draw.layered import layered
from ensue.languages.states.draw.ranks import back_edges, rows_of
from tests.languages.states.draw.machines import ORDER, graphs


def plain(*ways, start="a"):
    """A graph of states with names of one letter, from ways such as "ab"."""
    names = dict.fromkeys([start, *"".join(ways)])
    return Graph(
        start, tuple(Node(name, "Task") for name in names), tuple(Edge(*way) for way in ways)
    )


def areas(scene):
    """What takes room in a scene: left, top, right, bottom."""
    for box in scene.boxes:
        yield box.x, box.y, box.x + box.width, box.y + box.height
    for label in scene.labels:
        yield label.x - 10, label.y, label.x + 10, label.y + 14 * len(label.lines)


def scenes(scene):
    yield scene
    for box in scene.boxes:
        for _, inner in box.inner:
            yield from scenes(inner)


@given(graphs())
@settings(max_examples=40, deadline=None)
def test_nothing_overlaps_and_all_is_within_the_picture(graph):
    for scene in scenes(layered(graph)):
        for one, other in combinations(areas(scene), 2):
            is_beside = one[2] <= other[0] + 0.01 or other[2] <= one[0] + 0.01
            is_above = one[3] <= other[1] + 0.01 or other[3] <= one[1] + 0.01
            assert is_beside or is_above
        for left, top, right, bottom in areas(scene):
            assert left >= -0.01
            assert top >= 0
            assert right <= scene.width + 0.01
            assert bottom <= scene.height + 0.01


@given(graphs())
@settings(max_examples=40, deadline=None)
def test_each_way_is_drawn_and_each_state_that_one_comes_to_has_an_arrow(graph):
    scene = layered(graph)

    drawn = [line.edge for line in scene.lines if line.edge is not None]
    assert sorted(map(repr, drawn)) == sorted(map(repr, graph.edges))
    arrows = {line.edge.target for line in scene.lines if line.edge and line.has_arrow}
    assert arrows == {edge.target for edge in graph.edges}


@given(graphs(depth=0))
@settings(max_examples=40, deadline=None)
def test_no_upright_piece_of_a_line_runs_through_a_state(graph):
    scene = layered(graph)

    for line in scene.lines:
        for x, top, bottom in upright(line.path):
            for box in scene.boxes:
                is_beside = x <= box.x + 0.2 or x >= box.x + box.width - 0.2
                assert is_beside or bottom <= box.y + 0.2 or top >= box.y + box.height - 0.2


def upright(path):
    """The pieces of a path that run straight up or down."""
    x = y = 0.0
    for command, numbers in re.findall(r"([MVHCQ])([^MVHCQ]*)", path):
        values = [float(each) for each in numbers.split()]
        if command == "V":
            yield x, min(y, values[0]), max(y, values[0])
            y = values[0]
        elif command == "H":
            x = values[0]
        else:
            x, y = values[-2:]


def test_each_state_stands_below_those_that_lead_to_it():
    graph = plain("ab", "ac", "bd", "cd", "de", "eb")

    back = back_edges(graph)

    assert back == {("e", "b")}
    assert rows_of(graph, back) == {"a": 2, "b": 4, "c": 4, "d": 6, "e": 8}


def test_a_state_that_leads_to_itself_is_a_way_back():
    assert back_edges(plain("ab", "bb")) == {("b", "b")}
    assert layered(plain("ab", "bb")).lines


def test_a_straight_sequence_is_one_straight_line():
    scene = layered(plain("ab", "bc", "cd"))

    assert len({round(box.x + box.width / 2) for box in scene.boxes}) == 1
    assert all("C" not in line.path for line in scene.lines)


def test_rows_are_sorted_until_no_lines_cross_that_need_not():
    spots = [Spot(("a",), 0), Spot(("b",), 0), Spot(("c",), 1), Spot(("d",), 1)]
    for upper, lower in ((0, 3), (1, 2)):
        spots[upper].below[lower] = spots[lower].above[upper] = 1
    rows = [[0, 1], [2, 3]]

    assert crossings(spots, rows) == 1
    assert crossings(spots, order(spots, rows)) == 0


def test_many_lines_to_one_state_are_one_trunk():
    graph = plain(*(f"{name}z" for name in "bcdef"), "ab", "bc", "cd", "de", "ef")

    lines = [line for line in layered(graph).lines if line.edge and line.edge.target == "z"]

    assert sum(line.has_arrow for line in lines) < len(lines)


def test_many_branches_stand_in_several_lines():
    inner = graph_of_machine(ORDER)
    [box] = layered(Graph("a", (Node("a", "Parallel", inner=(inner,) * 8),))).boxes

    assert len({y for (_, y), _ in box.inner}) > 1


def test_a_graph_without_states_is_an_empty_picture():
    assert layered(Graph(None, ())).boxes == ()
