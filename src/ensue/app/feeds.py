"""What a pipe may read, and how each kind of source shows what it has as events.

An event is put together as JSON text, from the texts as they were stored: another program may have
written into a row what we would refuse, and that must not stop the reader.
"""

from __future__ import annotations

from collections.abc import Callable
from types import UnionType
from typing import Any

from ensue.engine import changes
from ensue.engine.home import Resource
from ensue.engine.logs import Record
from ensue.engine.work import Work
from ensue.resources import bucket as bucket_kind
from ensue.resources import bus as bus_kind
from ensue.resources import stream as stream_kind
from ensue.resources.adopted import Adopted
from ensue.resources.alarm import Alarm
from ensue.resources.bucket import Bucket
from ensue.resources.bus import Bus
from ensue.resources.meter import Meter
from ensue.resources.pipe import Feed
from ensue.resources.queue import Queue
from ensue.resources.stream import Stream
from ensue.resources.table import Table
from ensue.resources.topic import Topic
from ensue.resources.workflow import Workflow
from ensue.words import values
from ensue.words.errors import InvalidDeclaration
from ensue.words.names import Ref
from ensue.words.values import Json


def feed_of(source: Resource, at: str) -> Feed:
    """How a pipe reads a resource.

    Raises:
        InvalidDeclaration: it has nothing to read.
    """
    ref = source.ref
    for kinds, feed in _FEEDS:
        if isinstance(source, kinds):
            return feed(ref)
    raise InvalidDeclaration(
        f"expected a table, stream, queue, bus, topic, bucket, workflow, meter or alarm to read"
        f" from,"
        f" got {ref}",
        at=at,
    )


def changes_of(ref: Ref) -> Feed:
    """Changes, in the words of DynamoDB's streams: ``eventName``, ``OldImage``, ``NewImage``."""

    def event(record: Record, record_id: str) -> str:
        return changes.as_event_text(ref, record, record_id)

    return Feed(ref, _key_of_item, of_record=event)


def records_of(ref: Ref) -> Feed:
    """A stream's records, with their ``key`` and their ``data``."""

    def event(record: Record, record_id: str) -> str:
        return stream_kind.as_text(ref.name, record, record_id)

    return Feed(ref, _text_at("key"), of_record=event)


def events_of(ref: Ref) -> Feed:
    """A bus's events, in their envelope."""

    def event(record: Record, record_id: str) -> str:
        return bus_kind.envelope_text(record.new or "{}", record_id)

    return Feed(ref, _no_key, of_record=event)


def notifications_of(ref: Ref) -> Feed:
    """A topic's messages, with their ``body`` and their ``attributes``."""

    def event(record: Record, record_id: str) -> str:
        said = values.encode({"id": record_id, "topic": ref.name, "sent_ms": record.at_ms})
        return f"{said[:-1]},{(record.new or '{}')[1:]}"

    return Feed(ref, _text_at("group"), of_record=event)


def executions_of(ref: Ref) -> Feed:
    """A workflow's changes of status: the execution's ``name``, its ``status``, its ``output``."""

    def event(record: Record, record_id: str) -> str:
        said = values.encode({"record": record_id, "workflow": ref.name})
        return f"{said[:-1]},{(record.new or '{}')[1:]}"

    return Feed(ref, _text_at("name"), of_record=event)


def objects_of(ref: Ref) -> Feed:
    """What happens to a bucket's objects, in S3's words: ``detail-type``, ``detail.object``."""

    def event(record: Record, record_id: str) -> str:
        return values.encode({"id": record_id} | bucket_kind.as_event(ref, record))

    return Feed(ref, _key_of_object, of_record=event)


def metered_of(ref: Ref) -> Feed:
    """What a meter recorded: ``kind``, and the event with its ``subject`` and ``properties``."""

    def event(record: Record, record_id: str) -> str:
        said = values.encode({"record": record_id, "meter": ref.name, "sequence": record.sequence})
        return f"{said[:-1]},{(record.new or '{}')[1:]}"

    return Feed(ref, _text_at("subject"), of_record=event)


def states_of(ref: Ref) -> Feed:
    """An alarm's changes of state, in the words of CloudWatch: ``detail.state.value``."""

    def event(record: Record, record_id: str) -> str:
        said = values.encode({"id": record_id})
        return f"{said[:-1]},{(record.new or '{}')[1:]}"

    def key(event: Json) -> str:
        del event
        return ref.name

    return Feed(ref, key, of_record=event)


def messages_of(ref: Ref) -> Feed:
    """A queue's messages, with their ``body`` and their ``attributes``."""

    def event(piece: Work, message_id: str) -> str:
        said = values.encode({
            "id": message_id,
            "queue": ref.name,
            "sent_ms": piece.sent_ms,
            "receives": piece.receives,
            "group": piece.group,
        })
        return f'{said[:-1]},"attributes":{piece.attributes or "{}"},"body":{piece.body}}}'

    return Feed(ref, _text_at("group"), of_work=event)


def _text_at(name: str) -> Callable[[Json], str | None]:
    def key(event: Json) -> str | None:
        found = event.get(name) if isinstance(event, dict) else None
        return found if isinstance(found, str) else None

    return key


def _key_of_item(event: Json) -> str | None:
    """An item's key: as it is where it is one text, else as JSON."""
    found = event.get("key") if isinstance(event, dict) else None
    if isinstance(found, list) and len(found) == 1 and isinstance(found[0], str):
        return found[0]
    return None if found is None else values.encode(found)


def _no_key(event: Json) -> str | None:
    del event
    return None


def _key_of_object(event: Json) -> str | None:
    said: Any = event
    found = said["detail"]["object"]["key"]
    return found if isinstance(found, str) else None


_FEEDS: tuple[tuple[type[Any] | UnionType, Callable[[Ref], Feed]], ...] = (
    (Table | Adopted, changes_of),
    (Stream, records_of),
    (Queue, messages_of),
    (Bus, events_of),
    (Bucket, objects_of),
    (Topic, notifications_of),
    (Workflow, executions_of),
    (Meter, metered_of),
    (Alarm, states_of),
)
