"""The event scheduler's story, and the defects of the original that it must not have."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
from collections import Counter
from datetime import datetime
from zoneinfo import ZoneInfo

import httpx
import pytest

from apps.scheduler.actions import (
    DAY_MS,
    HOUR_MS,
    LOG_MAX,
    MINUTE_MS,
    NOTES_MAX,
    Action,
    ExecuteTask,
    Notice,
    SendNotification,
    Task,
    brief,
)
from apps.scheduler.app import (
    MAX_RETRY,
    WEBHOOKS,
    actions,
    app,
    due,
    due_outside,
    stored,
)
from apps.scheduler.fulfilments import TASKS, hook, letters, subscriptions, text_messages

SECRET = "correct horse"  # noqa: S105 - of the tests
SMS = {
    "mobile": "60123456789",
    "subject": "Test",
    "name": "Joojo",
    "templateType": "USER_LATE_PAYMENT_NOTIFICATION",
    "notificationType": "SMS",
}
EXAMPLE = {
    "data": SMS,
    "repeat": True,
    "frequency": "DAILY",
    "executionRemainder": 5,
    "action": "SEND_NOTIFICATION",
    "executionTime": 1736930117120,
}
NONCES = itertools.count()


class World:
    """Who takes webhooks, and who does tasks."""

    def __init__(self):
        self.told = []
        self.asked = []
        self.answers = []

    def hooks(self, request):
        self.told.append(request)
        return httpx.Response(200)

    def tasks(self, request):
        self.asked.append(request)
        status = self.answers.pop(0) if self.answers else 200
        return httpx.Response(status, json={"done": json.loads(request.content)["task"]})

    def events(self):
        said = [json.loads(each.content) for each in self.told]
        return [(each["type"], each["data"]["run"].rpartition("-")[2]) for each in said]


@pytest.fixture
def world():
    return World()


@pytest.fixture
def t(run_app, monkeypatch, world):
    monkeypatch.setenv("SCHEDULER_SECRET", SECRET)
    t = run_app(app, outside={WEBHOOKS: world.hooks, TASKS: world.tasks})
    t.wait(watch().pause("missed"))  # each of its looks would be a stop of the clock
    return t


def watch():
    """The group of the app's schedules."""
    return app.resources[due.ref._replace(kind="schedule", name="schedules")]


