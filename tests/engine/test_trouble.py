"""What goes wrong around the engine, and does not stop it."""

from __future__ import annotations

import asyncio
import time  # noqa: TID251 - what the clock reads is what is tested
from contextlib import closing

import httpx
import pytest

from ensue import App, Conflict, InvalidDeclaration, StoreBusy, StoreClosed, StoreUnusable
from ensue.engine import idempotency, takeover, work
from ensue.engine.clock import HELD_START_MS, HeldClock, SystemClock
from ensue.engine.deduplication import DEDUPLICATION_MS
from ensue.engine.transaction import TransactionLost
from ensue.engine.workers import drive
from ensue.testing.disk import FOR_EVER, Disk, Fault

HOUR_MS = 3_600_000


@pytest.fixture
def app():
    return App("wims")


def following(app, name="watch"):
    table = app.table("things", key="id")
    seen = []
    app.on_change(table, name=name)(lambda change, tx: seen.append(change.key[0]))
    return table, seen


BAD_TEXT = "cast(x'7b226964223a22626164222c226e223a22e9227d' as text)"


def test_bytes_that_are_no_text_do_not_stop_those_who_read_the_other_rows(
    file_store, run_on, typed_in, app
):
    table, seen = following(app)
    stage = run_on(file_store, app)
    stage.wait(table.put({"id": "before"}))
    typed_in(file_store, f"INSERT INTO wims_things (pk, item) VALUES ('bad', {BAD_TEXT})")
    stage.wait(table.put({"id": "after"}))
    stage.engine.wake_all()

    stage.settle()

    assert seen == ["before", "bad", "after"]


def test_bytes_that_are_no_text_are_named_to_the_one_who_reads_the_row(
    file_store, run_on, typed_in, app
):
    table, _ = following(app)
    stage = run_on(file_store, app)
    typed_in(file_store, f"INSERT INTO wims_things (pk, item) VALUES ('bad', {BAD_TEXT})")

    with pytest.raises(Conflict, match="not UTF-8"):
        stage.wait(table.get("bad"))


def test_a_handler_that_follows_another_table_than_before_begins_anew_there(file_store, run_on):
    before, after = App("wims"), App("wims")
    first = before.table("first", key="id")
    before.on_change(first, name="watch")(lambda change, tx: None)
    after.table("first", key="id")
    second = after.table("second", key="id")
    seen = []
    after.on_change(second, name="watch")(lambda change, tx: seen.append(change.key[0]))
    stage = run_on(file_store, before)
    for number in range(5):
        stage.wait(first.put({"id": str(number)}))
    stage.settle()
    stage.close()

    stage = run_on(file_store, after)
    stage.wait(second.put({"id": "a"}))
    stage.settle()

    assert seen == ["a"]


def test_work_of_a_handler_that_is_declared_no_more_is_told_at_the_start(
    file_store, run_on, caplog
):
    before, after = App("wims"), App("wims")
    queue = before.queue("jobs")
    stage = run_on(file_store, before)
    stage.wait(queue.send(1))
    stage.close()

    run_on(file_store, after)

    assert "queue jobs of wims is declared no more, but 1 pieces of its work wait" in caplog.text


@pytest.mark.parametrize("key", ["other", ("id", "other")])
def test_a_table_whose_key_has_changed_is_refused(file_store, run_on, key):
    before, after = App("wims"), App("wims")
    before.table("things", key="id")
    after.table("things", key=key)
    run_on(file_store, before).close()

    with pytest.raises(InvalidDeclaration, match="the key of table things"):
        run_on(file_store, after)


def test_an_index_that_has_changed_is_made_anew(file_store, run_on):
    before, after = App("wims"), App("wims")
    table = before.table("things", key="id", indexes={"by-shelf": "shelf"})
    after.table("things", key="id", indexes={"by-shelf": "place"})
    stage = run_on(file_store, before)
    stage.wait(table.put({"id": "a", "shelf": 1, "place": 2}))
    stage.close()

    stage = run_on(file_store, after)

    made = "SELECT sql FROM sqlite_schema WHERE name = 'wims_things_by_by_shelf'"
    assert "'$.place'" in stage.rows(made)[0][0]


def test_the_systems_clock_goes_on_when_the_machines_time_is_set_back(monkeypatch):
    clock = SystemClock()
    before = clock.now_ms()
    real = time.time_ns
    monkeypatch.setattr(time, "time_ns", lambda: real() - HOUR_MS * 1_000_000)

    assert clock.now_ms() >= before


