"""The bodies of objects are in every copy of a store, and what lacks is found."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from ensue.app.app import App
from ensue.app.copies import back_up, branch, export, import_
from ensue.app.integrity import check, check_file, repair_file
from ensue.engine.database import StoreUrl
from ensue.engine.file_shelf import holding, ids_in
from ensue.engine.shelf import BodyPlace, folder_of, path_of
from ensue.words.errors import Conflict, InvalidInput, StoreBusy, StoreUnusable
from ensue.words.findings import ERROR, WARNING

LARGE = bytes(range(256)) * 8_000


def make_app():
    app = App("shop")
    app.bucket("files", versions=True)
    return app


def bucket_of(app):
    return next(each for ref, each in app.resources.items() if ref.kind == "bucket")


@pytest.fixture
def app():
    return make_app()


@pytest.fixture
def stage(file_store, run_on, app):
    stage = run_on(file_store, app)
    bucket = bucket_of(app)
    stage.wait(bucket.put("a", b"one"))
    stage.wait(bucket.put("a", b"two"))
    stage.wait(bucket.put("large", LARGE))
    stage.wait(bucket.put("empty", b""))
    stage.wait(bucket.put("gone", b"x"))
    stage.wait(bucket.delete("gone"))
    stage.settle()
    return stage


def files(store):
    """The files of bodies beside a store."""
    return sorted(path for path in folder_of(str(store)).glob("*/*/*") if path.is_file())


def check_it_holds_all(run_on, store):
    app = make_app()
    stage = run_on(StoreUrl(str(store), "NORMAL"), app)
    bucket = bucket_of(app)
    assert stage.wait(bucket.get("a")) == b"two"
    assert stage.wait(bucket.get("a", version=1)) == b"one"
    assert stage.wait(bucket.get("large")) == LARGE
    assert stage.wait(bucket.get("empty")) == b""
    assert check(stage.engine) == []


def test_a_backup_has_the_bodies_and_can_be_run(stage, run_on, tmp_path):
    target = tmp_path / "monday.db"

    done = back_up(str(stage.url), target)

    assert (done.bodies, done.bodies_bytes, done.findings) == (5, len(LARGE) + 7, [])
    assert len(files(target)) == 5
    assert all(path.stat().st_nlink == 1 for path in files(target))
    check_it_holds_all(run_on, target)


def test_a_branch_has_the_bodies_as_links(stage, run_on, tmp_path):
    done = branch(str(stage.url), tmp_path / "trial")

    assert (done.bodies, done.findings) == (5, [])
    assert all(path.stat().st_nlink == 2 for path in files(done.path))
    check_it_holds_all(run_on, done.path)


@pytest.mark.parametrize("name", ["shop.jsonl", "shop.jsonl.gz"])
def test_an_export_carries_the_bodies(stage, run_on, tmp_path, name):
    text, store = tmp_path / name, tmp_path / "moved" / "ensue.db"

    out = export(str(stage.url), text)
    back = import_(f"sqlite:///{store}", text)

    assert out.bodies == back.bodies == 5
    assert check_file(store) == []
    check_it_holds_all(run_on, store)


def test_an_import_of_a_changed_body_is_refused_and_leaves_nothing(stage, tmp_path):
    text, store = tmp_path / "shop.jsonl", tmp_path / "moved" / "ensue.db"
    export(str(stage.url), text)
    changed = text.read_bytes().replace(b'[{"bytes":"dHdv"}]', b'[{"bytes":"dHdw"}]')
    assert changed != text.read_bytes()
    text.write_bytes(changed)

    with pytest.raises(InvalidInput, match="not those that were written"):
        import_(f"sqlite:///{store}", text)

    assert list(store.parent.iterdir()) == []


def test_an_export_without_bodies_is_one_that_earlier_versions_read(file_store, run_on, tmp_path):
    app = App("shop")
    app.bucket("files")
    stage = run_on(file_store, app)
    text = tmp_path / "shop.jsonl.gz"

    done = export(str(stage.url), text)

    assert done.bodies == 0
    assert b'"format":1' in gzip.decompress(text.read_bytes()).splitlines()[0]


def test_a_copy_takes_no_folder_that_is_there(stage, tmp_path):
    target = tmp_path / "monday.db"
    folder_of(str(target)).mkdir()

    with pytest.raises(Conflict, match="bodies of another store"):
        back_up(str(stage.url), target)

    assert not target.exists()


def test_a_store_without_objects_is_copied_without_a_folder(file_store, run_on, tmp_path):
    stage = run_on(file_store, App("shop"))
    target = tmp_path / "monday.db"

    assert back_up(str(stage.url), target).bodies == 0
    assert not folder_of(str(target)).exists()


def test_nothing_is_removed_while_a_copy_is_made(stage, app):
    bucket = bucket_of(app)
    plain = files(stage.url.path)

    with holding(folder_of(stage.url.path)):
        stage.wait(bucket.delete("large", version=3))
        stage.settle()
        assert files(stage.url.path) == plain
    stage.advance(60_000)

    assert len(files(stage.url.path)) == len(plain) - 1


def test_a_body_that_is_gone_or_cut_off_is_found_and_told_by_every_copy(stage, tmp_path):
    small, large = (
        next(path for path in files(stage.url.path) if path.stat().st_size == size)
        for size in (3, len(LARGE))
    )
    small.unlink()
    large.write_bytes(LARGE[:-1])

    found = check_file(Path(stage.url.path))
    copied = back_up(str(stage.url), tmp_path / "monday.db")

    assert sorted(each.rule for each in found) == ["bodies.missing", "bodies.size"]
    assert {each.severity for each in found} == {ERROR}
    assert [each.rule for each in copied.findings] == [each.rule for each in found]
    assert [each.rule for each in check(stage.engine)] == [each.rule for each in found]
    with pytest.raises(StoreUnusable, match="gone or cut off"):
        export(str(stage.url), tmp_path / "shop.jsonl")
    assert not (tmp_path / "shop.jsonl").exists()


def test_a_file_that_no_object_has_is_found_and_repaired_while_nobody_runs(stage, app):
    [one, *_] = files(stage.url.path)
    orphan = one.with_name(f"{'0' * 8}-0000-7000-8000-{'0' * 10}{one.parent.name}")
    orphan.write_bytes(b"left")
    store = Path(stage.url.path)

    found = check_file(store)
    with pytest.raises(StoreBusy):
        repair_file(store)
    stage.close()

    assert [(each.rule, each.severity) for each in found] == [("bodies.orphan", WARNING)]
    assert repair_file(store) == 1
    assert not orphan.exists()
    assert check_file(store) == []


def test_the_process_that_runs_removes_what_no_object_has(stage, run_on, app):
    [one, *_] = files(stage.url.path)
    orphan = one.with_name(f"{'0' * 8}-0000-7000-8000-{'0' * 10}{one.parent.name}")
    orphan.write_bytes(b"left")
    plain = len(files(stage.url.path))

    stage.advance(86_400_000)

    assert not orphan.exists()
    assert len(files(stage.url.path)) == plain - 1


def test_an_object_whose_row_lost_its_body_is_found(stage):
    stage.do(lambda tx: tx.execute("DELETE FROM ensue_bodies WHERE size = 0"))
    stage.do(lambda tx: tx.execute("DELETE FROM shop_files WHERE key = 'large'"))

    found = {each.rule for each in check(stage.engine)}

    assert found == {"bucket.body", "bucket.unused", "bucket.changes"}


@pytest.mark.parametrize("name", ["/etc/passwd", "../../../outside", "..", "a\\..", "", "x\0yz"])
def test_a_body_that_a_store_names_outside_of_its_folder_is_not_touched(tmp_path, name):
    with pytest.raises(StoreUnusable, match="the id of a body"):
        path_of(tmp_path, BodyPlace(16, name))


def test_a_file_beside_the_bodies_that_is_none_is_left_alone(tmp_path):
    shard = tmp_path / "16" / "ab"
    shard.mkdir(parents=True)
    for name in ("a", "x.", "0-ab"):
        (shard / name).touch()

    assert list(ids_in(tmp_path, 16)) == [["0-ab"]]
