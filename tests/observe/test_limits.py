"""How much of each bound is used."""

from __future__ import annotations

from ensue import App
from ensue.testing import running


def named(t):
    return {(each.ref.name if each.ref else None, each.name): each for each in t._platform.limits()}


def test_a_queue_is_as_full_as_it_was_declared_to_be_at_most():
    app = App("shop")
    orders = app.queue("orders", depth_max=4, in_flight_max=2)
    with running(app) as t:
        for number in range(3):
            t.wait(orders.send(number))
        t.wait(orders.receive(1))
        found = named(t)
        full = found["orders", "messages in the queue"]
        assert (full.used, full.most, full.share, full.is_near) == (3, 4, 0.75, False)
        assert found["orders", "messages in flight"].used == 1
        t.wait(orders.send(3))
        assert named(t)["orders", "messages in the queue"].is_near
        assert next(iter(named(t)))[1] == "messages in the queue"


def test_what_a_reader_has_not_read_is_set_against_how_long_it_is_kept():
    app = App("shop")
    clicks = app.stream("clicks", retention="10h")

    @app.on_record(clicks)
    def follow(record, tx):
        pass

    with running(app) as t:
        t.hold("follow")
        t.wait(clicks.append({"page": "/"}, key="a"))
        t.advance("9h")
        found = named(t)["follow", "age of what it has not read"]
        assert found.used == 9 * 3_600_000
        assert found.most == 10 * 3_600_000
        assert found.is_near


def test_the_store_has_bounds_of_its_own(file_store, run_on):
    stage = run_on(file_store, App("shop"))
    names = {each.name for each in stage.platform.limits()}
    assert {"disk of the store", "transactions that wait", "resources ever declared"} <= names
