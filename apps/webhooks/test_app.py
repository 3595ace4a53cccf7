"""The webhook broker's story, and the defects of the original that it must not have."""

from __future__ import annotations

import base64
import hmac
import json
import runpy
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import RSAKey

from apps.webhooks import app as broker
from apps.webhooks.app import app, archive, events, processed, states
from apps.webhooks.providers import Event, advanced, event_of, new_state

SECRET = "whsec_demo"  # noqa: S105 - of this test only
SUBSCRIPTION = "sub_premium_user_001"
KEY = ("stripe", SUBSCRIPTION)


@pytest.fixture
def t(run_app, monkeypatch):
    monkeypatch.setenv("STRIPE_SECRET", SECRET)
    return run_app(app)


def stripe_event(number, kind="customer.subscription.updated", created=1_700_000_000, **subject):
    about = {"object": "subscription", "id": SUBSCRIPTION, "status": "active"} | subject
    event = {
        "id": f"evt_{number}",
        "object": "event",
        "type": kind,
        "created": created + number,
        "data": {"object": about},
    }
    return json.dumps(event, indent=1).encode()


def signature(t, body, secret=SECRET):
    seconds = t.now_ms() // 1_000
    digest = hmac.digest(secret.encode(), b"%d." % seconds + body, "sha256").hex()
    return {"stripe-signature": f"t={seconds},v1={digest}"}


def tell(t, body, **more):
    return t.request("POST", "/webhooks/stripe", body=body, headers=signature(t, body, **more))


def call(t, function, **body):
    reply = t.post(f"/_ensue/functions/{function}/call", {"body": body})
    return reply.body if reply.status == 200 else reply.body["error"]["code"]


def state(t, key=KEY):
    return t.wait(states.get(key))


def tell_the_demonstration(t):
    """4 events, delivered 9 times (WB-7)."""
    for number in (1, 2, 1, 3, 3, 4, 2, 1, 4):
        assert tell(t, stripe_event(number)).status == 200
    t.settle()


def moment(ms):
    return datetime.fromtimestamp(ms / 1_000, UTC).isoformat()


def pass_days(t, days):
    """Let days pass at once, not from one round of the housekeeping to the next."""
    t.clock.move_to(t.now_ms() + days * 86_400_000)
    t.settle()
    t.advance("5m")


# The demonstration


def test_wb_7_what_a_bug_deleted_is_rebuilt_by_a_replay(t):
    tell_the_demonstration(t)
    before = state(t)
    assert before.eventCount == 4

    gone = call(
        t, "delete_subscription_data", provider="stripe", subscription=SUBSCRIPTION, execute=True
    )
    assert gone == {"executed": True, "states": 1, "processedEvents": 4}
    assert state(t) is None

    replayed = call(t, "replay", subscription=SUBSCRIPTION, fromBeginning=True, execute=True)
    assert (replayed["read"], replayed["processed"], replayed["skipped"]) == (9, 4, 5)
    assert state(t) == before


def test_wb_6_without_execute_nothing_is_deleted_and_nothing_is_processed(t):
    tell_the_demonstration(t)
    told = call(t, "delete_subscription_data", provider="stripe", subscription=SUBSCRIPTION)
    assert told == {"executed": False, "states": 1, "processedEvents": 4}
    assert state(t).eventCount == 4
    t.wait(states.delete(KEY))

    nothing = call(t, "replay", subscription=SUBSCRIPTION, fromBeginning=True)
    assert (nothing["processed"], nothing["skipped"]) == (0, 9)
    call(t, "delete_subscription_data", provider="stripe", subscription=SUBSCRIPTION, execute=True)
    would = call(t, "replay", subscription=SUBSCRIPTION, fromBeginning=True)
    assert (would["executed"], would["processed"], would["skipped"]) == (False, 4, 5)
    assert state(t) is None


# Taking events in


