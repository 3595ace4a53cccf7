"""What clients ask for and get, and what each of them is permitted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

import msgspec

from ensue import Algorithm, Body, Forbidden, InvalidValue, Meta, TooLarge

Kind = Literal["RS256-2048", "RS256-4096", "PS256-2048", "PS256-4096", "ES256", "EdDSA"]
Name = Annotated[str, Meta(min_length=1, max_length=256)]
LIFE_MAX_S = 86_400
REFRESH_MAX_S = 90 * 86_400
CLAIMS_BYTES_MAX = 4_096
SIZED = ("RS256", "PS256")
RESERVED = frozenset({"iss", "sub", "aud", "exp", "nbf", "iat", "jti"})
GRANTING = frozenset({"client_id", "roles", "scope", "sid"})


class Permission(Body):
    """What a client may have signed."""

    kinds: Annotated[list[Kind], Meta(min_length=1, max_length=6)]
    audiences: Annotated[list[Name], Meta(min_length=1, max_length=100)]
    roles: Annotated[list[Name], Meta(max_length=100)] = msgspec.field(default_factory=list)
    life_s: Annotated[int, Meta(ge=1, le=LIFE_MAX_S)] = 3_600
    refresh_s: Annotated[int, Meta(ge=0, le=REFRESH_MAX_S)] = 0
    introspects: bool = False


class Order(Body):
    """A token that is asked for: what it says, and how it is signed."""

    audience: Name
    subject: Name | None = None
    claims: dict[str, Any] = msgspec.field(default_factory=dict)
    roles: Annotated[list[Name], Meta(max_length=100)] = msgspec.field(default_factory=list)
    algorithm: Algorithm = "RS256"
    bits: Literal[2048, 4096] = 2048
    kid: Name | None = None
    life_s: Annotated[int, Meta(ge=1, le=LIFE_MAX_S)] | None = None

    @property
    def kind(self) -> Kind:
        """The kind of key that signs it."""
        sized = f"{self.algorithm}-{self.bits}" if self.algorithm in SIZED else self.algorithm
        kind: Kind = msgspec.convert(sized, Kind)
        return kind


class Refreshing(Body):
    """A refresh token, for another pair."""

    refresh_token: Annotated[str, Meta(min_length=1, max_length=256)]


class Rotation(Body):
    """Which keys are made anew, all that anybody may use by default, and whether at once."""

    kinds: Annotated[list[Kind], Meta(max_length=6)] = msgspec.field(default_factory=list)
    at_once: bool = False


class Token(msgspec.Struct):
    """A token that was signed."""

    token: str
    kid: str
    jti: str
    expires_s: int


class Pair(msgspec.Struct):
    """An access token, and what gets the next one (RFC 6749, 5.1)."""

    access_token: str
    expires_in: int
    refresh_token: str
    refresh_expires_in: int
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - the type


class Introspection(msgspec.Struct, omit_defaults=True):
    """What a token says, if it is good at this moment (RFC 7662, 2.2)."""

    active: bool
    token_type: str | None = None
    iss: str | None = None
    sub: str | None = None
    aud: str | None = None
    client_id: str | None = None
    exp: int | None = None
    iat: int | None = None
    jti: str | None = None
    roles: list[str] | None = None


class KeyInfo(msgspec.Struct):
    """What is known of a key; nothing of it is secret."""

    kid: str
    kind: Kind
    why: str
    made_ms: int
    signs_from_ms: int
    published_until_s: int | None = None
    revoked_ms: int | None = None


class KeySet(msgspec.Struct):
    """Public keys (RFC 7517, 5)."""

    keys: list[dict[str, str]]


class Client(msgspec.Struct):
    """A client; its key is shown once, when it is new."""

    id: str
    permission: Permission
    key: str | None = None


@dataclass(frozen=True)
class Grant:
    """A token that is to be signed for a client that may have it.

    Attributes:
        client: whose.
        order: what it asked for.
        session: the family of refresh tokens that it is of; None for none.
    """

    client: str
    order: Order
    session: str | None = None


def check_order(order: Order, permission: Permission) -> None:
    """Check that a client may have what it asks for.

    Raises:
        InvalidValue: it claims what this service says, or names.
        TooLarge: it claims too much.
        Forbidden: it may not have this.
    """
    taken = sorted((RESERVED | GRANTING) & order.claims.keys())
    if taken:
        raise InvalidValue(f"expected claims of the client, got {taken[0]}", at="$.claims")
    if len(msgspec.json.encode(order.claims)) > CLAIMS_BYTES_MAX:
        raise TooLarge(f"expected claims of at most {CLAIMS_BYTES_MAX} bytes", at="$.claims")
    if order.kind not in permission.kinds:
        raise Forbidden(f"this client may not have tokens by {order.kind}", at="$.algorithm")
    if order.audience not in permission.audiences:
        raise Forbidden("this client may not have tokens for this audience", at="$.audience")
    if not set(order.roles) <= set(permission.roles):
        raise Forbidden("this client may not grant all of these roles", at="$.roles")
    if order.life_s is not None and order.life_s > permission.life_s:
        raise Forbidden(f"this client's tokens live {permission.life_s} s at most", at="$.life_s")


def claims_of(
    grant: Grant, permission: Permission, issuer: str, jti: str, now_s: int
) -> dict[str, Any]:
    """What a token says."""
    order = grant.order
    said = {
        "iss": issuer,
        "sub": order.subject or grant.client,
        "aud": order.audience,
        "client_id": grant.client,
        "jti": jti,
        "iat": now_s,
        "exp": now_s + (order.life_s or permission.life_s),
        "roles": order.roles,
    }
    return order.claims | said | ({"sid": grant.session} if grant.session else {})
