"""A story of an execution that fails, is redriven and forked, and of one that is paused."""

from __future__ import annotations

from tests.crash.machines import scope, task, wait

STEPS = ("first", "left", "right", "end", "forked", "paused")
FLOW = scope(
    task("inside", "first"),
    {
        "Type": "Parallel",
        "Branches": [
            scope(task("inside", "left")),
            scope(wait(1), task("gate", "right")),
        ],
        "ResultPath": None,
    },
    {
        "Type": "Task",
        "Resource": "ensue:function:inside",
        "Parameters": {"t.$": "$.last", "n": 0},
        "ResultPath": None,
    },
)
SLOW = scope(wait(1), task("inside", "paused"))


def mended(world):
    """A workflow with a branch that fails until a gate is open, and one that waits."""
    handler = world._handler(world.consumer("inside", None, action=False, chain=()), dict)
    world.consumers["inside"].home = world.app.function(name="inside")(handler)
    world.routes["flow/inside"] = ["inside"]
    world.piped.add("flow/inside")
    world.gate = world.app.table("gates", key="id")

    def gate(body, tx):
        """Fail until the gate is open."""
        if tx.get(world.gate, "open") is None:
            raise RuntimeError("the gate is closed")
        handler(body, tx)

    world.app.function(name="gate")(gate)
    world.flow = world.app.workflow("flow", definition=FLOW)
    world.slow = world.app.workflow("flow-slow", definition=SLOW)


def tell_mended(t):
    """Let it fail, open the gate, redrive it, fork it at its end; pause the other for a while."""
    said = _done(t, begin)
    _done(t, pause)
    _until_still(t)
    _done(t, redrive)
    _until_still(t)
    _done(t, fork)
    _done(t, resume)
    t.ledger.note(said, set(STEPS))
    t.settle()
    t.wait(5_000)


def _until_still(t):
    """Who mends looks after the disk first, and at what became of it."""
    t.settle()
    t.wait(5_000)
    t.machine.calm()
    t.settle()
    t.wait(5_000)


def begin(world, mine, _):
    if mine.get(world.accepted, "first") is not None:
        return  # the answer to the first time was lost
    for step in STEPS:
        mine.put(world.accepted, {"token": step, "to": "flow/inside"})
    mine.start(world.flow, {"last": "end"}, name="one")
    mine.start(world.slow, name="slow")


def pause(world, _, tx):
    world.slow.pause_within(tx, "slow")


def redrive(world, mine, tx):
    if mine.get(world.gate, "open") is None:
        mine.put(world.gate, {"id": "open"})
        world.flow.redrive_within(tx, "one")


def fork(world, mine, tx):
    if mine.get(world.gate, "forked") is None:
        mine.put(world.gate, {"id": "forked"})
        world.flow.fork_within(tx, "one", "S2", input={"last": "forked"}, fork_name="two")


def resume(world, _, tx):
    world.slow.resume_within(tx, "slow")


def _done(t, do):
    world = t.world
    return t._until_known(lambda tx: do(world, world.app.home.make_tx(tx), tx))
