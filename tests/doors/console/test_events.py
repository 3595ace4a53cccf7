"""Events, through the console's door without a browser."""

from __future__ import annotations

import asyncio
import re
import sys
from types import ModuleType
from urllib.parse import quote

import pytest

from ensue.app.watching import watch
from ensue.doors.console import Modes
from ensue.doors.console.sections.events import replays
from ensue.engine.waiting import turn
from ensue.observe import watching
from ensue.resources.bus.store import replaying
from ensue.words.errors import InvalidPattern
from tests.doors.console.sample import consoled
from tests.doors.console.shop_of_events import PLACED, Shop

LOG = "/events/shop/order-events"


class Console:
    """A shop, and a visitor of its console."""

    def __init__(self, shop, visitor):
        self.shop = shop
        self.visitor = visitor
        self.kit = visitor.kit

    def place(self, total=50, customer="anna"):
        order = {"orderId": f"o-{total}", "customerId": customer, "total": total}
        return self.kit.wait(self.shop.events.publish("OrderPlaced", order))

    def twin(self, path):
        return self.visitor.twin(path)

    def page(self, path, **headers):
        got = self.visitor.get(path, **headers)
        assert got.status == 200, got.raw
        return got.raw.decode()

    def post(self, path, fields):
        page = self.page(f"{LOG}/send")
        token = re.search(r'name="form_token" value="(\w+)"', page)[1]
        return self.visitor.post(path, fields, token=token)


@pytest.fixture
def console():
    shop = Shop()
    with consoled(shop.app) as visitor:
        yield Console(shop, visitor)


def watched(console, **options):
    platform = console.kit._platform
    return watch(platform, [console.shop.events.ref], **options)


def test_all_that_is_published_is_in_one_list_newest_first(console):
    console.kit.wait(console.shop.news.publish({"n": 1}, attributes={"kind": "refund"}))
    console.kit.advance(1)
    console.kit.wait(console.shop.clicks.append({"page": "/"}, key="anna"))
    console.kit.advance(1)
    event = console.place()

    said = console.twin("/events")

    assert [(each["kind"], each["title"]) for each in said["events"]] == [
        ("bus", "OrderPlaced"),
        ("stream", "anna"),
        ("topic", '{"kind":"refund"}'),
    ]
    assert said["events"][0]["id"] == event
    assert said["positions"] == ("bus/shop/order-events:1,topic/shop/news:1,stream/shop/clicks:1")


def test_a_log_is_read_page_by_page_both_ways(console):
    for total in range(5):
        console.place(total)

    newest = console.twin(f"{LOG}?limit=2")
    earlier = console.twin(f"{LOG}?limit=2&before={newest['next'] - 2}")
    later = console.twin(f"{LOG}?limit=2&after=0")

    texts = [
        [re.search(r'"total":(\d)', row["text"])[1] for row in page["events"]]
        for page in (newest, earlier, later)
    ]
    assert texts == [["4", "3"], ["2", "1"], ["1", "0"]]


def test_a_filter_shows_what_matches_and_a_fault_its_line_and_column(console):
    console.place(50)
    console.place(150)

    found = console.twin(
        f"{LOG}?pattern=" + quote('{"detail": {"total": [{"numeric": [">", 100]}]}}')
    )
    wrong = console.twin(
        f"{LOG}?pattern=" + quote('{\n  "source": ["a"],\n  "detail": {"total": 1}\n}')
    )

    assert [row["id"][-1] for row in found["events"]] == ["2"]
    fault = wrong["fault"]
    assert (fault["at"], fault["line"], fault["column"]) == ("$.detail.total", 3, 14)
    assert wrong["events"] == []
    assert "expected an object or an array" in console.page(
        f"{LOG}?pattern=%7B%22source%22%3A1%7D", hx_target="stream"
    )


