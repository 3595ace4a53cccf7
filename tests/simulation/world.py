"""An app whose every effect is noted, so that it can be told what was lost, doubled or out of turn.

Whatever is promised gets a *token*. The transaction that promises it notes the token as accepted;
each handler that gets it notes the effect, in its own transaction; an action calls the outside,
which remembers. A line of things with an order (a group, an item) counts them.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx

from ensue import App, InputPath, InputTransformer, RuleTarget
from ensue.engine.deduplication import DEDUPLICATION_MS

ALWAYS = 99
STUMBLES_MAX = 3  # of an enrichment: what it is asked dies only when somebody wants it to


@dataclass
class Consumer:
    """Who handles what goes to a place.

    ``home`` is the resource whose work it does; ``to`` are the places that it is told of.
    """

    who: str
    home: object
    is_action: bool
    follows: object = None
    chain: list[str] = field(default_factory=list)
    kept: bool = True  # whether its work stays in order of the line


class World:
    """What is declared, and what the outside has seen."""

    def __init__(self):
        self.app = App("sim")
        self.accepted = self.app.table("accepted", key="token")
        self.effects = self.app.table("effects", key=("who", "token"))
        self.lines = self.app.table("lines", key="line")
        self.sent = self.app.table("sent", key=("queue", "id"))
        self.consumers: dict[str, Consumer] = {}
        self.routes: dict[str, list[str]] = {}
        self.places: dict[str, object] = {}
        self.calls: list[tuple[str, str, str | None, int]] = []
        self.letters: Counter[str] = Counter()
        self.begun: Counter[tuple[str, str]] = Counter()
        self.tries: Counter[tuple[str, str]] = Counter()
        self.keys: dict[tuple[str, str], str] = {}  # under which key a destination was told
        self.again: set[str] = set()  # who is given again what was handled
        self.piped: set[str] = set()  # what a pipe takes away
        self.out_of_turn: set[str] = set()  # who is given again what was dead
        self.unseen: dict[str, set[str]] = {}  # what was over before a follower began
        self.observed: list[tuple] = []  # what was seen on the way, to be judged
        self.pausable: dict[str, object] = {}
        self.paused: dict[str, bool | None] = {}  # None: nobody knows
        self.clock = None
        self.clock_holds = True  # whether nobody sets the clock

    def observe(self, what, *facts):
        """Note what was seen; `invariants.OBSERVED` says what must hold of it."""
        self.observed.append((what, facts))

    # What is declared

    def queue(self, name, *, action=False, chain=(), batches=False, options=None, **policy):
        """A queue with a consumer, which passes on what it got to the places in ``chain``."""
        queue, consumer = self.queue_by_hand(name, action=action, chain=chain, **(options or {}))
        handler = self._handler(consumer, lambda message: message.body)
        if batches:
            handler = self._one_by_one(consumer, handler)
        queue.consumer(batches=batches, **policy)(handler)
        return queue

    def source_queue(self, name, **options):
        """A queue that a pipe takes from."""
        self.places[name] = self.app.queue(name, **options)
        self.routes[name] = []

    def queue_by_hand(self, name, *, action=True, chain=(), **options):
        """A queue, and who is to handle what is in it: somebody outside."""
        queue = self.app.queue(name, **options)
        self.places[name] = queue
        self.routes[name] = [name]
        return queue, self.consumer(name, queue, action=action, chain=chain)

    def function(self, name, *, action=False, chain=(), **policy):
        """A function to be invoked."""
        consumer = self.consumer(name, None, action=action, chain=chain)
        handler = self._handler(consumer, lambda body: body)
        consumer.home = self.app.function(name=name, **policy)(handler)
        self.places[name] = consumer.home
        self.routes[name] = [name]
        return consumer.home

    def table(self, name, **options):
        """A table of items."""
        table = self.app.table(name, key="id", **options)
        self.places[name] = table
        self.routes[name] = self.routes[f"{name}!"] = []
        return table

    def follower(self, name, table, *, action=False, chain=(), **policy):
        """A handler of all changes of a table."""
        consumer = self.consumer(name, None, action=action, chain=chain)
        consumer.follows = self.places[table]
        handler = self._handler(consumer, self._changed)
        self.app.on_change(self.places[table], name=name, **policy)(handler)
        consumer.home = self.app.function_named(name)
        for place in (table, f"{table}!"):
            self.routes[place] = [*self.routes[place], name]

    def bus(self, name, **options):
        """A bus whose events are of the types a and b."""
        bus = self.app.bus(name, **options)
        for type_ in "ab":
            self.places[f"{name}/{type_}"] = bus
            self.routes[f"{name}/{type_}"] = []
        return bus

    def rule(self, name, bus, types, to, *, terms=None, **pattern):
        """Let events of some types go to a queue or function that is there."""
        self.app.resources[self.places[f"{bus}/a"].ref].rule(
            name,
            {"detail-type": list(types), **pattern},
            to=RuleTarget(self.places[to], **(terms or {})),
        )
        for type_ in types:
            self.routes[f"{bus}/{type_}"].append(to)

    def topic(self, name, subscribers):
        """A topic with the queues and functions that get its messages."""
        topic = self.app.topic(name)
        topic.subscribe(*(self.places[each] for each in subscribers))
        self.places[name] = topic
        self.routes[name] = list(subscribers)
        return topic

    def stream(self, name, shards, **options):
        """A stream of records by key."""
        self.places[name] = self.app.stream(name, shards=shards, **options)
        self.routes[name] = []

    def record_follower(self, name, stream, *, action=False, chain=(), **policy):
        """A handler of all records of a stream."""
        consumer = self.consumer(name, None, action=action, chain=chain)
        consumer.follows = self.places[stream]
        handler = self._handler(consumer, lambda record: record.data)
        self.app.on_record(self.places[stream], name=name, **policy)(handler)
        consumer.home = self.app.function_named(name)
        self.routes[stream] = [*self.routes[stream], name]

    def schedules(self, *targets):
        """Schedules that are made as things go, each for one firing to a queue or function."""
        group = self.app.schedules()
        for name in targets:
            self.places[f"later/{name}"] = group
            self.routes[f"later/{name}"] = [name]

    def pipe(self, name, source, to, *, asks=False, **options):
        """A pipe from what is there to a queue or bus that is there, perhaps asking outside."""
        place, target = self.places[source], self.places[to]
        path = {"table": "$.NewImage", "stream": "$.data", "queue": "$.body"}[place.ref.kind]
        if place.ref.kind == "table":
            options["filter"] = {"eventName": ["INSERT", "MODIFY"]}
        if asks:
            options |= {"enrich": self._asked(name), "enrich_input": InputPath(path)}
            path = "$"
        published = {"detail-type": to[-1], "detail": f"<{path}>"}
        is_bus = target.ref.kind == "bus"
        given = InputTransformer({}, published) if is_bus else InputPath(path)
        self.pausable[name] = self.app.pipe(name, source=place, to=target, input=given, **options)
        self.routes[source] = [*self.routes[source], *self.routes[to]]
        self.piped.add(source)

    def _asked(self, name):
        """An enrichment outside: it stumbles as it is told, and answers what it was asked."""

        async def ask(given):
            bodies = given if isinstance(given, list) else [given]
            for body in bodies:
                if body.get("slow"):
                    await self.pause(body["slow"])
                self.stumble(name, {**body, "fails": min(body.get("fails", 0), STUMBLES_MAX)})
            return given

        return self.app.function(name=f"{name}-ask")(ask)

    def mail(self, name):
        """Mail whose letters have their token as their subject."""
        self.places[name] = self.app.mail(name, to="a@example.com")
        return self.places[name]

    def destination(self, name, *, chain=(), **options):
        """A server outside, which answers 500 where a handler would fail."""
        url = f"http://{name}.outside"
        destination = self.app.destination(name, url=url, **options)
        handler = self._handler(
            self.consumer(name, destination, action=True, chain=chain), lambda body: body
        )

        async def answer(request):
            body = json.loads(request.content)
            key = request.headers["idempotency-key"]
            first = self.keys.setdefault((name, said(body)["t"]), key)
            self.observe("key", first, key)
            try:
                await handler(body)
            except RuntimeError:
                return httpx.Response(500)
            return httpx.Response(200)

        self.app.outside = {**self.app.outside, url: httpx.MockTransport(answer)}
        self.places[name] = destination
        self.routes[name] = [name]
        return destination

    def consumer(self, who, home, *, action, chain):
        """Somebody who is to handle things."""
        self.consumers[who] = Consumer(who, home, action, chain=list(chain))
        return self.consumers[who]

    # What handlers do

    def _handler(self, consumer, body_of):
        who = consumer.who

        def transact(given, tx):
            self.handles(who)
            body = said(body_of(given))
            self.begun[who, body["t"]] += 1
            late = body.get("late")
            if not late:
                self.stumble(who, body)
            self.note(consumer, body, tx)
            if late:
                self.stumble(who, body)

        async def act(given):
            body = said(body_of(given))
            self.begun[who, body["t"]] += 1
            if not body.get("late"):
                self.stumble(who, body)
            if body.get("slow"):
                await self.pause(body["slow"])
            self.calls.append((who, body["t"], body.get("g"), body["n"]))
            await self.app.run(self.note_once, consumer, body)
            if body.get("late"):
                self.stumble(who, body)

        handler = act if consumer.is_action else transact
        handler.__name__ = who
        return handler

    def _one_by_one(self, consumer, handler):
        """A handler of batches: each by itself; an action tells which have failed."""

        def transact(given, tx):
            for each in given:
                handler(each, tx)

        async def act(given):
            # All have begun: when the time is over, all have failed.
            self.begun.update((consumer.who, said(each.body)["t"]) for each in given)
            failed = []
            for each in given:
                try:
                    await handler(each)
                except RuntimeError:
                    failed.append(each.id)
            return failed

        batch = act if consumer.is_action else transact
        batch.__name__ = consumer.who
        return batch

    def handles(self, who):
        """Note that somebody handles something, and whether that is paused."""
        self.observe("paused", who, self.paused.get(who, False))

    def stumble(self, who, body):
        """Fail as often as the body says."""
        tried = (who, body["t"])
        self.tries[tried] += 1
        if self.tries[tried] <= body.get("fails", 0):
            raise RuntimeError(f"{who} stumbles over {body['t']}")

    async def pause(self, ms):
        """Wait for the held clock."""
        future = asyncio.get_running_loop().create_future()
        self.clock.call_at(
            self.clock.now_ms() + ms, lambda: future.done() or future.set_result(None)
        )
        await future

    def note(self, consumer, body, tx):
        """The effect of a handler: counted, in its turn, and passed on."""
        key = {"who": consumer.who, "token": body["t"]}
        before = tx.get(self.effects, (consumer.who, body["t"]))
        tx.put(self.effects, {**key, "times": 1 if before is None else before["times"] + 1})
        self._take_turn(consumer.who, body, tx)
        if before is not None:
            return  # it was read again, and passed on before
        for place in consumer.chain:
            follow = {"g": body["g"]} if body.get("g") else {}
            if place.startswith("table"):
                follow["k"] = "x"
            self.emit(place, {**follow, "t": f"{body['t']}>{consumer.who}:{place}"}, tx)

    def note_once(self, consumer, body, tx):
        """The effect of an action, which may come again."""
        if tx.get(self.effects, (consumer.who, body["t"])) is None:
            self.note(consumer, body, tx)

    def _take_turn(self, who, body, tx):
        if body.get("g") is None:
            return
        line = f"{who}/{body['g']}"
        found = tx.get(self.lines, line) or {"line": line, "last": 0, "wrong": []}
        if body["n"] <= found["last"]:
            found["wrong"] = [*found["wrong"], [found["last"], body["n"], body["t"]]]
        tx.put(self.lines, {**found, "last": body["n"]})

    # What is promised

    def emit(self, place, body, tx, *, delay=0):
        """Promise something to a place, in this transaction; returns whether it counts."""
        target, body = self.places[place.rstrip("!")], dict(body)
        kind = target.ref.kind
        if kind == "stream" and "k" in body:
            body["g"] = f"{place}:{body['k']}"
        elif kind not in {"queue", "table", "destination"}:
            body.pop("g", None)
        line = body.get("k") or body.get("g")
        body["n"] = self._next(f"{place.rstrip('!')}:{line}", tx) if line else 0
        counts = (self._change if kind == "table" else self._tell)(place, target, body, tx, delay)
        if counts:
            tx.put(self.accepted, {"token": body["t"], "to": place})
        return counts

    def _tell(self, place, target, body, tx, delay):
        """Let it go to what is no table; returns whether it was not told before."""
        kind = target.ref.kind
        if kind == "bus":
            tx.publish(target, place[-1], body)
        elif kind == "topic":
            tx.publish(target, body)
        elif kind == "stream":
            tx.append(target, body, key=body.get("k"))
        elif kind == "mail":
            tx.send(target, {"subject": body["t"], "text": "."})
        elif kind == "schedule":
            # To the second, and never in the past.
            at = datetime.fromtimestamp(tx.now_ms // 1_000 + 1 + delay, UTC)
            to = self.places[place.partition("/")[2]]
            when = f"at({at:%Y-%m-%dT%H:%M:%S})"
            tx.schedule(target, body["t"], when, to=to, body=body, after="delete")
        elif kind == "destination":
            tx.send(target, body, delay=delay, group=body.get("g"))
        elif kind == "queue":
            return self._send(target, body, tx, delay)
        else:
            tx.send(target, body, delay=delay)
        return True

    def _send(self, queue, body, tx, delay):
        """Send a message; returns whether it is the first with its deduplication id."""
        options = body.pop("options", {})
        known, first = options.get("deduplication_id"), None
        if known is not None:
            first = tx.get(self.sent, (queue.ref.name, known))
        message_id = tx.send(queue, body, delay=delay, group=body.get("g"), **options)
        if queue.model.deduplicate:
            self.observe("sent twice", tx.send(queue, body), message_id, 1)
        if known is None:
            return True
        is_again = first is not None and message_id == first["message"]
        if first is not None and self.clock_holds:
            self.observe("sent twice", message_id, first["message"], tx.now_ms < first["until"])
        if not is_again:
            until_ms = tx.now_ms + DEDUPLICATION_MS
            noted = {"queue": queue.ref.name, "id": known, "message": message_id}
            tx.put(self.sent, {**noted, "until": until_ms})
        return not is_again

    def _change(self, place, table, body, tx, delay):
        """Put an item, or remove it; returns whether there is anything to tell."""
        del delay
        body["g"] = f"{place.rstrip('!')}:{body['k']}"
        if place.endswith("!"):
            gone = tx.delete(table, body["k"])
            body["t"] = None if gone is None else f"{gone['t']}!"
            return gone is not None
        expected = body.pop("expect", None)
        lives_s = body.pop("lives", 5)
        if table.model.ttl is not None:
            body["ends"] = tx.now_ms // 1_000 + lives_s
        if expected is None:
            return tx.put(table, {"id": body["k"], **body})
        there = tx.get_versioned(table, body["k"])
        held = tx.put(table, {"id": body["k"], **body}, expect=expected)
        self.observe("expected", expected, 0 if there is None else there.version, held)
        return held

    def _changed(self, change):
        """What a change says: an item that is gone says so by a token of its own."""
        if change.new is not None:
            return {**change.new}
        if change.expired and self.clock_holds:  # else it may be handled after it was set back
            self.observe("expired", change.old["ends"], self.clock.now_ms())
        return {**change.old, "t": f"{change.old['t']}!", "n": change.old["n"] + 0.5}

    def _next(self, line, tx):
        found = tx.get(self.lines, f"next {line}")
        last = 1 if found is None else found["last"] + 1
        tx.put(self.lines, {"line": f"next {line}", "last": last, "wrong": []})
        return last

    def gather_letters(self):
        """Take the letters that have left out of the drawers."""
        for place in self.places.values():
            if hasattr(place, "drawer"):
                self.letters.update(letter.subject for letter in place.drawer.letters)
                place.drawer.letters.clear()


def said(body):
    """What was promised, out of whatever it was packed in by the way."""
    if "t" in body:
        return body
    return said(body.get("detail") or body.get("data") or body["body"])
