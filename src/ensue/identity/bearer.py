"""Bearer tokens: JSON Web Tokens (RFC 7519) of an issuer, by its public keys (RFC 7517).

``Authorization: Bearer <token>`` (RFC 6750) says who sends and what it may do. It does not sign the
body: whoever has the token may say anything, until it expires.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ensue.engine.secrets import Secret
from ensue.identity.algorithms import ALGORITHMS, Algorithm, PublicKey, check_algorithms
from ensue.identity.key_sets import ConfiguredKeys, FetchedKeys, Find, Keys, as_key, keys_of
from ensue.identity.model import (
    NOT_SIGNED,
    Client,
    Headers,
    Proof,
    Verifier,
    refused,
    tolerance_ms,
)
from ensue.identity.terms import CHALLENGE, Demands, Terms, is_time, names_of
from ensue.words.errors import InvalidDeclaration, NotVerified
from ensue.words.units import duration_ms
from ensue.words.values import Json

LEEWAY_MS = 60_000
BEARER_LENGTH_MAX = 16_384
KEY_ID_LENGTH_MAX = 256

_FORBIDDEN = "the token grants too little"
_OUT_OF_REACH = "the keys of the issuer cannot be reached"


class Bearer:
    """Requests with the token of an issuer; needs ``ensue[jose]``.

    ```python
    Bearer(
        keys="https://login.example.com/.well-known/jwks.json",
        issuer="https://login.example.com",
        audience="https://api.example.com",
        roles=["editor"],
    )
    ```

    Args:
        keys: the issuer's public keys: a JSON Web Key Set (RFC 7517); the place of one, read again
            when it changes; its address, over https, or http on this machine, from where it is
            fetched and kept; or an ``async def`` of the app from a key's id to the key, None for
            none, which is asked with each token.
        issuer: who must have issued the token; any of several.
        audience: for whom it must be; any of several.
        email: whose it must be, verified by the issuer; None for anybody's.
        algorithms: by which keys it may be signed. The key says its algorithm, never the token; one
            that does not has the first of these that fits.
        type: what its header must say as ``typ``, such as ``at+jwt`` (RFC 9068); None for anything.
        roles: of these it must have one, in its claim ``roles``; else 403.
        scopes: of these it must have all, in its claim ``scope``; else 403.
        refuses: is asked for each good token, by its claims, and says whether it is refused all the
            same, such as one that was revoked.
        leeway: by how much clocks may differ.

    Raises:
        InvalidDeclaration: it would take tokens of anybody, or for anybody.
    """

    scheme = "bearer"
    refuses_replays = False

    def __init__(  # noqa: PLR0913 - each says something else of the token
        self,
        *,
        keys: Secret | Mapping[str, Any] | str | Find | Keys,
        issuer: str | Sequence[str],
        audience: str | Sequence[str],
        email: str | None = None,
        algorithms: Algorithm | Sequence[Algorithm] = ALGORITHMS,
        type: str | None = None,  # noqa: A002 - the word for it
        roles: str | Sequence[str] = (),
        scopes: str | Sequence[str] = (),
        refuses: Callable[[Mapping[str, Any]], bool] | None = None,
        leeway: str | float = LEEWAY_MS / 1_000,
    ) -> None:
        self._terms = Terms(
            issuers=names_of(issuer, "issuer", "Bearer"),
            audiences=names_of(audience, "audience", "Bearer"),
            leeway_ms=tolerance_ms(leeway, "Bearer"),
            type=type,
            email=email,
        )
        self._demands = Demands(
            roles=names_of(roles, "roles", "Bearer") if roles else frozenset(),
            scopes=names_of(scopes, "scopes", "Bearer") if scopes else frozenset(),
        )
        self._keys = keys_of(keys, check_algorithms(algorithms, "Bearer"), "Bearer")
        self._refuses = refuses
        self._given: dict[str, Any] = {
            "keys": self._keys,
            "issuer": issuer,
            "audience": audience,
            "email": email,
            "algorithms": algorithms,
            "type": type,
            "refuses": refuses,
            "leeway": leeway,
        }

    def __repr__(self) -> str:
        issuers, audiences = sorted(self._terms.issuers), sorted(self._terms.audiences)
        return f"Bearer(issuer={issuers}, audience={audiences})"

    def requiring(
        self, *, roles: str | Sequence[str] = (), scopes: str | Sequence[str] = ()
    ) -> Bearer:
        """The same verifier, of tokens that grant something; it shares the keys.

        Args:
            roles: of these a token must have one.
            scopes: of these it must have all.
        """
        return Bearer(**{**self._given, "roles": roles, "scopes": scopes})

    def check(self) -> None:
        """Check that keys can be had; what is outside is not reached for.

        Raises:
            MissingSecret: they are not where they should be.
            InvalidDeclaration: they are no key set of the algorithms.
            MissingExtra: ``ensue[jose]`` is not installed.
        """
        self._keys.check()

    async def find(self, headers: Headers, now_ms: int, client: Client) -> Verifier:
        """The verifier of one request, with the key that its token names.

        Raises:
            Unreachable: the keys are outside, and were never reached.
        """
        if isinstance(self._keys, ConfiguredKeys):
            return self
        try:
            kid = _kid(_token_in(headers))
        except NotVerified:
            kid = None  # whoever verifies it says what is wrong
        key = None if kid is None else await self._keys.find(kid, now_ms, client)
        return _Found(self, key)

    def verify(self, headers: Headers, body: bytes, now_ms: int) -> Proof:
        """Verify a request by keys that are configured.

        Raises:
            NotVerified: there is no token, it is of another issuer, for another audience, of
                somebody else, not good at this time, or not signed by one of the keys.
            Forbidden: it is good, but grants too little.
        """
        del body
        keys = self._keys
        return self.verify_by(
            headers, keys.get if isinstance(keys, ConfiguredKeys) else _no_key, now_ms
        )

    def verify_by(
        self, headers: Headers, key: Callable[[str], PublicKey | None], now_ms: int
    ) -> Proof:
        """Verify a request by the key of its token's key id; see `verify`."""
        claims = _claims(_token_in(headers), key, self._terms, now_ms)
        if self._refuses is not None and self._refuses(claims):
            raise refused("the token is good, but refused by the app", challenge=CHALLENGE)
        self._demands.check(claims)
        issued_s = claims.get("iat")
        signed_ms = int(issued_s * 1_000) if is_time(issued_s) else None
        return Proof(self.scheme, claims=claims, signed_ms=signed_ms)

    @property
    def statuses(self) -> dict[int, str]:
        """The statuses with which its refusals are answered."""
        demands = self._demands
        told = {401: NOT_SIGNED}
        if demands.roles or demands.scopes:
            told[403] = _FORBIDDEN
        return told | ({502: _OUT_OF_REACH} if isinstance(self._keys, FetchedKeys) else {})

    def described(self) -> dict[str, dict[str, Json]]:
        """The scheme as OpenAPI describes it."""
        return {"token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}


@dataclass(frozen=True)
class _Found:
    """Verifies one request, by the key that was found for it."""

    bearer: Bearer
    key: PublicKey | None
    scheme: str = Bearer.scheme
    refuses_replays: bool = False

    def check(self) -> None:
        """See `Bearer.check`."""
        self.bearer.check()

    def verify(self, headers: Headers, body: bytes, now_ms: int) -> Proof:
        """See `Bearer.verify`."""
        del body
        return self.bearer.verify_by(headers, self._key_of, now_ms)

    def described(self) -> dict[str, dict[str, Json]]:
        """See `Bearer.described`."""
        return self.bearer.described()

    def _key_of(self, kid: str) -> PublicKey | None:
        """The key that was found for the only token of the request."""
        del kid
        return self.key


def verify_token(
    token: str,
    keys: Mapping[str, Any] | Callable[[str], Mapping[str, Any] | None],
    *,
    issuer: str | Sequence[str],
    now_ms: int,
    audience: str | Sequence[str] = (),
    type: str | None = None,  # noqa: A002 - the word for it
    leeway: str | float = 0,
) -> Mapping[str, Any]:
    """What a token claims, where one is at hand, and so are the keys; needs ``ensue[jose]``.

    Args:
        token: in compact form.
        keys: a JSON Web Key Set, or a function from a key's id to the key, None for none.
        issuer: who must have issued it; any of several.
        now_ms: what time it is.
        audience: for whom it must be; any of several, or nobody in particular.
        type: what its header must say as ``typ``; None for anything.
        leeway: by how much clocks may differ.

    Raises:
        NotVerified: it is not signed by one of the keys, or claims something else.
        InvalidDeclaration: a key is none.
    """
    terms = Terms(
        issuers=names_of(issuer, "issuer", "verify_token"),
        audiences=names_of(audience, "audience", "verify_token") if audience else frozenset(),
        leeway_ms=duration_ms(leeway),
        type=type,
    )

    def key(kid: str) -> PublicKey | None:
        found = keys(kid) if callable(keys) else _in_set(keys, kid)
        return None if found is None else as_key(found, kid, ALGORITHMS)

    return _claims(token, key, terms, now_ms)


def _in_set(keys: Mapping[str, Any], kid: str) -> Mapping[str, Any] | None:
    for each in keys.get("keys", ()):
        if each.get("kid") == kid:
            found: Mapping[str, Any] = each
            return found
    return None


def _token_in(headers: Headers) -> str:
    given = headers.get("authorization", "")
    if not given:
        raise refused("there is no header Authorization", challenge=CHALLENGE, missing=True)
    if len(given) > BEARER_LENGTH_MAX:
        reason = f"the header Authorization is longer than {BEARER_LENGTH_MAX} characters"
        raise refused(reason, challenge=CHALLENGE)
    scheme, _, token = given.partition(" ")
    if scheme.lower() != "bearer":
        raise refused("the authorization is no bearer token", challenge=CHALLENGE)
    return token.strip()


def _kid(token: str) -> str | None:
    from ensue.identity.jose import header_of  # noqa: PLC0415 - an extra

    kid = header_of(token, CHALLENGE).get("kid")
    return kid if isinstance(kid, str) and 0 < len(kid) <= KEY_ID_LENGTH_MAX else None


def _claims(
    token: str, key_of: Callable[[str], PublicKey | None], terms: Terms, now_ms: int
) -> dict[str, Any]:
    from ensue.identity.jose import (  # noqa: PLC0415 - an extra
        check_algorithm,
        claims_of,
        header_of,
    )

    head = header_of(token, CHALLENGE)
    kid = _kid(token)
    key = None if kid is None else key_of(kid)
    if key is None:
        raise refused("the token is by no key that is known", challenge=CHALLENGE)
    check_algorithm(head, key.algorithm, CHALLENGE)
    claims = claims_of(token, key.key, key.algorithm, CHALLENGE)
    terms.check(head, claims, now_ms)
    return claims


def _no_key(kid: str) -> PublicKey | None:
    raise InvalidDeclaration(
        f"expected the key {kid!r} to be found first", at="Bearer", hint="Await find(...)."
    )
