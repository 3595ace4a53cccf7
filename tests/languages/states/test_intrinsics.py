import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensue.languages.states.errors import DataError
from ensue.languages.states.intrinsics import compile_intrinsic
from ensue.languages.states.intrinsics.functions import format_text
from ensue.words.errors import InvalidExpression
from tests.languages.states.environment import seen


def called(text, value=None, **given):
    return compile_intrinsic(text, at="/").call(value, seen({"Name": "n"}, **given))


@pytest.mark.parametrize(
    ("text", "gives"),
    [
        ("States.Array()", []),
        ("States.Array(1, 'a', $.n, null, true, -2.5)", [1, "a", 3, None, True, -2.5]),
        ("States.ArrayPartition($.items, 2)", [[1, 2], [3, 3], [4]]),
        ("States.ArrayPartition($.items, 1.5)", [[1, 2], [3, 3], [4]]),
        ("States.ArrayContains($.items, 4)", True),
        ("States.ArrayContains($.items, '4')", False),
        ("States.ArrayContains(States.Array(true), 1)", False),
        ("States.ArrayContains(States.Array(1), 1.0)", False),
        ("States.ArrayRange(1, 9, 2)", [1, 3, 5, 7, 9]),
        ("States.ArrayRange(0, 10, 3)", [0, 3, 6, 9]),
        ("States.ArrayRange(3, 1, -1)", [3, 2, 1]),
        ("States.ArrayRange(3, 1, 1)", []),
        ("States.ArrayGetItem($.items, 1)", 2),
        ("States.ArrayLength($.items)", 5),
        ("States.ArrayLength($.books[?(@.p > 1)].p)", 2),
        ("States.ArrayUnique($.items)", [1, 2, 3, 4]),
        ("States.ArrayUnique(States.Array(1, true, '1', 1.0, null))", [1, True, "1", 1.0, None]),
        ("States.Base64Encode('Data to encode')", "RGF0YSB0byBlbmNvZGU="),
        ("States.Base64Decode('RGVjb2RlZCBkYXRh')", "Decoded data"),
        ("States.Hash('input data', 'SHA-1')", "aaff4a450a104cd177d28d18d74485e8cae074b7"),
        ("States.Hash('', 'MD5')", "d41d8cd98f00b204e9800998ecf8427e"),
        ("States.JsonMerge($.one, $.two, false)", {"a": {"c": 2}, "b": 1}),
        ("States.StringToJson($.text)", {"foo": "bar"}),
        ("States.StringToJson(' ')", None),
        ("States.JsonToString($.one)", '{"a":{"b":1},"b":1}'),
        ("States.MathAdd(-1.5, -1.51)", -3),
        ("States.MathAdd(1.49, 1.5)", 3),
        ("States.MathAdd(-0.5, 0)", 0),
        ("States.StringSplit('1,2,,3', ',')", ["1", "2", "3"]),
        ("States.StringSplit('T.i+t,=s', '.+,=')", list("Tits")),
        ("States.StringSplit('abc', '')", ["abc"]),
        ("States.StringSplit(' ', ' ')", []),
        ("States.Format('a{}b{}', 1.5, $.one)", "a1.5b{a={b=1}, b=1}"),
        ("States.Format('{}{}{}', null, true, $.items)", "nulltrue[1, 2, 3, 3, 4]"),
        (r"States.Format('\{\}{}\'\\', 'x')", r"{}x'\ ".rstrip()),
        ("States.Format($.template, 1)", "is 1"),
        ("States.Format('none')", "none"),
        ("States.Array('a, b', $.books[0]['p'], 'it\\'s')", ["a, b", 1, "it's"]),
        ("States.Format('{}', $$.Name)", "n"),
        ("States.MathAdd($count, 1)", 6),
        ("  States.Array( 1 ,2 ) ", [1, 2]),
        ("States.MathRandom(1, 2)", 1),
    ],
)
def test_a_function_gives_what_the_documentation_says(text, gives):
    value = {
        "n": 3,
        "items": [1, 2, 3, 3, 4],
        "one": {"a": {"b": 1}, "b": 1},
        "two": {"a": {"c": 2}},
        "text": '{"foo": "bar"}',
        "template": "is {}",
        "books": [{"p": 1}, {"p": 2}, {"p": 3}],
    }
    found = called(text, value, count=5)
    assert found == gives
    assert type(found) is type(gives)


