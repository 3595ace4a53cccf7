from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensue.languages.patterns.wildcards import is_too_complex, split_wildcard, wildcard_test


@given(st.lists(st.text("ab", max_size=3), min_size=1, max_size=4), st.text("ab", max_size=10))
def test_a_wildcard_matches_as_its_regular_expression_does(parts, value):
    expected = re.fullmatch(".*".join(parts), value) is not None
    assert wildcard_test(parts)(value) == expected


def test_escaped_characters_are_literal():
    assert split_wildcard(r"a\*b*c\\") == ("a*b", "c\\")


@pytest.mark.parametrize(
    ("wildcards", "complex_"),
    [
        (["*.gif", "*.tiff", "*.tif", "*.svg"], False),
        (["/home/*/a/a/a/a/a/a.txt"], False),
        (["*/in/*.gif", "*/in/*.tiff", "*/in/*.tif", "*/in/*.svg"], True),
        (["*:*:*:*:*:*:x"], True),
        (["*" + "a" * 40], True),
        (["a" * 40 + "*"], False),
    ],
)
def test_wildcards_are_too_complex_when_too_many_beginnings_match_at_once(wildcards, complex_):
    assert is_too_complex(map(split_wildcard, wildcards)) == complex_
