"""Charts: what stands in them, whatever numbers they get."""

from __future__ import annotations

import math
import re
from decimal import Decimal
from xml.etree import ElementTree as ET

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ensue import InvalidValue, charts
from ensue.pages.charts import Interval
from ensue.pages.charts.numbers import MINUS, NONE, short, written
from ensue.pages.charts.scale import scale_of
from tests.pages.gallery import gallery

CHARTS = {name: each for name, each in gallery().items() if name != "rows"}
SVG = "{http://www.w3.org/2000/svg}"
NASTY = '<script>alert("1")</script>\x00 & \ud800'

numbers = st.one_of(
    st.none(),
    st.sampled_from([math.nan, math.inf, -math.inf]),
    st.floats(-1e15, 1e15),
    st.integers(-(10**15), 10**15),
    st.decimals(-1000, 1000, places=4),
)


def read(chart):
    """A chart as a tree; it must be well formed."""
    return ET.fromstring(f"<div>{chart}</div>")  # noqa: S314 - as above


def pictures(chart):
    return read(chart).findall(f".//{SVG}svg")


@pytest.mark.parametrize("name", [name for name in CHARTS if name != "spark"])
def test_a_chart_has_a_name_a_description_and_its_numbers_as_a_table(name):
    chart = CHARTS[name]

    assert read(chart).find("figure/figcaption").text
    for picture in pictures(chart):
        ids = {each.get("id"): each.text for each in picture}
        assert picture.get("role") == "img"
        assert ids[picture.get("aria-labelledby")]
        assert ids[picture.get("aria-describedby")]
    if name == "nothing":
        assert pictures(chart) == []
    else:
        assert len(pictures(chart)) == 3
        assert read(chart).findall(".//tbody/tr")


@pytest.mark.parametrize("chart", CHARTS.values(), ids=CHARTS)
def test_nothing_in_a_chart_is_style_or_script_of_its_own(chart):
    assert not re.search(r"<style|<script|style=|\son\w+=|href=", str(chart))


def test_whatever_a_chart_is_told_is_escaped():
    drawn = [
        charts.bars(NASTY, [NASTY], {NASTY: [1], "b": [2]}, unit=NASTY, flags={NASTY: NASTY}),
        charts.lines(NASTY, [NASTY], {NASTY: [1], "b": [2]}, unit=NASTY, flags={NASTY: NASTY}),
        charts.intervals(NASTY, [Interval(NASTY, 1, 0, 2)], unit=NASTY, mark=1),
        charts.spark(NASTY, [1, 2], unit=NASTY),
        charts.spark(NASTY, []),
    ]

    for chart in drawn:
        assert "<script" not in str(chart)
        assert read(chart) is not None


@given(st.lists(numbers, min_size=1, max_size=40), st.booleans())
def test_any_numbers_make_a_picture_with_everything_inside(values, percent):
    names = [f"n{place}" for place in range(len(values))]
    form = "percent" if percent else "number"
    rows = [Interval(name, value, value, value) for name, value in zip(names, values, strict=True)]

    for chart in (
        charts.bars("a", names, {"x": values, "y": values[::-1]}, form=form, flags={"n0": "odd"}),
        charts.lines("a", names, {"x": values}, form=form, zero=False),
        charts.intervals("a", rows, form=form, mark=0),
        charts.spark("a", values, form=form),
    ):
        for picture in pictures(chart):
            width, height = map(float, picture.get("viewBox").split()[2:])
            for each in picture.iter(f"{SVG}circle"):
                assert -1 <= float(each.get("cx")) <= width + 1
                assert -1 <= float(each.get("cy")) <= height + 1
            assert "nan" not in ET.tostring(picture, encoding="unicode")


