from __future__ import annotations

import string

import pytest
from cloudevents.conversion import to_binary, to_structured
from cloudevents.http import CloudEvent as SdkEvent
from cloudevents.http import from_http
from hypothesis import given, settings
from hypothesis import strategies as st

from ensue.languages.cloudevents import (
    NO_DATA,
    CloudEvent,
    Mode,
    decode_batch,
    decode_binary,
    decode_structured,
    encode_binary,
    encode_structured,
    from_envelope,
    from_object,
    mode_of,
    to_envelope,
)
from ensue.words.errors import InvalidValue, LimitExceeded

PLAIN = {"id": "1", "source": "/s", "type": "t"}
TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn")), min_size=1, max_size=20)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.text(max_size=8).map(lambda text: text.encode(errors="ignore").decode()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
NAMES = st.text(string.ascii_lowercase + string.digits, min_size=1, max_size=10).filter(
    lambda name: name not in {"id", "source", "type", "subject", "time", "data", "specversion"}
)
EXTENSIONS = st.dictionaries(NAMES, st.booleans() | st.integers(-(2**31), 2**31 - 1) | TEXT)
EVENTS = st.builds(
    CloudEvent,
    id=TEXT,
    source=st.sampled_from(["/s", "urn:a:b", "https://a.example/b?c=%20#d"]),
    type=TEXT,
    subject=st.none() | TEXT,
    time=st.sampled_from([None, "2026-11-21T18:30:00Z", "1999-12-31t23:59:60.5+01:00"]),
    dataschema=st.sampled_from([None, "https://a.example/schema"]),
    extensions=EXTENSIONS,
    data=st.just(NO_DATA) | st.binary() | JSON,
)


@settings(max_examples=40)
@given(EVENTS)
def test_any_event_is_the_same_after_json_and_after_a_bus(event):
    assert decode_structured(encode_structured(event)) == event
    assert from_envelope({"id": "bus-1", **to_envelope(event)}) == event


@settings(max_examples=40)
@given(EVENTS.filter(lambda event: event.data != b""))
def test_any_event_keeps_its_texts_and_its_data_in_the_binary_mode(event):
    headers, body = encode_binary(event)

    assert all(value.isascii() and value.isprintable() for value in headers.values())
    found = decode_binary(headers.items(), body)
    assert (found.id, found.type, found.subject) == (event.id, event.type, event.subject)
    assert found.data == event.data


@settings(max_examples=40)
@given(EVENTS.filter(lambda event: not isinstance(event.data, str)))
def test_the_sdk_of_others_reads_what_we_write_and_we_read_what_it_writes(event):
    theirs = from_http(
        {"content-type": "application/cloudevents+json"}, encode_structured(event).decode()
    )
    assert {name: theirs[name] for name in event.attributes} == event.attributes

    _headers, body = to_structured(theirs)
    again = decode_structured(body)

    assert (again.id, again.source, again.type) == (event.id, event.source, event.type)
    assert dict(again.extensions) == dict(event.extensions)


def test_the_sdk_of_others_writes_the_binary_mode_as_we_read_it():
    theirs = SdkEvent({"source": "/s", "type": "t", "id": "7", "count": "5"}, {"a": [1, "ü"]})
    headers, body = to_binary(theirs)

    found = decode_binary([*headers.items(), ("content-type", "application/json")], body)

    assert (found.id, found.extensions["count"], found.data) == ("7", "5", {"a": [1, "ü"]})


def test_the_sdk_of_others_reads_the_binary_mode_as_we_write_it():
    event = CloudEvent(**PLAIN, subject="order-17", data={"a": [1, "ü"]})
    headers, body = encode_binary(event)

    theirs = from_http(headers, body)

    assert (theirs["subject"], theirs.data) == ("order-17", {"a": [1, "ü"]})


def test_a_batch_tells_of_each_event_that_is_none_where_its_fault_is():
    good, bad = CloudEvent(**PLAIN), {"specversion": "1.0", "id": "1", "source": "/s"}
    found = decode_batch(b"[" + encode_structured(good) + b', {"id": 7}, 5,' + encode(bad) + b"]")

    assert found[0] == good
    assert [fault.at for fault in found[1:]] == ["$[1].specversion", "$[2]", "$[3].type"]


def encode(value):
    import json  # noqa: PLC0415

    return json.dumps(value).encode()


@pytest.mark.parametrize(
    "body", [b"{}", b"7", b"", b"[", b'[{"a":1,"a":2}]', b"[" * 3_000, b"\xff"]
)
def test_what_is_no_batch_at_all_is_refused_as_a_whole(body):
    with pytest.raises(InvalidValue):
        decode_batch(body)


def test_a_batch_has_a_bound():
    with pytest.raises(LimitExceeded):
        decode_batch(b"[" + b"0," * 1_000 + b"0]")


