"""Connections: how a destination is told who calls. A secret is named by its place, never held."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from ensue.engine.secrets import Secret
from ensue.words.errors import InvalidDeclaration
from ensue.words.units import duration_ms
from ensue.words.values import Json

HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")  # a token, RFC 9110 section 5.6.2
HEADER_TEXT = re.compile(r"[\x20-\x7e]*\Z")
MARGIN = "60s"


@dataclass(frozen=True)
class ApiKey:
    """A key in a header.

    Args:
        secret: the key, such as ``Secret.env("BANK_KEY")``.
        header: the header that shows it.
        prefix: what comes before it, such as ``"Bearer "``.

    Raises:
        InvalidDeclaration: the secret is no `Secret`, or the header cannot be one.
    """

    secret: Secret
    header: str = "X-Api-Key"
    prefix: str = ""

    def __post_init__(self) -> None:
        check_secret(self.secret, "secret")
        check_header(self.header, self.prefix, "header")

    def secrets(self) -> tuple[Secret, ...]:
        """The secrets that it needs."""
        return (self.secret,)

    def said(self) -> Json:
        """It, for people."""
        return {"kind": "api key", "header": self.header, "secret": repr(self.secret)}


@dataclass(frozen=True)
class Basic:
    """A user and a password, as RFC 7617 has it.

    Args:
        user: the user, or the secret that says it.
        password: such as ``Secret.env("BANK_PASSWORD")``.

    Raises:
        InvalidDeclaration: the password is no `Secret`, or the user has a colon.
    """

    user: str | Secret
    password: Secret

    def __post_init__(self) -> None:
        check_secret(self.password, "password")
        if isinstance(self.user, str) and (":" in self.user or not self.user.isprintable()):
            raise InvalidDeclaration("expected a user without a colon", at="user")

    def secrets(self) -> tuple[Secret, ...]:
        """The secrets that it needs."""
        return (self.password, *_secrets_in([self.user]))

    def said(self) -> Json:
        """It, for people."""
        user = self.user if isinstance(self.user, str) else repr(self.user)
        return {"kind": "basic", "user": user, "password": repr(self.password)}


@dataclass(frozen=True)
class OAuthClientCredentials:
    """A token of OAuth 2.0's client credentials grant, RFC 6749 section 4.4.

    The token is fetched when it is first needed, kept until it ends less the margin, and fetched
    again when the destination answers 401.

    Args:
        token_url: where tokens are given.
        client_id: the client, or the secret that says it.
        client_secret: such as ``Secret.env("BANK_SECRET")``.
        scope: what the token is to allow.
        audience: for whom it is.
        extra: other parameters of the token request.
        authenticate: how the client shows who it is: by the ``header`` Authorization, or in the
            ``body``.
        margin: how long before its end a token is used no more.

    Raises:
        InvalidDeclaration: the client secret is no `Secret`, or ``authenticate`` is neither.
        InvalidValue: the margin is no duration.
    """

    token_url: str
    client_id: str | Secret
    client_secret: Secret
    scope: str | None = None
    audience: str | None = None
    extra: Mapping[str, str | Secret] = field(default_factory=dict)
    authenticate: Literal["header", "body"] = "header"
    margin: str | float = MARGIN

    def __post_init__(self) -> None:
        check_secret(self.client_secret, "client_secret")
        if self.authenticate not in {"header", "body"}:
            raise InvalidDeclaration(
                f"expected header or body, got {self.authenticate!r}", at="authenticate"
            )
        duration_ms(self.margin)

    @property
    def margin_ms(self) -> int:
        """How long before its end a token is used no more."""
        return duration_ms(self.margin)

    def secrets(self) -> tuple[Secret, ...]:
        """The secrets that it needs."""
        return (self.client_secret, *_secrets_in([self.client_id, *self.extra.values()]))

    def said(self) -> Json:
        """It, for people."""
        client = self.client_id if isinstance(self.client_id, str) else repr(self.client_id)
        return {
            "kind": "oauth client credentials",
            "token_url": self.token_url,
            "client_id": client,
            "client_secret": repr(self.client_secret),
            "scope": self.scope,
            "audience": self.audience,
        }


Connection: TypeAlias = ApiKey | Basic | OAuthClientCredentials


def check_secret(given: object, at: str) -> None:
    """Check that a secret is declared by its place.

    Raises:
        InvalidDeclaration: it is not; what it is instead is not shown.
    """
    if not isinstance(given, Secret):
        raise InvalidDeclaration(
            f"expected a Secret, got {type(given).__name__}",
            at=at,
            hint="Say where it is kept: Secret.env(NAME) or Secret.file(PATH).",
        )


def check_header(name: object, text: object, at: str) -> None:
    """Check a header that is declared.

    Raises:
        InvalidDeclaration: its name is none, or its text has other than printable ASCII.
    """
    if not isinstance(name, str) or not HEADER_NAME.match(name):
        raise InvalidDeclaration(f"expected the name of a header, got {name!r}", at=at)
    if not isinstance(text, str) or not HEADER_TEXT.match(text):
        raise InvalidDeclaration("expected a header of printable ASCII", at=at)


def _secrets_in(given: list[str | Secret]) -> tuple[Secret, ...]:
    return tuple(each for each in given if isinstance(each, Secret))
