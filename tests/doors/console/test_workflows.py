"""The console's views of workflows: executions seen inside, compared and mended; approvals."""

from __future__ import annotations

import json
import re

import pytest

from apps.post_payment.app import app as payments
from apps.post_payment.app import post_payment, records
from ensue.doors.console import Modes
from ensue.doors.console.sections.workflows.answers import answer_of, fields_of_form
from ensue.doors.console.sections.workflows.faults import words_of
from ensue.doors.console.sections.workflows.waterfall import waterfall
from ensue.languages.states.draw.style import STYLE
from ensue.words.errors import InvalidValue
from tests.doors.console.flowing import Shop, order
from tests.doors.console.sample import consoled

SHIP = "/workflows/shop/ship"


def settled(kit, starting):
    kit.wait(starting)
    kit.settle()
    kit.advance("10s")


@pytest.fixture(scope="module")
def shop():
    return Shop()


@pytest.fixture(scope="module")
def visitor(shop):
    """A shop with an order that was shipped, and one whose charge has failed."""
    with consoled(shop.app) as made:
        settled(made.kit, shop.ship.start(order(1, 5), name="order-1"))
        settled(made.kit, shop.ship.start(order(3, 12), name="order-3"))
        yield made


def post(visitor, path, fields):
    """Send a form, with the token of the page where one is started."""
    workflow = "/".join(path.split("/")[:4]).replace("/approvals/", "/workflows/")
    page = visitor.get(f"{workflow}?tab=start").raw.decode()
    found = re.search(r'name="form_token" value="(\w+)"', page)
    return visitor.post(path, fields, token=found[1] if found else "")


def html(visitor, path):
    got = visitor.get(path)
    assert got.status == 200
    return got.raw.decode()


def test_all_workflows_tell_their_counts_and_what_failed_last(visitor):
    said = visitor.twin("/workflows")

    [ship] = [each for each in said["workflows"] if each["name"] == "ship"]
    assert (ship["counts"]["succeeded"], ship["counts"]["failed"]) == (1, 1)
    assert (ship["started_last_hour"], ship["failed_last_hour"]) == (2, 1)
    assert ship["last_failure"]["name"] == "order-3"
    assert "ConnectionError" in html(visitor, "/workflows")


def test_executions_are_filtered_by_status_and_by_the_beginning_of_their_names(visitor):
    def names(query):
        return [each["name"] for each in visitor.twin(f"{SHIP}?{query}")["executions"]]

    assert names("") == ["order-3", "order-1"]
    assert names("status=FAILED") == ["order-3"]
    assert names("prefix=order-1&status=SUCCEEDED") == ["order-1"]
    assert names("within=1h&limit=1") == ["order-3"]
    assert "No execution is like that" in html(visitor, f"{SHIP}?prefix=zebra")


def test_a_failed_execution_says_first_what_failed_where_and_what_to_do(visitor):
    page = html(visitor, f"{SHIP}/order-3")

    assert "the bank is closed until Monday" in page
    assert re.search(r"ConnectionError in <a[^>]*>Charge</a>", page)
    assert page.index("the bank is closed") < page.index("<svg xmlns")
    said = visitor.twin(f"{SHIP}/order-3")
    assert said["chosen"]["visit"]["state"] == "Charge"
    assert [each["outcome"] for each in said["chosen"]["visit"]["attempts"]] == ["failed"] * 3
    assert said["chosen"]["variables"] == {"parcel": "parcel 3"}


def test_each_state_of_the_graph_leads_to_its_data_which_has_an_address(visitor):
    page = html(visitor, f"{SHIP}/order-3")
    links = set(re.findall(r'<a class="\w+ \w+" href="([^"]+)"', page))
    assert f"/console{SHIP}/order-3?state=Label%20lines#state" in links
    assert not any("state=Done" in link for link in links)

    said = visitor.twin(f"{SHIP}/order-3?state=Label&visit=2")
    assert (said["chosen"]["input"], said["chosen"]["visit"]["index"]) == (
        {"sku": "mug", "n": 1},
        1,
    )
    assert said["chosen"]["output"] == {"label": "mug x 1"}
    assert visitor.get(f"{SHIP}/order-3?state=Nowhere").status == 404


