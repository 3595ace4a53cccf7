from __future__ import annotations

import asyncio

import httpx
import pytest

from ensue import ApiKey, App, Rejected, RuleTarget, Secret, Unreachable
from ensue.app.copies import branch
from ensue.engine.database import StoreUrl
from ensue.engine.sockets import Delivery
from ensue.testing import running
from ensue.words import values
from ensue.words.errors import (
    InvalidDeclaration,
    InvalidExpression,
    InvalidValue,
    LimitExceeded,
    NotPermitted,
    TooLarge,
)

BANK = "http://bank"
HOUR = 3_600_000


class Bank:
    """What answers for the outside, and what it was asked."""

    def __init__(self, *answers) -> None:
        self.asked: list[httpx.Request] = []
        self.answers = list(answers)
        self.always = httpx.codes.OK

    def __call__(self, request):
        self.asked.append(request)
        answer = self.answers.pop(0) if self.answers else self.always
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer) if isinstance(answer, int) else answer

    def keys(self):
        return [each.headers.get("idempotency-key") for each in self.asked]

    def bodies(self):
        return [each.content.decode() for each in self.asked]


@pytest.fixture
def app() -> App:
    return App("crm")


@pytest.fixture
def bank() -> Bank:
    return Bank()


@pytest.fixture
def run(run_app, bank):
    return lambda app, **options: run_app(app, outside={BANK: bank}, **options)


def declare(app, **options):
    return app.destination("bank", **{"url": f"{BANK}/customers"} | options)


def dead(t, app):
    return t.messages(app.resources[next(ref for ref in app.resources if ref.name == "bank-dlq")])


def test_what_is_sent_arrives_as_json_with_a_key_and_a_trace(app, run, bank):
    destination = declare(app)
    t = run(app)
    sent = t.wait(destination.send({"name": "Ann", "photo": b"\x00"}))
    t.settle()

    [request] = bank.asked
    assert (request.method, str(request.url)) == ("POST", f"{BANK}/customers")
    assert request.content == b'{"name":"Ann","photo":"AA=="}'
    assert request.headers["content-type"] == "application/json"
    assert request.headers["idempotency-key"] == sent
    assert request.headers["traceparent"].startswith("00-")
    assert t.wait(destination.status())["waiting"] == 0


def test_an_event_goes_to_a_destination_by_a_rule_in_the_trace_that_it_came_with(app, run, bank):
    events = app.bus("events")
    events.rule("new", {"detail-type": ["NewCustomer"]}, to=declare(app))

    @app.post("/customers")
    def customer(tx) -> None:
        tx.publish(events, "NewCustomer", {"id": 7})

    t = run(app)
    trace = "00-" + "ab" * 16 + "-" + "cd" * 8 + "-01"
    t.request("POST", "/customers", headers={"traceparent": trace})
    t.settle()

    [request] = bank.asked
    assert request.headers["traceparent"].split("-")[1] == "ab" * 16
    assert b'"detail":{"id":7}' in request.content


def test_parts_of_the_body_go_into_the_path_the_query_and_headers(app, run, bank):
    destination = declare(
        app,
        url=f"{BANK}/customers/{{id}}/{{kind}}?v=1",
        path={"id": "$.detail.id", "kind": "new"},
        query={"city": "$.detail.city", "n": "$.detail.tags[1]", "no": "$.nothing"},
        headers={"X-Event": '$["detail-type"]', "X-Fixed": "1", "X-None": "$.nothing"},
        method="PUT",
    )
    t = run(app)
    body = {"detail-type": "New", "detail": {"id": "a/b c", "city": "Zürich &", "tags": [1, True]}}
    t.wait(destination.send(body))
    t.settle()

    [request] = bank.asked
    assert request.method == "PUT"
    assert request.url.raw_path == b"/customers/a%2Fb%20c/new?v=1&city=Z%C3%BCrich%20%26&n=true"
    assert (request.headers["x-event"], request.headers["x-fixed"]) == ("New", "1")
    assert "x-none" not in request.headers


