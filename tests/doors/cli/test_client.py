import socket

import httpx
import pytest

from ensue.doors.cli.client import open_server
from ensue.words.errors import (
    EnsueError,
    InvalidInput,
    InvalidValue,
    NotPermitted,
    StoreBusy,
    Unreachable,
)

URL = "http://127.0.0.1:8080"


def _ask(answer, key=None):
    with open_server(URL, key, transport=httpx.MockTransport(answer)) as server:
        return server.get("/_ensue/resources")


def test_no_server_is_told_with_its_address_and_what_to_do():
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        with open_server(url, None) as server, pytest.raises(Unreachable) as caught:
            server.get("/")
    assert str(caught.value).startswith(f"no server answers at {url}. Start one with `ensue run")


def test_the_key_is_shown_as_a_bearer_token():
    seen = []

    def answer(request):
        seen.append(request.headers.get("authorization"))
        return httpx.Response(200, json=[])

    _ask(answer, key="k")
    _ask(answer)
    assert seen == ["Bearer k", None]


def test_a_key_of_any_text_is_shown_as_utf8():
    seen = []

    def answer(request):
        seen.append(dict(request.headers.raw)[b"authorization"])
        return httpx.Response(200, json=[])

    _ask(answer, key=" gehéim ")
    assert seen == ["Bearer gehéim".encode()]


@pytest.mark.parametrize("key", ["a\nb", "\x7f", "\udcff"])
def test_a_key_that_no_header_can_hold_is_refused(key):
    with pytest.raises(InvalidValue, match="at --key"):
        _ask(lambda _: httpx.Response(200, json=[]), key=key)


@pytest.mark.parametrize(
    ("code", "kind"),
    [("invalid_value", InvalidValue), ("store_busy", StoreBusy), ("unheard_of", EnsueError)],
)
def test_an_error_keeps_its_kind(code, kind):
    error = {"code": code, "message": "expected 1, got 2, at $.n", "at": "$.n", "hint": "Try."}
    with pytest.raises(kind) as caught:
        _ask(lambda _: httpx.Response(400, json={"error": error}))
    assert str(caught.value) == "expected 1, got 2, at $.n. Try."


def test_a_missing_key_is_told_with_what_to_do():
    error = {"error": {"code": "not_permitted", "message": "expected a key, got none"}}
    with pytest.raises(NotPermitted, match="Give the key with --key or ENSUE_KEY"):
        _ask(lambda _: httpx.Response(401, json=error))


def test_a_right_that_is_missing_elsewhere_is_not_said_to_be_the_key():
    said = "a right is missing, at db. Ask for it."
    error = {"code": "not_permitted", "message": said, "at": "db", "hint": "Ask for it."}
    with pytest.raises(NotPermitted) as caught:
        _ask(lambda _: httpx.Response(401, json={"error": error}))
    assert str(caught.value) == said


@pytest.mark.parametrize(
    "answer", [httpx.Response(200, text="<html>"), httpx.Response(404, text="Not Found")]
)
def test_a_server_that_is_no_ensue_is_recognized(answer):
    with pytest.raises(Unreachable, match="expected an Ensue server, got status"):
        _ask(lambda _: answer)


def test_a_connection_that_breaks_is_told():
    def breaks(request):
        raise httpx.ReadError("reset by peer", request=request)

    with pytest.raises(Unreachable, match="stopped answering: reset by peer"):
        _ask(breaks)


@pytest.mark.parametrize("url", ["", "localhost:8080", "ftp://a", "http://", "http://[::1"])
def test_a_url_that_is_none_is_refused(url):
    with pytest.raises(InvalidInput, match="expected the URL of a server"), open_server(url, None):
        pass
