"""What vaults promise, checked in the store itself: each secret can be opened where it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import lru_cache

from ensue.engine import shapes
from ensue.engine.integrity import FINDINGS_MAX, Known
from ensue.engine.transaction import Transaction
from ensue.resources.vault import schema
from ensue.resources.vault.model import VaultModel
from ensue.resources.vault.rules import Spot, check_library, unseal
from ensue.words.errors import MissingExtra, MissingKey, Unfit
from ensue.words.findings import WARNING, Finding
from ensue.words.names import Ref


def audit(tx: Transaction, known: Known) -> Iterator[Finding]:
    """What is wrong with a vault: its SQL, a secret that cannot be opened, one that is in parts."""
    vault = VaultModel(known.ref)
    there = shapes.shapes(tx.connection)
    wrong = list(shapes.differences(_wanted(known.ref), there, str(known.ref)))
    yield from wrong
    if any(finding.rule == "schema.table" for finding in wrong):
        return
    yield from _in_parts(tx, vault)
    try:
        check_library(str(vault.ref))
    except MissingExtra as fault:
        yield Finding("vault.key", str(vault.ref), fault.message, fault.hint or "", WARNING)
        return
    yield from _sealed(tx, vault)


@lru_cache(maxsize=64)
def _wanted(ref: Ref) -> dict[str, shapes.Shape]:
    return shapes.made_by(lambda tx: schema.create(tx, VaultModel(ref)))


def _in_parts(tx: Transaction, vault: VaultModel) -> Iterator[Finding]:
    """A secret has the versions that it names, and a version its secret."""
    lost = tx.rows(
        f"SELECT name, current FROM {vault.table} s WHERE NOT EXISTS (SELECT 1"
        f" FROM {vault.versions} v WHERE v.name = s.name AND v.version = s.current)"
        f" UNION ALL SELECT name, version FROM {vault.versions} v WHERE NOT EXISTS (SELECT 1"
        f" FROM {vault.table} s WHERE s.name = v.name AND v.version <= s.last) LIMIT ?",
        (FINDINGS_MAX,),
    )
    for name, version in lost:
        yield Finding(
            rule="vault.parts",
            where=f"{vault.table}, {name!s}, version {version!s}",
            what="a secret lacks its current version, or a version its secret",
            hint="Put the secret again, or restore a backup.",
        )


def _sealed(tx: Transaction, vault: VaultModel) -> Iterator[Finding]:
    """Each version is opened by its key; of those whose key is not here nothing is known."""
    keyless: Counter[str] = Counter()
    found = 0
    for name, version, key_id, sealed in tx.execute(
        f"SELECT name, version, key_id, sealed FROM {vault.versions} ORDER BY name, version"
    ):
        try:
            unseal(tx.facts.keyring.to_open(key_id), Spot(vault.ref, name, version), sealed)
        except MissingKey:
            keyless[key_id] += 1
        except Unfit:
            found += 1
            yield Finding(
                rule="vault.sealed",
                where=f"{vault.versions}, {name}, version {version}",
                what="a secret cannot be opened: it was changed, or moved from another place",
                hint="Put the secret again, or restore a backup.",
            )
            if found == FINDINGS_MAX:
                return
    for key_id, count in sorted(keyless.items()):
        yield Finding(
            rule="vault.key",
            where=f"{vault.versions}, key {key_id}",
            what=f"{count} versions of secrets are sealed under a key that is not here",
            hint="Set ENSUE_SECRETS_KEY or ENSUE_SECRETS_KEY_PREVIOUS, to have them checked.",
            severity=WARNING,
        )
