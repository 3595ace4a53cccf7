"""Usage billing's story: keys, events and usage, and the defects of the original."""

from __future__ import annotations

import json
import re

import pytest

from apps.metering.catalogue import Catalogue
from apps.metering.conftest import ADMIN
from apps.metering.meters import DAY_MS, backups, keys, usage
from ensue import App, InvalidDeclaration, MeterEvent

MINUTE_MS = 60_000


# What anybody may see


def test_mf_1_anybody_may_see_that_it_runs_what_is_measured_and_what_it_costs(t):
    assert t.get("/health").body == {"status": "ok"}
    assert [each["code"] for each in t.get("/v1/metrics").body["metrics"]] == [
        "api_calls",
        "bandwidth",
        "storage_peak",
        "compute_time",
    ]
    assert len(t.get("/v1/pricing").body["pricing"]) == 4
    assert t.get("/v1/pricing/bandwidth").body == {
        "metric_code": "bandwidth",
        "model": "flat",
        "currency": "USD",
        "unit_price": 0.00001,
    }
    unknown = t.get("/v1/pricing/none")
    assert (unknown.status, unknown.body) == (
        404,
        {"error": "Pricing rule not found for metric: none"},
    )


# Keys


def test_mf_3_a_key_is_made_for_a_customer_shown_once_and_kept_as_its_hash(t, acme):
    key = acme.made["api_key"]

    assert acme.made == {
        "api_key": key,
        "customer_id": "acme",
        "name": "test",
        "rate_limit": 100,
    }
    assert key.startswith("mf_")
    assert len(key) == 35
    assert int(key[3:], 16)
    assert key not in json.dumps(t.wait(keys.scan()).items)


def test_mf_3_a_new_key_is_kept_under_no_idempotency_key(t):
    headers = ADMIN | {"Idempotency-Key": "one"}
    body = {"customer_id": "cust_a", "name": "first"}

    refused = t.request("POST", "/v1/admin/keys", body=body, headers=headers)

    assert refused.status == 400
    assert "Idempotency-Key" in str(refused.body)


def test_mf_3_a_revoked_key_opens_nothing_at_once(t, acme):
    body = {"api_key": acme.made["api_key"]}

    before = acme.ask("/v1/usage", metric="api_calls", start=0, end=1).status
    revoked = [t.request("POST", "/v1/admin/keys/revoke", body=body, headers=ADMIN).body] * 1
    after = acme.ask("/v1/usage", metric="api_calls", start=0, end=1)
    again = t.request("POST", "/v1/admin/keys/revoke", body=body, headers=ADMIN).body

    assert (before, revoked, again) == (200, [{"revoked": True}], {"revoked": False})
    assert (after.status, after.body) == (401, {"error": "Invalid API key."})


def test_mf_3_an_unknown_key_is_not_revoked(t):
    reply = t.request("POST", "/v1/admin/keys/revoke", body={"api_key": "mf_none"}, headers=ADMIN)

    assert (reply.status, reply.body) == (200, {"revoked": False})


@pytest.mark.parametrize("headers", [{}, {"X-Admin-Key": "no"}, {"X-API-Key": "demo-admin-key"}])
@pytest.mark.parametrize("path", ["/v1/admin/keys", "/v1/admin/keys/revoke"])
def test_mf_1_only_who_administers_makes_and_revokes_keys(t, path, headers):
    body = {"customer_id": "acme", "name": "mine", "api_key": "mf_none"}

    assert t.request("POST", path, body=body, headers=headers).status == 401


def test_mf_4_a_request_without_a_key_and_one_with_another_are_told_apart(t):
    asked = {"customer_id": "acme", "metric": "api_calls", "start": 0, "end": 1}
    without = t.get("/v1/usage", **asked)
    wrong = t.request("GET", "/v1/usage", query=asked, headers={"X-API-Key": "mf_none"})

    assert (without.status, without.body) == (
        401,
        {"error": "Missing API key. Provide X-API-Key header."},
    )
    assert (wrong.status, wrong.body) == (401, {"error": "Invalid API key."})


@pytest.mark.parametrize(
    ("path", "more"),
    [
        ("/v1/usage", {"start": 0, "end": 1}),
        ("/v1/anomalies/check", {"current_start": 0, "current_end": 1}),
        ("/v1/fraud/check", {"date": "2026-11-21"}),
        ("/v1/dashboard/data", {}),
    ],
)
def test_mf_4_and_mf_39_a_key_shows_nothing_of_another_customer(acme, path, more):
    reply = acme.ask(path, customer_id="other", metric="api_calls", **more)

    assert reply.status == 403
    assert reply.body == {
        "error": "API key is scoped to customer acme. Cannot access customer other."
    }


