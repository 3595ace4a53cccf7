"""The JSON format: one event as an object, many as a list (JSON Event Format, version 1.0.2)."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from ensue.languages.cloudevents.attributes import CONTEXT, REQUIRED, SPECVERSION
from ensue.languages.cloudevents.event import NO_DATA, CloudEvent
from ensue.words import values
from ensue.words.errors import InvalidValue, LimitExceeded
from ensue.words.shapes.faults import repeated_key
from ensue.words.values import Json

STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
EVENTS_MAX = 1_000

_encode = msgspec.json.Encoder(decimal_format="number").encode
_decode = msgspec.json.Decoder().decode


def decode_structured(body: bytes) -> CloudEvent:
    """The event of a body in the JSON format.

    Raises:
        InvalidValue: it is no JSON or no event; says where.
    """
    return from_object(_decoded(body))


def decode_batch(body: bytes) -> list[CloudEvent | InvalidValue]:
    """The events of a body in the JSON batch format; for each that is none, why.

    Raises:
        InvalidValue: it is no JSON, or no list.
        LimitExceeded: there are more than 1,000.
    """
    found = _decoded(body)
    if not isinstance(found, list):
        raise InvalidValue(f"expected a list of events, got {values.shown(found)}", at="$")
    if len(found) > EVENTS_MAX:
        raise LimitExceeded(f"expected at most {EVENTS_MAX} events, got {len(found)}", at="$")
    return [_event_or_fault(each, index) for index, each in enumerate(found)]


def encode_structured(event: CloudEvent) -> bytes:
    """An event in the JSON format."""
    return _encode(to_object(event))


def encode_batch(events: Iterable[CloudEvent]) -> bytes:
    """Events in the JSON batch format."""
    return _encode([to_object(each) for each in events])


def to_object(event: CloudEvent) -> dict[str, Json]:
    """An event as the object of the JSON format."""
    said: dict[str, Json] = {"specversion": SPECVERSION, **event.attributes}
    if isinstance(event.data, bytes):
        said["data_base64"] = b64encode(event.data).decode()
    elif event.data is not NO_DATA:
        said["data"] = values.as_json(event.data)
    return said


def from_object(given: object) -> CloudEvent:
    """The event that an object of the JSON format is.

    Raises:
        InvalidValue: it is none; says where.
    """
    if not isinstance(given, Mapping):
        raise InvalidValue(f"expected an event, an object, got {values.shown(given)}", at="$")
    said: dict[str, Any] = dict(given)
    data = _data_of(said)
    # An attribute that is null is not set.
    said = {name: value for name, value in said.items() if value is not None}
    for name in REQUIRED:
        if name not in said:
            raise InvalidValue(f"expected the attribute {name}", at=f"$.{name}")
    if said.pop("specversion") != SPECVERSION:
        raise InvalidValue(
            f"expected version {SPECVERSION}, got {values.shown(given['specversion'])}",
            at="$.specversion",
        )
    own = {name: said.pop(name) for name in CONTEXT if name in said}
    return CloudEvent(**own, extensions=said, data=data)


def _data_of(said: dict[str, Any]) -> Any:  # noqa: ANN401 - any JSON value
    encoded = said.pop("data_base64", None)
    if encoded is None:
        data = said.pop("data", NO_DATA)
        if data is not NO_DATA:
            values.check_wire(data, "$.data")
        return data
    if "data" in said:
        raise InvalidValue("expected data or data_base64, got both", at="$.data_base64")
    try:
        return b64decode(encoded, validate=True)
    except (ValueError, TypeError):
        raise InvalidValue("expected bytes in base64", at="$.data_base64") from None


def _event_or_fault(given: object, index: int) -> CloudEvent | InvalidValue:
    try:
        return from_object(given)
    except InvalidValue as fault:
        at = f"$[{index}]{(fault.at or '$').removeprefix('$')}"
        return InvalidValue(fault.message, at=at, hint=fault.hint)


def _decoded(body: bytes) -> object:
    try:
        found: object = _decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as fault:
        raise InvalidValue(f"expected JSON: {fault}", at="$") from None
    repeated = repeated_key(body)
    if repeated is not None:
        raise repeated
    return found
