"""Signatures by a key pair on Curve25519 (RFC 8032), by the library `cryptography`."""

from __future__ import annotations

from ensue.identity.model import needs_jose
from ensue.words.errors import InvalidDeclaration


def check(key: bytes, place: str) -> None:
    """Check that a public key is one.

    Raises:
        InvalidDeclaration: it is none.
        MissingExtra: ``ensue[jose]`` is not installed.
    """
    is_signed(key, place, b"", bytes(64))


def is_signed(key: bytes, place: str, content: bytes, signature: bytes) -> bool:
    """Whether the holder of a key pair signed a content.

    Args:
        key: the public key, 32 bytes.
        place: where it is kept, for errors.
        content: what was signed.
        signature: 64 bytes.

    Raises:
        InvalidDeclaration: the key is none.
        MissingExtra: ``ensue[jose]`` is not installed.
    """
    with needs_jose(place):
        from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - an extra
        from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415 - an extra
            Ed25519PublicKey,
        )
    try:
        public = Ed25519PublicKey.from_public_bytes(key)
    except ValueError:
        raise InvalidDeclaration(
            f"expected an ed25519 public key of 32 bytes, got {len(key)}", at=place
        ) from None
    try:
        public.verify(signature, content)
    except InvalidSignature:
        return False
    return True
