"""Mechanisms taken out of the engine, to see that the simulation notices."""

from __future__ import annotations

from dataclasses import replace

from ensue.engine import (
    archives,
    batches,
    deduplication,
    idempotency,
    pauses,
    replays,
    snapshots,
    work,
)
from ensue.engine.consumer import Consumer
from ensue.engine.consumers import ActionConsumer, TransactionConsumer
from ensue.engine.readers import LogReader
from ensue.engine.transaction import Transaction
from ensue.resources.bus import store as bus_store
from ensue.resources.bus.store import delivering, replaying, switching
from ensue.resources.bus.worker.replaying import ReplayWorker
from ensue.resources.queue.store import receiving
from ensue.resources.schedule import worker as scheduling
from ensue.resources.stream.store import groups
from ensue.resources.table import worker as expiring
from ensue.resources.table.store import past


def no_savepoints(monkeypatch):
    """What a transaction did stays when it raises."""
    plain = Transaction.execute

    def execute(self, sql, parameters=()):
        return plain(self, "SELECT 1" if sql.startswith("ROLLBACK TO") else sql, parameters)

    monkeypatch.setattr(Transaction, "execute", execute)


def no_lease(monkeypatch):
    """Work that an action takes can be taken again at once."""

    def lease(tx, taken, *told):
        del tx, told
        return [each._replace(receives=each.receives + 1) for each in taken]

    monkeypatch.setattr(work, "lease", lease)


def no_release_of_groups(monkeypatch):
    """The next of a group is never made due."""
    monkeypatch.setattr(work, "release_groups", lambda tx, settled: None)


def position_in_another_commit(monkeypatch):
    """A reader's position moves after what it did was committed."""
    moves, move, step = [], LogReader._move, LogReader.step

    async def stepped(self):
        more = await step(self)
        while moves:
            await self._engine.transact(lambda tx: move(self, tx, *moves[0]))
            del moves[0]
        return more

    monkeypatch.setattr(LogReader, "_move", lambda self, tx, *moved: moves.append(moved))
    monkeypatch.setattr(LogReader, "step", stepped)


def lease_not_looked_at(monkeypatch):
    """Work is handled although its lease was not committed."""
    monkeypatch.setattr(
        TransactionConsumer,
        "_handle_leased",
        lambda self, tx, piece: (
            self._handle(tx, piece, piece.receives) and work.finish(tx, [piece])
        ),
    )


def late_handle_heard(monkeypatch):
    """Whoever received a message once is heard as long as anybody has it."""
    plain = receiving._leased

    def leased(tx, queue, handle):
        place = tx.facts.records.place(receiving.rules.receipt(handle).message_id)
        piece = work.piece(tx, place.sequence)
        if piece is not None and piece.state == work.LEASED:
            return piece
        return plain(tx, queue, handle)

    monkeypatch.setattr(receiving, "_leased", leased)


def no_fence(monkeypatch):
    """Whoever had a shard once is heard for ever."""
    plain = groups._held

    def held(tx, stream, lease):
        now = tx.row(
            "SELECT token FROM ensue_groups WHERE log = ? AND name = ? AND shard = ?",
            (tx.number(stream.ref), lease.group, lease.shard),
        )
        return plain(tx, stream, replace(lease, token=now[0]) if now else lease)

    monkeypatch.setattr(groups, "_held", held)


def no_deduplication(monkeypatch):
    """What was sent before is not remembered."""
    monkeypatch.setattr(deduplication, "sent_before", lambda tx, queue, id_: None)


def token_not_kept(monkeypatch):
    """What was done under a token is done again."""

    def finish(tx, scope, token, answer, *, keep_ms):
        del answer, keep_ms
        idempotency.free(tx, scope, token)

    monkeypatch.setattr(idempotency, "finish", finish)


def past_without_its_last_moment(monkeypatch):
    """The past leaves out what was done in the very millisecond that is asked for."""
    plain = past._at_time
    monkeypatch.setattr(past, "_at_time", lambda tx, table, at_ms: plain(tx, table, at_ms - 1))


def ends_early(monkeypatch):
    """Items are removed two seconds before their end."""
    end_ms, remove = expiring.store.next_end_ms, expiring.store.remove_expired

    def next_end_ms(tx, table):
        found = end_ms(tx, table)
        return found and found - 2_000

    def remove_expired(tx, table, limit):
        tx.now_ms += 2_000
        try:
            return remove(tx, table, limit)
        finally:
            tx.now_ms -= 2_000

    monkeypatch.setattr(expiring.store, "next_end_ms", next_end_ms)
    monkeypatch.setattr(expiring.store, "remove_expired", remove_expired)


