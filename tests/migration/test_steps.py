"""Stores as each earlier release left them open, are whole, and go on.

`tests/migration/freeze.py` writes one for the present release.
"""

from __future__ import annotations

import re
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from ensue.app.integrity import check, check_file
from ensue.engine import shapes
from ensue.engine.database import StoreUrl
from ensue.engine.schema import STEPS, migrate
from ensue.observe import Node
from tests.migration.freeze import dump
from tests.migration.mill import make_mill, tokens
from tests.migration.shop import make_app

KEPT = sorted(Path(__file__).parent.glob("step*.sql"))
WITH_WORKFLOWS = [path for path in KEPT if "mill_ground" in path.read_text(encoding="utf-8")]
HOUR_MS = 3_600_000


@pytest.fixture(params=KEPT, ids=lambda path: path.stem)
def kept(request, tmp_path) -> StoreUrl:
    """A store as a release left it when its process died."""
    return _brought_back(request.param, tmp_path)


@pytest.fixture(params=WITH_WORKFLOWS, ids=lambda path: path.stem)
def kept_mill(request, tmp_path) -> StoreUrl:
    """A store of a release that had workflows."""
    return _brought_back(request.param, tmp_path)


def _brought_back(written: Path, folder: Path) -> StoreUrl:
    path = folder / "ensue.db"
    with closing(apsw.Connection(str(path))) as connection:
        connection.execute(written.read_text(encoding="utf-8"))
    return StoreUrl(str(path), "NORMAL")


def test_each_kept_store_is_of_a_step_of_its_own():
    steps = [int(re.findall(r"\d+", path.stem)[0]) for path in KEPT]

    assert steps[0] == 1
    assert len(set(steps)) == len(steps)
    assert max(steps) <= len(STEPS)


def test_a_kept_store_has_nothing_wrong_with_it_before_it_is_opened(kept):
    assert {each.rule for each in check_file(Path(kept.path))} <= {"schema.older"}


def test_a_kept_store_is_the_same_as_a_new_one_when_it_has_been_brought_forward(kept, run_on):
    stage = run_on(kept, make_app().app)

    assert check(stage.engine) == []
    assert stage.rows("PRAGMA user_version") == [(len(STEPS),)]


def test_what_was_in_a_kept_store_is_still_there(kept, run_on):
    shop = make_app()
    stage = run_on(kept, shop.app)

    page = stage.wait(shop.orders.query("c1"))
    events, _ = stage.wait(shop.events.tail(limit=100))

    assert [(each.id, each.quantity) for each in page.items] == [
        ("o1", 1),
        ("o2", 2),
        ("o3", 3),
        ("o4", 4),
    ]
    assert stage.wait(shop.stock.get("LX")).quantity == 499
    assert len(events) == 7
    assert events[-1]["detail"] == {"by": "a\u00e9\U0001f600"}


def test_what_was_in_flight_in_a_kept_store_goes_on(kept, run_on):
    shop = make_app()
    charged = []

    @shop.actions.consumer()
    async def act(message):
        charged.append((message.body["number"], message.receives))

    stage = run_on(kept, shop.app)
    stage.settle()

    # Leased by the process that died, and two that waited; a message, and a change not yet read.
    assert sorted(charged) == [(0, 2), (1, 1), (2, 1)]
    assert [each["number"] for each in shop.seen] == ["waiting", "unread"]
    assert len(stage.wait(shop.jobs.dead_letters.peek())) == 1
    stage.advance(3_600_000)
    assert [each["number"] for each in shop.seen][-1] == "later"
    assert check(stage.engine) == []


def test_why_still_tells_what_ensued_in_a_kept_store(kept, run_on):
    shop = make_app()
    stage = run_on(kept, shop.app)

    tree = stage.platform.why("c1/o1")

    assert _names(tree) >= {"orders", "follow", "jobs", "take", "events", "first", "stock"}


def test_what_executions_of_a_kept_store_came_to_is_still_told(kept_mill, run_on):
    mill = make_mill()
    stage = run_on(kept_mill, mill.app)

    for flow in (mill.flow, mill.routine):
        said = {name: stage.wait(flow.describe(name)) for name in ("done", "fail", "stopped")}
        assert [each.status for each in said.values()] == ["SUCCEEDED", "FAILED", "ABORTED"]
        assert said["done"].output["ground"] == "flour"
        assert said["fail"].cause.startswith("said the miller")
        assert stage.wait(flow.history("done")).events[0]["type"] == "ExecutionStarted"
    assert stage.wait(mill.flow.describe("forked")).forked_from is not None
    assert [each.description for each in stage.wait(mill.flow.versions())] == ["the first"]


def test_executions_of_a_kept_store_go_on_to_their_end(kept_mill, run_on):
    mill = make_mill()
    stage = run_on(kept_mill, mill.app)
    for token in tokens(stage, mill).values():
        stage.wait(mill.app.send_task_success(token, "yes"))
    stage.wait(mill.routine.send_event("event", "weighed", 7))
    stage.advance(3 * HOUR_MS)

    assert not stage.wait(mill.flow.describe("paused")).ended_ms
    stage.wait(mill.flow.resume_execution("paused"))
    stage.settle()

    names = {
        mill.flow: ("ask", "wait", "both", "call", "killed", "begun", "paused"),
        mill.routine: ("sleep", "event", "call", "killed", "begun"),
        mill.sacks: ("sacks",),
    }
    found = {
        (flow.ref.name, name): stage.wait(flow.describe(name))
        for flow, each in names.items()
        for name in each
    }
    assert {each.status for each in found.values()} == {"SUCCEEDED"}
    assert found["flow", "ask"].output["answer"] == "yes"
    assert found["routine", "event"].output == {"ground": "flour", "weighed": 7}
    assert found["sacks", "sacks"].output == ["s0", "s1", "s2", "s3", "s4"]
    # Each inside once, before the process died or after.
    assert set(mill.ground_times(stage).values()) == {1}
    # Outside once more: what failed, and what was on its way when the process died.
    assert sorted(mill.calls) == ["flow-call", "flow-killed", "routine-call", "routine-killed"]
    assert check(stage.engine) == []


def test_executions_of_a_kept_store_are_mended(kept_mill, run_on):
    mill = make_mill()
    stage = run_on(kept_mill, mill.app)
    stage.wait(mill.flow.redrive("stopped"))
    stage.wait(mill.flow.fork("fail", "Which", variables={}, fork_name="again"))
    stage.advance(HOUR_MS)

    assert stage.wait(mill.flow.describe("stopped")).status == "SUCCEEDED"
    assert stage.wait(mill.flow.describe("again")).error == "Spoilt"
    assert stage.wait(mill.flow.start({"sack": "x", "then": "done"}, version="live")).version == 1


def _names(node: Node) -> set[str]:
    return {node.name}.union(*(_names(child) for child in node.children))


def test_a_schema_brought_forward_is_that_of_a_new_store():
    for step in range(len(STEPS)):
        with closing(apsw.Connection(":memory:")) as connection:
            for each in STEPS[:step]:
                connection.execute(each)
            connection.execute(f"PRAGMA user_version={step}")
            migrate(connection, "here")

            assert shapes.shapes(connection) == shapes.engine_shapes()


def test_what_is_kept_of_a_store_makes_the_same_store_again(kept):
    written = dump(kept.path)

    assert written in {path.read_text(encoding="utf-8") for path in KEPT}
