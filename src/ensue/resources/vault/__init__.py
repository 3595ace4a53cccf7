"""Vaults: secrets, sealed at rest, in versions."""

from ensue.resources.vault.audit import audit
from ensue.resources.vault.handle import SEALED, Vault
from ensue.resources.vault.model import (
    RECOVERY,
    VERSIONS_KEPT,
    Rekeyed,
    SecretInfo,
    SecretValue,
    SecretVersion,
    VaultModel,
    Which,
    revealed,
)
from ensue.resources.vault.operations import OPERATIONS
from ensue.resources.vault.store import delete, get, info, infos, put
from ensue.words.kinds import Kind
from ensue.words.values import Json

__all__ = [
    "KIND",
    "RECOVERY",
    "SEALED",
    "VERSIONS_KEPT",
    "Rekeyed",
    "SecretInfo",
    "SecretValue",
    "SecretVersion",
    "Vault",
    "VaultModel",
    "Which",
    "delete",
    "get",
    "info",
    "infos",
    "put",
    "revealed",
]


async def _status(vault: Vault) -> dict[str, Json]:
    return await vault.status()


KIND = Kind(
    name="vault",
    plural="vaults",
    summary="Secrets, sealed at rest, in versions.",
    aws="Secrets Manager",
    operations=OPERATIONS,
    status=_status,
    audit=audit,
    group="secrets",
)