@pytest.mark.parametrize(
    ("path", "more"),
    [
        ("/v1/fraud/baselines/build", {"metric": "api_calls", "days": 7}),
        ("/v1/invoices/calculate", {"start": 0, "end": 1}),
        ("/v1/billing/run", {"start": 0, "end": 1}),
    ],
)
def test_mf_4_a_key_does_nothing_for_another_customer(acme, path, more):
    assert acme.post(path, {"customer_id": "other", **more}).status == 403


def test_mf_4_one_foreign_event_rejects_the_whole_batch(acme):
    reply = acme.send(acme.event("1"), acme.event("2", customer="other"))

    assert reply.status == 403
    assert reply.body == {
        "error": "API key is scoped to customer acme. Batch contains events for other customers."
    }
    assert acme.value("api_calls") == 0


# Limits


def test_mf_12_every_keyed_answer_says_how_the_customer_stands(t, acme):
    found = acme.ask("/v1/usage", metric="api_calls", start=0, end=1)
    wrong = acme.ask("/v1/usage", metric="none", start=0, end=1)

    told = ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"]
    assert [found.headers[each] for each in told] == ["100", "99", "60"]
    assert wrong.headers["x-ratelimit-remaining"] == "98"
    assert told[0] not in t.get("/health").headers


def ask_often(customer, often, path="/v1/usage"):
    asked = {"metric": "api_calls", "start": 0, "end": 1}
    return [customer.ask(path, **asked).status for _ in range(often)]


def test_mf_12_the_limit_is_of_the_customer_whatever_the_key_and_the_route(acme, customer):
    second = customer("acme")
    other = customer("other")

    assert ask_often(acme, 60) + ask_often(second, 40) == [200] * 100
    assert ask_often(acme, 1) + ask_often(second, 1) == [429] * 2
    assert acme.ask("/v1/dashboard/data", metric="api_calls").status == 429
    assert ask_often(other, 1) == [200]


def test_mf_3_a_key_may_have_a_limit_of_its_own(customer):
    assert ask_often(customer("few", rate_limit=2), 3) == [200, 200, 429]
    assert ask_often(customer("many", rate_limit=150), 101) == [200] * 101


def test_mf_12_who_asks_too_often_is_told_when_to_come_back(t, customer):
    few = customer("few", rate_limit=1)
    ask_often(few, 1)
    t.advance("20s")

    found = few.ask("/v1/usage", metric="api_calls", start=0, end=1)

    assert (found.status, found.body) == (
        429,
        {"error": "Rate limit exceeded. Try again later.", "retry_after_seconds": 40},
    )
    assert found.headers["retry-after"] == "40"


def test_mf_13_who_keeps_asking_is_let_in_as_soon_as_there_is_room(t, customer):
    few = customer("few", rate_limit=2)
    ask_often(few, 2)
    for _ in range(59):
        t.advance("1s")
        assert ask_often(few, 1) == [429]
    t.advance("1s")

    assert ask_often(few, 3) == [200, 200, 429]


def test_mf_14_a_burst_on_both_sides_of_a_minutes_end_is_one_burst(t, acme):
    t.advance("59s")
    assert ask_often(acme, 100) == [200] * 100
    t.advance("2s")

    assert ask_often(acme, 100) == [429] * 100


# Events


def test_mf_8_a_batch_is_measured(acme):
    reply = acme.send(acme.event("1", endpoint="/users", bytes=1_000), acme.event("2", bytes=500))

    assert (reply.status, reply.body) == (200, {"accepted": 2, "duplicates": 0, "failed": []})
    assert (acme.value("api_calls"), acme.value("bandwidth")) == (2, 1_500)


def test_mf_7_what_is_wrong_with_an_event_is_told_and_fails_no_other(acme):
    bad = [
        {**acme.event("future"), "timestamp": acme.t.now_ms() + 5 * MINUTE_MS + 1},
        {**acme.event("old"), "timestamp": acme.t.now_ms() - 30 * DAY_MS - 1},
        acme.event("with space"),
        acme.event("long", text="x" * 1_001),
        {**acme.event("both wrong!"), "timestamp": 0},
        acme.event("bytes", bytes="many"),
    ]

    reply = acme.send(*bad, acme.event("good"))

    assert reply.body["accepted"] == 1
    assert [(each["transaction_id"], each["reason"]) for each in reply.body["failed"]][:5] == [
        ("future", "Timestamp is in the future"),
        ("old", "Timestamp is older than 30 days"),
        ("with space", "Invalid transaction_id format"),
        ("long", 'Property "text" value exceeds 1000 characters'),
        ("both wrong!", "Timestamp is older than 30 days"),
    ]
    assert reply.body["failed"][5]["transaction_id"] == "bytes"


def test_mf_7_a_customer_has_an_id_of_letters_digits_and_lines(customer):
    odd = customer("a b")

    [failed] = odd.send(odd.event("1")).body["failed"]
    assert failed["reason"] == "Invalid customer_id format"


