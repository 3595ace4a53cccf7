"""Secrets over HTTP: put, and shown only to who has the key."""

from __future__ import annotations

from contextlib import closing

import httpx
import pytest

from ensue import App
from ensue.doors.http import Masks, Recorder, asgi_app
from ensue.testing import running

PLAIN = "correct-horse-battery-staple"
HOUSE = "/_ensue/vaults/keys"
KEY = {"Authorization": "Bearer k3y"}


@pytest.fixture
def served():
    app = App("shop")
    app.vault("keys")
    with running(app) as t:
        yield t


def asked(t, path, body, *, key=None, headers=None, around=lambda door: door, method="POST"):
    """What a door with, or without, a key answers."""

    async def ask():
        door = around(asgi_app(t._platform, key=key))
        transport = httpx.ASGITransport(door)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            given = {"params": body} if method == "GET" else {"json": body}
            return await client.request(method, HOUSE + path, headers=headers, **given)

    return t.wait(ask())


def test_a_secret_is_revealed_only_where_a_key_is_demanded_and_shown(served):
    put = asked(served, "/put", {"name": "bank", "value": PLAIN})
    bare = asked(served, "/reveal", {"name": "bank"})
    keyless = asked(served, "/reveal", {"name": "bank"}, key="k3y")
    shown = asked(served, "/reveal", {"name": "bank"}, key="k3y", headers=KEY)

    assert put.json() == {"version": 1}
    assert (bare.status_code, keyless.status_code) == (401, 401)
    assert "expected a server that demands a key" in bare.json()["error"]["message"]
    assert shown.json() == {"name": "bank", "version": 1, "value": PLAIN}
    assert shown.headers["cache-control"] == "no-store"


def test_a_secret_is_neither_put_nor_revealed_by_a_query(served):
    asked(served, "/put", {"name": "bank", "value": PLAIN})

    for path, query in (("/reveal", {"name": "bank"}), ("/put", {"name": "a", "value": "b"})):
        found = asked(served, path, query, key="k3y", headers=KEY, method="GET")
        assert found.status_code == 405
        assert PLAIN not in found.text


def test_nothing_is_kept_under_an_idempotency_key_where_secrets_are_sent(served):
    once = {"Idempotency-Key": "one"}

    refused = asked(served, "/put", {"name": "bank", "value": PLAIN}, headers=once)
    taken = asked(served, "/delete", {"name": "bank"}, headers={"Idempotency-Key": "two"})

    assert refused.status_code == 400
    assert "expected no Idempotency-Key" in refused.json()["error"]["message"]
    assert taken.status_code == 404


def test_bytes_are_put_and_revealed_as_base64(served):
    asked(served, "/put", {"name": "raw", "base64": "/w=="})
    found = asked(served, "/reveal", {"name": "raw"}, key="k3y", headers=KEY)
    wrong = asked(served, "/put", {"name": "raw", "base64": "!!!!"})
    neither = asked(served, "/put", {"name": "raw"})

    assert found.json()["base64"] == "/w=="
    assert (wrong.status_code, neither.status_code) == (400, 400)


def test_requests_that_send_or_show_secrets_are_not_recorded(served, tmp_path):
    file = tmp_path / "recorded.jsonl"

    with closing(Recorder(file, Masks([]), lambda: 1)) as recorder:
        given = {"key": "k3y", "headers": KEY, "around": recorder.around}
        asked(served, "/put", {"name": "bank", "value": PLAIN}, **given)
        asked(served, "/put", {"name": "bank", "value": [PLAIN]}, **given)
        asked(served, "/reveal", {"name": "bank"}, **given)
        asked(served, "/list", {}, **given)

    assert PLAIN not in file.read_text()
    assert [line.count("/list") for line in file.read_text().splitlines()] == [1]


def test_the_description_tells_of_no_idempotency_key_and_of_no_query(served):
    paths = served.get("/openapi.json").body["paths"]

    reveal = paths["/_ensue/vaults/{name}/reveal"]["post"]
    assert "401" in reveal["responses"]
    put = paths["/_ensue/vaults/{name}/put"]
    assert set(put) == {"post"}
    assert "Idempotency-Key" not in repr(put)
    assert "Idempotency-Key" in repr(paths["/_ensue/vaults/{name}/delete"])
