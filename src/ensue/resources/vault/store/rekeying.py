"""What is sealed under another key is sealed anew, a batch in a transaction."""

from __future__ import annotations

from typing import NamedTuple, cast

from ensue.engine.keyring import MasterKey
from ensue.engine.transaction import Transaction
from ensue.resources.vault.model import VaultModel
from ensue.resources.vault.rules import Spot, reseal
from ensue.words.errors import Unfit


class Resealed(NamedTuple):
    """What a batch came to.

    Attributes:
        done: how many versions were sealed anew.
        spoilt: how many could not be opened, though their key is here.
        last: the secret and version of the last one; None for an empty batch.
    """

    done: int
    spoilt: int
    last: tuple[str, int] | None


def rekey_some(
    tx: Transaction,
    vault: VaultModel,
    keys: tuple[MasterKey, MasterKey],
    after: tuple[str, int],
    limit: int,
) -> Resealed:
    """Seal anew what is sealed under another key, in the order of names and versions.

    Args:
        tx: where.
        vault: in which vault.
        keys: the key that it is under, and the one that it gets.
        after: the secret and version behind which to begin.
        limit: how many versions at most.
    """
    old, new = keys
    found = tx.rows(
        f"SELECT name, version, sealed FROM {vault.versions}"
        " WHERE key_id = ? AND (name, version) > (?, ?) ORDER BY name, version LIMIT ?",
        (old.id, *after, limit),
    )
    spoilt = 0
    spot = None
    for row in found:
        name, version, sealed = cast("tuple[str, int, bytes]", row)
        spot = Spot(vault.ref, name, version)
        try:
            again = reseal(old, new, spot, sealed)
        except Unfit:
            spoilt += 1
            continue
        tx.execute(
            f"UPDATE {vault.versions} SET key_id = ?, sealed = ? WHERE name = ? AND version = ?",
            (new.id, again, name, version),
        )
    last = None if spot is None else (spot.name, spot.version)
    return Resealed(len(found) - spoilt, spoilt, last)
