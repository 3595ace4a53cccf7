"""An alarm from its first judgement to who is told of it."""

from __future__ import annotations

import json

import pytest

from ensue import App, Metric
from ensue.testing import running

PERIOD_MS = 60_000


def test_it_is_judged_at_the_end_of_each_period_and_not_before(watched):
    alarm = watched.alarm()
    stage = watched.run()
    assert watched.state(alarm) == "INSUFFICIENT_DATA"
    watched.periods(1)
    assert watched.state(alarm) == "OK"
    watched.periods(12)
    assert watched.state(alarm) == "ALARM"
    watched.periods(1)
    assert watched.state(alarm) == "OK"
    assert stage.engine.read(lambda tx: tx.row("SELECT since_ms FROM ensue_alarms")) == (
        stage.clock.now_ms(),
    )


def test_those_on_its_list_are_told_once_of_each_change(watched):
    alarm = watched.alarm(to=[watched.out, watched.mail])
    watched.run()
    watched.periods(1, 12, 13, 14, 2, 3)
    assert watched.told() == ["ALARM", "OK"]
    letters = watched.mail.drawer.letters
    assert [each.subject for each in letters] == ["ALARM: high of shop", "OK: high of shop"]
    found = watched.stage.wait(alarm.changes())
    assert [(each.before, each.state, each.told) for each in found] == [
        ("ALARM", "OK", ("queue out", "mail operators")),
        ("OK", "ALARM", ("queue out", "mail operators")),
        ("INSUFFICIENT_DATA", "OK", ()),
    ]


def test_a_letter_says_what_happened_why_and_where_to_look(watched):
    watched.alarm(to=watched.mail, description="The tank is nearly full.")
    watched.run()
    watched.periods(12)
    [letter] = watched.mail.drawer.letters
    assert letter.to == "operators@shop.invalid"
    assert letter.text == (
        "high of shop went from INSUFFICIENT_DATA to ALARM at 2031-07-05T03:15:00.000Z.\n"
        "\n"
        "The tank is nearly full.\n"
        "\n"
        "Threshold Crossed: 1 out of the last 1 datapoints [12 (2031-07-05T03:14:00.000Z)] was"
        " greater than or equal to the threshold (10) (minimum 1 datapoint for ALARM).\n"
        "\n"
        "Metric: level of meter usage for tank, max of 1 m\n"
        "Raised when it is >= 10 in 1 of 1 period\n"
        "To look at it: ensue describe alarm/high\n"
    )


def test_a_change_is_told_in_the_words_of_cloudwatch(watched):
    watched.alarm(periods=2, out_of=3)
    watched.run()
    watched.periods(1, 12, 13)
    [message] = watched.messages()
    event = message.body
    assert event["detail-type"] == "CloudWatch Alarm State Change"
    assert event["source"] == "aws.cloudwatch"
    assert event["resources"] == ["arn:aws:cloudwatch:local:000000000000:alarm:high"]
    detail = event["detail"]
    assert detail["alarmName"] == "high"
    assert detail["configuration"]["metrics"][0]["metricStat"] == {
        "metric": {
            "namespace": "Ensue",
            "name": "level",
            "dimensions": {"app": "shop", "kind": "meter", "name": "usage", "subject": "tank"},
        },
        "period": 60,
        "stat": "Maximum",
    }
    assert detail["previousState"]["value"] == "OK"
    assert detail["state"]["value"] == "ALARM"
    data = json.loads(detail["state"]["reasonData"])
    assert data["recentDatapoints"] == [1, 12, 13]
    assert data["threshold"] == 10
    assert message.attributes["alarm"] == "high"
    assert message.attributes["state"] == "ALARM"


def test_a_rule_of_a_bus_written_for_cloudwatch_matches_what_an_alarm_tells(watched):
    bus = watched.app.bus("events")
    bus.rule(
        "raised",
        {
            "source": ["aws.cloudwatch"],
            "detail-type": ["CloudWatch Alarm State Change"],
            "detail": {"state": {"value": ["ALARM"]}},
        },
        to=watched.out,
    )
    watched.alarm(to=bus)
    watched.run()
    watched.periods(12, 1)
    assert watched.told() == ["ALARM"]