def test_wb_2_the_raw_event_is_kept_under_the_key_of_its_subscription(t):
    body = stripe_event(1)
    reply = tell(t, body)

    [kept], _ = t.wait(events.tail())
    assert reply.body == {"received": True, "id": kept.id}
    assert kept.key == "stripe:sub_premium_user_001"
    assert kept.data == {"provider": "stripe", "raw": body.decode()}


@pytest.mark.parametrize("wrong", ["body", "secret", "header", "provider"])
def test_wb_2_what_no_provider_signed_is_not_kept(t, wrong):
    body = stripe_event(1)
    headers = signature(t, body, "another" if wrong == "secret" else SECRET)
    path = "/webhooks/" + ("paypal" if wrong == "provider" else "stripe")
    sent = body.replace(b"active", b"paused") if wrong == "body" else body
    reply = t.request("POST", path, body=sent, headers={} if wrong == "header" else headers)

    assert reply.status == (404 if wrong == "provider" else 401)
    assert t.wait(events.tail())[0] == []


def test_wb_11_a_signature_is_good_for_five_minutes(t):
    body = stripe_event(1)
    headers = signature(t, body)

    t.advance("299s")
    assert t.request("POST", "/webhooks/stripe", body=body, headers=headers).status == 200
    t.advance("2s")
    assert t.request("POST", "/webhooks/stripe", body=body, headers=headers).status == 401


def test_wb_1_beyond_100_a_second_and_a_burst_of_200_requests_are_told_to_wait(t):
    body = stripe_event(1)
    statuses = [tell(t, body).status for _ in range(201)]
    assert statuses == [200] * 200 + [429]
    assert tell(t, body).headers["retry-after"] == "1"
    t.advance("1s")
    assert [tell(t, body).status for _ in range(101)] == [200] * 100 + [429]


def test_wb_3_events_are_kept_for_seven_days(t):
    tell(t, stripe_event(1))
    pass_days(t, 6)
    assert len(t.wait(events.tail())[0]) == 1
    pass_days(t, 2)
    assert t.wait(events.tail())[0] == []


# Processing


def test_wb_4_each_event_counts_once_and_is_marked_for_90_days(t):
    tell_the_demonstration(t)

    [mark] = [each for each in t.wait(processed.scan()).items if each.eventId == "evt_1"]
    assert (mark.provider, mark.subscriptionId) == KEY
    assert mark.timestamp == 1_700_000_001_000
    assert mark.expiresAt - t.now_ms() // 1_000 == 90 * 86_400
    pass_days(t, 91)
    assert t.wait(processed.scan()).items == []
    assert state(t).eventCount == 4


def test_wb_10_an_older_event_that_comes_later_changes_no_newer_state(t):
    tell(t, stripe_event(2, status="canceled", kind="customer.subscription.deleted"))
    tell(t, stripe_event(1, status="active"))
    t.settle()

    found = state(t)
    assert (found.eventCount, found.status) == (2, "canceled")
    assert found.lastEvent == "customer.subscription.deleted"


@given(st.permutations(range(6)), st.lists(st.integers(0, 3), min_size=6, max_size=6))
@settings(max_examples=100, deadline=None)
def test_wb_10_the_state_is_the_same_whatever_the_order_of_events(order, seconds):
    made = [
        Event(f"e{n}", f"kind{n}", "s", seconds[n], f"status{n}" if n % 2 else None)
        for n in range(6)
    ]

    def folded(numbers):
        found = new_state("stripe", made[0], 1)
        for number in numbers:
            found = advanced(found, made[number])
        return found

    assert folded(order) == folded(range(6))


def test_wb_10_mark_and_state_are_one_transaction(t, monkeypatch):
    def fail(*given):
        raise OSError(f"the disk is gone, and so are {len(given)}")

    monkeypatch.setattr(broker, "advanced", fail)
    tell(t, stripe_event(1))
    t.settle()
    assert (state(t), t.wait(processed.scan()).items) == (None, [])

    monkeypatch.undo()
    t.advance("10m")
    assert state(t).eventCount == 1


