"""Watching usage: by volume, by hours, on schedule; and what the dashboard shows."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import pytest

from apps.metering.app import app
from apps.metering.meters import DAY_MS, baselines, on_call, usage
from apps.metering.shapes import FRAUD, NORMAL
from ensue import MeterEvent

TUESDAY, SUNDAY = date(2026, 11, 17), date(2026, 11, 22)


def ms(day, hour=0):
    return (
        int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() + hour * 3_600) * 1_000
    )


def run_at(run_app, day, hour=0):
    return run_app(app, start_ms=ms(day, hour))


def record(t, events):
    made = [
        MeterEvent(
            each["transaction_id"], "acme", "api_request", each["timestamp"], each["properties"]
        )
        for each in events
    ]
    for begin in range(0, len(made), 5_000):
        t.wait(usage.record(made[begin : begin + 5_000]))


def few(day, shape, scale=20, name="few"):
    """A day of few events, of some shape."""
    return [
        {
            "transaction_id": f"{name}_{day}_{hour}_{n}",
            "timestamp": ms(day, hour) + n,
            "properties": {},
        }
        for hour, weight in enumerate(shape)
        for n in range(round(weight * 100 * scale / 20))
    ]


def four_weeks(t, before):
    for ago in range(1, 29):
        record(t, few(before - timedelta(ago), NORMAL))


@pytest.fixture
def t(run_app):
    return run_at(run_app, TUESDAY)


# By volume


def test_mf_18_a_day_is_compared_with_the_days_of_the_month_before(t, acme):
    for ago, calls in ((2, 10), (3, 12), (5, 8)):
        day = TUESDAY - timedelta(ago)
        record(
            t,
            [
                {"transaction_id": f"{ago}_{n}", "timestamp": ms(day, 9), "properties": {}}
                for n in range(calls)
            ],
        )
    record(
        t,
        [
            {"transaction_id": f"y_{n}", "timestamp": ms(TUESDAY, -1), "properties": {}}
            for n in range(16)
        ],
    )
    window = {"current_start": ms(TUESDAY) - DAY_MS, "current_end": ms(TUESDAY) - 1}

    found = acme.ask("/v1/anomalies/check", metric="api_calls", **window).body

    assert found == {
        "customer_id": "acme",
        "metric": "api_calls",
        "period": {"start": window["current_start"], "end": window["current_end"]},
        "current_value": 16,
        "baseline": {"mean": 10, "stddev": 2, "sample_count": 3},
        "z_score": 3,
        "is_anomaly": True,
        "severity": "critical",
        "unit": "calls",
    }
    milder = acme.ask("/v1/anomalies/check", metric="api_calls", threshold=4, **window).body
    assert (milder["is_anomaly"], milder["severity"]) == (False, "warning")


def test_mf_18_days_that_were_all_alike_make_no_infinity(t, acme):
    for ago in (2, 3):
        record(
            t,
            [
                {
                    "transaction_id": str(ago),
                    "timestamp": ms(TUESDAY - timedelta(ago)),
                    "properties": {},
                }
            ],
        )
    record(
        t,
        [
            {"transaction_id": f"y{n}", "timestamp": ms(TUESDAY, -1), "properties": {}}
            for n in range(2)
        ],
    )
    window = {"current_start": ms(TUESDAY) - DAY_MS, "current_end": ms(TUESDAY) - 1}

    found = acme.ask("/v1/anomalies/check", metric="api_calls", **window)

    assert (found.status, found.body["z_score"], found.body["severity"]) == (200, None, "critical")


@pytest.mark.parametrize(
    "wrong", [{"baseline_days": 0}, {"baseline_days": 366}, {"threshold": 0.9}]
)
def test_mf_18_what_is_asked_has_its_bounds(acme, wrong):
    window = {"current_start": 0, "current_end": 1}

    assert acme.ask("/v1/anomalies/check", metric="api_calls", **window, **wrong).status == 400


# By hours


def build(acme, days=28):
    return acme.post(
        "/v1/fraud/baselines/build", {"customer_id": "acme", "metric": "api_calls", "days": days}
    )


def check(acme, day):
    return acme.ask("/v1/fraud/check", metric="api_calls", date=day.isoformat()).body


def test_mf_21_baselines_are_built_of_whole_days_and_kept_for_90(t, acme):
    four_weeks(t, TUESDAY)
    record(t, few(TUESDAY, FRAUD))

    built = build(acme)

    assert built.body == {
        "customer_id": "acme",
        "metric": "api_calls",
        "days_processed": 28,
        "weekdays_built": [
            "sunday",
            "monday",
            "tuesday",
            "wednesday",
            "thursday",
            "friday",
            "saturday",
        ],
    }
    kept = t.wait(baselines.scan()).items
    assert {each["gone_s"] - each["updated_at"] // 1_000 for each in kept} == {90 * 86_400}


@pytest.mark.parametrize("days", [6, 91])
def test_mf_21_baselines_are_of_7_to_90_days(acme, days):
    assert build(acme, days).status == 400


def test_mf_22_an_attack_at_night_is_told_as_a_pattern(t, acme):
    four_weeks(t, TUESDAY - timedelta(1))
    build(acme)
    yesterday = TUESDAY - timedelta(1)
    record(t, few(yesterday, FRAUD))

    found = check(acme, yesterday)

    assert (found["is_fraud"], found["fraud_type"]) == (True, "pattern")
    assert 0.28 < found["similarity"] < 0.3
    assert 0 < found["volume_change_percent"] < 10
    assert (len(found["current_vector"]), len(found["baseline_vector"])) == (24, 24)
    assert found["date"] == "2026-11-16"


def test_mf_27_today_is_compared_as_far_as_it_is_over(t, acme):
    four_weeks(t, TUESDAY)
    build(acme)
    t.advance("10h")
    record(t, [each for each in few(TUESDAY, NORMAL) if each["timestamp"] < ms(TUESDAY, 10)])
    usual = check(acme, TUESDAY)
    t.advance("5h")
    silent = check(acme, TUESDAY)

    assert (usual["is_fraud"], abs(usual["volume_change_percent"])) == (False, 0)
    assert (silent["is_fraud"], silent["fraud_type"]) == (True, "both")


def test_mf_23_without_a_baseline_nothing_is_odd(t, acme):
    record(t, few(TUESDAY - timedelta(1), FRAUD))

    found = check(acme, TUESDAY - timedelta(1))

    assert (found["similarity"], found["is_fraud"], found["baseline_volume"]) == (1, False, 0)
    assert "fraud_type" not in found


def test_mf_22_a_date_is_one(acme):
    assert acme.ask("/v1/fraud/check", metric="api_calls", date="17.11.2026").status == 400


# The dashboard


def test_mf_25_the_dashboard_shows_the_flagged_day_and_today_by_hour(t, acme):
    monday = TUESDAY - timedelta(1)
    four_weeks(t, monday)
    build(acme)
    record(t, few(monday, FRAUD))
    t.advance("10h")
    until_ten = [each for each in few(TUESDAY, NORMAL) if each["timestamp"] < ms(TUESDAY, 10)]
    record(t, until_ten)

    shown = acme.ask("/v1/dashboard/data", metric="api_calls").body

    flagged = [each for each in shown["usage_history"] if each["is_anomaly"]]
    assert [(each["date"], each["anomaly_type"]) for each in flagged] == [("2026-11-16", "pattern")]
    assert len(shown["usage_history"]) == 30
    assert sum(shown["current_pattern"]) == len(until_ten)
    assert round(sum(shown["baseline_pattern"]), 6) == shown["latest_check"]["baseline_volume"]
    few_days = acme.ask("/v1/dashboard/data", metric="api_calls", days=3).body
    assert len(few_days["usage_history"]) == 4


def test_mf_39_the_dashboards_data_needs_a_key(t):
    assert t.get("/v1/dashboard/data", customer_id="acme", metric="api_calls").status == 401


@pytest.mark.parametrize("days", [0, 91])
def test_mf_25_the_dashboard_shows_1_to_90_days(acme, days):
    assert acme.ask("/v1/dashboard/data", metric="api_calls", days=days).status == 400


def test_mf_25_the_page_asks_for_a_key_and_keeps_it_from_scripts_and_other_sites(t, acme):
    form = t.get("/dashboard")
    body = f"key={acme.made['api_key']}".encode()
    headers = {"content-type": "application/x-www-form-urlencoded"}
    signed_in = t.request("POST", "/dashboard", body=body, headers=headers)

    assert b"<form" in form.body
    assert (signed_in.status, signed_in.headers["location"]) == (303, "/dashboard/usage")
    cookie = signed_in.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite" in cookie
    shown = t.request("GET", "/dashboard/usage", headers={"cookie": cookie.partition(";")[0]})
    assert shown.status == 200
    assert b"API Calls of acme" in shown.body


@pytest.mark.parametrize("cookie", [None, "metering_key=mf_none"])
def test_mf_39_the_page_shows_nothing_without_a_good_key(t, cookie):
    headers = {} if cookie is None else {"cookie": cookie}

    assert t.request("GET", "/dashboard/usage", headers=headers).status == 401


@pytest.mark.parametrize("body", [b"", b"key=", b"other=1", b"key=%0d%0aset-cookie", b"\xff"])
def test_what_is_no_key_is_not_kept(t, body):
    headers = {"content-type": "application/x-www-form-urlencoded"}

    found = t.request("POST", "/dashboard", body=body, headers=headers)
    assert (found.status, found.body) == (401, {"error": "Invalid API key."})
    assert "set-cookie" not in found.headers


def test_mf_25_the_page_shows_the_flagged_day_and_today_as_expected_and_as_it_is(t, acme):
    monday = TUESDAY - timedelta(1)
    four_weeks(t, monday)
    build(acme)
    record(t, few(monday, FRAUD))

    shown = t.request("GET", "/dashboard/usage", headers=acme.headers).body.decode()

    assert "expected" in shown
    assert "actual" in shown
    assert re.search(r"2026-11-16.{0,400}pattern", shown, re.DOTALL)


# On schedule


def test_mf_50_an_attack_is_told_to_who_is_on_call_once_a_day(t, acme):
    four_weeks(t, TUESDAY)
    build(acme)
    t.advance("4h")
    record(t, [each for each in few(TUESDAY, FRAUD) if each["timestamp"] < ms(TUESDAY, 4)])
    t.advance("3h")

    assert [(each.subject, each.text) for each in t.letters(on_call)] == [
        ("Critical: acme", "api_calls of acme on 2026-11-17: both")
    ]


@pytest.mark.usefixtures("acme")
def test_mf_50_a_day_of_ten_times_the_usage_is_told_in_the_night_after(t):
    for ago in range(2, 9):
        day = TUESDAY - timedelta(ago)
        record(t, few(day, NORMAL, scale=20 + ago % 3))
    record(t, few(TUESDAY - timedelta(1), NORMAL, scale=200))
    t.advance("31m")

    [letter] = t.letters(on_call)
    assert letter.text == "api_calls of acme on 2026-11-16: z-score"


@pytest.mark.usefixtures("acme")
def test_mf_50_baselines_are_built_each_week(t):
    t.advance("5d")
    four_weeks(t, SUNDAY)
    t.advance("59m")
    assert t.wait(baselines.scan()).items == []
    t.advance("1m")

    assert len(t.wait(baselines.scan()).items) == 7


# The simulator


def test_mf_26_the_simulated_customer_works_by_day_and_the_thief_at_night(t, acme):
    t.advance("1h")
    told = [
        t.post(
            "/_ensue/functions/simulate/call", {"body": {"customer_id": "acme", "what": what}}
        ).body
        for what in ("history", "history", "attack")
    ]
    build(acme)

    assert told[0]["duplicates"] == 0
    assert told[1] == {"accepted": 0, "duplicates": told[0]["accepted"]}
    assert 20_000 < told[0]["accepted"] < 32_000
    yesterday, today = check(acme, TUESDAY - timedelta(1)), check(acme, TUESDAY)
    assert (yesterday["is_fraud"], today["is_fraud"]) == (False, True)
    assert yesterday["similarity"] > 0.99
