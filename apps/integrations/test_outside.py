"""The mocks: they demand what the real ones would."""

from __future__ import annotations

import base64
import json

import httpx
import pytest

from apps.integrations.outside import HOOK_URL, TOKEN, accounts, app
from ensue import Secret, StandardWebhooks

BOB = {"customer_id": "C-2", "name": "Bob", "email": "bob@customers.invalid", "country": "NZ"}
WANTED = {"customer_id": "C-2", "holder": "Bob", "country": "NZ", "currency": "NZD"}


class Hook:
    """Who takes what the CRM says; at first nobody."""

    def __init__(self) -> None:
        self.tries: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.tries.append(request)
        return httpx.Response(503 if len(self.tries) == 1 else 202)


@pytest.fixture
def hook():
    return Hook()


@pytest.fixture
def t(run_app, monkeypatch, hook):
    monkeypatch.setenv("CRM_SECRET", "whsec_c2VjcmV0LW9mLXRoZS1jcm0=")
    monkeypatch.setenv("BANK_SECRET", "s-1")
    return run_app(app, outside={HOOK_URL: hook})


def opened(t, key, token=TOKEN, wanted=WANTED):
    headers = {"authorization": f"Bearer {token}", "idempotency-key": key}
    return t.request("POST", "/bank/accounts", body=wanted, headers=headers)


def test_the_crm_says_until_it_is_taken_who_registered_under_one_id(t, hook):
    t.post("/crm/customers", BOB)
    t.drain("1h")

    first, second = hook.tries
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    proof = StandardWebhooks(Secret.env("CRM_SECRET")).verify(
        dict(second.headers), second.content, t.now_ms()
    )
    assert (proof.id, json.loads(second.content)["data"]) == (second.headers["webhook-id"], BOB)


def test_the_bank_gives_a_token_to_who_shows_the_secret(t):
    shown = base64.b64encode(b"furniture:s-1").decode()

    known = t.request("POST", "/bank/token", headers={"authorization": f"Basic {shown}"})
    other = t.request("POST", "/bank/token", headers={"authorization": "Basic guess"})

    assert (known.body["access_token"], other.status) == (TOKEN, 401)


def test_the_bank_opens_one_account_for_a_key_and_refuses_who_has_no_token(t):
    first, again = opened(t, "k-1"), opened(t, "k-1")

    assert (first.status, first.body) == (200, again.body)
    assert opened(t, "k-2").status == 409
    assert opened(t, "k-3", "a-guess").status == 401
    assert t.get("/bank/accounts/C-2").body == first.body
    assert t.wait(accounts.count()) == 1


def test_the_courier_notes_what_is_to_be_collected(t):
    event = {"specversion": "1.0", "id": "e-1", "source": "furniture", "type": "CollectionDue"}
    body = json.dumps({**event, "data": {"order_id": "o-1"}}).encode()
    headers = {"content-type": "application/cloudevents+json"}

    assert t.request("POST", "/courier/collections", body=body, headers=headers).status == 202
    assert t.get("/courier/collections/o-1").body["event"] == "e-1"
