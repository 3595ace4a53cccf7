"""Secrets come, change and go."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ensue.engine.transaction import Transaction
from ensue.resources.vault.model import (
    SECRETS_MAX,
    VaultModel,
    check_description,
    check_recovery,
    check_secret_name,
    content_of,
)
from ensue.resources.vault.rules import Spot, seal
from ensue.resources.vault.store.reading import count, head_of, no_version, there
from ensue.words.errors import ConditionFailed, Conflict, LimitExceeded, NotFound
from ensue.words.values import shown


def put(
    tx: Transaction,
    vault: VaultModel,
    name: str,
    value: str | bytes,
    *,
    description: str | None = None,
    expect: int | None = None,
) -> int:
    """Keep a secret as its new version, which is current then; returns its number.

    Args:
        tx: where.
        vault: in which vault.
        name: of the secret.
        value: what it is, 1 byte to 64 KiB.
        description: what it is for; None to leave that as it is.
        expect: the version that must be current; 0 for there being no such secret.

    Raises:
        InvalidName: the name is none.
        InvalidValue: the value is empty or neither text nor bytes, or the description too long.
        TooLarge: the value is larger than 64 KiB.
        ConditionFailed: another version is current than was expected.
        Conflict: the secret was deleted, and can be restored.
        LimitExceeded: there are too many secrets.
        MissingKey: there is no master key.
    """
    check_secret_name(name)
    content = content_of(value)
    said = None if description is None else check_description(description)
    key = tx.facts.keyring.to_seal()
    head = head_of(tx, vault, name)
    _check_expected(vault, name, head, expect)
    if head is None:
        _check_room(tx, vault)
        version = 1
        tx.execute(
            f"INSERT INTO {vault.table} (name, description, current, last, made_ms, changed_ms)"
            " VALUES (?, ?, 1, 1, ?, ?)",
            (name, said or "", tx.now_ms, tx.now_ms),
        )
    else:
        _check_stays(vault, head)
        version = int(head[4]) + 1
        tx.execute(
            f"UPDATE {vault.table} SET previous = current, current = ?, last = ?,"
            " description = coalesce(?, description), changed_ms = ? WHERE name = ?",
            (version, version, said, tx.now_ms, name),
        )
    sealed = seal(key, Spot(vault.ref, name, version), content, is_text=isinstance(value, str))
    tx.execute(
        f"INSERT INTO {vault.versions} (name, version, key_id, sealed, at_ms)"
        " VALUES (?, ?, ?, ?, ?)",
        (name, version, key.id, sealed, tx.now_ms),
    )
    if version > vault.keep:
        _prune(tx, vault, name)
    tx.touched.add(tx.number(vault.ref))
    return version


def promote(tx: Transaction, vault: VaultModel, name: str, version: int) -> None:
    """Make a version the current one; the one that was is the previous one then.

    Raises:
        NotFound: there is no such secret or version.
    """
    head = there(tx, vault, name)
    is_kept = tx.row(
        f"SELECT 1 FROM {vault.versions} WHERE name = ? AND version = ?", (name, version)
    )
    if is_kept is None:
        raise no_version(vault, name, version)
    if version == head[2]:
        return
    tx.execute(
        f"UPDATE {vault.table} SET previous = current, current = ?, changed_ms = ? WHERE name = ?",
        (version, tx.now_ms, name),
    )
    tx.touched.add(tx.number(vault.ref))


def delete(tx: Transaction, vault: VaultModel, name: str, recovery_ms: int | None = None) -> int:
    """Delete a secret: at once, or so that it can be restored for a while; returns when it is gone.

    Args:
        tx: where.
        vault: in which vault.
        name: of the secret.
        recovery_ms: for how long it can be restored; 0 for not at all; None for the vault's own.

    Raises:
        NotFound: there is no such secret.
        InvalidValue: the time is longer than a year.
    """
    window_ms = check_recovery(vault.recovery_ms if recovery_ms is None else recovery_ms)
    if head_of(tx, vault, name) is None:
        raise NotFound(f"there is no secret {shown(name)} in {vault.ref}")
    gone_ms = tx.now_ms + window_ms
    if window_ms == 0:
        _forget(tx, vault, name)
    else:
        tx.execute(
            f"UPDATE {vault.table} SET gone_ms = ?, changed_ms = ? WHERE name = ?",
            (gone_ms, tx.now_ms, name),
        )
    tx.touched.add(tx.number(vault.ref))
    return gone_ms


def restore(tx: Transaction, vault: VaultModel, name: str) -> None:
    """Let a secret that was deleted be there again.

    Raises:
        NotFound: there is none, or it is gone.
    """
    tx.execute(
        f"UPDATE {vault.table} SET gone_ms = NULL, changed_ms = ? WHERE name = ?",
        (tx.now_ms, name),
    )
    if not tx.changed():
        raise NotFound(f"there is no secret {shown(name)} in {vault.ref}")
    tx.touched.add(tx.number(vault.ref))


def forget_gone(tx: Transaction, vault: VaultModel, limit: int) -> int:
    """Remove secrets whose time to be restored is over; returns how many."""
    found = tx.rows(
        f"SELECT name FROM {vault.table} WHERE gone_ms <= ? ORDER BY gone_ms LIMIT ?",
        (tx.now_ms, limit),
    )
    for (name,) in found:
        _forget(tx, vault, str(name))
    return len(found)


def _check_expected(
    vault: VaultModel, name: str, head: Sequence[Any] | None, expect: int | None
) -> None:
    is_now = 0 if head is None else int(head[2])
    if expect is not None and expect != is_now:
        raise ConditionFailed(
            f"expected version {expect} of the secret {name} to be current, got {is_now}",
            at=str(vault.ref),
        )


def _check_stays(vault: VaultModel, head: Sequence[Any]) -> None:
    if head[7] is not None:
        raise Conflict(
            f"the secret {head[0]} was deleted, and will be gone",
            at=str(vault.ref),
            hint="Restore it first, or delete it at once.",
        )


def _check_room(tx: Transaction, vault: VaultModel) -> None:
    if count(tx, vault) >= SECRETS_MAX:
        raise LimitExceeded(f"expected at most {SECRETS_MAX} secrets", at=str(vault.ref))


def _prune(tx: Transaction, vault: VaultModel, name: str) -> None:
    """Remove the versions behind the newest that are kept; current and previous stay."""
    tx.execute(
        f"DELETE FROM {vault.versions} WHERE name = ?1 AND version <= ("
        f" SELECT version FROM {vault.versions} WHERE name = ?1"
        " ORDER BY version DESC LIMIT 1 OFFSET ?2)"
        f" AND version NOT IN (SELECT current FROM {vault.table} WHERE name = ?1"
        f" UNION ALL SELECT previous FROM {vault.table}"
        " WHERE name = ?1 AND previous IS NOT NULL)",
        (name, vault.keep),
    )


def _forget(tx: Transaction, vault: VaultModel, name: str) -> None:
    tx.execute(f"DELETE FROM {vault.versions} WHERE name = ?", (name,))
    tx.execute(f"DELETE FROM {vault.table} WHERE name = ?", (name,))
