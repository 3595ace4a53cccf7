"""Sums made anew: while all else goes on, for metrics that come later, and after a retention."""

from __future__ import annotations

import pytest

from ensue import App, Metric, NotFound, NotKept
from ensue.app.integrity import check
from ensue.resources.meter.store import step, summing
from tests.resources.meter.conftest import METRICS, Metered

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


def values(metered):
    return [metered.value(metric.name) for metric in metered.usage.metrics]


def fill(metered):
    metered.record(
        *(
            metered.call(
                f"c{n}", ago_ms=n * 1_700_000, bytes=n, user=f"u{n % 3}", ms=n, endpoint="/x"
            )
            for n in range(20)
        ),
        *(metered.store(f"s{n}", ago_ms=n * 900_000, gb_stored=n % 5, zone="eu") for n in range(9)),
    )


def drift(metered):
    metered.stage.do(
        lambda tx: tx.execute("UPDATE shop_usage__sums SET whole = whole + 1, events = events + 1")
    )


def rebuild(metered, *names):
    metered.stage.wait(metered.usage.rebuild(*names))
    metered.stage.settle()


def test_a_sum_that_has_drifted_is_found_and_summed_anew_from_the_log(metered):
    fill(metered)
    before = values(metered)
    assert check(metered.stage.engine) == []
    drift(metered)
    assert {found.rule for found in check(metered.stage.engine)} >= {"meter.sums"}
    rebuild(metered)
    assert values(metered) == before
    assert check(metered.stage.engine) == []


def test_readers_see_the_old_sums_or_the_new_and_never_half_while_all_goes_on(metered, monkeypatch):
    monkeypatch.setattr(summing, "LINES", 4)
    monkeypatch.setattr(summing, "ROWS", 5)
    fill(metered)
    before = metered.value("bandwidth")
    metered.stage.do(lambda tx: tx.execute("UPDATE shop_usage__sums SET fraction = 5"))
    drifted = metered.value("bandwidth")
    metered.stage.wait(metered.usage.rebuild("bandwidth"))
    seen, extra = [], 0
    while metered.stage.do(lambda tx: step(tx, metered.usage.model)):
        seen.append(metered.value("bandwidth"))
        if len(seen) < 4:  # recorded and corrected meanwhile: counted in the old and in the new
            metered.record(metered.call(f"new{extra}", bytes=1_000))
            metered.stage.wait(
                metered.usage.correct("acme", f"c{extra}", properties={"bytes": extra + 1})
            )
            extra += 1
    assert len(seen) > 8
    assert str(int(before) + 3_003) == seen[-1] != drifted
    switched = seen.index(seen[-1])
    assert set(seen[switched:]) == {seen[-1]}
    assert check(metered.stage.engine) == [
        found for found in check(metered.stage.engine) if "of bandwidth" not in found.what
    ]
    rebuild(metered)
    assert check(metered.stage.engine) == []


def test_a_metric_that_is_declared_later_is_summed_from_the_log(file_store, run_on, crashed):
    app = App("shop")
    first = Metered(app, app.meter("usage", metrics=METRICS[:1]), run_on(file_store, app))
    fill(first)
    again = crashed(first.stage)
    later = App("shop")
    changed = [Metric("api_calls", "api_request", "COUNT", groups=["user"]), *METRICS[1:]]
    metered = Metered(later, later.meter("usage", metrics=changed), run_on(again, later))
    # Until its sums are there, it is answered from the log.
    assert metered.value("bandwidth") == str(sum(range(20)))
    found = metered.stage.wait(metered.usage.changed(0, metered.now_ms, after=28))
    assert [(each.metric, each.position) for each in found] == [
        ("storage_peak", 29),
        ("plan_size", 29),
    ]
    before = values(metered)
    metered.stage.settle()
    assert values(metered) == before
    found = metered.stage.wait(
        metered.usage.breakdown("acme", "api_calls", 0, metered.now_ms, group_by="user")
    )
    assert {group: int(many) for group, many in found.groups.items()} == {"u0": 7, "u1": 7, "u2": 6}
    assert check(metered.stage.engine) == []
    [(kept,)] = metered.stage.rows("SELECT count(DISTINCT metric) FROM shop_usage__sums")
    assert kept == len(METRICS)


def test_an_unknown_metric_is_not_summed(metered):
    with pytest.raises(NotFound, match="no metric 'x'"):
        metered.stage.wait(metered.usage.rebuild("x"))


class Trimmed(Metered):
    """A meter that forgets its log after a time."""


@pytest.fixture
def trimmed(store, run_on):
    app = App("shop")
    usage = app.meter("usage", metrics=METRICS, past="1d", retention="3d")
    return Trimmed(app, usage, run_on(store, app))


def let_it_forget(metered):
    for _ in range(6):
        metered.stage.advance(DAY_MS)
        metered.stage.settle()
    assert metered.stage.rows("SELECT count(*) FROM shop_usage") == [(0,)]


