"""Random machines whose tasks do something, and that end the same however often they are begun.

What happens at the same moment is told apart by when it was asked for, and a process that starts
again is later by a moment. So all waits are long against that, and no time-out ends with one.
"""

from __future__ import annotations

from hypothesis import strategies as st

from ensue.languages.states.parse import compile_machine
from ensue.words.errors import InvalidDefinition
from tests.languages.states import machines

BEAT_S = 16
INSIDE = ["effect", "number", "listing", "boom", "waver"]
OUTSIDE = ["far", "far-boom", "far-waver"]
ASKING = ["ask", "far-ask"]
CHILDREN = ["child", "broken"]
ANSWERS = ["success", "failure", "silence", "twice"]
ITEMS = "items.json"


def states_of(scope):
    """Each state of a scope and of those within it."""
    for state in scope["States"].values():
        yield state
        for inner in [*state.get("Branches", []), *filter(None, [state.get("ItemProcessor")])]:
            yield from states_of(inner)


def is_inside(machine):
    """Whether all that a machine does is done in the transactions of its own executions."""
    called = {f"ensue:function:{name}" for name in INSIDE}
    return all(
        state.get("Resource") in {None, *called}
        and "ProcessorConfig" not in state.get("ItemProcessor", {})
        for state in states_of(machine)
    )


def is_query(state):
    return state.get("QueryLanguage") == "JSONata"


def told(state, **more):
    """The arguments of a task: where it stands, and what it is given."""
    seen = {"of": "StateMachine.Name", "state": "State.Name", "try": "State.RetryCount", **more}
    if is_query(state):
        fields = {name: f"{{% $states.context.{path} %}}" for name, path in seen.items()}
        return {"Arguments": {**fields, "given": "{% $states.input %}"}}
    fields = {f"{name}.$": f"$$.{path}" for name, path in seen.items()}
    return {"Parameters": {**fields, "given.$": "$"}}


@st.composite
def given_work(draw, state, called):
    """Let a task call something."""
    name = draw(st.sampled_from(called))
    fields = {"Resource": f"ensue:function:{name}"} | told(state)
    if draw(st.booleans()):
        fields["TimeoutSeconds"] = BEAT_S * draw(st.integers(1, 3)) + 1
    if name in CHILDREN:
        fields["Resource"] = f"ensue:workflow:{name}.sync"
    elif name in ASKING:
        answer = draw(st.sampled_from(ANSWERS))
        fields["Resource"] += ".waitForTaskToken"
        fields |= told(state, token="Task.Token")  # noqa: S106 - where the token stands
        fields["Arguments" if is_query(state) else "Parameters"]["answer"] = answer
        if answer == "silence":
            fields["TimeoutSeconds"] = 2 * BEAT_S + 1
            if draw(st.booleans()):
                fields["HeartbeatSeconds"] = BEAT_S + 1
    if draw(st.booleans()):
        error = draw(st.sampled_from([*machines.ERRORS, "Boom"]))
        fields["Retry"] = [{"ErrorEquals": [error], "MaxAttempts": draw(st.integers(0, 2))}]
    return fields


def unhurried(state):
    """Let what a state waits for be long against a start."""
    for retrier in state.get("Retry", []):
        retrier["IntervalSeconds"] = BEAT_S
        retrier["JitterStrategy"] = "NONE"
    if state["Type"] == "Wait":
        is_told = isinstance(state["Seconds"], int)
        queried = "{% $states.input.a * 16 %}"
        state["Seconds"] = state["Seconds"] * BEAT_S if is_told else queried


@st.composite
def distributed(draw, machine):
    """Let a Map at the top have an execution for each item, if it may."""
    maps = [state for state in machine["States"].values() if state["Type"] == "Map"]
    if not maps or draw(st.integers(0, 2)):
        return
    state = draw(st.sampled_from(maps))
    before = dict(state)
    kind = draw(st.sampled_from(["STANDARD", "STANDARD", "EXPRESS"]))
    config = {"Mode": "DISTRIBUTED", "ExecutionType": kind}
    state["ItemProcessor"] = {**state["ItemProcessor"], "ProcessorConfig": config}
    if not is_query(state) and draw(st.booleans()):
        state.pop("ItemsPath", None)
        reads = {"Bucket": "data", "Key": ITEMS}
        state["ItemReader"] = {
            "Resource": "arn:aws:states:::s3:getObject",
            "Parameters": reads,
            "ReaderConfig": {"InputType": "JSON"},
        }
    try:
        compile_machine(machine)
    except InvalidDefinition:
        state.clear()
        state.update(before)


@st.composite
def legs(draw, level):
    """A state that mostly succeeds, and leaves its data as it needs it."""
    kinds = ["Task"] * 4 + ["Wait", "Pass"] + ["Parallel", "Map"] * (level < machines.LEVELS)
    kind = draw(st.sampled_from(kinds))
    state = {"Type": kind}
    if kind == "Task" and draw(st.integers(0, 3)) == 0:
        merged = "{% $merge([$states.input, {'r': $states.result}]) %}"
        return state | {"QueryLanguage": "JSONata", "Output": merged}
    if kind == "Wait":
        return state | {"Seconds": draw(st.integers(0, 2))}
    state["ResultPath"] = draw(st.sampled_from(["$.r", "$.a", None]))
    if draw(st.booleans()):
        state["Assign"] = {"x.$": "$"}
    if kind == "Parallel":
        inner = st.one_of(journeys(level + 1), journeys(level + 1), machines.scopes(level + 1))
        state["Branches"] = draw(st.lists(inner, min_size=1, max_size=3))
    elif kind == "Map":
        state["ItemProcessor"] = draw(journeys(level + 1))
        state["MaxConcurrency"] = draw(st.integers(0, 3))
        state["ItemsPath"] = "$.list"
        state["ItemSelector"] = {"a.$": "$$.Map.Item.Value", "list": [1, 2]}
    return state


@st.composite
def journeys(draw, level, least=1):
    """States after each other, most of whose failures are caught; then, at the top, any machine."""
    made = draw(st.lists(legs(level), min_size=least, max_size=least + 3))
    states = {f"T{number}": state for number, state in enumerate(made)}
    tail = draw(machines.scopes()) if level == 0 else {"States": {}}
    names = [*states, *tail["States"]]
    for number, state in enumerate(made):
        following = names[number + 1] if number + 1 < len(names) else None
        state.update({"End": True} if following is None else {"Next": following})
        if (
            following is not None
            and state["Type"] not in {"Wait", "Pass"}
            and draw(st.integers(0, 3))
        ):
            state["Catch"] = [{"ErrorEquals": ["States.ALL"], "Next": following}]
            if not is_query(state):
                state["Catch"][0]["ResultPath"] = "$.e"
    start = {"Type": "Pass", "Result": {"a": 1, "list": [1, 2]}, "Next": "T0"}
    states = {"Start": start} | states if level == 0 else states
    return {"StartAt": next(iter(states)), "States": states | tail["States"]}


@st.composite
def working(draw, called=(*INSIDE, *OUTSIDE, *ASKING, *CHILDREN)):
    """A machine whose tasks call something of what there is."""
    machine = draw(journeys(0, least=2))
    if draw(st.integers(0, 4)) == 0:
        machine["TimeoutSeconds"] = BEAT_S * draw(st.integers(1, 20)) + BEAT_S // 2
    for state in states_of(machine):
        if state["Type"] == "Task":
            for field in ("Parameters", "Arguments", "TimeoutSeconds"):
                state.pop(field, None)
            state.update(draw(given_work(state, list(called))))
        unhurried(state)
    draw(distributed(machine))
    return machine
