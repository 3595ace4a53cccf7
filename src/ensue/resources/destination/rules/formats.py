"""How a body is sent: as JSON, or as a CloudEvent in one of two modes."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from ensue.languages.cloudevents import (
    STRUCTURED,
    CloudEvent,
    encode_binary,
    encode_structured,
    from_envelope,
    from_object,
)
from ensue.resources.destination.model import Format
from ensue.words import values
from ensue.words.values import Json

_encode = msgspec.json.Encoder(decimal_format="number").encode


class Encoded(NamedTuple):
    """A body as it is sent.

    Attributes:
        headers: what says how it is written.
        content: its bytes.
    """

    headers: dict[str, str]
    content: bytes


def encoded(form: Format, body: Json) -> Encoded:
    """A body as it is sent.

    Args:
        form: the destination's format.
        body: a value; for CloudEvents an event of a bus, or a CloudEvent as an object.

    Raises:
        InvalidValue: a CloudEvent is wanted, and the body is none; says where.
    """
    if form == "json":
        return Encoded({"Content-Type": "application/json"}, _encode(values.as_json(body)))
    event = event_of(body)
    if form == "cloudevents":
        return Encoded({"Content-Type": STRUCTURED}, encode_structured(event))
    return Encoded(*encode_binary(event))


def event_of(body: Json) -> CloudEvent:
    """The CloudEvent that a body is.

    Raises:
        InvalidValue: it is neither one nor an event of a bus; says where.
    """
    if isinstance(body, dict) and "specversion" in body:
        return from_object(body)
    return from_envelope(body if isinstance(body, dict) else {})
