"""What an application holds of a vault."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from ensue.engine.engine import Engine
from ensue.engine.home import Home
from ensue.engine.keyring import Keyring, MasterKey
from ensue.engine.secrets import Secret
from ensue.engine.transaction import Transaction
from ensue.engine.workers import Worker
from ensue.resources.vault import schema, store
from ensue.resources.vault.handle import texts
from ensue.resources.vault.handle.secret import VaultSecret
from ensue.resources.vault.model import (
    PAGE_MAX,
    REKEY_CHUNK,
    Rekeyed,
    SecretInfo,
    SecretValue,
    SecretVersion,
    VaultModel,
    Which,
)
from ensue.resources.vault.rules import check_library
from ensue.resources.vault.worker import Forgetting
from ensue.words import values
from ensue.words.errors import InvalidValue, MissingKey
from ensue.words.findings import WARNING, Finding
from ensue.words.names import Ref
from ensue.words.units import duration_ms
from ensue.words.values import Json

T = TypeVar("T")


class Vault:
    """Secrets, sealed at rest, in versions.

    Args:
        home: the app.
        model: the vault as declared.

    Raises:
        MissingExtra: `cryptography` is not installed.
    """

    def __init__(self, home: Home, model: VaultModel) -> None:
        check_library(str(model.ref))
        self.model = model
        self._home = home
        self._named: dict[str, None] = {}

    @property
    def ref(self) -> Ref:
        """What it is called."""
        return self.model.ref

    def secret(self, name: str) -> Secret:
        """A secret of this vault, for verifiers and destinations: where `Secret.env` may stand.

        It is its current version whenever it is needed, so it is rotated by putting another one. It
        may be put while the app runs; until then who needs it gets `MissingSecret`, and the app
        warns at its start.

        Args:
            name: of the secret.

        Raises:
            InvalidName: the name is none.
        """
        found = VaultSecret(self._home, self.model, name)
        self._named[name] = None
        return found

    async def put(
        self,
        name: str,
        value: str | bytes,
        *,
        description: str | None = None,
        expect: int | None = None,
    ) -> int:
        """Keep a secret as its new version, which is current then; returns its number.

        Args:
            name: 1 to 256 letters, digits and ``/ _ + = . @ -``, such as ``bank/api-key``.
            value: what it is, 1 byte to 64 KiB.
            description: what it is for, which is not secret; None to leave that as it is.
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
        return await self._home.engine.transact(
            lambda tx: store.put(
                tx, self.model, name, value, description=description, expect=expect
            )
        )

    async def get(self, name: str, version: Which | None = None) -> SecretValue:
        """What a secret is: its current version by default.

        Args:
            name: of the secret.
            version: a number, ``"current"`` or ``"previous"``.

        Raises:
            NotFound: there is no such secret or version, or it was deleted.
            MissingKey: its master key is not here; names the key's id.
            Unfit: what is stored was changed or moved.
        """
        return self._read(lambda tx: store.get(tx, self.model, name, version))

    async def delete(self, name: str, *, recovery: str | float | None = None) -> int:
        """Delete a secret with all its versions; returns when it is gone, in ms since 1970.

        Args:
            name: of the secret.
            recovery: for how long it can be restored, such as ``"7d"``; 0 for not at all; None for
                the vault's own.

        Raises:
            NotFound: there is no such secret.
            InvalidValue: the time is written wrong, or longer than a year.
        """
        window_ms = None if recovery is None else duration_ms(recovery)
        return await self._home.engine.transact(
            lambda tx: store.delete(tx, self.model, name, window_ms)
        )

    async def restore(self, name: str) -> SecretInfo:
        """Let a secret that was deleted be there again.

        Raises:
            NotFound: there is none, or it is gone.
        """

        def restored(tx: Transaction) -> SecretInfo:
            store.restore(tx, self.model, name)
            return store.info(tx, self.model, name)

        return await self._home.engine.transact(restored)

    async def promote(self, name: str, version: int) -> SecretInfo:
        """Make a version the current one, such as the one before; what was is previous then.

        Raises:
            NotFound: there is no such secret or version.
        """

        def promoted(tx: Transaction) -> SecretInfo:
            store.promote(tx, self.model, name, version)
            return store.info(tx, self.model, name)

        return await self._home.engine.transact(promoted)

    async def rekey(self, *, batch: int = REKEY_CHUNK) -> Rekeyed:
        """Seal anew, under the key of now, all that is sealed under another, a batch at a time.

        Both keys are needed meanwhile. Who stops in the middle leaves each secret readable, and
        goes on by asking again. What cannot be opened stays as it is, and is told of.

        Args:
            batch: how many versions are sealed anew in one transaction, 1 to 1,000.

        Raises:
            MissingKey: there is no key to seal under.
            InvalidValue: no batch can have so many.
        """
        if not 1 <= batch <= PAGE_MAX:
            raise InvalidValue(f"expected a batch of 1 to {PAGE_MAX}, got {batch}")
        keyring = self._home.engine.facts.keyring
        new = keyring.to_seal()
        done, left = 0, {}
        for key_id, sealed in self._read(lambda tx: store.key_ids(tx, self.model)).items():
            if key_id == new.id:
                continue
            try:
                old = keyring.to_open(key_id)
            except MissingKey:
                left[key_id] = sealed
                continue
            moved, spoilt = await self._rekeyed(old, new, batch)
            done += moved
            if spoilt:
                left[key_id] = spoilt
        return Rekeyed(new.id, done, left)

    async def _rekeyed(self, old: MasterKey, new: MasterKey, limit: int) -> tuple[int, int]:
        done = spoilt = 0
        after: tuple[str, int] | None = ("", 0)
        while after is not None:
            batch = await self._home.engine.transact(
                partial(
                    store.rekey_some,
                    vault=self.model,
                    keys=(old, new),
                    after=after,
                    limit=limit,
                )
            )
            done, spoilt, after = done + batch.done, spoilt + batch.spoilt, batch.last
        return done, spoilt

    async def info(self, name: str) -> SecretInfo:
        """What is known of a secret, also of one that was deleted and can be restored.

        Raises:
            NotFound: there is none.
        """
        return self._read(lambda tx: store.info(tx, self.model, name))

    async def list(
        self, *, prefix: str = "", after: str | None = None, limit: int = 100
    ) -> builtins.list[SecretInfo]:
        """What is known of the secrets, by name; never what they are.

        Args:
            prefix: with what the names begin.
            after: only those behind this one.
            limit: how many at most, up to 1,000.
        """
        return self._read(
            lambda tx: store.infos(tx, self.model, prefix=prefix, after=after, limit=limit)
        )

    async def versions(self, name: str) -> builtins.list[SecretVersion]:
        """The versions of a secret that are kept, oldest first; never what they are.

        Raises:
            NotFound: there is no such secret.
        """
        return self._read(lambda tx: store.versions(tx, self.model, name))

    async def status(self) -> dict[str, Json]:
        """How many secrets there are, and how many versions under each key."""
        secrets, versions_ = self._read(self._counted)
        return {"secrets": secrets, "versions": dict(versions_)}

    def _counted(self, tx: Transaction) -> tuple[int, dict[str, int]]:
        return store.count(tx, self.model), store.key_ids(tx, self.model)

    def seal_text(self, tx: Transaction, user: Ref, name: str, version: Which | None) -> str:
        """A secret as it may stand in what an execution keeps; see `open_texts`.

        Raises:
            NotFound: there is no such secret or version, or it was deleted.
            MissingKey: its master key is not here; names the key's id.
            Unfit: what is stored was changed or moved.
        """
        return texts.seal_text(tx.facts.keyring, user, store.get(tx, self.model, name, version))

    def open_texts(self, user: Ref, text: str, opened: builtins.list[str]) -> str:
        """A text with each secret that was sealed in it, for the same user, as it is.

        Args:
            user: such as a workflow.
            text: the text.
            opened: gets each secret that was opened.

        Raises:
            MissingKey: the key of one is not here any more.
            Unfit: one was sealed for another's use, or changed.
        """
        return texts.open_texts(self._home.engine.facts.keyring, user, text, opened)

    def declared(self) -> dict[str, Json]:
        """Its declaration, for people."""
        return {"keep": self.model.keep, "recovery_ms": self.model.recovery_ms}

    def check(self, known: set[Ref]) -> None:
        """Nothing that it names can be missing."""
        del known

    def prepare(self, engine: Engine, tx: Transaction) -> None:
        """Make the tables, and the key beside a store on a file that holds no secret yet."""
        engine.declare(tx, self.ref, values.encode(self.declared()), sql_table=self.model.table)
        schema.create(tx, self.model)
        engine.directory.add(self.ref)
        if not store.holds_any(tx):
            tx.facts.keyring.make()

    def connect(self, engine: Engine, tx: Transaction) -> None:
        """Say which keys and secrets are wanted and not here: all else works without."""
        del engine
        keyring = tx.facts.keyring
        wanted = store.key_ids(tx, self.model)
        troubles: builtins.list[MissingKey] = []
        for attempt in (keyring.to_seal, *(_opens(keyring, key_id) for key_id in wanted)):
            try:
                attempt()
            except MissingKey as fault:
                troubles.append(fault)
        for trouble in troubles:
            tx.facts.notices.note(tx.now_ms, _keyless(self.ref, trouble))
        for name in self._named:
            if not store.is_there(tx, self.model, name):
                tx.facts.notices.note(tx.now_ms, _absent(self.ref, name))

    def workers(self, engine: Engine) -> builtins.list[Worker]:
        """What forgets the secrets that were deleted."""
        return [Forgetting(engine, self.model)]

    def _read(self, look: Callable[[Transaction], T]) -> T:
        return self._home.engine.read(look)


def _opens(keyring: Keyring, key_id: str) -> Callable[[], object]:
    return lambda: keyring.to_open(key_id)


def _keyless(vault: Ref, fault: MissingKey) -> Finding:
    where = str(vault) if fault.key_id is None else f"{vault}, key {fault.key_id}"
    return Finding("vault.key", where, fault.message, fault.hint or "", WARNING)


def _absent(vault: Ref, name: str) -> Finding:
    return Finding(
        "vault.secret",
        f"{vault}, {name}",
        "a secret that the app names is not there",
        f"ensue secrets put {name} --in {vault.name}",
        WARNING,
    )
