"""The mock payments service answers and throttles as the original (WI-5)."""

from __future__ import annotations

import pytest

from apps.payments.app import app


@pytest.fixture
def t(run_app):
    return run_app(app)


def pay(t, payment_id=None):
    return t.post("/payments", {"id": payment_id} if payment_id else {"quantity": 1})


def test_wi_5_a_payment_is_answered_as_the_original_answers(t):
    reply = pay(t, "p-1")

    assert (reply.status, reply.body) == (200, {"message": "Payment Success!", "statusCode": 200})


def test_wi_5_five_payments_at_once_are_taken_and_the_sixth_is_throttled(t):
    statuses = [pay(t, f"p-{n}").status for n in range(6)]

    assert statuses == [200] * 5 + [429]


def test_wi_5_five_more_are_taken_each_second(t):
    for number in range(6):
        pay(t, f"p-{number}")
    t.advance("1s")

    statuses = [pay(t, f"q-{n}").status for n in range(6)]

    assert statuses == [200] * 5 + [429]


def test_the_same_payment_again_is_counted_as_repeated(t):
    pay(t, "p-1")
    pay(t, "p-1")

    assert t.get("/payments").body == {"paid": 1, "repeated": 1}


def test_payments_without_an_id_are_all_taken(t):
    pay(t)
    pay(t)

    assert t.get("/payments").body == {"paid": 2, "repeated": 0}


def test_in_an_outage_no_payment_is_taken(t):
    t.request("PUT", "/outage", body={"down": True})
    refused = pay(t, "p-1")
    t.request("PUT", "/outage", body={"down": False})
    taken = pay(t, "p-1")

    assert (refused.status, taken.status) == (503, 200)
    assert t.get("/payments").body == {"paid": 1, "repeated": 0}
