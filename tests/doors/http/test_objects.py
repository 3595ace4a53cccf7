"""Objects of buckets over HTTP: streamed, by range, conditional, and safe to be served."""

from __future__ import annotations

import asyncio

import pytest

from ensue.app.app import App
from ensue.app.routes import ObjectAnswer
from ensue.app.transaction import ReadTx
from ensue.testing import running
from ensue.testing.steps import turn
from ensue.words.errors import InvalidDeclaration, NotFound

PLACE = "/_ensue/buckets/files/objects/"


@pytest.fixture
def kit():
    app = App("shop")
    app.bucket("files", versions=True, size_max="1MiB")
    with running(app) as kit:
        yield kit


def send(kit, method, key, **options):
    """Send a request for an object; returns httpx's response."""
    return kit.wait(kit._client.request(method, PLACE + key, **options))


def put(kit, key="a/b.txt", body=b"0123456789", **headers):
    headers = {"content-type": "text/plain", **headers}
    return send(kit, "PUT", key, content=body, headers=headers)


def test_an_object_is_put_and_got_with_what_was_said_of_it(kit):
    done = put(kit, **{"x-ensue-meta-origin": "scanner"})

    found = send(kit, "GET", "a/b.txt")

    assert done.status_code == 200
    assert done.json()["etag"] == "781e5e245d69b566979b86e28d23f2c7"
    assert done.headers["etag"] == '"781e5e245d69b566979b86e28d23f2c7"'
    assert found.content == b"0123456789"
    assert found.headers["content-type"] == "text/plain"
    assert found.headers["content-length"] == "10"
    assert found.headers["x-ensue-meta-origin"] == "scanner"
    assert found.headers["x-ensue-version"] == "1"
    assert found.headers["accept-ranges"] == "bytes"
    assert found.headers["last-modified"].endswith("GMT")


def test_a_head_has_the_headers_of_the_get_and_no_body(kit):
    put(kit)

    got, head = send(kit, "GET", "a/b.txt"), send(kit, "HEAD", "a/b.txt")

    assert head.content == b""
    assert head.headers == got.headers


def test_a_range_means_something_for_a_get_only(kit):
    put(kit)

    head = send(kit, "HEAD", "a/b.txt", headers={"range": "bytes=0-3"})

    assert (head.status_code, head.headers["content-length"]) == (200, "10")


@pytest.mark.parametrize("key", ["a%0Ab", "a%0A", "%0Aa", "a%0D%0A"])
def test_a_line_break_in_a_key_is_a_character_as_any_other(kit, key):
    put(kit, "a", b"of another key")

    assert put(kit, key, b"1").status_code == 200
    assert send(kit, "GET", key).content == b"1"
    assert send(kit, "DELETE", key).status_code == 204
    assert send(kit, "GET", "a").content == b"of another key"


@pytest.mark.parametrize(
    ("asked", "status", "body", "said"),
    [
        ("bytes=0-3", 206, b"0123", "bytes 0-3/10"),
        ("bytes=-2", 206, b"89", "bytes 8-9/10"),
        ("bytes=8-", 206, b"89", "bytes 8-9/10"),
        ("bytes=1-2,4-5", 200, b"0123456789", None),
        ("lines=1-2", 200, b"0123456789", None),
    ],
)
def test_some_of_the_bytes_are_answered_with_206(kit, asked, status, body, said):
    put(kit)

    found = send(kit, "GET", "a/b.txt", headers={"range": asked})

    assert (found.status_code, found.content) == (status, body)
    assert found.headers.get("content-range") == said
    assert found.headers["content-length"] == str(len(body))


def test_bytes_that_are_not_there_are_a_416(kit):
    put(kit)

    found = send(kit, "GET", "a/b.txt", headers={"range": "bytes=10-"})

    assert found.status_code == 416
    assert found.headers["content-range"] == "bytes */10"
    assert found.json()["error"]["code"] == "out_of_range"


def test_a_range_of_another_version_is_the_whole_object(kit):
    etag = put(kit).headers["etag"]
    same = send(kit, "GET", "a/b.txt", headers={"range": "bytes=0-1", "if-range": etag})
    other = send(kit, "GET", "a/b.txt", headers={"range": "bytes=0-1", "if-range": '"x"'})

    assert (same.status_code, other.status_code) == (206, 200)


def test_what_the_client_has_already_is_a_304(kit):
    answer = put(kit)
    etag, modified = answer.headers["etag"], answer.headers["last-modified"]

    for headers in (
        {"if-none-match": etag},
        {"if-none-match": f'"x", W/{etag}'},
        {"if-none-match": "*"},
        {"if-modified-since": modified},
    ):
        found = send(kit, "GET", "a/b.txt", headers=headers)
        assert (found.status_code, found.content) == (304, b"")
        assert found.headers["etag"] == etag
    for headers in (
        {"if-none-match": '"x"'},
        {"if-none-match": '"x"', "if-modified-since": modified},
        {"if-modified-since": "Mon, 01 Jan 2001 00:00:00 GMT"},
        {"if-modified-since": "yesterday"},
    ):
        assert send(kit, "GET", "a/b.txt", headers=headers).status_code == 200