@pytest.mark.parametrize("found", [None, "", {"a": 1}, "..", "../admin", "a/../..", "..\\b"])
def test_a_body_without_what_the_path_needs_is_refused_when_it_is_sent(app, run, bank, found):
    destination = declare(app, url=f"{BANK}/customers/{{id}}", path={"id": "$.id"})
    t = run(app)

    with pytest.raises(InvalidValue):
        t.wait(destination.send({"id": found}))

    [refusal] = t.wait(
        app.run(lambda tx: destination.deliver(tx._inner, [delivery({"id": found})]))
    )
    assert refusal.code == "invalid_value"
    assert t.wait(destination.depth())["waiting"] == 0


def delivery(body, **options):
    return Delivery(values.encode(body), **options)


def test_a_line_break_in_a_header_is_refused(app, run):
    destination = declare(app, headers={"X-Name": "$.name"})
    t = run(app)

    with pytest.raises(InvalidValue, match="printable ASCII"):
        t.wait(destination.send({"name": "a\r\nX-Other: b"}))


def test_white_space_around_a_header_is_none_of_it(app, run, bank):
    destination = declare(app, headers={"X-Name": "$.name"})
    t = run(app)
    t.wait(destination.send({"name": " Ann "}))
    t.settle()

    assert bank.asked[0].headers["x-name"] == "Ann"


def test_what_stands_in_the_body_as_a_list_is_no_header(app, run):
    destination = declare(app, headers={"X-Names": "$.names[*]"})
    t = run(app)

    with pytest.raises(InvalidValue, match="expected text"):
        t.wait(destination.send({"names": ["a"]}))


def test_the_terms_of_a_rule_go_before_those_of_the_destination(app, run, bank):
    events = app.bus("events")
    lost = app.queue("lost")
    bank.always = 500
    target = RuleTarget(declare(app), retries=1, dead_letters=lost)
    events.rule("new", {"detail-type": ["NewCustomer"]}, to=target)
    t = run(app)
    t.wait(events.publish("NewCustomer", {"id": 7}))
    t.drain()

    assert len(bank.asked) == 2
    assert dead(t, app) == []
    [letter] = t.messages(lost)
    assert "answered 500" in letter.attributes["dead_letter"]["reason"]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_method_without_a_body_sends_none(app, run, bank, method):
    destination = declare(app, method=method)
    t = run(app)
    t.wait(destination.send({"n": 1}))
    t.settle()

    [request] = bank.asked
    assert (request.content, "content-type" in request.headers) == (b"", False)


@pytest.mark.parametrize(
    "trouble",
    [408, 425, 429, 500, 503, 599, httpx.ConnectError("no"), httpx.ReadTimeout("late")],
    ids=str,
)
def test_what_may_pass_is_tried_again_with_the_same_key(app, run, bank, trouble):
    destination = declare(app)
    bank.answers = [trouble, trouble]
    t = run(app)
    sent = t.wait(destination.send(1))
    t.drain()

    assert bank.keys() == [sent] * 3
    assert dead(t, app) == []


@pytest.mark.parametrize("status", [300, 302, 400, 401, 403, 404, 409, 410, 422])
def test_what_is_refused_for_good_is_dead_at_once_with_the_status_and_what_was_said(
    app, run, bank, status
):
    destination = declare(app)
    bank.answers = [httpx.Response(status, text="no  such\ncustomer", headers={"location": "/x"})]
    t = run(app)
    t.wait(destination.send(1))
    t.settle()

    [letter] = dead(t, app)
    reason = letter.attributes["dead_letter"]["reason"]
    assert reason == f"Rejected: answered {status}: no such customer, at bank"
    assert len(bank.asked) == 1


def test_a_conflict_that_says_when_is_the_same_request_in_flight(app, run, bank):
    destination = declare(app)
    bank.answers = [httpx.Response(409, headers={"retry-after": "2"})]
    t = run(app)
    t.wait(destination.send(1))
    t.drain()

    assert len(bank.asked) == 2
    assert dead(t, app) == []


