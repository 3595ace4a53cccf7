"""What an application holds of a destination."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Unpack

import msgspec

from ensue.engine.engine import Engine
from ensue.engine.handlers import make_policy
from ensue.engine.home import Home
from ensue.engine.pauses import Pausable
from ensue.engine.secrets import Secret
from ensue.engine.sockets import Delivery, Refusal, Terms
from ensue.engine.transaction import Transaction
from ensue.engine.workers import Worker
from ensue.resources.destination import store
from ensue.resources.destination.model import (
    CONCURRENCY,
    DEAD_LETTERS,
    FORMATS,
    TIMEOUT_MS_MAX,
    Connection,
    DestinationModel,
    DestinationOptions,
    Exchanged,
    OAuthClientCredentials,
    Waiting,
)
from ensue.resources.destination.rules import Plan, check_url
from ensue.resources.destination.transport import TOKEN_TIMEOUT_MS, Caller, Outlets
from ensue.resources.destination.worker import Sender
from ensue.words import values
from ensue.words.errors import InvalidDeclaration, InvalidValue, Rejected
from ensue.words.names import Ref
from ensue.words.units import duration_ms
from ensue.words.values import Json
from ensue.words.wiring import Link, Wiring

RETRIES = 185
TIMEOUT = "30s"
TRIED_FOR = "24h"
LEASE_SPARE_MS = 1_000

# Printable, and without full stops: Standard Webhooks signs it between such.
_KEY = re.compile(r"[!-\-/-~]{1,255}")


class Destination(Pausable):
    """An HTTP endpoint outside: a target of deliveries, and something to call.

    Args:
        home: the app.
        name: its name.
        outlets: gives the HTTP clients.
        url: where it is.
        options: see `App.destination`.

    Raises:
        InvalidDeclaration: it cannot be called so; says why.
        InvalidValue: a rate or a duration is written wrong.
    """

    def __init__(
        self,
        home: Home,
        name: str,
        *,
        outlets: Outlets,
        url: str,
        **options: Unpack[DestinationOptions],
    ) -> None:
        self.model = _model(Ref(home.app, "destination", name), url, options)
        self.plan = Plan(self.model)
        self._home = home
        self._outlets = outlets
        self._caller: Caller | None = None
        self._sender: Sender | None = None

    @property
    def ref(self) -> Ref:
        """What it is called."""
        return self.model.ref

    async def send(self, body: object, *, delay: str | float = 0, group: str | None = None) -> str:
        """Take a body in a transaction of its own, to be sent at least once.

        Args:
            body: a value of at most 1 MiB.
            delay: how long to wait with it, such as ``"5m"``, or seconds.
            group: what is of one group is sent one after the other, in order.

        Returns:
            Its id, once it is durable; each try shows it as ``Idempotency-Key``.

        Raises:
            InvalidValue: it has no JSON form, or not what the URL or a header needs.
            TooLarge: it is larger than 1 MiB.
        """
        delay_ms = duration_ms(delay)
        return await self._home.engine.transact(
            lambda tx: store.send(tx, self.model, self.plan, body, delay_ms=delay_ms, group=group)
        )

    async def call(self, body: Json, *, key: str | None = None) -> Json:
        """Send a body now, once, and return the answer (the Callable socket).

        Args:
            body: what is sent, a JSON value.
            key: the idempotency key, where several calls are tries of one thing; by default that of
                the message that is being handled.

        Returns:
            The answer's JSON; None when it is empty.

        Raises:
            InvalidValue: the body has not what the URL or a header needs, or the key is none.
            Unreachable: no answer came in time, or one that says to try again, perhaps when.
            Rejected: it refuses the body for good, or its answer is no JSON.
            TooLarge: its answer is larger than 1 MiB.
            NotPermitted: the store is a branch, from which nothing gets outside.
        """
        if key is not None and not _KEY.fullmatch(key):
            raise InvalidValue(f"expected a key of {_KEY.pattern}, got {key!r}", at="$.key")
        answered = await self._calling().call_at_pace(body, key)
        if not answered.body:
            return None
        try:
            found: Json = msgspec.json.decode(answered.body)
        except (msgspec.DecodeError, RecursionError, UnicodeError):
            raise Rejected("expected JSON, got an answer that is none", at=str(self.ref)) from None
        return found

    async def exchange(
        self, method: str, url: str, *, headers: Mapping[str, str], content: bytes | None
    ) -> Exchanged:
        """Send a request of one's own to where this is, under its connection and its timeout.

        Args:
            method: such as ``GET``.
            url: of the scheme, host and port of this destination's.
            headers: by name; those of the connection are added.
            content: the body; None for none.

        Returns:
            The answer, whatever its status.

        Raises:
            NotPermitted: the URL is somewhere else, or the store is a branch.
            Unreachable: no answer came in time.
            TooLarge: the answer is larger than 1 MiB.
            MissingSecret: a secret is not there any more.
        """
        return await self._calling().exchange(method, url, headers, content)

    def _calling(self) -> Caller:
        if self._caller is not None:
            return self._caller
        return Caller(self.model, self.plan, self._outlets, self._home.engine.clock)

    async def depth(self) -> dict[str, Json]:
        """How much is to be sent."""
        return self._home.engine.read(lambda tx: store.depth(tx, self.model))

    async def peek(self, limit: int = 10) -> list[Waiting]:
        """What is not answered yet, longest due first, each with why its last try failed."""
        return self._home.engine.read(lambda tx: store.peek(tx, self.model, limit))

    async def status(self) -> dict[str, Json]:
        """How much is to be sent, what went wrong last, and until when it asked for a rest."""
        said = await self.depth() | self.paused()
        if self._sender is None:
            return said
        return said | self._sender.said()

    def declared(self) -> dict[str, Json]:
        """Its declaration, for people; of secrets only where they are kept."""
        model = self.model
        said: dict[str, Json] = {
            "url": model.url,
            "method": model.method,
            "format": model.format,
            "connection": None if model.connection is None else model.connection.said(),
            "sign": None if model.sign is None else repr(model.sign),
            "rate_per_second": model.policy.rate_per_second,
            "concurrency": model.policy.concurrency,
            "timeout_ms": model.timeout_ms,
            "retries": model.policy.max_receives - 1,
            "max_age_ms": model.terms.max_age_ms,
            "dead_letter_queue": model.dead_letters.name,
        }
        for name, given in (("path", model.path), ("query", model.query)):
            if given:
                said[name] = dict(given)
        if model.headers:
            said["headers"] = {name: _shown(given) for name, given in model.headers.items()}
        return said

    def wiring(self) -> Wiring:
        """Where its dead letters go."""
        return Wiring((Link(self.ref, self.model.dead_letters, "dead letters"),))

    def check(self, known: set[Ref]) -> None:
        """Nothing that it names can be missing."""
        del known

    def prepare(self, engine: Engine, tx: Transaction) -> None:
        """Enter the destination with its sockets."""
        engine.declare(tx, self.ref, values.encode(self.declared()))
        engine.directory.add(self.ref, target=self, call=self.call)

    def connect(self, engine: Engine, tx: Transaction) -> None:
        """It needs no other resource."""
        del engine, tx

    def workers(self, engine: Engine) -> list[Worker]:
        """What sends the deliveries.

        Raises:
            MissingSecret: a secret is not there; names its place. On a branch nobody asks.
        """
        self._caller = Caller(self.model, self.plan, self._outlets, engine.clock)
        if not self._home.settings.holds:
            self._caller.check()
        self._sender = Sender(engine, self.model, self._caller)
        return [self._sender]

    def deliver(self, tx: Transaction, deliveries: Sequence[Delivery]) -> list[str | Refusal]:
        """Take a batch within the caller's transaction (the Target socket)."""
        return store.deliver(tx, self.model, self.plan, deliveries)


