from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensue.words.errors import InvalidName
from ensue.words.names import NAME_LENGTH_MAX, Ref, check_name, sql_name


@pytest.mark.parametrize("name", ["a", "orders", "order-events", "a_b-c9", "x" * NAME_LENGTH_MAX])
def test_lower_case_words_joined_by_dashes_are_names(name):
    assert check_name(name, "queue") == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        "A",
        "9a",
        "-a",
        "a-",
        "a--b",
        "a__b",
        "a b",
        "a\n",
        "é",
        "a.b",
        "x" * (NAME_LENGTH_MAX + 1),
    ],
)
def test_anything_else_is_refused_with_a_hint(name):
    with pytest.raises(InvalidName, match="queue") as caught:
        check_name(name, "queue")
    assert caught.value.hint


@given(st.text(max_size=12))
def test_what_is_accepted_as_a_name_is_safe_in_sql(name):
    try:
        check_name(name, "queue")
    except InvalidName:
        return
    assert sql_name("app", name).isascii()
    assert sql_name("app", name).isidentifier()


def test_a_ref_reads_as_kind_and_name():
    assert str(Ref("wims", "queue", "payments")) == "queue payments"
