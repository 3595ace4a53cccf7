"""Operations of the catalog, asked for by HTTP."""

from __future__ import annotations

from contextlib import nullcontext
from functools import lru_cache
from typing import Any

import msgspec
from starlette.types import Receive, Scope, Send

from ensue.app.claims import Once, Sealed
from ensue.app.platform import Platform
from ensue.app.routes import Answer
from ensue.doors.http.arguments import BodyReader, Fields
from ensue.doors.http.once import (
    headers_of_call,
    once_of,
    refuse_key,
    without_what_was_got,
)
from ensue.doors.http.statuses import encode
from ensue.doors.http.wire import PRIVATE, check_utf8_path, respond, trace_of
from ensue.words.errors import NotFound, NotPermitted
from ensue.words.kinds import Kind, Operation

APP = "app"


class OfApp(msgspec.Struct, forbid_unknown_fields=True):
    """Which app's resource, where several apps have one of that name."""

    app: str | None = None


@lru_cache(maxsize=1_000)
def fields_of(kind: type[msgspec.Struct], place: str) -> Fields[Any]:
    """What reads the fields of a type; made once, for making it takes longer than many a test."""
    return Fields(kind, place)


@lru_cache(maxsize=1_000)
def reader_of(kind: type[msgspec.Struct], bytes_max: int) -> BodyReader:
    """What reads a body of a type, made once."""
    return BodyReader(kind, bytes_max)


class Operated:
    """Answers one operation of a kind: by its parameters in a body, or in the query.

    Attributes:
        is_barred: whether it reveals a secret, and the server demands no key.
    """

    def __init__(
        self, platform: Platform, kind: Kind, operation: Operation, bytes_max: int
    ) -> None:
        self._platform = platform
        self._kind = kind
        self._operation = operation
        self._actor = f"{operation.name} {kind.name}"
        self._place = f"/_ensue/{kind.plural}/{operation.name}"
        self._bytes_max = bytes_max
        taken: type[msgspec.Struct] = operation.parameters
        self._reader = reader_of(taken, bytes_max)
        self._fields = fields_of(taken, "query")
        self._of_app = fields_of(OfApp, "query")
        self.is_barred = False

    async def by_body(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Do it, by the parameters in a body."""
        once = None
        if self._operation.private:
            scope[PRIVATE] = True
            self._check_private(scope)
        elif self._operation.writes:
            once, receive = await once_of(
                scope, receive, place=self._place, required=False, bytes_max=self._bytes_max
            )
        of_app = self._of_app.convert(self._of_app.gather(scope["query_string"]))
        given = await self._read(scope, receive)
        await self._operate(scope, send, of_app.app, given, once)

    async def _read(self, scope: Scope, receive: Receive) -> object:
        with without_what_was_got() if self._operation.private else nullcontext():
            given = await self._reader.read(scope, receive)
            return self._reader.decode(b"{}") if given is msgspec.UNSET else given

    def _check_private(self, scope: Scope) -> None:
        if self.is_barred:
            raise NotPermitted(
                "expected a server that demands a key, where secrets are revealed",
                at=self._place,
                hint="Run it with --key or ENSUE_KEY; or read the store's own file:"
                " ensue secrets get NAME --reveal --data DATA.",
            )
        refuse_key(scope)

    async def by_query(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Do it, by the parameters in the query."""
        del receive
        gathered = self._fields.gather(scope["query_string"])
        app = gathered.pop(APP, None)
        if app is not None and not isinstance(app, str):
            raise NotFound(f"there is no app {app!r}")
        await self._operate(scope, send, app, self._fields.convert(gathered))

    async def _operate(
        self, scope: Scope, send: Send, app: str | None, given: object, once: Once | None = None
    ) -> None:
        check_utf8_path(scope)
        name = scope["path_params"]["p0"]
        resource = self._platform.resource(self._kind.name, name, app)
        called = await self._platform.operate(
            self._operation,
            resource,
            given,
            actor=self._actor,
            seal=_seal,
            trace=trace_of(scope),
            once=once,
        )
        await respond(scope, send, 200, called.sealed.body, headers_of_call(called, scope))


def _seal(answer: Answer) -> Sealed:
    """An answer of an operation: always 200, with ``null`` for nothing."""
    return Sealed(200, encode(answer.body))
