"""What is likely wrong, and what mends it: the likeliest cause first."""

from __future__ import annotations

import httpx
import pytest

from ensue import App
from ensue.observe.diagnosis.diagnosis import Look
from ensue.observe.diagnosis.failing import outside_of
from ensue.testing import running
from ensue.words.findings import ERROR
from tests.engine.test_plans import plan


def refused(request):
    raise httpx.ConnectError("All connection attempts failed", request=request)


def shop() -> App:
    app = App("shop")
    payments = app.queue("payments", max_receives=3)

    @payments.consumer(retry_base="10s", retry_cap="10s")
    async def charge(message):
        await app.http.post("http://127.0.0.1:8081/payments", json=message.body)

    return app


def queue(app, name):
    return next(each for ref, each in app.resources.items() if ref.name == name)


def found(t):
    return t._platform.diagnosis()


def test_a_server_that_is_well_has_no_faults():
    app = shop()
    with running(app, outside={"http://127.0.0.1:8081": lambda _: httpx.Response(200)}) as t:
        t.wait(queue(app, "payments").send(1))
        t.drain()
        assert found(t) == []


def test_a_service_that_is_down_is_named_with_what_waits_for_it_and_what_to_redrive():
    app = shop()
    with running(app, outside={"http://127.0.0.1:8081": refused}) as t:
        payments = queue(app, "payments")
        for order in range(42):
            t.wait(payments.send({"order": order}))
        t.settle()
        [fault] = found(t)
        assert fault.rule == "outside.refuses"
        assert fault.severity == ERROR
        assert (
            fault.what == "http://127.0.0.1:8081 refuses connections since 03:14: 42 messages wait"
        )
        assert fault.error == (
            "ConnectError: All connection attempts failed, at http://127.0.0.1:8081"
        )
        assert fault.command == f"ensue why {fault.id}"
        assert t.why(fault.id).id
        t.drain()
        t.wait(payments.send({"order": 42}))
        t.settle()
        first, letters = found(t)
        assert first.command == "ensue dlq redrive payments-dlq"
        assert "Then `ensue dlq redrive payments-dlq`: 42 have died" in first.hint
        assert (letters.rule, letters.count) == ("dead.letters", 42)
        assert letters.what == "42 messages of queue payments died of ConnectError"


def test_a_handler_that_fails_is_told_by_its_error_and_the_key_that_it_holds_back():
    app = App("shop")
    orders = app.queue("orders")

    @orders.consumer(retry_base="1h", retry_cap="1h")
    def take(message, tx):
        if message.body == "bad":
            raise KeyError("total")

    with running(app) as t:
        for body in ("bad", "good", "good", "good"):
            t.wait(orders.send(body, group="ada"))
        t.wait(orders.send("good", group="bob"))
        t.settle()
        fails, held = found(t)
        assert (
            fails.what
            == "all that were tried again fail with KeyError since 03:14: 4 messages wait"
        )
        assert fails.error == "KeyError: 'total'"
        assert held.what == "a message that fails holds back 3 of its group"
        assert held.command == f"ensue withdraw orders {fails.id}"


def test_a_breaker_that_is_open_is_named_as_such():
    app = App("shop")
    calls = app.queue("calls")

    class CircuitOpen(Exception):
        pass

    @calls.consumer(retry_base="1h", retry_cap="1h")
    def call(message, tx):
        raise CircuitOpen("try again in 30 s")

    with running(app) as t:
        t.wait(calls.send(1))
        t.settle()
        [fault] = found(t)
        assert fault.rule == "breaker.open"
        assert fault.what == "a breaker is open since 03:14: 1 message waits"


def test_what_is_paused_is_an_error_once_something_waits_for_it():
    app = App("shop")
    orders = app.queue("orders")

    @orders.consumer()
    def take(message, tx):
        pass

    with running(app) as t:
        t.wait(orders.pause())
        [fault] = found(t)
        assert (fault.rule, fault.severity, fault.count) == ("paused", "warning", 0)
        assert fault.command == "ensue resume queue/orders"
        t.wait(orders.send(1))
        [fault] = found(t)
        assert (fault.severity, fault.count) == ("error", 1)


