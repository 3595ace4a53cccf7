"""Calls from outside: each runs in its transaction, and, with an idempotency key, is done once.

An answer is *sealed*, made into the bytes that will be sent, before the transaction commits: what
cannot be sent has not happened.

The promise of a key depends on what runs. A ``def`` commits the key, the answer and the effects
together: whoever repeats the request gets the answer if the effects are there, and only then. An
``async def`` claims the key durably before and leaves the answer after: a process that dies in
between has freed the key, and the repetition runs it again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

import msgspec

from ensue.app.routes import Answer, Route
from ensue.app.transaction import ReadTx, Tx
from ensue.engine import idempotency
from ensue.engine.engine import Engine
from ensue.engine.ids import HOP_NUMBER
from ensue.engine.transaction import Origin, Transaction, acting
from ensue.words.errors import EnsueError

IDEMPOTENCY_KEEP_MS = 86_400_000

log = logging.getLogger("ensue.app")


class Sealed(msgspec.Struct, frozen=True):
    """An answer as it will be sent.

    Attributes:
        status: the HTTP status.
        body: its bytes; empty for none.
        headers: further headers.
    """

    status: int
    body: bytes
    headers: list[tuple[str, str]] = []

    @property
    def is_success(self) -> bool:
        """Whether it says that what was asked was done."""
        return 200 <= self.status < 300


Seal = Callable[[Answer], Sealed]


@dataclass(frozen=True)
class Once:
    """What tells a repeated request.

    Attributes:
        scope: the route and the caller.
        key: the caller's name for what it wants done once.
        fingerprint: the same text for the same request.
    """

    scope: str
    key: str
    fingerprint: str


class Called(msgspec.Struct, frozen=True):
    """What a call came to.

    Attributes:
        sealed: the answer.
        request_id: the id under which all that it caused can be found; None when it wrote nothing.
        replayed: whether it is the answer of an earlier call.
    """

    sealed: Sealed
    request_id: str | None = None
    replayed: bool = False


class Calls:
    """Calls on one engine.

    Args:
        engine: where they run.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def look(self, route: Route, arguments: Mapping[str, object], seal: Seal) -> Called:
        """Run a function that reads, on a snapshot."""
        return Called(
            self._engine.read(lambda tx: seal(as_answer(route, _run(route, arguments, ReadTx(tx)))))
        )

    async def transact(
        self,
        route: Route,
        arguments: Mapping[str, object],
        seal: Seal,
        origin: Origin,
        once: Once | None,
    ) -> Called:
        """Run a ``def`` in a transaction, and with a key only if it has not run before.

        Raises:
            TokenReused: the key stands for another request.
            Exception: whatever the function raises.
        """

        def transact(tx: Transaction) -> Called:
            if once is not None:
                kept = _begin(tx, once)
                if kept is not None:
                    return kept
            sealed = seal(as_answer(route, _run(route, arguments, Tx(tx))))
            hop = tx.recorded_hop
            called = Called(sealed, None if hop is None else tx.facts.records.text(HOP_NUMBER, hop))
            if once is not None:
                _end(tx, once, called)
            return called

        return await self._engine.transact(transact, origin)

    async def act(
        self, run: Callable[[], Awaitable[Sealed]], origin: Origin, once: Once | None
    ) -> Called:
        """Run what may reach outside, and with a key only if it has not run to a success before.

        Raises:
            TokenReused: the key stands for another request.
            TokenInFlight: the same is being done at this moment.
            Exception: whatever ``run`` raises.
        """
        acting.set(origin)
        if once is None:
            return Called(await run())
        claim = once
        claimed: list[Once] = []

        def begin(tx: Transaction) -> Called | None:
            kept = _begin(tx, claim)
            claimed.extend([claim] if kept is None else [])
            return kept

        def free(tx: Transaction) -> None:
            for each in claimed:
                _free(tx, each)

        try:
            kept = await self._engine.transact(begin)
            if kept is not None:
                return kept
            called = Called(await run())
        except BaseException as fault:
            # A claim goes on although who waits for it is cancelled; this comes after it.
            if claimed or isinstance(fault, asyncio.CancelledError):
                # A store that has closed meanwhile frees it when it is opened again.
                with suppress(EnsueError):
                    await self._engine.transact(free)
            raise
        try:
            await self._engine.transact(lambda tx: _end(tx, claim, called))
        except EnsueError:
            # It has been done: whoever asked is told so, whatever becomes of repetitions.
            log.exception("%s: the answer could not be kept under its key", origin.actor)
        return called


def as_answer(route: Route, found: object) -> Answer:
    """What a route's function returned, as an answer."""
    return found if isinstance(found, Answer) else Answer(found, route.status)


def _run(route: Route, arguments: Mapping[str, object], tx: ReadTx) -> object:
    if route.wants_tx:
        return route.function(**arguments, tx=tx)
    return route.function(**arguments)


def _begin(tx: Transaction, once: Once) -> Called | None:
    kept = idempotency.begin(
        tx, once.scope, once.key, once.fingerprint, hold_ms=IDEMPOTENCY_KEEP_MS
    )
    if kept is None:
        return None
    return msgspec.structs.replace(msgspec.json.decode(kept, type=Called), replayed=True)


def _end(tx: Transaction, once: Once, called: Called) -> None:
    """Keep a success; free the key of anything else."""
    if not called.sealed.is_success:
        _free(tx, once)
        return
    kept = msgspec.json.encode(called).decode()
    idempotency.finish(tx, once.scope, once.key, kept, keep_ms=IDEMPOTENCY_KEEP_MS)


def _free(tx: Transaction, once: Once) -> None:
    idempotency.free(tx, once.scope, once.key)