def stamped(t, method, path, raw, *, secret=SECRET, age_s=0):
    at, nonce = str(t.now_ms() // 1_000 - age_s), f"n-{next(NONCES)}"
    content = f"{at}.{nonce}.{method} {path}\n".encode() + raw
    signature = hmac.new(secret.encode(), content, hashlib.sha256).hexdigest()
    return {"X-Timestamp": at, "X-Nonce": nonce, "X-Signature": signature}


def ask(t, method, path, body=None):
    raw = b"" if body is None else json.dumps(body).encode()
    headers = stamped(t, method, path, raw)
    return t.request(method, path, body=raw or None, headers=headers)


def post(t, in_ms=0, **more):
    asked = {"action": "SEND_NOTIFICATION", "data": SMS, "metadata": {}} | more
    return ask(t, "POST", "/actions", {"executionTime": t.now_ms() + in_ms} | asked)


def made(t, in_ms=0, **more):
    got = post(t, in_ms, **more)
    assert got.status == 201, got.body
    return got.body["id"]


def task(t, in_ms=0, **more):
    return made(t, in_ms, action="EXECUTE_TASK", data={"task": "recount"}, **more)


def show(t, action):
    return ask(t, "GET", f"/actions/{action}").body


def statuses(t, action):
    return [each["status"] for each in show(t, action)["metadata"]["log"]]


def sent(t):
    return len(t.messages(text_messages))


def until(t, at_ms):
    t.advance(f"{at_ms - t.now_ms()}ms")


def edit(t, key, /, **changes):
    """Change a row by hand, as somebody with a database client would."""
    found = t.wait(actions.untyped().get(key))
    t.wait(actions.untyped().put({**found, **changes}))


# What may be asked for


def test_es_1_an_action_has_its_fields_and_is_pending(t):
    got = post(t, HOUR_MS, metadata={"orderId": 7}).body

    assert (got["status"], got["retryCount"], got["executionRemainder"]) == ("PENDING", 0, None)
    assert got["executionTime"] == t.now_ms() + HOUR_MS
    assert got["createdAt"] == got["updatedAt"] == t.now_ms()
    assert got["metadata"] == {
        "orderId": 7,
        "log": [{"status": "PENDING", "at": t.now_ms()}],
    }


def test_es_3_the_example_is_taken_without_metadata_and_runs_five_times(t):
    got = ask(t, "POST", "/actions", EXAMPLE)
    assert got.status == 201
    t.settle()

    action = show(t, got.body["id"])
    assert (action["status"], action["executions"], action["executionRemainder"]) == (
        "COMPLETED",
        5,
        0,
    )
    assert sent(t) == 5


@pytest.mark.parametrize(
    ("more", "at"),
    [
        ({"action": "BREW_COFFEE"}, "action"),
        ({"data": {**SMS, "mobile": None}}, "data.mobile"),
        ({"data": {**SMS, "notificationType": "EMAIL"}}, "data.email"),
        ({"data": {**SMS, "notificationType": "PIGEON"}}, "data.notificationType"),
        ({"data": {**SMS, "colour": "red"}}, "data"),
        ({"data": {}}, "data"),
        ({"executionTime": -1}, "executionTime"),
        ({"executionTime": "tomorrow"}, "executionTime"),
        ({"repeat": True, "executionRemainder": 2}, "frequency"),
        ({"repeat": True, "frequency": "DAILY"}, "executionRemainder"),
        ({"repeat": True, "frequency": "DAILY", "executionRemainder": -1}, "executionRemainder"),
        ({"repeat": True, "frequency": "YEARLY", "executionRemainder": 1}, "frequency"),
        ({"repeat": True, "frequency": "DAILY", "cron": "x", "executionRemainder": 1}, "frequency"),
        ({"repeat": True, "cron": "cron(0 9)", "executionRemainder": 1}, ""),
        ({"repeat": True, "cron": "rate(1 day)", "executionRemainder": 1}, "cron"),
        ({"repeat": True, "cron": "cron(0 0 1 1 ? 1999)", "executionRemainder": 1}, "cron"),
        ({"frequency": "DAILY"}, "repeat"),
        ({"timezone": "Mars/Base"}, "timezone"),
        (
            {"action": "CHANGE_SUBSCRIPTION", "data": {"subscriptionId": "x", "change": "CANCEL"}},
            "data.subscriptionId",
        ),
        (
            {
                "action": "CHANGE_SUBSCRIPTION",
                "data": {"subscriptionId": "demo", "change": "DOWNGRADE"},
            },
            "data.plan",
        ),
    ],
)
def test_es_1_es_5_what_its_fulfilment_could_not_do_is_refused_at_once(t, more, at):
    got = post(t, HOUR_MS, **more)

    assert got.status in {400, 422}, got.body
    assert at in got.body["error"].get("at", "")
    assert t.wait(actions.count()) == 0


@pytest.mark.parametrize(
    "line", [("POST", "/actions"), ("GET", "/actions"), ("DELETE", "/actions/x")]
)
def test_es_16_who_does_not_sign_is_refused_and_a_copy_too(t, line):
    wrong = stamped(t, *line, b"", secret="a guess")  # noqa: S106
    old = stamped(t, *line, b"", age_s=301)
    other = stamped(t, "PUT", "/actions/y", b"")
    for headers in ({}, wrong, old, other):
        assert t.request(*line, headers=headers).status == 401

    good = stamped(t, "GET", "/actions/counts", b"")
    assert t.request("GET", "/actions/counts", headers=good).status == 200
    assert t.request("GET", "/actions/counts", headers=good).status == 409


# When it runs


@pytest.mark.parametrize("in_ms", [0, -DAY_MS, 1, 119_999, 120_000, 120_001, 180_000, 600_123])
def test_es_6_es_7_es_8_an_action_runs_in_the_millisecond_in_which_it_is_due(t, in_ms):
    due_ms = t.now_ms() + max(0, in_ms)
    action = made(t, in_ms)
    if in_ms > 0:
        until(t, due_ms - 1)
        assert sent(t) == 0
        until(t, due_ms)
    t.settle()

    [message] = t.messages(text_messages)
    assert message.sent_ms == due_ms
    assert statuses(t, action) == ["PENDING", "IN_PROGRESS", "COMPLETED"]


def test_es_8_an_action_due_in_three_minutes_is_not_left_to_a_poll_each_five(t):
    made(t, 3 * MINUTE_MS)
    t.advance("3m")

    assert sent(t) == 1


def test_es_9_an_action_has_one_message_so_there_is_nothing_to_pick_up_twice(t):
    action = made(t, 2 * MINUTE_MS)
    edit(t, action, metadata={"touched": True})
    t.advance("5m")

    assert sent(t) == 1
    assert show(t, action)["executions"] == 1


def test_es_9_a_message_that_is_not_the_actions_own_runs_nothing(t):
    action = made(t, HOUR_MS)
    t.wait(due.send(action))
    t.settle()

    assert (sent(t), show(t, action)["status"]) == (0, "PENDING")


def test_es_12_an_action_that_does_not_repeat_is_over_for_two_weeks(t):
    action = made(t, 0)
    t.settle()
    done = show(t, action)

    assert done["ttl"] == t.now_ms() // 1_000 + 14 * 86_400
    assert done["metadata"]["notes"]["sent"] == t.messages(text_messages)[0].id
    t.clock.move_to(done["ttl"] * 1_000 + 1)
    assert ask(t, "GET", f"/actions/{action}").status == 404


def runs_of(t, action, zone="UTC"):
    """When the runs of an action were due, on the clock of a zone."""
    responses = show(t, action)["metadata"]["executionResponses"]
    moments = (each["executionTime"] / 1_000 for each in responses)
    return [datetime.fromtimestamp(each, ZoneInfo(zone)).isoformat()[:16] for each in moments]


def at(text, zone="UTC"):
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1_000)


