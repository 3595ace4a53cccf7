"""Records of a change log as handlers, patterns and pieces of work have them.

A record of kind ``snapshot`` tells of an item that was there before the following began. It is an
insert to whoever follows.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

from ensue.engine.logs import Record
from ensue.engine.transaction import Transaction
from ensue.words import values
from ensue.words.changes import Change, Key
from ensue.words.names import Ref
from ensue.words.values import Item, Json

SNAPSHOT = "snapshot"
_EXPIRY: Json = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
EVENT_NAMES = {"insert": "INSERT", "update": "MODIFY", "remove": "REMOVE"}


def change_kind(record: Record) -> str:
    """The kind of change that a record tells of: ``insert``, ``update``, ``remove``."""
    return "insert" if record.kind == SNAPSHOT else record.kind


def change_of(tx: Transaction, ref: Ref, record: Record) -> Change:
    """A record of a resource's change log as handlers get it."""
    return Change(
        id=_id(tx, ref, record),
        kind=change_kind(record),
        table=ref.name,
        key=_key(values.decode(record.key or "[]")),
        old=_item(record.old),
        new=_item(record.new),
        at_ms=tx.now_ms if record.at_ms is None else record.at_ms,
        is_snapshot=record.kind == SNAPSHOT,
        version=record.version,
        expired=bool(record.expired),
    )


def as_work(tx: Transaction, ref: Ref, record: Record) -> str:
    """A record as the body of a piece of work; `from_work` reads it.

    Put together from the JSON texts as they were captured: a statement from outside may have
    written what we would refuse, and that must not stop the reader.
    """
    change_id = _id(tx, ref, record)
    at_ms = tx.now_ms if record.at_ms is None else record.at_ms
    return (
        f'{{"id":"{change_id}","kind":"{record.kind}","key":{record.key or "[]"},'
        f'"old":{record.old or "null"},"new":{record.new or "null"},"at_ms":{at_ms},'
        f'"version":{record.version or "null"},"expired":{"true" if record.expired else "false"}}}'
    )


def from_work(ref: Ref, body: Json) -> Change:
    """The change of which `as_work` made this body."""
    found: Any = body
    is_snapshot = found["kind"] == SNAPSHOT
    return Change(
        id=found["id"],
        kind="insert" if is_snapshot else found["kind"],
        table=ref.name,
        key=_key(found["key"]),
        old=None if found["old"] is None else _as_item(found["old"]),
        new=None if found["new"] is None else _as_item(found["new"]),
        at_ms=found["at_ms"],
        is_snapshot=is_snapshot,
        version=found.get("version"),
        expired=found.get("expired", False),
    )


def as_event(record: Record) -> dict[str, Json]:
    """A record in the words of DynamoDB's streams."""
    seen: dict[str, Json] = {"eventName": EVENT_NAMES[change_kind(record)]}
    if record.expired:  # as DynamoDB says it
        seen["userIdentity"] = _EXPIRY
    if record.old is not None:
        seen["OldImage"] = values.decode(record.old)
    if record.new is not None:
        seen["NewImage"] = values.decode(record.new)
    return seen


def as_event_text(ref: Ref, record: Record, log_id: str) -> str:
    """The same as JSON text, with the change's id, its table and its key.

    Put together from the texts as they were captured; see `as_work`.

    Args:
        ref: the table.
        record: the record of its log.
        log_id: that record's id.
    """
    parts = [
        f'"eventID":"{_id_of(log_id, record)}"',
        f'"eventName":"{EVENT_NAMES[change_kind(record)]}"',
        f'"{ref.kind}":"{ref.name}"',
        f'"key":{record.key or "[]"}',
    ]
    if record.at_ms is not None:
        parts.append(f'"at_ms":{record.at_ms}')
    if record.expired:
        parts.append(f'"userIdentity":{values.encode(_EXPIRY)}')
    if record.old is not None:
        parts.append(f'"OldImage":{record.old}')
    if record.new is not None:
        parts.append(f'"NewImage":{record.new}')
    return f"{{{','.join(parts)}}}"


def as_plain_event(record: Record) -> dict[str, Json]:
    """A record as patterns see it: as `as_event`, with bytes as base64 and sets as lists."""
    seen = as_event(record)
    has_tags = any(text is not None and not values.is_plain(text) for text in record[3:5])
    return values.as_plain(seen) if has_tags else seen


def _id(tx: Transaction, ref: Ref, record: Record) -> str:
    return _id_of(tx.facts.records.text(tx.number(ref), record.sequence), record)


def _id_of(log_id: str, record: Record) -> str:
    if record.sequence > 0:
        return log_id
    # Of an item that was read as it is, and has no record of its own.
    return f"{log_id}-{blake2b((record.key or '').encode(), digest_size=8).hexdigest()}"


def _item(text: str | None) -> Item | None:
    return None if text is None else _as_item(values.decode(text))


def _as_item(found: Json) -> Item:
    return Item(found) if isinstance(found, dict) else Item(value=found)


def _key(found: Json) -> Key:
    parts = found if isinstance(found, list) else []
    return tuple(part for part in parts if isinstance(part, str | bytes | int | float))
