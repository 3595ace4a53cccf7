"""Updates and projections: text to tree, and what is refused where."""

import pytest

from ensue.languages.expressions import compile_projection, compile_update
from ensue.languages.expressions.parse_update import (
    PROJECTION_KEYWORDS,
    UPDATE_KEYWORDS,
    parse_projection,
    parse_update,
)
from ensue.languages.expressions.program import (
    Add,
    Arithmetic,
    Delete,
    IfNotExists,
    ListAppend,
    Path,
    Remove,
    Set,
    Value,
)
from ensue.languages.expressions.reader import Reader
from ensue.words.errors import InvalidExpression

A, B, C = Path(("a",)), Path(("b",)), Path(("c",))
X, Y = Value("x"), Value("y")


def tree(text, **names):
    return parse_update(Reader(text, names=names, keywords=UPDATE_KEYWORDS, strict=False))


def paths(text, **names):
    return parse_projection(Reader(text, names=names, keywords=PROJECTION_KEYWORDS, strict=False))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SET a = :x", (Set(A, X),)),
        ("SET a = b, c = :x", (Set(A, B), Set(C, X))),
        ("SET a = a + :x", (Set(A, Arithmetic("+", A, X)),)),
        ("SET a = :x-b", (Set(A, Arithmetic("-", X, B)),)),
        ("SET a = (a + :x)", (Set(A, Arithmetic("+", A, X)),)),
        ("SET a = if_not_exists(a, :x)", (Set(A, IfNotExists(A, X)),)),
        ("SET a = list_append(:x, b)", (Set(A, ListAppend(X, B)),)),
        (
            "SET a = if_not_exists(a, :x) + :y",
            (Set(A, Arithmetic("+", IfNotExists(A, X), Y)),),
        ),
        (
            "SET a = list_append(if_not_exists(a, :x), :y)",
            (Set(A, ListAppend(IfNotExists(A, X), Y)),),
        ),
        ("REMOVE a, b[0]", (Remove(A), Remove(Path(("b", 0))))),
        ("ADD a :x, b :y", (Add(A, X), Add(B, Y))),
        ("DELETE a :x", (Delete(A, X),)),
        ("delete a :x Set b = :y", (Delete(A, X), Set(B, Y))),
    ],
)
def test_each_form_of_the_grammar_has_its_action(text, expected):
    assert tree(text) == expected


@pytest.mark.parametrize(
    ("text", "offset", "message"),
    [
        ("a = :x", 0, "SET, REMOVE, ADD or DELETE, got 'a'"),
        ("HELLO a = :x", 0, "got 'HELLO'"),
        ("SET", 3, "an attribute name"),
        ("SET a", 5, "'='"),
        ("SET a = ", 8, "a path, a :value"),
        ("SET :a = :x", 4, "an attribute name"),
        ("SET a = :x,", 11, "an attribute name"),
        ("SET a = :x b = :y", 11, "',', SET"),
        ("SET a = :x + :y + :z", 11, "one '\\+' or '-'"),
        ("SET a = (:x + :y) - :z", 18, "one '\\+' or '-'"),
        ("SET a = if_not_exists(b, :x + :y)", 28, "',' or '\\)'"),
        ("SET a = if_not_exists(b, (:x + :y))", 29, "an operand of if_not_exists, got a sum"),
        ("SET a = 5", 8, "got '5'"),
        ("SET a = :x SET b = :y", 11, "the SET clause once"),
        ("SET a = :x REMOVE c SET b = :y", 20, "the SET clause once"),
        ("SET add = :x", 4, "got 'add'"),
        ("REMOVE a = :x", 9, "',', SET"),
        ("REMOVE :x", 7, "an attribute name"),
        ("ADD a b", 6, "a :value"),
        ("ADD a = :x", 6, "a :value"),
        ("DELETE a if_not_exists(b, :x)", 9, "a :value"),
        ("SET a = f(b, c)", 8, "a function of updates, got 'f'"),
        ("SET a = LIST_APPEND(:x, :y)", 8, "got 'LIST_APPEND'"),
        ("SET a = size(b)", 8, "got 'size'"),
        ("SET a = list_append(:x)", 8, "2 operands of list_append, got 1"),
        ("SET a = if_not_exists(b, :x, :y)", 8, "2 operands of if_not_exists, got 3"),
        ("SET a = if_not_exists(:x, :y)", 22, "a document path first"),
        ("SET a = if_not_exists(if_not_exists(b, :x), :y)", 22, "a document path first"),
        ("SET a = if_not_exists(b, b)", 22, "distinct"),
        ("SET a = list_append(list_append(:x, :y), :z)", 20, "another list_append"),
        ("SET #n = :x", 4, "none for '#n'"),
    ],
)
def test_what_leaves_the_grammar_is_refused_with_its_place_and_what_was_expected(
    text, offset, message
):
    with pytest.raises(InvalidExpression, match=message) as caught:
        tree(text)
    assert caught.value.at == f"offset {offset}"


OVERLAPPING = [
    *[("a", "a"), ("a", "a.b"), ("a.b", "a"), ("a.b", "a.b"), ("a.b", "a.b.c.d.e")],
    *[("a", "a[1]"), ("a[1]", "a"), ("a[1][1]", "a[1]"), ("a[1]", "a[1][1][1]"), ("#n", "a")],
]


@pytest.mark.parametrize(("first", "second"), OVERLAPPING)
@pytest.mark.parametrize(
    "text", ["SET {} = :x, {} = :y", "SET {} = :x REMOVE {}", "ADD {} :x, {} :y"]
)
def test_two_places_of_which_one_holds_the_other_cannot_be_changed_at_once(first, second, text):
    with pytest.raises(InvalidExpression, match="overlap"):
        compile_update(text.format(first, second), names={"n": "a"})


@pytest.mark.parametrize(("first", "second"), OVERLAPPING)
def test_two_places_of_which_one_holds_the_other_cannot_be_projected_at_once(first, second):
    with pytest.raises(InvalidExpression, match="overlap"):
        compile_projection(f"{first}, {second}", names={"n": "a"})


@pytest.mark.parametrize(("first", "second"), [("a.b", "a[1]"), ("a.b[2]", "a.b.c.d")])
def test_one_place_cannot_be_both_a_map_and_a_list(first, second):
    with pytest.raises(InvalidExpression, match="conflict"):
        compile_update(f"SET {first} = :x, {second} = :y")
    with pytest.raises(InvalidExpression, match="conflict"):
        compile_projection(f"{second}, {first}")


def test_the_second_of_two_overlapping_paths_is_the_place_of_the_error():
    with pytest.raises(InvalidExpression, match=r"'a\.b\[0\]' and 'a'") as caught:
        tree("SET a.b[0] = :x REMOVE a")
    assert caught.value.at == "offset 23"


def test_a_path_may_be_read_in_the_update_that_changes_it():
    assert tree("SET b = a REMOVE a")


def test_a_projection_is_a_list_of_paths():
    assert paths("a, #n.c[0]", n="b") == (A, Path(("b", "c", 0)))


@pytest.mark.parametrize(
    ("text", "offset"), [("a,", 2), ("a b", 2), ("a, :x", 3), ("size(a)", 4), ("a.b.", 4)]
)
def test_a_projection_has_nothing_but_paths(text, offset):
    with pytest.raises(InvalidExpression) as caught:
        paths(text)
    assert caught.value.at == f"offset {offset}"


def test_every_word_may_be_projected():
    assert paths("and, set, in") == (Path(("and",)), Path(("set",)), Path(("in",)))
