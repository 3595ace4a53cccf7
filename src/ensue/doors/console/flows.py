"""Server-sent events: what a feed yields, as browsers read it."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator

import msgspec

from ensue.doors.console.rendering import Rendering
from ensue.doors.console.view import Fragment
from ensue.doors.console.visit import Visit, plain
from ensue.words.errors import EnsueError

log = logging.getLogger("ensue.console")


async def events_of(
    feed: AsyncIterator[tuple[str, object]], visit: Visit, rendering: Rendering
) -> AsyncIterator[bytes]:
    """A feed as text/event-stream; an error of ours is its last event, ``refused``."""
    yield b"retry: 2000\n\n"
    try:
        async for name, data in feed:
            yield _event(name, _text(data, visit, rendering))
    except EnsueError as error:
        log.info("a feed of the console ended: %s", error)
        yield _event("refused", msgspec.json.encode(error.as_dict()).decode())


def _text(data: object, visit: Visit, rendering: Rendering) -> str:
    if isinstance(data, Fragment):
        return rendering.fragment(data.template, data.values, visit)
    return msgspec.json.encode(plain(data)).decode()


def _event(name: str, text: str) -> bytes:
    lines = "".join(f"data: {line}\n" for line in text.splitlines() or [""])
    return f"event: {name}\n{lines}\n".encode()
