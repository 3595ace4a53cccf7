"""What a request shows to say who calls, and what of it must not be shown to anybody else."""

from __future__ import annotations

from base64 import b64encode
from typing import Protocol

from ensue.engine.secrets import Secret
from ensue.resources.destination.model import ApiKey, Basic
from ensue.resources.destination.model.connections import HEADER_TEXT
from ensue.words.errors import InvalidValue


class Credentials(Protocol):
    """Makes the headers that say who calls."""

    async def headers(self) -> dict[str, str]:
        """The headers for the next request.

        Raises:
            MissingSecret: a secret is not there.
            Unreachable: who gives tokens cannot be reached, or gives none.
        """

    def refused(self, headers: dict[str, str]) -> bool:
        """Note that a request with these headers was answered 401; returns whether others help."""

    def hidden(self) -> list[str]:
        """The texts that must not be shown."""


class Nobody:
    """No credentials."""

    async def headers(self) -> dict[str, str]:
        """No headers."""
        return {}

    def refused(self, headers: dict[str, str]) -> bool:
        """Nothing else can be shown."""
        del headers
        return False

    def hidden(self) -> list[str]:
        """Nothing."""
        return []


class Fixed:
    """A key or a password, read from its place for each request.

    Args:
        connection: what is shown.
    """

    def __init__(self, connection: ApiKey | Basic) -> None:
        self._connection = connection

    async def headers(self) -> dict[str, str]:
        """The header with the key, or with user and password."""
        given = self._connection
        if isinstance(given, ApiKey):
            return {given.header: given.prefix + header_text(given.secret)}
        return {"Authorization": basic(text_of(given.user), given.password.read())}

    def refused(self, headers: dict[str, str]) -> bool:
        """Nothing else can be shown."""
        del headers
        return False

    def hidden(self) -> list[str]:
        """The secrets, and what is made of them."""
        given = self._connection
        if isinstance(given, ApiKey):
            return [given.secret.read()]
        user, password = text_of(given.user), given.password.read()
        shown = [] if isinstance(given.user, str) else [user]
        return [*shown, password, f"{user}:{password}"]


def text_of(given: str | Secret) -> str:
    """What is declared openly, or by its place."""
    return given if isinstance(given, str) else given.read()


def basic(user: str, password: str) -> str:
    """User and password as RFC 7617 has them."""
    return f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"


def header_text(secret: Secret) -> str:
    """A secret that goes into a header.

    Raises:
        InvalidValue: a header cannot hold it; it is not shown.
    """
    text = secret.read()
    if not HEADER_TEXT.match(text):
        raise InvalidValue(f"expected a secret of printable ASCII for a header in {secret!r}")
    return text
