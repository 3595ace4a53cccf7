"""Corrections, and what has changed in a period that was looked at before."""

from __future__ import annotations

import pytest

from ensue import InvalidValue, NotFound

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


def correct(metered, event_id, properties, reason=None, subject="acme"):
    return metered.stage.wait(
        metered.usage.correct(subject, event_id, properties=properties, reason=reason)
    )


def values(metered):
    return [metered.value(metric.name) for metric in metered.usage.metrics]


def test_an_event_that_is_retracted_counts_for_nothing_and_stays_in_the_log(metered):
    metered.record(metered.call("a", bytes=5, user="x", ms=7), metered.store("b", gb_stored=3))
    assert values(metered) == ["1", "5", "3", "3", "1", "7"]
    assert correct(metered, "a", None, "a test")
    assert correct(metered, "b", None)
    assert values(metered) == ["0", "0", "0", "0", "0", "0"]
    found = metered.stage.wait(metered.usage.changes("acme", 0, metered.now_ms))
    assert [(each.kind, each.event.id, each.corrects, each.reason) for each in found] == [
        ("event", "a", None, None),
        ("event", "b", None, None),
        ("retraction", "a", found[0].sequence, "a test"),
        ("retraction", "b", found[1].sequence, None),
    ]


def test_an_event_counts_as_its_last_correction_says(metered):
    metered.record(
        metered.call("a", bytes=5, endpoint="/x", user="x", ms=1),
        metered.call("b", bytes=7, endpoint="/y", user="y", ms=2),
        metered.store("c", gb_stored=9),
        metered.store("d", gb_stored=4),
    )
    assert correct(metered, "a", {"bytes": 100, "endpoint": "/y", "user": "y", "ms": 3})
    assert correct(metered, "c", {"gb_stored": 1})
    assert values(metered) == ["2", "107", "4", "4", "1", "3"]
    assert correct(metered, "a", None)
    assert correct(metered, "a", {"bytes": 1})
    assert values(metered) == ["2", "8", "4", "4", "1", "2"]


def test_a_peak_below_zero_is_one_also_where_a_higher_one_was_retracted(metered):
    metered.record(metered.store("a", gb_stored=-5))
    correct(metered, "a", None)
    metered.record(metered.store("b", gb_stored=-7))
    assert metered.value("storage_peak") == "-7"


def test_the_same_correction_once_more_changes_nothing(metered):
    metered.record(metered.call("a", bytes=5))
    assert not correct(metered, "a", {"bytes": 5})
    assert correct(metered, "a", {"bytes": 6})
    assert not correct(metered, "a", {"bytes": 6})
    assert metered.value("bandwidth") == "6"


def test_a_copy_of_an_event_that_was_retracted_is_a_duplicate(metered):
    event = metered.call("a", bytes=5)
    metered.record(event)
    correct(metered, "a", None)
    assert metered.record(event) == (0, 1, [])
    assert metered.value("api_calls") == "0"


def test_what_cannot_be_corrected_is_refused_and_nothing_has_changed(metered):
    metered.record(metered.call("a", bytes=5))
    with pytest.raises(NotFound, match="no event"):
        correct(metered, "a", None, subject="globex")
    with pytest.raises(NotFound, match="no event"):
        correct(metered, "b", None)
    with pytest.raises(InvalidValue, match="expected a number"):
        correct(metered, "a", {"bytes": "many"})
    with pytest.raises(InvalidValue, match="reason of 1 to 1000"):
        correct(metered, "a", None, reason="x" * 1_001)
    assert metered.value("bandwidth") == "5"


def test_late_events_and_corrections_of_a_closed_period_are_found_by_what_was_seen_then(metered):
    end_ms = metered.now_ms // HOUR_MS * HOUR_MS - 1
    start_ms = end_ms + 1 - DAY_MS
    ago = metered.now_ms - end_ms
    for subject in ("acme", "globex", "quiet"):
        metered.record(metered.call("first", ago_ms=ago, subject=subject, bytes=1))
    wait, usage = metered.stage.wait, metered.usage
    seen = wait(usage.usage("acme", "bandwidth", start_ms, end_ms))
    assert wait(usage.changed(start_ms, end_ms, after=seen.position)) == []

    metered.record(metered.call("late", ago_ms=ago + 5, bytes=10), metered.call("now", bytes=100))
    correct(metered, "first", None, subject="globex")

    found = wait(usage.changed(start_ms, end_ms, after=seen.position))
    assert {(each.subject, each.metric) for each in found} == {
        ("acme", "api_calls"),
        ("acme", "bandwidth"),
        ("globex", "api_calls"),
        ("globex", "bandwidth"),
    }
    one = wait(usage.changed(start_ms, end_ms, after=seen.position, subject="globex"))
    assert [(each.subject, each.metric) for each in one] == [
        ("globex", "api_calls"),
        ("globex", "bandwidth"),
    ]
    [late] = wait(usage.changes("acme", start_ms, end_ms, after=seen.position))
    assert (late.kind, late.event.id, late.event.properties) == ("event", "late", {"bytes": 10})
    [gone] = wait(usage.changes("globex", start_ms, end_ms, after=seen.position))
    assert (gone.kind, gone.event.id) == ("retraction", "first")
    now = wait(usage.usage("acme", "bandwidth", start_ms, end_ms))
    assert now.value - seen.value == 10
    assert wait(usage.changed(start_ms, end_ms, after=now.position)) == []


def test_the_place_in_the_log_at_a_time_is_found(metered):
    metered.record(metered.call("a"))
    metered.stage.advance(1_000)
    metered.record(metered.call("b"))
    wait, usage = metered.stage.wait, metered.usage
    assert wait(usage.position_at(metered.now_ms)) == 1
    assert wait(usage.position_at(metered.now_ms + 1)) == 2
    [found] = wait(usage.changes("acme", 0, metered.now_ms, after=1))
    assert found.event.id == "b"


def test_subjects_are_listed_by_their_names_page_by_page(metered):
    for subject in ("b", "a", "c"):
        metered.record(
            metered.call("e", ago_ms=2 * DAY_MS if subject == "a" else 0, subject=subject)
        )
    wait, usage = metered.stage.wait, metered.usage
    assert wait(usage.subjects()) == ["a", "b", "c"]
    assert wait(usage.subjects(after="a", limit=1)) == ["b"]
    today = (metered.now_ms - HOUR_MS, metered.now_ms)
    assert wait(usage.subjects(within=today)) == ["b", "c"]
    with pytest.raises(InvalidValue, match="limit of 1 to 1000"):
        wait(usage.subjects(limit=0))


def test_all_of_it_can_be_done_in_one_transaction(metered):
    def run(tx):
        tx.record(metered.usage, [metered.call("a", bytes=5), metered.call("b", bytes=6)])
        tx.correct(metered.usage, "acme", "a", properties=None)
        points = tx.usage_series(metered.usage, "acme", "bandwidth", tx.now_ms, tx.now_ms)
        changes = tx.usage_changes(metered.usage, "acme", 0, tx.now_ms)
        changed = tx.usage_changed(metered.usage, 0, tx.now_ms, after=0)
        return (
            [int(each.value) for each in points],
            [each.kind for each in changes],
            len(changed),
            tx.usage_subjects(metered.usage),
        )

    expected = ([6], ["event", "event", "retraction"], 2, ["acme"])
    assert metered.stage.wait(metered.app.run(run)) == expected
