"""Models that answer from what was recorded, and one that records.

A recording has a conversation on each line, in the words of the Chat Completions API::

    {"tools": ["search_docs"], "messages": [{"role": "user", ...}, {"role": "assistant", ...}]}

Wherever a conversation goes on with a message of the model, that message is the answer to what came
before it. ``usage`` beside ``messages`` is that of each such message.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from ensue.agents.messages import ChatMessage, ModelReply, TokenUsage
from ensue.agents.model import LanguageModel
from ensue.agents.tools import Tool
from ensue.agents.wire import read_message, said
from ensue.words.errors import InvalidInput, InvalidValue, Rejected
from ensue.words.wiring import Uses

NEAR = "The nearest recorded conversation differs"


@dataclass(frozen=True)
class _Recorded:
    """A conversation that was recorded."""

    tools: tuple[str, ...]
    messages: tuple[ChatMessage, ...]
    usage: TokenUsage

    def shared(self, messages: Sequence[ChatMessage]) -> int:
        """How many messages it begins with that another conversation begins with."""
        count = 0
        for ours, theirs in zip(self.messages, messages, strict=False):
            if ours != theirs:
                break
            count += 1
        return count

    def answer_to(
        self, messages: Sequence[ChatMessage], tools: tuple[str, ...]
    ) -> ModelReply | None:
        """What the model said after these messages; None when that is not recorded."""
        place = len(messages)
        if self.tools != tools or place >= len(self.messages) or self.shared(messages) < place:
            return None
        after = self.messages[place]
        if after.role != "assistant":
            return None
        return ModelReply(
            after.content, after.calls, self.usage, "tool_calls" if after.calls else "stop"
        )


class RecordedModel:
    """A model that answers as recorded, and refuses what was not.

    The same conversation has the same answer every time; of two that were recorded, the first.

    Args:
        conversations: each with ``messages``, and with ``tools`` and ``usage`` where there are any.

    Raises:
        InvalidValue: one is no conversation; says which and where.
    """

    def __init__(self, conversations: Iterable[object]) -> None:
        self._conversations = [
            _read(each, f"conversation {number}") for number, each in enumerate(conversations, 1)
        ]

    @classmethod
    def load(cls, path: str | Path) -> RecordedModel:
        """What a file has recorded.

        Raises:
            InvalidInput: a line of it is no conversation, or it cannot be read.
        """
        try:
            lines = Path(path).read_text(encoding="utf-8").splitlines()
            return cls([msgspec.json.decode(line) for line in lines if line.strip()])
        except (OSError, UnicodeError, msgspec.DecodeError, InvalidValue) as fault:
            raise InvalidInput(f"expected a recording: {fault}", at=str(path)) from None

    async def complete(
        self, messages: Sequence[ChatMessage], *, tools: Sequence[Tool] = ()
    ) -> ModelReply:
        """Answer as recorded.

        Raises:
            Rejected: this conversation is not recorded; says how the nearest one differs.
        """
        names = tuple(each.name for each in tools)
        for each in self._conversations:
            found = each.answer_to(messages, names)
            if found is not None:
                return found
        raise self._unexpected(messages, names)

    def _unexpected(self, messages: Sequence[ChatMessage], tools: tuple[str, ...]) -> Rejected:
        fault = "expected a conversation that was recorded"
        if not self._conversations:
            return Rejected(fault, hint="Nothing is recorded.")
        nearest = max(
            self._conversations, key=lambda each: (each.shared(messages), each.tools == tools)
        )
        place = nearest.shared(messages)
        if place == len(messages) and nearest.tools != tools:
            return Rejected(
                fault,
                at="tools",
                hint=f"{NEAR}: its tools are {_listed(nearest.tools)}, got {_listed(tools)}.",
            )
        recorded = nearest.messages[place] if place < len(nearest.messages) else None
        got = messages[place] if place < len(messages) else None
        hint = f"{NEAR}: it has {_said(recorded)}, got {_said(got)}."
        return Rejected(fault, at=f"message {place + 1}", hint=hint)


class RecordingModel(Uses):
    """Passes on to another model, and writes down what is said: for a `RecordedModel`.

    Args:
        model: which answers.
        path: the file to add to; its folder must be there.
    """

    def __init__(self, model: LanguageModel, path: str | Path) -> None:
        self._model = model
        self._path = Path(path)

    @property
    def uses(self) -> tuple[object, ...]:
        """The other model, for the map of what runs."""
        return (self._model,)

    async def complete(
        self, messages: Sequence[ChatMessage], *, tools: Sequence[Tool] = ()
    ) -> ModelReply:
        """Have it answered, and write the conversation down.

        Raises:
            EnsueError: whatever the model raises; then nothing is written.
        """
        reply = await self._model.complete(messages, tools=tools)
        kept: dict[str, Any] = {
            "tools": [each.name for each in tools],
            "usage": reply.usage,
            "messages": [said(each) for each in (*messages, reply.message)],
        }
        await asyncio.to_thread(self._add, msgspec.json.encode(kept) + b"\n")
        return reply

    def _add(self, line: bytes) -> None:
        with self._path.open("ab") as file:
            file.write(line)


class _Conversation(msgspec.Struct, forbid_unknown_fields=True):
    messages: list[Any]
    tools: list[str] = []
    usage: TokenUsage = TokenUsage()


def _read(given: object, at: str) -> _Recorded:
    try:
        found = msgspec.convert(given, _Conversation)
        messages = tuple(read_message(each) for each in found.messages)
    except (msgspec.ValidationError, InvalidValue) as fault:
        raise InvalidValue(f"expected a conversation: {fault}", at=at) from None
    return _Recorded(tuple(found.tools), messages, found.usage)


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names) or "none"


def _said(message: ChatMessage | None) -> str:
    if message is None:
        return "nothing more"
    return msgspec.json.encode(said(message)).decode()