def test_the_systems_clock_follows_when_the_machines_time_is_set_forward(monkeypatch):
    clock = SystemClock()
    before = clock.now_ms()
    real = time.time_ns
    monkeypatch.setattr(time, "time_ns", lambda: real() + HOUR_MS * 1_000_000)

    assert clock.now_ms() >= before + HOUR_MS


def test_work_that_was_sent_before_the_machines_time_was_set_back_is_due(file_store, run_on, app):
    queue = app.queue("jobs")
    stage = run_on(file_store, app)
    stage.wait(queue.send("now"))
    stage.wait(queue.send("later", delay=60))
    stage.close()

    stage = run_on(file_store, app)
    stage.clock.__init__(HELD_START_MS - HOUR_MS)
    stage.do(takeover.follow_clock)

    due = stage.engine.read(
        lambda tx: [tx.now_ms - HELD_START_MS + HOUR_MS, *(each.due_ms for each in _waiting(tx))]
    )
    assert due[0] == 0
    assert [each - (HELD_START_MS - HOUR_MS) for each in due[1:]] == [0, 60_000]


def test_what_was_known_again_before_the_machines_time_was_set_back_is_forgotten_in_time(
    file_store, run_on, app
):
    queue = app.queue("jobs")
    stage = run_on(file_store, app)
    first = stage.wait(queue.send("once", deduplication_id="a"))
    stage.do(lambda tx: idempotency.begin(tx, "app", "token", "asked", hold_ms=HOUR_MS))
    stage.clock.__init__(HELD_START_MS - 24 * HOUR_MS)
    stage.do(takeover.follow_clock)
    assert stage.wait(queue.send("once", deduplication_id="a")) == first
    stage.clock.move_to(stage.clock.now_ms() + DEDUPLICATION_MS)
    assert stage.wait(queue.send("again", deduplication_id="a")) != first
    stage.clock.move_to(stage.clock.now_ms() + HOUR_MS)
    stage.do(lambda tx: idempotency.begin(tx, "app", "token", "other", hold_ms=HOUR_MS))


def test_a_redrive_goes_on_when_the_machines_time_was_set_back(file_store, run_on, app):
    queue = app.queue("jobs", max_receives=1)
    stage = run_on(file_store, app)
    for _ in range(4):
        stage.wait(queue.send(1))
    stage.wait(queue.receive(9, visibility=1))
    stage.clock.move_to(stage.clock.now_ms() + 1_000)
    assert stage.wait(queue.receive(9)) == []
    stage.wait(queue.dead_letters.redrive(rate="1/s"))
    stage.settle()
    stage.wait(queue.receive(9, visibility=1))
    stage.clock.move_to(stage.clock.now_ms() + 1_000)
    assert stage.wait(queue.receive(9)) == []
    stage.close()

    stage = run_on(file_store, app)
    stage.clock.__init__(HELD_START_MS - HOUR_MS)
    stage.do(takeover.follow_clock)
    stage.advance(60_000)
    [redrive] = stage.wait(queue.dead_letters.redrives())
    assert (redrive.state, redrive.moved) == ("done", 4)
    assert len(stage.wait(queue.dead_letters.peek())) == 1


def _waiting(tx):
    return work.peek(tx, tx.rows("SELECT queue FROM ensue_work LIMIT 1")[0][0], 10)


def test_an_action_that_outlives_its_lease_because_the_time_was_set_runs_once(
    file_store, run_on, app
):
    queue = app.queue("jobs")
    runs = []
    release = []

    @queue.consumer(timeout="10h")
    async def act(message):
        runs.append(message.receives)
        while not release:
            await app.run(lambda tx: tx.now_ms)

    stage = run_on(file_store, app)
    stage.wait(queue.send(1))
    [consumer] = [each for each in stage.engine.workers if each.name == "act"]
    stage.wait(consumer.step())
    stage.do(lambda tx: tx.execute("UPDATE ensue_work SET due_ms = 0"))

    stage.wait(consumer.step())
    release.append(True)
    stage.settle()

    assert runs == [1]


