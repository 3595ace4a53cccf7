"""``/_ensue/dead-letters`` and ``/_ensue/messages``: messages wherever they are."""

from __future__ import annotations

from typing import Annotated

import msgspec
from starlette.types import Receive, Scope, Send

from ensue.app.messages import CausePage, PieceDetails
from ensue.app.platform import Platform
from ensue.doors.http.house import HouseRoute
from ensue.doors.http.operating import fields_of
from ensue.doors.http.statuses import encode
from ensue.doors.http.wire import check_utf8_path, respond


class Causes(msgspec.Struct, forbid_unknown_fields=True):
    """How many causes, behind which."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=1_000)] = 100
    after: str | None = None


class Nothing(msgspec.Struct, forbid_unknown_fields=True):
    """No parameters."""


class ShownMessages:
    """Answers what concerns messages wherever they are.

    Args:
        platform: where to look.
    """

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._causes = fields_of(Causes, "query")
        self._nothing = fields_of(Nothing, "query")

    async def dead_letters(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with what the letters of all dead-letter queues died of."""
        del receive
        given = self._causes.convert(self._causes.gather(scope["query_string"]))
        found = self._platform.dead_letters(given.limit, after=given.after)
        await respond(scope, send, 200, encode(found))

    async def message(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with all that is known of a message."""
        del receive
        check_utf8_path(scope)
        self._nothing.convert(self._nothing.gather(scope["query_string"]))
        found = self._platform.message(scope["path_params"]["p0"])
        await respond(scope, send, 200, encode(found))


def message_routes(platform: Platform) -> list[HouseRoute]:
    """The endpoints that concern messages wherever they are.

    Args:
        platform: where to look.
    """
    messages = ShownMessages(platform)
    return [
        HouseRoute(
            "GET",
            "/dead-letters",
            messages.dead_letters,
            "dead_letters",
            "List what the letters of all dead-letter queues died of.",
            query=(Causes,),
            returns=CausePage,
        ),
        HouseRoute(
            "GET",
            "/messages/{id}",
            messages.message,
            "message",
            "Show all that is known of a message.",
            returns=PieceDetails,
        ),
    ]
