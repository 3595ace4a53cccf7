"""JSON Web Key Sets (RFC 7517): the public keys of an issuer."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import msgspec
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, RSAKey

from ensue.words.errors import InvalidDeclaration

RSA_BITS_MIN = 2_048
KEY_SETS_REMEMBERED_MAX = 16

_KINDS: Mapping[str, tuple[str, type[RSAKey | ECKey]]] = {
    "RS256": ("RSA", RSAKey),
    "ES256": ("EC", ECKey),
}


class _KeySet(msgspec.Struct):
    keys: list[dict[str, Any]]


@lru_cache(maxsize=KEY_SETS_REMEMBERED_MAX)
def key_set(text: str, algorithm: str, at: str) -> dict[str, Key]:
    """The keys of a set by their ids: those that may verify signatures of an algorithm.

    Args:
        text: the set, as JSON.
        algorithm: ``RS256`` or ``ES256``.
        at: where it is kept, for errors.

    Raises:
        InvalidDeclaration: it is no set, has no such key, or one that is too weak.
    """
    try:
        listed = msgspec.json.decode(text, type=_KeySet).keys
        found = {
            each["kid"]: _imported(each, algorithm, at) for each in listed if _fits(each, algorithm)
        }
    except (JoseError, msgspec.MsgspecError, ValueError, TypeError, KeyError) as fault:
        raise InvalidDeclaration(
            f"expected a JSON Web Key Set, got what is none: {type(fault).__name__}", at=at
        ) from None
    if not found:
        raise InvalidDeclaration(
            f"expected a JSON Web Key Set with keys for {algorithm} that have a kid, got none",
            at=at,
        )
    return found


def _fits(key: Mapping[str, Any], algorithm: str) -> bool:
    return (
        key.get("kty") == _KINDS[algorithm][0]
        and isinstance(key.get("kid"), str)
        and key.get("use", "sig") == "sig"
        and key.get("alg", algorithm) == algorithm
    )


def _imported(key: dict[str, Any], algorithm: str, at: str) -> Key:
    if key["kty"] == "RSA":
        modulus = str(key["n"])
        bits = len(base64.b64decode(modulus + "=" * (-len(modulus) % 4), altchars=b"-_")) * 8
        if bits < RSA_BITS_MIN:
            raise InvalidDeclaration(
                f"expected RSA keys of {RSA_BITS_MIN} bits or more, got one of {bits}", at=at
            )
    return _KINDS[algorithm][1].import_key(key)