def test_functions_are_called_in_each_other_up_to_ten_deep():
    deep = "States.MathAdd(1, " * 10 + "0" + ")" * 10
    assert called(deep) == 10
    with pytest.raises(InvalidExpression, match="nested at most 10 deep"):
        compile_intrinsic(f"States.MathAdd(1, {deep})", at="/")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("States.Nope()", 'got "States.Nope"'),
        ("Format('a')", "an intrinsic function"),
        ("States.Array('1'", "a comma or the closing parenthesis"),
        ("States.Array(1,)", "a path, a text in single quotes"),
        ("States.Array('a)", "ends with its quote"),
        ('States.Array("a")', "a text in single quotes"),
        ("States.Array(1) x", "the end of the call"),
        ("States.UUID(1)", "expected 0 arguments of States.UUID, got 1"),
        ("States.MathRandom(1)", "expected 2 or 3 arguments"),
        ("States.Format()", "expected 1 or more arguments"),
        ("States.Array($.a b)", "offset"),
        ("States.Array(01)", "a path"),
    ],
)
def test_what_is_no_call_is_refused(text, says):
    with pytest.raises(InvalidExpression, match=re.escape(says)) as caught:
        compile_intrinsic(text, at="/States/A")
    assert (caught.value.at or "").startswith("/States/A")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("States.ArrayPartition($.a, 1)", "expected an array, got 1"),
        ("States.ArrayPartition($.b, 0)", "expected a chunk size of at least 1, got 0"),
        ("States.ArrayRange(0, 1, 0)", "expected a step that is not zero"),
        ("States.ArrayRange(0, 1000, 1)", "expected at most 1000 items, got 1001"),
        ("States.ArrayGetItem($.b, 2)", "expected an index below 2, got 2"),
        ("States.ArrayGetItem($.b, -1)", "expected an index below 2, got -1"),
        ("States.Base64Decode('%')", "expected Base64"),
        ("States.Hash('a', 'CRC')", "expected one of MD5, SHA-1"),
        ("States.JsonMerge($, $, true)", "expected false"),
        ("States.JsonMerge($, 1, false)", "expected two objects"),
        ("States.StringToJson('{')", 'expected JSON, got "{"'),
        ("States.MathAdd('1', 1)", 'expected a number, got "1"'),
        ("States.MathAdd(true, 1)", "expected a number"),
        ("States.MathAdd(3000000000, 1)", "expected a number between"),
        ("States.MathRandom(2, 2)", "expected an end above 2, got 2"),
        ("States.Format('{}')", "expected 1 arguments behind the template, got 0"),
        ("States.Format('', 1)", "expected 0 arguments behind the template, got 1"),
        ("States.Format(1)", "expected a template that is a string"),
        ("States.StringSplit(1, ',')", "expected a string"),
    ],
)
def test_what_does_not_apply_is_an_intrinsic_failure(text, reason):
    with pytest.raises(DataError) as caught:
        called(text, {"a": 1, "b": [1, 2]})
    assert caught.value.error == "States.IntrinsicFailure"
    assert caught.value.cause.startswith(f"The function '{text}' had the following error: {reason}")


def test_an_argument_that_is_not_there_is_told_with_its_path():
    with pytest.raises(DataError) as caught:
        called("States.Format('{}', $.nope)", {"a": 1})
    assert caught.value.error == "States.Runtime"
    assert caught.value.cause == (
        "The function 'States.Format('{}', $.nope)' had the following error: The JsonPath argument"
        " for the field '$.nope' could not be found in the input '{\"a\":1}'"
    )


def test_a_random_number_lies_between_its_bounds_and_a_seed_fixes_it():
    call = compile_intrinsic("States.MathRandom(-3, 4)", at="/")
    drawn = {call.call(None, seen(chance=each / 100)) for each in range(100)}
    assert drawn == set(range(-3, 4))
    seeded = compile_intrinsic("States.MathRandom(0, 1000, $.seed)", at="/")
    found = [seeded.call({"seed": seed}, seen(chance=seed)) for seed in (42, 42, 43)]
    assert found[0] == found[1] == 130
    assert all(0 <= each < 1000 for each in found)


def test_a_uuid_comes_from_the_facts():
    assert called("States.UUID()") == "00000000-0000-4000-8000-000000000001"


def test_what_a_call_reads_is_known():
    call = compile_intrinsic("States.Array($a.b, States.Format('{}', $c), $$.X, $.y)", at="/")
    assert call.variables == {"a", "c"}
    assert call.reads_context
    assert not compile_intrinsic("States.UUID()", at="/").reads_context


@given(st.text("{ab ", max_size=10), st.lists(st.text("xy{}\\", max_size=3), max_size=3))
def test_each_pair_of_braces_is_an_argument(between, arguments):
    template = between + "".join("{}" + between for _ in arguments)
    plain = between + "".join(argument + between for argument in arguments)
    assert format_text(template, arguments) == plain


@given(st.text("States.ArrayFormat()$,'{} 1\\", max_size=30))
def test_any_text_is_a_call_or_is_refused(text):
    try:
        call = compile_intrinsic(text, at="/")
    except InvalidExpression:
        return
    json.dumps(call.text)
