"""Why in the console: search, trees, one thing in full, who got it; without a browser."""

from __future__ import annotations

import html
import re

import pytest

from ensue import App, InputPath, Tx
from ensue.doors.console import Modes
from ensue.doors.console.sections.why.timeline import axis_of, axis_of_text, bars_of
from ensue.observe import Attempt, Node
from tests.doors.console.sample import consoled

PLACED = {"detail-type": ["OrderPlaced"]}
MANY = {"detail": {"quantity": [{"numeric": [">", 10]}]}}


def make_app() -> App:
    app = App("shop")
    orders = app.table("orders", key="id")
    events, parcels, vips = app.bus("events"), app.queue("parcels"), app.queue("vips")
    events.rule("pack", PLACED, to=parcels, input=InputPath("$.detail"))
    events.rule("vip", MANY, to=vips)

    @app.post("/orders", status=201)
    def place(tx: Tx) -> list[str]:
        order = {"id": "secret-9", "quantity": 2}
        tx.put(orders, order)
        return [tx.publish(events, "OrderPlaced", order)]

    @app.post("/many")
    def many(tx: Tx) -> list[str]:
        return [tx.send(vips, number) for number in range(250)]

    @parcels.consumer()
    def pack(message, tx):
        raise RuntimeError("no box for secret-9")

    return app


@pytest.fixture
def shop():
    with consoled(make_app()) as visitor:
        yield visitor


def placed(visitor):
    reply = visitor.kit.post("/orders")
    visitor.kit.drain()
    return reply.headers["x-request-id"], reply.body[0]


def test_from_any_id_the_tree_one_thing_in_full_and_who_got_it(shop):
    root, event_id = placed(shop)

    found = shop.twin(f"/why/{event_id}")

    assert (found["sought"], found["at"], found["tree"]["id"]) == (event_id, event_id, root)
    assert found["detail"]["facts"]["detail-type"] == "OrderPlaced"
    assert found["detail"]["input"]["value"] == {"id": "secret-9", "quantity": 2}
    told = {each["name"]: each for each in found["deliveries"]["receivers"]}
    [got] = told["pack"]["got"]
    assert (got["kind"], got["state"]) == ("message", "dead")
    assert told["vip"]["mismatches"] == [
        {"path": "detail.quantity", "expected": "a number > 10", "found": "2"}
    ]


def test_another_node_is_looked_at_by_its_address(shop):
    root, event_id = placed(shop)
    [got] = [
        each["got"][0]["id"]
        for each in shop.twin(f"/why/{event_id}")["deliveries"]["receivers"]
        if each["got"]
    ]

    found = shop.twin(f"/why/{root}?at={got}")

    assert (found["sought"], found["at"]) == (root, got)
    assert found["detail"]["error"] == "RuntimeError: no box for secret-9"
    assert found["deliveries"] is None
    page = shop.get(f"/why/{root}?at={got}").raw.decode()
    assert 'aria-selected="true"' in page
    assert "no box for" in page


def test_the_panel_alone_is_rendered_for_who_asks_for_it(shop):
    root, event_id = placed(shop)
    page = shop.get(f"/why/{root}?at={event_id}", hx_target="detail", hx_request="true")
    said = page.raw.decode()
    assert "Who got it, and who did not" in said
    assert "<main" not in said


def test_the_rest_of_a_branch_is_got_by_its_address_on_the_same_time_line(shop):
    reply = shop.kit.post("/many")
    root = reply.headers["x-request-id"]
    page = shop.get(f"/why/{root}").raw.decode()
    address = re.search(r'hx-get="/console(/branch/[^"]+)"', page)[1].replace("&amp;", "&")

    found = shop.twin(address)

    assert [each["id"] for each in found["branch"]["children"]] == reply.body[100:200]
    assert shop.get(address).raw.decode().count('class="row"') == 100


