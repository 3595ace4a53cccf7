"""The loop in which a model uses tools, step by step."""

from __future__ import annotations

import json

import msgspec
import pytest

from ensue import (
    Agent,
    AgentResult,
    InvalidDeclaration,
    ModelReply,
    TokenUsage,
    TooLarge,
    ToolCall,
    Tx,
    Unreachable,
)
from ensue.agents import agent as agents
from ensue.languages.states.signals import Succeeded
from ensue.resources.workflow.routine.context import WorkflowContext
from ensue.words.errors import WorkflowChanged
from tests.resources.workflow.routine.world import World


class Model:
    """Answers what the test put into ``replies``, one by one, and keeps what was asked."""

    def __init__(self, *replies: ModelReply) -> None:
        self.replies = list(replies)
        self.asked = []

    async def complete(self, messages, *, tools=()):
        self.asked.append([(each.role, each.content) for each in messages])
        return self.replies.pop(0)


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
    tx.append(text)
    return f"noted {text}"


async def ask_human(question: str, ctx: WorkflowContext) -> str:
    """Ask a colleague."""

    def put(token: str, tx: Tx) -> None:
        tx.append(question)

    return await ctx.wait_for_token(put, name="put")


class Run:
    """An agent at a ticket, in an execution in memory."""

    def __init__(self, *replies, **options):
        self.model = Model(*replies)
        agent = Agent(self.model, tools=[search, note, ask_human], instructions="Help.", **options)

        async def workflow(ctx, task):
            return msgspec.to_builtins(await agent.run(ctx, task))

        self.world = World(workflow).start("My ticket")

    @property
    def result(self):
        return msgspec.convert(self.world.outcome.output, AgentResult)

    @property
    def asked(self):
        return self.model.asked

    def entered(self, key="name"):
        events = self.world.events
        return [each.details.get(key) for each in events if each.type == "TaskStateEntered"]

    def told(self):
        """What the tools told the model before it was asked last."""
        return [content for role, content in self.asked[-1] if role == "tool"]


def run(*replies, **options):
    found = Run(*replies, **options)
    found.world.finish()
    return found


def test_a_task_that_needs_no_tool_is_one_step():
    done = run(says("Done."))

    assert done.result == AgentResult("Done.", "answered", (), TokenUsage(1, 1))
    assert done.asked == [[("system", "Help."), ("user", "My ticket")]]
    assert done.entered() == ["think"]


def test_a_tool_is_a_step_and_the_model_is_told_what_it_found():
    done = run(wants("search", '{"query": "fees"}'), says("Free."))

    assert (done.result.text, done.result.used, done.result.usage.total) == (
        "Free.",
        ("search",),
        12,
    )
    assert done.entered() == ["think", "search", "think"]
    assert done.asked[1][2:] == [("assistant", ""), ("tool", '["about fees"]')]


def test_the_input_of_a_step_is_what_is_new_to_the_model():
    done = run(wants("search", '{"query": "fees"}'), says("Free."))

    [[first], [arguments], [second]] = done.entered("input")
    assert [each["role"] for each in first] == ["system", "user"]
    assert arguments == {"query": "fees"}
    assert [each["content"] for each in second] == ['["about fees"]']


def test_a_def_gets_the_transaction_of_its_step():
    done = run(wants("note", '{"text": "x"}'), says("Noted."))

    assert (done.world.effects, done.told()) == (["x"], ["noted x"])


def test_a_tool_with_a_ctx_takes_steps_of_its_own_and_may_wait():
    waiting = run(wants("ask_human", '{"question": "Refund?"}'), says("Refunded."))
    assert (waiting.world.effects, waiting.world.outcome) == (["Refund?"], None)

    world = waiting.world.crash()
    world.alive().signal(0, 2, Succeeded("Yes."))
    world.go().finish()

    assert waiting.entered() == ["think", "put", "think"]
    assert (waiting.told(), waiting.result.used) == (["Yes."], ("ask_human",))


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
def test_a_tool_that_fails_is_told_to_the_model_which_goes_on(call, error, said):
    done = run(call, says("Sorry."))

    told = json.loads(done.told()[0])
    assert (told["error"], done.result.text) == (error, "Sorry.")
    assert said in told["message"]