def test_mail_that_is_subscribed_to_a_topic_gets_the_letter_too(watched):
    topic = watched.app.topic("alerts")
    topic.subscribe(watched.mail)
    watched.alarm(to=topic)
    watched.run()
    watched.periods(12)
    [letter] = watched.mail.drawer.letters
    assert letter.subject == "ALARM: high of shop"
    assert letter.text.startswith("high of shop went from")


def test_a_pipe_reads_the_changes_of_state_in_order(watched):
    alarm = watched.alarm(to=())
    watched.app.pipe("states", source=alarm, to=watched.out)
    watched.run()
    watched.periods(1, 12, 1)
    assert watched.told() == ["OK", "ALARM", "OK"]


def test_only_the_states_that_are_asked_for_are_told(watched):
    watched.alarm(on={"ALARM"})
    watched.run()
    watched.periods(1, 12, 1, 12)
    assert watched.told() == ["ALARM", "ALARM"]


def test_an_alarm_that_stays_well_writes_nothing(watched_file):
    watched_file.alarm()
    stage = watched_file.run()
    watched_file.periods(1)
    before = stage.rows("SELECT points, judged_ms FROM ensue_alarms")
    commits = stage.engine.read(lambda tx: tx.row("PRAGMA data_version"))
    stage.advance(PERIOD_MS * 5)
    assert stage.rows("SELECT points, judged_ms FROM ensue_alarms") == before
    assert stage.engine.read(lambda tx: tx.row("PRAGMA data_version")) == commits


def test_what_was_measured_last_counts_for_two_periods_more_as_with_cloudwatch(watched):
    alarm = watched.alarm()
    watched.run()
    watched.periods(12, None, None)
    assert watched.state(alarm) == "ALARM"
    watched.periods(None)
    assert watched.state(alarm) == "OK"


@pytest.mark.parametrize(
    ("missing", "states"),
    [
        ("ok", ["OK", "ALARM", "OK"]),
        ("breaching", ["ALARM"]),
        ("ignore", ["ALARM"]),
        ("insufficient", ["ALARM", "INSUFFICIENT_DATA"]),
    ],
)
def test_a_period_without_data_counts_as_declared(watched, missing, states):
    alarm = watched.alarm(missing=missing)
    watched.run()
    watched.periods(None, 12, None, None, None)
    found = [each.state for each in watched.stage.wait(alarm.changes())]
    assert found[::-1] == states


def test_after_a_restart_it_is_as_it_was_and_counts_what_it_had_measured(watched_file):
    alarm = watched_file.alarm(periods=3, out_of=3)
    stage = watched_file.run()
    watched_file.periods(12, 12)
    now_ms = stage.clock.now_ms()
    stage.close()
    again = watched_file.run()
    again.clock.move_to(now_ms)
    assert watched_file.state(alarm) == "OK"
    watched_file.periods(12)
    assert watched_file.state(alarm) == "ALARM"


def test_an_alarm_that_measures_something_else_than_before_begins_anew(watched_file, run_on):
    def declared(threshold, period):
        app = App("shop")
        meter = app.meter("usage", metrics=[Metric("level", "measured", "MAX", "level")])
        app.alarm(
            "high",
            metric="level",
            of=meter,
            subject="tank",
            threshold=threshold,
            period=period,
            missing="ignore",
        )
        return app

    def points(app):
        stage = run_on(watched_file._url, app)
        stage.advance(PERIOD_MS)
        found = stage.rows("SELECT points FROM ensue_alarms")[0][0]
        stage.close()
        return len(json.loads(found))

    assert points(declared(">= 10", "1m")) == 1
    assert points(declared(">= 10", "1m")) >= 1
    again = run_on(watched_file._url, declared(">= 11", "1m"))
    assert again.rows("SELECT points FROM ensue_alarms")[0][0] != "[]"
    again.close()
    other = run_on(watched_file._url, declared(">= 11", "30s"))
    assert other.rows("SELECT points, judged_ms FROM ensue_alarms") == [("[]", None)]


