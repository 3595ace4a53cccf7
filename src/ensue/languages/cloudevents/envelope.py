"""From a CloudEvent to an event of a bus and back, so that nothing of it is lost.

What the envelope has no place for, and what its own parts would not give back exactly, is in a
member ``cloudevent`` beside ``detail``.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import msgspec

from ensue.languages.cloudevents.attributes import as_text, is_uri_reference, plain_time
from ensue.languages.cloudevents.event import NO_DATA, CloudEvent
from ensue.words import values
from ensue.words.errors import InvalidValue
from ensue.words.values import Json

MEMBER = "cloudevent"
JSON = "application/json"
# How the data is in the detail: it is the detail; it is in it as a value, or as base64; or nowhere.
WHOLE, VALUE, BASE64, NONE = "detail", "value", "base64", "none"
_URI_SAFE = ":/?#[]@!$&'()*+,;=-._~"


def to_envelope(event: CloudEvent) -> dict[str, Json]:
    """The parts of an event of a bus that say what a CloudEvent says.

    Returns:
        ``detail-type``, ``source``, ``resources``, ``detail``, ``cloudevent``, and ``time`` where
        the event has one. Its ``id`` is in ``cloudevent``: a bus gives its events ids of its own.
    """
    kind, detail = _detail_of(event)
    told = event.attributes
    del told["type"], told["source"]
    said: dict[str, Json] = {
        "detail-type": event.type,
        "source": event.source,
        "resources": [] if event.subject is None else [event.subject],
        "detail": detail,
        MEMBER: {**told, "data": kind},
    }
    if event.time is not None:
        said["time"] = plain_time(event.time)
    return said


def from_envelope(envelope: Mapping[str, Json]) -> CloudEvent:
    """The CloudEvent that an event of a bus says.

    One that came as a CloudEvent is what it was. Of another the id, the source and the time are its
    own; its first resource is the subject, and where it has several, all are in the extension
    ``resources``, as JSON.

    Raises:
        InvalidValue: it is no event of a bus; says where.
    """
    kind, detail = envelope.get("detail-type"), envelope.get("detail")
    if not isinstance(kind, str) or not isinstance(detail, dict):
        raise InvalidValue(
            f"expected an event, with detail-type and detail, got {values.shown(envelope)}",
            at="$",
            hint="Send events, or give the target an input transformer that makes one.",
        )
    source = str(envelope.get("source", ""))
    told = envelope.get(MEMBER)
    if isinstance(told, dict):
        return _as_it_was(kind, source, detail, told)
    resources = envelope.get("resources")
    about = [str(each) for each in resources if each] if isinstance(resources, list) else []
    return CloudEvent(
        id=as_text(str(envelope.get("id", ""))),
        source=source if is_uri_reference(source) else quote(source, safe=_URI_SAFE),
        type=as_text(kind),
        subject=as_text(about[0]) if about else None,
        time=_text(envelope.get("time")),
        datacontenttype=JSON,
        extensions={"resources": msgspec.json.encode(about).decode()} if len(about) > 1 else {},
        data=detail,
    )


def _detail_of(event: CloudEvent) -> tuple[str, dict[str, Json]]:
    if event.data is NO_DATA:
        return NONE, {}
    if isinstance(event.data, bytes):
        return BASE64, {"data_base64": b64encode(event.data).decode()}
    if isinstance(event.data, dict):
        return WHOLE, event.data
    return VALUE, {"data": event.data}


def _as_it_was(
    kind: str, source: str, detail: dict[str, Json], told: Mapping[str, Any]
) -> CloudEvent:
    rest = dict(told)
    how = rest.pop("data", WHOLE)
    names = ("id", "subject", "time", "datacontenttype", "dataschema")
    own: dict[str, Any] = {name: rest.pop(name, None) for name in names}
    data: Any = detail
    if how == NONE:
        data = NO_DATA
    elif how == VALUE:
        data = detail.get("data")
    elif how == BASE64:
        data = _bytes(detail)
    return CloudEvent(**own, type=kind, source=source, extensions=rest, data=data)


def _bytes(detail: dict[str, Json]) -> bytes:
    try:
        return b64decode(str(detail.get("data_base64", "")), validate=True)
    except ValueError:
        raise InvalidValue("expected bytes in base64", at="$.detail.data_base64") from None


def _text(found: Json) -> str | None:
    return found if isinstance(found, str) else None
