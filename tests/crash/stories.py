"""Twenty stories that use every kind, each told on a machine whose disk may fail at any step.

A story is a world and what its clients do. A client that cannot know whether a transaction was done
looks, and asks again: so in the end all that is promised is the same, whatever went wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import httpx

from ensue import Body
from ensue.doors.http import asgi_app
from ensue.words.errors import Conflict, EnsueError
from tests.crash.machines import machine, tell_machine
from tests.crash.mended import mended, tell_mended
from tests.crash.metered import metered, tell_metered
from tests.crash.secrets import secrets, tell_secrets
from tests.simulation.invariants import Ledger
from tests.simulation.machine import Machine
from tests.simulation.world import ALWAYS, World

ATTEMPTS_MAX = 6


class Promise(Body):
    """What a client asks for over HTTP."""

    place: str
    token: str


class Teller:
    """Tells a story on a machine: does what clients do until it is done."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.world = machine.world
        self.ledger = Ledger()

    def client(self, *promised, fails=False, delay=0):
        """Promise things, each a place and a body, in one transaction."""
        first = promised[0][1]["t"]

        def run(tx):
            mine = self.world.app.home.make_tx(tx)
            if mine.get(self.world.accepted, first) is not None:
                return  # the answer to the first time was lost
            for place, body in promised:
                self.world.emit(place, body, mine, delay=delay)
            if fails:
                raise RuntimeError("thought better of it")

        tokens = {body["t"] for place, body in promised if not place.endswith("!")}
        self.ledger.note(self._until_known(run), tokens)

    def together(self, *promised):
        """Clients that come at the same moment; one that comes with them is refused."""

        def refused(tx):
            self.world.emit(*promised[0], self.world.app.home.make_tx(tx))
            raise RuntimeError("thought better of it")

        def client(place, body):
            def run(tx):
                mine = self.world.app.home.make_tx(tx)
                if mine.get(self.world.accepted, body["t"]) is None:
                    self.world.emit(place, body, mine)

            return run

        for attempt in range(ATTEMPTS_MAX):
            runs = [client(*each) for each in promised]
            said = self.machine.together(runs[0], refused, *runs[1:])
            if attempt:
                self.machine.calm()
            if said == ["done", "refused"] + ["done"] * (len(promised) - 1):
                return
        raise AssertionError("the clients get no answer")

    def _until_known(self, run):
        for attempt in range(ATTEMPTS_MAX):
            [said] = self.machine.together(run)
            if said != "unknown":
                return said
            if attempt:
                self.machine.calm()  # somebody looks after the disk
        raise AssertionError("the client gets no answer")

    def post(self, place, token):
        """Ask over HTTP, under a key, until there is an answer."""
        for attempt in range(ATTEMPTS_MAX):
            status = self.machine.run(self._post(place, token))
            if status == 201:
                self.ledger.note("done", {token})
                return
            if attempt:
                self.machine.calm()
        raise AssertionError("the request gets no answer")

    async def _post(self, place, token):
        door = httpx.ASGITransport(asgi_app(self.machine.platform), raise_app_exceptions=False)
        async with httpx.AsyncClient(
            transport=door, base_url="http://localhost", trust_env=False
        ) as client:
            answer = await client.post(
                "/promises",
                json={"place": place, "token": token},
                headers={"Idempotency-Key": token},
            )
            return answer.status_code

    def settle(self):
        self.machine.settle()

    def wait(self, ms):
        """Let time pass, and what is due meanwhile happen."""
        until_ms = self.machine.clock.now_ms() + ms
        self.machine.settle()
        while (next_ms := self.machine.next_ms()) is not None and next_ms <= until_ms:
            self.machine.clock.move_to(next_ms)
            self.machine.settle()
        self.machine.clock.move_to(until_ms)
        self.machine.settle()

    def redrive(self, who, letters=None):
        """Move what is dead back, from the dead-letter queue of its own, or another one."""
        own = self.world.consumers[who].home.model.dead_letters
        ref = own if letters is None else own._replace(name=letters)
        queue = self.world.app.resources[ref]
        self.world.out_of_turn.add(who)

        async def redriven():
            try:
                await queue.redrive()
            except EnsueError:
                return False
            return True

        for _ in range(ATTEMPTS_MAX):
            if self.machine.run(redriven()):
                return
            self.machine.calm()

    def replay(self, place, name, **options):
        """Have events delivered again, as often as it takes to know that they are."""
        bus = self.world.places[place]

        async def replayed():
            try:
                await bus.replay(name, **options)
            except Conflict:
                return True  # the answer to the first time was lost
            except EnsueError:
                return False
            return True

        for _ in range(ATTEMPTS_MAX):
            if self.machine.run(replayed()):
                return
            self.machine.calm()
        raise AssertionError("the replay is not begun")

    def put(self, key, body):
        """Put an object into the bucket, as often as it takes to know that it is there."""

        async def done():
            try:
                await self.world.bucket.put(key, body)
            except EnsueError:
                return False
            return True

        for _ in range(ATTEMPTS_MAX):
            if self.machine.run(done()):
                return
            self.machine.calm()
        raise AssertionError("the object is not put")

    def until(self, doing):
        """Do something that may be done again, until it is known to be done; what it answers."""

        async def done():
            try:
                return await doing()
            except EnsueError:
                return None

        for _ in range(ATTEMPTS_MAX):
            found = self.machine.run(done())
            if found is not None:
                return found
            self.machine.calm()
        raise AssertionError("it is never known to be done")

    def keep(self, name):
        """Keep a secret, and send the message that tells of it, in one transaction."""

        def run(tx):
            mine = self.world.app.home.make_tx(tx)
            if mine.get(self.world.accepted, name) is None:
                mine.put_secret(self.world.vault, "bank", name)
                self.world.emit("told", {"t": name}, mine)

        self.ledger.note(self._until_known(run), {name})

    def start(self, token, items):
        """Start the flow, and promise that each item is handled, and then the whole."""

        def run(tx):
            mine = self.world.app.home.make_tx(tx)
            if mine.get(self.world.accepted, token) is not None:
                return  # the answer to the first time was lost
            for each in items:
                mine.put(self.world.accepted, {"token": each, "to": "flow/item"})
            mine.put(self.world.accepted, {"token": token, "to": "flow/whole"})
            mine.start(self.world.flow, {"t": token}, name=token)

        self.ledger.note(self._until_known(run), {token, *items})

    def serve(self):
        """Work at the desk until no execution waits for it; what was lost comes again."""
        activity, flow = self.world.activity, self.world.flow

        async def worked():
            try:
                task = await activity.take(worker="desk")
                if task is not None:
                    await activity.succeed(task.token, {"approved": True})
            except EnsueError:
                return False  # whether it was taken, or answered, is not known
            return task is not None

        async def waiting():
            try:
                return bool((await flow.executions(status="RUNNING")).executions)
            except EnsueError:
                return True

        for attempt in range(10 * ATTEMPTS_MAX):
            if not self.machine.run(worked()):
                if self.machine.run(waiting()) is False:
                    return
                self.wait(DESK_MS)
            if attempt > ATTEMPTS_MAX:
                self.machine.calm()
        raise AssertionError("the desk is never empty")


