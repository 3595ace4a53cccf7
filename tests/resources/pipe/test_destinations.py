"""Pipes to what is outside, and by way of it."""

from __future__ import annotations

import json

import httpx
import pytest

from ensue import App, InputPath, RuleTarget


class Bank:
    """A service outside: notes what it is sent, and answers what the test says."""

    def __init__(self):
        self.status = 200
        self.asked = []

    def __call__(self, request):
        self.asked.append(json.loads(request.content))
        if self.status != 200:
            return httpx.Response(self.status)
        return httpx.Response(200, json={"id": self.asked[-1]["id"], "score": 7})


@pytest.fixture
def bank():
    return Bank()


@pytest.fixture
def app():
    return App("crm")


def run(run_app, app, bank):
    return run_app(app, outside={"https://bank.invalid": bank})


def test_a_destination_is_asked_on_the_way(run_app, app, bank):
    customers, out = app.table("customers", key="id"), app.queue("out")
    score = app.destination("score", url="https://bank.invalid/score")
    app.pipe(
        "scored",
        source=customers,
        enrich=score,
        enrich_input=InputPath("$.NewImage"),
        to=out,
        retry_base="1s",
    )
    t = run(run_app, app, bank)
    bank.status = 503

    t.wait(customers.put({"id": "c-1"}))
    t.settle()
    assert t.messages(out) == []
    bank.status = 200
    t.advance("10m")

    assert [each.body for each in t.messages(out)] == [{"id": "c-1", "score": 7}]
    assert bank.asked == [{"id": "c-1"}] * len(bank.asked)


def test_what_a_destination_refuses_for_good_is_dead_lettered_at_once(run_app, app, bank):
    customers, out = app.table("customers", key="id"), app.queue("out")
    score = app.destination("score", url="https://bank.invalid/score")
    app.pipe("scored", source=customers, enrich=score, to=out)
    t = run(run_app, app, bank)
    bank.status = 422

    t.wait(customers.put({"id": "c-1"}))
    t.settle()

    [letter] = t.messages(app.resources[score.ref._replace(kind="queue", name="scored-dlq")])
    assert letter.attributes["dead_letter"]["reason"].startswith("Rejected")
    assert t.messages(out) == []


def test_a_destination_as_a_target_tries_by_the_terms_of_the_pipe(run_app, app, bank):
    customers = app.table("customers", key="id")
    notify = app.destination("notify", url="https://bank.invalid/customers")
    letters = app.queue("letters")
    app.pipe(
        "tell",
        source=customers,
        input=InputPath("$.NewImage"),
        to=RuleTarget(notify, retries=1, dead_letters=letters),
    )
    t = run(run_app, app, bank)

    t.wait(customers.put({"id": "c-1"}))
    t.settle()
    assert bank.asked == [{"id": "c-1"}]
    bank.status = 503
    t.wait(customers.put({"id": "c-2"}))
    t.advance("1h")

    assert bank.asked == [{"id": "c-1"}, {"id": "c-2"}, {"id": "c-2"}]
    assert [each.body for each in t.messages(letters)] == [{"id": "c-2"}]
