"""Language models, the tools that they may use, and the loop in which they use them.

A model is whatever keeps `LanguageModel`: `ChatModel` asks a server that speaks the Chat
Completions API, `RecordedModel` answers from what was recorded.
"""

from ensue.agents.agent import Agent, AgentResult
from ensue.agents.chat import ChatModel
from ensue.agents.messages import ChatMessage, ModelReply, TokenUsage, ToolCall
from ensue.agents.model import LanguageModel
from ensue.agents.recorded import RecordedModel, RecordingModel
from ensue.agents.tools import Tool

__all__ = [
    "Agent",
    "AgentResult",
    "ChatMessage",
    "ChatModel",
    "LanguageModel",
    "ModelReply",
    "RecordedModel",
    "RecordingModel",
    "TokenUsage",
    "Tool",
    "ToolCall",
]
