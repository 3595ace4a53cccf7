"""What holds for every expression and every item."""

from copy import deepcopy
from decimal import Decimal

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ensue.languages.expressions import (
    compile_condition,
    compile_key_condition,
    compile_projection,
    compile_update,
)
from ensue.languages.expressions.kinds import ORDERINGS, begins_with, equal, ordered
from ensue.languages.expressions.parse import CONDITION_KEYWORDS, parse_condition
from ensue.languages.expressions.parse_update import UPDATE_KEYWORDS, parse_update
from ensue.languages.expressions.paths import path_text
from ensue.languages.expressions.program import (
    Add,
    And,
    Arithmetic,
    BeginsWith,
    Between,
    Compare,
    Contains,
    Delete,
    Exists,
    IfNotExists,
    In,
    IsType,
    ListAppend,
    Not,
    Or,
    Path,
    Remove,
    Set,
    Size,
    Value,
)
from ensue.languages.expressions.reader import Reader
from ensue.words.errors import InvalidExpression

EXAMPLES = settings(max_examples=100, deadline=None)

NAMES = ("a", "b", "c")
numbers = st.one_of(
    st.integers(-(10**18), 10**18),
    st.decimals(-(10**12), 10**12, allow_nan=False, places=6),
    st.floats(-1e9, 1e9, allow_nan=False),
)
texts = st.text("abé", max_size=3)
binaries = st.binary(max_size=3)
sets = st.one_of(
    st.sets(texts, min_size=1, max_size=3),
    st.sets(st.integers(-3, 3), min_size=1, max_size=3),
    st.sets(binaries, min_size=1, max_size=3),
)
scalars = st.one_of(st.none(), st.booleans(), numbers, texts, binaries)
values = st.recursive(
    scalars | sets,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner),
    max_leaves=8,
)
items = st.dictionaries(st.sampled_from(NAMES), values)
ordered_values = st.one_of(numbers, texts, binaries)

paths = st.builds(
    lambda first, rest: Path((first, *rest)),
    st.sampled_from(NAMES),
    st.lists(st.sampled_from(NAMES) | st.integers(0, 3), max_size=3),
)
placeholders = st.builds(Value, st.sampled_from(("x", "y", "z")))
plain_operands = paths | placeholders
operands = plain_operands | st.builds(Size, plain_operands)
COMPARATORS = st.sampled_from(["=", "<>", "<", "<=", ">", ">="])
leaves = st.one_of(
    st.builds(Compare, COMPARATORS, operands, operands),
    st.builds(Between, operands, operands, operands),
    st.builds(In, operands, st.lists(operands, min_size=1, max_size=3).map(tuple)),
    st.builds(Exists, paths, st.booleans()),
    st.builds(IsType, paths, placeholders),
    st.builds(BeginsWith, plain_operands, plain_operands),
    st.builds(Contains, plain_operands, operands),
)
conditions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(And, st.lists(inner, min_size=2, max_size=3).map(tuple)),
        st.builds(Or, st.lists(inner, min_size=2, max_size=3).map(tuple)),
    ),
    max_leaves=6,
)


WRITERS = {
    Path: lambda node: path_text(node.steps),
    Value: lambda node: f":{node.name}",
    Size: lambda node: f"size({written(node.operand)})",
    Compare: lambda node: f"{written(node.left)} {node.operator} {written(node.right)}",
    Between: lambda node: (
        f"{written(node.operand)} BETWEEN {written(node.low)} AND {written(node.high)}"
    ),
    In: lambda node: f"{written(node.operand)} IN ({', '.join(map(written, node.choices))})",
    And: lambda node: " AND ".join(f"({written(part)})" for part in node.parts),
    Or: lambda node: " OR ".join(f"({written(part)})" for part in node.parts),
    Not: lambda node: f"NOT ({written(node.part)})",
    Exists: lambda node: f"attribute_{'' if node.present else 'not_'}exists({written(node.path)})",
    IsType: lambda node: f"attribute_type({written(node.path)}, {written(node.wanted)})",
    BeginsWith: lambda node: f"begins_with({written(node.operand)}, {written(node.prefix)})",
    Contains: lambda node: f"contains({written(node.operand)}, {written(node.element)})",
    IfNotExists: lambda node: f"if_not_exists({written(node.path)}, {written(node.otherwise)})",
    ListAppend: lambda node: f"list_append({written(node.first)}, {written(node.second)})",
    Arithmetic: lambda node: f"{written(node.left)} {node.operator} {written(node.right)}",
    Set: lambda node: f"SET {written(node.path)} = {written(node.source)}",
    Remove: lambda node: f"REMOVE {written(node.path)}",
    Add: lambda node: f"ADD {written(node.path)} {written(node.value)}",
    Delete: lambda node: f"DELETE {written(node.path)} {written(node.value)}",
}


