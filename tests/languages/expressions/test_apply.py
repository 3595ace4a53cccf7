"""Updates and projections at work."""

from collections import UserDict
from copy import deepcopy
from decimal import Decimal

import pytest

from ensue.languages.expressions import compile_projection, compile_update
from ensue.words.errors import InvalidExpression


def update(text, item, **values):
    return compile_update(text).apply(item, values)


def project(text, item):
    return compile_projection(text).project(item)


def refused(text, item, **values):
    with pytest.raises(InvalidExpression) as caught:
        update(text, item, **values)
    return caught.value


def test_set_replaces_or_adds_an_attribute():
    assert update("SET a = :x, b = :y", {"a": 1, "c": 3}, x="p", y=None) == {
        "a": "p",
        "b": None,
        "c": 3,
    }


def test_set_makes_an_item_where_there_is_none():
    assert update("SET a = :x", None, x=1) == {"a": 1}


def test_every_value_is_read_from_the_item_before_the_update():
    assert update("SET a = b, b = a REMOVE c ADD d :x", {"a": 1, "b": 2, "c": 3}, x=4) == {
        "a": 2,
        "b": 1,
        "d": 4,
    }
    assert update("REMOVE a SET b = a", {"a": 1}) == {"b": 1}
    assert update("SET a = l, l[0] = :x", {"l": [1]}, x=2) == {"a": [1], "l": [2]}


def test_the_item_before_is_not_changed():
    before = {"a": {"b": [1, {"c": 2}]}, "s": {1}, "n": 1, "l": [1, 2]}
    kept = deepcopy(before)
    update("SET a.b[1].c = :x REMOVE l[0] ADD n :x, s :s", before, x=5, s={2})
    update("DELETE s :s", before, s={1})
    assert before == kept


def test_only_what_lies_on_a_path_is_copied():
    before = {"a": {"b": [1], "c": [2]}, "d": [3]}
    after = update("SET a.b[0] = :x", before, x=9)
    assert after == {"a": {"b": [9], "c": [2]}, "d": [3]}
    assert after["d"] is before["d"]
    assert after["a"]["c"] is before["a"]["c"]
    assert after["a"]["b"] is not before["a"]["b"]


def test_set_goes_into_maps_and_lists():
    item = {"a": {"b": 3, "c": ["hi", {"x": {"y": [3, 5, 7]}}]}}
    assert update("SET a.c[1].x.y[1] = :v, a.d = a.c[1].x.y[2]", item, v=9) == {
        "a": {"b": 3, "c": ["hi", {"x": {"y": [3, 9, 7]}}], "d": 7}
    }


def test_set_takes_any_mapping_for_an_item_and_gives_dicts():
    after = update("SET a.b = :x", UserDict({"a": UserDict({"c": 1})}), x=2)
    assert after == {"a": {"b": 2, "c": 1}}
    assert type(after) is dict
    assert type(after["a"]) is dict


def test_set_beyond_the_end_of_a_list_appends_in_the_order_of_the_indexes():
    item = {"a": ["one", "two"]}
    assert update("SET a[7] = :x", item, x=3) == {"a": ["one", "two", 3]}
    assert update(
        "SET a[84] = :p, a[37] = :q, a[17] = :r, a[0] = :s", item, p=1, q=2, r=3, s=4
    ) == {"a": [4, "two", 3, 2, 1]}


def test_indexes_are_those_of_the_list_before_the_update():
    item = {"a": [2, 3, 4, 5, 6, 7]}
    for text in ("REMOVE a[1] SET a[3] = :v", "SET a[3] = :v REMOVE a[1]"):
        assert update(text, item, v=17) == {"a": [2, 4, 17, 6, 7]}
    assert update("REMOVE a[1], a[5] SET a[9] = :v", item, v=8) == {"a": [2, 4, 5, 6, 8]}


