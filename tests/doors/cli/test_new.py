import subprocess
import sys

import pytest
from click.testing import CliRunner

from ensue.__main__ import make_cli
from tests.doors.cli.served import serving, typed


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _new(name):
    return CliRunner().invoke(make_cli(serve=lambda *_: None), ["new", name])


def test_a_new_app_has_code_tests_and_a_readme_and_says_what_comes_next(folder):
    done = _new("my-shop")
    assert done.exit_code == 0
    assert sorted(each.name for each in (folder / "my-shop").iterdir()) == [
        "README.md",
        "app.py",
        "test_app.py",
    ]
    assert "cd my-shop\n  ensue run .\n  pytest" in done.stdout
    assert "__NAME__" not in "".join(each.read_text() for each in (folder / "my-shop").iterdir())


def test_nothing_is_overwritten(folder):
    (folder / "shop").mkdir()
    (folder / "shop/app.py").write_text("mine")
    done = _new("shop")
    assert done.exit_code == 1
    assert "there is a shop already" in done.stderr
    assert (folder / "shop/app.py").read_text() == "mine"
    assert [each.name for each in (folder / "shop").iterdir()] == ["app.py"]


@pytest.mark.parametrize("name", ["Shop", "../shop", "a b", "1st", ""])
def test_a_name_that_is_none_is_refused(folder, name):
    done = _new(name)
    assert done.exit_code == 1
    assert "error: expected a lower-case name" in done.stderr
    assert list(folder.iterdir()) == []


def test_a_new_app_passes_its_own_tests(folder):
    _new("shop")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider"],
        cwd=folder / "shop",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 passed" in done.stdout


def test_a_new_app_runs_and_the_commands_that_it_proposes_work(folder):
    _new("shop")
    with serving(".", cwd=folder / "shop") as served:
        told = []
        for line in served.tries:
            done = typed(line, folder)
            assert done.returncode == 0, done.stderr
            told.append(done.stdout)
        assert '"product":"tea"' in told[0].replace(" ", "")
        assert "tea" in told[1]
        assert "parcels" in told[2]
        assert served.stop() == 0
    assert (folder / "shop/data/ensue.db").is_file()
