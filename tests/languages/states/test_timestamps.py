from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensue.languages.states.timestamps import parse_timestamp


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T00:00:01.000000001Z", 1_000_000_001),
        ("1970-01-01T02:00:00+02:00", 0),
        ("1969-12-31T23:30:00-00:30", 0),
        ("1969-12-31T23:59:59.5Z", -500_000_000),
    ],
)
def test_a_timestamp_counts_from_1970(text, nanoseconds):
    assert parse_timestamp(text) == nanoseconds


@pytest.mark.parametrize(
    "text",
    [
        None,
        5,
        "",
        "2016-03-14",
        "2016-03-14T01:59:00",
        "2016-03-14t01:59:00Z",
        "2016-03-14T01:59:00z",
        "2016-03-14T01:59Z",
        "2016-02-30T01:59:00Z",
        "2016-03-14T25:59:00Z",
        "2016-03-14T01:59:00+19:00",
        "2016-03-14T01:59:00+0100",
        "2016-03-14T01:59:00+01:60",
        "0001-01-01T00:00:00+01:00",
        "2016-03-14T01:59:00Z\n",
    ],
)
def test_anything_else_is_no_timestamp(text):
    assert parse_timestamp(text) is None


@given(st.datetimes(timezones=st.just(UTC)))
def test_what_python_writes_is_read(moment):
    whole = moment.replace(microsecond=0)
    expected = int((whole - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()) * 10**9
    found = parse_timestamp(moment.isoformat())
    assert found == expected + moment.microsecond * 1000
