"""Routes that verify who sent a request."""

from __future__ import annotations

import base64
import hmac
import json
import logging
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from ensue import (
    Answer,
    App,
    Body,
    Conflict,
    Hmac,
    InvalidDeclaration,
    MissingSecret,
    Secret,
    SignedRequest,
    StandardWebhooks,
    Stripe,
    Tx,
)
from ensue.doors.http import asgi_app
from ensue.testing import Running, running
from tests.doors.http.sample import HOST, JSON_TYPE, ask
from tests.identity.signing import as_standard, as_stripe, mac, whsec

BODY = b'{"id": "evt_1",  "amount": 7}'
KEY = whsec("a key")


class Event(Body):
    id: str
    amount: int


class Outside:
    calls = 0
    fault: Exception | None = None


@pytest.fixture
def outside() -> Outside:
    return Outside()


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch, outside: Outside) -> App:
    monkeypatch.setenv("STRIPE", "whsec_test")
    monkeypatch.setenv("HOOKS", KEY)
    app = App("hooks")
    stripe, hooks = Stripe(Secret.env("STRIPE")), StandardWebhooks(Secret.env("HOOKS"))
    once = Stripe(Secret.env("STRIPE"), refuse_replays=True)
    seen = app.table("seen", key="id")
    raw_events = app.stream("raw-events")

    @app.post("/webhooks/{provider}", verify={"stripe": stripe, "hooks": hooks}, status=202)
    def take(provider: str, raw: bytes, request: SignedRequest, tx: Tx) -> dict[str, Any]:
        tx.put(seen, {"id": tx.new_id(), "raw": raw})
        return {
            "provider": [provider, request.provider],
            "raw": base64.b64encode(raw).decode(),
            "same": raw == request.body,
            "scheme": request.scheme,
            "id": request.id,
            "amount": request.json()["amount"],
            "header": request.headers["x-more"],
            "signed_ms": request.signed_ms,
        }

    @app.post("/typed", verify=stripe)
    def typed(body: Event) -> int:
        return body.amount

    @app.post("/once", verify=once)
    def take_once(body: Event, tx: Tx) -> Answer:
        tx.put(seen, {"id": body.id})
        if body.amount == 0:
            raise Conflict("not now")
        return Answer({"taken": body.id}, status=422 if body.amount < 0 else 200)

    @app.post("/once/as-action", verify=once)
    async def act_once(body: Event) -> int:
        outside.calls += 1
        if outside.fault is not None:
            raise outside.fault
        return outside.calls

    app.post("/raw", verify=hooks).append(raw_events, "{raw}", key="{signed.id}")
    app.post("/told", verify=hooks).put(seen, {"id": "{signed.id}", "how": "{signed}"})

    @app.post("/unsigned")
    def unsigned(raw: bytes) -> int:
        return len(raw)

    @app.post("/webhooks/settings")
    def settings() -> str:
        return "of the house"

    @app.get("/events", verify=Hmac(Secret.env("STRIPE"), header="X-Signature"))
    def events(tx: Tx) -> int:
        return len(tx.scan(seen).items)

    return app


@pytest.fixture
def hooks(app: App) -> Iterator[Running]:
    with running(app) as kit:
        yield kit


def signed(t: Running, body: bytes = BODY, before_s: int = 0) -> dict[str, str]:
    return as_stripe("whsec_test", body, t.now_ms() - before_s * 1_000) | {"x-more": "more"}


def kept(t: Running) -> int:
    return t.request("GET", "/events", headers={"x-signature": mac("whsec_test", b"")}).body


def test_a_handler_gets_the_verified_request_and_the_body_as_it_came(hooks):
    got = hooks.request("POST", "/webhooks/stripe", body=BODY, headers=signed(hooks))

    assert got.status == 202
    assert base64.b64decode(got.body["raw"]) == BODY
    assert got.body | {"raw": ""} == {
        "provider": ["stripe", "stripe"],
        "raw": "",
        "same": True,
        "scheme": "stripe",
        "id": None,
        "amount": 7,
        "header": "more",
        "signed_ms": hooks.now_ms() // 1_000 * 1_000,
    }


