"""The secure orders pipeline's story, and the defects of the original that it must not have."""

from __future__ import annotations

import hashlib
import hmac
import json
from decimal import Decimal

import pytest

from apps.order_intake import app as module
from apps.order_intake.app import (
    app,
    archive,
    archiving,
    billing,
    operators,
    orders,
)

SECRET = "correct horse"  # noqa: S105 - of the tests
SAMPLE = {"orderId": "demo-001", "items": [{"sku": "abc", "qty": 1}]}


@pytest.fixture
def t(run_app, monkeypatch):
    monkeypatch.setenv("CLIENT_SECRET", SECRET)
    return run_app(app)


def signature(content, secret=SECRET):
    return hmac.new(secret.encode(), content, hashlib.sha256).hexdigest()


def signed(body, client="anybody", secret=SECRET):
    """The headers of the original scheme."""
    return {"X-Client-Id": client, "X-Signature": signature(body, secret)}


def stamped(t, body, *, client="demo-client", nonce="n-1", age_s=0):
    """The headers of the scheme with a time and a nonce."""
    at = str(t.now_ms() // 1_000 - age_s)
    content = f"{at}.{nonce}.".encode() + body
    return {
        "X-Client-Id": client,
        "X-Timestamp": at,
        "X-Nonce": nonce,
        "X-Signature": signature(content),
    }


def post(t, body, headers=None, path="/orders"):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    found = signed(raw) if headers is None else headers
    return t.request("POST", path, body=raw, headers=found)


def stored(t):
    return {each["orderId"]: each for each in t.wait(orders.scan()).items}


def archived(t):
    keys = [each.key for each in t.wait(archive.list()).objects]
    return {key: t.wait(archive.get(key)) for key in keys}


def break_billing(monkeypatch, is_bad):
    """Let billing fail for some messages."""
    real = module.payload_of

    def payload_of(message):
        if is_bad(message):
            raise ValueError("a bad record")
        return real(message)

    monkeypatch.setattr(module, "payload_of", payload_of)


def always(message):
    return message is not None


# Intake


def test_so_4_an_order_is_billed_and_archived(t):
    reply = post(t, SAMPLE)
    at_ms = t.now_ms()
    t.settle()

    assert (reply.status, reply.body) == (200, {"ok": True, "published": True})
    [row] = stored(t).values()
    assert row == {
        "orderId": "demo-001",
        "payload": SAMPLE,
        "source": "ddb-consumer",
        "ts": row["ts"],
    }
    [(key, body)] = archived(t).items()
    assert key.startswith("orders/20")
    assert key.endswith(f"/demo-001/{at_ms}.json")
    assert body == b'{"orderId":"demo-001","items":[{"sku":"abc","qty":1}]}'


def test_so_1_there_is_nothing_beside_the_one_route(t):
    assert post(t, SAMPLE, path="/orders/x").status == 404
    assert post(t, SAMPLE, path="/orders/x").body == {"error": "not found"}
    assert t.get("/").status == 404
    assert t.get("/orders").status == 405


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Client-Id": "anybody"},
        {"X-Client-Id": "anybody", "X-Signature": SECRET},
        {"X-Client-Id": "anybody", "X-Signature": "0" * 64},
        signed(b"another body"),
        signed(b"{}", "anybody", "another secret"),
        {**signed(b"{}"), "X-Client-Id": ""},
        {"X-Signature": signature(b"{}")},
    ],
)
def test_so_2_who_does_not_sign_is_refused(t, headers):
    answer = post(t, b"{}", headers)

    assert (answer.status, answer.body) == (401, {"error": "unauthorized"})
    t.settle()
    assert stored(t) == {}


def test_so_2_the_signature_is_of_the_bytes_as_they_came(t):
    body = b'{ "orderId" :\n "spaced" }'

    assert post(t, body, {n.lower(): v for n, v in signed(body).items()}).status == 200
    assert post(t, json.dumps(json.loads(body)).encode(), signed(body)).status == 401


def test_so_3_a_stamped_request_is_taken_once_from_the_one_client_and_in_time(t):
    body = b'{"orderId": "1"}'
    headers = stamped(t, body)

    taken, copied = post(t, body, headers), post(t, body, headers)
    someone = post(t, body, stamped(t, body, client="someone", nonce="n-2"))
    old = post(t, body, stamped(t, body, nonce="n-3", age_s=301))
    ahead = post(t, body, stamped(t, body, nonce="n-4", age_s=-301))
    next_one = post(t, body, stamped(t, body, nonce="n-5"))
    t.settle()

    assert (taken.status, next_one.status) == (200, 200)
    assert copied.status == 409
    assert (someone.status, old.status, ahead.status) == (401, 401, 401)
    assert len(stored(t)) == 1
    assert len(archived(t)) == 2


