"""The vaults of an app, as declared."""

from __future__ import annotations

from ensue.app.resources import Resources
from ensue.resources import vault as vault_kind
from ensue.resources.vault import Vault, VaultModel
from ensue.words.names import Ref, check_name
from ensue.words.units import duration_ms


class Vaults(Resources):
    """What an app declares its vaults with."""

    def vault(
        self,
        name: str,
        *,
        keep: int = vault_kind.VERSIONS_KEPT,
        recovery: str | float = vault_kind.RECOVERY,
    ) -> Vault:
        """Declare a vault: secrets, sealed at rest, in versions.

        The key that they are sealed under is never in the store: see the kind's README.

        Args:
            name: its name.
            keep: how many versions of a secret are kept, 2 to 100.
            recovery: for how long a secret that was deleted can be restored, where nothing else is
                said; 0 for not at all.

        Raises:
            InvalidName: the name breaks the naming rule.
            InvalidValue: the time is written wrong, or longer than a year.
            InvalidDeclaration: the name is taken, or ``keep`` is out of range.
            MissingExtra: `cryptography` is not installed: ``ensue[secrets]``.
        """
        ref = Ref(self.name, "vault", check_name(name, "vault"))
        return self._add(Vault(self.home, VaultModel(ref, keep, duration_ms(recovery))))
