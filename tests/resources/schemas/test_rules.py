"""Rules against schemas, and what is checked in a store that nobody runs on."""

from __future__ import annotations

from pathlib import Path

import pytest

from ensue.app.app import App
from ensue.app.integrity import check, check_file

SUBJECT = "wims@OrderPlaced"
SCHEMA = {
    "type": "object",
    "properties": {"status": {"enum": ["new", "paid"]}, "total": {"type": "number"}},
}


def made(pattern):
    app = App("wims")
    registry = app.schemas("shapes")
    bus = app.bus("events", schemas=registry)
    bus.rule("wanted", pattern, to=app.queue("jobs"))
    return app, registry


def findings(run_on, store, pattern):
    app, registry = made({"source": ["nobody"]})
    stage = run_on(store, app)
    stage.wait(registry.register(SUBJECT, SCHEMA))
    stage.close()
    app, registry = made(pattern)
    stage = run_on(store, app)
    return stage, [each for each in stage.platform.noticed() if each.rule == "schemas.rule"]


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ({"detail-type": ["OrderPlaced"], "detail": {"state": ["new"]}}, "$.detail.state: "),
        ({"detail": {"status": ["sent"]}}, "$.detail.status[0]: expected a test of one of"),
        ({"Detail": {"status": ["new"]}}, "$.Detail: expected a field that events have"),
    ],
)
def test_a_rule_that_no_event_can_match_is_a_warning_at_the_start_and_in_a_check(
    file_store, run_on, pattern, said
):
    stage, noticed = findings(run_on, file_store, pattern)

    [finding] = noticed
    assert finding.where == "bus events, rule wanted"
    assert said in finding.what
    assert finding.severity == "warning"
    assert finding in check(stage.engine)
    stage.close()
    assert finding in check_file(Path(file_store.path))


@pytest.mark.parametrize(
    "pattern",
    [
        {"detail-type": ["OrderPlaced"], "detail": {"status": ["new"]}},
        {"detail-type": ["Unknown"], "detail": {"state": ["new"]}},
        {"source": ["aws.s3"], "detail": {"bucket": {"name": ["a"]}}},
        {"account": ["000000000000"]},
    ],
)
def test_a_rule_that_may_match_or_wants_unknown_events_is_not_doubted(file_store, run_on, pattern):
    stage, noticed = findings(run_on, file_store, pattern)

    assert noticed == []
    assert check(stage.engine) == []


def test_a_version_that_was_spoilt_is_found(file_store, run_on, typed_in):
    app, registry = made({"source": ["a"]})
    stage = run_on(file_store, app)
    stage.wait(registry.register(SUBJECT, SCHEMA))
    stage.close()

    typed_in(file_store, f"UPDATE {registry.model.table} SET schema = 'x'")

    found = check_file(Path(file_store.path))
    assert [each.rule for each in found] == ["schemas.version"]
