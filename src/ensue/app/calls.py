"""Calls from outside: each runs in its transaction, and, with an idempotency key, is done once.

An answer is *sealed*, made into the bytes that will be sent, before the transaction commits: what
cannot be sent has not happened.

The promise of a key depends on what runs. A ``def`` commits the key, the answer and the effects
together: whoever repeats the request gets the answer if the effects are there, and only then. An
``async def`` claims the key durably before and leaves the answer after: a process that dies in
between has freed the key, and the repetition runs it again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from ensue.app.claims import Called, Claim, Sealed
from ensue.app.routes import Answer, Route
from ensue.app.transaction import ReadTx, Tx
from ensue.engine import idempotency
from ensue.engine.engine import Engine
from ensue.engine.ids import HOP_NUMBER
from ensue.engine.runtime import enter
from ensue.engine.transaction import Origin, Transaction, acting

Seal = Callable[[Answer], Sealed]


class Calls:
    """Calls on one engine.

    Args:
        engine: where they run.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def look(
        self, route: Route, arguments: Mapping[str, object], seal: Seal, origin: Origin
    ) -> Called:
        """Run a function that reads, on a snapshot; in a thread if that takes long."""
        acting.set(origin)
        enter(self._engine.runtime)
        return Called(
            await self._engine.reads.look(
                lambda tx: seal(as_answer(route, _run(route, arguments, ReadTx(tx)))),
                known_as=route.function,
            )
        )

    async def transact(
        self,
        route: Route,
        arguments: Mapping[str, object],
        seal: Seal,
        origin: Origin,
        claim: Claim | None,
    ) -> Called:
        """Run a ``def`` in a transaction, and with a claim only if it has not run before.

        Raises:
            TokenReused: the key stands for another request.
            Replayed: the request is a copy of one that was taken.
            Exception: whatever the function raises.
        """

        def transact(tx: Transaction) -> Called:
            if claim is not None:
                kept = claim.begin(tx)
                if kept is not None:
                    return kept
            sealed = seal(as_answer(route, _run(route, arguments, Tx(tx))))
            hop = tx.recorded_hop
            called = Called(sealed, None if hop is None else tx.facts.records.text(HOP_NUMBER, hop))
            if claim is not None:
                claim.end(tx, called)
            return called

        return await self._engine.transact(transact, origin)

    async def act(
        self, run: Callable[[], Awaitable[Sealed]], origin: Origin, claim: Claim | None
    ) -> Called:
        """Run what may reach outside, and with a claim only if it has not run to a success before.

        Raises:
            TokenReused: the key stands for another request.
            TokenInFlight: the same is being done at this moment.
            Replayed: the request is a copy of one that was taken.
            Exception: whatever ``run`` raises.
        """
        acting.set(origin)
        enter(self._engine.runtime)

        async def called() -> Called:
            return Called(await run())

        if claim is None:
            return await called()
        return await idempotency.once_outside(self._engine.transact, claim, called, origin.actor)


def as_answer(route: Route, found: object) -> Answer:
    """What a route's function returned, as an answer."""
    return found if isinstance(found, Answer) else Answer(found, route.status)


def _run(route: Route, arguments: Mapping[str, object], tx: ReadTx) -> object:
    if route.wants_tx:
        return route.function(**arguments, tx=tx)
    return route.function(**arguments)
