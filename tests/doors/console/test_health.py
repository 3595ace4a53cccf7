"""Health and alarms in the console, without a browser."""

from __future__ import annotations

import pytest

from ensue import App
from ensue.doors.console import Modes
from tests.doors.console.sample import consoled

SECRET = "the card of ada"  # noqa: S105 - what a user put in


def broken() -> App:
    app = App("shop")
    payments = app.queue("payments", max_receives=1, depth_max=10)
    operators = app.mail("operators", to="operators@shop.invalid")

    @payments.consumer()
    def pay(message, tx):
        raise ValueError(SECRET)

    @app.get("/fine")
    def fine() -> dict[str, str]:
        return {}

    app.alarm("dead", metric="depth", of=payments.dead_letters, threshold=">= 1", to=operators)
    app.alarm("busy", metric="requests", of="GET /fine", threshold="> 1000", period="1m")
    app.alarm("both", when="dead and busy")
    return app


@pytest.fixture(scope="module")
def visitor():
    with consoled(broken()) as made:
        queue = made.kit._platform.resource("queue", "payments")
        made.kit.get("/fine")
        made.kit.wait(queue.send({"card": SECRET}))
        made.kit.advance("5m")
        yield made


def test_health_names_what_is_wrong_and_what_mends_it(visitor):
    said = visitor.twin("/health")
    letters, raised = said["faults"]
    assert letters["what"] == "1 message of queue payments died of ValueError"
    assert letters["command"] == "ensue dlq redrive payments-dlq"
    assert (raised["rule"], raised["name"]) == ("alarm.raised", "dead")
    page = visitor.get("/health").raw.decode()
    assert SECRET in page
    assert 'data-copy="ensue dlq redrive payments-dlq"' in page


def test_every_page_says_at_its_top_what_is_wrong(visitor):
    page = visitor.get("/resources").raw.decode()
    assert "1 message of queue payments died of ValueError" in page
    assert "1 more" in page


def test_a_masked_console_shows_no_error_that_users_put_in():
    with consoled(broken(), modes=Modes(masked=True)) as masked:
        queue = masked.kit._platform.resource("queue", "payments")
        masked.kit.wait(queue.send(1))
        masked.kit.settle()
        for path in ("/health", "/health.json", "/resources"):
            assert SECRET not in masked.get(path).raw.decode()


def test_health_shows_bounds_and_what_runs(visitor):
    said = visitor.twin("/health")
    bounds = {(each["resource"], each["name"]): each for each in said["limits"]}
    assert bounds["payments", "messages in the queue"]["most"] == 10
    assert bounds[None, "resources ever declared"]["near"] is False
    assert said["runs"]["apps"] == ["shop"]
    assert (said["runs"]["alarms"], said["runs"]["alarms_raised"]) == (3, 1)


def test_traffic_tells_of_each_route_and_handler_and_draws_it(visitor):
    said = visitor.twin("/health/traffic")
    found = {each["of"]: each for each in said["subjects"]}
    assert found["route/GET /fine"]["total_out"] == 1
    assert found["queue/payments"]["total_errors"] == 1
    page = visitor.get("/health/traffic?app=shop&of=route%2FGET%20%2Ffine").raw.decode()
    assert "How long it takes" in page
    assert visitor.get("/health/traffic?of=queue%2Fnone").status == 404


def test_an_alarm_is_shown_with_its_metric_its_history_and_who_was_told(visitor):
    assert [each["name"] for each in visitor.twin("/alarms")["alarms"]] == ["dead", "both", "busy"]
    said = visitor.twin("/alarms/shop/dead")
    assert said["alarm"]["state"] == "ALARM"
    assert said["history"][0]["told"] == ["mail operators"]
    page = visitor.get("/alarms/shop/dead").raw.decode()
    assert "threshold &gt;= 1" in page
    for name in ("busy", "both"):
        assert visitor.get(f"/alarms/shop/{name}").status == 200


def test_an_alarm_is_set_paused_and_resumed_by_hand(visitor):
    got = visitor.post("/alarms/shop/busy/set-state", {"state": "ALARM", "reason": "to see"})
    assert (got.status, got.headers["location"]) == (303, "/console/alarms/shop/busy")
    assert visitor.twin("/alarms/shop/busy")["alarm"]["reason"] == "to see"
    assert visitor.post("/alarms/shop/busy/set-state", {"state": "BAD"}).status == 400
    visitor.post("/alarms/shop/busy/pause", {})
    assert visitor.twin("/alarms/shop/busy")["alarm"]["paused"]
    visitor.post("/alarms/shop/busy/resume", {})
    assert not visitor.twin("/alarms/shop/busy")["alarm"]["paused"]


@pytest.mark.parametrize(
    "path", ["/health", "/health/traffic", "/alarms", "/alarms/shop/dead", "/alarms/shop/both"]
)
def test_what_is_live_of_a_page_is_made_by_itself(visitor, path):
    got = visitor.get(path, hx_target="live")
    assert got.status == 200
    assert not got.raw.startswith(b"<!doctype")


def test_without_alarms_and_without_faults_the_pages_say_so():
    app = App("shop")
    app.queue("payments")
    with consoled(app) as well:
        assert "All is well." in well.get("/health").raw.decode()
        assert "The apps declare no alarms." in well.get("/alarms").raw.decode()
        assert "Nothing has gone through" in well.get("/health/traffic").raw.decode()
