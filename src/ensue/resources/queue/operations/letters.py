"""What can be done to a dead-letter queue from outside: commands below ``ensue dlq``."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from ensue.resources.queue.handle import Queue
from ensue.resources.queue.model import (
    CAUSES_MAX,
    LETTERS_MAX,
    REDRIVES_MAX,
    CausePage,
    LetterPage,
    Redrive,
    RedriveOptions,
    Undone,
)
from ensue.words.kinds import Operation
from ensue.words.values import Json

GROUP = "dlq"


Fingerprint = Annotated[str, msgspec.Meta(description="Only what died of this, as `dlq` says.")]
Chosen = Annotated[list[str], msgspec.Meta(description="Only this one; may be given again.")]


class Causes(msgspec.Struct, forbid_unknown_fields=True):
    """How many causes to show, behind which."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=CAUSES_MAX)] = 100
    after: str | None = None


class Letters(msgspec.Struct, forbid_unknown_fields=True):
    """Which dead letters to show: of which cause, and how many."""

    cause: Fingerprint | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=LETTERS_MAX)] = 10
    after: str | None = None


class RedriveLetters(msgspec.Struct, forbid_unknown_fields=True):
    """Which dead letters to move, what to change in them, and how fast."""

    limit: Annotated[int, msgspec.Meta(ge=1)] | None = None
    cause: Fingerprint | None = None
    ids: Chosen | None = None
    pattern: dict[str, Any] | None = None
    body: Any = None
    edit: str | None = None
    values: dict[str, Any] = {}
    rate: str | None = None
    preview: bool = False


class DeleteLetters(msgspec.Struct, forbid_unknown_fields=True):
    """Which dead letters to delete: those of a cause, or some by their ids."""

    cause: Fingerprint | None = None
    ids: Chosen | None = None


class Redrives(msgspec.Struct, forbid_unknown_fields=True):
    """How many redrives to show."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=REDRIVES_MAX)] = 100


class OfRedrive(msgspec.Struct, forbid_unknown_fields=True):
    """Which redrive."""

    id: int


async def _causes(queue: Queue, given: Causes) -> CausePage:
    return await queue.causes(given.limit, after=given.after)


async def _letters(queue: Queue, given: Letters) -> LetterPage:
    return await queue.letters(given.cause, limit=given.limit, after=given.after)


async def _delete(queue: Queue, given: DeleteLetters) -> dict[str, Json]:
    return {"deleted": await queue.delete_letters(given.ids, cause=given.cause)}


async def _redrive(queue: Queue, given: RedriveLetters) -> object:
    options: RedriveOptions = {
        "cause": given.cause,
        "ids": given.ids,
        "pattern": given.pattern,
        "body": given.body,
        "edit": given.edit,
        "values": given.values,
    }
    if given.preview:
        return await queue.preview_redrive(given.limit, **options)
    return await queue.redrive(given.limit, rate=given.rate, **options)


async def _redrives(queue: Queue, given: Redrives) -> list[Redrive]:
    return await queue.redrives(given.limit)


async def _cancel(queue: Queue, given: OfRedrive) -> Redrive:
    return await queue.cancel_redrive(given.id)


async def _undo(queue: Queue, given: OfRedrive) -> Undone:
    return await queue.undo_redrive(given.id)


OPERATIONS = (
    Operation(
        "causes",
        "Show what dead letters died of, and how many of each.",
        Causes,
        _causes,
        writes=False,
        group=GROUP,
    ),
    Operation(
        "letters",
        "Show dead letters, the last to die first.",
        Letters,
        _letters,
        writes=False,
        group=GROUP,
    ),
    Operation(
        "redrive",
        "Move a dead-letter queue's messages back to where they came from.",
        RedriveLetters,
        _redrive,
        writes=True,
        group=GROUP,
    ),
    Operation(
        "redrives",
        "Show the redrives of a dead-letter queue.",
        Redrives,
        _redrives,
        writes=False,
        group=GROUP,
    ),
    Operation("cancel", "Stop a redrive that runs.", OfRedrive, _cancel, writes=True, group=GROUP),
    Operation(
        "undo",
        "Make what a redrive moved, and still waits, dead letters again.",
        OfRedrive,
        _undo,
        writes=True,
        group=GROUP,
    ),
    Operation(
        "delete", "Forget dead letters for good.", DeleteLetters, _delete, writes=True, group=GROUP
    ),
)
