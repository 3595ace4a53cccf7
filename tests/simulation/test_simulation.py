"""Seeds: each makes a platform, uses it, breaks it at random, and must come out right."""

from __future__ import annotations

import pytest

from tests.simulation.mutants import FOUND_FROM, MUTANTS, no_release_of_groups
from tests.simulation.play import play

MUTANT_SEEDS = 1_000


@pytest.mark.crash
def test_the_platform_keeps_its_promises_whatever_the_seed(pytestconfig):
    seeds = pytestconfig.getoption("--seeds")

    played = [play(seed) for seed in range(seeds)]

    assert sum(each.deaths for each in played) > seeds
    assert sum(each.accepted for each in played) > 20 * seeds
    assert sum(each.dead for each in played) > seeds


def test_the_platform_keeps_its_promises_for_some_seeds():
    for seed in range(10_000, 10_010):
        play(seed)


def test_a_seed_that_fails_says_how_to_play_it_again(monkeypatch):
    no_release_of_groups(monkeypatch)

    with pytest.raises(AssertionError, match=r"python -m tests.simulation --seed \d+ --trace"):
        any(play(seed) is None for seed in range(20))


def test_a_seed_is_played_the_same_way_each_time():
    def told(seed):
        steps = []
        play(seed, lambda *said: steps.append(said))
        return [[str(each) for each in step if "/" not in str(each)] for step in steps]

    assert told(17) == told(17)
    assert told(17) != told(18)


def seeds_until_found(first=0, **options):
    for seed in range(first, first + MUTANT_SEEDS):
        try:
            play(seed, **options)
        except AssertionError:
            return seed - first + 1
    return None


@pytest.mark.crash
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.__name__)
def test_a_mechanism_that_is_taken_out_is_noticed_within_a_thousand_seeds(mutant, monkeypatch):
    mutant(monkeypatch)

    found = seeds_until_found(FOUND_FROM.get(mutant, 0))

    assert found is not None
    print(f"found after {found} seeds")  # noqa: T201 - told with pytest -s


def test_a_store_that_does_not_sync_is_noticed_at_the_first_power_cuts():
    found = seeds_until_found(synchronous="OFF")

    assert found is not None
    assert found <= MUTANT_SEEDS / 10
    print(f"found after {found} seeds")  # noqa: T201 - told with pytest -s
