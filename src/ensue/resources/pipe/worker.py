"""How a pipe is run: by the reader of a log, and by the consumer of its own or a queue's work."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

from ensue.engine import terms
from ensue.engine.consumer import error_text
from ensue.engine.handlers import WorkHandler
from ensue.engine.home import Home
from ensue.engine.ids import WORK_NUMBER, Place
from ensue.engine.logs import Record
from ensue.engine.transaction import Transaction
from ensue.engine.work import Work
from ensue.resources.pipe import rules, store
from ensue.resources.pipe.model import Event, PipeModel
from ensue.words import values
from ensue.words.errors import StoreError, Unfit
from ensue.words.names import Ref
from ensue.words.units import human_ms
from ensue.words.values import Json


class Runs:
    """What the engine runs for a pipe.

    Args:
        home: the app.
        pipe: the pipe.
    """

    def __init__(self, home: Home, pipe: PipeModel) -> None:
        self._home = home
        self._pipe = pipe

    def wants(self, record: Record) -> bool:
        """Whether a record of the log passes the filter."""
        wants = self._pipe.wants
        return wants is None or wants.holds(self._text(record))

    def as_work(self, tx: Transaction, record: Record) -> str:
        """A record as the body of a piece of the pipe's own work: the event that it is."""
        del tx
        return self._text(record)

    def key(self, record: Record) -> str | None:
        """By what the order of a record is kept, where the pipe says so."""
        return rules.group_of(self._pipe, self._event(record))

    def take_record(self, tx: Transaction, record: Record) -> None:
        """Deliver a record in the transaction that reads it."""
        store.run(tx, self._pipe, [self._event(record)])

    def take_records(self, tx: Transaction, records: Sequence[Record]) -> None:
        """Deliver a batch of records in the transaction that reads them."""
        store.run(tx, self._pipe, [self._event(record) for record in records])

    def handler(self, of: Ref, dead_letters: Ref) -> WorkHandler:
        """What handles work as the pipe does: its own, or the messages of a queue."""
        pipe = self._pipe
        if pipe.asks_outside:
            return WorkHandler(
                ref=of,
                dead_letters=dead_letters,
                actor=pipe.ref.name,
                policy=replace(pipe.policy, parks=pipe.parks),
                act_batch=self._ask,
                complete=self._complete,
                halves=True,
            )
        takes_batches = pipe.in_batches and not pipe.is_direct
        return WorkHandler(
            ref=of,
            dead_letters=dead_letters,
            actor=pipe.ref.name,
            policy=replace(pipe.policy, parks=pipe.parks),
            transact=None if takes_batches else lambda tx, piece: self._take(tx, [piece]),
            transact_batch=self._take if takes_batches else None,
        )

    def _take(self, tx: Transaction, pieces: list[Work]) -> None:
        """Deliver work in the transaction that takes it."""
        with self._patient(pieces, tx):
            events = [event for _, event in self._wanted(pieces)]
            if events:
                store.run(tx, self._pipe, events)

    async def _ask(self, pieces: list[Work], ids: list[str]) -> Json:
        """Ask the enrichment, outside of any transaction."""
        del ids
        enrichment, engine = self._pipe.enrichment, self._home.engine
        with self._patient(pieces):
            events = [event for _, event in self._wanted(pieces)]
            if enrichment is None or not events:
                return None
            asked = store.question(self._pipe, events, engine.clock.now_ms())
            return await engine.directory.callable(enrichment.ref)(asked)

    def _complete(
        self, tx: Transaction, pieces: list[Work], answer: Json
    ) -> Mapping[int, str] | None:
        """Deliver what the enrichment answered, in the transaction that settles the work."""
        with self._patient(pieces, tx):
            wanted = self._wanted(pieces)
            failed = store.pass_on(tx, self._pipe, [event for _, event in wanted], answer)
            if len(pieces) == 1:
                for first in failed.values():
                    raise first.raised()
        return {wanted[place][0].id: each.reason for place, each in failed.items()}

    @contextmanager
    def _patient(self, pieces: Sequence[Work], tx: Transaction | None = None) -> Iterator[None]:
        """Let what fails fail for good when it has been tried for long enough."""
        max_age_ms, engine = self._pipe.max_age_ms, self._home.engine
        try:
            yield
        except StoreError:
            raise
        except Exception as fault:
            if max_age_ms is None:
                raise
            if tx is not None:
                age_ms = _age_ms(tx, pieces)
            else:
                age_ms = engine.read(lambda reading: _age_ms(reading, pieces))
            if age_ms < max_age_ms:
                raise
            raise Unfit(f"{error_text(fault)} (tried for {human_ms(age_ms)})") from fault

    def _wanted(self, pieces: Sequence[Work]) -> list[tuple[Work, Event]]:
        """The work that concerns the pipe, with the event that each piece is."""
        pipe, engine = self._pipe, self._home.engine
        found: list[tuple[Work, Event]] = []
        for piece in pieces:
            text = piece.body
            if pipe.feed.of_work is not None:
                text = pipe.feed.of_work(piece, engine.work_id(piece.id))
                if pipe.wants is not None and not pipe.wants.holds(text):
                    continue
            found.append((piece, self._as_event(text, Place(WORK_NUMBER, piece.id))))
        return found

    def _text(self, record: Record) -> str:
        feed, engine = self._pipe.feed, self._home.engine
        assert feed.of_record is not None  # noqa: S101 - a reader has a log's records only
        number = engine.number(feed.source)
        return feed.of_record(record, engine.records.text(number, record.sequence))

    def _event(self, record: Record) -> Event:
        number = self._home.engine.number(self._pipe.feed.source)
        return self._as_event(self._text(record), Place(number, record.sequence))

    def _as_event(self, text: str, cause: Place) -> Event:
        value = values.decode(text)
        return Event(value, text, self._pipe.feed.key(value), cause)


def _age_ms(tx: Transaction, pieces: Sequence[Work]) -> int:
    """For how long the oldest of several pieces has been tried, since it was last redriven."""
    return tx.now_ms - min(terms.begun_ms(tx, piece.id) for piece in pieces)
