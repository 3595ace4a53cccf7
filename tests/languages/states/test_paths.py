import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensue.languages.states.errors import DataError
from ensue.languages.states.paths import MISSING, compile_path, compile_reference_path
from ensue.languages.states.paths.comparison import OPERATORS
from ensue.words.errors import InvalidExpression
from ensue.words.values import encode
from tests.languages.states.environment import seen

STORE = {
    "store": {
        "book": [
            {"category": "reference", "author": "Nigel Rees", "price": 8.95},
            {"category": "fiction", "author": "Evelyn Waugh", "price": 12.99},
            {"category": "fiction", "author": "Herman Melville", "isbn": "0-553", "price": 8.99},
            {"category": "fiction", "author": "J. R. R. Tolkien", "isbn": "0-395", "price": 22.99},
        ],
        "bicycle": {"color": "red", "price": 19.95},
    },
    "expensive": 10,
    "with space": {"it's": 1},
    "none": None,
}
PRICES = [8.95, 12.99, 8.99, 22.99]

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text("ab*'", max_size=2),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
    ),
    max_leaves=8,
)
STEPS = st.sampled_from([
    ".a",
    ".b",
    "['c']",
    "[0]",
    "[-1]",
    "[*]",
    ".*",
    "..a",
    "..*",
    "[1:]",
    "[:2]",
    "[-1:1]",
])
FILTERS = st.sampled_from([
    "['a','b']",
    "[0,1]",
    "[?(@.a)]",
    "[?(@ == 'a')]",
    "[?(@.a > 1 && !@.b)]",
    "[?(@.a in [1])]",
])


def found(text, value=STORE, **variables):
    return compile_path(text, at="/").probe(value, seen({"Execution": {"Id": "e"}}, **variables))


@pytest.mark.parametrize(
    ("path", "finds"),
    [
        ("$.expensive", 10),
        ("$['store']['bicycle'].color", "red"),
        ('$["with space"]["it\'s"]', 1),
        ("$['with space']['it\\'s']", 1),
        ("$.none", None),
        ("$.store.book[0].author", "Nigel Rees"),
        ("$.store.book[-1].price", 22.99),
        ("$['expensive', 'none', 'gone']", {"expensive": 10, "none": None}),
        ("$$.Execution.Id", "e"),
        ("$x[1].y", 7),
        ("$.store.book.length()", 4),
        ("$.store.book[*].price.max()", 22.99),
    ],
)
def test_a_definite_path_gives_its_value(path, finds):
    assert found(path, x=[0, {"y": 7}]) == finds


@pytest.mark.parametrize(
    ("path", "finds"),
    [
        ("$.store.book[*].price", PRICES),
        ("$.store..price", [*PRICES, 19.95]),
        ("$..book[2].author", ["Herman Melville"]),
        ("$.store.book[0,1].price", PRICES[:2]),
        ("$.store.book[:2].price", PRICES[:2]),
        ("$.store.book[1:2].price", PRICES[1:2]),
        ("$.store.book[-2:].price", PRICES[-2:]),
        ("$.store.book[2:].price", PRICES[2:]),
        ("$.store.book[-3:-1].price", PRICES[1:3]),
        ("$.store.book[0:9:2].price", PRICES),
        ("$.store.book[?(@.isbn)].price", PRICES[2:]),
        ("$.store.book[?(@.price < 10)].price", [8.95, 8.99]),
        ("$.store.book[?(@.price <= $.expensive)].price", [8.95, 8.99]),
        ("$.store.book[?(@.author =~ /.*REES/i)].price", [8.95]),
        ("$.store.book[?(@.category == 'fiction' && !@.isbn)].price", [12.99]),
        ("$.store.book[?(@.category == 'x' || (@.price > 20))].price", [22.99]),
        ("$.store.book[?(@.category in ['reference'])].price", [8.95]),
        ("$.store.book[?(@.isbn != '0-395')].price", PRICES[:3]),
        ("$.store.book[*].gone", []),
        ("$.gone[*]", []),
        ("$.gone[1:].price", []),
        ("$.expensive.gone[*]", []),
        ("$.gone[?(@.price)]", []),
        ("$.expensive[*]", []),
        ("$..gone", []),
        ("$.store[*].color", ["red"]),
        ("$.store.bicycle[?(@.price > 1)].color", ["red"]),
        ("$.store.bicycle.*", ["red", 19.95]),
    ],
)
def test_an_indefinite_path_gives_a_list(path, finds):
    assert found(path) == finds


