"""The destination: an HTTP endpoint outside, as a target and to be called."""

from __future__ import annotations

from ensue.resources.destination.handle import Destination
from ensue.resources.destination.model import (
    DEAD_LETTERS,
    ApiKey,
    Basic,
    DestinationOptions,
    Exchanged,
    OAuthClientCredentials,
)
from ensue.resources.destination.operations import OPERATIONS
from ensue.resources.destination.rules.masks import Mask
from ensue.resources.destination.store import send
from ensue.resources.destination.transport import Outlets
from ensue.words.kinds import Kind
from ensue.words.values import Json

__all__ = [
    "DEAD_LETTERS",
    "KIND",
    "ApiKey",
    "Basic",
    "Destination",
    "DestinationOptions",
    "Exchanged",
    "Mask",
    "OAuthClientCredentials",
    "Outlets",
    "send",
]


async def _status(destination: Destination) -> dict[str, Json]:
    return await destination.status()


KIND = Kind(
    name="destination",
    plural="destinations",
    summary="An HTTP endpoint outside: a target, and something to call.",
    aws="API destination",
    operations=OPERATIONS,
    status=_status,
    wiring=Destination.wiring,
)
