"""Inputs as they are declared, and what becomes of events."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ensue.languages.transformers import (
    PIPE_NAMES,
    RULE_NAMES,
    Constant,
    InputPath,
    InputTransformer,
    compile_input,
    told_input,
)
from ensue.words.errors import InvalidExpression, Unfit
from ensue.words.values import VALUE_BYTES_MAX, VALUE_DEPTH_MAX, decode

EVENT = {"id": "e", "detail": {"n": 1, "text": "x"}}


def rendered(template, event=EVENT, paths=(), reserved=()):
    made = compile_input(InputTransformer(dict(paths), template))
    return decode(made.render(event, dict(reserved), now_ms=0))


def nested(levels):
    value = 1
    for _ in range(levels):
        value = [value]
    return value


def test_without_an_input_the_target_gets_the_event():
    assert decode(compile_input(None).render(EVENT, {}, now_ms=0)) == EVENT


def test_what_is_no_input_is_refused_by_name():
    with pytest.raises(InvalidExpression, match=r"InputTransformer.*got dict"):
        compile_input({"template": "x"})


def test_a_constant_without_a_json_form_is_refused_when_declared():
    with pytest.raises(InvalidExpression) as caught:
        compile_input(Constant({"a": [object()]}))

    assert caught.value.at == "$.a[0]"


def test_an_input_says_which_reserved_names_it_uses():
    given = {"rule": "<aws.events.rule-name>", "n": "<$.detail.n>"}

    assert compile_input(InputTransformer({}, given)).names == {"aws.events.rule-name"}


def test_names_of_pipes_are_refused_where_there_is_a_rule():
    declared = InputTransformer({}, "<aws.pipes.pipe-name>")

    compile_input(declared, PIPE_NAMES)
    with pytest.raises(InvalidExpression, match=r"aws\.events\.rule-name"):
        compile_input(declared, RULE_NAMES)


def test_given_reserved_values_win_over_those_that_follow_from_the_event():
    given = {"aws.events.event.ingestion-time": "then", "aws.events.event.json": {"a": 1}}
    template = ["<aws.events.event.ingestion-time>", "<aws.events.event.json>"]

    assert rendered(template, reserved=given) == ["then", {"a": 1}]


def test_a_reserved_name_without_a_value_is_nothing():
    assert rendered({"arn": "<aws.events.rule-arn>", "t": "[<aws.events.rule-arn>]"}) == {
        "arn": "",
        "t": "[]",
    }


def test_an_event_that_is_no_object_is_its_own_envelope():
    assert rendered("<aws.events.event>", event=[1]) == [1]
    assert rendered({"a": "<aws.pipes.event>", "b": "<$>"}, event=[1]) == {"a": [1], "b": [1]}


def test_bytes_sets_and_decimals_come_through_as_themselves():
    event = {"b": b"\x00\xff", "s": {"x", "y"}, "d": Decimal("1.50")}

    assert rendered({"b": "<$.b>", "s": "<$.s>", "d": "<$.d>"}, event) == event
    assert rendered("<$.b> <$.s> <$.d>", event) == "AP8= [x,y] 150E-2"


def test_an_object_of_a_template_that_looks_like_bytes_stays_an_object():
    assert rendered({"$bytes": "<$.detail.text>"}) == {"$bytes": "x"}
    assert rendered('{"$set": [<$.detail.n>]}') == {"$set": [1]}
    assert rendered('{"$set": [<$.detail.n>], "b": 2}') == {"$set": [1], "b": 2}


def test_the_later_of_two_members_with_one_name_counts():
    assert rendered('{"a": <$.detail.n>, "a": 2}') == {"a": 2}
    assert rendered('{"$set": 1, "$set": [<$.detail.n>]}') == {"$set": [1]}


def test_escapes_of_json_are_read():
    assert rendered(r'{"a": "\u00e9\t\"\\\/ 😀\u003c<$.id>\u003e"}') == {"a": 'é\t"\\/ 😀<e>'}


def test_a_name_of_a_template_may_have_escapes():
    assert rendered(r'{"a\"b": 1}') == {'a"b': 1}


@pytest.mark.parametrize(
    ("template", "at"),
    [
        ("", "line 1 column 1"),
        (" \n ", "line 1 column 1"),
        ('{"a": "\x01"}', "line 1 column 8"),
        ('{"a": "x}', "line 1 column 7"),
        ('{"a": "\\ud800"}', "line 1 column 8"),
        ('{"a" 1}', "line 1 column 6"),
        ('{"a": 1', "line 1 column 8"),
        ('{"a": 1 "b": 2}', "line 1 column 9"),
        ("[1 2]", "line 1 column 4"),
        ("[1,]", "line 1 column 4"),
        ("[1e999]", "line 1 column 2"),
        ("1e999", "line 1 column 1"),
        ('"a\nb"', "line 1 column 1"),
        ("text with <", "line 1 column 11"),
        ("\n two\n <nope>", "line 3 column 2"),
        ({"<$.id>": 1}, "$"),
        ({"a": [{"b": object()}]}, "$.a[0].b"),
        ({"a": "\ud800"}, "$.a"),
        ({"\ud800": 1}, "$"),
        ("\ud800", "$"),
        ({1: 2}, "$"),
        (nested(VALUE_DEPTH_MAX + 1), "$" + "[0]" * VALUE_DEPTH_MAX),
        ("[" * (VALUE_DEPTH_MAX + 1), f"line 1 column {VALUE_DEPTH_MAX + 1}"),
        ("x" * 8_193, "$"),
        (["x" * 8_192], "$"),
        ("<$.a b>", "line 1 column 1, offset 3"),
        ("order <$a>", "line 1 column 7, offset 1"),
        ({"a": "<aws.events.event> it is"}, "$.a"),
    ],
)
def test_a_wrong_template_is_refused_where_it_is_wrong(template, at):
    with pytest.raises(InvalidExpression) as caught:
        compile_input(InputTransformer({}, template))

    assert caught.value.at == at


@pytest.mark.parametrize(
    ("paths", "at"),
    [
        ([], "paths"),
        ({f"p{n}": "$" for n in range(101)}, "paths"),
        ({"a b": "$"}, "paths"),
        ({"a" * 257: "$"}, "paths"),
        ({1: "$"}, "paths"),
        ({"a": 1}, "paths.a"),
        ({"a": "$." + "x" * 255}, "paths.a"),
        ({"a": "$.b["}, "paths.a, offset 3"),
        ({"a": "$.b\n"}, "paths.a, offset 3"),
    ],
)
def test_wrong_paths_are_refused_where_they_are_wrong(paths, at):
    with pytest.raises(InvalidExpression) as caught:
        compile_input(InputTransformer(paths, "x"))

    assert caught.value.at == at


def test_what_is_rendered_is_no_larger_than_a_body():
    event = {"a": "x" * 600_000}

    rendered("<$.a>", event)
    with pytest.raises(Unfit, match="1048576 bytes"):
        rendered("<$.a> <$.a>", event)
    with pytest.raises(Unfit, match="1048576 bytes"):
        rendered({"a": "<$>"}, {"a": "é" * (VALUE_BYTES_MAX // 2 - 4)})


def test_what_is_rendered_is_no_deeper_than_a_body():
    rendered(["<$>"], nested(VALUE_DEPTH_MAX - 1))
    with pytest.raises(Unfit, match="100 levels"):
        rendered(["<$>"], nested(VALUE_DEPTH_MAX))
    with pytest.raises(Unfit, match="100 levels"):
        rendered({"a": {"b": "<$>"}}, {"a": nested(VALUE_DEPTH_MAX - 2)})


def test_an_input_path_gives_what_is_there_whatever_it_is():
    assert compile_input(InputPath("$.detail")).render(EVENT, {}, 0) == '{"n":1,"text":"x"}'
    with pytest.raises(Unfit, match="pattern demand"):
        compile_input(InputPath("$.detail.n.x")).render(EVENT, {}, 0)
    with pytest.raises(Unfit):
        compile_input(InputPath("$.detail[0]")).render(EVENT, {}, 0)


def test_an_input_is_told_in_the_words_in_which_it_is_declared():
    declared = InputTransformer({"id": "$.detail.id"}, {"order": "<id>"})
    told = {"paths": {"id": "$.detail.id"}, "template": {"order": "<id>"}}
    assert told_input(declared) == {"InputTransformer": told}
    assert told_input(InputPath("$.detail")) == {"InputPath": {"path": "$.detail"}}
