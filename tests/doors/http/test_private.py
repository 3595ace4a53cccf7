"""Routes whose requests or answers hold a secret."""

from __future__ import annotations

from contextlib import closing

import httpx
import pytest

from ensue import ApiKeys, App, Body, InvalidDeclaration, SignedRequest
from ensue.doors.http import Masks, Recorder, asgi_app
from ensue.testing import running

PLAIN = "correct-horse-battery-staple"
ONCE = {"Idempotency-Key": "one"}


class Given(Body):
    secret: str
    number: int = 0


@pytest.fixture
def app():
    app = App("shop")

    @app.post("/login", private=True)
    def login(body: Given) -> dict[str, str]:
        return {"token": body.secret}

    return app


def test_an_answer_of_a_private_route_is_kept_nowhere(app, tmp_path):
    with running(app) as t:
        refused = t.request("POST", "/login", body={"secret": PLAIN}, headers=ONCE)
        taken = t.post("/login", {"secret": PLAIN})
        kept = t._platform.engine.read(lambda tx: tx.rows("SELECT * FROM ensue_tokens"))

    assert refused.status == 400
    assert "expected no Idempotency-Key" in refused.body["error"]["message"]
    assert (taken.status, taken.body) == (200, {"token": PLAIN})
    assert taken.headers["cache-control"] == "no-store"
    assert kept == []


def test_a_private_request_that_does_not_fit_is_not_told_what_it_said(app):
    with running(app) as t:
        answers = [
            t.post("/login", {"secret": [PLAIN]}),
            t.post("/login", {"secret": "a", "number": PLAIN}),
            t.request("POST", "/login", body=f'{{"secret": "{PLAIN}'.encode()),
        ]

        other = t.request("POST", "/login", body=b"{}", headers={"content-type": "text/plain"})

    assert [each.status for each in answers] == [400, 400, 400]
    assert PLAIN not in repr([each.body for each in answers])
    assert (other.status, other.body["error"]["code"]) == (415, "unsupported_media_type")


def test_a_private_request_is_not_recorded(app, tmp_path):
    file = tmp_path / "recorded.jsonl"
    with running(app) as t, closing(Recorder(file, Masks([]), lambda: 1)) as recorder:
        door = recorder.around(asgi_app(t._platform))

        async def ask():
            transport = httpx.ASGITransport(door)
            async with httpx.AsyncClient(
                transport=transport, base_url="http://localhost"
            ) as client:
                return await client.post("/login", json={"secret": PLAIN})

        assert t.wait(ask()).status_code == 200

    assert file.read_text() == ""


def test_a_private_route_has_no_idempotency(app):
    with pytest.raises(InvalidDeclaration, match="expected no idempotency"):
        app.post("/other", private=True, idempotency="required")(lambda: None)
    with running(app) as t:
        described = t.get("/openapi.json").body["paths"]["/login"]["post"]

    assert "Idempotency-Key" not in repr(described)


def test_who_shows_another_key_does_not_get_the_answer_that_is_kept_for_one():
    app = App("shop")
    keys = app.table("keys", key="hash")

    @app.post("/orders", verify=ApiKeys(keys, header="X-Customer"))
    def order(signed: SignedRequest) -> dict[str, str]:
        return {"customer": signed.claims["customer"]}

    with running(app) as t:
        for name in ("a", "b"):
            t.wait(keys.put({"hash": ApiKeys.hash(name), "customer": name}))
        answers = [
            t.request("POST", "/orders", headers=ONCE | {"X-Customer": name}).body["customer"]
            for name in ("a", "b", "a")
        ]

    assert answers == ["a", "b", "a"]
