"""Replaying: what was recorded happens again, at the pace of then, under the ids of now."""

from __future__ import annotations

import msgspec
import pytest

from ensue import App, Body, InvalidInput, NotFound, ReadTx, Tx
from ensue.doors.http import Recorded


class NewOrder(Body):
    quantity: int


@pytest.fixture
def app():
    app = App("shop")
    orders = app.table("orders", key="id")

    @app.post("/orders", status=201)
    def place(body: NewOrder, tx: Tx) -> dict[str, object]:
        order = {"id": tx.new_id(), "quantity": body.quantity, "at_ms": tx.now_ms}
        tx.put(orders, order)
        return order

    @app.get("/orders/{order_id}")
    def show(order_id: str, tx: ReadTx) -> dict[str, object]:
        found = tx.get(orders, order_id)
        if found is None:
            raise NotFound("there is none")
        return found

    return app


def written(tmp_path, *requests):
    file = tmp_path / "recording.jsonl"
    file.write_bytes(b"\n".join(msgspec.json.encode(each) for each in requests))
    return file


def then(at_ms, method, path, body=None, answer=None, status=200):
    return Recorded(at_ms, method, path, [], {}, body, status, answer)


PLACED = then(1_000, "POST", "/orders", {"quantity": 7}, {"id": "id-of-then", "quantity": 7}, 201)
SHOWN = then(3_500, "GET", "/orders/id-of-then", None, {"id": "id-of-then", "quantity": 7})


def test_requests_are_sent_again_with_the_pauses_of_then(app, run_app, tmp_path):
    t = run_app(app)
    begun_ms = t.now_ms()

    placed, shown = t.replay(written(tmp_path, PLACED, SHOWN))

    assert (placed.status, placed.body["at_ms"]) == (201, begun_ms)
    assert t.now_ms() == begun_ms + 2_500
    assert shown.recorded == SHOWN


def test_ids_of_then_are_those_of_now_in_later_requests(app, run_app, tmp_path):
    placed, shown = run_app(app).replay(written(tmp_path, PLACED, SHOWN))

    assert shown.status == 200
    assert shown.body["id"] == placed.body["id"] != "id-of-then"


def test_what_came_first_is_sent_first_whichever_was_answered_first(app, run_app, tmp_path):
    replayed = run_app(app).replay(written(tmp_path, SHOWN, PLACED))

    assert [each.recorded for each in replayed] == [PLACED, SHOWN]


def test_a_file_that_is_no_recording_is_refused_with_its_line(app, run_app, tmp_path):
    file = written(tmp_path, PLACED)
    file.write_bytes(file.read_bytes() + b"\n{}")

    with pytest.raises(InvalidInput, match="recorded request") as said:
        run_app(app).replay(file)

    assert str(said.value.at).endswith(":2")
