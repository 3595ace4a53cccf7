from __future__ import annotations

from decimal import Decimal

import pytest

from ensue.app.app import App


@pytest.mark.parametrize(
    "where",
    [
        {"NewImage": {"digest": ["AP8="]}},
        {"NewImage": {"tags": ["a"]}},
        {"NewImage": {"price": [{"numeric": [">", 1.4, "<", 1.6]}]}},
        "contains(NewImage.tags, NewImage.id)",
    ],
)
def test_patterns_see_bytes_as_base64_sets_as_lists_and_decimals_as_numbers(store, run_on, where):
    app = App("wims")
    stock = app.table("stock", key="id")
    seen = []

    @app.on_change(stock, where=where)
    def follow(change, tx):
        seen.append(change.new)

    stage = run_on(store, app)
    item = {"id": "a", "digest": b"\x00\xff", "tags": {"a", "b"}, "price": Decimal("1.50")}
    stage.wait(stock.put(item))
    stage.wait(stock.put({"id": "c"}))
    stage.settle()
    assert seen == [item]
    assert str(seen[0].price) == "1.50"
