from __future__ import annotations

import pytest

from ensue.app.app import App
from ensue.resources.table.model import ITEM_BYTES_MAX
from ensue.words.errors import (
    InvalidDeclaration,
    InvalidExpression,
    InvalidInput,
    InvalidValue,
    LimitExceeded,
    NotFound,
)
from ensue.words.keys import KEY_BYTES_MAX


@pytest.fixture
def app() -> App:
    return App("wims")


@pytest.fixture
def orders(app):
    return app.table(
        "orders",
        key=("customer", "id"),
        indexes={"status": ("status", "total"), "city": "city"},
    )


@pytest.fixture
def stock(app):
    return app.table("stock", key="id", seed=[{"id": "LX", "n": 100}])


@pytest.fixture
def stage(store, run_on, app, orders, stock):
    return run_on(store, app)


def order(number, **more):
    return {"customer": "c", "id": number, **more}


def changes(stage, table="stock"):
    return stage.rows(f"SELECT kind, old, new FROM wims_{table}_changes ORDER BY sequence")


def pages(stage, table, partition, **options):
    found, after = [], None
    while True:
        page = stage.wait(table.query(partition, after=after, **options))
        assert len(page.items) <= options.get("limit", 100)
        found += [item["id"] for item in page.items]
        after = page.next
        if after is None:
            return found


def test_what_is_put_can_be_got_by_its_key(stage, orders):
    stage.wait(orders.put(order(1, total=5)))
    assert stage.wait(orders.get(("c", 1))) == order(1, total=5)
    assert stage.wait(orders.get(("c", 2))) is None


def test_a_seed_is_there_at_the_first_start_only(file_store, run_on):
    def declared():
        app = App("wims")
        return app, app.table("stock", key="id", seed=[{"id": "LX"}])

    app, stock = declared()
    stage = run_on(file_store, app)
    stage.wait(stock.delete("LX"))
    stage.close()
    app, stock = declared()
    assert run_on(file_store, app).wait(stock.get("LX")) is None


def test_text_and_number_keys_are_different_keys(stage, stock):
    stage.wait(stock.put({"id": "1", "n": "text"}))
    stage.wait(stock.put({"id": 1, "n": "number"}))
    assert stage.wait(stock.get(1)).n == "number"
    assert stage.wait(stock.get("1")).n == "text"


@pytest.mark.parametrize(
    "key",
    [
        None,
        True,
        [],
        ["a", "b"],
        ("a", 1),
        {"a": 1},
        2**63 + 1,
        float("nan"),
        "\ud800",
        "x" * (KEY_BYTES_MAX + 1),
    ],
    ids=repr,
)
def test_a_key_of_another_shape_is_refused(stage, stock, key):
    with pytest.raises(InvalidValue):
        stage.wait(stock.get(key))


@pytest.mark.parametrize("item", [{}, {"n": 1}, {"id": None}, {"id": True}, {"id": {"a": 1}}])
def test_an_item_without_a_good_key_is_refused_at_the_attribute(stage, stock, item):
    with pytest.raises(InvalidValue) as caught:
        stage.wait(stock.put(item))
    assert caught.value.at == "$.id"


def test_a_conditional_put_answers_whether_its_condition_held(stage, stock):
    put = lambda: stage.wait(stock.put({"id": "a"}, where="attribute_not_exists(id)"))  # noqa: E731
    assert [put(), put()] == [True, False]


def test_a_conditional_decrement_never_goes_below_zero(stage, stock):
    def take(n):
        return stage.wait(stock.update("LX", "SET n = n - :n", where="n >= :n", n=n))

    assert take(70).n == 30
    assert take(31) is None
    assert stage.wait(stock.get("LX")).n == 30


def test_an_update_of_what_is_not_there_does_nothing(stage, stock):
    assert stage.wait(stock.update("ghost", "SET n = :n", n=1)) is None


def test_an_update_that_moves_the_item_to_another_key_is_refused(stage, stock):
    with pytest.raises(InvalidInput, match="leaves the key as it is") as caught:
        stage.wait(stock.update("LX", "SET id = :id", id="LY"))
    assert caught.value.hint


def test_an_expression_that_does_not_compile_is_refused(stage, stock):
    with pytest.raises(InvalidExpression):
        stage.wait(stock.update("LX", "SET n ="))


def test_a_delete_gives_back_what_it_removed(stage, stock):
    assert stage.wait(stock.delete("LX", where="n > :n", n=100)) is None
    assert stage.wait(stock.delete("LX")).n == 100
    assert stage.wait(stock.delete("LX")) is None


def test_an_item_has_a_bound(stage, stock):
    stage.wait(stock.put({"id": "a", "x": "x" * (ITEM_BYTES_MAX - 17)}))
    with pytest.raises(LimitExceeded, match="at most 409600") as caught:
        stage.wait(stock.put({"id": "a", "x": "x" * (ITEM_BYTES_MAX - 16)}))
    assert caught.value.hint


def test_every_change_is_captured_with_what_was_and_what_is(stage, stock):
    stage.wait(stock.update("LX", "SET n = :n", n=7))
    stage.wait(stock.delete("LX"))
    assert changes(stage) == [
        ("insert", None, '{"id":"LX","n":100}'),
        ("update", '{"id":"LX","n":100}', '{"id":"LX","n":7}'),
        ("remove", '{"id":"LX","n":7}', None),
    ]


