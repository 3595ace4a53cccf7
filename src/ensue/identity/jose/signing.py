"""Private keys: made, kept as PKCS #8 (RFC 5958) in PEM, and what they sign (RFC 7515)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from joserfc import jws
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

from ensue.identity.jose.tokens import Registry
from ensue.words.errors import InvalidValue

PRIVATE_KEYS_REMEMBERED_MAX = 64

_EXPONENT = 65_537
_TYPES: Mapping[str, type[Any]] = {
    "RS256": rsa.RSAPrivateKey,
    "PS256": rsa.RSAPrivateKey,
    "ES256": ec.EllipticCurvePrivateKey,
    "EdDSA": ed25519.Ed25519PrivateKey,
}


def generated(algorithm: str, bits: int) -> str:
    """A new private key, as PEM."""
    made: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
    if algorithm == "ES256":
        made = ec.generate_private_key(ec.SECP256R1())
    elif algorithm == "EdDSA":
        made = ed25519.Ed25519PrivateKey.generate()
    else:
        made = rsa.generate_private_key(_EXPONENT, bits)
    return made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@lru_cache(maxsize=PRIVATE_KEYS_REMEMBERED_MAX)
def loaded(pem: str, algorithm: str) -> Key:
    """A private key.

    The arithmetic of an RSA key is not checked again: that takes as long as making one, and what
    is loaded here was made here and kept where nobody can change it unnoticed.

    Raises:
        InvalidValue: it is no private key of the algorithm.
    """
    try:
        found = load_pem_private_key(pem.encode(), None, unsafe_skip_rsa_key_validation=True)
    except (ValueError, TypeError) as fault:
        raise InvalidValue(f"expected a private key as PEM: {type(fault).__name__}") from None
    if not isinstance(found, _TYPES[algorithm]):
        raise InvalidValue(f"expected a key for {algorithm}, got one of another type")
    if isinstance(found, rsa.RSAPrivateKey):
        return RSAKey.import_key(found)
    if isinstance(found, ed25519.Ed25519PrivateKey):
        return OKPKey.import_key(found)
    if isinstance(found, ec.EllipticCurvePrivateKey) and isinstance(found.curve, ec.SECP256R1):
        return ECKey.import_key(found)
    raise InvalidValue(f"expected a key for {algorithm}, got one of another curve")


def public_part(key: Key) -> dict[str, str]:
    """The public members of a key, and no others (RFC 7518, 6)."""
    return {
        name: str(value)
        for name, value in key.as_dict(private=False).items()
        if name in {"kty", "n", "e", "crv", "x", "y"}
    }


def facts_of(key: Key) -> tuple[int, str]:
    """The size of a key in bits, and its thumbprint (RFC 7638)."""
    found = key.raw_value
    bits = found.key_size if isinstance(found, rsa.RSAPrivateKey) else 256
    return bits, key.thumbprint()


def signed(header: Mapping[str, Any], claims: Mapping[str, Any], key: Key, algorithm: str) -> str:
    """A token in compact form."""
    payload = msgspec.json.encode(claims)
    return jws.serialize_compact(dict(header), payload, key, registry=Registry(algorithm))