def test_broken_json_of_a_filter_says_where_it_breaks(console):
    fault = console.twin(f"{LOG}?pattern=" + quote('{\n "source": [1,,]}'))["fault"]
    assert fault["line"] == 2
    assert fault["caret"].endswith("^")


def test_one_event_shows_who_got_it_and_who_did_not_with_the_field(console):
    event = console.place(50)
    console.kit.settle()

    said = console.twin(f"{LOG}/event/{event}")

    told = {each["name"]: each for each in said["receivers"]}
    assert told["pack"]["outcome"] == "got"
    assert [(each["kind"], each["name"]) for each in told["pack"]["got"]] == [
        ("message", "parcels")
    ]
    assert told["review"]["mismatches"] == [
        {"path": "detail.total", "expected": "a number > 100", "found": "50"}
    ]
    assert told["count"]["by"] == "function"
    assert f"/console/why/{event}" in console.page(f"{LOG}/event/{event}")


def test_what_is_copied_of_an_event_names_this_server(console):
    said = console.twin(f"{LOG}/event/{console.place()}")["copies"]

    assert "/_ensue/buses/order-events/publish?app=shop" in said["curl"]
    assert "ensue publish shop/bus/order-events" in said["ensue"]
    assert said["pytest"] is None


def test_the_test_that_is_copied_passes(console, monkeypatch):
    module = ModuleType("shop_of_console")
    module.app, module.events = console.shop.app, console.shop.events
    monkeypatch.setitem(sys.modules, module.__name__, module)
    event = console.place(150)

    text = console.twin(f"{LOG}/event/{event}")["copies"]["pytest"]
    # The app runs already, and can run once: the test is of another one.
    other = Shop()
    module.app, module.events = other.app, other.events
    names = {}
    exec(compile(text, "test", "exec"), names)  # noqa: S102 - what is copied is to run
    names["test_order_placed_goes_where_it_went"]()

    assert 'assert took["review"] >= {"queue reviews"}' in text


def test_messages_and_records_have_pages_too(console):
    message = console.kit.wait(console.shop.news.publish({"n": 1}, attributes={"kind": "note"}))
    record = console.kit.wait(console.shop.clicks.append({"page": "/"}, key="anna"))

    told = console.twin(f"/events/shop/news/event/{message}")
    kept = console.twin(f"/events/shop/clicks/event/{record}?kind=stream")

    [reason] = told["receivers"][0]["mismatches"]
    assert (reason["path"], reason["found"]) == ("kind", '"note"')
    assert kept["event"]["data"] == {"page": "/"}
    assert "streams/clicks/append" in kept["copies"]["curl"]


def test_what_is_not_there_is_not_found(console):
    event = console.place()
    for path in (f"{LOG}/event/nothing", f"/events/shop/news/event/{event}", "/events/shop/none"):
        assert console.visitor.get(path).status == 404


def test_the_workbench_says_what_matches_and_what_fails_where(console):
    for total in (50, 150, 250):
        console.place(total)
    pattern = quote('{"detail": {"total": [{"numeric": [">", 100]}]}}')

    said = console.twin(f"{LOG}/workbench?last=50&pattern={pattern}")

    tried = said["tried"]
    assert (tried["looked"], tried["matched"], tried["share"]) == (3, 2, 0.6667)
    assert tried["missed"] == [
        {"path": "detail.total", "expected": "a number > 100", "found": "50", "events": 1}
    ]
    assert {each["rule"]: each["both"] for each in tried["rules"]} == {"pack": 2, "review": 2}
    assert '{"detail": {"total": [{"numeric": [">", 100]}]}}' in said["code"]


def test_the_rule_that_is_copied_is_code_that_declares_it(console):
    said = console.twin(f"{LOG}/workbench?pattern=" + quote('{"source": ["shop"]}'))
    other = Shop()

    exec(said["code"], {"app": other.app, "bus": other.events})  # noqa: S102 - it is to run

    assert other.events.described()["found"]["pattern"] == {"source": ["shop"]}


