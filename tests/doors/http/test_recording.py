"""Recording: what came is written as it came, but for what is masked."""

from __future__ import annotations

import itertools
import stat
from contextlib import closing

import httpx
import msgspec
import pytest

from ensue import App, Body, InvalidValue, StoreUnusable
from ensue.doors.http import Masks, Recorded, Recorder, asgi_app, recording
from ensue.testing import running


class Order(Body):
    customer: str
    quantity: int
    card: dict[str, str] | None = None


@pytest.fixture
def app():
    app = App("shop")

    @app.post("/orders", status=201)
    def place(body: Order) -> dict[str, object]:
        return {"id": "order-1", "customer": body.customer}

    @app.get("/customers/{customer}/orders")
    def listed(customer: str, customer_of: str | None = None) -> list[str]:
        return [customer]

    return app


def recorded(app, file, masks, *calls):
    """What is in a file after some calls."""
    numbers = itertools.count(1_000)
    with (
        running(app) as t,
        closing(Recorder(file, Masks(masks), lambda: next(numbers))) as recorder,
    ):
        door = recorder.around(asgi_app(t._platform))

        async def called():
            transport = httpx.ASGITransport(door)
            async with httpx.AsyncClient(
                transport=transport, base_url="http://localhost"
            ) as client:
                for method, path, options in calls:
                    await client.request(method, path, **options)

        t.wait(called())
    return [msgspec.json.decode(line, type=Recorded) for line in file.read_bytes().splitlines()]


JSON = {"Content-Type": "application/json"}
ORDER = {"customer": "ada", "quantity": 2, "card": {"number": "4242"}}


def test_a_request_is_recorded_with_its_time_its_body_and_its_answer(app, tmp_path):
    [found] = recorded(app, tmp_path / "r", [], ("POST", "/orders", {"json": ORDER}))

    assert (found.at_ms, found.method, found.path) == (1_000, "POST", "/orders")
    assert found.body == ORDER
    assert (found.status, found.answer) == (201, {"id": "order-1", "customer": "ada"})


def test_what_is_masked_is_the_same_stand_in_everywhere(app, tmp_path):
    first, second, third = recorded(
        app,
        tmp_path / "r",
        ["customer", "card.number"],
        ("POST", "/orders", {"json": ORDER}),
        ("GET", "/customers/ada/orders", {}),
        ("GET", "/customers/bob/orders", {}),
    )

    assert first.body == {"customer": "masked-1", "quantity": 2, "card": {"number": "masked-2"}}
    assert first.answer["customer"] == "masked-1"
    assert second.path == "/customers/masked-1/orders"
    assert third.path == "/customers/masked-3/orders"
    assert first.body["customer"] not in {"ada", third.path}


def test_a_masked_parameter_of_a_query_is_not_written(app, tmp_path):
    [found] = recorded(
        app,
        tmp_path / "r",
        ["customer_of"],
        ("GET", "/customers/x/orders", {"params": {"customer_of": "ada"}}),
    )

    assert found.query == [("customer_of", "masked-1")]


def test_neither_credentials_nor_other_headers_are_written(app, tmp_path):
    secret = {"Authorization": "Bearer secret", "Cookie": "secret", "Idempotency-Key": "k"}

    [found] = recorded(
        app, tmp_path / "r", [], ("POST", "/orders", {"json": ORDER, "headers": secret})
    )

    assert found.headers == {"content-type": "application/json", "idempotency-key": "k"}
    assert b"secret" not in (tmp_path / "r").read_bytes()


def test_only_its_owner_can_read_a_recording(app, tmp_path):
    recorded(app, tmp_path / "r", [], ("POST", "/orders", {"json": ORDER}))

    assert stat.S_IMODE((tmp_path / "r").stat().st_mode) == 0o600


def test_a_recording_that_has_reached_its_size_ends_and_says_so(app, tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(recording, "RECORDING_BYTES_MAX", 600)
    calls = [("POST", "/orders", {"json": ORDER})] * 5

    found = recorded(app, tmp_path / "r", [], *calls)

    assert 0 < len(found) < 5
    assert "has reached its size" in caplog.text


def test_a_body_that_is_no_json_is_left_out(app, tmp_path):
    bad = {"content": b"{", "headers": JSON}

    [found] = recorded(app, tmp_path / "r", [], ("POST", "/orders", bad))

    assert (found.body, found.status) == (None, 400)


def test_a_body_that_is_nested_too_deep_is_left_out(app, tmp_path):
    deep = b"[" * 100_000 + b"]" * 100_000
    [found] = recorded(
        app, tmp_path / "r", [], ("POST", "/orders", {"content": deep, "headers": JSON})
    )

    assert (found.body, found.status) == (None, 400)


def test_a_file_that_cannot_be_written_is_refused_at_the_start(tmp_path):
    with pytest.raises(StoreUnusable, match="the recording cannot be written"):
        Recorder(tmp_path / "no" / "r", Masks([]), lambda: 0)


@pytest.mark.parametrize("path", ["", "a..b", "a."])
def test_a_mask_that_names_nothing_is_refused(path):
    with pytest.raises(InvalidValue, match="to mask"):
        Masks([path])