def test_another_object_than_the_client_expects_is_a_412(kit):
    etag = put(kit).headers["etag"]

    for headers in (
        {"if-match": '"x"'},
        {"if-match": f"W/{etag}"},
        {"if-unmodified-since": "Mon, 01 Jan 2001 00:00:00 GMT"},
    ):
        found = send(kit, "GET", "a/b.txt", headers=headers)
        assert found.status_code == 412
        assert found.json()["error"]["code"] == "precondition_failed"
    assert send(kit, "GET", "a/b.txt", headers={"if-match": f'"x", {etag}'}).status_code == 200


def test_a_put_is_conditional(kit):
    assert put(kit, **{"if-match": '"x"'}).status_code == 412
    etag = put(kit, **{"if-none-match": "*"}).headers["etag"]
    assert put(kit, **{"if-none-match": "*"}).status_code == 412
    assert put(kit, body=b"new", **{"if-match": etag}).status_code == 200
    assert put(kit, **{"if-match": etag}).status_code == 412
    assert put(kit, **{"if-none-match": etag}).status_code == 400
    assert put(kit, **{"if-match": '"a", "b"'}).status_code == 400
    assert send(kit, "GET", "a/b.txt").content == b"new"


def test_a_delete_removes_an_object_or_a_version_for_good(kit):
    put(kit, body=b"one")
    put(kit, body=b"two")

    assert send(kit, "DELETE", "a/b.txt", headers={"if-match": '"x"'}).status_code == 412
    assert send(kit, "DELETE", "a/b.txt").status_code == 204
    assert send(kit, "DELETE", "a/b.txt").status_code == 204
    assert send(kit, "GET", "a/b.txt").status_code == 404
    assert send(kit, "GET", "a/b.txt", params={"version": 1}).content == b"one"
    assert send(kit, "DELETE", "a/b.txt", params={"version": 1}).status_code == 204
    assert send(kit, "GET", "a/b.txt", params={"version": 1}).status_code == 404


@pytest.mark.parametrize("key", ["%2e%2e/x", "a%2Fb", "with%20space", "%C3%A9", "a//b", "a/"])
def test_a_key_is_what_the_address_says_and_no_path(kit, key):
    assert put(kit, key=key).status_code == 200
    assert send(kit, "GET", key).content == b"0123456789"


@pytest.mark.parametrize(
    ("key", "status"), [("", 400), ("x" * 1_025, 400), ("nothing", 404), ("%FF", 400)]
)
def test_what_is_not_there_or_is_no_key_is_told(kit, key, status):
    assert send(kit, "GET", key).status_code == status


def test_there_must_be_such_a_bucket(kit):
    found = kit.wait(kit._client.get("/_ensue/buckets/nothing/objects/k"))

    assert found.status_code == 404


def test_a_body_comes_and_goes_in_chunks(kit):
    async def chunks():
        for n in range(10):
            yield bytes([n]) * 60_000

    assert send(kit, "PUT", "large", content=chunks()).status_code == 200
    found = send(kit, "GET", "large")

    assert found.content == b"".join(bytes([n]) * 60_000 for n in range(10))
    assert found.headers["content-type"] == "application/octet-stream"


def test_a_body_larger_than_the_bucket_takes_is_a_413(kit):
    async def chunks():
        for _ in range(20):
            yield b"x" * 60_000

    assert put(kit, body=b"x" * 1_048_577).status_code == 413
    assert send(kit, "PUT", "large", content=chunks()).status_code == 413
    assert send(kit, "GET", "large").status_code == 404


@pytest.mark.parametrize(
    "headers",
    [{"content-type": "text"}, {"x-ensue-meta-a b": "x"}, {"x-ensue-meta-a": "x" * 2_050}],
)
def test_what_is_no_metadata_is_a_400(kit, headers):
    assert put(kit, **headers).status_code == 400


@pytest.mark.parametrize(
    ("content_type", "disposition"),
    [
        ("text/html; charset=utf-8", "attachment"),
        ("image/svg+xml", "attachment"),
        ("application/octet-stream", "attachment"),
        ("image/png", "inline"),
        ("video/mp4", "inline"),
        ("text/plain", "inline"),
    ],
)
def test_a_page_that_somebody_put_cannot_run_as_ours(kit, content_type, disposition):
    put(kit, **{"content-type": content_type})

    found = send(kit, "GET", "a/b.txt")

    assert found.headers["content-type"] == content_type
    assert found.headers["content-disposition"] == disposition
    assert found.headers["x-content-type-options"] == "nosniff"
    assert found.headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert found.headers["cache-control"] == "no-store"