@pytest.mark.parametrize(
    "path",
    [
        "$.gone",
        "$.gone.deeper",
        "$[1:]",
        "$.expensive[1:]",
        "$.store[0,1]",
        "$.expensive[?(@.a)]",
        "$.expensive[0]",
        "$.store.book[9]",
        "$.store.book.price",
        "$.expensive.length()",
        "$unassigned",
        "$$.Gone",
    ],
)
def test_where_a_definite_path_or_an_index_leads_nowhere_nothing_is_found(path):
    assert found(path) is MISSING
    with pytest.raises(DataError) as caught:
        compile_path(path, at="/").find(STORE, seen(), "InputPath")
    assert caught.value.error == "States.Runtime"
    assert caught.value.cause == (
        f"The JSONPath '{path}' specified for the field 'InputPath' could not be found in the"
        f" input '{encode(STORE)}'"
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "begins with $"),
        ("a", "begins with $"),
        ("$.", "offset 2"),
        ("$.a b", "offset 3"),
        ("$[", "an index"),
        ("$[:]", "a number on a side of the colon"),
        ("$['a", "ends with its quote"),
        ("$.a.nope()", "a function of paths"),
        ("$.a.index()", "a function of paths"),
        ("$.a[?(@.b =~ /(/)]", "a regular expression"),
        ("$.a[?(1)]", "a comparison"),
        ("$.a[?(@.b > )]", "a value or a path"),
        ("$.a[?(@.b == [@.c])]", "a constant"),
        ("$" + ".a" * 200, "steps"),
        ("$" + "a" * 81, "80 characters"),
        ("$.a[?(" + "!" * 200 + "@.b)]", "nested at most"),
        ("$.a[?(" + "(" * 200 + "@.b" + ")" * 200 + ")]", "nested at most"),
        ("$" + ".a[?(@" * 12 + ")]" * 12, "nested at most"),
    ],
)
def test_what_is_no_path_is_refused_with_its_offset(text, says):
    with pytest.raises(InvalidExpression, match=re.escape(says)) as caught:
        compile_path(text, at="/States/A/InputPath")
    assert (caught.value.at or "").startswith("/States/A/InputPath")


@pytest.mark.parametrize(
    ("left", "operator", "right", "stands"),
    [
        (1, "==", 1.0, True),
        (1, "==", "1", True),
        ("1", "==", 1, True),
        (1, "===", "1", False),
        (1, "!==", "1", True),
        (True, "==", 1, False),
        (None, "==", None, True),
        (MISSING, "==", None, False),
        (MISSING, "!=", 1, True),
        (1, "<", "2", False),
        ("a", "<", "b", True),
        (True, "<", 2, False),
        ([1, {"a": 2}], "==", [1, {"a": 2}], True),
        (2, "in", [1, 2], True),
        (2, "nin", [1, 2], False),
        ([1], "subsetof", [1, 2], True),
        ([1, 3], "anyof", [3], True),
        ([1, 3], "noneof", [2], True),
        ([1, 2], "all", [2], True),
        ("hello", "contains", "ell", True),
        ([1, 2], "contains", 3, False),
        ("abc", "size", 3, True),
        ([], "empty", True, True),
        ("a", "empty", True, False),
        ("abc", "=~", re.compile("b"), False),
        (["x", "b"], "=~", re.compile("b"), True),
    ],
)
def test_filters_compare_as_jayway_does(left, operator, right, stands):
    assert OPERATORS[operator](left, right) is stands


@given(JSON, st.lists(STEPS | FILTERS, max_size=4))
def test_a_compiled_path_finds_or_does_not_and_never_raises(value, steps):
    path = compile_path("$" + "".join(steps), at="/")
    result = path.probe(value, seen())
    if not path.definite and result is not MISSING:
        assert isinstance(result, list)


@given(JSON, st.text("$.[]*'\"?()@<=!&|~/:,ab01 ", max_size=12))
def test_a_text_is_a_path_or_is_refused(value, text):
    try:
        path = compile_path("$" + text, at="/")
    except InvalidExpression:
        return
    path.probe(value, seen())


@given(JSON, JSON, st.lists(st.sampled_from("abc"), min_size=1, max_size=3))
def test_what_a_reference_path_inserts_is_read_back_there(value, result, names):
    text = "$" + "".join(f".{name}" for name in names)
    try:
        inserted = compile_reference_path(text, at="/").insert(value, result)
    except DataError:
        return
    assert compile_path(text, at="/").find(inserted, seen(), "x") == result


def test_what_cannot_have_such_a_place_is_a_failure_of_the_result_path():
    with pytest.raises(DataError) as caught:
        compile_reference_path("$.a.b", at="/").insert({"a": 1}, 2)
    assert caught.value.error == "States.ResultPathMatchFailure"


def test_inserting_changes_neither_the_value_nor_what_is_beside_the_place():
    value = {"a": {"b": 1, "c": [1, 2]}, "d": {}}
    inserted = compile_reference_path("$.a.c[1]", at="/").insert(value, "x")
    assert inserted == {"a": {"b": 1, "c": [1, "x"]}, "d": {}}
    assert value == {"a": {"b": 1, "c": [1, 2]}, "d": {}}


@pytest.mark.parametrize("text", ["$[*]", "$..a", "$$.a", "$x", "$['a','b']", "$[-1]", "$.a[0:1]"])
def test_a_reference_path_names_one_place_in_the_input(text):
    with pytest.raises(InvalidExpression, match="reference path"):
        compile_reference_path(text, at="/")
