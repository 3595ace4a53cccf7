"""The adopted table: a table in a database of the user's own, followed by its changes."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from ensue.resources.adopted.handle import Adopted
from ensue.resources.adopted.model import Rows
from ensue.words.errors import NotFound
from ensue.words.kinds import Kind, Operation
from ensue.words.values import Item, Json, shown

__all__ = ["KIND", "Adopted", "Rows"]


class Get(msgspec.Struct, forbid_unknown_fields=True):
    """The key of a row: one value, or a list of the key columns' values."""

    key: Any


class Page(msgspec.Struct, forbid_unknown_fields=True):
    """Which rows: those whose columns have these values."""

    equal: dict[str, Any] = {}
    limit: Annotated[int, msgspec.Meta(ge=1, le=1_000)] = 100
    after: str | None = None
    reverse: bool = False


class Changes(msgspec.Struct, forbid_unknown_fields=True):
    """From where to read, how much, and how many milliseconds to wait for something new."""

    after: Annotated[int, msgspec.Meta(ge=0)] | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=1_000)] = 10
    wait: Annotated[int, msgspec.Meta(ge=0, le=30_000)] = 0


class Release(msgspec.Struct, forbid_unknown_fields=True):
    """Whether also when another store has adopted the table."""

    force: bool = False


async def _get(table: Adopted, given: Get) -> Item:
    found = await table.get(tuple(given.key) if isinstance(given.key, list) else given.key)
    if found is None:
        raise NotFound(f"there is no row with the key {shown(given.key)}", at=str(table.ref))
    return found


async def _rows(table: Adopted, given: Page) -> Rows:
    return await table.query(
        given.equal, limit=given.limit, after=given.after, reverse=given.reverse
    )


async def _changes(table: Adopted, given: Changes) -> dict[str, Any]:
    found, position = await table.changes(after=given.after, limit=given.limit, wait_ms=given.wait)
    return {"changes": found, "position": position}


async def _release(table: Adopted, given: Release) -> dict[str, Json]:
    return {"dropped": await table.release(force=given.force)}


async def _status(table: Adopted) -> dict[str, Json]:
    return await table.status()


KIND = Kind(
    name="adopted",
    noun="adopted table",
    plural="adopted",
    summary="A table in a database of your own, followed by its changes.",
    aws="DMS",
    operations=(
        Operation("get", "Read the row with this key, as it is now.", Get, _get, writes=False),
        Operation("rows", "Read rows in the order of the key.", Page, _rows, writes=False),
        Operation(
            "changes",
            "Read the newest changes, or wait for new ones.",
            Changes,
            _changes,
            writes=False,
        ),
        Operation(
            "release",
            "Remove the capture from the database, until the next start.",
            Release,
            _release,
            writes=True,
        ),
    ),
    status=_status,
)
