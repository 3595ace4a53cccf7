"""``/_ensue``: health, the resources and what can be done to them, generated from the catalog."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from starlette.types import Receive, Scope, Send

from ensue.app.imported import imports_of
from ensue.app.platform import Platform
from ensue.catalog import KINDS
from ensue.doors.http.auditing import AuditDoor, Audits, ShownAudit
from ensue.doors.http.clock import Advance, ClockDoor, Drain, ShownClock, ShownMove
from ensue.doors.http.going import going_route
from ensue.doors.http.house import HouseRoute
from ensue.doors.http.maps import map_routes
from ensue.doors.http.messages import message_routes
from ensue.doors.http.objects import OBJECT, OfObject, object_endpoints
from ensue.doors.http.observed import Observed, Sought, Why
from ensue.doors.http.operating import OfApp, Operated, fields_of
from ensue.doors.http.routing import Endpoint
from ensue.doors.http.statuses import encode
from ensue.doors.http.wire import check_utf8_path, respond
from ensue.observe import Detail, Node
from ensue.observe.deliveries import Deliveries
from ensue.observe.search import Found
from ensue.words.kinds import Kind
from ensue.words.version import VERSION

BYTES = "application/octet-stream"


class Nothing(msgspec.Struct, forbid_unknown_fields=True):
    """No parameters."""


class Health(msgspec.Struct):
    """That the server answers, its version, its kind of store, since when, and how many warnings.

    The warnings are those of the last minutes.
    """

    status: str
    version: str
    engine: str
    uptime_ms: int
    warnings: int


class Warned(msgspec.Struct):
    """A warning: the rule, what is the matter where, and what to do about it."""

    rule: str
    severity: str
    where: str
    what: str
    hint: str


class Diagnosed(Warned):
    """A likely fault: besides, what to type, the error behind it, and what it is about."""

    command: str | None
    error: str | None
    app: str | None
    kind: str | None
    name: str | None
    since_ms: int | None
    count: int | None
    id: str | None


class Listed(msgspec.Struct):
    """A resource and its declaration."""

    app: str
    kind: str
    name: str
    declared: dict[str, Any]


class Described(msgspec.Struct):
    """A resource, its declaration, and how it is doing: figures by name."""

    app: str
    kind: str
    name: str
    declared: dict[str, Any]
    status: dict[str, Any]


class Imported(msgspec.Struct):
    """Where Python code imports the apps and their resources from, each as ``module:name``.

    Resources are by their app, kind and name with slashes between. What no module has a name for
    is None, or not there.
    """

    apps: list[str | None]
    resources: dict[str, str]


class ShownOperation(msgspec.Struct):
    """An operation; ``parameters`` is a JSON schema."""

    name: str
    summary: str
    writes: bool
    parameters: dict[str, Any]


class ShownKind(msgspec.Struct):
    """A kind of resource and what can be done to one."""

    name: str
    plural: str
    summary: str
    aws: str
    operations: list[ShownOperation]


def house_routes(
    platform: Platform,
    bytes_max: int,
    kinds: Mapping[str, Kind] = KINDS,
    *,
    has_key: bool = False,
) -> list[HouseRoute]:
    """The endpoints under ``/_ensue``.

    Args:
        platform: what is shown.
        bytes_max: how large the body of a request may be.
        kinds: the kinds of resources.
        has_key: whether each request has to show a key.
    """
    shown, observed = _Shown(platform, kinds), Observed(platform)
    return [
        HouseRoute(
            "GET", "/health", shown.health, "health", "Say that the server answers.", returns=Health
        ),
        HouseRoute(
            "GET",
            "/warnings",
            shown.warnings,
            "warnings",
            "List what runs short or waits for somebody.",
            returns=list[Warned],
        ),
        HouseRoute(
            "GET",
            "/diagnosis",
            shown.diagnosis,
            "diagnosis",
            "Say what is likely wrong, the likeliest cause first, and what mends it.",
            returns=list[Diagnosed],
        ),
        going_route(platform),
        HouseRoute(
            "GET",
            "/resources",
            shown.resources,
            "resources",
            "List the resources of all apps.",
            returns=list[Listed],
        ),
        HouseRoute(
            "GET",
            "/imports",
            shown.imports,
            "imports",
            "Say where Python code imports the apps and their resources from.",
            returns=Imported,
        ),
        HouseRoute(
            "GET",
            "/kinds",
            shown.kinds,
            "kinds",
            "List the kinds of resources and their operations.",
            returns=list[ShownKind],
        ),
        HouseRoute(
            "GET",
            "/why/{id:path}",
            observed.why,
            "why",
            "Show what an id caused, or what caused it.",
            query=(Why,),
            returns=Node,
        ),
        HouseRoute(
            "GET",
            "/detail/{id:path}",
            observed.detail,
            "detail",
            "Show all that is stored of one thing.",
            returns=Detail,
        ),
        HouseRoute(
            "GET",
            "/deliveries/{id:path}",
            observed.deliveries,
            "deliveries",
            "Say who got an event or a change, and who did not, and why.",
            returns=Deliveries,
        ),
        HouseRoute(
            "GET",
            "/search",
            observed.search,
            "search",
            "Find what a text may stand for: an id, a key, a name.",
            query=(Sought,),
            returns=list[Found],
        ),
        *_clock_routes(platform, bytes_max),
        HouseRoute(
            "GET",
            "/audit",
            AuditDoor(platform).show,
            "audit",
            "List who changed what in the console.",
            query=(Audits,),
            returns=list[ShownAudit],
        ),
        *map_routes(platform),
        *message_routes(platform),
        *(
            HouseRoute(
                each.method,
                OBJECT,
                each.endpoint,
                each.name,
                each.summary,
                query=(OfObject,),
                media=BYTES,
                takes_bytes=each.method == "PUT",
            )
            for each in object_endpoints(platform)
        ),
        *(
            route
            for kind in kinds.values()
            for route in _routes_of(platform, kind, bytes_max, has_key=has_key)
        ),
    ]


def _clock_routes(platform: Platform, bytes_max: int) -> Iterator[HouseRoute]:
    door = ClockDoor(platform, bytes_max)
    said = "Show what time it is, and what is due next."
    yield HouseRoute("GET", "/clock", door.show, "clock", said, returns=ShownClock)
    moves: tuple[tuple[str, Endpoint, type[msgspec.Struct], str], ...] = (
        ("advance", door.advance, Advance, "Move a held clock on."),
        ("next", door.to_next, Nothing, "Move a held clock to what is due next."),
        ("drain", door.drain, Drain, "Move a held clock until no work waits."),
    )
    for name, endpoint, body, said in moves:
        path, operation = f"/clock/{name}", f"{name}_clock"
        yield HouseRoute("POST", path, endpoint, operation, said, body=body, returns=ShownMove)


def _routes_of(
    platform: Platform, kind: Kind, bytes_max: int, *, has_key: bool
) -> Iterator[HouseRoute]:
    path = f"/{kind.plural}/{{name}}"
    yield HouseRoute(
        "GET",
        path,
        _Described(platform, kind),
        f"describe_{kind.name}",
        f"Describe one: {kind.summary}",
        query=(OfApp,),
        returns=Described,
    )
    for operation in kind.operations:
        operated = Operated(platform, kind, operation, bytes_max)
        operated.is_barred = operation.reveals and not has_key
        name = f"{operation.name}_{kind.name}"
        yield HouseRoute(
            "POST",
            f"{path}/{operation.name}",
            operated.by_body,
            name,
            operation.summary,
            query=(OfApp,),
            body=operation.parameters,
            writes=operation.writes and not operation.private,
            is_barred=operated.is_barred,
        )
        if not (operation.writes or operation.private):
            yield HouseRoute(
                "GET",
                f"{path}/{operation.name}",
                operated.by_query,
                f"{name}_by_query",
                operation.summary,
                query=(OfApp, operation.parameters),
            )


class _Shown:
    """Answers what concerns no single resource."""

    def __init__(self, platform: Platform, kinds: Mapping[str, Kind]) -> None:
        self._platform = platform
        self._kinds = kinds
        self._nothing = fields_of(Nothing, "query")

    async def health(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer even a query that it does not know: probes add what keeps caches away."""
        del receive
        engine = self._platform.engine_url.partition(":")[0]
        noticed = len(self._platform.noticed())
        said = Health("ok", VERSION, engine, self._platform.uptime_ms(), noticed)
        await respond(scope, send, 200, encode(said))

    async def warnings(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with what runs short or waits for somebody."""
        del receive
        self._nothing.convert(self._nothing.gather(scope["query_string"]))
        found = [Warned(**each.as_dict()) for each in self._platform.warnings()]
        await respond(scope, send, 200, encode(found))

    async def diagnosis(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with what is likely wrong."""
        del receive
        self._nothing.convert(self._nothing.gather(scope["query_string"]))
        found = msgspec.convert(
            [each.as_dict() for each in self._platform.diagnosis()], list[Diagnosed]
        )
        await respond(scope, send, 200, encode(found))

    async def resources(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with all resources."""
        del receive
        self._nothing.convert(self._nothing.gather(scope["query_string"]))
        found = [
            Listed(
                ref.app,
                ref.kind,
                ref.name,
                self._platform.resource(ref.kind, ref.name, ref.app).declared(),
            )
            for ref in self._platform.refs()
        ]
        await respond(scope, send, 200, encode(found))

    async def imports(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with where the apps and their resources are."""
        del receive
        self._nothing.convert(self._nothing.gather(scope["query_string"]))
        found = imports_of(self._platform.apps)
        apps = [None if place is None else str(place) for place in found.apps]
        resources = {"/".join(ref): str(place) for ref, place in found.resources.items()}
        await respond(scope, send, 200, encode(Imported(apps, resources)))

    async def kinds(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the catalog."""
        del receive
        self._nothing.convert(self._nothing.gather(scope["query_string"]))
        await respond(scope, send, 200, encode([_shown(each) for each in self._kinds.values()]))


def _shown(kind: Kind) -> ShownKind:
    operations = [
        ShownOperation(each.name, each.summary, each.writes, msgspec.json.schema(each.parameters))
        for each in kind.operations
    ]
    return ShownKind(kind.name, kind.plural, kind.summary, kind.aws, operations)


class _Described:
    """Answers what a resource is and how it is doing."""

    def __init__(self, platform: Platform, kind: Kind) -> None:
        self._platform = platform
        self._kind = kind
        self._query = fields_of(OfApp, "query")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del receive
        check_utf8_path(scope)
        of_app = self._query.convert(self._query.gather(scope["query_string"]))
        name = scope["path_params"]["p0"]
        found = self._platform.resource(self._kind.name, name, of_app.app)
        said = Described(
            found.ref.app,
            found.ref.kind,
            found.ref.name,
            found.declared(),
            await self._kind.status(found),
        )
        await respond(scope, send, 200, encode(said))
