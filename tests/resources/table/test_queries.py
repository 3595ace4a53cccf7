from __future__ import annotations

from decimal import Decimal

import pytest

from ensue.app.app import App
from ensue.engine.database import MEMORY, StoreUrl
from ensue.resources.table import Index
from ensue.resources.table.model import BATCH_MAX, EXAMINED_MAX, SEGMENTS_MAX
from ensue.words.errors import (
    InvalidDeclaration,
    InvalidExpression,
    InvalidName,
    InvalidValue,
    LimitExceeded,
    NotFound,
)


@pytest.fixture
def app() -> App:
    return App("wims")


@pytest.fixture
def orders(app):
    return app.table(
        "orders",
        key=("customer", "id"),
        indexes={
            "city": ("city", "total"),
            "keys": Index("city", "total", projection="keys"),
            "some": Index("city", projection=["name", "total"]),
        },
    )


@pytest.fixture
def stage(store, run_on, app, orders):
    return run_on(store, app)


def fill(stage, orders, ids, **more):
    stage.wait(orders.batch_put([{"customer": "c", "id": each, **more} for each in ids]))


def ids(stage, page):
    return [item["id"] for item in stage.wait(page).items]


def test_numbers_that_count_the_same_are_one_key(stage, orders):
    for number in (1, 1.0, Decimal("1.00")):
        stage.wait(orders.put({"customer": "c", "id": number, "n": str(number)}))
    for number in (1, 1.0, Decimal("1E0")):
        assert stage.wait(orders.get(("c", number))).n == "1.00"
    assert stage.wait(orders.count()) == 1


def test_keys_are_in_order_numbers_then_texts_then_bytes(stage, orders):
    mixed = [
        b"\xff",
        "z",
        10,
        b"\x00",
        "a",
        Decimal("-0.5"),
        2.5,
        "\u00e9",
        b"",
        2**53,
        b"\x00\x01",
    ]
    fill(stage, orders, mixed)
    expected = [Decimal("-0.5"), 2.5, 10, 2**53, "a", "z", "\u00e9"]
    expected += [b"", b"\x00", b"\x00\x01", b"\xff"]
    assert ids(stage, orders.query("c")) == expected
    assert ids(stage, orders.query("c", reverse=True)) == expected[::-1]


@pytest.mark.parametrize(
    "number", [Decimal("0.12345678901234567"), 2**63 + 1, Decimal("1.00000000000000000001")]
)
def test_a_number_that_sql_would_round_cannot_be_a_key_or_in_an_index(stage, orders, number):
    with pytest.raises(InvalidValue) as caught:
        stage.wait(orders.put({"customer": "c", "id": number}))
    assert caught.value.at == "$.id"
    with pytest.raises(InvalidValue) as caught:
        stage.wait(orders.put({"customer": "c", "id": 1, "total": number}))
    assert caught.value.at == "$.total"


@pytest.mark.parametrize("value", [True, [1], {"a": 1}, {"a"}, '{"$bytes":"00"}'])
def test_what_cannot_be_in_an_index_is_refused_at_its_attribute(stage, orders, value):
    with pytest.raises(InvalidValue) as caught:
        stage.wait(orders.put({"customer": "c", "id": 1, "city": value}))
    assert caught.value.at == "$.city"
    stage.wait(orders.put({"customer": "c", "id": 1}))
    with pytest.raises(InvalidValue):
        stage.wait(orders.update(("c", 1), "SET city = :c", c=value))


RANGES = [
    ("id = :a", {"a": "b"}, ["b"]),
    ("id < :a", {"a": "b"}, ["", "a", "ab"]),
    ("id <= :a", {"a": "b"}, ["", "a", "ab", "b"]),
    ("id > :a", {"a": "ab"}, ["b", "\ud7ff!", "\ue000", "\U0010ffff!"]),
    ("id >= :a", {"a": "\ue000"}, ["\ue000", "\U0010ffff!"]),
    ("id BETWEEN :a AND :b", {"a": "a", "b": "b"}, ["a", "ab", "b"]),
    ("begins_with(id, :a)", {"a": "a"}, ["a", "ab"]),
    ("begins_with(id, :a)", {"a": "\ud7ff"}, ["\ud7ff!"]),
    ("begins_with(id, :a)", {"a": "\U0010ffff"}, ["\U0010ffff!"]),
    ("begins_with(id, :a)", {"a": ""}, ["", "a", "ab", "b", "\ud7ff!", "\ue000", "\U0010ffff!"]),
    ("id < :a", {"a": 2}, [1, 1.5]),
    ("id > :a", {"a": Decimal("1.50")}, [2]),
    ("id >= :a", {"a": 1}, [1, 1.5, 2]),
    ("id < :a", {"a": b"\x01"}, [b"", b"\x00", b"\x00\xff"]),
    ("id > :a", {"a": b"\x00"}, [b"\x00\xff", b"\x01", b"\xff\xff"]),
    ("begins_with(id, :a)", {"a": b"\x00"}, [b"\x00", b"\x00\xff"]),
    ("begins_with(id, :a)", {"a": b"\xff"}, [b"\xff\xff"]),
    ("begins_with(id, :a)", {"a": b""}, [b"", b"\x00", b"\x00\xff", b"\x01", b"\xff\xff"]),
]
KEYS = ["", "a", "ab", "b", "\ud7ff!", "\ue000", "\U0010ffff!", 1, 1.5, 2]
KEYS += [b"", b"\x00", b"\x00\xff", b"\x01", b"\xff\xff"]


