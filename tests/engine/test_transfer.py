from __future__ import annotations

import gzip
import json
import math
import tracemalloc
from contextlib import closing
from pathlib import Path

import apsw
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ensue import App
from ensue.app.integrity import check
from ensue.engine import arrival, transfer, work
from ensue.engine.arrival import import_store
from ensue.engine.database import APPLICATION_ID, MEMORY, StoreUrl
from ensue.engine.schema import STEPS
from ensue.engine.transfer import export
from ensue.words.errors import Conflict, InvalidInput, InvalidValue, NotFound, StoreUnusable
from tests.migration.shop import make_app


@pytest.fixture
def exported(file_store, run_on, tmp_path) -> Path:
    """The export of a store in which something of everything is in flight."""
    shop = make_app()
    stage = run_on(file_store, shop.app)
    stage.wait(shop.orders.put({"customer": "c1", "id": "o1", "quantity": 1}))
    stage.wait(shop.orders.put({"customer": "c1", "id": "fails", "quantity": 1}))
    stage.settle()
    stage.wait(shop.jobs.send({"number": "waiting"}))
    stage.wait(shop.jobs.send({"number": "later"}, delay=60))
    stage.wait(shop.actions.send({"number": 1}))
    actions = stage.engine.number(shop.actions.ref)
    stage.do(lambda tx: work.lease(tx, work.due(tx, actions, 1), 35_000))
    export(file_store, tmp_path / "all.jsonl")
    stage.close()
    return tmp_path / "all.jsonl"


def moved(tmp_path: Path, name: str = "moved") -> StoreUrl:
    (tmp_path / name).mkdir()
    return StoreUrl(str(tmp_path / name / "ensue.db"))


def lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def tables(connection: apsw.Connection) -> set[str]:
    found = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
    return {str(name) for (name,) in found}


def test_what_was_imported_is_exported_again_byte_for_byte(exported, tmp_path):
    target = moved(tmp_path)

    import_store(exported, target)
    export(target, tmp_path / "again.jsonl")

    assert (tmp_path / "again.jsonl").read_bytes() == exported.read_bytes()


def test_every_table_of_the_store_is_carried_with_all_its_columns(exported, file_store):
    with closing(apsw.Connection(file_store.path)) as connection:
        there = tables(connection)
        columns = {
            name: [row[1] for row in connection.execute(f"PRAGMA table_info({name})")]
            for name in there
        }

    carried = {
        each["table"]: each["columns"]
        for each in lines(exported)
        if isinstance(each, dict) and "table" in each
    }

    assert carried == columns
    assert {"ensue_work", "ensue_hops", "ensue_readers", "shop_orders"} <= there


def test_an_environment_goes_on_where_it_was_exported(exported, tmp_path, run_on):
    shop = make_app()
    charged = []

    @shop.actions.consumer()
    async def act(message):
        charged.append(message.receives)

    target = moved(tmp_path)
    import_store(exported, target)
    stage = run_on(target, shop.app)
    stage.settle()

    assert charged == [2]
    assert [each["number"] for each in shop.seen] == ["waiting"]
    assert stage.platform.why("c1/o1")
    assert check(stage.engine) == []
    stage.advance(60_000)
    assert [each["number"] for each in shop.seen] == ["waiting", "later"]


