"""Tokens of OAuth 2.0's client credentials grant: fetched once for all who need one, and kept."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import Annotated
from urllib.parse import quote_plus

import httpx
import msgspec

from ensue.engine.clock import Clock
from ensue.resilience.waits import timed
from ensue.resources.destination.model import OAuthClientCredentials
from ensue.resources.destination.rules import Mask, retry_after_ms
from ensue.resources.destination.transport.credentials import basic, text_of
from ensue.resources.destination.transport.exchange import excerpt, read, said_of
from ensue.words.errors import TooLarge, Unreachable

TOKEN_BYTES_MAX = 65_536
TOKEN_TIMEOUT_MS = 30_000
TOKEN_KEEP_MS = 300_000
TOKENS_HIDDEN_MAX = 10

_TOKEN = re.compile(r"[\x21-\x7e]+\Z")


class _Granted(msgspec.Struct):
    """The answer of a token endpoint (RFC 6749 section 5.1)."""

    access_token: str
    token_type: str = "Bearer"  # noqa: S105 - the name of a scheme
    expires_in: Annotated[float, msgspec.Meta(ge=0)] | str | None = None


class Tokens:
    """The token that requests show, fetched when it is needed.

    Args:
        connection: who the client is, and who gives the tokens.
        client: gives the HTTP client, of which nothing carries an idempotency key: a token that
            is asked for again is another one.
        clock: says when a token ends.
    """

    def __init__(
        self,
        connection: OAuthClientCredentials,
        client: Callable[[], httpx.AsyncClient],
        clock: Clock,
    ) -> None:
        self._connection = connection
        self._client = client
        self._clock = clock
        self._token: str | None = None
        self._until_ms = 0
        self._fetching: asyncio.Task[str] | None = None
        self._given: list[str] = []  # the last ones, which an answer may show for a while

    async def headers(self) -> dict[str, str]:
        """The header with a token that is good for a while.

        Raises:
            MissingSecret: a secret is not there.
            Unreachable: no token is given.
        """
        if self._token is None or self._clock.now_ms() >= self._until_ms:
            self._token = await self._fetched()
        return {"Authorization": f"Bearer {self._token}"}

    def refused(self, headers: dict[str, str]) -> bool:
        """Use the token of these headers no more; another one may help."""
        if headers == {"Authorization": f"Bearer {self._token}"}:
            self._token = None
        return True

    def hidden(self) -> list[str]:
        """The secrets, and the tokens."""
        return [*self._told(), *self._given]

    def _told(self) -> list[str]:
        told = [secret.read() for secret in self._connection.secrets()]
        client_id, secret = self._client_id(), self._connection.client_secret.read()
        return [*told, f"{quote_plus(client_id)}:{quote_plus(secret)}"]

    def _client_id(self) -> str:
        return text_of(self._connection.client_id)

    async def _fetched(self) -> str:
        """The token of the one fetch that all who wait share; none of them can stop it."""
        if self._fetching is None:
            self._fetching = asyncio.get_running_loop().create_task(self._fetch())
            self._fetching.add_done_callback(self._ended)
        return await asyncio.shield(self._fetching)

    def _ended(self, fetching: asyncio.Task[str]) -> None:
        self._fetching = None
        if not fetching.cancelled():
            fetching.exception()  # whoever waits gets it; perhaps nobody does any more

    async def _fetch(self) -> str:
        asked_ms = self._clock.now_ms()
        mask = Mask(self._told())
        host = httpx.URL(self._connection.token_url).host
        late = f"the token endpoint did not answer within {TOKEN_TIMEOUT_MS} ms"
        try:
            content = await timed(self._clock, TOKEN_TIMEOUT_MS, late, self._ask(mask))
        except httpx.HTTPError as fault:
            raise Unreachable(f"the token endpoint: {mask.hide(said_of(fault))}", at=host) from None
        except TooLarge as fault:
            raise Unreachable(f"the token endpoint: {fault.message}", at=host) from None
        granted = _granted(content, host)
        self._given = [*self._given[1 - TOKENS_HIDDEN_MAX :], granted.access_token]
        self._token = granted.access_token
        self._until_ms = asked_ms + self._good_for_ms(granted)
        return granted.access_token

    async def _ask(self, mask: Mask) -> bytes:
        given = self._connection
        client_id, secret = self._client_id(), given.client_secret.read()
        form = {"grant_type": "client_credentials"}
        if given.scope is not None:
            form["scope"] = given.scope
        if given.audience is not None:
            form["audience"] = given.audience
        form |= {name: text_of(text) for name, text in given.extra.items()}
        headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
        if given.authenticate == "header":
            # Both are encoded as in a form first: RFC 6749 section 2.3.1.
            headers["Authorization"] = basic(quote_plus(client_id), quote_plus(secret))
        else:
            form |= {"client_id": client_id, "client_secret": secret}
        client = self._client()
        request = client.build_request("POST", given.token_url, data=form, headers=headers)
        answer = await client.send(request, stream=True, follow_redirects=False)
        try:
            if answer.status_code == httpx.codes.OK:
                return await read(answer, TOKEN_BYTES_MAX)
            wait_ms = retry_after_ms(answer.headers.get("retry-after"), self._clock.now_ms())
            raise Unreachable(
                f"the token endpoint answered {answer.status_code}:"
                f" {await excerpt(answer, mask, self._clock)}".rstrip(": "),
                at=request.url.host,
                retry_after_ms=wait_ms,
            )
        finally:
            await answer.aclose()

    def _good_for_ms(self, granted: _Granted) -> int:
        """How long a token is used: until the margin before its end, or half of a short life."""
        try:
            life_ms = int(float(granted.expires_in or 0) * 1_000)
        except (ValueError, OverflowError):
            life_ms = 0
        if life_ms <= 0:
            return TOKEN_KEEP_MS
        return max(life_ms - self._connection.margin_ms, life_ms // 2)


def _granted(content: bytes, host: str) -> _Granted:
    try:
        granted = msgspec.json.decode(content, type=_Granted)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise Unreachable("the token endpoint gave no token", at=host) from None
    if granted.token_type.lower() != "bearer" or not _TOKEN.match(granted.access_token):
        raise Unreachable("the token endpoint gave a token that is no bearer token", at=host)
    return granted
