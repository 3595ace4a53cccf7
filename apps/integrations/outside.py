"""What is not ours, as mocks to try it with: the CRM, the bank and the courier.

The bank wants a token, and opens one account for each Idempotency-Key. The CRM signs what it says
as Standard Webhooks has it, and says it until somebody takes it.
"""

from __future__ import annotations

import base64
import hmac
import json
import os
from collections.abc import Mapping
from typing import Any

from ensue import App, Body, Change, CloudEvent, Conflict, NotVerified, Proof, Secret, Tx

HOOK_URL = os.environ.get("HOOK_URL", "http://127.0.0.1:8080/webhooks/crm")
CRM_SECRET = Secret.env("CRM_SECRET", demo="whsec_c2VjcmV0LW9mLXRoZS1jcm0=")
BANK_SECRET = Secret.env("BANK_SECRET", demo="bank-secret")
TOKEN = "mock-token"  # noqa: S105 - it opens nothing but the mock

app = App("outside")
customers = app.table("customers", key="customer_id")
accounts = app.table("accounts", key="customer_id")
collections = app.table("collections", key="order_id")


class Customer(Body):
    """Who registers with the CRM."""

    customer_id: str
    name: str
    email: str
    country: str


class Wanted(Body):
    """Whom the bank is to open an account for."""

    customer_id: str
    holder: str
    country: str
    currency: str


class Shows:
    """A verifier of the bank: who calls shows this in the header Authorization."""

    refuses_replays = False

    def __init__(self, scheme: str, secret: Secret | str) -> None:
        self.scheme = scheme
        self._secret = secret

    def check(self) -> None:
        """Check that the secret is there."""
        self._expected()

    def verify(self, headers: Mapping[str, str], body: bytes, now_ms: int) -> Proof:
        """Compare, in constant time."""
        del body, now_ms
        given = headers.get("authorization", "").encode()
        if not hmac.compare_digest(given, self._expected().encode()):
            raise NotVerified("expected a caller that the bank knows", challenge=self.scheme)
        return Proof(self.scheme)

    def described(self) -> dict[str, dict[str, Any]]:
        """As OpenAPI describes it."""
        return {self.scheme: {"type": "http", "scheme": self.scheme.lower()}}

    def _expected(self) -> str:
        if isinstance(self._secret, str):
            return f"{self.scheme} {self._secret}"
        pair = f"furniture:{self._secret.read()}".encode()
        return f"{self.scheme} {base64.b64encode(pair).decode()}"


# The bank


@app.post("/bank/token", verify=Shows("Basic", BANK_SECRET))
def give_token(raw: bytes) -> dict[str, Any]:
    """Give a token to who shows id and secret (RFC 6749, client credentials)."""
    del raw
    return {"access_token": TOKEN, "token_type": "Bearer", "expires_in": 3600}


@app.post(
    "/bank/accounts",
    verify=Shows("Bearer", TOKEN),
    idempotency="required",
    rate="10/s",
    burst=10,
    statuses={409: "There is an account."},
)
def open_account(body: Wanted, tx: Tx) -> dict[str, str]:
    """Open an account; the same request under the same key gets the same answer, and no other."""
    account = f"NZ-{tx.new_id()[-12:]}"
    opened = {"customer_id": body.customer_id, "account": account}
    if not tx.put(accounts, opened, where="attribute_not_exists(customer_id)"):
        raise Conflict(f"{body.customer_id} has an account")
    return opened


app.get("/bank/accounts/{id}").get(accounts, "{path.id}")

# The courier


@app.post("/courier/collections", status=202)
def collect(body: CloudEvent, tx: Tx) -> None:
    """Note what is to be collected."""
    tx.put(collections, {"order_id": body.data["order_id"], "event": body.id, "at_ms": tx.now_ms})


app.get("/courier/collections/{id}").get(collections, "{path.id}")

# The CRM

app.post("/crm/customers").put(customers, body=Customer)


@app.on_change(customers, kind="insert")
async def say_registered(change: Change) -> None:
    """Tell who wants to know, until it is taken: signed anew, under the same id, at each try."""
    said = {
        "specversion": "1.0",
        "id": change.id,
        "source": "acme-crm",
        "type": "customer.registered",
        "data": change.new,
    }
    body = json.dumps(said).encode()
    headers = await app.run(_signed, change.id, body)
    (await app.http.post(HOOK_URL, content=body, headers=headers)).raise_for_status()


def _signed(message: str, body: bytes, tx: Tx) -> dict[str, str]:
    seconds = tx.now_ms // 1_000
    key = base64.b64decode(CRM_SECRET.read().removeprefix("whsec_"))
    digest = hmac.digest(key, f"{message}.{seconds}.".encode() + body, "sha256")
    return {
        "content-type": "application/cloudevents+json",
        "webhook-id": message,
        "webhook-timestamp": str(seconds),
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }
