"""What happens once an order is paid: the same for the state machine and for the async function."""

from __future__ import annotations

import asyncio
import json

import httpx
import pytest

from apps.post_payment import app as post
from apps.post_payment.app import (
    CENTRES_URL,
    DEFINITION,
    app,
    customers,
    grouped,
    inventory,
    orders,
    payments,
    post_payment,
    post_payment_python,
    records,
    reviews,
    support,
)
from apps.post_payment.sample import CENTRES, PANTS, SAMPLE, SESSION, SHOES, T_SHIRT
from ensue import InvalidValue

START_MS = 1_724_685_984_000  # 2024-08-26T15:26:24Z


class Centres:
    """The fulfilment centres: they take each order once, when they are well."""

    def __init__(self) -> None:
        self.taken: dict[tuple[str, str], int] = {}
        self.faults: dict[str, list[int]] = {}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        centre = request.url.path.split("/")[2]
        faults = self.faults.get(centre)
        if faults:
            return httpx.Response(faults.pop(0))
        key = (centre, json.loads(request.content)["SessionId"])
        self.taken[key] = self.taken.get(key, 0) + 1
        return httpx.Response(200, json={"arrivalDate": "2024-08-29"})


@pytest.fixture
def centres():
    return Centres()


@pytest.fixture(params=["states", "python"], autouse=True)
def flow(request, monkeypatch):
    """The flow that payments start: each test is for both."""
    monkeypatch.setattr(post, "FLOW", request.param)
    return post_payment if request.param == "states" else post_payment_python


@pytest.fixture
def t(run_app, centres):
    return run_app(app, start_ms=START_MS, outside={CENTRES_URL: centres})


def paid(t, session=SESSION, **changes):
    """A session whose payment has finished."""
    if changes:
        t.wait(records.put({**SAMPLE, "SessionId": session, **changes}))
    assert t.post("/payments", {"SessionId": session}).status == 202
    t.settle()


def stock(t):
    return [t.wait(inventory.get(each)).quantity for each in (T_SHIRT, PANTS, SHOES)]


def mails(t, mail):
    return [(each.to, each.subject) for each in t.letters(mail)]


def outputs(t, flow):
    """What each step gave, by its name; of several that are called alike, the last."""
    events = t.wait(flow.history(SESSION, limit=1_000)).events
    left = [each["stateExitedEventDetails"] for each in events if "Exited" in each["type"]]
    return {each["name"]: json.loads(each["output"]) for each in left if "output" in each}


def under_review(t, session=SESSION):
    return t.wait(reviews.get(session))


def test_pp_1_a_payment_event_starts_the_flow_with_the_session_and_nothing_else(t, flow):
    paid(t)

    found = t.wait(flow.describe(SESSION))
    assert found.input == {"SessionId": SESSION}
    assert found.output["Outcome"] == "COMPLETED"


def test_pp_2_a_session_is_kept_as_the_shop_gives_it(t):
    assert t.post("/sessions", SAMPLE).status == 201

    found = t.wait(records.get(SESSION))
    assert found.Products[0] == {
        "fulfillmentCenterId": CENTRES[0],
        "id": T_SHIRT,
        "name": "T-Shirt",
        "price": 10,
        "quantity": 5,
    }


def test_pp_3_the_record_is_found_by_its_key_and_mapped(t, flow):
    paid(t)

    found = outputs(t, flow)["MapPaymentRecord" if flow is post_payment else "claim_session"]
    whole = {"SessionId": SESSION, "PaymentStatus": "Success", "CustomerId": "123"}
    assert whole.items() <= found.items()
    last = found["Products"][2]
    assert (last["M"]["quantity"]["N"] if "M" in last else str(last["quantity"])) == "7"


@pytest.mark.parametrize("status", ["Failed", "success", "SUCCESS", "Pending"])
def test_pp_4_a_payment_that_is_not_success_is_told_to_customer_and_support_and_ends(
    t, flow, centres, status
):
    paid(t, PaymentStatus=status)

    assert mails(t, customers) == [
        ("customer-123@customers.invalid", "Your payment was not completed")
    ]
    assert mails(t, support) == [("support@shop.invalid", f"Payment not completed: {SESSION}")]
    assert (stock(t), centres.taken) == ([100, 100, 100], {})
    assert t.wait(flow.describe(SESSION)).output["Outcome"] == "PAYMENT_NOT_COMPLETED"


def test_pp_5_products_are_grouped_by_centre_in_order_and_numbers_are_texts():
    first, second = grouped(SAMPLE["Products"])

    assert [first["fulfillmentCenterId"], second["fulfillmentCenterId"]] == list(CENTRES)
    assert first["products"][1] == {
        "fulfillmentCenterId": CENTRES[0],
        "id": PANTS,
        "name": "Pants",
        "price": "15",
        "quantity": "2",
    }
    assert [each["name"] for each in first["products"]] == ["T-Shirt", "Pants"]
    assert [each["name"] for each in second["products"]] == ["Shoes"]


def test_pp_6_each_group_is_taken_from_the_stock_and_sent_to_its_centre(t, centres):
    paid(t)

    assert stock(t) == [95, 98, 93]
    assert centres.taken == {(centre, SESSION): 1 for centre in CENTRES}


def test_pp_7_the_customer_is_told_only_after_every_group_is_done(t, centres):
    centres.faults[CENTRES[1]] = [503]
    paid(t)

    assert (stock(t), mails(t, customers)) == ([95, 98, 93], [])

    t.drain("1h")
    [letter] = t.letters(customers)
    assert letter.subject == "Your order is on its way"
    assert "5 x T-Shirt (10 each), on 2024-08-29" in letter.text
    order = t.wait(orders.get(("123", SESSION)))
    assert [each["arrivalDate"] for each in order.Deliveries] == ["2024-08-29"] * 2
    assert mails(t, support) == []


