"""The specification of CloudEvents is what the package does."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from ensue.languages import cloudevents
from ensue.languages.cloudevents import (
    NO_DATA,
    decode_batch,
    decode_binary,
    decode_structured,
    encode_batch,
    encode_binary,
    encode_structured,
    from_envelope,
    from_object,
    to_envelope,
)
from ensue.words.errors import InvalidValue

README = Path(cloudevents.__file__).parent.joinpath("README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
EVENTS = [text for kind, text in BLOCKS if kind == "event"]
INVALID = [text.rsplit("\nat ", 1) for kind, text in BLOCKS if kind == "invalid"]
MESSAGES = [text for kind, text in BLOCKS if kind == "http"]


@pytest.mark.parametrize("text", EVENTS)
def test_an_event_of_the_readme_is_the_same_after_each_way_out_and_in(text):
    event = decode_structured(text.encode())

    assert decode_structured(encode_structured(event)) == event
    assert decode_batch(encode_batch([event, event])) == [event, event]
    assert from_envelope({"id": "bus-1", **to_envelope(event)}) == event


@pytest.mark.parametrize("text", EVENTS)
def test_an_event_of_the_readme_keeps_its_attributes_and_data_in_the_binary_mode(text):
    event = decode_structured(text.encode())
    headers, body = encode_binary(event)

    found = decode_binary(headers.items(), body)

    assert {name: said(value) for name, value in event.attributes.items()} | implied(event) == (
        found.attributes
    )
    assert found.data == event.data


def said(value):
    return json.dumps(value) if isinstance(value, bool | int) else value


def implied(event):
    if event.data is NO_DATA or isinstance(event.data, bytes):
        return {}
    return {"datacontenttype": event.datacontenttype or "application/json"}


@pytest.mark.parametrize(("text", "at"), INVALID)
def test_what_the_readme_calls_invalid_is_refused_where_it_says(text, at):
    with pytest.raises(InvalidValue) as told:
        decode_structured(text.encode())
    assert told.value.at == at.strip()


@pytest.mark.parametrize("text", MESSAGES)
def test_a_message_of_the_readme_is_the_event_that_it_says(text):
    message, verb, rest = re.fullmatch(r"(.*)\n(is|fails) (.*)\n", text, re.DOTALL).groups()
    head, _, body = message.partition("\n\n")
    headers = [tuple(line.split(": ", 1)) for line in head.splitlines()]

    if verb == "is":
        assert decode_binary(headers, body.encode()) == from_object(json.loads(rest))
    else:
        with pytest.raises(InvalidValue) as told:
            decode_binary(headers, body.encode())
        assert told.value.at == rest


def test_there_are_examples_of_each():
    assert (len(EVENTS), len(INVALID), len(MESSAGES)) > (8, 15, 4)
