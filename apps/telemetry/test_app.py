"""The telemetry pipeline's story, and the figures that say how to run it."""

from __future__ import annotations

import pytest

from apps.telemetry.app import MINUTE_MS, Prices, app, cost_of, ingestion, minutes, usage


@pytest.fixture
def t(run_app):
    return run_app(app, start_ms=1_795_268_820_000)  # 2026-11-21T13:47:00Z


def post(t, kind="click", name="buy", **more):
    reply = t.post("/telemetry", {"kind": kind, "device": "phone-1", "name": name, **more})
    assert reply.status == 202, reply
    return reply.body["id"]


def used(t, day="2026-11-21"):
    return {each["what"]: each for each in t.get(f"/usage/{day}").body["items"]}


def put_plan(t, name="steady", **given):
    whole = {"memoryGb": 4, "vcpus": 2, "perVcpuPerS": 500, "batchMs": 200, **given}
    return t.request("PUT", f"/plans/{name}", body=whole)


def test_lm_1_what_is_posted_is_in_the_queue_before_anything_looks_at_it(t):
    t.hold()

    post(t, properties={"page": "/tea"})

    [message] = t.messages(ingestion)
    assert message.body["properties"] == {"page": "/tea"}
    assert used(t) == {}


def test_lm_1_the_endpoint_sends_without_code():
    [route] = [each for each in app.routes if each.path == "/telemetry"]

    assert route.target == ingestion.ref


def test_lm_1_a_batch_is_processed_in_one_transaction(t):
    t.hold()
    for _ in range(300):
        post(t)
    t.release()
    t.settle()

    assert used(t)["click/buy"]["count"] == 300
    counted = t.wait(minutes.get(t.now_ms() // MINUTE_MS))
    assert (counted["arrived"], counted["processed"], counted["batches"]) == (300, 300, 1)


@pytest.mark.parametrize("kind", ["click", "screen_view", "event"])
def test_lm_2_each_kind_is_counted_by_its_name(t, kind):
    post(t, kind, "home")
    post(t, kind, "home")
    t.drain()

    assert used(t)[f"{kind}/home"]["count"] == 2


def test_lm_2_metrics_are_summed(t):
    post(t, "metric", "load-ms", amount=12.5)
    post(t, "metric", "load-ms", amount=30)
    t.drain()

    found = used(t)["metric/load-ms"]
    assert (found["count"], found["sum"]) == (2, 42.5)


def test_lm_2_what_is_no_telemetry_is_refused_at_the_door(t):
    reply = t.post("/telemetry", {"kind": "smell", "device": "d", "name": "n"})

    assert reply.status == 400
    assert reply.body["error"]["code"] == "invalid_value"
    assert t.messages(ingestion) == []


def test_lm_6_what_cannot_be_processed_fails_alone_and_is_not_lost(t):
    t.hold()
    for _ in range(20):
        post(t)
    post(t, "metric", "load-ms")
    t.release()
    t.drain()

    assert used(t)["click/buy"]["count"] == 20
    [dead] = t.messages(ingestion.dead_letters)
    assert dead.body["name"] == "load-ms"
    assert t.get("/figures").body["deadLetters"] == 1


def test_lm_6_a_dead_letter_that_is_mended_is_processed(t):
    post(t, "metric", "load-ms")
    t.drain()

    t.wait(ingestion.dead_letters.redrive(edit="SET amount = :seven", values={"seven": 7}))
    t.drain()

    assert used(t)["metric/load-ms"]["sum"] == 7


def test_lm_6_the_figures_are_arrival_throughput_and_depth(t):
    t.hold()
    for _ in range(60):
        post(t)
    t.release()
    t.settle()
    t.advance("1m")
    t.hold()
    post(t)
    post(t)
    t.advance("10s")

    assert t.get("/figures").body == {
        "arrivalPerS": 0.2,
        "processedPerS": 0.2,
        "perBatch": 60.0,
        "waiting": 2,
        "deadLetters": 0,
        "oldestMs": 10_000,
    }


def test_lm_6_the_same_traffic_is_priced_by_request_and_by_capacity(t):
    little, much = (t.get("/costs", arrival=rate).body for rate in (1, 5_000))

    assert (little["cheaper"], little["vcpus"]) == ("byRequest", 1)
    assert (much["cheaper"], much["vcpus"]) == ("byCapacity", 10)
    assert t.get("/costs").body["arrivalPerS"] == 0


def test_lm_6_the_costs_are_those_of_the_prices():
    plan = {"memoryGb": 2.0, "vcpus": 2, "perVcpuPerS": 500.0, "batchMs": 100.0}

    found = cost_of(plan, 1_000, 100, Prices(requests=1.0, gb_second=0.00001, vcpu_hour=0.1))

    batches = 1_000 * 730 * 3_600 / 100
    assert found.byRequest == round(batches / 1e6 + batches * 0.1 * 2 * 0.00001, 2)
    assert found.byCapacity == 2 * 730 * 0.1
    assert found.vcpus == 2


def test_lm_6_there_is_no_cost_of_a_plan_that_is_not_there(t):
    assert t.get("/costs", name="none").status == 404


@pytest.mark.parametrize("ratio", [2, 4, 8])
def test_lm_3_memory_to_vcpu_is_2_4_or_8(t, ratio):
    assert put_plan(t, memoryGb=ratio * 2, gbPerVcpu=ratio).status == 200
    assert put_plan(t, name="odd", memoryGb=64, gbPerVcpu=ratio + 1).status == 400


def test_lm_3_memory_below_the_ratio_is_refused(t):
    reply = put_plan(t, memoryGb=7, gbPerVcpu=4)

    assert (reply.status, reply.body["error"]["at"]) == (400, "$.memoryGb")
    assert "expected at least 8 GB for 2 vCPU, got 7" in reply.body["error"]["message"]
    assert t.get("/costs", name="steady").status == 404


def test_lm_4_what_is_attached_to_capacity_stays_so(t):
    put_plan(t, gbPerVcpu=2)

    assert put_plan(t).status == 409
    assert put_plan(t, memoryGb=8, gbPerVcpu=4).status == 200
    assert put_plan(t, name="another").status == 200


def test_a_flood_waits_and_is_processed_in_batches(t):
    t.hold()
    for number in range(1_200):
        post(t, name=f"page-{number % 3}")
    t.release()
    t.drain()

    assert sum(each["count"] for each in used(t).values()) == 1_200
    assert t.wait(usage.get(("2026-11-21", "click/page-0")))["count"] == 400
