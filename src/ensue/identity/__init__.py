"""Who sent a request: verification of signed requests against their raw bytes; signing; tokens.

    request ──▶ Verifier.verify(headers, body, now_ms) ──▶ Proof
                                                      └──▶ NotVerified: why is for the log
    body ──▶ Signer.sign(body, message, nonce, now_ms) ──▶ headers
    claims ──▶ SigningKey.sign(claims) ──▶ token

A verifier is a declaration: it names the scheme and where its secrets are kept. What it verifies
with is read at each request, so that secrets are rotated while the app runs.
"""

from ensue.identity.algorithms import ALGORITHMS, SIZES, Algorithm
from ensue.identity.alternatives import AnyOf
from ensue.identity.anyone import Anyone
from ensue.identity.api_keys import ApiKeys
from ensue.identity.bearer import Bearer, verify_token
from ensue.identity.issuer import KEYS_PATH, OPERATOR, READER, Issuer
from ensue.identity.jws import Jws
from ensue.identity.macs import Hmac
from ensue.identity.model import (
    METHOD,
    PATH,
    Client,
    Proof,
    Signer,
    Verifier,
    found_for,
    statuses_of,
)
from ensue.identity.signing import SigningKey
from ensue.identity.standard import StandardWebhooks
from ensue.identity.stripe import Stripe
from ensue.identity.terms import roles_of

__all__ = [
    "ALGORITHMS",
    "KEYS_PATH",
    "METHOD",
    "OPERATOR",
    "PATH",
    "READER",
    "SIZES",
    "Algorithm",
    "AnyOf",
    "Anyone",
    "ApiKeys",
    "Bearer",
    "Client",
    "Hmac",
    "Issuer",
    "Jws",
    "Proof",
    "Signer",
    "SigningKey",
    "StandardWebhooks",
    "Stripe",
    "Verifier",
    "found_for",
    "roles_of",
    "statuses_of",
    "verify_token",
]
