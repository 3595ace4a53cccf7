from __future__ import annotations

import pytest

from ensue import App, InputPath, InputTransformer
from ensue.engine.home import Settings


@pytest.fixture
def app() -> App:
    return App("wims")


class Shop:
    """A source, a pipe with an enrichment, and a queue behind it."""

    def __init__(self, source, answer, *, outside, **options):
        self.app = App("wims")
        self.source = self.app.table("orders", key="id") if source == "table" else None
        self.source = self.source or self.app.queue("orders", max_receives=5)
        self.out = self.app.queue("out")
        self.asked = []
        self.answer = answer

        def ask(body, tx=None):
            self.asked.append(body)
            return self.answer(body)

        async def ask_outside(body):
            return ask(body)

        function = self.app.function(name="ask")(ask_outside if outside else ask)
        path = "$.NewImage" if source == "table" else "$.body"
        options.setdefault("enrich_input", InputPath(path))
        self.pipe = self.app.pipe(
            "enrich", source=self.source, enrich=function, to=self.out, **options
        )

    def add(self, stage, *items):
        for item in items:
            add = self.source.put if self.pipe.model.feed.of_record else self.source.send
            stage.wait(add(item))

    def bodies(self, stage):
        return [each.body for each in stage.wait(self.out.peek(100))]


both = pytest.mark.parametrize("outside", [False, True])
sources = pytest.mark.parametrize("source", ["table", "queue"])


@both
@sources
def test_the_enrichments_answer_goes_on_in_the_place_of_the_event(store, run_on, source, outside):
    shop = Shop(source, lambda item: {"twice": item["n"] * 2}, outside=outside)
    stage = run_on(store, shop.app)
    shop.add(stage, {"id": "a", "n": 1}, {"id": "b", "n": 2})
    stage.settle()
    assert sorted(each["twice"] for each in shop.bodies(stage)) == [2, 4]
    assert shop.asked == [{"id": "a", "n": 1}, {"id": "b", "n": 2}]


@both
@sources
@pytest.mark.parametrize("nothing", [None, [], {}, ""])
def test_an_empty_answer_drops_the_event(store, run_on, source, outside, nothing):
    shop = Shop(source, lambda item: nothing, outside=outside)
    stage = run_on(store, shop.app)
    shop.add(stage, {"id": "a"})
    stage.settle()
    assert shop.bodies(stage) == []
    assert stage.wait(shop.pipe.depth())["waiting"] == 0


@both
def test_a_list_goes_on_as_several_events_of_the_same_key(store, run_on, outside):
    shop = Shop("table", lambda item: [1, None, 2], outside=outside)
    stage = run_on(store, shop.app)
    shop.add(stage, {"id": "a"})
    stage.settle()
    found = stage.wait(shop.out.peek())
    assert [(each.body, each.group) for each in found] == [(1, "a"), (2, "a")]


@both
@sources
def test_with_a_batch_the_enrichment_gets_a_list(store, run_on, source, outside):
    shop = Shop(source, lambda items: [each["n"] for each in items], outside=outside, batch=3)
    stage = run_on(store, shop.app)
    shop.add(stage, *[{"id": str(n), "n": n} for n in range(4)])
    stage.settle()
    assert [len(each) for each in shop.asked] == [3, 1]
    assert sorted(shop.bodies(stage)) == [0, 1, 2, 3]


@both
def test_as_many_answers_as_events_keep_the_keys_of_their_events(store, run_on, outside):
    shop = Shop(
        "table",
        lambda items: [each["n"] or None for each in items],
        outside=outside,
        batch=3,
    )
    stage = run_on(store, shop.app)
    shop.add(stage, {"id": "a", "n": 1}, {"id": "b", "n": 0}, {"id": "c", "n": 3})
    stage.settle()
    found = stage.wait(shop.out.peek())
    assert [(each.body, each.group) for each in found] == [(1, "a"), (3, "c")]


@both
def test_one_answer_for_a_batch_goes_on_without_a_key(store, run_on, outside):
    shop = Shop("table", lambda items: {"count": len(items)}, outside=outside, batch=3)
    stage = run_on(store, shop.app)
    shop.add(stage, {"id": "a"}, {"id": "b"})
    stage.settle()
    found = stage.wait(shop.out.peek())
    assert [(each.body, each.group) for each in found] == [({"count": 2}, None)]


@both
@sources
def test_a_batch_waits_for_its_window(store, run_on, source, outside):
    shop = Shop(source, lambda items: items, outside=outside, batch=10, window="5s")
    stage = run_on(store, shop.app)
    shop.add(stage, {"id": "a"})
    stage.advance(4_000)
    shop.add(stage, {"id": "b"})
    stage.settle()
    assert shop.asked == []
    stage.advance(2_000)
    assert [len(each) for each in shop.asked] == [2]
    assert len(shop.bodies(stage)) == 2


