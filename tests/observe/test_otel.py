"""Traces and metrics, as a receiver of OTLP gets them."""

from __future__ import annotations

import httpx
import pytest
from opentelemetry import trace as api

from ensue import App
from ensue.observe import traceparent
from ensue.observe.otel import telemetry
from tests.observe.otlp import attributes, receiver

CALLER = "4bf92f3577b34da6a3ce929d0e0e4736"
SPAN = "00f067aa0ba902b7"
SERVER, CLIENT, PRODUCER, CONSUMER = 2, 3, 4, 5
ERROR = 2


@pytest.fixture
def app():
    return App("shop")


@pytest.fixture
def payments():
    """The headers with which a service outside was called."""
    return []


@pytest.fixture
def outside(payments):
    def answer(request):
        payments.append(request.headers)
        return httpx.Response(200)

    return {"http://payments": answer}


@pytest.fixture
def exported(run_app, monkeypatch):
    """Run an app that exports to a receiver: ``exported(app)``."""
    kits = []
    with receiver() as received:

        def run(app, outside=None, **environ):
            asked = {"OTEL_EXPORTER_OTLP_ENDPOINT": received.url} | environ
            for name, value in asked.items():
                monkeypatch.setenv(name, value)
            t = run_app(app, outside=outside)
            exports = telemetry(asked, "shop")
            t._platform.export(exports)
            kits.append((t, exports))
            return t, received

        def done():
            for _, exports in kits:
                exports.flush()
            return received

        run.done = done
        yield run
        for t, _ in kits:
            t.stop()


def ids(span):
    return span.trace_id.hex(), span.span_id.hex()


def test_the_tree_of_a_request_is_one_trace_with_links_across_the_queue(
    app, exported, outside, payments
):
    table, jobs = app.table("things", key="id"), app.queue("jobs")

    @app.post("/things/{key}")
    def make(key: str, tx) -> None:  # type: ignore[no-untyped-def]
        tx.put(table, {"id": key})
        tx.send(jobs, {"key": key})

    @jobs.consumer()
    async def work(message):
        await app.http.get("http://payments/pay?secret=1")

    t, received = exported(app, outside)
    t.post("/things/a")
    t.settle()
    exported.done()

    request, send = received.named("POST /things/{key}"), received.named("send jobs")
    process, call = received.named("process jobs"), received.named("GET")
    assert [each.kind for each in (request, send, process, call)] == [
        SERVER,
        PRODUCER,
        CONSUMER,
        CLIENT,
    ]
    assert len({each.trace_id for each in (request, send, process, call)}) == 1
    assert send.parent_span_id == request.span_id
    assert process.parent_span_id == send.span_id
    assert [(each.trace_id, each.span_id) for each in process.links] == [
        (send.trace_id, send.span_id)
    ]
    assert call.parent_span_id == process.span_id
    assert payments[0]["traceparent"] == "00-{}-{}-01".format(*ids(call))


def test_spans_say_what_the_conventions_ask_for(app, exported):
    jobs = app.queue("jobs")

    @app.get("/things/{key}")
    async def thing(key: str) -> str:
        return await jobs.send(key)

    @jobs.consumer()
    def work(message, tx):
        pass

    t, received = exported(app)
    message = t.get("/things/a").body
    t.settle()
    exported.done()

    request = attributes(received.named("GET /things/{key}"))
    assert request["http.request.method"] == "GET"
    assert request["http.route"] == "/things/{key}"
    assert request["http.response.status_code"] == 200
    assert request["url.path"] == "/things/a"
    assert request["url.scheme"] == "http"
    process = attributes(received.named("process jobs"))
    assert process["messaging.system"] == "ensue"
    assert process["messaging.destination.name"] == "jobs"
    assert process["messaging.operation.type"] == "process"
    assert process["messaging.message.id"] == message
    assert attributes(received.named("send jobs"))["messaging.operation.type"] == "send"
    assert received.resources[0]["service.name"] == "shop"


def test_a_trace_that_began_elsewhere_goes_on_and_its_state_is_passed_on(
    app, exported, outside, payments
):
    jobs = app.queue("jobs")

    @app.post("/jobs")
    async def take() -> None:
        await jobs.send(1)

    @jobs.consumer()
    async def work(message):
        await app.http.get("http://payments/pay")

    t, received = exported(app, outside)
    headers = {"traceparent": f"00-{CALLER}-{SPAN}-01", "tracestate": "vendor=1,other=2"}
    t.request("POST", "/jobs", headers=headers)
    t.settle()
    exported.done()

    assert {each.trace_id.hex() for each in received.spans} == {CALLER}
    request = received.named("POST /jobs")
    assert request.parent_span_id.hex() == SPAN
    assert request.trace_state == "vendor=1,other=2"
    assert payments[0]["tracestate"] == "vendor=1,other=2"
    assert payments[0]["traceparent"].split("-")[1] == CALLER


