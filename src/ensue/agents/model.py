"""The one interface of language models."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ensue.agents.messages import ChatMessage, ModelReply
from ensue.agents.tools import Tool


class LanguageModel(Protocol):
    """Answers a conversation with a text, or with calls of tools."""

    async def complete(
        self, messages: Sequence[ChatMessage], *, tools: Sequence[Tool] = ()
    ) -> ModelReply:
        """Answer a conversation.

        Args:
            messages: the conversation so far, oldest first.
            tools: what the model may use.

        Raises:
            Unreachable: it does not answer now; trying again may help, perhaps when.
            Rejected: it refuses the request, or its answer makes no sense.
            TooLarge: the conversation or the answer is larger than its bound.
        """
