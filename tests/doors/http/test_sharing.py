"""Pages of other sites: what they may call, and that everything else stays closed to them."""

from __future__ import annotations

from typing import Annotated

import pytest

from ensue import Answer, App, Conflict, Cors, Header, Hmac, Secret, Tx
from ensue.testing import running
from ensue.words.errors import InvalidDeclaration
from tests.doors.http.sample import JSON_TYPE, ask

SHOP, EVIL = b"https://shop.example", b"https://evil.example"
HOST = (b"host", b"localhost:8080")


def make_app() -> App:
    app = App("shared")
    rows = app.table("rows", key="id")
    app.queue("jobs")
    app.cors(origins=[SHOP.decode()], headers=["X-More"], expose=["X-Total"], keep="1h")

    @app.post("/events")
    def take(tx: Tx, body: dict[str, int], shop: Annotated[str, Header("X-Shop")] = "") -> Answer:
        tx.put(rows, {"id": tx.new_id(), "shop": shop, **body})
        return Answer({"ok": True}, headers={"X-Total": "1"})

    @app.get("/events")
    def events() -> dict[str, int]:
        return {"count": 0}

    @app.post("/anyone", cors=Cors("*"))
    def anyone() -> dict[str, bool]:
        raise Conflict("it is always there")

    @app.put("/signed-in", cors=Cors([SHOP.decode()], credentials=True))
    def signed_in(tx: Tx) -> None:
        tx.put(rows, {"id": "s"})

    @app.post("/own", cors=None)
    def own() -> dict[str, bool]:
        return {"ok": True}

    @app.post("/hook", verify=Hmac(Secret.env("HOOK"), header="X-Signature"))
    def hook() -> dict[str, bool]:
        return {"ok": True}

    return app


@pytest.fixture(scope="module")
def t():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOOK", "a secret of some length")
        with running(make_app()) as kit:
            yield kit


def call(t, method, path, origin=None, *more, body=b'{"n": 1}', host=HOST, **options):
    headers = [host, JSON_TYPE, *more]
    if origin is not None:
        headers.append((b"origin", origin))
    return ask(t, method, path, b"" if method == "GET" else body, headers, **options)


def preflight(t, path, origin, method=b"POST", **options):
    asked = (b"access-control-request-method", method)
    return call(t, "OPTIONS", path, origin, asked, body=b"", **options)


def test_a_page_of_a_site_that_is_let_in_may_write_and_read_the_answer(t):
    got = call(t, "POST", "/events", SHOP)

    assert got.status == 200
    assert got.headers["access-control-allow-origin"] == SHOP.decode()
    assert got.headers["vary"] == "origin"
    assert "x-total" in got.headers["access-control-expose-headers"]
    assert "access-control-allow-credentials" not in got.headers


@pytest.mark.parametrize("origin", [EVIL, b"null", b"", b"https://shop.example.evil.example"])
def test_a_page_of_another_site_may_not_and_nothing_happens(t, origin):
    before = t.get("/_ensue/tables/rows").body["status"]

    got = call(t, "POST", "/events", origin)

    assert (got.status, got.error["code"]) == (403, "cross_site")
    assert "access-control-allow-origin" not in got.headers
    assert t.get("/_ensue/tables/rows").body["status"] == before


@pytest.mark.parametrize("path", ["/own", "/_ensue/queues/jobs/send", "/_ensue/tables/rows/put"])
def test_what_the_app_does_not_share_stays_closed_to_every_other_site(t, path):
    assert call(t, "POST", path, SHOP).status == 403
    assert preflight(t, path, SHOP).status in {403, 405}


def test_a_name_that_was_pointed_here_gets_nowhere_though_its_site_is_let_in(t):
    pointed = (b"host", b"shop.example")

    for got in (
        call(t, "POST", "/events", SHOP, host=pointed),
        call(t, "POST", "/anyone", b"http://shop.example", host=pointed),
        preflight(t, "/events", SHOP, host=pointed),
    ):
        assert (got.status, got.error["code"]) == (403, "cross_site")


