"""What is meant to break the language, or to keep it busy, ends with an error that says why."""

from __future__ import annotations

import json

import pytest

from ensue.languages.states.execute import execute
from ensue.languages.states.parse import compile_machine
from ensue.languages.states.reading import read_json
from ensue.languages.states.signals import Succeeded
from ensue.words.errors import InvalidDefinition


def passing(**fields):
    return {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True, **fields}}}


def filled(call, given=None):
    """How a Pass ends whose output is what a call gives."""
    return execute(compile_machine(passing(Parameters={"r.$": call})), given)


def queried(expression, given=None):
    definition = {**passing(Output=f"{{% {expression} %}}"), "QueryLanguage": "JSONata"}
    return execute(compile_machine(definition), given)


def nested(levels):
    return "[" * levels + "]" * levels


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("NaN", "NaN is no number"),
        ("[-Infinity]", "-Infinity is no number"),
        ("1e400", "1e400 is no number"),
        ('"\\uD800"', "half of a surrogate pair"),
        ('"\ud800"', "half of a surrogate pair"),
        (b'{"\\ud800": 1}', "half of a surrogate pair"),
        (nested(100_000), "nested too deeply"),
        ("1" * 5_000, "4300 digits"),
        (b'"\xff"', "can't decode"),
    ],
)
def test_what_json_has_not_is_not_read(text, says):
    with pytest.raises(ValueError, match=says):
        read_json(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('"\\ud83d\\ude00 \\u00e9"', "\U0001f600 é"),
        ("1e2", 100.0),
        (b"\xef\xbb\xbf[]", []),
        ('{"a":1,"a":2}', {"a": 2}),
    ],
)
def test_what_json_has_is_read(text, value):
    assert read_json(text) == value


@pytest.mark.parametrize("constant", ["NaN", "1e999", '"\\ud800"', nested(5_000)])
def test_a_definition_with_what_json_has_not_does_not_compile(constant):
    text = f'{{"StartAt": "A", "States": {{"A": {{"Type": "Pass", "Result": {constant}}}}}}}'
    with pytest.raises(InvalidDefinition, match="expected JSON"):
        compile_machine(text)


@pytest.mark.parametrize(
    ("levels", "status", "error"),
    [(100, "SUCCEEDED", None), (101, "FAILED", "States.DataLimitExceeded")],
)
def test_an_output_has_as_many_levels_as_a_store_takes(levels, status, error):
    ended = execute(compile_machine(passing(Result=json.loads(nested(levels)))), {})
    assert (ended.status, ended.error) == (status, error)


def test_a_wide_output_of_few_levels_is_not_deep():
    assert execute(compile_machine(passing()), [[] for _ in range(1_000)]).status == "SUCCEEDED"


@pytest.mark.parametrize(
    "fields", [{"Parameters": {"a.$": "$"}}, {"Assign": {"x.$": "$"}, "Parameters": {"a.$": "$"}}]
)
def test_a_loop_that_nests_its_output_ends_at_the_bound(fields):
    states = {"A": {"Type": "Pass", "Next": "A", **fields}}
    ended = execute(compile_machine({"StartAt": "A", "States": states}), {})
    assert ended.error == "States.DataLimitExceeded"


def test_what_a_task_answers_is_bounded_in_its_levels():
    states = {"A": {"Type": "Task", "Resource": "ensue:function:f", "End": True}}
    deep = Succeeded(json.loads(nested(300)))
    ended = execute(compile_machine({"StartAt": "A", "States": states}), {}, lambda _task: deep)
    assert ended.error == "States.DataLimitExceeded"


@pytest.mark.parametrize(
    ("call", "given"),
    [
        ("States.JsonToString(States.StringToJson($))", nested(900)),
        ("States.Format('{}', States.StringToJson($))", nested(900)),
        ("States.ArrayUnique(States.StringToJson($))", nested(900)),
        ("States.StringToJson($)", "1e400"),
        ("States.StringToJson($)", '"\\ud800"'),
    ],
)
def test_a_function_does_not_apply_to_what_no_value_is(call, given):
    assert filled(call, given).error == "States.IntrinsicFailure"


def test_a_text_of_many_separators_is_split_at_once():
    text = "ab" * 50_000
    assert filled("States.StringSplit($, $)", text).output == {"r": []}
    assert filled("States.StringSplit($, ']^-')", "a]b^c-d").output == {"r": ["a", "b", "c", "d"]}


@pytest.mark.parametrize("pattern", ["(a+)+$", "((a*)b?)*", "(a|b{2,})*c", "(x+){3,}", "(x+){30}"])
def test_a_repeat_of_a_repeat_is_no_pattern_of_a_filter(pattern):
    with pytest.raises(InvalidDefinition, match="without a repeat of what has one"):
        filled(f"$[?(@.x =~ /{pattern}/)]")


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("(a|b)+c?", True),
        ("a+b", False),
        ("(ab)+", True),
        (r"\(?a+b+a+b*\)?", True),
        ("(a+)b.*", 1),
    ],
)
def test_other_patterns_are_patterns(pattern, found):
    ended = filled(f"$[?(@.x =~ /{pattern}/)]", [{"x": "abab"}])
    assert ended.output == {"r": [{"x": "abab"}] if found else []}


def test_what_a_filter_reads_of_the_whole_is_read_anew_for_another_whole():
    machine = compile_machine(passing(Parameters={"r.$": "$.l[?(@ > $.least)]"}))
    outputs = [execute(machine, {"l": [1, 2, 3], "least": n}).output for n in (1, 2)]
    assert outputs == [{"r": [2, 3]}, {"r": [3]}]


@pytest.mark.parametrize(
    ("expression", "output"),
    [
        ("$states.input", 2**70),
        ("$states.input + 0", float(2**70)),
        ("{'n': [$states.input]}", {"n": [float(2**70)]}),
        ("$parse('1180591620717411303424')", float(2**70)),
    ],
)
def test_a_whole_number_beyond_64_bits_is_a_double_in_jsonata(expression, output):
    ended = queried(expression, 2**70)
    assert (ended.status, ended.output) == ("SUCCEEDED", output)


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        ("function($x){$x}", "returned an unsupported result type."),
        ("/a/", "returned an unsupported result type."),
        ("1/0", "D1001: Number out of range"),
        ("0/0", "D1001: Number out of range"),
        ("$parse('1e400')", "expected JSON"),
        ("$states.input + 1", "D1001: Number out of range"),
    ],
)
def test_a_query_that_finds_what_json_has_not_fails(expression, says):
    ended = queried(expression, 10**400)
    assert ended.error == "States.QueryEvaluationError"
    assert says in ended.cause


@pytest.mark.parametrize(("expression", "output"), [("''", ""), ("null", None)])
def test_a_query_may_find_an_empty_text_or_null(expression, output):
    ended = queried(expression)
    assert (ended.status, ended.output) == ("SUCCEEDED", output)
