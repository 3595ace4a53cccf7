"""Conditions: text to tree, and what is refused where."""

import pytest

from ensue.languages.expressions import compile_condition
from ensue.languages.expressions.parse import CONDITION_KEYWORDS, MAX_IN_CHOICES, parse_condition
from ensue.languages.expressions.program import (
    And,
    BeginsWith,
    Between,
    Compare,
    Contains,
    Exists,
    In,
    IsType,
    Not,
    Or,
    Path,
    Size,
    Value,
)
from ensue.languages.expressions.reader import (
    MAX_LIST_INDEX,
    MAX_NESTING_LEVELS,
    MAX_OPERATORS,
    MAX_PATH_STEPS,
    Reader,
)
from ensue.words.errors import InvalidExpression

A, B, C = Path(("a",)), Path(("b",)), Path(("c",))
X, Y = Value("x"), Value("y")


def tree(text, **names):
    return parse_condition(Reader(text, names=names, keywords=CONDITION_KEYWORDS, strict=False))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a = :x", Compare("=", A, X)),
        (":x <> a", Compare("<>", X, A)),
        ("a<b", Compare("<", A, B)),
        ("size(a) >= :x", Compare(">=", Size(A), X)),
        ("a BETWEEN :x AND b", Between(A, X, B)),
        ("a in (:x,b , size(c))", In(A, (X, B, Size(C)))),
        ("attribute_exists(a)", Exists(A, present=True)),
        ("attribute_not_exists ( a )", Exists(A, present=False)),
        ("attribute_type(a, :x)", IsType(A, X)),
        ("begins_with(a, :x)", BeginsWith(A, X)),
        ("begins_with(:x, a)", BeginsWith(X, A)),
        ("contains(a, size(b))", Contains(A, Size(B))),
        ("((a)) = (:x)", Compare("=", A, X)),
    ],
)
def test_each_form_of_the_grammar_has_its_node(text, expected):
    assert tree(text) == expected


def test_not_binds_before_and_and_and_before_or():
    a, b, c = (Compare("=", each, X) for each in (A, B, C))
    assert tree("a = :x OR NOT b = :x AND c = :x") == Or((a, And((Not(b), c))))


def test_parentheses_bind_first():
    a, b, c = (Compare("=", each, X) for each in (A, B, C))
    assert tree("NOT (a = :x OR b = :x) AND (c = :x)") == And((Not(Or((a, b))), c))


def test_the_and_of_between_is_not_the_and_of_conditions():
    assert tree("a BETWEEN :x AND :y AND b = :x") == And((Between(A, X, Y), Compare("=", B, X)))


def test_a_chain_of_one_connective_is_one_node():
    parsed = tree("a = :x AND b = :x AND c = :x")
    assert isinstance(parsed, And)
    assert len(parsed.parts) == 3


@pytest.mark.parametrize("text", ["a = :x aNd nOt b = :x", "a between :x and :y Or a iN (:x)"])
def test_keywords_are_of_any_case(text):
    assert tree(text)


def test_a_path_has_names_and_indexes():
    assert tree("a.b[0][12].c = :x") == Compare("=", Path(("a", "b", 0, 12, "c")), X)


def test_a_placeholder_stands_for_one_name_dots_and_all():
    assert tree("#p.#q = :x", p="a.b", q="AND") == Compare("=", Path(("a.b", "AND")), X)


def test_a_function_name_without_parenthesis_is_an_attribute():
    assert tree("size = contains") == Compare("=", Path(("size",)), Path(("contains",)))


