from __future__ import annotations

from decimal import Decimal

import pytest

from ensue.app.app import App
from ensue.resources.table.model import TTL_AGE_S_MAX
from ensue.words.errors import InvalidDeclaration

SECONDS = 1_000


@pytest.fixture
def app() -> App:
    return App("wims")


@pytest.fixture
def sessions(app):
    return app.table("sessions", key="id", indexes={"user": "user"}, ttl="ends")


@pytest.fixture
def stage(store, run_on, app, sessions):
    return run_on(store, app)


def ends(stage, seconds):
    return stage.clock.now_ms() // SECONDS + seconds


def put(stage, sessions, key="a", seconds=10, **more):
    stage.wait(sessions.put({"id": key, "user": "u", "ends": ends(stage, seconds), **more}))


def pass_to(stage, sessions, key="a"):
    """To the moment when an item ends, with the worker asleep."""
    item = stage.wait(sessions.get(key))
    stage.clock.move_to(int(item.ends * SECONDS))


def there(stage):
    return stage.rows("SELECT count(*) FROM wims_sessions")[0][0]


def test_an_item_is_removed_when_its_end_has_come_and_not_before(stage, sessions):
    put(stage, sessions)
    end_ms = stage.wait(sessions.get("a")).ends * SECONDS
    stage.advance(end_ms - 1 - stage.clock.now_ms())
    assert there(stage) == 1
    stage.advance(1)
    assert there(stage) == 0


def test_no_read_shows_an_item_whose_end_has_come_though_nobody_removed_it_yet(stage, sessions):
    put(stage, sessions)
    pass_to(stage, sessions)
    assert there(stage) == 1
    assert stage.wait(sessions.get("a")) is None
    assert stage.wait(sessions.get_versioned("a")) is None
    assert stage.wait(sessions.query("a")).items == []
    assert stage.wait(sessions.query("u", index="user")).items == []
    assert stage.wait(sessions.scan()).items == []
    assert stage.wait(sessions.count()) == 0
    assert stage.wait(sessions.batch_get(["a"])) == [None]


def test_a_write_finds_nothing_where_the_end_has_come(stage, sessions):
    put(stage, sessions)
    put(stage, sessions, "b")
    pass_to(stage, sessions)
    assert stage.wait(sessions.update("a", "SET n = :n", n=1)) is None
    assert stage.wait(sessions.delete("b")) is None
    assert stage.wait(sessions.put({"id": "a"}, where="attribute_not_exists(id)")) is True


def test_a_put_over_what_has_ended_is_a_removal_by_time_and_an_insert(stage, sessions):
    put(stage, sessions)
    pass_to(stage, sessions)
    stage.wait(sessions.put({"id": "a"}))
    found = stage.rows("SELECT kind, expired FROM wims_sessions_changes ORDER BY sequence")
    assert found == [("insert", None), ("remove", 1), ("insert", None)]


def test_handlers_can_tell_what_time_removed(store, run_on, app, sessions):
    seen, by_time = [], []

    @app.on_change(sessions, kind="remove")
    def follow(change, tx):
        seen.append((change.old.id, change.expired))

    @app.on_change(sessions, where={"userIdentity": {"type": ["Service"]}})
    def follow_time(change, tx):
        by_time.append(change.old.id)

    stage = run_on(store, app)
    put(stage, sessions, "a")
    put(stage, sessions, "b")
    stage.wait(sessions.delete("b"))
    stage.advance(11 * SECONDS)
    assert seen == [("b", False), ("a", True)]
    assert by_time == ["a"]


def test_the_hop_of_a_removal_by_time_names_it(stage, sessions):
    put(stage, sessions)
    stage.advance(11 * SECONDS)
    actors = stage.rows("SELECT actor FROM ensue_hops ORDER BY id DESC LIMIT 1")
    assert actors == [("ttl:sessions",)]


