"""What a compiled expression knows, and its placeholders."""

import pytest

from ensue.languages import expressions
from ensue.languages.expressions import (
    check_placeholders,
    compile_condition,
    compile_key_condition,
    compile_projection,
    compile_update,
)
from ensue.words.errors import InvalidExpression


def test_the_public_names_are_one_sorted_list():
    assert expressions.__all__ == sorted(expressions.__all__, key=_as_ruff_sorts)
    assert all(hasattr(expressions, name) for name in expressions.__all__)


def _as_ruff_sorts(name):
    return (not name.isupper(), not name[0].isupper(), name)


def test_an_expression_knows_its_placeholders_and_paths():
    condition = compile_condition("#a.b[0] = :x OR size(c) > :y", names={"a": "q", "z": "unused"})
    assert condition.names_used == {"a"}
    assert condition.values_used == {"x", "y"}
    assert condition.paths == (("q", "b", 0), ("c",))
    assert repr(condition) == "Condition('#a.b[0] = :x OR size(c) > :y')"


def test_the_paths_of_an_update_are_the_places_that_it_changes():
    assert compile_update("SET a.b = c + :x REMOVE d[0] ADD e :x").paths == (
        ("a", "b"),
        ("d", 0),
        ("e",),
    )


def test_the_paths_of_a_projection_are_what_it_keeps():
    assert compile_projection("a, b[1].c").paths == (("a",), ("b", 1, "c"))


@pytest.mark.parametrize(
    "evaluate",
    [
        lambda values: compile_condition("a = :x").holds({}, values),
        lambda values: compile_condition("a <> :y OR a = :x").holds({}, values),
        lambda values: compile_update("SET a = if_not_exists(b, :x)").apply({"b": 1}, values),
        lambda values: compile_key_condition("p = :x", partition="p").range(values),
    ],
)
def test_a_missing_value_is_an_error_even_where_it_is_not_reached(evaluate):
    with pytest.raises(InvalidExpression, match="none for ':x'"):
        evaluate({"y": 1})


def test_a_value_keyed_with_its_colon_is_told_so():
    with pytest.raises(InvalidExpression, match="without the ':'"):
        compile_condition("a = :x").holds({}, {":x": 1})


def test_an_expression_without_values_needs_none():
    assert compile_condition("attribute_exists(a)").holds({"a": 1})
    assert compile_update("REMOVE a").apply({"a": 1}) == {}


def test_an_unused_value_is_an_error_only_on_request():
    values = {"x": 1, "y": 2}
    assert compile_condition("a = :x").holds({"a": 1}, values)
    with pytest.raises(InvalidExpression, match="no use of :y"):
        compile_condition("a = :x", strict_values=True).holds({"a": 1}, values)
    with pytest.raises(InvalidExpression, match="no use of :y"):
        compile_update("SET a = :x", strict_values=True).apply({}, values)
    with pytest.raises(InvalidExpression, match="no use of :y"):
        compile_key_condition("a = :x", partition="a", strict_values=True).range(values)


def test_check_values_demands_all_the_values_and_no_other_and_of_the_right_types():
    condition = compile_condition("a > :x")
    condition.check_values({"x": 1})
    for values, message in [
        ({}, "none for ':x'"),
        ({"x": 1, "y": 2}, "no use of :y"),
        ({"x": None}, "got NULL"),
    ]:
        with pytest.raises(InvalidExpression, match=message):
            condition.check_values(values)


def test_the_expressions_of_one_request_share_their_placeholders():
    names = {"a": "a", "b": "b"}
    one = compile_condition("#a = :x", names=names)
    two = compile_update("SET #b = :y", names=names)
    check_placeholders(one, two, values={"x": 1, "y": 2}, names=names)
    with pytest.raises(InvalidExpression, match="no use of :v, :z"):
        check_placeholders(one, two, values={"x": 1, "z": 1, "v": 1}, names=names)
    with pytest.raises(InvalidExpression, match="no use of #b"):
        check_placeholders(one, names=names)