def test_the_workbench_begins_with_a_rule_or_says_what_is_wrong(console):
    assert '"OrderPlaced"' in console.twin(f"{LOG}/workbench?rule=pack")["pattern"]
    wrong = console.twin(f"{LOG}/workbench?pattern=" + quote('{"source": "shop"}'))
    assert (wrong["tried"], wrong["fault"]["at"]) == (None, "$.source")
    assert "expected an object or an array" in console.page(
        f"{LOG}/workbench?pattern=%7B%22source%22%3A1%7D", hx_target="found"
    )


def test_an_event_is_changed_and_tried_on_every_rule(console):
    event = console.place(50)

    before = console.twin(f"{LOG}/workbench?event={event}")
    changed = before["text"].replace('"total": 50', '"total": 500')
    after = console.twin(f"{LOG}/workbench?changed={quote(changed)}")

    assert [each["matched"] for each in before["rules"]] == [True, False]
    assert [each["matched"] for each in after["rules"]] == [True, True]
    assert after["rules"][0]["targets"][0]["input"]["total"] == 500
    assert "expected the JSON" in console.twin(f"{LOG}/workbench?changed=%7B")["fault"]["message"]


def test_what_is_to_be_sent_comes_from_a_sample_or_from_a_past_event(console):
    event = console.place(77)

    sample = console.twin(f"{LOG}/send?subject=shop@OrderPlaced&seed=3")
    past = console.twin(f"{LOG}/send?event={event}")

    assert sample["given"]["type"] == "OrderPlaced"
    assert sample["schema"] == {
        "subject": "shop@OrderPlaced",
        "is_known": True,
        "faults": [],
        "said": None,
    }
    assert '"total": 77' in past["given"]["body"]
    assert [each["matched"] for each in past["rules"]] == [True, False]


def test_what_does_not_fit_its_schema_is_told_before_it_is_sent_and_refused(console):
    fields = {"type": "OrderPlaced", "body": '{"orderId": 1}'}

    said = console.twin(f"{LOG}/send?type=OrderPlaced&body={quote(fields['body'])}")
    refused = console.post(f"{LOG}/send", fields)

    assert "$.detail.orderId" in [each["at"] for each in said["schema"]["faults"]]
    assert refused.status == 400
    assert console.kit.wait(console.shop.events.count()) == 0


def test_what_is_sent_is_published_and_its_page_is_next(console):
    body = '{"orderId": "o", "customerId": "anna", "total": 5}'

    sent = console.post(f"{LOG}/send", {"type": "OrderPlaced", "body": body})

    assert sent.status == 303
    page = sent.headers["location"].removeprefix("/console")
    assert console.twin(page)["event"]["detail"]["total"] == 5
    assert console.twin("/audit")["changes"][0]["what"] == "send event"


def test_a_message_and_a_record_are_sent_too(console):
    news = {"body": '{"n": 1}', "attributes": '{"kind": "refund"}', "key": "g"}
    assert console.post("/events/shop/news/send", news).status == 303
    assert console.post("/events/shop/clicks/send", {"body": "[1]", "key": "k"}).status == 303

    [message] = console.kit.wait(console.shop.news.tail())[0]
    [record] = console.kit.wait(console.shop.clicks.tail())[0]
    assert (message["attributes"], message["group"]) == ({"kind": "refund"}, "g")
    assert (record.data, record.key) == ([1], "k")


def test_a_rule_is_disabled_and_enabled(console):
    assert console.post(f"{LOG}/rules/pack/disable", {}).status == 303
    off = {each["name"]: each["enabled"] for each in console.twin(f"{LOG}/rules")["rules"]}
    console.post(f"{LOG}/rules/pack/enable", {})
    on = {each["name"]: each["enabled"] for each in console.twin(f"{LOG}/rules")["rules"]}

    assert (off["pack"], on["pack"]) == (False, True)


