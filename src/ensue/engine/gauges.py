"""What is looked at now and then, to warn before it is too late: room, waiting work, dead work."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from ensue.engine import replays, work
from ensue.engine.consumers import ActionConsumer, TransactionConsumer
from ensue.engine.engine import Engine
from ensue.engine.ids import NUMBER_MAX
from ensue.engine.notices import near, size_is_near
from ensue.engine.transaction import Transaction
from ensue.words.findings import WARNING, Finding
from ensue.words.units import iso
from ensue.words.values import VALUE_BYTES_MAX

DISK_FREE_BYTES_MIN = 536_870_912
LOG_FILE_BYTES_MAX = 268_435_456
OVERDUE_MS_MAX = 300_000
DEAD_COUNTED_MAX = 1_000
NEWEST_LOOKED_AT = 100


def look(engine: Engine) -> list[Finding]:
    """What is near a bound, or waits for somebody, at this moment.

    Raises:
        StoreError: the store cannot serve.
    """
    return [
        *_disk(engine),
        *engine.read(
            lambda tx: [
                *_resources(tx),
                *_sizes(engine, tx),
                *_dead(engine, tx),
                *_overdue(engine, tx),
                *_paused(engine, tx),
                *_halted(engine, tx),
            ]
        ),
    ]


def _disk(engine: Engine) -> Iterator[Finding]:
    if engine.url.on_loop:
        return
    path = engine.url.path
    free = shutil.disk_usage(Path(path).absolute().parent).free
    if free < DISK_FREE_BYTES_MIN:
        yield _warning(
            "near.disk",
            path,
            f"{free:,} bytes are free on the disk of the store",
            "Free some space: when it is full nothing can be written.",
        )
    try:
        size = os.stat(f"{path}-wal").st_size
    except OSError:
        return
    if size > LOG_FILE_BYTES_MAX:
        yield _warning(
            "near.log_file",
            f"{path}-wal",
            f"the write-ahead log has {size:,} bytes",
            "Somebody reads at an old moment: a backup, or a program with an open transaction.",
        )


def _resources(tx: Transaction) -> Iterator[Finding]:
    [(highest,)] = tx.execute("SELECT max(number) FROM ensue_resources")
    if (highest or 0) >= near(NUMBER_MAX):
        yield _warning(
            "near.resources",
            "ensue_resources",
            f"{highest} of at most {NUMBER_MAX} resources were declared",
            "Declare fewer: names that are no longer used keep their number.",
        )


def _sizes(engine: Engine, tx: Transaction) -> Iterator[Finding]:
    """The newest messages that are nearly too large: looked at here, so sending costs nothing."""
    refs = engine.refs_by_number()
    for number, size in tx.execute(
        "SELECT queue, max(size) FROM (SELECT queue, octet_length(body) AS size FROM ensue_work"
        " ORDER BY id DESC LIMIT ?) WHERE size > ? GROUP BY queue",
        (NEWEST_LOOKED_AT, near(VALUE_BYTES_MAX)),
    ):
        where = str(refs.get(number, f"queue {number}"))
        yield size_is_near("a message", size, VALUE_BYTES_MAX, where)


def _dead(engine: Engine, tx: Transaction) -> Iterator[Finding]:
    for number, name in tx.execute(
        "SELECT number, name FROM ensue_resources"
        " WHERE json_extract(declared, '$.dead_letter_queue_of') IS NOT NULL ORDER BY number"
    ):
        if number not in engine.declared:
            continue
        [(count,)] = tx.execute(
            "SELECT count(*) FROM (SELECT 1 FROM ensue_work WHERE queue = ? AND state < 2 LIMIT ?)",
            (number, DEAD_COUNTED_MAX),
        )
        if count:
            more = " or more" if count == DEAD_COUNTED_MAX else ""
            yield _warning(
                "dead.letters",
                f"queue {name}",
                f"{count}{more} messages failed for good and wait here",
                f"`ensue dlq {name}` says of what; repair that, then `ensue dlq redrive {name}`.",
            )


def _overdue(engine: Engine, tx: Transaction) -> Iterator[Finding]:
    """Work that has been due for long, although somebody consumes it here."""
    refs = engine.refs_by_number()
    for worker in engine.workers:
        if isinstance(worker, ActionConsumer | TransactionConsumer):
            for number in worker.listens.difference(tx.facts.paused):
                due_ms = work.next_due_ms(tx, number)
                if due_ms is not None and tx.now_ms - due_ms > OVERDUE_MS_MAX:
                    yield _warning(
                        "overdue.work",
                        str(refs[number]),
                        f"its next work has been due for {(tx.now_ms - due_ms) // 1_000} s",
                        "Its consumer is slow, paced, or fails: give it more concurrency or rate.",
                    )


def _paused(engine: Engine, tx: Transaction) -> Iterator[Finding]:
    """What is declared here and takes nothing because somebody has paused it."""
    refs = engine.refs_by_number()
    for number, since_ms in sorted(tx.facts.paused.items()):
        if number in engine.declared:
            ref = refs[number]
            yield _warning(
                "paused",
                str(ref),
                f"it has been paused since {iso(since_ms)}, and"
                f" {'tells nobody' if ref.kind == 'alarm' else 'what is for it waits'}",
                f"`ensue resume {ref.kind}/{ref.name}` lets it go on.",
            )


def _halted(engine: Engine, tx: Transaction) -> Iterator[Finding]:
    """Replays that pause, by themselves or not: until they go on, nothing behind is forgotten."""
    refs = engine.refs_by_number()
    for found in replays.paused(tx):
        if found.log in engine.declared:
            why = "" if found.fault is None else f": {found.fault}"
            yield _warning(
                "paused.replay",
                str(refs[found.log]),
                f"the replay {found.name} pauses{why}",
                f"`ensue resume {refs[found.log].name} {found.name}` lets it go on,"
                " `ensue cancel` ends it.",
            )


def _warning(rule: str, where: str, what: str, hint: str) -> Finding:
    return Finding(rule, where, what, hint, WARNING)
