"""The loop in which a model uses tools until it knows enough, inside a durable workflow.

::

    task ─▶ think ──calls──▶ use each tool ─▶ think ─▶ ...
              └─────text────▶ answered         └─ at a bound ─▶ steps, tokens

Each call of the model and each tool that is used is a recorded step of the workflow. So a crash
repeats nothing that was recorded, above all no call that was paid for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, Protocol, TypeAlias

import msgspec

from ensue.agents.messages import ChatMessage, ModelReply, TokenUsage, ToolCall
from ensue.agents.model import LanguageModel
from ensue.agents.tools import Tool
from ensue.resources.workflow import Retry
from ensue.words import values
from ensue.words.errors import (
    EnsueError,
    InvalidDeclaration,
    InvalidValue,
    LimitExceeded,
    StepFailed,
    TooLarge,
    Unreachable,
    WorkflowChanged,
)
from ensue.words.shapes import as_plain
from ensue.words.values import Json
from ensue.words.wiring import Uses

STEPS = 10
STEPS_MAX = 100
TOKENS = 50_000
CALLS_MAX = 16
RESULT_BYTES_MAX = 65_536
THINK = "think"
LATER = (
    Retry(errors=(TooLarge,), max_attempts=0),  # it will not fit later either
    Retry(errors=(Unreachable, LimitExceeded), interval="4s", max_attempts=5, max_delay="1m"),
)

Ended: TypeAlias = Literal["answered", "cut", "steps", "tokens"]


class Steps(Protocol):
    """A workflow's ctx, as far as an agent needs one."""

    async def step(
        self,
        function: Callable[..., Any],
        *arguments: Any,  # noqa: ANN401 - whatever the function takes
        name: str | None = None,
        retry: Retry | Sequence[Retry] | None = None,
    ) -> Any:  # noqa: ANN401 - whatever it returns
        """Run a function as a recorded step."""


class AgentResult(msgspec.Struct, frozen=True):
    """What came of a task.

    Attributes:
        text: the final answer; where a bound ended the loop, what the model said last.
        ended: ``answered``; ``cut`` when the provider ended the answer early; ``steps`` or
            ``tokens`` when that bound ended the loop.
        used: the names of the tools that were used, in order.
        usage: the tokens that all calls took together.
    """

    text: str
    ended: Ended
    used: tuple[str, ...]
    usage: TokenUsage


class Agent(Uses):
    """A model that is given a task and tools, and decides what to do next until it can answer.

    A tool that fails does not end the loop: the model is told what failed, and goes on from there.

    Args:
        model: which decides.
        tools: what it may use: typed functions, or `Tool`.
        instructions: what it is told before each task.
        steps: how often it is asked at most, 1 to 100.
        tokens: after how many tokens it is not asked again.
        retry: when a model that could not be asked is asked again; by default five times, within
            some two minutes, where it could not be reached or told to wait.

    Raises:
        InvalidDeclaration: a tool cannot be one, two have one name, or a bound is none.
    """

    def __init__(
        self,
        model: LanguageModel,
        *,
        tools: Sequence[Tool | Callable[..., Any]] = (),
        instructions: str = "",
        steps: int = STEPS,
        tokens: int = TOKENS,
        retry: Retry | Sequence[Retry] | None = LATER,
    ) -> None:
        self.model = model
        self.tools = tuple(each if isinstance(each, Tool) else Tool(each) for each in tools)
        self.instructions = instructions
        self.steps = steps
        self.tokens = tokens
        self.retry = retry
        self._by_name = {each.name: each for each in self.tools}
        if len(self._by_name) < len(self.tools):
            raise InvalidDeclaration("expected tools with different names", at="tools")
        if not 1 <= steps <= STEPS_MAX:
            raise InvalidDeclaration(f"expected 1 to {STEPS_MAX} steps, got {steps}", at="steps")
        if tokens < 1:
            raise InvalidDeclaration(f"expected at least 1 token, got {tokens}", at="tokens")

    @property
    def uses(self) -> tuple[object, ...]:
        """Its model and its tools, for the map of what runs."""
        return (self.model, *(each.function for each in self.tools))

    async def run(self, ctx: Steps, task: str) -> AgentResult:
        """Work on a task until it is answered, or a bound is reached.

        Args:
            ctx: of the workflow that it runs in.
            task: what the model is to do.

        Raises:
            Exception: the model could not be asked, as its step failed.
        """
        messages = [ChatMessage("system", self.instructions)] if self.instructions else []
        messages.append(ChatMessage("user", task))
        used: list[str] = []
        usage = TokenUsage()
        told = 0
        for number in range(1, self.steps + 1):
            # What is new is the step's recorded input; what came before is in the steps before it.
            fresh, told = messages[told:], len(messages) + 1
            reply = await self._think(ctx, messages, fresh)
            usage += reply.usage
            messages.append(reply.message)
            if not reply.calls:
                is_whole = reply.finish_reason == "stop"
                return AgentResult(reply.text, "answered" if is_whole else "cut", (*used,), usage)
            if number == self.steps:
                break  # nobody would look at what the tools find
            if usage.total >= self.tokens:
                return AgentResult(reply.text, "tokens", (*used,), usage)
            for place, call in enumerate(reply.calls):
                found = await self._use(ctx, call, place)
                used.append(call.name)
                messages.append(ChatMessage("tool", found, call_id=call.id))
        return AgentResult(reply.text, "steps", (*used,), usage)

    async def _think(
        self, ctx: Steps, messages: list[ChatMessage], fresh: list[ChatMessage]
    ) -> ModelReply:
        async def think(_: list[ChatMessage]) -> ModelReply:
            return await self.model.complete(messages, tools=self.tools)

        reply: ModelReply = await ctx.step(think, fresh, name=THINK, retry=self.retry)
        return reply

    async def _use(self, ctx: Steps, call: ToolCall, place: int) -> str:
        """What a tool answers, or what went wrong, for the model."""
        try:
            if place >= CALLS_MAX:
                raise InvalidValue(f"expected at most {CALLS_MAX} calls at once")
            return _shown(await self._called(ctx, call))
        except WorkflowChanged:
            raise
        except StepFailed as fault:
            return _shown({"error": fault.error, "message": fault.cause})
        except EnsueError as fault:
            return _shown({"error": type(fault).__name__, "message": str(fault)})

    async def _called(self, ctx: Steps, call: ToolCall) -> Json:
        tool = self._by_name.get(call.name)
        if tool is None:
            known = ", ".join(self._by_name) or "none"
            raise InvalidValue(f"expected one of the tools {known}, got {call.name}")
        arguments = tool.read(call.arguments)
        if tool.takes_ctx:
            return as_plain(await tool.function(**tool.typed(arguments), ctx=ctx))
        found: Json = await ctx.step(_step_of(tool), arguments, name=tool.name)
        return found


def _step_of(tool: Tool) -> Callable[..., Any]:
    """A tool as a function of its plain arguments, which are the recorded input of the step."""
    if tool.is_action:

        async def act(arguments: dict[str, Json]) -> Json:
            return as_plain(await tool.function(**tool.typed(arguments)))

        return act

    def transact(arguments: dict[str, Json], tx: object) -> Json:
        return as_plain(tool.function(**tool.typed(arguments), tx=tx))

    return transact


def _shown(found: Json) -> str:
    """What a tool found, as the model reads it.

    Raises:
        TooLarge: it is larger than 64 KiB.
    """
    text = found if isinstance(found, str) else values.encode(found)
    if len(text.encode()) > RESULT_BYTES_MAX:
        raise TooLarge(f"expected a result of at most {RESULT_BYTES_MAX} bytes: ask for less")
    return text
