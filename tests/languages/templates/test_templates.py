from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensue.languages.templates import MAX_TEMPLATE_LEVELS, compile_template
from ensue.words.errors import InvalidDeclaration

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def escaped(value):
    if isinstance(value, str):
        return value.replace("{", "{{").replace("}", "}}")
    if isinstance(value, list):
        return [escaped(each) for each in value]
    if isinstance(value, dict):
        return {name: escaped(each) for name, each in value.items() if name != "..."}
    return value


def without_spreads(value):
    if isinstance(value, list):
        return [without_spreads(each) for each in value]
    if isinstance(value, dict):
        return {name: without_spreads(each) for name, each in value.items() if name != "..."}
    return value


@given(JSON)
def test_a_template_without_places_stands_for_itself(value):
    assert compile_template(escaped(value), ()).render({}) == without_spreads(value)


@given(JSON)
def test_a_place_gives_the_very_value(value):
    assert compile_template("{body}", ("body",)).render({"body": lambda: value}) == value


@given(JSON)
def test_a_value_in_a_text_is_its_text_or_its_json(value):
    found = compile_template("<{body}>", ("body",)).render({"body": lambda: value})
    assert found[1:-1] == value or json.loads(found[1:-1]) == value


@given(st.text("{}[].?body0", max_size=20))
def test_whatever_is_written_compiles_or_is_refused(text):
    try:
        found = compile_template(text, ("body",)).references
    except InvalidDeclaration:
        found = ()
    assert all(each.root == "body" for each in found)


def test_the_places_of_a_template_are_known():
    template = {"a": "{path.id}", "...": ["{body}"], "b": ["x {body.lines[0].sku?} y"]}
    found = compile_template(template, ("path", "body"))
    assert list(map(str, found.references)) == ["{path.id}", "{body}", "{body.lines[0].sku?}"]


def test_only_what_is_named_is_asked_for():
    def never():
        pytest.fail("nobody asked")

    assert compile_template("{a}", ("a", "b")).render({"a": lambda: 1, "b": never}) == 1


@pytest.mark.parametrize("template", [{1: 2}, float("nan"), object(), {"a": {"b": object()}}])
def test_what_json_cannot_hold_is_no_template(template):
    with pytest.raises(InvalidDeclaration):
        compile_template(template, ())


def test_a_template_has_so_many_levels_and_no_more():
    deep = 1
    for _ in range(MAX_TEMPLATE_LEVELS):
        deep = [deep]
    compile_template(deep, ())
    with pytest.raises(InvalidDeclaration, match="levels"):
        compile_template([deep], ())
