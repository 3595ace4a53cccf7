"""Patterns against schemas: what no event can have is found, what may be is not doubted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensue.engine.ids import seeded_random
from ensue.languages.patterns import compile_pattern
from ensue.languages.schemas import check_pattern, infer, parse, sample
from tests.languages.schemas.strategies import EVENTS

SCHEMA = {
    "type": "object",
    "properties": {
        "status": {"enum": ["new", "paid"]},
        "total": {"type": "number"},
        "count": {"type": "integer"},
        "urgent": {"type": "boolean"},
        "note": {"type": ["string", "null"]},
        "lines": {
            "type": "array",
            "items": {"type": "object", "properties": {"sku": {"type": "string"}}},
        },
        "tags": {"type": "array", "items": {"type": "string"}},
        "stock": {"type": "object", "additionalProperties": {"type": "integer"}},
        "any": {},
    },
}


def doubts(pattern, *schemas):
    trees = {f"version {n}": parse(each) for n, each in enumerate(schemas or [SCHEMA], 1)}
    matches = lambda asked, event: compile_pattern(asked).matches(event)  # noqa: E731
    return [str(each) for each in check_pattern(pattern, trees, at="$.detail", matches=matches)]


@pytest.mark.parametrize(
    "pattern",
    [
        {"status": ["new", {"prefix": "pa"}]},
        {"total": [{"numeric": [">", 100]}], "count": [3]},
        {"urgent": [True], "note": [None, "x", {"exists": False}]},
        {"lines": {"sku": ["a"]}, "lines.sku": [{"suffix": "b"}]},
        {"tags": ["red"], "stock": {"anything": [3]}},
        {"any": {"thing": ["x"]}},
        {"missing": [{"exists": False}], "away": {"x": [{"exists": False}]}},
        {"$or": [{"status": ["paid"]}, {"total": [1]}]},
        {"status": [{"anything-but": ["new"]}]},
    ],
)
def test_what_events_may_have_is_not_doubted(pattern):
    assert doubts(pattern) == []


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ({"state": ["new"]}, "$.detail.state: expected a field that events have"),
        ({"lines": {"id": ["a"]}}, "$.detail.lines.id: expected a field that events have"),
        (
            {"status": ["new", "sent"]},
            '$.detail.status[1]: expected a test of one of "new", "paid"',
        ),
        ({"status": [{"prefix": "z"}]}, "$.detail.status[0]: expected a test of one of"),
        ({"total": ["100"]}, "$.detail.total[0]: expected a test of a number"),
        ({"count": [1.5]}, "$.detail.count[0]: expected a test of an integer"),
        ({"note": [{"numeric": ["=", 1]}]}, "$.detail.note[0]: expected a test of null or a text"),
        ({"urgent": ["true"]}, "$.detail.urgent[0]: expected a test of true or false"),
        ({"status": {"inner": ["x"]}}, "$.detail.status.inner: expected a field that events have"),
        ({"lines": ["x"]}, "$.detail.lines[0]: expected a pattern of a list"),
        ({"stock": {"n": ["many"]}}, "$.detail.stock.n[0]: expected a test of an integer"),
        (
            {"$or": [{"status": ["paid"]}, {"gone": [1]}]},
            '$.detail["$or"][1].gone: expected a field',
        ),
        ({"tags": [{"exists": True}, 7]}, "$.detail.tags[1]: expected a test of a text, got 7"),
    ],
)
def test_what_no_event_can_have_is_said_with_its_place(pattern, said):
    [found] = doubts(pattern)

    assert found.startswith(said)


def test_what_one_of_the_versions_has_is_not_doubted():
    later = {"type": "object", "properties": {"state": {"type": "string"}}}

    assert doubts({"state": ["new"]}, SCHEMA, later) == []
    assert len(doubts({"sate": ["new"]}, SCHEMA, later)) == 1


@given(EVENTS, st.integers(0, 50))
def test_a_pattern_of_what_an_event_has_is_never_doubted(event, seed):
    tree = infer(event)
    asked = pattern_of(sample(tree, seeded_random(seed)))

    matches = lambda wanted, given: compile_pattern(wanted).matches(given)  # noqa: E731
    assert check_pattern(asked, {"version 1": tree}, at="$.detail", matches=matches) == []


def pattern_of(value):
    """A pattern of the first plain values in an object."""
    made = {}
    for name, inner in value.items():
        if isinstance(inner, dict):
            below = pattern_of(inner)
            if below:
                made[name] = below
        elif not isinstance(inner, list) and name != "$or":
            made[name] = [inner]
    return made
