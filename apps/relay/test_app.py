"""The relay's story, and the defects of the original that it must not have."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections import Counter
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import httpx
import pytest

from apps.relay import app as relay_app
from apps.relay.app import app, breaker, measured, pool
from ensue import sleep

SERVICE = "http://payments"


@pytest.fixture
def t(run_app):
    return run_app(app)


@pytest.fixture
def outside(monkeypatch, run_app):
    """The relay before a service over HTTP that answers what the test says: ``outside(answer)``."""
    monkeypatch.setattr(relay_app, "URL", f"{SERVICE}/charges")
    return lambda answer: run_app(app, outside={SERVICE: answer})


def behave(t, failure_rate=0.0, latency_ms=100):
    t.request("PUT", "/downstream", body={"failureRate": failure_rate, "latencyMs": latency_ms})


def pay(t, key=None, payment=None):
    headers = {} if key is None else {"idempotency-key": key}
    return t.request("POST", "/relay", body=payment or {"cents": 700}, headers=headers)


def charged(t):
    return t.get("/downstream").body


# Requests


def test_rr_1_a_payment_that_was_taken_is_answered_as_the_original_answers(t):
    behave(t)

    reply = pay(t)

    assert reply.status == 200
    assert reply.body == {
        "success": True,
        "data": {
            "message": "Request processed successfully",
            "receivedData": {"cents": 700},
            "timestamp": "2031-07-05T03:14:16.026+00:00",
        },
        "metadata": {"processingTimeMs": 100, "attempts": 1},
    }


@pytest.mark.parametrize("payment", ["text", 7, [1, 2], {"a": {"b": None}}])
def test_rr_1_any_json_is_a_payment(t, payment):
    behave(t)

    assert pay(t, payment=payment).body["data"]["receivedData"] == payment


def test_rr_1_a_payment_that_failed_four_times_is_a_502_that_says_so(t):
    behave(t, failure_rate=1)

    reply = pay(t)

    assert reply.status == 502
    assert reply.body["success"] is False
    assert reply.body["metadata"]["attempts"] == 4
    assert reply.body["error"] in {"ECONNREFUSED", "ETIMEDOUT", "HTTP 500", "HTTP 503"}


def test_rr_1_health_says_for_how_long_it_has_run(t):
    t.advance("90s")

    assert t.get("/health").body == {
        "status": "healthy",
        "uptime": 90.0,
        "timestamp": "2031-07-05T03:15:45.926+00:00",
    }


def test_rr_1_the_description_names_each_answer_and_its_shape(t):
    responses = t.get("/openapi.json").body["paths"]["/relay"]["post"]["responses"]

    shapes = {
        status: told["content"]["application/json"]["schema"].get("$ref", "").rpartition("/")[2]
        for status, told in responses.items()
        if status in {"200", "409", "422", "429", "502", "503"}
    }
    assert shapes == {
        "200": "Relayed",
        "409": "NotRelayed",
        "422": "NotRelayed",
        "429": "Full",
        "502": "NotRelayed",
        "503": "NotRelayed",
    }


def test_rr_2_the_constants_are_those_of_the_original(t):
    behave(t)
    pay(t)
    stats = t.get("/stats").body

    assert (stats["pool"]["workers"], stats["pool"]["queue"]) == (5, 100)
    assert relay_app.TIMEOUT == "5s"


# Retries


def test_rr_3_the_pauses_lie_below_100_200_and_400_ms_and_none_is_after_the_last(t):
    behave(t, failure_rate=1, latency_ms=0)
    times = []
    for _ in range(20):
        letter = pay(t).body.get("deadLetter")
        if letter is None:  # the circuit has opened: ten seconds later it is asked again
            t.advance("10s")
            continue
        tried = t.get(f"/dlq/{letter}").body["tried"]
        times.append([datetime.fromisoformat(each["at"]) for each in tried])

    pauses = [
        [(after - before) / timedelta(milliseconds=1) for before, after in pairwise(each)]
        for each in times
        if len(each) == 4
    ]
    assert len(pauses) >= 5
    for index, span in enumerate((100, 200, 400)):
        assert all(each[index] < span for each in pauses)
    assert len({each[0] for each in pauses}) > 3


@pytest.mark.parametrize(("failure_rate", "expected"), [(0.3, 0.9919), (0.8, 0.5904)])
def test_rr_4_rr_5_the_share_that_succeeds_is_one_less_the_fourth_power(
    run_app, failure_rate, expected
):
    statuses = []
    for seed in range(3):
        t = run_app(app, seed=seed)
        behave(t, failure_rate=failure_rate, latency_ms=1)
        for _ in range(25):
            statuses.append(pay(t).status)
            t.advance("10s")
        t.stop()

    assert statuses.count(200) / 75 == pytest.approx(expected, abs=0.16)


# The queue and its workers


@pytest.mark.parametrize("at_once", [50, 105, 200])
def test_rr_6_of_many_at_once_the_workers_and_the_queue_take_theirs_and_429_the_rest(t, at_once):
    behave(t)

    begun = [t.begin("POST", "/relay", body={"cents": n}) for n in range(at_once)]
    busy = pool.stats().busy
    t.advance("1m")

    found = Counter(each.reply.status for each in begun)
    refused = max(0, at_once - 105)
    assert found == Counter({200: at_once - refused, 429: refused})
    assert busy == 5
    assert pool.stats().busiest == 5
    if refused:
        [full] = {json.dumps(each.reply.body) for each in begun if each.reply.status == 429}
        assert json.loads(full) == {
            "success": False,
            "error": "Service overloaded - queue full",
            "metadata": {"queueSize": 100, "queueCapacity": 100},
        }


class Service:
    """A payments service on a port of its own that holds every payment until it is told."""

    def __init__(self):
        self.release = asyncio.Event()
        self.busy = self.busiest = 0
        self.keys = []

    async def answer(self, reader, writer):
        while head := (await reader.readuntil(b"\r\n\r\n")).lower():
            length = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
            self.keys.append(head.partition(b"idempotency-key: ")[2].partition(b"\r\n")[0])
            await reader.readexactly(length)
            self.busy += 1
            self.busiest = max(self.busiest, self.busy)
            await self.release.wait()
            self.busy -= 1
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")


async def storm(folder, many, refused):
    """Send many payments at once to a real relay; let the service answer once so many are back."""
    service = Service()
    server = await asyncio.start_server(service.answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    relay = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "ensue", "run", "apps/relay", "--port", "0"),
        *("--engine", f"sqlite:///{folder}/ensue.db", "--data", str(folder)),
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
        env={
            **os.environ,
            "DOWNSTREAM_URL": f"http://127.0.0.1:{port}",
            "RELAY_TIMEOUT": "60s",
        },
    )
    try:
        url = (await relay.stdout.readline()).decode().split()[-1]
        limits = httpx.Limits(max_connections=many)
        async with httpx.AsyncClient(base_url=url, limits=limits, timeout=60) as client:
            tasks = [
                asyncio.ensure_future(client.post("/relay", json={"cents": n})) for n in range(many)
            ]
            back = asyncio.as_completed(tasks)
            early = [(await next(back)).status_code for _ in range(refused)]
            stats = (await client.get("/stats")).json()
            service.release.set()
            replies = await asyncio.gather(*tasks)
    finally:
        relay.terminate()
        await relay.wait()
        server.close()
    return service, early, Counter(each.status_code for each in replies), stats


def test_rr_6_on_a_real_server_never_more_are_under_way_than_workers(tmp_path):
    service, early, statuses, stats = asyncio.run(storm(tmp_path, 200, 95))

    assert set(early) == {429}
    assert statuses == {200: 105, 429: 95}
    assert (stats["pool"]["busy"], stats["pool"]["waiting"]) == (5, 100)
    assert service.busiest == 5
    assert len(set(service.keys)) == 105


# Idempotency


def test_rr_7_the_same_request_again_gets_the_same_body_and_status(t):
    behave(t)
    first = pay(t, "k-1")
    t.advance("23h")

    again = pay(t, "k-1")

    assert (again.status, again.body) == (first.status, first.body)
    assert charged(t) == {"asked": 1, "charged": 1, "repeated": 0}


def test_rr_7_an_answer_is_kept_for_a_day_from_the_first_request_on(t):
    behave(t)
    first = pay(t, "k-1")
    t.advance("12h")
    pay(t, "k-1")
    t.advance("12h")

    assert pay(t, "k-1").body["data"]["timestamp"] != first.body["data"]["timestamp"]
    assert charged(t) == {"asked": 2, "charged": 1, "repeated": 1}


def test_rr_7_the_same_request_in_flight_is_409(t):
    behave(t, latency_ms=1_000)
    first = t.begin("POST", "/relay", body={"cents": 1}, headers={"idempotency-key": "k-1"})

    second = t.begin("POST", "/relay", body={"cents": 1}, headers={"idempotency-key": "k-1"})
    t.advance("1s")

    assert (first.reply.status, second.reply.status) == (200, 409)
    assert second.reply.body["success"] is False


def test_rr_8_a_failure_frees_the_key_so_that_the_retry_that_is_promised_works(t):
    behave(t, failure_rate=1)
    assert pay(t, "k-1").status == 502
    behave(t)

    assert pay(t, "k-1").status == 200


def test_rr_8_a_refusal_frees_the_key_too(t):
    behave(t)
    begun = [t.begin("POST", "/relay", body={"cents": n}) for n in range(105)]
    assert pay_begun(t, "k-1").reply.status == 429
    t.advance("1m")

    assert pay(t, "k-1").status == 200
    assert all(each.reply.status == 200 for each in begun)


def pay_begun(t, key):
    return t.begin("POST", "/relay", body={"cents": 700}, headers={"idempotency-key": key})


def test_rr_8_one_key_with_another_payment_is_refused(t):
    behave(t)
    pay(t, "k-1", {"cents": 1})

    reply = pay(t, "k-1", {"cents": 2})

    assert (reply.status, reply.body["success"]) == (422, False)
    assert charged(t)["charged"] == 1


def test_rr_8_an_attempt_that_takes_too_long_is_cancelled_and_repeated_under_its_key(outside):
    ended, answers = [], [10, 0]

    async def answer(_):
        try:
            await sleep(answers.pop(0))
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise
        return httpx.Response(200)

    t = outside(answer)

    reply = pay(t, "k-1")

    assert (reply.status, reply.body["metadata"]["attempts"]) == (200, 2)
    assert ended == ["cancelled"]
    assert len({call.key for call in t.calls}) == 1


@pytest.mark.parametrize("key", ["k-1", None])
def test_rr_8_the_service_is_shown_one_key_for_all_attempts(outside, key):
    answers = [503, 500, 429, 200]
    t = outside(lambda _: httpx.Response(answers.pop(0)))

    assert pay(t, key).status == 200
    keys = {call.key for call in t.calls}
    assert len(t.calls) == 4
    assert len(keys) == 1
    assert None not in keys


@pytest.mark.parametrize("status", [400, 402, 404, 422])
def test_rr_8_what_the_service_refuses_is_not_tried_again(outside, status):
    t = outside(lambda _: httpx.Response(status))

    reply = pay(t)

    assert (reply.status, reply.body["metadata"]["attempts"]) == (502, 1)
    assert len(t.calls) == 1


def test_what_is_told_of_a_failure_has_neither_the_services_address_nor_its_password(
    outside, monkeypatch
):
    monkeypatch.setattr(relay_app, "URL", f"{SERVICE}/charges".replace("://", "://relay:hunter2@"))
    t = outside(lambda _: httpx.Response(402))

    answer = t.post("/relay", {"amount": 1})
    letters = t.get("/dlq")

    assert answer.body["error"] == "HTTP 402"
    assert "hunter2" not in repr([answer.body, letters.body])
    assert "charges" not in repr([answer.body, letters.body])


def test_a_service_that_asks_to_wait_is_given_that_time(outside):
    answers = [httpx.Response(429, headers={"retry-after": "3"}), httpx.Response(200)]
    t = outside(lambda _: answers.pop(0))

    assert pay(t).body["metadata"]["processingTimeMs"] >= 3_000


def test_rr_9_a_process_that_dies_with_a_key_in_flight_charges_once(crash_points):
    def scenario(t):
        behave(t, latency_ms=10)
        statuses = [pay(t, key).status for key in ("k-1", "k-2", "k-1")]
        taken = t.get("/downstream").body
        return statuses, taken["charged"], t.get("/dlq").body

    assert crash_points(scenario, app, every=2) > 5


# The breaker


def test_a_service_that_is_down_is_left_alone_and_then_asked_carefully(outside):
    down = [True]
    t = outside(lambda _: httpx.Response(503 if down[0] else 200))
    while breaker.state == "closed":
        pay(t)
    calls = len(t.calls)

    refused = pay(t, "k-1")
    down[0] = False
    t.advance("10s")
    statuses = [pay(t, "k-1").status, pay(t).status]

    assert (refused.status, refused.body["success"]) == (503, False)
    assert int(refused.headers["retry-after"]) <= 10
    assert len(t.calls) == calls + 2
    assert statuses == [200, 200]
    assert breaker.state == "closed"


# Dead letters


def fail_for_good(t):
    behave(t, failure_rate=1)
    letter = pay(t, "k-1").body["deadLetter"]
    behave(t)
    return letter


def test_rr_10_a_payment_that_failed_for_good_is_kept_with_what_was_tried(t):
    letter = fail_for_good(t)

    [found] = t.get("/dlq").body["items"]

    assert found == t.get(f"/dlq/{letter}").body
    assert (found["id"], found["status"], found["payment"]) == (letter, "dead", {"cents": 700})
    assert [sorted(each) for each in found["tried"]] == [["at", "error"]] * 4
    assert found["error"] == found["tried"][-1]["error"]


def test_rr_10_a_dead_payment_is_replayed_in_the_background_under_its_key(t):
    letter = fail_for_good(t)

    reply = t.post(f"/dlq/{letter}/replay")
    t.drain()

    assert (reply.status, reply.body["status"]) == (202, "replaying")
    assert t.get(f"/dlq/{letter}").body["status"] == "replayed"
    assert charged(t)["charged"] == 1


def test_rr_10_a_replay_of_what_the_service_took_after_all_charges_nobody_twice(outside):
    charged, statuses = Counter(), [504] * 4 + [200]

    def answer(request):
        charged[request.headers["idempotency-key"]] += 1  # it takes it, whatever it answers
        return httpx.Response(statuses.pop(0))

    t = outside(answer)
    letter = pay(t).body["deadLetter"]

    t.post(f"/dlq/{letter}/replay")
    t.drain()

    assert t.get(f"/dlq/{letter}").body["status"] == "replayed"
    assert charged == {letter: 5}


def test_rr_10_a_payment_that_its_client_brought_through_is_dead_no_more(t):
    letter = fail_for_good(t)

    assert pay(t, "k-1").status == 200
    assert t.get(f"/dlq/{letter}").body["status"] == "replayed"
    assert t.post(f"/dlq/{letter}/replay").status == 409


def test_rr_10_a_payment_that_fails_again_and_again_is_one_dead_letter(t):
    behave(t, failure_rate=1)

    letters = {pay(t, "k-1").body["deadLetter"] for _ in range(2)}

    [found] = t.get("/dlq").body["items"]
    assert letters == {found["id"]}
    assert len(found["tried"]) == 8


def test_rr_10_a_replay_that_fails_leaves_the_payment_dead_and_adds_what_was_tried(t):
    letter = fail_for_good(t)
    behave(t, failure_rate=1)

    t.post(f"/dlq/{letter}/replay")
    t.drain()

    found = t.get(f"/dlq/{letter}").body
    assert (found["status"], len(found["tried"])) == ("dead", 8)


def test_rr_10_a_replay_waits_while_the_circuit_is_open(t):
    letter = fail_for_good(t)
    behave(t, failure_rate=1)
    while breaker.state == "closed":
        pay(t)
    behave(t)

    t.post(f"/dlq/{letter}/replay")
    t.settle()
    before = t.get(f"/dlq/{letter}").body["status"]
    t.drain()

    assert before == "replaying"
    assert t.get(f"/dlq/{letter}").body["status"] == "replayed"


def test_a_dead_letter_is_replayed_once_at_a_time(t):
    letter = fail_for_good(t)
    t.post(f"/dlq/{letter}/replay")

    assert t.post(f"/dlq/{letter}/replay").status == 409
    assert t.post("/dlq/nothing/replay").status == 404
    assert t.get("/dlq/nothing").status == 404


def test_a_replay_is_done_whenever_the_process_dies(crash_points):
    def scenario(t):
        letter = fail_for_good(t)
        t.post(f"/dlq/{letter}/replay")
        t.drain()
        found = t.get("/dlq").body["items"]
        return [each["status"] for each in found], t.get("/downstream").body["charged"]

    assert crash_points(scenario, app, every=5) > 3


# What can be seen


def test_rr_10_rate_errors_and_duration_are_told(t):
    behave(t)
    for _ in range(9):
        pay(t)
    behave(t, failure_rate=1, latency_ms=0)
    pay(t)

    stats = t.get("/stats").body

    assert (stats["payments"]["calls"], stats["payments"]["errors"]) == (10, 1)
    assert (stats["payments"]["p50_ms"], stats["payments"]["error_rate"]) == (100, 0.1)
    assert stats["payments"]["p99_ms"] == stats["payments"]["max_ms"] >= 100
    assert stats["retries"]["attempts"] == 13
    assert stats["deadLetters"] == 1
    assert measured.stats().rate_per_second > 5
