import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensue.languages.states.comparisons import OPERATORS, compile_comparison
from ensue.languages.states.errors import DataError
from ensue.words.errors import InvalidExpression
from tests.languages.states.environment import seen

AT, LATER = "2016-03-14T01:59:00Z", "2016-03-14T03:59:00.001+02:00"


def holds(rule, value, **variables):
    return compile_comparison(rule, at="/").holds(value, seen({}, **variables))


@pytest.mark.parametrize(
    ("operator", "operand", "value", "result"),
    [
        ("StringEquals", "a", "a", True),
        ("StringEquals", "1", 1, False),
        ("StringLessThan", "\uffff", "\U0001f600", True),
        ("StringGreaterThanEquals", "a", "a", True),
        ("StringMatches", "log-*.txt", "log-1.txt", True),
        ("StringMatches", "log-*.txt", "log-1.txt.gz", False),
        ("StringMatches", "*a*b*", "xxaxxbxx", True),
        ("StringMatches", "a*a", "a", False),
        ("StringMatches", "a\\*b", "a*b", True),
        ("StringMatches", "a\\*b", "axb", False),
        ("StringMatches", "a\\\\*", "a\\x", True),
        ("StringMatches", "a\\x", "a\\x", True),
        ("StringMatches", "*", "a\nb", True),
        ("StringMatches", "*", 1, False),
        ("NumericEquals", 1, 1.0, True),
        ("NumericEquals", 0, "0", False),
        ("NumericEquals", 1, True, False),
        ("NumericLessThan", 2, 1, True),
        ("NumericGreaterThan", 2, 1, False),
        ("NumericLessThanEquals", 2, 2, True),
        ("BooleanEquals", True, True, True),
        ("BooleanEquals", True, 1, False),
        ("TimestampEquals", "2016-03-14T03:59:00+02:00", AT, True),
        ("TimestampLessThan", LATER, AT, True),
        ("TimestampGreaterThanEquals", LATER, AT, False),
        ("TimestampEquals", AT, "2016-03-14", False),
        ("IsNull", True, None, True),
        ("IsNull", False, 0, True),
        ("IsNumeric", True, 1.5, True),
        ("IsNumeric", True, True, False),
        ("IsString", True, "", True),
        ("IsBoolean", True, 0, False),
        ("IsTimestamp", True, AT, True),
        ("IsTimestamp", True, "2016-03-14 01:59:00Z", False),
        ("IsPresent", True, None, True),
    ],
)
def test_each_comparison_holds_for_its_type_only(operator, operand, value, result):
    assert holds({"Variable": "$.v", operator: operand}, {"v": value}) is result


@pytest.mark.parametrize("name", sorted(each for each in OPERATORS if each.endswith("Path")))
def test_a_path_stands_in_for_each_constant(name):
    samples = {"String": "a", "Numeric": 1, "Timestamp": AT, "Boolean": True}
    same = next(value for kind, value in samples.items() if name.startswith(kind))
    equal = "Equals" in name
    assert holds({"Variable": "$.a", name: "$.b"}, {"a": same, "b": same}) is equal
    assert not holds({"Variable": "$.a", name: "$x"}, {"a": same}, x=None)
    with pytest.raises(DataError):
        holds({"Variable": "$.a", name: "$.c"}, {"a": same})


def test_rules_are_joined():
    low, high = ({"Variable": "$.v", name: 5} for name in ("NumericLessThan", "NumericGreaterThan"))
    assert holds({"Or": [low, high]}, {"v": 6})
    assert not holds({"And": [low, high]}, {"v": 6})
    assert holds({"Not": low}, {"v": 6})
    assert holds({"And": [{"Not": {"Or": [low, high]}}, {"Not": low}]}, {"v": 5})


def test_what_is_not_there_can_only_be_asked_for():
    assert holds({"Variable": "$.v", "IsPresent": False}, {})
    with pytest.raises(DataError) as caught:
        holds({"Variable": "$.v", "IsNull": True}, {})
    assert caught.value.error == "States.Runtime"
    assert caught.value.cause == (
        "Invalid path '$.v': The choice state's condition path references an invalid value."
    )


def test_rules_behind_one_that_decides_are_not_looked_at():
    present = {"Variable": "$.v", "IsPresent": True}
    assert not holds({"And": [present, {"Variable": "$.v", "NumericEquals": 1}]}, {})


@pytest.mark.parametrize(
    ("rule", "at"),
    [
        ({"Variable": "$.v"}, "/Choices/0"),
        ({"Variable": "$.v", "IsNull": True, "IsString": True}, "/Choices/0"),
        ({"Variable": "v", "IsNull": True}, "/Choices/0/Variable"),
        ({"IsNull": True}, "/Choices/0/Variable"),
        ({"Variable": "$.v", "IsNull": "yes"}, "/Choices/0/IsNull"),
        ({"Variable": "$.v", "NumericEquals": "1"}, "/Choices/0/NumericEquals"),
        ({"Variable": "$.v", "TimestampEquals": "now"}, "/Choices/0/TimestampEquals"),
        ({"Variable": "$.v", "StringMatches": 1}, "/Choices/0/StringMatches"),
        ({"Variable": "$.v", "StringEqualsPath": "x"}, "/Choices/0/StringEqualsPath"),
        ({"And": []}, "/Choices/0/And"),
        ({"Or": [{"Not": 1}]}, "/Choices/0/Or/0/Not"),
    ],
)
def test_what_is_no_rule_is_refused_where_it_stands(rule, at):
    with pytest.raises(InvalidExpression) as caught:
        compile_comparison(rule, at="/Choices/0")
    assert caught.value.at == at


@given(st.text("ab*\\", max_size=6), st.text("ab*\\", max_size=6))
def test_a_pattern_without_stars_matches_itself_and_a_star_matches_all(text, more):
    escaped = text.replace("\\", "\\\\").replace("*", "\\*")
    assert holds({"Variable": "$", "StringMatches": escaped}, text)
    assert holds({"Variable": "$", "StringMatches": f"{escaped}*"}, text + more)
    assert holds({"Variable": "$", "StringMatches": f"*{escaped}"}, more + text)
    assert holds({"Variable": "$", "StringMatches": f"*{escaped}*"}, more + text + more)