def asked(kit, method, path, messages, headers=()):
    """What the application sends for a request whose messages come one by one."""
    sent, left = [], list(messages)
    scope = {
        "type": "http", "method": method, "path": path, "raw_path": path.encode(),
        "query_string": b"", "headers": [(b"host", b"localhost"), *headers], "root_path": "",
    }  # fmt: skip

    async def receive():
        if not left:
            await asyncio.Event().wait()
        return left.pop(0)

    async def note(message):
        sent.append(message)
        await turn()

    kit.wait(kit._client._transport.app(scope, receive, note))
    return sent


def test_a_client_that_leaves_while_it_sends_leaves_nothing(kit):
    messages = [
        {"type": "http.request", "body": b"x" * 300_000, "more_body": True},
        {"type": "http.disconnect"},
    ]

    sent = asked(kit, "PUT", PLACE + "k", messages)

    assert sent == []
    assert send(kit, "GET", "k").status_code == 404
    assert kit._platform.engine.facts.shelf.bodies == {}


def test_a_client_that_leaves_is_sent_no_more(kit):
    put(kit, key="k", body=b"x" * 1_000_000)
    here = asked(kit, "GET", PLACE + "k", [{"type": "http.request"}])
    left = asked(kit, "GET", PLACE + "k", [{"type": "http.disconnect"}])

    assert sum(len(each.get("body", b"")) for each in here) == 1_000_000
    assert max(len(each.get("body", b"")) for each in here) <= 262_144
    assert len(left) < len(here)


def test_a_body_that_is_damaged_ends_the_answer_too_soon(kit):
    put(kit, key="k")
    bodies = kit._platform.engine.facts.shelf.bodies
    [place] = bodies
    bodies[place] = b"01234"

    sent = asked(kit, "GET", PLACE + "k", [])

    assert sent[0]["status"] == 200
    assert not any(message.get("more_body") is False for message in sent)
    assert sent[-1]["body"] == b"01234"


def test_why_shows_who_put_an_object(kit):
    put(kit, key="k")
    rows = kit._platform.engine.read(lambda tx: tx.rows("SELECT actor FROM ensue_hops"))

    assert ("put-object bucket",) in rows


def test_a_route_answers_with_an_object_as_it_streams_it():
    app = App("shop")
    files = app.bucket("files")
    app.get("/invoices/{year}/{name}").get_object(files, "{path.year}/{path.name}.pdf")

    @app.get("/newest")
    def newest(tx: ReadTx) -> ObjectAnswer:
        page = tx.list_objects(files)
        if not page.objects:
            raise NotFound("there is none yet")
        return ObjectAnswer(files, page.objects[-1].key)

    with running(app) as kit:
        missing = kit.wait(kit._client.get("/newest"))
        kit.wait(files.put("2026/1.pdf", b"%PDF", content_type="application/pdf"))
        whole = kit.wait(kit._client.get("/invoices/2026/1"))
        part = kit.wait(kit._client.get("/newest", headers={"range": "bytes=1-2"}))
        known = kit.wait(
            kit._client.get("/newest", headers={"if-none-match": whole.headers["etag"]})
        )
        nothing = kit.wait(kit._client.get("/invoices/2026/2"))
        described = kit.get("/openapi.json").body["paths"]["/invoices/{year}/{name}"]["get"]

    assert missing.status_code == nothing.status_code == 404
    assert (whole.content, whole.headers["content-type"]) == (b"%PDF", "application/pdf")
    assert whole.headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert "cache-control" not in whole.headers
    assert (part.status_code, part.content) == (206, b"PD")
    assert known.status_code == 304
    assert list(described["responses"]["200"]["content"]) == ["application/octet-stream"]
    assert set(described["responses"]) >= {"206", "304", "404", "416"}


@pytest.mark.parametrize("options", [{"body": dict}, {"answer": "{result}"}])
def test_a_route_to_an_object_takes_nothing_but_types(options):
    app = App("shop")
    files = app.bucket("files")

    with pytest.raises(InvalidDeclaration, match="expected"):
        app.get("/x/{key}").get_object(files, "{path.key}", **options)


def test_only_a_get_answers_with_an_object():
    app = App("shop")
    files = app.bucket("files")

    with pytest.raises(InvalidDeclaration, match="expected a GET"):
        app.post("/x/{key}").get_object(files, "{path.key}")
    with pytest.raises(InvalidDeclaration, match="expected a GET"):

        @app.post("/y")
        def answer(tx: ReadTx) -> ObjectAnswer:
            return ObjectAnswer(files, "k")
