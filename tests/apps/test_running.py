"""`ensue run apps` and `ensue run apps/NAME`, as somebody types it who has set nothing."""

from __future__ import annotations

import subprocess
import sys

import httpx
import pytest

from ensue.testing import running
from tests.apps.found import FOLDERS, ROOT, app_of
from tests.doors.cli.served import serving


def test_all_apps_run_in_one_process_on_one_store(together):
    assert list(together.urls) == [app_of(folder).name for folder in FOLDERS]
    assert len(set(together.urls.values())) == len(FOLDERS)


@pytest.mark.parametrize("folder", FOLDERS)
def test_an_app_that_runs_beside_all_others_answers_on_each_of_its_routes(together, folder):
    app = app_of(folder)
    with httpx.Client(base_url=together.url_of(folder)) as client:
        assert client.get("/_ensue/health").json()["status"] == "ok"
        for route in app.routes:
            plain = route.path.replace("{", "").replace("}", "")
            status = client.request(route.method, plain).status_code
            assert status < 500, f"{route.name}: {status}"
            assert status != 405, route.name


def test_each_app_is_told_of_under_a_name_of_its_own():
    names = [app_of(folder).name for folder in FOLDERS]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("folder", FOLDERS)
def test_an_app_opens_alone_with_nothing_configured(folder):
    """The process of its own is that of the commands of its README; see `test_readmes`."""
    with running(app_of(folder)) as alone:
        assert alone.get("/_ensue/health").status == 200


def test_with_a_key_an_app_wants_its_own_secret(tmp_path, monkeypatch):
    monkeypatch.delenv("CLIENT_SECRET", raising=False)
    command = [sys.executable, "-m", "ensue", "run", "apps/order_intake", "--port", "0"]

    done = subprocess.run(
        [*command, "--data", str(tmp_path), "--key", "a-key"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )

    assert done.returncode == 1
    assert "Set the environment variable CLIENT_SECRET" in done.stderr


ASKS = """
from ensue import App

app = App("NAME")


@app.get("/other/{name}")
def other(name: str) -> str:
    return app.address_of(name) or "nowhere"
"""


def test_apps_that_are_served_together_find_each_other(tmp_path):
    for name in ("north", "south"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "app.py").write_text(ASKS.replace("NAME", name))

    with serving("north", "south", cwd=tmp_path) as served:
        told = httpx.get(f"{served.url}/other/south").json()
        back = httpx.get(f"{told}/other/north").json()
        missing = httpx.get(f"{told}/other/west").json()
        served.stop()

    assert (back, missing) == (served.url, "nowhere")


def test_an_app_that_is_not_served_knows_no_other():
    assert app_of("orders").address_of("payments") is None