def test_more_calls_at_once_than_the_bound_are_refused_and_all_are_answered(monkeypatch):
    monkeypatch.setattr(agents, "CALLS_MAX", 1)
    calls = tuple(ToolCall(f"c{n}", "search", '{"query": "a"}') for n in range(2))

    done = run(ModelReply(calls=calls), says("Done."))

    first, second = done.told()
    assert first == '["about a"]'
    assert "at most 1 calls" in second


def test_a_result_beyond_the_bound_is_an_error_for_the_model(monkeypatch):
    monkeypatch.setattr(agents, "RESULT_BYTES_MAX", 100)

    done = run(wants("search", json.dumps({"query": "a" * 100})), says("Done."))

    assert json.loads(done.told()[0])["error"] == "TooLarge"


def test_the_bound_of_steps_ends_the_loop_before_the_tools_are_used_once_more():
    done = run(*[wants("search", '{"query": "a"}') for _ in range(5)], steps=3)

    assert (done.result.ended, done.result.used) == ("steps", ("search", "search"))
    assert len(done.asked) == 3


def test_the_bound_of_tokens_ends_the_loop():
    done = run(*[wants("search", '{"query": "a"}', tokens=40) for _ in range(5)], tokens=100)

    assert (done.result.ended, done.result.usage.total, len(done.asked)) == ("tokens", 120, 3)


def test_an_answer_that_the_provider_cut_is_no_whole_answer():
    done = run(ModelReply("Well, I", finish_reason="length"))

    assert (done.result.text, done.result.ended) == ("Well, I", "cut")


def test_a_model_that_cannot_be_asked_fails_the_run():
    done = run()

    assert (done.world.outcome.status, done.world.outcome.error) == ("FAILED", "IndexError")


def test_a_model_that_cannot_be_reached_is_asked_again_later():
    class Flaky(Model):
        async def complete(self, messages, *, tools=()):
            if not self.asked:
                self.asked.append("nobody answers")
                raise Unreachable("expected an answer, got none", retry_after_ms=30_000)
            return await super().complete(messages, tools=tools)

    agent = Agent(Flaky(says("Done.")))

    async def workflow(ctx, task):
        return (await agent.run(ctx, task)).text

    world = World(workflow).start("My ticket").finish()

    assert (world.outcome.output, world.calls) == ("Done.", ["think", "think"])
    assert world.now_ms == 1_030_000  # as the server asked for


def test_a_conversation_that_is_too_large_is_not_tried_again():
    class Small(Model):
        async def complete(self, messages, *, tools=()):
            raise TooLarge("expected a conversation of at most 100 bytes")

    agent = Agent(Small())

    async def workflow(ctx, task):
        return (await agent.run(ctx, task)).text

    world = World(workflow).start("My ticket").finish()

    assert (world.outcome.error, world.calls) == ("TooLarge", ["think"])


@pytest.mark.parametrize("crashes_at", range(6))
def test_a_crash_repeats_no_call_of_the_model_and_no_tool_that_was_recorded(crashes_at):
    found = Run(wants("search", '{"query": "a"}'), wants("note", '{"text": "x"}'), says("Done."))
    for _ in range(crashes_at):
        found.world.step()

    found.world.crash().finish()

    assert found.result.text == "Done."
    assert len(found.asked) == 3
    assert found.world.calls == ["think", "search", "think", "think"]
    assert found.world.effects == ["x"]


def test_code_that_no_longer_fits_its_record_is_no_error_of_a_tool():
    found = Run(wants("search", '{"query": "a"}'), wants("search", '{"query": "b"}'))
    found.world.step()
    found.world.step()
    found.world.crash()
    changed = Agent(Model(), tools=[note])

    async def workflow(ctx, task):
        return await changed.run(ctx, task)

    found.world.routine = workflow

    with pytest.raises(WorkflowChanged):
        found.world.alive()


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
