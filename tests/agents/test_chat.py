"""The client of language models, against a server that speaks the API over a real socket."""

from __future__ import annotations

import json

import pytest

from ensue import (
    App,
    ChatMessage,
    ChatModel,
    InvalidDeclaration,
    MissingSecret,
    ModelReply,
    Rejected,
    TokenUsage,
    Tool,
    TooLarge,
    ToolCall,
    Unreachable,
)
from ensue.agents import chat
from tests.agents.server import KEY, ChatServer

ASK = [ChatMessage("system", "Be short."), ChatMessage("user", "Hello?")]


async def search_docs(query: str, limit: int = 3) -> list[str]:
    """Search the documentation."""
    return [query] * limit


@pytest.fixture
def server():
    started = ChatServer()
    yield started
    started.close()


@pytest.fixture
def ask(server, file_store, run_on, monkeypatch):
    """Ask a model of the server: ``ask(messages, tools=...)``."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    app = App("support")
    environment = {"OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": KEY, "OPENAI_MODEL": "small"}
    model = ChatModel.from_environment(app, environment=environment, temperature=0)
    stage = run_on(file_store, app)
    return lambda messages=ASK, **options: stage.wait(model.complete(messages, **options))


def test_a_conversation_is_answered_with_a_text_and_what_it_cost(ask, server):
    server.answers = ["Hi."]

    reply = ask()

    assert reply == ModelReply("Hi.", (), TokenUsage(20, 5), "stop")
    assert server.asked == [
        {
            "model": "small",
            "temperature": 0,
            "messages": [
                {"role": "system", "content": "Be short."},
                {"role": "user", "content": "Hello?"},
            ],
        }
    ]


def test_a_model_calls_a_tool_and_is_told_what_it_found(ask, server):
    server.answers = [[("call_7", "search_docs", '{"query": "refunds"}')], "Within 30 days."]
    tools = [Tool(search_docs)]

    first = ask(tools=tools)
    found = ChatMessage("tool", '["refunds"]', call_id="call_7")
    last = ask([*ASK, first.message, found], tools=tools)

    assert first.calls == (ToolCall("call_7", "search_docs", '{"query": "refunds"}'),)
    assert (first.finish_reason, last.text) == ("tool_calls", "Within 30 days.")
    assert server.asked[0]["tools"] == [
        {
            "type": "function",
            "function": {
                "name": "search_docs",
                "description": "Search the documentation.",
                "parameters": {
                    "type": "object",
                    "properties": {
                        "query": {"type": "string"},
                        "limit": {"type": "integer", "default": 3},
                    },
                    "required": ["query"],
                    "additionalProperties": False,
                },
            },
        }
    ]


@pytest.mark.parametrize(
    ("status", "headers", "wait_ms"),
    [(429, {"Retry-After": "7"}, 7_000), (500, {}, 0), (503, {"Retry-After": "1"}, 1_000)],
)
def test_a_server_that_cannot_answer_now_says_when_to_come_back(
    ask, server, status, headers, wait_ms
):
    server.answers = [(status, headers, b'{"error":{"message":"later"}}')]

    with pytest.raises(Unreachable, match=f"answered {status}") as raised:
        ask()

    assert raised.value.retry_after_ms == wait_ms


def test_a_request_that_the_api_refuses_is_not_to_be_tried_again(ask):
    with pytest.raises(Rejected, match="must be a response to a preceeding tool call"):
        ask([*ASK, ChatMessage("tool", "7", call_id="nobody-asked")])


def test_a_wrong_key_is_refused_and_shown_to_nobody(ask, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-another-key")

    with pytest.raises(Rejected, match="Incorrect API key") as raised:
        ask()

    assert "sk-another-key" not in str(raised.value)


@pytest.mark.parametrize("answer", [b"{}", b'{"choices": []}', b"[1]", b"<html>"])
def test_an_answer_that_makes_no_sense_is_said_to_make_none(ask, server, answer):
    server.answers = [(200, {}, answer)]

    with pytest.raises(Rejected, match="expected"):
        ask()


def test_an_answer_without_end_is_cut_off(ask, server):
    server.answers = [(200, {}, b" " * 1_048_577)]

    with pytest.raises(TooLarge):
        ask()


def test_a_conversation_beyond_the_bound_is_not_sent(ask, server, monkeypatch):
    monkeypatch.setattr(chat, "REQUEST_BYTES_MAX", 100)

    with pytest.raises(TooLarge, match="at most 100 bytes"):
        ask()

    assert server.headers == []


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (
            {"content": None, "refusal": "I cannot."},
            ModelReply("I cannot.", finish_reason="content_filter"),
        ),
        # Some servers give arguments as objects, calls without ids, and no reason for the end.
        (
            {"tool_calls": [{"function": {"name": "f", "arguments": {"a": 1}}}]},
            ModelReply(calls=(ToolCall("call_0", "f", '{"a":1}'),), finish_reason="tool_calls"),
        ),
    ],
)
def test_what_servers_of_other_models_leave_out_is_made_good(ask, server, message, expected):
    server.answers = [(200, {}, json.dumps({"choices": [{"message": message}]}).encode())]

    assert ask() == expected


def test_an_answer_that_was_cut_says_so(ask, server):
    choice = {"message": {"content": "Well, I"}, "finish_reason": "length"}
    server.answers = [(200, {}, json.dumps({"choices": [choice]}).encode())]

    assert ask().finish_reason == "length"


@pytest.mark.parametrize("environment", [{}, {"OPENAI_API_KEY": KEY}])
def test_without_the_name_of_a_model_the_environment_names_none(environment):
    assert ChatModel.from_environment(App("support"), environment=environment) is None


def test_a_key_alone_means_the_server_of_openai():
    app = App("support")

    ChatModel.from_environment(app, environment={"OPENAI_API_KEY": KEY, "OPENAI_MODEL": "small"})

    [declared] = [each.declared() for each in app.resources.values() if each.ref.name == "model"]
    assert declared["url"] == "https://api.openai.com/v1/chat/completions"
    assert KEY not in str(declared)


def test_a_server_of_ones_own_needs_no_key():
    app = App("support")
    environment = {"OPENAI_BASE_URL": "http://127.0.0.1:11434/v1/", "OPENAI_MODEL": "tiny"}

    ChatModel.from_environment(app, environment=environment)

    [declared] = [each.declared() for each in app.resources.values() if each.ref.name == "model"]
    assert declared["url"] == "http://127.0.0.1:11434/v1/chat/completions"
    assert declared["connection"] is None


def test_a_model_without_a_server_or_a_name_is_refused_where_it_is_declared():
    app = App("support")
    with pytest.raises(InvalidDeclaration, match="a key in OPENAI_API_KEY, or a server"):
        ChatModel.from_environment(app, environment={"OPENAI_MODEL": "small"})
    with pytest.raises(InvalidDeclaration, match="name of a model"):
        ChatModel(app.destination("model", url="http://127.0.0.1/v1/chat/completions"), "")


def test_an_app_whose_key_is_gone_does_not_start(file_store, run_on, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    app = App("support")
    ChatModel.from_environment(app, environment={"OPENAI_API_KEY": KEY, "OPENAI_MODEL": "small"})

    with pytest.raises(MissingSecret, match="OPENAI_API_KEY"):
        run_on(file_store, app)
