"""A machine: a disk that outlives the processes that run the world on it."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import apsw

from ensue.app.integrity import check
from ensue.app.platform import Platform
from ensue.engine.checkpoints import checkpoint
from ensue.engine.clock import HELD_START_MS, HeldClock
from ensue.engine.home import Settings
from ensue.engine.transaction import Origin
from ensue.testing.disk import Disk, Killed
from ensue.words.errors import StoreError

TROUBLE_PAUSE_MS = 1_000
ROUNDS_MAX = 4_000


# Workers that only forget: something is always due for them some time.
FORGETTING = ("keeper", "bodies:")


class Machine:
    """A world, run by one process after another.

    Everything is done one step at a time; a kill at any of them is followed by a start.
    """

    def __init__(
        self,
        world,
        folder,
        rng,
        *,
        synchronous="FULL",
        keep_ms=10**12,
        remembers=True,
        fault=None,
        cuts_power=lambda: False,
    ):
        self.world = world
        self.disk = Disk(remembers=remembers)
        self.disk.fault = fault
        self.path = folder / "ensue.db"
        self.url = self.disk.url(self.path, synchronous)
        self.rng = rng
        self.settings = Settings(keep_ms=keep_ms)
        self.clock = HeldClock(HELD_START_MS)
        self.platform = None
        self.other = None
        self.troubled: dict[object, int] = {}
        self.deaths = 0
        self.troubles = 0
        self.boots = 0
        self.told = lambda *said: None
        self.cuts_power = cuts_power
        self.clock_shift_ms = lambda: 0
        self.boot()

    # Processes

    def boot(self):
        """Start a process; one that dies or fails at its start is followed by another."""
        for _ in range(100):
            self.boots += 1
            self.loop = asyncio.new_event_loop()
            self.loop.set_exception_handler(self._told_by_loop)
            self.world.clock = self.clock
            self.troubled.clear()
            try:
                self.platform = self.loop.run_until_complete(
                    Platform.open(
                        [self.world.app],
                        self.url,
                        clock=self.clock,
                        source=self.rng,
                        settings=self.settings,
                    )
                )
            except Killed:
                self._bury()
            except StoreError as fault:
                self.told("does not start:", fault)
                self._bury()
                self.disk.mend()
            else:
                return
        raise AssertionError("it does not start")

    def _told_by_loop(self, loop, context):
        self.told("loop:", context.get("message"), context.get("exception"))

    def die(self):
        """The process ends as by SIGKILL, and another one starts."""
        self.deaths += 1
        self.troubles += 1
        self._bury()
        self.boot()
        found = self.findings()
        assert not found, f"after a crash the engine's own rules do not hold: {found[:5]}"

    def _bury(self):
        self.disk.bury()
        self.release_lock()
        self.world.gather_letters()
        for task in asyncio.all_tasks(self.loop):
            task.cancel()
        with suppress(Killed, apsw.Error, StoreError):
            if self.platform is not None:
                self.loop.run_until_complete(self.platform.abandon())
            else:
                self.loop.run_until_complete(_turns(2))
        self.platform = None
        self.loop.close()
        if self.cuts_power():
            self.told("the power is cut")
            self.disk.power_cut(self.rng)
        self.disk.start_again()
        self.clock = HeldClock(self.clock.now_ms() + 1 + self.clock_shift_ms())

    def restart(self):
        """The process is told to stop, and another one starts."""
        self.release_lock()
        try:
            self.loop.run_until_complete(self.platform.close())
        except (Killed, StoreError) as fault:
            self.told("does not stop:", fault)
            self.die()
            return
        self.world.gather_letters()
        self.platform = None
        self.loop.close()
        self.clock = HeldClock(self.clock.now_ms() + 1)
        self.boot()

    def stop(self):
        """The end: nothing is checked any more."""
        if not self.loop.is_closed():
            self._bury()
        self.disk.close()

    # Steps

    @property
    def engine(self):
        return self.platform.engine

    def run(self, coroutine):
        """Await something; None and a new process when that kills the one that is there."""
        try:
            return self.loop.run_until_complete(coroutine)
        except Killed as killed:
            self.told("killed", killed)
            self.die()
            return None

    def together(self, *functions):
        """Run functions as transactions of clients that come at the same moment.

        Returns what became of each: ``done``, ``refused`` or, when nobody can know, ``unknown``.
        """

        async def client(function):
            try:
                await self.engine.transact(function, Origin("client"))
            except StoreError:
                return "unknown"
            except RuntimeError:
                return "refused"
            return "done"

        async def all_of_them():
            return await asyncio.gather(*(client(each) for each in functions))

        return self.run(all_of_them()) or ["unknown"] * len(functions)

    def is_due(self, worker):
        paused_ms = self.troubled.get(worker)
        if paused_ms is not None and paused_ms > self.clock.now_ms():
            return False
        due_ms = worker.due_ms()
        return (
            paused_ms is not None
            or worker.woken.is_set()
            or (due_ms is not None and due_ms <= self.clock.now_ms())
        )

    def due(self):
        return [worker for worker in self.engine.workers if self.is_due(worker)]

    def step(self, worker, take_at_most=10_000):
        """Let a worker do one step, as `drive` does."""
        self.engine.take_at_most = take_at_most
        self.troubled.pop(worker, None)
        worker.woken.clear()
        try:
            if self.loop.run_until_complete(worker.step()):
                worker.woken.set()
        except Killed as killed:
            self.told("killed", killed)
            self.die()
        except StoreError as fault:
            self.told(worker.name, "pauses:", fault)
            self.troubles += 1
            self.troubled[worker] = self.clock.now_ms() + TROUBLE_PAUSE_MS

    def turns(self, count):
        """Let what runs outside go on."""
        self.run(_turns(count))

    def next_ms(self):
        """When something is due next, what only forgets aside: it always is some time."""
        times = [
            self.troubled.get(worker, worker.due_ms())
            for worker in self.engine.workers
            if not worker.name.startswith(FORGETTING) and not worker.name.endswith(" retention")
        ]
        times.append(self.clock.next_ms())
        return min((at_ms for at_ms in times if at_ms is not None), default=None)

    def settle(self):
        """Run until nothing more ensues at the present time."""
        for _ in range(ROUNDS_MAX):
            due = self.due()
            for worker in due:
                if self.platform is not None and worker in self.engine.workers:
                    self.step(worker)
            if any(getattr(worker, "running", 0) for worker in self.engine.workers):
                self.turns(20)
            if not due and not self.due():
                return
        raise AssertionError(f"it goes on and on: {[worker.name for worker in self.due()]}")

    def drain(self):
        """Let time pass until nothing is left to do."""
        self.settle()
        for _ in range(ROUNDS_MAX):
            next_ms = self.next_ms()
            if next_ms is None:
                return
            self.clock.move_to(next_ms)
            self.settle()
        raise AssertionError("it does not drain")

    def calm(self):
        """The faults end."""
        self.release_lock()
        self.disk.mend()

    # Others at the same file

    def take_lock(self):
        """Another program begins to write, and does not end."""
        if self.other is None:
            with suppress(apsw.Error):
                self.other = apsw.Connection(str(self.path), vfs=self.disk.storage)
                self.other.execute("BEGIN IMMEDIATE")

    def release_lock(self):
        if self.other is not None:
            with suppress(apsw.Error, Killed):
                self.other.close(force=True)
            self.other = None

    def checkpoint(self):
        """What has been committed moves into the database file."""
        try:
            checkpoint(self.engine._connection, "main")
        except Killed as killed:
            self.told("killed", killed)
            self.die()

    def typed_in(self, statements):
        """Another program changes rows, in one transaction; returns whether it could."""
        try:
            other = apsw.Connection(str(self.path), vfs=self.disk.storage)
            try:
                with other:
                    for sql, parameters in statements:
                        other.execute(sql, parameters)
            finally:
                other.close(force=True)
        except apsw.Error:
            return False
        except Killed:
            self.die()
            return False
        if self.platform is not None:
            self.engine.wake_all()
        return True

    # Looking

    def rows(self, sql, *parameters):
        return self.engine.read(lambda tx: tx.rows(sql, parameters))

    def findings(self):
        """What the engine's own check finds."""
        found = check(self.engine)
        return [str(each) for each in found if each.severity != "warning"]


async def _turns(count):
    loop = asyncio.get_running_loop()
    for _ in range(count):
        turned = loop.create_future()
        loop.call_soon(turned.set_result, None)
        await turned