def fails(order, tx):
    """Stands for `update_order_history`."""
    raise InvalidValue(f"expected a history that takes {order} in {tx}")


@pytest.mark.parametrize("step", ["group", "stock", "centre", "history"])
def test_pp_8_a_step_that_fails_is_logged_for_review_and_support_is_told(
    t, flow, centres, monkeypatch, step
):
    changes = {}
    if step == "group":
        changes = {"Products": [{"id": T_SHIRT, "name": "T-Shirt"}]}  # of no fulfilment centre
    elif step == "stock":
        t.wait(inventory.put({"id": PANTS, "quantity": 1}))
    elif step == "centre":
        centres.faults[CENTRES[0]] = [422]
    else:
        monkeypatch.setattr(post, "update_order_history", fails)

    paid(t, **changes)

    review = under_review(t)
    assert review.Execution == SESSION
    assert review.Error
    assert mails(t, support) == [("support@shop.invalid", f"Order {SESSION} needs a review")]
    found = t.wait(flow.describe(SESSION))
    assert (found.status, found.error) == ("FAILED", review.Error)


def test_pp_8_a_centre_that_does_not_answer_for_long_is_reviewed_after_its_retries(t, centres):
    centres.faults[CENTRES[0]] = [503] * 20

    paid(t)
    assert under_review(t) is None
    t.drain("1h")

    assert under_review(t).Error == "Unreachable"
    assert len(centres.faults[CENTRES[0]]) == 14  # tried once, and five times again
    assert len({each.key for each in t.calls if CENTRES[0] in each.url}) == 1


@pytest.mark.parametrize("session", ["no-such-session", "half"])
def test_pp_9_a_session_that_is_missing_or_not_whole_is_reviewed(t, flow, session):
    t.wait(records.put({"SessionId": "half", "PaymentStatus": "Success"}))

    paid(t, session)

    assert under_review(t, session) is not None
    assert t.wait(flow.describe(session)).status == "FAILED"
    assert len(t.letters(support)) == 1
    assert t.letters(customers) == []


def test_pp_10_an_event_that_comes_again_does_nothing_again(t, centres):
    paid(t)
    paid(t)
    t.wait(payments.publish("PaymentFinished", {"SessionId": SESSION}))
    t.settle()

    assert stock(t) == [95, 98, 93]
    assert set(centres.taken.values()) == {1}
    assert len(t.letters(customers)) == 1


def test_pp_10_a_run_under_another_name_finds_the_session_handled(t, flow):
    paid(t)

    t.wait(flow.start({"SessionId": SESSION}, name="by-hand"))
    t.settle()

    assert t.wait(flow.describe("by-hand")).output["Outcome"] == "ALREADY_HANDLED"
    assert stock(t) == [95, 98, 93]
    assert len(t.letters(customers)) == 1


def test_pp_10_what_a_centre_refused_is_parked_for_review_and_its_stock_stays_taken(t, centres):
    centres.faults[CENTRES[1]] = [422]

    paid(t)

    assert stock(t)[2] == 93
    assert under_review(t).Error == "Rejected"
    assert t.letters(customers) == []
    assert t.wait(orders.get(("123", SESSION))) is None


def test_pp_11_the_input_and_output_of_each_step_are_shown(t, flow):
    paid(t)

    events = t.wait(flow.history(SESSION, limit=1_000)).events
    entered = [each["stateEnteredEventDetails"] for each in events if "Entered" in each["type"]]
    inputs = {each["name"]: each["input"] for each in entered if "input" in each}
    found = outputs(t, flow)
    in_states = ("GroupProducts", "UpdateInventory", "SendToFulfilmentCentre")
    in_python = ("group", "update_inventory", "send_to_fulfilment")
    names = in_states if flow is post_payment else in_python
    assert all(json.loads(inputs[name]) for name in names)
    assert set(names) <= set(found)
    assert found[names[2]] == {"fulfillmentCenterId": CENTRES[1], "arrivalDate": "2024-08-29"}


def test_pp_11_the_definition_is_exported_as_the_file_has_it():
    assert json.loads(post_payment.definition) == json.loads(DEFINITION.read_text())


def test_pp_12_what_is_side_by_side_takes_the_time_of_the_slower(run_app, flow):
    slow_ms = dict(zip(CENTRES, (20_000, 25_000), strict=True))

    async def answer(request):
        come = asyncio.Event()
        centre = request.url.path.split("/")[2]
        t.clock.call_at(t.now_ms() + slow_ms[centre], come.set)
        await come.wait()
        return httpx.Response(200, json={"arrivalDate": "2024-08-29"})

    t = run_app(app, start_ms=START_MS, outside={CENTRES_URL: answer})
    paid(t)
    assert stock(t) == [95, 98, 93]  # while both centres are still at it
    t.advance("1m")

    found = t.wait(flow.describe(SESSION))
    assert found.output["Outcome"] == "COMPLETED"
    assert found.ended_ms - found.started_ms == 25_000


def test_the_outcome_is_the_same_wherever_the_process_dies(crash_points, flow, centres):
    def one_order(kit):
        assert kit.post("/payments", {"SessionId": SESSION}).status == 202
        kit.drain("1h")
        found = kit.wait(flow.describe(SESSION))
        [order] = kit.get("/customers/123/orders").body
        letters = [(each.to, each.subject, each.text) for each in kit.letters(customers)]
        sent = {(each.url, each.body["SessionId"]) for each in kit.calls}
        return stock(kit), order["Deliveries"], letters, sent, found.status, found.output

    assert crash_points(one_order, app, outside={CENTRES_URL: centres}) > 5
