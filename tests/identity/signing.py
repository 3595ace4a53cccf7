"""The other side: requests as their senders sign them, by their own libraries where there are."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime

import stripe
from standardwebhooks import Webhook

NOW_MS = 1_700_000_000_000


def as_stripe(secret: str, body: bytes, at_ms: int = NOW_MS) -> dict[str, str]:
    """The headers of a request, made by Stripe's library."""
    made = stripe.WebhookSignature.generate_signature_header(body.decode(), secret, at_ms // 1_000)
    return {"stripe-signature": made}


def as_standard(
    secret: str, body: bytes, at_ms: int = NOW_MS, message: str = "msg_1"
) -> dict[str, str]:
    """The headers of a request, made by the library of Standard Webhooks."""
    at = datetime.fromtimestamp(at_ms // 1_000, tz=UTC)
    return {
        "webhook-id": message,
        "webhook-timestamp": str(at_ms // 1_000),
        "webhook-signature": Webhook(secret).sign(message, at, body.decode()),
    }


def mac(secret: str, content: bytes, algorithm: str = "sha256") -> str:
    """The hex of an HMAC."""
    return hmac.new(secret.encode(), content, algorithm).hexdigest()


def whsec(text: str) -> str:
    """A secret of Standard Webhooks."""
    return "whsec_" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
