"""The stream: records in shards, kept for a time and read by many."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from ensue.resources.stream.audit import audit
from ensue.resources.stream.handle import ConsumerGroup, Stream
from ensue.resources.stream.model import (
    Moment,
    Reader,
    Records,
    ShardLease,
    ShardState,
    StreamRecord,
)
from ensue.resources.stream.store.records import append, append_batch, as_text, as_work, present
from ensue.words.kinds import Kind, Operation
from ensue.words.units import TIME_MS_MAX
from ensue.words.values import Json

__all__ = [
    "KIND",
    "ConsumerGroup",
    "Reader",
    "Records",
    "ShardLease",
    "ShardState",
    "Stream",
    "StreamRecord",
    "append",
    "append_batch",
    "as_text",
    "as_work",
    "present",
]

Limit = Annotated[int, msgspec.Meta(ge=1, le=10_000)]
Wait = Annotated[int, msgspec.Meta(ge=0, le=30_000)]
Position = Annotated[int, msgspec.Meta(ge=0)]
PATTERN = msgspec.Meta(description="Which records: an event pattern on key, data, attributes.")


class Append(msgspec.Struct, forbid_unknown_fields=True):
    """A record to append."""

    data: Any
    partition_key: str | None = None


class Tail(msgspec.Struct, forbid_unknown_fields=True):
    """From where to read, how much, how many milliseconds to wait, and only what matches."""

    after: Position | None = None
    limit: Limit = 10
    wait: Wait = 0
    pattern: Annotated[dict[str, Any] | None, PATTERN] = None
    before: Position | None = None


class AtMoment(msgspec.Struct, forbid_unknown_fields=True):
    """Which moment, in ms since 1970, and how many of the records that follow."""

    at_ms: Annotated[int, msgspec.Meta(ge=0, le=TIME_MS_MAX)]
    limit: Annotated[int, msgspec.Meta(ge=0, le=1_000)] = 10


class Nothing(msgspec.Struct, forbid_unknown_fields=True):
    """No parameters."""


_AT = msgspec.Meta(
    description="The lowest hash key of the second shard, in hexadecimal; the middle by default."
)


class Split(msgspec.Struct, forbid_unknown_fields=True):
    """Which shard, and the lowest hash key of the second, in hexadecimal."""

    shard: Position
    at: Annotated[str | None, _AT] = None


class Merge(msgspec.Struct, forbid_unknown_fields=True):
    """Which two shards."""

    shard: Position
    other: Position


class Iterate(msgspec.Struct, forbid_unknown_fields=True):
    """Of which shard, and where to start."""

    shard: Position
    start: str = "horizon"


class Read(msgspec.Struct, forbid_unknown_fields=True):
    """From which iterator, how much, and how many milliseconds to wait for something new."""

    iterator: str
    limit: Limit = 100
    wait: Wait = 0


class Find(msgspec.Struct, forbid_unknown_fields=True):
    """Which partition key, behind which sequence number, and how many."""

    partition_key: str
    after: Position | None = None
    limit: Limit = 100


class Claim(msgspec.Struct, forbid_unknown_fields=True):
    """For which consumer group and worker, how many shards, and for how many seconds."""

    group: str
    owner: str
    limit: Limit = 1
    lease: Annotated[float, msgspec.Meta(gt=0, le=43_200)] = 30
    start: str = "horizon"


class Checkpoint(msgspec.Struct, forbid_unknown_fields=True):
    """Up to which sequence number a group has come, under which lease of a shard."""

    group: str
    shard: Position
    token: Position
    sequence: Position


class Renew(msgspec.Struct, forbid_unknown_fields=True):
    """Which lease, and for how many seconds from now."""

    group: str
    shard: Position
    token: Position
    lease: Annotated[float, msgspec.Meta(gt=0, le=43_200)] = 30


class Release(msgspec.Struct, forbid_unknown_fields=True):
    """Which lease."""

    group: str
    shard: Position
    token: Position


class Rewind(msgspec.Struct, forbid_unknown_fields=True):
    """Which consumer group, to where, and its name again to confirm it."""

    group: str
    start: str
    confirm: str | None = None


class Forget(msgspec.Struct, forbid_unknown_fields=True):
    """Which consumer group."""

    group: str


async def _append(stream: Stream, given: Append) -> dict[str, Json]:
    return {"id": await stream.append(given.data, key=given.partition_key)}


async def _tail(stream: Stream, given: Tail) -> dict[str, object]:
    found, position = await stream.tail(
        after=given.after,
        limit=given.limit,
        wait_ms=given.wait,
        pattern=given.pattern,
        before=given.before,
    )
    return {"records": found, "position": position}


async def _shards(stream: Stream, given: Nothing) -> list[ShardState]:
    del given
    return await stream.shards()


async def _split(stream: Stream, given: Split) -> dict[str, object]:
    return {"shards": await stream.split(given.shard, at=given.at)}


async def _merge(stream: Stream, given: Merge) -> dict[str, object]:
    return {"shards": [await stream.merge(given.shard, given.other)]}


async def _iterate(stream: Stream, given: Iterate) -> dict[str, Json]:
    return {"iterator": await stream.iterator(given.shard, given.start)}


async def _read(stream: Stream, given: Read) -> Records:
    return await stream.read(given.iterator, limit=given.limit, wait=given.wait / 1_000)


async def _find(stream: Stream, given: Find) -> dict[str, object]:
    return {
        "records": await stream.by_key(
            given.partition_key, after=given.after or 0, limit=given.limit
        )
    }


async def _readers(stream: Stream, given: Nothing) -> list[Reader]:
    del given
    return await stream.readers()


async def _moment(stream: Stream, given: AtMoment) -> Moment:
    return await stream.moment(given.at_ms, limit=given.limit)


async def _claim(stream: Stream, given: Claim) -> list[ShardLease]:
    group = await stream.group(given.group, start=given.start)
    return await group.claim(given.owner, limit=given.limit, lease=given.lease)


async def _checkpoint(stream: Stream, given: Checkpoint) -> ShardLease:
    group = stream.existing_group(given.group)
    return await group.checkpoint(group.lease(given.shard, given.token), given.sequence)


async def _renew(stream: Stream, given: Renew) -> ShardLease:
    group = stream.existing_group(given.group)
    return await group.renew(group.lease(given.shard, given.token), extend=given.lease)


async def _release(stream: Stream, given: Release) -> dict[str, Json]:
    group = stream.existing_group(given.group)
    await group.release(group.lease(given.shard, given.token))
    return {"released": given.shard}


async def _rewind(stream: Stream, given: Rewind) -> dict[str, Json]:
    group = stream.existing_group(given.group)
    return {"records": await group.rewind(given.start, confirm=given.confirm)}


async def _forget(stream: Stream, given: Forget) -> dict[str, Json]:
    await stream.existing_group(given.group).forget()
    return {"forgotten": given.group}


async def _status(stream: Stream) -> dict[str, Json]:
    return await stream.status()


KIND = Kind(
    name="stream",
    plural="streams",
    summary="Records in shards, kept for a time and read by many.",
    aws="Kinesis",
    operations=(
        Operation("append", "Append a record.", Append, _append, writes=True),
        Operation(
            "tail", "Read the newest records, or wait for new ones.", Tail, _tail, writes=False
        ),
        Operation("shards", "List the shards and their ranges.", Nothing, _shards, writes=False),
        Operation("split", "Split a shard in two.", Split, _split, writes=True),
        Operation("merge", "Merge two shards that are neighbours.", Merge, _merge, writes=True),
        Operation(
            "iterate", "Make an iterator of a shard, to read from.", Iterate, _iterate, writes=False
        ),
        Operation("read", "Read the records at an iterator.", Read, _read, writes=False),
        Operation("find", "Read the records of one partition key.", Find, _find, writes=False),
        Operation(
            "readers",
            "List who reads it, and how far behind each is.",
            Nothing,
            _readers,
            writes=False,
        ),
        Operation(
            "moment",
            "Show the records at a moment, and what setting each reader there would mean.",
            AtMoment,
            _moment,
            writes=False,
        ),
        Operation(
            "claim", "Lease shards to a worker of a consumer group.", Claim, _claim, writes=True
        ),
        Operation(
            "checkpoint",
            "Note how far a consumer group has come.",
            Checkpoint,
            _checkpoint,
            writes=True,
        ),
        Operation("renew", "Keep a leased shard for longer.", Renew, _renew, writes=True),
        Operation("release", "Give a leased shard back.", Release, _release, writes=True),
        Operation("rewind", "Set a consumer group back, or forward.", Rewind, _rewind, writes=True),
        Operation("forget", "Forget a consumer group.", Forget, _forget, writes=True),
    ),
    status=_status,
    audit=audit,
)