def written(node):
    """The text of a tree, for the way back."""
    return WRITERS[type(node)](node)


def outcome(evaluate):
    """What it gives, or the error's message as a text."""
    try:
        return evaluate()
    except InvalidExpression as error:
        return error.message


def reader(text, keywords):
    return Reader(text, names={}, keywords=keywords, strict=False)


def parsed(text):
    return outcome(lambda: parse_condition(reader(text, CONDITION_KEYWORDS)))


@EXAMPLES
@given(conditions)
def test_a_condition_written_out_is_read_back(condition):
    found = parsed(written(condition))
    assert found == condition or "distinct" in found


sources = st.recursive(
    plain_operands, lambda inner: st.builds(IfNotExists, paths, inner), max_leaves=3
)
actions = st.one_of(
    st.builds(Set, paths, sources),
    st.builds(Set, paths, st.builds(ListAppend, sources, sources)),
    st.builds(Set, paths, st.builds(Arithmetic, st.sampled_from("+-"), sources, sources)),
    st.builds(Remove, paths),
    st.builds(Add, paths, placeholders),
    st.builds(Delete, paths, placeholders),
)


@EXAMPLES
@given(actions)
def test_an_update_written_out_is_read_back(action):
    found = outcome(lambda: parse_update(reader(written(action), UPDATE_KEYWORDS)))
    assert found == (action,) or "distinct" in found


@EXAMPLES
@given(conditions, items, values, values, ordered_values)
def test_not_inverts(condition, item, x, y, z):
    text, given_values = written(condition), {"x": x, "y": y, "z": z}
    assume(not isinstance(parsed(text), str))
    holds = outcome(lambda: compile_condition(text).holds(item, given_values))
    inverted = outcome(lambda: compile_condition(f"NOT ({text})").holds(item, given_values))
    assert inverted == (holds if isinstance(holds, str) else not holds)


@EXAMPLES
@given(items, ordered_values, ordered_values)
def test_between_is_two_comparisons(item, low, high):
    given_values = {"x": low, "y": high}
    between = outcome(lambda: compile_condition("a BETWEEN :x AND :y").holds(item, given_values))
    assume(isinstance(between, bool))
    assert between is compile_condition("a >= :x AND a <= :y").holds(item, given_values)


@EXAMPLES
@given(items, values, values)
def test_in_is_one_of_two_equalities(item, x, y):
    given_values = {"x": x, "y": y}
    assert compile_condition("a IN (:x, :y)").holds(item, given_values) is compile_condition(
        "a = :x OR a = :y"
    ).holds(item, given_values)


@EXAMPLES
@given(values, values)
def test_equality_is_symmetric_and_every_value_equals_itself(x, y):
    equal = compile_condition(":x = :y")
    assert equal.holds(None, {"x": x, "y": y}) is equal.holds(None, {"x": y, "y": x})
    assert equal.holds(None, {"x": x, "y": deepcopy(x)})


@EXAMPLES
@given(ordered_values, ordered_values)
def test_of_two_values_of_one_type_one_is_less_or_they_are_equal(x, y):
    found = [
        compile_condition(f":x {operator} :y").holds(None, {"x": x, "y": y}) for operator in "<=>"
    ]
    comparable = isinstance(x, str | bytes) is isinstance(y, str | bytes) and (
        not isinstance(x, str | bytes) or type(x) is type(y)
    )
    assert sum(found) == comparable


