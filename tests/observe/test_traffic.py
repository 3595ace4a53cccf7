"""Traffic: how much goes through what, from the clock's time."""

from __future__ import annotations

import asyncio

import pytest

from ensue import App, InvalidValue, NotFound
from ensue.engine.runtime import current
from ensue.engine.workers import sleep_until
from ensue.observe.traffic import METRICS, THE_STORE
from ensue.words.names import Ref


@pytest.fixture
def app():
    return App("shop")


@pytest.fixture
def shown(app, store, run_on):
    """Run the app, and show its traffic: ``shown()``."""
    return lambda: run_on(store, app)


def test_a_queue_shows_what_comes_in_what_is_done_and_what_waits(app, shown):
    jobs = app.queue("jobs")
    broken = [True]

    @jobs.consumer(retry_base=1, retry_cap=1)
    def work(message, tx):
        if message.body == "bad" and broken:
            raise ValueError("broken")

    stage = shown()
    for body in ("good", "good", "good", "bad"):
        stage.wait(jobs.send(body))
    stage.settle()
    stage.clock.move_to(stage.clock.now_ms() + 500)

    flow = stage.platform.traffic.flow(jobs.ref)

    assert (flow.total_in, flow.total_out, flow.total_errors) == (4, 3, 1)
    assert (flow.in_per_s, flow.out_per_s, flow.errors_per_s) == (4, 3, 1)  # over a second at least
    assert (flow.depth, flow.in_flight, flow.held) == (1, 0, 0)
    assert flow.oldest_ms == 500


def test_a_rate_is_over_the_window_by_the_clock_of_the_store(app, shown):
    jobs = app.queue("jobs")
    stage = shown()
    for _ in range(6):
        stage.advance(10_000)
        stage.wait(jobs.send_batch([{"body": n} for n in range(20)]))
    traffic = stage.platform.traffic
    assert traffic.flow(jobs.ref, 60_000).in_per_s == pytest.approx(2, rel=0.1)
    stage.advance(3_600_000)
    assert traffic.flow(jobs.ref, 60_000).in_per_s == 0
    assert traffic.flow(jobs.ref).total_in == 120


def test_what_is_rolled_back_was_never_sent(app, shown):
    jobs, others = app.queue("jobs", max_receives=1), app.queue("others")

    @jobs.consumer()
    def work(message, tx):
        tx.send(others, 1)
        raise ValueError("broken")

    stage = shown()
    stage.wait(jobs.send(1))
    stage.settle()
    flows = stage.platform.traffic.flows()
    assert flows[others.ref].total_in == 0
    assert flows[jobs.ref].total_errors == 1
    assert stage.platform.traffic.value("dead_lettered", jobs.ref, 60_000, "sum") == 1
    assert flows[Ref("shop", "queue", "jobs-dlq")].total_in == 1


def test_what_the_store_has_already_when_it_is_opened_does_not_come_in(file_store, run_on):
    def make():
        app = App("shop")
        return app, app.queue("jobs"), app.bus("events")

    app, jobs, events = make()
    first = run_on(file_store, app)
    first.wait(jobs.send(1))
    first.wait(events.publish("Placed", {}))
    first.close()

    app, jobs, events = make()
    flows = run_on(file_store, app).platform.traffic.flows()

    assert (flows[jobs.ref].depth, flows[jobs.ref].total_in) == (1, 0)
    assert (flows[events.ref].in_per_s, flows[events.ref].total_in) == (0, 1)


def test_a_log_shows_what_is_written_and_a_reader_what_it_has_not_read(app, shown):
    table = app.table("things", key="id")

    @app.on_change(table)
    def follow(change, tx):
        pass

    stage = shown()
    for key in "abc":
        stage.wait(table.put({"id": key}))
    traffic = stage.platform.traffic
    reader = Ref("shop", "function", "follow")
    assert traffic.flow(table.ref).in_per_s == 3
    assert traffic.flow(reader).lag == 3
    stage.settle()
    flow = traffic.flow(reader)
    assert (flow.lag, flow.total_out) == (0, 3)


def test_a_rule_shows_the_events_that_it_matched(app, shown):
    jobs, events = app.queue("jobs"), app.bus("events")
    events.rule("pack", {"detail-type": ["Placed"]}, to=jobs)
    stage = shown()
    for said in ("Placed", "Placed", "Paid"):
        stage.wait(events.publish(said, {}))
    flows = stage.platform.traffic.flows()
    assert flows[Ref("shop", "rule", "events/pack")].total_in == 2
    assert flows[events.ref].total_in == 3
    assert flows[jobs.ref].total_in == 2