def test_each_provider_has_a_verifier_of_its_own(hooks):
    headers = as_standard(KEY, BODY, hooks.now_ms()) | {"x-more": ""}

    assert hooks.request("POST", "/webhooks/hooks", body=BODY, headers=headers).status == 202
    assert hooks.request("POST", "/webhooks/stripe", body=BODY, headers=headers).status == 401
    assert hooks.request("POST", "/webhooks/other", body=BODY, headers=headers).status == 404
    assert kept(hooks) == 1


@pytest.mark.parametrize("spoil", ["none", "body", "header", "old"])
def test_what_is_not_signed_so_is_refused_and_only_the_log_says_why(hooks, caplog, spoil):
    headers = signed(hooks, before_s=301 if spoil == "old" else 0)
    body = BODY.replace(b"7", b"8") if spoil == "body" else BODY
    if spoil == "none":
        del headers["stripe-signature"]
    if spoil == "header":
        headers["stripe-signature"] = "t=1,v1=00"
    with caplog.at_level(logging.WARNING):
        got = hooks.request("POST", "/webhooks/stripe", body=body, headers=headers)

    said = {
        "code": "not_verified",
        "message": "expected a request that is signed as this route asks, at headers",
        "at": "headers",
    }
    assert (got.status, got.body) == (401, {"error": said})
    assert got.headers["www-authenticate"] == 'Signature realm="ensue"'
    told = {"none": "no header", "body": "none of the 1", "header": "none of the 1", "old": "ago"}
    assert told[spoil] in caplog.text
    assert "POST /webhooks/{provider}: refused: stripe: " in caplog.text
    assert "whsec" not in caplog.text
    assert kept(hooks) == 0


def test_a_body_is_verified_before_it_is_decoded(hooks):
    for body in (b"{", b'{"amount": "seven"}'):
        assert hooks.request("POST", "/typed", body=body, headers={}).status == 401
        got = hooks.request("POST", "/typed", body=body, headers=signed(hooks, body))
        assert got.status == 400
    assert hooks.request("POST", "/typed", body=BODY, headers=signed(hooks)).body == 7


def test_a_body_that_is_too_large_is_refused_before_it_is_verified(hooks):
    body = b" " * 1_048_577

    assert hooks.request("POST", "/typed", body=body, headers={}).status == 413


# Replays


def test_a_copy_of_a_request_that_was_taken_is_refused(hooks):
    headers = signed(hooks)

    assert hooks.request("POST", "/once", body=BODY, headers=headers).status == 200
    got = hooks.request("POST", "/once", body=BODY, headers=headers)
    assert (got.status, got.body["error"]["code"]) == (409, "replayed")
    hooks.advance("1s")
    assert hooks.request("POST", "/once", body=BODY, headers=signed(hooks)).status == 200


def test_a_copy_is_remembered_until_it_is_too_old(hooks):
    headers = signed(hooks)
    assert hooks.request("POST", "/once", body=BODY, headers=headers).status == 200

    statuses = []
    for wait in ("299s", "1s", "1s"):
        hooks.advance(wait)
        statuses.append(hooks.request("POST", "/once", body=BODY, headers=headers).status)

    assert set(statuses) == {409, 401}
    assert statuses == sorted(statuses, reverse=True)


@pytest.mark.parametrize("amount", [0, -1])
def test_what_was_not_done_may_be_sent_again_as_it_was(hooks, amount):
    body = b'{"id": "e", "amount": %d}' % amount
    headers = signed(hooks, body)

    first = hooks.request("POST", "/once", body=body, headers=headers)
    second = hooks.request("POST", "/once", body=body, headers=headers)
    assert first.status == second.status == (409 if amount == 0 else 422)
    assert second.body == first.body


def test_a_copy_under_the_same_idempotency_key_is_answered_as_the_first(hooks):
    headers = signed(hooks) | {"idempotency-key": "a"}

    first = hooks.request("POST", "/once", body=BODY, headers=headers)
    again = hooks.request("POST", "/once", body=BODY, headers=headers)
    other = hooks.request("POST", "/once", body=BODY, headers=headers | {"idempotency-key": "b"})

    assert (first.status, again.status, other.status) == (200, 200, 409)
    assert again.headers["idempotent-replayed"] == "true"
    assert (
        hooks.request("POST", "/once", body=BODY, headers=headers | {"idempotency-key": "b"}).body[
            "error"
        ]["code"]
        == "replayed"
    )


