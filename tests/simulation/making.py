"""Worlds made at random: a few of everything that can be declared."""

from __future__ import annotations

from tests.simulation.buses import Wires
from tests.simulation.hands import Hands
from tests.simulation.letters import Letters
from tests.simulation.pauses import Pauses
from tests.simulation.runs import Runs
from tests.simulation.schedules import Ticks
from tests.simulation.streams import Groups, Shards
from tests.simulation.tables import Followers, LateFollower, Past, Versions
from tests.simulation.world import World


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


def queue_options(rng):
    """How a queue is declared, at random."""
    told = {"max_receives": rng.randint(1, 4)}
    if rng.random() < 0.5:
        told[rng.choice(["priorities", "fair"])] = True
    if rng.random() < 0.15:
        told["deduplicate"] = "content"
    if rng.random() < 0.15:
        told["retention"] = rng.choice(["2s", "20s"])
    return told


def made(rng):
    """A world made at random, and the parts of it that do something by themselves."""
    world, names = World(), []

    def chain():
        return rng.sample(names, min(len(names), rng.choice([0, 0, 1, 2])))

    if rng.random() < 0.4:
        world.mail("post")
        names.append("post")
    for number in range(rng.randint(1, 2)):
        action = rng.random() < 0.5
        world.queue(
            f"queue{number}",
            action=action,
            chain=chain(),
            batches=rng.random() < 0.4,
            options=queue_options(rng),
            **policy(rng, action),
        )
        names.append(f"queue{number}")
    parts = [Letters(world, rng)]
    if rng.random() < 0.35:
        parts.append(Hands(world, rng, chain()))
        names.append("hand0")
    for number in range(rng.choice([0, 0, 1, 2])):
        action = rng.random() < 0.4
        name = f"function{number}"
        world.function(
            name, action=action, retries=rng.randint(0, 3), chain=chain(), **policy(rng, action)
        )
        names.append(name)
    add_fan_out(world, rng, names)
    if rng.random() < 0.7:
        parts += add_tables(world, rng, names, chain)
        add_pipe(world, rng)
    if rng.random() < 0.4:
        parts += add_stream(world, rng, chain)
    alone = {Ticks: 0.2, Runs: 0.3, Wires: 0.5, Pauses: 0.4}
    parts += [part(world, rng) for part, share in alone.items() if rng.random() < share]
    return world, parts


def add_fan_out(world, rng, names):
    """A bus and a topic, perhaps, to the queues and functions that are there."""
    targets = [name for name in names if name != "post"]
    if rng.random() < 0.4:
        world.bus("bus0")
        for number, to in enumerate(rng.sample(targets, min(len(targets), 3))):
            world.rule(f"rule{number}", "bus0", rng.choice(["a", "b", "ab"]), to)
        names += ["bus0/a", "bus0/b"]
    if rng.random() < 0.3:
        world.topic("topic0", rng.sample(targets, rng.randint(1, len(targets))))
        names.append("topic0")
    if rng.random() < 0.3:
        world.schedules(*targets[:2])


def add_tables(world, rng, names, chain):
    """A table or two; some keep their changes, some have followers, or items that end."""
    for number in range(rng.randint(1, 2)):
        name, options = f"table{number}", {}
        if rng.random() < 0.3:
            options["ttl"] = "ends"
        if rng.random() < 0.4:
            options["keep_changes"] = "7d"
        world.table(name, **options)
        for follower in range(rng.randint(0, 2)):
            action = rng.random() < 0.3
            world.follower(
                f"{name}-{follower}",
                name,
                action=action,
                retries=rng.randint(0, 3),
                chain=chain(),
                **policy(rng, action),
            )
        names.append(name)
    parts = [Followers(world, rng), Versions(world, rng), Past(world, rng)]
    if rng.random() < 0.4:
        parts.append(LateFollower(world, rng, policy(rng, action=False)))
    return parts


def add_pipe(world, rng):
    """A pipe from a table to a queue of its own, perhaps, in one of its modes."""
    if rng.random() < 0.6:
        return
    action = rng.random() < 0.3
    # Nothing else goes there: so the items' own count tells their order.
    world.queue("piped0", action=action, options=queue_options(rng), **policy(rng, action))
    options = {"retry_base": "1s", "retry_cap": "5s"}
    if rng.random() < 0.5:
        options["batch"] = rng.choice([1, 2, 5])
        options["window"] = rng.choice([0, "2s"])
    if rng.random() < 0.2:
        options["rate"] = "50/s"
    world.pipe("pipe0", "table0", "piped0", asks=rng.random() < 0.5, **options)


def add_stream(world, rng, chain):
    """A stream, with functions that follow it, and perhaps a group of workers."""
    has_group = rng.random() < 0.5
    # What a function has not read is kept; of a group nobody knows whether it will come again.
    options = {"retention": "30s"} if not has_group and rng.random() < 0.5 else {}
    world.stream("stream0", rng.choice([1, 2, 4]), **options)
    for follower in range(rng.randint(0 if has_group else 1, 2)):
        action = rng.random() < 0.3
        world.record_follower(
            f"stream0-{follower}",
            "stream0",
            action=action,
            retries=rng.randint(0, 3),
            chain=chain(),
            **policy(rng, action),
        )
    parts = [Shards(world, rng)]
    if has_group:
        parts.append(Groups(world, rng, chain()))
    return parts
