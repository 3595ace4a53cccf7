"""What can be done to a vault from outside: by a route and by a command."""

from __future__ import annotations

from typing import Annotated

import msgspec

from ensue.resources.vault.handle import Vault
from ensue.resources.vault.model import PAGE_MAX, SECRET_NAME_LENGTH_MAX, SecretInfo, SecretVersion
from ensue.words.kinds import Operation
from ensue.words.values import Json

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=SECRET_NAME_LENGTH_MAX)]
Number = Annotated[int, msgspec.Meta(ge=1)]
Limit = Annotated[int, msgspec.Meta(ge=1, le=PAGE_MAX)]


class List(msgspec.Struct, forbid_unknown_fields=True):
    """With what the names begin, behind which one, and how many."""

    prefix: str = ""
    after: str | None = None
    limit: Limit = 100


class Of(msgspec.Struct, forbid_unknown_fields=True):
    """Which secret."""

    name: Name


class Delete(msgspec.Struct, forbid_unknown_fields=True):
    """Which secret, and for how long it can be restored; the vault's own time by default."""

    name: Name
    recovery: str | None = None


class Promote(msgspec.Struct, forbid_unknown_fields=True):
    """Which version of which secret."""

    name: Name
    version: Number


async def _list(vault: Vault, given: List) -> list[SecretInfo]:
    return await vault.list(prefix=given.prefix, after=given.after, limit=given.limit)


async def _get(vault: Vault, given: Of) -> SecretInfo:
    return await vault.info(given.name)


async def _versions(vault: Vault, given: Of) -> list[SecretVersion]:
    return await vault.versions(given.name)


async def _delete(vault: Vault, given: Delete) -> dict[str, Json]:
    return {"gone_ms": await vault.delete(given.name, recovery=given.recovery)}


async def _restore(vault: Vault, given: Of) -> SecretInfo:
    return await vault.restore(given.name)


async def _promote(vault: Vault, given: Promote) -> SecretInfo:
    return await vault.promote(given.name, given.version)


OPERATIONS = (
    Operation("list", "List the secrets, never what they are.", List, _list, writes=False),
    Operation("get", "Show what is known of a secret.", Of, _get, writes=False),
    Operation("versions", "List the versions of a secret.", Of, _versions, writes=False),
    Operation("promote", "Make a version the current one.", Promote, _promote, writes=True),
    Operation("delete", "Delete a secret.", Delete, _delete, writes=True),
    Operation("restore", "Restore a secret that was deleted.", Of, _restore, writes=True),
)
