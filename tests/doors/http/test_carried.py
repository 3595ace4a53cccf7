"""Arguments from headers and cookies, and the cookies that answers set."""

from __future__ import annotations

import logging
from typing import Annotated, Any, Literal

import pytest

from ensue import Answer, App, Cookie, Header, Meta, SetCookie, Tx
from ensue.testing import running
from ensue.words.errors import InvalidDeclaration, InvalidValue
from tests.doors.http.sample import HOST, JSON_TYPE, ask

SECRET = "hunter2-hunter2"  # noqa: S105 - it is to be looked for


def make_app() -> App:
    app = App("visitors")
    rows = app.table("rows", key="id")

    @app.get("/seen")
    def seen(
        shop: Annotated[str, Header("X-Shop")],
        visitor: Annotated[str | None, Cookie("visitor")],
        depth: Annotated[int, Meta(ge=1, le=9), Header("X-Depth")] = 3,
        mode: Annotated[Literal["a", "b"], Cookie("mode")] = "a",
    ) -> dict[str, Any]:
        return {"shop": shop, "visitor": visitor, "depth": depth, "mode": mode}

    @app.post("/login")
    def login(tx: Tx, token: Annotated[str, Header("X-Token")]) -> Answer:
        tx.put(rows, {"id": tx.new_id()})
        visitor = SetCookie("visitor", tx.new_id(), keep="365d")
        return Answer({"length": len(token)}, cookies=[visitor, SetCookie.gone("mode")])

    return app


@pytest.fixture(scope="module")
def t():
    with running(make_app()) as kit:
        yield kit


def get(t, *headers):
    return ask(t, "GET", "/seen", b"", [HOST, *headers])


def login(t, *headers, **options):
    sent = [HOST, JSON_TYPE, (b"x-token", SECRET.encode()), *headers]
    return ask(t, "POST", "/login", b"", sent, **options)


def cookies_set(got):
    return [value.decode() for name, value in got.header_list if name == b"set-cookie"]


def test_arguments_come_from_headers_and_cookies_as_their_types(t):
    found = get(
        t, (b"x-shop", b" tea "), (b"x-depth", b"7"), (b"cookie", b'visitor="v-1"; mode=b; c')
    )

    assert found.body == {"shop": "tea", "visitor": "v-1", "depth": 7, "mode": "b"}


def test_what_a_request_does_not_carry_is_its_default_and_none_where_it_may_be(t):
    found = get(t, (b"x-shop", b"tea"))

    assert found.body == {"shop": "tea", "visitor": None, "depth": 3, "mode": "a"}


def test_of_a_cookie_given_twice_the_first_counts_though_the_header_came_in_pieces(t):
    found = get(t, (b"x-shop", b"tea"), (b"cookie", b"visitor=near"), (b"cookie", b"visitor=far"))

    assert found.body["visitor"] == "near"


def test_a_header_of_utf_8_is_text(t):
    assert get(t, (b"x-shop", "thé".encode())).body["shop"] == "thé"


@pytest.mark.parametrize(
    ("headers", "at", "said"),
    [
        ([], "headers.x-shop", "expected the header X-Shop, got none"),
        ([(b"x-shop", b"a"), (b"x-shop", b"b")], "headers.x-shop", "expected one header"),
        ([(b"x-shop", b"\xff")], "headers.x-shop", "expected a text"),
        ([(b"x-shop", b"a"), (b"x-depth", b"hunter2")], "headers.x-depth", "from 1 to 9"),
        ([(b"x-shop", b"a"), (b"x-depth", b"10")], "headers.x-depth", "from 1 to 9"),
        ([(b"x-shop", b"a"), (b"cookie", b"mode=hunter2")], "cookies.mode", 'one of "a", "b"'),
    ],
)
def test_what_does_not_fit_is_refused_where_it_is_and_what_it_holds_is_not_told(
    t, headers, at, said
):
    got = get(t, *headers)

    assert (got.status, got.error["at"]) == (400, at)
    assert said in got.error["message"]
    assert b"hunter2" not in got.raw


def test_a_header_is_neither_logged_nor_kept_with_the_request(t, caplog):
    with caplog.at_level(logging.DEBUG):
        got = login(t)
    why = t.get(f"/_ensue/why/{got.headers['x-request-id']}")

    assert (why.status, why.body["name"]) == (200, "POST /login")
    assert SECRET not in caplog.text + str(why.body)


def test_a_cookie_is_hidden_from_scripts_and_other_sites_and_kept_as_long_as_said(t):
    first, second = cookies_set(login(t))

    assert first.partition("; ")[2] == "Path=/; SameSite=Lax; Max-Age=31536000; HttpOnly"
    assert second == "mode=; Path=/; SameSite=Lax; Max-Age=0; HttpOnly"


@pytest.mark.parametrize("proto", [b"https", b"HTTPS"])
def test_a_cookie_set_by_https_goes_back_by_https_only(t, proto):
    for each in cookies_set(login(t, (b"x-forwarded-proto", proto))):
        assert each.endswith("; Secure")


def test_an_idempotency_key_is_each_visitors_own(t):
    key = (b"idempotency-key", b"k-1")
    mine = login(t, key)
    again = login(t, key)
    other = ask(t, "POST", "/login", b"", [HOST, JSON_TYPE, key, (b"x-token", b"another")])

    assert cookies_set(again) == cookies_set(mine)
    assert again.headers["idempotent-replayed"] == "true"
    assert other.status == 200
    assert cookies_set(other) != cookies_set(mine)


def test_the_description_names_headers_and_cookies_as_the_request_does(t):
    described = t.get("/openapi.json").body["paths"]["/seen"]["get"]["parameters"]

    places = {(each["in"], each["name"]): (each["required"], each["schema"]) for each in described}
    assert places["header", "X-Shop"] == (True, {"type": "string"})
    assert places["cookie", "visitor"] == (False, {"type": "string"})
    assert places["header", "X-Depth"] == (
        False,
        {"type": "integer", "minimum": 1, "maximum": 9, "default": 3},
    )


@pytest.mark.parametrize("name", ["Authorization", "cookie", "Idempotency-Key", "a b", "", "é"])
def test_a_header_that_is_none_or_is_taken_already_is_refused(name):
    with pytest.raises(InvalidDeclaration):
        Header(name)


def test_a_header_gives_no_lists_and_no_objects():
    app = App("lists")

    def takes(tags: Annotated[list[str], Header("X-Tags")]) -> None:
        del tags

    with pytest.raises(InvalidDeclaration, match="a text, a number"):
        app.get("/x")(takes)


@pytest.mark.parametrize(
    "parts",
    [
        {"name": "a b"},
        {"value": "a;b"},
        {"value": "a\nSet-Cookie: b"},
        {"value": "x" * 5_000},
        {"path": "here"},
        {"path": "/;Secure"},
        {"keep": "soon"},
    ],
    ids=str,
)
def test_what_cannot_be_a_cookie_is_refused(parts):
    with pytest.raises(InvalidValue):
        SetCookie(**{"name": "a", "value": "b", **parts}).header()


def test_a_cookie_for_all_sites_goes_by_https_only():
    assert SetCookie("a", "b", same_site="None").header().endswith("; Secure")
