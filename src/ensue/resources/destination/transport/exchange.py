"""One exchange over HTTP: in bounded time, with an answer of bounded size."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress

import httpx

from ensue.engine.clock import Clock
from ensue.resilience.waits import timed
from ensue.resources.destination.model import EXCERPT_BYTES_MAX, REASON_LENGTH_MAX
from ensue.resources.destination.rules import Mask
from ensue.words.errors import TooLarge, Unreachable

DRAINED_BYTES_MAX = 65_536
DRAINED_MS = 1_000


def said_of(fault: httpx.HTTPError) -> str:
    """What went wrong, without what was sent."""
    return f"{type(fault).__name__}: {' '.join(str(fault).split())}".rstrip(": ")


async def _pieces(answer: httpx.Response) -> AsyncIterator[bytes]:
    """The bytes of an answer as they came: what is packed small is not unpacked without a bound."""
    if answer.is_stream_consumed:
        yield answer.content  # what answers instead of the network has them at once
        return
    async for piece in answer.aiter_raw():
        yield piece


async def drain(answer: httpx.Response, clock: Clock) -> None:
    """Read what nobody wants to its end, if that is near, so that the connection can be used again.

    The answer has been given: one that goes on slowly, or for ever, does not take it back.
    """
    with suppress(httpx.HTTPError, TooLarge, Unreachable):
        await timed(clock, DRAINED_MS, "", read(answer, DRAINED_BYTES_MAX))


async def read(answer: httpx.Response, bytes_max: int) -> bytes:
    """The bytes of an answer.

    Raises:
        TooLarge: there are more.
    """
    found = b""
    async for piece in _pieces(answer):
        found += piece
        if len(found) > bytes_max:
            raise TooLarge(f"expected an answer of at most {bytes_max} bytes")
    return found


async def excerpt(answer: httpx.Response, mask: Mask, clock: Clock) -> str:
    """The beginning of an answer, as it may be shown."""
    found = bytearray()

    async def gather() -> bool:
        async for piece in _pieces(answer):
            found.extend(piece)
            if len(found) > EXCERPT_BYTES_MAX:
                return False
        return True

    try:
        is_whole = await timed(clock, DRAINED_MS, "", gather())
    except (httpx.HTTPError, Unreachable):
        is_whole = False  # what came of it says enough
    return mask.excerpt(bytes(found[:EXCERPT_BYTES_MAX]), REASON_LENGTH_MAX, is_whole=is_whole)
