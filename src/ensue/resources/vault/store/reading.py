"""What is known of secrets, and what they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, cast

from ensue.engine.secrets import note_read
from ensue.engine.transaction import Transaction
from ensue.resources.vault.model import (
    CURRENT,
    PAGE_MAX,
    PREVIOUS,
    SecretInfo,
    SecretValue,
    SecretVersion,
    Stage,
    VaultModel,
    Which,
)
from ensue.resources.vault.rules import Spot, unseal
from ensue.words.errors import NotFound
from ensue.words.values import shown

_HEAD = "name, description, current, previous, last, made_ms, changed_ms, gone_ms"
_LAST: Final = "\U0010ffff"


def get(tx: Transaction, vault: VaultModel, name: str, version: Which | None = None) -> SecretValue:
    """What a secret is.

    Args:
        tx: where.
        vault: in which vault.
        name: of the secret.
        version: a number, ``"current"`` or ``"previous"``; the current one by default.

    Raises:
        NotFound: there is no such secret or version, or it was deleted.
        MissingKey: its master key is not here; names the key's id.
        Unfit: what is stored was changed or moved.
    """
    number = _number(vault, name, there(tx, vault, name), version)
    found = tx.row(
        f"SELECT key_id, sealed FROM {vault.versions} WHERE name = ? AND version = ?",
        (name, number),
    )
    if found is None:
        raise no_version(vault, name, number)
    value = unseal(
        tx.facts.keyring.to_open(str(found[0])),
        Spot(vault.ref, name, number),
        cast(bytes, found[1]),
    )
    if value.is_text:
        note_read(value.text)
    return value


def is_there(tx: Transaction, vault: VaultModel, name: str) -> bool:
    """Whether there is a secret that was not deleted."""
    head = head_of(tx, vault, name)
    return head is not None and head[7] is None


def info(tx: Transaction, vault: VaultModel, name: str) -> SecretInfo:
    """What is known of a secret, also of one that was deleted and can be restored.

    Raises:
        NotFound: there is none.
    """
    found = tx.row(
        f"SELECT {_HEAD}, (SELECT count(*) FROM {vault.versions} v WHERE v.name = s.name)"
        f" FROM {vault.table} s WHERE name = ?",
        (name,),
    )
    if found is None:
        raise NotFound(f"there is no secret {shown(name)} in {vault.ref}")
    return _info(found)


def infos(
    tx: Transaction, vault: VaultModel, *, prefix: str, after: str | None, limit: int
) -> list[SecretInfo]:
    """What is known of the secrets whose names begin so, by name, behind one of them."""
    found = tx.execute(
        f"SELECT {_HEAD}, (SELECT count(*) FROM {vault.versions} v WHERE v.name = s.name)"
        f" FROM {vault.table} s WHERE name > ? AND name >= ? AND name < ? ORDER BY name LIMIT ?",
        (after or "", prefix, prefix + _LAST, min(limit, PAGE_MAX)),
    )
    return [_info(row) for row in found]


def versions(tx: Transaction, vault: VaultModel, name: str) -> list[SecretVersion]:
    """The versions of a secret that are kept, oldest first.

    Raises:
        NotFound: there is no such secret.
    """
    head = head_of(tx, vault, name)
    if head is None:
        raise NotFound(f"there is no secret {shown(name)} in {vault.ref}")
    stages: dict[int, Stage] = {head[3]: PREVIOUS, head[2]: CURRENT}
    found = tx.execute(
        f"SELECT version, at_ms, key_id FROM {vault.versions} WHERE name = ? ORDER BY version",
        (name,),
    )
    return [
        SecretVersion(version, stages.get(version), at_ms, key_id)
        for version, at_ms, key_id in found
    ]


def count(tx: Transaction, vault: VaultModel) -> int:
    """How many secrets there are, those among them that can be restored."""
    [(found,)] = tx.rows(f"SELECT count(*) FROM {vault.table}")
    return cast(int, found)


def next_gone_ms(tx: Transaction, vault: VaultModel) -> int | None:
    """When the next secret that was deleted will be gone; None for none."""
    found = tx.row(f"SELECT min(gone_ms) FROM {vault.table} WHERE gone_ms IS NOT NULL")
    return found[0] if found and isinstance(found[0], int) else None


def key_ids(tx: Transaction, vault: VaultModel) -> dict[str, int]:
    """How many versions are sealed under each key, by its id."""
    found = tx.execute(f"SELECT key_id, count(*) FROM {vault.versions} GROUP BY key_id")
    return {str(key_id): int(sealed) for key_id, sealed in found}


def holds_any(tx: Transaction) -> bool:
    """Whether a vault of any app holds a secret in this store."""
    found = tx.rows(
        "SELECT t.name FROM ensue_resources r JOIN sqlite_schema t"
        " ON t.name = r.sql_table || '__versions' WHERE r.kind = 'vault'"
    )
    return any(tx.row(f"SELECT 1 FROM {table!s} LIMIT 1") is not None for (table,) in found)


def head_of(tx: Transaction, vault: VaultModel, name: str) -> Sequence[Any] | None:
    """The row of a secret; None where there is none."""
    return tx.row(f"SELECT {_HEAD} FROM {vault.table} WHERE name = ?", (name,))


def there(tx: Transaction, vault: VaultModel, name: str) -> Sequence[Any]:
    """The row of a secret that was not deleted."""
    head = head_of(tx, vault, name)
    if head is None:
        raise NotFound(f"there is no secret {shown(name)} in {vault.ref}")
    if head[7] is not None:
        raise NotFound(
            f"the secret {shown(name)} of {vault.ref} was deleted", hint="It can be restored."
        )
    return head


def _number(vault: VaultModel, name: str, head: Sequence[Any], version: Which | None) -> int:
    if version is None or version == CURRENT:
        return int(head[2])
    if version != PREVIOUS:
        return int(version)
    if head[3] is None:
        raise no_version(vault, name, version)
    return int(head[3])


def no_version(vault: VaultModel, name: str, version: Which) -> NotFound:
    """The error of a version that is not kept."""
    return NotFound(f"there is no version {version} of the secret {shown(name)} in {vault.ref}")


def _info(row: Sequence[Any]) -> SecretInfo:
    name, description, current, previous, _, made_ms, changed_ms, gone_ms, versions_ = row
    return SecretInfo(name, description, current, previous, versions_, made_ms, changed_ms, gone_ms)
