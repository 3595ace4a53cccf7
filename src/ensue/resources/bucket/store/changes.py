"""Records of a bucket's log as handlers, patterns and pieces of work have them."""

from __future__ import annotations

from typing import Any

from ensue.engine.logs import Record
from ensue.engine.transaction import Transaction
from ensue.resources.bucket.model import ObjectChange, ObjectInfo
from ensue.words import values
from ensue.words.names import Ref
from ensue.words.units import iso
from ensue.words.values import Json

_DETAIL_TYPES = {
    "insert": "Object Created",
    "update": "Object Created",
    "remove": "Object Deleted",
}


def present(tx: Transaction, ref: Ref, record: Record) -> ObjectChange:
    """A record as handlers get it."""
    return ObjectChange(
        id=tx.facts.records.text(tx.number(ref), record.sequence),
        kind=record.kind,
        bucket=ref.name,
        key=record.key or "",
        old=_object(record.old),
        new=_object(record.new),
        at_ms=tx.now_ms if record.at_ms is None else record.at_ms,
        expired=bool(record.expired),
    )


def as_work(tx: Transaction, ref: Ref, record: Record) -> str:
    """A record as the body of a piece of work; `from_work` reads it."""
    return values.encode({
        "id": tx.facts.records.text(tx.number(ref), record.sequence),
        "kind": record.kind,
        "key": record.key,
        "old": None if record.old is None else values.decode(record.old),
        "new": None if record.new is None else values.decode(record.new),
        "at_ms": tx.now_ms if record.at_ms is None else record.at_ms,
        "expired": bool(record.expired),
    })


def from_work(ref: Ref, body: Json) -> ObjectChange:
    """The change of which `as_work` made this body."""
    found: Any = body
    return ObjectChange(
        id=found["id"],
        kind=found["kind"],
        bucket=ref.name,
        key=found["key"],
        old=None if found["old"] is None else ObjectInfo.from_json(found["old"]),
        new=None if found["new"] is None else ObjectInfo.from_json(found["new"]),
        at_ms=found["at_ms"],
        expired=found["expired"],
    )


def as_event(ref: Ref, record: Record) -> dict[str, Json]:
    """A record in the words of S3's events on EventBridge.

    Beside those it has ``change``: ``insert``, ``update`` or ``remove``.
    """
    said: Any = values.decode(record.new or record.old or "{}")
    told: dict[str, Json] = {"key": record.key, "version-id": str(said.get("version"))}
    told["sequencer"] = f"{record.sequence:016X}"
    if record.new is not None:
        told |= {"size": said["size"], "etag": said["etag"]}
    detail: dict[str, Json] = {
        "version": "0",
        "bucket": {"name": ref.name},
        "object": told,
        "reason": _reason(record),
        "change": record.kind,
    }
    event: dict[str, Json] = {
        "source": "ensue.bucket",
        "detail-type": _DETAIL_TYPES[record.kind],
        "resources": [f"bucket/{ref.name}"],
        "detail": detail,
    }
    return event if record.at_ms is None else event | {"time": iso(record.at_ms)}


def _reason(record: Record) -> str:
    if record.expired:
        return "Lifecycle Expiration"
    return "DeleteObject" if record.kind == "remove" else "PutObject"


def _object(text: str | None) -> ObjectInfo | None:
    found: Any = None if text is None else values.decode(text)
    return None if found is None else ObjectInfo.from_json(found)
