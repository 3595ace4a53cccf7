"""Usage that is not as it was: the worked examples, the four outcomes, and the defects."""

from __future__ import annotations

import json
import math
from datetime import date, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.metering.fraud import (
    Baseline,
    compare,
    cosine,
    kind,
    learn,
    score,
    shares,
    weekday,
)
from apps.metering.shapes import ENDPOINTS, FRAUD, HISTORY_DAYS, NORMAL, day_of, history

MONDAY = date(2026, 11, 16)
NORMAL_DAY = [1_000 * each for each in NORMAL]
ATTACK = [1_000 * each for each in FRAUD]
BASELINE = Baseline(shares(NORMAL), math.fsum(NORMAL_DAY))


def by_hour(events):
    hours = [0] * 24
    for each in events:
        hours[each["timestamp"] // 3_600_000 % 24] += 1
    return hours


# By volume


def days_of(mean, stddev):
    return [mean - stddev, mean + stddev, mean]


def test_mf_18_a_total_is_compared_with_the_days_before_it():
    found = score(5_000, days_of(1_000, 200), 3)

    assert (found.baseline.mean, found.baseline.stddev, found.baseline.sample_count) == (
        1_000,
        200,
        3,
    )
    assert (found.z_score, found.is_anomaly, found.severity) == (20, True, "critical")


@pytest.mark.parametrize(
    ("current", "severity"),
    [
        (1_000, "normal"),
        (1_197, "normal"),
        (1_198, "warning"),
        (802, "warning"),
        (1_299, "warning"),
        (1_300, "critical"),
        (700, "critical"),
    ],
)
def test_mf_18_warning_begins_at_two_thirds_of_the_threshold_in_both_directions(current, severity):
    found = score(current, days_of(1_000, 100), 3)

    assert (found.severity, found.is_anomaly) == (severity, severity == "critical")


def test_mf_18_where_all_days_were_alike_another_one_is_critical_and_json_stays_json():
    found = score(6, [5, 5, 5], 3)

    assert (found.z_score, found.is_anomaly, found.severity) == (None, True, "critical")
    assert json.loads(msgspec.json.encode(found))["z_score"] is None
    assert score(5, [5, 5, 5], 3).z_score == 0
    assert score(7, [5], 3).is_anomaly


def test_mf_18_without_days_before_nothing_is_odd():
    found = score(5_000, [], 3)

    assert (found.z_score, found.severity, found.baseline.sample_count) == (0, "normal", 0)


# By hours


def test_mf_20_a_vector_is_the_shares_of_the_hours():
    assert shares([1, 3] + [0] * 22)[:2] == [0.25, 0.75]
    assert shares([0] * 24) == [0] * 24
    assert cosine([0] * 24, NORMAL) == 0


def test_mf_27_the_shapes_are_as_different_as_was_said():
    late = [each if hour < 21 else 0 for hour, each in enumerate(FRAUD)]

    assert round(cosine(NORMAL, FRAUD), 3) == 0.285
    assert round(cosine(NORMAL, late), 3) == 0.303
    assert (round(sum(NORMAL), 3), round(sum(FRAUD), 3)) == (1.135, 1.185)


def test_mf_21_a_baseline_is_the_mean_of_the_vectors_of_its_weekday():
    half, full = [1, 1] + [0] * 22, [0, 8] + [0] * 22
    days = {MONDAY: half, MONDAY + timedelta(7): full, MONDAY + timedelta(6): half}

    found = learn({**days, MONDAY + timedelta(1): [0] * 24})

    assert list(found) == ["sunday", "monday"]
    assert found["monday"].vector[:2] == [0.25, 0.75]
    assert found["monday"].avg_volume == 5


def test_mf_21_weeks_begin_on_sunday():
    assert [weekday(MONDAY + timedelta(n)) for n in (-1, 0, 5)] == ["sunday", "monday", "saturday"]


@pytest.mark.parametrize(
    ("similarity", "change", "found"),
    [
        (0.9, 49.9, None),
        (0.9, -49.9, None),
        (0.899, 49.9, "pattern"),
        (0.9, 50, "volume"),
        (0.95, -50, "volume"),
        (0.285, 248, "both"),
        (0.899, -50, "both"),
    ],
)
def test_mf_24_a_day_is_as_ever_or_odd_by_shape_by_volume_or_by_both(similarity, change, found):
    assert kind(similarity, change) == found


def test_mf_23_the_same_volume_at_other_hours_is_a_pattern():
    found = compare(ATTACK, BASELINE)

    assert (found.similarity, found.volume_change_percent) == (0.285, 4.4)
    assert (found.is_fraud, found.fraud_type) == (True, "pattern")


def test_mf_24_much_more_at_the_usual_hours_is_a_volume():
    found = compare([2 * each for each in NORMAL_DAY], BASELINE)

    assert (found.similarity, found.volume_change_percent) == (1.0, 100.0)
    assert (found.is_fraud, found.fraud_type) == (True, "volume")


def test_mf_28_an_attack_on_a_weekend_is_both():
    weekend = Baseline(shares(NORMAL), 0.3 * math.fsum(NORMAL_DAY))

    found = compare(ATTACK, weekend)

    assert (found.similarity, found.volume_change_percent) == (0.285, 248.0)
    assert (found.is_fraud, found.fraud_type) == (True, "both")


def test_mf_23_a_usual_day_and_one_without_a_baseline_and_one_without_usage_are_nothing():
    usual, unknown, none = (
        compare(NORMAL_DAY, BASELINE),
        compare(ATTACK, None),
        compare([0] * 24, BASELINE),
    )

    assert (usual.similarity, usual.volume_change_percent, usual.is_fraud) == (1.0, 0.0, False)
    assert (unknown.similarity, unknown.volume_change_percent) == (1.0, 0.0)
    assert unknown.baseline_vector == [0] * 24
    assert (none.similarity, none.volume_change_percent, none.is_fraud) == (0.0, -100.0, False)
    for each in (usual, unknown, none):
        assert "fraud_type" not in json.loads(msgspec.json.encode(each))


@pytest.mark.parametrize("elapsed", range(25))
def test_mf_27_a_usual_day_is_as_ever_at_each_hour_of_it(elapsed):
    so_far = [each if hour < elapsed else 0 for hour, each in enumerate(NORMAL_DAY)]

    assert not compare(so_far, BASELINE, elapsed).is_fraud


def test_mf_27_an_attack_is_seen_before_it_has_the_volume_of_a_day():
    found = compare(ATTACK[:6] + [0] * 18, BASELINE, 6)

    assert found.is_fraud
    assert found.fraud_type in {"volume", "both"}


@settings(max_examples=40)
@given(
    hours=st.lists(st.integers(0, 10**6), min_size=24, max_size=24),
    other=st.lists(st.integers(0, 10**6), min_size=24, max_size=24),
    times=st.integers(1, 1_000),
)
def test_a_shape_does_not_depend_on_how_much_it_is_of(hours, other, times):
    found = cosine(hours, other)

    assert 0 <= found <= 1 + 1e-9
    assert math.isclose(found, cosine([times * each for each in hours], other), abs_tol=1e-9)
    assert math.isclose(found, cosine(shares(hours), shares(other)), abs_tol=1e-9)


# The simulator


def test_mf_26_a_simulated_history_is_29_days_of_work_and_the_same_for_its_seed():
    events = list(history("acme", MONDAY, seed=7))
    days = {}
    for each in events:
        days.setdefault(each["timestamp"] // 86_400_000, []).append(each)
    volumes = [len(each) for each in days.values()]

    assert len(days) == HISTORY_DAYS == 29
    assert list(day_of("acme", MONDAY, NORMAL, seed=7)) == list(
        day_of("acme", MONDAY, NORMAL, seed=7)
    )
    assert list(day_of("acme", MONDAY, NORMAL, seed=7)) != list(
        day_of("acme", MONDAY, NORMAL, seed=8)
    )
    assert len({each["transaction_id"] for each in events}) == len(events)
    assert {each["properties"]["endpoint"] for each in events} == set(ENDPOINTS)
    assert all(250 <= each["properties"]["bytes"] <= 750 for each in events)
    assert all(0.3 * 0.8 * 1_050 <= each <= 1.2 * 1_200 for each in volumes)


def test_mf_27_a_simulated_attack_has_the_volume_of_a_day_of_work_and_another_shape():
    usual = by_hour(day_of("acme", MONDAY, NORMAL, seed=1))
    attack = by_hour(day_of("acme", MONDAY, FRAUD, seed=1))

    assert sum(attack) == 1_185
    assert cosine(usual, NORMAL) > 0.99
    assert cosine(attack, usual) < 0.35
