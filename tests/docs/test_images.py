"""The pictures of the pages are those that we draw."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

from ensue.doors.cli import make_cli
from tests.docs.pages import ROOT

IMAGES = ROOT / "docs/images"
MACHINE = str(IMAGES / "order.asl.json")


def drawn(*words: str, stdin: str | None = None) -> str:
    done = CliRunner().invoke(make_cli(serve=lambda *_: None), ["states", *words], input=stdin)
    assert done.exit_code == 0 or words[0] == "run", done.stderr
    return done.stdout


@pytest.fixture
def history(tmp_path):
    """The history of an order in which the second parcel could not be packed."""
    mocks = {
        "Charge": [{"error": "Busy"}, {"id": "p-1"}],
        "Ask for approval": {"approved": True},
        "Pack": {"items": {"0": {"box": "small"}, "1": {"error": "Broken", "cause": "glass"}}},
    }
    (tmp_path / "mocks.json").write_text(json.dumps(mocks))
    given = json.dumps({"total": 1_200, "parcels": ["tea", "pot"]})
    told = drawn(
        "run", MACHINE, "--input", given, "--mock", f"{tmp_path}/mocks.json", "--json", "--trace"
    )
    (tmp_path / "history.json").write_text(told)
    return str(tmp_path / "history.json")


def test_the_picture_of_an_order_is_up_to_date():
    assert (IMAGES / "order.svg").read_text() == drawn("draw", MACHINE)


@pytest.mark.parametrize("machine", ["post_payment/definition", "support/path"])
def test_the_picture_of_an_apps_machine_is_up_to_date(machine):
    definition = ROOT / "apps" / f"{machine}.json"

    assert definition.with_suffix(".svg").read_text() == drawn("draw", str(definition))


def test_the_picture_of_an_order_that_failed_is_up_to_date(history):
    told = drawn("draw", MACHINE, "--history", history)

    assert (IMAGES / "order-failed.svg").read_text() == told


def test_the_picture_of_jitter_is_up_to_date(tmp_path):
    made = tmp_path / "jitter.svg"
    bench = ROOT / "bench/resilience/run.py"

    subprocess.run([sys.executable, str(bench), "--plot", str(made)], check=True)

    assert made.read_text() == (IMAGES / "jitter.svg").read_text(), f"run {bench} --plot"
