"""The workflows whose executions are kept: a state machine, a function, and a Map of many items."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from ensue import App, InvalidInput, Item, Retry, Tx, WorkflowContext
from tests.conftest import Stage

HOUR_S = 3_600

_NEXT = [
    {"Variable": "$.then", "StringEquals": "ask", "Next": "Ask"},
    {"Variable": "$.then", "StringEquals": "wait", "Next": "Rest"},
    {"Variable": "$.then", "StringEquals": "both", "Next": "Both"},
    {"Variable": "$.then", "StringEquals": "call", "Next": "Call"},
    {"Variable": "$.then", "StringEquals": "fail", "Next": "Spoilt"},
]
_ASK = {
    "Type": "Task",
    "Resource": "ensue:queue:asked.waitForTaskToken",
    "Parameters": {"token.$": "$$.Task.Token", "execution.$": "$$.Execution.Name"},
}
_REST = {"Type": "Wait", "Seconds": HOUR_S}
_RETRY = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": HOUR_S, "MaxAttempts": 1}]
_GRIND = {"Type": "Task", "Resource": "ensue:function:grind", "ResultPath": "$.ground"}
_BRANCHES = [
    {"StartAt": "Rest within", "States": {"Rest within": {**_REST, "End": True}}},
    {"StartAt": "Ask within", "States": {"Ask within": {**_ASK, "End": True}}},
]
MACHINE = {
    "StartAt": "Grind",
    "States": {
        "Grind": {**_GRIND, "Next": "Which"},
        "Which": {"Type": "Choice", "Choices": _NEXT, "Default": "Done"},
        "Ask": {**_ASK, "ResultPath": "$.answer", "Next": "Done"},
        "Rest": {**_REST, "Next": "Done"},
        "Both": {"Type": "Parallel", "Branches": _BRANCHES, "ResultPath": "$.both", "Next": "Done"},
        "Call": {
            "Type": "Task",
            "Resource": "ensue:function:call",
            "Retry": _RETRY,
            "ResultPath": "$.called",
            "Next": "Done",
        },
        "Spoilt": {"Type": "Fail", "Error": "Spoilt", "Cause": "said the miller"},
        "Done": {"Type": "Succeed"},
    },
}
SACKS = {
    "StartAt": "Each",
    "States": {
        "Each": {
            "Type": "Map",
            "ItemProcessor": {
                "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
                "StartAt": "Rest",
                "States": {
                    "Rest": {**_REST, "Next": "Grind"},
                    "Grind": {**_GRIND, "OutputPath": "$.sack", "End": True},
                },
            },
            "MaxConcurrency": 2,
            "End": True,
        }
    },
}


@dataclass
class Mill:
    """The app and its resources.

    Attributes:
        calls: which sacks were called for outside.
        is_away: whether calls outside fail.
        hangs: whether they never end.
    """

    app: App
    ground: Any
    asked: Any
    flow: Any = None
    sacks: Any = None
    routine: Any = None
    calls: list[str] = field(default_factory=list)
    is_away: bool = False
    hangs: bool = False

    def ground_times(self, stage: Stage) -> dict[str, int]:
        """How often each sack was ground."""
        items = stage.wait(self.ground.scan(limit=1_000)).items
        return {each["sack"]: each["times"] for each in items}


def make_mill() -> Mill:
    """Declare it."""
    app = App("mill")
    mill = Mill(app, ground=app.table("ground", key="sack"), asked=app.queue("asked"))

    def grind(body: Item, tx: Tx) -> str:
        found = tx.get(mill.ground, body["sack"]) or {"times": 0}
        tx.put(mill.ground, {"sack": body["sack"], "times": found["times"] + 1})
        return "flour"

    async def call(body: Item) -> str:
        mill.calls.append(body["sack"])
        if mill.hangs:
            await asyncio.Event().wait()
        if mill.is_away:
            raise InvalidInput("nobody is there")
        return "called"

    @app.workflow(keep="30d")
    async def routine(ctx: WorkflowContext, body: Item) -> Item:
        ground = await ctx.step(grind, body)
        if body["then"] == "sleep":
            await ctx.sleep(HOUR_S)
        if body["then"] == "event":
            event = await ctx.wait_for_event("weighed")
            return {"ground": ground, "weighed": event}
        if body["then"] == "call":
            again = Retry(interval=HOUR_S, max_attempts=2, jitter="NONE")
            return {"called": await ctx.step(call, body, retry=again)}
        if body["then"] == "fail":
            raise InvalidInput("said the miller")
        return {"ground": ground}

    app.function(grind)
    app.function(call)
    mill.flow = app.workflow("flow", definition=MACHINE)
    mill.sacks = app.workflow("sacks", definition=SACKS)
    mill.routine = routine
    return mill


def use(stage: Stage, mill: Mill) -> None:
    """Leave executions in every state."""
    mill.is_away = True
    stage.wait(mill.flow.publish("the first"))
    stage.wait(mill.flow.alias("live", 1))
    for flow, others in ((mill.flow, ("ask", "wait", "both")), (mill.routine, ("sleep", "event"))):
        for then in ("done", "fail", "call", *others):
            _start(stage, flow, then)
    _start(stage, mill.flow, "stopped", "wait")
    _start(stage, mill.routine, "stopped", "sleep")
    stage.wait(mill.sacks.start([{"sack": f"s{number}"} for number in range(5)], name="sacks"))
    stage.settle()
    stage.wait(mill.flow.stop("stopped"))
    stage.wait(mill.routine.stop("stopped"))
    stage.wait(mill.flow.fork("done", "Which", fork_name="forked"))
    _start(stage, mill.flow, "paused", "wait")
    mill.hangs = True
    _start(stage, mill.flow, "killed", "call")
    _start(stage, mill.routine, "killed", "call")
    stage.settle()
    stage.wait(mill.flow.pause_execution("paused"))
    _start(stage, mill.flow, "begun", "wait")
    _start(stage, mill.routine, "begun", "sleep")


def _start(stage: Stage, flow: Any, name: str, then: str | None = None) -> None:
    sack = f"{flow.ref.name}-{name}"
    stage.wait(flow.start({"sack": sack, "then": then or name}, name=name))


def tokens(stage: Stage, mill: Mill) -> dict[str, str]:
    """The tokens that executions wait for, by execution."""
    found = stage.wait(mill.asked.peek(limit=100))
    return {each.body["execution"]: each.body["token"] for each in found}
