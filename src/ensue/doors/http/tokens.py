"""Tokens at the door: who has one of the issuer's, with the role that it takes, needs no key.

The role of operators opens everything, as the key does. The role of readers opens what changes
nothing: GET and HEAD, and those of a kind's operations that only read, which programs POST. It
shows no secret.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Literal, TypeAlias

from starlette.types import Scope

from ensue.app.platform import Platform
from ensue.catalog import KINDS
from ensue.doors.http.wire import Headers
from ensue.identity import Client, Issuer, roles_of
from ensue.words.errors import Forbidden, NotVerified

Role: TypeAlias = Literal["operator", "reader"]

SAFE = frozenset({"GET", "HEAD"})

_READING = frozenset(
    (kind.plural, operation.name)
    for kind in KINDS.values()
    for operation in kind.operations
    if not (operation.writes or operation.private or operation.reveals)
)

log = logging.getLogger("ensue.http")


class Tokens:
    """Checks the tokens of requests.

    Args:
        issuer: whose tokens are taken.
        now_ms: says what time it is.
        client: makes the client with which the issuer's keys are fetched.

    Raises:
        InvalidDeclaration: its keys have no address that can be trusted.
        MissingExtra: ``ensue[jose]`` is not installed.
    """

    def __init__(self, issuer: Issuer, now_ms: Callable[[], int], client: Client) -> None:
        self._issuer = issuer
        self._verifier = issuer.verifier()
        self._verifier.check()
        self._now_ms = now_ms
        self._client = client

    async def admit(self, scope: Scope, headers: Headers) -> bool:
        """Whether a request shows a good token; False for none, or one that does not verify.

        Raises:
            Forbidden: the token is good, but does not grant this.
            Unreachable: the issuer's keys could not be fetched.
        """
        given = headers.get(b"authorization")
        role = None if given is None else await self.role_of(given.decode("latin-1"))
        if role is None:
            return False
        if not (reads(scope) or role == "operator"):
            raise Forbidden(
                f"expected a token with the role {self._issuer.role}", at="headers.authorization"
            )
        return True

    async def role_of(self, authorization: str) -> Role | None:
        """What the token of an Authorization header grants; None for one that does not verify.

        Raises:
            Unreachable: the issuer's keys could not be fetched.
        """
        shown: Mapping[str, str] = {"authorization": authorization}
        now_ms = self._now_ms()
        found = await self._verifier.find(shown, now_ms, self._client)
        try:
            proof = found.verify(shown, b"", now_ms)
        except NotVerified as fault:
            log.warning("a token is refused: %s", fault.reason)
            return None
        return "operator" if self._issuer.role in roles_of(proof.claims) else "reader"


def tokens_of(platform: Platform, issuer: Issuer) -> Tokens:
    """What checks the tokens of requests to a platform; see `Tokens`."""
    began_ms = platform.started_ms
    return Tokens(issuer, lambda: began_ms + platform.uptime_ms(), platform.client)


def reads(scope: Scope) -> bool:
    """Whether a request only reads."""
    if scope["method"] in SAFE:
        return True
    path = scope["path"].removeprefix(scope.get("root_path", ""))
    parts = path.split("/")
    is_operation = len(parts) == 5 and parts[1] == "_ensue"
    return scope["method"] == "POST" and is_operation and (parts[2], parts[4]) in _READING
