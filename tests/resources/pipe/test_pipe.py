from __future__ import annotations

import pytest

from ensue import App, Constant, InputPath, InputTransformer

KEEP = {"NewImage": {"n": [{"numeric": [">", 0]}]}}


@pytest.fixture
def app() -> App:
    return App("wims")


def bodies(stage, queue):
    return [each.body for each in stage.wait(queue.peek(1_000))]


def groups(stage, queue):
    return [each.group for each in stage.wait(queue.peek(1_000))]


def test_a_change_is_an_event_in_the_words_of_dynamodbs_streams(store, run_on, app):
    orders, out = app.table("orders", key="id"), app.queue("out")
    app.pipe("forward", source=orders, to=out)
    stage = run_on(store, app)
    stage.wait(orders.put({"id": "a", "n": 1}))
    stage.wait(orders.put({"id": "a", "n": 2}))
    stage.wait(orders.delete("a"))
    stage.settle()
    found = bodies(stage, out)
    assert [each["eventName"] for each in found] == ["INSERT", "MODIFY", "REMOVE"]
    assert found[1] == {
        "eventID": found[1]["eventID"],
        "eventName": "MODIFY",
        "table": "orders",
        "key": ["a"],
        "at_ms": stage.clock.now_ms(),
        "OldImage": {"id": "a", "n": 1},
        "NewImage": {"id": "a", "n": 2},
    }
    assert len({each["eventID"] for each in found}) == 3


def test_a_record_of_a_stream_is_an_event_with_its_key_and_data(store, run_on, app):
    clicks, out = app.stream("clicks"), app.queue("out")
    app.pipe("forward", source=clicks, filter={"data": {"page": ["/"]}}, to=out)
    stage = run_on(store, app)
    stage.wait(clicks.append({"page": "/"}, key="k"))
    stage.wait(clicks.append({"page": "/about"}, key="k"))
    stage.settle()
    [found] = bodies(stage, out)
    assert (found["stream"], found["key"], found["data"]) == ("clicks", "k", {"page": "/"})


def test_a_message_of_a_queue_is_an_event_with_its_body_and_attributes(store, run_on, app):
    work, out = app.queue("work"), app.queue("out")
    app.pipe("forward", source=work, filter={"body": {"kind": ["good"]}}, to=out)
    stage = run_on(store, app)
    stage.wait(work.send({"kind": "good"}, attributes={"colour": "red"}, group="g"))
    stage.wait(work.send({"kind": "bad"}))
    stage.settle()
    [found] = bodies(stage, out)
    assert (found["queue"], found["body"]) == ("work", {"kind": "good"})
    assert (found["attributes"], found["group"]) == ({"colour": "red"}, "g")
    assert stage.rows("SELECT state FROM ensue_work WHERE hop IS NOT NULL ORDER BY id") == [
        (2,),
        (2,),
        (0,),
    ]


def test_an_event_of_a_bus_is_its_envelope(store, run_on, app):
    events, out = app.bus("events"), app.queue("out")
    app.pipe("forward", source=events, filter={"detail-type": ["Placed"]}, to=out)
    stage = run_on(store, app)
    event_id = stage.wait(events.publish("Placed", {"id": 7}, source="shop"))
    stage.wait(events.publish("Other", {"id": 8}))
    stage.settle()
    [found] = bodies(stage, out)
    assert (found["id"], found["source"], found["detail"]) == (event_id, "shop", {"id": 7})
    assert set(found) == {
        "version",
        "id",
        "account",
        "region",
        "time",
        "source",
        "resources",
        "detail-type",
        "detail",
    }


def test_a_message_of_a_topic_is_an_event_with_its_body(store, run_on, app):
    news, out = app.topic("news"), app.queue("out")
    app.pipe("forward", source=news, filter={"attributes": {"kind": ["good"]}}, to=out)
    stage = run_on(store, app)
    stage.wait(news.publish("rain", attributes={"kind": "bad"}))
    message_id = stage.wait(news.publish("sun", attributes={"kind": "good"}, group="g"))
    stage.settle()
    [found] = bodies(stage, out)
    assert (found["id"], found["topic"], found["body"]) == (message_id, "news", "sun")
    assert groups(stage, out) == ["g"]


