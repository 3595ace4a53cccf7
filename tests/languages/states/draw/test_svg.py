import xml.etree.ElementTree as ET

from hypothesis import given, settings

from ensue.languages.states.draw import Edge, Graph, Node, draw_svg, graph_of_machine
from tests.languages.states.draw.machines import ORDER, graphs

SVG = "{http://www.w3.org/2000/svg}"


def read(graph):
    return ET.fromstring(draw_svg(graph))  # noqa: S314 - we wrote it


def texts(root, kind):
    return [each.text for each in root.iter(f"{SVG}text") if kind in each.get("class", "").split()]


@given(graphs())
@settings(max_examples=25, deadline=None)
def test_a_picture_is_well_formed_and_names_each_state(graph):
    told = texts(read(graph), "name")

    assert {node.name for node in graph.nodes} <= set(told)


def test_conditions_and_errors_stand_at_their_ways():
    told = texts(read(graph_of_machine(ORDER)), "label")

    assert {"n > 1", "n is 0", "otherwise", "any error", "Lost"} <= set(told)


def test_names_are_text_and_never_markup():
    name = "<script>&\"'\x1b\ud800"
    root = read(Graph(name, (Node(name, "Task"),), (Edge(name, name, "choice", name),), title=name))

    assert not list(root.iter("script"))
    assert any("<script>&\"'" in (text or "") for text in texts(root, "name"))


def test_a_wide_picture_holds_a_narrow_one_for_small_screens():
    wide = graph_of_machine(ORDER)
    scenes = [each.get("class") for each in read(wide).iter(f"{SVG}svg")]

    assert scenes == ["es", "wide", "narrow"]
    assert "@media (max-width:" in draw_svg(wide)
    assert "narrow" not in draw_svg(Graph("a", (Node("a", "Task"),)))


def test_colours_are_chosen_for_light_and_for_dark():
    assert "@media (prefers-color-scheme:dark)" in draw_svg(graph_of_machine(ORDER))


def test_ends_are_marked():
    graph = Graph("a", (Node("a", "Task", is_end=True), Node("b", "Fail", is_end=True)))

    rings = [each for each in read(graph).iter(f"{SVG}circle") if each.get("class") == "ring"]
    assert len(rings) == 1


def test_outcomes_are_told_by_colour_and_in_words():
    root = read(Graph("a", (Node("a", "Task", outcome="failed", entered=2, retries=3),)))

    assert [each.get("class") for each in root.iter(f"{SVG}g")][1] == "Task failed"
    assert texts(root, "badge") == ["\N{MULTIPLICATION SIGN}2"]
    assert texts(root, "detail") == ["tried again 3 times"]
    assert "a (Task, failed)" in [each.text for each in root.iter(f"{SVG}title")]