def test_so_3_a_stamp_cannot_be_taken_off(t):
    body = b"{}"
    headers = stamped(t, body)
    without = {name: headers[name] for name in ("X-Client-Id", "X-Signature")}

    assert post(t, body, without).status == 401
    assert post(t, body, {**headers, "X-Nonce": "another"}).status == 401


def test_so_3_the_secret_is_in_no_answer_and_no_declaration(t):
    said = json.dumps(t.get("/openapi.json").body) + json.dumps(t.get("/_ensue/resources").body)

    assert SECRET not in said + json.dumps(post(t, SAMPLE, {}).body)


@pytest.mark.parametrize(
    ("body", "payload"),
    [
        (b"not json", {"raw": "not json"}),
        (b"", {"raw": ""}),
        (b'"text"', {"raw": '"text"'}),
        (b"NaN", {"raw": "NaN"}),
        (b"[1, 2]", [1, 2]),
        (b"[]", []),
        (b"{}", {}),
    ],
)
def test_so_9_a_body_of_any_form_is_stored_and_archived(t, body, payload):
    assert post(t, body).status == 200
    t.settle()

    [row] = stored(t).values()
    [kept] = archived(t).values()
    assert row["payload"] == payload
    assert json.loads(kept) == payload
    assert t.messages(billing.dead_letters) == []


def test_a_body_that_is_no_utf_8_is_refused(t):
    assert post(t, b"\xff").status == 400


def test_so_6_the_id_is_the_orders_own_or_else_the_messages(t):
    for body in ({"orderId": "a", "id": "b"}, {"id": "b"}, {"orderId": 7}, {"orderId": ""}):
        post(t, body)
    t.settle()

    ids = set(stored(t))
    assert {"a", "b", "7"} < ids
    assert len(ids) == 4


def test_so_6_numbers_are_decimals(t):
    post(t, b'{"orderId": "1", "price": 19.990000000000000001}')
    t.settle()

    assert stored(t)["1"]["payload"]["price"] == Decimal("19.990000000000000001")
    [kept] = archived(t).values()
    assert b"19.990000000000000001" in kept


@pytest.mark.parametrize("order_id", ["../../etc", "a/b c", "..", "é", "x" * 500])
def test_so_9_an_id_is_made_harmless_for_the_archive(t, order_id):
    post(t, {"orderId": order_id})
    t.settle()

    [key] = archived(t)
    parts = key.split("/")
    assert len(parts) == 6
    assert set(parts[4]) <= set("etcabx_.-")
    assert not parts[4].startswith(".")
    assert len(parts[4]) <= 128
    assert list(stored(t)) == [order_id]


# Consumers


def test_so_9_the_same_order_again_is_stored_once_and_another_of_its_id_is_refused(t):
    post(t, SAMPLE)
    t.settle()
    first = stored(t)
    post(t, SAMPLE)
    post(t, {**SAMPLE, "items": []})
    t.settle()
    t.advance("5m")

    assert stored(t) == first
    [dead] = t.messages(billing.dead_letters)
    assert "there is another order demo-001" in dead.attributes["dead_letter"]["reason"]
    assert t.messages(archiving.dead_letters) == []


def test_so_9_two_orders_in_one_millisecond_are_both_archived(t):
    post(t, SAMPLE)
    post(t, SAMPLE)
    t.settle()

    assert len(archived(t)) == 2


def test_so_9_a_message_that_is_redriven_is_archived_once(t, monkeypatch):
    post(t, SAMPLE)
    break_billing(monkeypatch, always)
    t.settle()
    t.advance("5m")
    assert archived(t) == {}
    monkeypatch.undo()

    t.wait(archiving.dead_letters.redrive())
    t.settle()
    t.wait(archiving.dead_letters.redrive())
    t.settle()

    assert len(archived(t)) == 1


