"""The bounds of a platform that can be looked at: how much of each is used."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ensue.engine import logs
from ensue.engine.consumers import ActionConsumer
from ensue.engine.engine import Engine
from ensue.engine.gauges import LOG_FILE_BYTES_MAX
from ensue.engine.ids import NUMBER_MAX
from ensue.engine.notices import NEAR_PERCENT
from ensue.engine.transaction import Transaction
from ensue.engine.writer import WAITING_JOBS_MAX
from ensue.words.names import Ref
from ensue.words.values import VALUE_BYTES_MAX, Json

READERS_MAX = 200
NEWEST_LOOKED_AT = 100


@dataclass(frozen=True, slots=True)
class Limit:
    """A bound, and how much of it is used.

    Attributes:
        name: what is bounded.
        used: how much is used.
        most: how much there may be.
        unit: ``bytes``, ``ms``, or what is counted.
        beyond: what happens beyond it.
        ref: the resource that it is of; None for the store's.
    """

    name: str
    used: int
    most: int
    unit: str
    beyond: str
    ref: Ref | None = None

    @property
    def share(self) -> float:
        """How much of it is used, 1 for all."""
        return self.used / self.most if self.most else 0.0

    @property
    def is_near(self) -> bool:
        """Whether it is nearly used up."""
        return self.share * 100 >= NEAR_PERCENT

    def as_dict(self) -> dict[str, Json]:
        """The bound for a wire."""
        return {
            "name": self.name,
            "used": self.used,
            "most": self.most,
            "unit": self.unit,
            "beyond": self.beyond,
            "share": round(self.share, 4),
            "near": self.is_near,
            "app": self.ref.app if self.ref else None,
            "kind": self.ref.kind if self.ref else None,
            "resource": self.ref.name if self.ref else None,
        }


def limits(engine: Engine) -> list[Limit]:
    """The bounds of a store and of what runs on it, the fullest first.

    Raises:
        StoreError: the store cannot serve.
    """
    found = [*_disk(engine), *_writer(engine), *_actions(engine)]
    found += engine.read(lambda tx: [*_resources(tx), *_newest(tx), *_readers(engine, tx)])
    return sorted(found, key=lambda each: -each.share)


def depth_limit(engine: Engine, ref: Ref, depth_max: int) -> Limit:
    """How full a queue is that takes so many messages at most."""
    used = engine.facts.depths.committed(engine.number(ref)).unsettled
    return Limit("messages in the queue", used, depth_max, "messages", "more are refused", ref)


def in_flight_limit(engine: Engine, ref: Ref, in_flight_max: int) -> Limit:
    """How much of a queue is in flight of which so much may be."""
    used = engine.facts.depths.committed(engine.number(ref)).leased
    said = "no more are received"
    return Limit("messages in flight", used, in_flight_max, "messages", said, ref)


def _disk(engine: Engine) -> Iterator[Limit]:
    if engine.url.on_loop:
        return
    path = engine.url.path
    disk = shutil.disk_usage(Path(path).absolute().parent)
    said = "nothing can be written when it is full"
    yield Limit("disk of the store", disk.total - disk.free, disk.total, "bytes", said)
    try:
        size = os.stat(f"{path}-wal").st_size
    except OSError:
        return
    said = "a warning: somebody reads at an old moment"
    yield Limit("write-ahead log", size, LOG_FILE_BYTES_MAX, "bytes", said)


def _writer(engine: Engine) -> Iterator[Limit]:
    said = "more are refused with 429"
    yield Limit("transactions that wait", engine.pending, WAITING_JOBS_MAX, "transactions", said)


def _actions(engine: Engine) -> Iterator[Limit]:
    refs = engine.refs_by_number()
    for worker in engine.workers:
        if isinstance(worker, ActionConsumer) and worker.running:
            ref = refs.get(next(iter(worker.listens)))
            most = worker.concurrency
            yield Limit("actions that run", worker.running, most, "actions", "others wait", ref)


def _resources(tx: Transaction) -> Iterator[Limit]:
    [(highest,)] = tx.execute("SELECT max(number) FROM ensue_resources")
    said = "no more can be declared"
    yield Limit("resources ever declared", highest or 0, NUMBER_MAX, "resources", said)


def _newest(tx: Transaction) -> Iterator[Limit]:
    [(size,)] = tx.execute(
        "SELECT max(size) FROM (SELECT octet_length(body) AS size FROM ensue_work"
        " ORDER BY id DESC LIMIT ?)",
        (NEWEST_LOOKED_AT,),
    )
    if size is not None:
        name = f"largest of the newest {NEWEST_LOOKED_AT} messages"
        yield Limit(name, size, VALUE_BYTES_MAX, "bytes", "TooLarge")


def _readers(engine: Engine, tx: Transaction) -> Iterator[Limit]:
    """How near what a reader has not read is to being forgotten, in logs that forget it."""
    sources = {each.number: each for each in engine.directory.sources() if each.sharded}
    refs = engine.refs_by_number()
    worst: dict[int, tuple[int, int]] = {}
    for number, log, shard, position in tx.execute(
        "SELECT number, log, shard, position FROM ensue_readers ORDER BY number, shard LIMIT ?",
        (READERS_MAX,),
    ):
        source = sources.get(log)
        if source is None or source.keep_ms is None or number not in engine.declared:
            continue
        unread = logs.read_shard(tx, source.table, shard, position, 1)
        if unread:
            age_ms = tx.now_ms - (unread[0].at_ms or tx.now_ms)
            worst[number] = max(worst.get(number, (0, 0)), (age_ms, source.keep_ms))
    for number, (age_ms, most) in worst.items():
        said = "what was not read is forgotten"
        yield Limit("age of what it has not read", age_ms, most, "ms", said, refs.get(number))
