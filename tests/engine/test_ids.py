from __future__ import annotations

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from ensue.engine.clock import HeldClock
from ensue.engine.ids import (
    NUMBER_MAX,
    Ids,
    Place,
    RecordIds,
    seeded_random,
    trace_id,
)

SALTS = st.integers(0, 2**60 - 1)
PLACES = st.builds(Place, st.integers(0, NUMBER_MAX), st.integers(0, 2**48 - 1))
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@given(SALTS, PLACES)
def test_a_record_id_decodes_to_the_place_that_it_encodes(salt, place):
    records = RecordIds(salt)
    assert records.place(records.text(*place)) == place


@given(SALTS, PLACES)
def test_a_record_id_is_a_uuid_of_version_8(salt, place):
    found = UUID(RecordIds(salt).text(*place))
    assert (found.version, found.variant) == (8, "specified in RFC 4122")


@given(SALTS, SALTS, PLACES)
def test_another_stores_ids_are_refused(salt, other, place):
    found = RecordIds(other).place(RecordIds(salt).text(*place))
    assert found == (place if other == salt else None)


@given(st.text(max_size=40))
def test_a_text_that_is_no_id_has_no_place(text):
    assert RecordIds(0).place(text) is None


@given(SALTS, PLACES, st.integers(0, 35), st.sampled_from(" _-+gG٣x0aF"))
def test_an_id_has_one_spelling_but_for_the_case_of_its_letters(salt, place, at, letter):
    records = RecordIds(salt)
    text = records.text(*place)
    bent = text[:at] + letter + text[at + 1 :]
    found = records.place(bent)
    assert found is None or records.text(*found) == bent.lower()


def test_an_id_in_upper_case_is_the_same_id():
    records = RecordIds(0xABCDEF)
    assert records.place(records.text(16, 0xAB).upper()) == Place(16, 0xAB)


def test_later_records_of_a_log_have_higher_ids():
    records = RecordIds(7)
    made = [records.text(16, sequence) for sequence in (1, 2, 255, 256, 2**40)]
    assert made == sorted(made)


@given(st.integers(0, 2**32))
def test_a_new_id_is_a_uuid_of_version_7(seed):
    found = UUID(Ids(HeldClock(), seeded_random(seed)).new_id())
    assert (found.version, found.variant) == (7, "specified in RFC 4122")


def test_a_new_id_begins_with_its_time():
    clock = HeldClock()
    assert UUID(Ids(clock, seeded_random(1)).new_id()).int >> 80 == clock.now_ms()


def test_new_ids_of_later_milliseconds_sort_after_earlier_ones():
    clock = HeldClock()
    ids = Ids(clock, seeded_random(1))
    made = []
    for _ in range(50):
        clock.move_to(clock.now_ms() + 1)
        made.append(ids.new_id())
    assert made == sorted(made)


def test_ten_thousand_new_ids_of_one_millisecond_differ():
    ids = Ids(HeldClock(), seeded_random(1))
    assert len({ids.new_id() for _ in range(10_000)}) == 10_000


def test_the_same_seed_gives_the_same_ids():
    assert (
        Ids(HeldClock(), seeded_random(5)).new_id() == Ids(HeldClock(), seeded_random(5)).new_id()
    )


def test_a_trace_id_is_a_record_id_without_dashes():
    assert trace_id(RecordIds(1).text(0, 1)) == UUID(RecordIds(1).text(0, 1)).hex