def test_so_8_one_bad_record_in_a_batch_of_ten_is_tried_five_times_and_dead_lettered(
    t, monkeypatch
):
    tried = []

    def is_bad(message):
        if isinstance(message.body, dict) and message.body.get("bad"):
            tried.append(message.receives)
            return True
        return False

    break_billing(monkeypatch, is_bad)
    for n in range(10):
        post(t, {"orderId": str(n), "bad": n == 4})
    t.settle()

    assert sorted(stored(t)) == sorted(str(n) for n in range(10) if n != 4)
    t.advance("10m")
    assert sorted(stored(t)) == sorted(str(n) for n in range(10) if n != 4)
    assert sorted(set(tried)) == [1, 2, 3, 4, 5]
    [dead] = t.messages(billing.dead_letters)
    assert dead.body["orderId"] == "4"
    assert dead.attributes["dead_letter"]["receives"] == 5
    assert dead.attributes["dead_letter"]["reason"].endswith("a bad record")
    assert t.messages(billing) == []


def test_so_7_what_is_mended_is_redriven_and_stored(t, monkeypatch):
    break_billing(monkeypatch, always)
    post(t, SAMPLE)
    t.settle()
    t.advance("10m")
    monkeypatch.undo()

    t.wait(billing.dead_letters.redrive())
    t.settle()

    assert list(stored(t)) == ["demo-001"]


def test_so_11_one_consumer_that_fails_leaves_the_other_working(t, monkeypatch):
    def fail(*given):
        raise ValueError(f"the archive is gone for {len(given)}")

    monkeypatch.setattr(module, "key_of", fail)
    for n in range(20):
        post(t, {"orderId": str(n)})
    t.settle()

    assert len(stored(t)) == 20
    assert archived(t) == {}
    monkeypatch.undo()
    t.advance("1m")
    assert len(archived(t)) == 20


def test_so_5_an_order_that_waited_four_days_is_dead_lettered(t):
    t.hold("bill")
    post(t, SAMPLE)
    t.advance("97h")

    assert stored(t) == {}
    assert len(t.messages(billing.dead_letters)) == 1
    assert len(archived(t)) == 1


# Alarms


def letters(t):
    """The subjects of the letters, without the app's name."""
    return [letter.subject.removesuffix(" of order-intake") for letter in t.letters(operators)]


def state(t, name):
    return t.post(f"/_ensue/alarms/{name}/state", {}).body["state"]


def test_so_10_a_backlog_of_ten_is_told_once_and_once_when_it_is_over(t):
    t.hold("bill")
    for n in range(9):
        post(t, {"orderId": str(n)})
    t.advance("5m")
    assert letters(t) == []
    post(t, {"orderId": "9"})
    t.advance("10m")
    assert letters(t) == ["ALARM: billing-backlog"]
    assert state(t, "billing-backlog") == "ALARM"
    t.release("bill")
    t.advance("10m")

    assert letters(t) == ["ALARM: billing-backlog", "OK: billing-backlog"]


def test_so_10_errors_and_dead_letters_are_told(t, monkeypatch):
    break_billing(monkeypatch, always)
    post(t, SAMPLE)
    t.advance("10m")

    told = letters(t)
    for name in ("billing-errors", "archive-errors", "billing-dlq", "archive-dlq"):
        assert told.count(f"ALARM: {name}") == 1
    t.advance("10m")
    assert state(t, "billing-errors") == "OK"
    assert state(t, "billing-dlq") == "ALARM"


def test_so_10_an_error_that_the_next_try_mended_is_told_too(t, monkeypatch):
    break_billing(monkeypatch, lambda message: message.receives == 1)
    post(t, SAMPLE)
    t.settle()
    t.advance("5m")

    assert "ALARM: billing-errors" in letters(t)
    assert len(stored(t)) == 1


def test_so_10_an_answer_of_500_is_told(t, monkeypatch):
    def fail(*given):
        raise RuntimeError(f"a fault of ours with {len(given)}")

    monkeypatch.setattr(module, "parsed", fail)
    assert post(t, SAMPLE).status == 500
    monkeypatch.undo()
    t.advance("5m")

    assert letters(t) == ["ALARM: http-5xx"]
    t.advance("10m")
    assert letters(t) == ["ALARM: http-5xx", "OK: http-5xx"]


def test_so_10_while_nothing_happens_every_alarm_is_ok(t):
    t.advance("10m")

    assert letters(t) == []
    names = [ref.name for ref in app.resources if ref.kind == "alarm"]
    assert len(names) == 7
    assert {state(t, name) for name in names} == {"OK"}