@pytest.mark.parametrize("ago_ms", [30 * DAY_MS, -5 * MINUTE_MS])
def test_mf_7_the_ends_of_the_window_are_within_it(acme, ago_ms):
    assert acme.send(acme.event("1", ago_ms=ago_ms)).body["accepted"] == 1


@pytest.mark.parametrize("count", [0, 1_001])
def test_mf_6_a_batch_has_1_to_1000_events(acme, count):
    reply = acme.send(*(acme.event(str(n)) for n in range(count)))

    assert (reply.status, reply.body["error"]["code"]) == (400, "invalid_value")


@pytest.mark.parametrize(
    "wrong",
    [
        {"transaction_id": ""},
        {"transaction_id": "x" * 256},
        {"event_type": "x" * 101},
        {"timestamp": -1},
        {"timestamp": "now"},
        {"properties": {"nested": {}}},
        {"properties": None},
    ],
)
def test_mf_6_an_event_has_its_form(acme, wrong):
    assert acme.send(acme.event("1") | wrong).status == 400


# The defects


def test_mf_35_a_transaction_that_stands_twice_in_a_batch_is_counted_once(acme):
    reply = acme.send(acme.event("twice", bytes=7), acme.event("twice", bytes=7))

    assert (reply.body["accepted"], reply.body["duplicates"]) == (1, 1)
    assert (acme.value("api_calls"), acme.value("bandwidth")) == (1, 7)


def test_mf_36_another_customers_transaction_is_another(acme, customer):
    other = customer("other")

    assert acme.send(acme.event("1")).body["accepted"] == 1
    assert other.send(other.event("1")).body["accepted"] == 1
    assert (acme.value("api_calls"), other.value("api_calls")) == (1, 1)


def test_mf_37_what_could_not_be_stored_is_taken_when_it_comes_again(acme, monkeypatch):
    def fail(*given):
        raise RuntimeError(f"the disk is gone for {len(given)}")

    with monkeypatch.context() as broken:
        broken.setattr("apps.metering.app.Ingested", fail)
        assert acme.send(acme.event("1")).status == 500
    again = acme.send(acme.event("1"))

    assert (again.body["accepted"], again.body["duplicates"]) == (1, 0)
    assert acme.value("api_calls") == 1


def test_mf_38_a_copy_is_told_as_long_as_the_event_could_come_again(run_app):
    model = usage.model
    other = App("other")  # without jobs each hour: a month is short
    meter = other.meter(
        "usage",
        metrics=usage.metrics,
        past=model.past_ms / 1_000,
        future=model.future_ms / 1_000,
    )
    t = run_app(other)
    ahead = MeterEvent("1", "acme", "api_request", t.now_ms() + 5 * MINUTE_MS)

    assert t.wait(meter.record([ahead])).accepted == 1
    for wait in ("30d", "4m", "1m"):
        t.advance(wait)
        assert t.wait(meter.record([ahead])).duplicates == 1
    t.advance("1s")
    [refused] = t.wait(meter.record([ahead])).refused
    assert refused.code == "past"


# Backups


def kept(t):
    keys = [each.key for each in t.wait(backups.list()).objects]
    return {key: json.loads(t.wait(backups.get(key))) for key in keys}


def test_mf_11_what_was_recorded_is_kept_as_objects_by_day(acme):
    acme.send(acme.event("1", bytes=1), acme.event("2"), acme.event("2"))
    acme.send(acme.event("1"))
    acme.t.advance("10s")

    [(key, body)] = kept(acme.t).items()
    assert re.fullmatch(r"events/\d{4}/\d\d/\d\d/batch_\d{13}_[0-9a-f]{6}\.json", key)
    assert body["event_count"] == 2
    assert [each["id"] for each in body["events"]] == ["1", "2"]
    assert body["events"][0]["properties"] == {"bytes": 1}
    acme.t.advance("1h")
    assert len(kept(acme.t)) == 1


def test_mf_37_a_backup_that_fails_loses_nothing_and_is_made_later(acme, monkeypatch):
    def fail(*given):
        raise RuntimeError(f"the disk is full for {len(given)}")

    with monkeypatch.context() as broken:
        broken.setattr("apps.metering.app.iso", fail)
        assert acme.send(acme.event("1"), acme.event("2")).body["accepted"] == 2
        acme.t.advance("5m")
        assert kept(acme.t) == {}
    acme.t.advance("1h")

    assert sum(each["event_count"] for each in kept(acme.t).values()) == 2


# Usage


