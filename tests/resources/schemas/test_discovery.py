from __future__ import annotations

import pytest

from ensue.app.app import App
from ensue.resources.schemas import worker
from ensue.resources.schemas.worker import Discoverer
from ensue.words.errors import InvalidDeclaration, InvalidValue

SUBJECT = "wims@OrderPlaced"


@pytest.fixture
def app() -> App:
    return App("wims")


@pytest.fixture
def registry(app):
    return app.schemas("shapes")


@pytest.fixture
def bus(app, registry):
    return app.bus("events", schemas=registry, discover=True)


def publish(stage, bus, *details, detail_type="OrderPlaced"):
    return [stage.wait(bus.publish(detail_type, each)) for each in details]


def written(stage):
    return stage.rows("SELECT total_changes()")[0][0]


def discoverer(stage):
    [found] = [each for each in stage.engine.workers if isinstance(each, Discoverer)]
    return found


def test_the_first_event_of_a_kind_makes_the_first_version(store, run_on, app, registry, bus):
    stage = run_on(store, app)

    [event_id] = publish(stage, bus, {"id": "a", "total": 3})
    stage.settle()

    [found] = stage.wait(registry.versions(SUBJECT))
    assert (found.version, found.origin, found.event) == (1, "discovered", event_id)
    assert found.schema["title"] == "OrderPlaced"
    assert found.schema["properties"]["total"] == {"type": "integer"}


def test_a_changed_shape_is_a_new_version_after_one_step(store, run_on, app, registry, bus):
    """EB-3: a changed shape creates a new version at once."""
    stage = run_on(store, app)
    publish(stage, bus, {"id": "a", "total": 3})
    stage.wait(discoverer(stage).step())

    publish(stage, bus, {"id": "b", "total": 3.5, "note": None})
    stage.wait(discoverer(stage).step())

    _, second = stage.wait(registry.versions(SUBJECT))
    assert second.version == 2
    assert second.schema["properties"]["total"] == {"type": "number"}
    assert second.schema["required"] == ["id", "total"]
    assert stage.wait(registry.diff(SUBJECT, 1, 2)) == []


def test_an_unchanged_shape_costs_no_write(store, run_on, app, registry, bus):
    stage = run_on(store, app)
    publish(stage, bus, {"id": "a", "total": 3})
    stage.settle()
    publish(stage, bus, *({"id": f"{n}", "total": n} for n in range(20)))
    before = stage.rows("SELECT max(id) FROM ensue_hops"), stage.rows("SELECT * FROM ensue_readers")

    stage.settle()

    assert len(stage.wait(registry.versions(SUBJECT))) == 1
    assert before == (
        stage.rows("SELECT max(id) FROM ensue_hops"),
        stage.rows("SELECT * FROM ensue_readers"),
    )
    assert stage.wait(registry.status())["unread"] == {"events": 0}


def test_how_far_it_has_come_is_noted_when_it_rests(store, run_on, app, registry, bus):
    stage = run_on(store, app)
    publish(stage, bus, {"id": "a"}, {"id": "b"}, {"id": "c"})
    stage.settle()
    publish(stage, bus, {"id": "d"})
    stage.settle()
    assert stage.rows("SELECT position FROM ensue_readers") == [(3,)]

    stage.advance(worker.REST_MS)

    assert stage.rows("SELECT position FROM ensue_readers") == [(4,)]


def test_how_far_it_has_come_is_noted_after_many_events(store, run_on, app, bus, monkeypatch):
    monkeypatch.setattr(worker, "UNNOTED_MAX", 3)
    stage = run_on(store, app)
    publish(stage, bus, {"id": "a"})
    stage.settle()

    publish(stage, bus, {"id": "b"}, {"id": "c"}, {"id": "d"})
    stage.settle()

    assert stage.rows("SELECT position FROM ensue_readers") == [(4,)]


def test_events_are_not_forgotten_before_they_were_looked_at(store, run_on, app, registry):
    bus = app.bus("events", keep="2m", schemas=registry, discover=True)
    stage = run_on(store, app)
    stage.wait(registry.pause())
    publish(stage, bus, {"id": "a"})
    stage.advance(300_000)
    assert stage.rows("SELECT count(*) FROM wims_events_events") == [(1,)]

    stage.wait(registry.resume())
    stage.settle()
    stage.advance(300_000)

    assert len(stage.wait(registry.versions(SUBJECT))) == 1
    assert stage.rows("SELECT count(*) FROM wims_events_events") == [(0,)]