def test_every_link_of_a_tree_leads_somewhere(shop):
    root, _ = placed(shop)
    tree, ids = shop.twin(f"/why/{root}")["tree"], []
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        ids.append(node["id"])
        waiting += node["children"]
    links = {
        html.unescape(link)
        for each in ids
        for link in re.findall(
            r'href="/console(/[^"]*)"', shop.get(f"/why/{root}?at={each}").raw.decode()
        )
        if not link.startswith("/static")
    }
    assert any("workbench" in link for link in links)
    assert [link for link in links if shop.get(link).status != 200] == []


def test_what_is_masked_is_nowhere_on_the_page_nor_in_its_twin():
    with consoled(make_app(), modes=Modes(masked=True)) as visitor:
        root, event_id = placed(visitor)
        dead = visitor.kit.wait(visitor.kit._platform.deliveries(event_id)).receivers[0].got[0].id
        for path in (f"/why/{root}", f"/why/{event_id}", f"/why/{root}?at={dead}", "/why"):
            place, mark, query = path.partition("?")
            for answer in (visitor.get(path), visitor.get(f"{place}.json{mark}{query}")):
                assert answer.status == 200
                assert b"secret-9" not in answer.raw
        assert b"secret" not in visitor.get(f"/search.json?q={event_id}").raw


def test_search_answers_the_palette_with_titles_kinds_places_and_addresses(shop):
    root, _ = placed(shop)

    [found] = shop.twin(f"/search?q={root}")["found"]
    [item] = shop.twin("/search?q=secret-9")["found"]
    queue = shop.twin("/search?q=parcels")["found"][0]

    assert (found["title"], found["kind"]) == ("POST /orders", "request")
    assert found["address"] == f"/console/why/{root}"
    assert (item["kind"], item["where"]) == ("item", "table orders")
    assert item["address"] == "/console/why/secret-9"
    assert queue["address"].startswith("/console/")
    assert shop.get("/palette.json").body["searches"] is True


def test_the_first_page_says_what_began_lately_and_what_is_not_searched(shop):
    root, _ = placed(shop)
    assert shop.twin("/why")["begun"][0]["id"] == root
    page = shop.get("/why?q=nothing-like-it").raw.decode()
    assert "Nothing is known of it" in page
    assert "No table is ever read through" in page


def test_an_unknown_id_is_a_404_and_an_id_from_a_person_is_text(shop):
    assert shop.get("/why/none").status == 404
    shop.kit.wait(shop.kit._platform.resource("queue", "vips").send("<script>alert(1)</script>"))
    sent = shop.kit.messages(shop.kit._platform.resource("queue", "vips"))[0].id
    page = shop.get(f"/why/{sent}").raw.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def node(at_ms, **said):
    return Node("id", "message", "q", at_ms, **said)


def test_a_time_line_is_even_unless_long_gaps_would_hide_what_is_near_each_other():
    even = axis_of([node(0), node(500), node(1_000)], 2_000)
    assert not even.is_shortened
    assert [even.at(each) for each in (0, 250, 1_000)] == [0, 25, 100]

    shortened = axis_of([node(0), node(40), node(80), node(7_200_000)], 0)
    places = [shortened.at(each) for each in (0, 40, 80, 7_200_000)]
    assert shortened.is_shortened
    assert places == sorted(places)
    assert places[1] > 5
    assert axis_of_text(shortened.text).knots == shortened.knots
    assert axis_of_text("1,2") is None


def test_a_row_shows_how_long_it_waited_and_worked_and_each_attempt_that_failed():
    tried = Attempt(1, 600, "no", begun_ms=500)
    done = node(0, state="done", waited_ms=800, worked_ms=200, attempts=[tried])
    axis = axis_of([done], 2_000)

    bars, marks = bars_of(done, axis, 2_000)

    assert [(each.kind, each.x, each.width) for each in bars] == [
        ("wait", 0, 100),
        ("bad", 50, 10),
        ("work", 80, 20),
    ]
    assert [(each.kind, each.x) for each in marks] == [("bad", 60)]
