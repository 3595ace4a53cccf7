"""What can be done to a pipe from outside."""

from __future__ import annotations

import msgspec

from ensue.engine import pauses
from ensue.resources.pipe.handle import Pipe
from ensue.resources.pipe.model import Seen
from ensue.words.kinds import Operation
from ensue.words.values import Json


class Explain(msgspec.Struct, forbid_unknown_fields=True):
    """Which record or message of its source, by its id."""

    id: str


class Rewind(msgspec.Struct, forbid_unknown_fields=True):
    """To where, and the pipe's name again to confirm it."""

    start: str
    confirm: str | None = None


async def _explain(pipe: Pipe, given: Explain) -> Seen:
    return await pipe.explain(given.id)


async def _rewind(pipe: Pipe, given: Rewind) -> dict[str, Json]:
    return {"records": await pipe.rewind(given.start, confirm=given.confirm)}


async def status(pipe: Pipe) -> dict[str, Json]:
    """How far it is behind, what waits in it and what is dead."""
    return await pipe.depth() | pipe.paused()


OPERATIONS = (
    Operation(
        "explain",
        "Say whether it takes a record or message of its source, or why not.",
        Explain,
        _explain,
        writes=False,
    ),
    Operation(
        "rewind",
        "Set it back, or forward, in the log that it follows.",
        Rewind,
        _rewind,
        writes=True,
    ),
    *pauses.OPERATIONS,
)
