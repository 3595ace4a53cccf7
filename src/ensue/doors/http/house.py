"""What an endpoint under ``/_ensue`` is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from ensue.doors.http.routing import Endpoint
from ensue.words.shapes.expected import TypeForm


@dataclass(frozen=True)
class HouseRoute:
    """An endpoint under ``/_ensue`` and what is said of it.

    Attributes:
        method: GET or POST; for objects also PUT and DELETE.
        path: without the prefix.
        endpoint: what answers.
        name: unique; its operationId.
        summary: what it does, one sentence.
        query: Structs whose fields are taken from the query.
        body: what the body must be; None for no body.
        returns: what it answers.
        writes: whether it may change something, and so takes an idempotency key.
        media: the media type of what it answers.
        takes_bytes: whether its body is bytes of any media type.
        content: the schema of its body by its media type, where that is not JSON of ``body``.
        is_barred: whether it is refused, for the server demands no key.
    """

    method: str
    path: str
    endpoint: Endpoint
    name: str
    summary: str
    query: tuple[type[msgspec.Struct], ...] = ()
    body: type[msgspec.Struct] | None = None
    returns: TypeForm = Any
    writes: bool = False
    media: str = "application/json"
    takes_bytes: bool = False
    content: Mapping[str, dict[str, Any]] | None = None
    is_barred: bool = False