def test_a_raised_alarm_is_told_behind_what_has_raised_it():
    app = App("shop")
    orders = app.queue("orders", max_receives=1)
    app.alarm("dead", metric="depth", of=orders.dead_letters, threshold=">= 1")

    @orders.consumer()
    def take(message, tx):
        raise ValueError("no")

    with running(app) as t:
        t.wait(orders.send(1))
        t.advance("5m")
        letters, raised = found(t)
        assert (letters.rule, raised.rule) == ("dead.letters", "alarm.raised")
        assert raised.command == "ensue state dead"
        assert raised.error is not None
        assert raised.error.startswith("Threshold Crossed")


def test_a_backlog_that_grows_is_told_with_when_it_has_doubled():
    app = App("shop")
    orders = app.queue("orders")

    @orders.consumer(rate="1/s")
    def take(message, tx):
        pass

    with running(app) as t:
        for _ in range(10):
            for _ in range(30):
                t.wait(orders.send(1))
            t.advance("5s")
        [fault] = found(t)
        assert fault.rule == "backlog.grows"
        assert "a second more come than are done: twice as many in" in fault.what
        t.advance("2m")
        assert found(t) == []


def test_firings_that_were_missed_and_left_out_are_told():
    app = App("shop")
    out = app.queue("out")
    app.schedule("tick", "rate(5 minutes)", to=out, missed="skip")
    with running(app) as t:
        t.advance("5m")
        t.clock.move_to(t.now_ms() + 3_600_000)
        t.settle()
        [fault] = found(t)
        assert (fault.rule, fault.where) == ("missed.firings", "schedule schedules")
        assert fault.what == "firings that were missed are left out of 1 schedules, such as tick"
        assert fault.command == "ensue list schedules"


def test_a_clock_that_was_set_back_is_told(store, run_on):
    stage = run_on(store, shop())
    stage.wait(queue(stage.platform.apps[0], "payments").send(1))
    stage.do(lambda tx: tx.execute("UPDATE ensue_hops SET at_ms = at_ms + 3600000"))
    assert stage.platform.diagnosis()[0].rule == "store.ahead"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            "ConnectError: failed, at https://user:pass@Bank.example:8443/x?key=1",
            ("what it calls", "refuses connections"),
        ),
        (
            "ConnectError: failed, at https://bank.example:8443/x?key=1",
            ("https://bank.example:8443", "refuses connections"),
        ),
        ("ReadTimeout: at http://bank", ("http://bank", "does not answer in time")),
        (
            "HTTPStatusError: Server error '503 Service Unavailable' for url 'http://bank/x'",
            ("http://bank", "answers 503"),
        ),
        ("HTTPStatusError: Client error '404 Not Found' for url 'http://bank/x'", None),
        ("ValueError: http://bank", None),
    ],
)
def test_what_outside_an_error_is_about_is_a_server_and_nothing_more(error, said):
    assert outside_of(error) == said


def test_a_look_finds_all_by_indexes_and_scans_no_work(run_on, file_store):
    app = App("shop")
    orders = app.queue("orders")
    other = app.queue("other", max_receives=1)

    @orders.consumer(retry_base="1h", retry_cap="1h")
    def take(message, tx):
        raise ValueError("no")

    @other.consumer()
    def take_other(message, tx):
        raise ValueError("no")

    stage = run_on(file_store, app)
    for number in range(5):
        stage.wait(orders.send(number, group="a"))
        stage.wait(other.send(number))
    stage.settle()
    look = Look(stage.engine, stage.platform.traffic)
    said = plan(stage, look.at)
    assert "ensue_work_moved" in said
    assert "ensue_work_leased" in said
    assert "SCAN ensue_work" not in said
    assert "SCAN ensue_failures" not in said