def test_an_action_takes_a_request_once_and_one_that_failed_again(hooks, outside):
    headers = signed(hooks)
    outside.fault = Conflict("not now")
    failed = hooks.request("POST", "/once/as-action", body=BODY, headers=headers)
    outside.fault = None
    done = hooks.request("POST", "/once/as-action", body=BODY, headers=headers)
    copy = hooks.request("POST", "/once/as-action", body=BODY, headers=headers)

    assert (failed.status, done.status, copy.status) == (409, 200, 409)
    assert copy.body["error"]["code"] == "replayed"
    assert outside.calls == 2


def test_a_request_that_was_taken_by_one_route_is_no_new_one_for_another(hooks):
    headers = signed(hooks)

    assert hooks.request("POST", "/once", body=BODY, headers=headers).status == 200
    assert hooks.request("POST", "/once/as-action", body=BODY, headers=headers).status == 409


def test_what_was_taken_is_remembered_over_a_crash(app, file_store, run_on, crashed):
    stage = run_on(file_store, app)
    headers = as_stripe("whsec_test", BODY, stage.clock.now_ms())

    async def send(platform):
        door = httpx.ASGITransport(asgi_app(platform))
        async with httpx.AsyncClient(transport=door, base_url="http://localhost") as client:
            headed = headers | {"content-type": "application/json"}
            return (await client.post("/once", content=BODY, headers=headed)).status_code

    assert stage.wait(send(stage.platform)) == 200
    left = crashed(stage)
    stage.close()
    again = run_on(left, app)
    assert again.wait(send(again.platform)) == 409


def test_a_copy_of_a_request_that_reads_is_refused_too(app):
    @app.get("/once", verify=Stripe(Secret.env("STRIPE"), refuse_replays=True))
    def read_once() -> str:
        return "read"

    with running(app) as t:
        headers = as_stripe("whsec_test", b"", t.now_ms())
        assert t.request("GET", "/once", headers=headers).status == 200
        assert t.request("GET", "/once", headers=headers).status == 409


# Without a handler


def test_a_route_without_a_handler_appends_the_raw_event(hooks, app):
    got = hooks.request("POST", "/raw", body=BODY, headers=as_standard(KEY, BODY, hooks.now_ms()))

    assert got.status == 202
    stream = next(each for ref, each in app.resources.items() if ref.name == "raw-events")
    found, _ = hooks.wait(stream.tail())
    assert [(each.key, each.data) for each in found] == [("msg_1", BODY.decode())]
    assert hooks.request("POST", "/raw", body=BODY, headers={}).status == 401


def test_a_route_without_a_handler_sees_what_the_signature_shows(hooks):
    headers = as_standard(KEY, BODY, hooks.now_ms())

    got = hooks.request("POST", "/told", body=BODY, headers=headers)

    assert got.body == {
        "id": "msg_1",
        "how": {
            "provider": None,
            "scheme": "standard-webhooks",
            "id": "msg_1",
            "signed_ms": hooks.now_ms() // 1_000 * 1_000,
            "claims": {},
        },
    }


def test_a_raw_body_that_is_no_text_is_refused_where_text_is_kept(hooks):
    body = b"\xff\xfe"
    headers = as_standard(KEY, b"", hooks.now_ms())
    content = f"msg_1.{headers['webhook-timestamp']}.".encode() + body
    digest = hmac.digest(base64.b64decode(KEY.removeprefix("whsec_")), content, "sha256")
    headers["webhook-signature"] = "v1," + base64.b64encode(digest).decode()

    assert hooks.request("POST", "/raw", body=body, headers=headers).status == 400


def test_a_route_that_verifies_nothing_may_take_the_body_as_it_came(hooks):
    assert hooks.request("POST", "/unsigned", body=b"\xff\x00", headers={}).body == 2


# The house's key


def send(t, path, headers, body=BODY, method="POST", key="k"):
    listed = [(name.encode(), value.encode()) for name, value in headers.items()]
    return ask(t, method, path, body, [HOST, JSON_TYPE, *listed], key=key, loopback=False)