@pytest.mark.parametrize(
    ("content_type", "mode"),
    [
        ("application/cloudevents+json; charset=utf-8", Mode.STRUCTURED),
        ("Application/CloudEvents-Batch+JSON", Mode.BATCH),
        ("application/json", Mode.BINARY),
        (None, Mode.BINARY),
    ],
)
def test_the_content_type_says_the_mode(content_type, mode):
    assert mode_of(content_type) is mode


@pytest.mark.parametrize("kind", ["application/cloudevents+avro", "application/cloudevents"])
def test_an_event_format_that_we_do_not_know_is_refused(kind):
    with pytest.raises(InvalidValue) as told:
        mode_of(kind)
    assert told.value.at == "headers.content-type"


@pytest.mark.parametrize(
    ("content_type", "body", "data"),
    [
        ("text/plain", "ü".encode(), "ü"),
        ("text/plain; charset=latin-1", b"\xfc", b"\xfc"),
        ("text/plain", b"\xfc", b"\xfc"),
        ("application/octet-stream", b"abc", b"abc"),
        (None, b"abc", b"abc"),
        ("application/json", b"", NO_DATA),
        ("application/vnd.a+json", b"null", None),
    ],
)
def test_the_media_type_says_what_the_data_of_a_binary_message_is(content_type, body, data):
    headers = [("ce-specversion", "1.0"), *((f"ce-{name}", text) for name, text in PLAIN.items())]
    if content_type is not None:
        headers.append(("content-type", content_type))

    assert decode_binary(headers, body).data == data


@pytest.mark.parametrize(
    ("changed", "at"),
    [
        ({"content-type": "application/json", "": b"{"}, "$.data"),
        ({"content-type": "application/json", "": b'{"a":{"b":1,"b":2}}'}, "$.data.a.b"),
        ({"content-type": "json"}, "headers.content-type"),
        ({"ce-source": "a b"}, "headers.ce-source"),
        ({"ce-time": "soon"}, "headers.ce-time"),
        ({"ce-my-name": "a"}, "headers"),
        ({"ce-note": "ü"}, "headers.ce-note"),
        ({"ce-note": "a%2"}, "headers.ce-note"),
    ],
)
def test_the_fault_of_a_binary_message_is_told_where_it_is(changed, at):
    body = changed.pop("", b"")
    headers = {"ce-specversion": "1.0", **{f"ce-{k}": v for k, v in PLAIN.items()}, **changed}

    with pytest.raises(InvalidValue) as told:
        decode_binary(headers.items(), body)

    assert told.value.at == at


def test_an_event_that_was_published_otherwise_becomes_a_cloudevent():
    event = from_envelope({
        "version": "0",
        "id": "e-1",
        "detail-type": "OrderPlaced",
        "source": "my shop 50%",
        "time": "2026-11-21T18:30:00Z",
        "resources": ["order/17", "customer/3"],
        "detail": {"total": 1},
    })

    assert (event.id, event.type, event.subject) == ("e-1", "OrderPlaced", "order/17")
    assert event.source == "my%20shop%2050%25"
    assert event.extensions == {"resources": '["order/17","customer/3"]'}
    assert event.data == {"total": 1}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"detail-type": "A", "detail": 1, "source": "s", "id": "1"},
        {"detail-type": "A", "detail": {}, "source": "", "id": "1"},
        {"detail-type": "A", "detail": {}, "source": "s"},
        {"detail-type": "A", "detail": {}, "source": "s", "cloudevent": {"id": 7}},
        {
            "detail-type": "A",
            "detail": {"data_base64": "?"},
            "source": "s",
            "cloudevent": {"id": "7", "data": "base64"},
        },
    ],
)
def test_what_is_no_event_of_a_bus_becomes_no_cloudevent(body):
    with pytest.raises(InvalidValue):
        from_envelope(body)


@pytest.mark.parametrize(
    ("changed", "at"),
    [
        ({"extensions": {"Name": 1}}, "$"),
        ({"extensions": {"type": "a"}}, "$"),
        ({"extensions": {"data": "a"}}, "$"),
        ({"extensions": {"a": None}}, "$.a"),
        ({"extensions": {"a": "b\x00"}}, "$.a"),
        ({"type": "\ufffe"}, "$.type"),
        ({"type": "x" * 8_193}, "$.type"),
        ({"id": 7}, "$.id"),
        ({"time": "2026-02-30T00:00:00Z"}, "$.time"),
        ({"data": {1, "a"}}, "$.data"),
    ],
)
def test_an_event_that_cannot_be_is_refused_when_it_is_made(changed, at):
    with pytest.raises(InvalidValue) as told:
        CloudEvent(**PLAIN | changed)
    assert told.value.at == at


def test_an_attribute_that_is_null_is_not_set_and_data_that_is_null_is_data():
    found = from_object({
        "specversion": "1.0",
        **PLAIN,
        "subject": None,
        "gone": None,
        "data": None,
    })

    assert (found.subject, dict(found.extensions), found.data) == (None, {}, None)
