"""What is said between an app and a language model."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

Role: TypeAlias = Literal["system", "user", "assistant", "tool"]
FinishReason: TypeAlias = Literal["stop", "tool_calls", "length", "content_filter"]


class ToolCall(msgspec.Struct, frozen=True):
    """A model wants a tool to be used.

    Attributes:
        id: what the tool's answer refers to.
        name: of the tool.
        arguments: JSON text as the model wrote it; it may be none.
    """

    id: str
    name: str
    arguments: str


class ChatMessage(msgspec.Struct, frozen=True, omit_defaults=True):
    """A message of a conversation.

    Attributes:
        role: who says it: ``system``, ``user``, ``assistant`` (the model) or ``tool``.
        content: what is said.
        calls: the tools that the model wants to be used.
        call_id: which call a tool's message answers.
    """

    role: Role
    content: str = ""
    calls: tuple[ToolCall, ...] = ()
    call_id: str | None = None


class TokenUsage(msgspec.Struct, frozen=True):
    """How many tokens calls took: what a provider bills.

    Attributes:
        prompt_tokens: of what was sent.
        completion_tokens: of what came back.
    """

    prompt_tokens: int = 0
    completion_tokens: int = 0

    @property
    def total(self) -> int:
        """Both."""
        return self.prompt_tokens + self.completion_tokens

    def __add__(self, other: TokenUsage) -> TokenUsage:
        return TokenUsage(
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
        )


class ModelReply(msgspec.Struct, frozen=True):
    """What a model answered.

    Attributes:
        text: what it says; may be empty where it calls tools.
        calls: the tools that it wants to be used.
        usage: the tokens that the call took; zeros where the server does not say.
        finish_reason: ``stop``; ``tool_calls``; ``length`` when it was cut by a bound of tokens;
            ``content_filter`` when the provider kept something back.
    """

    text: str = ""
    calls: tuple[ToolCall, ...] = ()
    usage: TokenUsage = TokenUsage()
    finish_reason: FinishReason = "stop"

    @property
    def message(self) -> ChatMessage:
        """It as a message, for the next call."""
        return ChatMessage("assistant", self.text, self.calls)
