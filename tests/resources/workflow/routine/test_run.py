"""A routine goes on as it is told, and a replay of its record brings it to where it was."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest

from ensue.languages.states.signals import Failed, Succeeded, TimedOut, Woken
from ensue.resources.workflow.routine.context import WorkflowContext
from ensue.resources.workflow.routine.retry import Retry
from ensue.words.errors import StepFailed, StepTimedOut, WorkflowChanged
from tests.resources.workflow.routine.world import World


def note(what, tx):
    tx.append(what)
    return {"noted": what}


async def ask(what):
    return f"answer to {what}"


def refuse(what, tx):
    tx.append(what)
    raise ValueError(f"no {what}")


async def three(ctx: WorkflowContext, given):
    first = await ctx.step(note, given)
    second = await ctx.step(ask, first["noted"])
    await ctx.step(note, second)
    return [first, second]


def test_steps_happen_in_order_and_the_result_is_the_output():
    world = World(three).start("a").finish()

    assert world.effects == ["a", "answer to a"]
    assert world.outcome.status == "SUCCEEDED"
    assert world.outcome.output == [{"noted": "a"}, "answer to a"]


def test_the_history_tells_a_step_as_a_task():
    async def one(ctx, given):
        return await ctx.step(note, given, name="write down")

    world = World(one).start("a")

    assert world.types() == [
        "ExecutionStarted",
        "TaskStateEntered",
        "TaskScheduled",
        "TaskStarted",
        "TaskSucceeded",
        "TaskStateExited",
        "ExecutionSucceeded",
    ]
    assert world.events[1].details == {"name": "write down", "input": ["a"]}
    assert [event.previous for event in world.events] == [0, 1, 2, 3, 4, 5, 6]


def test_after_a_crash_it_resumes_behind_the_last_recorded_step():
    world = World(three).start("a")
    world.crash().finish()

    assert world.effects == ["a", "answer to a"]
    assert world.outcome.output == [{"noted": "a"}, "answer to a"]


def test_a_signal_for_what_it_waits_for_no_more_is_stale():
    async def waits(ctx, given):
        await ctx.sleep("1s")
        await ctx.sleep("1s")

    world = World(waits).start()
    world.step()

    assert not world.run.signal(0, 1, Woken())
    assert world.run.signal(0, 2, Woken())


def test_a_step_that_fails_raises_its_error_by_name():
    async def careful(ctx, given):
        try:
            await ctx.step(refuse, "milk")
        except StepFailed as fault:
            return [fault.error, fault.cause, fault.step]

    world = World(careful).start()

    assert world.outcome.output == ["ValueError", "no milk", "refuse"]


def test_a_failure_that_nobody_catches_fails_the_execution():
    async def careless(ctx, given):
        await ctx.step(refuse, "milk")

    world = World(careless).start()

    assert (world.outcome.status, world.outcome.error) == ("FAILED", "ValueError")
    assert world.outcome.cause == "no milk"
    assert world.types()[-2:] == ["TaskFailed", "ExecutionFailed"]


def test_an_error_of_the_function_itself_fails_the_execution_and_says_where():
    async def broken(ctx, given):
        return given["missing"]

    world = World(broken).start({})

    assert world.outcome.error == "KeyError"
    assert "'missing', in broken at test_run.py:" in world.outcome.cause


def test_a_step_is_tried_again_as_its_retry_says_and_the_delay_is_recorded():
    tries = []

    async def flaky(what):
        tries.append(what)
        if len(tries) < 3:
            raise ConnectionError("down")
        return len(tries)

    async def patient(ctx, given):
        return await ctx.step(flaky, 1, retry=Retry((OSError,), interval=2, jitter="NONE"))

    world = World(patient).start()
    world.step()
    assert world.events[-1].details["retryAtMs"] == world.now_ms + 2_000
    world.crash().step()
    world.crash().step()
    assert world.events[-1].details["retryAtMs"] == world.now_ms + 4_000
    world.crash().finish()

    assert world.outcome.output == 3
    assert world.keys == ["00000000-0000-4000-8000-000000000001-2"] * 3


def test_a_step_fails_for_good_when_its_retries_are_used_up_across_crashes():
    async def down():
        raise ConnectionError("down")

    async def patient(ctx, given):
        await ctx.step(down, retry=Retry(max_attempts=2))

    world = World(patient).start()
    while world.outcome is None:
        world.crash().step()

    assert world.calls == ["down"] * 3
    assert world.outcome.error == "ConnectionError"


def test_an_event_that_does_not_come_in_time_is_a_time_out():
    async def waits(ctx, given):
        try:
            await ctx.wait_for_event("paid", timeout="3d")
        except StepTimedOut as fault:
            return fault.error

    world = World(waits).start()
    world.tell(0, TimedOut())

    assert world.outcome.output == "States.Timeout"


def test_a_token_ends_the_step_that_handed_it_out():
    sent = []

    def send(token, tx):
        sent.append(token)

    async def asks(ctx, given):
        return await ctx.wait_for_token(send)

    world = World(asks).start()
    assert world.types()[-1] == "TaskSubmitted"
    world.out[0] = type("Out", (), {"attempt": 1})()
    world.crash().tell(0, Succeeded({"approved": True}))

    assert sent == ["token"]
    assert world.outcome.output == {"approved": True}


def test_branches_run_side_by_side_and_their_results_are_in_order():
    async def both(ctx, given):
        return await ctx.parallel(ctx.step(ask, 1), lambda: ctx.step(ask, 2))

    world = World(both).start()
    assert set(world.out) == {1, 2}
    world.tell(2, Succeeded("late"))
    world.crash().tell(1, Succeeded("early"))

    assert world.outcome.output == ["early", "late"]
    assert world.types()[-3:] == [
        "ParallelStateSucceeded",
        "ParallelStateExited",
        "ExecutionSucceeded",
    ]


def test_a_branch_that_fails_ends_the_others_and_raises_its_error():
    async def both(ctx, given):
        try:
            await ctx.parallel(ctx.step(ask, 1), ctx.step(ask, 2))
        except StepFailed as fault:
            return fault.error

    world = World(both).start()
    world.tell(2, Failed("Down", "it is"))

    assert world.outcome.output == "Down"
    assert world.out == {}


def test_a_map_runs_as_many_at_once_as_it_may():
    async def each(ctx, given):
        return await ctx.map(lambda item: ctx.step(ask, item), given, concurrency=2)

    world = World(each).start([1, 2, 3])
    assert set(world.out) == {1, 2}
    world.crash().step()
    assert set(world.out) == {2, 3}
    world.finish()

    assert world.outcome.output == ["answer to 1", "answer to 2", "answer to 3"]
    assert world.types().count("MapIterationSucceeded") == 3


def test_a_map_over_nothing_gives_nothing():
    async def each(ctx, given):
        return await ctx.map(lambda item: ctx.step(ask, item), [])

    assert World(each).start().outcome.output == []


def test_time_randomness_and_ids_are_the_same_at_each_replay():
    seen = []

    async def draws(ctx, given):
        found = [ctx.now().isoformat(), ctx.random(), ctx.random(), ctx.uuid()]
        seen.append(found)
        await ctx.step(ask, 1)
        return [*found, ctx.uuid()]

    world = World(draws).start()
    world.now_ms += 5_000
    world.crash().finish()

    assert len(seen) == 2
    assert seen[0] == seen[1]
    assert len(set(map(str, world.outcome.output))) == 5
    assert 0 <= seen[0][1] < 1


def test_a_result_is_of_the_type_that_its_step_names_now_and_at_a_replay():
    seen = []

    async def typed(ctx, given):
        receipt = await ctx.step(sell, 3)
        seen.append(receipt)
        await ctx.step(ask, receipt.price)

    world = World(typed).start()
    world.crash().finish()

    assert seen == [Receipt(6), Receipt(6)]


@dataclass
class Receipt:
    price: int


def sell(count: int, tx) -> Receipt:
    return Receipt(count * 2)


def test_another_step_in_the_place_of_a_recorded_one_is_said():
    async def changed(ctx, given):
        await ctx.step(ask, given, name="weigh")

    world = World(three).start("a").crash()
    world.routine = changed

    with pytest.raises(WorkflowChanged, match="expected step note, got step weigh, at event 2"):
        world.go()


def test_a_sleep_in_the_place_of_a_step_is_said():
    async def changed(ctx, given):
        await ctx.sleep(1)

    world = World(three).start("a").crash()
    world.routine = changed

    with pytest.raises(WorkflowChanged, match="expected step note, got sleep sleep"):
        world.go()


def test_code_that_ends_before_its_record_does_is_said():
    async def changed(ctx, given):
        await ctx.step(note, given)

    world = World(three).start("a").crash()
    world.routine = changed

    with pytest.raises(WorkflowChanged, match="expected step ask, got the end of the function"):
        world.go()


def test_code_that_raises_where_its_record_goes_on_is_said():
    async def changed(ctx, given):
        raise KeyError("typo")

    world = World(three).start("a").crash()
    world.routine = changed

    with pytest.raises(WorkflowChanged, match="expected step note, got KeyError: 'typo'"):
        world.go()


def test_it_goes_on_when_the_code_fits_again():
    async def changed(ctx, given):
        await ctx.sleep(1)

    world = World(three).start("a").crash()
    world.routine = changed
    with pytest.raises(WorkflowChanged):
        world.go()
    world.run = None
    world.routine = three

    assert world.finish().outcome.status == "SUCCEEDED"


def test_a_mark_tells_executions_that_passed_it_from_new_ones():
    async def before(ctx, given):
        await ctx.step(ask, 1)
        return "old"

    async def after(ctx, given):
        if ctx.patched("weigh"):
            await ctx.step(note, "weighed")
        await ctx.step(ask, 1)
        return "new" if ctx.patched("weigh") else "old"

    world = World(before).start().crash()
    world.routine = after
    fresh = World(after).start()

    assert world.finish().outcome.output == "old"
    assert fresh.crash().finish().outcome.output == "new"
    assert (world.effects, fresh.effects) == ([], ["weighed"])


def test_to_await_what_is_not_recorded_is_an_error_that_says_so():
    async def foreign(ctx, given):
        loop = asyncio.new_event_loop()
        try:
            await loop.create_future()
        finally:
            loop.close()

    world = World(foreign).start()

    assert world.outcome.error == "InvalidInput"
    assert "expected a workflow to await its ctx only, got Future" in world.outcome.cause


def test_what_a_function_does_when_it_is_let_go_of_records_nothing():
    async def tidies(ctx, given):
        try:
            await ctx.step(ask, 1)
        finally:
            await ctx.step(note, "tidied")

    world = World(tidies).start()
    world.crash()
    assert world.effects == []

    assert world.finish().outcome.status == "SUCCEEDED"
    assert world.effects == ["tidied"]


def test_a_redrive_tries_the_step_that_failed_again_and_nothing_before():
    works = []

    def try_it(tx):
        if not works:
            raise ValueError("not yet")
        return "now"

    async def flow(ctx, given):
        await ctx.step(note, "first")
        try:
            return await ctx.step(try_it)
        except StepFailed:
            await ctx.step(note, "made good")
            raise

    world = World(flow).start()
    assert world.outcome.status == "FAILED"
    works.append(1)
    world.redrive()

    assert world.outcome.output == "now"
    assert world.effects == ["first", "made good"]


def test_a_redrive_after_an_error_of_the_function_goes_on_from_the_record():
    async def broken(ctx, given):
        await ctx.step(note, "first")
        raise KeyError("typo")

    async def mended(ctx, given):
        await ctx.step(note, "first")
        await ctx.step(note, "second")
        return "done"

    world = World(broken).start()
    world.routine = mended
    world.redrive()

    assert world.outcome.output == "done"
    assert world.effects == ["first", "second"]
    assert world.crash().alive() is not None


def test_a_redrive_of_a_branch_asks_again_for_what_its_siblings_waited_for():
    async def flow(ctx, given):
        return await ctx.parallel(ctx.step(ask, 1), ctx.step(ask, 2), ctx.step(ask, 3))

    world = World(flow).start()
    world.tell(1, Succeeded("one"))
    world.tell(3, Failed("Down"))
    assert world.outcome.error == "Down"
    world.redrive()
    assert set(world.out) == {2, 3}
    world.crash().tell(3, Succeeded("three"))
    world.crash().tell(2, Succeeded("two"))

    assert world.outcome.output == ["one", "two", "three"]


@dataclass
class Parcel:
    weight: int


def test_what_the_function_returns_is_kept_in_plain_values():
    async def packs(ctx, given):
        return [Parcel(given)]

    assert World(packs).start(7).outcome.output == [{"weight": 7}]


class Busy(Exception):
    retry_after_ms = 90_000


def test_a_retry_waits_for_as_long_as_what_failed_asks_for():
    async def call(what):
        if len(world.calls) == 1:
            raise Busy
        return what

    async def calls(ctx, given):
        return await ctx.step(call, given, retry=Retry(interval=1))

    world = World(calls).start("x")
    began_ms = world.now_ms
    world.finish()

    assert (world.outcome.output, world.now_ms - began_ms) == ("x", 90_000)


def test_a_redrive_after_an_error_of_a_branch_goes_on_from_before_it():
    async def part(ctx, number, *, is_mended):
        await ctx.step(note, number)
        if number == 2 and not is_mended:
            raise KeyError("typo")
        return await ctx.step(ask, number)

    def flow(is_mended):
        async def run(ctx, given):
            return await ctx.map(lambda each: part(ctx, each, is_mended=is_mended), [1, 2, 3])

        return run

    world = World(flow(is_mended=False)).start()
    assert world.outcome.error == "KeyError"
    before = list(world.effects)
    world.routine = flow(is_mended=True)
    world.redrive().finish()

    assert world.outcome.output == ["answer to 1", "answer to 2", "answer to 3"]
    assert sorted(world.effects) == [1, 2, 3]
    assert world.effects[: len(before)] == before


def test_a_long_history_is_warned_of_and_a_full_one_ends_the_execution(monkeypatch):
    for module in ("run", "strands"):
        place = f"ensue.resources.workflow.routine.{module}.HISTORY_EVENTS_MAX"
        monkeypatch.setattr(place, 100)

    async def endless(ctx, given):
        while True:
            await ctx.step(note, "again")

    world = World(endless).start()

    assert (world.outcome.status, world.outcome.error) == ("FAILED", "LimitExceeded")
    assert len(world.events) <= 110
    [warned] = world.run.drain_warnings()
    assert "of at most 100 events" in warned.message
