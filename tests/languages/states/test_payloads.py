import pytest

from ensue.languages.states.errors import DataError
from ensue.languages.states.payloads import compile_expression, compile_payload
from ensue.words.errors import InvalidExpression
from tests.languages.states.environment import seen


def filled(template, value=None, **variables):
    return compile_payload(template, at="/Parameters").fill(value, seen({"Id": 7}, **variables))


def test_keys_with_the_mark_are_filled_and_the_rest_is_kept():
    template = {
        "kind": "new",
        "order.$": "$.id",
        "deep": {"list": [{"id.$": "$$.Id"}, "$.id", 1], "text.$": "States.Format('{}', $x)"},
    }
    assert filled(template, {"id": 3}, x="v") == {
        "kind": "new",
        "order": 3,
        "deep": {"list": [{"id": 7}, "$.id", 1], "text": "v"},
    }


@pytest.mark.parametrize("template", [1, "$.a", None, [], {}, {"a": ["$.x", {"b": 1}]}])
def test_a_template_without_marks_is_constant(template):
    payload = compile_payload(template, at="/")
    assert payload.constant
    assert payload.fill({}, seen()) is template


def test_what_is_not_there_is_told_with_the_key_that_asks_for_it():
    with pytest.raises(DataError) as caught:
        filled({"a": {"missing.$": "$.nope.deep"}}, {"other": 1})
    assert caught.value.error == "States.Runtime"
    assert caught.value.told_in("Pick", 2).cause == (
        "An error occurred while executing the state 'Pick' (entered at the event id #2). The"
        " JSONPath '$.nope.deep' specified for the field 'missing.$' could not be found in the"
        " input '{\"other\":1}'"
    )


def test_a_path_or_a_function_stands_where_a_field_takes_either():
    assert compile_expression("$.e", at="/States/F/ErrorPath").fill({"e": "E"}, seen()) == "E"
    function = compile_expression("States.Format('{}!', $.e)", at="/States/F/CausePath")
    assert function.fill({"e": "E"}, seen()) == "E!"
    with pytest.raises(DataError, match="for the field 'ErrorPath'"):
        compile_expression("$.e", at="/States/F/ErrorPath").fill({}, seen())


@pytest.mark.parametrize(
    ("template", "at"),
    [
        ({"a": {"b.$": 1}}, "/Parameters/a/b.$"),
        ({"a": [0, {"b/c.$": "x"}]}, "/Parameters/a/1/b~1c.$"),
        ({"a.$": "$.x", "a": 1}, "/Parameters/a.$"),
        ({"a.$": "States.Nope()"}, "/Parameters/a.$, offset 0"),
    ],
)
def test_what_is_wrong_in_a_template_is_placed(template, at):
    with pytest.raises(InvalidExpression) as caught:
        compile_payload(template, at="/Parameters")
    assert caught.value.at == at


def test_what_a_template_reads_is_known():
    payload = compile_payload({"a.$": "$x.y", "b": [{"c.$": "States.Array($z)"}]}, at="/")
    assert payload.variables == {"x", "z"}
    assert not payload.reads_context
    assert compile_payload({"a.$": "$$.Id"}, at="/").reads_context
