"""A payment relay: payments go through to a service that fails, and none is taken twice or lost.

POST /relay ─▶ Idempotency-Key ─▶ 5 workers, 100 wait ─▶ retries ─▶ breaker ─▶ 5 s ─▶ downstream
                    │ 409, 422        │ 429                 │          │ 503
                    └ the first answer                      └ failed for good ─▶ 502, dead letters
                                                                                      │
POST /dlq/{id}/replay ─▶ replays, a queue ─▶ the same way, under the same key ◀───────┘
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import httpx
import msgspec

from apps.relay.downstream import Downstream
from ensue import (
    Answer,
    App,
    Breaker,
    BreakerStats,
    Bulkhead,
    BulkheadStats,
    CircuitOpen,
    Conflict,
    Item,
    Measured,
    MeasuredStats,
    Message,
    Meta,
    NotFound,
    Overloaded,
    ReadTx,
    Rejected,
    RetryBudget,
    RetryStats,
    TokenInFlight,
    TokenReused,
    Tx,
    Unreachable,
    now_ms,
    retry,
    timeout,
    uptime_ms,
)

URL = os.environ.get("DOWNSTREAM_URL", "")
WORKERS = int(os.environ.get("RELAY_WORKERS", "5"))
QUEUE = int(os.environ.get("RELAY_QUEUE", "100"))
TIMEOUT = os.environ.get("RELAY_TIMEOUT", "5s")
FAILED = (Unreachable, Rejected, httpx.HTTPError)

app = App("relay")
downstream = Downstream(app)
dead_letters = app.table("dead_letters", key="id")
replays = app.queue("replays", max_receives=10)

pool = Bulkhead(workers=WORKERS, queue=QUEUE)
retries = retry(
    max_attempts=3, interval="100ms", max_delay="10s", budget=RetryBudget(ratio=0.2, reserve=100)
)
breaker = Breaker(failure_rate=0.95, min_calls=20, window="10s", open_for="10s", probes=2)
measured = Measured("60s")


class Tried(msgspec.Struct):
    """One attempt that failed."""

    at: str
    error: str


class Data(msgspec.Struct):
    """What became of a payment."""

    message: str
    receivedData: Any  # noqa: N815 - the relay's own word
    timestamp: str


class Done(msgspec.Struct):
    """How long it took, and how many attempts."""

    processingTimeMs: int  # noqa: N815 - the relay's own word
    attempts: int


class Relayed(msgspec.Struct):
    """The payment was taken."""

    success: Literal[True]
    data: Data
    metadata: Done


class NotRelayed(msgspec.Struct, omit_defaults=True):
    """The payment was not taken, as far as is known."""

    success: Literal[False]
    error: str
    metadata: Done | None = None
    deadLetter: str | None = None  # noqa: N815 - the relay's own word


class Room(msgspec.Struct):
    """How full the queue is."""

    queueSize: int  # noqa: N815 - the relay's own word
    queueCapacity: int  # noqa: N815 - the relay's own word


class Full(msgspec.Struct):
    """The payment was not begun: all workers are busy, and the queue is full."""

    success: Literal[False]
    error: str
    metadata: Room


class DeadLetter(msgspec.Struct):
    """A payment that failed for good, by its idempotency key, and what was tried."""

    id: str
    payment: Any
    status: Literal["dead", "replaying", "replayed"]
    error: str
    tried: list[Tried]
    at: str


class Letters(msgspec.Struct):
    """A page of dead letters, and where the next one begins."""

    items: list[DeadLetter]
    next: str | None


class Health(msgspec.Struct):
    """That it runs."""

    status: Literal["healthy"]
    uptime: float
    timestamp: str


class Stats(msgspec.Struct):
    """Rate, errors and duration of payments, and how what protects them stands."""

    payments: MeasuredStats
    retries: RetryStats
    breaker: BreakerStats
    pool: BulkheadStats
    deadLetters: int  # noqa: N815 - the relay's own word


# A payment's way


@breaker
@timeout(TIMEOUT)
async def send(key: str, payment: object) -> None:
    """Send a payment to the service, once, under its key."""
    if not URL:
        await downstream.charge(key, payment)
        return
    answer = await app.http.post(URL, json=payment, headers={"Idempotency-Key": key})
    answer.raise_for_status()


@retries
async def attempt(key: str, payment: object, tried: list[Tried]) -> None:
    """Try once; what fails is noted."""
    try:
        await send(key, payment)
    except CircuitOpen:
        raise
    except Exception as fault:
        tried.append(Tried(_iso(now_ms()), _said(fault)))
        raise


@measured
@pool
async def process(key: str, payment: object, tried: list[Tried]) -> None:
    """Take a payment through, as soon as a worker is free."""
    await attempt(key, payment, tried)


# Routes


@app.post(
    "/relay",
    statuses={429: Full, 502: NotRelayed, 503: NotRelayed, 409: NotRelayed, 422: NotRelayed},
)
async def relay(body: Any) -> Answer[Relayed]:  # noqa: ANN401 - any JSON
    """Take a payment; under an idempotency key once, whatever happens."""
    began_ms, tried = now_ms(), list[Tried]()
    key = app.idempotency_key() or await app.run(lambda tx: tx.new_id())
    try:
        await process(key, body, tried)
    except FAILED as fault:
        if isinstance(fault, CircuitOpen) and not tried:
            raise  # nothing was sent: whoever asked may ask again
        await app.run(bury, key, body, tried, _said(fault))
        done = Done(now_ms() - began_ms, len(tried))
        return Answer(
            NotRelayed(success=False, error=_said(fault), metadata=done, deadLetter=key), status=502
        )
    if await app.read(lambda tx: tx.get(dead_letters, key)) is not None:
        await app.run(note, key, "replayed", tried, None)
    done = Done(now_ms() - began_ms, len(tried) + 1)
    data = Data("Request processed successfully", body, _iso(now_ms()))
    return Answer(Relayed(success=True, data=data, metadata=done))


@app.get("/health")
def health() -> Health:
    """Whether it runs, and for how many seconds."""
    return Health("healthy", uptime_ms() / 1_000, _iso(now_ms()))


@app.get("/stats")
def stats(tx: ReadTx) -> Stats:
    """Rate, errors and duration of the last minute; retries, breaker, workers and dead letters."""
    return Stats(
        measured.stats(),
        retries.stats(),
        breaker.stats(),
        pool.stats(),
        tx.count(dead_letters),
    )


@app.get("/dlq")
def inspect(
    tx: ReadTx, limit: Annotated[int, Meta(ge=1, le=100)] = 100, after: str | None = None
) -> Letters:
    """The payments that failed for good, with what was tried, in the order of their ids."""
    page = tx.scan(dead_letters, limit=limit, after=after)
    return Letters([DeadLetter(**each) for each in page.items], page.next)


@app.get("/dlq/{letter}", statuses={404: "there is no such dead letter"})
def look(letter: str, tx: ReadTx) -> DeadLetter:
    """One of them."""
    return DeadLetter(**_there(letter, tx))


@app.post(
    "/dlq/{letter}/replay",
    status=202,
    statuses={404: "there is no such dead letter", 409: "it is being replayed, or was"},
)
def replay(letter: str, tx: Tx) -> DeadLetter:
    """Try a dead payment again, in the background and under the key of then."""
    found = _there(letter, tx)
    if found["status"] != "dead":
        raise Conflict(f"expected a dead letter that is dead, got one that is {found['status']}")
    tx.put(dead_letters, found | {"status": "replaying"})
    tx.send(replays, letter)
    return DeadLetter(**_there(letter, tx))


# Dead letters


@replays.consumer(concurrency=1)
async def try_again(message: Message) -> None:
    """Take a dead payment through; while all is full or the circuit is open, the queue waits."""
    letter = await app.read(lambda tx: _there(message.body, tx))
    tried: list[Tried] = []
    try:
        await process(letter["id"], letter["payment"], tried)
    except CircuitOpen:
        raise
    except FAILED as fault:
        await app.run(note, message.body, "dead", tried, _said(fault))
    else:
        await app.run(note, message.body, "replayed", tried, None)


@replays.on_dead_letter
def give_up(message: Message, reason: str, tx: Tx) -> None:
    """A replay that never came through leaves its payment dead."""
    note(message.body, "dead", [], reason, tx)


def bury(key: str, payment: object, tried: list[Tried], error: str, tx: Tx) -> None:
    """Keep a payment that failed for good: one letter, however often it is asked for."""
    found = tx.get(dead_letters, key)
    if found is None:
        letter = DeadLetter(key, payment, "dead", error, tried, _iso(tx.now_ms))
        tx.put(dead_letters, msgspec.to_builtins(letter))
    else:
        note(key, "replaying" if found["status"] == "replaying" else "dead", tried, error, tx)


def note(letter: str, status: str, tried: list[Tried], error: str | None, tx: Tx) -> None:
    """Keep what became of a dead payment that was tried again."""
    found = tx.get(dead_letters, letter)
    if found is not None:
        told = {"status": status, "error": error or found["error"]}
        more = msgspec.to_builtins(tried)
        tx.put(dead_letters, found | told | {"tried": found["tried"] + more})


def _there(letter: str, tx: ReadTx) -> Item:
    found = tx.get(dead_letters, letter)
    if found is None:
        raise NotFound(f"there is no dead letter {letter}")
    return found


def _said(fault: BaseException) -> str:
    if isinstance(fault, httpx.HTTPStatusError):
        return f"HTTP {fault.response.status_code}"  # its own words have the address, and who calls
    return str(fault) or type(fault).__name__


def _iso(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1_000, UTC).isoformat(timespec="milliseconds")


# Refusals, in the relay's own form


@app.on_error(Overloaded)
def full(error: Overloaded) -> Answer[Full]:
    """All workers are busy, and the queue is full."""
    room = Room(error.waiting, error.queue)
    return Answer(
        Full(success=False, error="Service overloaded - queue full", metadata=room), status=429
    )


@app.on_error(CircuitOpen)
def open_circuit(error: CircuitOpen) -> Answer[NotRelayed]:
    """The service has failed so often that it is not asked for now."""
    return Answer(NotRelayed(success=False, error=error.message), status=503)


@app.on_error(TokenInFlight)
def in_flight(error: TokenInFlight) -> Answer[NotRelayed]:
    """The same payment is being taken at this moment."""
    return Answer(NotRelayed(success=False, error=error.message), status=409)


@app.on_error(TokenReused)
def reused(error: TokenReused) -> Answer[NotRelayed]:
    """The key stands for another payment."""
    return Answer(NotRelayed(success=False, error=error.message), status=422)