@pytest.mark.parametrize(
    ("given", "waits_ms"),
    [("120", 120_000), ("99999999999", HOUR), ("Sat, 05 Jul 2031 03:24:15 GMT", 599074)],
)
def test_a_destination_that_says_when_to_come_back_is_left_alone_until_then(
    app, run, bank, given, waits_ms
):
    destination = declare(app, retry_base=0.001)
    bank.answers = [httpx.Response(429, headers={"retry-after": given})]
    t = run(app)
    t.wait(destination.send(1))
    t.settle()
    said = t.wait(destination.status())
    t.wait(destination.send(2))
    t.settle()
    assert len(bank.asked) == 1

    wait_ms = said["rests_until_ms"] - t.now_ms()
    assert wait_ms == waits_ms
    t.advance((wait_ms - 1) / 1_000)
    assert len(bank.asked) == 1
    t.advance(0.002)
    assert sorted(bank.bodies()) == ["1", "1", "2"]


def test_the_retries_are_bounded_by_their_number(app, run, bank):
    destination = declare(app, retries=2)
    bank.always = 500
    t = run(app)
    t.wait(destination.send(1))
    t.drain()

    assert len(bank.asked) == 3
    assert len(dead(t, app)) == 1


def test_the_retries_are_bounded_by_the_time_they_take(app, run, bank):
    destination = declare(app, max_age="1h")
    bank.always = 500
    t = run(app)
    t.wait(destination.send(1))
    t.advance("59m")
    assert dead(t, app) == []
    t.advance("1m")

    assert len(dead(t, app)) == 1


def test_a_redriven_delivery_has_all_its_time_again(app, run, bank):
    destination = declare(app, max_age="1h")
    bank.always = 500
    t = run(app)
    sent = t.wait(destination.send(1))
    t.drain()
    asked = len(bank.asked)

    t.wait(app.resources[destination.model.dead_letters].redrive())
    t.advance("30m")
    bank.always = 200
    t.drain()

    assert len(bank.asked) > asked + 2
    assert set(bank.keys()) == {sent}
    assert dead(t, app) == []


def test_a_destination_that_comes_back_after_an_hour_gets_all_in_order_at_its_rate(app, run, bank):
    destination = declare(app, rate="10/s", concurrency=50)
    bank.always = httpx.ConnectError("refused")
    arrived = []

    def answer(request):
        Bank.__call__(bank, request)
        arrived.append((t.now_ms(), request.content.decode()))
        return httpx.Response(200)

    t = run_with(answer, app)
    with t as t:
        for n in range(300):
            t.wait(destination.send({"n": n}, group=f"g{n % 10}"))
        t.advance("1h")
        assert arrived == []
        bank.always = 200
        t.drain()

        bodies = [httpx.Response(200, text=text).json()["n"] for _, text in arrived]
        assert sorted(bodies) == list(range(300))
        for group in range(10):
            mine = [n for n in bodies if n % 10 == group]
            assert mine == sorted(mine)
        times = [at_ms for at_ms, _ in arrived]
        assert all(later - at >= 900 for at, later in zip(times, times[11:], strict=False))
        assert t.wait(destination.depth())["waiting"] == 0


def run_with(answer, app):
    return running(app, outside={BANK: answer})


def test_a_slow_destination_holds_nothing_else_back(app, run_app, bank):
    events = app.bus("events")
    jobs = app.queue("jobs")
    slow = app.destination("slow", url="http://slow/", timeout="10s", retries=0)
    events.rule("all", {"detail-type": ["A"]}, to=[slow, declare(app), jobs])

    async def never(request):
        await asyncio.get_running_loop().create_future()

    t = run_app(app, outside={BANK: bank, "http://slow": never})
    for n in range(30):
        t.wait(events.publish("A", {"n": n}))
    t.settle()

    assert len(bank.asked) == 30
    assert len(t.messages(jobs)) == 30
    assert t.wait(slow.depth()) == {"waiting": 20, "delayed": 0, "held": 0, "in_flight": 10}
    t.advance("30s")
    letters = t.messages(app.resources[slow.model.dead_letters])
    assert len(letters) == 30
    assert "no answer came within 10000 ms" in letters[0].attributes["dead_letter"]["reason"]


class Endless(httpx.AsyncByteStream):
    async def __aiter__(self):
        yield b"well"
        await asyncio.get_running_loop().create_future()


