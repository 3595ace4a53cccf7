"""Running apps: one store, the apps' resources in it, their workers, and their routes."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

import httpx

from ensue.app.app import App
from ensue.app.calls import Calls, Seal, as_answer
from ensue.app.claims import Called, Claim, Once, Sealed
from ensue.app.observed import Observed
from ensue.app.outlets import VERIFIERS
from ensue.app.routes import Answer, Route
from ensue.app.signed import Nonce, SignedRequest
from ensue.engine import measuring
from ensue.engine.clock import Clock
from ensue.engine.database import StoreUrl
from ensue.engine.declarations import stranded
from ensue.engine.engine import Engine
from ensue.engine.handlers import Pace
from ensue.engine.home import Resource, Settings
from ensue.engine.ids import Random
from ensue.engine.keeper import Keeper
from ensue.engine.transaction import Origin, Transaction
from ensue.engine.workers import Worker
from ensue.words.errors import InvalidDeclaration, LimitExceeded, NotFound
from ensue.words.kinds import Operation

log = logging.getLogger("ensue.app")


class Platform(Observed):
    """Apps that run on one store. Use `Platform.open`.

    What can be looked at is in `Observed`.
    """

    def __init__(self, apps: Sequence[App], engine: Engine) -> None:
        super().__init__(apps, engine)
        self._calls = Calls(engine)
        self._homes = {id(route): app.name for app in apps for route in app.routes}
        self._clients = {
            id(route): partial(app.outlets.client, VERIFIERS, signed=False)
            for app in apps
            for route in app.routes
            if route.verify is not None
        }
        self._paces = {
            id(route): Pace(route.rate_per_second, engine.clock, route.burst)
            for app in apps
            for route in app.routes
            if route.rate_per_second is not None
        }

    @classmethod
    async def open(
        cls,
        apps: Sequence[App],
        url: StoreUrl,
        *,
        clock: Clock,
        source: Random,
        settings: Settings | None = None,
    ) -> Platform:
        """Open a store and make all that the apps declare; nothing runs before `start`.

        Raises:
            InvalidDeclaration: two apps have one name, an app runs already, or one cannot run.
            NotFound: an app names a resource that nobody declares.
            StoreError: the store cannot be opened.
        """
        names = [app.name for app in apps]
        if len(set(names)) != len(names):
            raise InvalidDeclaration(f"expected apps with different names, got {names}")
        known = {ref for app in apps for ref in app.resources}
        for app in apps:
            app.home.check_empty()
            for resource in app.resources.values():
                resource.check(known)
            for route in app.routes:
                if route.target is not None and route.target not in known:
                    raise NotFound(f"there is no {route.target}", at=route.name)
                if route.verify is not None:
                    route.verify.check()
        engine = await Engine.open(url, clock, source)
        platform = cls(apps, engine)
        try:
            decided = platform._decided(settings or Settings())
            platform._move_in(decided)
            await engine.transact(platform._prepare, Origin("declare"))
            platform._add_workers(decided)
        except BaseException:
            await platform.close()
            raise
        return platform

    def _decided(self, settings: Settings) -> Settings:
        """The settings, as the store allows them: from a branch nothing gets outside."""
        branch = self.engine.branch
        if branch is None:
            return settings
        if settings.act:
            log.warning("the store is a branch of %s, and acts: --act", branch.origin)
            return settings
        log.warning(
            "the store is a branch of %s: actions wait, letters go to the outbox (see --act)",
            branch.origin,
        )
        return replace(settings, smtp=None, holds=True)

    def _move_in(self, settings: Settings) -> None:
        around = {ref: each for app in self.apps for ref, each in app.resources.items()}
        for app in self.apps:
            app.home.move_in(self.engine, settings, around)

    def _prepare(self, tx: Transaction) -> None:
        resources = [each for app in self.apps for each in app.resources.values()]
        for resource in resources:
            resource.prepare(self.engine, tx)
        for resource in resources:
            resource.connect(self.engine, tx)
        self.engine.directory.check_circles()
        self.engine.facts.measures.begin(measuring.totals(tx))
        names = [app.name for app in self.apps]
        for ref, left in stranded(tx, names, self.engine.declared):
            log.warning(
                "%s of %s is declared no more, but %d pieces of its work wait in the store;"
                " declare it again, under that name, to have them handled",
                ref,
                ref.app,
                left,
            )

    def _add_workers(self, settings: Settings) -> None:
        for app in self.apps:
            for resource in app.resources.values():
                for worker in resource.workers(self.engine):
                    self.actors[worker.name] = app.name
                    if not (settings.holds and _reaches_out(worker)):
                        self.engine.add_worker(worker)
        self.engine.add_worker(Keeper(self.engine, settings.keep_ms))

    def start(self) -> None:
        """Let the workers run."""
        self.engine.start()

    async def close(self, grace_ms: int = 0) -> None:
        """Let running actions end within ``grace_ms``, and close the store."""
        try:
            await self.engine.close(grace_ms)
        finally:
            if self._telemetry is not None:
                await self._telemetry.close()
            await self._move_out()

    async def abandon(self) -> None:
        """Let go of everything as a process that dies; see `Engine.abandon`."""
        await self.engine.abandon()
        await self._move_out()

    async def _move_out(self) -> None:
        for app in self.apps:
            await app.close_http()
            if app.home.is_in(self.engine):
                app.home.move_out()

    async def operate(
        self,
        operation: Operation,
        resource: Resource,
        given: object,
        *,
        actor: str,
        seal: Seal,
        trace: str | None = None,
        once: Once | None = None,
    ) -> Called:
        """Do one of a kind's operations.

        Args:
            operation: which.
            resource: to what.
            given: its parameters, already checked.
            actor: who does it, for `why`.
            seal: makes an answer into what is sent.
            trace: the W3C traceparent that the request came with.
            once: what tells a repeated request; None to do it in any case.

        Raises:
            EnsueError: whatever the operation raises.
        """

        async def run() -> Sealed:
            return seal(Answer(await operation.run(resource, given)))

        return await self._calls.act(run, Origin(actor, trace=trace), Claim.of(once))

    async def perform(
        self, actor: str, run: Callable[[], Awaitable[Sealed]], *, trace: str | None = None
    ) -> Called:
        """Do something that is no operation of the catalog, such as taking a body that streams.

        Args:
            actor: who does it, for `why`.
            run: does it.
            trace: the W3C traceparent that the request came with.

        Raises:
            EnsueError: whatever ``run`` raises.
        """
        return await self._calls.act(run, Origin(actor, trace=trace), None)

    def client(self) -> httpx.AsyncClient:
        """The HTTP client for what the platform itself has to fetch; closed with it."""
        return self.apps[0].outlets.client(VERIFIERS, signed=False)

    async def verified(
        self,
        route: Route,
        provider: str | None,
        headers: Mapping[str, str],
        body: bytes,
        line: tuple[str, str],
    ) -> SignedRequest:
        """A request of a route that is signed as it must be.

        Args:
            route: a route of one of the apps that verifies.
            provider: who the path says has sent it.
            headers: by lower-case name.
            body: as it came.
            line: its method, and its path with the query, as they came.

        Raises:
            NotFound: there is no such provider.
            NotVerified: it is not signed so.
            Forbidden: it is, but by somebody who may not do this.
            Unreachable: what it is verified with is outside, and could not be reached.
        """
        if route.verify is None:
            raise InvalidDeclaration("expected a route that verifies", at=route.name)
        now_ms = self.engine.clock.now_ms()
        client = self._clients[id(route)]
        return await route.verify.verify(provider, headers, body, now_ms, line=line, client=client)

    async def call(
        self,
        route: Route,
        arguments: Mapping[str, object],
        *,
        seal: Seal,
        trace: str | None = None,
        once: Once | None = None,
        signed: SignedRequest | None = None,
    ) -> Called:
        """Run a route's function.

        Args:
            route: a route of one of the apps.
            arguments: its arguments by name, already checked.
            seal: makes an answer into what is sent; for a ``def``, inside its transaction.
            trace: the W3C traceparent that the request came with.
            once: what tells a repeated request; None to run it in any case.
            signed: the verified request, for a route that verifies.

        Raises:
            Replayed: the request is a copy of one that was taken.
            LimitExceeded: more requests than the route takes.
            TokenReused: the key of ``once`` stands for another request.
            TokenInFlight: the same request is being done at this moment.
            Exception: whatever the function raises.
        """
        self._admit(route)
        key = None if once is None else once.call_key
        origin = Origin(route.name, trace=trace, key=key)
        claim = Claim.of(once, Nonce.of(self._homes[id(route)], signed))
        if route.is_action:

            async def run() -> Sealed:
                return seal(as_answer(route, await route.function(**arguments)))

            return await self._calls.act(run, origin, claim)
        if route.reads_only and claim is None:
            return await self._calls.look(route, arguments, seal, origin)
        return await self._calls.transact(route, arguments, seal, origin, claim)

    def _admit(self, route: Route) -> None:
        pace = self._paces.get(id(route))
        if pace is None:
            return
        if not pace.available():
            raise LimitExceeded(
                f"expected at most {route.rate_per_second:g} requests a second",
                at=route.name,
                hint="Try again later.",
                retry_after_ms=pace.next_ms() - self.engine.clock.now_ms(),
            )
        pace.spend(1)


def _reaches_out(worker: Worker) -> bool:
    return bool(getattr(worker, "reaches_out", False))