def test_what_happens_to_an_object_is_an_event_in_s3s_words(store, run_on, app):
    invoices, out = app.bucket("invoices"), app.queue("out")
    app.pipe("forward", source=invoices, filter={"detail-type": ["Object Created"]}, to=out)
    stage = run_on(store, app)
    stage.wait(invoices.put("a.pdf", b"pdf"))
    stage.wait(invoices.delete("a.pdf"))
    stage.settle()
    [found] = bodies(stage, out)
    assert found["detail"]["object"]["key"] == "a.pdf"
    assert groups(stage, out) == ["a.pdf"]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (Constant({"a": 1}), {"a": 1}),
        (InputPath("$.NewImage.n"), 3),
        (
            InputTransformer(
                {"n": "$.NewImage.n"}, {"number": "<n>", "by": "<aws.pipes.pipe-name>"}
            ),
            {"number": 3, "by": "forward"},
        ),
    ],
)
def test_the_target_gets_what_the_input_makes_of_the_event(store, run_on, app, given, expected):
    orders, out = app.table("orders", key="id"), app.queue("out")
    app.pipe("forward", source=orders, filter=KEEP, to=out, input=given)
    stage = run_on(store, app)
    stage.wait(orders.put({"id": "a", "n": 3}))
    stage.wait(orders.put({"id": "b", "n": 0}))
    stage.settle()
    assert bodies(stage, out) == [expected]


def test_a_bus_gets_the_event_that_the_input_makes(store, run_on, app):
    orders, events = app.table("orders", key="id"), app.bus("events")
    template = {"detail-type": "Placed", "source": "shop", "detail": {"order": "<id>"}}
    app.pipe(
        "publish",
        source=orders,
        filter={"eventName": ["INSERT"]},
        to=events,
        input=InputTransformer({"id": "$.NewImage.id"}, template),
    )
    stage = run_on(store, app)
    stage.wait(orders.put({"id": "a", "n": 3}))
    stage.settle()
    [found], _ = stage.wait(events.tail())
    assert (found["detail-type"], found["detail"]) == ("Placed", {"order": "a"})


def test_a_filter_may_be_a_condition_expression(store, run_on, app):
    orders, out = app.table("orders", key="id"), app.queue("out")
    app.pipe(
        "raised",
        source=orders,
        filter="NewImage.n > OldImage.n",
        to=out,
        input=InputPath("$.NewImage.n"),
    )
    stage = run_on(store, app)
    for n in (1, 3, 2, 5):
        stage.wait(orders.put({"id": "a", "n": n}))
    stage.settle()
    assert bodies(stage, out) == [3, 5]


def test_bytes_and_sets_go_through_as_they_are_and_are_filtered_as_json(store, run_on, app):
    orders, out = app.table("orders", key="id"), app.queue("out")
    app.pipe("forward", source=orders, filter={"NewImage": {"tags": ["new"]}}, to=out)
    stage = run_on(store, app)
    stage.wait(orders.put({"id": "a", "tags": {"new", "red"}, "raw": b"\x00"}))
    stage.settle()
    assert bodies(stage, out)[0]["NewImage"] == {
        "id": "a",
        "tags": {"new", "red"},
        "raw": b"\x00",
    }


def test_what_is_delivered_keeps_the_order_of_its_key_at_the_target(store, run_on, app):
    orders, out = app.table("orders", key=("customer", "id")), app.queue("out")
    app.pipe("forward", source=orders, to=out)
    stage = run_on(store, app)
    stage.wait(orders.put({"customer": "c", "id": 1}))
    stage.settle()
    assert groups(stage, out) == ['["c",1]']


def test_the_group_may_be_anything_in_the_event(store, run_on, app):
    orders, out = app.table("orders", key="id"), app.stream("out")
    app.pipe("forward", source=orders, to=out, group="$.NewImage.customer")
    stage = run_on(store, app)
    stage.wait(orders.put({"id": "a", "customer": "c"}))
    stage.wait(orders.put({"id": "b", "customer": "x" * 300}))
    stage.wait(orders.put({"id": "c"}))
    stage.settle()
    found, _ = stage.wait(out.tail())
    assert [each.key and each.key[:1] for each in found] == ["c", found[1].key[:1], None]
    assert len(found[1].key) == 64


@pytest.mark.parametrize("start", ["latest", "horizon", "snapshot"])
def test_a_new_pipe_begins_where_it_is_told(file_store, run_on, start):
    def shop(*, with_pipe):
        app = App("wims")
        orders, out = app.table("orders", key="id"), app.queue("out")
        if with_pipe:
            app.pipe("forward", source=orders, to=out, input=InputPath("$.NewImage"), start=start)
        return app, orders, out

    app, orders, _ = shop(with_pipe=False)
    stage = run_on(file_store, app)
    for n in (1, 2):
        stage.wait(orders.put({"id": "a", "n": n}))
    stage.close()
    app, orders, out = shop(with_pipe=True)
    stage = run_on(file_store, app)
    stage.wait(orders.put({"id": "b", "n": 3}))
    stage.settle()
    expected = {"latest": [3], "horizon": [1, 2, 3], "snapshot": [2, 3]}[start]
    assert sorted(each["n"] for each in bodies(stage, out)) == expected


