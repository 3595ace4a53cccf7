"""Mail: letters that leave the house."""

from __future__ import annotations

from typing import Annotated

import msgspec

from ensue.engine import pauses
from ensue.resources.mail.handle import Mail
from ensue.resources.mail.model import DEAD_LETTERS, Letter
from ensue.resources.mail.store import send
from ensue.words.kinds import Kind, Operation
from ensue.words.values import Json

__all__ = ["DEAD_LETTERS", "KIND", "Letter", "Mail", "send"]


class Send(msgspec.Struct, forbid_unknown_fields=True):
    """A letter to send."""

    subject: Annotated[str, msgspec.Meta(min_length=1, max_length=250)]
    text: Annotated[str, msgspec.Meta(max_length=262_144)]
    to: str | None = None


async def _send(mail: Mail, given: Send) -> dict[str, Json]:
    return {"id": await mail.send(subject=given.subject, text=given.text, to=given.to)}


async def _status(mail: Mail) -> dict[str, Json]:
    return await mail.depth() | mail.paused()


KIND = Kind(
    name="mail",
    plural="mail",
    summary="Letters, sent by a mail server or put into an outbox folder.",
    aws="SES",
    operations=(
        Operation("send", "Send a letter.", Send, _send, writes=True),
        *pauses.OPERATIONS,
    ),
    status=_status,
    wiring=Mail.wiring,
)