def _model(ref: Ref, url: str, given: DestinationOptions) -> DestinationModel:
    at = str(ref)
    timeout_ms = duration_ms(given.get("timeout", TIMEOUT))
    connection = given.get("connection")
    if not 1 <= timeout_ms <= TIMEOUT_MS_MAX:
        raise InvalidDeclaration(
            f"expected timeout in ms from 1 to {TIMEOUT_MS_MAX}, got {timeout_ms}", at=at
        )
    sign = given.get("sign")
    if sign is not None and not hasattr(sign, "sign"):
        raise InvalidDeclaration(
            f"expected what signs requests, got {type(sign).__name__}",
            at=f"{at} sign",
            hint="Such as StandardWebhooks(Secret.env(NAME)) or Hmac(...).",
        )
    if connection is not None and not isinstance(connection, Connection):
        raise InvalidDeclaration(
            f"expected a connection, got {type(connection).__name__}",
            at=at,
            hint="Such as ApiKey(Secret.env(NAME)), Basic(...) or OAuthClientCredentials(...).",
        )
    form = given.get("format", "json")
    if form not in FORMATS:
        raise InvalidDeclaration(f"expected a format: {', '.join(FORMATS)}; got {form!r}", at=at)
    whole_ms = timeout_ms + LEASE_SPARE_MS
    if isinstance(connection, OAuthClientCredentials):
        whole_ms += timeout_ms + 2 * TOKEN_TIMEOUT_MS  # perhaps once more, with another token
        check_url(connection.token_url, "connection.token_url")
    policy = make_policy(
        given.get("retries", RETRIES) + 1,
        rate=given.get("rate"),
        timeout=whole_ms / 1_000,
        concurrency=given.get("concurrency", CONCURRENCY),
        retry_base=given.get("retry_base", 1),
        retry_cap=given.get("retry_cap", 300),
    )
    policy.check(at)
    return DestinationModel(
        ref=ref,
        dead_letters=ref._replace(kind="queue", name=ref.name + DEAD_LETTERS),
        url=url,
        policy=policy,
        timeout_ms=timeout_ms,
        terms=Terms(policy.max_receives - 1, duration_ms(given.get("max_age", TRIED_FOR))),
        method=given.get("method", "POST"),
        connection=connection,
        path=dict(given.get("path", {})),
        query=dict(given.get("query", {})),
        headers=dict(given.get("headers", {})),
        format=form,
        sign=sign,
    )


def _shown(given: str | Secret) -> str:
    return given if isinstance(given, str) else repr(given)