@pytest.mark.parametrize("text", ["SET {} = :x", "REMOVE {}", "ADD {} :x", "DELETE {} :s"])
@pytest.mark.parametrize(
    ("path", "at"),
    [
        ("a.c", "$.a"),
        ("a[0]", "$.a"),
        ("b.c", "$.b"),
        ("m[0]", "$.m"),
        ("gone.c", "$.gone"),
        ("gone[0]", "$.gone"),
        ("m.gone.c", "$.m.gone"),
        ("b[7].c", "$.b[7]"),
    ],
)
def test_maps_and_lists_on_the_way_must_be_there(text, path, at):
    text = text.format(path)
    values = {name: value for name, value in {"x": 1, "s": {1}}.items() if f":{name}" in text}
    error = refused(text, {"a": "text", "b": ["hi"], "m": {}}, **values)
    assert "on the path to update" in error.message
    assert error.at == at


def test_what_is_missing_at_the_end_of_a_path_is_removed_without_a_word():
    item = {"a": {"x": 3}, "b": ["hi"]}
    assert update("REMOVE a.y, b[7], c", item) == item


def test_a_map_or_list_stays_when_its_last_element_goes():
    assert update("REMOVE a.x, b[0]", {"a": {"x": 3}, "b": ["hi"]}) == {"a": {}, "b": []}


def test_anything_may_be_removed_from_an_item_that_is_not_there():
    assert update("REMOVE x.y, z[0]", None) == {}
    assert update("REMOVE x.y SET a = :x", None, x=1) == {"a": 1}


def test_arithmetic_reads_attributes_and_values_on_either_side():
    assert update("SET a = :x - a", {"a": 2}, x=5) == {"a": 3}
    assert update("SET a = b + c", {"b": 2, "c": Decimal("0.5")}) == {
        "a": Decimal("2.5"),
        "b": 2,
        "c": Decimal("0.5"),
    }
    assert update("SET a = :x + :y", {}, x=1, y=2) == {"a": 3}


def test_arithmetic_on_a_missing_attribute_names_it():
    error = refused("SET a = b.c + :x", {"b": {}}, x=1)
    assert error.at == "$.b.c"
    assert "nothing" in error.message


@pytest.mark.parametrize("value", ["1", True, None, [1], {1}])
def test_arithmetic_on_another_type_names_the_attribute(value):
    assert refused("SET a = b - :x", {"b": value}, x=1).at == "$.b"
    assert refused("SET a = :x - b", {"b": value}, x=1).at == "$.b"


@pytest.mark.parametrize("value", ["1", True, None, [1], {1}])
def test_arithmetic_refuses_a_value_of_another_type_whatever_the_item_holds(value):
    assert refused("SET a = a + :x", None, x=value).at == ":x"
    assert refused("SET a = if_not_exists(b, :x) + :n", {"b": 1}, x=value, n=1).at == ":x"


def test_copying_a_missing_attribute_is_an_error():
    assert refused("SET a = b", {}).at == "$.b"


def test_if_not_exists_gives_what_is_there_or_else_the_value():
    assert update("SET a = if_not_exists(a, :x)", {}, x=1) == {"a": 1}
    assert update("SET a = if_not_exists(a, :x)", {"a": None}, x=1) == {"a": None}
    assert update("SET b = if_not_exists(a, :x)", {"a": 2}, x=1) == {"a": 2, "b": 2}
    assert update("SET a = if_not_exists(b, if_not_exists(c, :x))", {"c": 3}, x=1) == {
        "a": 3,
        "c": 3,
    }


def test_if_not_exists_may_fall_back_on_another_attribute_that_must_be_there():
    assert update("SET a = if_not_exists(b, c)", {"c": 1}) == {"a": 1, "c": 1}
    assert refused("SET a = if_not_exists(b, c)", {}).at == "$.c"


def test_list_append_gives_a_new_list_of_both():
    item = {"a": [1]}
    assert update("SET a = list_append(a, :x)", item, x=[2]) == {"a": [1, 2]}
    assert update("SET a = list_append(:x, a)", item, x=[2]) == {"a": [2, 1]}
    assert update("SET a = list_append(a, a)", item) == {"a": [1, 1]}
    assert update("SET a = list_append(if_not_exists(a, :e), :x)", {}, e=[], x=[2]) == {"a": [2]}
    assert item == {"a": [1]}


