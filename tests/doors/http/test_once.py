"""Idempotency-Key: the same request under the same key is done once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ensue import Answer, App, Body, Conflict, LimitExceeded, Tx
from ensue.app.calls import Calls
from ensue.app.claims import IDEMPOTENCY_KEEP_MS, Claim, Once
from ensue.doors.http import asgi_app
from ensue.engine.transaction import Origin
from ensue.testing import Running, running
from tests.doors.http.sample import HOST, JSON_TYPE, ask

DAY = IDEMPOTENCY_KEEP_MS // 1_000


class Made(Body):
    text: str


class Outside:
    """What an action reaches, and how often; it fails as it is told, and waits at its gate."""

    def __init__(self) -> None:
        self.calls = 0
        self.fault: Exception | None = None
        self.started = asyncio.Event()
        self.gate = asyncio.Event()
        self.gate.set()


def make_app(outside: Outside) -> App:
    app = App("once")
    notes = app.table("notes", key="id")
    app.queue("letters")

    @app.post("/notes", status=201)
    def make(body: Made, tx: Tx, loud: bool = False) -> Answer:  # noqa: FBT001, FBT002 - a query
        note = tx.new_id()
        tx.put(notes, {"id": note, "text": body.text, "loud": loud})
        return Answer({"id": note}, status=201, headers={"location": f"/notes/{note}"})

    @app.put("/notes/{id}")
    def put(id: str, body: Made, tx: Tx) -> dict[str, Any]:  # noqa: A002 - as the path calls it
        tx.put(notes, {"id": id, "text": body.text})
        return {"id": id, "at": tx.new_id()}

    @app.post("/refusing")
    def refuse(tx: Tx) -> Answer:
        tx.put(notes, {"id": tx.new_id()})
        return Answer({}, status=422)

    @app.post("/failing")
    def fail(tx: Tx) -> None:
        tx.put(notes, {"id": tx.new_id()})
        raise Conflict("not now")

    @app.post("/unsayable")
    def unsayable(tx: Tx) -> object:
        tx.put(notes, {"id": "unsayable"})
        return object()

    @app.post("/strict", idempotency="required")
    def strict(tx: Tx) -> dict[str, str]:
        return {"id": tx.new_id()}

    @app.post("/pay", status=202)
    async def pay(body: Any = None) -> dict[str, int]:
        outside.calls += 1
        outside.started.set()
        await outside.gate.wait()
        if outside.fault is not None:
            raise outside.fault
        return {"calls": outside.calls}

    @app.post("/full")
    def full() -> None:
        raise LimitExceeded("expected room", retry_after_ms=2_001)

    return app


@pytest.fixture
def outside() -> Outside:
    return Outside()


@pytest.fixture
def once(outside: Outside) -> Iterator[Running]:
    with running(make_app(outside)) as kit:
        yield kit


def send(kit, path="/notes", body=None, key="k", method="POST", **headers):
    sent = {"Idempotency-Key": key, **headers} if key is not None else headers
    return kit.request(method, path, body=body or {"text": "a"}, headers=sent)


def count(kit) -> int:
    return kit.get("/_ensue/tables/notes").body["status"]["items"]


def test_the_same_request_under_the_same_key_gets_the_same_answer_and_is_done_once(once):
    first, again = send(once), send(once)
    assert first.status == again.status == 201
    assert first.body == again.body
    assert count(once) == 1
    same = ("location", "x-request-id", "content-type")
    assert [first.headers[name] for name in same] == [again.headers[name] for name in same]
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"


def test_without_a_key_each_request_is_its_own(once):
    send(once, key=None)
    send(once, key=None)
    assert count(once) == 2


@pytest.mark.parametrize(
    ("path", "body"), [("/notes", {"text": "b"}), ("/notes?loud=true", {"text": "a"})]
)
def test_another_request_under_the_same_key_is_refused(once, path, body):
    send(once)
    other = send(once, path, body)
    assert (other.status, other.body["error"]["code"]) == (422, "token_reused")
    assert count(once) == 1


def test_a_key_stands_for_one_path_of_its_route(once):
    assert send(once, "/notes/1", method="PUT").status == 200
    assert send(once, "/notes/2", method="PUT").status == 422


def test_routes_have_keys_of_their_own(once):
    assert send(once).status == 201
    assert send(once, "/pay").status == 202


def test_credentials_have_keys_of_their_own(once):
    first = send(once, authorization="Bearer a")
    second = send(once, authorization="Bearer b")
    assert first.body != second.body
    assert send(once, authorization="Bearer a").body == first.body


def test_a_key_may_stand_in_quotes_as_the_draft_has_it(once):
    assert send(once, key='"a\\"b"').body == send(once, key='a"b').body


@pytest.mark.parametrize("key", ["", " ", '""', "é", "k" * 256, "a\tb"])
def test_what_is_no_key_is_refused(once, key):
    raw = (b"idempotency-key", key.encode("latin-1"))
    got = ask(once, "POST", "/notes", b'{"text":"a"}', [HOST, JSON_TYPE, raw])
    assert (got.status, got.error["at"]) == (400, "headers.idempotency-key")
    assert count(once) == 0


def test_two_keys_are_refused(once):
    keys = [(b"idempotency-key", b"a"), (b"idempotency-key", b"b")]
    got = ask(once, "POST", "/notes", b'{"text":"a"}', [HOST, JSON_TYPE, *keys])
    assert (got.status, got.error["message"][:26]) == (400, "expected one Idempotency-K")


def test_a_route_may_require_a_key(once):
    missing = send(once, "/strict", key=None)
    assert (missing.status, missing.body["error"]["at"]) == (400, "headers.idempotency-key")
    assert send(once, "/strict").body == send(once, "/strict").body


@pytest.mark.parametrize(("path", "status"), [("/failing", 409), ("/refusing", 422)])
def test_a_request_that_fails_frees_its_key(once, path, status):
    assert send(once, path).status == status
    again = send(once, path, {"other": 1})
    assert (again.status, again.headers.get("idempotent-replayed")) == (status, None)
    assert again.body.get("error", {}).get("code") != "token_reused"


def test_what_does_not_fit_leaves_the_key_free(once):
    assert send(once, body={"text": 1}).status == 400
    assert send(once).status == 201


def test_an_answer_is_kept_for_a_day(once):
    first = send(once)
    once.advance(DAY - 1)
    assert send(once).body == first.body
    once.advance(2)
    assert send(once).body != first.body


def test_the_keeper_forgets_answers_whose_day_is_over(once):
    send(once)
    once.advance(DAY + 120)
    kept = once._platform.engine.read(lambda tx: tx.rows("SELECT * FROM ensue_tokens"))
    assert kept == []


def test_a_get_has_no_use_for_a_key(once):
    got = once.request("GET", "/_ensue/health", headers={"Idempotency-Key": "k" * 300})
    assert got.status == 200


def test_an_answer_that_cannot_be_sent_has_not_happened(once):
    for key in ("k", None):
        assert send(once, "/unsayable", key=key).status == 500
    assert count(once) == 0


# Actions


def test_an_action_that_succeeded_is_not_run_again(once, outside):
    first, again = send(once, "/pay"), send(once, "/pay")
    assert first.body == again.body == {"calls": 1}
    assert again.headers["idempotent-replayed"] == "true"


def test_an_action_that_failed_is_run_again(once, outside):
    outside.fault = Conflict("the bank is closed")
    assert send(once, "/pay").status == 409
    outside.fault = None
    assert send(once, "/pay").body == {"calls": 2}


def test_while_the_first_is_in_flight_the_second_is_told_to_wait_and_one_wins(once, outside):
    async def both():
        outside.gate.clear()
        ask_once = {"Idempotency-Key": "k"}
        first = asyncio.ensure_future(once._client.post("/pay", headers=ask_once))
        await outside.started.wait()
        second = await once._client.post("/pay", headers=ask_once)
        outside.gate.set()
        return await first, second

    first, second = once.wait(both())
    assert first.status_code == 202
    assert (second.status_code, second.headers["retry-after"]) == (409, "1")
    assert second.json()["error"]["code"] == "token_in_flight"
    assert outside.calls == 1
    assert send(once, "/pay", None, key="k").status in {202, 422}


def test_two_of_a_def_at_once_are_done_once(once):
    async def both():
        ask_once = {"Idempotency-Key": "k"}
        sent = [once._client.post("/notes", json={"text": "a"}, headers=ask_once) for _ in "ab"]
        return await asyncio.gather(*sent)

    first, second = once.wait(both())
    assert first.json() == second.json()
    assert count(once) == 1


def test_an_action_that_is_cancelled_frees_its_key(once, outside):
    async def leave():
        outside.gate.clear()
        sent = once._client.post("/pay", json={"text": "a"}, headers={"Idempotency-Key": "k"})
        first = asyncio.ensure_future(sent)
        await outside.started.wait()
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        outside.gate.set()

    once.wait(leave())
    assert send(once, "/pay").body == {"calls": 2}


async def turn():
    """Let everything else on the event loop go on once."""
    turned = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_soon(turned.set_result, None)
    await turned


def test_an_action_that_is_cancelled_while_its_key_is_claimed_frees_it(once, outside):
    async def leave():
        calls, engine = [], once._platform.engine

        async def run():
            calls.append(1)

        asked = Claim(Once("scope", "k", "fingerprint"))
        for turns in range(8):
            task = asyncio.ensure_future(Calls(engine).act(run, Origin("pay"), asked))
            for _ in range(turns):
                await turn()
                if calls:
                    return turns
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            left = engine.read(lambda tx: tx.rows("SELECT token FROM ensue_tokens"))
            assert left == []
        return None

    assert once.wait(leave())


def test_an_action_whose_answer_cannot_be_kept_is_answered_all_the_same(once, outside, caplog):
    async def lose():
        outside.gate.clear()
        sent = once._client.post("/pay", json={"text": "a"}, headers={"Idempotency-Key": "k"})
        first = asyncio.ensure_future(sent)
        await outside.started.wait()
        await once._platform.engine.transact(lambda tx: tx.execute("DELETE FROM ensue_tokens"))
        outside.gate.set()
        return await first

    assert once.wait(lose()).status_code == 202
    assert "could not be kept" in caplog.text


def test_a_crash_between_claim_and_answer_frees_the_key(run_on, file_store, crashed, outside):
    stage = run_on(file_store, make_app(outside))
    door = asgi_app(stage.platform)
    headers = [HOST, JSON_TYPE, (b"idempotency-key", b"k")]

    async def claim():
        outside.gate.clear()
        running_ask = asyncio.ensure_future(_ask(door, headers))
        await outside.started.wait()
        left = crashed(stage)
        outside.gate.set()
        await running_ask
        return left

    left = stage.wait(claim())
    other = Outside()
    after = run_on(left, make_app(other))
    got = ask(after, "POST", "/pay", b"{}", headers, door=asgi_app(after.platform))
    assert (got.status, other.calls) == (202, 1)


def test_a_crash_after_a_def_keeps_answer_and_effects_together(run_on, file_store, crashed):
    stage = run_on(file_store, make_app(Outside()))
    headers = [HOST, JSON_TYPE, (b"idempotency-key", b"k")]
    first = ask(stage, "POST", "/notes", b'{"text":"a"}', headers, door=asgi_app(stage.platform))
    after = run_on(crashed(stage), make_app(Outside()))
    again = ask(after, "POST", "/notes", b'{"text":"a"}', headers, door=asgi_app(after.platform))
    assert again.raw == first.raw
    assert again.headers["idempotent-replayed"] == "true"


async def _ask(door, headers):
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/pay",
        "query_string": b"",
        "headers": headers,
    }

    async def receive():
        return {"type": "http.request", "body": b"{}", "more_body": False}

    async def sent(message):
        pass

    await door(scope, receive, sent)


# Operations


def test_an_operation_that_writes_takes_a_key(once):
    first = send(once, "/_ensue/queues/letters/send", {"body": 1})
    again = send(once, "/_ensue/queues/letters/send", {"body": 1})
    assert first.body == again.body
    waiting = once.get("/_ensue/queues/letters/peek").body
    assert [each["id"] for each in waiting] == [first.body["id"]]
    assert send(once, "/_ensue/queues/letters/send", {"body": 2}).status == 422


def test_an_operation_that_reads_has_no_use_for_a_key(once):
    send(once, "/_ensue/queues/letters/peek", {"limit": 1})
    assert send(once, "/_ensue/queues/letters/peek", {"limit": 2}).status == 200


# Back pressure, and the description


def test_a_bound_that_knows_when_there_is_room_says_so_in_whole_seconds(once):
    got = send(once, "/full", key=None)
    assert (got.status, got.headers["retry-after"]) == (429, "3")


def test_the_description_names_the_key_and_whether_it_is_required(once):
    paths = once.get("/openapi.json").body["paths"]
    found = {
        path: [each for each in paths[path]["post"]["parameters"] if each["in"] == "header"]
        for path in ("/notes", "/strict", "/_ensue/queues/{name}/send")
    }
    assert [each["required"] for (each,) in found.values()] == [False, True, False]
    assert all(each["name"] == "Idempotency-Key" for (each,) in found.values())
    reading = paths["/_ensue/queues/{name}/peek"]["post"]["parameters"]
    assert [each for each in reading if each["in"] == "header"] == []


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from("ab"), st.sampled_from(["x", "y"]), st.booleans()), max_size=8
    )
)
def test_whatever_is_sent_each_key_has_one_effect_at_most(sent):
    with running(make_app(Outside())) as kit:
        answers: dict[str, Any] = {}
        for key, text, good in sent:
            got = send(kit, body={"text": text if good else 1}, key=key)
            if got.status == 201:
                assert answers.setdefault(key, (text, got.body)) == (text, got.body)
            else:
                assert got.status == 400 or answers[key][0] != text
        assert count(kit) == len(answers)
