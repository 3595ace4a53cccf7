"""What an application holds of a stream."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Generic

from typing_extensions import TypeVar

from ensue.engine.sockets import Refusal
from ensue.engine.tailing import Tail, tail
from ensue.engine.transaction import Transaction
from ensue.engine.waiting import read_when
from ensue.resources.stream.handle.declared import DeclaredStream
from ensue.resources.stream.handle.group import ConsumerGroup
from ensue.resources.stream.model import (
    RECORDS_MAX,
    Moment,
    Reader,
    Records,
    ShardState,
    StreamRecord,
)
from ensue.resources.stream.rules import wanting
from ensue.resources.stream.store import groups, moments, records
from ensue.words.units import duration_ms
from ensue.words.values import Json

T = TypeVar("T", default=Any)
Found = TypeVar("Found")


class Stream(DeclaredStream, Generic[T]):
    """Records in shards, kept for a time and read by many."""

    async def append(self, data: T, *, key: str | None = None) -> str:
        """Append a record in a transaction of its own; returns its id once it is durable.

        Args:
            data: a JSON value of at most 1 MiB, of the stream's type where it has one.
            key: its partition key, 1 to 256 characters: records of one key keep their order.
                Without one it goes to any shard, and keeps no order.

        Raises:
            InvalidValue: the data is no JSON value or does not fit the type, or the key is too
                long.
            TooLarge: the data is larger than 1 MiB.
            LimitExceeded: too many transactions wait.
        """
        return await self._home.engine.transact(
            lambda tx: records.append(tx, self.model, data, key)
        )

    async def append_batch(self, entries: Iterable[tuple[T, str | None]]) -> list[str | Refusal]:
        """Append records in one transaction: those that are right, whatever the others are.

        Args:
            entries: data and partition key of each; at most 10,000.

        Returns:
            For each its id, or why it was refused.

        Raises:
            LimitExceeded: there are too many, or too many transactions wait.
        """
        return await self._home.engine.transact(
            lambda tx: records.append_batch(tx, self.model, entries)
        )

    async def tail(
        self,
        *,
        after: int | None = None,
        limit: int = 10,
        wait_ms: int = 0,
        pattern: Mapping[str, Json] | None = None,
        before: int | None = None,
    ) -> tuple[list[StreamRecord], int]:
        """Records of all shards behind a position, or the newest, and the position behind them.

        Args:
            after: a position of an earlier call; None for the newest records.
            limit: how many at most, up to 10,000.
            wait_ms: when there are none yet, how long to wait for the first.
            pattern: an event pattern on ``key``, ``data`` and ``attributes``: only the records that
                match it. One call looks at 10,000 records at most: it may find none, and yet come
                to a later position.
            before: a position, instead of ``after``: the newest records before it, and the position
                before which the next are; that is 1 at the beginning.

        Raises:
            InvalidPattern: the pattern does not compile; says where.
            InvalidInput: ``after`` and ``before`` are given.
        """
        reading = Tail(
            self.ref,
            lambda tx, record: records.present(tx, self.model, record),
            max(0, min(limit, RECORDS_MAX)),
            None if pattern is None else wanting(pattern),
        )
        return await tail(self._home.engine, reading, after=after, wait_ms=wait_ms, before=before)

    async def shards(self) -> list[ShardState]:
        """All shards, with their ranges of hash keys and their parents, oldest first."""
        return self._home.engine.read(lambda tx: records.shown_shards(tx, self.model))

    async def split(self, shard: int, *, at: str | None = None) -> list[int]:
        """Close a shard and open two in its place; returns their numbers.

        Readers finish the closed one before they begin its children.

        Args:
            shard: an open shard.
            at: the lowest hash key of the second, in hexadecimal; the middle by default.

        Raises:
            NotFound: there is no such shard.
            Conflict: it is closed already.
            InvalidValue: ``at`` is no hash key of the shard but its first.
            LimitExceeded: there are 1,000 open shards.
        """
        return await self._home.engine.transact(lambda tx: records.split(tx, self.model, shard, at))

    async def merge(self, shard: int, other: int) -> int:
        """Close two neighbours and open one shard in their place; returns its number.

        Raises:
            NotFound: there is no such shard.
            Conflict: one is closed already, or they are no neighbours.
        """
        return await self._home.engine.transact(
            lambda tx: records.merge(tx, self.model, shard, other)
        )

    async def iterator(self, shard: int, start: str | int = "latest") -> str:
        """An iterator of a shard, for `read`; it does not expire.

        Args:
            shard: which shard.
            start: ``"horizon"``, the oldest record that is kept; ``"latest"``, behind the newest;
                a sequence number, at it; a time as ISO 8601, at the first record then or later.

        Raises:
            NotFound: there is no such shard.
            InvalidValue: there is no such place to start at.
        """
        return self._home.engine.read(lambda tx: records.iterator(tx, self.model, shard, start))

    async def read(self, iterator: str, *, limit: int = 100, wait: str | float = 0) -> Records:
        """The records at an iterator, and the iterator to go on with.

        Args:
            iterator: from `iterator`, or from the answer before.
            limit: how many at most, up to 10,000.
            wait: when there are none yet, how long to wait for the first, such as ``"20s"``.

        Raises:
            InvalidValue: it is no iterator.
            NotFound: the shard is gone, or records behind the iterator passed the retention.
        """
        return await self._when(
            lambda tx: records.read(tx, self.model, iterator, limit),
            lambda found: bool(found.records) or found.next is None,
            duration_ms(wait),
        )

    async def by_key(self, key: str, *, after: int = 0, limit: int = 100) -> list[StreamRecord]:
        """The records of one partition key in their order, through every split and merge.

        Args:
            key: the partition key.
            after: the sequence number behind which to begin.
            limit: how many at most, up to 10,000.

        Raises:
            InvalidValue: it is no partition key.
        """
        return self._home.engine.read(lambda tx: records.by_key(tx, self.model, key, after, limit))

    async def group(self, name: str, *, start: str | int = "horizon") -> ConsumerGroup:
        """A consumer group of outside workers; made, if there is none of this name.

        Args:
            name: its name.
            start: where a new one begins; see `iterator`.

        Raises:
            InvalidName: the name breaks the naming rule.
            InvalidValue: there is no such place to start at.
        """
        await self._home.engine.transact(lambda tx: groups.begin(tx, self.model, name, start))
        return ConsumerGroup(self._home, self.model, name)

    def existing_group(self, name: str) -> ConsumerGroup:
        """A consumer group that was made before; its methods raise NotFound where it was not."""
        return ConsumerGroup(self._home, self.model, name)

    async def moment(self, at_ms: int, *, limit: int = 10) -> Moment:
        """The stream at a moment: the records that follow, and what a rewind to it would mean.

        Args:
            at_ms: the moment, in ms since 1970.
            limit: how many of the records to show.
        """
        engine = self._home.engine
        return engine.read(lambda tx: moments.moment(tx, self.model, at_ms, limit, engine.declared))

    async def readers(self) -> list[Reader]:
        """Who reads the stream: functions and consumer groups, and how far behind each is."""
        engine = self._home.engine
        return engine.read(
            lambda tx: (
                records.functions(tx, self.model, engine.declared) + groups.readers(tx, self.model)
            )
        )

    async def status(self) -> dict[str, Json]:
        """How much it keeps, in how many shards, and how far behind its readers are."""
        said = self._home.engine.read(lambda tx: records.status(tx, self.model))
        behind: dict[str, Json] = {each.name: each.lag_ms for each in await self.readers()}
        return said | {"lag_ms": behind}

    async def _when(
        self,
        look: Callable[[Transaction], Found],
        is_enough: Callable[[Found], bool],
        wait_ms: int,
    ) -> Found:
        """What a look finds: at once if that is enough, else what it finds in time."""
        engine = self._home.engine
        return await read_when(engine, engine.number(self.ref), look, is_enough, wait_ms)