def test_several_buses_teach_one_registry(store, run_on, app, registry, bus):
    other = app.bus("others", schemas=registry, discover=True)
    stage = run_on(store, app)

    publish(stage, bus, {"id": "a"})
    publish(stage, other, {"id": 7})
    stage.settle()

    _, second = stage.wait(registry.versions(SUBJECT))
    assert second.schema["properties"]["id"] == {"type": ["integer", "string"]}


def test_a_crash_before_its_place_was_noted_makes_no_version_twice(file_store, run_on, crashed):
    def made():
        app = App("wims")
        registry = app.schemas("shapes")
        return app, registry, app.bus("events", schemas=registry, discover=True)

    app, registry, bus = made()
    stage = run_on(file_store, app)
    publish(stage, bus, {"id": "a"}, {"id": 1}, {"id": "b"})
    stage.settle()
    publish(stage, bus, {"id": "c"}, {"id": 2})
    stage.settle()
    left = crashed(stage)

    app, registry, bus = made()
    stage = run_on(left, app)
    publish(stage, bus, {"id": None})
    stage.settle()

    found = stage.wait(registry.versions(SUBJECT))
    assert [each.version for each in found] == [1, 2, 3]
    assert found[-1].schema["properties"]["id"] == {"type": ["integer", "null", "string"]}


def test_ever_new_names_become_a_map_and_no_version_each(store, run_on, app, registry, bus):
    stage = run_on(store, app)

    publish(stage, bus, *({"stock": {f"{n:032x}": n}} for n in range(30)))
    stage.settle()

    [only] = stage.wait(registry.versions(SUBJECT))
    assert only.schema["properties"]["stock"]["additionalProperties"] == {"type": "integer"}


