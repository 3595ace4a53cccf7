"""The two scenarios of EventBridge (EB-6), and the defects that must not be."""

from __future__ import annotations

import base64
import hmac
import json
from pathlib import Path

import httpx
import pytest

from apps.integrations.app import (
    BANK_URL,
    COURIER_URL,
    PHASES,
    accounts,
    app,
    bank,
    courier,
    crm,
    customers,
    events,
    factory,
    letters,
    registrations,
    shapes,
    statistics,
)

SECRET = "whsec_c2VjcmV0LW9mLXRoZS1jcm0="  # noqa: S105 - of this test
ADA = {"customer_id": "C-1", "name": "Ada", "email": "ada@customers.invalid", "country": "NZ"}
TABLE = {
    "customer": {"name": "Ada", "email": "ada@customers.invalid", "address": "1 Hill St"},
    "specification": {"piece": "table", "wood": "rimu", "size_mm": [1800, 900, 740]},
}
JANUARY_MS = 1_767_225_600_000  # 2026-01-01
MONTH_MS = 31 * 86_400_000
SHAPES = Path(__file__).parent / "shapes"


class Bank:
    """The bank outside: a token first, and then one account for each key."""

    def __init__(self) -> None:
        self.is_down = False
        self.loses_answers = 0
        self.accounts: dict[str, dict[str, str]] = {}
        self.tries: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if self.is_down:
            raise httpx.ConnectError("nobody there", request=request)
        if request.url.path.endswith("/token"):
            return httpx.Response(200, json={"access_token": "t-1", "token_type": "Bearer"})
        assert request.headers["authorization"] == "Bearer t-1"
        self.tries.append(request)
        wanted = json.loads(request.content)
        if "customer_id" not in wanted:
            return httpx.Response(422, json={"error": "whose account?"})
        opened = {"customer_id": wanted["customer_id"], "account": f"NZ-{len(self.accounts)}"}
        opened = self.accounts.setdefault(request.headers.get("idempotency-key", ""), opened)
        if self.loses_answers:
            self.loses_answers -= 1
            raise httpx.ReadTimeout("no answer", request=request)
        return httpx.Response(200, json=opened)


class Courier:
    """The courier outside, who notes what is to be collected."""

    def __init__(self) -> None:
        self.is_away = False
        self.asked: list[dict] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if self.is_away:
            return httpx.Response(503)
        self.asked.append(json.loads(request.content))
        return httpx.Response(202)


@pytest.fixture
def the_bank():
    return Bank()


@pytest.fixture
def the_courier():
    return Courier()


@pytest.fixture(autouse=True)
def secrets(monkeypatch):
    monkeypatch.setenv("CRM_SECRET", SECRET)
    monkeypatch.setenv("BANK_SECRET", "s-1")


@pytest.fixture
def t(run_app, the_bank, the_courier):
    outside = {BANK_URL: the_bank, COURIER_URL: the_courier}
    return run_app(app, outside=outside)


def says(t, data=ADA, event="e-1", secret=SECRET):
    """The CRM says that somebody registered, signed at the present time."""
    said = {"specversion": "1.0", "id": event, "source": "acme-crm", "type": "customer.registered"}
    body = json.dumps({**said, "data": data}).encode()
    seconds = t.now_ms() // 1_000
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.digest(key, f"{event}.{seconds}.".encode() + body, "sha256")
    headers = {
        "content-type": "application/cloudevents+json",
        "webhook-id": event,
        "webhook-timestamp": str(seconds),
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }
    return t.request("POST", "/webhooks/crm", body=body, headers=headers)


def ordered(t):
    order = t.post("/orders", TABLE).body["order_id"]
    t.settle()
    return order


def reach(t, order, *phases):
    replies = [t.post(f"/orders/{order}/phases", {"phase": phase}) for phase in phases]
    t.settle()
    return [reply.status for reply in replies]


def subjects(t):
    return [letter.subject for letter in t.letters(letters)]


# The CRM and the bank


def test_eb_6_who_registers_with_the_crm_has_an_account_and_the_answer_is_kept(t, the_bank):
    assert says(t).status == 202
    t.settle()

    [asked] = the_bank.tries
    assert json.loads(asked.content) == {
        "customer_id": "C-1",
        "holder": "Ada",
        "country": "NZ",
        "currency": "NZD",
    }
    assert t.get("/accounts/C-1").body == {"customer_id": "C-1", "account": "NZ-0"}
    assert t.get("/customers/C-1").body["email"] == "ada@customers.invalid"


