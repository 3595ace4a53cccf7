"""Tables in the console: rows, queries, items, their history, and what may be done to them."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from decimal import Decimal
from urllib.parse import quote

import pytest

from ensue import App, Body, Tx
from ensue.doors.console import Modes
from tests.doors.console.sample import consoled

SHOP = "/tables/shop/actions"


class Action(Body):
    id: str
    status: str
    due: int = 0
    note: str = ""


def make_shop() -> App:
    app = App("shop")
    actions = app.table(
        "actions", key="id", of=Action, indexes={"by-status": ("status", "due")}, keep_changes="7d"
    )
    lines = app.table("lines", key=("order", "line"))
    app.table("empty", key="id")

    @app.action(actions, where="status = :failed", failed="FAILED")
    def retry(action: Action, tx: Tx) -> None:
        """Try it again."""
        action.status = "PENDING"
        tx.put(actions, action)

    @app.post("/actions/{name}/{status}", status=201)
    def put(name: str, status: str, tx: Tx) -> None:
        tx.put(actions, Action(name, status, due=len(name)))

    @app.post("/lines")
    def fill(tx: Tx) -> None:
        inside = {"city": "Paris", "zip": [7, 5]}
        odd = {"bytes": b"\x00\xff", "tags": {"b", "a"}, "price": Decimal("1.50"), "to": inside}
        tx.put(lines, {"order": "o/1", "line": 1, **odd})

    return app


@pytest.fixture
def visitor():
    with consoled(make_shop()) as made:
        for name, status in (("a", "COMPLETED"), ("bb", "FAILED"), ("ccc", "FAILED")):
            assert made.kit.post(f"/actions/{name}/{status}").status == 201
        made.kit.post("/lines")
        yield made


@pytest.fixture
def masked():
    with consoled(make_shop(), modes=Modes(masked=True)) as made:
        made.kit.post("/actions/secret-id/FAILED")
        yield made


def send(visitor, path, fields):
    """Send a form of the table's page."""
    page = visitor.get(SHOP).raw.decode()
    token = re.search(r'name="form_token" value="(\w+)"', page)[1]
    return visitor.post(path, fields, token=token)


def item(name: str) -> str:
    told = f'"{name}"'
    return f"{SHOP}/item?key={quote(told)}"


def test_tables_are_listed_with_their_keys_and_how_many_items_they_have(visitor):
    found = {each["name"]: each for each in visitor.twin("/tables")["tables"]}

    assert (found["actions"]["items"], found["actions"]["indexes"]) == (3, ["by-status"])
    assert found["lines"]["key"] == ["order", "line"]
    assert visitor.get("/tables").status == 200


def test_rows_are_paged_by_key_and_each_leads_to_its_item(visitor):
    first = visitor.twin(f"{SHOP}?limit=2")
    second = visitor.twin(f"{SHOP}?limit=2&after={first['next']}")

    assert [each["id"] for each in first["items"]] == ["a", "bb"]
    assert [each["id"] for each in second["items"]] == ["ccc"]
    assert second["next"] is None
    page = visitor.get(f"{SHOP}?limit=2").raw.decode()
    for address in re.findall(r'href="/console(/tables/shop/actions/item[^"]+)"', page):
        assert visitor.get(address.replace("&amp;", "&")).status == 200


def test_do_8_es_16_counts_by_status_have_their_colours_and_lead_to_their_rows(visitor):
    counted = visitor.twin(SHOP)["counts"]
    page = visitor.get(SHOP).raw.decode()

    assert counted["attribute"] == "status"
    assert counted["values"] == [
        {"value": "FAILED", "items": 2},
        {"value": "COMPLETED", "items": 1},
    ]
    tiles = dict(re.findall(r'class="tile count (\w+)"[^>]*><span class="label">(\w+)', page))
    assert tiles == {"bad": "failed", "good": "completed"}
    visitor.kit.post("/actions/d/PENDING")
    tiles = re.findall(
        r'class="tile count (\w+)"[^>]*><span class="label">pending', visitor.get(SHOP).raw.decode()
    )
    assert tiles == ["warn"]
    listed = visitor.twin(f"{SHOP}?by=by-status&value=FAILED")
    assert [each["id"] for each in listed["items"]] == ["bb", "ccc"]


@pytest.mark.parametrize(
    ("query", "plan", "found"),
    [
        ("", ("scan", None, 50), ["a", "bb", "ccc"]),
        ("by=key&value=bb", ("key", None, 1), ["bb"]),
        ("by=by-status&value=FAILED&sort=>&sort_value=2", ("index", "by-status", 50), ["ccc"]),
        ("field1=due&op1=<&value1=3", ("scan", None, 10_000), ["a", "bb"]),
        ("field1=status&op1=begins_with&value1=COM", ("scan", None, 10_000), ["a"]),
        ("field1=ttl&op1=attribute_exists", ("scan", None, 10_000), []),
        ('filter=size(id) = :n&values={"n": 3}', ("scan", None, 10_000), ["ccc"]),
    ],
)
def test_a_query_says_what_it_reads_and_how_much_at_most(visitor, query, plan, found):
    said = visitor.twin(f"{SHOP}?{quote(query, safe='=&')}")

    told = said["query"]["plan"]
    assert (told["by"], told["name"], told["examined"]) == plan
    assert [each["id"] for each in said["items"]] == found
    assert visitor.get(f"{SHOP}?{quote(query, safe='=&')}").status == 200