def test_a_put_that_changes_nothing_is_no_change(stage, stock):
    stage.wait(stock.put({"id": "LX", "n": 100}))
    assert len(changes(stage)) == 1


def test_each_change_names_its_hop_a_delete_too(stage, stock):
    stage.wait(stock.update("LX", "SET n = :n", n=7))
    stage.wait(stock.delete("LX"))
    found = stage.rows("SELECT h.id FROM wims_stock_changes c JOIN ensue_hops h ON h.id = c.hop")
    assert len(set(found)) == 3


def test_a_transaction_that_fails_leaves_no_change(stage, stock):
    def fail(tx):
        tx.execute("DELETE FROM wims_stock")
        raise ValueError

    stage.do_together(fail)
    assert len(changes(stage)) == 1


def test_an_item_that_gets_another_key_from_outside_is_captured_as_gone_and_come(stage):
    stage.do(lambda tx: tx.execute("UPDATE wims_stock SET pk = 'LY'"))
    assert [kind for kind, _, _ in changes(stage)] == ["insert", "remove", "insert"]


def test_what_is_no_json_cannot_be_typed_in(stage):
    [answer] = stage.do_together(lambda tx: tx.execute("UPDATE wims_stock SET item = 'nonsense'"))
    assert "json_valid" in str(answer)


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
def test_pages_forwards_and_backwards_hold_every_item_once_in_order(stage, orders, limit):
    for number in (5, 3, 1, 4, 2, 10, -1):
        stage.wait(orders.put(order(number)))
    stage.wait(orders.put({"customer": "other", "id": 1}))
    ordered = [-1, 1, 2, 3, 4, 5, 10]
    assert pages(stage, orders, "c", limit=limit) == ordered
    assert pages(stage, orders, "c", limit=limit, reverse=True) == ordered[::-1]


@pytest.mark.parametrize("limit", [1, 2, 100])
def test_an_index_orders_by_its_sort_attribute_and_then_by_key(stage, orders, limit):
    for number, total in ((1, 9), (2, 5), (3, 9), (4, 1.5)):
        stage.wait(orders.put(order(number, status="NEW", total=total)))
    assert pages(stage, orders, "NEW", index="status", limit=limit) == [4, 2, 1, 3]
    assert pages(stage, orders, "NEW", index="status", limit=limit, reverse=True) == [3, 1, 2, 4]


@pytest.mark.parametrize("limit", [1, 100])
def test_an_item_without_all_attributes_of_an_index_is_not_in_it(stage, orders, limit):
    for number, more in enumerate((
        {"status": "NEW"},
        {"total": 1},
        {"status": "NEW", "total": 3},
        {"status": None, "total": 3},
        {"status": "NEW", "total": 4},
    )):
        stage.wait(orders.put(order(number, **more)))
    assert pages(stage, orders, "NEW", index="status", limit=limit) == [2, 4]


def test_an_item_leaves_an_index_with_the_attribute(stage, orders):
    stage.wait(orders.put(order(1, city="Ulm")))
    stage.wait(orders.update(("c", 1), "REMOVE city"))
    assert stage.wait(orders.query("Ulm", index="city")).items == []


@pytest.mark.parametrize("after", ["", "x", "W10", "\u00e9", "[1]", "WzFd", "bnVsbA", "WzFlOTk5XQ"])
def test_a_cursor_that_no_page_gave_is_refused(stage, orders, after):
    with pytest.raises(InvalidValue, match="the next of an earlier page"):
        stage.wait(orders.query("Ulm", index="status", after=after))


@pytest.mark.parametrize("limit", [0, -1, 1_001])
def test_a_limit_out_of_bounds_is_refused(stage, orders, limit):
    with pytest.raises(InvalidValue, match="from 1 to 1000"):
        stage.wait(orders.query("c", limit=limit))


@pytest.mark.parametrize("partition", [None, [], 2**63 + 1, "\ud800"])
def test_a_partition_that_no_item_can_have_is_refused(stage, orders, partition):
    with pytest.raises(InvalidValue):
        stage.wait(orders.query(partition))


def test_an_index_that_is_not_there_is_not_found(stage, orders):
    with pytest.raises(NotFound, match="it has: status, city"):
        stage.wait(orders.query("c", index="colour"))


@pytest.mark.parametrize("key", [(), ("a", "b", "c"), ("a", "a"), "a b", "$.x", ""])
def test_a_key_that_cannot_be_one_is_refused_when_declared(app, key):
    with pytest.raises(InvalidDeclaration):
        app.table("things", key=key)


@pytest.mark.parametrize(
    ("app_name", "tables"),
    [
        ("ensue", ["work"]),
        ("a", ["b", "b-changes"]),
        ("a", ["b-changes", "b"]),
        ("a", ["b-c", "b_c"]),
    ],
)
def test_a_table_whose_sql_name_is_taken_is_refused(file_store, run_on, app_name, tables):
    app = App(app_name)
    for name in tables:
        app.table(name, key="id")
    with pytest.raises(InvalidDeclaration, match="SQL table") as caught:
        run_on(file_store, app)
    assert caught.value.hint