def test_times_history_and_what_is_around_are_each_a_part_with_a_twin(visitor):
    times = html(visitor, f"{SHIP}/order-3?tab=time")
    assert "attempt 3 failed: ConnectionError" in times
    assert "style=" not in times

    history = visitor.twin(f"{SHIP}/order-3?tab=history&limit=2")["history"]
    assert [each["type"] for each in history["events"]] == ["ExecutionStarted", "TaskStateEntered"]
    assert history["next"] == 2
    assert history["events"][0]["details"]["input"]["id"] == 3
    assert visitor.twin(f"{SHIP}/order-3?tab=around")["family"]["children"] == []


def test_two_executions_are_compared_where_they_parted_and_in_their_data(visitor):
    said = visitor.twin(f"{SHIP}/compare?a=order-1&b=order-3")["comparison"]

    assert (said["parted"]["behind"], said["parted"]["a"], said["parted"]["b"]) == (
        "Charge",
        "Done",
        None,
    )
    assert [each["path"] for each in said["input"]] == ["$.id", "$.customer", "$.total"]
    page = html(visitor, f"{SHIP}/compare?a=order-1&b=order-3")
    assert "They parted behind Charge" in page
    assert "B failed there" in page


def test_a_fork_with_edited_data_goes_on_and_says_where_it_comes_from(visitor, shop):
    asked = visitor.twin(f"{SHIP}/order-3/fork")
    edited = {**asked["input"], "total": 0}
    assert asked["chosen"]["visit"]["state"] == "Charge"
    fields = {
        "state": "Charge",
        "visit": "1",
        "input": json.dumps(edited),
        "fork_name": "order-3-free",
    }

    done = post(visitor, f"{SHIP}/order-3/fork", fields)
    visitor.kit.settle()

    assert done.headers["location"] == f"/console{SHIP}/order-3-free"
    said = visitor.twin(f"{SHIP}/order-3-free")
    assert said["execution"]["status"] == "SUCCEEDED"
    assert said["execution"]["output"]["paid"] == {"charged": 0}
    assert said["family"]["origin"]["name"] == "order-3"
    assert "forked from" in html(visitor, f"{SHIP}/order-3-free")


def test_what_is_no_json_is_refused_and_nothing_is_started(visitor):
    before = visitor.twin(SHIP)["workflow"]["counts"]

    refused = post(visitor, f"{SHIP}/start", {"input": "{no"})

    assert refused.status == 400
    assert visitor.twin(SHIP)["workflow"]["counts"] == before


def test_an_execution_is_started_from_a_past_input_paused_resumed_and_stopped(visitor, shop):
    page = html(visitor, "/workflows/shop/review?tab=start&from=order-1")
    assert "&#34;approved&#34;" not in page
    assert "somebody 1" in html(visitor, f"{SHIP}?tab=start&from=order-1")
    place = "/workflows/shop/review"

    started = post(visitor, f"{place}/start", {"input": "{}", "name": "r-1"})
    visitor.kit.settle()
    assert started.headers["location"] == f"/console{place}/r-1"
    post(visitor, f"{place}/r-1/pause", {})
    assert visitor.twin(f"{place}/r-1")["execution"]["paused_ms"] is not None
    post(visitor, f"{place}/r-1/resume", {})
    post(visitor, f"{place}/r-1/stop", {"cause": "enough"})

    said = visitor.twin(f"{place}/r-1")["execution"]
    assert (said["status"], said["cause"]) == ("ABORTED", "enough")
    assert "enough" in html(visitor, f"{place}/r-1")


def test_a_failed_execution_is_redriven(visitor, shop):
    settled(visitor.kit, shop.ship.start(order(4, 40), name="order-4"))
    shop.bank_is_open = True

    post(visitor, f"{SHIP}/order-4/redrive", {})
    visitor.kit.settle()
    shop.bank_is_open = False

    said = visitor.twin(f"{SHIP}/order-4")["execution"]
    assert (said["status"], said["redrives"]) == ("SUCCEEDED", 1)