@pytest.mark.parametrize("end", [None, "soon", True, [1], {"n": 1}, "1"])
def test_an_end_that_is_no_number_never_comes(stage, sessions, end):
    stage.wait(sessions.put({"id": "a", "ends": end}))
    stage.wait(sessions.put({"id": "b"}))
    stage.advance(1_000 * SECONDS)
    assert len(stage.wait(sessions.scan()).items) == 2


@pytest.mark.parametrize("part", [0.5, Decimal("0.250")])
def test_an_end_may_have_a_fraction(stage, sessions, part):
    whole = ends(stage, 5)
    end = whole + part
    stage.wait(sessions.put({"id": "a", "ends": end}))
    stage.advance(whole * SECONDS + int(part * SECONDS) - 1 - stage.clock.now_ms())
    assert stage.wait(sessions.get("a")) is not None
    stage.advance(1)
    assert there(stage) == 0


def test_what_ended_more_than_five_years_ago_is_taken_for_a_mistake_and_stays(stage, sessions):
    put(stage, sessions, "old", -TTL_AGE_S_MAX - 1)
    put(stage, sessions, "young", -TTL_AGE_S_MAX + 5)
    stage.settle()
    assert [item.id for item in stage.wait(sessions.scan()).items] == ["old"]
    assert there(stage) == 1


def test_an_end_in_milliseconds_is_far_away_and_disturbs_nobody(stage, sessions):
    stage.wait(sessions.put({"id": "a", "ends": stage.clock.now_ms()}))
    stage.advance(86_400 * 3 * SECONDS)
    assert there(stage) == 1


def test_more_than_a_chunk_is_removed(stage, sessions):
    items = [{"id": n, "ends": ends(stage, 1)} for n in range(2_500)]
    stage.wait(sessions.batch_put(items))
    stage.advance(2 * SECONDS)
    assert there(stage) == 0


def test_what_ended_while_nothing_ran_is_removed_at_the_start(file_store, run_on):
    def declared():
        app = App("wims")
        return app, app.table("sessions", key="id", ttl="ends")

    app, sessions = declared()
    stage = run_on(file_store, app)
    stage.wait(sessions.put({"id": "a", "ends": 1_000 + ends(stage, -2_000)}))
    stage.close()
    app, sessions = declared()
    stage = run_on(file_store, app)
    stage.settle()
    assert there(stage) == 0


def test_a_ttl_can_be_declared_and_given_up_later(file_store, run_on):
    def declared(ttl):
        app = App("wims")
        return app, app.table("sessions", key="id", ttl=ttl)

    app, sessions = declared(None)
    stage = run_on(file_store, app)
    stage.wait(sessions.put({"id": "a", "over": ends(stage, -10)}))
    stage.close()
    app, sessions = declared("ends")
    stage = run_on(file_store, app)
    stage.settle()
    assert there(stage) == 1
    stage.close()
    app, sessions = declared("over")
    stage = run_on(file_store, app)
    stage.settle()
    assert there(stage) == 0
    stage.close()
    app, sessions = declared(None)
    stage = run_on(file_store, app)
    names = stage.rows("SELECT name FROM sqlite_schema WHERE name LIKE '%ttl'")
    assert names == []


@pytest.mark.parametrize("ttl", ["id", "a b", ""])
def test_a_ttl_that_cannot_be_one_is_refused_when_declared(app, ttl):
    with pytest.raises(InvalidDeclaration):
        app.table("things", key="id", ttl=ttl)


@pytest.mark.parametrize("far", ["1e306", "1e999", "1E300"])
def test_an_end_that_no_clock_comes_to_stops_nobody(stage, sessions, far):
    put(stage, sessions, seconds=10)
    item = f'{{"id":"far","ends":{far}}}'
    stage.do(
        lambda tx: tx.execute("INSERT INTO wims_sessions (pk, item) VALUES (?, ?)", ("b", item))
    )
    stage.advance(11 * SECONDS)
    assert stage.rows("SELECT pk FROM wims_sessions") == [("b",)]
