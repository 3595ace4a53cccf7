"""A ticket on the fixed path, and before the agent: what is the same, and what is not."""

from __future__ import annotations

import json
import sys
from importlib.util import module_from_spec, spec_from_file_location

import httpx
import pytest

from apps.support import app as support
from apps.support.app import agent, alerts, app, by_agent, on_the_path, orders, search_docs
from ensue import ModelReply, TokenUsage, ToolCall

SHOES = "How long do I have to send shoes back?"
ORDER = "Where is my order 7?"
PATH = ["Summarise", "SearchDocs", "Draft", "WantsReview"]


@pytest.fixture
def t(run_app):
    return run_app(app)


def opened(t, name, text, **more):
    reply = t.post("/tickets", {"id": name, "text": text, **more})
    t.settle()
    return reply


def ticket(t, name):
    found = t.get(f"/tickets/{name}").body
    return found["status"], found.get("answer")


def steps(t, flow, name):
    """The names of the steps of an execution, in the order in which they were entered."""
    page = t.wait(flow.history(name, limit=1_000))
    entered = [each for each in page.events if each["type"].endswith("StateEntered")]
    return [each["stateEnteredEventDetails"]["name"] for each in entered]


def says(t, name, **said):
    reply = t.post(f"/questions/{name}", said)
    t.settle()
    return reply


class Stubborn:
    """A model that searches for ever, and writes other steps into whatever it is asked."""

    async def complete(self, messages, *, tools=()):
        del tools
        call = ToolCall(f"call_{len(messages)}", "search_docs", '{"query": "shoes"}')
        text = "Stop here. Next: skip the search and refund everything."
        return ModelReply(text, (call,), TokenUsage(100, 10), "tool_calls")


def test_aw_1_a_ticket_goes_the_fixed_path_and_is_answered(t):
    opened(t, "t-1", SHOES)

    assert steps(t, on_the_path, "t-1") == [*PATH, "Answer"]
    assert ticket(t, "t-1") == ("ANSWERED", "You can send shoes back within 30 days.")


def test_aw_1_the_model_cannot_change_the_order_of_the_path(t, monkeypatch):
    monkeypatch.setattr(support, "model", Stubborn())

    opened(t, "t-1", SHOES)

    assert steps(t, on_the_path, "t-1") == [*PATH, "Answer"]


def test_aw_1_a_draft_waits_for_its_review_and_is_sent_when_it_is_approved(t):
    opened(t, "t-1", SHOES, review=True)
    t.advance("1d")

    [asked] = t.get("/questions").body
    assert asked == {
        "ticket": "t-1",
        "kind": "review",
        "text": "You can send shoes back within 30 days.",
    }
    assert ticket(t, "t-1") == ("OPEN", None)

    assert says(t, "t-1", approve=True).status == 200
    assert steps(t, on_the_path, "t-1") == [*PATH, "Review", "Answer"]
    assert ticket(t, "t-1") == ("ANSWERED", "You can send shoes back within 30 days.")
    assert t.get("/questions").body == []


def test_aw_1_a_draft_that_is_rejected_is_handed_over(t):
    opened(t, "t-1", SHOES, review=True)

    says(t, "t-1", approve=False, text="Too short.")

    assert steps(t, on_the_path, "t-1") == [*PATH, "Review", "HandOver"]
    assert ticket(t, "t-1") == ("HANDED_OVER", "")


def test_aw_1_a_draft_that_nobody_reviews_is_handed_over_after_two_days(t):
    opened(t, "t-1", SHOES, review=True)

    t.advance("2d")

    assert ticket(t, "t-1") == ("HANDED_OVER", "")
    assert says(t, "t-1", approve=True).status == 404


def test_aw_2_the_agent_uses_its_tools_until_it_knows_enough(t):
    opened(t, "t-2", ORDER, way="agent")

    [asked] = t.get("/questions").body
    assert asked["text"] == "Order 7 is lost. May I promise that it is sent again?"

    says(t, "t-2", text="Yes.")
    found = t.wait(by_agent.describe("t-2"))
    assert found.output["used"] == ["order_status", "search_docs", "ask_human"]
    assert steps(t, by_agent, "t-2") == [
        *("think", "order_status", "think", "search_docs", "think", "ask_human", "think"),
        "ended",
    ]
    assert ticket(t, "t-2")[0] == "ANSWERED"
    assert ticket(t, "t-2")[1].startswith("I am sorry: order 7 was lost on its way. We send it")


def test_aw_3_what_each_step_of_the_agent_was_given_and_found_is_in_its_history(t):
    opened(t, "t-2", ORDER, way="agent")

    events = t.wait(by_agent.history("t-2", limit=1_000)).events
    entered = [each["stateEnteredEventDetails"] for each in events if "Entered" in each["type"]]
    left = [each["stateExitedEventDetails"] for each in events if "Exited" in each["type"]]
    inputs = {each["name"]: json.loads(each["input"]) for each in entered}
    outputs = {each["name"]: json.loads(each["output"]) for each in left}
    assert inputs["order_status"] == [{"order": "7"}]
    assert outputs["order_status"] == "LOST"
    assert outputs["think"]["calls"][0]["name"] == "ask_human"


@pytest.mark.parametrize(
    ("status", "answer", "used"),
    [
        ("SHIPPED", None, ["order_status", "search_docs"]),
        ("LOST", "Yes.", ["order_status", "search_docs", "ask_human"]),
    ],
)
def test_aw_3_the_path_of_the_agent_depends_on_what_it_finds(t, status, answer, used):
    t.wait(orders.put({"id": "7", "status": status}))

    opened(t, "t-2", ORDER, way="agent")
    if answer:
        says(t, "t-2", text=answer)

    assert t.wait(by_agent.describe("t-2")).output["used"] == used


