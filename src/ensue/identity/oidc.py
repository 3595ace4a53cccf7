"""OpenID Connect tokens of services, such as those that Google's Pub/Sub pushes with.

``Authorization: Bearer <token>``: a JSON Web Token (RFC 7519) that says who sends
(https://cloud.google.com/pubsub/docs/authenticate-push-subscriptions). It does not sign the body:
whoever has the token may say anything, until it expires.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeGuard, cast, get_args

import msgspec

from ensue.engine.secrets import Secret
from ensue.identity.model import Headers, Proof, header, needs_jose, refused, tolerance_ms
from ensue.words.errors import InvalidDeclaration
from ensue.words.values import Json

LEEWAY_MS = 60_000
SECONDS_MAX = 1 << 40

Algorithm = Literal["RS256", "ES256"]

_CHALLENGE = "Bearer"


class Oidc:
    """Requests with the token of a service; needs ``ensue[jose]``.

    ```python
    Oidc(
        keys=Secret.file("google-keys.json"),
        issuer="https://accounts.google.com",
        audience="https://example.com/webhooks/google",
        email="pubsub@project.iam.gserviceaccount.com",
    )
    ```

    Args:
        keys: the issuer's public keys, a JSON Web Key Set (RFC 7517): where it is kept, or itself.
            A file is read again when it changes; nothing is fetched.
        issuer: who must have issued the token; any of several.
        audience: for whom it must be; any of several.
        email: whose it must be, verified by the issuer; None for anybody's.
        algorithm: ``RS256`` or ``ES256``.
        leeway: by how much clocks may differ.

    Raises:
        InvalidDeclaration: it would take tokens of anybody, or for anybody.
    """

    scheme = "oidc"
    refuses_replays = False

    def __init__(
        self,
        *,
        keys: Secret | Mapping[str, Any],
        issuer: str | Sequence[str],
        audience: str | Sequence[str],
        email: str | None = None,
        algorithm: Algorithm = "RS256",
        leeway: str | float = LEEWAY_MS / 1_000,
    ) -> None:
        if algorithm not in get_args(Algorithm):
            known = ", ".join(get_args(Algorithm))
            raise InvalidDeclaration(f"expected one of {known}, got {algorithm!r}", at="Oidc")
        self._issuers, self._audiences = _names(issuer, "issuer"), _names(audience, "audience")
        self._keys = keys if isinstance(keys, Secret) else msgspec.json.encode(keys).decode()
        self._email = email
        self._algorithm = algorithm
        self._leeway_ms = tolerance_ms(leeway, "Oidc")

    def __repr__(self) -> str:
        return f"Oidc(issuer={sorted(self._issuers)}, audience={sorted(self._audiences)})"

    def check(self) -> None:
        """Check that the keys are there.

        Raises:
            MissingSecret: they are not.
            InvalidDeclaration: they are no key set of the algorithm.
            MissingExtra: ``ensue[jose]`` is not installed.
        """
        with needs_jose("Oidc"):
            self._key(None)

    def verify(self, headers: Headers, body: bytes, now_ms: int) -> Proof:
        """Verify a request.

        Raises:
            NotVerified: there is no token, it is of another issuer, for another audience, of
                somebody else, not good at this time, or not signed by one of the keys.
        """
        from ensue.identity.jose import claims_of, header_of  # noqa: PLC0415 - an extra

        del body
        scheme, _, token = header(headers, "Authorization").partition(" ")
        if scheme.lower() != "bearer":
            raise refused("the authorization is no bearer token", challenge=_CHALLENGE)
        token = token.strip()
        key = self._key(header_of(token, self._algorithm, _CHALLENGE).get("kid"))
        if key is None:
            raise refused("the token is by no key that is known", challenge=_CHALLENGE)
        claims = claims_of(token, key, self._algorithm, _CHALLENGE)
        self._check_names(claims)
        self._check_times(claims, now_ms)
        issued_s = claims.get("iat")
        signed_ms = int(issued_s * 1_000) if _is_time(issued_s) else None
        return Proof(self.scheme, claims=claims, signed_ms=signed_ms)

    def described(self) -> dict[str, dict[str, Json]]:
        """The scheme as OpenAPI describes it."""
        return {self.scheme: {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}

    def _key(self, kid: object) -> Any:  # noqa: ANN401 - a key of an extra
        """The key of an id; None for none."""
        from ensue.identity.jose import key_set  # noqa: PLC0415 - an extra

        text = self._keys.read() if isinstance(self._keys, Secret) else self._keys
        place = repr(self._keys) if isinstance(self._keys, Secret) else "Oidc.keys"
        found = key_set(text, self._algorithm, place)
        return found.get(kid) if isinstance(kid, str) else None

    def _check_names(self, claims: Mapping[str, Any]) -> None:
        issuer, given = claims.get("iss"), claims.get("aud")
        if not isinstance(issuer, str) or issuer not in self._issuers:
            raise refused("the token is of another issuer", challenge=_CHALLENGE)
        audiences = given if isinstance(given, list) else [given]
        if not any(isinstance(each, str) and each in self._audiences for each in audiences):
            raise refused("the token is for another audience", challenge=_CHALLENGE)
        if self._email is not None and (
            claims.get("email") != self._email or claims.get("email_verified") is not True
        ):
            raise refused("the token is of another account", challenge=_CHALLENGE)

    def _check_times(self, claims: Mapping[str, Any], now_ms: int) -> None:
        expires_s, begins_s = claims.get("exp"), claims.get("nbf", claims.get("iat", 0))
        if not (_is_time(expires_s) and _is_time(begins_s)):
            raise refused("the token does not say until when it is good", challenge=_CHALLENGE)
        if now_ms >= expires_s * 1_000 + self._leeway_ms:
            raise refused("the token has expired", challenge=_CHALLENGE)
        if now_ms < begins_s * 1_000 - self._leeway_ms:
            raise refused("the token is not good yet", challenge=_CHALLENGE)


def _names(given: str | Sequence[str], what: str) -> frozenset[str]:
    found = frozenset([given] if isinstance(given, str) else given)
    if not found or not all(each and isinstance(each, str) for each in found):
        raise InvalidDeclaration(
            f"expected as {what} one or several texts, got {given!r}", at="Oidc"
        )
    return found


def _is_time(found: object) -> TypeGuard[int | float]:
    """Whether a claim is a time in seconds since 1970."""
    is_number = isinstance(found, int | float) and not isinstance(found, bool)
    return is_number and 0 <= cast(float, found) < SECONDS_MAX