@dataclass(frozen=True)
class Story:
    """A world to declare, and what is told in it."""

    declare: Callable[[World], None]
    tell: Callable[[Teller], None]
    keep_ms: int = 10**12


def order(world):
    """A table, its follower, a queue with an action, mail and a bus with a rule."""
    world.mail("post")
    world.function("report")
    world.bus("events")
    world.rule("all", "events", "ab", "report")
    world.queue("payments", action=True, chain=["events/a", "post"])
    world.table("orders")
    world.follower("reserve", "orders", chain=["payments", "events/b"])


def tell_order(t):
    t.client(("orders", {"t": "one", "k": "x"}))
    t.client(("orders", {"t": "two", "k": "y", "slow": 100}))
    t.settle()


def fan_out(world):
    """An event for three rules."""
    world.queue("first", options={"max_receives": 2})
    world.queue("second", action=True)
    world.function("third", action=True, retries=1)
    world.bus("events")
    for to in ("first", "second", "third"):
        world.rule(to, "events", "ab", to)


def tell_fan_out(t):
    t.client(("events/a", {"t": "one"}), ("events/b", {"t": "two", "fails": 1}))
    t.settle()
    t.client(("events/a", {"t": "three"}))


def refusals(world):
    """Targets that take one at a time: what they refuse is tried again, or dead and redriven."""
    world.queue("few", options={"depth_max": 1})
    world.queue("lone", options={"depth_max": 1})
    world.bus("events")
    world.rule("again", "events", "a", "few")
    world.rule("never", "events", "b", "lone", terms={"retries": 0})
    world.out_of_turn |= {"few", "lone"}