def overdue(t, text, zone, **more):
    """An action that was due long ago: all its runs happen now."""
    asked = {"repeat": True, "timezone": zone, "executionTime": at(text, zone)}
    action = made(t, **asked | more)
    t.settle()
    return action


def test_es_13_a_remainder_of_three_is_three_runs_to_the_millisecond(t):
    first = t.now_ms() + 10_017
    action = made(t, 10_017, repeat=True, frequency="TEN_MINS", executionRemainder=3)
    for run in range(3):
        assert show(t, action)["executionTime"] == first + run * 600_000
        until(t, first + run * 600_000)
    t.advance("1h")

    expected = [first + run * 600_000 for run in range(3)]
    assert [each.sent_ms for each in t.messages(text_messages)] == expected


@pytest.mark.parametrize(
    ("frequency", "third"),
    [
        ("TEN_MINS", "2027-01-31T09:50"),
        ("HOURLY", "2027-01-31T11:30"),
        ("DAILY", "2027-02-02T09:30"),
        ("WEEKLY", "2027-02-14T09:30"),
        ("MONTHLY", "2027-04-01T09:30"),
    ],
)
def test_es_14_runs_are_as_far_apart_as_their_frequency_says(t, frequency, third):
    action = overdue(t, "2027-01-31T09:30", "UTC", frequency=frequency, executionRemainder=3)

    assert len(runs_of(t, action)) == sent(t) == 3
    assert runs_of(t, action)[2] == third


def test_es_14_real_months_come_back_to_the_31st_at_the_time_of_the_zone(t):
    zone = "Europe/Paris"
    more = {"frequency": "CALENDAR_MONTH", "executionRemainder": 4}
    action = overdue(t, "2027-01-31T09:30", zone, **more)

    assert runs_of(t, action, zone) == [
        "2027-01-31T09:30",
        "2027-02-28T09:30",
        "2027-03-31T09:30",
        "2027-04-30T09:30",
    ]


def test_es_14_cron_keeps_to_the_clock_of_its_zone_when_that_is_changed(t):
    zone = "America/New_York"
    more = {"cron": "cron(0 9 ? * MON-FRI *)", "executionRemainder": 3}
    action = overdue(t, "2027-03-12T09:00", zone, **more)

    assert runs_of(t, action, zone) == ["2027-03-12T09:00", "2027-03-15T09:00", "2027-03-16T09:00"]


def test_es_13_cron_that_is_never_due_again_ends_before_its_remainder(t):
    more = {"cron": "cron(0 0 1 1 ? 2028)", "executionRemainder": 9}
    action = overdue(t, "2027-01-01T00:00", "UTC", **more)

    done = show(t, action)
    assert (done["status"], done["executionRemainder"], sent(t)) == ("COMPLETED", 7, 2)


