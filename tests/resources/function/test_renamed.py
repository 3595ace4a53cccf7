"""Functions that get another name, and keep what was theirs."""

from __future__ import annotations

import pytest

from ensue import App, InvalidName

HOUR_MS = 3_600_000


class Shop:
    """An app with a function of each kind, which is called something else at another start.

    What it got and could not handle is told in ``failing``.
    """

    def __init__(self, suffix="", *, was=False, failing=frozenset()):
        self.app = App("wims")
        self.got = []
        self.stock = self.app.table("stock", key="id")
        self.clicks = self.app.stream("clicks")
        self.events, self.news = self.app.bus("events"), self.app.topic("news")

        def named(name):
            told = {"was": name} if was else {}
            return {"name": name + suffix, "retries": 1, **told}

        def handle(what):
            if what in failing:
                raise ValueError("not this one")
            self.got.append(what)

        self.app.on_change(self.stock, **named("changes"))(
            lambda change, tx: handle(("change", change.key[0], change.new["n"]))
        )
        self.app.on_record(self.clicks, **named("records"))(
            lambda record, tx: handle(("record", record.key, record.data))
        )
        self.app.on_records(self.clicks, **named("batches"))(
            lambda records, tx: [handle(("batch", each.key, each.data)) for each in records]
        )
        self.app.on_event(self.events, {"detail-type": ["Said"]}, **named("heard"))(
            lambda event, tx: handle(("event", event.detail["n"]))
        )
        self.app.on_message(self.news, **named("told"))(
            lambda notification, tx: handle(("news", notification.body))
        )
        self.app.schedule("rate(1 hour)", **named("ticks"))(
            lambda firing, tx: handle(("tick", firing.due_ms))
        )
        self.work = self.app.function(**named("work"))(lambda body, tx: handle(("work", body)))

    def send(self, stage, number):
        stage.wait(self.stock.put({"id": "a", "n": number}))
        stage.wait(self.clicks.append(number, key="a"))
        stage.wait(self.events.publish("Said", {"n": number}))
        stage.wait(self.news.publish(number))
        stage.wait(self.work.invoke(number))

    def letters(self, stage, name):
        return len(stage.wait(stage.platform.resource("queue", f"{name}-dlq").peek()))


def all_of(number):
    return {
        ("change", "a", number),
        ("record", "a", number),
        ("batch", "a", number),
        ("event", number),
        ("news", number),
        ("work", number),
    }


def ticks(shop):
    return [each[1] for each in shop.got if each[0] == "tick"]


def others(shop):
    return sorted(each for each in shop.got if each[0] != "tick")


def test_a_renamed_handler_keeps_its_work_its_place_and_its_dead_letters(file_store, run_on):
    first = Shop(failing=all_of(2) | all_of(3))
    stage = run_on(file_store, first.app)
    for number in (1, 2):
        first.send(stage, number)
        stage.settle()
    stage.advance(HOUR_MS - 1)  # the second of each is in its dead-letter queue now
    first.send(stage, 3)
    stage.settle()  # parked, to be tried again
    first.send(stage, 4)  # not read yet
    assert others(first) == sorted(all_of(1))
    now_ms = stage.clock.now_ms()
    stage.close()

    for expected in (all_of(3) | all_of(4), set()):
        second = Shop("-2", was=True)
        stage = run_on(file_store, second.app)
        stage.clock.move_to(now_ms)
        stage.advance(20 * 60_000)
        now_ms = stage.clock.now_ms()
        assert others(second) == sorted(expected)
        assert len(ticks(second)) == bool(expected)
        for name in ("changes", "records", "batches", "heard", "told", "work"):
            assert second.letters(stage, f"{name}-2") == 1
        stage.close()


def test_without_its_earlier_name_a_handler_is_another_one(file_store, run_on):
    first = Shop()
    stage = run_on(file_store, first.app)
    first.send(stage, 1)
    stage.close()
    second = Shop("-2")
    stage = run_on(file_store, second.app)
    stage.settle()
    assert others(second) == []


def test_a_paused_schedule_of_a_renamed_function_stays_paused(file_store, run_on):
    first = Shop()
    stage = run_on(file_store, first.app)
    stage.wait(first.app.schedules().pause("ticks"))
    stage.close()
    second = Shop("-2", was=True)
    stage = run_on(file_store, second.app)
    schedule = stage.wait(second.app.schedules().get("ticks-2"))
    assert (schedule.state, schedule.to) == ("paused", "function/ticks-2")


def test_an_earlier_name_that_is_none_is_refused():
    app = App("wims")
    with pytest.raises(InvalidName):
        app.function(was="No Name")(lambda body, tx: None)
