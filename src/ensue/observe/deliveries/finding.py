"""Who got it and who did not: everybody who reads a log, asked about one record of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ensue.engine import since
from ensue.engine.engine import Engine
from ensue.engine.home import Resource
from ensue.engine.ids import EXECUTION_NUMBER, HOP_NUMBER, WORK_NUMBER, Place
from ensue.engine.logs import Record
from ensue.engine.transaction import Transaction
from ensue.observe.deliveries.followers import Followers, of_subscriptions
from ensue.observe.deliveries.model import Deliveries, Receiver
from ensue.observe.deliveries.rules import of_archives, of_rules
from ensue.observe.deliveries.traces import Traces
from ensue.observe.naming import Naming
from ensue.observe.places import Places
from ensue.observe.tree import Node
from ensue.observe.walk import Find, Walker
from ensue.resources.bus import ArchiveState, Bus
from ensue.resources.function import Function
from ensue.resources.pipe import Pipe
from ensue.resources.topic import Topic
from ensue.words import values
from ensue.words.errors import InvalidInput, NotFound
from ensue.words.names import Ref

_FIRST = ("got", "paused", "waiting", "disabled", "later", "nothing kept", "not matched")


async def deliveries(
    engine: Engine, resources: Sequence[Resource], sought: str, finders: Sequence[Find] = ()
) -> Deliveries:
    """Who got an event, a change, a record or a message of a topic, and who did not.

    Args:
        engine: the store.
        resources: those who may read it.
        sought: its id; or what a finder knows, such as the key of an item: its newest change.
        finders: each turns what is no record id into the place of a record that tells of it.

    Raises:
        NotFound: nobody knows it, or it has been forgotten.
        InvalidInput: it is nothing that is read from a log.
    """
    place, node, _ = Walker(engine, finders).one(sought)
    if place.number in {HOP_NUMBER, WORK_NUMBER, EXECUTION_NUMBER}:
        raise InvalidInput(
            f"expected what is read from a log, such as an event or a change, got {sought}",
            hint="What something else led to is told by `ensue why`.",
        )
    archives: list[ArchiveState] = []
    for each in resources:
        if isinstance(each, Bus) and engine.number(each.ref) == place.number:
            archives = await each.archives(with_log=False)
    return engine.read(lambda tx: _told(engine, tx, resources, (place, node), archives))


def _told(
    engine: Engine,
    tx: Transaction,
    resources: Sequence[Resource],
    found: tuple[Place, Node],
    archives: Iterable[ArchiveState],
) -> Deliveries:
    (place, node), naming = found, Naming(engine)
    record, ref = Places(engine, tx).record(place), naming.ref(place.number)
    if record is None or ref is None:
        raise NotFound(f"nothing is known of {node.id}")
    traces = Traces(engine, tx, naming, place, record)
    receivers, more = _declared_there(tx, resources, (place, record, ref), traces, archives)
    followers = Followers(engine, tx, place, record, traces)
    buses = [each for each in resources if isinstance(each, Bus) and each.ref == ref]
    for each in resources:
        if isinstance(each, Function) and each.follows == ref:
            receivers.append(followers.of_function(each, ref, next(iter(buses), None)))
        elif isinstance(each, Pipe) and each.model.feed.source == ref:
            receivers.append(followers.of_pipe(each))
    if ref.kind == "stream":
        receivers += followers.of_groups(ref)
    receivers.sort(key=lambda each: _FIRST.index(each.outcome))
    return Deliveries(node.id, node.kind, ref.name, ref, record.at_ms, receivers, more)


def _declared_there(
    tx: Transaction,
    resources: Iterable[Resource],
    said: tuple[Place, Record, Ref],
    traces: Traces,
    archives: Iterable[ArchiveState],
) -> tuple[list[Receiver], int]:
    """Those that are declared where it was said: rules, archives, subscriptions."""
    place, record, ref = said
    begun = since.of(tx, place.number)
    for each in resources:
        if each.ref == ref and isinstance(each, Bus):
            event = each.event_of(record)
            told, more = of_rules(each, event, traces, begun, place.sequence)
            return told + of_archives(each, archives, event), more
        if each.ref == ref and isinstance(each, Topic):
            found = values.decode(record.new or "{}")
            message = found if isinstance(found, dict) else {}
            return of_subscriptions(each, message, traces, begun, place.sequence), 0
    return [], 0