def tell_refusals(t):
    t.client(*[(f"events/{type_}", {"t": f"{type_}{n}"}) for type_ in "ab" for n in range(3)])
    t.settle()
    t.wait(30_000)
    for _ in range(4):
        t.redrive("lone", "events-dlq")
        t.wait(1_000)


def groups(world):
    """Messages in groups, the first of which fails again and again."""
    world.queue("lines", options={"max_receives": 2}, batch=2, retry_base="1s", retry_cap="5s")
    world.queue("calls", action=True, options={"max_receives": 2}, retry_base="1s", retry_cap="5s")


def tell_groups(t):
    for number, group in enumerate("ggh"):
        body = {"t": f"t{number}", "g": group, "fails": ALWAYS if number == 0 else 0}
        t.client(("lines", body), ("calls", {**body, "t": f"c{number}"}))
    t.settle()
    t.wait(10_000)


def failures(world):
    """An action that fails, fails for good, and is tried again by hand."""
    world.queue("calls", action=True, options={"max_receives": 2}, retry_base="1s", retry_cap="2s")


def tell_failures(t):
    t.client(("calls", {"t": "once", "fails": 1, "late": True}))
    t.client(("calls", {"t": "thrice", "fails": 3}))
    t.client(("calls", {"t": "long", "slow": 60_000}))
    t.wait(100_000)
    t.redrive("calls")
    t.wait(5_000)


def items(world):
    """Items that are put, changed, removed, and put again."""
    world.table("things")
    world.follower("watch", "things", batch=1)
    world.follower("call", "things", action=True, retries=2)


def tell_items(t):
    t.client(("things", {"t": "one", "k": "x"}), ("things", {"t": "two", "k": "x"}))
    t.client(("things!", {"t": "gone", "k": "x"}))
    t.settle()
    t.client(("things", {"t": "three", "k": "x"}))


def functions(world):
    """Functions that are invoked, now and later, and by a schedule."""
    world.function("later")
    world.function("now", chain=["later"], retries=1)
    world.function("act", action=True, retries=1, timeout="1s")
    world.schedules("now")


def tell_functions(t):
    t.client(("now", {"t": "one"}), ("act", {"t": "two"}), delay=5)
    t.client(("act", {"t": "three", "slow": 2_000}), ("later/now", {"t": "four"}))
    t.wait(8_000)


def parked(world):
    """A change that fails, and those of its item that wait behind it."""
    world.table("things")
    world.follower("watch", "things", retries=2, retry_base="1s", retry_cap="5s")


def tell_parked(t):
    t.client(("things", {"t": "first", "k": "x", "fails": 2}))
    t.client(("things", {"t": "second", "k": "x"}), ("things", {"t": "other", "k": "y"}))
    t.settle()
    t.client(("things", {"t": "third", "k": "x", "fails": ALWAYS, "late": True}))
    t.wait(4_000)
    t.client(("things", {"t": "fourth", "k": "x"}))
    t.wait(10_000)


def topics(world):
    """A message for every subscriber, and records of a stream for its follower."""
    world.mail("post")
    world.queue("first", chain=["post"])
    world.function("second", action=True)
    world.topic("news", ["first", "second"])
    world.stream("log", 2)
    world.record_follower("read", "log", chain=["post"], retries=1, retry_base="1s")


def tell_topics(t):
    t.together(("news", {"t": "one"}), ("news", {"t": "two"}), ("first", {"t": "three", "g": "g"}))
    t.settle()
    t.machine.restart()
    t.client(("news", {"t": "four"}), ("log", {"t": "five", "k": "x", "fails": 1}))
    t.client(("log", {"t": "six", "k": "x"}), ("log", {"t": "seven", "k": "y"}))


