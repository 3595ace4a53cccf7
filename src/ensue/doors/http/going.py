"""``/_ensue/traffic``: what goes through each resource, route and rule."""

from __future__ import annotations

from typing import Annotated

import msgspec
from starlette.types import Receive, Scope, Send

from ensue.app.platform import Platform
from ensue.doors.http.house import HouseRoute
from ensue.doors.http.operating import fields_of
from ensue.doors.http.statuses import encode
from ensue.doors.http.wire import respond
from ensue.observe.traffic import HOUR_MS, WINDOW_MS, Flow


class Window(msgspec.Struct, forbid_unknown_fields=True):
    """Over how long rates and times are: in ms, up to an hour."""

    window: Annotated[int, msgspec.Meta(ge=1_000, le=HOUR_MS)] = WINDOW_MS


class Going(msgspec.Struct):
    """What goes through something.

    The kind is that of a resource, ``route`` or ``rule``; a rule is called by its bus and its name,
    a route by its method and path.
    """

    app: str
    kind: str
    name: str
    flow: Flow


class _Shown:
    """Answers with what goes through everything.

    Args:
        platform: what is shown.
    """

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._window = fields_of(Window, "query")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        del receive
        given = self._window.convert(self._window.gather(scope["query_string"]))
        flows = self._platform.traffic.flows(given.window)
        await respond(scope, send, 200, encode([Going(*ref, flow) for ref, flow in flows.items()]))


def going_route(platform: Platform) -> HouseRoute:
    """The endpoint ``/_ensue/traffic``."""
    return HouseRoute(
        "GET",
        "/traffic",
        _Shown(platform),
        "traffic",
        "Show what goes through each resource, route and rule.",
        query=(Window,),
        returns=list[Going],
    )