def moments_left_out(monkeypatch):
    """A schedule whose moment has passed does not tell what it leaves out."""
    plain = scheduling.rules.decide
    monkeypatch.setattr(
        scheduling.rules, "decide", lambda *given: plain(*given)._replace(left_out=False)
    )


def firing_in_another_commit(monkeypatch):
    """A schedule moves on before its firing is committed."""
    fires, fire, step = [], scheduling._fire, scheduling.Scheduler.step

    async def stepped(self):
        fires.clear()  # those of a process that died
        more = await step(self)
        for given in fires:
            await self._engine.transact(lambda tx, given=given: fire(tx, *given))
        return more

    monkeypatch.setattr(scheduling, "_fire", lambda tx, *given: fires.append(given))
    monkeypatch.setattr(scheduling.Scheduler, "step", stepped)


def snapshot_that_overlaps(monkeypatch):
    """A new follower is told of changes that it was given with what was there."""
    monkeypatch.setattr(snapshots, "is_passed_over", lambda tx, number, record: False)


def answers_completed_apart(monkeypatch):
    """What is made of an action's answer commits before its work is settled."""
    step, made = ActionConsumer.step, []

    async def stepped(self):
        for verdict in self._verdicts:
            complete = self._handler.complete
            if complete is not None and not verdict.failed and verdict not in made:
                given = verdict.pieces, verdict.answer
                await self._engine.transact(lambda tx, given=given: complete(tx, *given))  # noqa: B023
                made.append(verdict)
        return await step(self)

    monkeypatch.setattr(ActionConsumer, "step", stepped)
    monkeypatch.setattr(batches, "completed", lambda tx, handler, verdict: verdict)


def line_not_kept(monkeypatch):
    """A delivery overtakes those of its group that its target did not take."""
    monkeypatch.setattr(delivering, "lined_up", lambda tx, bus, sending: False)


def refused_and_forgotten(monkeypatch):
    """What a target does not take in the end is no dead letter, but gone."""
    plain = work.bury

    def bury(tx, piece, error, letters):
        if "delivery" in work.attributes_of(piece):
            work.finish(tx, [piece])
        else:
            plain(tx, piece, error, letters)

    monkeypatch.setattr(work, "bury", bury)


def replay_in_another_commit(monkeypatch):
    """A replay moves its position before what it delivers is committed."""
    made, plain, advance = [], replaying._deliver, ReplayWorker._advance

    def deliver(*given):
        made.append(given[1:])
        return 1

    async def advanced(self, *given):
        made.clear()  # those of a process that died
        await advance(self, *given)
        for each in made:
            await self._engine.transact(lambda tx, each=each: plain(tx, *each))

    monkeypatch.setattr(replaying, "_deliver", deliver)
    monkeypatch.setattr(ReplayWorker, "_advance", advanced)


def replay_not_waited_for(monkeypatch):
    """What a replay has not read yet is forgotten as if there was none."""
    monkeypatch.setattr(replays, "held_from", lambda tx, log: replays.NOTHING_HELD)


def pause_not_looked_at(monkeypatch):
    """Whoever is paused goes on with his work."""
    monkeypatch.setattr(Consumer, "is_paused", False)


def pause_forgotten(monkeypatch):
    """What was paused goes on after a restart."""
    monkeypatch.setattr(pauses, "_note", lambda tx, number: (tx.now_ms, True))


def archive_that_forgets(monkeypatch):
    """An archive does not get some of what it is to keep."""
    plain = archives._Places.of
    monkeypatch.setattr(
        archives._Places,
        "of",
        lambda self, record: plain(self, record) if record.sequence % 4 else None,
    )


def switch_forgotten(monkeypatch):
    """A rule is as it was declared after a restart, however it was switched."""
    monkeypatch.setattr(switching, "switch", lambda tx, bus, rules, name, *, enabled: None)
    monkeypatch.setattr(bus_store, "switch", switching.switch)


MUTANTS = (
    no_savepoints,
    no_lease,
    no_release_of_groups,
    position_in_another_commit,
    lease_not_looked_at,
    late_handle_heard,
    no_fence,
    no_deduplication,
    token_not_kept,
    past_without_its_last_moment,
    ends_early,
    moments_left_out,
    firing_in_another_commit,
    snapshot_that_overlaps,
    answers_completed_apart,
    line_not_kept,
    refused_and_forgotten,
    replay_in_another_commit,
    replay_not_waited_for,
    pause_not_looked_at,
    pause_forgotten,
    archive_that_forgets,
    switch_forgotten,
)

# Where to begin looking for those that few seeds find: a little before the first that does. When
# what is played changes it is another seed; then the look only takes longer.
FOUND_FROM = {
    position_in_another_commit: 85,
    late_handle_heard: 45,
    snapshot_that_overlaps: 35,
    firing_in_another_commit: 598,
    answers_completed_apart: 288,
    replay_not_waited_for: 338,
}