@both
@sources
def test_an_enrichment_that_fails_is_asked_again(store, run_on, source, outside):
    shop = Shop(source, lambda item: 1 // 0, outside=outside)
    stage = run_on(store, shop.app)
    shop.add(stage, {"id": "a"})
    stage.settle()
    assert shop.bodies(stage) == []
    shop.answer = lambda item: "fine"
    stage.advance(600_000)
    assert shop.bodies(stage) == ["fine"]


@both
@sources
def test_who_fails_in_a_batch_is_found_and_dead_lettered_alone(store, run_on, source, outside):
    def answer(items):
        if any(each["n"] == 3 for each in items if isinstance(each, dict)):
            raise ValueError("three")
        return [each["n"] for each in items]

    terms = {"retries": 4} if source == "table" else {}
    shop = Shop(source, answer, outside=outside, batch=8, **terms)
    stage = run_on(store, shop.app)
    shop.add(stage, *[{"id": str(n), "n": n} for n in range(6)])
    stage.advance(86_400_000)
    assert sorted(shop.bodies(stage)) == [0, 1, 2, 4, 5]
    letters = stage.wait(stage.platform.resource("queue", shop.pipe.model.dead_letters.name).peek())
    [letter] = letters
    assert letter.attributes["dead_letter"]["reason"] == "ValueError: three"


def test_an_answer_that_the_target_refuses_is_refused_alone(store, run_on):
    shop = Shop("table", lambda items: [each["n"] for each in items], outside=True, batch=8)
    target = shop.app.queue("numbers", of=int)
    shop.app.pipe(
        "strict",
        source=shop.source,
        enrich=shop.app.resources[shop.pipe.model.enrichment.ref],
        enrich_input=InputPath("$.NewImage"),
        to=target,
        batch=8,
    )
    stage = run_on(store, shop.app)
    shop.add(stage, {"id": "a", "n": 1}, {"id": "b", "n": "two"}, {"id": "c", "n": 3})
    stage.advance(3_600_000)
    assert sorted(each.body for each in stage.wait(target.peek())) == [1, 3]
    [letter] = stage.wait(stage.platform.resource("queue", "strict-dlq").peek())
    assert "queue numbers refused the event" in letter.attributes["dead_letter"]["reason"]


def test_a_plain_function_is_declared_by_being_named(store, run_on, app):
    orders, out = app.table("orders", key="id"), app.queue("out")

    def add_total(event, tx):
        return {**event["NewImage"], "total": tx.get(orders, "a").n * 2}

    app.pipe("enrich", source=orders, enrich=add_total, to=out)
    stage = run_on(store, app)
    stage.wait(orders.put({"id": "a", "n": 2}))
    stage.settle()
    assert [each.body for each in stage.wait(out.peek())] == [{"id": "a", "n": 2, "total": 4}]


def test_what_a_def_enrichment_does_commits_with_the_delivery_or_not_at_all(store, run_on, app):
    orders, seen, numbers = (
        app.table("orders", key="id"),
        app.table("seen", key="id"),
        app.queue("numbers", of=int),
    )

    def note(event, tx):
        tx.put(seen, {"id": event["NewImage"]["id"]})
        return event["NewImage"]["n"]

    app.pipe("enrich", source=orders, enrich=note, to=numbers)
    stage = run_on(store, app)
    stage.wait(orders.put({"id": "a", "n": 1}))
    stage.wait(orders.put({"id": "b", "n": "two"}))
    stage.advance(3_600_000)
    assert stage.wait(seen.count()) == 1
    assert len(stage.wait(numbers.peek())) == 1


def test_the_input_of_the_target_is_made_of_the_answer(store, run_on):
    shop = Shop(
        "table",
        lambda item: {"n": item["n"] * 2},
        outside=True,
        input=InputTransformer(
            {"n": "$.n"}, {"number": "<n>", "asked": "<aws.pipes.enrichment-arn>"}
        ),
    )
    stage = run_on(store, shop.app)
    shop.add(stage, {"id": "a", "n": 2})
    stage.settle()
    [found] = shop.bodies(stage)
    assert found["number"] == 4
    assert found["asked"].endswith("function/ask")


def test_the_order_of_a_key_is_kept_through_an_enrichment_outside(store, run_on):
    shop = Shop("table", lambda item: item["n"], outside=True, concurrency=10)
    stage = run_on(store, shop.app)
    for n in range(5):
        shop.add(stage, {"id": "a", "n": n}, {"id": "b", "n": n})
    stage.settle()
    found = stage.wait(shop.out.peek(100))
    assert [each.body for each in found if each.group == "a"] == [0, 1, 2, 3, 4]
    assert [each.body for each in found if each.group == "b"] == [0, 1, 2, 3, 4]


def test_on_a_branch_nothing_outside_is_asked(store, run_on):
    shop = Shop("table", lambda item: item, outside=True)
    stage = run_on(store, shop.app, settings=Settings(holds=True))
    shop.add(stage, {"id": "a"})
    stage.settle()
    assert (shop.asked, stage.wait(shop.pipe.depth())["waiting"]) == ([], 1)
