from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensue.languages.schedules.parse import EXPRESSION_CHARS_MAX, parse
from ensue.languages.schedules.program import Cron
from ensue.words.errors import InvalidExpression


@pytest.mark.parametrize(
    ("expression", "offset", "said"),
    [
        ("", 0, "expected at"),
        ("0 2 * * ? *", 0, "expected at"),
        ("CRON(0 2 * * ? *)", 0, "expected at"),
        ("cron(0 2 * * ? *", 0, "expected at"),
        ("at(2026-12-01)", 3, "a time such as"),
        ("at(2026-13-01T10:00:00)", 3, "that there are"),
        ("at(2026-12-01T10:00:00Z)", 3, "a time such as"),
        ("rate(5)", 5, "minutes, hours or days"),
        ("rate(-5 minutes)", 5, "minutes, hours or days"),
        ("rate(999999999 days)", 5, "100 years"),
        ("cron()", 5, "six fields"),
        ("cron(0 2 * * ? * *)", 5, "six fields"),
        ("cron(60 2 * * ? *)", 5, "0 to 59 for the minutes"),
        ("cron( 0  x * * ? *)", 9, "0 to 23 for the hours"),
        ("cron(0 2 0 * ? *)", 9, "1 to 31"),
        ("cron(0 2 * JANUARY ? *)", 11, "1 to 12 or JAN to DEC"),
        ("cron(0 2 ? * 0 *)", 13, "1 to 7 or SUN to SAT"),
        ("cron(0 2 ? * MON,XXX *)", 17, "1 to 7 or SUN to SAT"),
        ("cron(0 2 * * ? 1969)", 15, "1970 to 2199"),
        ("cron(0 2 * * ? 2200)", 15, "1970 to 2199"),
        ("cron(0 2 ? * FRI-MON *)", 13, "a range that rises"),
        ("cron(0 2 ? * 2#6 *)", 13, "first to the fifth"),
        ("cron(0 2 ? * 8#1 *)", 13, "1 to 7"),
        ("cron(0 2 ? * 8L *)", 13, "1 to 7"),
        ("cron(0 2 ? * 2#1,3#1 *)", 13, "first to the fifth"),
        ("cron(0 2 32W * ? *)", 9, "1 to 31"),
        ("cron(0 2 W * ? *)", 9, "1 to 31"),
        ("cron(0 2 ? * ? *)", 13, "\\? for one of"),
        ("cron(0 2 1 * MON *)", 13, "\\? for one of"),
        ("cron(? 2 * * ? *)", 5, "0 to 59"),
        ("cron(0/0 2 * * ? *)", 7, "a step of 1 or more"),
        ("cron(0/ 2 * * ? *)", 7, "a step of 1 or more"),
        ("cron(0/1/2 2 * * ? *)", 7, "a step of 1 or more"),
        ("cron(0, 2 * * ? *)", 7, "0 to 59"),
        ("cron(٣ 2 * * ? *)", 5, "0 to 59"),
        ("cron(0 2 31 2,4,6 ? *)", 9, "a day that one of the months has"),
        ("rate(5 minutes)" + " " * 300, 0, f"at most {EXPRESSION_CHARS_MAX}"),
    ],
)
def test_what_does_not_compile_is_refused_at_its_place(expression, offset, said):
    with pytest.raises(InvalidExpression, match=said) as caught:
        parse(expression)
    assert caught.value.at == f"offset {offset}"


@pytest.mark.parametrize(
    ("expression", "walk"),
    [
        ("cron(1/10 * * * ? *)", "1,11,21,31,41,51"),
        ("cron(*/20 * * * ? *)", "0,20,40"),
        ("cron(10-40/15 * * * ? *)", "10,25,40"),
        ("cron(5,1-3 * * * ? *)", "1,2,3,5"),
    ],
)
def test_lists_ranges_and_steps_are_numbers(expression, walk):
    program = parse(expression)
    assert isinstance(program, Cron)
    assert program.walk.split()[0] == walk


def test_days_of_the_week_count_from_sunday_which_is_one():
    for text, walk in (("1", "0"), ("SUN-tue", "0,1,2"), ("7", "6"), ("L", "6"), ("6L", "5L")):
        program = parse(f"cron(0 2 ? * {text} *)")
        assert isinstance(program, Cron)
        assert program.walk.split()[4] == walk


def place_of_fault(expression: str) -> str | None:
    try:
        parse(expression)
    except InvalidExpression as fault:
        return str(fault.at)
    return None


FIELDS = ["0", "5", "59", "*", "?", "L", "W", "#", "/", "-", ",", "MON", "2026", "15W", "2#1"]


@given(st.text(max_size=40), st.sampled_from(["{}", "cron({})", "rate({})", "at({})"]))
def test_any_text_is_read_or_refused_with_a_place(text, form):
    place = place_of_fault(form.format(text))
    assert place is None or place.startswith("offset ")


@given(st.lists(st.sampled_from(FIELDS), max_size=9))
def test_any_fields_are_read_or_refused_with_a_place(parts):
    place = place_of_fault(f"cron({' '.join(parts)})")
    assert place is None or place.startswith("offset ")
