from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import msgspec
import pydantic
import pytest

from ensue.app.app import App
from ensue.resources.schemas import store as registry_store
from ensue.words.errors import (
    Conflict,
    InvalidDeclaration,
    InvalidInput,
    InvalidValue,
    LimitExceeded,
    MissingExtra,
    NotFound,
)

SUBJECT = "wims@OrderPlaced"


def schema(required=("id",), **properties):
    return {
        "type": "object",
        "properties": {"id": {"type": "string"}, **properties},
        "required": list(required),
    }


@pytest.fixture
def app() -> App:
    return App("wims")


@pytest.fixture
def registry(app):
    return app.schemas("events")


def test_versions_are_numbered_and_the_same_schema_twice_is_one(store, run_on, app, registry):
    stage = run_on(store, app)

    first = stage.wait(registry.register(SUBJECT, schema()))
    again = stage.wait(registry.register(SUBJECT, dict(reversed(schema().items()))))
    second = stage.wait(registry.register(SUBJECT, schema(note={"type": "string"})))

    assert (first.version, again.version, second.version) == (1, 1, 2)
    assert [each.version for each in stage.wait(registry.versions(SUBJECT))] == [1, 2]
    assert stage.wait(registry.get(SUBJECT)) == second
    assert stage.wait(registry.get(SUBJECT, 1)).schema == schema()
    assert stage.wait(registry.subjects())[0]["versions"] == 2


def test_a_version_that_breaks_what_is_promised_is_refused_with_each_place(
    store, run_on, app, registry
):
    stage = run_on(store, app)
    stage.wait(registry.register(SUBJECT, schema(total={"type": "number"})))

    with pytest.raises(Conflict) as caught:
        stage.wait(
            registry.register(SUBJECT, schema(required=["id", "by"], total={"type": "integer"}))
        )

    assert "$.total: expected an integer, where a number was" in str(caught.value)
    assert "$.by: expected any value, where nothing may be" in str(caught.value)
    assert len(stage.wait(registry.versions(SUBJECT))) == 1


@pytest.mark.parametrize(
    ("rule", "taken"),
    [
        ("none", 3),
        ("backward", 3),
        ("backward-transitive", 2),
        ("forward", 1),
        ("forward-transitive", 1),
        ("full", 1),
        ("full-transitive", 1),
    ],
)
def test_a_rule_looks_at_the_last_version_or_at_all(store, run_on, app, rule, taken):
    registry = app.schemas("rules", compatibility=rule)
    stage = run_on(store, app)
    # A field goes, and comes back with another type: the last version does not know it.
    steps = [schema(a={"type": "string"}), schema(b={}), schema(b={}, a={"type": "integer"})]
    if rule.startswith(("forward", "full")):
        steps[1] = schema(required=[], a={"type": "string"})

    for count, each in enumerate(steps):
        if count < taken:
            stage.wait(registry.register(SUBJECT, each))
        else:
            with pytest.raises(Conflict):
                stage.wait(registry.register(SUBJECT, each))


@pytest.mark.parametrize(
    ("given", "at"),
    [
        ({"type": "strong"}, "$.schema.type"),
        ({"properties": {"a": {"minimum": "1"}}}, "$.schema.properties.a.minimum"),
        ({"$schema": "http://json-schema.org/draft-07/schema#"}, "$.schema.$schema"),
        ({"$ref": "https://example.com/other.json"}, "$.schema"),
        ({"$ref": "#/$defs/gone"}, "$.schema"),
        ({"properties": {"a": {"pattern": "(?=a)b"}}}, "$.schema.properties.a.pattern"),
        ({"properties": {"a": {"pattern": "(a{1000}){1000}"}}}, "$.schema.properties.a.pattern"),
        ({"description": "x" * 300_000}, "$.schema"),
        ([], "$.schema"),
    ],
)
def test_what_is_no_schema_is_refused_with_its_place(store, run_on, app, registry, given, at):
    stage = run_on(store, app)

    with pytest.raises(InvalidValue) as caught:
        stage.wait(registry.register(SUBJECT, given))

    assert caught.value.at == at
    assert stage.wait(registry.subjects()) == []


@pytest.mark.parametrize("subject", ["", "wims", "@", "wims@", "@x", "a@" + "b" * 600])
def test_a_subject_is_a_source_and_a_detail_type(store, run_on, app, registry, subject):
    stage = run_on(store, app)

    with pytest.raises(InvalidValue, match="source"):
        stage.wait(registry.register(subject, schema()))


def test_the_number_of_a_version_that_was_deleted_is_not_given_again(store, run_on, app, registry):
    stage = run_on(store, app)
    stage.wait(registry.register(SUBJECT, schema()))
    stage.wait(registry.register(SUBJECT, schema(a={})))

    stage.wait(registry.delete(SUBJECT, 2))

    assert stage.wait(registry.get(SUBJECT)).version == 1
    with pytest.raises(NotFound):
        stage.wait(registry.get(SUBJECT, 2))
    with pytest.raises(NotFound):
        stage.wait(registry.delete(SUBJECT, 2))
    assert stage.wait(registry.register(SUBJECT, schema(b={}))).version == 3


