"""What every driver must do: one suite for SQLite and PostgreSQL."""

from __future__ import annotations

import contextlib

import pytest

from ensue.engine.outside.contract import Taken, Wanted
from ensue.words import values
from ensue.words.errors import Conflict, InvalidDeclaration, InvalidValue, Unreachable

ADA, BOB = {"id": 1, "name": "Ada", "n": 10}, {"id": 2, "name": "Bob", "n": 20}


def objects(database):
    """Everything of ours in the database."""
    if database.scheme == "sqlite":
        return database.type("SELECT name FROM sqlite_schema WHERE name LIKE 'ensue%'")
    return database.type(
        "SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace"
        f" WHERE nspname = '{database.schema}' AND relname LIKE 'ensue%'"
        " UNION ALL SELECT tgname FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid"
        " JOIN pg_namespace n ON n.oid = relnamespace"
        f" WHERE nspname = '{database.schema}' AND tgname LIKE '%ensue%'"
        " UNION ALL SELECT proname FROM pg_proc JOIN pg_namespace n ON n.oid = pronamespace"
        f" WHERE nspname = '{database.schema}'"
    )


def test_each_kind_of_change_is_captured_with_what_was_before_and_after(
    database, customers, follow
):
    follower = follow()
    assert follower.told() == []

    database.type(f"INSERT INTO {customers} VALUES (3, 'Cleo', 30)")
    database.type(f"UPDATE {customers} SET n = n + 1 WHERE id < 3")
    database.type(f"DELETE FROM {customers} WHERE id = 2")

    assert follower.told() == [
        ("insert", [3], None, {"id": 3, "name": "Cleo", "n": 30}),
        ("update", [1], ADA, ADA | {"n": 11}),
        ("update", [2], BOB, BOB | {"n": 21}),
        ("remove", [2], BOB | {"n": 21}, None),
    ]


def test_what_was_taken_is_not_there_again(database, customers, follow):
    follower = follow()
    follower.take()
    database.type(f"UPDATE {customers} SET n = 0")

    assert len(follower.take()) == 2
    assert follower.take() == []
    assert database.type(f"SELECT * FROM {database.name('ensue_changes')}") == []


def test_what_was_taken_and_not_acknowledged_is_there_again(database, customers, follow):
    follower = follow()
    follower.take()
    database.type(f"UPDATE {customers} SET n = 0")
    first = follower.take()
    follower.taken = Taken("", ())  # as after a crash before it was kept

    assert follower.take() == first


def test_numbers_taken_from_an_earlier_adoption_delete_nothing_of_a_later_one(
    database, customers, follow
):
    follower = follow()
    follower.take()
    database.type(f"UPDATE {customers} SET n = 0")
    follower.take()
    held = follower.taken
    follower.table.release(force=False)
    follower.taken = Taken("", ())
    follower.take()
    database.type(f"UPDATE {customers} SET n = 1")

    follower.taken = held
    assert [new["n"] for *_, new in follower.told()] == [1, 1]


def test_an_update_that_changes_nothing_is_no_change(database, customers, follow):
    follower = follow()
    follower.take()

    database.type(f"UPDATE {customers} SET n = n")

    assert follower.take() == []


def test_what_is_rolled_back_is_not_captured(database, customers, follow):
    follower = follow()
    follower.take()

    for statement in ("BEGIN", f"DELETE FROM {customers}", "ROLLBACK"):
        database.type(statement)

    assert follower.take() == []


def test_a_row_that_gets_another_key_is_removed_and_inserted(database, customers, follow):
    follower = follow()
    follower.take()

    database.type(f"UPDATE {customers} SET id = 9 WHERE id = 1")

    assert follower.told() == [
        ("remove", [1], ADA, None),
        ("insert", [9], None, ADA | {"id": 9}),
    ]


def test_a_row_without_values_is_captured_with_nulls(database, customers, follow):
    follower = follow()
    follower.take()

    database.type(f"INSERT INTO {customers} (id) VALUES (3)")

    assert follower.told() == [("insert", [3], None, {"id": 3, "name": None, "n": None})]


def test_changes_come_in_batches_of_a_bounded_number(database, customers, follow):
    follower = follow()
    follower.take()
    for n in range(5):
        database.type(f"UPDATE {customers} SET n = {n} WHERE id = 1")

    seen = [[new["n"] for *_, new in follower.told(2)] for _ in range(4)]

    assert seen == [[0, 1], [2, 3], [4], []]


