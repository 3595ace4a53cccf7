"""Whether a store keeps what the engine promises: each rule looks, and says what it finds.

Nothing is changed. The rules of the engine's own tables are here and in `rules_of_work`; each kind
of resource adds its own, as an `Audit`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TypeAlias

import apsw

from ensue.engine import logs, replays, rules_of_work, schema, shapes
from ensue.engine.declarations import LOGGED
from ensue.engine.ids import (
    EXECUTION_NUMBER,
    FIRST_FREE_NUMBER,
    HOP_NUMBER,
    NUMBER_MAX,
    WORK_NUMBER,
)
from ensue.engine.transaction import Transaction
from ensue.words import values
from ensue.words.errors import EnsueError
from ensue.words.findings import WARNING, Finding
from ensue.words.names import Ref
from ensue.words.values import Json

FINDINGS_MAX = 20

RESTORE = "Copy the file aside, and restore a backup or use sqlite3's .recover."
REPORT = "Keep a copy of the file and report it; restore a backup if the app misbehaves."


@dataclass(frozen=True)
class Known:
    """A resource as the store knows it, whether its app runs or not.

    Attributes:
        ref: what it is called.
        number: what stands for it in other tables.
        declared: its declaration when it was last opened.
        sql_table: its SQL table; None for none.
    """

    ref: Ref
    number: int
    declared: dict[str, Json]
    sql_table: str | None

    @property
    def log(self) -> str | None:
        """The SQL table of its log; None where it has none, or keeps it elsewhere."""
        if self.sql_table is None or self.ref.kind in {"schedule", "schemas", "vault"}:
            return None
        return f"{self.sql_table}_changes" if self.ref.kind in LOGGED else self.sql_table


Audit: TypeAlias = Callable[[Transaction, Known], Iterable[Finding]]


def check(
    tx: Transaction, audits: Mapping[str, Audit], *, started_ms: int | None = None
) -> list[Finding]:
    """All that is wrong with a store; empty for one that is as it must be.

    Args:
        tx: where to look; it sees one moment of the store.
        audits: the rules of each kind of resource.
        started_ms: when the only process that takes work began to; None for a store that nobody
            runs on.
    """
    found: list[Finding] = []
    look(found, "file", lambda: _pages(tx))
    look(found, "schema", lambda: _schema(tx))
    look(found, "store", lambda: _store(tx))
    look(found, "resources", lambda: _resources(tx))
    resources: list[Known] = []
    look(found, "resources", lambda: _read_resources(tx, resources))
    numbers = {each.number for each in resources}
    for name, rule in rules_of_work.RULES.items():
        look(found, name, lambda rule=rule: rule(tx, numbers, started_ms))  # type: ignore[misc]
    look(found, "readers", lambda: _readers(tx, resources))
    look(found, "paused", lambda: _paused(tx, numbers))
    look(found, "replays", lambda: _replays(tx, resources))
    look(found, "sequences", lambda: _sequences(tx))
    tables = log_tables(tx, resources)
    look(found, "hops", lambda: _hops(tx, tables))
    look(found, "hops", lambda: _causes(tx, resources, tables))
    of_engine = list(found)
    for known in resources:
        audit = audits.get(known.ref.kind)
        if audit is not None:
            look(found, known.ref.kind, lambda audit=audit, known=known: audit(tx, known))  # type: ignore[misc]
    if not any(finding.rule == "schema.older" for finding in of_engine):
        return found
    # What resources have made is brought forward too when an older store is opened.
    of_resources = found[len(of_engine) :]
    return of_engine + [each for each in of_resources if not each.rule.startswith("schema.")]


def look(found: list[Finding], rule: str, run: Callable[[], Iterable[Finding]]) -> None:
    """Add what a rule finds, a bounded number; what keeps it from looking is a finding too."""
    try:
        findings = iter(run())
        found += islice(findings, FINDINGS_MAX)
        if next(findings, None) is not None:
            found.append(
                Finding(
                    f"{rule}.more",
                    rule,
                    f"there are more than {FINDINGS_MAX} such",
                    REPORT,
                    WARNING,
                )
            )
    except (apsw.Error, EnsueError, UnicodeDecodeError) as fault:
        found.append(Finding(f"{rule}.unreadable", rule, f"it cannot be read: {fault}", RESTORE))


def _pages(tx: Transaction) -> Iterator[Finding]:
    for (said,) in tx.execute(f"PRAGMA integrity_check({FINDINGS_MAX})"):
        if said != "ok":
            yield Finding("file.damaged", "file", str(said).replace("\n", " "), RESTORE)


def _schema(tx: Transaction) -> Iterator[Finding]:
    [(step,)] = tx.execute("PRAGMA user_version")
    if step > len(schema.STEPS):
        yield Finding(
            "schema.newer",
            "file",
            f"it has schema step {step}, this version knows {len(schema.STEPS)}",
            "Check it with the version that wrote it.",
        )
        return
    if step < len(schema.STEPS):
        yield Finding(
            "schema.older",
            "file",
            f"it has schema step {step}, this version has {len(schema.STEPS)}",
            "It is brought forward when it is next opened.",
            WARNING,
        )
    wanted = shapes.engine_shapes(step)
    found = shapes.shapes(tx.connection)
    yield from shapes.differences(wanted, found, "the engine")
    yield from shapes.foreign(found, set(shapes.engine_shapes()) | set(wanted))


def _store(tx: Transaction) -> Iterator[Finding]:
    rows = tx.rows("SELECT id, salt, in_use FROM ensue_store")
    if len(rows) != 1 or not isinstance(rows[0][1], int):
        yield Finding(
            "store.salt",
            "ensue_store",
            f"expected one row with a salt, got {len(rows)} rows",
            RESTORE,
        )


def _resources(tx: Transaction) -> Iterator[Finding]:
    for number, times in tx.execute(
        "SELECT number, count(*) FROM ensue_resources GROUP BY number"
        " HAVING count(*) > 1 OR number NOT BETWEEN ? AND ?",
        (FIRST_FREE_NUMBER, NUMBER_MAX),
    ):
        yield Finding(
            "resources.number",
            f"ensue_resources {number}",
            f"expected each number from {FIRST_FREE_NUMBER} to {NUMBER_MAX} once,"
            f" got {number} {times} times",
            RESTORE,
        )
    for app, kind, name, table in tx.execute(
        "SELECT app, kind, name, sql_table FROM ensue_resources"
        " WHERE sql_table IS NOT NULL AND sql_table NOT IN (SELECT name FROM sqlite_schema)"
    ):
        yield Finding(
            "resources.table",
            table,
            f"the SQL table of {kind} {name} of {app} is gone",
            RESTORE,
        )


def _read_resources(tx: Transaction, into: list[Known]) -> Iterator[Finding]:
    """Read what resources the store knows."""
    for app, kind, name, number, declared, table in tx.execute(
        "SELECT app, kind, name, number, declared, sql_table FROM ensue_resources ORDER BY number"
    ):
        try:
            said = values.decode(declared)
        except ValueError:
            said = None
        if isinstance(said, dict):
            into.append(Known(Ref(app, kind, name), number, said, table))
        else:
            into.append(Known(Ref(app, kind, name), number, {}, None))
            yield Finding(
                "resources.declared",
                f"ensue_resources {number}",
                f"the declaration of {kind} {name} of {app} is no JSON object",
                "Start its app once: it is written again then.",
            )


def log_tables(tx: Transaction, resources: list[Known]) -> dict[int, str]:
    """The SQL table of each log, by the number of its resource."""
    there = {name for (name,) in tx.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    found = {each.number: each.log for each in resources if each.log is not None}
    found |= {each.number: each.table for each in tx.facts.directory.sources()}
    return {number: table for number, table in found.items() if table in there}


def _readers(tx: Transaction, resources: list[Known]) -> Iterator[Finding]:
    known = {each.number for each in resources}
    tables = log_tables(tx, resources)
    for number, log, position, attempts in tx.execute(
        "SELECT number, log, position, attempts FROM ensue_readers"
    ):
        at = f"ensue_readers {number}"
        if number not in known or log not in known:
            yield Finding(
                "readers.unknown",
                at,
                f"reader {number} of log {log}: there is no such resource",
                REPORT,
            )
            continue
        last = logs.last_sequence(tx, tables[log]) if log in tables else 0
        if not 0 <= position <= last:
            yield Finding(
                "readers.position",
                at,
                f"the position {position} is not in its log, which ends at {last}",
                "It would miss records until the log has grown past it; set it back to the end.",
            )
        if attempts < 0:
            yield Finding("readers.attempts", at, f"it counts {attempts} attempts", REPORT)


def _paused(tx: Transaction, known: set[int]) -> Iterator[Finding]:
    if not _has(tx, "ensue_paused"):
        return
    for number, since_ms in tx.execute("SELECT number, since_ms FROM ensue_paused"):
        if number not in known:
            yield Finding(
                "paused.unknown",
                f"ensue_paused {number}",
                f"resource {number} is paused since {since_ms}, but there is none of that number",
                REPORT,
            )


def _replays(tx: Transaction, resources: list[Known]) -> Iterator[Finding]:
    """A replay is of a log that is there, has read what it says, and none that is over goes on."""
    if not _has(tx, "ensue_replays"):
        return
    tables = log_tables(tx, resources)
    known = {each.number for each in resources}
    for number, log, state, position, last, looked, delivered, ended_ms in tx.execute(
        "SELECT id, log, state, position, last, looked, delivered, ended_ms FROM ensue_replays"
    ):
        end = logs.last_sequence(tx, tables[log]) if log in tables else 2**62
        is_over = state in {replays.DONE, replays.CANCELLED}
        wrong = {
            "replays.log": log not in known,
            "replays.state": not 0 <= state <= replays.CANCELLED or is_over != bool(ended_ms),
            "replays.position": not 0 <= position <= end or not 0 <= last <= end,
            "replays.counts": not 0 <= delivered <= looked,
        }
        for rule in [name for name, is_wrong in wrong.items() if is_wrong]:
            yield Finding(
                rule,
                f"ensue_replays {number}",
                f"state {state}, log {log} to {end}, position {position} of {last}, delivered"
                f" {delivered} of {looked}, ended {ended_ms}",
                "Cancel it, and start another. " + REPORT,
            )


def _has(tx: Transaction, table: str) -> bool:
    """Whether a store has a table of the engine: an older one has not the newest, and needs not."""
    return tx.row("SELECT 1 FROM sqlite_schema WHERE name = ?", (table,)) is not None


def _sequences(tx: Transaction) -> Iterator[Finding]:
    """A number that was given once must never be given again: ids are made of them."""
    counted = tx.rows(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql LIKE '%AUTOINCREMENT%'"
    )
    for name in [str(row[0]) for row in counted]:
        row = tx.row(f'SELECT max(rowid) FROM "{name}"')
        highest = row[0] if row and isinstance(row[0], int) else 0
        last = logs.last_sequence(tx, name)
        if highest > last:
            yield Finding(
                "sequences.behind",
                name,
                f"the next number follows {last}, but {highest} is taken",
                RESTORE,
            )


def _hops(tx: Transaction, tables: Mapping[int, str]) -> Iterator[Finding]:
    """What names a hop names one that is kept, or one that was forgotten with all before it."""
    [(first,)] = tx.execute("SELECT min(id) FROM ensue_hops")
    last = logs.last_sequence(tx, "ensue_hops")
    kept_from = last + 1 if first is None else first
    for table, key in [("ensue_work", "id"), *((name, "sequence") for name in tables.values())]:
        for row, hop in tx.execute(
            f'SELECT {key}, hop FROM "{table}" WHERE hop >= ?1'
            " AND (hop > ?2 OR hop NOT IN (SELECT id FROM ensue_hops)) LIMIT ?3",
            (kept_from, last, FINDINGS_MAX + 1),
        ):
            yield Finding(
                "hops.unknown",
                f"{table} {row}",
                f"it names the hop {hop}, which does not exist",
                "`ensue why` cannot tell what produced it. " + REPORT,
            )


def _causes(
    tx: Transaction, resources: list[Known], tables: Mapping[int, str]
) -> Iterator[Finding]:
    ends = {number: logs.last_sequence(tx, table) for number, table in tables.items()}
    ends[WORK_NUMBER] = logs.last_sequence(tx, "ensue_work")
    ends[HOP_NUMBER] = logs.last_sequence(tx, "ensue_hops")
    ends[EXECUTION_NUMBER] = logs.last_sequence(tx, "ensue_executions")
    known = {each.number for each in resources}
    for number, highest in tx.execute(
        "SELECT cause_number, max(cause_sequence) FROM ensue_hops"
        " WHERE cause_sequence IS NOT NULL GROUP BY cause_number"
    ):
        end = ends.get(number)
        if (end is None and number not in known) or (end is not None and highest > end):
            yield Finding(
                "hops.cause",
                "ensue_hops",
                f"a hop was caused by record {highest} of {number}, which never was",
                "`ensue why` cannot show what came before it. " + REPORT,
            )