def test_subjects_are_found_by_words_of_names_fields_and_descriptions(store, run_on, app, registry):
    stage = run_on(store, app)
    total = {"type": "number", "description": "What is to be paid, with tax."}
    stage.wait(registry.register(SUBJECT, schema(totalAmount=total)))
    stage.wait(registry.register("wims@OrderShipped", schema(carrier={"type": "string"})))

    def found(words):
        return [each.subject for each in stage.wait(registry.search(words))]

    assert found("order") == ["wims@OrderPlaced", "wims@OrderShipped"]
    assert found("ship") == ["wims@OrderShipped"]
    assert found("amount order") == ["wims@OrderPlaced"]
    assert found("tax") == ["wims@OrderPlaced"]
    assert found("totalamount") == ["wims@OrderPlaced"]
    assert found("mount") == found("100%") == found("_") == []
    with pytest.raises(InvalidValue):
        found("!")


@dataclass
class Line:
    sku: str
    count: Annotated[int, msgspec.Meta(ge=1)]


@dataclass
class OrderPlaced:
    id: str
    lines: list[Line]
    note: str | None = None


class Paid(pydantic.BaseModel):
    id: str
    total: float = pydantic.Field(gt=0, description="With tax.")


def test_a_python_type_is_declared_and_a_start_changes_nothing_more(file_store, run_on):
    def declared():
        app = App("wims")
        registry = app.schemas("events")
        registry.declare("OrderPlaced", OrderPlaced)
        registry.declare("OrderPaid", Paid, source="bank")
        return app, registry

    for _ in range(2):
        app, registry = declared()
        stage = run_on(file_store, app)
        assert [each.origin for each in stage.wait(registry.versions(SUBJECT))] == ["declared"]
        good = {"id": "a", "lines": [{"sku": "x", "count": 1}]}
        assert stage.wait(registry.validate(SUBJECT, good)) == []
        bad = {"lines": [{"sku": "x", "count": 0}], "note": 3}
        found = [str(each) for each in stage.wait(registry.validate(SUBJECT, bad))]
        assert "$.detail.id: expected a value, got nothing" in found
        assert any(each.startswith("$.detail.lines[0].count: ") for each in found)
        assert any(each.startswith("$.detail.note: ") for each in found)
        assert stage.wait(registry.validate("bank@OrderPaid", {"id": "a", "total": 0})) != []
        stage.close()


def test_a_declared_type_that_breaks_readers_keeps_the_app_from_starting(file_store, run_on):
    app = App("wims")
    app.schemas("events").declare("OrderPlaced", OrderPlaced)
    run_on(file_store, app).close()

    @dataclass
    class Changed:
        id: int

    app = App("wims")
    app.schemas("events").declare("OrderPlaced", Changed)
    with pytest.raises(Conflict, match="expected an integer, where a text was"):
        run_on(file_store, app)


def test_what_has_no_fields_or_is_declared_twice_is_refused(app, registry):
    registry.declare("OrderPlaced", OrderPlaced)
    with pytest.raises(InvalidDeclaration, match="one type"):
        registry.declare("OrderPlaced", OrderPlaced)
    with pytest.raises(InvalidDeclaration, match="fields"):
        registry.declare("Count", int)
    with pytest.raises(InvalidDeclaration, match="compatibility"):
        app.schemas("other", compatibility="sideways")


def test_without_the_library_a_registry_is_refused_when_it_is_declared(app, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "jsonschema_rs", None)

    with pytest.raises(MissingExtra, match="schemas"):
        app.schemas("events")


def test_code_a_sample_and_the_differences_come_from_a_version(store, run_on, app, registry):
    stage = run_on(store, app)
    stage.wait(registry.register(SUBJECT, schema(total={"type": "integer"})))
    stage.wait(registry.register(SUBJECT, schema(total={"type": "number"})))

    text = stage.wait(registry.code(SUBJECT, 1))
    drawn = stage.wait(registry.sample(SUBJECT, seed=3))

    assert text.startswith('"""The types of wims@OrderPlaced, version 1."""')
    assert "total: int | None = None" in text
    assert drawn == stage.wait(registry.sample(SUBJECT, seed=3))
    assert drawn["detail-type"] == "OrderPlaced"
    assert stage.wait(registry.validate(SUBJECT, drawn["detail"])) == []
    assert stage.wait(registry.diff(SUBJECT, 1, 2)) == []
    [back] = stage.wait(registry.diff(SUBJECT, 2, 1))
    assert str(back) == "$.total: expected an integer, where a number was"
    with pytest.raises(InvalidInput):
        stage.wait(registry.pause())


def test_there_are_no_more_versions_and_subjects_than_may_be(
    store, run_on, app, registry, monkeypatch
):
    monkeypatch.setattr(registry_store, "VERSIONS_MAX", 2)
    monkeypatch.setattr(registry_store, "SUBJECTS_MAX", 1)
    stage = run_on(store, app)
    for name in "ab":
        stage.wait(registry.register(SUBJECT, schema(**{name: {}})))

    with pytest.raises(LimitExceeded, match="2 versions"):
        stage.wait(registry.register(SUBJECT, schema(c={})))
    with pytest.raises(LimitExceeded, match="1 subjects"):
        stage.wait(registry.register("wims@Other", schema()))


def test_the_version_in_force_is_found_by_an_index(store, run_on, app, registry):
    stage = run_on(store, app)
    table = registry.model.table
    kept = f"FROM {table} WHERE subject = ? AND schema IS NOT NULL ORDER BY"
    statements = (
        f"SELECT version, digest {kept} origin = 'discovered', version DESC LIMIT 1",
        f"SELECT version, schema {kept} version DESC LIMIT 1",
        f"SELECT version, schema {kept} version",
    )

    for sql in statements:
        plan = " ".join(str(row[3]) for row in stage.rows(f"EXPLAIN QUERY PLAN {sql}", "x"))
        assert "USING INDEX" in plan
        assert "SCAN" not in plan
        assert "TEMP B-TREE" not in plan
