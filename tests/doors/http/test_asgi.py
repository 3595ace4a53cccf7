from __future__ import annotations

import asyncio
import logging

import pytest

from ensue import Answer, App, InvalidDeclaration, LimitExceeded, NotFound
from ensue.doors.http import asgi_app
from ensue.doors.http.routing import make_router
from ensue.engine.transaction import acting
from ensue.testing import running
from tests.doors.http.sample import HOST, JSON_TYPE, ask, make_app

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_a_route_answers_json_with_its_status_and_the_id_of_the_request(shop):
    placed = shop.post("/orders", {"customerId": "ann", "quantity": 3})
    assert placed.status == 201
    assert placed.headers["content-type"] == "application/json"
    assert shop.get(f"/_ensue/why/{placed.headers['x-request-id']}").status == 200
    found = shop.get(f"/orders/{placed.body['id']}")
    assert found.body == {"id": placed.body["id"], "customerId": "ann", "quantity": 3}
    assert "x-request-id" not in found.headers


def test_a_route_that_returns_nothing_answers_204_without_a_body(shop):
    gone = ask(shop, "DELETE", "/orders/x")
    assert (gone.status, gone.raw) == (204, b"")
    assert "content-type" not in gone.headers


def test_an_answer_brings_its_own_status_and_headers(shop):
    found = shop.post("/numbers/7")
    assert (found.status, found.headers["x-number"]) == (202, "7")


def test_head_answers_as_get_does_but_without_the_body(shop):
    head = ask(shop, "HEAD", "/hello")
    assert (head.status, head.raw) == (200, b"")
    assert head.headers["content-length"] == "19"


def test_what_is_nowhere_is_404_in_the_form_of_every_error(shop):
    for path in ("/nope", "/hello/", "/_ensue", "/_ensue/", "/_ensue/nope", "//hello", "/"):
        found = ask(shop, "GET", path)
        assert (found.status, found.error["code"]) == (404, "not_found"), path


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/hello", "GET, HEAD"),
        ("PATCH", "/orders/x", "DELETE, GET, HEAD, PUT"),
        ("GET", "/_ensue/queues/payments/send", "POST"),
        ("OPTIONS", "/hello", "GET, HEAD"),
        ("TRACE", "/_ensue/health", "GET, HEAD"),
        ("get", "/hello", "GET, HEAD"),
    ],
)
def test_another_method_is_405_and_says_which_are_allowed(shop, method, path, allowed):
    found = ask(shop, method, path)
    assert (found.status, found.headers["allow"]) == (405, allowed)
    assert found.error["code"] == "method_not_allowed"


def test_a_fixed_word_in_a_path_goes_before_a_parameter_whatever_was_declared_first(shop):
    assert shop.get("/orders/latest").body == {"id": "latest"}


def test_a_method_that_only_the_path_with_a_parameter_takes_reaches_it(shop):
    assert ask(shop, "DELETE", "/orders/latest").status == 204


def test_an_error_of_the_app_has_its_status_and_nothing_is_stored(shop):
    found = shop.post("/conflict")
    assert (found.status, found.body["error"]["code"]) == (409, "conflict")
    assert shop.get("/orders/never").status == 404


def test_a_fault_of_the_app_is_500_with_an_id_and_its_detail_is_in_the_log_only(shop, caplog):
    with caplog.at_level(logging.ERROR, "ensue.http"):
        found = shop.get("/broken")
    assert (found.status, found.body["error"]["code"]) == (500, "internal")
    assert "42" not in str(found.body)
    assert "Zero" not in str(found.body)
    record = caplog.records[-1]
    assert found.headers["x-request-id"] in record.getMessage()
    assert found.headers["x-request-id"] in found.body["error"]["message"]
    assert "the secret is 42" in caplog.text


def test_a_client_that_leaves_while_it_sends_is_no_error_in_the_log(shop, caplog):
    with caplog.at_level(logging.INFO):
        got = ask(shop, "POST", "/orders", [b'{"customerId":'], leaves=True)
    assert got.status == 0
    assert not caplog.records


def test_a_body_in_pieces_is_one_body(shop):
    pieces = [b'{"customerId":"ann",', b"", b'"quantity":1}']
    assert ask(shop, "POST", "/orders", pieces).status == 201


def test_a_header_with_a_line_break_is_never_sent(shop):
    got = ask(shop, "GET", "/header?value=a%0d%0aset-cookie:%20b=c")
    assert got.status == 500
    assert "set-cookie" not in str(got.header_list)
    assert ask(shop, "GET", "/header?value=/orders/7").headers["location"] == "/orders/7"


