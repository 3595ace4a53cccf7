"""Who got a record: those who follow its log, and those who are subscribed to a topic."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from ensue.engine import offspring
from ensue.engine.engine import Engine
from ensue.engine.hops import Hop
from ensue.engine.ids import Place
from ensue.engine.logs import Record
from ensue.engine.since import Since
from ensue.engine.transaction import Transaction
from ensue.languages.patterns import Mismatch
from ensue.observe.deliveries.filters import mismatches_of, mismatches_of_follower
from ensue.observe.deliveries.model import By, Receiver
from ensue.observe.deliveries.traces import Traces, never
from ensue.resources.bus import Bus
from ensue.resources.function import Function
from ensue.resources.pipe import Pipe
from ensue.resources.topic import Subscription, Topic
from ensue.words import values
from ensue.words.errors import Unfit
from ensue.words.names import Ref
from ensue.words.values import Json

GROUPS_SHOWN = 100


class Followers:
    """Looks at those who follow the log of a record.

    Args:
        engine: the store.
        tx: one snapshot.
        place: where the record is.
        record: the record.
        traces: looks for what came of it.
    """

    def __init__(
        self, engine: Engine, tx: Transaction, place: Place, record: Record, traces: Traces
    ) -> None:
        self._engine = engine
        self._tx = tx
        self._place = place
        self._record = record
        self._traces = traces

    def of_function(self, function: Function, source: Ref, bus: Bus | None) -> Receiver:
        """What a function that follows the log made of the record."""
        wrong = self._unwanted(function, source, bus)
        return self._told("function", function.ref, wrong, [])

    def of_pipe(self, pipe: Pipe) -> Receiver:
        """What a pipe that reads the log made of the record."""
        model, wrong = pipe.model, list[Mismatch]()
        if model.wants is not None and model.feed.of_record is not None:
            text = model.feed.of_record(self._record, self._tx.facts.records.text(*self._place))
            found = values.decode(text)
            wrong = mismatches_of(model.wants.said, found if isinstance(found, dict) else {})
        return self._told("pipe", pipe.ref, wrong, [model.target])

    def of_groups(self, ref: Ref) -> list[Receiver]:
        """How far the groups of workers outside are that read a stream."""
        told: list[Receiver] = []
        log, shard = self._place.number, self._record.shard
        for name, position in offspring.groups_at(self._tx, log, shard, GROUPS_SHOWN):
            if position >= self._place.sequence:
                told.append(Receiver("group", name, ref, "got", "it has read it"))
            else:
                told.append(Receiver("group", name, ref, "waiting", "it has not come so far"))
        return told

    def _unwanted(self, function: Function, source: Ref, bus: Bus | None) -> list[Mismatch]:
        if bus is None:
            return mismatches_of_follower(source, function.wants, self._record)
        try:
            seen = bus.as_present(bus.event_of(self._record))
        except Unfit as fault:
            return [Mismatch("detail", "what fits its schema", str(fault))]
        return mismatches_of(_pattern(function.wants), seen)

    def _told(self, by: By, ref: Ref, wrong: list[Mismatch], to: list[Ref]) -> Receiver:
        if wrong:
            why = "; ".join(map(str, wrong))
            return Receiver(by, ref.name, ref, "not matched", why, to, wrong)
        number = self._tx.number(ref)
        reader = offspring.follower(self._tx, number, self._record.shard)
        got = self._traces.runs_of(ref)
        if got:
            return Receiver(by, ref.name, ref, "got", "", to, got=got)
        if reader is None or reader.position < self._place.sequence:
            since_ms = self._tx.facts.paused.get(number)
            if since_ms is not None:
                why = "it is paused, and has not come so far"
                return Receiver(by, ref.name, ref, "paused", why, to, since_ms=since_ms)
            return Receiver(by, ref.name, ref, "waiting", "it has not come so far", to)
        if reader.begun is not None and self._place.sequence <= reader.begun:
            why = "it was declared only after that"
            return Receiver(by, ref.name, ref, "later", why, to)
        why = "it has read it, and nothing that came of it is kept"
        return Receiver(by, ref.name, ref, "nothing kept", why, to)


def of_subscriptions(
    topic: Topic,
    message: Mapping[str, Json],
    traces: Traces,
    since: Mapping[str, Since],
    sequence: int,
) -> list[Receiver]:
    """What each subscription of a topic made of a message.

    Args:
        topic: the topic.
        message: the message, with its ``body`` and its ``attributes``.
        traces: looks for what came of it.
        since: since when each subscription is as it is.
        sequence: the message's place in the log.
    """
    body, given = message.get("body"), message.get("attributes")
    attributes = given if isinstance(given, dict) else {}
    expected = values.encode(body)

    def text(hop: Hop) -> str | None:
        del hop
        return expected

    told: list[Receiver] = []
    for each in topic.subscriptions.all():
        wrong = _filtered(each, body, attributes)
        got = [] if wrong else traces.sent_to(each.target, text, is_ours=never)
        begun = since.get(each.name)
        is_later = begun is not None and begun.sequence >= sequence and begun.sequence > 0
        make = partial(Receiver, "subscription", each.name, topic.ref, to=[each.target])
        if wrong:
            why = "; ".join(map(str, wrong))
            told.append(make(outcome="not matched", why=why, mismatches=wrong))
        elif got:
            told.append(make(outcome="got", got=got))
        elif begun is not None and is_later:
            why = "it was subscribed, or its filter was changed, only after that"
            told.append(make(outcome="later", why=why, since_ms=begun.at_ms))
        else:
            why = "it matches, and nothing of what came of it is kept"
            told.append(make(outcome="nothing kept", why=why))
    return told


def _filtered(
    subscription: Subscription, body: Json, attributes: dict[str, Json]
) -> list[Mismatch]:
    """Why a subscription does not want a message."""
    looked_at = attributes if subscription.filter_on == "attributes" else body
    if subscription.filter is None:
        return []
    if not isinstance(looked_at, dict):
        return [Mismatch("$", "an object to filter on", values.shown(looked_at))]
    return mismatches_of(subscription.filter, looked_at)


def _pattern(said: Mapping[str, Json]) -> Mapping[str, Json] | None:
    pattern = said.get("pattern")
    return pattern if isinstance(pattern, dict) else None