@pytest.mark.parametrize(
    ("text", "offset", "message"),
    [
        ("a", 1, "a comparison after the path 'a'"),
        (":x", 2, "a comparison after ':x'"),
        ("a =", 3, "a path, a :value"),
        ("a = 4", 4, "got '4'"),
        ("a == :x", 3, "got '='"),
        ("a = :x b", 7, "AND, OR or the end"),
        ("a = :x)", 6, "AND, OR or the end"),
        ("(a = :x", 7, "'\\)'"),
        ("a = :x AND", 10, "a path"),
        ("AND a = :x", 0, "got 'AND'"),
        ("a > between", 4, "got 'between'"),
        ("NOT a", 5, "a comparison"),
        ("a IN b", 5, "'\\('"),
        ("a IN ()", 2, "a choice"),
        ("a IN (:x,)", 9, "a path"),
        ("a IN (:x :y)", 9, "',' or '\\)'"),
        ("a BETWEEN :x", 12, "AND and the upper bound"),
        ("a BETWEEN :x OR :y", 13, "AND and the upper bound"),
        ("a..b = :x", 2, "an attribute name"),
        ("a. = :x", 3, "an attribute name"),
        ("a[b] = :x", 2, "a list index"),
        ("a[:x] = :x", 2, "a list index"),
        ("a[-1] = :x", 2, "a list index"),
        ("a[1 = :x", 4, "'\\]'"),
        ("a[4.5] = :x", 3, "'\\]'"),
        ("a.:x = :y", 2, "an attribute name"),
        ("(a).b = :x", 3, "a comparison"),
        ("size(a).b > :x", 0, "size, which gives a number"),
        ("a-b = :x", 1, "a comparison"),
        ("#n = :x", 0, "none for '#n'"),
    ],
)
def test_what_leaves_the_grammar_is_refused_with_its_place_and_what_was_expected(
    text, offset, message
):
    with pytest.raises(InvalidExpression, match=message) as caught:
        tree(text)
    assert caught.value.at == f"offset {offset}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("whatever(a)", "a function of conditions, got 'whatever'"),
        ("attRIbute_exIsts(a)", "got 'attRIbute_exIsts'"),
        ("if_not_exists(a, :x) = :y", "got 'if_not_exists'"),
        ("size(a)", "size, which gives a number"),
        ("size(a) AND b = :x", "size, which gives a number"),
        ("attribute_exists(a) > :x", "an operand"),
        ("size(contains(a, :x)) > :y", "an operand"),
        ("a BETWEEN :x AND attribute_exists(b)", "an operand"),
        ("a IN (:x, contains(b, :y))", "an operand"),
        ("a = (b = :x)", "an operand"),
        ("attribute_exists(a, :x)", "1 operand of attribute_exists, got 2"),
        ("attribute_type(a)", "2 operands of attribute_type, got 1"),
        ("begins_with(a, :x, :y)", "2 operands of begins_with, got 3"),
        ("contains()", "2 operands of contains, got 0"),
        ("size(a, b) > :x", "1 operand of size, got 2"),
        ("attribute_exists(:x)", "a document path in attribute_exists"),
        ("attribute_not_exists(size(a))", "a document path in attribute_not_exists"),
        ("attribute_type(a, b)", "the type in attribute_type as a :value"),
        ("attribute_type(a, size(b))", "the type in attribute_type as a :value"),
        ("begins_with(a, size(b))", "begins_with, got a number from size"),
        ("contains(size(a), :x)", "contains, got a number from size"),
        ("size(size(a)) > :x", "size, got a number from size"),
    ],
)
def test_a_function_is_refused_where_it_does_not_belong(text, message):
    with pytest.raises(InvalidExpression, match=message):
        tree(text)


@pytest.mark.parametrize(
    "text",
    [
        *("a = a", "a <> #n", "a.b > a.b", "a BETWEEN a AND :x", "a BETWEEN :x AND a"),
        *("a IN (:x, a)", "contains(a[0], a[0])", "begins_with(a, a)", "attribute_type(a, a)"),
    ],
)
def test_an_operand_may_not_be_compared_with_itself(text):
    with pytest.raises(InvalidExpression, match="distinct"):
        tree(text, n="a")


def test_a_value_may_be_compared_with_itself():
    assert tree(":x = :x")


def test_in_takes_a_hundred_choices_and_no_more():
    choices = ", ".join(f":v{n}" for n in range(MAX_IN_CHOICES))
    assert tree(f"a IN ({choices})")
    with pytest.raises(InvalidExpression, match="100 choices"):
        tree(f"a IN ({choices}, :more)")


def test_three_hundred_operators_are_taken_and_no_more():
    fits = " OR ".join(["a=:x"] * (MAX_OPERATORS // 2))
    assert tree(fits)
    with pytest.raises(InvalidExpression, match="300 operators"):
        tree(fits + " OR a=:x")


@pytest.mark.parametrize(
    ("opened", "closed"), [("(", ")"), ("NOT ", ""), ("NOT (", ")"), ("size(", ")")]
)
def test_nesting_has_a_bound_long_before_the_stack_has(opened, closed):
    count = 4000 // len(opened + closed + "  ")
    with pytest.raises(InvalidExpression, match="levels of nesting"):
        tree(opened * count + "a = :x" + closed * count)


def test_nesting_up_to_the_bound_is_taken_and_runs():
    half = MAX_NESTING_LEVELS // 2
    condition = compile_condition("NOT (" * half + "a = :x" + ")" * half)
    assert condition.holds({"a": 1}, {"x": 1}) is (half % 2 == 0)


def test_a_path_has_a_greatest_length_and_an_index_a_greatest_value():
    assert tree("a" + "[0]" * (MAX_PATH_STEPS - 1) + " = :x")
    assert tree(f"a[{MAX_LIST_INDEX}] = :x")
    with pytest.raises(InvalidExpression, match="100 steps"):
        tree("a" + "[0]" * MAX_PATH_STEPS + " = :x")
    with pytest.raises(InvalidExpression, match="a greater one"):
        tree(f"a[{MAX_LIST_INDEX + 1}] = :x")
