"""What is PostgreSQL's own: transactions that overlap, types, rights, notifications."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest

from ensue.engine.clock import HeldClock
from ensue.engine.outside.postgres_capture import Shape
from ensue.engine.outside.url import parse_outside_url
from ensue.words import values
from ensue.words.errors import Conflict, InvalidValue, NotPermitted, Unreachable

pytestmark = pytest.mark.postgres


@pytest.fixture
def database(postgres):
    return postgres


def begun(database, *statements):
    """Another program with a transaction that it has not committed yet."""
    other = database.connect()
    for statement in ("BEGIN", *statements):
        other.execute(statement)
    return other


def test_a_change_whose_transaction_commits_late_is_not_stepped_over(database, customers, follow):
    follower = follow()
    follower.take()
    first = begun(database, f"UPDATE {customers} SET n = 1 WHERE id = 1")
    second = begun(database, f"UPDATE {customers} SET n = 2 WHERE id = 2")

    second.execute("COMMIT")
    seen = [follower.told()]
    first.execute("COMMIT")
    seen.append(follower.told())

    assert [[key for _, key, *_ in each] for each in seen] == [[[2]], [[1]]]


def test_a_transaction_that_stays_open_holds_up_nobody_else(database, customers, follow):
    follower = follow()
    follower.take()
    begun(database, f"INSERT INTO {customers} VALUES (8, 'late', 0)")

    database.type(f"UPDATE {customers} SET n = 0")

    assert len(follower.take()) == 2


def test_changes_of_one_row_keep_their_order_whichever_transaction_began_first(
    database, customers, follow
):
    follower = follow()
    follower.take()
    early = begun(database, f"UPDATE {customers} SET n = 0 WHERE id = 2")
    begun(database, f"INSERT INTO {customers} VALUES (8, 'late', 0)")

    database.type(f"UPDATE {customers} SET n = 1 WHERE id = 1")
    early.execute(f"UPDATE {customers} SET n = n + 1 WHERE id = 1")
    early.execute("COMMIT")

    found = [new["n"] for _, key, _, new in follower.told() if key == [1]]
    assert found == [1, 2]


def test_a_snapshot_holds_what_was_committed_and_what_commits_later_follows_it(
    database, customers, follow
):
    follow().take()  # the capture is there, as when the process died before its snapshot
    database.type(f"UPDATE {database.name('ensue_adopted')} SET snapshot_due = true")
    database.type(f"UPDATE {customers} SET n = 11 WHERE id = 1")
    late = begun(database, f"UPDATE {customers} SET n = 22 WHERE id = 2")
    follower = follow(snapshot=True)

    before = follower.told()
    late.execute("COMMIT")
    after = follower.told()

    assert [(kind, new["n"]) for kind, _, _, new in before] == [("snapshot", 11), ("snapshot", 20)]
    assert [(kind, old["n"], new["n"]) for kind, _, old, new in after] == [("update", 20, 22)]


def test_a_change_that_commits_in_the_middle_of_a_snapshot_is_told_once(
    database, customers, follow, monkeypatch
):
    write = Shape.snapshot

    def commit_and_write(shape):
        database.type(f"UPDATE {customers} SET n = 11 WHERE id = 1")
        return write(shape)

    monkeypatch.setattr(Shape, "snapshot", commit_and_write)

    found = [(kind, key, new["n"]) for kind, key, _, new in follow(snapshot=True).told()]

    assert found == [("snapshot", [1], 10), ("snapshot", [2], 20), ("update", [1], 11)]


def test_a_snapshot_that_fails_is_taken_before_anything_else_is_told(
    database, customers, follow, monkeypatch
):
    follower = follow(snapshot=True)
    with monkeypatch.context() as broken:
        broken.setattr(Shape, "snapshot", lambda self: "SELECT 1 / 0")
        with pytest.raises(InvalidValue):
            follower.take()
    database.type(f"UPDATE {customers} SET n = 0")

    assert [kind for kind, *_ in follower.told()] == ["snapshot", "snapshot"]


def test_a_snapshot_comes_before_the_changes_that_were_made_while_it_was_taken(
    database, customers, follow
):
    follower = follow(snapshot=True)
    follower.take(0)

    database.type(f"UPDATE {customers} SET n = 0")

    assert [kind for kind, *_ in follower.told()] == ["snapshot", "snapshot", "update", "update"]


def test_a_statement_typed_into_psql_is_captured_row_by_row(database, customers, follow):
    database.type(f"INSERT INTO {customers} SELECT i, 'x', 0 FROM generate_series(3, 1000) AS i")
    follower = follow()
    follower.take()

    database.server.psql(f"UPDATE {customers} SET n = id + 1")

    found = follower.told(5_000)
    assert [(key, new["n"]) for _, key, _, new in found] == [([i], i + 1) for i in range(1, 1_001)]


def test_truncate_is_captured_as_removals(database, customers, follow):
    follower = follow(columns=("id", "name"))
    follower.take()

    database.server.psql(f"TRUNCATE {customers}")

    assert follower.told() == [
        ("remove", [1], {"id": 1, "name": "Ada"}, None),
        ("remove", [2], {"id": 2, "name": "Bob"}, None),
    ]


def test_rows_that_are_copied_in_are_captured(database, customers, follow):
    follower = follow()
    follower.take()

    with database.typed.cursor().copy(f"COPY {customers} FROM STDIN") as copy:
        copy.write("3\tCleo\t30\n")

    assert [kind for kind, *_ in follower.told()] == ["insert"]


def test_each_type_has_its_form(database, follow):
    name = database.name("kinds")
    database.type(f"CREATE TYPE {database.schema}.mood AS ENUM ('sad', 'fine')")
    database.type(
        f"CREATE TABLE {name} (id uuid PRIMARY KEY, i bigint, f float8, n numeric, d numeric(9,2),"
        " b bytea, at timestamptz, day date, j json, jb jsonb, list text[], yes boolean,"
        f" m {database.schema}.mood, span interval, nothing text, ip inet)"
    )
    follower = follow("kinds", snapshot=True)
    follower.take()
    other = database.connect()
    other.execute("SET timezone = 'Asia/Tokyo'; SET bytea_output = 'escape'")
    other.execute("SET extra_float_digits = -10; SET intervalstyle = 'postgres_verbose'")

    other.execute(
        f"INSERT INTO {name} VALUES ('01a1fe5c-4934-70e1-860f-ef46c841955d', 9223372036854775807,"
        " 0.1::float8 + 0.2::float8, 12345678901234567890.000000000000000001, 1.50, '\\x00ff',"
        " '2026-11-21 13:00:00+01', '2026-11-21', '{\"a\": [1]}', '{\"b\": null}', '{x,NULL}',"
        " true, 'fine', '1 day 2 hours', NULL, '10.0.0.1')"
    )

    [(_, key, _, new)] = follower.told()
    assert key == ["01a1fe5c-4934-70e1-860f-ef46c841955d"]
    assert new == {
        "id": key[0],
        "i": 9223372036854775807,
        "f": 0.1 + 0.2,
        "n": Decimal("12345678901234567890.000000000000000001"),
        "d": Decimal("1.50"),
        "b": b"\x00\xff",
        "at": "2026-11-21T12:00:00+00:00",
        "day": "2026-11-21",
        "j": {"a": [1]},
        "jb": {"b": None},
        "list": ["x", None],
        "yes": True,
        "m": "fine",
        "span": "P1DT2H",
        "nothing": None,
        "ip": "10.0.0.1",
    }
    assert values.decode(follower.table.get(key)) == new


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("0", Decimal(0)),
        ("-0.05", Decimal("-0.05")),
        ("1500", Decimal(1500)),
        ("0.0010", Decimal("0.0010")),
        (
            "-12345678901234567890123456789012345678",
            Decimal(-12345678901234567890123456789012345678),
        ),
        ("123456789012345678901234567890123456789", "123456789012345678901234567890123456789"),
        ("NaN", "NaN"),
        (None, None),
    ],
)
def test_an_exact_number_is_a_decimal_of_the_same_digits(database, follow, written, read):
    name = database.name("prices")
    database.type(f"CREATE TABLE {name} (id integer PRIMARY KEY, price numeric)")
    follower = follow("prices")
    follower.take()

    database.type(f"INSERT INTO {name} VALUES (1, %s)", written)

    [(_, _, _, new)] = follower.told()
    assert (type(new["price"]), str(new["price"])) == (type(read), str(read))
    assert values.decode(follower.table.get([1])) == new


def test_bytes_can_be_a_key(database, follow):
    name = database.name("blobs")
    database.type(f"CREATE TABLE {name} (id bytea PRIMARY KEY, n integer)")
    follower = follow("blobs", snapshot=True)
    database.type(f"INSERT INTO {name} VALUES ('\\x00ff', 1)")

    [(_, key, _, new)] = follower.told()

    assert key == [new["id"]] == [b"\x00\xff"]
    assert values.decode(follower.table.get(key)) == new


def test_an_exact_number_as_key_is_text(database, follow):
    name = database.name("accounts")
    database.type(f"CREATE TABLE {name} (no numeric, part text, PRIMARY KEY (part, no))")
    follower = follow("accounts", snapshot=True)
    follower.take()

    database.type(f"INSERT INTO {name} VALUES (12345678901234567890.5, 'a')")

    [(_, key, _, new)] = follower.told()
    assert key == ["a", "12345678901234567890.5"]
    assert new["no"] == Decimal("12345678901234567890.5")
    assert follower.table.get(key) is not None


def test_who_may_write_to_the_table_needs_no_right_to_write_changes(database, customers, follow):
    follower = follow()
    follower.take()
    role = f"clerk_{database.schema}"
    database.type(f"CREATE ROLE {role}")
    database.type(f"GRANT USAGE ON SCHEMA {database.schema} TO {role}")
    database.type(f"GRANT SELECT, UPDATE ON {customers} TO {role}")

    clerk = database.connect()
    clerk.execute(f"SET ROLE {role}")
    clerk.execute(f"UPDATE {customers} SET n = 0")

    assert len(follower.take()) == 2


def test_who_lacks_the_right_to_adopt_is_told_which_rights_that_needs(database, customers, follow):
    role = f"guest_{database.schema}"
    database.type(f"CREATE ROLE {role} LOGIN")
    database.type(f"GRANT USAGE ON SCHEMA {database.schema} TO {role}")
    database.type(f"GRANT SELECT ON {customers} TO {role}")

    with pytest.raises(NotPermitted, match="CREATE on the schema"):
        follow(url=database.url.replace("postgres:hush-hush", role)).take()


def test_who_may_adopt_a_table_of_somebody_else_may_release_it(database, customers, follow):
    role = f"adopter_{database.schema}"
    database.type(f"CREATE ROLE {role} LOGIN")
    database.type(f"GRANT USAGE, CREATE ON SCHEMA {database.schema} TO {role}")
    database.type(f"GRANT SELECT, TRIGGER ON {customers} TO {role}")
    follower = follow(url=database.url.replace("postgres:hush-hush", role))
    follower.take()

    assert follower.table.release(force=False) == 0

    left = f"SELECT 1 FROM pg_trigger WHERE tgrelid = '{customers}'::regclass"
    assert database.type(left) == []


def test_adopting_does_not_wait_long_for_a_table_that_is_in_use(
    database, customers, follow, monkeypatch
):
    monkeypatch.setattr("ensue.engine.outside.postgres.LOCK_TIMEOUT_MS", 10)
    other = begun(database, f"UPDATE {customers} SET n = 0")
    follower = follow()

    with pytest.raises(Unreachable, match="locked by another transaction"):
        follower.take()
    other.execute("COMMIT")
    assert follower.take() == []


def test_a_connection_that_was_cut_is_opened_again(database, customers, follow):
    follower = follow()
    follower.take()
    database.type(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
    )

    with pytest.raises(Unreachable) as caught:
        follower.take()
    database.type(f"UPDATE {customers} SET n = 0")

    assert "hush-hush" not in str(caught.value)
    assert len(follower.take()) == 2


def test_a_value_that_does_not_fit_its_column_is_refused(database, customers, follow):
    table = follow().table

    with pytest.raises(InvalidValue, match="fit the columns"):
        table.get(["not a number"])
    assert table.get(["1"]) == table.get([1])


def test_a_statement_that_the_database_refuses_is_a_conflict_without_secrets(
    database, customers, follow
):
    database.type(f"CREATE TABLE {database.name('ensue_adopted')} (name text)")

    with pytest.raises(Conflict) as caught:
        follow().take()
    assert "hush-hush" not in str(caught.value)


def test_a_partitioned_table_is_captured_through_its_partitions(database, follow):
    name = database.name("events")
    database.type(f"CREATE TABLE {name} (id integer PRIMARY KEY) PARTITION BY RANGE (id)")
    database.type(f"CREATE TABLE {name}_low PARTITION OF {name} FOR VALUES FROM (0) TO (10)")
    follower = follow("events", snapshot=True)
    follower.take()

    database.type(f"INSERT INTO {name} VALUES (1)")
    database.type(f"DELETE FROM {name}_low")

    assert [kind for kind, *_ in follower.told()] == ["insert", "remove"]
    assert follower.take() == []


def test_a_commit_wakes_whoever_watches(database, customers, follow):
    follower = follow()
    follower.take()

    async def woken_by_a_commit():
        woken = asyncio.Event()
        watching = asyncio.create_task(follower.table.watch(woken.set, HeldClock()))
        await asyncio.wait_for(woken.wait(), 10)  # it listens
        woken.clear()
        database.type(f"UPDATE {customers} SET n = 0")
        await asyncio.wait_for(woken.wait(), 10)
        watching.cancel()
        return await asyncio.gather(watching, return_exceptions=True)

    [ended] = asyncio.run(woken_by_a_commit())
    assert isinstance(ended, asyncio.CancelledError)


def test_a_watch_whose_connection_is_cut_says_so(database, customers, follow):
    follower = follow()

    async def cut():
        woken = asyncio.Event()
        watching = asyncio.create_task(follower.table.watch(woken.set, HeldClock()))
        await asyncio.wait_for(woken.wait(), 10)
        database.type(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
        )
        await asyncio.wait_for(watching, 10)

    with pytest.raises(Unreachable):
        asyncio.run(cut())


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://u:p%40ss@host:5433/shop", "postgresql://u@host:5433/shop"),
        ("postgres://host/shop?password=p@ss&sslmode=require", "postgresql://host/shop"),
        ("postgresql:///shop?host=/run/x", "postgresql:///shop"),
        ("postgresql://u:p@[::1]/shop", "postgresql://u@[::1]/shop"),
    ],
)
def test_the_secrets_of_a_url_are_never_shown(url, shown):
    parsed = parse_outside_url(url)

    assert str(parsed) == parsed.shown == shown
    assert "p@ss" not in repr(parsed)
    assert "p%40ss" not in repr(parsed)
    if "ss@host" in url:
        said = parsed.without_secrets("wrong password p@ss or p%40ss")
        assert said == "wrong password *** or ***"