@pytest.mark.parametrize(("sort", "given", "expected"), RANGES)
@pytest.mark.parametrize("index", [None, "by-id"])
def test_a_condition_on_the_sort_key_is_a_range_of_its_own_type(
    store, run_on, app, sort, given, expected, index
):
    table = app.table("things", key=("p", "id"), indexes={"by-id": ("p", "id")})
    stage = run_on(store, app)
    stage.wait(table.batch_put([{"p": "p", "id": each} for each in KEYS]))
    assert ids(stage, table.query("p", sort=sort, index=index, **given)) == expected
    backwards = table.query("p", sort=sort, index=index, reverse=True, **given)
    assert ids(stage, backwards) == expected[::-1]


def test_a_range_is_read_in_pages_too(stage, orders):
    fill(stage, orders, range(10))
    options = {"sort": "id BETWEEN :a AND :b", "a": 2, "b": 7, "limit": 4}
    first = stage.wait(orders.query("c", **options))
    second = stage.wait(orders.query("c", after=first.next, **options))
    assert [item.id for item in first.items + second.items] == [2, 3, 4, 5, 6, 7]
    assert second.next is None


@pytest.mark.parametrize(
    ("sort", "given"),
    [
        ("total > :a", {"a": 1}),
        ("id > :a OR id < :a", {"a": 1}),
        ("id <> :a", {"a": 1}),
        ("id >", {}),
        ("id > :a", {}),
        ("id > :a AND id < :a", {"a": 1}),
        ("customer = :a", {"a": 1}),
        ("begins_with(id, :a)", {"a": 1}),
    ],
)
def test_what_is_no_condition_on_the_sort_key_is_refused(stage, orders, sort, given):
    with pytest.raises(InvalidExpression):
        stage.wait(orders.query("c", sort=sort, **given))


def test_a_sort_condition_needs_a_sort_key(store, run_on, app):
    stock = app.table("stock", key="id")
    stage = run_on(store, app)
    with pytest.raises(InvalidExpression, match="with a sort key"):
        stage.wait(stock.query("a", sort="id > :a", a=1))


def test_a_page_with_a_filter_is_full_of_what_passed_it(stage, orders):
    fill(stage, orders, range(20))
    first = stage.wait(orders.query("c", filter="id > :n", n=9, limit=4))
    assert [item.id for item in first.items] == [10, 11, 12, 13]
    second = stage.wait(orders.query("c", filter="id > :n", n=9, limit=100, after=first.next))
    assert [item.id for item in second.items] == list(range(14, 20))
    assert second.next is None


def test_a_page_ends_when_many_items_were_looked_at_in_vain(stage, orders):
    fill(stage, orders, range(BATCH_MAX))
    stage.wait(orders.put({"customer": "c", "id": "last"}))
    first = stage.wait(orders.query("c", filter="id = :id", id="last"))
    assert first.items == []
    assert EXAMINED_MAX == BATCH_MAX
    second = stage.wait(orders.query("c", filter="id = :id", id="last", after=first.next))
    assert [item.id for item in second.items] == ["last"]


def test_a_projection_gives_a_part_of_each_item(stage, orders):
    stage.wait(orders.put({"customer": "c", "id": 1, "a": {"b": [1, 2], "c": 3}}))
    found = stage.wait(orders.query("c", projection="id, a.b[1]"))
    assert found.items == [{"id": 1, "a": {"b": [2]}}]
    assert stage.wait(orders.scan(projection="id")).items[0].id == 1


def test_an_index_gives_what_it_is_declared_to_hold(stage, orders):
    item = {"customer": "c", "id": 1, "city": "Ulm", "total": 5, "name": "n", "rest": "r"}
    stage.wait(orders.put(item))
    assert stage.wait(orders.query("Ulm", index="city")).items == [item]
    keys = {"customer": "c", "id": 1, "city": "Ulm", "total": 5}
    assert stage.wait(orders.query("Ulm", index="keys")).items == [keys]
    some = stage.wait(orders.query("Ulm", index="some", filter="attribute_not_exists(rest)"))
    assert some.items == [keys | {"name": "n"}]


