"""Versions of a workflow and aliases; executions keep to the definition they began with."""

from __future__ import annotations

import pytest

from ensue import App
from ensue.resources.workflow.store import versions
from ensue.testing import running
from ensue.words.errors import Conflict, InvalidName, InvalidValue, NotFound


def declared(result, *, seconds=60, **options):
    """An app whose workflow waits and gives a result."""
    app = App("shop")
    flow = app.workflow(
        "flow",
        definition={
            "StartAt": "W",
            "States": {
                "W": {"Type": "Wait", "Seconds": seconds, "Next": "A"},
                "A": {"Type": "Pass", "Result": result, "End": True},
            },
        },
        **options,
    )
    return app, flow


@pytest.fixture
def file(tmp_path):
    """Where the store is, for apps that are declared one after the other."""
    return f"sqlite:///{tmp_path}/ensue.db"


def output(t, flow, name):
    return t.wait(flow.describe(name)).output


def definitions(t):
    return t._platform.engine.read(
        lambda tx: [text for (text,) in tx.rows("SELECT text FROM ensue_definitions ORDER BY id")]
    )


def test_a_version_is_the_definition_under_a_number():
    app, flow = declared("one")
    with running(app) as t:
        first = t.wait(flow.publish("the first"))
        again = t.wait(flow.publish("the first"))
        other = t.wait(flow.publish())

        assert (first.number, again, other.number) == (1, first, 2)
        assert t.wait(flow.versions()) == (other, first)
        started = t.wait(flow.start(name="a", version=1))
        assert (started.version, started.alias, started.definition) == (1, None, first.definition)


def test_what_runs_keeps_to_its_definition_and_a_version_to_its_own(file):
    app, flow = declared("one")
    with running(app, store=file) as t:
        t.wait(flow.publish())
        t.wait(flow.alias("live", 1))
        t.wait(flow.start(name="before"))

    app, flow = declared("two")
    with running(app, store=file) as t:
        for name, version in (("now", None), ("old", 1), ("live", "live")):
            t.wait(flow.start(name=name, version=version))
        t.advance("2m")

        assert [output(t, flow, name) for name in ("before", "now", "old", "live")] == [
            "one", "two", "one", "one"
        ]  # fmt: skip
        assert t.wait(flow.describe("live")).alias == "live"


def test_starts_are_divided_between_two_versions():
    app, flow = declared("one")
    with running(app) as t:
        t.wait(flow.publish("a"))
        t.wait(flow.publish("b"))
        t.wait(flow.alias("live", {1: 80, 2: 20}))
        for at in range(200):
            t.wait(flow.start(name=f"n{at}", version="live"))
        seen = [t.wait(flow.describe(f"n{at}")).version for at in range(200)]

    assert 120 < seen.count(1) < 195
    assert seen.count(1) + seen.count(2) == 200


@pytest.mark.parametrize(("percent", "version"), [(0, 1), (79.9, 1), (80, 2), (99.99, 2), (100, 2)])
def test_percentages_are_places_on_a_line(percent, version):
    assert versions._drawn({1: 80, 2: 20}, percent) == version


def test_an_alias_is_changed_and_forgotten():
    app, flow = declared("one")
    with running(app) as t:
        for said in "ab":
            t.wait(flow.publish(said))
        t.wait(flow.alias("live", 1))
        t.wait(flow.alias("live", 2))
        assert [(each.name, each.routes) for each in t.wait(flow.aliases())] == [("live", {2: 100})]

        t.wait(flow.unalias("live"))
        with pytest.raises(NotFound):
            t.wait(flow.start(version="live"))
        with pytest.raises(NotFound):
            t.wait(flow.unalias("live"))


def test_a_version_that_was_taken_back_starts_nothing_and_its_number_is_not_given_again():
    app, flow = declared("one")
    with running(app) as t:
        t.wait(flow.publish("a"))
        t.wait(flow.publish("b"))
        t.wait(flow.alias("live", 2))
        with pytest.raises(Conflict, match="live names version 2"):
            t.wait(flow.unpublish(2))
        t.wait(flow.unalias("live"))
        t.wait(flow.unpublish(2))

        with pytest.raises(NotFound):
            t.wait(flow.start(version=2))
        with pytest.raises(NotFound):
            t.wait(flow.unpublish(2))
        assert t.wait(flow.publish("c")).number == 3


def test_what_is_no_alias_is_an_error():
    app, flow = declared("one")
    with running(app) as t:
        t.wait(flow.publish("a"))
        for name in ("7", "", "a b", "x" * 81):
            with pytest.raises(InvalidName):
                t.wait(flow.alias(name, 1))
        for routes in ({}, {1: 99}, {1: 50, 2: 40, 3: 10}, {1: 120, 2: -20}):
            with pytest.raises(InvalidValue):
                t.wait(flow.alias("live", routes))
        with pytest.raises(NotFound):
            t.wait(flow.alias("live", 9))
        with pytest.raises(InvalidValue):
            t.wait(flow.publish("x" * 257))


def test_definitions_that_nobody_needs_are_forgotten(file):
    for result in ("one", "two", "three"):
        app, flow = declared(result, keep="1h")
        with running(app, store=file) as t:
            t.wait(flow.start(name=result))
            if result == "two":
                t.wait(flow.publish())
            t.advance("2m")
            assert len(definitions(t)) == {"one": 1, "two": 2, "three": 3}[result]

    with running(app, store=file) as t:
        t.advance("3h")
    app, flow = declared("four")
    with running(app, store=file) as t:
        assert [result in "".join(definitions(t)) for result in ("one", "two", "three")] == [
            False, True, False
        ]  # fmt: skip


def test_a_definition_that_is_declared_again_is_the_same_one(file):
    for at, result in enumerate(("one", "two", "one")):
        app, flow = declared(result)
        with running(app, store=file) as t:
            t.wait(flow.start(name=f"{result}{at}"))
            t.advance("2m")
            assert len(definitions(t)) <= 2


def test_an_express_workflow_has_versions_too(file):
    app, flow = declared("one", seconds=1, type="EXPRESS")
    with running(app, store=file) as t:
        t.wait(flow.publish())
    app, flow = declared("two", seconds=1, type="EXPRESS")
    with running(app, store=file) as t:
        t.wait(flow.start(name="old", version=1))
        t.wait(flow.start(name="new"))
        t.advance("5s")

        assert (output(t, flow, "old"), output(t, flow, "new")) == ("one", "two")
        assert t.wait(flow.describe("old")).version == 1


def test_a_transaction_starts_a_version():
    app, flow = declared("one")

    @app.function
    def begin(body, tx):
        return tx.start(flow, name="inside", version=1).version

    with running(app) as t:
        t.wait(flow.publish())
        assert t.wait(begin.call({})) == 1
