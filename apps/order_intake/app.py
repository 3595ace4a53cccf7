"""Order intake: signed orders go to billing and to an archive, and neither waits for the other.

POST /orders ─(signature)─▶ orders topic ─┬▶ billing queue ─▶ bill ─▶ table orders
                                          └▶ archive queue ─▶ keep ─▶ objects in the bucket archive
each queue ─(fails five times)─▶ its -dlq   every 5 minutes: alarms ─(a state changes)─▶ a letter
"""

from __future__ import annotations

import json
import os
import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec

from ensue import (
    Answer,
    App,
    Conflict,
    Hmac,
    Message,
    NotPermitted,
    Secret,
    SignedRequest,
    Tx,
)

CLIENT_ID = os.environ.get("CLIENT_ID", "demo-client")
OPERATORS = os.environ.get("OPERATORS", "operators@orders.invalid")
SECRET = Secret.env("CLIENT_SECRET", demo="secret")
BATCH = 10
ID_LENGTH_MAX = 128

SIGN = 'openssl dgst -sha256 -hmac "$CLIENT_SECRET" -r | cut -c-64'
TRY = (
    """BODY='{"orderId": "demo-001", "items": [{"sku": "abc", "qty": 1}]}'""",
    f'SIGNATURE=$(printf %s "$BODY" | {SIGN})',
    'curl -s {url}/orders -d "$BODY" -H "X-Client-Id: anybody" -H "X-Signature: $SIGNATURE"',
)

# A time and a nonce are signed with the body: an old request, and a copy of a new one, are refused.
stamped = Hmac(
    SECRET,
    header="X-Signature",
    timestamp_header="X-Timestamp",
    nonce_header="X-Nonce",
    refuse_replays=True,
)
# The original scheme: whoever has seen a request can send it again for ever.
original = Hmac(SECRET, header="X-Signature")
SCHEMES = [stamped] if os.environ.get("ORIGINAL_SCHEME") == "off" else [stamped, original]

app = App("order-intake")
compact = msgspec.json.Encoder(decimal_format="number").encode
placed = app.topic("orders-topic")
billing = app.queue("orders-billing", max_receives=5, retention="4d")
archiving = app.queue("orders-archive", max_receives=5, retention="4d")
placed.subscribe(billing, archiving)

orders = app.table("orders", key="orderId")
archive = app.bucket("archive")
operators = app.mail("operators", to=OPERATORS)

# Judged every five minutes, the period of an alarm where nothing else is said.
for name, queue in (("billing", billing), ("archive", archiving)):
    app.alarm(f"{name}-backlog", metric="depth", of=queue, threshold=">= 10", to=operators)
    app.alarm(f"{name}-dlq", metric="depth", of=queue.dead_letters, threshold=">= 1", to=operators)
    app.alarm(f"{name}-errors", metric="failed", of=queue, threshold=">= 1", to=operators)
app.alarm("http-5xx", metric="errors", of="POST /orders", threshold=">= 1", to=operators)


# Intake


class Published(msgspec.Struct):
    """The publisher's answer, word for word."""

    ok: bool = True
    published: bool = True


@app.post("/orders", verify=SCHEMES)
async def publish(signed: SignedRequest) -> Published:
    """Publish an order that somebody with the secret signed; answered once it is durable."""
    check_client(signed)
    await app.run(hand_over, parsed(signed.text))
    return Published()


class Refusal(msgspec.Struct):
    """The publisher's word for why not."""

    error: str


@app.on_error(NotPermitted)
def unauthorized(fault: NotPermitted) -> Answer[Refusal]:
    """Answer whoever is not permitted as the publisher does; why is in the log."""
    del fault
    return Answer(Refusal(error="unauthorized"), status=401)


@app.post("/orders/{rest}", status=404)
def not_there(rest: str) -> Answer[Refusal]:
    """Answer what the publisher answers beside its one route."""
    del rest
    return Answer(Refusal(error="not found"), status=404)


def check_client(signed: SignedRequest) -> None:
    """Check who says that he sent it: with a stamp the one client; without, anybody named.

    Raises:
        NotPermitted: it is nobody, or somebody else.
    """
    client = signed.headers.get("x-client-id", "").strip()
    if not client or (signed.signed_ms is not None and client != CLIENT_ID):
        raise NotPermitted("unauthorized", at="headers.x-client-id")


def parsed(text: str) -> Any:  # noqa: ANN401 - any JSON value
    """The order: an object or a list with its numbers as decimals, or what is none as text."""
    try:
        found = json.loads(text, parse_float=Decimal, parse_constant=refused)
    except (ValueError, RecursionError):
        return text
    return found if isinstance(found, dict | list) else text


def refused(constant: str) -> None:
    """Take NaN and its kin for what they are: no JSON.

    Raises:
        ValueError: always.
    """
    raise ValueError(constant)


def hand_over(order: object, tx: Tx) -> None:
    """Publish an order."""
    tx.publish(placed, order)


# Consumers: each message of a batch stands for itself; one that fails holds back no other


def payload_of(message: Message) -> Any:  # noqa: ANN401 - any JSON value
    """The order in a message; what is no JSON object or list as ``{"raw": text}``."""
    return {"raw": message.body} if isinstance(message.body, str) else message.body


def id_of(message: Message) -> str:
    """The order's own id, or else the message's."""
    payload = payload_of(message)
    own = (payload.get("orderId") or payload.get("id")) if isinstance(payload, dict) else None
    return str(own or message.id)


@billing.consumer(batch=BATCH, retry_base="30s", retry_cap="30s")
def bill(message: Message, tx: Tx) -> None:
    """Store an order once: the same order again changes nothing, another one is refused."""
    payload, order_id = payload_of(message), id_of(message)
    row = {"orderId": order_id, "payload": payload, "source": "ddb-consumer", "ts": tx.now_ms}
    if not tx.put(orders, row, expect=0):
        there = tx.get(orders, order_id)
        if there is None or there["payload"] != payload:
            raise Conflict(f"there is another order {order_id}")


@archiving.consumer(batch=BATCH, retry_base="30s", retry_cap="30s")
def keep(message: Message, tx: Tx) -> None:
    """Keep an order as an object, once for each message, whatever it is delivered again."""
    key = key_of(message)
    there = tx.head_object(archive, key)
    if there is not None and there.metadata.get("message") != message.id:
        key = f"{key.removesuffix('.json')}-{message.id}.json"  # two in one millisecond
    body = compact(payload_of(message))
    tx.put_object(
        archive, key, body, content_type="application/json", metadata={"message": message.id}
    )


def key_of(message: Message) -> str:
    """``orders/YYYY/MM/DD/<order>/<epoch ms>.json``, by the time at which it was sent.

    Of the order's id only what is harmless in a path is left.
    """
    day = datetime.fromtimestamp(message.sent_ms / 1_000, UTC)
    safe = re.sub(r"[^A-Za-z0-9._-]", "_", id_of(message))[:ID_LENGTH_MAX]
    safe = re.sub(r"^\.+", "_", safe)
    return f"orders/{day:%Y/%m/%d}/{safe}/{message.sent_ms}.json"
