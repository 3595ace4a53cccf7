"""Signed payloads with a chain of certificates, such as Apple's notifications.

App Store Server Notifications V2 are bodies ``{"signedPayload": "<JWS>"}``, signed by ES256; the
chain in ``x5c`` ends at Apple's root
(https://developer.apple.com/documentation/appstoreservernotifications/responsebodyv2). The uses of
leaf and intermediate are those that Apple's own library asks for.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from ensue.engine.secrets import Secret
from ensue.identity.model import Headers, Proof, needs_jose, refused
from ensue.words.errors import InvalidDeclaration
from ensue.words.values import Json

APPLE_LEAF: Final = "1.2.840.113635.100.6.11.1"
APPLE_INTERMEDIATE: Final = "1.2.840.113635.100.6.2.1"

_ALGORITHM = "ES256"
_CHALLENGE = "Signature"
# What a notification is about, and what of it is signed by itself.
_SUBJECTS = ("data", "summary", "externalPurchaseToken")
_NESTED = {"signedTransactionInfo": "transactionInfo", "signedRenewalInfo": "renewalInfo"}


class Jws:
    """Requests whose body is a signed payload, as Apple's notifications are; needs ``ensue[jose]``.

    ```python
    Jws(roots=Secret.file("AppleRootCA-G3.pem"), bundle_id="com.example.app")
    ```

    `Proof.claims` is the payload; the transaction and the renewal that are signed within its
    ``data`` are verified too, and stand there as ``transactionInfo`` and ``renewalInfo``.

    Args:
        roots: the root certificates that are trusted, as PEM or DER: where they are kept, or
            themselves.
        bundle_id: of which app a notification must be; None for any.
        environment: ``Production`` or ``Sandbox``; None for either.
        member: the member of the body that is the signed payload.
        leaf_use: the object identifier of an extension that the leaf must have; None for none.
        intermediate_use: the same of the intermediate.

    Raises:
        InvalidDeclaration: there are no roots.
    """

    scheme = "jws"
    refuses_replays = False

    def __init__(
        self,
        *,
        roots: Secret | bytes | str,
        bundle_id: str | None = None,
        environment: str | None = None,
        member: str = "signedPayload",
        leaf_use: str | None = APPLE_LEAF,
        intermediate_use: str | None = APPLE_INTERMEDIATE,
    ) -> None:
        if not roots:
            raise InvalidDeclaration("expected root certificates, got none", at="Jws")
        self._roots = roots.encode() if isinstance(roots, str) else roots
        self._bundle_id = bundle_id
        self._environment = environment
        self._member = member
        self._uses = (leaf_use, intermediate_use)

    def __repr__(self) -> str:
        return f"Jws(bundle_id={self._bundle_id!r}, environment={self._environment!r})"

    def check(self) -> None:
        """Check that the roots are there.

        Raises:
            MissingSecret: they are not.
            InvalidDeclaration: they are no certificates.
            MissingExtra: ``ensue[jose]`` is not installed.
        """
        with needs_jose("Jws"):
            self._trusted()

    def verify(self, headers: Headers, body: bytes, now_ms: int) -> Proof:
        """Verify a request.

        Raises:
            NotVerified: the body has no signed payload, its chain does not end at a trusted root or
                is not good now, its signature is not by the leaf, or it is of another app.
        """
        del headers
        token = _member(body, self._member)
        claims = self._claims(token, now_ms)
        name = next((each for each in _SUBJECTS if isinstance(claims.get(each), dict)), "")
        subject: dict[str, Any] = dict(claims.get(name, {}))
        self._check_app(subject)
        for signed, plain in _NESTED.items():
            if isinstance(subject.get(signed), str):
                subject[plain] = self._claims(subject[signed], now_ms)
        if name:
            claims[name] = subject
        signed_ms, uuid = claims.get("signedDate"), claims.get("notificationUUID")
        return Proof(
            self.scheme,
            claims=claims,
            signed_ms=signed_ms if isinstance(signed_ms, int) else None,
            id=uuid if isinstance(uuid, str) else None,
        )

    @staticmethod
    def described() -> dict[str, dict[str, Json]]:
        """Nothing: OpenAPI has no words for a body that is signed."""
        return {}

    def _trusted(self) -> tuple[bytes, ...]:
        from ensue.identity.jose import roots_of  # noqa: PLC0415 - an extra

        if isinstance(self._roots, Secret):
            return roots_of(self._roots.read().encode(), repr(self._roots))
        return roots_of(self._roots, "Jws.roots")

    def _claims(self, token: str, now_ms: int) -> dict[str, Any]:
        from ensue.identity.jose import (  # noqa: PLC0415 - an extra
            chain_key,
            check_algorithm,
            claims_of,
            header_of,
        )

        header = header_of(token, _CHALLENGE)
        check_algorithm(header, _ALGORITHM, _CHALLENGE)
        chain = header.get("x5c")
        key = chain_key(chain, self._trusted(), self._uses, now_ms)
        return claims_of(token, key, _ALGORITHM, _CHALLENGE)

    def _check_app(self, subject: dict[str, Any]) -> None:
        if self._bundle_id is not None and subject.get("bundleId") != self._bundle_id:
            raise refused("the notification is of another app")
        if self._environment is not None and subject.get("environment") != self._environment:
            raise refused("the notification is of another environment")


def _member(body: bytes, name: str) -> str:
    try:
        found: object = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        raise refused("the body is no JSON") from None
    token = found.get(name) if isinstance(found, dict) else None
    if not isinstance(token, str):
        raise refused(f"the body has no {name}")
    return token
