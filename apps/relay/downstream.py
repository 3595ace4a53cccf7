"""The mock of a payments service that fails at random and takes its time, as it is told (RR-2)."""

from __future__ import annotations

import os
from typing import Annotated

import msgspec

from ensue import App, Body, Meta, ReadTx, Tx, Unreachable, sleep

ERRORS = ("ECONNREFUSED", "ETIMEDOUT", "HTTP 500", "HTTP 503")
SETTINGS = "settings"
DRAWN_BITS = 32


class Behaviour(Body):
    """How the mock behaves."""

    failureRate: Annotated[float, Meta(ge=0, le=1)]  # noqa: N815 - the service's own word
    latencyMs: Annotated[int, Meta(ge=0, le=60_000)]  # noqa: N815 - the service's own word


class Charged(msgspec.Struct):
    """What the mock was asked for."""

    asked: int
    charged: int
    repeated: int


class Drawn(msgspec.Struct):
    """What will become of one call."""

    latency_ms: int
    error: str | None


class Downstream:
    """A payments service within an app, for trying it: each key is charged once.

    Args:
        app: where its tables and routes are.
    """

    def __init__(self, app: App) -> None:
        self._app = app
        seed = {
            "id": SETTINGS,
            "failureRate": float(os.environ.get("DOWNSTREAM_FAILURE_RATE", "0.3")),
            "latencyMs": int(os.environ.get("DOWNSTREAM_LATENCY_MS", "100")),
            "asked": 0,
            "repeated": 0,
        }
        self._behaviour = app.table("downstream", key="id", seed=[seed])
        self._charges = app.table("charges", key="id")
        app.put("/downstream")(self.behave)
        app.get("/downstream")(self.charged)

    def behave(self, body: Behaviour, tx: Tx) -> Behaviour:
        """Let the mock fail more or less often, and take more or less time."""
        tx.update(
            self._behaviour,
            SETTINGS,
            "SET failureRate = :rate, latencyMs = :ms",
            rate=body.failureRate,
            ms=body.latencyMs,
        )
        return body

    def charged(self, tx: ReadTx) -> Charged:
        """How often the mock was asked, how many payments it took, and how many came again."""
        found = tx.get(self._behaviour, SETTINGS) or {}
        return Charged(found["asked"], tx.count(self._charges), found["repeated"])

    async def charge(self, key: str, payment: object) -> None:
        """Take a payment.

        Raises:
            Unreachable: it fails, as it was told to.
        """
        drawn = await self._app.run(self._draw)
        await sleep(drawn.latency_ms / 1_000)
        if drawn.error is not None:
            raise Unreachable(drawn.error)
        await self._app.run(self._take, key, payment)

    def _draw(self, tx: Tx) -> Drawn:
        found = tx.get(self._behaviour, SETTINGS) or {}
        tx.update(self._behaviour, SETTINGS, "ADD asked :one", one=1)
        # The end of a new id is random, and under test the same each time.
        drawn = int(tx.new_id().replace("-", "")[-DRAWN_BITS // 4 :], 16)
        fails = drawn < found["failureRate"] * 2**DRAWN_BITS
        return Drawn(found["latencyMs"], ERRORS[drawn % len(ERRORS)] if fails else None)

    def _take(self, key: str, payment: object, tx: Tx) -> None:
        charge = {"id": key, "payment": payment, "at_ms": tx.now_ms}
        fresh = tx.put(self._charges, charge, where="attribute_not_exists(id)")
        tx.update(self._behaviour, SETTINGS, "ADD repeated :n", n=int(not fresh))
