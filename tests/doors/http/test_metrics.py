"""``/metrics``, as Prometheus reads it."""

from __future__ import annotations

import pytest
from prometheus_client.parser import text_string_to_metric_families as parsed

from ensue import App
from ensue.doors.http.metrics import exposed
from ensue.observe.traffic import METRICS


@pytest.fixture
def app():
    return App("shop")


def families(t):
    async def get():
        return await t._client.get("/metrics")

    reply = t._await(get())
    assert reply.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    return {family.name: family for family in parsed(reply.text)}


def sample(found, name, **labels):
    [value] = [
        each.value
        for family in found.values()
        for each in family.samples
        if each.name == name and labels.items() <= each.labels.items()
    ]
    return value


def test_a_queue_and_its_consumer_are_told_in_the_words_of_the_field(app, run_app):
    jobs = app.queue("jobs", max_receives=1)

    @jobs.consumer()
    def work(message, tx):
        if message.body == "bad":
            raise ValueError("broken")

    t = run_app(app)
    for body in ("good", "good", "bad"):
        t.wait(jobs.send(body))
    t.settle()
    t.wait(jobs.send("waits", delay="1h"))

    found = families(t)

    of = {"app": "shop", "messaging_system": "ensue", "messaging_destination_name": "jobs"}
    assert sample(found, "messaging_client_sent_messages_total", **of) == 4
    assert sample(found, "messaging_client_consumed_messages_total", **of) == 3
    assert sample(found, "ensue_messages_completed_total", **of) == 2
    assert sample(found, "ensue_messages_dead_lettered_total", **of) == 1
    assert sample(found, "ensue_queue_depth", **of) == 1
    assert sample(found, "ensue_queue_depth", messaging_destination_name="jobs-dlq") == 1
    assert sample(found, "messaging_process_duration_seconds_count", **of) == 3
    assert sample(found, "messaging_process_duration_seconds_bucket", **of, le="+Inf") == 3
    assert found["messaging_process_duration_seconds"].type == "histogram"


def test_a_route_is_told_by_its_template_and_the_status_of_its_answers(app, run_app):
    @app.get("/things/{key}")
    def thing(key: str) -> None:
        if key == "b":
            raise RuntimeError("broken")

    t = run_app(app)
    for key in "aab":
        t.get(f"/things/{key}")
    t.get("/nowhere")

    found = families(t)

    of = {"http_request_method": "GET", "http_route": "/things/{key}"}
    name = "http_server_request_duration_seconds_count"
    assert sample(found, name, **of, http_response_status_code="204") == 2
    assert sample(found, name, **of, http_response_status_code="500", error_type="500") == 1
    assert sample(found, name, http_request_method="_OTHER", http_response_status_code="404") == 1


def test_an_app_may_have_a_route_of_that_name(app, run_app):
    @app.get("/metrics")
    def mine() -> str:
        return "mine"

    assert run_app(app).get("/metrics").body == "mine"


def test_a_label_of_any_characters_is_read_back(app, run_app):
    app.bus("events").rule("a-b", {"source": ["shop"]}, to=app.queue("jobs"))
    t = run_app(app)
    t.wait(app.resources[next(iter(app.resources))].publish("x", {}))
    assert sample(families(t), "ensue_rule_matched_events_total", rule="a-b", bus="events") == 1


def test_every_metric_has_a_name_a_help_and_a_unit_of_the_conventions():
    names = [each.exposed for each in METRICS if each.exposed]
    assert len(set(names)) == len(names)
    for each in METRICS:
        assert each.help.endswith(".")
        if each.exposed:
            assert each.exposed.endswith("_total") == (each.kind == "counter")
            assert each.exposed.endswith("_seconds") == (each.unit == "s")
            assert each.exposed.endswith("_bytes") == (each.unit == "By")


def test_no_series_is_told_twice(app, run_app):
    queue, table = app.queue("jobs"), app.table("things", key="id")
    app.bus("events").rule("all", {"source": ["shop"]}, to=queue)
    queue.consumer()(lambda message, tx: None)

    @app.on_change(table)
    def follow(change, tx):
        pass

    @app.function
    def work(given, tx):
        pass

    t = run_app(app)
    t.wait(table.put({"id": "a"}))
    t.wait(queue.send(1))
    t.settle()
    t.get("/nowhere")
    series = [line.rpartition(" ")[0] for line in exposed(t._platform).splitlines()]
    assert len(series) == len(set(series))


def test_there_are_as_many_series_as_resources_routes_and_rules_and_no_more(app, run_app):
    queues = [app.queue(f"q{n}") for n in range(20)]  # and their dead-letter queues
    t = run_app(app)

    async def send_all(times):
        for queue in queues * times:
            await queue.send({"user": times}, group=f"g{times}")

    t.wait(send_all(1))
    once = exposed(t._platform).count("\n")
    t.wait(send_all(5))
    for n in range(10):
        t.get(f"/nowhere/{n}")
    assert exposed(t._platform).count("ensue_queue_depth{") == 40
    assert exposed(t._platform).count("\n") - once < 30  # those of requests that no route answers
