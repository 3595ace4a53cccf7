"""What differs between two architectures is told field by field, and in words."""

from __future__ import annotations

import json

from ensue.observe.architecture import Architecture, Edge, Field, Node, decode, difference, encode
from ensue.observe.architecture.difference import WORDS_LENGTH_MAX

QUEUE, TABLE = Node("shop", "queue", "payments"), Node("shop", "table", "orders")
RULE = Node("shop", "rule", "events/pack", said={"pattern": {"detail-type": ["Placed"]}})
WAY = Edge(TABLE.id, QUEUE.id, "messages", label="each")


def of(*nodes: Node, edges: tuple[Edge, ...] = (), apps: tuple[str, ...] = ("shop",)):
    return Architecture(apps, nodes, edges)


def words(before: Architecture, after: Architecture) -> list[str]:
    return [each.words for each in difference(before, after)]


def test_a_bound_that_was_changed_is_told_with_what_it_was_and_is():
    before = Node("shop", "queue", "payments", said={"max_receives": 10, "order": "fair"})
    after = Node("shop", "queue", "payments", said={"max_receives": 5, "order": "fair"})

    [change] = difference(of(before), of(after))

    assert change.words == "queue payments: max_receives 10 -> 5"
    assert (change.fate, change.of, change.id) == ("changed", "node", "shop/queue/payments")
    assert change.fields == (Field("max_receives", 10, 5),)


def test_the_pattern_of_a_rule_is_told_before_and_after():
    after = Node("shop", "rule", "events/pack", said={"pattern": {"detail-type": ["Paid"]}})

    assert words(of(RULE), of(after)) == [
        'rule events/pack: pattern {"detail-type":["Placed"]} -> {"detail-type":["Paid"]}'
    ]


def test_parts_and_ways_that_came_or_went_are_told():
    assert words(of(TABLE), of(TABLE, QUEUE, edges=(WAY,))) == [
        "queue payments: added",
        "messages each from table orders to queue payments: added",
    ]
    assert words(of(TABLE, QUEUE, edges=(WAY,)), of(TABLE)) == [
        "queue payments: removed",
        "messages each from table orders to queue payments: removed",
    ]


def test_other_methods_that_code_calls_are_a_change_of_the_same_way():
    one = Edge(TABLE.id, QUEUE.id, "messages", "code", "send")
    other = Edge(TABLE.id, QUEUE.id, "messages", "code", "send, withdraw")

    assert words(of(TABLE, QUEUE, edges=(one,)), of(TABLE, QUEUE, edges=(other,))) == [
        "messages from table orders to queue payments: label send -> send, withdraw"
    ]


def test_the_app_is_told_where_there_are_several():
    apps = ("shop", "bank")

    assert words(of(apps=apps), of(QUEUE, apps=apps)) == ["queue payments of shop: added"]


def test_equal_ones_do_not_differ_and_have_one_hash_whatever_the_order_of_their_fields():
    one = Node("shop", "queue", "payments", said={"a": 1, "b": 2})
    other = Node("shop", "queue", "payments", said={"b": 2, "a": 1})

    assert difference(of(one), of(other)) == []
    assert of(one).hash == of(other).hash != of(TABLE).hash


def test_long_words_are_cut_and_the_fields_are_whole():
    before = Node("shop", "queue", "payments", said={"pattern": "x" * 1_000})
    after = Node("shop", "queue", "payments", said={"pattern": "y" * 1_000})

    [change] = difference(of(before), of(after))

    assert len(change.words) == WORDS_LENGTH_MAX
    assert change.fields[0].after == "y" * 1_000


def test_an_architecture_comes_back_from_its_json_as_it_was():
    found = of(RULE, QUEUE, TABLE, edges=(WAY,))

    assert decode(encode(found)) == found
    assert json.loads(encode(found))["edges"][0]["label"] == "each"