def test_eb_6_an_hour_without_the_bank_loses_nobody_and_nobody_has_two_accounts(t, the_bank):
    the_bank.is_down = True
    for number in range(5):
        says(t, {**ADA, "customer_id": f"C-{number}"}, f"e-{number}")
    t.advance("1h")
    assert t.wait(accounts.count()) == 0
    assert len(t.messages(registrations)) == 5

    the_bank.is_down = False
    t.advance("10m")

    assert t.wait(accounts.count()) == 5
    assert len(the_bank.accounts) == 5
    assert t.messages(registrations) == t.messages(registrations.dead_letters) == []


def test_eb_6_an_answer_that_was_lost_opens_no_second_account(t, the_bank):
    the_bank.loses_answers = 3

    says(t)
    t.drain("1h")

    assert len(the_bank.tries) == 4
    assert len(the_bank.accounts) == 1
    assert t.wait(accounts.count()) == 1


def test_an_event_that_the_crm_says_again_is_one_event(t, the_bank):
    first, again = says(t), says(t)
    t.advance("1m")
    later = says(t)
    t.settle()

    assert [reply.body["is_new"] for reply in (first, again, later)] == [True, False, False]
    assert len(t.events(crm)) == len(the_bank.tries) == 1


def test_what_is_not_signed_by_the_crm_is_refused(t):
    guessed = "whsec_Z3Vlc3NlZC1ieS1zb21lYm9keQ=="

    assert says(t, secret=guessed).status == 401
    assert t.events(crm) == []


def test_the_bank_is_asked_ten_times_a_second_at_most(t, the_bank):
    for number in range(50):
        says(t, {**ADA, "customer_id": f"C-{number}"}, f"e-{number}")
    t.settle()
    before = len(the_bank.tries)
    t.advance("1s")

    assert 0 < before <= 11
    assert len(the_bank.tries) - before <= 11
    t.drain("1h")
    assert len(the_bank.accounts) == 50


def test_who_the_bank_refuses_is_a_dead_letter_with_the_reason(t):
    t.wait(registrations.send({"holder": "nobody"}))
    t.settle()

    [dead] = t.messages(registrations.dead_letters)
    assert dead.body == {"holder": "nobody"}
    assert "answered 422" in str(t.why(dead.id))


def test_eb_5_a_question_to_the_bank_is_answered_at_once(t):
    asked = {"customer_id": "C-9", "holder": "Eve", "country": "NZ", "currency": "NZD"}

    assert t.wait(bank.call(asked)) == {"customer_id": "C-9", "account": "NZ-0"}


# What events look like


def test_eb_1_an_event_has_the_fields_of_the_envelope(t):
    ordered(t)

    [event], _ = t.wait(events.tail())
    assert set(event) == {
        "version",
        "id",
        "detail-type",
        "source",
        "account",
        "time",
        "region",
        "resources",
        "detail",
    }
    assert (event["version"], event["source"]) == ("0", "furniture")
    assert event["detail"]["specification"] == TABLE["specification"]


def test_eb_3_what_the_crm_says_is_discovered_and_a_changed_shape_is_a_new_version_at_once(t):
    says(t)
    t.settle()
    says(t, {**ADA, "vip": True}, "e-2")
    t.settle()

    found = t.wait(shapes.versions("acme-crm@customer.registered"))
    assert [(each.version, each.origin) for each in found] == [(1, "discovered"), (2, "discovered")]
    assert "vip: bool | None" in t.wait(shapes.code("acme-crm@customer.registered"))


@pytest.mark.parametrize(
    ("subject", "file"),
    [
        ("acme-crm@customer.registered", "customer_registered.py"),
        ("furniture@OrderPlaced", "order_placed.py"),
        ("furniture@PhaseReached", "phase_reached.py"),
        ("furniture@AccountOpened", "account_opened.py"),
    ],
)
def test_eb_3_the_types_of_the_app_are_what_the_schemas_give(t, subject, file):
    says(t)
    t.settle()

    assert t.wait(shapes.code(subject)) == (SHAPES / file).read_text()


def test_eb_3_an_event_of_the_house_that_is_not_as_declared_is_refused(t):
    with pytest.raises(Exception, match=r"\$\.detail\.account"):
        t.wait(events.publish("AccountOpened", {"customer_id": "C-1", "account": 7}))
    assert t.events(events) == []


def test_no_rule_asks_for_what_no_event_has(t):
    says(t)
    t.settle()

    assert t.wait(shapes.doubts()) == []


# Furniture


def test_eb_6_the_factory_gets_the_specification_of_an_order(t):
    order = ordered(t)

    [work] = t.messages(factory)
    assert work.body == {"order_id": order, "specification": TABLE["specification"]}
    assert work.group == order


