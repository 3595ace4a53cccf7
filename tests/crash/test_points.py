"""Twenty stories, each with its disk failing at each of its steps in every way it can."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from ensue.engine.ids import seeded_random
from ensue.testing.disk import FOR_EVER, Fault
from tests.crash.stories import STORIES, Teller
from tests.simulation.invariants import at_the_end
from tests.simulation.machine import Machine
from tests.simulation.play import FOLDER
from tests.simulation.world import World

pytestmark = pytest.mark.crash

# What goes wrong: of which kind, for how many steps, and whether the power goes too.
FAULTS = {
    "kill": ("kill", 1, False),
    "power-cut": ("kill", 1, True),
    "disk-error": ("io", 1, False),
    "disk-error-for-ever": ("io", FOR_EVER, False),
    "disk-full": ("full", 1, False),
    "disk-full-for-ever": ("full", FOR_EVER, False),
    "no-memory-for-a-step": ("memory", 1, False),
    "no-memory-for-ever": ("heap", FOR_EVER, False),
}


def told(name, fault=None, *, cuts_power=False):
    """Tell a story; returns how many steps its disk did, and what was promised in the end."""
    story, world = STORIES[name], World()
    story.declare(world)
    with TemporaryDirectory(prefix="ensue-", dir=FOLDER) as folder:
        machine = Machine(
            world,
            Path(folder),
            seeded_random(349),
            keep_ms=story.keep_ms,
            remembers=cuts_power,
            fault=fault,
            cuts_power=lambda: cuts_power,
        )
        try:
            teller = Teller(machine)
            story.tell(teller)
            steps = machine.disk.steps
            machine.calm()
            machine.drain()
            seen = at_the_end(machine, teller.ledger, purges=story.keep_ms < 10**12)
        finally:
            machine.stop()
    return steps, seen.accepted


@pytest.mark.parametrize("trouble", FAULTS)
@pytest.mark.parametrize("name", STORIES)
def test_all_that_was_promised_happens_once_whatever_fails_at_whichever_step(
    name, trouble, pytestconfig
):
    kind, times, cuts_power = FAULTS[trouble]
    steps, promised = told(name)
    assert steps > 100

    for step in points(steps, pytestconfig.getoption("--points")):
        _, found = told(name, Fault(kind, step, times), cuts_power=cuts_power)
        assert found == promised, f"{trouble} at step {step} of {steps}"


def points(steps, count):
    """As many steps as are asked for, spread over all; all when 0 is asked for."""
    if count == 0 or count >= steps:
        return range(1, steps + 1)
    source = seeded_random(steps)
    return sorted({1 + int(source.random() * steps) for _ in range(count)})