def requests(world):
    """Requests over HTTP, sent again under their key until they are answered."""
    world.queue("jobs", action=True)

    @world.app.post("/promises", status=201)
    def promise(body: Promise, tx) -> dict[str, str]:
        world.emit(body.place, {"t": body.token}, tx)
        return {"token": body.token}

    promise.__annotations__["body"] = Promise


def tell_requests(t):
    t.post("jobs", "one")
    t.settle()
    t.post("jobs", "two")


def forgetting(world):
    """Done work and old records are forgotten while new ones come; the log moves into the file."""
    world.queue("jobs")
    world.table("things")
    world.follower("watch", "things", chain=["jobs"])


def tell_forgetting(t):
    t.client(("things", {"t": "one", "k": "x"}), ("jobs", {"t": "two"}))
    t.wait(200_000)
    t.machine.checkpoint()
    t.client(("things", {"t": "three", "k": "x"}), ("jobs", {"t": "four"}))
    t.machine.checkpoint()
    t.wait(200_000)


def again(world):
    """Events that are archived, and replayed to a function that gets replays only."""
    world.bus("events", keep="1m").archive("all", keep=None)
    world.function("report")
    world.function("again")
    world.rule("report", "events", "ab", "report")
    world.rule("again", "events", "a", "again", **{"replay-name": [{"exists": True}]})


def tell_again(t):
    t.client(("events/a", {"t": "one"}), ("events/b", {"t": "two"}))
    t.client(("events/a", {"t": "three"}))
    t.wait(200_000)
    t.client(("events/a", {"t": "four"}))
    t.replay("events/a", "once", to="again", rate="1/s")
    t.wait(10_000)
    t.client(("events/b", {"t": "five"}))


def pipes(world):
    """A table through a pipe and a bus to a queue; pipes that ask outside; one that waits."""
    world.queue("jobs")
    world.bus("events")
    world.rule("all", "events", "a", "jobs", terms={"group": "$.detail.g"})
    world.table("things")
    world.pipe("tell", "things", "events/a")
    world.queue("calls", action=True)
    world.table("others")
    world.pipe("ask", "others", "calls", asks=True, batch=2, retry_base="1s", retry_cap="2s")
    world.queue("last")
    world.stream("log", 2)
    world.pipe("wait", "log", "last", batch=3, window="2s")
    world.source_queue("first")
    world.pipe("pass", "first", "last", asks=True)


def tell_pipes(t):
    t.client(("things", {"t": "one", "k": "x"}), ("things", {"t": "two", "k": "x"}))
    t.client(("others", {"t": "three", "k": "x"}), ("others", {"t": "four", "k": "y", "fails": 1}))
    t.settle()
    t.client(("log", {"t": "five", "k": "x"}), ("others", {"t": "six", "k": "x", "slow": 100}))
    t.client(("first", {"t": "seven", "g": "g"}), ("first", {"t": "eight", "g": "g", "fails": 1}))
    t.wait(3_000)
    t.client(("things", {"t": "nine", "k": "x"}), ("log", {"t": "ten", "k": "x"}))
    t.wait(3_000)


def outside(world):
    """Events for a server outside, which is out of order for a time and refuses one for good."""
    world.queue("report")
    world.destination("bank", chain=["report"], retries=3, retry_base="1s", retry_cap="2s")
    world.bus("events")
    world.rule("all", "events", "ab", "bank")


def tell_outside(t):
    t.client(("events/a", {"t": "one"}), ("events/b", {"t": "two", "fails": 1}))
    t.client(("bank", {"t": "three", "g": "g", "fails": 2}), ("bank", {"t": "four", "g": "g"}))
    t.settle()
    t.client(("bank", {"t": "five", "fails": 1, "late": True}), delay=5)
    t.client(("events/a", {"t": "six", "fails": ALWAYS}))
    t.wait(20_000)


