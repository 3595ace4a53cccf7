"""What can be done to a stream from outside, by HTTP."""

from __future__ import annotations

import pytest

from ensue.app.app import App
from ensue.testing import running


@pytest.fixture
def shop():
    app = App("shop")
    clicks = app.stream("clicks")
    seen = []
    app.on_record(clicks, name="follow")(lambda record, tx: seen.append(record.data))
    app.seen_here = seen
    return app


@pytest.fixture
def ask(shop):
    with running(shop) as t:

        def ask(operation, status=200, kind="streams/clicks", **body):
            reply = t.post(f"/_ensue/{kind}/{operation}", body)
            assert reply.status == status, reply.body
            return reply.body

        ask.t = t
        yield ask


def test_a_record_is_appended_and_read_at_an_iterator(ask):
    record_id = ask("append", data={"n": 1}, partition_key="a")["id"]
    at = ask("iterate", shard=0)["iterator"]
    found = ask("read", iterator=at)
    [record] = found["records"]
    assert (record["id"], record["data"], record["key"]) == (record_id, {"n": 1}, "a")
    assert ask("find", partition_key="a")["records"] == [record]
    assert ask("tail") == {"records": [record], "position": 1}


def test_shards_are_listed_split_and_merged(ask):
    assert ask("split", shard=0) == {"shards": [1, 2]}
    assert ask("merge", shard=1, other=2) == {"shards": [3]}
    assert [each["state"] for each in ask("shards")] == ["closed", "closed", "closed", "open"]
    assert ask("split", 409, shard=0)["error"]["code"] == "conflict"


def test_a_worker_claims_a_shard_and_moves_its_position(ask):
    ask("append", data=1, partition_key="a")
    [lease] = ask("claim", group="billing", owner="one")
    named = {"group": "billing", "shard": lease["shard"], "token": lease["token"]}
    assert ask("checkpoint", sequence=1, **named)["position"] == 1
    assert ask("renew", lease=60, **named)["until_ms"] > lease["until_ms"]
    assert {each["name"]: each["unread"] for each in ask("readers")} == {"follow": 1, "billing": 0}
    assert ask("release", **named) == {"released": 0}
    [again] = ask("claim", group="billing", owner="two")
    assert (again["position"], again["token"]) == (1, 2)
    assert ask("checkpoint", 409, sequence=1, **named)["error"]["code"] == "conflict"


def test_a_group_is_rewound_and_forgotten(ask):
    ask("append", data=1, partition_key="a")
    ask("claim", group="billing", owner="one", start="latest")
    assert "billing" in ask("rewind", 409, group="billing", start="horizon")["error"]["hint"]
    assert ask("rewind", group="billing", start="horizon", confirm="billing") == {"records": 1}
    assert ask("forget", group="billing") == {"forgotten": "billing"}
    ask("renew", 409, group="billing", shard=0, token=1)


def test_a_function_is_rewound(ask, shop):
    ask("append", data=1, partition_key="a")
    ask.t.settle()
    follow = "functions/follow"
    assert ask("rewind", kind=follow, start="horizon", confirm="follow") == {"records": 1}
    ask.t.settle()
    assert shop.seen_here == [1, 1]
    assert ask.t.get("/_ensue/functions/follow").body["status"]["lag_ms"] == 0


def test_the_kit_rewinds_a_function_that_follows_a_stream(ask, shop):
    ask("append", data=1, partition_key="a")
    ask.t.settle()
    clicks = next(each for ref, each in shop.resources.items() if ref.kind == "stream")
    ask.t.rewind(clicks, shop.function_named("follow"))
    ask.t.settle()
    assert shop.seen_here == [1, 1]


def test_the_status_says_how_much_is_kept_and_who_is_behind(ask):
    ask("append", data=1, partition_key="a")
    ask.t.clock.move_to(ask.t.now_ms() + 20)
    said = ask.t.get("/_ensue/streams/clicks").body["status"]
    assert said == {
        "records": 1,
        "bytes": 2,
        "open_shards": 1,
        "closed_shards": 0,
        "last_sequence": 1,
        "lag_ms": {"follow": 20},
    }
