"""Logs: where a line comes from, and what is not in it."""

from __future__ import annotations

import io
import json
import logging

import pytest

from ensue import App, Secret
from ensue.engine import secrets
from ensue.observe.logged import LogAs, Logged, log_as

CALLER = "4bf92f3577b34da6a3ce929d0e0e4736"
log = logging.getLogger("shop")


@pytest.fixture
def lines(run_app):
    """Run an app whose log is read: ``t, read = lines(app)``."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    log.addHandler(handler)
    log.setLevel(logging.INFO)

    def run(app, form="json"):
        t = run_app(app)
        writer = Logged(form)
        writer.watch(t._platform.engine, t._platform.actors)
        handler.setFormatter(writer)

        def read():
            said = written.getvalue().splitlines()
            return [json.loads(line) for line in said] if form == "json" else said

        return t, read

    yield run
    log.removeHandler(handler)
    log.setLevel(logging.NOTSET)


@pytest.fixture
def app():
    return App("shop")


def test_a_line_of_a_handler_says_who_it_is_what_caused_it_and_its_trace(app, lines):
    jobs = app.queue("jobs")

    @app.post("/jobs")
    def take(tx) -> str:  # type: ignore[no-untyped-def]
        log.info("taken")
        return tx.send(jobs, 1)

    @jobs.consumer()
    def work(message, tx):
        log.warning("%s things", 3)

    t, read = lines(app)
    sent = t.request("POST", "/jobs", headers={"traceparent": f"00-{CALLER}-{'1' * 16}-01"})
    t.settle()

    taken, worked = read()
    assert (taken["handler"], taken["app"], taken["trace_id"]) == ("POST /jobs", "shop", CALLER)
    assert taken["span_id"] == "1" * 16
    assert (worked["handler"], worked["app"]) == ("work", "shop")
    assert (worked["level"], worked["logger"], worked["message"]) == (
        "warning",
        "shop",
        "3 things",
    )
    assert worked["cause"] == sent.body
    assert worked["attempt"] == 1
    assert worked["trace_id"] == CALLER
    assert len(worked["span_id"]) == 16
    assert worked["time"].endswith("Z")


def test_an_action_says_the_same(app, lines):
    jobs = app.queue("jobs")

    @jobs.consumer()
    async def work(message):
        log.info("working")

    t, read = lines(app)
    sent = t.wait(jobs.send(1))
    t.settle()
    [line] = read()
    assert (line["handler"], line["cause"]) == ("work", sent)
    assert len(line["trace_id"]) == 32


def test_a_route_that_reads_says_who_it_is(app, lines):
    @app.get("/things")
    def things() -> None:
        log.info("looked")

    t, read = lines(app)
    t.get("/things")
    [line] = read()
    assert line["handler"] == "GET /things"
    assert "cause" not in line


def test_a_line_from_outside_any_handler_says_no_more_than_itself(app, lines):
    _, read = lines(app)
    log.info("begun")
    [line] = read()
    assert sorted(line) == ["level", "logger", "message", "time"]


def test_a_fault_is_in_the_same_line_by_the_names_of_the_conventions(app, lines):
    jobs = app.queue("jobs")

    @jobs.consumer()
    def work(message, tx):
        try:
            int("broken")
        except ValueError:
            log.exception("failed")

    t, read = lines(app)
    t.wait(jobs.send(1))
    t.settle()
    [line] = read()
    assert line["exception.type"] == "ValueError"
    assert "broken" in line["exception.message"]
    assert "int(" in line["exception.stacktrace"]


def test_as_text_a_line_is_for_people(app, lines):
    jobs = app.queue("jobs")

    @jobs.consumer()
    def work(message, tx):
        log.info("working")

    t, read = lines(app, form="text")
    sent = t.wait(jobs.send(1))
    t.settle()
    [line] = read()
    assert f"INFO    shop: working  [app=shop handler=work cause={sent} attempt=1 " in line


def test_a_secret_that_was_read_is_in_no_line(app, lines, monkeypatch):
    monkeypatch.setenv("SHOP_KEY", "sk-very-secret")
    monkeypatch.setattr(secrets, "_read", {})
    _, read = lines(app)
    key = Secret.env("SHOP_KEY").read()
    log.info("the key is %s", key)
    log.info("the key is %s", {"key": key})
    assert [line["message"] for line in read()] == ["the key is ***", "the key is {'key': '***'}"]


def test_what_is_left_out_of_logs_is_bounded_and_not_every_short_word(monkeypatch):
    monkeypatch.setattr(secrets, "_read", {})
    for n in range(secrets.READ_MAX + 1):
        secrets.note_read(f"secret-{n:05}")
    secrets.note_read("on")
    assert len(secrets._read) == secrets.READ_MAX
    assert secrets.without_secrets("secret-00000 secret-00001 on") == "secret-00000 *** on"


def test_a_log_is_written_so_only_where_somebody_asks():
    assert log_as(None, None) is None
    assert log_as("json", None) == LogAs("json", "warning")
    assert log_as(None, "info") == LogAs("text", "info")
