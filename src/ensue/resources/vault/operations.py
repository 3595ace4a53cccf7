"""What can be done to a vault from outside: by a route and by a command."""

from __future__ import annotations

from base64 import b64decode
from typing import Annotated

import msgspec

from ensue.resources.vault.handle import Vault
from ensue.resources.vault.model import (
    DESCRIPTION_LENGTH_MAX,
    PAGE_MAX,
    SECRET_BYTES_MAX,
    SECRET_NAME_LENGTH_MAX,
    Rekeyed,
    SecretInfo,
    SecretVersion,
    Stage,
    revealed,
)
from ensue.words.errors import InvalidValue
from ensue.words.kinds import Operation
from ensue.words.values import Json

BASE64_LENGTH_MAX = (SECRET_BYTES_MAX + 2) // 3 * 4

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


class Put(msgspec.Struct, forbid_unknown_fields=True):
    """A secret: its name, and what it is, as text or as base64 of bytes."""

    name: Name
    value: Annotated[str, msgspec.Meta(min_length=1, max_length=SECRET_BYTES_MAX)] | None = None
    base64: Annotated[str, msgspec.Meta(min_length=4, max_length=BASE64_LENGTH_MAX)] | None = None
    description: Annotated[str, msgspec.Meta(max_length=DESCRIPTION_LENGTH_MAX)] | None = None
    expect: Annotated[int, msgspec.Meta(ge=0)] | None = None


class Reveal(msgspec.Struct, forbid_unknown_fields=True):
    """Which secret, and which version: a number, ``current`` or ``previous``."""

    name: Name
    version: Number | Stage | None = None


class Nothing(msgspec.Struct, forbid_unknown_fields=True):
    """Nothing is asked for but the vault."""


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


async def _put(vault: Vault, given: Put) -> dict[str, Json]:
    version = await vault.put(
        given.name, _value(given), description=given.description, expect=given.expect
    )
    return {"version": version}


def _value(given: Put) -> str | bytes:
    if given.value is not None and given.base64 is None:
        return given.value
    if given.base64 is None or given.value is not None:
        raise InvalidValue("expected either value or base64", at="$.value")
    try:
        return b64decode(given.base64, validate=True)
    except ValueError:
        raise InvalidValue("expected base64, got what is none", at="$.base64") from None


async def _reveal(vault: Vault, given: Reveal) -> dict[str, Json]:
    return revealed(await vault.get(given.name, given.version))


async def _rekey(vault: Vault, given: Nothing) -> Rekeyed:
    del given
    return await vault.rekey()


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
    Operation("put", "Keep a secret as its new version.", Put, _put, writes=True, private=True),
    Operation(
        "reveal",
        "Show what a secret is; only where a key is demanded.",
        Reveal,
        _reveal,
        writes=False,
        private=True,
        reveals=True,
    ),
    Operation("versions", "List the versions of a secret.", Of, _versions, writes=False),
    Operation("promote", "Make a version the current one.", Promote, _promote, writes=True),
    Operation("delete", "Delete a secret.", Delete, _delete, writes=True),
    Operation("restore", "Restore a secret that was deleted.", Of, _restore, writes=True),
    Operation("rekey", "Seal all secrets under the key of now.", Nothing, _rekey, writes=True),
)
