"""What must hold of the archives of a log, and what is wrong where it does not."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from ensue.engine import archives, shapes
from ensue.engine.integrity import FINDINGS_MAX, REPORT
from ensue.engine.transaction import Transaction
from ensue.words.findings import Finding


def audit(tx: Transaction, log: int, table: str, archive: str) -> Iterator[Finding]:
    """What is wrong with a log's archives.

    Args:
        tx: where to look.
        log: the log's number.
        table: its SQL table.
        archive: the SQL table of its archived records, if it has one.
    """
    if tx.row("SELECT 1 FROM sqlite_schema WHERE name = ?", (archive,)) is None:
        yield from _gone(tx, log, archive)
        return
    wrong = list(shapes.differences(_wanted(archive), shapes.shapes(tx.connection), archive))
    yield from wrong
    if any(finding.rule == "schema.table" for finding in wrong):
        return
    yield from _counts(tx, log, archive)
    yield from _order(tx, table, archive)


@lru_cache(maxsize=256)
def _wanted(archive: str) -> dict[str, shapes.Shape]:
    return shapes.made_by(lambda tx: archives.create(tx, archive))


def _gone(tx: Transaction, log: int, archive: str) -> Iterator[Finding]:
    if tx.row("SELECT 1 FROM sqlite_schema WHERE name = 'ensue_archives'") is None:
        return  # a store of an earlier step
    [(records,)] = tx.execute("SELECT sum(records) FROM ensue_archives WHERE log = ?", (log,))
    if records:
        yield Finding(
            "archives.gone", archive, f"the table of {records} archived records is gone", REPORT
        )


def _counts(tx: Transaction, log: int, archive: str) -> Iterator[Finding]:
    """Each archive counts what it holds, and each archived record is in one."""
    counted = {
        number: (records, size)
        for number, records, size in tx.execute(
            f"SELECT archive, count(*), sum(octet_length(new)) FROM {archive} GROUP BY archive"
        )
    }
    for shelf in archives.shelves(tx, log):
        found = counted.pop(shelf.number, (0, 0))
        if found != (shelf.records, shelf.bytes):
            yield Finding(
                "archives.counts",
                f"ensue_archives {shelf.number}",
                f"the archive {shelf.name} counts {shelf.records} records of {shelf.bytes} bytes,"
                f" and holds {found[0]} of {found[1]}",
                "What it shows is wrong; what it holds is not. " + REPORT,
            )
    for number, (records, _) in counted.items():
        yield Finding(
            "archives.unknown",
            archive,
            f"{records} records are in archive {number}, which is none of this log",
            "They are kept for ever. " + REPORT,
        )


def _order(tx: Transaction, table: str, archive: str) -> Iterator[Finding]:
    """What is archived was trimmed from the log, so it comes before all that is there."""
    for (sequence,) in tx.execute(
        f"SELECT sequence FROM {archive} WHERE sequence >= (SELECT min(sequence) FROM {table})"
        " ORDER BY sequence LIMIT ?",
        (FINDINGS_MAX + 1,),
    ):
        yield Finding(
            "archives.order",
            f"{archive} {sequence}",
            "it is in the archive, but the log begins with an older record",
            "Who reads gets it out of order, or twice. " + REPORT,
        )
