"""Models that answer from what was recorded."""

from __future__ import annotations

import asyncio
import json

import pytest

from ensue import (
    ChatMessage,
    InvalidInput,
    InvalidValue,
    ModelReply,
    RecordedModel,
    RecordingModel,
    Rejected,
    TokenUsage,
    Tool,
    ToolCall,
)

USER = ChatMessage("user", "Where is my parcel?")
CALL = {"id": "c1", "type": "function", "function": {"name": "track", "arguments": '{"id":"P1"}'}}
TALK = {
    "tools": ["track"],
    "usage": {"prompt_tokens": 9, "completion_tokens": 3},
    "messages": [
        {"role": "user", "content": "Where is my parcel?"},
        {"role": "assistant", "content": None, "tool_calls": [CALL]},
        {"role": "tool", "tool_call_id": "c1", "content": "in Bern"},
        {"role": "assistant", "content": "It is in Bern."},
    ],
}


async def track(parcel: str) -> str:
    """Say where a parcel is."""
    return f"{parcel} is in Bern"


TOOLS = [Tool(track)]


def ask(model, *messages, tools=TOOLS):
    return asyncio.run(model.complete(messages, tools=tools))


def test_a_conversation_is_answered_wherever_the_model_spoke_in_it():
    model = RecordedModel([TALK])

    first = ask(model, USER)
    last = ask(model, USER, first.message, ChatMessage("tool", "in Bern", call_id="c1"))

    assert first.calls == (ToolCall("c1", "track", '{"id":"P1"}'),)
    assert last == ModelReply("It is in Bern.", (), TokenUsage(9, 3), "stop")
    assert ask(model, USER) == first


@pytest.mark.parametrize(
    ("messages", "tools", "place", "difference"),
    [
        (
            [ChatMessage("user", "Where is my dog?")],
            TOOLS,
            "message 1",
            (
                'it has {"role":"user","content":"Where is my parcel?"},'
                ' got {"role":"user","content":"Where is my dog?"}.'
            ),
        ),
        ([USER], [], "tools", "its tools are track, got none."),
        (
            [USER, ChatMessage("assistant", "Hm.")],
            TOOLS,
            "message 2",
            (
                'it has {"role":"assistant","content":null,"tool_calls":[{"id":"c1",'
                '"type":"function","function":{"name":"track","arguments":"{\\"id\\":\\"P1\\"}"}}]},'
                ' got {"role":"assistant","content":"Hm."}.'
            ),
        ),
    ],
    ids=["another question", "other tools", "another answer of the model"],
)
def test_what_was_not_recorded_is_refused_with_the_difference(messages, tools, place, difference):
    other = {"tools": ["track"], "messages": [{"role": "system", "content": "Be short."}]}
    model = RecordedModel([TALK, other])

    with pytest.raises(Rejected) as raised:
        ask(model, *messages, tools=tools)

    assert raised.value.at == place
    assert raised.value.hint == f"The nearest recorded conversation differs: {difference}"


def test_what_is_asked_beyond_the_end_is_refused_too():
    model = RecordedModel([TALK])
    end = [ask(model, USER).message, ChatMessage("tool", "in Bern", call_id="c1")]
    talk = [USER, *end, ChatMessage("assistant", "It is in Bern."), ChatMessage("user", "Thanks")]

    with pytest.raises(Rejected, match="it has nothing more, got"):
        ask(model, *talk)


def test_nothing_recorded_answers_nothing():
    with pytest.raises(Rejected, match="Nothing is recorded"):
        ask(RecordedModel([]), USER)


def test_what_is_no_conversation_is_refused_with_its_place(tmp_path):
    with pytest.raises(InvalidValue, match="conversation 2"):
        RecordedModel([TALK, {"messages": [{"role": "nobody"}]}])
    file = tmp_path / "talk.jsonl"
    file.write_text("{")
    with pytest.raises(InvalidInput, match=r"talk\.jsonl"):
        RecordedModel.load(file)


def test_what_a_recording_model_writes_a_recorded_one_answers(tmp_path):
    class Scripted:
        async def complete(self, messages, *, tools=()):
            return ModelReply(f"{len(messages)} messages", usage=TokenUsage(4, 2))

    file = tmp_path / "talk.jsonl"
    recording = RecordingModel(Scripted(), file)

    said = ask(recording, USER)
    again = ask(recording, USER, said.message, ChatMessage("user", "And now?"))

    model = RecordedModel.load(file)
    assert ask(model, USER) == said == ModelReply("1 messages", usage=TokenUsage(4, 2))
    assert ask(model, USER, said.message, ChatMessage("user", "And now?")) == again
    assert len([json.loads(line) for line in file.read_text().splitlines()]) == 2
