"""The parts of an app in layers: none covers another, and lines lead from edge to edge."""

from __future__ import annotations

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from ensue.observe.architecture import Architecture, Edge, Node
from ensue.observe.picture.layers import WIDTH_MAX, layers, size_of
from ensue.observe.picture.shown import shown
from ensue.words.letters import text_width

KINDS = ("route", "table", "queue", "function", "bus", "rule", "mail")
NAMES = st.text("abc-_ /{}", min_size=1, max_size=40)


@st.composite
def architectures(draw) -> Architecture:
    count = draw(st.integers(1, 14))
    nodes = [
        Node("shop", draw(st.sampled_from(KINDS)), f"{at}{draw(NAMES)}") for at in range(count)
    ]
    ids = [each.id for each in nodes]
    ends = draw(st.lists(st.tuples(st.sampled_from(ids), st.sampled_from(ids)), max_size=30))
    how = st.sampled_from(["declared", "code", "seen"])
    flows = st.sampled_from(["changes", "reads", "messages"])
    edges = {(*each, draw(flows)): Edge(*each, draw(flows), draw(how)) for each in ends}
    return Architecture(("shop",), tuple(nodes), tuple(edges.values()))


@settings(max_examples=60, deadline=None)
@given(architectures())
def test_no_part_covers_another_and_all_are_within_the_picture(found):
    [drawn] = shown(found)

    made = layers(drawn)

    for one, other in itertools.combinations(made.boxes, 2):
        beside = one.x + one.width < other.x or other.x + other.width < one.x
        apart = one.y + one.height < other.y or other.y + other.height < one.y
        assert beside or apart, (one, other)
    for each in made.boxes:
        assert 0 <= each.x <= each.x + each.width <= made.width + 1e-6
        assert -1e-6 <= each.y <= each.y + each.height <= made.height + 1e-6


@settings(max_examples=60, deadline=None)
@given(architectures())
def test_each_line_leads_from_the_edge_of_one_part_to_that_of_the_other(found):
    [drawn] = shown(found)
    made = layers(drawn)
    boxes = {each.node.id: each for each in made.boxes}

    assert len(made.curves) == len(drawn.lines)
    for curve in made.curves:
        for end, (x, y) in (
            (boxes[curve.line.source], curve.points[0]),
            (boxes[curve.line.target], curve.points[-1]),
        ):
            assert x in {end.x, end.x + end.width}
            assert end.y < y < end.y + end.height


def test_what_comes_in_stands_at_the_left_and_effects_at_the_right():
    door, table = Node("shop", "route", "POST /orders"), Node("shop", "table", "orders")
    ship, mail = Node("shop", "function", "ship"), Node("shop", "mail", "letters")
    edges = (
        Edge(ship.id, mail.id, "letters", "code"),
        Edge(table.id, ship.id, "changes"),
        Edge(door.id, table.id, "changes", "code"),
    )
    [drawn] = shown(Architecture(("shop",), (mail, ship, table, door), edges))

    made = {each.node.id: each.x for each in layers(drawn).boxes}

    assert made[door.id] < made[table.id] < made[ship.id] < made[mail.id]


def test_a_handler_that_writes_back_into_what_a_door_writes_makes_the_picture_no_longer():
    door, stock = Node("shop", "route", "POST /stock"), Node("shop", "table", "stock")
    orders, reserve = Node("shop", "table", "orders"), Node("shop", "function", "reserve")
    low = Node("shop", "function", "low")
    edges = (
        Edge(door.id, stock.id, "changes", "code"),
        Edge(door.id, orders.id, "changes", "code"),
        Edge(orders.id, reserve.id, "changes"),
        Edge(stock.id, low.id, "changes"),
        Edge(reserve.id, stock.id, "changes", "code"),
    )
    [drawn] = shown(Architecture(("shop",), (door, stock, orders, reserve, low), edges))

    made = {each.node.id: each.x for each in layers(drawn).boxes}

    assert made[stock.id] == made[orders.id] < made[reserve.id] == made[low.id]


def test_a_way_there_and_back_is_one_line_with_the_declared_way_first():
    table, ship = Node("shop", "table", "orders"), Node("shop", "function", "ship")
    back, forth = Edge(ship.id, table.id, "changes", "code"), Edge(table.id, ship.id, "changes")

    [drawn] = shown(Architecture(("shop",), (table, ship), (back, forth)))

    [line] = drawn.lines
    assert (line.source, line.target) == (table.id, ship.id)
    assert (line.forth, line.back, line.how) == ((forth,), (back,), "declared")


def test_dead_letters_are_folded_unless_something_else_is_tied_to_them():
    jobs, letters = Node("shop", "queue", "jobs"), Node("shop", "queue", "jobs-dlq")
    look = Node("shop", "route", "GET /dead")
    dead = Edge(jobs.id, letters.id, "dead letters")
    reads = Edge(look.id, letters.id, "reads", "code")

    [folded] = shown(Architecture(("shop",), (jobs, letters), (dead,)))
    [whole] = shown(Architecture(("shop",), (jobs, letters, look), (dead, reads)))

    assert [each.name for each in folded.nodes] == ["jobs"]
    assert [each.name for each in whole.nodes] == ["jobs", "jobs-dlq", "GET /dead"]


@given(NAMES)
def test_a_long_name_is_cut_in_its_middle_until_it_fits(name):
    width, _, title = size_of(Node("shop", "table", name * 3))

    assert width <= WIDTH_MAX
    assert text_width(title, 13, is_bold=True) < width
