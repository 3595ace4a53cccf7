"""What an archive wants leaves the log for it, and is read as if it were still there."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from ensue.engine import archives, lanes, logs, rules_of_archives
from ensue.engine.database import MEMORY, StoreUrl
from ensue.engine.lanes import Lane
from ensue.engine.sockets import Archive, Source
from tests.conftest import Stage

LOG, TABLE, ARCHIVE = 16, "wims_events", "wims_events_archive"


def wants(*kinds):
    """What an archive of these kinds of records wants."""
    return lambda record: json.loads(record.new)["kind"] in kinds


def make(stage, *declared):
    """A log with archives; returns its source."""

    def create(tx):
        logs.create(tx, TABLE)
        archives.create(tx, ARCHIVE)
        archives.declare(tx, LOG, declared)

    stage.do(create)
    return Source(LOG, TABLE, archive=ARCHIVE, archives=tuple(declared))


def append(stage, *kinds):
    for kind in kinds:
        text = json.dumps({"kind": kind})
        stage.do(lambda tx, text=text: logs.append(tx, TABLE, "event", None, text))


def trim(stage, source, before, *, up_to=2**62, limit=1_000):
    return stage.do(
        lambda tx: archives.move_old(
            tx, source, up_to=up_to, before=before, before_ms=0, limit=limit
        )
    )


def sequences(records):
    return [record.sequence for record in records]


def kept(stage, source):
    return sequences(stage.do(lambda tx: archives.read(tx, source, 0, 1_000)))


def wrong(stage):
    return stage.do(lambda tx: list(rules_of_archives.audit(tx, LOG, TABLE, ARCHIVE)))


def test_what_is_trimmed_and_wanted_moves_to_the_archive_under_its_number(stage):
    source = make(stage, Archive("orders", None, wants("order")))
    append(stage, "order", "click", "order", "click", "order")

    assert trim(stage, source, 5) == 4

    assert stage.rows(f"SELECT sequence FROM {ARCHIVE}") == [(1,), (3,)]
    assert stage.rows(f"SELECT sequence FROM {TABLE}") == [(5,)]
    assert wrong(stage) == []


def test_what_is_read_by_position_comes_from_the_archive_and_then_from_the_log(stage):
    source = make(stage, Archive("orders", None, wants("order")))
    append(stage, "order", "click", "order", "click", "order", "click")
    before = stage.do(lambda tx: logs.read(tx, TABLE, 0, 9))
    trim(stage, source, 5)

    found = stage.do(lambda tx: archives.read(tx, source, 0, 9))

    assert found == [record for record in before if record.sequence in {1, 3, 5, 6}]
    assert sequences(stage.do(lambda tx: archives.read(tx, source, 1, 2))) == [3, 5]
    assert sequences(stage.do(lambda tx: archives.read(tx, source, 4, 9))) == [5, 6]
    assert sequences(stage.do(lambda tx: archives.read_last(tx, source, 3))) == [3, 5, 6]
    assert stage.do(lambda tx: archives.record(tx, source, 3)).new == '{"kind": "order"}'
    assert stage.do(lambda tx: archives.record(tx, source, 2)) is None


def test_a_reader_reads_the_archive_before_the_log_and_counts_both(stage):
    source = make(stage, Archive("orders", None, wants("order")))
    append(stage, "order", "click", "order", "click")
    trim(stage, source, 4)
    lane = Lane(0, 0)

    assert sequences(stage.do(lambda tx: lanes.read(tx, source, lane, 9))) == [1, 3, 4]
    assert stage.do(lambda tx: lanes.lag(tx, source, lane)).unread == 3


def test_a_time_is_found_in_the_archive_too(stage):
    source = make(stage, Archive("orders", None, wants("order")))
    append(stage, "order")
    stage.advance(1_000)
    append(stage, "order", "click")
    later_ms = stage.clock.now_ms()
    trim(stage, source, 3)

    def first(at_ms):
        return stage.do(lambda tx: archives.first_since(tx, source, at_ms))

    assert [first(later_ms - 1_000), first(later_ms), first(later_ms + 1)] == [1, 2, 4]


def test_a_hop_is_found_again_by_what_it_produced_and_was_archived(stage):
    source = make(stage, Archive("orders", None, wants("order")))
    append(stage, "order", "order")
    hop = stage.rows(f"SELECT hop FROM {TABLE}")[0][0]
    trim(stage, source, 2)

    assert sequences(stage.do(lambda tx: archives.produced_by(tx, source, hop, 9))) == [1]


def test_what_is_archived_is_forgotten_when_its_time_is_over(stage):
    source = make(stage, Archive("orders", 5_000, wants("order")))
    append(stage, "order")
    stage.advance(3_000)
    append(stage, "order")
    trim(stage, source, 3)
    stage.advance(2_001)

    assert stage.do(lambda tx: archives.forget(tx, source, up_to=2**62, limit=9)) == 1
    assert kept(stage, source) == [2]
    assert wrong(stage) == []


def test_a_record_that_several_want_stays_for_the_longest_of_their_times(stage):
    short, long = (
        Archive("all", 1_000, wants("order", "click")),
        Archive("orders", 9_000, wants("order")),
    )
    source = make(stage, short, long)
    append(stage, "order", "click")
    trim(stage, source, 3)
    stage.advance(1_001)

    stage.do(lambda tx: archives.forget(tx, source, up_to=2**62, limit=9))
    assert kept(stage, source) == [1]
    stage.advance(8_000)
    stage.do(lambda tx: archives.forget(tx, source, up_to=2**62, limit=9))
    assert kept(stage, source) == []


def test_an_archive_that_keeps_longer_now_takes_over_what_is_forgotten_elsewhere(stage):
    source = make(stage, Archive("a", 2_000, wants("order")), Archive("b", 1_000, wants("order")))
    append(stage, "order")
    trim(stage, source, 2)
    source = make(stage, Archive("a", 2_000, wants("order")), Archive("b", None, wants("order")))
    stage.advance(2_001)

    stage.do(lambda tx: archives.forget(tx, source, up_to=2**62, limit=9))

    assert kept(stage, source) == [1]
    assert [
        (each.name, each.records) for each in stage.do(lambda tx: archives.shelves(tx, LOG))
    ] == [
        ("a", 0),
        ("b", 1),
    ]
    assert wrong(stage) == []


def test_an_archive_that_is_declared_no_more_keeps_what_it_has_for_its_time(stage):
    make_source = make(stage, Archive("orders", 5_000, wants("order")))
    append(stage, "order", "order")
    trim(stage, make_source, 2)
    source = make(stage)
    trim(stage, source, 3)
    assert kept(stage, source) == [1]
    stage.advance(5_001)

    stage.do(lambda tx: archives.forget(tx, source, up_to=2**62, limit=9))

    assert kept(stage, source) == []
    assert stage.do(lambda tx: archives.declare(tx, LOG, ())) is False


def test_what_a_reader_has_not_read_is_not_forgotten(stage):
    source = make(stage, Archive("orders", 1_000, wants("order")))
    append(stage, "order", "order")
    trim(stage, source, 3)
    stage.advance(2_000)

    stage.do(lambda tx: archives.forget(tx, source, up_to=1, limit=9))

    assert kept(stage, source) == [2]


def test_a_part_is_moved_at_a_time_and_the_rest_later(stage):
    source = make(stage, Archive("orders", None, wants("order")))
    append(stage, *["order", "click"] * 3)

    assert [trim(stage, source, 7, limit=4), trim(stage, source, 7, limit=4)] == [4, 2]
    assert kept(stage, source) == [1, 3, 5]


def test_what_cannot_be_understood_is_kept_rather_than_lost(stage):
    def broken(record):
        raise ValueError("what is this")

    source = make(stage, Archive("orders", None, broken))
    append(stage, "order")
    trim(stage, source, 2)

    assert kept(stage, source) == [1]


def test_its_counts_and_ends_are_known_without_reading_it(stage):
    source = make(stage, Archive("orders", None, wants("order")))
    append(stage, "order")
    first_ms = stage.clock.now_ms()
    stage.advance(1_000)
    append(stage, "order", "click")
    trim(stage, source, 4)
    [shelf] = stage.do(lambda tx: archives.shelves(tx, LOG))

    assert (shelf.records, shelf.bytes) == (2, 2 * len('{"kind": "order"}'))
    assert stage.do(lambda tx: archives.ends(tx, source, shelf)) == (first_ms, first_ms + 1_000)
    assert stage.do(lambda tx: archives.count(tx, source, 1, 3)) == 2
    assert stage.do(lambda tx: archives.count(tx, source, 2, 2)) == 1


@pytest.mark.parametrize(
    ("sql", "rule"),
    [
        (f"UPDATE {ARCHIVE} SET archive = 99", "archives.unknown"),
        ("UPDATE ensue_archives SET records = 7", "archives.counts"),
        (f"UPDATE {ARCHIVE} SET sequence = 9", "archives.order"),
        (f"DROP TABLE {ARCHIVE}", "archives.gone"),
        (f"DROP INDEX {ARCHIVE}_by_archive", "schema.index"),
    ],
)
def test_what_is_wrong_with_an_archive_is_found(stage, sql, rule):
    source = make(stage, Archive("orders", None, wants("order")))
    append(stage, "order", "click", "click")
    trim(stage, source, 2)
    stage.do(lambda tx: tx.execute(sql))

    assert rule in {each.rule for each in wrong(stage)}


KEEPS = {"short": 1_000, "long": 5_000, "ever": None}


@dataclass
class Expected:
    """A record as it was appended, and whether the log still has it."""

    sequence: int
    kind: str
    at_ms: int
    in_log: bool = True
    archived: bool = False


@dataclass
class World:
    records: list[Expected] = field(default_factory=list)


class ArchiveMachine(RuleBasedStateMachine):
    """Appends, trims, forgets and passing time, beside a model that keeps a list."""

    def __init__(self):
        super().__init__()
        self.stage = Stage(StoreUrl(MEMORY))
        self.source = make(
            self.stage,
            Archive("short", KEEPS["short"], wants("order", "click")),
            Archive("long", KEEPS["long"], wants("order", "payment")),
            Archive("ever", KEEPS["ever"], wants("payment")),
        )
        self.world = World()

    def teardown(self):
        self.stage.close()

    def keep_ms(self, kind):
        return {"click": 1_000, "order": 5_000, "payment": 2**62, "noise": -1}[kind]

    @rule(kinds=st.lists(st.sampled_from(["order", "click", "payment", "noise"]), max_size=4))
    def publish(self, kinds):
        append(self.stage, *kinds)
        for kind in kinds:
            at_ms = self.stage.clock.now_ms()
            self.world.records.append(Expected(len(self.world.records) + 1, kind, at_ms))

    @rule(ms=st.integers(0, 3_000))
    def wait(self, ms):
        self.stage.clock.move_to(self.stage.clock.now_ms() + ms)

    @rule(share=st.integers(0, 4), limit=st.integers(1, 5))
    def trim(self, share, limit):
        before = len(self.world.records) * share // 4 + 1
        trim(self.stage, self.source, before, limit=limit)
        now_ms = self.stage.clock.now_ms()
        for each in [each for each in self.world.records if each.in_log][:limit]:
            if each.sequence < before:
                each.in_log = False
                each.archived = now_ms - each.at_ms <= self.keep_ms(each.kind)

    @rule()
    def forget(self):
        while self.stage.do(lambda tx: archives.forget(tx, self.source, up_to=2**62, limit=2)):
            pass
        now_ms = self.stage.clock.now_ms()
        for each in self.world.records:
            each.archived = each.archived and now_ms - each.at_ms <= self.keep_ms(each.kind)

    @rule(after=st.integers(0, 30), limit=st.integers(1, 30))
    def read(self, after, limit):
        expected = [each for each in self.expected() if each > after][:limit]
        found = self.stage.do(lambda tx: archives.read(tx, self.source, after, limit))
        assert sequences(found) == expected

    def expected(self):
        return [each.sequence for each in self.world.records if each.in_log or each.archived]

    @invariant()
    def all_that_is_kept_is_read_in_order_and_counted(self):
        assert kept(self.stage, self.source) == self.expected()
        assert wrong(self.stage) == []
        last = len(self.world.records)
        counted = self.stage.do(lambda tx: archives.count(tx, self.source, 1, last))
        assert counted == len(self.expected())


TestArchives = ArchiveMachine.TestCase
TestArchives.settings = settings(max_examples=40, stateful_step_count=20, deadline=None)


@given(kinds=st.lists(st.sampled_from(["order", "click"]), min_size=1, max_size=8))
@settings(max_examples=20, deadline=None)
def test_nothing_is_moved_without_being_trimmed(kinds):
    stage = Stage(StoreUrl(MEMORY))
    source = make(stage, Archive("orders", None, wants("order")))
    append(stage, *kinds)

    trim(stage, source, 1)

    assert kept(stage, source) == list(range(1, len(kinds) + 1))
    stage.close()
