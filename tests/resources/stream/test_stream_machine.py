"""A stream against a model: every record exactly once for each function, order per key, no gap."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from ensue.app.app import App
from ensue.engine.database import StoreUrl
from ensue.engine.integrity import Known
from ensue.engine.keeper import Keeper
from ensue.engine.readers import LogReader
from ensue.resources.stream import KIND
from ensue.words.errors import Conflict, NotFound, StoreError
from tests.conftest import Stage

HOUR_MS = 3_600_000
KEYS = st.sampled_from(["a", "b", "c", "d", None])
CHOICE = st.integers(0, 99)


class Shop:
    """Two functions that each note what they handle, in the store, and that it was in turn."""

    def __init__(self, machine):
        self.app = App("wims")
        self.clicks = self.app.stream("clicks", shards=2, retention="1h")
        self.handled = self.app.table("handled", key=("who", "sequence"))
        self.last = self.app.table("last", key=("who", "key"))
        self.machine = machine

        def one(record, tx):
            self.note("one", record, tx)

        def many(records, tx):
            for record in records:
                self.note("many", record, tx)

        self.app.on_record(self.clicks, batch=2, retries=999)(one)
        self.app.on_records(self.clicks, batch=3, retries=999)(many)

    def note(self, who, record, tx):
        if record.data.fails and self.machine.failing:
            raise ValueError("not yet")
        item = {"who": who, "sequence": record.sequence}
        assert tx.put(self.handled, item, where="attribute_not_exists(who)"), "handled twice"
        if record.key is not None:
            before = tx.get(self.last, (who, record.key))
            assert before is None or before["at"] < record.sequence, "out of turn"
            tx.put(self.last, {"who": who, "key": record.key, "at": record.sequence})


class StreamMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.crashes = 0
        self.failing = True
        self.appended: dict[int, tuple[str | None, int]] = {}
        self.leases: dict[str, list] = {"x": [], "y": []}
        self.worked: dict[int, str | None] = {}  # what the group's workers handled, in that order
        self.lost: set[int] = set()
        self.shop = Shop(self)
        self.stage = Stage(StoreUrl(str(self.folder / "0.db"), "NORMAL"), self.shop.app)
        self.group = self.stage.wait(self.shop.clicks.group("billing"))

    def wait(self, awaitable):
        return self.stage.wait(awaitable)

    def kept(self):
        found, _ = self.wait(self.shop.clicks.tail(after=0, limit=10_000))
        return found

    @rule(entries=st.lists(st.tuples(KEYS, st.booleans()), min_size=1, max_size=5))
    def append(self, entries):
        ids = self.wait(
            self.shop.clicks.append_batch([({"fails": fails}, key) for key, fails in entries])
        )
        for record_id, (key, _) in zip(ids, entries, strict=True):
            place = self.stage.engine.records.place(record_id)
            assert place.sequence not in self.appended
            self.appended[place.sequence] = (key, self.stage.clock.now_ms())

    @rule(choice=CHOICE)
    def split(self, choice):
        shards = [each for each in self.wait(self.shop.clicks.shards()) if each.state == "open"]
        if len(shards) < 8:
            self.wait(self.shop.clicks.split(shards[choice % len(shards)].shard))

    @rule(choice=CHOICE)
    def merge(self, choice):
        shards = [each for each in self.wait(self.shop.clicks.shards()) if each.state == "open"]
        shards.sort(key=lambda each: each.low)
        if len(shards) > 1:
            at = choice % (len(shards) - 1)
            self.wait(self.shop.clicks.merge(shards[at].shard, shards[at + 1].shard))

    @rule(choice=CHOICE)
    def a_reader_steps(self, choice):
        readers = [each for each in self.stage.engine.workers if isinstance(each, LogReader)]
        self.wait(readers[choice % 2].step())

    @rule(choice=CHOICE)
    def a_step_is_lost_before_its_commit(self, choice):
        readers = [each for each in self.stage.engine.workers if isinstance(each, LogReader)]
        connection = self.stage.engine._connection
        connection.set_commit_hook(lambda: True)
        try:
            self.wait(readers[choice % 2].step())
        except StoreError:
            pass
        finally:
            connection.set_commit_hook(None)
            readers[choice % 2].woken.set()

    @rule()
    def all_settles(self):
        self.stage.settle()

    @rule(ms=st.sampled_from([1_000, 10 * 60_000, HOUR_MS]))
    def time_passes_and_old_records_are_forgotten(self, ms):
        self.stage.clock.move_to(self.stage.clock.now_ms() + ms)
        for worker in self.stage.engine.workers:
            if isinstance(worker, Keeper):
                while self.wait(worker.step()):
                    pass

    @rule()
    def the_process_dies(self):
        self.crashes += 1
        url = StoreUrl(str(self.folder / f"{self.crashes}.db"), "NORMAL")
        for suffix in ("", "-wal"):
            old = Path(self.stage.url.path + suffix)
            if old.exists():
                shutil.copy(old, url.path + suffix)
        now_ms = self.stage.clock.now_ms()
        self.stage.close()
        self.shop = Shop(self)
        self.stage = Stage(url, self.shop.app)
        self.stage.clock.move_to(now_ms)
        self.group = self.shop.clicks.existing_group("billing")

    @rule(worker=st.sampled_from("xy"), limit=st.integers(1, 3))
    def a_worker_claims(self, worker, limit):
        self.leases[worker] += self.wait(self.group.claim(worker, limit=limit, lease="5m"))

    @rule(worker=st.sampled_from("xy"), choice=CHOICE, checkpoints=st.booleans())
    def a_worker_works(self, worker, choice, checkpoints):
        held = self.leases[worker]
        if held:
            self.work(held, held[choice % len(held)], checkpoints=checkpoints)

    def work(self, held, lease, *, checkpoints):
        try:
            found = self.wait(self.group.read(lease, limit=2))
        except Conflict:
            held.remove(lease)
            return
        except NotFound:
            self.lost |= set(self.appended) - {each.sequence for each in self.kept()}
            self.wait(self.group.rewind("horizon", confirm="billing"))
            return
        for record in found.records:
            self.worked.setdefault(record.sequence, record.key)
        if found.records and checkpoints:
            self.wait(self.group.checkpoint(lease, found.records[-1].sequence))

    @invariant()
    def what_is_within_the_retention_is_kept_as_it_was_appended(self):
        kept = {each.sequence: each.key for each in self.kept()}
        now_ms = self.stage.clock.now_ms()
        for sequence, (key, at_ms) in self.appended.items():
            assert kept.get(sequence, key) == key
            assert sequence in kept or now_ms - at_ms > HOUR_MS
        assert kept.keys() <= self.appended.keys()

    @invariant()
    def the_store_is_sound(self):
        clicks = self.shop.clicks
        known = Known(clicks.ref, self.stage.engine.number(clicks.ref), {}, clicks.model.records)
        assert self.stage.engine.read(lambda tx: list(KIND.audit(tx, known))) == []

    @invariant()
    def workers_begin_the_records_of_a_key_in_order(self):
        for key in "abcd":
            begun = [sequence for sequence, each in self.worked.items() if each == key]
            assert begun == sorted(begun)

    def teardown(self) -> None:
        try:
            self.failing = False
            self.stage.advance(HOUR_MS)
            self.everything_was_handled()
            self.the_group_ends()
        finally:
            self.stage.close()
            shutil.rmtree(self.folder)

    def everything_was_handled(self):
        for who in ("one", "many"):
            done = self.stage.rows("SELECT sk FROM wims_handled WHERE pk = ? ORDER BY sk", who)
            assert [sequence for (sequence,) in done] == sorted(self.appended)
        failures = self.stage.rows("SELECT DISTINCT error FROM ensue_failures")
        assert failures in ([], [("ValueError: not yet",)])

    def the_group_ends(self):
        held: list = []
        for _ in range(1_000):
            held += self.wait(self.group.claim("z", limit=9, lease="5m"))
            before = len(self.worked)
            for lease in list(held):
                self.work(held, lease, checkpoints=True)
            [reader] = [
                each for each in self.wait(self.shop.clicks.readers()) if each.kind == "group"
            ]
            if reader.unread == 0 and before == len(self.worked):
                break
            self.stage.clock.move_to(self.stage.clock.now_ms() + 60_000)
        self.workers_begin_the_records_of_a_key_in_order()
        assert set(self.worked) | self.lost >= set(self.appended)


StreamMachine.TestCase.settings = settings(max_examples=12, stateful_step_count=25, deadline=None)
TestStream = StreamMachine.TestCase
