"""Crash points: what holds whenever the app is killed is told from what does not."""

from __future__ import annotations

import httpx
import pytest

from ensue import App, InvalidInput
from ensue.testing import crash_points


@pytest.fixture
def app():
    return App("shop")


def counting(app, *, guarded):
    """Jobs that are done by an action, which counts them in a transaction of its own."""
    jobs, counts = app.queue("jobs"), app.table("counts", key="id")

    @jobs.consumer(retry_base="1s")
    async def work(message):
        await app.http.post("http://bank/charge", json=message.body)
        await app.run(count, message.body)

    def count(job, tx):
        before = tx.get(counts, job)
        if before is None or not guarded:
            tx.put(counts, {"id": job, "times": 1 if before is None else before.times + 1})

    def scenario(t):
        for job in ("a", "b"):
            t.wait(jobs.send(job))
        t.drain()
        return {
            "times": [t.wait(counts.get(job)).times for job in ("a", "b")],
            "charged": len({call.key for call in t.calls}),
        }

    return scenario


BANK = {"http://bank": lambda request: httpx.Response(200)}


def test_an_app_that_is_right_has_the_same_outcome_whenever_it_is_killed(app):
    assert crash_points(counting(app, guarded=True), app, outside=BANK) > 5


def test_an_app_that_counts_twice_after_a_kill_is_found_and_told_where(app):
    with pytest.raises(
        AssertionError, match=r"step \d+ of \d+ .*expected the outcome .*got"
    ) as said:
        crash_points(counting(app, guarded=False), app, outside=BANK)

    assert "'times': [2, 2]" in str(said.value)


def test_it_can_be_killed_before_each_step_of_the_disk(app):
    scenario = counting(app, guarded=True)

    at_commits = crash_points(scenario, app, outside=BANK)
    at_steps = crash_points(scenario, app, outside=BANK, at="storage")

    assert at_steps > 2 * at_commits


def test_it_can_be_killed_at_one_in_so_many_moments(app):
    scenario = counting(app, guarded=True)

    all_of_them = crash_points(scenario, app, outside=BANK)
    one_in_four = crash_points(scenario, app, outside=BANK, every=4)

    assert one_in_four == -(-all_of_them // 4)


def test_one_in_no_moments_is_refused(app):
    with pytest.raises(InvalidInput, match="expected 1 or more for every, got 0"):
        crash_points(counting(app, guarded=True), app, every=0)


def test_a_scenario_that_commits_nothing_is_refused(app):
    app.queue("jobs")

    with pytest.raises(InvalidInput, match="commits something"):
        crash_points(lambda t: None, app)


def test_a_scenario_that_is_another_one_each_time_is_told_so(app):
    jobs = app.queue("jobs")
    runs = []

    def scenario(t):
        runs.append(1)
        for _ in range(3 if len(runs) == 1 else 0):
            t.wait(jobs.send(1))

    with pytest.raises(AssertionError, match="the same every time"):
        crash_points(scenario, app)


def test_letters_that_left_before_a_kill_have_left(app):
    mail = app.mail("post", to="a@example.com")

    def scenario(t):
        for number in range(2):
            t.wait(mail.send(subject=str(number), text=""))
            t.drain()
        return {letter.subject for letter in t.letters(mail)}

    assert crash_points(scenario, app) > 4
