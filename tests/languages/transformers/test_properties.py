"""What holds for every template and every event."""

from __future__ import annotations

import json
from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from ensue.languages.transformers import InputTransformer, compile_input
from ensue.words.errors import InvalidExpression, Unfit
from ensue.words.values import decode, encode

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
LEAVES = st.none() | st.booleans() | st.integers(-(2**60), 2**60) | TEXT
LEAVES |= st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
EVENTS = st.fixed_dictionaries({}, optional={"a": VALUES, "b": VALUES, "detail": VALUES})
PIECES = st.sampled_from(["<a>", "<all>", "<$.b[0]>", "<aws.events.rule-name>", "é", " ", "1", "x"])
STRINGS = st.lists(PIECES, max_size=4).map("".join).map('"{}"'.format)
HOLES = st.sampled_from(["<a>", "<all>", "<$.b.c>", "<aws.events.event.json>", "null", "1.5"])
JSON_TEMPLATES = st.recursive(
    STRINGS | HOLES,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]")
        | st.lists(inner, min_size=1, max_size=3).map(
            lambda items: "{" + ",".join(f'"k{n}": {each}' for n, each in enumerate(items)) + "}"
        )
    ),
    max_leaves=6,
)
ANY_TEXT = st.text(st.sampled_from('<>{}[]":,\\an$.* \n01é'), max_size=24)
PATHS = {"a": "$.a", "all": "$.*"}


@given(template=JSON_TEMPLATES, event=EVENTS)
@settings(deadline=None)
def test_a_template_renders_valid_json_whatever_the_event(template, event):
    made = compile_input(InputTransformer(PATHS, template))

    text = made.render(event, {"aws.events.rule-name": 'r"'}, now_ms=0)

    json.loads(text)
    assert encode(decode(text))


@given(template=ANY_TEXT | st.recursive(ANY_TEXT, st.lists), event=EVENTS)
@settings(deadline=None)
def test_any_text_is_refused_where_it_is_wrong_or_renders_valid_json(template, event):
    with suppress(InvalidExpression, Unfit):
        json.loads(compile_input(InputTransformer(PATHS, template)).render(event, {}, now_ms=0))


@given(value=VALUES)
@settings(deadline=None)
def test_a_value_without_places_renders_itself(value):
    text = encode(value)
    if "<" in text or "\\" in text:
        return

    made = compile_input(InputTransformer({}, [value]))

    assert decode(made.render({}, {}, now_ms=0)) == [value]


@given(event=EVENTS)
@settings(deadline=None)
def test_a_place_brings_exactly_what_is_there(event):
    made = compile_input(InputTransformer(PATHS, '{"v": <a>}'))

    assert decode(made.render(event, {}, now_ms=0)) == {"v": event.get("a", "")}


@given(text=TEXT)
@settings(deadline=None)
def test_a_string_between_quotes_comes_back_as_it_is(text):
    made = compile_input(InputTransformer(PATHS, '"[<a>]"'))

    assert decode(made.render({"a": text}, {}, now_ms=0)) == f"[{text}]"
