"""Conversations as the Chat Completions API writes them.

https://platform.openai.com/docs/api-reference/chat/create; servers of other models speak it too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from ensue.agents.messages import ChatMessage, FinishReason, ModelReply, TokenUsage, ToolCall
from ensue.agents.tools import Tool
from ensue.words.errors import InvalidValue, Rejected
from ensue.words.shapes import Shape
from ensue.words.values import Json, shown

_ENDS: dict[str | None, FinishReason] = {
    "length": "length",
    "content_filter": "content_filter",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
}


class _Function(msgspec.Struct):
    name: str
    arguments: str | dict[str, Any] = ""


class _Call(msgspec.Struct):
    function: _Function
    id: str = ""


class _Said(msgspec.Struct):
    content: str | None = None
    refusal: str | None = None
    tool_calls: list[_Call] | None = None


class _Choice(msgspec.Struct):
    message: _Said
    finish_reason: str | None = None


class _Used(msgspec.Struct):
    prompt_tokens: int = 0
    completion_tokens: int = 0


class _Answer(msgspec.Struct):
    choices: list[_Choice]
    usage: _Used | None = None


class _Kept(msgspec.Struct):
    """A message as it is written in a recording."""

    role: Literal["system", "user", "assistant", "tool"]
    content: str | None = None
    tool_calls: list[_Call] | None = None
    tool_call_id: str | None = None


_answers: Shape[_Answer] = Shape(_Answer)
_kept: Shape[_Kept] = Shape(_Kept)


def request_of(
    model: str, messages: Sequence[ChatMessage], tools: Sequence[Tool]
) -> dict[str, Any]:
    """The body of a request."""
    body: dict[str, Any] = {"model": model, "messages": [said(each) for each in messages]}
    if tools:
        body["tools"] = [
            {
                "type": "function",
                "function": {
                    "name": each.name,
                    "description": each.description,
                    "parameters": each.parameters,
                },
            }
            for each in tools
        ]
    return body


def said(message: ChatMessage) -> dict[str, Json]:
    """A message, as the API writes it."""
    found: dict[str, Json] = {"role": message.role, "content": message.content}
    if message.calls:
        found["content"] = message.content or None
        found["tool_calls"] = [
            {
                "id": each.id,
                "type": "function",
                "function": {"name": each.name, "arguments": each.arguments},
            }
            for each in message.calls
        ]
    if message.call_id is not None:
        found["tool_call_id"] = message.call_id
    return found


def read_message(given: object) -> ChatMessage:
    """A message that the API wrote.

    Raises:
        InvalidValue: it is none; says where.
    """
    kept = _kept.take(given)
    return ChatMessage(kept.role, kept.content or "", _calls(kept.tool_calls), kept.tool_call_id)


def read_reply(given: object, at: str) -> ModelReply:
    """What a server answered.

    Args:
        given: the answer.
        at: who answered, for the error.

    Raises:
        Rejected: it is no answer of the API.
    """
    try:
        answer = _answers.take(given)
    except InvalidValue as fault:
        raise Rejected(
            f"expected an answer of the Chat Completions API: {fault}; got {shown(given)}", at=at
        ) from None
    if not answer.choices:
        raise Rejected("expected an answer with a choice, got none", at=at)
    first = answer.choices[0]
    calls = _calls(first.message.tool_calls)
    used = answer.usage or _Used()
    refused = first.message.refusal
    return ModelReply(
        text=first.message.content or refused or "",
        calls=calls,
        usage=TokenUsage(used.prompt_tokens, used.completion_tokens),
        finish_reason=_end(first.finish_reason, has_calls=bool(calls), refused=bool(refused)),
    )


def _end(given: str | None, *, has_calls: bool, refused: bool) -> FinishReason:
    """Why it ended; some servers say ``stop`` although they call tools, or nothing at all."""
    if refused:
        return "content_filter"
    return _ENDS.get(given, "tool_calls" if has_calls else "stop")


def _calls(given: Sequence[_Call] | None) -> tuple[ToolCall, ...]:
    """The calls; where a server gives none an id, the place of the call stands for it."""
    return tuple(
        ToolCall(each.id or f"call_{place}", each.function.name, _text(each.function.arguments))
        for place, each in enumerate(given or ())
    )


def _text(arguments: str | dict[str, Any]) -> str:
    """Arguments as text; some servers give the object itself."""
    if isinstance(arguments, str):
        return arguments
    return msgspec.json.encode(arguments).decode()