def test_an_event_that_a_declared_schema_takes_is_no_news(store, run_on, app, registry, bus):
    stage = run_on(store, app)
    declared = {"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]}
    stage.wait(registry.register(SUBJECT, declared))

    publish(stage, bus, {"id": "a", "more": 1})
    stage.settle()
    assert len(stage.wait(registry.versions(SUBJECT))) == 1

    publish(stage, bus, {"id": 3})
    stage.settle()
    found = stage.wait(registry.versions(SUBJECT))
    assert [each.origin for each in found] == ["registered", "discovered"]
    assert stage.wait(registry.get(SUBJECT)).origin == "registered"


def test_a_shape_beyond_the_bound_is_noted_and_the_others_go_on(
    store, run_on, app, registry, bus, monkeypatch
):
    monkeypatch.setattr("ensue.resources.schemas.store.VERSIONS_MAX", 1)
    stage = run_on(store, app)

    publish(stage, bus, {"id": "a"}, {"id": 1}, {"id": None})
    publish(stage, bus, {"id": "a"}, detail_type="OrderPaid")
    stage.settle()

    assert len(stage.wait(registry.versions(SUBJECT))) == 1
    assert len(stage.wait(registry.versions("wims@OrderPaid"))) == 1
    [notice] = stage.platform.noticed()
    assert (notice.rule, notice.where) == ("schemas.discovery", SUBJECT)


def test_bytes_and_sets_have_the_schema_of_what_others_see(store, run_on, app, registry, bus):
    stage = run_on(store, app)

    publish(stage, bus, {"raw": b"\x00", "tags": {"a", "b"}})
    stage.settle()

    [found] = stage.wait(registry.versions(SUBJECT))
    assert found.schema["properties"]["raw"] == {"type": "string"}
    assert found.schema["properties"]["tags"] == {"type": "array", "items": {"type": "string"}}


def test_a_version_that_is_deleted_makes_room_for_another(
    store, run_on, app, registry, bus, monkeypatch
):
    monkeypatch.setattr("ensue.resources.schemas.store.VERSIONS_MAX", 2)
    stage = run_on(store, app)
    for name in ("a", "b", "c"):
        publish(stage, bus, {name: 1})
        stage.settle()
    assert len(stage.wait(registry.versions(SUBJECT))) == 2
    stage.wait(registry.delete(SUBJECT, 1))

    publish(stage, bus, {"d": 1})
    stage.settle()

    assert [each.version for each in stage.wait(registry.versions(SUBJECT))] == [2, 3]


def test_one_transaction_widens_by_no_more_than_a_mebibyte_of_events(
    store, run_on, app, registry, bus, monkeypatch
):
    monkeypatch.setattr(worker, "NEWS_BYTES_MAX", 1)
    stage = run_on(store, app)
    publish(stage, bus, {"a": 1}, {"b": 1}, {"c": 1})

    kept = []
    for _ in range(3):
        stage.wait(discoverer(stage).step())
        kept.append(len(stage.wait(registry.versions(SUBJECT))))

    assert kept == [1, 2, 3]


# Validation.

ORDER = {"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]}


@pytest.mark.parametrize("mode", ["off", "warn", "enforce"])
def test_an_event_that_does_not_fit_is_taken_noted_or_refused(store, run_on, app, registry, mode):
    bus = app.bus("checked", schemas=registry, validate=mode)
    stage = run_on(store, app)
    stage.wait(registry.register(SUBJECT, ORDER))
    publish(stage, bus, {"id": "a"})
    publish(stage, bus, {"any": 1}, detail_type="Unknown")

    if mode == "enforce":
        with pytest.raises(InvalidValue) as caught:
            publish(stage, bus, {"id": 3})
        assert caught.value.at == "$.detail.id"
        assert "expected a string, got 3 (wims@OrderPlaced, version 1)" in str(caught.value)
    else:
        publish(stage, bus, {"id": 3})

    assert stage.wait(bus.count()) == (2 if mode == "enforce" else 3)
    noticed = [(each.rule, each.what) for each in stage.platform.noticed()]
    told = ("schemas.event", "an event does not fit version 1 at $.detail.id")
    assert noticed == ([told] if mode == "warn" else [])
    assert stage.wait(registry.status()).get("warned") == (1 if mode == "warn" else None)


def test_of_a_batch_the_events_that_do_not_fit_are_refused_one_by_one(store, run_on, app, registry):
    bus = app.bus("checked", schemas=registry, validate="enforce")
    stage = run_on(store, app)
    stage.wait(registry.register(SUBJECT, ORDER))

    good, bad, other = stage.wait(
        bus.publish_batch([
            {"detail_type": "OrderPlaced", "detail": {"id": "a"}},
            {"detail_type": "OrderPlaced", "detail": {}},
            {"detail_type": "Other", "detail": {}},
        ])
    )

    assert isinstance(good, str)
    assert isinstance(other, str)
    assert (bad.index, bad.code) == (1, "invalid_value")
    assert "$.detail.id" in bad.message


def test_a_refused_event_undoes_what_its_handler_did(store, run_on, app, registry):
    bus = app.bus("checked", schemas=registry, validate="enforce")
    jobs = app.queue("jobs")
    stage = run_on(store, app)
    stage.wait(registry.register(SUBJECT, ORDER))

    def place(tx):
        tx.send(jobs, 1)
        tx.publish(bus, "OrderPlaced", {"id": 1})

    with pytest.raises(InvalidValue):
        stage.wait(app.run(place))
    assert stage.wait(jobs.peek()) == []


def test_a_version_counts_from_the_moment_it_is_registered_even_when_that_is_undone(
    store, run_on, app, registry
):
    bus = app.bus("checked", schemas=registry, validate="enforce")
    stage = run_on(store, app)
    publish(stage, bus, {"id": 1})

    stage.wait(registry.register(SUBJECT, ORDER))
    with pytest.raises(InvalidValue):
        publish(stage, bus, {"id": 1})
    stage.wait(registry.delete(SUBJECT, 1))

    publish(stage, bus, {"id": 1})


def test_a_bus_cannot_discover_or_validate_without_a_registry(app):
    for options in ({"discover": True}, {"validate": "warn"}, {"validate": "perhaps"}):
        with pytest.raises(InvalidDeclaration):
            app.bus("events", **options)