def test_changes_come_in_batches_of_a_bounded_size(database, customers, follow, monkeypatch):
    monkeypatch.setattr(f"ensue.engine.outside.{_module(database)}.TAKE_BYTES_MAX", 1_000)
    follower = follow()
    follower.take()
    database.type(f"UPDATE {customers} SET name = '{'x' * 600}'")
    database.type(f"UPDATE {customers} SET n = 7")

    sizes = [len(follower.take()) for _ in range(5)]

    assert sum(sizes) == 4
    assert max(sizes) <= 2
    assert sizes[-1] == 0


def _module(database):
    return "sqlite" if database.scheme == "sqlite" else "postgres"


def test_a_key_of_several_columns_is_told_in_the_order_of_the_key(database, follow):
    name = database.name("lines")
    database.type(f"CREATE TABLE {name} (n INTEGER, part TEXT, q INTEGER, PRIMARY KEY (part, n))")
    follower = follow("lines")
    follower.take()

    database.type(f"INSERT INTO {name} VALUES (1, 'a', 5)")
    database.type(f"UPDATE {name} SET q = 6")

    assert follower.table.key() == ("part", "n")
    assert [key for _, key, *_ in follower.told()] == [["a", 1], ["a", 1]]
    assert follower.table.get(["a", 1]) is not None


def test_only_the_columns_that_were_asked_for_are_captured(database, customers, follow):
    follower = follow(columns=("id", "n"))
    follower.take()

    database.type(f"UPDATE {customers} SET name = 'Eve' WHERE id = 1")
    database.type(f"UPDATE {customers} SET n = 0 WHERE id = 1")

    assert follower.told() == [("update", [1], {"id": 1, "n": 10}, {"id": 1, "n": 0})]
    assert values.decode(follower.table.get([1])) == {"id": 1, "n": 0}


def test_other_columns_than_the_primary_key_can_be_the_key(database, follow):
    name = database.name("notes")
    database.type(f"CREATE TABLE {name} (code TEXT, said TEXT)")
    follower = follow("notes", key=("code",))
    follower.take()

    database.type(f"INSERT INTO {name} VALUES ('a', 'b')")

    assert follower.told() == [("insert", ["a"], None, {"code": "a", "said": "b"})]


def test_a_snapshot_tells_of_the_rows_that_are_there_and_then_of_what_follows(
    database, customers, follow
):
    follower = follow(snapshot=True)

    assert follower.told() == [("snapshot", [1], None, ADA), ("snapshot", [2], None, BOB)]
    database.type(f"DELETE FROM {customers} WHERE id = 1")
    assert follower.told() == [("remove", [1], ADA, None)]


def test_a_snapshot_is_taken_once_and_outlives_the_follower_in_its_middle(
    database, customers, follow
):
    follow(snapshot=True).take(1)
    database.type(f"UPDATE {customers} SET n = 0")

    found = follow(snapshot=True).told()

    assert [(kind, key) for kind, key, *_ in found] == [
        ("snapshot", [1]),
        ("snapshot", [2]),
        ("update", [1]),
        ("update", [2]),
    ]


def test_installing_again_changes_nothing(database, customers, follow):
    follow().take()
    before = objects(database)
    database.type(f"UPDATE {customers} SET n = 0")

    assert len(follow().take()) == 2
    assert objects(database) == before


def test_a_table_that_another_store_has_adopted_is_refused(database, customers, follow):
    follow().take()

    with pytest.raises(Conflict, match="adopted by another store already, as us"):
        follow(owner="others").take()
    with pytest.raises(Conflict, match="adopted by another store"):
        follow(owner="others").table.release(force=False)


def test_a_table_of_a_store_that_is_gone_can_be_released_by_force(database, customers, follow):
    follow().take()
    other = follow(owner="others")

    other.table.release(force=True)

    assert other.take() == []


def test_a_release_removes_everything_and_says_how_much_was_dropped(database, customers, follow):
    follower = follow()
    follower.take()
    database.type(f"UPDATE {customers} SET n = 0")

    assert follower.table.release(force=False) == 2
    assert objects(database) == []
    assert follower.table.release(force=False) == 0
    database.type(f"UPDATE {customers} SET n = 1")