def test_a_caller_that_does_not_trace_is_respected_and_passed_on(app, exported, outside, payments):
    jobs = app.queue("jobs")

    @app.post("/jobs")
    async def take() -> None:
        await jobs.send(1)

    @jobs.consumer()
    async def work(message):
        await app.http.get("http://payments/pay")

    t, received = exported(app, outside)
    t.request("POST", "/jobs", headers={"traceparent": f"00-{CALLER}-{SPAN}-00"})
    t.settle()
    exported.done()

    assert received.spans == []
    [called] = [headers["traceparent"] for headers in payments]
    assert called.startswith(f"00-{CALLER}-")
    assert called.endswith("-00")


def test_the_trace_is_the_one_that_why_gives(app, exported):
    jobs = app.queue("jobs")
    traces = []

    @jobs.consumer()
    async def work(message):
        from ensue.engine.transaction import acting  # noqa: PLC0415

        traces.append(traceparent(t._platform.engine, acting.get()))

    t, received = exported(app)
    t.wait(jobs.send(1))
    t.settle()
    exported.done()

    process = received.named("process jobs")
    assert traces == ["00-{}-{}-01".format(*ids(process))]
    assert received.named("outside").trace_id == process.trace_id


def test_events_and_records_are_published_and_processed(app, exported):
    events, stream, topic = app.bus("events"), app.stream("clicks"), app.topic("news")
    jobs = app.queue("jobs")
    events.rule("pack", {"detail-type": ["Placed"]}, to=jobs)

    @app.on_record(stream)
    def follow(record, tx):
        pass

    @app.post("/all")
    def all_(tx) -> None:  # type: ignore[no-untyped-def]
        tx.publish(events, "Placed", {})
        tx.append(stream, {})
        tx.publish(topic, {})

    t, received = exported(app)
    t.post("/all")
    t.settle()
    exported.done()

    assert received.names() == [
        "POST /all",
        "process clicks",
        "publish clicks",
        "publish events",
        "publish news",
        "send jobs",
    ]
    followed = received.named("process clicks")
    assert followed.links[0].span_id == received.named("publish clicks").span_id


def test_an_attempt_that_failed_is_a_span_with_its_error(app, exported):
    jobs = app.queue("jobs", max_receives=2)

    @jobs.consumer(retry_base=1, retry_cap=1)
    def work(message, tx):
        raise ValueError("broken")

    t, received = exported(app)
    t.wait(jobs.send(1))
    t.advance("1m")
    exported.done()

    failed = [each for each in received.spans if each.name == "process jobs"]
    assert [attributes(each)["ensue.attempt"] for each in failed] == [1, 2]
    assert {each.status.code for each in failed} == {ERROR}
    assert {attributes(each)["error.type"] for each in failed} == {"ValueError"}
    assert len({each.span_id for each in failed}) == 2


def test_a_batch_is_one_span_with_a_link_to_each_sending(app, exported):
    jobs = app.queue("jobs")

    @(
        jobs.batch_consumer(size=10)
        if hasattr(jobs, "batch_consumer")
        else jobs.consumer(batches=True)
    )
    def work(messages, tx):
        pass

    t, received = exported(app)
    for n in range(3):
        t.wait(jobs.send(n))
    t.settle()
    exported.done()

    process = received.named("process jobs")
    assert len(process.links) == 3
    assert attributes(process)["messaging.batch.message_count"] == 3


def test_what_was_sent_before_a_restart_is_of_the_same_trace(app, exported, tmp_path, monkeypatch):
    from ensue.testing import running  # noqa: PLC0415

    store = f"sqlite:///{tmp_path}/ensue.db"
    with receiver() as received:
        asked = {"OTEL_EXPORTER_OTLP_ENDPOINT": received.url}
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", received.url)
        for consumes in (False, True):
            again = App("shop")
            jobs = again.queue("jobs")
            if consumes:
                jobs.consumer()(lambda message, tx: None)
            with running(again, store=store) as t:
                t._platform.export(telemetry(asked, "shop"))
                if not consumes:
                    t.wait(jobs.send(1))
                t.settle()
        send, process = received.named("send jobs"), received.named("process jobs")
    assert process.trace_id == send.trace_id
    assert process.parent_span_id == send.span_id


