"""Recording: each event once, whatever its copies do, and refused by name when it is none."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ensue import LimitExceeded, MeterEvent
from ensue.resources.meter.model import EVENTS_MAX

DAY_MS = 86_400_000
MINUTE_MS = 60_000


def test_mf_35_of_two_copies_in_a_batch_exactly_one_is_recorded(metered):
    one = metered.call("e1", bytes=500)
    assert metered.record(one, one) == (1, 1, [])
    assert metered.record(one) == (0, 1, [])
    assert metered.value("api_calls") == "1"
    assert metered.value("bandwidth") == "500"


def test_mf_36_another_subjects_event_with_the_same_id_is_another_event(metered):
    assert metered.record(metered.call("e1"), metered.call("e1", subject="globex")) == (2, 0, [])
    assert metered.value("api_calls") == metered.value("api_calls", "globex") == "1"


def test_mf_37_nothing_is_marked_as_seen_when_the_transaction_fails(metered):
    def record_and_fail(tx):
        tx.record(metered.usage, [metered.call("e1")])
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        metered.stage.wait(metered.app.run(record_and_fail))
    assert metered.value("api_calls") == "0"
    assert metered.record(metered.call("e1")) == (1, 0, [])


def test_mf_38_a_copy_is_told_for_as_long_as_the_event_could_be_accepted(metered):
    event = metered.call("e1", ago_ms=-5 * MINUTE_MS)  # as far ahead as it may be
    assert metered.record(event) == (1, 0, [])
    metered.stage.advance(30 * DAY_MS + 5 * MINUTE_MS)  # the last moment at which it is not too old
    metered.stage.settle()
    assert metered.record(event) == (0, 1, [])
    metered.stage.advance(1)
    assert metered.record(event) == (0, 0, ["past"])


def test_mf_7_an_event_out_of_time_or_that_is_none_does_not_fail_its_batch(metered):
    found = metered.stage.wait(
        metered.usage.record([
            metered.call("late", ago_ms=30 * DAY_MS + 1),
            metered.call("early", ago_ms=-5 * MINUTE_MS - 1),
            metered.call(""),
            metered.call("x" * 256),
            metered.call("s", subject=""),
            MeterEvent("t", "acme", "", metered.now_ms),
            metered.call("long", endpoint="x" * 1_001),
            metered.call("text", bytes="many"),
            metered.call("deep", list=[1]),
            metered.call("right", ago_ms=30 * DAY_MS),
        ])
    )
    assert found.accepted == 1
    assert [(each.index, each.code) for each in found.refused] == [
        (0, "past"),
        (1, "future"),
        *((index, "invalid") for index in range(2, 9)),
    ]
    assert found.refused[6].reason == (
        "expected at most 1000 characters, got 1001, at $.properties.endpoint"
    )


@pytest.mark.parametrize(
    "quantity", [10**15, Decimal("1e-19"), float("nan"), float("inf"), True, Decimal("1E+30")]
)
def test_a_quantity_that_cannot_be_summed_exactly_is_refused(metered, quantity):
    assert metered.record(metered.call("e", bytes=quantity)) == (0, 0, ["invalid"])


def test_an_event_of_a_type_that_no_metric_wants_is_kept_all_the_same(metered):
    event = MeterEvent("e1", "acme", "login", metered.now_ms)
    assert metered.record(event) == (1, 0, [])
    assert metered.record(event) == (0, 1, [])


def test_a_batch_has_a_bound(metered):
    events = [metered.call(str(number)) for number in range(EVENTS_MAX + 1)]
    with pytest.raises(LimitExceeded, match="at most 10000 events"):
        metered.stage.wait(metered.usage.record(events))


def test_it_is_recorded_together_with_whatever_else_a_handler_does(metered):
    def run(tx):
        first = tx.record(metered.usage, [metered.call("e1")])
        again = tx.record(metered.usage, [metered.call("e1"), metered.call("e2")])
        seen = tx.usage(metered.usage, "acme", "api_calls", 0, tx.now_ms)
        return first.accepted, again.accepted, again.duplicates, seen.value

    assert metered.stage.wait(metered.app.run(run)) == (1, 1, 1, 2)
