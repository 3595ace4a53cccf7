"""CloudEvents in and out of buses, in the modes of HTTP that their specification has.

``POST /_ensue/buses/{name}/cloudevents`` takes one event, structured or binary, or a batch;
``GET`` reads a bus's events as a batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import urlencode

import msgspec
from starlette.types import Receive, Scope, Send

from ensue.app.claims import Sealed
from ensue.app.platform import Platform
from ensue.app.routes import Answer
from ensue.catalog import KINDS
from ensue.doors.http.arguments import Fields
from ensue.doors.http.event_bodies import events_in
from ensue.doors.http.house import HouseRoute
from ensue.doors.http.operating import OfApp
from ensue.doors.http.statuses import encode
from ensue.doors.http.wire import (
    check_utf8_path,
    read_bytes,
    respond,
    trace_in,
    trace_of,
)
from ensue.languages.cloudevents import (
    BATCH,
    EVENTS_MAX,
    SCHEMA,
    STRUCTURED,
    CloudEvent,
    encode_batch,
    from_envelope,
)
from ensue.resources.bus import Accepted, Bus
from ensue.words.errors import EnsueError, NotFound
from ensue.words.kinds import Operation

PLACE = f"/{KINDS['bus'].plural}/{{name}}/cloudevents"
PARTLY = HTTPStatus.MULTI_STATUS


class ReadEvents(msgspec.Struct, forbid_unknown_fields=True):
    """From where to read, how much, and how many milliseconds to wait for something new."""

    after: Annotated[int, msgspec.Meta(ge=0)] | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=1_000)] = 100
    wait: Annotated[int, msgspec.Meta(ge=0, le=30_000)] = 0
    app: str | None = None


class Fault(msgspec.Struct):
    """Why an event of a batch was refused."""

    code: str
    message: str


class Taken(msgspec.Struct, omit_defaults=True):
    """What an event is called on the bus and whether it came now, or why it was refused."""

    id: str | None = None
    is_new: bool | None = None
    error: Fault | None = None


class TakenAll(msgspec.Struct):
    """What became of the events of a batch, in their order, and how many were refused."""

    events: list[Taken]
    failed: int


def cloudevent_routes(platform: Platform, bytes_max: int) -> list[HouseRoute]:
    """The endpoints that take and give CloudEvents."""
    door = _CloudEvents(platform, bytes_max)
    return [
        HouseRoute(
            "POST",
            PLACE,
            door.take,
            "take_cloudevents",
            "Publish a CloudEvent, structured or binary, or a batch; each once.",
            query=(OfApp,),
            content={
                STRUCTURED: SCHEMA,
                BATCH: {"type": "array", "items": SCHEMA, "maxItems": EVENTS_MAX},
                "*/*": {},
            },
            returns=Taken | TakenAll,
        ),
        HouseRoute(
            "GET",
            PLACE,
            door.give,
            "give_cloudevents",
            "Read a bus's events as a batch of CloudEvents.",
            query=(ReadEvents,),
            returns=list[dict[str, Any]],
            media=BATCH,
        ),
    ]


class _CloudEvents:
    """Takes and gives the events of buses."""

    def __init__(self, platform: Platform, bytes_max: int) -> None:
        self._platform = platform
        self._bytes_max = bytes_max
        self._of_app = Fields(OfApp, "query")
        self._reading = Fields(ReadEvents, "query")

    async def take(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Publish what comes; answer for each event."""
        of_app = self._of_app.convert(self._of_app.gather(scope["query_string"]))
        bus = self._bus(scope, of_app.app)
        body = await read_bytes(scope, receive, self._bytes_max)
        given = events_in(scope, body)
        one = given if isinstance(given, CloudEvent) else None

        async def run(bus: Bus, events: Sequence[CloudEvent | EnsueError]) -> object:
            if one is not None:
                return await bus.publish_cloudevent(one)
            return await bus.publish_cloudevents(events)

        operation = Operation("cloudevents", "", ReadEvents, run, writes=True)
        called = await self._platform.operate(
            operation,
            bus,
            [given] if isinstance(given, CloudEvent) else given,
            actor="cloudevents bus",
            seal=_seal,
            trace=trace_of(scope) or _trace_of_event(one),
        )
        await respond(scope, send, called.sealed.status, called.sealed.body)

    async def give(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read events, and say where the next ones begin (RFC 8288)."""
        del receive
        given = self._reading.convert(self._reading.gather(scope["query_string"]))
        bus = self._bus(scope, given.app)
        found, position = await bus.tail(after=given.after, limit=given.limit, wait_ms=given.wait)
        events = [from_envelope(each) for each in found if isinstance(each, dict)]
        query = urlencode({"after": position, "limit": given.limit})
        link = f'<?{query}>; rel="next"'.encode()
        headers = [(b"content-type", BATCH.encode()), (b"link", link)]
        await respond(scope, send, HTTPStatus.OK, encode_batch(events), headers)

    def _bus(self, scope: Scope, app: str | None) -> Bus:
        check_utf8_path(scope)
        name = scope["path_params"]["p0"]
        found = self._platform.resource("bus", name, app)
        if not isinstance(found, Bus):
            raise NotFound(f"there is no bus {name}")
        return found


def _trace_of_event(event: CloudEvent | None) -> str | None:
    """The trace that an event carries: the extension of distributed tracing."""
    found = None if event is None else event.extensions.get("traceparent")
    return trace_in(found) if isinstance(found, str) else None


def _seal(answer: Answer) -> Sealed:
    said: Any = answer.body
    if isinstance(said, Accepted):
        return Sealed(HTTPStatus.OK, encode(said))
    taken = [
        Taken(id=each.id, is_new=each.is_new)
        if isinstance(each, Accepted)
        else Taken(error=Fault(each.code, each.message))
        for each in said
    ]
    failed = sum(each.error is not None for each in taken)
    return Sealed(PARTLY if failed else HTTPStatus.OK, encode(TakenAll(taken, failed)))
