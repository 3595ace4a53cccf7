"""One seed: a world is made, used and broken at random, and must come out right."""

from __future__ import annotations

import gc
import json
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from ensue.engine.ids import seeded_random
from ensue.engine.lanes import HORIZON
from ensue.engine.readers import set_reader
from ensue.engine.transaction import Origin
from ensue.testing.disk import Fault
from ensue.words.errors import StoreError
from tests.simulation.invariants import Broken, Ledger, along, at_the_end
from tests.simulation.machine import Machine
from tests.simulation.world import ALWAYS, World

HOUR_MS = 3_600_000
FOLDER = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - a disk in memory, when there is one


def policy(rng, action):
    """How a handler is run, at random."""
    told = {
        "retry_base": rng.choice(["10ms", "1s"]),
        "retry_cap": "5s",
        "batch": rng.choice([1, 2, 5, 100]),
    }
    if action:
        told |= {"concurrency": rng.choice([1, 2, 10]), "timeout": rng.choice(["1s", "30s"])}
    if rng.random() < 0.2:
        told["rate"] = rng.choice(["3/s", "50/s"])
    return told


def made(rng):
    """A world made at random."""
    world = World()
    names = []

    def chain():
        return rng.sample(names, min(len(names), rng.choice([0, 0, 1, 2])))

    if rng.random() < 0.5:
        world.mail("post")
        names.append("post")
    for number in range(rng.randint(1, 3)):
        action = rng.random() < 0.5
        name = f"queue{number}"
        world.queue(
            name,
            action=action,
            max_receives=rng.randint(1, 4),
            chain=chain(),
            **policy(rng, action),
        )
        names.append(name)
    for number in range(rng.randint(0, 2)):
        action = rng.random() < 0.4
        name = f"function{number}"
        world.function(
            name, action=action, retries=rng.randint(0, 3), chain=chain(), **policy(rng, action)
        )
        names.append(name)
    add_fan_out(world, rng, names)
    for number in range(rng.randint(1, 2)):
        world.table(f"table{number}")
        for follower in range(rng.randint(0, 2)):
            action = rng.random() < 0.3
            world.follower(
                f"table{number}-{follower}",
                f"table{number}",
                action=action,
                retries=rng.randint(0, 3),
                chain=chain(),
                **policy(rng, action),
            )
        names.append(f"table{number}")
    if rng.random() < 0.5:
        world.stream("stream0", rng.choice([1, 2, 4]))
        for follower in range(rng.randint(1, 2)):
            action = rng.random() < 0.3
            world.record_follower(
                f"stream0-{follower}",
                "stream0",
                action=action,
                retries=rng.randint(0, 3),
                chain=chain(),
                **policy(rng, action),
            )
    return world


def add_fan_out(world, rng, names):
    """A bus and a topic, perhaps, to the queues and functions that are there."""
    targets = [name for name in names if name != "post"]
    if rng.random() < 0.7:
        world.bus("bus0")
        for number, to in enumerate(rng.sample(targets, min(len(targets), 3))):
            world.rule(f"rule{number}", "bus0", rng.choice(["a", "b", "ab"]), to)
        names += ["bus0/a", "bus0/b"]
    if rng.random() < 0.5:
        world.topic("topic0", rng.sample(targets, rng.randint(1, len(targets))))
        names.append("topic0")
    if rng.random() < 0.4:
        world.schedules(*targets[:2])


@dataclass
class Played:
    """What came of a seed."""

    seed: int
    steps: int
    accepted: int
    deaths: int
    dead: int


