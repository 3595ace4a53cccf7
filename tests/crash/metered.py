"""The story of a meter: what is recorded, corrected and summed anew while the disk fails."""

from __future__ import annotations

from ensue import MeterEvent, Metric
from ensue.resources.meter.store import summing
from ensue.words.errors import EnsueError

TRIES_MAX = 6
METRICS = [
    Metric("calls", "call", "COUNT", groups=["endpoint"]),
    Metric("bytes", "call", "SUM", "bytes"),
    Metric("users", "call", "UNIQUE", "user"),
]


def metered(world):
    """A meter that is recorded in together with a message, and by itself."""
    world.queue("jobs")
    world.usage = world.app.meter("usage", metrics=METRICS)


def tell_metered(t):
    lines, summing.LINES = summing.LINES, 5
    try:
        recorded_with_a_message(t, "one", range(4))
        recorded(t, range(3, 9))
        t.settle()
        done(t, t.world.usage.rebuild)
        corrected(t, "3", None)
        recorded(t, range(9, 12))
        t.settle()
        corrected(t, "3", {"bytes": 1_000})
        corrected(t, "5", {"bytes": 0, "user": "z", "endpoint": "/z"})
        t.settle()
    finally:
        summing.LINES = lines
    for name, wanted in (("calls", 12), ("bytes", sum(range(12)) - 3 - 5 + 1_000), ("users", 4)):
        t.world.observe("metered", name, total(t, name), wanted)


def total(t, name):
    until_ms = t.machine.clock.now_ms()
    return done(t, lambda: t.world.usage.value("acme", name, 0, until_ms))


def events(t, numbers):
    at_ms = t.machine.clock.now_ms()
    return [
        MeterEvent(
            str(number),
            "acme",
            "call",
            at_ms - number * 1_700_000,
            {"bytes": number, "user": f"u{number % 3}", "endpoint": f"/{number % 2}"},
        )
        for number in numbers
    ]


def recorded_with_a_message(t, token, numbers):
    """Record in the transaction that promises a message."""
    given = events(t, numbers)

    def run(tx):
        mine = t.world.app.home.make_tx(tx)
        if mine.get(t.world.accepted, token) is None:  # else the answer to the first time was lost
            t.world.emit("jobs", {"t": token}, mine)
            mine.record(t.world.usage, given)

    t.ledger.note(t._until_known(run), {token})


def recorded(t, numbers):
    """Record, as often as it takes to know: copies are none."""
    given = events(t, numbers)
    done(t, lambda: t.world.usage.record(given))


def corrected(t, event_id, properties):
    done(t, lambda: t.world.usage.correct("acme", event_id, properties=properties))


def done(t, doing):
    """What somebody gets who asks until there is an answer."""
    answers = []

    async def asked():
        try:
            answers.append(await doing())
        except EnsueError:
            return False
        return True

    for _ in range(TRIES_MAX):
        if t.machine.run(asked()):
            return answers[-1]
        t.machine.calm()
    raise AssertionError("nobody answers")