VALUES = st.one_of(
    st.none(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    st.binary(max_size=20),
    st.sampled_from([math.inf, -math.inf, 1.0, 1e300, "\0", "a\nb", "\u2028"]),
)


@given(st.lists(st.tuples(VALUES, VALUES), max_size=8), st.text("ab \"'é", min_size=1, max_size=4))
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_values_in_any_table_are_carried_as_they_are(tmp_path_factory, rows, name):
    folder = tmp_path_factory.mktemp("values")
    with closing(apsw.Connection(str(folder / "ensue.db"))) as connection:
        connection.execute(f"PRAGMA application_id={APPLICATION_ID}").fetchall()
        quoted = transfer.quoted(f"t {name}")
        connection.execute(f"CREATE TABLE {quoted} (a, {transfer.quoted(name + 'b')})")
        connection.executemany(f"INSERT INTO {quoted} VALUES (?, ?)", rows)
        connection.execute(f"INSERT INTO {quoted} VALUES (CAST(x'ff00fe' AS TEXT), 1)")
        before = connection.execute(
            f"SELECT typeof(a), quote(a), * FROM {quoted} LIMIT ?", (len(rows),)
        ).fetchall()

    export(StoreUrl(str(folder / "ensue.db")), folder / "a.jsonl")
    import_store(folder / "a.jsonl", StoreUrl(str(folder / "b.db")))
    export(StoreUrl(str(folder / "b.db")), folder / "b.jsonl")

    assert (folder / "b.jsonl").read_bytes() == (folder / "a.jsonl").read_bytes()
    with closing(apsw.Connection(str(folder / "b.db"))) as connection:
        assert (
            connection.execute(
                f"SELECT typeof(a), quote(a), * FROM {quoted} LIMIT ?", (len(rows),)
            ).fetchall()
            == before
        )
        [(last,)] = connection.execute(
            f"SELECT hex(CAST(a AS BLOB)) FROM {quoted} ORDER BY rowid DESC LIMIT 1"
        )
        assert last == "FF00FE"


def test_a_text_that_was_cut_off_anywhere_is_refused_and_nothing_is_made(exported, tmp_path):
    whole = exported.read_bytes()
    target = moved(tmp_path)
    for size in range(0, len(whole), len(whole) // 60):
        (tmp_path / "cut.jsonl").write_bytes(whole[:size])
        with pytest.raises(InvalidInput, match="line"):
            import_store(tmp_path / "cut.jsonl", target)
    assert list(Path(target.path).parent.iterdir()) == []


def test_a_text_in_which_a_byte_was_changed_is_refused_and_nothing_is_made(exported, tmp_path):
    whole = exported.read_bytes()
    target = moved(tmp_path)
    for place in range(1, len(whole), len(whole) // 60):
        changed = bytearray(whole)
        changed[place] = changed[place] ^ 1
        (tmp_path / "changed.jsonl").write_bytes(changed)
        with pytest.raises((InvalidInput, StoreUnusable)):
            import_store(tmp_path / "changed.jsonl", target)
    assert list(Path(target.path).parent.iterdir()) == []


@pytest.mark.parametrize("drop", [1, 2, -2, -1])
def test_a_text_of_which_a_line_was_dropped_is_refused(exported, tmp_path, drop):
    kept = exported.read_bytes().splitlines(keepends=True)
    del kept[drop]
    (tmp_path / "less.jsonl").write_bytes(b"".join(kept))

    with pytest.raises(InvalidInput):
        import_store(tmp_path / "less.jsonl", moved(tmp_path))


def test_a_text_with_something_behind_its_end_is_refused(exported, tmp_path):
    (tmp_path / "more.jsonl").write_bytes(exported.read_bytes() + b"{}\n")

    with pytest.raises(InvalidInput, match="end of the file"):
        import_store(tmp_path / "more.jsonl", moved(tmp_path))


def test_a_store_that_is_there_is_not_imported_into(exported, file_store, run_on):
    before = Path(file_store.path).read_bytes()

    with pytest.raises(Conflict, match="such a file already"):
        import_store(exported, file_store)

    assert Path(file_store.path).read_bytes() == before


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format": transfer.FORMAT + 1}, f"format {transfer.FORMAT + 1}"),
        ({"step": len(STEPS) + 1}, "schema step"),
    ],
)
def test_an_export_of_a_newer_version_is_refused(exported, tmp_path, change, said):
    first, _, rest = exported.read_bytes().partition(b"\n")
    newer = json.dumps(json.loads(first) | change).encode()
    (tmp_path / "newer.jsonl").write_bytes(newer + b"\n" + rest)

    with pytest.raises(StoreUnusable, match=said):
        import_store(tmp_path / "newer.jsonl", moved(tmp_path))


def test_a_name_that_ends_with_gz_is_compressed_and_the_same_each_time(
    exported, file_store, tmp_path
):
    export(file_store, tmp_path / "one.jsonl.gz")
    export(file_store, tmp_path / "two.jsonl.gz")
    target = moved(tmp_path)

    import_store(tmp_path / "one.jsonl.gz", target)

    packed = (tmp_path / "one.jsonl.gz").read_bytes()
    assert packed == (tmp_path / "two.jsonl.gz").read_bytes()
    assert gzip.decompress(packed).startswith(b'{"ensue":"export"')
    assert Path(target.path).exists()
    (tmp_path / "cut.gz").write_bytes(packed[:-50])
    with pytest.raises(InvalidInput, match="cannot be read"):
        import_store(tmp_path / "cut.gz", moved(tmp_path, "other"))


@pytest.mark.parametrize("content", [b"", b"\n", b"Dear Sir", b"[]\n", b'{"a":1}\n', b"7\n"])
def test_what_is_no_export_is_refused(content, tmp_path):
    (tmp_path / "letter").write_bytes(content)

    with pytest.raises(InvalidInput, match=r"line 1"):
        import_store(tmp_path / "letter", moved(tmp_path))


def test_a_file_that_is_not_there_and_a_store_in_memory_are_refused(exported, tmp_path):
    with pytest.raises(NotFound, match="there is no file"):
        import_store(tmp_path / "none", moved(tmp_path))
    with pytest.raises(InvalidInput, match="cannot be read"):
        import_store(tmp_path, moved(tmp_path, "other"))
    with pytest.raises(InvalidValue, match="in memory"):
        import_store(exported, StoreUrl(MEMORY))


def test_a_statement_that_makes_nothing_is_not_executed(exported, tmp_path):
    text = exported.read_text().replace('"sql":"CREATE TABLE ensue_failures', '"sql":"DROP TABLE e')
    (tmp_path / "odd.jsonl").write_text(text)

    with pytest.raises(InvalidInput, match="makes something"):
        import_store(tmp_path / "odd.jsonl", moved(tmp_path))


def test_a_virtual_table_is_told_instead_of_lost(file_store, run_on, typed_in, tmp_path):
    run_on(file_store)
    typed_in(file_store, "CREATE VIRTUAL TABLE found USING fts5 (text)")

    with pytest.raises(Conflict, match="virtual"):
        export(file_store, tmp_path / "all.jsonl")
    assert not (tmp_path / "all.jsonl").exists()


def test_memory_stays_flat_whatever_the_size(file_store, run_on, tmp_path):
    queue = App("wims")
    jobs = queue.queue("jobs")
    stage = run_on(file_store, queue)
    number = stage.engine.number(jobs.ref)
    body = json.dumps("x" * 1_000)
    stage.do(lambda tx: [work.add(tx, number, body) for _ in range(8_000)])

    tracemalloc.start()
    export(file_store, tmp_path / "all.jsonl")
    import_store(tmp_path / "all.jsonl", moved(tmp_path))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert (tmp_path / "all.jsonl").stat().st_size > 8_000_000
    assert peak < 6_000_000


def test_a_row_that_is_too_long_for_a_line_is_told(file_store, run_on, tmp_path, monkeypatch):
    run_on(file_store)
    monkeypatch.setattr(transfer, "LINE_BYTES_MAX", 50)

    with pytest.raises(Conflict, match="expected rows of at most 50 bytes"):
        export(file_store, tmp_path / "all.jsonl")
    assert arrival.LINE_BYTES_MAX > 1_000_000
