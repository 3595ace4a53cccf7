"""What can be declared as an alarm, and what is refused."""

from __future__ import annotations

import pytest

from ensue import App, InvalidDeclaration, Metric, NotFound
from ensue.resources.alarm.rules.combining import WHEN_DEPTH_MAX, WHEN_LENGTH_MAX, parse_when
from ensue.resources.alarm.rules.thresholds import parse_threshold
from ensue.testing import running


def shop() -> tuple[App, dict[str, object]]:
    app = App("shop")
    meter = app.meter("usage", metrics=[Metric("calls", "called", "COUNT")])
    return app, {"metric": "calls", "of": meter, "subject": "a", "threshold": ">= 1"}


@pytest.mark.parametrize(
    ("written", "found"),
    [
        (">= 1", (">=", 1)),
        (">1", (">", 1)),
        (" <= -0.5 ", ("<=", -0.5)),
        ("< 1e3", ("<", 1_000)),
        ("> 250ms", (">", 0.25)),
        (">= 5 m", (">=", 300)),
    ],
)
def test_a_threshold_is_a_comparison_and_a_number_or_a_duration_in_seconds(written, found):
    assert parse_threshold(written, "here") == found


@pytest.mark.parametrize("written", ["", "1", "= 1", "== 1", ">= x", ">= 1 week", ">= 1e999", None])
def test_another_threshold_is_refused(written):
    with pytest.raises(InvalidDeclaration, match="expected a threshold such as"):
        parse_threshold(written, "here")


@pytest.mark.parametrize(
    ("written", "raised", "is_true"),
    [
        ("a", "a", True),
        ("a", "b", False),
        ("not a", "", True),
        ("a or b and c", "a", True),
        ("(a or b) and c", "a", False),
        ("a-b_c or d", "a-b_c", True),
        ("not not a", "a", True),
        ("android and notice", "android notice", True),
    ],
)
def test_a_condition_on_alarms_is_read_as_python_reads_it(written, raised, is_true):
    assert parse_when(written, "here").is_true(frozenset(raised.split())) is is_true


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("", "expected the name of an alarm, got the end"),
        ("a b", "expected and, or, or the end, got 'b'"),
        ("(a", "expected a closing parenthesis, got the end"),
        ("a and or b", "expected the name of an alarm, got 'or'"),
        ("a & b", "expected a name, and, or, not or a parenthesis, got ' '"),
        ("(" * (WHEN_DEPTH_MAX + 2), f"expected at most {WHEN_DEPTH_MAX} levels, got '('"),
        ("a" * (WHEN_LENGTH_MAX + 1), f"expected at most {WHEN_LENGTH_MAX} characters"),
    ],
)
def test_another_condition_is_refused_and_the_place_is_told(written, said):
    with pytest.raises(InvalidDeclaration) as refused:
        parse_when(written, "here")
    assert refused.value.message == said


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"statistic": "mean"}, "expected a statistic of"),
        ({"missing": "none"}, "expected missing to be"),
        ({"period": "7s"}, "whole multiples of 5 seconds"),
        ({"period": "2h"}, "up to an hour"),
        ({"periods": 0}, "expected 1 to 100 periods"),
        ({"periods": 3, "out_of": 2}, "out_of no less than periods"),
        ({"period": "1h", "periods": 25}, "of a day altogether"),
        ({"on": {"BAD"}}, "expected states of OK, ALARM, INSUFFICIENT_DATA, got BAD"),
        ({"description": "a" * 1_025}, "at most 1024 characters"),
        ({"threshold": None}, "expected a metric and a threshold"),
        ({"when": "other"}, "expected a metric, or other alarms, got both"),
    ],
)
def test_what_cannot_be_judged_is_refused_when_it_is_declared(options, said):
    app, given = shop()
    with pytest.raises(InvalidDeclaration, match=said):
        app.alarm("busy", **(given | options))


def test_a_target_is_named_once():
    app, given = shop()
    out = app.queue("out")
    with pytest.raises(InvalidDeclaration, match="different targets, got 2"):
        app.alarm("busy", **given, to=[out, out])


def test_a_condition_names_alarms_that_are_declared_before():
    app, _ = shop()
    with pytest.raises(InvalidDeclaration, match="declared before, got 'later'"):
        app.alarm("busy", when="later")


def test_a_metric_that_is_not_there_is_refused_when_the_app_is_opened():
    app, given = shop()
    app.alarm("busy", **(given | {"metric": "kalls"}))
    with pytest.raises(NotFound, match="there is no metric 'kalls'"), running(app):
        pass


def test_a_target_that_takes_no_deliveries_is_refused_when_the_app_is_opened():
    app, given = shop()
    app.alarm("busy", **given, to=app.table("items", key="id"))
    said = "expected a resource that takes deliveries"
    with pytest.raises(InvalidDeclaration, match=said), running(app):
        pass


def test_a_queue_called_alarms_shares_its_dead_letter_queue_with_them():
    app, given = shop()
    app.queue("alarms")
    app.alarm("busy", **given)
    with running(app):
        assert [ref.name for ref in app.resources if ref.name == "alarms-dlq"] == ["alarms-dlq"]


def test_the_usual_alarms_are_declared_in_a_line():
    app = App("shop")
    payments = app.queue("payments")
    made = app.alarms(to=payments)
    assert [each.ref.name for each in made] == [
        "payments-late",
        "payments-dlq-filled",
        "requests-failed",
    ]
    with running(app) as t:
        t.advance("10m")
        assert {t.wait(each.status()).state for each in made} == {"OK"}