def test_eb_6_the_customer_is_told_at_each_phase_and_the_courier_when_it_is_ready(t, the_courier):
    order = ordered(t)
    assert reach(t, order, "sawn", "glued", "varnished") == [200, 200, 200]
    assert the_courier.asked == []

    reach(t, order, "ready")

    [asked] = the_courier.asked
    assert asked["type"] == "CollectionDue"
    assert asked["data"] == {
        "order_id": order,
        "deliver_to": TABLE["customer"],
        "size_mm": [1800, 900, 740],
    }
    reach(t, order, "collected", "delivered")
    assert subjects(t) == ["Your table is ordered"] + [f"Your table is {it}" for it in PHASES[1:]]


def test_eb_6_polling_is_beaten_nobody_asks_and_all_are_told_in_the_same_moment(t, the_courier):
    placed_ms = t.now_ms()

    order = ordered(t)
    reach(t, order, *PHASES[1:])

    assert t.now_ms() == placed_ms  # a poll each minute would have been 30 s late on average
    assert len(t.calls) == len(the_courier.asked) == 1
    assert len(subjects(t)) == len(PHASES)


def test_eb_5_the_customer_never_reads_ready_before_sawn_though_the_mail_is_away(t):
    t.wait(letters.pause())
    order = ordered(t)
    other = t.post("/orders", TABLE).body["order_id"]
    for phase in PHASES[1:]:
        reach(t, order, phase)
        reach(t, other, phase)
    assert subjects(t) == []

    t.wait(letters.resume())
    t.settle()

    told = [subject.rsplit(" ", 1)[1] for subject in subjects(t)]
    assert sorted(told) == sorted(["ordered", *PHASES[1:]] * 2)
    assert told.index("sawn") < told.index("ready")


def test_a_phase_that_is_said_again_is_no_news_and_one_out_of_order_is_refused(t):
    order = ordered(t)

    assert reach(t, order, "sawn", "sawn", "ready", "painted") == [200, 200, 409, 409]
    assert subjects(t) == ["Your table is ordered", "Your table is sawn"]
    assert reach(t, "none", "sawn") == [404]


def test_eb_2_one_event_goes_to_the_targets_of_several_rules_and_its_producer_knows_none(t):
    ordered(t)
    [event] = t.events(events)

    explained = {each.rule: each.matched for each in t.wait(events.explain(event.id))}

    assert explained["make"]
    assert explained["confirm"]
    assert not explained["inform"]
    assert not explained["statistics"]


def test_a_courier_who_is_away_for_an_hour_is_told_then(t, the_courier):
    the_courier.is_away = True
    reach(t, ordered(t), *PHASES[1:5])
    t.advance("1h")
    assert the_courier.asked == []
    [waits] = t.wait(courier.peek())
    assert "answered 503" in str(waits.error)

    the_courier.is_away = False
    t.advance("10m")

    assert len(the_courier.asked) == 1


# Later


def test_eb_5_a_new_consumer_gets_all_that_happened_after_a_dry_run(t):
    first, second = ordered(t), ordered(t)
    reach(t, first, *PHASES[1:])
    reach(t, second, "sawn")
    t.wait(events.enable("statistics"))

    preview = t.wait(events.replay("catch-up", to="statistics", dry_run=True))
    assert preview.targets == {"function count_phase": 9}
    assert t.wait(statistics.count()) == 0

    t.wait(events.replay("catch-up", to="statistics"))
    t.drain("1h")

    assert set(t.get(f"/statistics/{first}").body) == {"order_id", *PHASES}
    assert set(t.get(f"/statistics/{second}").body) == {"order_id", "placed", "sawn"}
    assert len(subjects(t)) == 9  # nobody else got them again


def test_orders_are_kept_for_a_year_and_other_events_for_a_week(run_app, tmp_path):
    store = f"sqlite:///{tmp_path}/ensue.db"
    january = run_app(app, store=store, start_ms=JANUARY_MS)
    order = ordered(january)
    january.wait(events.publish("AccountOpened", {"customer_id": "C-1", "account": "NZ-1"}))
    january.stop()

    t = run_app(app, store=store, start_ms=JANUARY_MS + MONTH_MS)
    t.advance("1h")
    assert [event.detail_type for event in t.events(events)] == ["OrderPlaced"]
    t.wait(events.enable("statistics"))
    t.wait(events.replay("a-month-later", to="statistics"))
    t.settle()

    counted = {"order_id": order, "placed": "2026-01-01T00:00:00Z"}
    assert t.get(f"/statistics/{order}").body == counted


@pytest.mark.crash
def test_nothing_of_a_customer_is_lost_or_doubled_wherever_the_process_dies(crash_points):
    def a_registration(t):
        says(t)
        t.drain("1h")
        return {
            "customers": t.wait(customers.count()),
            "accounts": t.wait(accounts.count()),
            "asked with": len({call.key for call in t.calls if call.url.endswith("/accounts")}),
        }

    assert crash_points(a_registration, app, outside={BANK_URL: Bank()}) > 10
