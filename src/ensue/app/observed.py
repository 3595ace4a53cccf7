"""What can be looked at of a running platform: its resources, its time, what is wrong, and why."""

from __future__ import annotations

from collections.abc import Sequence

from ensue.app.app import App
from ensue.app.auditing import AuditLog
from ensue.app.mapped import Mapped
from ensue.app.messages import Messages
from ensue.app.observing import Observing
from ensue.app.time import Time
from ensue.engine.engine import Engine
from ensue.engine.gauges import look
from ensue.engine.home import Resource
from ensue.engine.ids import fresh_bytes
from ensue.engine.tracing import Tracer
from ensue.observe.diagnosis import Fault, diagnose
from ensue.observe.limits import Limit, depth_limit, in_flight_limit, limits
from ensue.observe.otel import Exports
from ensue.observe.readings import Readings
from ensue.observe.traffic import Traffic
from ensue.resources.queue import Queue
from ensue.words.errors import NotFound
from ensue.words.findings import Finding
from ensue.words.names import Ref


class Observed(Messages, Observing):
    """What can be looked at of a running platform.

    Attributes:
        apps: the apps.
        engine: the store and its workers.
        started_ms: when it was opened.
        time: its clock, and what moves it where it is held.
        traffic: what goes through the apps.
        map: what runs, as a graph, and its versions.
        actors: the app of each handler and route, by its name.
    """

    def __init__(self, apps: Sequence[App], engine: Engine) -> None:
        self.apps = list(apps)
        self.engine = engine
        self.started_ms = engine.clock.now_ms()
        self.time = Time(engine)
        self.actors = {route.name: app.name for app in apps for route in app.routes}
        self._telemetry: Exports | None = None
        self.traffic = Traffic(
            engine, self.refs, (each.ref_in(app.name) for app in apps for each in app.routes)
        )
        self.map = Mapped(self.apps, engine, self.traffic)

        engine.directory.add_measure(Readings(self.traffic, engine.clock.now_ms))

    def resource(self, kind: str, name: str, app: str | None = None) -> Resource:
        """A resource by kind and name, and by its app where several have such a name.

        Raises:
            NotFound: there is none, or more than one.
        """
        found = [
            resource
            for each in self.apps
            if app is None or each.name == app
            for ref, resource in each.resources.items()
            if (ref.kind, ref.name) == (kind, name)
        ]
        if len(found) == 1:
            return found[0]
        if found:
            homes = ", ".join(each.ref.app for each in found)
            raise NotFound(f"there are several called {kind} {name}, in the apps {homes}")
        raise NotFound(f"there is no {kind} {name}", hint="`ensue ls` lists what there is.")

    def refs(self) -> list[Ref]:
        """What there is, in the order of declaration."""
        return [ref for app in self.apps for ref in app.resources]

    @property
    def engine_url(self) -> str:
        """The URL of the store, as `ensue run --engine` takes it."""
        return str(self.engine.url)

    def noticed(self) -> list[Finding]:
        """The warnings of the last minutes; there is no such look as in `warnings`."""
        return self.engine.facts.notices.recent(self.engine.clock.now_ms())

    def warnings(self) -> list[Finding]:
        """What runs short or waits for somebody: what was noticed lately, and what is so now.

        Raises:
            StoreError: the store cannot serve.
        """
        found = {(each.rule, each.where): each for each in [*self.noticed(), *look(self.engine)]}
        return list(found.values())

    def diagnosis(self) -> list[Fault]:
        """What is likely wrong, the likeliest cause first, and what mends it; see `Fault`.

        Raises:
            StoreError: the store cannot serve.
        """
        return diagnose(self.engine, self.traffic, self.warnings())

    def limits(self) -> list[Limit]:
        """The bounds that can be looked at, the fullest first.

        Raises:
            StoreError: the store cannot serve.
        """
        found = limits(self.engine)
        for app in self.apps:
            for ref, each in app.resources.items():
                if isinstance(each, Queue) and each.model.depth_max is not None:
                    found.append(depth_limit(self.engine, ref, each.model.depth_max))
                if isinstance(each, Queue) and each.model.in_flight_max is not None:
                    found.append(in_flight_limit(self.engine, ref, each.model.in_flight_max))
        return sorted(found, key=lambda each: -each.share)

    @property
    def moves(self) -> int:
        """How often a commit has changed something since it was opened."""
        return self.engine.moves

    def now_ms(self) -> int:
        """What time it is on its clock, in ms since 1970."""
        return self.engine.clock.now_ms()

    @property
    def audit(self) -> AuditLog:
        """Who changed what by hand."""
        return AuditLog(self.engine)

    def uptime_ms(self) -> int:
        """For how long it has been open, in ms."""
        return self.engine.clock.now_ms() - self.started_ms

    @staticmethod
    def fresh_bytes(count: int = 32) -> bytes:
        """Bytes that nobody can guess, for keys."""
        return fresh_bytes(count)

    def new_id(self) -> str:
        """A new unique id, for what is not stored."""
        return self.engine.ids.new_id()

    def export(self, telemetry: Exports) -> None:
        """Let spans and figures be exported until it is closed; to be called before `start`."""
        self._telemetry = telemetry
        telemetry.watch(self.engine, self.traffic)

    @property
    def tracer(self) -> Tracer | None:
        """Who is told of spans; None for nobody."""
        return self.engine.facts.measures.tracer
