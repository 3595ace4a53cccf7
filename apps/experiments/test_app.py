"""The experiments' story, by fact; and that the verdict may be looked at any time."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.experiments.app import app, events
from apps.experiments.assignment import variant_for
from apps.experiments.statistics import Arm, compared, evidence, mismatch, rate_of, sequence

NOW = "2026-11-21T13:47:00.000Z"
NOW_MS = 1_795_268_820_000
HOUR_MS = 3_600_000


@pytest.fixture
def t(run_app):
    return run_app(app, start_ms=NOW_MS)


def collect(t, action="log_impression", user="ann", variant="A", **more):
    said = {"action": action, "experimentId": "button", "userId": user, "variant": variant}
    return t.post("/collect", said | more)


def stats(t, **more):
    reply = t.post("/collect", {"action": "get_stats", "experimentId": "button", **more})
    assert reply.status == 200, reply
    return reply.body


def plan(t, name="button", **weights):
    variants = [{"id": each, "weight": weight} for each, weight in weights.items()]
    return t.request("PUT", f"/experiments/{name}", body={"variants": variants})


# AB-1


@pytest.mark.parametrize("action", ["log_impression", "log_click"])
def test_ab_1_an_event_is_logged_and_told_as_it_was_logged(t, action):
    reply = collect(t, action)

    data = {
        "userId": "ann",
        "ts": NOW,
        "experimentId": "button",
        "variant": "A",
        "action": action,
    }
    assert (reply.status, reply.body) == (200, {"message": "Event logged", "data": data})


def test_ab_1_statistics_have_window_totals_and_variants(t):
    collect(t)
    collect(t, user="bob", variant="B")
    collect(t, "log_click", user="bob", variant="B")

    assert stats(t) == {
        "experimentId": "button",
        "window": {"from": "2026-10-22T13:00:00.000Z", "to": NOW},
        "totals": {"impressions": 2, "clicks": 1, "ctr": 0.5, "uniqueUsers": 2},
        "variants": {
            "A": {"impressions": 1, "clicks": 0, "ctr": 0.0, "uniqueUsers": 1},
            "B": {"impressions": 1, "clicks": 1, "ctr": 1.0, "uniqueUsers": 1},
        },
    }


def test_ab_1_names_may_be_written_with_underscores(t):
    said = {"action": "log_click", "experiment_id": "button", "user_id": "ann", "variant": "A"}

    assert t.post("/collect", said).body["data"]["userId"] == "ann"


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({}, "Missing required fields: action"),
        ({"action": "log_click"}, "Missing required fields: experimentId, userId, variant"),
        (
            {"action": "log_click", "experimentId": "button", "userId": "", "variant": "A"},
            "Missing required fields: userId",
        ),
        ({"action": "get_stats"}, "Missing required fields: experimentId"),
        ({"action": "x"}, "Unknown action: x"),
    ],
)
def test_ab_1_what_is_missing_or_unknown_is_named(t, said, message):
    reply = t.post("/collect", said)

    assert (reply.status, reply.body["error"]["message"]) == (400, message)


def test_ab_1_bad_json_is_the_clients_mistake_and_no_fault_of_ours(t):
    assert t.post("/collect", b"{not json").status == 400


@pytest.mark.parametrize("path", ["/collect", "/assign"])
def test_ab_1_pages_of_any_site_may_collect_but_not_change_experiments(t, path):
    site = {"origin": "https://shop.example"}
    asked = site | {"access-control-request-method": "POST"}

    reply = t.request("OPTIONS", path, headers=asked)
    changed = t.request("PUT", "/experiments/button", body={"variants": []}, headers=site)

    assert (reply.status, reply.headers["access-control-allow-origin"]) == (204, "*")
    assert (changed.status, changed.body["error"]["code"]) == (403, "cross_site")


# AB-2


def test_ab_2_both_ends_of_a_window_belong_to_it(t):
    for user in ("first", "second", "third"):
        collect(t, user=user)
        t.advance(1)

    for names in (("from", "to"), ("start", "end")):
        window = dict(zip(names, (NOW, "2026-11-21T14:47:01+01:00"), strict=True))
        assert stats(t, **window)["totals"]["uniqueUsers"] == 2


def test_ab_2_a_window_is_the_last_30_days_unless_another_is_asked_for(t):
    collect(t)
    t.advance("31d")
    collect(t, user="bob")

    assert stats(t)["totals"]["uniqueUsers"] == 1
    assert stats(t, **{"from": NOW})["totals"]["uniqueUsers"] == 2


def test_ab_2_the_ratio_is_nought_without_impressions_and_may_be_above_one(t):
    assert stats(t)["variants"]["A"]["ctr"] == 0
    collect(t, "log_click")
    assert stats(t)["totals"]["ctr"] == 0
    collect(t)
    collect(t, "log_click")
    assert stats(t)["totals"]["ctr"] == 2


def test_ab_2_a_window_that_ends_before_it_begins_has_nothing_in_it(t):
    collect(t)

    for window in ({"from": "2026-11-21T13:47:01Z", "to": NOW}, {"to": "1969-01-01T00:00:00Z"}):
        assert stats(t, **window)["totals"]["impressions"] == 0


def test_ab_2_a_time_that_is_none_is_refused(t):
    said = {"action": "get_stats", "experimentId": "button"}
    for told in ("yesterday", 10**20, "2026-11-31T00:00:00Z", "2027-02-29T00:00:00Z"):
        assert t.post("/collect", said | {"from": told}).status == 400


# AB-3


def test_ab_3_the_manifest_lists_experiments_with_their_weights(t):
    plan(t, "checkout", one=80, two=20)

    listed = {each["id"]: each for each in t.get("/manifest").body["experiments"]}
    assert listed["checkout"]["variants"] == [
        {"id": "one", "weight": 80},
        {"id": "two", "weight": 20},
    ]
    assert listed["button"]["active"] is True


def test_ab_3_only_active_experiments_give_variants(t):
    body = {"active": False, "variants": [{"id": "A", "weight": 1}]}
    t.request("PUT", "/experiments/button", body=body)
    plan(t, "checkout", one=1)

    assert t.post("/assign", {"userId": "ann"}).body["variants"] == {"checkout": "one"}


def test_ab_3_a_new_user_gets_an_id_in_a_cookie_for_a_year_and_keeps_it(t):
    first = t.post("/assign", {})
    cookie = first.headers["set-cookie"]
    again = t.request("POST", "/assign", body={}, headers={"cookie": cookie.partition(";")[0]})

    assert cookie.startswith(f"ab_user_id={first.body['userId']};")
    assert "Max-Age=31536000" in cookie
    assert again.body == first.body


def test_ab_3_the_demo_logs_one_impression_a_load_and_locks_its_button_for_a_second(t):
    script = (Path(__file__).parent / "pages/static/demo.js").read_text()

    assert script.count('log("log_impression")') == 1
    assert "LOCKED_MS = 1000" in script
    assert b"demo.js" not in t.get("/demo").body  # its address has a hash
    assert b"/_static/experiments/demo." in t.get("/demo").body


# AB-4


def test_ab_4_a_user_has_the_same_variant_at_every_load(t):
    seen = [t.get("/assign", userId="ann", experimentId="button").body for _ in range(3)]

    assert seen[0]["variants"]["button"] in {"A", "B"}
    assert seen[0] == seen[1] == seen[2]


def test_ab_4_variants_have_their_share_of_users_independently_of_other_experiments():
    weights = {"A": 70, "B": 20, "C": 10, "off": 0}

    drawn = Counter(variant_for("x", f"user-{number}", weights) for number in range(4_000))
    both = Counter(
        (variant_for("x", user, {"A": 1, "B": 1}), variant_for("y", user, {"A": 1, "B": 1}))
        for user in map(str, range(4_000))
    )

    assert drawn["A"] == pytest.approx(2_800, rel=0.05)
    assert drawn["C"] == pytest.approx(400, rel=0.15)
    assert drawn["off"] == 0
    assert all(count == pytest.approx(1_000, rel=0.12) for count in both.values())


@given(st.integers(0, 10**6).map(str), st.sampled_from("ABC"), st.floats(0.01, 100))
def test_ab_4_other_weights_move_only_those_users_who_must(user, changed, weight):
    before = {"A": 1.0, "B": 2.0, "C": 1.0}
    was = variant_for("x", user, before)

    becomes = variant_for("x", user, before | {changed: weight})

    if weight >= before[changed]:
        assert becomes in {was, changed}
    else:
        assert was in {becomes, changed}


def test_ab_4_two_events_of_a_user_in_one_millisecond_both_count(t):
    collect(t)
    collect(t)

    assert stats(t)["totals"]["impressions"] == 2


def test_ab_4_an_event_with_an_id_counts_once_however_often_it_is_sent(t):
    replies = [collect(t, eventId="e-1").status for _ in range(3)]

    assert replies == [200, 200, 200]
    assert stats(t)["totals"]["impressions"] == 1


def test_ab_4_unknown_experiments_and_variants_are_refused_and_counted_nowhere(t):
    assert collect(t, experimentId="nope").status == 404
    assert collect(t, variant="Z").status == 404
    assert stats(t)["totals"]["impressions"] == 0
    assert t.get("/assign", userId="ann", experimentId="nope").status == 404


def test_ab_4_the_log_expires_and_knows_users_by_a_hash(t):
    collect(t)

    assert events.model.keep_ms == 40 * 24 * HOUR_MS
    window = (NOW_MS, NOW_MS)
    kept = t.wait(
        app.read(lambda tx: tx.usage(events, "button", "impressions", *window, group_by="user"))
    )
    [name] = kept.groups
    assert len(name) == 16


# What it shows


def test_other_weights_begin_the_count_of_the_verdict_anew(t):
    collect(t)
    collect(t, "log_click")
    plan(t, A=50, B=50)
    same = t.get("/experiments/button/results").body
    plan(t, A=90, B=10)
    anew = t.get("/experiments/button/results").body

    assert [each["users"] for each in same["variants"]] == [1, 0]
    assert [each["users"] for each in anew["variants"]] == [0, 0]
    assert (same["since"], anew["since"]) == (None, NOW)
    assert anew["verdict"] == "Nobody has taken part yet."


@pytest.mark.parametrize("weights", [{}, {"A": 0, "B": 0}])
def test_an_experiment_needs_a_variant_that_users_can_get(t, weights):
    assert plan(t, **weights).status == (409 if weights else 400)


def test_a_control_is_one_of_the_variants(t):
    body = {"control": "Z", "variants": [{"id": "A", "weight": 1}]}

    assert t.request("PUT", "/experiments/x", body=body).status == 409


def test_users_in_several_variants_are_told_of(t):
    collect(t)
    collect(t, variant="B")

    assert t.get("/experiments/button/results").body["crossed"] == 1
    assert b"more than one variant" in t.get("/results/button").body


def test_the_results_page_says_which_variant_is_better(t):
    for number in range(240):
        user, variant = f"u-{number}", "AB"[number % 2]
        collect(t, user=user, variant=variant)
        if number % 20 < (12 if variant == "B" else 2):
            collect(t, "log_click", user=user, variant=variant)

    found = t.get("/experiments/button/results").body
    page = t.request("GET", "/results/button", headers={"accept": "text/html"})

    assert found["comparisons"][0]["fate"] == "better"
    assert found["verdict"].startswith("B is better than A: its users click ")
    assert found["verdict"].encode() in page.body
    assert b'class="interval good"' in page.body


def test_numbers_of_users_that_do_not_fit_the_weights_forbid_a_verdict(t):
    for number in range(150):
        collect(t, user=f"u-{number}", variant="A" if number % 3 else "B")

    found = t.get("/experiments/button/results").body

    assert found["trusted"] is False
    assert found["verdict"].startswith("Nothing can be said")
    assert b"does not fit" in t.get("/results/button").body


def test_the_overview_and_an_unknown_experiment_are_pages(t):
    assert b'href="/results/button"' in t.get("/results").body
    reply = t.request("GET", "/results/nope", headers={"accept": "text/html"})
    assert (reply.status, b"Unknown experiment: nope" in reply.body) == (404, True)


# The statistics


def test_a_share_has_wilsons_interval():
    found = rate_of(Arm("A", 1, 100, 10))

    # The figures of R's prop.test(10, 100, correct=FALSE).
    assert (found.low, found.high) == pytest.approx((0.0552291, 0.1743657), abs=1e-6)
    assert rate_of(Arm("A", 1, 0, 0)).rate is None


def test_a_difference_has_newcombes_interval():
    found = compared(Arm("B", 1, 70, 56), Arm("A", 1, 80, 48), 1)

    # Newcombe (1998), table II, example (a), method 10.
    assert (found.difference, found.low, found.high) == pytest.approx(
        (0.2, 0.0524, 0.3339), abs=5e-5
    )


def test_numbers_of_users_are_tested_by_chi_square():
    assert mismatch([Arm("A", 1, 500, 0), Arm("B", 1, 500, 0)]) == 1
    assert mismatch([Arm("A", 1, 560, 0), Arm("B", 1, 440, 0)]) == pytest.approx(0.000148, abs=2e-6)
    assert mismatch([Arm("A", 1, 5, 0), Arm("B", 1, 0, 0)]) is None


@given(st.integers(0, 400), st.integers(0, 400), st.floats(0.05, 0.95))
def test_the_interval_of_the_lift_has_what_was_seen_and_agrees_with_p(clicks, others, share):
    low, high = sequence(clicks, clicks + others, share, 0.05)
    seen = clicks / (clicks + others) if clicks + others else share
    surprise = float(evidence(clicks, clicks + others, share, share)) - math.log(20)

    assert low <= seen <= high
    if abs(surprise) > 1e-6:
        assert (low < share < high) == (surprise < 0)


def test_evidence_is_one_on_average_whatever_is_seen():
    # Summed over all that ten users who click can be: that is what makes it valid at every look.
    total = sum(
        math.comb(10, clicks)
        * 0.3**clicks
        * 0.7 ** (10 - clicks)
        * math.exp(evidence(clicks, 10, 0.3, 0.3))
        for clicks in range(11)
    )

    assert total == pytest.approx(1)


def looked_at(users, rates, share, *, experiments=400, every=50):
    """Experiments that are looked at again and again: which share ever shows a difference.

    By evidence for any time, and by the p-value of a fixed plan; and by the latter at the end.
    """
    import numpy as np  # noqa: PLC0415 - with SciPy

    drawn = np.random.default_rng(7)
    arm = drawn.random((experiments, users)) < share
    click = drawn.random((experiments, users)) < np.where(arm, rates[1], rates[0])
    looks = slice(every - 1, None, every)
    ours, all_clicks, of_arm = (each.cumsum(1)[:, looks] for each in (click & arm, click, arm))
    others = np.arange(every, users + 1, every) - of_arm
    pooled = all_clicks / (of_arm + others)
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.sqrt(pooled * (1 - pooled) * (1 / of_arm + 1 / others))
        z = (ours / of_arm - (all_clicks - ours) / others) / spread
    fixed = np.abs(np.nan_to_num(z)) > 1.96
    ever = evidence(ours, all_clicks, share, share) >= math.log(20)
    return ever.any(1).mean(), fixed.any(1).mean(), fixed[:, -1].mean()


@pytest.mark.parametrize("share", [0.5, 0.2])
def test_looking_all_the_time_finds_no_difference_where_there_is_none(share):
    ever, fixed, at_the_end = looked_at(4_000, (0.1, 0.1), share)

    assert ever <= 0.05
    assert fixed > 0.25, "a fixed plan that is looked at all the time does not hold its promise"
    assert at_the_end < 0.09


def test_a_difference_that_is_there_is_found():
    ever, _, _ = looked_at(4_000, (0.1, 0.16), 0.5, experiments=100)

    assert ever > 0.9
