"""The function: a handler that can be a target, be called, or follow a log."""

from __future__ import annotations

from typing import Any

import msgspec

from ensue.engine import pauses
from ensue.resources.function.handle import Function
from ensue.resources.function.model import DEAD_LETTERS, Feed, FunctionModel
from ensue.resources.function.store import invoke
from ensue.words.kinds import Kind, Operation
from ensue.words.values import Json

__all__ = ["DEAD_LETTERS", "KIND", "Feed", "Function", "FunctionModel", "invoke"]


class Invoke(msgspec.Struct, forbid_unknown_fields=True):
    """What to invoke the function with."""

    body: Any


async def _invoke(function: Function, given: Invoke) -> dict[str, Json]:
    return {"id": await function.invoke(given.body)}


class Call(msgspec.Struct, forbid_unknown_fields=True):
    """What to call the function with."""

    body: Any


async def _call(function: Function, given: Call) -> Json:
    return await function.call(given.body)


class Rewind(msgspec.Struct, forbid_unknown_fields=True):
    """To where, and the function's name again to confirm it."""

    start: str
    confirm: str | None = None


async def _rewind(function: Function, given: Rewind) -> dict[str, Json]:
    return {"records": await function.rewind(given.start, confirm=given.confirm)}


async def _status(function: Function) -> dict[str, Json]:
    return await function.depth() | function.paused()


KIND = Kind(
    name="function",
    plural="functions",
    summary="A handler that can be a target, be called, or follow a log.",
    aws="Lambda",
    operations=(
        Operation(
            "invoke", "Let a function handle a body, with retries.", Invoke, _invoke, writes=True
        ),
        Operation(
            "call", "Run a function now, once, and show its answer.", Call, _call, writes=True
        ),
        Operation(
            "rewind",
            "Set it back, or forward, in the log that it follows.",
            Rewind,
            _rewind,
            writes=True,
        ),
        *pauses.OPERATIONS,
    ),
    status=_status,
    wiring=Function.wiring,
)
