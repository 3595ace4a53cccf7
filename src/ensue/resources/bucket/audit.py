"""What a bucket promises of its SQL, checked in the store itself, whether its app runs or not.

Whether the files of its bodies are there is the engine's to look at: see `engine.body_audit`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from ensue.engine import logs, shapes
from ensue.engine.integrity import FINDINGS_MAX, RESTORE, Known
from ensue.engine.transaction import Transaction
from ensue.resources.bucket import schema
from ensue.resources.bucket.model import BucketModel
from ensue.words.findings import WARNING, Finding


def audit(tx: Transaction, known: Known) -> Iterator[Finding]:
    """What is wrong with a bucket: its schema, or objects and bodies that do not agree."""
    said = known.declared
    bucket = BucketModel(
        known.ref,
        versions=said.get("versions") is True,
        noncurrent_ms=_number(said.get("noncurrent_ms")),
        noncurrent_max=_number(said.get("noncurrent_max")),
        expire_ms=_number(said.get("expire_ms")),
    )

    there = shapes.shapes(tx.connection)
    wrong = list(shapes.differences(_wanted(bucket), there, str(known.ref)))
    yield from wrong
    if any(finding.rule == "schema.table" for finding in wrong):
        return
    yield from _without_body(tx, bucket, known.number)
    yield from _without_object(tx, bucket, known.number)
    yield from _agree(tx, bucket)


@lru_cache(maxsize=256)
def _wanted(bucket: BucketModel) -> dict[str, shapes.Shape]:
    """What the bucket's SQL looks like where it is made now."""

    def build(tx: Transaction) -> None:
        logs.create(tx, bucket.changes)
        schema.create(tx, bucket)

    return shapes.made_by(build)


def _number(value: object) -> int | None:
    return value if isinstance(value, int) else None


def _without_body(tx: Transaction, bucket: BucketModel, number: int) -> Iterator[Finding]:
    for version, key in tx.execute(
        f"SELECT o.version, o.key FROM {bucket.sql} o LEFT JOIN ensue_bodies b"
        " ON b.number = ? AND b.id = o.body AND b.gone_ms IS NULL AND b.size = o.size"
        f" WHERE o.body IS NOT NULL AND b.id IS NULL LIMIT {FINDINGS_MAX + 1}",
        (number,),
    ):
        yield Finding(
            "bucket.body",
            f"{bucket.sql} {version}",
            f"the object {key} has no body of its size among those that are kept",
            RESTORE,
        )


def _without_object(tx: Transaction, bucket: BucketModel, number: int) -> Iterator[Finding]:
    for (body,) in tx.execute(
        "SELECT id FROM ensue_bodies WHERE number = ? AND gone_ms IS NULL AND id NOT IN"
        f" (SELECT body FROM {bucket.sql} WHERE body IS NOT NULL) LIMIT {FINDINGS_MAX + 1}",
        (number,),
    ):
        yield Finding(
            "bucket.unused",
            f"ensue_bodies {body}",
            f"no object of {bucket.ref} has this body",
            "It only takes room: a statement from outside has removed its object.",
            WARNING,
        )


def _agree(tx: Transaction, bucket: BucketModel) -> Iterator[Finding]:
    """The last change of each key says what it stands for now."""
    for sequence, kind, key in tx.execute(
        f"SELECT c.sequence, c.kind, c.key FROM {bucket.changes} c"
        f" JOIN (SELECT max(sequence) AS sequence FROM {bucket.changes} GROUP BY key) last"
        f" ON last.sequence = c.sequence LEFT JOIN {bucket.sql} o"
        " ON o.is_current = 1 AND o.key = c.key"
        " WHERE CASE c.kind WHEN 'remove' THEN o.version IS NOT NULL"
        f" ELSE o.version IS NOT c.version END LIMIT {FINDINGS_MAX + 1}"
    ):
        yield Finding(
            "bucket.changes",
            f"{bucket.changes} {sequence}",
            f"the last change of {key} is this {kind}, and {bucket.sql} does not say so",
            "Those who follow the bucket do not know what it holds: put the object once more.",
        )