def test_set_state_stands_until_the_next_judgement_and_is_told(watched):
    alarm = watched.alarm()
    stage = watched.run()
    watched.periods(1)
    assert stage.wait(alarm.set_state("ALARM", "to see who is told"))
    assert not stage.wait(alarm.set_state("ALARM", "again"))
    assert watched.state(alarm) == "ALARM"
    watched.periods(1)
    assert watched.told() == ["ALARM", "OK"]
    assert watched.messages()[0].body["detail"]["state"]["reason"] == "to see who is told"


def test_a_paused_alarm_changes_its_state_and_tells_nobody(watched):
    alarm = watched.alarm()
    stage = watched.run()
    stage.wait(alarm.pause())
    watched.periods(12)
    assert watched.state(alarm) == "ALARM"
    assert stage.wait(alarm.status()).paused
    assert stage.wait(alarm.changes())[0].told == ()
    stage.wait(alarm.resume())
    watched.periods(1)
    assert watched.told() == ["OK"]


def test_what_a_target_refuses_is_tried_again_and_holds_up_no_other(watched):
    nobody = watched.app.mail("nobody")
    watched.alarm(to=[nobody, watched.out])
    stage = watched.run()
    watched.periods(12, 1)
    assert watched.told() == ["ALARM", "OK"]
    dead = watched.app.resources[("shop", "queue", "alarms-dlq")]
    stage.advance(3_600_000)
    found = stage.wait(dead.peek(10))
    assert [each.body["body"]["detail"]["state"]["value"] for each in found] == ["ALARM", "OK"]
    assert "expected a mail address" in found[0].attributes["dead_letter"]["reason"]


def test_why_leads_from_the_change_of_state_to_the_letter(watched):
    alarm = watched.alarm(to=watched.mail)
    watched.run()
    watched.periods(12)
    [change] = watched.stage.wait(alarm.changes())
    tree = watched.stage.platform.why(change.id)
    [event] = tree.children
    assert (tree.name, event.name, event.kind) == ("high", "high", "event")
    assert [each.name for each in event.children[0].children] == ["operators"]


def test_an_alarm_on_others_is_raised_with_them(watched):
    watched.alarm("high", to=())
    watched.alarm("low", threshold="<= 2", to=())
    both = watched.app.alarm("odd", when="low or high and not low", to=watched.out)
    watched.run()
    watched.periods(5)
    assert watched.state(both) == "OK"
    watched.periods(12, 11, 5, 1)
    assert watched.told() == ["ALARM", "OK", "ALARM"]
    found = watched.stage.wait(both.status())
    assert found.reason == "low is in ALARM, so low or high and not low is true."


def test_changes_are_listed_newest_first_page_by_page(watched):
    alarm = watched.alarm(to=())
    watched.run()
    watched.periods(1, 12, 1)
    first = watched.stage.wait(alarm.changes(limit=2))
    rest = watched.stage.wait(alarm.changes(before=first[-1].sequence))
    assert [each.state for each in [*first, *rest]] == ["OK", "ALARM", "OK"]


def test_an_alarm_that_is_not_declared_any_more_is_not_judged(watched_file, run_on):
    watched_file.alarm()
    stage = watched_file.run()
    watched_file.periods(12)
    stage.close()
    other = run_on(watched_file._url, App("shop"))
    other.advance(PERIOD_MS * 3)
    assert other.rows("SELECT state FROM ensue_alarms") == [("ALARM",)]


def test_draining_does_not_wait_for_alarms_whose_periods_never_end():
    app = App("shop")
    meter = app.meter("usage", metrics=[Metric("calls", "called", "COUNT")])
    app.alarm("calls", metric="calls", of=meter, subject="a", threshold="> 1", period="5s")
    with running(app) as t:
        before_ms = t.now_ms()
        t.drain()
        assert t.now_ms() == before_ms