def test_a_transaction_is_of_no_use_after_its_function_has_returned(stage, run_on, store, app):
    table, _ = following(app)
    stage.close()
    stage = run_on(store, app)
    kept = []
    stage.wait(app.run(kept.append))

    with pytest.raises(StoreClosed, match="has ended"):
        kept[0].put(table, {"id": "late"})


def test_a_transaction_that_the_store_has_ended_takes_no_more_statements(stage):
    def lose(tx):
        tx.connection.execute("ROLLBACK")
        tx.execute("UPDATE ensue_store SET in_use = 7")

    with pytest.raises(TransactionLost):
        stage.do(lose)

    assert stage.rows("SELECT in_use FROM ensue_store") == [(1,)]


def test_a_handler_that_raises_a_store_error_of_its_own_fails_alone(store, run_on, app):
    queue, other = app.queue("jobs", max_receives=1), app.queue("others")

    @queue.consumer()
    def handle(message, tx):
        raise StoreBusy("says the handler")

    stage = run_on(store, app)
    stage.wait(queue.send(1))
    stage.wait(other.send(2))
    stage.settle()

    [dead] = stage.wait(queue.dead_letters.peek())
    assert "StoreBusy" in dead.attributes["dead_letter"]["reason"]
    assert len(stage.wait(other.peek())) == 1


def test_each_call_of_an_action_has_a_key_of_its_own_the_same_at_every_try(run_app, app):
    queue = app.queue("jobs")
    keys = []

    def bank(request):
        keys.append(request.headers["idempotency-key"])
        return httpx.Response(200 if len(keys) > 2 else 503)

    @queue.consumer()
    async def act(message):
        for path in ("charge", "receipt"):
            answer = await app.http.post(f"http://bank/{path}")
        answer.raise_for_status()

    t = run_app(app, outside={"http://bank": bank})
    t.wait(queue.send(1))
    t.drain()

    assert keys[:2] == keys[2:]
    assert keys[1] == f"{keys[0]}-2"


def test_a_message_sent_to_a_dead_letter_queue_by_hand_does_not_block_a_redrive(run_app, app):
    queue = app.queue("jobs", max_receives=1)

    @queue.consumer()
    def handle(message, tx):
        raise RuntimeError

    t = run_app(app)
    t.wait(queue.dead_letters.send("by hand"))
    t.wait(queue.send("dead"))
    t.settle()

    assert t.wait(queue.dead_letters.redrive(1)).moved == 1


def test_after_a_crash_only_what_could_have_caused_it_is_taken_with_care(
    file_store, run_on, crashed, app
):
    queue = app.queue("jobs")
    stage = run_on(file_store, app)
    for number in range(300):
        stage.wait(queue.send(number))
    store = crashed(stage)
    stage.close()
    again = App("wims")
    jobs = again.queue("jobs")
    seen = []
    jobs.consumer(batch=100)(lambda message, tx: seen.append(message.body))
    stage = run_on(store, again)
    number = stage.engine.number(jobs.ref)
    [consumer] = [each for each in stage.engine.workers if number in each.listens]

    for _ in range(103):
        stage.wait(consumer.step())

    assert seen == list(range(300))


def test_a_paced_consumer_keeps_its_pace_after_a_crash(file_store, run_on, crashed, app):
    queue = app.queue("jobs")
    stage = run_on(file_store, app)
    for number in range(50):
        stage.wait(queue.send(number))
    store = crashed(stage)
    stage.close()
    again = App("wims")
    seen = []
    again.queue("jobs").consumer(rate="1/s")(lambda message, tx: seen.append(message.body))
    stage = run_on(store, again)

    stage.settle()

    assert seen == [0]


def test_a_held_clock_does_not_go_back():
    clock = HeldClock()
    clock.move_to(HELD_START_MS - 1)

    assert clock.now_ms() == HELD_START_MS


def test_what_was_leased_at_a_crash_keeps_its_place_before_what_was_sent_later(run_on, store, app):
    queue = app.queue("jobs")
    stage = run_on(store, app)
    number = stage.engine.number(queue.ref)
    for body in range(3):
        stage.wait(queue.send(body))
        stage.clock.move_to(stage.clock.now_ms() + 1_000)
    stage.do(lambda tx: work.lease(tx, work.due(tx, number, 1), 60_000))

    stage.do(takeover.release_leases)

    assert [message.body for message in stage.wait(queue.peek())] == [0, 1, 2]


