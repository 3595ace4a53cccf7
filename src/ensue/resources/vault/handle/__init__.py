"""What an application holds of a vault."""

from ensue.resources.vault.handle.secret import VaultSecret
from ensue.resources.vault.handle.texts import SEALED
from ensue.resources.vault.handle.vault import Vault

__all__ = ["SEALED", "Vault", "VaultSecret"]