def test_a_query_is_told_as_an_expression_python_a_command_and_curl(visitor):
    query = "by=by-status&value=FAILED&sort=>&sort_value=2&field1=note&op1=<>&value1=x"
    said = visitor.twin(f"{SHOP}?{quote(query, safe='=&')}")["query"]

    assert said["expression"] == "due > :s AND note <> :v1"
    assert said["python"] == (
        "page = await actions.query('FAILED', index='by-status', sort='due > :s',"
        " filter='note <> :v1', limit=50, s=2, v1='x')"
    )
    assert said["command"].startswith("ensue query actions '\"FAILED\"' --index by-status")
    assert said["curl"].startswith("curl -s 'http://")
    assert '"sort": "due > :s"' in said["curl"]


@pytest.mark.parametrize(
    "query", ["filter=due >", "field1=a b", "by=by-age&value=1", "filter=x = :y&values=[1]"]
)
def test_a_query_that_is_written_wrong_says_so_where_it_is_written(visitor, query):
    said = visitor.twin(f"{SHOP}?{quote(query, safe='=&')}")

    assert said["query"]["fault"]["message"]
    assert said["items"] == []
    assert 'role="alert"' in visitor.get(f"{SHOP}?{quote(query, safe='=&')}").raw.decode()


def test_bytes_sets_decimals_and_what_is_nested_are_shown_as_what_they_are(visitor):
    said = visitor.twin("/tables/shop/lines")["items"]
    page = visitor.get("/tables/shop/lines").raw.decode()

    assert said[0]["bytes"] == {"$bytes": "00ff"}
    assert said[0]["tags"] == {"$set": ["a", "b"]}
    assert "00ff (2 bytes)" in page
    assert "{a, b}" in page
    assert '<details class="fold">' in page
    there = visitor.twin("/tables/shop/lines/item?key=" + quote('["o/1", 1]'))
    assert there["item"] == said[0]


def test_do_1_the_history_tells_what_changed_who_did_it_and_when(visitor):
    visitor.kit.advance("1m")
    send(visitor, f"{SHOP}/act", {"action": "retry", "keys": "bb"})
    newest, first = visitor.twin(item("bb"))["history"]

    assert newest["operation"] == "MODIFY"
    assert (newest["oldData"], newest["newData"]) == ({"status": "FAILED"}, {"status": "PENDING"})
    assert newest["loggedAt"] - first["loggedAt"] == 60_000
    assert newest["metadata"]["actor"] == "console act table"
    assert (first["operation"], first["oldData"]) == ("INSERT", {})
    assert first["metadata"]["actor"] == "POST /actions/{name}/{status}"
    assert first["table"] == "actions"
    assert f"/console/why/{newest['id']}" in visitor.get(item("bb")).raw.decode()


def test_an_item_is_edited_field_by_field_or_as_json_at_its_version(visitor):
    version = visitor.twin(item("bb"))["version"]
    done = send(
        visitor,
        f"{SHOP}/edit",
        {"key": '"bb"', "version": str(version), "field.note": "checked", "field.due": "9"},
    )
    edited = visitor.twin(item("bb"))
    again = send(
        visitor,
        f"{SHOP}/edit",
        {
            "key": '"bb"',
            "version": str(edited["version"]),
            "item": '{"id": "bb", "status": "DONE", "due": 1, "note": ""}',
        },
    )

    assert (done.status, again.status) == (303, 303)
    assert (edited["item"]["note"], edited["item"]["due"]) == ("checked", 9)
    assert visitor.twin(item("bb"))["item"]["status"] == "DONE"


@pytest.mark.parametrize("what", ["edit", "delete"])
def test_an_item_that_somebody_else_has_changed_stays_as_they_left_it(visitor, what):
    version = visitor.twin(item("bb"))["version"]
    visitor.kit.post("/actions/bb/COMPLETED")

    refused = send(
        visitor, f"{SHOP}/{what}", {"key": '"bb"', "version": str(version), "field.note": "late"}
    )

    assert refused.status == 409
    assert visitor.twin(item("bb"))["item"]["status"] == "COMPLETED"
    assert visitor.twin(item("bb"))["item"]["note"] == ""


@pytest.mark.parametrize(
    "fields", [{"field.due": "soon"}, {"item": "[1]"}, {"item": '{"id": 7}'}, {"item": "{"}]
)
def test_an_edit_that_does_not_fit_changes_nothing(visitor, fields):
    version = visitor.twin(item("bb"))["version"]

    refused = send(visitor, f"{SHOP}/edit", {"key": '"bb"', "version": str(version), **fields})

    assert refused.status == 400
    assert visitor.twin(item("bb"))["version"] == version


