"""A secret of a vault, where the place of one is declared: by verifiers and destinations."""

from __future__ import annotations

from ensue.engine.home import Home
from ensue.engine.secrets import Secret
from ensue.resources.vault import store
from ensue.resources.vault.model import VaultModel, check_secret_name
from ensue.words.errors import EnsueError, MissingSecret


class VaultSecret(Secret):
    """The current version of a secret, read anew whenever it is needed. See `Vault.secret`.

    It is read on a snapshot of what is committed, outside of transactions; within one there is
    ``tx.get_secret``.

    Args:
        home: the app.
        vault: the vault.
        name: of the secret.

    Raises:
        InvalidName: the name is none.
    """

    __slots__ = ("_home", "_name", "_vault")

    def __init__(self, home: Home, vault: VaultModel, name: str) -> None:
        super().__init__("vault", f"{vault.ref.name}/{check_secret_name(name)}")
        self._home = home
        self._vault = vault
        self._name = name

    def __repr__(self) -> str:
        return f"Secret.vault({f'{self._vault.ref.app}/{self.place}'!r})"

    def read(self) -> str:
        """The secret as it is now, without white space around it.

        Raises:
            MissingSecret: it is not there, is no text, or was changed.
            MissingKey: its master key is not here; names the key's id.
        """
        try:
            found = self._home.engine.read(lambda tx: store.get(tx, self._vault, self._name))
            return self._checked(found.text)
        except MissingSecret:
            raise
        except EnsueError as fault:
            raise self._missing(fault.message) from None

    def _missing(self, reason: str) -> MissingSecret:
        return MissingSecret(
            f"expected a secret in {self!r}: {reason}",
            hint=f"ensue secrets put {self._name} --in {self._vault.ref.name}",
            may_come=True,
        )