def test_a_page_of_this_very_server_needs_no_leave(t):
    got = call(t, "POST", "/events", b"http://localhost:8080")

    assert got.status == 200
    assert "access-control-allow-origin" not in got.headers


def test_a_read_says_who_may_see_it_whoever_asks(t):
    assert call(t, "GET", "/events", SHOP).headers["access-control-allow-origin"] == SHOP.decode()
    for got in (call(t, "GET", "/events", EVIL), call(t, "GET", "/events")):
        assert got.status == 200
        assert "access-control-allow-origin" not in got.headers
        assert got.headers["vary"] == "origin"


def test_a_preflight_says_what_may_be_sent_and_for_how_long(t):
    got = preflight(t, "/events", SHOP)

    assert (got.status, got.raw) == (204, b"")
    assert got.headers["access-control-allow-origin"] == SHOP.decode()
    assert got.headers["access-control-allow-methods"] == "GET, POST"
    taken = got.headers["access-control-allow-headers"].split(", ")
    assert {"content-type", "idempotency-key", "x-shop", "x-more"} <= set(taken)
    assert got.headers["access-control-max-age"] == "3600"
    assert "origin" in got.headers["vary"]


@pytest.mark.parametrize(
    ("path", "origin", "method"),
    [("/events", EVIL, b"POST"), ("/events", SHOP, b"DELETE"), ("/own", SHOP, b"POST")],
)
def test_a_preflight_for_what_is_not_shared_is_refused(t, path, origin, method):
    got = preflight(t, path, origin, method)

    assert got.status in {403, 405}
    assert "access-control-allow-origin" not in got.headers


def test_options_that_are_no_preflight_are_a_method_that_is_not_there(t):
    got = call(t, "OPTIONS", "/events", body=b"")

    assert (got.status, got.headers["allow"]) == (405, "GET, HEAD, OPTIONS, POST")


def test_an_error_can_be_read_by_a_page_that_may_call(t):
    conflict = call(t, "POST", "/anyone", EVIL)
    refused = call(t, "POST", "/events", SHOP, body=b'{"n": "x"}')

    assert (conflict.status, conflict.headers["access-control-allow-origin"]) == (409, "*")
    assert "vary" not in conflict.headers
    assert (refused.status, refused.headers["access-control-allow-origin"]) == (400, SHOP.decode())


def test_cookies_go_along_only_where_the_route_says_so(t):
    got = call(t, "PUT", "/signed-in", SHOP)
    asked = preflight(t, "/signed-in", SHOP, b"PUT")

    for each in (got, asked):
        assert each.headers["access-control-allow-credentials"] == "true"


def test_a_preflight_needs_no_key_and_what_follows_needs_it(t):
    options = {"key": "right", "loopback": False}
    key = (b"x-api-key", b"right")

    assert preflight(t, "/events", SHOP, **options).status == 204
    denied = call(t, "POST", "/events", SHOP, **options)
    assert (denied.status, denied.headers["access-control-allow-origin"]) == (401, SHOP.decode())
    assert call(t, "POST", "/events", SHOP, key, **options).status == 200


def test_a_route_that_verifies_is_shared_and_still_verifies(t):
    got = call(t, "POST", "/hook", SHOP)

    assert (got.status, got.headers["access-control-allow-origin"]) == (401, SHOP.decode())


@pytest.mark.parametrize(
    "options",
    [
        {"origins": "https://shop.example"},
        {"origins": ["shop.example"]},
        {"origins": ["https://shop.example/"]},
        {"origins": ["https://*.example"]},
        {"origins": ["null"]},
        {"origins": ["*"]},
        {"origins": "*", "credentials": True},
        {"origins": "*", "headers": ["a b"]},
        {"origins": "*", "expose": ["a,b"]},
    ],
    ids=str,
)
def test_what_would_let_in_nobody_or_anybody_by_mistake_is_refused(options):
    with pytest.raises(InvalidDeclaration):
        Cors(**options)


def test_an_app_says_once_which_sites_it_is_for():
    app = App("twice")
    app.cors(origins="*")

    with pytest.raises(InvalidDeclaration, match="one cors"):
        app.cors(origins="*")
