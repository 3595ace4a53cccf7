from __future__ import annotations

import dataclasses
import sys
from types import ModuleType
from typing import Any

import msgspec
import pytest

from ensue import App
from ensue.catalog import KINDS
from ensue.doors.http.resources import house_routes
from ensue.testing import running
from ensue.words.kinds import Operation
from ensue.words.version import VERSION
from tests.doors.http.sample import ask, make_app


def test_health_says_version_engine_and_uptime(shop):
    shop.advance("90s")
    expected = {
        "status": "ok",
        "version": VERSION,
        "engine": "sqlite",
        "uptime_ms": 90_000,
        "warnings": 0,
    }
    assert shop.get("/_ensue/health").body == expected
    assert shop.get("/_ensue/health?probe=1").status == 200


def test_resources_lists_what_is_declared_in_its_order(shop):
    found = shop.get("/_ensue/resources").body
    names = [(each["app"], each["kind"], each["name"]) for each in found]
    assert names[:3] == [
        ("shop", "table", "orders"),
        ("shop", "queue", "payments"),
        ("shop", "queue", "payments-dlq"),
    ]
    assert found[0]["declared"]["key"] == ["id"]


def test_kinds_describe_each_operation_with_a_schema(shop):
    found = {each["name"]: each for each in shop.get("/_ensue/kinds").body}
    assert set(found) == set(KINDS)
    peek = next(each for each in found["queue"]["operations"] if each["name"] == "peek")
    assert not peek["writes"]
    limit = peek["parameters"]["$defs"]["Peek"]["properties"]["limit"]
    assert (limit["minimum"], limit["maximum"]) == (1, 1_000)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_every_kind_has_routes_for_its_operations(shop, kind):
    routes = {(each.method, each.path) for each in house_routes(shop._platform, 1_000)}
    path = f"/{kind.plural}/{{name}}"
    assert ("GET", path) in routes
    for operation in kind.operations:
        assert ("POST", f"{path}/{operation.name}") in routes
        is_asked = not (operation.writes or operation.private)
        assert (("GET", f"{path}/{operation.name}") in routes) is is_asked


def test_an_operation_that_a_kind_gains_has_a_route_with_no_line_changed_here(shop):
    class Sum(msgspec.Struct, forbid_unknown_fields=True):
        parts: list[int]

    async def add(handle: Any, given: Sum) -> int:
        del handle
        return sum(given.parts)

    added = Operation("sum", "Add.", Sum, add, writes=False)
    grown = dataclasses.replace(KINDS["queue"], operations=(added,))
    routes = house_routes(shop._platform, 1_000, {"queue": grown})
    found = {(each.method, each.path) for each in routes}
    assert {("GET", "/queues/{name}/sum"), ("POST", "/queues/{name}/sum")} <= found


def test_a_message_is_sent_and_looked_at(shop):
    sent = shop.post("/_ensue/queues/payments/send", {"body": {"n": 1}, "group": "g"})
    by_query = shop.get("/_ensue/queues/payments/peek", limit=5)
    by_body = shop.post("/_ensue/queues/payments/peek", {"limit": 5})
    assert by_query.body == by_body.body
    assert (by_query.body[0]["id"], by_query.body[0]["body"]) == (sent.body["id"], {"n": 1})
    described = shop.get("/_ensue/queues/payments").body
    assert described["status"]["waiting"] == 1
    assert described["declared"]["max_receives"] == 10


def test_what_an_operation_caused_can_be_found(shop):
    sent = shop.post("/_ensue/queues/payments/send", {"body": 1})
    tree = shop.get(f"/_ensue/why/{sent.body['id']}").body
    assert (tree["kind"], tree["name"]) == ("request", "send queue")
    assert tree["children"][0]["id"] == sent.body["id"]
    up = shop.get(f"/_ensue/why/{sent.body['id']}", up="true").body
    assert up["children"][0]["id"] == sent.body["id"]


@pytest.mark.parametrize("id", ["a/b", "a%2Fb", "a//b/", "%2F"])
def test_an_id_may_have_slashes(shop, id):  # noqa: A002
    seen = []
    shop._platform.why = lambda id, *, up: seen.append((id, up))  # noqa: A006
    assert ask(shop, "GET", f"/_ensue/why/{id}?up=true").status == 200
    assert seen == [(id.replace("%2F", "/"), True)]


