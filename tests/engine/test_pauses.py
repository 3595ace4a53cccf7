"""What is paused takes nothing, until it is resumed."""

from __future__ import annotations

import pytest

from ensue.app.app import App
from ensue.engine import gauges, pauses
from ensue.engine.integrity import check
from ensue.words.errors import InvalidInput, StoreError


class Shop:
    """A table that a function follows, and a queue with a consumer; both note what they get."""

    def __init__(self, *, action: bool = False):
        self.app = App("wims")
        self.stock = self.app.table("stock", key="id")
        self.parcels = self.app.queue("parcels")
        self.followed: list = []
        self.shipped: list = []

        @self.app.on_change(self.stock)
        def follow(change, tx):
            self.followed.append(change.new.id)

        def ship(parcel, tx=None):
            self.shipped.append(parcel.body)

        async def ship_outside(parcel):
            self.shipped.append(parcel.body)

        self.parcels.consumer()(ship_outside if action else ship)

    def function(self):
        return self.app.function_named("follow")


@pytest.mark.parametrize("action", [False, True])
def test_a_paused_consumer_takes_nothing_and_its_backlog_grows(store, run_on, action):
    shop = Shop(action=action)
    stage = run_on(store, shop.app)
    assert stage.wait(shop.parcels.pause()) is True
    for number in range(3):
        stage.wait(shop.parcels.send(number))
    stage.settle()

    assert shop.shipped == []
    assert stage.wait(shop.parcels.depth())["waiting"] == 3
    assert shop.parcels.paused() == {"paused_since_ms": stage.clock.now_ms()}


@pytest.mark.parametrize("action", [False, True])
def test_what_is_resumed_goes_on_at_once_with_what_has_waited(store, run_on, action):
    shop = Shop(action=action)
    stage = run_on(store, shop.app)
    stage.wait(shop.parcels.pause())
    stage.wait(shop.parcels.send(1))
    stage.settle()

    assert stage.wait(shop.parcels.resume()) is True
    stage.settle()

    assert shop.shipped == [1]
    assert shop.parcels.paused() == {}


def test_a_paused_reader_stays_where_it_is_in_its_log(store, run_on):
    shop = Shop()
    stage = run_on(store, shop.app)
    stage.wait(shop.function().pause())
    stage.wait(shop.stock.put({"id": 1}))
    stage.settle()
    assert shop.followed == []
    assert stage.wait(shop.function().depth())["unread"] == 1

    stage.wait(shop.function().resume())
    stage.settle()

    assert shop.followed == [1]


def test_a_pause_outlives_the_process(file_store, run_on):
    first = Shop()
    stage = run_on(file_store, first.app)
    stage.wait(first.parcels.pause())
    since_ms = stage.clock.now_ms()
    stage.close()

    second = Shop()
    stage = run_on(file_store, second.app)
    stage.clock.move_to(since_ms + 60_000)
    stage.wait(second.parcels.send(1))
    stage.settle()

    assert second.shipped == []
    assert second.parcels.paused() == {"paused_since_ms": since_ms}


def test_to_pause_what_is_paused_changes_nothing(store, run_on):
    shop = Shop()
    stage = run_on(store, shop.app)
    stage.wait(shop.parcels.pause())
    since_ms = stage.clock.now_ms()
    stage.advance(1_000)

    assert stage.wait(shop.parcels.pause()) is False
    assert shop.parcels.paused() == {"paused_since_ms": since_ms}
    assert stage.wait(shop.parcels.resume()) is True
    assert stage.wait(shop.parcels.resume()) is False


def test_a_queue_without_a_consumer_has_nothing_to_pause(store, run_on):
    app = App("wims")
    letters = app.queue("letters")
    stage = run_on(store, app)

    with pytest.raises(InvalidInput, match="a queue with a consumer"):
        stage.wait(letters.pause())


def test_a_pause_that_is_not_stored_is_none(file_store, run_on):
    shop = Shop()
    stage = run_on(file_store, shop.app)
    stage.engine._connection.set_commit_hook(lambda: True)
    with pytest.raises(StoreError):
        stage.wait(shop.parcels.pause())
    stage.engine._connection.set_commit_hook(None)

    stage.wait(shop.parcels.send(1))
    stage.settle()

    assert shop.shipped == [1]
    assert shop.parcels.paused() == {}


def test_an_action_that_runs_when_the_pause_comes_is_settled(store, run_on):
    app = App("wims")
    parcels = app.queue("parcels")

    @parcels.consumer()
    async def ship(parcel):
        await parcels.pause()

    stage = run_on(store, app)
    stage.wait(parcels.send(1))
    stage.settle()

    assert stage.wait(parcels.depth())["waiting"] == 0
    assert stage.wait(parcels.depth())["in_flight"] == 0


def test_a_piece_that_is_to_be_taken_alone_waits_for_the_resume(file_store, run_on, crashed):
    shop = Shop()
    stage = run_on(file_store, shop.app)
    stage.wait(shop.parcels.pause())
    stage.wait(shop.parcels.send(1))
    again = Shop()
    stage = run_on(crashed(stage), again.app)
    stage.settle()
    assert again.shipped == []

    stage.wait(again.parcels.resume())
    stage.settle()

    assert again.shipped == [1]


def test_a_warning_names_what_is_paused_and_since_when(store, run_on):
    shop = Shop()
    stage = run_on(store, shop.app)
    stage.wait(shop.parcels.pause())
    stage.wait(shop.parcels.send(1))
    stage.advance(gauges.OVERDUE_MS_MAX + 1)

    [warning] = gauges.look(stage.engine)

    assert warning.rule == "paused"
    assert warning.where == "queue parcels"
    assert "since 2031-07-05T03:14:15.926Z" in warning.what
    assert warning.hint == "`ensue resume queue/parcels` lets it go on."


def test_a_worker_that_is_not_paused_makes_no_statement_for_it(store, run_on):
    shop = Shop()
    stage = run_on(store, shop.app)
    stage.settle()
    said = []
    stage.engine._connection.set_exec_trace(lambda _, sql, __: said.append(sql) or True)
    stage.wait(shop.parcels.send(1))
    stage.settle()
    stage.engine._connection.set_exec_trace(None)

    assert said
    assert not [sql for sql in said if "ensue_paused" in sql]


def test_the_pause_of_what_nobody_knows_is_found(stage):
    stage.do(lambda tx: tx.execute("INSERT INTO ensue_paused VALUES (99, 1)"))

    found = stage.do(lambda tx: check(tx, {}))

    assert "paused.unknown" in {each.rule for each in found}


def test_its_operations_say_whether_anything_changed(store, run_on):
    shop = Shop()
    stage = run_on(store, shop.app)
    pause, resume = pauses.OPERATIONS

    assert stage.wait(pause.run(shop.parcels, pauses.Whole())) == {"paused": True}
    assert stage.wait(resume.run(shop.parcels, pauses.Whole())) == {"resumed": True}
