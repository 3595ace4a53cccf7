"""What is seen of the inside of an execution: its states, their data, its relatives."""

from __future__ import annotations

import pytest

from ensue.words.errors import InvalidValue, NotFound, StepFailed
from tests.resources.workflow.conftest import asking, ran

END = {"Type": "Succeed"}


def task(function, **fields):
    way = {} if "Next" in fields else {"End": True}
    return {"Type": "Task", "Resource": function, **way, **fields}


def begun(t, flow, given=None, name="one"):
    """Start an execution, and let it come to where it waits."""
    t.wait(flow.start(given, name=name))
    t.settle()


def trace(t, flow, name="one", **asked):
    return t.wait(flow.trace(name, **asked))


def told(found):
    return [(each.state, each.visit, each.outcome) for each in found.visits]


@pytest.fixture
def retried(shop):
    """A task that fails once and is tried again, and one whose failure is caught."""
    return shop.flow({
        "A": {
            "Type": "Pass",
            "Assign": {"who": "x", "n": 1},
            "Result": {"id": "x", "fails": 1},
            "Next": "B",
        },
        "B": task(
            shop.outside,
            Retry=[{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 2}],
            ResultPath="$.b",
            Next="C",
        ),
        "C": task(
            shop.refuse,
            Catch=[{"ErrorEquals": ["States.ALL"], "ResultPath": "$.e", "Next": "D"}],
            Next="D",
        ),
        "D": END,
    })


def test_each_visit_of_a_state_tells_its_outcome_its_times_and_its_attempts(retried, run):
    t = run()
    ran(t, retried)

    found = trace(t, retried)

    assert told(found) == [
        ("A", 1, "succeeded"),
        ("B", 1, "succeeded"),
        ("C", 1, "caught"),
        ("D", 1, "succeeded"),
    ]
    b, c = found.visits[1], found.visits[2]
    assert [(each.outcome, each.error) for each in b.attempts] == [
        ("failed", "TimeoutError"),
        ("succeeded", None),
    ]
    assert b.retries == 1
    assert b.left_ms - b.entered_ms >= 2_000
    assert b.attempts[1].at_ms - b.attempts[0].ended_ms == 2_000
    assert (c.error, "no such model" in c.cause) == ("KeyError", True)
    assert (found.total, found.next, found.stands) == (4, None, ())


def test_the_data_of_a_state_are_its_input_output_variables_and_what_its_tasks_got(retried, run):
    t = run()
    ran(t, retried)

    found = t.wait(retried.visit("one", "B"))

    assert found.input == {"id": "x", "fails": 1}
    assert found.output == {"id": "x", "fails": 1, "b": {"answered": 2}}
    assert (found.variables, found.assigned) == ({"who": "x", "n": 1}, {})
    assert [each.arguments for each in found.data] == [found.input, found.input]
    assert [each.output for each in found.data] == [None, {"answered": 2}]
    assert t.wait(retried.visit("one", "A", 1)).assigned == {"who": "x", "n": 1}
    with pytest.raises(NotFound, match="entered B 1 times"):
        t.wait(retried.visit("one", "B", 2))
    with pytest.raises(NotFound, match="entered Z 0 times"):
        t.wait(retried.visit("one", "Z"))


def test_iterations_and_branches_tell_what_they_are_within(shop, run):
    inner = {"StartAt": "I", "States": {"I": task(shop.effect, Next="J"), "J": END}}
    flow = shop.flow({
        "M": {"Type": "Map", "ItemProcessor": inner, "Next": "P"},
        "P": {
            "Type": "Parallel",
            "Branches": [
                {"StartAt": "L", "States": {"L": END}},
                {"StartAt": "R", "States": {"R": END}},
            ],
            "End": True,
        },
    })
    t = run()
    ran(t, flow, [{"id": "a"}, {"id": "b"}])

    found = trace(t, flow).visits
    outer = {each.state: each.number for each in found if each.within is None}
    assert set(outer) == {"M", "P"}
    within = [(each.state, each.visit, each.index) for each in found if each.within == outer["M"]]
    assert sorted(within) == [("I", 1, 0), ("I", 2, 1), ("J", 1, 0), ("J", 2, 1)]
    assert {each.state for each in found if each.within == outer["P"]} == {"L", "R"}


def test_a_long_trace_is_told_a_page_at_a_time(shop, run):
    inner = {"StartAt": "I", "States": {"I": END}}
    flow = shop.flow({"M": {"Type": "Map", "ItemProcessor": inner, "End": True}})
    t = run()
    ran(t, flow, [*range(30)])

    first = trace(t, flow, limit=20)
    rest = trace(t, flow, after=first.next)

    assert (first.total, len(first.visits), len(rest.visits), rest.next) == (31, 20, 11, None)
    assert [each.number for each in rest.visits] == [*range(21, 32)]


def test_what_runs_tells_where_it_stands_and_for_what_it_waits(shop, run):
    flow = shop.flow({
        "P": {
            "Type": "Parallel",
            "Branches": [
                {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 60, "End": True}}},
                {"StartAt": "T", "States": {"T": asking(shop, TimeoutSeconds=90)}},
            ],
            "End": True,
        }
    })
    t = run()
    begun(t, flow)

    found = trace(t, flow)
    now_ms = found.visits[0].entered_ms
    assert [(each.state, each.waits) for each in found.stands] == [
        ("P", "branches"),
        ("W", "wait"),
        ("T", "token"),
    ]
    assert [each.until_ms for each in found.stands[1:]] == [now_ms + 60_000, now_ms + 90_000]
    assert told(found)[0] == ("P", 1, "running")