def test_a_snapshot_in_batches_tells_of_nothing_twice(file_store, run_on):
    def shop(*, with_pipe):
        app = App("wims")
        orders, out = app.table("orders", key="id"), app.queue("out")
        if with_pipe:
            app.pipe(
                "forward", source=orders, to=out, start="snapshot", batch=10, group="$.eventID"
            )
        return app, orders, out

    app, orders, _ = shop(with_pipe=False)
    stage = run_on(file_store, app)
    for n in range(5):
        stage.wait(orders.put({"id": str(n)}))
    stage.close()
    app, orders, out = shop(with_pipe=True)
    stage = run_on(file_store, app)
    stage.wait(orders.put({"id": "0", "n": 1}))
    stage.settle()
    seen = [(each["key"][0], each["eventName"]) for each in bodies(stage, out)]
    assert sorted(seen) == sorted(set(seen))
    assert {key for key, _ in seen} == {"0", "1", "2", "3", "4"}


def test_a_pipe_is_set_back_and_says_how_far_it_is_behind(store, run_on, app):
    orders, out = app.table("orders", key="id"), app.queue("out")
    pipe = app.pipe("forward", source=orders, to=out)
    stage = run_on(store, app)
    stage.wait(orders.put({"id": "a"}))
    stage.wait(orders.put({"id": "b"}))
    assert stage.wait(pipe.lag())[0].unread == 2
    stage.settle()
    assert stage.wait(pipe.lag())[0].unread == 0
    assert stage.wait(pipe.rewind("horizon", confirm="forward")) == 2
    stage.settle()
    assert len(bodies(stage, out)) == 4


@pytest.mark.parametrize("kind", ["table", "queue"])
def test_a_paused_pipe_takes_nothing_until_it_is_resumed(store, run_on, app, kind):
    source = app.table("source", key="id") if kind == "table" else app.queue("source")
    out = app.queue("out")
    pipe = app.pipe("forward", source=source, to=out)
    stage = run_on(store, app)
    stage.wait(pipe.pause())
    stage.wait((source.put if kind == "table" else source.send)({"id": "a"}))
    stage.settle()
    assert bodies(stage, out) == []
    assert "paused_since_ms" in pipe.paused()
    assert stage.wait(pipe.resume())
    stage.settle()
    assert len(bodies(stage, out)) == 1


def test_why_shows_the_path_through_a_pipe(store, run_on, app):
    orders, out = app.table("orders", key="id"), app.queue("out")
    app.pipe("forward", source=orders, to=out)
    stage = run_on(store, app)
    stage.wait(orders.put({"id": "a"}))
    stage.settle()
    [message] = stage.wait(out.peek())
    path, node = [], stage.platform.why(message.id, up=True)
    while node is not None:
        path.append((node.kind, node.name))
        node = node.children[0] if node.children else None
    assert path[1:] == [("change", "orders"), ("run", "forward"), ("message", "out")]


def test_a_pipe_explains_why_it_does_not_take_a_record(store, run_on, app):
    orders, work = app.table("orders", key="id"), app.queue("work")
    out = app.queue("out")
    of_table = app.pipe("of-table", source=orders, filter={"eventName": ["REMOVE"]}, to=out)
    of_queue = app.pipe("of-queue", source=work, filter="body.n > receives", to=out)
    stage = run_on(store, app)
    stage.wait(orders.put({"id": "a"}))
    [change] = stage.wait(orders.history("a"))
    seen = stage.wait(of_table.explain(change.id))
    assert (seen.matched, seen.event["eventName"]) == (False, "INSERT")
    assert seen.reasons == ['eventName: expected "REMOVE", found "INSERT"']
    message_id = stage.wait(work.send({"n": 0}))
    assert stage.wait(of_queue.explain(message_id)).reasons == ["expected body.n > receives"]
    with pytest.raises(Exception, match="nothing with the id"):
        stage.wait(of_queue.explain(change.id))


def test_a_pipe_keeps_its_work_and_its_place_under_a_new_name(file_store, run_on):
    def shop(name, was=None):
        app = App("wims")
        orders, out = app.table("orders", key="id"), app.queue("out")
        options = {} if was is None else {"was": was}
        app.pipe(name, source=orders, to=out, start="horizon", **options)
        return app, orders, out

    app, orders, _ = shop("first")
    stage = run_on(file_store, app)
    stage.wait(orders.put({"id": "a"}))
    stage.settle()
    stage.wait(orders.put({"id": "b"}))
    stage.close()
    app, _, out = shop("second", was="first")
    stage = run_on(file_store, app)
    stage.settle()
    assert [each["key"] for each in bodies(stage, out)] == [["a"], ["b"]]