def test_es_15_after_a_long_outage_all_runs_happen_and_none_twice(t):
    action = made(t, 1_000, repeat=True, frequency="TEN_MINS", executionRemainder=30)
    t.wait(due.pause())
    t.advance("8h")
    assert sent(t) == 0
    t.wait(due.resume())
    t.settle()

    done = show(t, action)
    assert (sent(t), done["executions"], done["status"]) == (30, 30, "COMPLETED")
    assert done["executionTime"] == done["firstExecutionTime"] + 29 * 600_000


# Until two minutes before


def test_es_4_an_action_is_changed_and_deleted_until_two_minutes_before_it_is_due(t):
    action = made(t, HOUR_MS)
    later = {
        "action": "SEND_ALERT",
        "data": {"recipient": "on-call@x.invalid", "messageType": "disk"},
    }
    body = later | {"executionTime": t.now_ms() + 2 * HOUR_MS, "metadata": {"by": "ann"}}
    got = ask(t, "PUT", f"/actions/{action}", body)
    assert (got.status, got.body["metadata"]["by"]) == (200, "ann")
    assert t.wait(due.depth())["waiting"] == 1  # the message of before was withdrawn

    t.advance("1h")
    assert sent(t) == 0
    t.advance("57m")
    assert ask(t, "PUT", f"/actions/{action}", body).status == 200
    t.advance("1m")
    for locked in (
        ask(t, "PUT", f"/actions/{action}", body),
        ask(t, "DELETE", f"/actions/{action}"),
    ):
        assert locked.status == 409
        assert "is locked" in locked.body["error"]["message"]
    t.advance("2m")
    assert [each.subject for each in t.letters(letters)] == ["disk"]
    assert ask(t, "PUT", f"/actions/{action}", body).status == 409


def test_es_4_what_is_deleted_never_runs(t):
    action = made(t, HOUR_MS, repeat=True, frequency="HOURLY", executionRemainder=9)
    t.advance("1h")
    assert ask(t, "DELETE", f"/actions/{action}").status == 204
    t.advance("10h")

    assert sent(t) == 1
    assert t.wait(due.depth())["waiting"] == 0
    assert ask(t, "DELETE", f"/actions/{action}").status == 404


# What becomes of a run


def test_es_5_an_action_whose_fulfilment_is_gone_runs_nothing_and_says_so(t):
    action = made(t, HOUR_MS)
    edit(t, action, action="BREW_COFFEE")
    t.advance("2h")

    assert statuses(t, action) == ["PENDING", "NO_ACTION"]
    assert t.wait(due.depth())["waiting"] == sent(t) == 0


def test_es_10_after_so_many_retries_it_has_failed_with_the_reason(t, world):
    world.answers = [503] * (MAX_RETRY + 2)
    action = task(t)
    t.drain("1h")

    failed = show(t, action)
    assert (failed["status"], failed["retryCount"]) == ("FAILED", MAX_RETRY)
    assert len(world.asked) == MAX_RETRY + 1
    assert "answered 503" in failed["metadata"]["log"][-1]["reason"]
    assert failed["ttl"] is None  # it waits for somebody


def test_es_10_what_never_fails_for_good_is_never_beyond_the_limit(t, world):
    world.answers = [503] * MAX_RETRY
    action = task(t)
    t.drain("1h")

    done = show(t, action)
    assert (done["status"], done["retryCount"], len(world.asked)) == ("COMPLETED", 0, MAX_RETRY + 1)


def test_es_11_each_retry_waits_longer_at_random_and_says_why(t, world):
    world.answers = [500, 502]
    action = task(t)
    t.settle()
    first = show(t, action)
    assert (first["status"], first["retryCount"]) == ("IN_PROGRESS", 1)
    assert "answered 500" in first["metadata"]["retryReason"]

    t.drain("10s")
    assert statuses(t, action) == ["PENDING", *["IN_PROGRESS"] * 3, "COMPLETED"]
    assert show(t, action)["metadata"]["notes"] == {"done": "recount"}


def test_es_11_all_tries_of_a_run_have_one_key_and_the_next_run_another(t, world):
    world.answers = [500, 200, 503]
    action = task(t, 0, repeat=True, frequency="HOURLY", executionRemainder=2)
    t.advance("2h")

    keys = [each.headers["idempotency-key"] for each in world.asked]
    assert keys == [f"{action}-1"] * 2 + [f"{action}-2"] * 2


