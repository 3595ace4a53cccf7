"""Secrets and their keys, without a server: for who can read the store's file and the key."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

from ensue.app.copies import file_of
from ensue.engine import keyring, shapes
from ensue.engine.clock import SystemClock
from ensue.engine.database import StoreUrl, connect_to_look
from ensue.resources import vault as vault_kind
from ensue.resources.vault import VaultModel, Which
from ensue.words.errors import InvalidInput, NotFound
from ensue.words.names import Ref
from ensue.words.values import Json

__all__ = ["Which", "new_key", "reveal"]


def reveal(
    engine_url: str, name: str, *, vault: str | None = None, version: Which | None = None
) -> dict[str, Json]:
    """What a secret is, from a store's file, whether a process runs on it or not.

    Args:
        engine_url: the store.
        name: of the secret.
        vault: in which vault, as its name or ``app/name``; where there is one only, that.
        version: a number, ``"current"`` or ``"previous"``.

    Raises:
        InvalidValue: the engine URL is none, or names memory.
        InvalidInput: there are several such vaults.
        NotFound: there is no such store, vault, secret or version.
        MissingKey: its master key is not here; names the key's id.
        Unfit: what is stored was changed or moved.
    """
    url = StoreUrl(str(file_of(engine_url)))
    with closing(connect_to_look(url)) as connection:
        connection.execute("BEGIN")
        tx = shapes.transaction_on(connection, SystemClock().now_ms())
        tx.facts = replace(tx.facts, keyring=keyring.keyring_of(url))
        found = tx.rows("SELECT app, name FROM ensue_resources WHERE kind = 'vault'")
        ref = _meant([Ref(str(app), "vault", str(each)) for app, each in found], vault)
        return vault_kind.revealed(vault_kind.get(tx, VaultModel(ref), name, version))


def new_key(file: Path | None) -> tuple[str, str | None]:
    """A new master key: its id, and the key itself where it was put into no file.

    Args:
        file: the key file into which it is put, first; None for none.

    Raises:
        MissingKey: the file is there and is no key file.
        Conflict: it has as many keys as it may.
        StoreUnusable: it cannot be written.
    """
    if file is not None:
        return keyring.add_key(file).id, None
    text = keyring.new_key_text()
    return keyring.key_id_of(text), text


def _meant(vaults: list[Ref], said: str | None) -> Ref:
    found = [each for each in vaults if said in {None, each.name, f"{each.app}/{each.name}"}]
    if len(found) == 1:
        return found[0]
    if not found:
        raise NotFound(f"there is no vault {said or ''}".rstrip())
    names = ", ".join(f"{each.app}/{each.name}" for each in found)
    raise InvalidInput(f"expected a vault by --in, one of {names}")
