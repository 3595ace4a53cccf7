"""Warnings before a bound bites."""

from __future__ import annotations

import shutil
from typing import NamedTuple

import pytest

from ensue import App, LimitExceeded, TooLarge
from ensue.engine import gauges, notices, writer
from ensue.engine.keeper import Keeper
from ensue.engine.notices import FRESH_MS, NOTICES_MAX, TELL_AGAIN_MS, Notices, near
from ensue.resources.bus.model import EVENT_BYTES_MAX
from ensue.words.findings import WARNING, Finding
from ensue.words.values import VALUE_BYTES_MAX


class Usage(NamedTuple):
    """What the system says of a disk."""

    total: int
    used: int
    free: int


def warning(where="here"):
    return Finding("near.test", where, "it is near", "Move it.", WARNING)


def rules(stage):
    return [each.rule for each in gauges.look(stage.engine)]


def test_a_warning_is_told_once_and_again_after_a_while(caplog):
    told = Notices()
    for now_ms in (0, 1, TELL_AGAIN_MS - 1, TELL_AGAIN_MS):
        told.note(now_ms, warning())

    assert [record.getMessage() for record in caplog.records] == [
        "it is near, at here (near.test). Move it."
    ] * 2


def test_a_warning_is_shown_while_it_is_fresh():
    told = Notices()
    told.note(0, warning())
    told.note(1, warning("there"))

    assert [each.where for each in told.recent(2)] == ["here", "there"]
    assert [each.where for each in told.recent(FRESH_MS)] == ["there"]


def test_however_much_is_noted_so_much_is_remembered(caplog):
    told = Notices()
    for number in range(2 * NOTICES_MAX):
        told.note(0, warning(str(number)))

    assert len(told.recent(0)) == NOTICES_MAX
    assert len(told._told) == NOTICES_MAX


def test_nothing_is_near_in_a_store_that_is_new(stage):
    assert rules(stage) == []


def test_little_room_on_the_disk_is_told(file_stage, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(9**12, 9**12, 1_000))

    [found] = gauges.look(file_stage.engine)

    assert (found.rule, "1,000 bytes are free" in found.what) == ("near.disk", True)


def test_a_write_ahead_log_that_grows_and_grows_is_told(file_stage, monkeypatch):
    monkeypatch.setattr(gauges, "LOG_FILE_BYTES_MAX", 1_000)
    file_stage.do(lambda tx: tx.execute("UPDATE ensue_store SET in_use = 1"))

    assert rules(file_stage) == ["near.log_file"]


def test_many_resources_are_told(stage, monkeypatch):
    monkeypatch.setattr(gauges, "NUMBER_MAX", 20)
    stage.do(
        lambda tx: tx.execute(
            "INSERT INTO ensue_resources (number, app, kind, name, declared)"
            " VALUES (16, 'wims', 'queue', 'q', '{}')"
        )
    )

    assert rules(stage) == ["near.resources"]


def test_messages_that_are_nearly_too_large_are_told(store, run_on):
    app = App("wims")
    queue = app.queue("jobs")
    stage = run_on(store, app)
    stage.wait(queue.send("x" * (near(VALUE_BYTES_MAX) - 2)))
    assert rules(stage) == []
    stage.wait(queue.send("x" * (near(VALUE_BYTES_MAX) - 1)))

    [found] = gauges.look(stage.engine)

    assert (found.rule, found.where) == ("near.size", "queue jobs")
    assert found.what == f"a message has {near(VALUE_BYTES_MAX) + 1} of at most 1048576 bytes"


def test_dead_letters_are_told_until_they_are_gone(store, run_on, monkeypatch):
    app = App("wims")
    queue = app.queue("jobs", max_receives=1)

    @queue.consumer()
    def handle(message, tx):
        raise ValueError

    stage = run_on(store, app)
    stage.wait(queue.send(1))
    stage.settle()

    [found] = gauges.look(stage.engine)
    assert (found.rule, found.where) == ("dead.letters", "queue jobs-dlq")
    assert found.what.startswith("1 messages")
    assert "ensue dlq redrive jobs-dlq" in found.hint
    monkeypatch.setattr(gauges, "DEAD_COUNTED_MAX", 1)
    assert gauges.look(stage.engine)[0].what.startswith("1 or more")
    stage.wait(queue.dead_letters.redrive(1))
    assert rules(stage) == []


def test_work_that_has_been_due_for_long_is_told_where_somebody_consumes_it(store, run_on):
    app = App("wims")
    consumed, read_by_others = app.queue("consumed"), app.queue("read-by-others")
    consumed.consumer()(lambda message, tx: None)
    stage = run_on(store, app)
    for queue in (consumed, read_by_others):
        stage.wait(queue.send(1))
    stage.clock.move_to(stage.clock.now_ms() + gauges.OVERDUE_MS_MAX)
    assert rules(stage) == []
    stage.clock.move_to(stage.clock.now_ms() + 1)

    [found] = gauges.look(stage.engine)

    assert (found.rule, found.where) == ("overdue.work", "queue consumed")


def test_the_keeper_looks_in_its_pauses_and_tells(store, run_on, monkeypatch, caplog):
    stage = run_on(store)
    monkeypatch.setattr(gauges, "look", lambda engine: [warning()])
    [keeper] = [each for each in stage.engine.workers if isinstance(each, Keeper)]
    stage.clock.move_to(keeper.due_ms())

    stage.wait(keeper.step())

    assert "it is near" in caplog.text
    assert stage.engine.facts.notices.recent(stage.clock.now_ms()) == [warning()]


def test_many_waiting_transactions_are_told_before_they_are_refused(stage, monkeypatch, caplog):
    monkeypatch.setattr(writer, "WAITING_JOBS_NEAR", 3)
    monkeypatch.setattr(writer, "WAITING_JOBS_MAX", 5)

    answers = stage.do_together(*[lambda tx: 1] * 4)

    assert answers == [1] * 4
    [found] = stage.engine.facts.notices.recent(stage.clock.now_ms())
    assert found.rule == "near.transactions"
    with pytest.raises(LimitExceeded):
        stage.do_together(*[lambda tx: 1] * 6)


def test_an_event_that_is_nearly_too_large_is_told_and_one_that_is_is_refused(store, run_on):
    app = App("wims")
    bus = app.bus("events")
    stage = run_on(store, app)

    stage.wait(bus.publish("Small", {"text": "x" * (near(EVENT_BYTES_MAX) - 1_000)}))
    assert stage.engine.facts.notices.recent(stage.clock.now_ms()) == []
    stage.wait(bus.publish("Large", {"text": "x" * near(EVENT_BYTES_MAX)}))
    [found] = stage.engine.facts.notices.recent(stage.clock.now_ms())

    assert (found.rule, found.where) == ("near.size", "bus events")
    with pytest.raises(TooLarge, match="at most 1048576 bytes"):
        stage.wait(bus.publish("TooLarge", {"text": "x" * EVENT_BYTES_MAX}))
    assert notices.NEAR_PERCENT == 80
