from __future__ import annotations

import json
import sys
import threading
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ensue.languages.jsonata import UNDEFINED, JSONata, JSONataError, compile_expression
from ensue.languages.jsonata.chance import chance_of, shuffled
from ensue.languages.jsonata.run import EXPRESSION_CHARS_MAX
from ensue.languages.transformers import compile_input
from ensue.words.errors import InvalidExpression, LimitExceeded, MissingExtra, Unfit
from ensue.words.values import decode


def evaluated(expression, value=None, *, seed=b"s", now_ms=5, **bindings):
    made = compile_expression(expression)
    return made.evaluate(value, now_ms=now_ms, seed=seed, bindings=bindings)


def test_nothing_and_null_are_told_apart():
    assert evaluated("a", {}) is UNDEFINED
    assert evaluated("a", {"a": None}) is None


def test_variables_are_bound():
    assert evaluated("$states.input.n + $more", {}, states={"input": {"n": 1}}, more=2) == 3


def test_an_error_has_the_code_of_jsonata():
    with pytest.raises(JSONataError) as caught:
        evaluated('"a" + 1')
    assert caught.value.reason == "T2001"
    assert "left side" in caught.value.message


def test_chance_follows_from_the_seed():
    drawn = evaluated("[1..20].$random()", seed=b"one")
    assert drawn == evaluated("[1..20].$random()", seed=b"one")
    assert drawn != evaluated("[1..20].$random()", seed=b"two")
    assert len(set(drawn)) == 20
    assert all(0 <= each < 1 for each in drawn)


@given(st.binary(max_size=8), st.lists(st.integers()))
@settings(deadline=None)
def test_what_is_shuffled_has_the_same_items(seed, items):
    assert sorted(shuffled(items, chance_of(seed))) == sorted(items)


def test_shuffling_follows_from_the_seed_too():
    items = list(range(30))
    orders = [evaluated("$shuffle($)", items, seed=bytes([each])) for each in range(3)]
    assert all(sorted(order) == items for order in orders)
    assert len({tuple(order) for order in orders}) == 3
    assert evaluated("$shuffle(nothing)", {}) is UNDEFINED


def test_the_time_is_the_one_that_is_given():
    assert evaluated("$millis()", now_ms=7) == 7
    assert evaluated("$now()", now_ms=0) == "1970-01-01T00:00:00.000Z"
    assert evaluated('$now("[Y] [H01]:[m01]", "+0100")', now_ms=0) == "1970 01:00"
    assert evaluated("$eval('$millis()')", now_ms=7) == 7


def test_reading_a_time_without_a_picture_is_that_of_jsonata():
    assert evaluated("$toMillis('1970-01-01T00:00:01Z')") == 1_000
    with pytest.raises(JSONataError) as caught:
        evaluated("$toMillis('yesterday')")
    assert caught.value.reason == "D3110"


@pytest.mark.parametrize(
    "expression",
    [
        "[1..10000000]",
        "($f := function($n){1 + $f($n + 1)}; $f(0))",
    ],
)
def test_what_would_need_too_much_memory_is_refused(expression):
    with pytest.raises(Unfit):
        evaluated(expression)


def test_what_takes_too_long_is_stopped_and_may_be_tried_again():
    with pytest.raises(LimitExceeded, match="500 ms"):
        evaluated("($f := function($n){$f($n + 1)}; $f(0))")


@pytest.mark.parametrize(
    "text", [5, None, "x" * (EXPRESSION_CHARS_MAX + 1), "\ud800", "", "(" * 5_000]
)
def test_what_is_no_expression_is_refused(text):
    with pytest.raises(InvalidExpression) as caught:
        compile_expression(text)
    assert caught.value.at == "expression"


def test_an_expression_is_evaluated_in_any_thread():
    made = compile_expression("a & $now()")
    found = []
    for _ in range(2):
        thread = threading.Thread(
            target=lambda: found.append(made.evaluate({"a": "x"}, now_ms=0, seed=b""))
        )
        thread.start()
        thread.join()
    assert found == ["x1970-01-01T00:00:00.000Z"] * 2


def test_values_that_json_lacks_come_as_json_has_them():
    event = {"d": Decimal("1.50"), "b": b"\x00", "s": {2, 1}}
    made = compile_input(JSONata("$"))
    assert json.loads(made.render(event, {}, 0)) == {"d": 1.5, "b": "AA==", "s": [1, 2]}


def test_an_object_that_looks_like_bytes_stays_an_object():
    made = compile_input(JSONata('{"$bytes": a}'))
    assert decode(made.render({"a": "00"}, {}, 0)) == {"$bytes": "00"}


def test_a_body_that_is_too_large_or_too_deep_is_unfit():
    with pytest.raises(Unfit, match="1048576 bytes"):
        compile_input(JSONata("[1..40].$$.a")).render({"a": "x" * 50_000}, {}, 0)
    nested = "[" * 120 + "1" + "]" * 120
    with pytest.raises(Unfit):
        compile_input(JSONata(nested)).render({}, {}, 0)


def test_without_the_library_an_expression_is_refused_by_the_name_of_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "jsonatapy", None)
    with pytest.raises(MissingExtra, match=r"ensue\[jsonata\]"):
        compile_input(JSONata("a"))


def test_an_input_gives_the_same_body_for_the_same_event_and_time():
    made = compile_input(JSONata("$random()"))
    assert made.names == frozenset()
    assert made.render({"a": 1}, {}, 5) == made.render({"a": 1}, {}, 5)
    assert made.render({"a": 1}, {}, 5) != made.render({"a": 2}, {}, 5)
    assert made.render({"a": 1}, {}, 5) != made.render({"a": 1}, {}, 6)
