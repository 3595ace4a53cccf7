"""``/_ensue/clock``: what time it is, and how it is moved where it is held."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import msgspec
from starlette.types import Receive, Scope, Send

from ensue.app.platform import Platform
from ensue.app.time import DRAIN, Due, Moved
from ensue.doors.http.operating import fields_of, reader_of
from ensue.doors.http.statuses import encode
from ensue.doors.http.wire import respond

Span = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class Asked(msgspec.Struct, forbid_unknown_fields=True):
    """No parameters."""


class Advance(msgspec.Struct, forbid_unknown_fields=True):
    """How far, such as ``1h``."""

    by: Span


class Drain(msgspec.Struct, forbid_unknown_fields=True):
    """How far at most."""

    limit: Span = DRAIN


class NextDue(msgspec.Struct):
    """What is due next: when, what in words, of which resource, and a schedule's name."""

    at_ms: int
    what: str
    app: str | None
    kind: str | None
    resource: str | None
    name: str | None


class ShownClock(msgspec.Struct):
    """What time it is, whether it is held, to where it is being moved, and what is due next."""

    held: bool
    now_ms: int
    moving_to_ms: int | None
    next: NextDue | None


class ShownMove(msgspec.Struct):
    """A move: from when to when, its stops, the actions that are outside still, what is next."""

    from_ms: int
    now_ms: int
    stops: int
    busy: tuple[str, ...]
    next: NextDue | None


class ClockDoor:
    """Answers what concerns the clock.

    Args:
        platform: whose.
        bytes_max: how large the body of a request may be.
    """

    def __init__(self, platform: Platform, bytes_max: int) -> None:
        self._time = platform.time
        self._nothing = fields_of(Asked, "query")
        self._empty = reader_of(Asked, bytes_max)
        self._advance = reader_of(Advance, bytes_max)
        self._drain = reader_of(Drain, bytes_max)

    async def show(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the clock."""
        del receive
        self._nothing.convert(self._nothing.gather(scope["query_string"]))
        time = self._time
        said = ShownClock(time.held, time.now_ms(), time.moving_to_ms, _next_due(time.next()))
        await respond(scope, send, 200, encode(said))

    async def advance(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Move it on."""
        given = await self._advance.read(scope, receive)
        await self._move(scope, send, lambda: self._time.advance(given.by))

    async def to_next(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Move it to what is due next."""
        await self._empty.read(scope, receive)
        await self._move(scope, send, self._time.to_next)

    async def drain(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Move it until no work waits."""
        given: Any = await self._drain.read(scope, receive)
        limit = DRAIN if given is msgspec.UNSET else given.limit
        await self._move(scope, send, lambda: self._time.drain(limit))

    async def _move(self, scope: Scope, send: Send, move: Callable[[], Awaitable[Moved]]) -> None:
        moved = await move()
        said = ShownMove(
            moved.from_ms, moved.now_ms, moved.stops, moved.busy, _next_due(moved.next)
        )
        await respond(scope, send, 200, encode(said))


def _next_due(due: Due | None) -> NextDue | None:
    if due is None:
        return None
    app, kind, resource = (None, None, None) if due.of is None else due.of
    return NextDue(due.at_ms, due.what, app, kind, resource, due.name)
