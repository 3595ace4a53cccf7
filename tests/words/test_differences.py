"""What differs between two JSON values."""

from __future__ import annotations

from copy import deepcopy
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from ensue.words.differences import Difference, differences

SCALARS = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["", "a"])
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "b", "odd key"]), inner, max_size=3)
    ),
    max_leaves=8,
)


def applied(value, found):
    """A value with differences applied to it, by their paths."""
    whole = {"$": deepcopy(value)}
    for each in found:
        *way, last = path_of(each.path)
        at = whole
        for step in way:
            at = at[step]
        if each.change == "removed":
            at[last] = REMOVED
        elif isinstance(at, list) and last == len(at):
            at.append(each.after)
        else:
            at[last] = each.after
    return cleaned(whole["$"])


REMOVED = object()


def cleaned(value):
    if isinstance(value, dict):
        return {key: cleaned(each) for key, each in value.items() if each is not REMOVED}
    if isinstance(value, list):
        return [cleaned(each) for each in value if each is not REMOVED]
    return value


def path_of(path):
    found, rest = ["$"], path[1:]
    while rest:
        if rest.startswith("."):
            name = rest[1:].split(".")[0].split("[")[0]
            rest = rest[1 + len(name) :]
            found.append(name)
        else:
            inside, _, rest = rest[1:].partition("]")
            found.append(int(inside) if inside.isdecimal() else inside.strip('"'))
    return found


def test_each_place_that_differs_is_told_with_both_values():
    before = {"id": 7, "lines": [{"sku": "a", "n": 1}, {"sku": "b"}], "note": "x", "odd key": 1}
    after = {"id": 7, "lines": [{"sku": "a", "n": 2}], "paid": True, "odd key": 2}

    assert differences(before, after, 9) == [
        Difference("$.lines[0].n", "changed", 1, 2),
        Difference("$.lines[1]", "removed", {"sku": "b"}, None),
        Difference("$.note", "removed", "x", None),
        Difference('$["odd key"]', "changed", 1, 2),
        Difference("$.paid", "added", before=None, after=True),
    ]


def test_a_boolean_is_no_number_and_numbers_are_compared_by_what_they_are_worth():
    assert differences([1, 1.5, 2], [True, Decimal("1.5"), 2.0], 9) == [
        Difference("$[0]", "changed", before=1, after=True)
    ]


def test_no_more_are_told_than_were_asked_for_and_a_deep_value_is_no_trouble():
    deep = other = 0
    for _ in range(1_000):
        deep, other = [deep], [other or 1]

    assert len(differences(list(range(9)), list(range(1, 10)), 3)) == 3
    assert len(differences(deep, other, 3)) == 1


@settings(max_examples=40)
@given(VALUES, VALUES)
def test_the_differences_make_the_second_value_of_the_first(before, after):
    found = differences(before, after, 1_000)

    assert applied(before, found) == after
    assert (found == []) == (differences(after, before, 1_000) == [])