def test_sums_stay_when_the_log_is_forgotten_and_say_what_they_cannot(trimmed):
    fill(trimmed)
    first_ms = trimmed.now_ms // HOUR_MS * HOUR_MS - 20 * HOUR_MS
    before = values(trimmed)
    let_it_forget(trimmed)
    wait, usage = trimmed.stage.wait, trimmed.usage

    assert values(trimmed) == before
    assert wait(usage.value("acme", "bandwidth", first_ms, trimmed.now_ms)) == int(before[1])
    with pytest.raises(NotKept, match="only their sums"):
        wait(usage.value("acme", "bandwidth", first_ms + 1, trimmed.now_ms))
    with pytest.raises(NotKept, match="only their sums"):
        wait(usage.breakdown("acme", "bandwidth", 0, trimmed.now_ms, group_by="user"))
    with pytest.raises(NotFound, match="no event"):
        wait(usage.correct("acme", "c1", properties=None))


def test_what_is_forgotten_keeps_its_sums_through_a_rebuild(trimmed, monkeypatch):
    monkeypatch.setattr(summing, "ROWS", 3)
    fill(trimmed)
    trimmed.record(trimmed.call("other", subject="globex", bytes=3))
    let_it_forget(trimmed)
    trimmed.record(trimmed.call("new", bytes=1_000))
    before = values(trimmed)
    rebuild(trimmed)
    assert values(trimmed) == before
    assert trimmed.value("bandwidth", "globex") == "3"
    assert check(trimmed.stage.engine) == []


def test_what_is_left_of_a_log_that_is_half_forgotten_counts_once(trimmed):
    trimmed.record(trimmed.call("gone", bytes=5))
    trimmed.stage.advance(DAY_MS // 2)
    trimmed.record(trimmed.call("left", bytes=7))
    trimmed.stage.advance(DAY_MS * 2 + DAY_MS * 3 // 4)
    trimmed.stage.settle()
    assert trimmed.stage.rows("SELECT id FROM shop_usage") == [("left",)]
    rebuild(trimmed)
    assert trimmed.value("bandwidth") == "12"
    assert check(trimmed.stage.engine) == []


def test_what_was_forgotten_does_not_come_again_when_more_of_the_past_is_taken(
    file_store, run_on, crashed
):
    app = App("shop")
    first = app.meter("usage", metrics=METRICS, past="1d", retention="3d")
    forgetful = Metered(app, first, run_on(file_store, app))
    event = forgetful.call("a", bytes=5)
    forgetful.record(event)
    let_it_forget(forgetful)
    later = App("shop")
    usage = later.meter("usage", metrics=METRICS, past="30d")
    stage = run_on(crashed(forgetful.stage), later)
    stage.advance(forgetful.now_ms - stage.clock.now_ms())

    assert Metered(later, usage, stage).record(event) == (0, 0, ["past"])


def test_a_metric_that_is_declared_later_knows_nothing_of_what_was_forgotten(
    file_store, run_on, crashed
):
    app = App("shop")
    first = app.meter("usage", metrics=METRICS[:1], past="1d", retention="3d")
    forgetful = Metered(app, first, run_on(file_store, app))
    fill(forgetful)
    let_it_forget(forgetful)
    forgetful.record(forgetful.call("new", bytes=7))
    later = App("shop")
    usage = later.meter("usage", metrics=METRICS, past="1d", retention="3d")
    stage = run_on(crashed(forgetful.stage), later)
    stage.advance(forgetful.now_ms - stage.clock.now_ms())
    stage.settle()
    metered = Metered(later, usage, stage)

    assert metered.value("api_calls") == "21"
    with pytest.raises(NotKept, match="sums are known from"):
        metered.value("bandwidth")
    hour_ms = metered.now_ms // HOUR_MS * HOUR_MS
    assert stage.wait(usage.value("acme", "bandwidth", hour_ms, metered.now_ms)) == 7
    assert check(stage.engine) == []


def test_nothing_is_forgotten_while_it_is_summed(trimmed):
    fill(trimmed)
    trimmed.stage.wait(trimmed.usage.rebuild())
    [(many,)] = trimmed.stage.rows("SELECT count(*) FROM shop_usage")
    number = trimmed.stage.engine.number(trimmed.usage.ref)
    held = "SELECT position FROM ensue_readers WHERE number = ?"
    assert trimmed.stage.rows(held, number) == [(0,)]
    trimmed.stage.settle()
    assert many == 29
    assert trimmed.stage.rows(held, number) == []


def test_what_said_a_time_ahead_is_not_missed_where_it_is_forgotten(store, run_on):
    app = App("shop")
    usage = app.meter("usage", metrics=METRICS, past="1d", future="1d", retention="3d")
    ahead = Metered(app, usage, run_on(store, app))
    ahead.record(ahead.call("a", ago_ms=-DAY_MS, bytes=5))
    at_ms = ahead.now_ms + DAY_MS
    ahead.stage.advance(3 * DAY_MS + HOUR_MS)
    ahead.stage.settle()
    assert ahead.stage.rows("SELECT count(*) FROM shop_usage") == [(0,)]
    with pytest.raises(NotKept, match="only their sums"):
        ahead.stage.wait(usage.value("acme", "bandwidth", at_ms, at_ms))
    hour_ms = at_ms // HOUR_MS * HOUR_MS
    whole = usage.value("acme", "bandwidth", hour_ms, hour_ms + HOUR_MS - 1)
    assert ahead.stage.wait(whole) == 5
