"""Standard Webhooks 1.0.0 (https://github.com/standard-webhooks/standard-webhooks).

``webhook-id``, ``webhook-timestamp`` and ``webhook-signature``: a list, with spaces, of ``v1,`` and
base64 of HMAC-SHA256, or ``v1a,`` and base64 of ed25519, of ``id.timestamp.body``. Secrets are
base64 behind ``whsec_``, public keys behind ``whpk_``, private ones behind ``whsk_``. Signatures of
other versions do not count.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence

from ensue.engine.secrets import Secret
from ensue.identity import ed25519
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
from ensue.words.errors import InvalidDeclaration
from ensue.words.values import Json

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
WEBHOOK_ID_LENGTH_MAX = 256

_SECRET_PREFIX, _PUBLIC_PREFIX, _PRIVATE_PREFIX = "whsec_", "whpk_", "whsk_"
# The specification keeps full stops out of ids: they separate what is signed.
_ID = re.compile(rf"[\x21-\x2d\x2f-\x7e]{{1,{WEBHOOK_ID_LENGTH_MAX}}}")


class StandardWebhooks:
    """Requests that are signed as Standard Webhooks has it.

    Args:
        secret: where the ``whsec_`` secret, or the ``whpk_`` public key, is kept; several while one
            takes the place of another. A ``whsk_`` private key signs, and verifies as its public
            key does. Keys need ``ensue[jose]``.
        tolerance: how old, or how far ahead, the time of a signature may be.
        refuse_replays: whether a copy of a request that was taken is refused. A sender signs each
            try anew; the message's id, the same for all of them, is `Proof.id`.

    Raises:
        InvalidDeclaration: it names no secret, or the tolerance is none.
    """

    scheme = "standard-webhooks"

    def __init__(
        self,
        secret: Secret | Sequence[Secret],
        *,
        tolerance: str | float = TOLERANCE_MS / 1_000,
        refuse_replays: bool = False,
    ) -> None:
        self._secrets = secrets_of(secret, "StandardWebhooks")
        self._tolerance_ms = tolerance_ms(tolerance, "StandardWebhooks")
        self._refuses = refuse_replays

    def __repr__(self) -> str:
        return f"StandardWebhooks({self._secrets})"

    @property
    def refuses_replays(self) -> bool:
        """Whether a copy of a request that was taken is refused."""
        return self._refuses

    def check(self) -> None:
        """Check that the secrets are there and of their form.

        Raises:
            MissingSecret: one is not there.
            InvalidDeclaration: one is no base64, or no key.
            MissingExtra: one is a public key, and ``ensue[jose]`` is not installed.
        """
        for each in self._secrets:
            text = each.read()
            if _is_shared(text):
                _key(text, repr(each))
            else:
                ed25519.check(_public(text, repr(each)), repr(each))

    def verify(self, headers: Headers, body: bytes, now_ms: int) -> Proof:
        """Verify a request.

        Raises:
            NotVerified: a header is missing or malformed, it is too old, or nobody who has a secret
                signed it.
        """
        message, time = header(headers, ID), header(headers, TIMESTAMP)
        if not _ID.fullmatch(message):
            raise refused(f"the header {ID} is no id")
        signed_ms = time_ms(time)
        shared, public = _parsed(header(headers, SIGNATURE))
        content = f"{message}.{time}.".encode() + body
        if not self._is_signed(content, shared, public):
            raise refused(
                f"none of the {len(shared) + len(public)} signatures is by one of the"
                f" {len(self._secrets)} secrets"
            )
        check_age(signed_ms, now_ms, self._tolerance_ms)
        return Proof(
            self.scheme,
            signed_ms=signed_ms,
            id=message,
            nonce=copied_by(content) if self._refuses else None,
            until_ms=signed_ms + self._tolerance_ms + 1,
        )

    @property
    def signs_in(self) -> tuple[str, ...]:
        """The names of the headers that it signs in."""
        return (ID, TIMESTAMP, SIGNATURE)

    def sign(
        self, body: bytes, *, message: str, nonce: str, now_ms: int, line: tuple[str, str]
    ) -> dict[str, str]:
        """Sign a request by each of the secrets, for `Destination`.

        Raises:
            MissingSecret: one is not there.
            InvalidDeclaration: one is no base64, no key, or a public one.
            MissingExtra: one is a private key, and ``ensue[jose]`` is not installed.
        """
        del nonce, line
        time = str(now_ms // 1_000)
        content = f"{message}.{time}.".encode() + body
        made = " ".join(_signature(each.read(), repr(each), content) for each in self._secrets)
        return {ID: message, TIMESTAMP: time, SIGNATURE: made}

    def described(self) -> dict[str, dict[str, Json]]:
        """The scheme as OpenAPI describes it."""
        return {
            self.scheme: {
                "type": "apiKey",
                "in": "header",
                "name": SIGNATURE,
                "description": "`v1,<base64 of HMAC-SHA256>` or `v1a,<base64 of ed25519>` of"
                f" `{ID}.{TIMESTAMP}.body`, as Standard Webhooks has it.",
            }
        }

    def _is_signed(self, content: bytes, shared: list[bytes], public: list[bytes]) -> bool:
        secrets = [(each.read(), repr(each)) for each in self._secrets]
        macs = (
            digest_sha256(_key(text, place), content) for text, place in secrets if _is_shared(text)
        )
        if matching(macs, shared) is not None:
            return True
        keys = [(_public(text, place), place) for text, place in secrets if not _is_shared(text)]
        return any(
            ed25519.is_signed(key, place, content, signature)
            for key, place in keys
            for signature in public
        )


def _is_shared(text: str) -> bool:
    """Whether a secret is shared, rather than a key of a pair."""
    return not text.startswith((_PUBLIC_PREFIX, _PRIVATE_PREFIX))


def _public(text: str, place: str) -> bytes:
    """The public key of a pair by either of its keys."""
    key = _key(text, place)
    return ed25519.public_of(key, place) if text.startswith(_PRIVATE_PREFIX) else key


def _signature(text: str, place: str, content: bytes) -> str:
    """A signature by one secret, as it stands among others."""
    key = _key(text, place)
    if _is_shared(text):
        return f"v1,{base64.b64encode(digest_sha256(key, content)).decode()}"
    if text.startswith(_PUBLIC_PREFIX):
        raise InvalidDeclaration(
            "expected a secret to sign with, got a public key",
            at=place,
            hint="Sign with `whsec_...` or the private key, `whsk_...`.",
        )
    return f"v1a,{base64.b64encode(ed25519.signed(key, place, content)).decode()}"


def _key(text: str, place: str) -> bytes:
    """The bytes of a secret or key."""
    for prefix in (_SECRET_PREFIX, _PUBLIC_PREFIX, _PRIVATE_PREFIX):
        text = text.removeprefix(prefix)
    try:
        # The padding of some senders' secrets is left out.
        found = base64.b64decode(
            text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4), validate=True
        )
    except (binascii.Error, ValueError):
        found = b""
    if not found:
        raise InvalidDeclaration(
            "expected a secret of Standard Webhooks, got no base64",
            at=place,
            hint="It is `whsec_` and base64; of a public key `whpk_`, of a private one `whsk_`.",
        )
    return found


def _parsed(text: str) -> tuple[list[bytes], list[bytes]]:
    """The signatures of a header: by shared secrets, and by key pairs."""
    shared: list[bytes] = []
    public: list[bytes] = []
    for part in text.split():
        version, _, value = part.partition(",")
        if version in {"v1", "v1a"}:
            (shared if version == "v1" else public).append(decoded(value, "base64"))
    if not 1 <= len(shared) + len(public) <= SIGNATURES_MAX:
        raise refused(f"{SIGNATURE} has {len(shared) + len(public)} signatures that are known")
    return shared, public
