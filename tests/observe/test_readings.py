"""Alarms on what goes through the apps."""

from __future__ import annotations

import pytest

from ensue import App, InvalidInput, NotFound
from ensue.testing import running


def shop() -> tuple[App, object]:
    app = App("shop")
    payments = app.queue("payments", max_receives=2)

    @payments.consumer(retry_base="1s", retry_cap="1s")
    def pay(message, tx):
        if message.body == "bad":
            raise ValueError("declined")

    @app.get("/fine")
    def fine() -> dict[str, str]:
        return {}

    @app.post("/broken")
    def broken() -> None:
        raise RuntimeError

    return app, payments


def states(t, *alarms):
    return [t.wait(each.status()).state for each in alarms]


def test_dead_letters_failed_attempts_and_refused_requests_raise_alarms():
    app, payments = shop()
    dead = app.alarm("dead", metric="depth", of=payments.dead_letters, threshold=">= 1")
    failed = app.alarm("failed", metric="failed", of=payments, threshold=">= 2")
    errors = app.alarm("errors", metric="errors", threshold=">= 1")
    broken = app.alarm("broken", metric="errors", of="POST /broken", threshold=">= 1")
    fine = app.alarm("fine", metric="errors", of="GET /fine", threshold=">= 1")
    slow = app.alarm("slow", metric="request_duration", of="GET /fine", threshold="> 30s")
    alarms = (dead, failed, errors, broken, fine, slow)
    with running(app) as t:
        t.advance("5m")
        assert states(t, *alarms) == ["OK"] * 6
        t.get("/fine")
        t.post("/broken")
        t.wait(payments.send("bad"))
        t.advance("5m")
        assert states(t, *alarms) == ["ALARM"] * 4 + ["OK"] * 2
        t.advance("5m")
        assert states(t, *alarms) == ["ALARM"] + ["OK"] * 5


def test_what_happened_in_a_period_counts_in_that_period_alone():
    app, payments = shop()
    sent = app.alarm("sent", metric="sent", of=payments, threshold=">= 1", period="10s")
    with running(app, start_ms=1_000_000_000_000) as t:
        t.wait(payments.send("good"))
        t.advance("10s")
        assert states(t, sent) == ["ALARM"]
        t.wait(payments.send("good"))
        t.advance("10s")
        t.advance("10s")
        assert states(t, sent) == ["OK"]
        assert t.wait(sent.changes())[0].reason.startswith(
            "Threshold Crossed: 1 out of the last 1 datapoints [0 "
        )


@pytest.mark.parametrize(
    ("asked", "error", "said"),
    [
        ({"metric": "speed"}, NotFound, "there is no metric 'speed'"),
        ({"metric": "errors"}, InvalidInput, "expected a metric of a queue, got 'errors'"),
        ({"metric": "errors", "of": "GET /nowhere"}, NotFound, "there is no route GET /nowhere"),
        ({"metric": "depth", "of": None, "statistic": "p95"}, InvalidInput, "of the whole app"),
    ],
)
def test_what_cannot_be_measured_is_refused_when_the_app_is_opened(asked, error, said):
    app, payments = shop()
    app.alarm("odd", **{"of": payments, "threshold": "> 1", **asked})
    with pytest.raises(error, match=said), running(app):
        pass


def test_the_depth_of_the_whole_app_is_that_of_its_fullest_queue_or_of_all():
    app, _ = shop()
    queues = [app.queue("a"), app.queue("b")]
    most = app.alarm("most", metric="depth", threshold=">= 3", period="5s")
    all_of_it = app.alarm("all", metric="depth", threshold=">= 3", statistic="sum", period="5s")
    size = app.alarm("size", metric="store_bytes", threshold=">= 0", period="5s", missing="ok")
    with running(app, start_ms=1_000_000_000_000) as t:
        for queue in queues:
            t.wait(queue.send(1))
            t.wait(queue.send(2))
        t.advance("5s")
        assert states(t, most, all_of_it, size) == ["OK", "ALARM", "OK"]
