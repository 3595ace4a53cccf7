"""Random machines end as without crashes, whatever kills their process, and whenever."""

from __future__ import annotations

import pytest

from tests.executions.mutants import MUTANTS
from tests.executions.play import PART, play

SOME = 8
MACHINES_A_PART = 60


def test_random_machines_end_the_same_however_often_their_process_is_killed():
    deaths = []

    play(10_000, SOME, lambda played: deaths.append(played.deaths))

    assert sum(deaths) >= SOME / 2


@pytest.mark.crash
def test_many_random_machines_end_the_same_however_often_their_process_is_killed(pytestconfig):
    for seed in range(max(1, pytestconfig.getoption("--seeds") // MACHINES_A_PART)):
        play(seed, PART)


@pytest.mark.crash
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.__name__)
def test_a_mechanism_that_is_taken_out_is_noticed_within_some_machines(mutant, monkeypatch):
    mutant(monkeypatch)

    with pytest.raises(AssertionError):
        play(0, PART)