def test_an_item_is_made_and_deleted_and_its_history_stays(visitor):
    made = send(visitor, f"{SHOP}/create", {"item": '{"id": "n/1", "status": "NEW"}'})
    twice = send(visitor, f"{SHOP}/create", {"item": '{"id": "n/1", "status": "NEW"}'})
    version = visitor.twin(item("n/1"))["version"]
    gone = send(visitor, f"{SHOP}/delete", {"key": '"n/1"', "version": str(version)})

    assert (made.status, twice.status, gone.status) == (303, 409, 303)
    there = visitor.get(made.headers["location"].removeprefix("/console"))
    assert there.status == 200
    said = visitor.twin(item("n/1"))
    assert (said["item"], [each["operation"] for each in said["history"]]) == (
        None,
        ["REMOVE", "INSERT"],
    )
    assert visitor.get(item("never")).status == 404


def test_es_16_failed_ones_are_retried_together_by_what_the_app_offers(visitor):
    done = send(
        visitor, f"{SHOP}/act", {"action": "retry", "keys": "bb,ccc,a", "back": f"{SHOP}?limit=25"}
    )

    assert done.headers["location"] == f"/console{SHOP}?limit=25"
    assert visitor.twin(SHOP)["counts"]["values"][0] == {"value": "PENDING", "items": 2}
    [told] = visitor.twin("/audit?limit=1")["changes"]
    assert told["outcome"] == "Retry: done to 2 of 3 items; 1 could not be, and are as they were"
    assert send(visitor, f"{SHOP}/act", {"action": "retry", "keys": "a"}).status == 409
    assert send(visitor, f"{SHOP}/act", {"action": "retry"}).status == 400


def test_the_changes_are_told_newest_first_and_filtered(visitor):
    said = visitor.twin(f"{SHOP}/changes")
    pattern = quote('{"NewImage": {"status": ["FAILED"]}}')
    failed = visitor.twin(f"{SHOP}/changes?kinds=insert&pattern={pattern}")

    assert [each["key"] for each in said["changes"]] == ["ccc", "bb", "a"]
    assert [each["key"] for each in failed["changes"]] == ["ccc", "bb"]
    assert [each["key"] for each in visitor.twin(f"{SHOP}/changes?item=bb")["changes"]] == ["bb"]
    assert visitor.twin(f"{SHOP}/changes?pattern=x")["fault"]
    assert visitor.get(f"{SHOP}/changes").status == 200


def test_what_is_masked_shows_no_key_and_no_value(masked):
    for path in (SHOP, item("secret-id"), f"{SHOP}/changes", f"{SHOP}?by=by-status&value=FAILED"):
        page, said = masked.get(path), masked.twin(path)
        shown = page.raw.decode().replace(quote(path.split("?")[-1]), "")
        assert page.status == 200
        assert ">secret-id<" not in shown
        assert '"FAILED"' not in str(said.get("items"))
        assert "secret-id" not in str({**said, "table": None})


def test_a_table_without_items_says_how_the_first_is_made(visitor):
    assert "ensue put empty" in visitor.get("/tables/shop/empty").raw.decode()


def test_what_is_live_is_made_anew_by_itself(visitor):
    for path in ("/tables", SHOP, f"{SHOP}?by=key&value=a", item("bb")):
        got = visitor.get(path, hx_target="live")
        assert got.status == 200
        assert "<html" not in got.raw.decode()


def test_an_adopted_table_is_shown_to_be_read_only(tmp_path):
    path = tmp_path / "crm.db"
    with closing(sqlite3.connect(path)) as outside, outside:
        outside.execute("CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT, photo BLOB)")
        outside.execute("INSERT INTO customers VALUES (1, 'ada', x'00ff'), (2, 'bob', NULL)")
    app = App("crm")
    app.adopt("customers", url=f"sqlite:///{path}", table="customers")
    with consoled(app) as visitor:
        visitor.kit.settle()
        rows = visitor.twin("/tables/crm/customers?kind=adopted")
        found = visitor.twin("/tables/crm/customers?kind=adopted&field1=name&value1=bob")
        page = visitor.get("/tables/crm/customers").raw.decode()
        row = visitor.twin("/tables/crm/customers/item?key=1")

        assert [each["name"] for each in rows["items"]] == ["ada", "bob"]
        assert [each["id"] for each in found["items"]] == [2]
        assert "New item" not in page
        assert "to be read only" in page
        assert (row["item"]["name"], row["history"]) == ("ada", None)
        assert visitor.get("/tables/crm/customers/item?key=1").status == 200
        assert visitor.get("/tables/crm/customers/changes?kind=adopted").status == 200
        assert visitor.twin("/tables")["tables"][0]["kind"] == "adopted"
