"""The public types say what the sample says, and apps of the documentation pass as they are."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import pages

ROOT = Path(__file__).parents[2]
SKELETON = ROOT / "src/ensue/doors/cli/skeleton/app.py.txt"


@pytest.fixture(autouse=True)
def _checker() -> None:
    pytest.importorskip("mypy", reason="it comes with the extra `lint`")


def _check(*what: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file", "pyproject.toml", *what],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_type_checker_agrees_with_the_sample():
    done = _check("-m", "tests.typing.sample")
    assert done.returncode == 0, done.stdout


def test_apps_of_the_documentation_and_a_new_app_have_no_type_errors(tmp_path):
    texts = [
        (f"{page.name}:{block.line}", block.text)
        for page in pages()
        for block in page.blocks
        if block.language == "python" and " = App(" in block.text
    ]
    texts.append((SKELETON.name, SKELETON.read_text(encoding="utf-8")))
    for number, (name, text) in enumerate(texts):
        (tmp_path / f"app_{number}.py").write_text(f"# {name}\n{text}", encoding="utf-8")

    done = _check(*map(str, sorted(tmp_path.glob("*.py"))))

    told = [f"app_{number}.py is {name}" for number, (name, _) in enumerate(texts)]
    assert done.returncode == 0, "\n".join([done.stdout, *told])
