# ruff: noqa: S311, TID251 - damage is drawn from a seed
"""Full, read-only and damaged disks: a clear error at once, no harm, and on it goes afterwards."""

from __future__ import annotations

import random
import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ensue import App
from ensue.app.integrity import check, check_file
from ensue.engine import work
from ensue.engine.backup import copy
from ensue.engine.database import StoreUrl
from ensue.engine.transfer import export
from ensue.words.errors import StoreError, StoreUnusable

DISK_KIB = 2_048
BODY = '"' + "x" * 4_000 + '"'


@pytest.fixture
def small_disk(tmp_path) -> Iterator[Path]:
    """A disk of 2 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK_KIB}k", "tmpfs", str(folder)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip("this user may not mount a disk")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@contextmanager
def filled(disk: Path) -> Iterator[None]:
    """While this lasts there is no room on the disk."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4_096))
        except OSError:
            pass
    yield
    ballast.unlink()


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """While this lasts no file of this process can grow beyond a size."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def fill_up(stage) -> int:
    """Add work, one piece a commit, until there is no room; returns how many were acknowledged."""
    added, said = 0, ""
    while not said:
        try:
            stage.do(lambda tx: work.add(tx, 16, BODY))
            added += 1
        except StoreUnusable as fault:
            said = str(fault)
    assert "disk is full" in said or "disk reported" in said
    return added


def count(stage) -> int:
    return stage.rows("SELECT count(*) FROM ensue_work")[0][0]


def rules(findings) -> set[str]:
    return {each.rule for each in findings} - {"work.queue"}  # these stages declare no queue


def test_a_full_disk_is_told_and_what_was_acknowledged_is_there(small_disk, run_on):
    stage = run_on(StoreUrl(str(small_disk / "ensue.db")))

    with filled(small_disk):
        added = fill_up(stage)
        assert count(stage) == added
        with pytest.raises(StoreUnusable):
            stage.do(lambda tx: work.add(tx, 16, BODY))

    assert rules(check(stage.engine)) == set()


def test_when_there_is_room_again_the_engine_goes_on_by_itself(small_disk, run_on):
    app = App("wims")
    queue = app.queue("jobs")
    seen = []
    queue.consumer()(lambda message, tx: seen.append(message.body))
    stage = run_on(StoreUrl(str(small_disk / "ensue.db")), app)
    with filled(small_disk):
        fill_up(stage)
        number = stage.engine.number(queue.ref)
        answers = stage.do_together(*[lambda tx: work.add(tx, number, BODY)] * 100)
        assert any(isinstance(answer, StoreUnusable) for answer in answers)

    stage.wait(queue.send("again"))
    stage.settle()

    assert seen[-1] == "again"
    assert rules(check(stage.engine)) == set()


def test_a_store_that_was_full_when_its_process_died_opens_with_what_was_acknowledged(
    small_disk, run_on, crashed
):
    stage = run_on(StoreUrl(str(small_disk / "ensue.db")))
    with filled(small_disk):
        added = fill_up(stage)
        left = crashed(stage)

    again = run_on(left)

    assert count(again) == added
    assert rules(check(again.engine)) == set()


def test_a_new_store_on_a_full_disk_is_refused_and_can_be_made_when_there_is_room(
    small_disk, run_on
):
    url = StoreUrl(str(small_disk / "ensue.db"))
    with filled(small_disk), pytest.raises(StoreUnusable) as caught:
        run_on(url)

    assert caught.value.hint
    assert check(run_on(url).engine) == []


def test_a_store_on_a_full_disk_opens_when_there_is_room(small_disk, run_on):
    url = StoreUrl(str(small_disk / "ensue.db"))
    stage = run_on(url)
    stage.do(lambda tx: work.add(tx, 16, BODY))
    stage.close()
    with filled(small_disk), pytest.raises(StoreUnusable):
        run_on(url)

    assert count(run_on(url)) == 1


@pytest.mark.parametrize("write", [copy, export])
def test_a_copy_for_which_there_is_no_room_leaves_nothing(write, small_disk, file_stage):
    file_stage.do(lambda tx: [work.add(tx, 16, BODY) for _ in range(1_000)])

    with pytest.raises(StoreUnusable, match=r"full|No space left"):
        write(file_stage.url, small_disk / "copy")

    assert list(small_disk.iterdir()) == []


def test_a_file_that_may_not_grow_is_told_and_goes_on_when_it_may(file_stage):
    file_stage.do(lambda tx: work.add(tx, 16, BODY))
    size = Path(f"{file_stage.url.path}-wal").stat().st_size
    with files_of_at_most(size + 50_000):
        added = fill_up(file_stage)

    file_stage.do(lambda tx: work.add(tx, 16, BODY))

    assert count(file_stage) == added + 2
    assert rules(check(file_stage.engine)) == set()


def test_a_disk_that_is_read_only_is_told(small_disk, run_on):
    url = StoreUrl(str(small_disk / "ensue.db"))
    run_on(url).close()
    before = Path(url.path).read_bytes()
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)

    with pytest.raises(StoreUnusable) as caught:
        run_on(url)

    assert "cannot be written: Read-only file system" in str(caught.value)
    assert Path(url.path).read_bytes() == before


@pytest.fixture
def used(file_store, run_on) -> StoreUrl:
    """A store that was used and closed."""
    stage = run_on(file_store)
    stage.do(lambda tx: [work.add(tx, 16, BODY) for _ in range(20)])
    stage.close()
    return file_store


def test_a_link_that_leads_to_itself_is_refused(tmp_path, run_on):
    (tmp_path / "ensue.db").symlink_to(tmp_path / "ensue.db")
    (tmp_path / "data").symlink_to(tmp_path / "data")

    for path in (tmp_path / "ensue.db", tmp_path / "data" / "ensue.db"):
        with pytest.raises(StoreUnusable):
            run_on(StoreUrl(str(path)))


def opens_or_is_refused_by_name(url: StoreUrl, run_on) -> None:
    code = None
    try:
        stage = run_on(url)
        stage.do(lambda tx: [work.add(tx, 16, '"x"'), work.due(tx, 16, 1_000)])
    except StoreError as fault:
        code = fault.code
    assert code in {None, "store_unusable", "store_error"}


@pytest.mark.parametrize("byte", range(0, 100, 4))
def test_any_byte_of_the_header_may_be_damaged(byte, used, run_on):
    content = bytearray(Path(used.path).read_bytes())
    content[byte] ^= 0xFF
    Path(used.path).write_bytes(content)

    opens_or_is_refused_by_name(used, run_on)


@pytest.mark.parametrize("percent", [1, 10, 50, 90, 99])
def test_a_file_that_was_cut_off_is_refused_by_name_and_stays_as_it_is(percent, used, run_on):
    content = Path(used.path).read_bytes()
    cut = content[: len(content) * percent // 100]
    Path(used.path).write_bytes(cut)

    for use in (check_file, lambda path: run_on(used)):
        with pytest.raises(StoreUnusable, match=r"damaged|no SQLite database"):
            use(Path(used.path))

    assert Path(used.path).read_bytes() == cut


@pytest.mark.parametrize("seed", range(10))
def test_a_damaged_log_takes_the_commits_from_there_and_none_before(
    seed, file_store, run_on, crashed
):
    stage = run_on(file_store)
    for _ in range(30):
        stage.do(lambda tx: work.add(tx, 16, BODY))
    left = crashed(stage)
    log = Path(f"{left.path}-wal")
    content = bytearray(log.read_bytes())
    place = random.Random(seed).randrange(len(content) // 4, len(content))
    content[place] ^= 0x55
    log.write_bytes(content)

    again = run_on(left)

    found = [number for (number,) in again.rows("SELECT id FROM ensue_work ORDER BY id")]
    assert found == list(range(1, len(found) + 1))
    assert rules(check(again.engine)) == set()


def test_a_store_whose_log_is_gone_is_as_it_was_at_the_last_checkpoint(file_store, run_on, crashed):
    stage = run_on(file_store)
    stage.do(lambda tx: work.add(tx, 16, BODY))
    stage.close()
    stage = run_on(file_store)
    stage.do(lambda tx: work.add(tx, 16, BODY))
    left = crashed(stage)
    Path(f"{left.path}-wal").unlink()

    again = run_on(left)

    assert count(again) == 1
    assert rules(check(again.engine)) == set()


def test_a_page_that_is_damaged_while_it_runs_is_told_and_the_rest_goes_on(used, run_on):
    stage = run_on(used)
    with Path(used.path).open("r+b") as file:
        [(page,)] = stage.rows("SELECT rootpage FROM sqlite_schema WHERE name = 'ensue_failures'")
        file.seek((page - 1) * 4_096)
        file.write(b"\xff" * 4_096)

    with pytest.raises(StoreUnusable, match="damaged") as caught:
        stage.rows("SELECT * FROM ensue_failures")

    assert "restore a backup" in str(caught.value)
    assert count(stage) == 20