def test_es_11_a_failed_action_is_tried_again_under_its_key_when_somebody_asks(t, world):
    world.answers = [400]
    action = task(t)
    t.drain("1h")
    assert show(t, action)["status"] == "FAILED"
    assert ask(t, "POST", f"/actions/{action}/retry").body["status"] == "PENDING"
    t.settle()

    assert show(t, action)["status"] == "COMPLETED"
    assert len({each.headers["idempotency-key"] for each in world.asked}) == 1
    assert t.messages(due_outside.dead_letters) == []
    assert ask(t, "POST", f"/actions/{action}/retry").status == 409


def test_es_11_a_dead_letter_that_is_redriven_is_tried_again_too(t, world):
    world.answers = [400]
    action = task(t)
    t.drain("1h")
    t.wait(due_outside.dead_letters.redrive())
    t.settle()

    assert show(t, action)["status"] == "COMPLETED"


def test_es_11_a_def_that_raises_undoes_what_it_did_and_is_tried_again(t):
    action = made(
        t,
        HOUR_MS,
        action="CHANGE_SUBSCRIPTION",
        data={"subscriptionId": "demo", "change": "CANCEL"},
    )
    before = t.wait(subscriptions.delete("demo"))
    t.advance("1h")
    assert show(t, action)["retryCount"] == 1
    t.wait(subscriptions.put(before))
    t.drain("10s")

    assert t.wait(subscriptions.get("demo"))["status"] == "CANCELLED"
    assert show(t, action)["status"] == "COMPLETED"


def test_es_3_a_downgrade_waits_for_the_end_of_the_cycle(t):
    data = {"subscriptionId": "demo", "change": "DOWNGRADE", "plan": "basic"}
    made(t, DAY_MS, action="CHANGE_SUBSCRIPTION", data=data)
    t.advance("23h")
    assert t.wait(subscriptions.get("demo"))["plan"] == "premium"
    t.advance("1h")
    assert t.wait(subscriptions.get("demo"))["plan"] == "basic"


def test_es_2_the_log_and_the_responses_are_bounded(t):
    more = {"repeat": True, "frequency": "TEN_MINS", "executionRemainder": LOG_MAX + 10}
    action = made(t, -DAY_MS, **more)
    t.settle()

    done = show(t, action)
    assert (done["status"], sent(t)) == ("COMPLETED", LOG_MAX + 10)
    assert len(done["metadata"]["log"]) == len(done["metadata"]["executionResponses"]) == LOG_MAX


def test_es_2_what_is_large_does_not_fill_the_row(t):
    large = {"action": "EXECUTE_TASK", "data": {"task": "t", "parameters": {"x": "y" * 70_000}}}
    assert post(t, HOUR_MS, **large).status == 422

    notes = brief({"long": "é" * 5_000})
    assert (list(notes), len(notes["cut"].encode()) <= NOTES_MAX) == (["cut"], True)
    assert brief({"short": 1}) == {"short": 1}


# The API


def test_es_16_actions_are_listed_and_counted_by_status(t, world):
    world.answers = [400] * 2
    waiting = [made(t, HOUR_MS * n) for n in (3, 1, 2)]
    failing = [task(t), task(t)]
    made(t, 0)
    t.drain("1m")

    counts = ask(t, "GET", "/actions/counts").body
    assert counts == {"PENDING": 3, "IN_PROGRESS": 0, "COMPLETED": 1, "FAILED": 2, "NO_ACTION": 0}
    first = ask(t, "GET", "/actions?status=PENDING&limit=2").body
    second = ask(t, "GET", f"/actions?status=PENDING&limit=2&page={first['next']}").body
    listed = [each["id"] for each in first["actions"] + second["actions"]]
    assert listed == [waiting[1], waiting[2], waiting[0]]
    assert second["next"] is None
    assert len(ask(t, "GET", "/actions").body["actions"]) == 6

    assert ask(t, "POST", "/actions/retry").body == {"count": 2, "more": False}
    t.settle()
    assert [show(t, each)["status"] for each in failing] == ["COMPLETED"] * 2


