"""A store of the version before workflows opens, and its app gets one."""

from __future__ import annotations

from contextlib import closing

from ensue.app.app import App
from ensue.app.integrity import check
from ensue.engine import executions, schema
from ensue.engine.database import StoreUrl, connect
from ensue.testing.kit import running

MACHINE = '{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}}'


def declared():
    app = App("shop")
    return app, app.queue("jobs"), app.workflow("flow", definition=MACHINE)


def test_a_store_of_an_earlier_version_is_brought_forward(tmp_path, monkeypatch):
    url = StoreUrl(str(tmp_path / "store.db"))
    before = schema.STEPS.index(executions.TABLES)
    with monkeypatch.context() as earlier:
        earlier.setattr(schema, "STEPS", schema.STEPS[:before])
        with closing(connect(url)) as connection:
            schema.migrate(connection, url.path)
            assert connection.execute("PRAGMA user_version").fetchone() == (before,)
    app, jobs, flow = declared()
    with running(app, store=f"sqlite:///{url.path}") as t:
        t.wait(jobs.send({"n": 1}))
        assert t.start(flow, 7).output == 7
        assert check(t._platform.engine) == []


def test_a_store_keeps_its_executions_when_it_is_opened_again(tmp_path):
    url = f"sqlite:///{tmp_path}/store.db"
    app, _, flow = declared()
    with running(app, store=url) as t:
        first = t.start(flow, 7, name="one")
    app, _, flow = declared()
    with running(app, store=url) as t:
        assert t.wait(flow.describe("one")) == first
        assert t.wait(flow.start(7, name="one")) == first


def test_executions_keep_to_the_definition_that_they_were_started_with(tmp_path):
    url = f"sqlite:///{tmp_path}/store.db"

    def with_result(result):
        wait = {"Type": "Wait", "Seconds": 60, "Next": "B"}
        last = {"Type": "Pass", "Result": result, "End": True}
        app = App("shop")
        return app, app.workflow(
            "flow", definition={"StartAt": "A", "States": {"A": wait, "B": last}}
        )

    app, flow = with_result("old")
    with running(app, store=url) as t:
        t.start(flow, name="one")
    app, flow = with_result("new")
    with running(app, store=url) as t:
        t.wait(flow.start(name="two"))
        t.drain()
        assert t.wait(flow.describe("one")).output == "old"
        assert t.wait(flow.describe("two")).output == "new"
