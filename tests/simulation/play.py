"""One seed: a world is made, used and broken at random, and must come out right."""

from __future__ import annotations

import gc
import json
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from ensue.engine.ids import seeded_random
from ensue.testing.disk import Fault
from ensue.words.errors import StoreError
from tests.simulation.invariants import Broken, Ledger, along, at_the_end
from tests.simulation.machine import ROUNDS_MAX, Machine
from tests.simulation.making import made
from tests.simulation.part import UNKNOWN
from tests.simulation.world import ALWAYS

HOUR_MS = 3_600_000
FOLDER = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - a disk in memory, when there is one


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
        self.world, self.parts = made(rng)
        self.purges = rng.random() < 0.2
        self.ledger = Ledger()
        self.numbers = 0
        self.clock_moves = rng.random() < 0.3
        self.world.clock_holds = not self.clock_moves
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
        told = {getattr(self, name): weight for name, weight in ACTIONS.items()}
        for part in self.parts:
            told |= {partial(do, self): weight for do, weight in part.actions().items()}
        actions, weights = list(told), list(told.values())
        for _ in range(self.rng.randint(20, 80)):
            self.steps += 1
            [action] = self.rng.choices(actions, weights)
            self.tell(self.steps, getattr(action, "func", action).__qualname__)
            action()
            if self.rng.random() < 0.1:
                self.look()
        self.machine.calm()
        self.tell("calm")
        if self.rng.random() < 0.3:
            self.machine.die()
        for part in self.parts:
            part.calm(self)
        self.finish()
        seen = at_the_end(self.machine, self.ledger, purges=self.purges)
        dead = sum(len(tokens) for tokens in seen.dead.values())
        return Played(self.seed, self.steps, len(seen.accepted), self.machine.deaths, dead)

    def finish(self):
        """Let everything ensue, and everybody outside do what is left to do."""
        for _ in range(ROUNDS_MAX):
            self.machine.drain()
            did = [part.finish(self) for part in self.parts]
            if not any(did):
                break
        else:
            raise Broken("those outside never come to an end")
        for part in self.parts:
            part.end(self)

    def look(self):
        """Check what holds at every moment, if the store can be read."""
        try:
            along(self.machine, self.ledger, purges=self.purges)
        except StoreError as fault:
            self.tell("cannot look:", fault)

    def look_up(self, sql, *finds):
        """Rows of a statement whose parameters are looked up too; UNKNOWN if it cannot be read."""
        try:
            return self.machine.engine.read(lambda tx: tx.rows(sql, [find(tx) for find in finds]))
        except StoreError as fault:
            self.tell("cannot look:", fault)
            return UNKNOWN

    # What clients do

    def clients(self):
        rng = self.rng
        self.client(
            *(
                [self.promise() for _ in range(rng.choice([1, 1, 2, 5]))]
                for _ in range(rng.choice([1, 1, 2, 4]))
            )
        )

    def client(self, *each_promises):
        """Clients who come at the same moment, and what each of them promises at once."""
        functions, tokens = [], []
        for promised in each_promises:
            fails, counted = self.rng.random() < 0.15, set()

            def run(tx, promised=promised, fails=fails, counted=counted):
                mine = self.world.app.home.make_tx(tx)
                counted.clear()
                for place, body, delay in promised:
                    # What is removed has the token of what was there, so only others are counted.
                    if self.world.emit(place, body, mine, delay=delay) and place[-1] != "!":
                        counted.add(body["t"])
                if fails:
                    raise RuntimeError("thought better of it")

            functions.append(run)
            tokens.append(counted)
        for outcome, mine in zip(self.machine.together(*functions), tokens, strict=True):
            self.tell("  ", outcome, sorted(mine))
            self.ledger.note(outcome, mine)

    def fate(self):
        """What is promised, and how its handlers will fare with it."""
        rng = self.rng
        self.numbers += 1
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
        place = rng.choice([*world.places])
        body = self.fate()
        body["k"] = rng.choice("xyz")
        delay = 0
        if place.startswith(("queue", "hand")):
            del body["k"]
            if rng.random() < 0.5:
                body["g"] = rng.choice("gh")
            body["options"] = self.send_options(world.places[place].model)
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
        else:
            body["lives"] = rng.choice([1, 5, 60])
        return place, body, delay

    def send_options(self, queue):
        """With what to send a message."""
        rng, told = self.rng, {}
        if queue.order == "priority" and rng.random() < 0.6:
            told["priority"] = rng.choice([1, 5, 9])
        elif queue.order == "fair" and rng.random() < 0.7:
            told["tenant"] = rng.choice(["ann", "bob"])
        if not queue.deduplicate and rng.random() < 0.25:
            told["deduplication_id"] = rng.choice("123")
        return told

    def typed_in(self):
        """Another program changes an item."""
        # What another program changes counts to the change before it, as of then.
        tables = [name for name in self.world.places if name[:5] == "table"]
        tables = [name for name in tables if self.world.places[name].model.keep_ms is None]
        if not tables:
            return
        table = self.rng.choice(tables)
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
            machine.clock.move_to(
                machine.clock.now_ms() + self.rng.choice([1, 50, 1_000, 40_000, 310_000])
            )

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


ACTIONS = {
    "clients": 30,
    "work": 35,
    "turns": 12,
    "time_passes": 12,
    "clock_jumps": 1,
    "fault": 5,
    "mend": 3,
    "kill": 2,
    "restart": 2,
    "lock": 1,
    "unlock": 3,
    "checkpoint": 2,
    "typed_in": 3,
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
