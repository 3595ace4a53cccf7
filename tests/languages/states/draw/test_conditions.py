import pytest

from ensue.languages.states.draw.conditions import condition_words


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"Variable": "$.n", "NumericGreaterThan": 5}, "n > 5"),
        ({"Variable": "$.n", "NumericLessThanEquals": 5}, "n \N{LESS-THAN OR EQUAL TO} 5"),
        ({"Variable": "$.a.b", "StringEquals": "red"}, 'a.b is "red"'),
        ({"Variable": "$.a", "StringEqualsPath": "$.b"}, "a is b"),
        ({"Variable": "$.a", "StringMatches": "x*"}, 'a matches "x*"'),
        ({"Variable": "$.a", "BooleanEquals": True}, "a is true"),
        ({"Variable": "$.a", "TimestampLessThanPath": "$$.State.EnteredTime"},
         "a < $$.State.EnteredTime"),
        ({"Variable": "$.a", "IsPresent": True}, "a is present"),
        ({"Variable": "$.a", "IsPresent": False}, "a is not present"),
        ({"Variable": "$.a", "IsNumeric": True}, "a is a number"),
        ({"Variable": "$", "IsNull": True}, "the input is null"),
        ({"Variable": "$total", "NumericEquals": 1}, "$total is 1"),
        ({"Condition": "{% $states.input.n > 1 and $seen %}"}, "n > 1 and $seen"),
        ({"Condition": True}, "always"),
    ],
)  # fmt: skip
def test_a_condition_is_told_in_words(rule, words):
    assert condition_words(rule) == words


def test_nested_conditions_keep_what_belongs_together():
    one, other = {"Variable": "$.a", "IsNull": True}, {"Variable": "$.b", "NumericEquals": 1}

    assert condition_words({"And": [one, other]}) == "a is null and b is 1"
    assert (
        condition_words({"Or": [{"And": [one, other]}, other]})
        == "(a is null and b is 1) or b is 1"
    )
    assert condition_words({"Not": {"Or": [one, other]}}) == "not (a is null or b is 1)"
