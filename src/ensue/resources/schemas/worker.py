"""Discovery: follows the log of a bus, and keeps a version where an event has another shape.

Steady traffic costs a look at each event and no write: how far it has come is noted with each new
version, every thousand events, and when it rests. Events that it reads again after a crash have the
shapes that are known by then, so they change nothing.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any, NamedTuple

from ensue.engine import logs
from ensue.engine.engine import Engine
from ensue.engine.logs import Record
from ensue.engine.sockets import Source
from ensue.engine.transaction import Origin, Transaction
from ensue.languages.schemas import parse
from ensue.resources.schemas import store
from ensue.resources.schemas.model import DISCOVERED, SchemasModel, Version, subject_of
from ensue.resources.schemas.rules.validating import Validator, strict
from ensue.words import values
from ensue.words.errors import EnsueError, StoreError
from ensue.words.findings import WARNING, Finding
from ensue.words.names import Ref

BATCH = 200
UNNOTED_MAX = 1_000
REST_MS = 60_000
KNOWN_MAX = 10_000
NEWS_BYTES_MAX = 1_048_576  # what is widened in one transaction

log = logging.getLogger("ensue.schemas")


class _News(NamedTuple):
    """An event whose shape is another."""

    subject: str
    detail: Mapping[str, Any]
    sequence: int


class Discoverer:
    """Follows the log of one bus.

    Args:
        engine: where the log is.
        registry: what keeps the versions.
        bus: whose log.
    """

    def __init__(self, engine: Engine, registry: SchemasModel, bus: Ref) -> None:
        self.name = f"{registry.ref.name} of {bus.name}"
        self.woken = asyncio.Event()
        self.woken.set()
        self._engine = engine
        self._registry = registry
        self.bus = bus
        self._source: Source = engine.directory.source(bus)
        self._number = engine.number(registry.ref)
        self.listens = frozenset([self._source.number])
        self._position = self._noted = engine.read(self._start)
        self._rest_ms: int | None = None
        self._mark = (0, 0)
        self._known: dict[str, Validator] = {}
        self._full: set[str] = set()

    def behind(self) -> int:
        """How many events it has not seen yet."""
        newest = self._engine.read(lambda tx: logs.last_sequence(tx, self._source.table))
        return max(0, newest - self._position)

    def due_ms(self) -> int | None:
        """When to note how far it has come, if nothing else comes."""
        return self._rest_ms

    async def step(self) -> bool:
        """Look at one batch of events; returns whether there may be more."""
        if self._number in self._engine.facts.paused:
            return False
        last, news, more = self._engine.read(self._look)
        if news:
            await self._engine.transact(lambda tx: self._keep(tx, news, last), Origin(self.name))
            self._noted = last
        self._position = last
        behind = last - self._noted
        rests = self._rest_ms is not None and self._engine.clock.now_ms() >= self._rest_ms
        if behind >= UNNOTED_MAX or (behind and rests):
            await self._note()
        self._rest_ms = None
        if self._position > self._noted:
            self._rest_ms = self._engine.clock.now_ms() + REST_MS
        return more

    async def drain(self, grace_ms: int) -> None:
        """Note how far it has come."""
        del grace_ms
        if self._position > self._noted:
            await self._note()

    async def _note(self) -> None:
        at = self._position
        await self._engine.transact(
            lambda tx: store.move(tx, self._registry, self.bus, at), Origin(self.name)
        )
        self._noted = at

    def _start(self, tx: Transaction) -> int:
        return store.position(tx, self._registry, self._source.number) or 0

    def _look(self, tx: Transaction) -> tuple[int, list[_News], bool]:
        """The last record of a batch, and the events whose shape is another."""
        mark = store.marked(tx, self._registry)
        if mark != self._mark:
            if mark[1] != self._mark[1]:
                self._full.clear()  # what was deleted has made room
            self._known, self._mark = {}, mark
        records = logs.read(tx, self._source.table, self._position, BATCH)
        news: list[_News] = []
        last, size = self._position, 0
        for record in records:
            last = record.sequence
            said = _event(record)
            if said is None or self._knows(tx, *said):
                continue
            news.append(_News(*said, record.sequence))
            size += len(record.new or "")
            if size >= NEWS_BYTES_MAX:
                return last, news, True
        return last, news, len(records) == BATCH

    def _knows(self, tx: Transaction, subject: str, detail: Mapping[str, Any]) -> bool:
        if subject in self._full:
            return True
        found = self._known.get(subject)
        if found is None:
            newest = store.newest(tx, self._registry, subject)
            if newest is None:
                return False
            found = self._remember(newest)
        return found.takes(detail)

    def _remember(self, newest: Version) -> Validator:
        is_ours = newest.origin == DISCOVERED
        found = strict(parse(newest.schema)) if is_ours else Validator(newest.schema)
        if len(self._known) >= KNOWN_MAX:
            self._known.clear()
        self._known[newest.subject] = found
        return found

    def _keep(self, tx: Transaction, news: list[_News], last: int) -> None:
        """Keep a version for each shape that is still another."""
        self._known = {}
        for each in news:
            if self._knows(tx, each.subject, each.detail):
                continue
            event = tx.facts.records.text(self._source.number, each.sequence)
            try:
                self._remember(store.discover(tx, self._registry, each.subject, each.detail, event))
            except StoreError:
                raise
            except EnsueError as fault:
                self._give_up(each.subject)
                tx.facts.notices.note(tx.now_ms, _not_kept(each.subject, fault))
        store.move(tx, self._registry, self.bus, last)
        self._known = {}  # it may yet be rolled back

    def _give_up(self, subject: str) -> None:
        """Look at a subject no more that there is no room for, until something is deleted."""
        if len(self._full) >= KNOWN_MAX:
            self._full.clear()
        self._full.add(subject)


def _event(record: Record) -> tuple[str, dict[str, Any]] | None:
    """The subject and the detail of a record; None where it is no event."""
    text = record.new or "{}"
    said = values.decode(text)
    if not isinstance(said, dict):
        return None
    detail = said.get("detail")
    if not values.is_plain(text):
        detail = values.as_json(detail)
    if not isinstance(detail, dict):
        return None
    return subject_of(str(said.get("source")), str(said.get("detail-type"))), detail


def _not_kept(subject: str, fault: EnsueError) -> Finding:
    return Finding(
        "schemas.discovery",
        subject,
        f"an event has another shape, which is not kept: {fault.message}",
        "Delete versions that nobody needs, or put what varies into a map.",
        WARNING,
    )
