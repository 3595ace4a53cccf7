from __future__ import annotations

import pytest

from ensue.doors.http import asgi_app
from ensue.words.errors import NotPermitted
from tests.doors.http.sample import JSON_TYPE, ask

ORDER = b'{"customerId":"ann","quantity":1}'
PATHS = ["/hello", "/_ensue/resources", "/openapi.json", "/nope", "/_ensue/queues/payments"]


def bearer(key: bytes) -> tuple[bytes, bytes]:
    return (b"authorization", b"Bearer " + key)


def test_other_machines_can_connect_only_where_there_is_a_key(shop):
    for key in (None, ""):
        with pytest.raises(NotPermitted, match="--key or ENSUE_KEY"):
            asgi_app(shop._platform, key=key, loopback=False)
    assert asgi_app(shop._platform, key="k", loopback=False)


@pytest.mark.parametrize("path", PATHS)
def test_with_a_key_everything_but_health_demands_it(lasting_shop, path):
    for headers in ([], [bearer(b"wrong")], [bearer(b"")], [(b"x-api-key", b"wrong")]):
        got = ask(lasting_shop, "GET", path, b"", headers, key="right", loopback=False)
        assert (got.status, got.error["code"]) == (401, "not_permitted")
        assert got.headers["www-authenticate"].startswith("Bearer")
        assert "right" not in got.raw.decode()
    for header in (
        bearer(b"right"),
        (b"x-api-key", b"right"),
        (b"authorization", b"bearer  right"),
    ):
        got = ask(lasting_shop, "GET", path, b"", [header], key="right", loopback=False)
        assert got.status in {200, 404}


def test_health_needs_no_key_but_only_to_be_read(lasting_shop):
    options = {"key": "right", "loopback": False}
    assert ask(lasting_shop, "GET", "/_ensue/health", b"", [], **options).status == 200
    assert ask(lasting_shop, "HEAD", "/_ensue/health", b"", [], **options).status == 200
    assert ask(lasting_shop, "POST", "/_ensue/health", b"", [], **options).status == 401
    for path in ("/_ensue/health/", "/x/_ensue/health", "/_ensue//health", "/_ensue/../hello"):
        assert ask(lasting_shop, "GET", path, b"", [], **options).status == 401, path


def test_a_key_of_any_text_can_be_shown(lasting_shop):
    key = "schlüssel \N{KEY}"
    got = ask(lasting_shop, "GET", "/hello", b"", [bearer(key.encode())], key=key)
    assert got.status == 200


def test_white_space_around_a_key_does_not_count(lasting_shop):
    got = ask(lasting_shop, "GET", "/hello", b"", [bearer(b"key")], key=" key\n")
    assert got.status == 200
    with pytest.raises(NotPermitted, match="--key or ENSUE_KEY"):
        asgi_app(lasting_shop._platform, key=" ", loopback=False)


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "localhost:8080",
        "LOCALHOST:1",
        "localhost.",
        "127.0.0.1",
        "127.9.9.9:65535",
        "[::1]",
        "[::1]:8080",
    ],
)
def test_without_a_key_the_host_names_this_machine(lasting_shop, host):
    assert ask(lasting_shop, "GET", "/hello", b"", [(b"host", host.encode())]).status == 200


@pytest.mark.parametrize(
    "host",
    [
        "example.com",
        "localhost.example.com",
        "127.0.0.1.example.com",
        "127.0.0.1@example.com",
        "notlocalhost",
        "localhost:8080:80",
        "localhost\n",
        "0.0.0.0",  # noqa: S104 - it is refused
        "[::2]",
        "192.168.0.1",
        "",
        "l\u00f6calhost",
    ],
)
def test_without_a_key_a_name_that_was_pointed_here_is_refused(lasting_shop, host):
    for path in ("/hello", "/_ensue/health"):
        got = ask(lasting_shop, "GET", path, b"", [(b"host", host.encode("latin-1"))])
        assert (got.status, got.error["code"]) == (403, "cross_site")
    assert ask(lasting_shop, "GET", "/hello", b"", []).status == 403


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://localhost:8080", 201),
        ("HTTP://LOCALHOST:8080", 201),
        ("http://localhost", 403),
        ("http://127.0.0.1:8080", 403),
        ("https://example.com", 403),
        ("null", 403),
        ("", 403),
    ],
)
def test_without_a_key_only_pages_of_this_very_host_may_write(lasting_shop, origin, status):
    headers = [(b"host", b"localhost:8080"), (b"origin", origin.encode()), JSON_TYPE]
    assert ask(lasting_shop, "POST", "/orders", ORDER, headers).status == status
    assert ask(lasting_shop, "GET", "/hello", b"", headers).status == 200


def test_with_a_key_host_and_origin_do_not_matter(lasting_shop):
    headers = [(b"host", b"example.com"), (b"origin", b"https://a.example"), JSON_TYPE]
    got = ask(lasting_shop, "POST", "/orders", ORDER, [*headers, bearer(b"k")], key="k")
    assert got.status == 201