def test_the_ratio_is_kept_by_whole_trees(app, exported):
    jobs, more = app.queue("jobs"), app.queue("more")

    @jobs.consumer()
    def work(message, tx):
        tx.send(more, message.body)

    @more.consumer()
    def last(message, tx):
        pass

    t, received = exported(
        app, OTEL_TRACES_SAMPLER="parentbased_traceidratio", OTEL_TRACES_SAMPLER_ARG="0.3"
    )
    for n in range(100):
        t.wait(jobs.send(n))
    t.settle()
    exported.done()

    by_trace = {}
    for each in received.spans:
        by_trace.setdefault(each.trace_id, []).append(each.name)
    assert 15 <= len(by_trace) <= 45
    whole = ["outside", "process jobs", "process more", "send jobs", "send more"]
    assert all(sorted(names) == whole for names in by_trace.values())


def test_spans_of_the_application_are_part_of_ours(app, exported):
    jobs, seen = app.queue("jobs"), []

    @jobs.consumer()
    def work(message, tx):
        seen.append(api.get_current_span().get_span_context())

    t, received = exported(app)
    t.wait(jobs.send(1))
    t.settle()
    exported.done()

    process = received.named("process jobs")
    assert [(f"{each.trace_id:032x}", f"{each.span_id:016x}") for each in seen] == [ids(process)]
    assert not api.get_current_span().get_span_context().is_valid


def test_what_is_secret_in_an_address_is_in_no_span(app, exported, outside):
    @app.get("/things")
    async def things(said: str) -> None:
        await app.http.get("http://me:secret@payments/pay?key=secret")

    t, received = exported(app, outside)
    t.get("/things", said="secret")
    exported.done()

    assert len(received.spans) == 2
    assert "secret" not in str(received.spans)


def test_figures_are_exported_under_the_names_of_the_conventions(app, exported):
    jobs = app.queue("jobs")

    @jobs.consumer()
    def work(message, tx):
        pass

    t, received = exported(app, OTEL_TRACES_EXPORTER="none")
    t.wait(jobs.send(1))
    t.settle()
    exported.done()

    [found] = received.metrics
    assert received.spans == []
    sent = found["messaging.client.sent.messages"].sum
    assert sent.is_monotonic
    assert [point.as_double for point in sent.data_points] == [1] or [
        point.as_int for point in sent.data_points
    ] == [1]
    took = found["messaging.process.duration"]
    assert took.unit == "s"
    assert took.histogram.data_points[0].count == 1
    assert "ensue.queue.depth" in found or "ensue.queue_depth" in found


def test_an_execution_and_its_states_are_spans_of_the_tree_that_started_it(app, exported):
    @app.function
    def half(given, tx):
        if given % 2:
            raise ValueError("odd")
        return given // 2

    flow = app.workflow(
        "halving",
        definition={
            "StartAt": "Wait",
            "States": {
                "Wait": {"Type": "Wait", "Seconds": 60, "Next": "Half"},
                "Half": {
                    "Type": "Task",
                    "Resource": half,
                    "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Odd"}],
                    "End": True,
                },
                "Odd": {"Type": "Fail", "Error": "Odd", "Cause": "cannot be halved"},
            },
        },
    )

    @app.post("/halves")
    def take(number: int, tx) -> None:  # type: ignore[no-untyped-def]
        tx.start(flow, number)

    t, received = exported(app)
    t.request("POST", "/halves", query={"number": 7})
    t.drain()
    exported.done()

    request, ran = received.named("POST /halves"), received.named("execute halving")
    states = [received.named(f"state {name}") for name in ("Wait", "Half", "Odd")]
    assert ran.trace_id == request.trace_id
    assert ran.parent_span_id == request.span_id
    assert {each.parent_span_id for each in states} == {ran.span_id}
    assert states[0].end_time_unix_nano - states[0].start_time_unix_nano == 60 * 10**9
    assert attributes(ran)["ensue.execution.status"] == "FAILED"
    assert attributes(ran)["error.type"] == "Odd"
    assert attributes(states[1])["ensue.state.outcome"] == "caught"


def test_what_is_received_by_hand_is_linked_to_its_sendings(app, exported):
    jobs = app.queue("jobs")
    t, received = exported(app)
    for n in range(2):
        t.wait(jobs.send(n))
    t.post("/_ensue/queues/jobs/receive", {"limit": 10})
    exported.done()

    got = received.named("receive jobs")
    sent = [each.span_id for each in received.spans if each.name == "send jobs"]
    assert [each.span_id for each in got.links] == sent
    assert attributes(got)["messaging.operation.type"] == "receive"
    assert got.trace_id not in {each.trace_id for each in got.links}
