from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensue import InvalidExpression, InvalidValue, months_later_ms, next_due_ms


def ms(text, zone="UTC"):
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1_000)


def shown(at_ms, zone="UTC"):
    return datetime.fromtimestamp(at_ms / 1_000, ZoneInfo(zone)).replace(tzinfo=None).isoformat()


@pytest.mark.parametrize(
    ("months", "expected"),
    [
        (0, "2027-01-31T09:30:00"),
        (1, "2027-02-28T09:30:00"),
        (2, "2027-03-31T09:30:00"),
        (3, "2027-04-30T09:30:00"),
        (13, "2028-02-29T09:30:00"),
        (12 * 73, "2100-01-31T09:30:00"),
        (12 * 73 + 1, "2100-02-28T09:30:00"),
    ],
)
def test_a_month_without_that_day_has_its_last_one_and_the_next_has_it_again(months, expected):
    assert shown(months_later_ms(ms("2027-01-31T09:30:00"), months)) == expected


def test_months_are_those_of_the_zone_and_keep_the_time_on_its_clock():
    first = ms("2027-01-31T00:30:00", "Asia/Tokyo")
    assert shown(first) == "2027-01-30T15:30:00"
    later = months_later_ms(first, 1, "Asia/Tokyo")
    assert shown(later, "Asia/Tokyo") == "2027-02-28T00:30:00"

    paris = ms("2027-03-01T12:00:00", "Europe/Paris")
    assert shown(months_later_ms(paris, 1, "Europe/Paris")) == "2027-04-01T10:00:00"


def test_a_time_that_the_clock_skips_is_as_much_later_and_of_two_it_is_the_first():
    skipped = months_later_ms(ms("2027-02-28T02:30:00", "Europe/Paris"), 1, "Europe/Paris")
    assert shown(skipped, "Europe/Paris") == "2027-03-28T03:30:00"
    twice = months_later_ms(ms("2027-09-30T02:30:00", "Europe/Paris"), 1, "Europe/Paris")
    assert shown(twice) == "2027-10-30T00:30:00"
    again = months_later_ms(ms("2027-08-31T02:30:00", "Europe/Paris"), 2, "Europe/Paris")
    assert shown(again) == "2027-10-31T00:30:00"


def test_the_millisecond_stays():
    assert months_later_ms(ms("2027-01-31T00:00:00") + 123, 1) % 1_000 == 123


@given(
    st.integers(0, 4_102_444_800_000),
    st.lists(st.integers(1, 30), max_size=6),
    st.sampled_from(["UTC", "Europe/Paris", "America/Los_Angeles", "Pacific/Apia"]),
)
def test_counted_from_the_first_moment_months_rise_and_never_drift(first, steps, zone):
    day = datetime.fromtimestamp(first / 1_000, ZoneInfo(zone)).day
    months, before = 0, first
    for step in steps:
        months += step
        found = months_later_ms(first, months, zone)
        assert found > before
        assert 26 <= (found - before) / 86_400_000 / step <= 32
        there = datetime.fromtimestamp(found / 1_000, ZoneInfo(zone))
        assert abs(there.day - day) <= 3 or there.day == 1
        before = found


@pytest.mark.parametrize(
    ("at_ms", "months", "zone"),
    [
        (0, -1, "UTC"),
        (0, 12_001, "UTC"),
        (0, 1, "Mars/Base"),
        (253_402_300_799_999, 1, "UTC"),
        (253_402_300_799_999, 0, "Pacific/Kiritimati"),
    ],
)
def test_what_is_no_time_or_no_count_is_refused(at_ms, months, zone):
    with pytest.raises(InvalidValue):
        months_later_ms(at_ms, months, zone)


def test_an_expression_says_when_it_is_due_next():
    now = ms("2026-11-22T10:00:00")
    due = next_due_ms("cron(0 9 ? * MON *)", now, "Europe/Paris")
    assert due is not None
    assert shown(due) == "2026-11-23T08:00:00"
    assert next_due_ms("rate(5 minutes)", now) == now + 300_000
    assert next_due_ms("at(2020-01-01T00:00:00)", now) is None
    with pytest.raises(InvalidExpression):
        next_due_ms("cron(0 9)", now)
    assert datetime.fromtimestamp(now / 1_000, UTC).hour == 10
