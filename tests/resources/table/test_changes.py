"""The change feed of a table, filtered where the log is; and what a query would read."""

from __future__ import annotations

import msgspec
import pytest

from ensue import App, InvalidInput, InvalidPattern, InvalidValue, NotFound
from ensue.resources.table import KIND
from ensue.words.errors import InvalidExpression

OPERATIONS = KIND.operations


def operate(stage, table, name, asked):
    """What an operation answers."""
    operation = next(each for each in OPERATIONS if each.name == name)
    return stage.wait(operation.run(table, msgspec.convert(asked, operation.parameters)))


@pytest.fixture
def orders():
    app = App("shop")
    table = app.table("orders", key=("customer", "id"), indexes={"by-status": ("status", "total")})
    return app, table


def changed(stage, orders):
    stage.wait(orders.put({"customer": "ada", "id": 1, "status": "NEW", "total": 5}))
    stage.wait(orders.update(("ada", 1), "SET total = :t", t=50))
    stage.wait(orders.put({"customer": "bob", "id": 2, "status": "NEW", "total": 7}))
    stage.wait(orders.delete(("ada", 1)))


def test_changes_are_read_from_the_newest_and_on_from_a_position(store, run_on, orders):
    app, table = orders
    stage = run_on(store, app)
    changed(stage, table)

    newest, position = stage.wait(table.changes(limit=2))
    more, end = stage.wait(table.changes(after=position))
    again, _ = stage.wait(table.changes(after=position - 2))

    assert [(each.kind, each.key) for each in newest] == [
        ("insert", ("bob", 2)),
        ("remove", ("ada", 1)),
    ]
    assert (more, end) == ([], position)
    assert again == newest


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"kinds": ["update", "remove"]}, ["update", "remove"]),
        ({"key": ("ada", 1)}, ["insert", "update", "remove"]),
        ({"pattern": {"NewImage": {"total": [{"numeric": [">", 6]}]}}}, ["update", "insert"]),
        ({"kinds": ["insert"], "key": ("bob", 2)}, ["insert"]),
    ],
)
def test_changes_are_filtered_by_kind_key_and_pattern(store, run_on, orders, wanted, found):
    app, table = orders
    stage = run_on(store, app)
    changed(stage, table)

    newest, position = stage.wait(table.changes(**wanted))
    behind, same = stage.wait(table.changes(after=0, **wanted))

    assert [each.kind for each in newest] == found
    assert behind == newest
    assert position == same


@pytest.mark.parametrize(
    ("wanted", "error"),
    [
        ({"kinds": ["moved"]}, InvalidValue),
        ({"key": "ada"}, InvalidValue),
        ({"pattern": {"NewImage": 1}}, InvalidPattern),
    ],
)
def test_a_filter_that_is_none_is_refused(store, run_on, orders, wanted, error):
    app, table = orders
    stage = run_on(store, app)

    with pytest.raises(error):
        stage.wait(table.changes(**wanted))


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({}, ("scan", None, None, None, False, 100)),
        ({"filter": "total > :t"}, ("scan", None, None, None, False, 10_000)),
        ({"partition": "ada"}, ("key", None, "customer", "id", False, 100)),
        ({"partition": "ada", "sort": "id > :i"}, ("key", None, "customer", "id", True, 100)),
        (
            {"partition": "NEW", "index": "by-status", "filter": "total > :t", "limit": 5},
            ("index", "by-status", "status", "total", False, 10_000),
        ),
    ],
)
def test_a_plan_says_by_what_a_query_reads_and_how_much_at_most(store, run_on, orders, asked, said):
    app, table = orders
    stage = run_on(store, app)

    assert tuple(operate(stage, table, "plan", asked).values()) == said


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"partition": 1, "index": "by-age"}, NotFound),
        ({"partition": 1, "sort": "total >"}, InvalidExpression),
        ({"filter": "total >"}, InvalidInput),
    ],
)
def test_a_query_that_cannot_be_asked_has_no_plan(store, run_on, orders, asked, error):
    app, table = orders
    stage = run_on(store, app)

    with pytest.raises(error):
        operate(stage, table, "plan", asked)
