"""Sealing: AES-256-GCM under a master key, bound to the place where the secret is kept.

    sealed = form (1 byte, 1) ‖ nonce (12 bytes, new for each) ‖ ciphertext ‖ tag (16 bytes)

What is encrypted is a byte that says whether it was put as text, then the content. The associated
data are the form, the app, the vault, the secret's name, the version and the key's id, so a row
that was moved to another place, or changed, is not opened. AES's key is derived from the master key
by HKDF-Expand with a label of its own (RFC 5869); the nonces are random, so one key is good for
2^32 seals (NIST SP 800-38D, 8.3).
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from ensue.engine.ids import fresh_bytes
from ensue.engine.keyring import MasterKey
from ensue.resources.vault.model import SecretValue
from ensue.words.errors import MissingExtra, Unfit
from ensue.words.names import Ref

NONCE_BYTES = 12
TAG_BYTES = 16
FORM = b"\x01"

_LABEL = b"ensue secrets AES-256-GCM"
_TEXT, _BYTES = b"\x01", b"\x00"


class Spot(NamedTuple):
    """Where a version is kept: what its seal is bound to.

    Attributes:
        ref: the vault.
        name: the secret.
        version: its version.
    """

    ref: Ref
    name: str
    version: int

    def bound(self, key_id: str) -> bytes:
        """The associated data of a seal under a key."""
        said = ["ensue secret", FORM.hex(), self.ref.app, self.ref.name, self.name]
        return msgspec.json.encode([*said, self.version, key_id])


def check_library(at: str) -> None:
    """Check that there is something to seal with.

    Raises:
        MissingExtra: `cryptography` is not installed.
    """
    try:
        from cryptography.hazmat.primitives.ciphers import aead  # noqa: F401, PLC0415 - an extra
    except ImportError:
        raise MissingExtra(
            "expected cryptography to be installed for secrets",
            at=at,
            hint="pip install 'ensue[secrets]'",
        ) from None


def seal(key: MasterKey, spot: Spot, content: bytes, *, is_text: bool) -> bytes:
    """A secret as it is kept."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - an extra

    nonce = fresh_bytes(NONCE_BYTES)
    plain = (_TEXT if is_text else _BYTES) + content
    sealed = AESGCM(key.derived(_LABEL)).encrypt(nonce, plain, spot.bound(key.id))
    return FORM + nonce + sealed


def unseal(key: MasterKey, spot: Spot, sealed: bytes) -> SecretValue:
    """What a secret is.

    Raises:
        Unfit: it was changed, or moved here from another place; no retry will mend that.
    """
    from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - an extra
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - an extra

    at = len(FORM) + NONCE_BYTES
    if sealed[: len(FORM)] != FORM or len(sealed) <= at + TAG_BYTES:
        raise _spoilt(spot)
    try:
        plain = AESGCM(key.derived(_LABEL)).decrypt(
            sealed[len(FORM) : at], sealed[at:], spot.bound(key.id)
        )
    except InvalidTag:
        raise _spoilt(spot) from None
    return SecretValue(plain[1:], name=spot.name, version=spot.version, is_text=plain[:1] == _TEXT)


def reseal(old: MasterKey, new: MasterKey, spot: Spot, sealed: bytes) -> bytes:
    """The same secret under another key.

    Raises:
        Unfit: it was changed, or moved here from another place.
    """
    found = unseal(old, spot, sealed)
    return seal(new, spot, found.bytes, is_text=found.is_text)


def _spoilt(spot: Spot) -> Unfit:
    return Unfit(
        f"expected version {spot.version} of the secret {spot.name} as it was sealed,"
        " got one that was changed or moved",
        at=str(spot.ref),
        hint="Put the secret again, or restore a backup.",
    )