def test_es_16_old_actions_are_deleted_with_their_dead_letters(t, world):
    world.answers = [400]
    task(t)
    made(t, 0)
    kept = made(t, HOUR_MS)
    t.drain("1m")

    before = t.now_ms() + 1
    assert ask(t, "DELETE", f"/actions?before={before}").body == {"count": 1, "more": False}
    failed = ask(t, "DELETE", f"/actions?before={before}&status=FAILED")
    assert failed.body == {"count": 1, "more": False}
    assert t.messages(due_outside.dead_letters) == []
    assert ask(t, "DELETE", f"/actions?before={before}&status=PENDING").status == 400
    assert [each["id"] for each in ask(t, "GET", "/actions").body["actions"]] == [kept]


def test_es_16_do_8_failed_ones_are_retried_and_old_ones_deleted_on_their_rows(t, world):
    world.answers = [400, 400]
    failing = [task(t), task(t)]
    pending = made(t, HOUR_MS)
    t.drain("1m")

    assert t.wait(actions.act_all("retry-here", [*failing, pending])) == 2
    t.settle()
    assert t.wait(actions.counts("by-status")) == {"COMPLETED": 2, "PENDING": 1}

    assert t.wait(actions.act_all("delete-old", [*failing, pending])) == 2
    assert t.wait(actions.counts("by-status")) == {"PENDING": 1}


# What the original did not have


def test_es_18_webhooks_tell_what_was_executed_failed_and_retried_and_are_signed(t, world):
    world.answers = [500, 200, 400]
    task(t, 0, repeat=True, frequency="HOURLY", executionRemainder=2)
    t.advance("2h")

    assert world.events() == [
        ("action.retried", "1"),
        ("action.executed", "1"),
        ("action.failed", "2"),
    ]
    for request in world.told:
        signed_ms = int(request.headers["webhook-timestamp"]) * 1_000
        proof = hook.verify(dict(request.headers), request.content, signed_ms)
        assert proof.id == request.headers["webhook-id"]


def test_es_18_what_is_pending_and_was_missed_is_found_and_runs_once(t):
    lost, purged = made(t, HOUR_MS), made(t, HOUR_MS)
    edit(t, lost, message="")
    [_, message] = sorted(t.messages(due), key=lambda each: each.body)
    assert message.body == purged
    t.wait(due.withdraw(message.id))
    t.wait(watch().resume("missed"))
    t.advance("1h")
    t.advance("3m")

    assert [show(t, each)["status"] for each in (lost, purged)] == ["COMPLETED"] * 2
    assert sent(t) == 2


def test_es_18_what_waits_for_a_slow_fulfilment_is_late_and_not_missed(t):
    action = made(t, 1_000)
    t.wait(due.pause())
    t.wait(watch().resume("missed"))
    t.advance("1h")

    assert len(t.messages(due)) == 1
    assert statuses(t, action) == ["PENDING"]


# Whatever happens to the process


def asked_for(kind, t, **more):
    notice = Notice("s", "Ann", "T", "SMS", mobile="1")
    data = notice if kind is SendNotification else Task("recount")
    return kind(
        data=data, executionTime=t.now_ms() - HOUR_MS, repeat=True, frequency="HOURLY", **more
    )


def scheduled(name, asked, tx):
    stored(Action(name, "", {}, 0), asked, tx)


@pytest.mark.crash
def test_es_13_a_remainder_of_n_is_n_runs_wherever_the_process_dies(
    crash_points, world, monkeypatch
):
    monkeypatch.setenv("SCHEDULER_SECRET", SECRET)
    tries = Counter()

    def tasks(request):
        key = request.headers["idempotency-key"]
        tries[key] += 1
        return httpx.Response(503 if tries[key] == 1 else 200, json={})

    def scenario(t):
        tries.clear()
        t.wait(watch().pause("missed"))
        for name, kind in (("inside", SendNotification), ("outside", ExecuteTask)):
            asked = asked_for(kind, t, executionRemainder=3)
            t.wait(app.run(scheduled, name, asked))
        t.advance("1h")
        t.advance("10s")
        kept = t.wait(actions.scan()).items
        outcome = [
            (each.id, each.status, each.executions, each.executionRemainder) for each in kept
        ]
        hooks = {(each.key, each.body["data"]["run"]) for each in t.calls if each.url == WEBHOOKS}
        executed = sum(run.startswith("inside") for _, run in hooks)
        return outcome, sent(t), executed, sorted(tries)

    outside = {TASKS: tasks, WEBHOOKS: world.hooks}
    assert crash_points(scenario, app, outside=outside, every=8) > 5