def test_wb_5_a_poisonous_event_is_dead_lettered_after_three_retries_and_holds_up_nobody(t):
    poison = b'{"id": "evt_0", "object": "event"}'
    assert tell(t, poison).status == 200
    tell(t, stripe_event(1))
    t.settle()
    assert state(t).eventCount == 1

    t.advance("1h")
    dead = app.resources[app.function_named("process").model.dead_letters]
    [letter] = t.messages(dead)
    assert letter.attributes["dead_letter"]["receives"] == 4
    assert letter.body["data"]["raw"] == poison.decode()
    pass_days(t, 13)
    assert len(t.messages(dead)) == 1
    pass_days(t, 1)
    assert t.messages(dead) == []


def test_an_event_of_no_subscription_is_kept_and_changes_nothing(t):
    tell(t, stripe_event(1, object="charge", id="ch_1"))
    t.settle()

    assert t.wait(states.scan()).items == []
    assert call(t, "replay", provider="stripe", fromBeginning=True)["ignored"] == 1


def test_an_invoice_counts_for_its_subscription(t):
    tell(t, stripe_event(1, object="invoice", id="in_1", subscription=SUBSCRIPTION, status="paid"))
    t.settle()

    assert (state(t).eventCount, state(t).get("status")) == (1, None)


# Replaying


def test_wb_8_a_replay_is_of_a_time_range_and_of_a_provider(t):
    for number in (1, 2, 3):
        tell(t, stripe_event(number))
        t.advance("1h")
    begin = t.wait(events.tail())[0][1].at_ms
    call(t, "delete_subscription_data", provider="stripe", subscription=SUBSCRIPTION, execute=True)
    window = {"since": moment(begin), "until": moment(begin + 1_000), "execute": True}
    assert call(t, "replay", provider="apple", **window)["read"] == 0
    assert call(t, "replay", provider="stripe", **window)["processed"] == 1
    assert state(t).lastEvent == "customer.subscription.updated"
    assert call(t, "replay", fromBeginning=True, execute=True)["processed"] == 2
    assert call(t, "replay") == "invalid_input"


def test_wb_10_a_new_version_of_the_state_is_filled_from_the_same_events(t):
    tell_the_demonstration(t)
    again = call(t, "replay", subscription=SUBSCRIPTION, fromBeginning=True, execute=True)
    assert (again["processed"], again["skipped"]) == (0, 9)

    filled = call(t, "replay", fromBeginning=True, version=2, execute=True)

    assert (filled["processed"], filled["skipped"]) == (4, 5)
    assert (state(t).eventCount, state(t).version) == (4, 2)
    tell(t, stripe_event(5))
    t.settle()
    assert (state(t).eventCount, state(t).version) == (5, 2)
    assert call(t, "replay", since="2020-01-01T00:00:00Z", version=3) == "invalid_input"


def test_a_replay_passes_over_what_cannot_be_read(t):
    tell(t, b'{"id": "evt_0", "object": "event"}')
    tell(t, stripe_event(1))
    t.settle()
    call(t, "delete_subscription_data", provider="stripe", subscription=SUBSCRIPTION, execute=True)

    dry = call(t, "replay", fromBeginning=True)
    done = call(t, "replay", fromBeginning=True, execute=True)
    assert dry | {"executed": True} == done
    assert (done["unreadable"], done["processed"]) == (1, 1)


# The archive


def test_wb_3_the_archive_has_what_left_the_stream_and_is_replayed_from(t):
    tell_the_demonstration(t)
    before = state(t)
    pass_days(t, 8)
    assert t.wait(events.tail())[0] == []
    [stored] = t.wait(archive.list()).objects
    assert stored.key.startswith("stripe/")
    assert len(t.wait(archive.get(stored.key)).splitlines()) == 9

    call(t, "delete_subscription_data", provider="stripe", subscription=SUBSCRIPTION, execute=True)
    assert call(t, "replay", fromBeginning=True, execute=True)["read"] == 0
    cold = call(
        t, "replay", subscription=SUBSCRIPTION, fromBeginning=True, source="archive", execute=True
    )
    assert (cold["read"], cold["processed"], cold["skipped"]) == (9, 4, 5)
    assert state(t) == before


