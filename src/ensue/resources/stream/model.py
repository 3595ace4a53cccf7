"""The words of streams: records in shards, and who reads them.

shard:  open ──split, merge──▶ closed ──its records pass the retention──▶ gone
lease:  free ──claim──▶ held ──release, or its time is over──▶ free
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Generic

from typing_extensions import TypeVar

from ensue.engine.lanes import Lag
from ensue.words.names import Ref, sql_name
from ensue.words.shapes import Shape
from ensue.words.units import MS
from ensue.words.values import Item, Json, decode, encode

Data_co = TypeVar("Data_co", default=Any, covariant=True)

SHARDS_MAX = 1_000
KEY_LENGTH_MAX = 256
ENTRIES_MAX = 10_000
RECORDS_MAX = 10_000
LEASE_MS_MAX = 12 * MS["h"]
HASH_KEYS = 1 << 128


@dataclass(frozen=True)
class StreamModel:
    """A stream as declared.

    Attributes:
        ref: what it is called.
        shards: how many shards it is made with.
        keep_ms: how long its records are kept.
        keep_bytes: how many bytes of records are kept; None for any.
        shape: what its records' data must be; None for any JSON value.
    """

    ref: Ref
    shards: int
    keep_ms: int
    keep_bytes: int | None
    shape: Shape[Any] | None = None

    def fitted(self, data: object) -> object:
        """A record's data in plain values, as the stream's type writes it.

        Raises:
            InvalidValue: it does not fit the type; says where.
        """
        return data if self.shape is None else self.shape.plain(data)

    def fitted_text(self, text: str) -> str:
        """The same of data that is JSON text already."""
        return text if self.shape is None else encode(self.shape.plain(decode(text)))

    @cached_property
    def records(self) -> str:
        """The SQL table that holds the records."""
        return sql_name(self.ref.app, self.ref.name, "_records")


@dataclass(frozen=True, slots=True)
class StreamRecord(Generic[Data_co]):
    """A record as readers get it.

    Attributes:
        id: its record id, the same at every delivery.
        stream: the stream's name.
        sequence: its sequence number; later records have higher ones, in whichever shard.
        shard: which shard it is in.
        key: its partition key; None for none.
        data: what it says, of the type that the handler names: ``StreamRecord[Click]``; without
            one the attributes of an object can be read with a dot.
        at_ms: when it was appended, in ms since 1970.
        attributes: what travels beside the data.
    """

    id: str
    stream: str
    sequence: int
    shard: int
    key: str | None
    data: Data_co
    at_ms: int
    attributes: Mapping[str, Json] = field(default_factory=dict)

    @classmethod
    def from_work(cls, body: Json) -> StreamRecord[Any]:
        """The record in the body of a piece of work."""
        said = body if isinstance(body, dict) else {}
        data, key, attributes = said.get("data"), said.get("key"), said.get("attributes")
        return StreamRecord(
            id=str(said.get("id", "")),
            stream=str(said.get("stream", "")),
            sequence=int(str(said.get("sequence", 0))),
            shard=int(str(said.get("shard", 0))),
            key=None if key is None else str(key),
            data=Item(data) if isinstance(data, dict) else data,
            at_ms=int(str(said.get("at_ms", 0))),
            attributes=attributes if isinstance(attributes, dict) else {},
        )


@dataclass(frozen=True, slots=True)
class Records:
    """What was read from a shard.

    Attributes:
        records: in the order of appending.
        next: the iterator to go on with; None when the shard is closed and read to its end.
        behind_ms: how old the next record is that waits already; 0 when there is none.
        children: where the shard's keys went, when it is read to its end.
    """

    records: list[StreamRecord]
    next: str | None
    behind_ms: int
    children: list[int]


@dataclass(frozen=True, slots=True)
class ShardState:
    """A shard as it is shown.

    Attributes:
        shard: its number.
        state: ``open``, or ``closed``: then it gets no more records, and is kept for its readers.
        low: the lowest hash key that it takes, 32 hexadecimal digits.
        high: the highest.
        parents: the shards whose records come before its own.
        opened_ms: when it was made.
        oldest: the sequence number of its oldest record that is kept; None for none.
        newest: of its newest.
    """

    shard: int
    state: str
    low: str
    high: str
    parents: list[int]
    opened_ms: int
    oldest: int | None
    newest: int | None


@dataclass(frozen=True, slots=True)
class ShardLease:
    """A shard that a worker of a consumer group has for a time.

    Attributes:
        group: the group's name.
        shard: which shard.
        owner: who has it.
        position: the sequence number up to which the group has come in it; 0 for none.
        token: counts the leases of the shard: a worker that lost it cannot move the position.
        until_ms: when it ends, unless it is renewed.
    """

    group: str
    shard: int
    owner: str
    position: int
    token: int
    until_ms: int

    @property
    def iterator(self) -> str:
        """Where its worker reads on; see `Stream.read`."""
        return f"{self.shard}:{self.position}"


@dataclass(frozen=True, slots=True)
class Again:
    """What setting a reader to a moment would mean.

    Attributes:
        app: whose the reader is.
        kind: ``function``, ``pipe`` or ``group``.
        name: its name.
        again: how many records it would read once more, counted up to 10,000 in each shard.
        skipped: how many it would never read, counted so.
    """

    app: str
    kind: str
    name: str
    again: int
    skipped: int


@dataclass(frozen=True, slots=True)
class Moment:
    """A stream at a moment.

    Attributes:
        at_ms: the moment.
        start: the sequence number at which reading begins then, as `iterator` and `rewind` take it.
        oldest_ms: when the oldest record that is kept was appended; None for none.
        newest_ms: when the newest was.
        records: those that follow, in the order of appending.
        readers: what setting each reader there would mean.
    """

    at_ms: int
    start: int
    oldest_ms: int | None
    newest_ms: int | None
    records: list[StreamRecord]
    readers: list[Again]


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads a stream, and how far behind it is.

    Attributes:
        name: of the function or consumer group.
        kind: ``function``, ``pipe`` or ``group``.
        unread: how many records it has not read, counted up to 10,000 in each shard.
        lag_ms: how old the oldest of them is.
        shards: the same by shard.
        owners: who has which shard, for a group.
    """

    name: str
    kind: str
    unread: int
    lag_ms: int
    shards: list[Lag]
    owners: dict[int, str] = field(default_factory=dict)
