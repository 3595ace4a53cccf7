"""Whatever a routine does, and wherever it is interrupted, it ends as if it never had been."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from ensue.resources.workflow.routine.retry import Retry
from ensue.words.errors import StepFailed
from tests.resources.workflow.routine.world import World

NUMBERS = st.integers(0, 3)
LEAVES = st.one_of(
    st.tuples(st.just("note"), NUMBERS),
    st.tuples(st.just("ask"), NUMBERS),
    st.tuples(st.just("refuse"), NUMBERS),
    st.tuples(st.just("flaky"), NUMBERS),
    st.tuples(st.just("sleep"), NUMBERS),
    st.tuples(st.just("draw"), NUMBERS),
    st.tuples(st.just("mark"), NUMBERS),
)
PROGRAMS = st.recursive(
    st.lists(LEAVES, max_size=4),
    lambda inner: st.lists(
        st.one_of(
            LEAVES,
            st.tuples(st.just("map"), inner, st.integers(1, 3)),
            st.tuples(st.just("parallel"), st.lists(inner, max_size=3)),
        ),
        max_size=4,
    ),
    max_leaves=8,
)


def note(what, tx):
    tx.append(what)
    return what


def refuse(what, tx):
    tx.append("never")
    raise ValueError(f"no {what}")


async def ask(what):
    return [what]


async def fail(what):
    raise ConnectionError(f"no {what}")


async def interpret(ctx, program):
    found = []
    for what, *more in program:
        try:
            found.append(await LEAF[what](ctx, *more))
        except StepFailed as fault:
            found.append(fault.error)
    return found


async def draw(ctx, number):
    return [ctx.random(), ctx.uuid(), ctx.now().isoformat()]


async def mark(ctx, number):
    return ctx.patched(f"mark {number}")


LEAF = {
    "note": lambda ctx, number: ctx.step(note, number),
    "ask": lambda ctx, number: ctx.step(ask, number),
    "refuse": lambda ctx, number: ctx.step(refuse, number),
    "flaky": lambda ctx, number: ctx.step(fail, number, retry=Retry(max_attempts=number)),
    "sleep": lambda ctx, number: ctx.sleep(number),
    "draw": draw,
    "mark": mark,
    "map": lambda ctx, inner, most: ctx.map(
        lambda each: interpret(ctx, [each]), inner, concurrency=most
    ),
    "parallel": lambda ctx, inner: ctx.parallel(*(interpret(ctx, each) for each in inner)),
}


@settings(max_examples=150, deadline=None)
@given(PROGRAMS, st.lists(st.booleans(), min_size=1, max_size=12), st.none() | st.integers(1, 3))
def test_a_run_that_crashes_anywhere_ends_as_one_that_does_not(program, crashes, most):
    calm = World(interpret, most=most).start(program).finish()
    world = World(interpret, most=most).start(program)
    count = 0

    while world.outcome is None:
        if crashes[count % len(crashes)]:
            world.crash()
        count += 1
        assert world.step()

    assert calm.outcome is not None
    assert world.outcome == calm.outcome
    assert world.effects == calm.effects
    assert world.events == calm.events


@settings(max_examples=50, deadline=None)
@given(PROGRAMS)
def test_what_was_recorded_is_asked_for_again_and_nothing_else(program):
    world = World(interpret).start(program).finish()
    ended = world.events.pop()
    run = world.crash().alive()
    while run.take() is not None:
        pass

    assert [event._replace(id=0) for event in run.drain_events()] == [ended._replace(id=0)]
