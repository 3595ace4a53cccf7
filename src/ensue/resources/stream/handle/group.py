"""What an outside worker holds of a consumer group."""

from __future__ import annotations

from ensue.engine.home import Home
from ensue.engine.waiting import read_when
from ensue.resources.stream.model import Records, ShardLease, StreamModel
from ensue.resources.stream.store import groups
from ensue.words.units import duration_ms


class ConsumerGroup:
    """Workers that share the shards of a stream; each shard is one worker's at a time.

    ```python
    [lease] = await group.claim("worker-1")
    found = await group.read(lease)
    lease = await group.checkpoint(lease, found.records[-1].sequence)
    ```

    Args:
        home: the app.
        model: the stream.
        name: the group's name.
    """

    def __init__(self, home: Home, model: StreamModel, name: str) -> None:
        self.name = name
        self._home = home
        self._model = model

    def lease(self, shard: int, token: int) -> ShardLease:
        """The lease of a shard, by the token that `claim` gave with it."""
        return ShardLease(self.name, shard, "", 0, token, 0)

    async def claim(
        self, owner: str, *, limit: int = 1, lease: str | float = 30
    ) -> list[ShardLease]:
        """Lease shards that nobody has, or whose lease is over, the oldest first.

        A shard that took the place of others is there to claim when those are read to their ends.

        Args:
            owner: the worker's name.
            limit: how many shards at most.
            lease: for how long, such as ``"30s"``, or seconds; `renew` makes it longer.

        Raises:
            NotFound: there is no such group.
            InvalidValue: the lease is longer than 12 hours.
        """
        lease_ms = duration_ms(lease)
        return await self._home.engine.transact(
            lambda tx: groups.claim(
                tx, self._model, self.name, owner, limit=limit, lease_ms=lease_ms
            )
        )

    async def read(self, lease: ShardLease, *, limit: int = 100, wait: str | float = 0) -> Records:
        """Read the records behind the group's position in a shard; that does not move it.

        Args:
            lease: of the shard.
            limit: how many at most, up to 10,000.
            wait: when there are none yet, how long to wait for the first, such as ``"20s"``.

        Raises:
            Conflict: the lease has passed to another worker.
            NotFound: records that the group has not read passed the retention.
        """
        engine = self._home.engine
        return await read_when(
            engine,
            engine.number(self._model.ref),
            lambda tx: groups.read(tx, self._model, lease, limit),
            lambda found: bool(found.records) or found.next is None,
            duration_ms(wait),
        )

    async def checkpoint(self, lease: ShardLease, sequence: int) -> ShardLease:
        """Note that all of a shard up to a sequence number has been handled; durable then.

        Raises:
            Conflict: the lease has passed to another worker, or the position would go back.
        """
        return await self._home.engine.transact(
            lambda tx: groups.checkpoint(tx, self._model, lease, sequence)
        )

    async def renew(self, lease: ShardLease, *, extend: str | float = 30) -> ShardLease:
        """Keep a shard for ``extend`` from now on.

        Raises:
            Conflict: the lease has passed to another worker.
        """
        lease_ms = duration_ms(extend)
        return await self._home.engine.transact(
            lambda tx: groups.renew(tx, self._model, lease, lease_ms)
        )

    async def release(self, lease: ShardLease) -> None:
        """Give a shard back, so that another worker can claim it at once.

        Raises:
            Conflict: the lease has passed to another worker.
        """
        await self._home.engine.transact(lambda tx: groups.release(tx, self._model, lease))

    async def rewind(self, start: str | int, *, confirm: str | None = None) -> int:
        """Set the group to another place; its leases end. Returns by how many records at most.

        Args:
            start: ``"horizon"``, ``"latest"``, a sequence number, or a time as ISO 8601.
            confirm: the group's name, so that it does not happen by accident.

        Raises:
            Conflict: ``confirm`` is not the group's name; says how many records it is about.
        """
        return await self._home.engine.transact(
            lambda tx: groups.rewind(tx, self._model, self.name, start, confirm)
        )

    async def forget(self) -> None:
        """Forget the group and its positions.

        Raises:
            NotFound: there is no such group.
        """
        await self._home.engine.transact(lambda tx: groups.forget(tx, self._model, self.name))