def test_bytes_and_decimals_are_found_by_an_index(stage, orders):
    stage.wait(orders.put({"customer": "c", "id": 1, "city": b"\x00", "total": Decimal("2.50")}))
    stage.wait(orders.put({"customer": "c", "id": 2, "city": b"\x00", "total": b"\x01"}))
    assert ids(stage, orders.query(b"\x00", index="city", sort="total = :t", t=2.5)) == [1]
    assert ids(stage, orders.query(b"\x00", index="city", sort="total > :t", t=b"\x00")) == [2]
    assert ids(stage, orders.query("\x00", index="city")) == []


def test_an_index_can_be_declared_and_given_up_on_a_table_that_is_full(file_store, run_on):
    def declared(indexes):
        app = App("wims")
        return app, app.table("orders", key="id", indexes=indexes)

    app, orders = declared({})
    stage = run_on(file_store, app)
    stage.wait(orders.batch_put([{"id": n, "city": "Ulm", "n": -n} for n in range(50)]))
    stage.close()
    app, orders = declared({"city": ("city", "n")})
    stage = run_on(file_store, app)
    assert ids(stage, orders.query("Ulm", index="city", limit=3)) == [49, 48, 47]
    stage.close()
    app, orders = declared({})
    stage = run_on(file_store, app)
    with pytest.raises(NotFound):
        stage.wait(orders.query("Ulm", index="city"))
    assert not stage.rows("SELECT 1 FROM sqlite_schema WHERE name = 'wims_orders_by_city'")


@pytest.mark.parametrize("index", [Index("a", projection="none"), Index("a b"), Index("a", "a")])
def test_an_index_that_cannot_be_one_is_refused_when_declared(app, index):
    with pytest.raises(InvalidDeclaration):
        app.table("things", key="id", indexes={"x": index})
    with pytest.raises(InvalidName):
        app.table("things", key="id", indexes={"X Y": "a"})


@pytest.mark.parametrize("segments", [1, 2, 3, 7])
def test_segments_hold_every_item_once_and_stay_the_same(stage, orders, segments):
    fill(stage, orders, [*range(100), *(f"order-{n:05}" for n in range(100)), b"\x00", b"\x01"])

    def scan(segment):
        found, after = [], None
        while True:
            page = stage.wait(
                orders.scan(segment=segment, segments=segments, limit=17, after=after)
            )
            found += [item.id for item in page.items]
            after = page.next
            if after is None:
                return found

    parts = [scan(each) for each in range(segments)]
    assert sum(map(len, parts)) == len({each for part in parts for each in part}) == 202
    assert min(map(len, parts)) > 202 / segments / 2
    fill(stage, orders, range(100, 110))
    assert all(set(part) <= set(scan(each)) for each, part in enumerate(parts))


@pytest.mark.parametrize(("segment", "segments"), [(1, 1), (-1, 2), (0, 0), (0, SEGMENTS_MAX + 1)])
def test_a_segment_that_is_none_is_refused(stage, orders, segment, segments):
    with pytest.raises(InvalidValue, match="segment"):
        stage.wait(orders.scan(segment=segment, segments=segments))


def test_the_count_goes_on_from_the_last_one(file_store, run_on, app, orders, typed_in):
    stage = run_on(file_store, app)
    assert stage.wait(orders.count()) == 0
    fill(stage, orders, range(10))
    assert stage.wait(orders.count()) == 10
    stage.wait(orders.delete(("c", 1)))
    typed_in(file_store, "DELETE FROM wims_orders WHERE sk > 7")
    assert stage.wait(orders.count()) == 7
    stage.do(lambda tx: tx.execute("DELETE FROM wims_orders_changes"))
    fill(stage, orders, range(10))
    assert stage.wait(orders.count()) == 10


def test_a_batch_is_got_in_its_order_and_put_as_a_whole_or_not_at_all(stage, orders):
    assert stage.wait(orders.batch_put([])) == 0
    fill(stage, orders, [1, 2])
    found = stage.wait(orders.batch_get([("c", 2), ("c", 9), ["c", 1]]))
    assert [item and item.id for item in found] == [2, None, 1]
    with pytest.raises(InvalidValue):
        stage.wait(orders.batch_put([{"customer": "c", "id": 3}, {"customer": "c"}]))
    assert stage.wait(orders.count()) == 2
    assert stage.wait(orders.batch_delete([("c", 1), ("c", 9)])) == 1
    assert ids(stage, orders.query("c")) == [2]


def test_a_batch_has_a_bound(stage, orders):
    keys = [("c", n) for n in range(BATCH_MAX + 1)]
    for refused in (orders.batch_get(keys), orders.batch_delete(keys), orders.batch_put(keys)):
        with pytest.raises(LimitExceeded, match="at most 10000"):
            stage.wait(refused)


