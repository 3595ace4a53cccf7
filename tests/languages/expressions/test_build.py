"""From text to compiled expression, and what is remembered."""

import pytest

from ensue.languages.expressions import (
    compile_condition,
    compile_key_condition,
    compile_projection,
    compile_update,
)
from ensue.languages.expressions.build import CACHE_EXPRESSIONS, _condition
from ensue.words.errors import InvalidExpression

COMPILERS = [
    (compile_condition, "#a = :x"),
    (compile_update, "SET #a = :x"),
    (compile_projection, "#a"),
    (lambda text, **how: compile_key_condition(text, partition="a", **how), "#a = :x"),
]


@pytest.mark.parametrize(("compile_text", "text"), COMPILERS)
def test_a_text_that_is_known_is_not_compiled_again(compile_text, text):
    assert compile_text(text, names={"a": "a", "b": "b"}) is compile_text(
        text, names={"b": "b", "a": "a"}
    )


def test_the_same_text_with_other_names_or_options_is_another_expression():
    one = compile_condition("#a = :x", names={"a": "a"})
    assert compile_condition("#a = :x", names={"a": "b"}) is not one
    assert compile_condition("#a = :x", names={"a": "a"}, reserved="reject") is not one
    assert compile_condition("#a = :x", names={"a": "a"}, strict_values=True) is not one


def test_the_same_key_condition_on_another_table_is_another_expression():
    assert compile_key_condition("p = :x", partition="p")
    with pytest.raises(InvalidExpression, match="the key 'q'"):
        compile_key_condition("p = :x", partition="q")


def test_what_is_remembered_is_bounded():
    assert _condition.cache_info().maxsize == CACHE_EXPRESSIONS


@pytest.mark.parametrize("text", [None, 5, b"a = :x", ["a"]])
@pytest.mark.parametrize(("compile_text", "_"), COMPILERS)
def test_what_is_no_text_is_refused(compile_text, text, _):
    with pytest.raises(InvalidExpression, match="as text"):
        compile_text(text)


@pytest.mark.parametrize("names", [{"a": 1}, {1: "a"}, {"a": ""}, {"a": ["x"]}])
def test_names_that_are_no_names_are_refused(names):
    with pytest.raises(InvalidExpression, match="names as text"):
        compile_condition("#a = :x", names=names)


def test_a_name_that_is_keyed_with_its_mark_is_told_so():
    with pytest.raises(InvalidExpression, match="Write it as 'a'"):
        compile_condition("#a = :x", names={"#a": "a"})


def test_another_way_with_reserved_words_is_refused():
    with pytest.raises(InvalidExpression, match="'allow' or 'reject'"):
        compile_condition("a = :x", reserved="forbid")
