"""What a token must claim: from whom, for whom, of what type, now (RFC 7519, RFC 8725)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeGuard, cast

from ensue.identity.model import refused
from ensue.words.errors import Forbidden, InvalidDeclaration

SECONDS_MAX = 1 << 40
CHALLENGE = "Bearer"


@dataclass(frozen=True)
class Terms:
    """What a token must claim to be taken.

    Attributes:
        issuers: who must have issued it.
        audiences: for one of whom it must be; none for anybody.
        leeway_ms: by how much clocks may differ.
        type: the type that its header must say; None for any.
        email: whose it must be, verified by the issuer; None for anybody's.
    """

    issuers: frozenset[str]
    audiences: frozenset[str]
    leeway_ms: int
    type: str | None = None
    email: str | None = None

    def check(self, header: Mapping[str, Any], claims: Mapping[str, Any], now_ms: int) -> None:
        """Check a token whose signature was verified.

        Raises:
            NotVerified: it claims something else.
        """
        if self.type is not None and _short(header.get("typ")) != _short(self.type):
            raise refused("the token is of another type", challenge=CHALLENGE)
        self._check_names(claims)
        self._check_times(claims, now_ms)

    def _check_names(self, claims: Mapping[str, Any]) -> None:
        issuer, given = claims.get("iss"), claims.get("aud")
        if not isinstance(issuer, str) or issuer not in self.issuers:
            raise refused("the token is of another issuer", challenge=CHALLENGE)
        audiences = given if isinstance(given, list) else [given]
        if self.audiences and not any(
            isinstance(each, str) and each in self.audiences for each in audiences
        ):
            raise refused("the token is for another audience", challenge=CHALLENGE)
        if self.email is not None and (
            claims.get("email") != self.email or claims.get("email_verified") is not True
        ):
            raise refused("the token is of another account", challenge=CHALLENGE)

    def _check_times(self, claims: Mapping[str, Any], now_ms: int) -> None:
        expires_s, begins_s = claims.get("exp"), claims.get("nbf", claims.get("iat", 0))
        if not (is_time(expires_s) and is_time(begins_s)):
            raise refused("the token does not say until when it is good", challenge=CHALLENGE)
        if now_ms >= expires_s * 1_000 + self.leeway_ms:
            raise refused("the token has expired", challenge=CHALLENGE)
        if now_ms < begins_s * 1_000 - self.leeway_ms:
            raise refused("the token is not good yet", challenge=CHALLENGE)


@dataclass(frozen=True)
class Demands:
    """What a token must grant: one of these roles, and all of these scopes."""

    roles: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()

    def check(self, claims: Mapping[str, Any]) -> None:
        """Check a token that is good.

        Raises:
            Forbidden: it grants too little.
        """
        if self.roles and self.roles.isdisjoint(roles_of(claims)):
            wanted = " or ".join(sorted(self.roles))
            raise Forbidden(f"expected a token with the role {wanted}", at="headers.authorization")
        missing = self.scopes - listed(claims.get("scope"))
        if missing:
            wanted = ", ".join(sorted(missing))
            raise Forbidden(f"expected a token with the scope {wanted}", at="headers.authorization")


def roles_of(claims: Mapping[str, Any]) -> frozenset[str]:
    """The roles that a token grants."""
    return listed(claims.get("roles"))


def listed(found: object) -> frozenset[str]:
    """The names of a claim: a list of texts, or one text with spaces between (RFC 8693, 4.2)."""
    names = found.split() if isinstance(found, str) else found if isinstance(found, list) else []
    return frozenset(each for each in names if isinstance(each, str))


def names_of(given: str | Sequence[str], what: str, at: str) -> frozenset[str]:
    """The names of a declaration: one or several.

    Raises:
        InvalidDeclaration: there is none, or one that is no text.
    """
    found = frozenset([given] if isinstance(given, str) else given)
    if not found or not all(each and isinstance(each, str) for each in found):
        raise InvalidDeclaration(f"expected as {what} one or several texts, got {given!r}", at=at)
    return found


def _short(found: object) -> str | None:
    """A media type without the prefix that may be left out (RFC 7515, 4.1.9)."""
    return found.lower().removeprefix("application/") if isinstance(found, str) else None


def is_time(found: object) -> TypeGuard[int | float]:
    """Whether a claim is a time in seconds since 1970."""
    is_number = isinstance(found, int | float) and not isinstance(found, bool)
    return is_number and 0 <= cast(float, found) < SECONDS_MAX
