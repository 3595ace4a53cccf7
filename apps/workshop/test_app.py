"""The workshop's story, the two failures of the naive one, and the defects of the original."""

from __future__ import annotations

import re

import httpx
import pytest

from apps.workshop import naive
from apps.workshop.app import (
    OUTBOX_FOR_S,
    SOURCE,
    app,
    complete,
    customers,
    events,
    handover,
    invoices,
    workshop,
)


@pytest.fixture
def t(run_app):
    running = run_app(app, start_ms=1_763_125_135_000)  # 2025-11-14T12:58:55Z
    new = {"repairId": "R-123", "customer": "ada@customers.invalid", "amount": 420}
    assert running.post("/repairs", new).status == 201
    running.settle()
    return running


def rows(t, prefix):
    return [row for row in t.wait(workshop.scan()).items if row.pk.startswith(prefix)]


def done(t, repair="R-123"):
    reply = t.post(f"/repairs/{repair}/complete")
    t.settle()
    return reply


class EventService:
    """The naive workshop's bus outside: takes events, or takes them and does not answer."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self.faults: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        fault = self.faults.pop(0) if self.faults else None
        if fault != "lost":
            self.taken.append(request.content)
        if fault is not None:
            raise httpx.ReadTimeout("no answer", request=request)
        return httpx.Response(200)


@pytest.fixture
def bus_outside():
    return EventService()


@pytest.fixture
def naively(run_app, bus_outside):
    return run_app(naive.app, outside={naive.EVENTS_URL.removesuffix("/events"): bus_outside})


def test_ob_5_the_naive_workshop_loses_the_event_when_publishing_times_out(naively, bus_outside):
    bus_outside.faults = ["lost"]

    reply = naively.post("/naive/repairs/R-123/complete")
    naively.drain()

    assert reply.status >= 500
    assert naively.wait(naive.repairs.get("R-123")).status == "COMPLETED"
    assert bus_outside.taken == []


def test_ob_5_the_naive_workshop_tells_twice_when_the_answer_was_lost(naively, bus_outside):
    bus_outside.faults = ["unanswered"]

    first = naively.post("/naive/repairs/R-123/complete")
    again = naively.post("/naive/repairs/R-123/complete")

    assert (first.status >= 500, again.status) == (True, 200)
    assert len(bus_outside.taken) == 2


def test_ob_1_completing_writes_the_business_row_and_the_outbox_row(t):
    t.hold()

    assert done(t).body == {
        "repairId": "R-123",
        "status": "COMPLETED",
        "completeAt": "2025-11-14T12:58:55Z",
    }

    [business], [outbox] = rows(t, "REPAIR#"), rows(t, "OUTBOX#")
    assert (business.pk, business.sk, business.status) == ("REPAIR#R-123", "META", "COMPLETED")
    assert outbox == {
        "pk": f"OUTBOX#{outbox.eventId}",
        "sk": "REPAIR#R-123",
        "entityType": "OUTBOX",
        "eventType": "RepairCompleted",
        "occurredAt": business.completeAt,
        "eventId": outbox.eventId,
        "repairId": "R-123",
        "expiresAt": 1_763_125_135 + OUTBOX_FOR_S,
    }


def test_ob_2_both_rows_are_written_or_none(t):
    def complete_and_fail(tx):
        complete("R-123", tx)
        raise RuntimeError("the process dies here")

    with pytest.raises(RuntimeError):
        t.wait(app.run(complete_and_fail))
    t.settle()

    assert [row.status for row in rows(t, "REPAIR#")] == ["OPEN"]
    assert rows(t, "OUTBOX#") == []
    assert t.events(events) == []


def test_ob_3_the_pipe_publishes_the_outbox_row_in_the_envelope(t):
    done(t)

    [event] = t.events(events)
    [outbox] = rows(t, "OUTBOX#")
    assert (event.detail_type, event.source) == ("OutboxEvent", "carworkshop.outbox")
    assert event.detail == {
        "eventId": outbox.eventId,
        "eventType": "RepairCompleted",
        "repairId": "R-123",
        "occurredAt": "2025-11-14T12:58:55Z",
        "source": SOURCE,
    }
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", event.detail.eventId)


def test_ob_4_the_envelope_and_the_detail_name_one_source(t):
    done(t)

    [event] = t.events(events)
    assert event.source == event.detail.source == SOURCE


def test_ob_5_the_customer_gets_the_invoice_and_the_section_its_notice(t):
    done(t)
    t.drain("1h")

    assert t.get("/invoices/R-123").body["amount"] == 420
    assert [each.to for each in t.letters(customers)] == ["ada@customers.invalid"]
    assert [each.subject for each in t.letters(handover)] == ["Repair R-123 is completed"]


def test_ob_6_completing_again_succeeds_and_tells_nobody_a_second_time(t):
    first, again = done(t), done(t)

    assert (first.status, again.status) == (200, 200)
    assert again.body == first.body
    assert len(t.events(events)) == len(rows(t, "OUTBOX#")) == 1


def test_ob_7_a_repair_that_does_not_exist_is_not_created(t):
    reply = done(t, "R-999")

    assert reply.status == 404
    assert [row.pk for row in t.wait(workshop.scan()).items] == ["REPAIR#R-123"]


def test_ob_8_a_change_of_an_outbox_row_emits_nothing(t):
    done(t)
    [outbox] = rows(t, "OUTBOX#")

    t.wait(workshop.update((outbox.pk, outbox.sk), "SET seen = :yes", yes=True))
    t.settle()

    assert len(t.events(events)) == 1


def test_ob_8_outbox_rows_end_and_their_removal_emits_nothing(t):
    done(t)

    t.advance(OUTBOX_FOR_S + 3_600)

    assert rows(t, "OUTBOX#") == []
    assert t.wait(events.count()) == 1
    assert t.wait(invoices.count()) == 1


def test_ob_8_consumers_act_once_though_an_event_is_told_again(t):
    done(t)
    [event] = t.events(events)

    t.wait(events.publish("OutboxEvent", dict(event.detail), source=SOURCE))
    t.drain("1h")

    assert len(t.events(events)) == 2
    assert (len(t.letters(customers)), len(t.letters(handover))) == (1, 1)
    assert t.wait(invoices.count()) == 1


def test_why_tells_the_whole_story_of_a_repair(t):
    done(t)
    t.drain("1h")

    told = str(t.why("R-123"))

    for name in ("POST /repairs/{repairId}/complete", "outbox", "invoice", "notify"):
        assert name in told


def test_a_repair_is_opened_once_and_shown(t):
    again = {"repairId": "R-123", "customer": "bob@customers.invalid", "amount": 1}

    assert t.post("/repairs", again).status == 409
    assert t.get("/repairs/R-123").body == {"repairId": "R-123", "status": "OPEN"}
    assert t.get("/repairs/R-1").status == 404
    assert t.get("/invoices/R-123").status == 404
