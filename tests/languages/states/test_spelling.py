import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensue.languages.states.spelling import java_number, java_text, json_text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (12, "12"),
        (1.0, "1.0"),
        (-0.0, "-0.0"),
        (1.1, "1.1"),
        (0.001, "0.001"),
        (0.0001, "1.0E-4"),
        (1234567.5, "1234567.5"),
        (1e7, "1.0E7"),
        (-12345678.25, "-1.234567825E7"),
        (1.5e300, "1.5E300"),
    ],
)
def test_numbers_are_spelt_as_java_does(number, text):
    assert java_number(number) == text


def test_values_are_spelt_as_java_does():
    value = {"a": 1, "b": [None, True, "x", {"c": 1.0}]}
    assert java_text(value) == "{a=1, b=[null, true, x, {c=1.0}]}"
    assert java_text("it's") == "it's"


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON)
def test_what_is_written_as_json_is_read_back(value):
    assert json.loads(json_text(value)) == value