ITEMS = {"Type": "Task", "Resource": "ensue:function:item", "ResultPath": None, "End": True}
MANY = {
    "StartAt": "Each",
    "States": {
        "Each": {
            "Type": "Map",
            "MaxConcurrency": 5,
            "ItemReader": {
                "Resource": "arn:aws:states:::s3:getObject",
                "ReaderConfig": {"InputType": "JSONL"},
                "Parameters": {"Bucket": "data", "Key": "items"},
            },
            "ItemProcessor": {
                "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
                "StartAt": "Item",
                "States": {"Item": ITEMS},
            },
            "ResultPath": "$.items",
            "Next": "Whole",
        },
        "Whole": {"Type": "Task", "Resource": "ensue:function:whole", "End": True},
    },
}
COUNT = 20


def many(world):
    """A map over the lines of an object: each has a child, and a function that it calls."""
    world.function("item")
    whole = world.consumer("whole", None, action=False, chain=())
    handle = world._handler(whole, lambda body: body)

    def ended(body, tx):
        world.observe("in order", [each["t"] for each in body["items"]], named(COUNT))
        handle(body, tx)

    whole.home = world.app.function(name="whole")(ended)
    for who in ("item", "whole"):  # called by a task, which leaves no work behind
        world.routes[f"flow/{who}"] = [who]
        world.piped.add(f"flow/{who}")
    world.bucket = world.app.bucket("data")
    world.flow = world.app.workflow("flow", definition=MANY)


def named(count):
    return [f"item {number}" for number in range(count)]


def tell_many(t):
    t.put("items", "".join(f'{{"t":"{token}"}}\n' for token in named(COUNT)).encode())
    t.start("one", named(COUNT))
    t.settle()
    t.wait(5_000)


DESK_MS = 2_500
DESK = {
    "StartAt": "Ask",
    "States": {
        "Ask": {
            "Type": "Task",
            "Resource": "ensue:activity:flow-desk",
            "TimeoutSeconds": 5,
            "Retry": [{"ErrorEquals": ["States.Timeout"], "MaxAttempts": 99, "BackoffRate": 1}],
            "ResultPath": "$.said",
            "Next": "Count",
        },
        "Count": {
            "Type": "Task",
            "Resource": "arn:aws:states:::dynamodb:updateItem",
            "Parameters": {
                "TableName": "counts",
                "Key": {"t": {"S.$": "$.t"}},
                "UpdateExpression": "ADD n :one",
                "ExpressionAttributeValues": {":one": {"N": "1"}},
                "ReturnValues": "ALL_NEW",
            },
            "ResultPath": "$.counted",
            "Next": "Whole",
        },
        "Whole": {"Type": "Task", "Resource": "ensue:function:whole", "End": True},
    },
}


def desk(world):
    """Executions that wait for a worker outside, and then count themselves in a table."""
    whole = world.consumer("whole", None, action=False, chain=())
    handle = world._handler(whole, lambda body: body)

    def ended(body, tx):
        world.observe("in order", body["counted"]["Attributes"]["n"]["N"], "1")
        handle(body, tx)

    whole.home = world.app.function(name="whole")(ended)
    world.routes["flow/whole"] = ["whole"]
    world.piped.add("flow/whole")
    world.app.table("counts", key="t")
    world.activity = world.app.activity("flow-desk")
    world.flow = world.app.workflow("flow", definition=DESK)


def tell_desk(t):
    t.start("one", [])
    t.start("two", [])
    t.settle()
    t.serve()
    t.start("three", [])
    t.settle()
    t.serve()


STORIES = {
    "desk": Story(desk, tell_desk),
    "machine": Story(machine, tell_machine),
    "mended": Story(mended, tell_mended),
    "metered": Story(metered, tell_metered),
    "many": Story(many, tell_many),
    "order": Story(order, tell_order),
    "fan-out": Story(fan_out, tell_fan_out),
    "refusals": Story(refusals, tell_refusals),
    "groups": Story(groups, tell_groups),
    "failures": Story(failures, tell_failures),
    "items": Story(items, tell_items),
    "functions": Story(functions, tell_functions),
    "parked": Story(parked, tell_parked),
    "topics": Story(topics, tell_topics),
    "requests": Story(requests, tell_requests),
    "forgetting": Story(forgetting, tell_forgetting, keep_ms=60_000),
    "again": Story(again, tell_again),
    "pipes": Story(pipes, tell_pipes),
    "outside": Story(outside, tell_outside),
    "secrets": Story(secrets, tell_secrets),
}
