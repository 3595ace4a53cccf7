"""The boxes of the apps: side by side where there is room, and never over each other."""

from __future__ import annotations

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from ensue.observe.architecture import Architecture, Node
from ensue.observe.picture.packing import HEAD, pack, picture

SIZES = st.lists(st.tuples(st.floats(20, 600), st.floats(20, 400)), max_size=20)


@settings(max_examples=100, deadline=None)
@given(SIZES, st.integers(0, 30))
def test_no_two_boxes_are_nearer_than_the_gap_and_none_is_beyond_the_width(sizes, gap):
    places = pack(sizes, 600, gap)

    boxes = [(x, y, x + wide, y + high) for (x, y), (wide, high) in zip(places, sizes, strict=True)]
    for one, other in itertools.combinations(boxes, 2):
        beside = one[2] + gap <= other[0] + 1e-6 or other[2] + gap <= one[0] + 1e-6
        apart = one[3] + gap <= other[1] + 1e-6 or other[3] + gap <= one[1] + 1e-6
        assert beside or apart
    assert all(x >= 0 and right <= 600 + 1e-6 and y >= 0 for x, y, right, _ in boxes)


def test_a_narrow_box_stands_beside_others_as_high_up_as_there_is_room():
    assert pack([(300, 200), (200, 100), (200, 50)], 600, 10) == [(0, 0), (310, 0), (310, 110)]


def test_of_a_folded_app_only_the_name_is_drawn():
    found = Architecture(
        ("shop", "bank"), (Node("shop", "table", "a"), Node("bank", "table", "b")), ()
    )

    drawn = picture(found, closed={"shop"})

    [shop, bank] = drawn.boxes
    assert (shop.is_open, shop.height, shop.layers.boxes) == (False, HEAD, ())
    assert bank.is_open
    assert bank.layers.boxes


def test_an_app_without_parts_is_a_name_too():
    assert picture(Architecture(("shop",), (), ())).boxes[0].height == HEAD
