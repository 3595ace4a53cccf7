"""Text to tokens."""

import pytest

from ensue.languages.expressions.tokens import (
    MAX_EXPRESSION_BYTES,
    MAX_PLACEHOLDER_CHARS,
    Sort,
    tokenize,
)
from ensue.words.errors import InvalidExpression


def test_a_token_knows_where_it_starts():
    assert [(t.sort, t.text, t.offset) for t in tokenize(" a>=:n ")] == [
        (Sort.NAME, "a", 1),
        (Sort.SYMBOL, ">=", 2),
        (Sort.VALUE_PLACEHOLDER, "n", 4),
        (Sort.END, "", 7),
    ]


def test_placeholders_come_without_their_mark_and_may_begin_with_a_digit():
    assert [t.text for t in tokenize("#0a :1_")] == ["0a", "1_", ""]


def test_two_symbols_are_read_as_one_where_they_can_be():
    assert [t.text for t in tokenize("<> <= >= < > =")][:-1] == ["<>", "<=", ">=", "<", ">", "="]


@pytest.mark.parametrize("text", ["", " ", "\n\t"])
def test_an_empty_text_is_refused(text):
    with pytest.raises(InvalidExpression, match="empty"):
        tokenize(text)


@pytest.mark.parametrize(
    ("text", "offset", "hint"),
    [
        ("a = 'x'", 4, ":value"),
        ('a = "x"', 4, ":value"),
        ("é = :x", 0, "#name"),
        ("a = :", 4, "After ':'"),
        ("# = :x", 0, "After '#'"),
        ("a ! b", 2, None),
        ("a = \ud800", 4, None),
        ("a\xa0= :x", 1, None),
    ],
)
def test_a_character_of_no_token_is_refused_where_it_stands(text, offset, hint):
    with pytest.raises(InvalidExpression) as caught:
        tokenize(text)
    assert caught.value.at == f"offset {offset}"
    assert hint is None or hint in str(caught.value.hint)


def test_a_text_of_the_greatest_length_is_taken_and_a_longer_one_is_not():
    text = "a" + " " * (MAX_EXPRESSION_BYTES - 1)
    assert tokenize(text)
    with pytest.raises(InvalidExpression, match="4096 bytes"):
        tokenize(text + " ")


def test_the_length_is_counted_in_bytes():
    with pytest.raises(InvalidExpression, match="4096 bytes"):
        tokenize("é" * (MAX_EXPRESSION_BYTES // 2 + 1))


def test_a_name_that_is_too_long_is_refused():
    assert tokenize("a" * MAX_PLACEHOLDER_CHARS)
    with pytest.raises(InvalidExpression, match="255 characters"):
        tokenize(":" + "a" * (MAX_PLACEHOLDER_CHARS + 1))
