"""``/_ensue/audit``: who changed what in the console."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from starlette.types import Receive, Scope, Send

from ensue.app.platform import Platform
from ensue.doors.http.operating import fields_of
from ensue.doors.http.statuses import encode
from ensue.doors.http.wire import respond
from ensue.words import values

AUDITS_SHOWN_MAX = 1_000


class Audits(msgspec.Struct, forbid_unknown_fields=True):
    """How many, and before which number."""

    before: Annotated[int, msgspec.Meta(ge=1, le=2**53)] | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=AUDITS_SHOWN_MAX)] = 50


class ShownAudit(msgspec.Struct):
    """A change: who asked for what, where, with what, and what came of it.

    The outcome is null while it runs, and for ever if the process died of it.
    """

    id: int
    at_ms: int
    who: str
    what: str
    address: str
    given: dict[str, Any]
    outcome: str | None
    ended_ms: int | None


class AuditDoor:
    """Answers with the audit log, newest first.

    Args:
        platform: whose.
    """

    def __init__(self, platform: Platform) -> None:
        self._audit = platform.audit
        self._query = fields_of(Audits, "query")

    async def show(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the newest changes."""
        del receive
        asked = self._query.convert(self._query.gather(scope["query_string"]))
        found = [
            ShownAudit(*each[:5], _object(each.given), each.outcome, each.ended_ms)
            for each in self._audit.newest(asked.before, asked.limit)
        ]
        await respond(scope, send, 200, encode(found))


def _object(text: str) -> dict[str, Any]:
    found = values.decode(text)
    return found if isinstance(found, dict) else {}
