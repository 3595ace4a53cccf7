"""A random machine is played twice: once in peace, and once by processes that die."""

from __future__ import annotations

import asyncio
import gc
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import hypothesis
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.errors import HypothesisWarning

from ensue import App
from ensue.engine.waiting import turn
from ensue.testing.crash import STORE, Mortal
from ensue.testing.disk import Disk, Fault, Killed
from tests.executions.machines import INSIDE, ITEMS, is_inside, working
from tests.executions.world import Seen, World, imagined
from tests.languages.states.machines import inputs
from tests.simulation.play import FOLDER

PART = 25
TOGETHER_MAX = 8
LISTED = b"[3, 1, 2]"
KILLS_MAX = 2  # one more at the same piece of work, and a task may be told that it kills

# Each kill is at a part of the steps that are left: in thousandths of those of a run in peace.
kills = st.lists(st.integers(0, 1_000), min_size=1, max_size=KILLS_MAX)
runs = st.lists(st.tuples(working(), inputs), min_size=TOGETHER_MAX // 2, max_size=TOGETHER_MAX)
children = working(INSIDE)


class Doomed(Mortal):
    """A process that is killed again and again, at starting too."""

    def __init__(self, app, disk, folder):
        self._gaps = iter(())
        super().__init__((app,), disk, folder)

    def _open(self):
        while True:
            self._arm()
            try:
                super()._open()
            except Killed:
                self.deaths += 1
            else:
                return
            self._bury()

    def _bury(self):
        """Let go of a process that was killed while it started, and of its lock."""
        self.disk.bury()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._await(turn())
        self._loop.close()
        gc.collect()
        self.disk.start_again()
        self._loop = asyncio.new_event_loop()

    def doom(self, gaps):
        """Let each kill come so many steps after the one before."""
        self._gaps = iter(gaps)
        self._arm()

    def _arm(self):
        gap = next(self._gaps, None)
        self.disk.fault = None if gap is None else Fault("kill", self.disk.steps + gap)

    def begin(self, flow, given):
        """Start the execution until it is known to be started."""
        return self._do(lambda: flow.start(given, name="one"))


@cache
def template():
    """A store that has been opened before."""
    with TemporaryDirectory(prefix="ensue-executions-", dir=FOLDER) as folder:
        disk = Disk()
        Mortal((App("shop"),), disk, Path(folder)).stop()
        disk.close()
        return (Path(folder) / STORE).read_bytes()


@contextmanager
def doomed(world) -> Iterator[Doomed]:
    """The world, opened on a store of its own; nothing kills it yet."""
    disk = Disk()
    with TemporaryDirectory(prefix="ensue-executions-", dir=FOLDER) as folder:
        (Path(folder) / STORE).write_bytes(template())
        kit = Doomed(world.app, disk, Path(folder))
        try:
            yield kit
        finally:
            kit.stop()
            disk.close()


@dataclass(frozen=True)
class Played:
    """What came of machines.

    Attributes:
        seen: what is promised of the execution of each.
        steps: how many steps of the disk they took.
        deaths: how often their process was killed.
    """

    seen: list[Seen]
    steps: int
    deaths: int


def played(machines, child, gaps=()):
    """Play machines to their ends, killed after so many steps, and again after so many more."""
    world = World([machine for machine, _ in machines], child)
    with doomed(world) as t:
        t.wait(world.data.put(ITEMS, LISTED))
        before = t.disk.steps
        t.doom(gaps)
        for flow, (_, given) in zip(world.flows, machines, strict=True):
            t.begin(flow, given)
        t.drain()
        t.doom(())
        steps = t.disk.steps - before
        return Played(world.seen(t), steps, t.deaths)


def compare(machines, child, fractions):
    """Play machines in peace and by processes that die, and compare; returns the latter.

    Raises:
        AssertionError: what is promised differs.
    """
    peace = played(machines, child)
    for number, ((machine, given), seen) in enumerate(zip(machines, peace.seen, strict=True)):
        if is_inside(machine):
            durable = (seen.ended, seen.events, seen.effects)
            in_memory = imagined(f"flow-{number}", machine, given)
            assert durable == in_memory, f"machine {number} ends otherwise in memory"
    gaps = [1 + each * peace.steps // 1_000 for each in fractions]
    war = played(machines, child, gaps)
    where = f"killed after {gaps} of {peace.steps} steps"
    for number, (killed, whole) in enumerate(zip(war.seen, peace.seen, strict=True)):
        killed.check_once()
        if is_inside(machines[number][0]):
            assert killed.events == whole.events, f"machine {number}, {where}"
        if is_inside(machines[number][0]) or not (killed.races or whole.races):
            assert killed.own == whole.own, f"machine {number}, {where}"
    if not any(each.races for each in (*war.seen, *peace.seen)):
        assert war.seen[0].within == peace.seen[0].within, f"children, {where}"
    return war


def play(seed, count, tell=lambda _: None, *, shrinks=False):
    """Play random machines, a few together at a time; what fails is told by its smallest example.

    Args:
        seed: of the machines.
        count: how many times.
        tell: is told of each time that ended as it should.
        shrinks: whether the smallest that fails is looked for.

    Raises:
        AssertionError: a machine ends otherwise when its process is killed.
    """

    @hypothesis.seed(seed)
    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink] if shrinks else [Phase.generate],
        report_multiple_bugs=False,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @hypothesis.given(runs, children, kills)
    def each(machines, child, fractions):
        tell(compare(machines, child, fractions))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", HypothesisWarning)  # some machines are long to tell
        each()
