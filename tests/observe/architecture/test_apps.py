"""The maps of the apps: nothing dangles, and what a README draws is what the map has."""

from __future__ import annotations

import re

import pytest

from ensue.engine.database import MEMORY, StoreUrl
from ensue.engine.home import Settings
from ensue.observe.architecture import Architecture
from tests.apps.found import FOLDERS, ROOT, app_of
from tests.conftest import Stage

# Doors that answer from what is in memory or in the code: nothing flows through them.
ALONE = {
    "experiments/route/GET /demo",
    "metering/route/GET /dashboard",
    "metering/route/GET /health",
    "metering/route/GET /v1/metrics",
    "metering/route/GET /v1/pricing",
    "metering/route/GET /v1/pricing/{metric_code}",
    "metering/route/POST /dashboard",
    "order-intake/route/POST /orders/{rest}",
    "relay/route/GET /health",
}


@pytest.fixture(scope="module")
def everything(tmp_path_factory) -> Architecture:
    folder = tmp_path_factory.mktemp("apps")
    apps = [app_of(each) for each in FOLDERS]
    stage = Stage(StoreUrl(MEMORY), *apps, settings=Settings(data=folder))
    found = stage.platform.map.now()
    stage.close()
    return found


def test_no_edge_of_an_app_dangles(everything):
    ids = {each.id for each in everything.nodes}

    assert len(ids) == len(everything.nodes) > 300
    assert len({each.id for each in everything.edges}) == len(everything.edges) > 400
    assert {end for each in everything.edges for end in (each.source, each.target)} <= ids


def test_no_part_of_an_app_stands_alone_that_something_flows_to(everything):
    tied = {end for each in everything.edges for end in (each.source, each.target)}

    assert {each.id for each in everything.nodes} - tied == ALONE


def test_each_app_is_there_with_all_that_it_declares(everything):
    ids = {each.id for each in everything.nodes}

    for folder in FOLDERS:
        app = app_of(folder)
        declared = {"/".join(ref) for ref in app.resources if ref.kind != "workflow-events"}
        assert declared | {f"{app.name}/route/{each.name}" for each in app.routes} <= ids


def ways(found: Architecture, source: str) -> set[tuple[str, str]]:
    """What goes out of a part of the order system: what flows, and to where."""
    return {
        (each.flows, each.target.removeprefix("orders/"))
        for each in found.edges
        if each.source == f"orders/{source}" and each.flows not in {"dead letters", "reads"}
    }


def test_the_order_systems_map_is_what_its_readme_draws(everything):
    drawn = (ROOT / "apps/orders/README.md").read_text().partition("```text")[2].partition("```")[0]
    known = {each.title for each in everything.of("orders")}
    states = {"PAID", "PAYMENT_FAILED", "BACKORDERED", "POST"}
    words = set(re.findall(r"[a-z_]+-dlq|[a-z_]{5,}", drawn))

    # What flows, arrow by arrow: POST /orders ─▶ orders ─(insert)─▶ reserve ─▶ stock, payments ...
    assert ways(everything, "route/POST /orders") == {
        ("changes", "table/orders"),
        ("events", "bus/events"),
    }
    assert ways(everything, "table/orders") == {("changes", "function/reserve")}
    assert ways(everything, "function/reserve") == {
        ("changes", "table/orders"),
        ("changes", "table/stock"),
        ("changes", "table/backorders"),
        ("messages", "queue/payments"),
        ("events", "bus/events"),
        ("letters", "mail/customers"),
    }
    assert ways(everything, "queue/payments") == {
        ("messages", "handler/payments/charge"),
        ("messages", "handler/payments/given_up"),
    }
    assert ways(everything, "handler/payments/charge") == {
        ("calls", "app/payments"),
        ("changes", "table/orders"),
        ("changes", "table/stock"),
        ("events", "bus/events"),
        ("letters", "mail/customers"),
    }
    assert ways(everything, "table/stock") == {
        ("changes", "function/low_stock"),
        ("changes", "function/stock_added"),
        ("changes", "function/stock_replaced"),
    }
    assert ways(everything, "function/low_stock") == {
        ("events", "bus/events"),
        ("letters", "mail/stock-team"),
    }
    assert ways(everything, "function/stock_added") == {
        ("events", "bus/events"),
        ("calls", "function/fulfil"),
    }
    # And each name that the README's picture has, which is no English word, is a part of the map.
    assert {"payments-dlq", "reserve", "charge", "fulfil", "low_stock"} <= words & known
    assert states <= set(re.findall(r"[A-Z_]+", drawn))
