"""Schedules in the console: what comes, what came, what was missed, and what is done to them."""

from __future__ import annotations

import re

import pytest

from ensue import App, Firing, Tx
from tests.doors.console.sample import consoled

GROUP = "/schedules/shop/schedules"
HOUR_MS = 3_600_000


def make_shop() -> App:
    app = App("shop")
    reports = app.queue("reports")
    app.schedules("reminders")

    @app.schedule("rate(1 hour)")
    def hourly(firing: Firing, tx: Tx) -> None:
        tx.send(reports, firing.due, delay="3h")

    app.schedule(
        "weekly", "cron(0 9 ? * MON *)", to=reports, timezone="Europe/Paris", missed="skip"
    )
    return app


@pytest.fixture
def visitor():
    with consoled(make_shop()) as made:
        made.kit.settle()
        yield made


def send(visitor, path, fields):
    """Send a form of the group's page."""
    page = visitor.get(GROUP).raw.decode()
    token = re.search(r'name="form_token" value="(\w+)"', page)[1]
    return visitor.post(path, fields, token=token)


def one(name: str, group: str = GROUP) -> str:
    return f"{group}/one?schedule={name}"


def test_all_schedules_are_listed_with_what_comes_in_the_next_day(visitor):
    said = visitor.twin("/schedules")

    groups = {each["name"]: each for each in said["groups"]}
    assert groups["schedules"]["status"]["active"] == 2
    assert [each["name"] for each in groups["schedules"]["schedules"]] == ["hourly", "weekly"]
    [lane, *_] = said["upcoming"]
    assert (lane["name"], len(lane["moments_ms"]), lane["more"]) == ("hourly", 24, False)
    page = visitor.get("/schedules").raw.decode()
    assert page.count('class="moment"') >= 24


def test_messages_that_are_due_later_are_among_them(visitor):
    [later, *_] = visitor.twin("/schedules")["later"]

    assert later["of"]["name"] == "reports"
    assert later["due_ms"] - later["sent_ms"] == 3 * HOUR_MS


def test_the_next_ten_firings_are_told_in_the_schedules_own_zone(visitor):
    said = visitor.twin(one("weekly"))

    assert len(said["next"]) == 10
    assert {each["at"][11:19] for each in said["next"]} == {"09:00:00"}
    assert {each["at"][19:] for each in said["next"]} <= {"+01:00", "+02:00"}
    assert 'data-local="' in visitor.get(one("weekly")).raw.decode()


def test_the_last_firings_have_their_outcome_and_lead_to_why(visitor):
    [run] = visitor.twin(one("hourly"))["runs"]

    assert (run["state"], run["target"]) == ("done", "function/hourly")
    assert f"/console/why/{run['id']}" in visitor.get(one("hourly")).raw.decode()


def test_what_was_missed_is_told_with_what_its_policy_did(visitor):
    visitor.kit.clock.move_to(visitor.kit.now_ms() + 15 * 24 * HOUR_MS)
    visitor.kit.settle()

    [hourly] = visitor.twin(one("hourly"))["missed"]
    [weekly] = visitor.twin(one("weekly"))["missed"]

    assert (hourly["moments"], hourly["did"]) == (100, "fired once")
    assert (weekly["moments"], weekly["did"]) == (2, "left out")
    assert "100 or more" in visitor.get(one("hourly")).raw.decode()
    assert visitor.twin("/schedules")["groups"][-1]["missed"]


def test_a_schedule_is_paused_resumed_and_run_now(visitor):
    assert send(visitor, f"{GROUP}/pause", {"name": "hourly"}).status == 303
    paused = visitor.twin(one("hourly"))
    assert send(visitor, f"{GROUP}/fire", {"name": "hourly"}).status == 303
    visitor.kit.settle()
    assert send(visitor, f"{GROUP}/resume", {"name": "hourly"}).status == 303
    resumed = visitor.twin(one("hourly"))

    assert (paused["schedule"]["state"], paused["next"]) == ("paused", [])
    assert resumed["schedule"]["state"] == "active"
    assert len(visitor.twin("/schedules")["later"]) == 2


def test_a_schedule_is_made_changed_and_deleted_while_the_app_runs(visitor):
    made = {
        "name": "nightly",
        "expression": "cron(0 2 * * ? *)",
        "to": "queue/reports",
        "body": '{"kind": "night"}',
    }
    assert send(visitor, f"{GROUP}/create", made).status == 303
    assert send(visitor, f"{GROUP}/update", made | {"expression": "rate(2 hours)"}).status == 303
    changed = visitor.twin(one("nightly"))["schedule"]
    assert send(visitor, f"{GROUP}/delete", {"name": "nightly"}).status == 303

    assert (changed["expression"], changed["body"]) == ("rate(2 hours)", {"kind": "night"})
    assert visitor.get(one("nightly")).status == 404


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"expression": "rate(0 hours)"}, 400),
        ({"to": "queue/none"}, 404),
        ({"timezone": "Europe/Nowhere"}, 400),
        ({"body": "{"}, 400),
        ({"name": "hourly"}, 409),
    ],
)
def test_a_schedule_that_cannot_be_is_refused(visitor, fields, status):
    made = {"name": "nightly", "expression": "rate(1 hour)", "to": "queue/reports"}

    assert send(visitor, f"{GROUP}/create", made | fields).status == status
    assert visitor.get(one("nightly")).status == 404


def test_an_expression_is_tried_while_it_is_typed(visitor):
    good = visitor.twin(f"{GROUP}/preview?expression=cron(0 2 * * ? *)&timezone=Europe/Paris")
    bad = visitor.twin(f"{GROUP}/preview?expression=cron(0 2 *)")

    assert [each["at"][11:16] for each in good["next"]] == ["02:00"] * 5
    assert good["fault"] is None
    assert "expected" in bad["fault"]["message"]


def test_what_the_app_declares_is_not_changed_here(visitor):
    assert send(visitor, f"{GROUP}/delete", {"name": "hourly"}).status == 409
    assert "The app declares it" in visitor.get(one("hourly")).raw.decode()


def test_the_clock_is_not_moved_where_it_is_the_machines(visitor):
    assert 'class="clock"' not in visitor.get("/schedules").raw.decode()
    assert send(visitor, "/clock/advance", {"by": "1h"}).status == 409


def test_what_is_live_is_made_anew_by_itself(visitor):
    for path in ("/schedules", GROUP, one("hourly"), one("weekly")):
        got = visitor.get(path, hx_target="live")
        assert got.status == 200
        assert "<html" not in got.raw.decode()