def test_everything_forbids_guessing_at_its_type_and_only_the_house_forbids_keeping(shop):
    for path in ("/hello", "/nope", "/_ensue/health", "/_ensue/nope", "/openapi.json"):
        assert shop.get(path).headers["x-content-type-options"] == "nosniff"
        kept = "cache-control" not in shop.get(path).headers
        assert kept != path.startswith("/_ensue"), path


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        (TRACE, TRACE),
        (TRACE.upper(), None),
        (TRACE.replace("00-", "01-", 1), None),
        ("00-" + "0" * 32 + "-b7ad6b7169203331-01", None),
        ("00-0af7651916cd43dd8448eb211c80319c-" + "0" * 16 + "-01", None),
        (TRACE + "-more", None),
        ("\xff", None),
        ("", None),
    ],
)
def test_a_traceparent_is_passed_on_when_it_is_one_and_ignored_when_not(given, taken):
    app = App("traced")

    @app.get("/trace")
    async def trace() -> str | None:
        return acting.get().trace

    with running(app) as kit:
        header = (b"traceparent", given.encode("latin-1"))
        assert ask(kit, "GET", "/trace", b"", [HOST, header]).body == taken


def test_one_door_serves_one_app_or_all():
    one, other = make_app("one"), App("other")

    @other.get("/mine")
    def mine() -> str:
        return "other"

    with running(one, other) as kit:
        assert ask(kit, "GET", "/mine").body == "other"
        assert ask(kit, "GET", "/mine", app=one).status == 404
        assert ask(kit, "GET", "/hello", app=other).status == 404
        assert ask(kit, "GET", "/_ensue/health", app=other).status == 200


def test_two_routes_with_one_method_and_path_cannot_be_served_together():
    async def nothing(scope, receive, send):
        del scope, receive, send

    with pytest.raises(InvalidDeclaration, match=r"two functions for GET /orders/\{key\}"):
        make_router([("GET", "/orders/{id}", nothing), ("GET", "/orders/{key}", nothing)])


def test_an_app_may_describe_itself_at_openapi_json():
    app = App("own")

    @app.get("/openapi.json")
    def own() -> str:
        return "mine"

    with running(app) as kit:
        assert kit.get("/openapi.json").body == "mine"


def test_lifespans_pass_and_websockets_are_closed(shop):
    door = asgi_app(shop._platform)
    sent = []

    async def send(message):
        sent.append(message["type"])

    def coming(*kinds):
        messages = iter(kinds)

        async def receive():
            return {"type": next(messages)}

        return receive

    both = coming("lifespan.startup", "lifespan.shutdown")
    shop.wait(door({"type": "lifespan"}, both, send))
    shop.wait(door({"type": "websocket", "path": "/hello"}, coming("websocket.connect"), send))
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete", "websocket.close"]


def test_a_request_that_the_stop_cuts_off_is_told_so(shop):
    sent = []

    async def cut_off():
        started = asyncio.get_running_loop().create_future()

        async def receive():
            started.set_result(None)
            return await asyncio.get_running_loop().create_future()

        async def send(message):
            sent.append(message)

        scope = {
            "type": "http",
            "method": "POST",
            "path": "/orders",
            "raw_path": b"/orders",
            "query_string": b"",
            "root_path": "",
            "headers": [HOST, JSON_TYPE],
        }
        task = asyncio.ensure_future(asgi_app(shop._platform)(scope, receive, send))
        await started
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    shop.wait(cut_off())
    assert sent[0]["status"] == 503
    assert b"store_closed" in sent[1]["body"]


def make_legacy_app() -> App:
    app = App("legacy")

    @app.on_error(LimitExceeded)
    def busy(fault):
        return Answer({"error": "busy", "at": fault.at}, status=503, headers={"x-app": "legacy"})

    @app.get("/jobs")
    async def jobs() -> None:
        raise LimitExceeded("expected less", at="jobs", retry_after_ms=2_500)

    @app.get("/gone")
    async def gone() -> None:
        raise NotFound("there is none")

    return app


def test_an_app_answers_errors_in_a_form_of_its_own():
    with running(make_legacy_app()) as kit:
        own, ours = kit.get("/jobs"), kit.get("/gone")
        described = kit.get("/openapi.json").body["paths"]["/jobs"]["get"]["responses"]

    assert (own.status, own.body) == (503, {"error": "busy", "at": "jobs"})
    assert (own.headers["x-app"], own.headers["retry-after"]) == ("legacy", "3")
    assert (ours.status, ours.body["error"]["code"]) == (404, "not_found")
    said = described["default"]["content"]["application/json"]["schema"]["anyOf"]
    assert said == [{"$ref": "#/components/schemas/EnsueError"}, {}]


def test_an_error_has_one_answer_of_an_app():
    app = make_legacy_app()

    with pytest.raises(InvalidDeclaration, match="two answers to LimitExceeded"):
        app.on_error(LimitExceeded)(lambda fault: Answer())