class Play:
    """A seed's run.

    Args:
        seed: decides everything.
        folder: for the disk.
        tell: is told each step, for a trace.
    """

    def __init__(self, seed, folder, tell=None, synchronous="FULL"):
        self.seed = seed
        self.rng = rng = seeded_random(seed)
        self.tell = tell or (lambda *said: None)
        self.world = made(rng)
        self.purges = rng.random() < 0.2
        self.ledger = Ledger()
        self.numbers = 0
        self.clock_moves = rng.random() < 0.3
        self.machine = machine = Machine(
            self.world,
            folder,
            rng,
            synchronous=synchronous,
            keep_ms=60_000 if self.purges else 10**12,
        )
        machine.told = self.tell
        machine.cuts_power = lambda: rng.random() < 0.5
        machine.clock_shift_ms = lambda: (
            rng.choice([0, 0, HOUR_MS, -HOUR_MS, 5_000]) if self.clock_moves else 0
        )
        self.steps = 0

    def play(self):
        """Do everything, and check it."""
        actions = list(ACTIONS)
        weights = [ACTIONS[action] for action in actions]
        for _ in range(self.rng.randint(20, 90)):
            self.steps += 1
            [action] = self.rng.choices(actions, weights)
            self.tell(self.steps, action.__name__)
            action(self)
            if self.rng.random() < 0.1:
                self.look()
        self.machine.calm()
        self.tell("calm")
        if self.rng.random() < 0.3:
            self.machine.die()
        self.machine.drain()
        seen = at_the_end(self.machine, self.ledger, purges=self.purges)
        dead = sum(len(tokens) for tokens in seen.dead.values())
        return Played(self.seed, self.steps, len(seen.accepted), self.machine.deaths, dead)

    def look(self):
        """Check what holds at every moment, if the store can be read."""
        try:
            along(self.machine, self.ledger, purges=self.purges)
        except StoreError as fault:
            self.tell("cannot look:", fault)

    # What clients do

    def clients(self):
        rng = self.rng
        functions, tokens = [], []
        for _ in range(rng.choice([1, 1, 2, 4])):
            promised = [self.promise() for _ in range(rng.choice([1, 1, 2, 5]))]
            fails = rng.random() < 0.15

            def run(tx, promised=promised, fails=fails):
                mine = self.world.app.home.make_tx(tx)
                for place, body, delay in promised:
                    self.world.emit(place, body, mine, delay=delay)
                if fails:
                    raise RuntimeError("thought better of it")

            functions.append(run)
            # What is removed has the token of what was there, so only the others are counted.
            tokens.append({body["t"] for place, body, _ in promised if not place.endswith("!")})
        for outcome, mine in zip(self.machine.together(*functions), tokens, strict=True):
            self.tell("  ", outcome, sorted(mine))
            self.ledger.note(outcome, mine)

    def fate(self):
        """What is promised, and how its handlers will fare with it."""
        rng = self.rng
        body = {"t": f"t{self.numbers}"}
        if rng.random() < 0.25:
            body["fails"] = rng.choice([1, 1, 2, ALWAYS])
        if rng.random() < 0.3:
            body["late"] = True
        if rng.random() < 0.3:
            body["slow"] = rng.choice([1, 100, 2_000])
        return body

    def promise(self):
        """A place, what to promise to it, and with what delay."""
        rng, world = self.rng, self.world
        self.numbers += 1
        places = [*world.places]
        place = rng.choice(places)
        body = self.fate()
        body["k"] = rng.choice("xyz")
        delay = 0
        if place.startswith("queue"):
            del body["k"]
            if rng.random() < 0.5:
                body["g"] = rng.choice("gh")
            delay = rng.choice([0, 0, 0, 0.5, 3])
        elif place.startswith("later"):
            delay = rng.choice([0, 1, 5, 30])
            del body["k"]
        elif place.startswith("stream"):
            if rng.random() < 0.3:
                del body["k"]
        elif not place.startswith("table"):
            del body["k"]
        elif rng.random() < 0.2:
            place += "!"
        return place, body, delay

    def typed_in(self):
        """Another program changes an item."""
        table = self.rng.choice([place for place in self.world.places if place[:5] == "table"])
        self.numbers += 1
        token, key = f"t{self.numbers}", self.rng.choice("xyz")
        item = json.dumps({"token": token, "to": table})
        promise = f"INSERT INTO sim_accepted (pk, item) SELECT ?, ? FROM sim_{table} WHERE pk = ?"
        number = "json_extract(item, '$.n') + 0.01"
        change = f"json_set(item, '$.t', ?, '$.fails', 0, '$.n', {number})"
        done = self.machine.typed_in([
            (promise, (token, item, key)),
            (f"UPDATE sim_{table} SET item = {change} WHERE pk = ?", (token, key)),
        ])
        self.tell("  ", table, key, token, done)

    # What workers do

    def work(self):
        for _ in range(self.rng.randint(1, 6)):
            due = self.machine.due()
            if not due:
                return
            worker = self.rng.choice(due)
            limit = self.rng.choice([1, 2, 10_000])
            self.tell("  ", worker.name, limit)
            self.machine.step(worker, limit)

    def turns(self):
        self.machine.turns(self.rng.randint(1, 10))

    def time_passes(self):
        machine = self.machine
        next_ms = machine.next_ms()
        if next_ms is not None and self.rng.random() < 0.7:
            machine.clock.move_to(next_ms)
        else:
            machine.clock.move_to(machine.clock.now_ms() + self.rng.choice([1, 50, 1_000, 40_000]))

    def clock_jumps(self):
        if self.clock_moves:
            self.machine.clock.move_to(self.machine.clock.now_ms() + HOUR_MS)

    # What goes wrong

    def fault(self):
        kind = self.rng.choice(["kill", "kill", "kill after", "io", "full", "memory", "heap"])
        at = self.machine.disk.steps + self.rng.randint(1, 30)
        self.machine.disk.fault = Fault(kind, at, times=self.rng.choice([1, 1, 3, 20]))
        self.tell("  ", self.machine.disk.fault)

    def mend(self):
        self.machine.disk.mend()

    def kill(self):
        self.machine.die()

    def restart(self):
        self.machine.restart()

    def lock(self):
        self.machine.take_lock()

    def unlock(self):
        self.machine.release_lock()

    def checkpoint(self):
        self.machine.checkpoint()

    # What operators do

    def redrive(self):
        world = self.world
        who = self.rng.choice([*world.consumers])
        home = world.consumers[who].home
        ref = home.model.dead_letters
        queue = world.app.resources[ref]

        async def redriven():
            try:
                return await queue.redrive(self.rng.choice([1, 10_000]))
            except StoreError:
                return "unknown"

        moved = self.machine.run(redriven())
        self.tell("  ", who, moved)
        if moved != 0:
            world.out_of_turn.add(who)

    def rewind(self):
        world = self.world
        followers = [
            each
            for each in world.consumers.values()
            if each.follows is not None and each.follows.ref.kind == "table"
        ]
        if not followers:
            return
        consumer = self.rng.choice(followers)
        world.again.add(consumer.who)
        self.tell("  ", consumer.who)

        async def set_back():
            engine = self.machine.engine
            try:
                await engine.transact(
                    lambda tx: set_reader(
                        tx,
                        consumer.home.ref,
                        consumer.follows.ref,
                        HORIZON,
                        confirm=consumer.home.ref.name,
                    ),
                    Origin("rewind"),
                )
            except StoreError:
                return
            engine.wake({engine.number(consumer.follows.ref)})

        self.machine.run(set_back())


ACTIONS = {
    Play.clients: 30,
    Play.work: 40,
    Play.turns: 12,
    Play.time_passes: 12,
    Play.clock_jumps: 1,
    Play.fault: 5,
    Play.mend: 3,
    Play.kill: 2,
    Play.restart: 2,
    Play.lock: 1,
    Play.unlock: 3,
    Play.checkpoint: 2,
    Play.typed_in: 3,
    Play.redrive: 2,
    Play.rewind: 1,
}


def play(seed, tell=None, **options):
    """Play a seed.

    Raises:
        AssertionError: something does not hold; says the seed and how to replay it.
    """
    with TemporaryDirectory(prefix="ensue-sim-", dir=FOLDER) as folder:
        game = Play(seed, Path(folder), tell, **options)
        try:
            return game.play()
        except Exception as fault:
            raise Broken(
                f"seed {seed}, step {game.steps}: {type(fault).__name__}: {fault}\n"
                f"replay it with: python -m tests.simulation --seed {seed} --trace"
            ) from fault
        finally:
            game.machine.stop()
            if seed % 50 == 0:
                gc.collect()
