"""Stripe's signatures (https://docs.stripe.com/webhooks#verify-manually).

``Stripe-Signature: t=1492774577,v1=5257a8...,v1=...``: hex of HMAC-SHA256 of ``t.body``, one for
each secret that the sender has at that time. Other schemes, such as the ``v0`` of test events, are
passed over.
"""

from __future__ import annotations

from collections.abc import Sequence

from ensue.engine.secrets import Secret
from ensue.identity.macs import decoded, digest_sha256
from ensue.identity.model import (
    SIGNATURES_MAX,
    TOLERANCE_MS,
    Headers,
    Proof,
    check_age,
    copied_by,
    header,
    matching,
    refused,
    secrets_of,
    time_ms,
    tolerance_ms,
)
from ensue.words.values import Json

HEADER = "Stripe-Signature"


class Stripe:
    """Requests that are signed as Stripe signs them.

    Args:
        secret: where the endpoint's secret is kept; several while one takes the place of another.
        tolerance: how old, or how far ahead, the time of a signature may be.
        refuse_replays: whether a copy of a request that was taken is refused. Stripe signs each try
            anew, so no try of its own is a copy.

    Raises:
        InvalidDeclaration: it names no secret, or the tolerance is none.
    """

    scheme = "stripe"

    def __init__(
        self,
        secret: Secret | Sequence[Secret],
        *,
        tolerance: str | float = TOLERANCE_MS / 1_000,
        refuse_replays: bool = False,
    ) -> None:
        self._secrets = secrets_of(secret, "Stripe")
        self._tolerance_ms = tolerance_ms(tolerance, "Stripe")
        self._refuses = refuse_replays

    def __repr__(self) -> str:
        return f"Stripe({self._secrets})"

    @property
    def refuses_replays(self) -> bool:
        """Whether a copy of a request that was taken is refused."""
        return self._refuses

    def check(self) -> None:
        """Check that the secrets are there.

        Raises:
            MissingSecret: one is not.
        """
        for each in self._secrets:
            each.read()

    def verify(self, headers: Headers, body: bytes, now_ms: int) -> Proof:
        """Verify a request.

        Raises:
            NotVerified: the header is missing or malformed, it is too old, or nobody who has a
                secret signed it.
        """
        time, signatures = _parsed(header(headers, HEADER))
        signed_ms = time_ms(time)
        content = time.encode() + b"." + body
        expected = (digest_sha256(each.read().encode(), content) for each in self._secrets)
        found = matching(expected, signatures)
        if found is None:
            raise refused(
                f"none of the {len(signatures)} signatures is by one of the {len(self._secrets)}"
                " secrets"
            )
        check_age(signed_ms, now_ms, self._tolerance_ms)
        return Proof(
            self.scheme,
            signed_ms=signed_ms,
            nonce=copied_by(content) if self._refuses else None,
            until_ms=signed_ms + self._tolerance_ms + 1,
        )

    @property
    def signs_in(self) -> tuple[str, ...]:
        """The name of the header that it signs in."""
        return (HEADER,)

    def sign(
        self, body: bytes, *, message: str, nonce: str, now_ms: int, line: tuple[str, str]
    ) -> dict[str, str]:
        """Sign a request by each of the secrets, for `Destination`.

        Raises:
            MissingSecret: one is not there.
        """
        del message, nonce, line
        time = str(now_ms // 1_000)
        content = time.encode() + b"." + body
        made = [digest_sha256(each.read().encode(), content).hex() for each in self._secrets]
        return {HEADER: ",".join([f"t={time}", *(f"v1={each}" for each in made)])}

    def described(self) -> dict[str, dict[str, Json]]:
        """The scheme as OpenAPI describes it."""
        return {
            self.scheme: {
                "type": "apiKey",
                "in": "header",
                "name": HEADER,
                "description": "`t=<seconds>,v1=<hex of HMAC-SHA256 of t.body>`, as Stripe signs.",
            }
        }


def _parsed(text: str) -> tuple[str, list[bytes]]:
    """The time and the signatures of a header."""
    times: list[str] = []
    signatures: list[bytes] = []
    for part in text.split(","):
        name, _, value = part.strip().partition("=")
        if name == "t":
            times.append(value)
        elif name == "v1":
            signatures.append(decoded(value, "hex"))
    if len(times) != 1 or not 1 <= len(signatures) <= SIGNATURES_MAX:
        raise refused(f"{HEADER} has {len(times)} times and {len(signatures)} signatures")
    return times[0], signatures
