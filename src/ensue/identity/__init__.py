"""Who sent a request: verification of signed requests against their raw bytes, and signing them.

    request ──▶ Verifier.verify(headers, body, now_ms) ──▶ Proof
                                                      └──▶ NotVerified: why is for the log
    body ──▶ Signer.sign(body, message, nonce, now_ms) ──▶ headers

A verifier is a declaration: it names the scheme and where its secrets are kept. What it verifies
with is read at each request, so that secrets are rotated while the app runs.
"""

from ensue.identity.alternatives import AnyOf
from ensue.identity.api_keys import ApiKeys
from ensue.identity.jws import Jws
from ensue.identity.macs import Hmac
from ensue.identity.model import Proof, Signer, Verifier
from ensue.identity.oidc import Oidc
from ensue.identity.standard import StandardWebhooks
from ensue.identity.stripe import Stripe

__all__ = [
    "AnyOf",
    "ApiKeys",
    "Hmac",
    "Jws",
    "Oidc",
    "Proof",
    "Signer",
    "StandardWebhooks",
    "Stripe",
    "Verifier",
]