def test_a_transaction_cannot_be_used_in_that_of_another_function_of_the_same_commit(
    store, run_on, app
):
    table, _ = following(app)
    stage = run_on(store, app)
    kept = []

    async def together():
        first = asyncio.ensure_future(app.run(kept.append))
        then = asyncio.ensure_future(app.run(lambda tx: kept[0].put(table, {"id": "foreign"})))
        return await asyncio.gather(first, then, return_exceptions=True)

    _, refused = stage.wait(together())

    assert "has ended" in str(refused)
    assert stage.wait(table.count()) == 0


def only_worker(stage, name):
    [found] = [worker for worker in stage.engine.workers if worker.name == name]
    return found


def test_what_an_action_did_is_settled_although_the_store_failed_at_first(run_on, store, app):
    queue = app.queue("jobs")
    runs = []

    @queue.consumer()
    async def act(message):
        runs.append(message.body)

    stage = run_on(store, app)
    stage.wait(queue.send(1))
    consumer = only_worker(stage, "act")
    stage.wait(consumer.step())
    stage.wait(ended(consumer))
    transact = stage.engine.transact
    stage.engine.transact = failing

    with pytest.raises(StoreBusy):
        stage.wait(consumer.step())
    stage.engine.transact = transact
    stage.settle()

    assert runs == [1]
    assert stage.wait(queue.depth())["in_flight"] == 0


async def failing(run, origin=None):
    raise StoreBusy("another program writes")


async def ended(consumer):
    while consumer.running:
        await asyncio.gather(*list(consumer._running))


def test_an_action_that_is_cut_off_at_the_stop_gives_its_message_back(file_store, run_on, app):
    queue = app.queue("jobs")

    @queue.consumer()
    async def act(message):
        await asyncio.get_running_loop().create_future()

    stage = run_on(file_store, app)
    stage.wait(queue.send(1))
    consumer = only_worker(stage, "act")
    stage.wait(consumer.step())

    stage.wait(consumer.drain(0))

    assert stage.rows("SELECT state, receives FROM ensue_work") == [(work.WAITING, 1)]


def test_a_worker_looks_again_by_itself_after_the_store_has_failed():
    clock, stopping = HeldClock(), asyncio.Event()

    class Troubled:
        name, listens, steps = "troubled", frozenset(), 0

        def __init__(self):
            self.woken = asyncio.Event()

        async def step(self):
            self.steps += 1
            if self.steps == 1:
                raise StoreBusy("another program writes")
            stopping.set()
            return True

        def due_ms(self):
            return None

    async def driven():
        worker = Troubled()
        driving = asyncio.ensure_future(drive(worker, clock, stopping))
        while clock.next_ms() is None:
            await turned()
        clock.move_to(clock.next_ms())
        await driving
        return worker.steps

    assert asyncio.run(driven()) == 2


async def turned():
    turn = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_soon(turn.set_result, None)
    await turn


def test_what_is_taken_with_care_is_done_once_although_the_disk_fails_under_its_lease(
    tmp_path, run_on
):
    with closing(Disk()) as disk:
        url = disk.url(tmp_path / "ensue.db")
        done = []

        def shop():
            app = App("wims")
            queue = app.queue("jobs")
            counts = app.table("counts", key="id")

            @queue.consumer()
            def count(message, tx):
                done.append(message.body)
                tx.put(counts, {"id": str(len(done))})

            return app, queue, counts

        app, queue, _ = shop()
        stage = run_on(url, app)
        stage.wait(queue.send(1))
        disk.bury()
        stage.wait(stage.platform.abandon())
        stage.open = False
        stage.loop.close()
        disk.start_again()
        app, _, counts = shop()
        stage = run_on(url, app)
        consumer = only_worker(stage, "count")
        disk.fault = Fault("io", disk.steps + 1)

        with pytest.raises(StoreUnusable):
            stage.wait(consumer.step())
        stage.settle()

        assert stage.wait(counts.count()) == 1
        stage.close()


@pytest.mark.parametrize("step", range(1, 40, 3))
def test_a_store_that_cannot_be_opened_for_its_disk_says_so_in_our_words(tmp_path, run_on, step):
    with closing(Disk()) as disk:
        disk.fault = Fault("io", step, times=FOR_EVER)

        with pytest.raises(StoreUnusable, match="the disk reported an error"):
            run_on(disk.url(tmp_path / "ensue.db"))
