"""``/_ensue/map``: what runs, the versions of it, and what differs between two."""

from __future__ import annotations

from typing import Annotated

import msgspec
from starlette.types import Receive, Scope, Send

from ensue.app.platform import Platform
from ensue.doors.http.house import HouseRoute
from ensue.doors.http.operating import fields_of
from ensue.doors.http.statuses import encode
from ensue.doors.http.wire import respond
from ensue.observe.architecture import Architecture, Change

Number = Annotated[int, msgspec.Meta(ge=1)]


class Nothing(msgspec.Struct, forbid_unknown_fields=True):
    """No parameters."""


class Between(msgspec.Struct, forbid_unknown_fields=True):
    """Which two versions, by their numbers."""

    from_: Number = msgspec.field(name="from")
    to: Number


class MapVersion(msgspec.Struct):
    """A version of what runs; ``changed`` says what differs from the one before."""

    number: int
    at_ms: int
    hash: str
    changed: list[str]


class MapDifference(msgspec.Struct):
    """What differs between two versions."""

    from_: int = msgspec.field(name="from")
    to: int
    changes: list[Change]


def map_routes(platform: Platform) -> list[HouseRoute]:
    """The endpoints of the map.

    Args:
        platform: what is shown.
    """
    maps = Maps(platform)
    return [
        HouseRoute(
            "GET",
            "/map",
            maps.now,
            "map",
            "Show what runs, and what flows between it.",
            returns=Architecture,
        ),
        HouseRoute(
            "GET",
            "/map/versions",
            maps.versions,
            "map_versions",
            "List the versions of what runs that were started, newest first.",
            returns=list[MapVersion],
        ),
        HouseRoute(
            "GET",
            "/map/diff",
            maps.difference,
            "map_difference",
            "Say what differs between two versions.",
            query=(Between,),
            returns=MapDifference,
        ),
    ]


class Maps:
    """Answers what runs, and what ran.

    Args:
        platform: what is shown.
    """

    def __init__(self, platform: Platform) -> None:
        self._map = platform.map
        self._nothing = fields_of(Nothing, "query")
        self._between = fields_of(Between, "query")

    async def now(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the architecture of what runs."""
        del receive
        self._nothing.convert(self._nothing.gather(scope["query_string"]))
        await respond(scope, send, 200, encode(self._map.now()))

    async def versions(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the versions that are kept."""
        del receive
        self._nothing.convert(self._nothing.gather(scope["query_string"]))
        found = [
            MapVersion(each.number, each.at_ms, each.hash, each.changed)
            for each in self._map.versions()
        ]
        await respond(scope, send, 200, encode(found))

    async def difference(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with what differs between two versions."""
        del receive
        asked = self._between.convert(self._between.gather(scope["query_string"]))
        changes = self._map.difference(asked.from_, asked.to)
        await respond(scope, send, 200, encode(MapDifference(asked.from_, asked.to, changes)))
