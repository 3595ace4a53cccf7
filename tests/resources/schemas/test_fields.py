"""Fields are found by their name and type, through all subjects."""

from __future__ import annotations

import pytest

from ensue.app.app import App
from ensue.resources.schemas import store
from ensue.resources.schemas.handle import looking
from tests.engine.test_plans import plan

PLACED = {"properties": {"customerId": {"type": "string"}, "total": {"type": "integer"}}}
PAID = {"properties": {"payment": {"properties": {"CustomerName": {"type": "string"}}}}}


@pytest.fixture
def registry_and_stage(store, run_on):
    app = App("shop")
    registry = app.schemas("shapes", compatibility="none")
    stage = run_on(store, app)
    for subject, schema in (
        ("shop@Placed", {"properties": {"customer": {"type": "string"}}}),
        ("shop@Placed", PLACED),
        ("shop@Paid", PAID),
    ):
        stage.wait(registry.register(subject, schema))
    return registry, stage


def test_a_field_is_found_by_a_part_of_its_name_in_the_newest_versions(registry_and_stage):
    registry, stage = registry_and_stage

    found = stage.wait(registry.fields("customer"))

    assert [(each.subject, each.version, each.path) for each in found.fields] == [
        ("shop@Paid", 1, "payment.CustomerName"),
        ("shop@Placed", 2, "customerId"),
    ]
    assert found.next is None


def test_a_field_is_found_by_its_type(registry_and_stage):
    registry, stage = registry_and_stage

    [found] = stage.wait(registry.fields(type="integer")).fields

    assert (found.path, found.type, found.required) == ("total", "an integer", False)


def test_a_page_ends_behind_a_subject_and_the_next_begins_there(registry_and_stage, monkeypatch):
    monkeypatch.setattr(looking, "SUBJECTS_AT_ONCE", 1)
    registry, stage = registry_and_stage

    first = stage.wait(registry.fields(limit=1))
    second = stage.wait(registry.fields(limit=10, after=first.next))

    assert {each.subject for each in first.fields} == {"shop@Paid"}
    assert {each.subject for each in second.fields} == {"shop@Placed"}
    assert second.next is None


def test_the_newest_versions_are_found_by_their_subjects(registry_and_stage):
    registry, stage = registry_and_stage

    said = plan(stage, lambda tx: store.latest(tx, registry.model, after="shop@Paid", limit=9))

    assert "SCAN" not in said
    assert "TEMP B-TREE" not in said
