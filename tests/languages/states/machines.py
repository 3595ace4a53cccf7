"""Random state machines, for properties."""

from __future__ import annotations

from hypothesis import strategies as st

ERRORS = ["E", "F", "States.ALL", "States.TaskFailed", "States.Timeout", "States.BranchFailed"]
LEVELS = 2

numbers = st.integers(0, 3)
paths = st.sampled_from(["$", "$.a", "$.b", "$.missing", "$.list"])
templates = st.sampled_from([
    {"a.$": "$.a", "b": 1},
    {"a.$": "$", "list": [1, 2]},
    {"n.$": "$$.State.Name", "a.$": "$x"},
    {"list.$": "States.Array($.a, 2)", "a": 1},
])


def named(position):
    return f"S{position}"


@st.composite
def data(draw, *, result=True, assign=True):
    fields = {}
    if draw(st.integers(0, 3)) == 0:
        fields["InputPath"] = draw(st.one_of(paths, st.none()))
    if draw(st.integers(0, 3)) == 0:
        fields["OutputPath"] = draw(st.one_of(paths, st.none()))
    if assign and draw(st.integers(0, 4)) == 0:
        fields["Assign"] = {"x.$": draw(paths)}
    if result and draw(st.integers(0, 2)) == 0:
        fields["ResultPath"] = draw(st.sampled_from(["$", "$.a", "$.c.d", None]))
    return fields


@st.composite
def trying(draw, following):
    fields = {}
    if draw(st.booleans()):
        fields["Retry"] = [
            {
                "ErrorEquals": [draw(st.sampled_from(ERRORS))],
                "IntervalSeconds": draw(st.integers(1, 3)),
                "MaxAttempts": draw(numbers),
                "JitterStrategy": draw(st.sampled_from(["FULL", "NONE"])),
            }
        ]
    if following is not None and draw(st.booleans()):
        fields["Catch"] = [
            {"ErrorEquals": [draw(st.sampled_from(ERRORS))], "Next": draw(following)}
        ]
    return fields


@st.composite
def states(draw, position, count, level):
    later = [named(each) for each in range(position + 1, count)]
    following = st.sampled_from(later) if later else None
    kinds = ["Pass", "Task", "Wait", "Succeed", "Fail"]
    kinds += ["Choice"] if later else []
    kinds += ["Parallel", "Map"] if level < LEVELS else []
    kind = draw(st.sampled_from(kinds))
    state = {"Type": kind}
    if kind not in {"Choice", "Succeed", "Fail"}:
        if following is not None and draw(st.integers(0, 3)):
            state["Next"] = draw(following)
        else:
            state["End"] = True
    if draw(st.integers(0, 3)) == 0:
        return state | {"QueryLanguage": "JSONata"} | draw(_QUERIED[kind](following, level))
    return state | draw(_MADE[kind](following, level))


@st.composite
def passing(draw, _following, _level):
    fields = draw(data())
    if draw(st.booleans()):
        fields["Result"] = draw(st.sampled_from([1, {"a": 2}, [1, 2, 3], {"list": [1, 2]}]))
    elif draw(st.booleans()):
        fields["Parameters"] = draw(templates)
    return fields


@st.composite
def tasks(draw, following, _level):
    fields = draw(data()) | draw(trying(following))
    mode = draw(st.sampled_from(["", ".sync", ".waitForTaskToken"]))
    fields["Resource"] = f"ensue:function:f{mode}"
    if draw(st.booleans()):
        fields["TimeoutSeconds"] = draw(st.integers(1, 9))
    if draw(st.integers(0, 3)) == 0:
        fields["ResultSelector"] = draw(templates)
    return fields


@st.composite
def waits(draw, _following, _level):
    fields = draw(data(result=False))
    fields["Seconds"] = draw(numbers)
    return fields


@st.composite
def choices(draw, following, _level):
    rule = draw(
        st.sampled_from([
            {"Variable": "$.a", "IsPresent": True},
            {"Variable": "$.a", "NumericEquals": 1},
            {"Not": {"Variable": "$.list", "IsNull": True}},
        ])
    )
    fields = {"Choices": [{**rule, "Next": draw(following)}]}
    if draw(st.integers(0, 3)):
        fields["Default"] = draw(following)
    return fields


@st.composite
def fails(draw, _following, _level):
    return {"Error": draw(st.sampled_from(["E", "F", "States.Timeout"]))}