@EXAMPLES
@given(items, values)
def test_what_was_set_is_read(item, value):
    after = compile_update("SET a = :x").apply(item, {"x": value})
    assert compile_condition("a = :x").holds(after, {"x": value})
    assert {name: after[name] for name in after if name != "a"} == {
        name: item[name] for name in item if name != "a"
    }


@EXAMPLES
@given(paths, items, values)
def test_what_was_set_anywhere_is_read_or_was_appended(path, item, value):
    text = path_text(path.steps)
    after = outcome(lambda: compile_update(f"SET {text} = :x").apply(item, {"x": value}))
    assume(isinstance(after, dict))
    beyond = isinstance(path.steps[-1], int) and not compile_condition(
        f"attribute_exists({text})"
    ).holds(item)
    if not beyond:
        assert compile_condition(f"{text} = :x").holds(after, {"x": value})


@EXAMPLES
@given(paths, items)
def test_what_was_removed_from_a_map_is_gone_and_removing_again_changes_nothing(path, item):
    assume(not isinstance(path.steps[-1], int))
    remove = compile_update(f"REMOVE {path_text(path.steps)}")
    after = outcome(lambda: remove.apply(item))
    assume(isinstance(after, dict))
    assert not compile_condition(f"attribute_exists({path_text(path.steps)})").holds(after)
    assert remove.apply(after) == after


@EXAMPLES
@given(st.lists(actions, max_size=4), items, values, values, values)
def test_an_update_changes_neither_its_item_nor_its_values(chosen, item, x, y, z):
    given_values = {"x": x, "y": y, "z": z}
    kept = deepcopy((item, given_values))
    for action in chosen:
        try:
            compile_update(written(action)).apply(item, given_values)
        except InvalidExpression:
            continue
    assert (item, given_values) == kept


@EXAMPLES
@given(st.lists(paths, min_size=1, max_size=4), items)
def test_a_projection_is_part_of_its_item_and_projects_no_further(chosen, item):
    without_indexes = [path for path in chosen if all(isinstance(s, str) for s in path.steps)]
    assume(without_indexes)
    try:
        projection = compile_projection(", ".join(path_text(p.steps) for p in without_indexes))
    except InvalidExpression:
        return
    kept = deepcopy(item)
    part = projection.project(item)
    assert projection.project(part) == part
    assert item == kept
    for path in without_indexes:
        exists = compile_condition(f"attribute_exists({path_text(path.steps)})")
        assert exists.holds(part) is exists.holds(item)


@EXAMPLES
@given(st.integers(), st.integers())
def test_the_sum_of_two_ints_is_their_int_or_an_error(a, b):
    after = outcome(lambda: compile_update("SET n = n + :b").apply({"n": a}, {"b": b}))
    if isinstance(after, str):
        assert len(str(abs(a + b)).rstrip("0")) > 38
    else:
        assert type(after["n"]) is int
        assert after["n"] == a + b


exact = st.decimals(-(10**15), 10**15, allow_nan=False, places=9)


@EXAMPLES
@given(exact, exact)
def test_decimal_arithmetic_is_exact(a, b):
    given_values = {"b": b}
    total = compile_update("SET n = n + :b").apply({"n": a}, given_values)
    scale = 10**9
    assert int(total["n"] * scale) == int(a * scale) + int(b * scale)
    assert compile_update("SET n = n - :b").apply(total, given_values) == {"n": a}


@EXAMPLES
@given(exact, st.integers(-(10**20), 10**20))
def test_add_does_what_set_with_plus_does(a, b):
    given_values = {"b": b}
    assert compile_update("ADD n :b").apply({"n": a}, given_values) == compile_update(
        "SET n = n + :b"
    ).apply({"n": a}, given_values)
    assert isinstance(compile_update("ADD n :b").apply({"n": a}, given_values)["n"], Decimal)


