"""What a pipe does within a transaction: ask what is inside, and deliver what goes on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ensue.engine import lanes, logs, work
from ensue.engine.backlog import depth as depth_of
from ensue.engine.consumer import error_text
from ensue.engine.ids import WORK_NUMBER, Place
from ensue.engine.lanes import Lag
from ensue.engine.sockets import Delivery, Refusal
from ensue.engine.transaction import Origin, Transaction
from ensue.resources.pipe import rules
from ensue.resources.pipe.model import Event, PipeModel, Seen
from ensue.words import values
from ensue.words.errors import InvalidInput, InvalidValue, NotFound, StoreError, TooLarge, Unfit
from ensue.words.values import Json


class Failed(NamedTuple):
    """Why an event could not be delivered.

    Attributes:
        reason: what was wrong.
        is_final: whether no retry mends it.
    """

    reason: str
    is_final: bool

    def raised(self) -> Exception:
        """The same as an error."""
        return Unfit(self.reason) if self.is_final else InvalidInput(self.reason)


def run(tx: Transaction, pipe: PipeModel, batch: Sequence[Event]) -> None:
    """Take events to the target, through an enrichment that is inside, if there is one.

    Raises:
        Unfit: one cannot be delivered, and no retry mends that.
        Exception: whatever the enrichment or the target raises, or why one was refused.
    """
    enrichment = pipe.enrichment
    if enrichment is None or enrichment.inside is None:
        failed = _deliver_all(tx, pipe, list(enumerate(batch)))
    elif pipe.in_batches:
        failed = pass_on(tx, pipe, batch, enrichment.inside(tx, question(pipe, batch, tx.now_ms)))
    else:
        failed = {}
        for each in batch:
            answer = enrichment.inside(tx, question(pipe, [each], tx.now_ms))
            failed |= pass_on(tx, pipe, [each], answer)
    for first in failed.values():
        raise first.raised()


def question(pipe: PipeModel, batch: Sequence[Event], now_ms: int) -> Json:
    """What an enrichment is asked: one event, or a list of them.

    Raises:
        Unfit: an event has not what the enrichment's input needs.
    """
    given = None if pipe.enrichment is None else pipe.enrichment.input
    asked: list[Json] = [
        each.value if given is None else values.decode(given.render(each.value, pipe.names, now_ms))
        for each in batch
    ]
    return asked if pipe.in_batches else asked[0]


def pass_on(
    tx: Transaction, pipe: PipeModel, batch: Sequence[Event], answer: Json
) -> dict[int, Failed]:
    """Deliver what an enrichment answered; returns which of the batch could not be, and why.

    Raises:
        Unfit: an answer cannot be delivered, and no retry mends that.
        Exception: why one of the answers was refused, where they are not one for one.
    """
    found = rules.answered(batch, answer)
    failed = _deliver_all(tx, pipe, found.events)
    if not found.one_for_one:
        for first in failed.values():
            raise first.raised()
    return failed


def _deliver_all(
    tx: Transaction, pipe: PipeModel, events: Sequence[tuple[int, Event]]
) -> dict[int, Failed]:
    """Deliver events, each as a hop that its own record or message has caused."""
    if len(events) == 1:
        [(place, event)] = events
        refused = _deliver(tx, pipe, event)
        return {} if refused is None else {place: refused}
    failed: dict[int, Failed] = {}
    for place, event in events:
        origin = Origin(pipe.ref.name, event.cause, tx.origin.attempt)
        try:
            refused = tx.nested(origin, lambda event=event: _deliver(tx, pipe, event))  # type: ignore[misc]
        except StoreError:
            raise
        except Exception as fault:  # noqa: BLE001 - it is told as it is, and tried again
            refused = Failed(error_text(fault), isinstance(fault, Unfit))
        if refused is not None:
            failed[place] = refused
    return failed


def _deliver(tx: Transaction, pipe: PipeModel, event: Event) -> Failed | None:
    if pipe.input is not None:
        body = pipe.input.render(event.value, pipe.names, tx.now_ms)
    else:
        body = _text(event)
    delivery = Delivery(body, group=rules.group_of(pipe, event), terms=pipe.terms)
    for answer in tx.facts.directory.target(pipe.target).deliver(tx, [delivery]):
        if isinstance(answer, Refusal):
            reason = f"{pipe.target} refused the event: {answer.message}"
            return Failed(reason, rules.is_final(answer.code))
    return None


def _text(event: Event) -> str:
    """An event as JSON text.

    Raises:
        Unfit: an enrichment answered what is too large, or no JSON.
    """
    if event.text is not None:
        return event.text
    try:
        return values.encode(event.value)
    except (InvalidValue, TooLarge) as fault:
        raise Unfit(fault.message, at=fault.at, hint=fault.hint) from None


def depth(tx: Transaction, pipe: PipeModel) -> dict[str, Json]:
    """How much work waits, how far behind it is in the log that it follows, and what is dead."""
    found = depth_of(tx, tx.number(pipe.taken_from))
    dead = depth_of(tx, tx.number(pipe.dead_letters))
    said: dict[str, Json] = {"waiting": found.waiting, "in_flight": found.leased}
    if not pipe.from_queue:
        lags_now = lags(tx, pipe)
        said["unread"] = sum(each.unread for each in lags_now)
        said["lag_ms"] = max((each.lag_ms for each in lags_now), default=0)
    return said | {"dead_letters": dead.waiting + dead.leased}


def lags(tx: Transaction, pipe: PipeModel) -> list[Lag]:
    """How far behind the pipe is in the log that it follows, shard by shard."""
    source = tx.facts.directory.source(pipe.feed.source)
    return lanes.lags(tx, source, tx.number(pipe.ref))


def seen(tx: Transaction, pipe: PipeModel, record_id: str) -> Seen:
    """What the pipe makes of a record or a message of its source.

    Raises:
        NotFound: the source has no such record, or does not keep it any more.
    """
    place = tx.facts.records.place(record_id)
    text = None if place is None else _kept(tx, pipe, place, record_id)
    if text is None:
        raise NotFound(f"{pipe.feed.source} has nothing with the id {record_id}")
    reasons = [] if pipe.wants is None else pipe.wants.reasons(text)
    return Seen(values.as_json(values.decode(text)), matched=not reasons, reasons=reasons)


def _kept(tx: Transaction, pipe: PipeModel, place: Place, record_id: str) -> str | None:
    feed = pipe.feed
    if feed.of_work is not None:
        piece = work.piece(tx, place.sequence) if place.number == WORK_NUMBER else None
        is_there = piece is not None and piece.queue == tx.number(feed.source)
        return feed.of_work(piece, record_id) if piece is not None and is_there else None
    source = tx.facts.directory.source(feed.source)
    if feed.of_record is None or place.number != source.number:
        return None
    record = logs.record(tx, source.table, place.sequence, sharded=source.sharded)
    return None if record is None else feed.of_record(record, record_id)