def test_a_release_leaves_other_adopted_tables_alone(database, customers, follow):
    name = database.name("orders")
    database.type(f"CREATE TABLE {name} {'(id INTEGER PRIMARY KEY)'}")
    follower, other = follow(), follow("orders")
    follower.take()
    other.take()

    follower.table.release(force=False)
    database.type(f"INSERT INTO {name} VALUES (1)")

    assert other.told() == [("insert", [1], None, {"id": 1})]


def test_two_adopted_tables_of_a_database_get_their_own_changes(database, customers, follow):
    name = database.name("orders")
    database.type(f"CREATE TABLE {name} (id INTEGER PRIMARY KEY)")
    follower, other = follow(), follow("orders", snapshot=True)
    follower.take()
    other.take()

    database.type(f"INSERT INTO {name} VALUES (1)")
    database.type(f"DELETE FROM {customers} WHERE id = 1")

    assert [kind for kind, *_ in follower.told()] == ["remove"]
    assert [kind for kind, *_ in other.told()] == ["insert"]


def test_what_waits_is_counted_up_to_a_bound(database, customers, follow):
    follower = follow()
    assert follower.table.waiting(10) == 0
    follower.take()
    database.type(f"UPDATE {customers} SET n = 0")

    assert follower.table.waiting(10) == 2
    assert follower.table.waiting(1) == 1


@pytest.mark.parametrize(
    ("table", "options", "said"),
    [
        ("nobody", {}, "there is no table"),
        ("keyless", {}, "has no primary key"),
        ("customers", {"key": ("who",)}, "expected a column of customers, got 'who'"),
        ("customers", {"columns": ("id", "who")}, "expected a column of customers, got 'who'"),
    ],
)
def test_a_table_that_cannot_be_adopted_is_refused_and_nothing_is_installed(
    database, customers, follow, table, options, said
):
    database.type(f"CREATE TABLE {database.name('keyless')} (n INTEGER)")

    with pytest.raises(InvalidDeclaration, match=said):
        follow(table, **options).take()
    assert objects(database) == []


def test_a_view_cannot_be_adopted(database, customers, follow):
    database.type(f"CREATE VIEW {database.name('seen')} AS SELECT * FROM {customers}")

    with pytest.raises(InvalidDeclaration, match="there is no table"):
        follow("seen", key=("id",)).take()


def test_names_of_any_kind_are_captured(database, follow):
    odd = '''"it's ""odd"" $ \\ größe"'''
    name = database.name(odd)
    column = '''"a ""key"" isn't {1,2} \\"'''
    database.type(f'CREATE TABLE {name} ({column} INTEGER PRIMARY KEY, "ü" TEXT)')
    plain = odd if database.scheme == "postgresql" else odd[1:-1].replace('""', '"')
    follower = follow(plain, snapshot=True)
    follower.take()

    database.type(f"INSERT INTO {name} VALUES (1, 'ä\"''\\ ☃')")
    database.type(f"DELETE FROM {name}")

    row = {'a "key" isn\'t {1,2} \\': 1, "ü": "ä\"'\\ ☃"}
    assert follower.told() == [("insert", [1], None, row), ("remove", [1], row, None)]
    assert follower.take() == []


def test_a_column_that_is_added_is_captured_from_the_next_look_on(database, customers, follow):
    follower = follow()
    follower.take()

    database.type(f"ALTER TABLE {customers} ADD COLUMN city TEXT DEFAULT 'Bern'")
    follower.take()
    database.type(f"UPDATE {customers} SET n = 0 WHERE id = 1")

    [(_, _, _, new)] = follower.told()
    assert new == ADA | {"n": 0, "city": "Bern"}


def test_a_column_that_is_renamed_is_captured_under_its_new_name(database, customers, follow):
    follower = follow()
    follower.take()

    database.type(f"ALTER TABLE {customers} RENAME COLUMN n TO amount")
    follower.take()
    database.type(f"UPDATE {customers} SET amount = 0 WHERE id = 1")

    [(_, _, _, new)] = follower.told()
    assert new == {"id": 1, "name": "Ada", "amount": 0}


def test_a_key_that_is_renamed_is_told_under_its_new_name(database, customers, follow):
    follower = follow()
    follower.take()

    database.type(f"ALTER TABLE {customers} RENAME COLUMN id TO number")
    follower.take()
    database.type(f"DELETE FROM {customers} WHERE number = 1")

    assert follower.told() == [("remove", [1], {"number": 1, "name": "Ada", "n": 10}, None)]


