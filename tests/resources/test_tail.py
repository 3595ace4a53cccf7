"""Following the end of a bus, a topic and a stream by a pattern."""

from __future__ import annotations

import asyncio

import pytest

from ensue.app.app import App
from ensue.engine import tailing
from ensue.engine.waiting import turn
from ensue.words.errors import InvalidPattern
from tests.resources.bus.test_archiving import HOUR_MS, later


class Log:
    """A bus, a topic or a stream, published to and read in one way."""

    def __init__(self, kind):
        self.app = App("wims")
        self.kind = kind
        self.place = {"bus": "detail", "topic": "body", "stream": "data"}[kind]
        self.handle = getattr(self.app, kind)("log")

    async def publish(self, body):
        if self.kind == "bus":
            return await self.handle.publish("Made", body)
        if self.kind == "topic":
            return await self.handle.publish(body, attributes={"n": body["n"]})
        return await self.handle.append(body, key="k")

    def pattern(self, *numbers):
        return {self.place: {"n": list(numbers)}}

    def numbers(self, found):
        return [(each.data if self.kind == "stream" else each[self.place])["n"] for each in found]


@pytest.fixture(params=["bus", "topic", "stream"])
def log(request):
    return Log(request.param)


@pytest.fixture
def filled(log, store, run_on):
    """A log with five records, 1 to 5."""
    stage = run_on(store, log.app)
    for n in range(1, 6):
        stage.wait(log.publish({"n": n}))
    return log, stage


def test_the_newest_that_match_come_oldest_first(filled):
    log, stage = filled

    found, position = stage.wait(log.handle.tail(limit=2, pattern=log.pattern(1, 3, 4)))

    assert (log.numbers(found), position) == ([3, 4], 5)


def test_behind_a_position_come_those_that_match(filled):
    log, stage = filled
    pattern = log.pattern(1, 3, 5)

    found, position = stage.wait(log.handle.tail(after=1, limit=1, pattern=pattern))
    rest, end = stage.wait(log.handle.tail(after=position, pattern=pattern))

    assert (log.numbers(found), position) == ([3], 3)
    assert (log.numbers(rest), end) == ([5], 5)


def test_where_nothing_matches_the_position_is_behind_what_was_looked_at(filled):
    log, stage = filled

    assert stage.wait(log.handle.tail(after=2, pattern=log.pattern(9))) == ([], 5)
    assert stage.wait(log.handle.tail(pattern=log.pattern(9))) == ([], 5)


def test_who_waits_is_answered_by_what_matches_and_by_nothing_else(log, store, run_on):
    stage = run_on(store, log.app)

    async def wait_and_publish():
        waiting = asyncio.ensure_future(
            log.handle.tail(after=0, wait_ms=30_000, pattern=log.pattern(2))
        )
        await log.publish({"n": 1})
        for _ in range(5):
            await turn()
        was_done = waiting.done()
        await log.publish({"n": 2})
        return was_done, await waiting

    was_done, (found, position) = stage.wait(wait_and_publish())

    assert not was_done
    assert (log.numbers(found), position) == ([2], 2)


def test_a_part_of_the_log_is_looked_at_at_a_time(log, store, run_on, monkeypatch):
    monkeypatch.setattr(tailing, "LOOK_AT_ONCE", 2)
    stage = run_on(store, log.app)
    for n in range(1, 8):
        stage.wait(log.publish({"n": n}))

    newest, _ = stage.wait(log.handle.tail(limit=3, pattern=log.pattern(1, 2, 4, 7)))
    behind, position = stage.wait(log.handle.tail(after=0, pattern=log.pattern(1, 6)))

    assert log.numbers(newest) == [2, 4, 7]
    assert (log.numbers(behind), position) == ([1, 6], 7)


def test_one_call_looks_at_a_bounded_part_of_the_log(log, store, run_on, monkeypatch):
    monkeypatch.setattr(tailing, "LOOK_AT_ONCE", 2)
    monkeypatch.setattr(tailing, "LOOKS_MAX", 4)
    stage = run_on(store, log.app)
    for n in range(1, 8):
        stage.wait(log.publish({"n": n}))

    newest, end = stage.wait(log.handle.tail(pattern=log.pattern(1, 3)))
    behind, position = stage.wait(log.handle.tail(after=0, wait_ms=30_000, pattern=log.pattern(7)))

    assert (newest, end) == ([], 7)
    assert (behind, position) == ([], 4)


def test_a_pattern_that_does_not_compile_is_refused_with_its_place(filled):
    log, stage = filled

    with pytest.raises(InvalidPattern) as refused:
        stage.wait(log.handle.tail(pattern={log.place: {"n": [{"numeric": [">"]}]}}))

    assert refused.value.at.startswith(f"$.{log.place}.n[0]")


def test_what_is_archived_is_found_as_well(store, run_on):
    app = App("wims")
    bus = app.bus("events")
    bus.archive("made", {"detail": {"n": [1, 3]}}, keep="30d")
    stage = run_on(store, app)
    for n in range(1, 4):
        stage.wait(bus.publish("Made", {"n": n}))
    later(stage, 48 * HOUR_MS)
    stage.wait(bus.publish("Made", {"n": 4}))

    found, position = stage.wait(bus.tail(pattern={"detail": {"n": [1, 4]}}))

    assert ([each["detail"]["n"] for each in found], position) == ([1, 4], 4)