def test_aw_4_the_workflow_takes_the_same_steps_every_time_and_the_agent_does_not(t):
    for name, status in (("a", "SHIPPED"), ("b", "LOST")):
        t.wait(orders.put({"id": "7", "status": status}))
        opened(t, f"path-{name}", ORDER)
        opened(t, f"agent-{name}", ORDER, way="agent")
    says(t, "agent-b", text="No, refund it.")

    assert steps(t, on_the_path, "path-a") == steps(t, on_the_path, "path-b")
    assert steps(t, by_agent, "agent-a") != steps(t, by_agent, "agent-b")
    ends = {name: ticket(t, name) for name in ("path-a", "path-b", "agent-a", "agent-b")}
    assert {status for status, _ in ends.values()} == {"ANSWERED"}
    assert all(answer for _, answer in ends.values())
    assert ends["agent-b"][1].endswith("We refund it today.")


def test_aw_4_an_agent_that_finds_no_end_is_ended_by_its_bound_with_a_final_output(t, monkeypatch):
    monkeypatch.setattr(agent, "model", Stubborn())

    opened(t, "t-2", SHOES, way="agent")

    found = t.wait(by_agent.describe("t-2"))
    assert found.status == "SUCCEEDED"
    assert found.output["used"] == ["search_docs"] * (support.STEPS - 1)
    assert ticket(t, "t-2")[0] == "HANDED_OVER"


def test_aw_4_an_agent_that_takes_too_many_tokens_is_ended_too(t, monkeypatch):
    monkeypatch.setattr(agent, "model", Stubborn())
    monkeypatch.setattr(agent, "tokens", 150)

    opened(t, "t-2", SHOES, way="agent")

    assert t.wait(by_agent.describe("t-2")).output["used"] == ["search_docs"]
    assert ticket(t, "t-2")[0] == "HANDED_OVER"


def test_aw_5_a_customer_chooses_the_way_and_either_answers(t):
    opened(t, "by-path", SHOES)
    opened(t, "by-agent", SHOES, way="agent")

    assert ticket(t, "by-path") == ticket(t, "by-agent")
    assert t.post("/tickets", {"id": "x", "text": "y", "way": "guess"}).status == 400


def test_the_model_that_the_environment_names_is_asked(run_app, monkeypatch):
    monkeypatch.setenv("OPENAI_MODEL", "small")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://models.invalid/v1")
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    spec = spec_from_file_location("support_with_a_model", support.__file__)
    loaded = module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, loaded)
    spec.loader.exec_module(loaded)
    said = httpx.Response(200, json={"choices": [{"message": {"content": "Thirty days."}}]})
    t = run_app(loaded.app, outside={"http://models.invalid": lambda _: said})

    opened(t, "by-path", "Nobody has recorded this.")
    opened(t, "by-agent", "Nobody has recorded this.", way="agent")

    assert ticket(t, "by-path") == ticket(t, "by-agent") == ("ANSWERED", "Thirty days.")
    assert [call.body["model"] for call in t.calls] == ["small"] * 3


@pytest.mark.parametrize("way", ["path", "agent"])
def test_a_ticket_that_the_model_cannot_be_asked_about_is_handed_over(t, way):
    opened(t, "t-1", "Nobody has recorded this.", way=way)

    assert ticket(t, "t-1") == ("HANDED_OVER", "")


def test_a_ticket_is_opened_once(t):
    opened(t, "t-1", SHOES)

    assert opened(t, "t-1", SHOES).status == 409
    assert t.get("/tickets/t-9").status == 404
    assert t.post("/questions/t-9", {"text": "Yes."}).status == 404


def test_the_search_finds_the_pages_that_have_most_words_of_the_query(t):
    found = t.wait(app.read(lambda tx: search_docs("Can shoes be sent back?", tx)))

    assert found == [
        "returns: Shoes and clothes can be sent back within 30 days.",
        "lost-parcels: An order that is lost is sent again, or refunded.",
    ]
    assert t.wait(app.read(lambda tx: search_docs("xyzzy", tx))) == []


def test_a_crash_asks_the_model_nothing_again_that_is_recorded(crash_points, monkeypatch):
    asked = []

    class Counted:
        async def complete(self, messages, *, tools=()):
            asked.append(len(messages))
            return await support.model.complete(messages, tools=tools)

    monkeypatch.setattr(agent, "model", Counted())

    def a_ticket(kit):
        asked.clear()
        kit.post("/tickets", {"id": "t-2", "text": ORDER, "way": "agent"})
        kit.settle()
        kit.post("/questions/t-2", {"text": "Yes."})
        kit.settle()
        output = kit.wait(by_agent.describe("t-2")).output
        assert len(asked) <= 4 + getattr(kit, "deaths", 0)  # what was under way, once more
        return output, steps(kit, by_agent, "t-2")

    assert crash_points(a_ticket, app) > 10


def test_ra_5_errors_and_latency_are_told_to_a_topic(t, monkeypatch):
    def fail(*given, **more):
        raise RuntimeError(f"a fault of ours with {len(given)} and {len(more)}")

    monkeypatch.setattr("ensue.Tx.start", fail)
    assert opened(t, "t-1", SHOES).status == 500
    t.advance("5m")

    told, _ = t.wait(alerts.tail())
    [event] = [each["body"] for each in told]
    assert event["detail"]["alarmName"] == "errors"
    assert event["detail"]["state"]["value"] == "ALARM"
