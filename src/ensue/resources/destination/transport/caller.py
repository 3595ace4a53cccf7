"""Calling a destination: one request, one answer, in bounded time and of bounded size."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import httpx

from ensue.engine.clock import Clock
from ensue.engine.handlers import Pace
from ensue.engine.secrets import Secret, unless_it_may_come
from ensue.resilience.waits import sleep_ms, timed
from ensue.resources.destination.model import (
    ANSWER_BYTES_MAX,
    Answered,
    ApiKey,
    Basic,
    DestinationModel,
    Exchanged,
    OAuthClientCredentials,
)
from ensue.resources.destination.rules import (
    Mask,
    Meaning,
    Plan,
    encoded,
    meaning_of,
    retry_after_ms,
)
from ensue.resources.destination.transport.credentials import (
    Credentials,
    Fixed,
    Nobody,
    header_text,
)
from ensue.resources.destination.transport.exchange import drain, excerpt, read, said_of
from ensue.resources.destination.transport.tokens import Tokens
from ensue.words.errors import LimitExceeded, NotPermitted, Rejected, Unreachable
from ensue.words.values import Json
from ensue.words.version import VERSION

UNAUTHORIZED = 401
KEY = "Idempotency-Key"


class Outlets(Protocol):
    """Gives the HTTP clients with which an app reaches the outside."""

    def client(
        self, name: str, *, signed: bool = True, connections: int = 100
    ) -> httpx.AsyncClient:
        """A client with connections of its own, the same for the same name."""

    async def identify(self, request: httpx.Request) -> None:
        """Give a request its ``Idempotency-Key`` and ``traceparent``, once."""

    def new_id(self) -> str:
        """An id that nothing else has."""


class Caller:
    """Calls a destination.

    Args:
        model: the destination.
        plan: how its requests are made.
        outlets: gives the clients.
        clock: bounds how long a call takes.

    Attributes:
        pace: how many calls may begin; None for any number.
    """

    def __init__(self, model: DestinationModel, plan: Plan, outlets: Outlets, clock: Clock) -> None:
        self._model = model
        self._plan = plan
        self._outlets = outlets
        self._clock = clock
        self._timeout_ms = model.timeout_ms
        self._secret_headers = {
            name: given for name, given in model.headers.items() if isinstance(given, Secret)
        }
        self._credentials = self._shown()
        rate = model.policy.rate_per_second
        self.pace = None if rate is None else Pace(rate, clock)

    def _shown(self) -> Credentials:
        match self._model.connection:
            case None:
                return Nobody()
            case OAuthClientCredentials() as connection:
                name = f"{self._model.ref} tokens"
                outlets = self._outlets
                return Tokens(connection, lambda: outlets.client(name, signed=False), self._clock)
            case ApiKey() | Basic() as connection:
                return Fixed(connection)

    def check(self) -> None:
        """Check that each secret is there, and can be sent.

        Raises:
            MissingSecret: one is not; names its place.
            InvalidValue: a header cannot hold one.
            InvalidDeclaration: one that is to sign is not of its form, or cannot.
            MissingExtra: what it signs with is not installed.
        """
        if self._model.sign is not None:
            line = (self._model.method, "/")
            with unless_it_may_come():
                self._model.sign.sign(b"", message="checked", nonce="checked", now_ms=0, line=line)
        for secret in self._model.secrets():
            with unless_it_may_come():
                secret.read()
        shown = [*self._secret_headers.values()]
        if isinstance(self._model.connection, ApiKey):
            shown.append(self._model.connection.secret)
        for secret in shown:
            with unless_it_may_come():
                header_text(secret)

    async def call_at_pace(self, body: Json, key: str | None = None) -> Answered:
        """`call` for the answer, once the destination's rate allows it.

        Raises:
            LimitExceeded: that would take longer than a call may.
            EnsueError: as for `call`.
        """
        until_ms = self._clock.now_ms() + self._timeout_ms
        while self.pace is not None and not self.pace.available():
            next_ms = self.pace.next_ms()
            if next_ms > until_ms:
                raise LimitExceeded(
                    f"expected fewer calls: the rate of {self._model.ref} allows the next later",
                    retry_after_ms=next_ms - self._clock.now_ms(),
                )
            await sleep_ms(next_ms - self._clock.now_ms(), self._clock)
        if self.pace is not None:
            self.pace.spend(1)
        return await self.call(body, wants_body=True, key=key)

    async def call(self, body: Json, *, wants_body: bool, key: str | None = None) -> Answered:
        """Send a body, and wait for the answer.

        Args:
            body: what is sent.
            wants_body: whether the answer's body is of interest.
            key: the idempotency key; None for that of what is being handled.

        Raises:
            InvalidValue: the body has not what the URL or a header needs.
            Unreachable: no answer came, or one that says to try again, perhaps when.
            Rejected: the answer says that trying again is of no use.
            TooLarge: the answer is larger than 1 MiB.
            MissingSecret: a secret is not there any more.
        """
        rendered = self._plan.render(body)
        headers, content = dict(rendered.headers), None
        if key is not None:
            headers[KEY] = key
        if self._plan.sends_body:
            made = encoded(self._model.format, body)
            headers |= made.headers
            content = made.content
        for name, secret in self._secret_headers.items():
            headers[name] = header_text(secret)
        shown = await self._credentials.headers()
        request = self._request(rendered.url, content, headers | shown)
        try:
            return await self._exchange(request, wants_body=wants_body)
        except _Unauthorized as fault:
            if not self._credentials.refused(shown):
                raise fault.rejected from None
        # The same request once more: its key stays what it was.
        again = self._request(rendered.url, content, headers | await self._credentials.headers())
        if KEY in request.headers:
            again.headers[KEY] = request.headers[KEY]
        try:
            return await self._exchange(again, wants_body=wants_body)
        except _Unauthorized as fault:
            raise fault.rejected from None

    async def exchange(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes | None
    ) -> Exchanged:
        """Send a request of one's own to where the destination is, under its connection.

        Args:
            method: such as ``GET``.
            url: of the same scheme, host and port as the destination's.
            headers: by name; those of the connection are added.
            content: the body; None for none.

        Returns:
            The answer, whatever its status; secrets that it gives back are hidden.

        Raises:
            NotPermitted: it is somewhere else: a secret is shown to its destination only.
            Unreachable: no answer came.
            TooLarge: the answer is larger than 1 MiB.
            MissingSecret: a secret is not there any more.
        """
        self._check_origin(url)
        shown = await self._credentials.headers()
        answer = await self._exchange_once(method, url, {**headers, **shown}, content)
        if answer.status == UNAUTHORIZED and self._credentials.refused(shown):
            shown = await self._credentials.headers()
            answer = await self._exchange_once(method, url, {**headers, **shown}, content)
        return answer

    def _check_origin(self, url: str) -> None:
        ours, asked = httpx.URL(self._model.url), httpx.URL(url)
        if (ours.scheme, ours.host, ours.port) != (asked.scheme, asked.host, asked.port):
            raise NotPermitted(
                f"expected an address at {ours.scheme}://{ours.netloc.decode()}, where"
                f" {self._model.ref} is, got {asked.scheme}://{asked.netloc.decode()}",
                hint="A secret is shown to its own destination only: declare another one.",
            )

    async def _exchange_once(
        self, method: str, url: str, headers: dict[str, str], content: bytes | None
    ) -> Exchanged:
        secret = {name: header_text(each) for name, each in self._secret_headers.items()}
        request = self._request(url, content, headers | secret, method=method)
        late = f"no answer came within {self._timeout_ms} ms"
        mask = self._mask()

        async def send() -> Exchanged:
            answer = await self._send_signed(request)
            try:
                body = await read(answer, ANSWER_BYTES_MAX)
            finally:
                await answer.aclose()
            return Exchanged(
                answer.status_code,
                answer.reason_phrase,
                tuple((name, mask.hide(value)) for name, value in answer.headers.multi_items()),
                mask.hide(body.decode(errors="replace")),
            )

        try:
            return await timed(self._clock, self._timeout_ms, late, send())
        except httpx.HTTPError as fault:
            raise Unreachable(mask.hide(said_of(fault)), at=request.url.host) from None

    def _client(self) -> httpx.AsyncClient:
        return self._outlets.client(
            str(self._model.ref), connections=self._model.policy.concurrency
        )

    def _request(
        self,
        url: str,
        content: bytes | None,
        headers: dict[str, str],
        *,
        method: str | None = None,
    ) -> httpx.Request:
        ours = {"User-Agent": f"ensue/{VERSION}", "Accept-Encoding": "identity"}
        named = {name.lower() for name in headers}
        ours = {name: text for name, text in ours.items() if name.lower() not in named}
        return self._client().build_request(
            method or self._model.method,
            url,
            content=content,
            headers=ours | headers,
            timeout=self._timeout_ms / 1_000,
        )

    async def _exchange(self, request: httpx.Request, *, wants_body: bool) -> Answered:
        late = f"no answer came within {self._timeout_ms} ms"
        try:
            return await timed(
                self._clock, self._timeout_ms, late, self._send(request, wants_body=wants_body)
            )
        except httpx.HTTPError as fault:
            raise Unreachable(self._mask().hide(said_of(fault)), at=request.url.host) from None

    async def _send(self, request: httpx.Request, *, wants_body: bool) -> Answered:
        answer = await self._send_signed(request)
        try:
            when = answer.headers.get("retry-after")
            meaning = meaning_of(answer.status_code, says_when=when is not None)
            if meaning is Meaning.TAKEN:
                if wants_body:
                    return Answered(answer.status_code, await read(answer, ANSWER_BYTES_MAX))
                await drain(answer, self._clock)
                return Answered(answer.status_code, None)
            said = await excerpt(answer, self._mask(), self._clock)
            reason = f"answered {answer.status_code}: {said}".rstrip(": ")
            if meaning is Meaning.LATER:
                wait_ms = retry_after_ms(when, self._clock.now_ms())
                raise Unreachable(reason, at=request.url.host, retry_after_ms=wait_ms)
            rejected = Rejected(reason, at=request.url.host)
            raise _Unauthorized(rejected) if answer.status_code == UNAUTHORIZED else rejected
        finally:
            await answer.aclose()

    async def _send_signed(self, request: httpx.Request) -> httpx.Response:
        """Send a request: signed now, under the id that it has at each try."""
        if self._model.sign is not None:
            await self._outlets.identify(request)
            drawn = self._outlets.new_id()
            signed = self._model.sign.sign(
                request.content,
                message=request.headers.get(KEY, drawn),
                nonce=drawn,
                now_ms=self._clock.now_ms(),
                line=(request.method, request.url.raw_path.decode("ascii")),
            )
            request.headers.update(signed)
        return await self._client().send(request, stream=True, follow_redirects=False)

    def _mask(self) -> Mask:
        told = [secret.read() for secret in self._secret_headers.values()]
        return Mask([*told, *self._credentials.hidden()])


class _Unauthorized(Exception):
    """The destination answered 401."""

    def __init__(self, rejected: Rejected) -> None:
        super().__init__()
        self.rejected = rejected
