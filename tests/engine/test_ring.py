"""The last hour, in slots."""

from __future__ import annotations

from ensue.engine.ring import SLOT_MS, SLOTS, Ring

BEGAN_MS = 1_940_987_655_000
KEY = "sent"


def at(slots: int) -> int:
    return BEGAN_MS + slots * SLOT_MS


def test_a_slot_has_what_grew_in_it():
    ring = Ring(BEGAN_MS)
    first = ring.slot
    ring.close(at(1), {KEY: 3}, {})
    ring.close(at(2), {KEY: 10}, {})
    assert [ring.grew(KEY, slot, slot + 1) for slot in (first, first + 1)] == [3, 7]
    assert ring.grew(KEY, first, first + 2) == 10


def test_the_open_slot_counts_where_the_present_total_is_given():
    ring = Ring(BEGAN_MS)
    ring.close(at(1), {KEY: 3}, {})
    assert ring.grew(KEY, ring.slot, ring.slot + 1, total=5) == 2
    assert ring.grew(KEY, ring.slot, ring.slot + 1) == 0


def test_what_was_there_before_it_began_did_not_grow():
    ring = Ring(BEGAN_MS)
    ring.begin({KEY: 1_000_000})
    ring.close(at(1), {KEY: 1_000_002}, {})
    assert ring.grew(KEY, ring.slot - 1, ring.slot) == 2


def test_in_slots_in_which_nobody_looked_nothing_grew_and_all_stayed_as_it_was():
    ring = Ring(BEGAN_MS)
    first = ring.slot
    ring.close(at(4), {KEY: 3}, {"depth": 7})
    assert [ring.grew(KEY, slot, slot + 1) for slot in range(first, first + 4)] == [3, 0, 0, 0]
    assert [ring.gauge("depth", slot) for slot in range(first, first + 4)] == [7, 7, 7, 7]


def test_of_before_it_began_and_of_the_open_slot_no_gauge_is_known():
    ring = Ring(BEGAN_MS)
    ring.close(at(1), {}, {"depth": 7})
    assert ring.gauge("depth", ring.slot - 2) is None
    assert ring.gauge("depth", ring.slot) is None
    assert ring.gauge("other", ring.slot - 1) is None


def test_what_is_older_than_an_hour_is_overwritten():
    ring = Ring(BEGAN_MS)
    first = ring.slot
    ring.close(at(1), {KEY: 5}, {"depth": 1})
    ring.close(at(SLOTS), {KEY: 6}, {"depth": 2})
    assert ring.grew(KEY, first, ring.slot) == 1
    assert ring.gauge("depth", first) is None
    ring.close(at(SLOTS + 1), {KEY: 6}, {"depth": 2})
    assert ring.grew(KEY, 0, ring.slot) == 0


def test_a_pause_of_more_than_an_hour_leaves_nothing_of_before():
    ring = Ring(BEGAN_MS)
    ring.close(at(1), {KEY: 5}, {"depth": 1})
    ring.close(at(3 * SLOTS), {KEY: 9}, {"depth": 4})
    assert ring.grew(KEY, 0, ring.slot) == 0
    assert ring.gauge("depth", ring.slot - 1) == 4
    assert ring.grew(KEY, ring.slot, ring.slot + 1, total=10) == 1


def test_a_clock_that_stands_closes_nothing():
    ring = Ring(BEGAN_MS)
    ring.close(BEGAN_MS + 1, {KEY: 5}, {})
    assert ring.grew(KEY, ring.slot, ring.slot + 1, total=5) == 5