def test_list_append_is_of_lists():
    assert refused("SET a = list_append(b, :x)", {"b": {1}}, x=[1]).at == "$.b"
    assert refused("SET a = list_append(:x, b)", {"b": "text"}, x=[1]).at == "$.b"
    assert refused("SET a = list_append(b, :x)", {}, x=[1]).at == "$.b"
    assert refused("SET a = list_append(b, :x)", {}, x="text").at == ":x"


def test_add_counts_from_nothing_and_from_a_number():
    assert update("ADD a :x", None, x=3) == {"a": 3}
    assert update("ADD a :x, b.c :y", {"a": 3, "b": {}}, x=-4, y=Decimal("0.5")) == {
        "a": -1,
        "b": {"c": Decimal("0.5")},
    }


def test_add_joins_sets_of_one_type():
    assert update("ADD a :x, b :x", {"a": {"p", "q"}}, x={"q", "r"}) == {
        "a": {"p", "q", "r"},
        "b": {"q", "r"},
    }
    assert update("ADD a :x", {"a": frozenset({1})}, x={2}) == {"a": {1, 2}}


@pytest.mark.parametrize("value", ["text", True, None, [1], {"a": 1}, b"b", set(), {1, "a"}])
@pytest.mark.parametrize("clause", ["ADD", "DELETE"])
def test_add_and_delete_refuse_other_values(clause, value):
    error = refused(f"{clause} a :x", None, x=value)
    assert error.at == ":x"
    assert f"for {clause}" in error.message


def test_delete_is_of_sets_alone():
    assert refused("DELETE a :x", {}, x=1).at == ":x"


@pytest.mark.parametrize(
    ("clause", "old", "value"),
    [
        ("ADD", "text", 1),
        ("ADD", True, 1),
        ("ADD", {1}, 1),
        ("ADD", 1, {1}),
        ("ADD", [1], {1}),
        ("ADD", {"a"}, {1}),
        ("DELETE", {"a"}, {1}),
        ("DELETE", "a", {"a"}),
        ("DELETE", 1, {1}),
    ],
)
def test_add_and_delete_refuse_an_attribute_of_another_type(clause, old, value):
    assert refused(f"{clause} a :x", {"a": old}, x=value).at == "$.a"


def test_delete_takes_elements_away_and_the_attribute_with_the_last():
    item = {"a": {"p", "q"}, "b": {"c": {1}}}
    assert update("DELETE a :x", item, x={"p", "z"}) == {"a": {"q"}, "b": {"c": {1}}}
    assert update("DELETE a :x", item, x={"p", "q"}) == {"b": {"c": {1}}}
    assert update("DELETE b.c :x", item, x={1}) == {"a": {"p", "q"}, "b": {}}
    assert update("DELETE gone :x", item, x={1}) == item


def test_a_projection_keeps_the_shape_around_what_it_names():
    item = {"a": {"b": 1, "c": {"d": 2, "e": 3}}, "l": [{"x": 1, "y": 2}, 5, {"x": 3}], "z": 0}
    assert project("a.c.d, l[2].x, l[0].y, z", item) == {
        "a": {"c": {"d": 2}},
        "l": [{"y": 2}, {"x": 3}],
        "z": 0,
    }


def test_a_projection_leaves_out_what_is_missing_and_what_then_is_empty():
    item = {"a": {"b": 1}, "l": [1], "s": "text"}
    assert project("a.x, l[7], s.x, gone", item) == {}
    assert project("a[0], l.x, s[0]", item) == {}
    assert project("a", {"a": {}}) == {"a": {}}
    assert project("a.b", {"a": {"b": None}}) == {"a": {"b": None}}
    assert project("a", None) == {}


def test_a_projection_takes_any_mapping():
    assert project("a.b", UserDict({"a": UserDict({"b": 1, "c": 2})})) == {"a": {"b": 1}}
