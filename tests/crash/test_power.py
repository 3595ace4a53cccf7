"""Power cuts: what is left is all that was acknowledged, or, if so chosen, all but the tail."""

from __future__ import annotations

import asyncio
from contextlib import closing

import pytest

from ensue import App, StoreUnusable
from ensue.app.platform import Platform
from ensue.engine.checkpoints import checkpoint
from ensue.engine.clock import HeldClock
from ensue.engine.ids import seeded_random
from ensue.testing.disk import Disk, Fault, Killed

pytestmark = pytest.mark.crash

COMMITS = 30
SOME_CUTS = 60


def left_after_a_cut(folder, synchronous, seed):
    """Commit 1, 2, 3 ... until the power is cut; returns what was acknowledged and what is left."""
    source = seeded_random(seed)
    with closing(Disk(remembers=True)) as disk:
        url = disk.url(folder / f"{synchronous}-{seed}.db", synchronous)
        acknowledged = []
        machine = Shop(url, source)
        disk.fault = Fault("kill", disk.steps + 1 + int(source.random() * 500))
        try:
            for number in range(1, COMMITS + 1):
                machine.put(number)
                acknowledged.append(number)
                if source.random() < 0.1:
                    checkpoint(machine.platform.engine._connection, "main")
        except Killed:
            pass
        disk.bury()
        machine.abandon()
        disk.power_cut(source)
        disk.start_again()
        machine = Shop(url, source)
        left, sound = machine.numbers(), machine.is_sound()
        disk.bury()
        machine.abandon()
    return acknowledged, left, sound


class Shop:
    """An app with one table, on a disk."""

    def __init__(self, url, source):
        self.app = App("shop")
        self.table = self.app.table("numbers", key="id")
        self.loop = asyncio.new_event_loop()
        self.loop.set_exception_handler(lambda *_: None)
        self.platform = self.loop.run_until_complete(
            Platform.open([self.app], url, clock=HeldClock(), source=source)
        )

    def put(self, number):
        self.loop.run_until_complete(self.table.put({"id": number, "text": "x" * 50 * number}))

    def numbers(self):
        engine = self.platform.engine
        return [n for (n,) in engine.read(lambda tx: tx.rows("SELECT pk FROM shop_numbers"))]

    def is_sound(self):
        engine = self.platform.engine
        return engine.read(lambda tx: tx.rows("PRAGMA integrity_check")) == [("ok",)]

    def abandon(self):
        for task in asyncio.all_tasks(self.loop):
            task.cancel()
        self.loop.run_until_complete(self.platform.abandon())
        self.loop.close()


def cuts(pytestconfig):
    return range(max(SOME_CUTS, pytestconfig.getoption("--seeds") // 10))


def test_with_full_nothing_that_was_acknowledged_is_lost(tmp_path, pytestconfig):
    for seed in cuts(pytestconfig):
        acknowledged, left, sound = left_after_a_cut(tmp_path, "FULL", seed)

        assert sound
        assert left in (acknowledged, [*acknowledged, len(acknowledged) + 1]), f"seed {seed}"


def test_with_normal_the_file_is_whole_and_only_the_last_commits_are_missing(
    tmp_path, pytestconfig
):
    lost = 0
    for seed in cuts(pytestconfig):
        acknowledged, left, sound = left_after_a_cut(tmp_path, "NORMAL", seed)

        assert sound
        assert left == list(range(1, len(left) + 1)), f"seed {seed}: there is a gap"
        lost += len(left) < len(acknowledged)
    assert lost, "the power was never cut where it hurts"


def test_without_syncs_these_tests_notice_what_is_lost(tmp_path):
    def is_whole(seed):
        try:
            acknowledged, left, sound = left_after_a_cut(tmp_path, "OFF", seed)
        except StoreUnusable:
            return False
        return sound and len(left) >= len(acknowledged)

    assert not all(is_whole(seed) for seed in range(SOME_CUTS))
