"""Search: what a text may stand for, where an index can answer that. No table is read through."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from ensue.engine import deduplication, logs, offspring
from ensue.engine.engine import Engine
from ensue.engine.home import Resource
from ensue.engine.ids import HOP_NUMBER, WORK_NUMBER
from ensue.engine.transaction import Transaction
from ensue.observe.naming import Naming
from ensue.observe.walk import Walker
from ensue.resources.bucket import Bucket, current
from ensue.resources.bus import Bus
from ensue.resources.queue import Queue
from ensue.resources.table import Asked, Table, query
from ensue.resources.table import get as item_of
from ensue.words import values
from ensue.words.errors import EnsueError, NotFound
from ensue.words.names import Ref

TEXT_LENGTH_MAX = 300
FOUND_MAX = 50
OF_ONE = 5
NAMED_SHOWN = 20
NUMBER_LENGTH = 18

# What is looked at, and what is not: for who finds nothing.
LOOKED_AT = (
    "resources, rules and routes by their names",
    "the ids of requests, runs, events, changes, records, messages and executions",
    "W3C trace ids",
    "the names of executions",
    "keys of items of tables, and the attributes on which a table has an index",
    "keys of objects, and partition keys of streams",
    "deduplication ids of the last minutes",
)
NOT_LOOKED_AT = (
    "what is written in bodies, details and items, where no index is on it: give the table an"
    " index, or look through the events with a pattern"
)

_TRACE = re.compile(r"(?:00-)?([0-9a-f]{32})(?:-[0-9a-f]{16}-[0-9a-f]{2})?")
_WORDS = re.compile(r"[a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Found:
    """Something that a text may stand for.

    Attributes:
        title: what it is called.
        kind: what it is, in a word: the kind of a resource, as `Node.kind`, ``item``, ``object``,
            ``rule`` or ``route``.
        where: what it is a part of, in words; empty for nothing.
        ref: the resource that it is, or that it is of; None for none.
        id: by what `why` knows it; None for a resource, an item and an object.
        key: of an item or object its key, as text, by which `why` knows an item; None elsewhere.
    """

    title: str
    kind: str
    where: str
    ref: Ref | None = None
    id: str | None = None
    key: str | None = None


def search(
    engine: Engine,
    resources: Sequence[Resource],
    text: str,
    *,
    routes: Iterable[tuple[str, str]] = (),
) -> list[Found]:
    """What a text may stand for, the likeliest first, 50 at most.

    Args:
        engine: the store.
        resources: the resources of all apps.
        text: an id, a trace id, a key, the name of an execution, or a part of a name.
        routes: each route: its name and that of its app.
    """
    sought = text.strip()[:TEXT_LENGTH_MAX]
    if not sought:
        return []
    names = [*_of_names(resources, routes, sought)]
    exact = _Search(engine, resources, sought)
    found = engine.read(lambda tx: list(islice(exact.all(tx), FOUND_MAX)))
    return list(dict.fromkeys([*_of_id(engine, sought), *found, *names]))[:FOUND_MAX]


def _of_id(engine: Engine, sought: str) -> Iterator[Found]:
    """What has this record id, or begins a tree with this trace id."""
    ids = [sought]
    trace = _TRACE.fullmatch(sought)
    if trace is not None:  # of a tree that no outside trace began, it is the id of its root
        plain = trace[1]
        ids.append("-".join((plain[:8], plain[8:12], plain[12:16], plain[16:20], plain[20:])))
        numbers = engine.read(lambda tx: offspring.hops_of_trace(tx, plain, OF_ONE))
        ids += [engine.records.text(HOP_NUMBER, number) for number in numbers]
    for each in ids:
        if engine.records.place(each) is None:
            continue
        try:
            _, node, _ = Walker(engine).one(each)
        except NotFound:
            continue
        said = f"{node.name} {node.note}" if node.note else node.name
        where = "" if node.ref is None else str(node.ref)
        yield Found(said, node.kind, where, node.ref, node.id)


class _Search:
    """Asks the indexes of a store for a text.

    Args:
        engine: the store.
        resources: the resources of all apps.
        sought: the text.
    """

    def __init__(self, engine: Engine, resources: Sequence[Resource], sought: str) -> None:
        self._engine = engine
        self._resources = resources
        self._sought = sought
        is_number = sought.isascii() and sought.isdecimal() and len(sought) <= NUMBER_LENGTH
        self._values: tuple[str | int, ...] = (sought, int(sought)) if is_number else (sought,)

    def all(self, tx: Transaction) -> Iterator[Found]:
        """All that is found, kind by kind."""
        looks: tuple[Callable[[Transaction, Resource], Iterator[Found]], ...] = (
            self._items,
            self._indexed,
            self._objects,
            self._messages,
            self._records,
        )
        yield from self._executions(tx)
        for look in looks:
            for each in self._resources:
                yield from look(tx, each)

    def _executions(self, tx: Transaction) -> Iterator[Found]:
        naming = Naming(self._engine)
        numbers = [
            number
            for number, ref in self._engine.refs_by_number().items()
            if ref.kind in {"workflow", "workflow-children"}
        ]
        for brief in offspring.executions_named(tx, [(each, self._sought) for each in numbers]):
            node = naming.lone_execution(brief, tx.now_ms)
            yield Found(brief.name, "execution", str(node.ref or ""), node.ref, node.id)

    def _items(self, tx: Transaction, resource: Resource) -> Iterator[Found]:
        """The item with this key."""
        if isinstance(resource, Table) and self._is_there(tx, resource):
            yield self._item(resource, self._sought)

    def _is_there(self, tx: Transaction, table: Table) -> bool:
        parts = self._sought.split("/") if len(table.model.key) == 2 else [self._sought]
        if len(parts) != len(table.model.key):
            return False
        numbers = [int(each) if each.isdecimal() else each for each in parts]
        keys: tuple[Sequence[str | int], ...] = (parts, numbers)
        return any(_item(tx, table, key) for key in keys)

    def _indexed(self, tx: Transaction, resource: Resource) -> Iterator[Found]:
        """Items with this value of an attribute that a table has an index on."""
        if not isinstance(resource, Table):
            return
        for index in resource.model.indexes:
            for value in self._values:
                try:
                    asked = Asked(limit=OF_ONE)
                    page = query(tx, resource.model, value, asked, index=index)
                except EnsueError:  # no value of such an index
                    continue
                for item in page.items:
                    key = "/".join(str(item.get(part)) for part in resource.model.key)
                    yield self._item(resource, key)

    def _item(self, table: Table, key: str) -> Found:
        return Found(key, "item", str(table.ref), table.ref, None, key)

    def _objects(self, tx: Transaction, resource: Resource) -> Iterator[Found]:
        if isinstance(resource, Bucket) and current(tx, resource.model, self._sought) is not None:
            yield Found(self._sought, "object", str(resource.ref), resource.ref, None, self._sought)

    def _messages(self, tx: Transaction, resource: Resource) -> Iterator[Found]:
        """What was sent with this deduplication id."""
        if not isinstance(resource, Queue):
            return
        sent = deduplication.sent_before(tx, tx.number(resource.ref), self._sought)
        if sent is not None:
            node_id = self._engine.records.text(WORK_NUMBER, sent)
            title = f"deduplication id {self._sought}"
            yield Found(title, "message", str(resource.ref), resource.ref, node_id)

    def _records(self, tx: Transaction, resource: Resource) -> Iterator[Found]:
        """The oldest records of a stream with this partition key."""
        if resource.ref.kind != "stream":
            return
        source = self._engine.directory.source(resource.ref)
        for record in logs.read_key(tx, source.table, self._sought, 0, OF_ONE):
            node_id = self._engine.records.text(source.number, record.sequence)
            title = f"{self._sought} {values.shown(values.decode(record.new or 'null'))}"
            yield Found(title, "record", str(resource.ref), resource.ref, node_id)


def _item(tx: Transaction, table: Table, key: Sequence[str | int]) -> bool:
    """Whether a table has an item with a key."""
    try:
        return item_of(tx, table.model, tuple(key)) is not None
    except EnsueError:  # no key of such a table
        return False


def _of_names(
    resources: Iterable[Resource], routes: Iterable[tuple[str, str]], sought: str
) -> Iterator[Found]:
    """Resources, rules and routes whose names are like a text, the likest first."""
    ranked: list[tuple[int, str, Found]] = []

    def rank(name: str, found: Found) -> None:
        score = likeness(sought, name)
        if score is not None:
            ranked.append((score, name, found))

    for each in resources:
        ref = each.ref
        rank(ref.name, Found(ref.name, ref.kind, f"app {ref.app}", ref))
        if isinstance(each, Bus):
            for rule in each.rules.all():
                rank(rule.name, Found(rule.name, "rule", str(ref), ref))
    for name, app in routes:
        rank(name, Found(name, "route", f"app {app}"))
    ranked.sort(key=lambda each: each[:2])
    yield from (found for _, _, found in ranked[:NAMED_SHOWN])


def likeness(sought: str, name: str) -> int | None:
    """How like a name is to a text: 0 for the same, more for less; None for not at all.

    A name is like its beginning, the beginnings of its words, its parts, and the letters of it in
    their order: ``pd`` is like ``payments-dlq``.
    """
    wanted, has = sought.lower(), name.lower()
    if wanted == has:
        return 0
    if has.startswith(wanted):
        return 1
    words = _WORDS.findall(has)
    asked = _WORDS.findall(wanted)
    if asked and all(any(word.startswith(each) for word in words) for each in asked):
        return 2
    if wanted in has:
        return 3
    letters = iter(has)
    is_within = len(wanted) > 1 and all(letter in letters for letter in wanted)
    return 4 if is_within else None
