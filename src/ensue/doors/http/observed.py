"""``/_ensue``: what ensued from something, all that is stored of it, who got it, and search."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from starlette.types import Receive, Scope, Send

from ensue.app.platform import Platform
from ensue.doors.http.operating import fields_of
from ensue.doors.http.statuses import encode
from ensue.doors.http.wire import check_utf8_path, respond
from ensue.observe import NODES_MAX
from ensue.observe.search import TEXT_LENGTH_MAX


class Why(msgspec.Struct, forbid_unknown_fields=True):
    """What of a tree to show.

    With ``up`` what caused it, instead of what it caused. With ``after`` only what one node caused
    behind that child of it, or from its first on when that is empty. At most ``limit`` nodes.
    """

    up: bool = False
    after: str | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=NODES_MAX)] = NODES_MAX


class Sought(msgspec.Struct, forbid_unknown_fields=True):
    """A text to search for."""

    q: Annotated[str, msgspec.Meta(max_length=TEXT_LENGTH_MAX)] = ""


class Nothing(msgspec.Struct, forbid_unknown_fields=True):
    """No parameters."""


class Observed:
    """Answers what concerns what happened."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._why = fields_of(Why, "query")
        self._sought = fields_of(Sought, "query")
        self._nothing = fields_of(Nothing, "query")

    async def why(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with a tree."""
        del receive
        check_utf8_path(scope)
        given = self._why.convert(self._why.gather(scope["query_string"]))
        sought = scope["path_params"]["p0"]
        if given.up:
            await _answer(scope, send, self._platform.why(sought, up=True))
            return
        found = await self._platform.unfold(sought, after=given.after, limit=given.limit)
        await _answer(scope, send, found)

    async def detail(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with all that is stored of one thing."""
        del receive
        await _answer(scope, send, self._platform.detail(self._id(scope)))

    async def deliveries(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with who got something, and who did not."""
        del receive
        await _answer(scope, send, await self._platform.deliveries(self._id(scope)))

    async def search(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with what a text may stand for."""
        del receive
        given = self._sought.convert(self._sought.gather(scope["query_string"]))
        await _answer(scope, send, self._platform.search(given.q))

    def _id(self, scope: Scope) -> str:
        check_utf8_path(scope)
        self._nothing.convert(self._nothing.gather(scope["query_string"]))
        sought: str = scope["path_params"]["p0"]
        return sought


async def _answer(scope: Scope, send: Send, found: Any) -> None:  # noqa: ANN401 - what JSON takes
    await respond(scope, send, 200, encode(found))