def test_a_function_is_seen_by_its_steps_and_told_events(visitor, shop):
    settled(visitor.kit, shop.refund.start(order(8, 5), name="refund-8"))
    place = "/workflows/shop/refund/refund-8"

    said = visitor.twin(place)
    assert [each["state"] for each in said["trace"]["visits"]] == ["note", "decide"]
    assert said["trace"]["stands"][0]["waits"] == "event"
    assert "see the approval" in html(visitor, place)
    post(visitor, f"{place}/event", {"event": "decide", "body": '{"approved": true, "cents": 7}'})
    visitor.kit.settle()

    assert visitor.twin(place)["execution"]["output"] == {"cents": 7}


def test_approvals_list_what_waits_without_its_token_and_are_answered_by_a_form(visitor, shop):
    settled(visitor.kit, shop.review.start(order(9, 5), name="review-9"))
    [message] = visitor.kit.wait(shop.desk.peek())[-1:]
    said = visitor.twin("/approvals?app=shop&workflow=review")
    [found] = [
        each for each in said["workflows"][0]["approvals"] if each["execution"] == "review-9"
    ]
    assert found["title"] == "Is this refund as agreed?"

    pages = [
        html(visitor, path)
        for path in (
            "/approvals",
            found["address"],
            "/workflows/shop/review/review-9?state=Decide",
            "/workflows/shop/review/review-9?tab=history",
            "/workflows/shop/review/review-9/fork",
        )
    ]
    assert [place for place, page in enumerate(pages) if message.body["token"] in page] == []
    assert 'name="answer.cents"' in pages[1]
    assert message.body["token"] not in found["address"]

    answer = {"answer.approved": "true", "answer.cents": "250", "answer.reason": "late"}
    done = post(visitor, f"{found['address']}/approve", answer)
    visitor.kit.settle()

    assert done.headers["location"] == "/console/approvals"
    output = visitor.twin("/workflows/shop/review/review-9")["execution"]["output"]
    assert output["decision"] == {"approved": True, "cents": 250, "reason": "late"}
    assert visitor.get(found["address"]).status == 404


def test_a_rejection_fails_what_waits_with_the_comment(visitor, shop):
    settled(visitor.kit, shop.refund.start(order(10, 5), name="refund-10"))
    [flow] = visitor.twin("/approvals?app=shop&workflow=refund")["workflows"]
    [found] = flow["approvals"]

    post(visitor, f"{found['address']}/reject", {"comment": "too late"})
    visitor.kit.settle()

    said = visitor.twin("/workflows/shop/refund/refund-10")["execution"]
    assert (said["status"], said["error"], said["cause"]) == ("FAILED", "Rejected", "too late")


def test_nothing_is_done_where_nothing_may_be_and_what_users_put_in_is_hidden(shop):
    with consoled(Shop().app, modes=Modes(read_only=True, masked=True)) as made:
        flow = made.kit._platform.resource("workflow", "ship", "shop")
        settled(made.kit, flow.start(order(3, 12), name="order-3"))

        page = html(made, f"{SHIP}/order-3")
        assert "somebody 3" not in page
        assert "Redrive" not in page
        assert "somebody 3" not in html(made, f"{SHIP}/order-3/fork")
        assert "somebody 3" not in html(made, f"{SHIP}/order-3?tab=history")
        assert post(made, f"{SHIP}/order-3/redrive", {}).status == 403