@given(st.lists(st.floats(-1e12, 1e12), min_size=1, max_size=20), st.integers(2, 8), st.booleans())
@example(values=[0.0, 5e-324], marks=2, zero=False)
def test_an_axis_holds_its_numbers_between_few_round_marks(values, marks, zero):
    scale = scale_of(values, 0.0, 100.0, marks=marks, zero=zero)

    slack = (scale.high - scale.low) * 1e-6
    assert all(scale.low - slack <= each <= scale.high + slack for each in values)
    assert 2 <= len(scale.ticks) <= 2 * marks + 3
    assert not zero or scale.low <= 0 <= scale.high


@pytest.mark.parametrize(
    ("value", "form", "unit", "said"),
    [
        (15_000, "number", "calls", "15,000 calls"),
        (0.0125, "number", "", "0.0125"),
        (Decimal("2100000000.5"), "number", "", "2,100,000,000.5"),
        (-3, "number", "", f"{MINUS}3"),
        (-0.0, "number", "", "0"),
        (0.04251, "percent", "", "4.25%"),
        (1, "percent", "", "100%"),
        (None, "number", "calls", NONE),
        (math.nan, "number", "", NONE),
        (1e-9, "number", "", "0.000000001"),
        (1e-300, "number", "", "1e-300"),
    ],
)  # fmt: skip
def test_a_number_is_written_as_people_read_it(value, form, unit, said):
    assert written(value, form, unit) == said


@pytest.mark.parametrize(
    ("value", "step", "form", "said"),
    [
        (0, 500, "number", "0"),
        (1_500, 500, "number", "1.5k"),
        (2_000_000, 1_000_000, "number", "2M"),
        (40, 20, "number", "40"),
        (0.25, 0.25, "number", "0.25"),
        (-0.04, 0.02, "percent", f"{MINUS}4%"),
        (0.075, 0.025, "percent", "7.5%"),
    ],
)
def test_a_mark_has_the_decimals_that_its_step_needs(value, step, form, said):
    assert short(value, step, form) == said


def test_a_flag_is_seen_told_and_in_the_table():
    chart = charts.bars("a", ["mon", "tue"], {"x": [1, 2]}, flags={"tue": "twice as many"})

    [picture, *_] = pictures(chart)
    assert len([each for each in picture.iter() if "flagged" in each.get("class", "")]) == 1
    assert "tue: twice as many." in picture.find(f"{SVG}desc").text
    assert [each.text for each in read(chart).findall(".//tbody/tr[2]/td")] == [
        "2",
        "twice as many",
    ]


def test_a_line_has_a_gap_where_there_is_no_number():
    chart = charts.lines("a", list("abcd"), {"x": [1, None, 2, 3]})

    [picture, *_] = pictures(chart)
    assert len([each for each in picture.iter() if each.get("class") == "line series-1"]) == 2


def test_names_that_would_overlap_are_left_out_or_cut():
    names = [f"a rather long name {number}" for number in range(60)]

    for picture in pictures(charts.bars("a", names, {"x": range(60)})):
        shown = [each for each in picture.iter(f"{SVG}text") if each.get("text-anchor") == "middle"]
        assert len(shown) < 30


@pytest.mark.parametrize("draw", [charts.bars, charts.lines])
def test_series_have_a_number_for_each_name_and_are_few(draw):
    with pytest.raises(InvalidValue, match="2 values of x"):
        draw("a", ["mon", "tue"], {"x": [1]})
    with pytest.raises(InvalidValue, match="at most 6 series"):
        draw("a", ["mon"], {str(number): [1] for number in range(7)})


def test_a_number_between_gaps_is_shown_also_where_the_others_are_shown_when_pointed_at():
    names = [str(minute) for minute in range(60)]
    values = [None] * 60
    values[3], values[10], values[11] = 1.0, 2.0, 3.0
    drawn = str(charts.lines("Rate", names, {"a": values}))
    widths = drawn.count("<svg ")
    assert drawn.count('class="dot series-1"') == widths
    assert drawn.count('class="dot series-1 quiet"') == 2 * widths
