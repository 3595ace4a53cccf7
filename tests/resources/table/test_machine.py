"""A table against a dict: writes, reads, queries, scans, versions, ends and the past."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from ensue.app.app import App
from ensue.engine.database import MEMORY, StoreUrl
from ensue.resources.table import Index
from tests.conftest import Stage

PARTITIONS = st.sampled_from(["a", "b", 1, b"\x00"])
SORTS = st.sampled_from([
    "",
    "x",
    "xa",
    "y",
    0,
    1,
    2.5,
    Decimal("-3.25"),
    b"",
    b"\x00",
    b"\xff\x00",
])
NUMBERS = st.integers(-3, 3) | st.sampled_from([0.5, Decimal("0.25")])
SECONDS = 1_000


def rank(key):
    """A key's place in the order of keys: numbers, then strings, then bytes."""
    return [
        (0, Decimal(str(part))) if isinstance(part, int | float | Decimal)
        else (1, part.encode()) if isinstance(part, str) else (2, part)
        for part in key
    ]  # fmt: skip


class TableMachine(RuleBasedStateMachine):
    @initialize()
    def open_store(self):
        app = App("wims")
        self.table = app.table(
            "things",
            key=("p", "s"),
            indexes={"by-n": Index("kind", "n", projection="keys")},
            ttl="ends",
            keep_changes="7d",
        )
        self.stage = Stage(StoreUrl(MEMORY), app)
        self.items: dict = {}
        self.versions: dict = {}
        self.seen_versions: dict = {}
        self.moments: list = []

    def teardown(self):
        if hasattr(self, "stage"):
            self.stage.close()

    def wait(self, awaitable):
        return self.stage.wait(awaitable)

    def living(self):
        now_ms = self.stage.clock.now_ms()
        return {
            key: item
            for key, item in self.items.items()
            if not ("ends" in item and item["ends"] * SECONDS <= now_ms)
        }

    def forget_ended(self):
        self.items = self.living()

    @rule(p=PARTITIONS, s=SORTS, n=NUMBERS, kind=st.sampled_from(["k", "l", None]),
          seconds=st.none() | st.integers(0, 5), expect=st.none() | st.booleans())  # fmt: skip
    def put(self, p, s, n, kind, seconds, expect):
        self.forget_ended()
        item = {"p": p, "s": s, "n": n, "kind": kind, "tags": {str(n)}}
        if seconds is not None:
            item["ends"] = self.stage.clock.now_ms() // SECONDS + seconds
        version = None
        if expect is not None:
            found = self.wait(self.table.get_versioned((p, s)))
            version = (found.version if found else 0) + (0 if expect else 1)
        stored = self.wait(self.table.put(item, expect=version))
        assert stored is (expect is not False)
        if stored:
            self.items[rank_key(p, s)] = item

    @rule(p=PARTITIONS, s=SORTS, n=NUMBERS)
    def update(self, p, s, n):
        self.forget_ended()
        key = rank_key(p, s)
        found = self.wait(self.table.update((p, s), "SET n = n + :n ADD tags :t", n=n, t={"t"}))
        assert (found is None) == (key not in self.items)
        if found is not None:
            assert found.tags == self.items[key]["tags"] | {"t"}
            self.items[key] = dict(found)

    @rule(p=PARTITIONS, s=SORTS)
    def delete(self, p, s):
        self.forget_ended()
        found = self.wait(self.table.delete((p, s)))
        assert found == self.items.pop(rank_key(p, s), None)

    @rule(ms=st.integers(1, 3_000))
    def pass_time(self, ms):
        self.stage.clock.move_to(self.stage.clock.now_ms() + ms)

    @rule()
    def let_the_worker_remove(self):
        self.stage.settle()
        left = self.stage.rows("SELECT count(*) FROM wims_things")
        self.forget_ended()
        assert left == [(len(self.items),)]

    @rule()
    def remember(self):
        now_ms = self.stage.clock.now_ms()
        self.moments.append((now_ms, dict(self.living())))
        self.stage.clock.move_to(now_ms + 1)

    @precondition(lambda self: self.moments)
    @rule(data=st.data(), p=PARTITIONS, s=SORTS)
    def look_back(self, data, p, s):
        at, then = data.draw(st.sampled_from(self.moments))
        assert self.wait(self.table.get((p, s), at=at)) == then.get(rank_key(p, s))
        assert self.pages(self.table.scan, at=at) == in_order(then)
        of_p = {key: item for key, item in then.items() if same(item["p"], p)}
        assert self.pages(self.table.query, p, at=at) == in_order(of_p)

    @rule(p=PARTITIONS, reverse=st.booleans(), limit=st.integers(1, 3))
    def query(self, p, reverse, limit):
        of_p = {key: item for key, item in self.living().items() if same(item["p"], p)}
        found = self.pages(self.table.query, p, reverse=reverse, limit=limit)
        assert found == in_order(of_p)[:: -1 if reverse else 1]

    @rule(p=PARTITIONS, s=SORTS, op=st.sampled_from(["=", "<", "<=", ">", ">="]))
    def query_range(self, p, s, op):
        kind = rank([s])[0][0]
        wanted = [
            item
            for item in in_order(self.living())
            if same(item["p"], p)
            and rank([item["s"]])[0][0] == kind
            and COMPARE[op](rank([item["s"]]), rank([s]))
        ]
        assert self.pages(self.table.query, p, sort=f"s {op} :s", s=s) == wanted

    @rule(p=PARTITIONS, s=SORTS.filter(lambda s: isinstance(s, str | bytes)))
    def query_prefix(self, p, s):
        wanted = [
            item
            for item in in_order(self.living())
            if same(item["p"], p) and type(item["s"]) is type(s) and item["s"].startswith(s)
        ]
        assert self.pages(self.table.query, p, sort="begins_with(s, :s)", s=s) == wanted

    @rule(n=NUMBERS)
    def query_index(self, n):
        wanted = sorted(
            (
                (Decimal(str(item["n"])), rank(key_of(item)))
                for item in self.living().values()
                if item["kind"] == "k" and item["n"] >= n
            ),
        )
        found = self.pages(self.table.query, "k", index="by-n", sort="n >= :n", n=n, limit=2)
        assert [(Decimal(str(i["n"])), rank(key_of(i))) for i in found] == wanted
        assert all(set(item) == {"p", "s", "kind", "n"} for item in found)

    @rule(segments=st.integers(1, 4))
    def scan_in_segments(self, segments):
        parts = [
            self.pages(self.table.scan, segment=each, segments=segments, limit=2)
            for each in range(segments)
        ]
        found = {rank_key(item["p"], item["s"]): item for part in parts for item in part}
        assert sum(map(len, parts)) == len(found)
        assert found == self.living()

    @invariant()
    def the_count_is_right_and_versions_only_grow(self):
        if not hasattr(self, "stage"):
            return
        assert self.wait(self.table.count()) == len(self.living())
        for key, text, version in self.stage.rows(
            "SELECT json_array(hex(pk), typeof(sk), hex(sk)), item, version FROM wims_things"
        ):
            assert self.seen_versions.setdefault((key, version), text) == text

    def pages(self, read, *partition, **options):
        found, after = [], None
        while True:
            page = self.wait(read(*partition, after=after, **options))
            found += page.items
            after = page.next
            if after is None:
                return found


COMPARE = {
    "=": lambda a, b: a == b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def rank_key(p, s):
    return tuple(rank([p, s]))


def key_of(item):
    return (item["p"], item["s"])


def same(a, b):
    return rank([a]) == rank([b])


def in_order(items):
    return [items[key] for key in sorted(items)]


TestTableMachine = TableMachine.TestCase
TestTableMachine.settings = settings(max_examples=25, stateful_step_count=30, deadline=None)
