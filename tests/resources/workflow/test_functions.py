"""A workflow that is an async function: durable step by step, and held where its code changed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from ensue import (
    App,
    Body,
    Conflict,
    InputTransformer,
    InvalidDeclaration,
    InvalidInput,
    InvalidValue,
    NotFound,
    Retry,
    StepFailed,
    StepTimedOut,
    WorkflowContext,
)
from ensue.testing import running

Flow = Callable[[WorkflowContext, Any], Any]


class World:
    """An app with a table of effects, and what its async steps were called with."""

    def __init__(self) -> None:
        self.app = App("shop")
        self.effects = self.app.table("effects", key="id")
        self.calls: list[Any] = []
        self.tokens: list[str] = []
        self.fails = 0

    def note(self, what, tx):
        row = tx.get(self.effects, what) or {"id": what, "times": 0}
        tx.put(self.effects, row | {"times": row["times"] + 1})
        return {"noted": what}

    def refuse(self, what, tx):
        self.note(what, tx)
        raise KeyError(what)

    async def ask(self, what):
        self.calls.append(what)
        if self.fails:
            self.fails -= 1
            raise ConnectionError("the line is busy")
        return {"answer": what}

    def hand_out(self, token, tx):
        self.tokens.append(token)

    def times(self, t, what) -> int:
        row = t.wait(self.effects.get(what))
        return 0 if row is None else row["times"]


@pytest.fixture
def world():
    return World()


def run(t, flow, given=None, name="one"):
    t.wait(flow.start(given, name=name))
    t.settle()
    return t.wait(flow.describe(name))


def types(t, flow, name="one"):
    return [each["type"] for each in t.wait(flow.history(name, limit=1_000)).events]


def test_a_function_runs_to_its_end_and_its_result_is_the_output(world):
    @world.app.workflow
    async def fulfil(ctx, order):
        noted = await ctx.step(world.note, order["id"])
        return await ctx.step(world.ask, noted["noted"])

    with running(world.app) as t:
        done = run(t, fulfil, {"id": "a"})

        assert (done.status, done.output) == ("SUCCEEDED", {"answer": "a"})
        assert world.times(t, "a") == 1
        assert types(t, fulfil)[-1] == "ExecutionSucceeded"


def test_steps_inside_are_one_commit_and_one_row_of_history(world):
    @world.app.workflow
    async def three(ctx, _):
        for each in "abc":
            await ctx.step(world.note, each)

    with running(world.app) as t:
        run(t, three)
        engine = world.app.home.engine

        rows = engine.read(lambda tx: tx.rows("SELECT count(*) FROM ensue_histories"))
        branches = engine.read(lambda tx: tx.rows("SELECT count(*) FROM ensue_branches"))

    assert rows == [(1,)]
    assert branches == [(0,)]


def test_what_a_step_did_that_raised_has_not_happened_and_the_rest_has(world):
    @world.app.workflow
    async def careful(ctx, _):
        await ctx.step(world.note, "a")
        try:
            await ctx.step(world.refuse, "b")
        except StepFailed as fault:
            return [fault.error, fault.step]

    with running(world.app) as t:
        done = run(t, careful)

        assert done.output == ["KeyError", "refuse"]
        assert (world.times(t, "a"), world.times(t, "b")) == (1, 0)


def test_a_failed_execution_tells_the_error_and_the_cause(world):
    @world.app.workflow
    async def careless(ctx, _):
        await ctx.step(world.ask, 1)

    world.fails = 1
    with running(world.app) as t:
        done = run(t, careless)

    assert (done.status, done.error, done.cause) == (
        "FAILED",
        "ConnectionError",
        "the line is busy",
    )


def test_a_retry_is_delayed_work_and_is_chosen_by_the_class_of_the_error(world):
    @world.app.workflow
    async def patient(ctx, _):
        retry = Retry((OSError,), interval="10s", jitter="NONE")
        return await ctx.step(world.ask, 1, retry=[Retry((KeyError,)), retry])

    world.fails = 2
    with running(world.app) as t:
        run(t, patient)
        assert len(world.calls) == 1
        assert patient._routines.live == 0
        t.advance("10s")
        assert len(world.calls) == 2
        t.advance("20s")

        assert t.wait(patient.describe("one")).output == {"answer": 1}


def test_a_step_is_called_with_the_same_idempotency_key_at_each_try(world):
    keys = []

    async def charge(ctx):
        keys.append(ctx.idempotency_key)
        if len(keys) < 3:
            raise ConnectionError("down")

    @world.app.workflow
    async def pay(ctx, _):
        await ctx.step(charge, ctx, retry=Retry())
        return "paid"

    with running(world.app) as t:
        run(t, pay)
        t.drain()

        assert t.wait(pay.describe("one")).output == "paid"
    assert len(set(keys)) == 1
    assert len(keys) == 3


def test_no_step_has_an_idempotency_key_outside_of_one(world):
    @world.app.workflow
    async def asks(ctx, _):
        return ctx.idempotency_key

    with running(world.app) as t:
        assert run(t, asks).error == "InvalidInput"


def test_a_step_that_takes_too_long_times_out_and_is_cancelled(world):
    async def hang():
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            world.calls.append("cancelled")

    @world.app.workflow
    async def hasty(ctx, _):
        try:
            await ctx.step(hang, timeout="5s")
        except StepTimedOut as fault:
            return fault.error

    with running(world.app) as t:
        run(t, hasty)
        t.advance("5s")

        assert t.wait(hasty.describe("one")).output == "States.Timeout"
    assert world.calls == ["cancelled"]


def test_an_event_that_does_not_come_in_time_is_a_time_out(world):
    @world.app.workflow
    async def hasty(ctx, _):
        try:
            await ctx.wait_for_event("never", timeout="5s")
        except StepTimedOut as fault:
            return fault.error

    with running(world.app) as t:
        run(t, hasty)
        t.advance("5s")

        assert t.wait(hasty.describe("one")).output == "States.Timeout"


def test_an_event_may_be_sent_before_it_is_waited_for_and_each_is_waited_for_once(world):
    @world.app.workflow
    async def waits(ctx, _):
        await ctx.sleep("1h")
        return [await ctx.wait_for_event("paid"), await ctx.wait_for_event("paid")]

    with running(world.app) as t:
        run(t, waits)
        assert t.wait(waits.send_event("one", "other", 0))
        assert t.wait(waits.send_event("one", "paid", 1))
        assert t.wait(waits.send_event("one", "paid", 2))
        t.advance("1h")

        assert t.wait(waits.describe("one")).output == [1, 2]
        assert not t.wait(waits.send_event("one", "paid", 3))


def test_an_event_with_the_same_deduplication_id_is_sent_once(world):
    @world.app.workflow
    async def waits(ctx, _):
        first = await ctx.wait_for_event("paid")
        try:
            return [first, await ctx.wait_for_event("paid", timeout="1m")]
        except StepTimedOut:
            return [first]

    with running(world.app) as t:
        run(t, waits)
        for _ in range(2):
            t.wait(waits.send_event("one", "paid", 1, deduplication_id="x"))
        t.advance("1m")

        assert t.wait(waits.describe("one")).output == [1]


def test_an_event_is_refused_where_it_is_none(world):
    @world.app.workflow
    async def waits(ctx, _):
        await ctx.wait_for_event("paid")

    with running(world.app) as t:
        run(t, waits)
        with pytest.raises(NotFound, match="there is no execution two"):
            t.wait(waits.send_event("two", "paid"))
        with pytest.raises(InvalidValue, match="expected the name of an event"):
            t.wait(waits.send_event("one", ""))


def test_a_rule_of_a_bus_sends_an_event_to_the_execution_that_it_names(world):
    events = world.app.bus("events")

    @world.app.workflow
    async def waits(ctx, _):
        return await ctx.wait_for_event("paid")

    events.rule(
        "paid",
        {"detail-type": ["Paid"]},
        to=waits.events,
        input=InputTransformer(
            {"order": "$.detail.order", "sum": "$.detail.sum"},
            '{"execution": <order>, "event": "paid", "body": {"sum": <sum>}}',
        ),
    )
    with running(world.app) as t:
        run(t, waits, name="order-7")
        t.wait(events.publish("Paid", {"order": "order-7", "sum": 12}))
        t.settle()

        assert t.wait(waits.describe("order-7")).output == {"sum": 12}


def test_an_event_is_sent_at_the_keyboard_and_over_http(world):
    @world.app.workflow
    async def waits(ctx, _):
        return await ctx.wait_for_event("paid")

    machine = world.app.workflow(
        "machine",
        definition={"StartAt": "A", "States": {"A": {"Type": "Succeed"}}},
    )
    sent = {"execution": "one", "event": "paid", "body": {"sum": 3}}
    with running(world.app) as t:
        run(t, waits)
        reply = t.post("/_ensue/workflows/waits/send-event", sent)
        refused = t.post(f"/_ensue/workflows/{machine.ref.name}/send-event", sent)
        t.settle()

        assert (reply.status, reply.body) == (200, {"sent": True})
        assert refused.status == 400
        assert t.wait(waits.describe("one")).output == {"sum": 3}


def test_a_transaction_sends_an_event_and_starts_an_execution(world):
    @world.app.workflow
    async def waits(ctx, given):
        return [given, await ctx.wait_for_event("go")]

    def begin(tx):
        tx.start(waits, 1, name="one")
        tx.send_event(waits, "one", "go", 2)

    with running(world.app) as t:
        t.wait(world.app.run(begin))
        t.settle()

        assert t.wait(waits.describe("one")).output == [1, 2]


def test_a_token_ends_its_step_with_success_or_failure(world):
    @world.app.workflow
    async def approve(ctx, _):
        try:
            return await ctx.wait_for_token(world.hand_out, timeout="7d")
        except StepFailed as fault:
            return [fault.error, fault.cause]

    with running(world.app) as t:
        run(t, approve, name="one")
        run(t, approve, name="two")
        t.wait(world.app.send_task_success(world.tokens[0], {"yes": True}))
        t.wait(world.app.send_task_failure(world.tokens[1], "Refused", "too dear"))
        t.settle()

        assert t.wait(approve.describe("one")).output == {"yes": True}
        assert t.wait(approve.describe("two")).output == ["Refused", "too dear"]


def test_a_token_may_be_handed_out_by_an_action(world):
    async def send(token):
        world.tokens.append(token)

    @world.app.workflow
    async def approve(ctx, _):
        return await ctx.wait_for_token(send)

    with running(world.app) as t:
        run(t, approve)
        t.wait(world.app.send_task_success(world.tokens[0], 1))
        t.settle()

        assert t.wait(approve.describe("one")).output == 1


def test_a_token_that_is_silent_for_too_long_fails_its_step(world):
    @world.app.workflow
    async def approve(ctx, _):
        try:
            await ctx.wait_for_token(world.hand_out, heartbeat="1m")
        except StepTimedOut as fault:
            return fault.error

    with running(world.app) as t:
        run(t, approve)
        t.advance("50s")
        t.wait(world.app.send_task_heartbeat(world.tokens[0]))
        t.advance("50s")
        assert t.wait(approve.describe("one")).is_running
        t.advance("10s")

        assert t.wait(approve.describe("one")).output == "States.HeartbeatTimeout"


def test_branches_and_maps_run_side_by_side(world):
    async def part(ctx, name):
        await ctx.step(world.note, name)
        return await ctx.step(world.ask, name)

    @world.app.workflow
    async def fan(ctx, _):
        both = await ctx.parallel(lambda: part(ctx, "a"), part(ctx, "b"))
        each = await ctx.map(lambda item: part(ctx, item), ["c", "d", "e"], concurrency=2)
        return [*both, *each]

    with running(world.app) as t:
        done = run(t, fan)

        assert done.output == [{"answer": each} for each in "abcde"]
        assert [world.times(t, each) for each in "abcde"] == [1] * 5


def test_a_function_calls_another_workflow_and_waits_for_its_end(world):
    @world.app.workflow
    async def inner(ctx, given):
        if given["fails"]:
            raise ValueError("no luck")
        return {"doubled": given["n"] * 2}

    @world.app.workflow
    async def outer(ctx, n):
        found = await ctx.call(inner, {"n": n, "fails": False})
        started = await ctx.start(inner, {"n": n, "fails": False})
        try:
            await ctx.call(inner, {"n": n, "fails": True})
        except StepFailed as fault:
            return [found, sorted(started), "no luck" in str(fault.cause)]

    with running(world.app) as t:
        done = run(t, outer, 4)

        assert done.output == [{"doubled": 8}, ["arn", "id", "name", "started_ms"], True]
        assert len(t.wait(inner.executions()).executions) == 3


def test_a_state_machine_calls_a_function_and_a_function_a_state_machine(world):
    @world.app.workflow
    async def inner(ctx, given):
        await ctx.sleep("1m")
        return given + 1

    machine = world.app.workflow(
        "machine",
        definition={
            "StartAt": "Call",
            "States": {
                "Call": {"Type": "Task", "Resource": "ensue:workflow:inner.sync", "End": True}
            },
        },
    )

    @world.app.workflow
    async def outer(ctx, given):
        return await ctx.call(machine, given)

    with running(world.app) as t:
        run(t, outer, 1)
        t.advance("1m")

        assert t.wait(outer.describe("one")).output == 2


def test_a_function_does_what_tasks_of_state_machines_do(world):
    outbox = world.app.queue("outbox")

    @world.app.workflow
    async def sends(ctx, given):
        sent = await ctx.task("ensue:queue:outbox", {"n": given})
        return sorted(sent)

    with running(world.app) as t:
        assert run(t, sends, 1).output == ["id"]
        assert [each.body for each in t.messages(outbox)] == [{"n": 1}]


def test_to_stop_an_execution_ends_what_it_waits_for(world):
    @world.app.workflow
    async def inner(ctx, _):
        await ctx.wait_for_event("never")

    @world.app.workflow
    async def outer(ctx, _):
        await ctx.parallel(ctx.call(inner), ctx.sleep("1d"), ctx.wait_for_token(world.hand_out))

    with running(world.app) as t:
        run(t, outer)
        stopped = t.wait(outer.stop("one", cause="enough"))
        t.settle()

        assert (stopped.status, stopped.cause) == ("ABORTED", "enough")
        [child] = t.wait(inner.executions()).executions
        assert child.status == "ABORTED"
        with pytest.raises(NotFound):
            t.wait(world.app.send_task_success(world.tokens[0]))
        left = world.app.home.engine.read(
            lambda tx: tx.rows("SELECT count(*) FROM ensue_work WHERE state < 2")
        )
        assert left == [(0,)]


def test_an_execution_that_waits_long_is_not_in_memory(world):
    @world.app.workflow
    async def waits(ctx, _):
        await ctx.step(world.ask, 1)
        await ctx.wait_for_event("go")
        await ctx.step(world.ask, 2)

    with running(world.app) as t:
        for number in range(20):
            t.wait(waits.start(name=f"e{number}"))
        t.settle()
        assert waits._routines.live == 0
        for number in range(20):
            t.wait(waits.send_event(f"e{number}", "go"))
        t.settle()

        assert world.calls.count(1) == world.calls.count(2) == 20


def test_the_input_is_of_the_type_that_the_function_names(world):
    @world.app.workflow
    async def typed(ctx, order: Order):
        return [type(order).__name__, order.quantity]

    with running(world.app) as t:
        assert run(t, typed, {"product": "tea", "quantity": 2}).output == ["Order", 2]
        assert run(t, typed, {"product": "tea"}, name="two").error == "Unfit"


class Order(Body):
    product: str
    quantity: int


def test_a_name_is_an_idempotency_key(world):
    @world.app.workflow
    async def once(ctx, _):
        await ctx.step(world.note, "a")

    with running(world.app) as t:
        run(t, once, 1)
        run(t, once, 1)
        with pytest.raises(Conflict):
            t.wait(once.start(2, name="one"))

        assert world.times(t, "a") == 1


def test_to_await_what_is_not_recorded_fails_the_execution_and_says_what_to_do(world):
    @world.app.workflow
    async def sleeps(ctx, _):
        await asyncio.get_running_loop().create_future()

    with running(world.app) as t:
        done = run(t, sleeps)

    assert done.error == "InvalidInput"
    assert "expected a workflow to await its ctx only, got Future" in str(done.cause)


def test_a_function_with_other_arguments_is_refused_when_it_is_declared(world):
    with pytest.raises(InvalidDeclaration, match=r"expected async def odd\(ctx, input\)"):

        @world.app.workflow
        async def odd(ctx):
            pass

    with pytest.raises(InvalidDeclaration, match="expected async def plain"):

        @world.app.workflow
        def plain(ctx, given):
            pass


def test_a_step_with_other_arguments_fails_the_execution_and_says_so(world):
    @world.app.workflow
    async def odd(ctx, _):
        await ctx.step(world.note)

    with running(world.app) as t:
        done = run(t, odd)

    assert done.error == "InvalidDeclaration"
    assert "expected note to take the arguments" in str(done.cause)


def test_the_context_is_of_no_use_to_a_step(world):
    async def misuse(ctx):
        await ctx.sleep(1)

    @world.app.workflow
    async def odd(ctx, _):
        await ctx.step(misuse, ctx)

    with running(world.app) as t:
        done = run(t, odd)

    assert done.status == "FAILED"


@pytest.fixture
def store(tmp_path):
    return f"sqlite:///{tmp_path / 'store.db'}"


def shop(flow: Flow, *, version: int = 1) -> tuple[App, Any]:
    app = App("shop")
    return app, app.workflow("flow", version=version)(flow)


def test_after_a_restart_it_goes_on_behind_the_last_recorded_step(store):
    calls = []

    async def ask(what):
        calls.append(what)
        return what

    async def flow(ctx, _):
        first = await ctx.step(ask, "a")
        await ctx.sleep("1h")
        return [first, await ctx.step(ask, "b")]

    app, declared = shop(flow)
    with running(app, store=store) as t:
        run(t, declared)
        now_ms = t.now_ms()
    app, declared = shop(flow)
    with running(app, store=store, start_ms=now_ms) as t:
        t.advance("1h")

        assert t.wait(declared.describe("one")).output == ["a", "b"]
    assert calls == ["a", "b"]


def test_an_execution_whose_code_changed_is_held_and_goes_on_when_the_code_fits_again(store):
    async def ask(what):
        return what

    async def flow(ctx, _):
        await ctx.step(ask, "a")
        paid = await ctx.wait_for_event("paid")
        return [paid, await ctx.step(ask, "b")]

    async def changed(ctx, _):
        await ctx.step(ask, "a", name="weigh")
        return await ctx.wait_for_event("paid")

    app, declared = shop(flow)
    with running(app, store=store) as t:
        run(t, declared)
        now_ms = t.now_ms()

    app, declared = shop(changed)
    with running(app, store=store, start_ms=now_ms) as t:
        t.wait(declared.send_event("one", "paid", 5))
        t.settle()
        held = t.wait(declared.describe("one"))
        assert held.status == "RUNNING"
        assert held.warnings == (
            "held: workflow_changed at event 2: expected step ask, got step weigh",
        )
        [finding] = [
            each
            for each in app.home.engine.facts.notices.recent(t.now_ms())
            if each.rule == "workflow.changed"
        ]
        assert "expected step ask, got step weigh at event 2" in finding.what

    app, declared = shop(flow)
    with running(app, store=store, start_ms=now_ms) as t:
        t.settle()

        done = t.wait(declared.describe("one"))
        assert (done.output, done.warnings) == ([5, "b"], ())


def test_an_execution_that_is_held_can_be_stopped(store):
    async def flow(ctx, _):
        await ctx.sleep("1h")

    async def changed(ctx, _):
        await ctx.wait_for_event("paid")

    app, declared = shop(flow)
    with running(app, store=store) as t:
        run(t, declared)
        now_ms = t.now_ms()
    app, declared = shop(changed)
    with running(app, store=store, start_ms=now_ms) as t:
        t.advance("1h")
        t.wait(declared.stop("one", cause="obsolete"))

        assert t.wait(declared.describe("one")).status == "ABORTED"
        assert types(t, declared)[-1] == "ExecutionAborted"


def test_executions_keep_to_the_version_that_they_began_with(store):
    async def first(ctx, _):
        await ctx.sleep("1h")
        return "first"

    async def second(ctx, _):
        await ctx.wait_for_event("never")

    app, declared = shop(first)
    with running(app, store=store) as t:
        run(t, declared)
        run(t, declared, name="two")
        now_ms = t.now_ms()

    app, declared = shop(second, version=2)
    with running(app, store=store, start_ms=now_ms) as t:
        t.advance("1h")
        held = t.wait(declared.describe("one"))
        assert "expected version 1 of the function, got version 2" in held.warnings[0]

    app, declared = shop(second, version=2)
    declared.version(1)(first)
    with running(app, store=store, start_ms=now_ms + 3_600_000) as t:
        t.settle()
        assert t.wait(declared.describe("one")).output == "first"
        assert t.wait(declared.describe("two")).output == "first"
        assert run(t, declared, name="three").is_running
    with pytest.raises(InvalidDeclaration, match="expected another version"):
        declared.version(1)(first)


def test_an_async_step_that_was_under_way_is_called_again_after_a_restart(store):
    calls = []

    async def ask(what):
        calls.append(what)
        if len(calls) == 1:
            raise InvalidInput("the process ends before this is recorded")
        return what

    async def flow(ctx, _):
        return await ctx.step(ask, {"a": 1}, retry=Retry(interval="1h"))

    app, declared = shop(flow)
    with running(app, store=store) as t:
        run(t, declared)
        now_ms = t.now_ms()
    app, declared = shop(flow)
    with running(app, store=store, start_ms=now_ms) as t:
        t.advance("1h")

        assert t.wait(declared.describe("one")).output == {"a": 1}
    assert calls == [{"a": 1}, {"a": 1}]