def test_what_is_older_than_its_mark_is_replayed_as_a_new_version_only(t):
    tell_the_demonstration(t)
    pass_days(t, 91)
    old = {"fromBeginning": True, "source": "archive", "execute": True}

    assert call(t, "replay", **old) == "invalid_input"
    assert call(t, "replay", version=2, **old)["processed"] == 4
    assert state(t).eventCount == 4


def test_an_object_of_the_archive_is_of_one_provider_and_hour(t):
    for number in (1, 2):
        tell(t, stripe_event(number))
        t.advance("1h")

    objects = t.wait(archive.list()).objects
    assert len({each.key.rpartition("/")[0] for each in objects}) == 2
    assert {each.content_type for each in objects} == {"application/jsonl"}


# The other providers


@pytest.fixture
def all_providers(run_app, monkeypatch, tmp_path):
    """The app with the keys of all three providers, and what signs as Google."""
    key = RSAKey.generate_key(2_048, {"kid": "g1", "use": "sig"})
    (tmp_path / "keys.json").write_text(json.dumps({"keys": [key.as_dict(private=False)]}))
    for name, text in {
        "STRIPE_SECRET": SECRET,
        "GOOGLE_KEYS": str(tmp_path / "keys.json"),
        "GOOGLE_AUDIENCE": "https://example.com/webhooks/google",
        "GOOGLE_SENDER": "pubsub@example.iam.gserviceaccount.com",
    }.items():
        monkeypatch.setenv(name, text)
    loaded = runpy.run_path(str(Path(__file__).with_name("app.py")))
    return run_app(loaded["app"]), loaded, key


def test_wb_2_google_pushes_with_a_token_and_its_event_counts_for_its_purchase(all_providers):
    t, loaded, key = all_providers
    told = {
        "eventTimeMillis": "1700000000000",
        "subscriptionNotification": {"notificationType": 2, "purchaseToken": "token-1"},
    }
    encoded = base64.b64encode(json.dumps(told).encode()).decode()
    body = json.dumps({"message": {"data": encoded, "messageId": "7"}}).encode()
    seconds = t.now_ms() // 1_000
    claims = {
        "iss": "https://accounts.google.com",
        "aud": "https://example.com/webhooks/google",
        "email": "pubsub@example.iam.gserviceaccount.com",
        "email_verified": True,
        "iat": seconds,
        "exp": seconds + 3_600,
    }

    def push(**other):
        token = jwt.encode({"alg": "RS256", "kid": "g1"}, claims | other, key)
        headers = {"authorization": f"Bearer {token}"}
        return t.request("POST", "/webhooks/google", body=body, headers=headers).status

    assert [push(), push(aud="https://example.org"), push(email="eve@example.com")] == [
        200,
        401,
        401,
    ]
    t.settle()
    found = t.wait(loaded["states"].get(("google", "token-1")))
    assert (found.eventCount, found.lastEvent) == (1, "subscriptionNotification.2")


def test_wb_2_a_notification_of_apple_counts_for_its_first_transaction():
    claims = {
        "notificationType": "DID_RENEW",
        "subtype": "BILLING_RECOVERY",
        "notificationUUID": "u-1",
        "signedDate": 1_700_000_000_000,
        "data": {"status": 1, "transactionInfo": {"originalTransactionId": "70"}},
    }

    found = event_of({"provider": "apple", "raw": "{}", "claims": claims})

    assert found == Event("u-1", "DID_RENEW.BILLING_RECOVERY", "70", 1_700_000_000_000, "1")


def test_only_providers_whose_keys_are_named_are_there(t):
    assert t.request("POST", "/webhooks/apple", body=b"{}", headers={}).status == 404
