"""Requests that are signed: which verifier checks them, and what their handlers get."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

import msgspec

from ensue.engine.secrets import unless_it_may_come
from ensue.identity import METHOD, PATH, AnyOf, Client, Proof, Verifier, found_for, statuses_of
from ensue.words.errors import (
    InvalidDeclaration,
    InvalidValue,
    MissingSecret,
    NotFound,
    NotVerified,
)
from ensue.words.values import Json, shown

PROVIDER = "provider"

Given: TypeAlias = Verifier | Sequence[Verifier]

log = logging.getLogger("ensue.app")


@dataclass(frozen=True)
class SignedRequest:
    """A request whose signature was verified.

    Attributes:
        body: as it came, byte for byte.
        headers: by lower-case name.
        provider: who sent it, where the route's path says so.
        received_ms: when it came.
        proof: what its signature shows.
    """

    body: bytes
    headers: Mapping[str, str]
    provider: str | None
    received_ms: int
    proof: Proof

    @property
    def scheme(self) -> str:
        """How it was signed, such as ``stripe``."""
        return self.proof.scheme

    @property
    def claims(self) -> Mapping[str, Any]:
        """What its token or signed payload claims; empty where only the body is signed."""
        return self.proof.claims

    @property
    def signed_ms(self) -> int | None:
        """When it was signed, in ms since 1970, where the scheme tells."""
        return self.proof.signed_ms

    @property
    def id(self) -> str | None:
        """The sender's id of the message, the same for each try, where the scheme has one."""
        return self.proof.id

    @property
    def text(self) -> str:
        """The body as text.

        Raises:
            InvalidValue: it is no UTF-8.
        """
        try:
            return self.body.decode()
        except UnicodeDecodeError as fault:
            raise InvalidValue(f"expected UTF-8, got {fault.reason}", at="$") from None

    def json(self) -> Any:  # noqa: ANN401 - any JSON value
        """The decoded body.

        Raises:
            InvalidValue: it is no JSON.
        """
        try:
            return msgspec.json.decode(self.body)
        except (msgspec.DecodeError, RecursionError) as fault:
            raise InvalidValue(f"expected JSON: {fault}", at="$") from None

    def as_value(self) -> Json:
        """What templates of direct routes see of it, as ``{signed}``."""
        return {
            "provider": self.provider,
            "scheme": self.scheme,
            "id": self.id,
            "signed_ms": self.signed_ms,
            "claims": cast(Json, dict(self.claims)),
        }


@dataclass(frozen=True)
class Nonce:
    """What tells a copy of a signed request that was taken.

    Attributes:
        scope: whose requests.
        text: the same for copies only.
        until_ms: when a copy would be too old in any case.
    """

    scope: str
    text: str
    until_ms: int

    @classmethod
    def of(cls, app: str, signed: SignedRequest | None) -> Nonce | None:
        """The nonce of a request; None where copies are taken."""
        if signed is None or signed.proof.nonce is None:
            return None
        text = f"{signed.scheme} {signed.proof.nonce}"
        return cls(
            f"signed {app}", hashlib.sha256(text.encode()).hexdigest(), signed.proof.until_ms
        )


class Verification:
    """The verifiers of a route.

    Args:
        given: a verifier, several of which one must do, or those of each provider, by the path's
            parameter ``provider``.
        in_path: the names of the path's parameters.
        at: the route, for errors.

    Raises:
        InvalidDeclaration: there is none, or the path has no provider.
    """

    def __init__(self, given: Given | Mapping[str, Given], in_path: Sequence[str], at: str) -> None:
        self._at = at
        self._by_provider = isinstance(given, Mapping)
        named = given if isinstance(given, Mapping) else {"": given}
        self._verifiers = {name: _as_one(each, at) for name, each in named.items()}
        if not self._verifiers:
            raise InvalidDeclaration("expected verifiers, got none", at=at)
        if self._by_provider and PROVIDER not in in_path:
            raise InvalidDeclaration(
                "expected the parameter {provider} in the path of a route with several providers",
                at=at,
                hint="Such as /webhooks/{provider}; one verifier alone needs none.",
            )

    @property
    def has_providers(self) -> bool:
        """Whether the path says which verifier checks."""
        return self._by_provider

    @property
    def refuses_replays(self) -> bool:
        """Whether copies of some requests are refused."""
        return any(each.refuses_replays for each in self._verifiers.values())

    def check(self) -> None:
        """Check that all can verify.

        Raises:
            EnsueError: as `Verifier.check`; says which route.
        """
        for each in self._verifiers.values():
            with unless_it_may_come():
                each.check()

    @property
    def statuses(self) -> dict[int, str]:
        """The statuses with which refusals are answered, and what they mean."""
        return {
            status: told
            for each in self._verifiers.values()
            for status, told in statuses_of(each).items()
        }

    async def verify(
        self,
        provider: str | None,
        headers: Mapping[str, str],
        body: bytes,
        now_ms: int,
        *,
        line: tuple[str, str],
        client: Client,
    ) -> SignedRequest:
        """Verify a request.

        Args:
            provider: who the path says has sent it.
            headers: by lower-case name.
            body: as it came.
            now_ms: what time it is.
            line: its method, and its path with the query, as they came.
            client: the HTTP client for what verifiers have to fetch.

        Raises:
            NotFound: there is no such provider.
            NotVerified: it is not signed as it must be; the log has the reason.
            Forbidden: it is, but by somebody who may not do this.
            Unreachable: what it is verified with is outside, and could not be reached.
        """
        name = (provider or "") if self._by_provider else ""
        verifier = self._verifiers.get(name)
        if verifier is None:
            raise NotFound(f"there is no provider {shown(name)}", at=f"path.{PROVIDER}")
        try:
            able = await found_for(verifier, headers, now_ms, client)
            proof = able.verify({**headers, METHOD: line[0], PATH: line[1]}, body, now_ms)
        except NotVerified as fault:
            log.warning("%s: refused: %s: %s", self._at, name or verifier.scheme, fault.reason)
            raise
        except (InvalidDeclaration, MissingSecret) as fault:
            # A secret that was changed into none is ours to mend: the sender is told of no place.
            raise RuntimeError(f"{self._at} cannot verify: {fault}") from fault
        return SignedRequest(body, headers, provider, now_ms, proof)

    def schemes(self) -> dict[str, Json]:
        """What the requests of each provider are signed by; without providers of ``""``."""
        return {name: each.scheme for name, each in self._verifiers.items()}

    def described(self) -> dict[str, dict[str, Json]]:
        """The schemes by name, as OpenAPI describes them."""
        return {
            name: each for one in self._verifiers.values() for name, each in one.described().items()
        }


def _as_one(given: Given, at: str) -> Verifier:
    verifiers = given if isinstance(given, Sequence) else [given]
    for each in verifiers:
        if not callable(getattr(each, "verify", None)):
            raise InvalidDeclaration(
                f"expected a verifier such as Stripe(...), got {each!r}", at=at
            )
    return verifiers[0] if len(verifiers) == 1 else AnyOf(verifiers)