def test_a_route_that_verifies_needs_no_key_and_all_others_do(hooks):
    assert send(hooks, "/webhooks/stripe", signed(hooks)).status == 202
    assert send(hooks, "/webhooks/stripe", {}).error["code"] == "not_verified"
    assert send(hooks, "/unsigned", signed(hooks)).error["code"] == "not_permitted"
    assert send(hooks, "/_ensue/resources", signed(hooks)).error["code"] == "not_permitted"
    assert send(hooks, "/nowhere", signed(hooks)).error["code"] == "not_permitted"
    assert send(hooks, "/webhooks/stripe", {}, method="GET").error["code"] == "not_permitted"


def test_a_route_that_needs_the_key_is_not_reached_through_one_that_does_not(hooks):
    got = send(hooks, "/webhooks/settings", signed(hooks))

    assert (got.status, got.error["code"]) == (404, "not_found")
    assert send(hooks, "/webhooks/settings", {"x-api-key": "k"}).status == 200


def test_a_request_with_the_key_must_be_signed_all_the_same(hooks):
    assert send(hooks, "/webhooks/stripe", {"x-api-key": "k"}).status == 401


def test_signed_requests_come_under_any_name_of_this_host(hooks):
    headers = [(name.encode(), value.encode()) for name, value in signed(hooks).items()]
    host = (b"host", b"hooks.example.com")

    got = ask(hooks, "POST", "/webhooks/stripe", BODY, [host, JSON_TYPE, *headers])
    assert got.status == 202
    assert ask(hooks, "POST", "/unsigned", BODY, [host, JSON_TYPE, *headers]).status == 403


# Declaring


def test_a_missing_secret_is_told_when_the_app_is_started(app, monkeypatch):
    monkeypatch.delenv("STRIPE")

    with pytest.raises(MissingSecret, match="STRIPE"), running(app):
        pass


def test_a_secret_is_changed_while_the_app_runs(hooks, monkeypatch):
    old = signed(hooks)
    monkeypatch.setenv("STRIPE", "whsec_new")

    assert hooks.request("POST", "/webhooks/stripe", body=BODY, headers=old).status == 401
    new = as_stripe("whsec_new", BODY, hooks.now_ms()) | {"x-more": ""}
    assert hooks.request("POST", "/webhooks/stripe", body=BODY, headers=new).status == 202


def test_a_secret_that_is_changed_into_none_is_for_the_log_and_not_for_the_sender(
    hooks, monkeypatch, caplog
):
    headers = as_standard(KEY, BODY, hooks.now_ms())
    monkeypatch.setenv("HOOKS", "!")
    answer = hooks.request("POST", "/webhooks/hooks", body=BODY, headers=headers)

    assert (answer.status, answer.body["error"]["code"]) == (500, "internal")
    assert "HOOKS" not in str(answer.body)
    assert "Secret.env('HOOKS')" in caplog.text


def test_what_cannot_verify_is_refused_when_it_is_declared():
    app, stripe = App("wrong"), Stripe(Secret.env("STRIPE"))

    def take(raw: bytes) -> None:
        pass

    def take_signed(request: SignedRequest) -> None:
        pass

    for path, verify in (("/a", {"stripe": stripe}), ("/a", {}), ("/a", []), ("/a", "stripe")):
        with pytest.raises(InvalidDeclaration):
            app.post(path, verify=verify)(take)
    with pytest.raises(InvalidDeclaration, match="verify="):
        app.post("/a")(take_signed)
    with pytest.raises(InvalidDeclaration, match="GET"):
        app.get("/a")(take)


def test_the_description_names_the_schemes(hooks):
    described = hooks.get("/openapi.json").body
    schemes = described["components"]["securitySchemes"]
    path = described["paths"]["/webhooks/{provider}"]["post"]

    assert path["security"] == [{"stripe": []}, {"standard-webhooks": []}]
    assert schemes["stripe"]["name"] == "Stripe-Signature"
    assert {"202", "401", "404", "default"} <= set(path["responses"])
    assert path["requestBody"] == {"required": True, "content": {"*/*": {"schema": {}}}}
    assert [each["name"] for each in path["parameters"]] == ["provider", "Idempotency-Key"]
    assert "409" in described["paths"]["/once"]["post"]["responses"]
    assert "security" not in described["paths"]["/unsigned"]["post"]
    assert "SignedRequest" not in json.dumps(described)
