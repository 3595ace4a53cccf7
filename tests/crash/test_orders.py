"""The order system is killed, anywhere and often; nothing is lost and nothing happens twice."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ensue.engine.ids import seeded_random

pytestmark = pytest.mark.crash

# Fewer than the receives that a payment has: what is cut off counts, so that poison ends.
KILLS_IN_A_ROW = 5


def test_orders_survive_a_process_that_is_killed_again_and_again_under_load(
    victim, tmp_path, pytestconfig
):
    moments = seeded_random(349)
    kills = pytestconfig.getoption("--kills")
    folder = tmp_path

    for number in range(kills):
        ended = victim.run("load", folder, kill_after_ms=80 * moments.random())
        assert ended["signal"] == 9
        if number % KILLS_IN_A_ROW == KILLS_IN_A_ROW - 1:
            assert victim.broken_after_recovery(folder) == [], f"after kill {number + 1}"

    assert victim.broken_after_recovery(folder) == []


def test_an_order_survives_a_kill_before_each_storage_step_of_its_life(victim, tmp_path):
    whole = tmp_path / "whole"
    whole.mkdir()
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    assert victim.run("recover", fresh)["broken"] == []
    shutil.copytree(fresh, whole, dirs_exist_ok=True)
    steps = victim.run("one order", whole)["steps"]
    assert steps > 10

    for step in range(1, steps + 1):
        folder = tmp_path / str(step)
        shutil.copytree(fresh, folder)
        ended = victim.run("one order", folder, die_before=step)
        assert ended["signal"] in {9, None}
        assert victim.broken_after_recovery(folder) == [], f"killed before step {step} of {steps}"
        shutil.rmtree(folder)


@pytest.mark.parametrize(
    ("mutant", "notices"),
    [
        ("savepoint", "what was taken back never happened"),
        ("lease", "it does not recover"),
    ],
)
def test_these_tests_notice_when_a_mechanism_is_taken_out(victim, tmp_path, mutant, notices):
    folder: Path = tmp_path
    victim.run("load", folder, kill_after_ms=400, mutant=mutant)

    broken = victim.broken_after_recovery(folder, mutant=mutant, limit_s=5)

    assert any(said.startswith(notices) for said in broken), broken