def test_a_key_of_any_type_is_read_from_the_query(shop):
    shop.wait(shop._platform.resource("table", "orders").put({"id": "12"}))
    shop.wait(shop._platform.resource("table", "orders").put({"id": "x y"}))
    assert ask(shop, "GET", "/_ensue/tables/orders/get?key=x%20y").body == {"id": "x y"}
    assert ask(shop, "GET", "/_ensue/tables/orders/get?key=%2212%22").body == {"id": "12"}


def test_what_does_not_exist_is_404(shop):
    for path in ("queues/nope", "queues/nope/peek", "tables/payments", "buses/events/nope"):
        assert shop.get(f"/_ensue/{path}").status == 404
    assert shop.post("/_ensue/queues/nope/send", {"body": 1}).status == 404
    assert shop.get("/_ensue/why/nope").status == 404


@pytest.mark.parametrize(
    "path",
    ["resources?x=1", "kinds?x=1", "queues/payments?x=1", "queues/payments/peek?x=1", "why/a?x=1"],
)
def test_a_query_that_nobody_knows_is_refused(shop, path):
    assert shop.get(f"/_ensue/{path}").status == 400


def test_faults_of_operations_are_located(shop):
    got = shop.post("/_ensue/buses/events/publish", {"detail-type": "", "detail": {}})
    assert got.body["error"]["message"] == (
        'expected a text of 1 to 256 characters, got "", at $["detail-type"]'
    )
    got = shop.get("/_ensue/queues/payments/peek", limit=0)
    assert got.body["error"]["at"] == "query.limit"


def test_where_several_apps_have_a_name_the_app_is_named():
    other = App("other")
    other.queue("payments")
    with running(make_app(), other) as kit:
        assert kit.get("/_ensue/queues/payments").status == 404
        assert kit.get("/_ensue/queues/payments", app="other").body["app"] == "other"
        sent = kit.request("POST", "/_ensue/queues/payments/send?app=other", body={"body": 1})
        assert sent.status == 200
        assert len(kit.get("/_ensue/queues/payments/peek", app="other").body) == 1
        assert kit.get("/_ensue/queues/payments/peek", app="shop").body == []
        assert kit.get("/_ensue/queues/payments/peek", app="nope").status == 404


def test_warnings_tell_of_dead_letters_and_health_counts_what_was_noticed(run_app):
    app = App("shop")
    jobs = app.queue("jobs", max_receives=1)

    @jobs.consumer()
    def fail(message, tx):
        raise ValueError

    t = run_app(app)
    t.wait(jobs.send(1))
    t.settle()

    [found] = t.get("/_ensue/warnings").body
    assert (found["rule"], found["where"], found["severity"]) == (
        "dead.letters",
        "queue jobs-dlq",
        "warning",
    )
    assert t.get("/_ensue/health").body["warnings"] == 0
    t.advance("61s")
    assert t.get("/_ensue/health").body["warnings"] == 1
    assert t.get("/_ensue/warnings?x=1").status == 400


def test_it_says_where_python_imports_the_apps_and_their_resources_from(run_app, monkeypatch):
    module = ModuleType("shop_of_imports")
    module.app = App("shop")
    module.events = module.app.bus("order-events")
    module.app.queue("nameless")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    assert run_app(module.app).get("/_ensue/imports").body == {
        "apps": ["shop_of_imports:app"],
        "resources": {"shop/bus/order-events": "shop_of_imports:events"},
    }


def test_a_tail_by_a_pattern_in_the_query_answers_with_what_matches(run_app):
    app = App("shop")
    events = app.bus("order-events")
    t = run_app(app)
    for kind in ("OrderPlaced", "OrderPaid"):
        t.wait(events.publish(kind, {}))
    path = "/_ensue/buses/order-events/tail"
    found = t.get(path, pattern='{"detail-type": ["OrderPaid"]}').body
    assert [each["detail-type"] for each in found["events"]] == ["OrderPaid"]
    refused = t.get(path, pattern='{"detail-type": "OrderPaid"}')
    assert (refused.status, refused.body["error"]["at"]) == (400, '$["detail-type"]')