@st.composite
def parallels(draw, following, level):
    fields = draw(data()) | draw(trying(following))
    fields["Branches"] = draw(st.lists(scopes(level + 1), min_size=1, max_size=3))
    return fields


@st.composite
def maps(draw, following, level):
    fields = draw(data()) | draw(trying(following))
    fields["ItemProcessor"] = draw(scopes(level + 1))
    fields["MaxConcurrency"] = draw(numbers)
    if draw(st.booleans()):
        fields["ItemsPath"] = "$.list"
    if draw(st.booleans()):
        fields["ItemSelector"] = {"a.$": "$$.Map.Item.Value", "list": [1]}
    if draw(st.booleans()):
        fields["ToleratedFailureCount"] = draw(numbers)
    return fields


queries = st.sampled_from([
    "{% $states.input %}",
    "{% $states.input.a + 1 %}",
    {"a": "{% $states.context.State.Name %}", "list": [1, 2]},
    "{% $x %}",
    {"list": "{% [1..3] %}", "a": 1},
])


@st.composite
def queried(draw, following=None, *, assign=True, work=False):
    fields = {"Output": draw(queries)} if draw(st.booleans()) else {}
    if assign and draw(st.integers(0, 4)) == 0:
        fields["Assign"] = {"x": draw(queries)}
    if work and draw(st.booleans()):
        fields["Arguments"] = draw(queries)
    if work and following is not None and draw(st.booleans()):
        error = draw(st.sampled_from(ERRORS))
        output = "{% $states.errorOutput.Error %}"
        fields["Catch"] = [{"ErrorEquals": [error], "Next": draw(following), "Output": output}]
    return fields


@st.composite
def queried_choices(draw, following, _level):
    condition = draw(st.sampled_from(["{% $states.input.a = 1 %}", "{% true %}", "{% 3 %}"]))
    rule = {"Condition": condition, "Next": draw(following), "Output": draw(queries)}
    return {"Choices": [rule], "Default": draw(following)} | draw(queried())


@st.composite
def queried_maps(draw, following, level):
    items = draw(st.sampled_from(["{% [1, 2] %}", [1, "{% 2 %}"], "{% {'k': 1} %}", "{% 3 %}"]))
    selector = draw(st.sampled_from(["{% $states.context.Map.Item %}", "{% $states.input %}"]))
    fields = {"Items": items, "ItemSelector": selector, "ItemProcessor": draw(scopes(level + 1))}
    return fields | draw(queried(following)) | draw(trying(None))


@st.composite
def queried_parallels(draw, following, level):
    inner = draw(st.lists(scopes(level + 1), min_size=1, max_size=2))
    return {"Branches": inner} | draw(queried(following, work=True))


_QUERIED = {
    "Pass": lambda _following, _level: queried(),
    "Task": lambda following, _level: queried(following, work=True).map(
        lambda fields: fields | {"Resource": "ensue:function:f", "TimeoutSeconds": "{% 5 %}"}
    ),
    "Wait": lambda _following, _level: queried().map(
        lambda fields: fields | {"Seconds": "{% $states.input.a %}"}
    ),
    "Succeed": lambda _following, _level: queried(assign=False),
    "Fail": lambda _following, _level: st.just({"Error": "{% $string($states.input.a) %}"}),
    "Choice": queried_choices,
    "Parallel": queried_parallels,
    "Map": queried_maps,
}
_MADE = {
    "Pass": passing,
    "Task": tasks,
    "Wait": waits,
    "Succeed": lambda _following, _level: data(result=False, assign=False),
    "Fail": fails,
    "Choice": choices,
    "Parallel": parallels,
    "Map": maps,
}


@st.composite
def scopes(draw, level=0):
    count = draw(st.integers(1, 4))
    made = {named(each): draw(states(each, count, level)) for each in range(count)}
    return {"StartAt": named(0), "States": made}


@st.composite
def machines(draw):
    """Machines whose states only lead forward, so that each ends."""
    machine = draw(scopes())
    if draw(st.integers(0, 4)) == 0:
        machine["TimeoutSeconds"] = draw(st.integers(1, 20))
    return machine


inputs = st.sampled_from([None, 1, [1, 2], {}, {"a": 1}, {"a": [1], "list": [1, 2, 3]}])
