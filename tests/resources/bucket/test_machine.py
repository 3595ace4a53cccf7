"""A bucket with versions against lists: puts, conditions, deletes, copies, versions, time."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from ensue.app.app import App
from ensue.app.integrity import check
from ensue.engine.database import MEMORY, StoreUrl
from ensue.words.errors import ConditionFailed
from tests.conftest import Stage

KEYS = st.sampled_from(["a", "a/1", "a/2", "b"])
BODIES = st.sampled_from([b"", b"one", b"two"])
DAY_MS = 86_400_000


class BucketMachine(RuleBasedStateMachine):
    """``self.past``: for each key its versions, oldest first, as (number, body or None, since)."""

    versions = True

    @initialize()
    def open_store(self):
        app = App("shop")
        options = {"versions": True, "noncurrent_for": "7d", "noncurrent_max": 3}
        self.bucket = app.bucket("files", **(options if self.versions else {}))
        self.app = app
        self.stage = Stage(StoreUrl(MEMORY), app)
        self.past: dict[str, list[tuple[int, bytes | None, int]]] = {}

    def teardown(self):
        assert check(self.stage.engine) == []
        self.stage.close()

    @property
    def now_ms(self):
        return self.stage.clock.now_ms()

    def current(self, key):
        found = self.past.get(key)
        return None if not found else found[-1][1]

    def note(self, key, number, body):
        past = self.past.setdefault(key, [])
        if not self.versions:
            past.clear()
            if body is None:
                return
        if past and past[-1][1] is not None:
            past[-1] = (*past[-1][:2], self.now_ms)
        past.append((number, body, self.now_ms))
        self.prune(key)

    def prune(self, key):
        past = self.past[key]
        is_marker = past and past[-1][1] is None
        old = [each for each in (past if is_marker else past[:-1]) if each[1] is not None]
        if len(old) > 3:
            last = old[-4][0]
            self.past[key] = [each for each in past if each[0] > last]

    @rule(key=KEYS, body=BODIES)
    def put(self, key, body):
        info = self.stage.wait(self.bucket.put(key, body))
        self.note(key, info.version, body)

    @rule(key=KEYS, body=BODIES)
    def put_in_a_transaction(self, key, body):
        def run(tx):
            return tx.put_object(self.bucket, key, body).version

        self.note(key, self.stage.wait(self.app.run(run)), body)

    @rule(key=KEYS, body=BODIES, expected=st.sampled_from(["", "*", "other"]))
    def put_expecting(self, key, body, expected):
        holds = {"": self.current(key) is None, "*": self.current(key) is not None, "other": False}
        try:
            info = self.stage.wait(self.bucket.put(key, body, expect_etag=expected))
        except ConditionFailed:
            assert not holds[expected]
        else:
            assert holds[expected]
            self.note(key, info.version, body)

    @rule(key=KEYS)
    def delete(self, key):
        there = self.current(key) is not None
        assert self.stage.wait(self.bucket.delete(key)) is there
        if there:
            [(last,)] = self.stage.rows("SELECT seq FROM sqlite_sequence WHERE name = 'shop_files'")
            self.note(key, last, None)

    @rule(key=KEYS, to=KEYS)
    def copy(self, key, to):
        if self.current(key) is not None:
            info = self.stage.wait(self.bucket.copy(key, to))
            self.note(to, info.version, self.current(key))

    @precondition(lambda self: self.versions)
    @rule(key=KEYS, place=st.integers(0, 4))
    def delete_a_version(self, key, place):
        past = self.past.get(key, [])
        if place >= len(past):
            return
        gone = past.pop(place)
        assert self.stage.wait(self.bucket.delete(key, version=gone[0])) is True
        assert self.stage.wait(self.bucket.delete(key, version=gone[0])) is False

    @precondition(lambda self: self.versions)
    @rule(days=st.integers(1, 5))
    def let_time_pass(self, days):
        self.stage.advance(days * DAY_MS)
        for key, past in self.past.items():
            self.past[key] = [
                each
                for place, each in enumerate(past)
                if (place == len(past) - 1 and each[1] is not None)
                or each[2] > self.now_ms - 7 * DAY_MS
            ]

    @rule()
    def settle(self):
        self.stage.settle()
        shelf = self.stage.engine.facts.shelf
        bodies = [body for past in self.past.values() for _, body, _ in past if body is not None]
        assert sorted(shelf.bodies.values()) == sorted(bodies)

    @invariant()
    def it_holds_what_was_put(self):
        there = {key: body for key in self.past if (body := self.current(key)) is not None}
        page = self.stage.wait(self.bucket.list())
        assert [each.key for each in page.objects] == sorted(there)
        for key, body in there.items():
            assert self.stage.wait(self.bucket.get(key)) == body

    @invariant()
    def it_holds_the_versions(self):
        if not self.versions:
            return
        page = self.stage.wait(self.bucket.list_versions())
        found = [(each.key, each.version, each.is_marker, each.is_latest) for each in page.versions]
        assert found == [
            (key, number, body is None, place == 0)
            for key, past in sorted(self.past.items())
            for place, (number, body, _) in enumerate(reversed(past))
        ]
        for key, past in self.past.items():
            for number, body, _ in past:
                assert self.stage.wait(self.bucket.get(key, version=number)) == body


class PlainMachine(BucketMachine):
    versions = False


TestBucket = BucketMachine.TestCase
TestBucket.settings = settings(max_examples=12, stateful_step_count=20, deadline=None)
TestPlain = PlainMachine.TestCase
TestPlain.settings = settings(max_examples=12, stateful_step_count=20, deadline=None)