def test_a_failed_execution_of_the_post_payment_system_is_forked_and_succeeds():
    with consoled(payments) as made:
        kit, place = made.kit, "/workflows/post-payment/post-payment"
        paid = {"SessionId": "s-2", "CustomerId": "9", "PaymentStatus": "Failed", "Products": []}
        kit.wait(records.put(paid))
        kit.wait(post_payment.start({"SessionId": "nobody"}, name="nobody"))
        kit.drain()
        assert made.twin(f"{place}/nobody")["execution"]["error"] == "SessionNotFound"

        fields = {
            "state": "GetPaymentRecord",
            "visit": "1",
            "input": '{"SessionId": "s-2"}',
            "fork_name": "somebody",
        }
        assert post(made, f"{place}/nobody/fork", fields).status == 303
        kit.drain()

        said = made.twin(f"{place}/somebody")
        assert said["execution"]["status"] == "SUCCEEDED"
        assert said["family"]["origin"]["name"] == "nobody"


def visit(number, state, entered_ms, left_ms, **more):
    base = {"number": number, "state": state, "visit": 1, "kind": "Task", "outcome": "succeeded"}
    base |= {"entered_ms": entered_ms, "left_ms": left_ms, "within": None, "index": None}
    return {**base, "attempts": [], **more}


def attempt(at_ms, started_ms, ended_ms, error=None):
    outcome = "failed" if error else "succeeded"
    return {
        "at_ms": at_ms,
        "started_ms": started_ms,
        "ended_ms": ended_ms,
        "error": error,
        "outcome": outcome,
    }


def test_a_waterfall_has_bars_for_waits_and_work_and_marks_where_a_try_failed():
    tries = [attempt(0, 10, 20, "E"), attempt(50, 50, 100)]

    drawn = waterfall([visit(1, "A", 0, 100, attempts=tries)], 1, 0, 100)

    [row] = drawn.rows
    assert [(bar.kind, bar.x, bar.width) for bar in row.bars] == [
        ("whole", 0, 100),
        ("waiting", 0, 10),
        ("failed", 10, 10),
        ("succeeded", 50, 50),
    ]
    assert row.marks == ((20, "attempt 1 failed: E"),)
    assert drawn.ticks[0] == (0, "0")


def test_many_iterations_are_one_row_that_unfolds():
    many = [
        visit(number, "I", number, number + 1, within=1, index=number - 2)
        for number in range(2, 302)
    ]

    drawn = waterfall([visit(1, "M", 0, 400, kind="Map"), *many], 400, 0, 400)

    assert [row.label for row in drawn.rows] == ["M", "300 iterations"]
    assert (len(drawn.rows[1].rows), drawn.rows[1].more, drawn.more) == (200, 100, 99)


def test_a_form_takes_what_its_schema_says_and_nothing_else():
    schema = {
        "type": "object",
        "required": ["approved", "name"],
        "properties": {
            "approved": {"type": "boolean"},
            "name": {"type": "string"},
            "cents": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
            "rate": {"type": "number"},
            "kind": {"enum": ["a", "b"]},
            "more": {"$ref": "#/$defs/More"},
        },
        "$defs": {"More": {"type": "object"}},
    }
    fields = fields_of_form(schema)

    assert [field.kind for field in fields] == [
        "boolean",
        "text",
        "integer",
        "number",
        "choice",
        "json",
    ]
    given = {"answer.name": "x", "answer.cents": "3", "answer.more": '{"a": 1}', "other": "1"}
    assert answer_of(fields, given) == {
        "approved": False,
        "name": "x",
        "cents": 3,
        "more": {"a": 1},
    }
    with pytest.raises(InvalidValue, match="expected a number"):
        answer_of(fields, {"answer.cents": "much"})
    assert fields_of_form({"type": "array"}) is None
    assert answer_of(None, {"output": "[1]"}) == [1]


def test_a_cause_that_is_an_object_is_told_in_its_words():
    assert words_of('{"errorMessage":"no","errorType":"KeyError"}') == "no"
    assert words_of("{half") == "{half"


def test_the_rules_of_pictures_are_those_of_pictures_in_files(visitor):
    sheet = re.search(r'href="([^"]*workflows[^"]*\.css)"', html(visitor, "/workflows"))[1]
    served = visitor.get(sheet.removeprefix("/console")).raw.decode()

    assert STYLE[STYLE.index(".es .ground") :] in served