@pytest.mark.parametrize("status", [200, 400])
def test_an_answer_is_given_although_its_body_never_ends(app, run_app, status):
    destination = declare(app, timeout="10s")
    asked = []

    async def answer(request):
        asked.append(request)
        return httpx.Response(status, stream=Endless())

    t = run_app(app, outside={BANK: answer})
    t.wait(destination.send(1))
    t.advance("1h")

    assert len(asked) == 1
    assert t.wait(destination.depth())["waiting"] == 0
    reasons = [each.attributes["dead_letter"]["reason"] for each in dead(t, app)]
    assert reasons == ([] if status == 200 else [reasons[0]])
    assert all("answered 400" in each for each in reasons)


def test_a_delivery_of_a_group_that_is_refused_for_good_lets_the_next_go_on(app, run, bank):
    destination = declare(app)
    bank.answers = [500, 400]
    t = run(app)
    for n in (1, 2):
        t.wait(destination.send(n, group="g"))
    t.drain()

    assert bank.bodies() == ["1", "1", "2"]


def test_a_delivery_with_the_id_of_another_is_taken_once(app, run, bank):
    destination = declare(app)
    t = run(app)
    twice = [delivery(1, deduplication_id="a"), delivery(1, deduplication_id="a")]
    ids = t.wait(app.run(lambda tx: destination.deliver(tx._inner, twice)))
    t.settle()

    assert ids[0] == ids[1]
    assert len(bank.asked) == 1


def test_what_waits_is_shown_with_why_its_last_try_failed(app, run, bank):
    destination = declare(app)
    bank.answers = [httpx.Response(500, text="out of order")]
    t = run(app)
    sent = t.wait(destination.send({"n": 1}, group="g"))
    t.settle()

    [waiting] = t.wait(destination.peek())
    assert (waiting.id, waiting.body, waiting.group, waiting.receives) == (sent, {"n": 1}, "g", 1)
    assert waiting.error == "Unreachable: answered 500: out of order, at bank"
    assert waiting.due_ms > t.now_ms()
    said = t.wait(destination.status())
    assert (said["waiting"], said["last_error"]) == (1, waiting.error)


def test_a_destination_that_is_paused_gets_nothing_until_it_is_resumed(app, run, bank):
    destination = declare(app)
    t = run(app)
    t.wait(destination.pause())
    for n in range(3):
        t.wait(destination.send(n))
    t.advance("1h")
    assert bank.asked == []
    assert "paused_since_ms" in t.wait(destination.status())
    t.wait(destination.resume())
    t.settle()

    assert sorted(bank.bodies()) == ["0", "1", "2"]


def test_a_transaction_sends_when_it_commits_and_not_when_it_raises(app, run, bank):
    destination = declare(app)
    t = run(app)
    t.wait(app.run(lambda tx: tx.send(destination, 1, group="g", delay="5m")))

    def fails(tx):
        tx.send(destination, 2)
        raise RuntimeError("thought better of it")

    with pytest.raises(RuntimeError):
        t.wait(app.run(fails))
    t.settle()
    assert bank.asked == []
    t.advance("5m")
    assert bank.bodies() == ["1"]


def test_a_call_gives_the_answer_of_now(app, run, bank):
    destination = declare(app, path={"id": "$.id"}, url=f"{BANK}/customers/{{id}}", method="GET")
    bank.answers = [httpx.Response(200, json={"name": "Ann"}), httpx.Response(204)]
    t = run(app)

    assert t.wait(destination.call({"id": 7})) == {"name": "Ann"}
    assert t.wait(destination.call({"id": 7})) is None
    assert str(bank.asked[0].url) == f"{BANK}/customers/7"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (httpx.Response(404), Rejected),
        (httpx.Response(503), Unreachable),
        (httpx.ConnectError("no"), Unreachable),
        (httpx.Response(200, text="<html>"), Rejected),
        (httpx.Response(200, content=b"[" + b"0," * 600_000 + b"0]"), TooLarge),
    ],
    ids=["refused", "later", "unreachable", "no json", "too large"],
)
def test_a_call_that_fails_says_how(app, run, bank, answer, error):
    destination = declare(app)
    bank.answers = [answer]
    t = run(app)

    with pytest.raises(error):
        t.wait(destination.call({}))


