"""The reserved words."""

import pytest

from ensue.languages.expressions import (
    RESERVED_WORDS,
    compile_condition,
    compile_projection,
    compile_update,
)
from ensue.words.errors import InvalidExpression


def test_there_are_as_many_reserved_words_as_in_the_developer_guide():
    assert len(RESERVED_WORDS) == 573


@pytest.mark.parametrize("word", ["ABORT", "NAME", "SIZE", "STATUS", "TTL", "ZONE"])
def test_a_reserved_word_is_one_in_any_case(word):
    for text in (word, word.lower(), word.title()):
        with pytest.raises(InvalidExpression, match="reserved word"):
            compile_condition(f"{text} = :x", reserved="reject")


def test_a_reserved_word_is_a_name_like_any_other_unless_it_is_to_be_rejected():
    assert compile_condition("status = :s").holds({"status": "new"}, {"s": "new"})


@pytest.mark.parametrize(
    "compile_text",
    [
        lambda **how: compile_condition("a.status = :x", **how),
        lambda **how: compile_update("SET a = b.status", **how),
        lambda **how: compile_projection("a, status[0]", **how),
    ],
)
def test_reserved_words_are_rejected_anywhere_in_a_path(compile_text):
    compile_text()
    with pytest.raises(InvalidExpression, match="reserved word 'status'"):
        compile_text(reserved="reject")


def test_a_placeholder_stands_for_a_reserved_word_in_any_case():
    condition = compile_condition("#s = :x", names={"s": "status"}, reserved="reject")
    assert condition.holds({"status": 1}, {"x": 1})


def test_function_names_are_not_attribute_names():
    assert compile_condition("size(a) = :n", reserved="reject").holds({"a": "xyz"}, {"n": 3})


def test_a_leading_underscore_is_rejected_with_the_reserved_words():
    assert compile_condition("_a = :x").holds({"_a": 1}, {"x": 1})
    with pytest.raises(InvalidExpression, match="begins with a letter"):
        compile_condition("_a = :x", reserved="reject")


@pytest.mark.parametrize(
    "text", ["((a = :x))", "a = ((:x))", "a = :x AND ((b = :x OR c = :x))", "contains(a, ((b)))"]
)
def test_redundant_parentheses_are_rejected_with_the_reserved_words(text):
    compile_condition(text)
    with pytest.raises(InvalidExpression, match="redundant"):
        compile_condition(text, reserved="reject")


@pytest.mark.parametrize("text", ["((a = :x) OR (b = :x))", "(a) BETWEEN (b) AND (:x)"])
def test_parentheses_that_group_something_are_not_redundant(text):
    assert compile_condition(text, reserved="reject")
