"""Bodies that are CloudEvents: structured, binary, or a batch, as the content type says."""

from __future__ import annotations

import msgspec
from starlette.types import Receive, Scope

from ensue.doors.http.statuses import WrongMediaType
from ensue.doors.http.wire import headers_of_request, read_bytes
from ensue.languages.cloudevents import (
    CloudEvent,
    Mode,
    decode_batch,
    decode_binary,
    decode_structured,
    mode_of,
)
from ensue.words.errors import InvalidValue


class EventReader:
    """Reads a body that is one CloudEvent.

    Args:
        bytes_max: how large a body may be.
    """

    def __init__(self, bytes_max: int) -> None:
        self._bytes_max = bytes_max

    async def read(self, scope: Scope, receive: Receive) -> CloudEvent | msgspec.UnsetType:
        """The event; never nothing, for in the binary mode it is in the headers.

        Raises:
            InvalidValue: it is none; says where.
            BodyTooLarge: the body is too large.
            WrongMediaType: it is a batch, or an event format that we do not know.
        """
        found = events_in(scope, await read_bytes(scope, receive, self._bytes_max))
        if isinstance(found, CloudEvent):
            return found
        raise WrongMediaType("expected one event, got a batch", at="headers.content-type")

    def missing(self) -> InvalidValue:
        """What to say when there is no body."""
        return InvalidValue("expected a CloudEvent", at="$")


def events_in(scope: Scope, body: bytes) -> CloudEvent | list[CloudEvent | InvalidValue]:
    """The event of a request, or those of a batch, each of which may be none.

    Raises:
        InvalidValue: it is no event, or no batch; says where.
        LimitExceeded: the batch is too large.
        WrongMediaType: it is of an event format that we do not know.
    """
    content_type = headers_of_request(scope).get(b"content-type")
    try:
        mode = mode_of(None if content_type is None else content_type.decode("latin-1"))
    except InvalidValue as fault:
        raise WrongMediaType(fault.message, at=fault.at) from None
    if mode is Mode.BATCH:
        return decode_batch(body)
    if mode is Mode.STRUCTURED:
        return decode_structured(body)
    headers = [(name.decode("latin-1"), text.decode("latin-1")) for name, text in scope["headers"]]
    return decode_binary(headers, body)