def test_what_was_read_once_goes_on_with_what_is_new(shop, run):
    flow = shop.flow({
        "W": {"Type": "Wait", "Seconds": 60, "Next": "A"},
        "A": task(shop.refuse),
    })
    t = run()
    begun(t, flow, {"id": "a"})
    assert told(trace(t, flow)) == [("W", 1, "running")]

    t.advance("60s")
    t.drain()
    assert told(trace(t, flow)) == [("W", 1, "succeeded"), ("A", 1, "failed")]

    t.wait(flow.redrive("one"))
    t.drain()
    again = trace(t, flow)
    assert told(again) == [("W", 1, "succeeded"), ("A", 1, "failed")]
    assert len(again.visits[1].attempts) == 2


def test_a_graph_tells_outcomes_and_a_workflow_without_execution_none(retried, run):
    t = run()
    begun(t, retried)

    drawn = {each.name: each.outcome for each in t.wait(retried.graph("one")).nodes}
    plain = t.wait(retried.graph())

    assert drawn == {"A": "succeeded", "B": "running", "C": "untouched", "D": "untouched"}
    assert {each.outcome for each in plain.nodes} == {None}
    assert [(edge.source, edge.target) for edge in plain.edges][:2] == [("A", "B"), ("B", "C")]


def test_a_function_is_traced_by_its_steps_and_what_is_caught_is_not_around_what_follows(shop, run):
    app = shop.app

    def no(tx):
        raise KeyError("no")

    def yes(tx):
        return 7

    @app.workflow
    async def steps(ctx, order):
        try:
            await ctx.step(no)
        except StepFailed:
            return await ctx.step(yes)

    t = run()
    assert ran(t, steps).output == 7

    found = trace(t, steps)
    assert told(found) == [("no", 1, "caught"), ("yes", 1, "succeeded")]
    assert [each.within for each in found.visits] == [None, None]
    assert t.wait(steps.visit("one", "yes")).output == 7
    assert [each.name for each in t.wait(steps.graph("one")).nodes] == ["no", "yes"]


def test_two_executions_are_compared_where_they_parted_and_in_what_differs(shop, run):
    rule = {"Variable": "$.n", "NumericGreaterThan": 5, "Next": "Big"}
    flow = shop.flow({
        "A": {"Type": "Pass", "Next": "If"},
        "If": {"Type": "Choice", "Choices": [rule], "Default": "Small"},
        "Big": END,
        "Small": END,
    })
    t = run()
    ran(t, flow, {"n": 1, "id": "a"}, "one")
    ran(t, flow, {"n": 9, "id": "a"}, "two")

    found = t.wait(flow.compare("one", "two"))

    assert found.parted is not None
    assert (found.parted.behind, found.parted.a, found.parted.b) == ("If", "Small", "Big")
    assert [(each.path, each.before, each.after) for each in found.input] == [("$.n", 1, 9)]
    sides = {each.state: (each.a is not None, each.b is not None) for each in found.states}
    assert sides == {
        "A": (True, True),
        "If": (True, True),
        "Small": (True, False),
        "Big": (False, True),
    }
    a = found.states[0]
    assert (a.same_input, a.same_output) == (False, False)
    assert a.input[0].path == "$.n"


def test_of_two_that_go_the_same_way_nothing_parts_and_one_that_still_runs_has_not_parted(
    shop, run
):
    flow = shop.flow({"W": {"Type": "Wait", "Seconds": 60, "Next": "Z"}, "Z": END})
    t = run()
    for name in ("one", "two"):
        ran(t, flow, name=name)
    begun(t, flow, name="three")

    assert t.wait(flow.compare("one", "two")).parted is None
    assert t.wait(flow.compare("one", "three")).parted is None


def test_an_execution_knows_its_parent_its_children_and_its_origin(shop, run):
    child = shop.flow({"T": asking(shop)}, name="child")
    flow = shop.flow({
        "C": {
            "Type": "Map",
            "ItemProcessor": {
                "StartAt": "S",
                "States": {"S": task("ensue:workflow:child.sync")},
            },
            "End": True,
        }
    })
    t = run()
    begun(t, flow, [{"n": 1}, {"n": 2}, {"n": 3}])
    t.wait(flow.fork("one", "C", fork_name="other"))
    t.settle()

    family = t.wait(flow.family("one", limit=2))
    rest = t.wait(flow.family("one", after=family.next))

    assert (family.parent, len(family.children), len(rest.children)) == (None, 2, 1)
    assert {each.workflow for each in family.children} == {"child"}
    assert rest.next is None
    up = t.wait(child.family(family.children[0].name)).parent
    assert (up.workflow, up.name, up.state) == ("flow", "one", "S")
    assert t.wait(flow.family("other")).origin.name == "one"
    with pytest.raises(InvalidValue):
        t.wait(flow.family("one", after="x"))


def test_counts_are_kept_without_a_look_at_the_executions(shop, run):
    flow = shop.flow({"A": task(shop.refuse)}, keep="1h")
    t = run()
    ran(t, flow, {"id": "a"})
    waiting = t.wait(flow.counts())

    assert (waiting["failed"], waiting["running"]) == (1, 0)
    t.wait(flow.redrive("one"))
    assert t.wait(flow.counts())["running"] == 1
    t.drain()
    assert t.wait(flow.counts())["failed"] == 1
    t.advance("3h")
    t.drain()
    assert t.wait(flow.counts())["failed"] == 0