def test_a_table_that_is_made_anew_is_captured_from_the_next_look_on(database, customers, follow):
    follower = follow()
    follower.take()
    database.type(f"DROP TABLE {customers}")
    with pytest.raises(InvalidDeclaration):
        follower.take()

    database.type(f"CREATE TABLE {customers} (id INTEGER PRIMARY KEY)")
    follower.take()
    database.type(f"INSERT INTO {customers} VALUES (7)")

    assert follower.told() == [("insert", [7], None, {"id": 7})]


def test_triggers_that_somebody_dropped_are_put_back(database, customers, follow):
    follower = follow()
    follower.take()
    if database.scheme == "sqlite":
        database.type("DROP TRIGGER ensue_customers_update")
    else:
        database.type(f"DROP TRIGGER _ensue_rows ON {customers}")

    follower.take()
    database.type(f"UPDATE {customers} SET n = 0")

    assert len(follower.take()) == 2


@pytest.mark.parametrize("table", ["ensue_changes", "ensue_adopted"])
def test_tables_that_somebody_dropped_are_put_back(database, customers, follow, table):
    follower = follow()
    follower.take()
    database.type(f"DROP TABLE {database.name(table)}")

    with contextlib.suppress(Conflict):
        follower.take()
    follower.take()
    database.connect().execute(f"UPDATE {customers} SET n = 0")

    assert len(follower.take()) == 2


@pytest.mark.parametrize("before", [True, False], ids=["made before", "made after"])
def test_a_trigger_that_writes_to_the_same_row_again_leaves_the_changes_in_order(
    database, customers, follow, before
):
    again = f"UPDATE {customers} SET n = 99 WHERE id = NEW.id"
    when = "WHEN (NEW.n <> 99)"
    if database.scheme == "sqlite":
        statement = f"CREATE TRIGGER again AFTER UPDATE ON customers {when} BEGIN {again}; END"
    else:
        function = f"{database.schema}.again()"
        database.type(
            f"CREATE FUNCTION {function} RETURNS trigger LANGUAGE plpgsql AS"
            f" $$ BEGIN {again}; RETURN NULL; END $$"
        )
        statement = (
            f"CREATE TRIGGER again AFTER UPDATE ON {customers} FOR EACH ROW {when}"
            f" EXECUTE FUNCTION {function}"
        )
    if before:
        database.type(statement)
    follower = follow()
    follower.take()
    if not before:
        database.type(statement)
        follower.take()

    database.type(f"UPDATE {customers} SET n = 1 WHERE id = 1")

    assert [(old["n"], new["n"]) for _, _, old, new in follower.told()] == [(10, 1), (1, 99)]


def test_rows_are_read_in_pages_in_the_order_of_the_key(database, customers, follow):
    database.type(f"INSERT INTO {customers} VALUES (3, 'Cleo', 20)")
    table = follow().table

    def ids(**wanted):
        given = {"equal": {}, "after": None, "limit": 10, "reverse": False} | wanted
        return [values.decode(row.item)["id"] for row in table.rows(Wanted(**given))]

    assert ids() == [1, 2, 3]
    assert ids(limit=2) == [1, 2]
    assert ids(after=[1]) == [2, 3]
    assert ids(after=[3], reverse=True, limit=1) == [2]
    assert ids(equal={"n": 20}) == [2, 3]
    assert ids(equal={"n": 20, "name": "Cleo"}) == [3]
    assert ids(equal={"name": None}) == []
    assert table.count() == 3
    assert table.get([4]) is None
    assert objects(database) == []


def test_a_column_that_is_not_there_cannot_be_asked_for(database, customers, follow):
    with pytest.raises(InvalidValue, match="expected a column: id, name, n; got 'who'"):
        follow().table.rows(Wanted({"who": 1}, None, 1, reverse=False))


def test_a_database_that_is_not_there_cannot_be_reached(database, customers, follow, tmp_path):
    gone = {
        "sqlite": f"sqlite:///{tmp_path}/none.db",
        "postgresql": f"postgresql://u:secret@/shop?host={tmp_path}",
    }
    follower = follow(url=gone[database.scheme])

    with pytest.raises(Unreachable) as caught:
        follower.take()
    assert "secret" not in str(caught.value)
    assert not (tmp_path / "none.db").exists()
