"""Short reads at once, long ones in a thread: nothing else waits for them."""

from __future__ import annotations

import asyncio
import threading
from contextvars import ContextVar

import apsw
import pytest

from ensue.engine.clock import HeldClock
from ensue.engine.database import MEMORY, StoreUrl
from ensue.engine.engine import Engine
from ensue.engine.ids import seeded_random
from ensue.engine.waiting import turn
from ensue.words.errors import InvalidInput, LimitExceeded, StoreClosed, StoreError

MAIN = threading.get_ident()
# As many steps as a million rows take, without the rows.
LONG = (
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)"
    " SELECT count(*), max(i) FROM n"
)
MANY = 1_000_000
FEW = 10


def on(url, doing):
    """Do something with an engine."""

    async def run():
        engine = await Engine.open(url, HeldClock(), seeded_random(1))
        try:
            return await doing(engine)
        finally:
            await engine.close()

    return asyncio.run(run())


def counted(tx, many, seen):
    seen.append(threading.get_ident())
    return tx.row(LONG, (many,))[0]


def test_a_short_read_is_made_at_once_on_the_loop(file_store):
    seen = []

    async def look(engine):
        return await engine.reads.look(lambda tx: counted(tx, FEW, seen))

    assert on(file_store, look) == FEW
    assert seen == [MAIN]


def test_a_long_read_is_begun_again_in_a_thread_and_others_go_on_meanwhile(file_store):
    seen, turns = [], []

    async def look(engine):
        reading = asyncio.ensure_future(
            engine.reads.look(lambda tx: counted(tx, MANY, seen), known_as=counted)
        )
        while not reading.done():
            await turn()
            turns.append(engine.pending)
        first = await reading
        second = await engine.reads.look(lambda tx: counted(tx, MANY, seen), known_as=counted)
        return first, second

    assert on(file_store, look) == (MANY, MANY)
    assert seen[0] == MAIN
    assert MAIN not in seen[1:]
    assert len(seen) == 3  # the second time it is known
    assert (len(turns) > 10, max(turns)) == (True, 1)


def test_what_is_known_to_be_long_begins_in_a_thread_with_the_callers_context(file_store):
    seen, who = [], ContextVar("who", default="nobody")

    async def look(engine):
        who.set("ada")
        return await engine.reads.look(lambda tx: (counted(tx, FEW, seen), who.get()), is_long=True)

    assert on(file_store, look) == (FEW, "ada")
    assert MAIN not in seen


def test_in_memory_everything_is_read_on_the_loop():
    seen = []

    async def look(engine):
        return await engine.reads.look(lambda tx: counted(tx, MANY, seen), is_long=True)

    assert on(StoreUrl(MEMORY), look) == MANY
    assert seen == [MAIN]


def test_a_function_that_catches_its_being_cut_off_is_not_believed(file_store):
    async def look(engine):
        def careless(tx):
            try:
                return tx.row(LONG, (MANY,))[0]
            except StoreError:
                return "nothing"
            except apsw.Error:
                return "nothing"

        return await engine.reads.look(careless)

    assert on(file_store, look) == MANY


@pytest.mark.parametrize("is_long", [False, True])
def test_what_a_read_raises_is_raised_and_writing_is_refused(file_store, is_long):
    async def look(engine):
        def refuse(tx):
            raise InvalidInput("no")

        with pytest.raises(InvalidInput, match="no"):
            await engine.reads.look(refuse, is_long=is_long)
        with pytest.raises(StoreError):
            await engine.reads.look(
                lambda tx: tx.execute("DELETE FROM ensue_hops"), is_long=is_long
            )
        return await engine.reads.look(lambda tx: counted(tx, FEW, []), is_long=is_long)

    assert on(file_store, look) == FEW


def test_a_stop_ends_a_long_read_at_its_next_step(file_store):
    async def look(engine):
        began = threading.Event()

        def endless(tx):
            began.set()
            return tx.row(LONG, (10**12,))

        reading = asyncio.ensure_future(engine.reads.look(endless, is_long=True))
        await asyncio.to_thread(began.wait)
        await engine.close()
        with pytest.raises(StoreClosed):
            await reading
        with pytest.raises(StoreClosed):
            await engine.reads.look(endless)

    on(file_store, look)


def test_long_reads_that_wait_are_bounded(file_store, monkeypatch):
    monkeypatch.setattr("ensue.engine.reads.WAITING_MAX", 1)

    async def look(engine):
        first = asyncio.ensure_future(
            engine.reads.look(lambda tx: counted(tx, FEW, []), is_long=True)
        )
        await turn()
        with pytest.raises(LimitExceeded):
            await engine.reads.look(lambda tx: counted(tx, FEW, []), is_long=True)
        return await first

    assert on(file_store, look) == FEW
