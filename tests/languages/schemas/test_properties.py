"""What holds for whatever events and schemas: judged by another implementation of JSON Schema."""

from __future__ import annotations

from functools import reduce

import jsonschema_rs
from hypothesis import assume, given, reject, settings
from hypothesis import strategies as st

from ensue.engine.ids import seeded_random
from ensue.languages.schemas import differences, fits, infer, merge, parse, sample, write
from ensue.words.errors import InvalidInput
from tests.languages.schemas.strategies import EVENTS, OBJECT_SCHEMAS, SCHEMAS


def takes(schema, value):
    validator = jsonschema_rs.Draft202012Validator(schema, validate_formats=True, offline=True)
    return validator.is_valid(value)


@given(st.lists(EVENTS, min_size=1, max_size=5))
def test_what_is_inferred_from_events_takes_each_of_them(events):
    tree = reduce(merge, map(infer, events))

    for closed in (False, True):
        assert all(takes(write(tree, closed=closed), event) for event in events)
    assert all(fits(tree, event) for event in events)


@given(EVENTS, EVENTS)
def test_the_order_of_a_merge_does_not_matter_and_merging_again_changes_nothing(one, other):
    merged = merge(infer(one), infer(other))

    assert merged == merge(infer(other), infer(one))
    assert merged == merge(merged, merged) == merge(merged, infer(one))


@given(EVENTS, EVENTS)
def test_an_inferred_schema_reads_back_as_it_was_written(one, other):
    merged = merge(infer(one), infer(other))

    assert parse(write(merged)) == merged


@given(SCHEMAS, st.integers(0, 100), st.booleans())
def test_every_sample_fits_its_schema(schema, seed, whole):
    try:
        drawn = sample(parse(schema), seeded_random(seed), whole=whole)
    except InvalidInput:
        reject()

    assert takes(schema, drawn)


@settings(max_examples=100, deadline=None)
@given(OBJECT_SCHEMAS, OBJECT_SCHEMAS, st.integers(0, 100))
def test_what_fits_the_old_version_fits_one_without_differences(old, new, seed):
    assume(not differences(parse(old), parse(new)))
    try:
        drawn = [sample(parse(old), seeded_random(seed + n), whole=bool(n % 2)) for n in range(4)]
    except InvalidInput:
        reject()

    assert all(takes(new, each) for each in drawn)


@settings(max_examples=50, deadline=None)
@given(OBJECT_SCHEMAS, OBJECT_SCHEMAS, st.integers(0, 100))
def test_a_merge_of_declared_schemas_takes_what_each_of_them_took(one, other, seed):
    merged = merge(parse(one), parse(other))
    try:
        drawn = sample(parse(one), seeded_random(seed), whole=bool(seed % 2))
    except InvalidInput:
        reject()

    assert differences(parse(one), merged) == []
    assert takes(write(merged), drawn)


@given(SCHEMAS, EVENTS)
def test_whether_a_value_fits_is_said_as_another_implementation_says_it(schema, value):
    assert fits(parse(schema), value) == takes(schema, value) or "format" in str(schema)


@given(SCHEMAS)
def test_a_schema_differs_from_itself_in_nothing(schema):
    assert differences(parse(schema), parse(schema)) == []
