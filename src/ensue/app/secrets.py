"""What a transaction does with secrets."""

from __future__ import annotations

from ensue.app.reading import ReadTx
from ensue.resources import vault as vault_kind
from ensue.resources.vault import Vault
from ensue.words.units import duration_ms


class SecretsTx(ReadTx):
    """A transaction that keeps secrets."""

    __slots__ = ()

    def put_secret(
        self,
        vault: Vault,
        name: str,
        value: str | bytes,
        *,
        description: str | None = None,
        expect: int | None = None,
    ) -> int:
        """Keep a secret as its new version, when this transaction commits; returns its number.

        Args:
            vault: in which vault.
            name: of the secret, such as ``bank/api-key``.
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
        return vault_kind.put(
            self._inner, vault.model, name, value, description=description, expect=expect
        )

    def delete_secret(self, vault: Vault, name: str, *, recovery: str | float | None = None) -> int:
        """Delete a secret with all its versions; returns when it is gone. See `Vault.delete`.

        Raises:
            NotFound: there is no such secret.
            InvalidValue: the time is written wrong, or longer than a year.
        """
        window_ms = None if recovery is None else duration_ms(recovery)
        return vault_kind.delete(self._inner, vault.model, name, window_ms)
