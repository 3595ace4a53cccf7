"""What a meter says: windows, groups and series."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ensue import InvalidValue, NotFound

HOUR_MS = 3_600_000


def breakdown(metered, metric, group_by, start_ms=0, end_ms=None):
    end_ms = metered.now_ms if end_ms is None else end_ms
    found = metered.stage.wait(
        metered.usage.breakdown("acme", metric, start_ms, end_ms, group_by=group_by)
    )
    return str(found.value), {group: str(value) for group, value in found.groups.items()}


def test_mf_44_usage_counts_sums_and_peaks(metered):
    metered.record(
        metered.call("v1", endpoint="/users", bytes=1_000),
        metered.call("v2", endpoint="/users", bytes=2_000),
        metered.call("v3", endpoint="/orders", bytes=500),
        metered.store("v4", gb_stored=50),
        metered.store("v5", gb_stored=100),
    )
    assert metered.value("api_calls") == "3"
    assert metered.value("bandwidth") == "3500"
    assert metered.value("storage_peak") == "100"
    assert breakdown(metered, "api_calls", "endpoint") == ("3", {"/users": "2", "/orders": "1"})


def test_mf_17_with_groups_the_peak_is_that_of_all_events_not_the_sum_of_the_groups(metered):
    metered.record(
        metered.store("a", gb_stored=50, zone="eu"), metered.store("b", gb_stored=70, zone="us")
    )
    assert breakdown(metered, "storage_peak", "zone") == ("70", {"eu": "50", "us": "70"})


@pytest.mark.parametrize("name", ["endpoint", "region"])  # one that is declared, one that is not
def test_mf_16_what_lacks_the_property_is_in_a_group_of_its_own(metered, name):
    metered.record(
        metered.call("a", **{name: "x"}), metered.call("b"), metered.call("c", **{name: ""})
    )
    assert breakdown(metered, "api_calls", name) == ("3", {"(empty)": "2", "x": "1"})


def test_mf_17_neither_a_subject_nor_a_group_is_taken_as_sql(metered):
    odd = "x' OR '1'='1"
    metered.record(metered.call("a", subject=odd), metered.call("b", **{odd: "y"}))
    assert metered.value("api_calls", odd) == "1"
    assert breakdown(metered, "api_calls", odd) == ("1", {"y": "1"})


def test_a_tenth_a_thousand_times_is_a_hundred(metered):
    metered.record(*(metered.call(f"e{number}", bytes=0.1) for number in range(1_000)))
    assert metered.value("bandwidth") == "100"


def test_sums_below_zero_keep_their_fractions(metered):
    metered.record(metered.call("a", bytes=-0.25), metered.call("b", bytes=Decimal("-1.5")))
    metered.record(metered.call("c", bytes=0.5))
    assert metered.value("bandwidth") == "-1.25"


def test_fractions_that_come_one_by_one_make_whole_ones(metered):
    for number in range(7):
        metered.record(metered.call(f"e{number}", bytes=0.6))
    assert metered.value("bandwidth") == "4.2"


def test_the_last_is_the_last_by_its_time_not_by_its_arrival(metered):
    metered.record(metered.store("new", gb_stored=2))
    metered.record(metered.store("old", ago_ms=5, gb_stored=9))
    assert metered.value("plan_size") == "2"


def test_a_peak_below_zero_is_one(metered):
    metered.record(metered.store("a", gb_stored=-3), metered.store("b", gb_stored=-5))
    assert metered.value("storage_peak") == "-3"


def test_both_ends_of_a_window_are_in_it_to_the_millisecond(metered):
    at_ms = metered.now_ms
    metered.record(metered.call("a"), metered.call("b", ago_ms=1), metered.call("c", ago_ms=2))
    wait = metered.stage.wait
    assert wait(metered.usage.value("acme", "api_calls", at_ms - 1, at_ms - 1)) == 1
    assert wait(metered.usage.value("acme", "api_calls", at_ms - 2, at_ms - 1)) == 2
    assert wait(metered.usage.value("acme", "api_calls", at_ms, at_ms)) == 1
    assert wait(metered.usage.value("acme", "api_calls", at_ms + 1, at_ms + 9)) == 0


def test_no_usage_is_nothing_and_an_unknown_metric_is_an_error(metered):
    assert metered.value("api_calls", "nobody") == "0"
    assert breakdown(metered, "api_calls", "endpoint") == ("0", {})
    with pytest.raises(NotFound, match="no metric 'x'"):
        metered.value("x")
    with pytest.raises(InvalidValue, match="end at or behind the start"):
        metered.stage.wait(metered.usage.value("acme", "api_calls", 5, 4))


def test_a_percentile_is_of_values_of_three_digits(metered):
    metered.record(
        *(metered.call(f"e{n}", ms=n) for n in range(1, 101)), metered.call("x", ms=12_345)
    )
    assert metered.value("slow") == "96"
    metered.record(*(metered.call(f"y{n}", ms=12_345) for n in range(20)))
    assert metered.value("slow") == "12300"


def test_a_series_has_every_hour_and_the_days_of_a_time_zone(metered):
    first_ms = metered.now_ms // HOUR_MS * HOUR_MS - 30 * HOUR_MS
    ago = [metered.now_ms - first_ms - hours * HOUR_MS for hours in (0, 0, 26)]
    metered.record(*(metered.call(f"e{n}", ago_ms=each) for n, each in enumerate(ago)))

    found = metered.stage.wait(
        metered.usage.series("acme", "api_calls", first_ms, first_ms + 27 * HOUR_MS - 1)
    )
    assert [int(each.value) for each in found] == [2, *[0] * 25, 1]
    assert found[1].start_ms == found[0].end_ms + 1 == first_ms + HOUR_MS

    days = metered.stage.wait(
        metered.usage.series(
            "acme", "users", first_ms, metered.now_ms, step="day", tz="Asia/Kathmandu"
        )
    )
    assert [each.start_ms % HOUR_MS for each in days[1:]] == [15 * 60_000] * (len(days) - 1)
    with pytest.raises(InvalidValue, match="expected a time zone"):
        metered.stage.wait(metered.usage.series("acme", "users", 0, 1, tz="../etc/passwd"))