def test_a_replay_is_looked_at_first_and_then_started_paused_and_cancelled(console):
    for total in (50, 150):
        console.place(total)
    console.kit.settle()

    looked = console.twin(f"{LOG}/replays?name=again&to=pack&to=review")
    assert looked["preview"]["rules"] == {"pack": 2, "review": 1}
    assert looked["replays"] == []
    fields = {"name": "again", "to": "pack,review", "rate": "1/s"}
    assert console.post(f"{LOG}/replays", fields).status == 303
    assert console.post(f"{LOG}/replays/again/pause", {}).status == 303
    assert console.twin(f"{LOG}/replays")["replays"][0]["state"] == "paused"
    console.post(f"{LOG}/replays/again/resume", {})
    console.post(f"{LOG}/replays/again/cancel", {})

    [replay] = console.twin(f"{LOG}/replays")["replays"]
    assert (replay["state"], replay["asked"]["to"]) == ("cancelled", ["pack", "review"])


def test_a_replay_to_nobody_is_refused_and_one_that_cannot_be_says_why(console):
    assert console.post(f"{LOG}/replays", {"name": "again"}).status == 400
    wrong = console.twin(f"{LOG}/replays?name=again&since=yesterday&to=pack")
    assert wrong["fault"]["message"]
    assert console.twin(f"{LOG}/replays?name=a&pattern=%7B")["fault"]["line"] == 1


def test_of_a_long_log_a_dry_run_looks_at_a_part_until_all_is_asked_for(console, monkeypatch):
    monkeypatch.setattr(replays, "LOOKS", 1)
    monkeypatch.setattr(replaying, "READ_AT_ONCE", 1)
    for total in (50, 150):
        console.place(total)

    path = f"{LOG}/replays?name=again&to=pack"
    part, whole = console.twin(path)["preview"], console.twin(f"{path}&whole=true")["preview"]

    assert (part["total"], part["read"]) == (2, 1)
    assert (whole["total"], whole["read"]) == (2, 2)
    assert "Look at all of them" in console.page(path)


def test_archives_tell_what_they_keep(console):
    console.place()

    [archive] = console.twin(f"{LOG}/replays")["archives"]

    assert (archive["name"], archive["events"], archive["in_log"]) == ("orders", 1, 1)


def test_read_only_shows_no_form_and_refuses_what_it_sends():
    shop = Shop()
    with consoled(shop.app, modes=Modes(read_only=True)) as visitor:
        page = visitor.get(f"{LOG}/send").raw.decode()
        refused = visitor.post(f"{LOG}/send", {"type": "A", "body": "{}"})

    assert "this console is for reading" in page
    assert refused.status == 403


def test_masked_hides_what_users_put_in_everywhere():
    shop = Shop()
    with consoled(shop.app, modes=Modes(masked=True)) as visitor:
        order = {"orderId": "o-1", "customerId": "secret-name", "total": 5}
        event = visitor.kit.wait(shop.events.publish("OrderPlaced", order))
        paths = (
            "/events",
            LOG,
            f"{LOG}/event/{event}",
            f"{LOG}/workbench?event={event}",
            f"{LOG}/workbench?pattern=" + quote('{"detail": {"customerId": ["x"]}}'),
            f"{LOG}/send?event={event}",
            f"{LOG}/replays?name=a&to=pack",
        )
        pages = {path: visitor.get(path).raw.decode() for path in paths}

    assert [path for path, page in pages.items() if "secret-name" in page] == []
    assert all("•••" in page for page in pages.values())


def test_fields_are_found_by_name_and_type_in_all_registries(console):
    by_name = console.twin("/schemas?field=customer")
    by_type = console.twin("/schemas/shop/shapes?type=integer")

    assert [(each["subject"], each["path"]) for each in by_name["fields"]] == [
        ("shop@OrderPlaced", "customerId")
    ]
    assert [each["path"] for each in by_type["fields"]] == ["total"]
    assert console.twin("/schemas")["fields"] is None


