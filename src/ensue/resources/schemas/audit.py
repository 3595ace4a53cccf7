"""What a registry promises, checked in the store itself, and rules that can match nothing."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from ensue.engine import shapes
from ensue.engine.integrity import FINDINGS_MAX, Known
from ensue.engine.transaction import Transaction
from ensue.resources.schemas import schema, store
from ensue.resources.schemas.model import SchemasModel
from ensue.resources.schemas.rules.doubting import rule_findings
from ensue.words.findings import Finding
from ensue.words.names import Ref


def audit(tx: Transaction, known: Known) -> Iterator[Finding]:
    """What is wrong with a registry: its SQL, a version that is no JSON; and rules in doubt."""
    registry = _model(known.ref)
    there = shapes.shapes(tx.connection)
    wrong = list(shapes.differences(_wanted(known.ref), there, str(known.ref)))
    yield from wrong
    if any(finding.rule == "schema.table" for finding in wrong):
        return
    spoilt = tx.rows(
        f"SELECT subject, version FROM {registry.table}"
        " WHERE schema IS NOT NULL AND (NOT json_valid(schema) OR version < 1) LIMIT ?",
        (FINDINGS_MAX,),
    )
    for row in spoilt:
        yield Finding(
            rule="schemas.version",
            where=f"{registry.table}, {row[0]!s}, version {row[1]!s}",
            what="a version is no JSON, or its number is none",
            hint="Delete that row, and register the schema again.",
        )
    if not spoilt:
        yield from rule_findings(known.ref, store.every(tx, registry), store.buses(tx, known.ref))


@lru_cache(maxsize=64)
def _wanted(ref: Ref) -> dict[str, shapes.Shape]:
    return shapes.made_by(lambda tx: schema.create(tx, _model(ref)))


def _model(ref: Ref) -> SchemasModel:
    return SchemasModel(ref, "none", ref.app)
