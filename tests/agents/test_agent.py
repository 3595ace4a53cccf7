"""The loop in which a model uses tools, step by step."""

from __future__ import annotations

import asyncio
import inspect
import json

import pytest

from ensue import (
    Agent,
    AgentResult,
    InvalidDeclaration,
    ModelReply,
    Rejected,
    TokenUsage,
    ToolCall,
    Tx,
    Unreachable,
)
from ensue.agents import agent as agents


class Model:
    """Answers what the test put into ``replies``, one by one, and keeps what was asked."""

    def __init__(self, *replies: ModelReply) -> None:
        self.replies = list(replies)
        self.asked = []

    async def complete(self, messages, *, tools=()):
        self.asked.append([(each.role, each.content) for each in messages])
        return self.replies.pop(0)


class Ctx:
    """Runs steps at once, and keeps their names and inputs."""

    def __init__(self) -> None:
        self.steps = []

    async def step(self, function, *arguments, name=None):
        self.steps.append((name, json.loads(json.dumps(arguments))))
        if inspect.iscoroutinefunction(function):
            return await function(*arguments)
        return function(*arguments, "the transaction")


def wants(name: str, arguments: str = "{}", tokens: int = 10) -> ModelReply:
    return ModelReply(
        calls=(ToolCall(f"call-{name}", name, arguments),),
        usage=TokenUsage(tokens, 0),
        finish_reason="tool_calls",
    )


def says(text: str) -> ModelReply:
    return ModelReply(text, usage=TokenUsage(1, 1))


async def search(query: str) -> list[str]:
    """Search the documentation."""
    if query == "down":
        raise Unreachable("expected an answer, got none")
    return [f"about {query}"]


def note(text: str, tx: Tx) -> str:
    """Note something."""
    return f"{text} in {tx}"


async def ask_human(question: str, ctx: Ctx) -> str:
    """Ask a colleague."""
    return await ctx.step(_answer, question, name="answer")


async def _answer(question: str) -> str:
    return f"yes to {question}"


@pytest.fixture
def ctx():
    return Ctx()


def run(ctx, *replies, **options):
    model = Model(*replies)
    agent = Agent(model, tools=[search, note, ask_human], instructions="Help.", **options)
    return asyncio.run(agent.run(ctx, "My ticket")), model


def test_a_task_that_needs_no_tool_is_one_step(ctx):
    result, model = run(ctx, says("Done."))

    assert result == AgentResult("Done.", "answered", (), TokenUsage(1, 1))
    assert model.asked == [[("system", "Help."), ("user", "My ticket")]]
    assert [name for name, _ in ctx.steps] == ["think"]


def test_a_tool_is_a_step_and_the_model_is_told_what_it_found(ctx):
    result, model = run(ctx, wants("search", '{"query": "fees"}'), says("Free."))

    assert (result.text, result.used, result.usage.total) == ("Free.", ("search",), 12)
    assert [name for name, _ in ctx.steps] == ["think", "search", "think"]
    assert model.asked[1][2:] == [("assistant", ""), ("tool", '["about fees"]')]


def test_the_input_of_a_step_is_what_is_new_to_the_model(ctx):
    run(ctx, wants("search", '{"query": "fees"}'), says("Free."))

    [(_, [first]), (_, [arguments]), (_, [second])] = ctx.steps
    assert [each["role"] for each in first] == ["system", "user"]
    assert arguments == {"query": "fees"}
    assert [each["content"] for each in second] == ['["about fees"]']


def test_a_def_gets_the_transaction_of_its_step_and_ctx_goes_to_what_takes_steps_of_its_own(ctx):
    result, model = run(
        ctx,
        wants("note", '{"text": "x"}'),
        wants("ask_human", '{"question": "Refund?"}'),
        says("Refunded."),
    )

    assert result.used == ("note", "ask_human")
    assert [name for name, _ in ctx.steps] == ["think", "note", "think", "answer", "think"]
    answers = [content for role, content in model.asked[-1] if role == "tool"]
    assert answers == ["x in the transaction", "yes to Refund?"]


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (wants("search", '{"query": "down"}'), "Unreachable", "expected an answer, got none"),
        (wants("search", '{"query": 7}'), "InvalidValue", "$.query"),
        (wants("search", "{"), "InvalidValue", "expected JSON"),
        (wants("dance"), "InvalidValue", "expected one of the tools search, note, ask_human"),
    ],
    ids=["it raised", "arguments that do not fit", "no JSON", "no such tool"],
)
def test_a_tool_that_fails_is_told_to_the_model_which_goes_on(ctx, call, error, said):
    result, model = run(ctx, call, says("Sorry."))

    told = json.loads(model.asked[1][-1][1])
    assert (told["error"], result.text) == (error, "Sorry.")
    assert said in told["message"]


def test_more_calls_at_once_than_the_bound_are_refused_and_all_are_answered(ctx, monkeypatch):
    monkeypatch.setattr(agents, "CALLS_MAX", 1)
    calls = tuple(ToolCall(f"c{n}", "search", '{"query": "a"}') for n in range(2))

    _, model = run(ctx, ModelReply(calls=calls), says("Done."))

    told = [content for role, content in model.asked[1] if role == "tool"]
    assert told[0] == '["about a"]'
    assert "at most 1 calls" in told[1]


def test_a_result_beyond_the_bound_is_an_error_for_the_model(ctx, monkeypatch):
    monkeypatch.setattr(agents, "RESULT_BYTES_MAX", 100)

    _, model = run(ctx, wants("search", json.dumps({"query": "a" * 100})), says("Done."))

    assert json.loads(model.asked[1][-1][1])["error"] == "TooLarge"


def test_the_bound_of_steps_ends_the_loop_before_the_tools_are_used_once_more(ctx):
    calls = [wants("search", '{"query": "a"}') for _ in range(5)]

    result, model = run(ctx, *calls, steps=3)

    assert (result.ended, result.used) == ("steps", ("search", "search"))
    assert len(model.asked) == 3


def test_the_bound_of_tokens_ends_the_loop(ctx):
    calls = [wants("search", '{"query": "a"}', tokens=40) for _ in range(5)]

    result, model = run(ctx, *calls, tokens=100)

    assert (result.ended, result.usage.total, len(model.asked)) == ("tokens", 120, 3)


def test_an_answer_that_the_provider_cut_is_no_whole_answer(ctx):
    result, _ = run(ctx, ModelReply("Well, I", finish_reason="length"))

    assert (result.text, result.ended) == ("Well, I", "cut")


def test_a_model_that_cannot_be_asked_fails_the_run(ctx):
    class Down:
        async def complete(self, messages, *, tools=()):
            raise Rejected("expected a conversation that was recorded")

    with pytest.raises(Rejected):
        asyncio.run(Agent(Down()).run(ctx, "My ticket"))


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ({"steps": 0}, "1 to 100 steps, got 0"),
        ({"steps": 101}, "1 to 100 steps"),
        ({"tokens": 0}, "at least 1 token"),
        ({"tools": [search, search]}, "different names"),
    ],
)
def test_an_agent_without_a_bound_or_with_two_tools_of_one_name_is_refused(options, fault):
    with pytest.raises(InvalidDeclaration, match=fault):
        Agent(Model(), **options)