def test_a_subject_shows_its_versions_what_changed_a_sample_and_code(console):
    registry = console.shop.shapes
    schema = {"type": "object", "properties": {"orderId": {"type": "integer"}}}
    console.kit.wait(registry.register("shop@OrderPlaced", schema))

    said = console.twin("/schemas/shop/shapes/subject/shop@OrderPlaced")

    assert [each["version"] for each in said["versions"]] == [1, 2]
    assert said["old"] == 1
    assert any("orderId" in each["at"] for each in said["diff"])
    assert isinstance(said["sample"]["value"]["detail"]["orderId"], int)
    assert "class OrderPlaced" in said["code"]["value"]


def test_a_watch_tells_what_came_since_it_looked(console):
    console.place(1)
    watch = watched(console)
    assert watch.look() == []
    console.place(2)
    console.place(3)

    [came] = watch.look()

    assert (came.before, came.position, came.came, came.looked, came.matched) == (1, 3, 2, 2, 2)
    assert [each["detail"]["total"] for each in came.shown] == [2, 3]
    assert watch.look() == []


def test_of_much_the_newest_are_shown_and_the_rest_is_counted(console, monkeypatch):
    monkeypatch.setattr(watching, "SENT_AT_ONCE", 2)
    monkeypatch.setattr(watching, "LOOKS_AT_ONCE", 4)
    every = watched(console)
    some = watched(console, pattern={"detail": {"total": [{"numeric": [">", 0]}]}})
    for total in range(1, 8):
        console.place(total)

    [came], [sampled] = every.look(), some.look()

    assert (came.came, came.looked, came.matched, len(came.shown)) == (7, 7, 7, 2)
    assert (sampled.came, sampled.looked, sampled.matched, len(sampled.shown)) == (7, 4, 4, 2)
    assert [each["detail"]["total"] for each in sampled.shown] == [6, 7]


def test_a_watch_goes_on_from_a_position_and_wants_what_matches(console):
    for total in (50, 150):
        console.place(total)
    large = {"detail": {"total": [{"numeric": [">", 100]}]}}
    ref = console.shop.events.ref

    [came] = watched(console, pattern=large, after={ref: 0}).look()

    assert (came.came, came.matched) == (2, 1)
    with pytest.raises(InvalidPattern):
        watched(console, pattern={"source": "a"})


def test_a_watch_is_woken_by_what_comes_and_listens_no_more_when_it_is_left(console):
    engine = console.kit._platform.engine
    number = engine.number(console.shop.events.ref)
    before = len(engine._listeners.get(number, ()))

    async def wait_and_publish():
        batches = watched(console).batches()
        waiting = asyncio.ensure_future(anext(batches))
        for _ in range(3):
            await turn()
        was_done = waiting.done()
        await console.shop.events.publish(
            "OrderPlaced", {"orderId": "1", "customerId": "a", "total": 1}
        )
        found = await waiting
        await batches.aclose()
        return was_done, found

    was_done, [came] = console.kit.wait(wait_and_publish())

    assert not was_done
    assert came.came == 1
    assert len(engine._listeners.get(number, ())) == before


def test_a_watch_that_waits_in_vain_says_so_that_who_has_gone_is_noticed(console, monkeypatch):
    monkeypatch.setattr(watching, "IDLE_S", 0)
    assert console.kit.wait(anext(watched(console).batches())) == []


def test_the_pattern_that_every_rule_has_is_in_the_page_of_rules(console):
    said = console.twin(f"{LOG}/rules")
    assert said["rules"][0]["pattern"] == PLACED
    assert "queue parcels" in console.page(f"{LOG}/rules")


def test_what_a_page_asks_for_again_is_what_changes_and_nothing_else(console):
    console.place()
    again = console.page(f"{LOG}/replays?name=x&to=pack", hx_target="live")
    assert "would be delivered" not in again
    assert "Nothing was replayed yet" in again
    assert "events published" in console.page(LOG, hx_target="live")
    assert "order-events" in console.page("/events", hx_target="live")