def test_mf_16_usage_is_of_a_window_with_both_its_ends_and_by_groups(acme):
    acme.send(
        acme.event("1", endpoint="/users"),
        acme.event("2", endpoint="/users"),
        acme.event("3", endpoint="/orders"),
        acme.event("4"),
    )
    now = acme.t.now_ms()

    found = acme.ask("/v1/usage", metric="api_calls", start=now, end=now, group_by="endpoint")

    assert found.body == {
        "customer_id": "acme",
        "metric": "api_calls",
        "period": {"start": now, "end": now},
        "value": 4,
        "unit": "calls",
        "breakdown": {"/users": 2, "/orders": 1, "(empty)": 1},
    }
    without = acme.ask("/v1/usage", metric="api_calls", start=now + 1, end=now + 1).body
    assert without["value"] == 0
    assert "breakdown" not in without


def test_mf_16_an_unknown_metric_is_told_as_no_fault_of_ours(acme):
    for path, more in (
        ("/v1/usage", {"start": 0, "end": 1}),
        ("/v1/anomalies/check", {"current_start": 0, "current_end": 1}),
        ("/v1/fraud/check", {"date": "2026-11-21"}),
        ("/v1/dashboard/data", {}),
    ):
        reply = acme.ask(path, metric="none", **more)
        assert (reply.status, reply.body) == (404, {"error": "Unknown metric: none"})


def test_mf_17_the_value_of_a_maximum_is_no_sum_of_its_groups(acme):
    acme.send(
        acme.event("1", "storage", gb_stored=50, region="eu"),
        acme.event("2", "storage", gb_stored=100, region="us"),
    )
    now = acme.t.now_ms()

    found = acme.ask("/v1/usage", metric="storage_peak", start=now, end=now, group_by="region").body

    assert found["value"] == 100
    assert found["breakdown"] == {"eu": 50, "us": 100}


@pytest.mark.parametrize("text", ["a' OR '1'='1", "endpoint') --", '"; DROP TABLE usage'])
def test_mf_17_what_is_asked_for_is_no_sql(acme, text):
    acme.send(acme.event("1"))
    now = acme.t.now_ms()

    found = acme.ask("/v1/usage", metric="api_calls", start=now, end=now, group_by=text)
    foreign = acme.ask("/v1/usage", customer_id=text, metric="api_calls", start=now, end=now)

    assert (found.status, found.body["breakdown"]) == (200, {"(empty)": 1})
    assert foreign.status == 403


def test_a_window_that_ends_before_it_starts_is_refused(acme):
    assert acme.ask("/v1/usage", metric="api_calls", start=2, end=1).status == 400


# Configuration


def catalogue_of(tmp_path, **changed):
    said = {
        "metrics": [
            {
                "code": "users",
                "name": "Users",
                "event_type": "login",
                "aggregation": "UNIQUE",
                "property": "user",
                "unit": "users",
            },
            {
                "code": "p95",
                "name": "Latency",
                "event_type": "call",
                "aggregation": "PERCENTILE",
                "property": "ms",
                "percentile": 95,
                "unit": "ms",
            },
            {
                "code": "seats",
                "name": "Seats",
                "event_type": "plan",
                "aggregation": "LAST",
                "property": "seats",
                "unit": "seats",
            },
        ],
        "pricing": [
            {
                "metric_code": "users",
                "model": "package",
                "currency": "EUR",
                "unit_price": 5,
                "package_size": 10,
            }
        ],
        **changed,
    }
    file = tmp_path / "catalogue.json"
    file.write_text(json.dumps(said))
    return Catalogue.load(file)


def test_metrics_and_prices_are_configured(tmp_path, run_app):
    found = catalogue_of(tmp_path)
    other = App("other")
    meter = other.meter("usage", metrics=[each.as_metric() for each in found.metrics])
    t = run_app(other)
    now = t.now_ms()
    events = [MeterEvent(f"l{n}", "acme", "login", now, {"user": f"u{n % 12}"}) for n in range(30)]
    events += [MeterEvent(f"c{n}", "acme", "call", now, {"ms": n}) for n in range(1, 101)]
    events += [MeterEvent(f"p{n}", "acme", "plan", now + n, {"seats": 5 - n}) for n in range(3)]
    t.wait(meter.record(events))

    values = [t.wait(meter.value("acme", code, now, now + 9)) for code in ("users", "p95", "seats")]

    assert values == [12, 95, 3]
    assert found.currency == "EUR"


@pytest.mark.parametrize(
    "changed",
    [
        {"metrics": []},
        {"pricing": []},
        {"other": 1},
        {"metrics": [{"code": "users"}]},
        {"pricing": [{"metric_code": "none", "model": "flat", "currency": "EUR", "unit_price": 1}]},
        {"pricing": [{"metric_code": "users", "model": "flat", "currency": "EUR"}]},
    ],
)
def test_a_catalogue_that_is_none_is_refused(tmp_path, changed):
    with pytest.raises(InvalidDeclaration):
        catalogue_of(tmp_path, **changed)