def test_sets_bytes_and_decimals_are_changed_exactly_by_expressions(stage, orders):
    key = ("c", 1)
    stage.wait(orders.put({"customer": "c", "id": 1, "d": Decimal("0.10"), "s": {"a"}, "b": b"ab"}))
    change = "SET d = d + :d ADD s :more, n :n DELETE s :gone"
    with pytest.raises(InvalidExpression):
        stage.wait(orders.update(key, change, d=1, more={"b"}, gone={"a"}, n={1}))
    stage.wait(
        orders.update(key, "SET d = d + :d ADD s :s, n :n", d=Decimal("0.2"), s={"b"}, n={1})
    )
    found = stage.wait(orders.update(key, "DELETE s :gone", gone={"a"}))
    assert (str(found.d), found.s, found.n) == ("0.30", {"b"}, {1})
    for where, given in (
        ("attribute_type(d, :t) AND size(b) = :n", {"t": "N", "n": 2}),
        ("attribute_type(s, :t) AND contains(s, :e)", {"t": "SS", "e": "b"}),
        ("attribute_type(n, :t)", {"t": "NS"}),
        ("attribute_type(b, :t) AND begins_with(b, :p)", {"t": "B", "p": b"a"}),
        ("d = :d", {"d": Decimal("0.3")}),
    ):
        assert stage.wait(orders.delete(("c", 2), where=where, **given)) is None
        assert stage.wait(orders.update(key, "SET m = :m", where=where, m=1, **given)) is not None


@pytest.mark.parametrize("reverse", [False, True])
def test_pages_of_an_index_go_on_whatever_value_they_stopped_at(file_store, run_on, reverse):
    values = ["x" * 3_000, b"y" * 1_000, True, [1], {"a": 1}, {1, 2}, 10**30, "a\0b", "", -0.0]
    values += [3.3948041493899116e18, Decimal("1E-100"), "\U0001f600", "\uffff", 2**63 - 1]
    before, after = App("wims"), App("wims")
    full = before.table("odd", key="id")
    stage = run_on(file_store, before)
    stage.wait(full.batch_put({"id": n, "k": "k", "v": v} for n, v in enumerate(values)))
    stage.close()
    odd = after.table("odd", key="id", indexes={"by-v": ("k", "v")})
    stage = run_on(file_store, after)
    found, place = [], None
    while place is not None or not found:
        asked = odd.query("k", index="by-v", limit=1, after=place, reverse=reverse)
        page = stage.wait(asked)
        found += [item["id"] for item in page.items]
        place = page.next
    whole = stage.wait(odd.query("k", index="by-v", reverse=reverse)).items
    assert found == [item["id"] for item in whole]
    assert sorted(found) == list(range(len(values)))


def test_the_count_is_right_after_a_replace_from_outside(stage, orders):
    stage.wait(orders.put({"customer": "c", "id": 1}))
    assert stage.wait(orders.count()) == 1
    stage.do(
        lambda tx: tx.execute(
            "REPLACE INTO wims_orders (pk, sk, item) VALUES ('c', 1, '{\"n\":1}')"
        )
    )
    assert stage.wait(orders.count()) == 1


def test_the_count_of_another_store_is_not_gone_on_from(run_on, app, orders):
    stage = run_on(StoreUrl(MEMORY), app)
    stage.wait(orders.batch_put({"customer": "c", "id": n} for n in (1, 2)))
    assert stage.wait(orders.count()) == 2
    stage.close()
    stage = run_on(StoreUrl(MEMORY), app)
    stage.wait(orders.put({"customer": "c", "id": 1}))
    stage.wait(orders.delete(("c", 1)))
    assert stage.wait(orders.count()) == 0


@pytest.mark.parametrize(
    "number",
    [3.3948041493899116e18, Decimal("-4.74141000833009E+18"), 2**63 - 1, 2**53 + 1, -0.0, 1e300],
)
def test_a_number_is_found_in_an_index_by_itself(stage, orders, number):
    stage.wait(orders.put({"customer": "c", "id": 1, "city": number, "total": number}))
    for sort in ("total = :n", "total >= :n", "total <= :n", "total BETWEEN :n AND :n"):
        found = stage.wait(orders.query(number, index="city", sort=sort, n=number))
        assert [item.total for item in found.items] == [number]


def test_a_decimal_that_sql_would_round_is_refused_in_an_index(stage, orders):
    with pytest.raises(InvalidValue, match="in an index") as caught:
        stage.wait(orders.put({"customer": "c", "id": 1, "total": Decimal(2**53 + 1)}))
    assert caught.value.at == "$.total"
