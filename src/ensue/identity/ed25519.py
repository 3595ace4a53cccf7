"""Signatures by a key pair on Curve25519 (RFC 8032), by the library `cryptography`."""

from __future__ import annotations

from typing import Any

from ensue.identity.model import needs_jose
from ensue.words.errors import InvalidDeclaration

SEED_BYTES = 32
PUBLIC_BYTES = 32


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


def signed(key: bytes, place: str, content: bytes) -> bytes:
    """The signature of a content by a private key, 64 bytes.

    Args:
        key: the private key: its seed of 32 bytes, or that and the public key.
        place: where it is kept, for errors.
        content: what is signed.

    Raises:
        InvalidDeclaration: the key is none.
        MissingExtra: ``ensue[jose]`` is not installed.
    """
    made: bytes = _private(key, place).sign(content)
    return made


def public_of(key: bytes, place: str) -> bytes:
    """The public key that belongs to a private one, 32 bytes.

    Raises:
        InvalidDeclaration: the key is none.
        MissingExtra: ``ensue[jose]`` is not installed.
    """
    found: bytes = _private(key, place).public_key().public_bytes_raw()
    return found


def _private(key: bytes, place: str) -> Any:  # noqa: ANN401 - its library is an extra
    with needs_jose(place):
        from cryptography.hazmat.primitives.asymmetric import ed25519  # noqa: PLC0415 - an extra
    if len(key) not in {SEED_BYTES, SEED_BYTES + PUBLIC_BYTES}:
        raise InvalidDeclaration(
            f"expected an ed25519 private key of 32 or 64 bytes, got {len(key)}", at=place
        )
    return ed25519.Ed25519PrivateKey.from_private_bytes(key[:SEED_BYTES])