@EXAMPLES
@given(sets, sets)
def test_what_was_added_to_a_set_can_be_deleted(old, more):
    after = outcome(lambda: compile_update("ADD s :m").apply({"s": old}, {"m": more}))
    assume(isinstance(after, dict))
    assert after["s"] == old | more
    assert compile_update("DELETE s :m").apply(after, {"m": more}).get("s", set()) == old - more


@EXAMPLES
@given(
    st.sampled_from(["=", "<", "<=", ">", ">=", "BETWEEN", "begins_with"]),
    ordered_values,
    ordered_values,
    st.lists(ordered_values),
)
def test_a_key_range_holds_what_the_same_text_holds_as_a_condition(operator, a, b, keys):
    test = {"BETWEEN": "s BETWEEN :a AND :b", "begins_with": "begins_with(s, :a)"}
    text = f"p = :p AND {test.get(operator, f's {operator} :a')}"
    given_values = {"p": 1, "a": a, "b": b}
    found = outcome(
        lambda: compile_key_condition(text, partition="p", sort="s").range(given_values)
    )
    assume(not isinstance(found, str))
    for key in keys:
        holds = compile_condition(text).holds({"p": 1, "s": key}, given_values)
        assert holds is in_range(key, found)


def in_range(key, wanted):
    """Whether a store that reads the range comes upon the key."""
    if wanted.operator == "=":
        return equal(key, *wanted.bounds)
    if wanted.operator == "begins_with":
        return begins_with(key, *wanted.bounds)
    if wanted.operator == "BETWEEN":
        low, high = wanted.bounds
        return ordered(ORDERINGS[">="], key, low) and ordered(ORDERINGS["<="], key, high)
    return ordered(ORDERINGS[wanted.operator], key, *wanted.bounds)


WORDS = [
    *("a", "b", "#n", ":x", ":y", "0", "12", "(", ")", "[", "]", ".", ",", "=", "<>", "<", ">="),
    *("+", "-", "AND", "or", "NOT", "BETWEEN", "IN", "SET", "REMOVE", "ADD", "delete", "size("),
    *("attribute_exists(", "contains(", "begins_with(", "attribute_type(", "if_not_exists("),
    *("list_append(", "unknown(", "'", "\x00", "é", " "),
]
nonsense = st.one_of(
    st.text(max_size=60),
    st.lists(st.sampled_from(WORDS), max_size=40).map(" ".join),
    st.builds(lambda word, n: word * n, st.sampled_from(WORDS), st.integers(1, 2000)),
)
COMPILERS = [
    compile_condition,
    compile_update,
    compile_projection,
    lambda text, **how: compile_key_condition(text, partition="a", sort="b", **how),
]


@pytest.mark.parametrize("compile_text", COMPILERS)
@pytest.mark.parametrize("reserved", ["allow", "reject"])
@EXAMPLES
@given(text=nonsense)
def test_any_text_compiles_or_is_an_invalid_expression(compile_text, reserved, text):
    try:
        compile_text(text, names={"n": "a.b"}, reserved=reserved)
    except InvalidExpression as error:
        place = error.at
    else:
        return
    assert place is not None
    assert place.startswith("offset ")
    assert 0 <= int(place.removeprefix("offset ")) <= max(len(text), 1)


anything = values | st.sampled_from([
    Decimal("NaN"),
    Decimal("sNaN"),
    float("inf"),
    float("nan"),
    (1,),
    set(),
    {1, "a"},
    1j,
    object(),
])


@EXAMPLES
@given(
    conditions | actions,
    st.dictionaries(st.sampled_from(NAMES), anything) | st.none(),
    st.lists(anything, min_size=3, max_size=3),
)
def test_any_item_and_any_values_give_an_answer_or_an_invalid_expression(node, item, chosen):
    text, given_values = written(node), dict(zip("xyz", chosen, strict=True))
    try:
        if text.startswith(("SET", "REMOVE", "ADD", "DELETE")):
            compile_update(text).apply(item, given_values)
        else:
            assert compile_condition(text).holds(item, given_values) in {True, False}
    except InvalidExpression:
        return
