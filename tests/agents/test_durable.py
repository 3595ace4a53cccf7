"""An agent in a workflow that runs, with a server of the API outside."""

from __future__ import annotations

import json

import httpx
import pytest

from ensue import Agent, App, ChatModel, Tx, WorkflowContext

URL = "http://models.invalid/v1"
CALL = {"id": "c1", "type": "function", "function": {"name": "note", "arguments": '{"text": "x"}'}}


class Server:
    """Answers in order what the test gave: a message, or a response as it is."""

    def __init__(self, *answers):
        self.answers = list(answers)

    def __call__(self, request):
        answer = self.answers.pop(0)
        if isinstance(answer, httpx.Response):
            return answer
        usage = {"prompt_tokens": 7, "completion_tokens": 3}
        return httpx.Response(200, json={"choices": [{"message": answer}], "usage": usage})


@pytest.fixture
def helper():
    app = App("helper")
    notes = app.table("notes", key="text")
    model = ChatModel.from_environment(
        app, environment={"OPENAI_BASE_URL": URL, "OPENAI_MODEL": "small"}
    )

    def note(text: str, tx: Tx) -> str:
        """Note something."""
        tx.put(notes, {"text": text})
        return "noted"

    agent = Agent(model, tools=[note])

    @app.workflow(name="resolve")
    async def resolve(ctx: WorkflowContext, task: str):
        return (await agent.run(ctx, task)).text

    app.notes, app.resolve = notes, resolve
    return app


def answers():
    return [{"tool_calls": [CALL]}, {"content": "Done."}]


def test_an_agent_asks_a_server_and_uses_its_tools_in_recorded_steps(run_app, helper):
    t = run_app(helper, outside={URL: Server(*answers())})

    t.wait(helper.resolve.start("Note x", name="one"))
    t.settle()

    assert t.wait(helper.resolve.describe("one")).output == "Done."
    assert t.wait(helper.notes.get("x")) is not None
    asked = [[each["role"] for each in call.body["messages"]] for call in t.calls]
    assert asked == [["user"], ["user", "assistant", "tool"]]
    assert len({call.key for call in t.calls}) == 2


def test_a_server_that_says_when_to_come_back_is_asked_then_under_the_same_key(run_app, helper):
    later = httpx.Response(429, headers={"Retry-After": "90"}, json={"error": {"message": "slow"}})
    t = run_app(helper, outside={URL: Server(later, *answers())})
    began_ms = t.now_ms()

    t.wait(helper.resolve.start("Note x", name="one"))
    t.drain("1h")

    found = t.wait(helper.resolve.describe("one"))
    assert (found.output, found.ended_ms - began_ms) == ("Done.", 90_000)
    first, again, second = [call.key for call in t.calls]
    assert first == again != second


def test_a_server_that_refuses_the_request_fails_the_execution_with_what_it_said(run_app, helper):
    refused = httpx.Response(400, json={"error": {"message": "no such model"}})
    t = run_app(helper, outside={URL: Server(refused)})

    t.wait(helper.resolve.start("Note x", name="one"))
    t.settle()

    found = t.wait(helper.resolve.describe("one"))
    assert (found.status, found.error) == ("FAILED", "Rejected")
    assert "no such model" in found.cause


def by_place(request):
    """A server that answers each conversation the same, however often."""
    told = json.loads(request.content)["messages"]
    return Server(answers()[len(told) // 2])(request)


def test_a_crash_at_any_commit_repeats_only_what_was_under_way_and_under_the_same_key(
    crash_points, helper
):
    def scenario(kit):
        kit.wait(helper.resolve.start("Note x", name="one"))
        kit.settle()
        assert len(kit.calls) <= 2 + getattr(kit, "deaths", 0)
        found = kit.wait(helper.resolve.describe("one"))
        return found.output, len({call.key for call in kit.calls})

    assert crash_points(scenario, helper, outside={URL: by_place}) > 5