def test_a_route_shows_its_requests_and_those_that_failed(app, run_app):
    @app.get("/things")
    def things(*, fails: bool = False) -> None:
        if fails:
            raise RuntimeError("broken")

    t = run_app(app)
    t.get("/things")
    t.get("/things", fails="true")
    t.get("/things", fails="perhaps")
    traffic = t._platform.traffic
    route = Ref("shop", "route", "GET /things")
    flow = traffic.flow(route)
    assert (flow.total_in, flow.total_errors) == (3, 1)
    assert flow.p95_ms is not None
    assert traffic.value("requests", route, 60_000, "count") == 3
    assert traffic.value("errors", route, 60_000, "sum") == 1


def test_how_long_an_action_takes_and_how_long_its_message_waited_are_measured(app, shown):
    jobs = app.queue("jobs")
    begun = []

    @jobs.consumer(timeout="1h")
    async def work(message):
        clock = current().clock
        begun.append(clock.now_ms())
        await sleep_until(asyncio.Event(), clock.now_ms() + 2_000, clock)

    stage = shown()
    stage.wait(jobs.send(1, delay="1s"))
    stage.advance(30_000)
    traffic = stage.platform.traffic
    assert begun
    assert traffic.value("process_duration", jobs.ref, 60_000, "average") == pytest.approx(2)
    assert traffic.value("process_duration", jobs.ref, 60_000, "count") == 1
    assert traffic.value("wait_duration", jobs.ref, 60_000, "max") < 0.01
    assert 1_000 < (traffic.flow(jobs.ref, 60_000).p50_ms or 0) <= 2_500


def test_a_series_has_a_value_for_each_step_and_none_from_before_it_began(app, shown):
    jobs = app.queue("jobs")
    stage = shown()
    began_ms = stage.clock.now_ms()
    for n in range(4):
        if n:
            stage.wait(jobs.send_batch([{"body": 1}] * 10 * n))
        stage.advance(60_000)
    traffic = stage.platform.traffic

    rates = traffic.series(jobs.ref, "sent", 600_000, 60_000)
    depths = traffic.series(jobs.ref, "depth", 600_000, 60_000, "max")

    known = [value for _, value in rates if value is not None]
    assert sum(known) * 60 == pytest.approx(60, rel=0.35)
    assert rates[0][1] is None
    assert all(at_ms % 60_000 == 0 for at_ms, _ in rates)
    assert [value for at_ms, value in depths if at_ms >= began_ms + 180_000] == [60]


def test_the_age_of_the_oldest_grows_while_nothing_happens(app, shown):
    jobs = app.queue("jobs")
    stage = shown()
    stage.wait(jobs.send(1))
    stage.advance(120_000)
    traffic = stage.platform.traffic
    assert traffic.value("oldest_age", jobs.ref, 60_000, "max") == pytest.approx(120)
    ages = [value for _, value in traffic.series(jobs.ref, "oldest_age", 60_000, 5_000)]
    assert ages == sorted(ages)
    assert ages[-1] == pytest.approx(120)


def test_what_there_is_not_is_said_by_name(app, shown):
    jobs = app.queue("jobs")
    traffic = shown().platform.traffic
    with pytest.raises(NotFound, match="no queue other"):
        traffic.flow(Ref("shop", "queue", "other"))
    with pytest.raises(NotFound, match="no route GET /x"):
        traffic.flow(Ref("shop", "route", "GET /x"))
    with pytest.raises(InvalidValue, match="expected a metric"):
        traffic.value("nothing", jobs.ref, 1_000, "sum")
    with pytest.raises(InvalidValue, match="window"):
        traffic.value("sent", jobs.ref, 3_600_001, "sum")
    with pytest.raises(InvalidValue, match="expected sum"):
        traffic.value("sent", jobs.ref, 1_000, "median")  # type: ignore[arg-type]


def test_every_metric_has_a_value_of_each_subject_or_none(app, shown):
    app.queue("jobs")
    app.bus("events")
    traffic = shown().platform.traffic
    for subject in traffic.subjects():
        for metric in METRICS:
            for statistic in ("sum", "average", "max", "p95"):
                value = traffic.value(metric.name, subject, 60_000, statistic)
                assert value is None or value >= 0


def test_the_store_has_a_size(app, file_store, run_on):
    traffic = run_on(file_store, app).platform.traffic
    assert traffic.value("store_bytes", THE_STORE, 1_000, "max") > 0
    assert traffic.value("wal_bytes", THE_STORE, 1_000, "max") >= 0
