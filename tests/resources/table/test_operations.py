"""Tables from outside: the operations of the routes and commands."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ensue import App
from ensue.testing import running

APP = App("shop")
STOCK = APP.table("stock", key="id", indexes={"shelf": ("shelf", "n")}, keep_changes="7d")


@pytest.fixture
def shop():
    with running(APP) as t:
        yield t


def ask(shop, operation, body):
    return shop.post(f"/_ensue/tables/stock/{operation}", body)


def put(shop, key, **more):
    assert ask(shop, "put", {"item": {"id": key, **more}}).body == {"stored": True}


def test_items_are_put_changed_read_and_removed(shop):
    put(shop, "a", n=1)
    assert ask(shop, "version", {"key": "a"}).body == {"version": 1}
    assert ask(shop, "version", {"key": "b"}).body == {"version": 0}
    change = {"key": "a", "expression": "SET n = n + :n", "values": {"n": 2}}
    assert ask(shop, "update", {**change, "expect": 7}).body == {"updated": False, "item": None}
    assert ask(shop, "update", {**change, "expect": 1}).body["item"] == {"id": "a", "n": 3}
    assert ask(shop, "get", {"key": "a"}).body == {"id": "a", "n": 3}
    assert ask(shop, "delete", {"key": "a"}).body["deleted"] is True
    assert ask(shop, "get", {"key": "a"}).status == 404


def test_the_past_is_read_by_time_or_change(shop):
    put(shop, "a", n=1)
    [first] = ask(shop, "history", {"key": "a"}).body
    shop.advance("1s")
    put(shop, "a", n=2)
    for at in (first["id"], first["at_ms"]):
        assert ask(shop, "get", {"key": "a", "at": at}).body["n"] == 1
        assert ask(shop, "scan", {"at": at}).body["items"] == [{"id": "a", "n": 1}]
    newest = ask(shop, "history", {"key": "a", "limit": 1}).body[0]
    assert (newest["kind"], newest["old"]["n"], newest["new"]["n"]) == ("update", 1, 2)


def test_ranges_filters_projections_and_segments_can_be_asked_for(shop):
    items = [{"id": str(n), "shelf": "s", "n": n} for n in range(9)]
    assert ask(shop, "batch-put", {"items": items}).body == {"stored": 9}
    found = ask(
        shop,
        "query",
        {
            "partition": "s",
            "index": "shelf",
            "sort": "n BETWEEN :a AND :b",
            "filter": "id <> :id",
            "projection": "id",
            "values": {"a": 2, "b": 5, "id": "3"},
        },
    ).body
    assert found == {"items": [{"id": "2"}, {"id": "4"}, {"id": "5"}], "next": None}
    parts = [ask(shop, "scan", {"segment": n, "segments": 3}).body["items"] for n in range(3)]
    assert sorted(item["n"] for part in parts for item in part) == list(range(9))
    assert ask(shop, "batch-get", {"keys": ["1", "x"]}).body == [items[1], None]
    assert ask(shop, "batch-delete", {"keys": ["1", "x"]}).body == {"deleted": 1}


@pytest.mark.parametrize(
    ("operation", "body", "status"),
    [
        ("get", {"key": "a", "at": "yesterday"}, 400),
        ("query", {"partition": "s", "values": {"limit": 3}}, 400),
        ("put", {"item": {"id": "a"}, "values": {"where": 1}}, 400),
        ("scan", {"segment": 3, "segments": 2}, 400),
        ("history", {"key": "a", "before": "x"}, 400),
        ("update", {"key": "a", "expression": "SET"}, 200),
    ],
)
def test_what_is_asked_wrongly_is_refused_with_its_place(shop, operation, body, status):
    assert ask(shop, operation, body).status == status


def test_others_see_decimals_as_numbers_bytes_as_base64_and_sets_as_lists(shop):
    item = {"id": "a", "d": Decimal("1.50"), "b": b"\x00\xff", "s": {"x"}}
    shop.wait(STOCK.put(item))
    assert ask(shop, "get", {"key": "a"}).body == {"id": "a", "d": 1.5, "b": "AP8=", "s": ["x"]}


def test_nobody_makes_bytes_or_sets_by_sending_what_they_look_like_in_the_store(shop):
    sent = {"id": "a", "x": {"$bytes": "00"}, "y": [{"$set": ["a"]}]}
    ask(shop, "put", {"item": sent})
    assert ask(shop, "get", {"key": "a"}).body == sent