def test_a_call_that_takes_too_long_ends(app, run_app):
    destination = declare(app, timeout="5s")

    async def never(request):
        await asyncio.get_running_loop().create_future()

    t = run_app(app, outside={BANK: never})

    async def called():
        calling = asyncio.get_running_loop().create_task(destination.call({}))
        for _ in range(20):
            await asyncio.wait([calling], timeout=0)
        t.clock.move_to(t.now_ms() + 5_000)
        await calling

    with pytest.raises(Unreachable, match="no answer came within 5000 ms"):
        t.wait(called())


def test_calls_keep_the_rate_with_the_deliveries(app, run, bank):
    destination = declare(app, rate="1/m", timeout="10s")
    t = run(app)
    t.wait(destination.call({}))

    with pytest.raises(LimitExceeded) as told:
        t.wait(destination.call({}))
    t.wait(destination.send(1))
    t.settle()

    assert 0 < told.value.retry_after_ms <= 60_000
    assert len(bank.asked) == 1


def test_a_branch_sends_nothing_and_needs_no_secret(app, run_on, file_store, tmp_path):
    run_on(file_store, app).close()
    copied = branch(f"sqlite:///{file_store.path}", tmp_path / "copy")
    other = App("crm")
    other.destination("key", url=BANK, connection=ApiKey(Secret.env("CRM_NOT_THERE")))
    destination = declare(other)
    copy = run_on(StoreUrl(str(copied.path)), other)
    copy.wait(destination.send(1))
    copy.settle()

    assert copy.wait(destination.depth())["waiting"] == 1
    with pytest.raises(NotPermitted):
        copy.wait(destination.call(1))


@pytest.mark.parametrize(
    ("options", "at"),
    [
        ({"url": "ftp://bank"}, "url"),
        ({"url": "bank"}, "url"),
        ({"url": "http:///x"}, "url"),
        ({"url": "http://ann:pw@bank/"}, "url"),
        ({"url": "http://{host}/", "path": {"host": "$.a"}}, "url"),
        ({"url": "http://bank/#a"}, "url"),
        ({"url": "http://bank/{id}"}, "url"),
        ({"path": {"id": "$.a"}}, "path.id"),
        ({"url": "http://bank/{id}", "path": {"id": "$..a"}}, "path.id"),
        ({"url": "http://bank/{id}", "path": {"id": 7}}, "path.id"),
        ({"method": "BREW"}, "method"),
        ({"headers": {"Host": "a"}}, "headers.Host"),
        ({"headers": {"idempotency-key": "a"}}, "headers.idempotency-key"),
        ({"headers": {"a b": "a"}}, "headers.a b"),
        ({"headers": {"a": "b\nc"}}, "headers.a"),
        ({"timeout": 0}, "destination bank"),
        ({"timeout": "1h"}, "destination bank"),
        ({"retries": 1_000}, "destination bank"),
        ({"concurrency": 0}, "destination bank"),
        ({"connection": "key"}, "destination bank"),
        ({"format": "xml"}, "destination bank"),
    ],
)
def test_what_cannot_be_called_is_refused_when_it_is_declared(app, options, at):
    with pytest.raises((InvalidDeclaration, InvalidExpression)) as told:
        declare(app, **options)

    assert told.value.at.partition(",")[0] == at


def test_the_operations_send_call_and_peek(app, run, bank):
    declare(app)
    bank.answers = [httpx.Response(200, json=[1]), 500]
    t = run(app)
    place = "/_ensue/destinations/bank"

    assert t.post(f"{place}/call", {"body": 1}).body == [1]
    sent = t.post(f"{place}/send", {"body": 2, "group": "g"}).body["id"]
    t.settle()

    assert [each["id"] for each in t.get(f"{place}/peek").body] == [sent]
    described = t.get(place).body
    assert described["declared"]["url"] == f"{BANK}/customers"
    assert described["status"]["waiting"] == 1
    bank.answers = [httpx.Response(404, text="gone")]
    refused = t.post(f"{place}/call", {"body": 1})
    assert (refused.status, refused.body["error"]["code"]) == (502, "rejected")
