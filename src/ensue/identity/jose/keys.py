"""JSON Web Keys (RFC 7517) of issuers: what verifies their tokens, and by which algorithm.

The key says which algorithm it verifies, never the token (RFC 8725, 3.1). A key that says nothing
has the first of those declared that fits its type.
"""

from __future__ import annotations

import base64
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import msgspec
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey

from ensue.identity.algorithms import PublicKey
from ensue.words.errors import InvalidDeclaration

RSA_BITS_MIN = 2_048
RSA_BITS_MAX = 8_192
KEYS_MAX = 100
KEY_SETS_REMEMBERED_MAX = 16
KEYS_REMEMBERED_MAX = 256

log = logging.getLogger("ensue.identity")


@dataclass(frozen=True)
class _Kind:
    """What a key of an algorithm looks like."""

    name: str
    curve: str | None
    made_by: type[RSAKey | ECKey | OKPKey]


_KINDS: Mapping[str, _Kind] = {
    "RS256": _Kind("RSA", None, RSAKey),
    "PS256": _Kind("RSA", None, RSAKey),
    "ES256": _Kind("EC", "P-256", ECKey),
    "EdDSA": _Kind("OKP", "Ed25519", OKPKey),
}


class _KeySet(msgspec.Struct):
    keys: list[dict[str, Any]]


@lru_cache(maxsize=KEY_SETS_REMEMBERED_MAX)
def key_set(text: str, algorithms: tuple[str, ...], at: str) -> dict[str, PublicKey]:
    """The keys of a set that is configured, by their ids: those of some algorithms.

    Args:
        text: the set, as JSON.
        algorithms: those that are taken.
        at: where it is kept, for errors.

    Raises:
        InvalidDeclaration: it is no set, has no such key, or one that is too weak or private.
    """
    found: dict[str, PublicKey] = {}
    for each in _listed(text, at):
        algorithm = _algorithm(each, algorithms)
        if algorithm is not None:
            found[each["kid"]] = _imported(each, algorithm, at)
    if not found:
        known = " or ".join(algorithms)
        raise InvalidDeclaration(
            f"expected a JSON Web Key Set with keys for {known} that have a kid, got none", at=at
        )
    return found


def fetched_key_set(text: str, algorithms: tuple[str, ...], at: str) -> dict[str, PublicKey]:
    """The keys of a set that came from its issuer: what does not fit is left out (RFC 7517, 5).

    Raises:
        InvalidDeclaration: it is no set.
    """
    found: dict[str, PublicKey] = {}
    for each in _listed(text, at):
        try:
            algorithm = _algorithm(each, algorithms)
            if algorithm is not None:
                found[each["kid"]] = _imported(each, algorithm, at)
        except InvalidDeclaration as fault:
            log.warning("a key is left out: %s", fault)
    return found


@lru_cache(maxsize=KEYS_REMEMBERED_MAX)
def one_key(text: str, algorithms: tuple[str, ...], at: str) -> PublicKey | None:
    """A single public key; None where it is of none of the algorithms.

    Args:
        text: the key, as JSON.
        algorithms: those that are taken.
        at: where it comes from, for errors.

    Raises:
        InvalidDeclaration: it is none, is too weak, or private.
    """
    found = msgspec.json.decode(text, type=dict[str, Any])
    algorithm = _algorithm(found, algorithms)
    return None if algorithm is None else _imported(found, algorithm, at)


def _listed(text: str, at: str) -> list[dict[str, Any]]:
    try:
        found = msgspec.json.decode(text, type=_KeySet).keys
    except (msgspec.MsgspecError, RecursionError, UnicodeError) as fault:
        raise _is_none(fault, at) from None
    if len(found) > KEYS_MAX:
        raise InvalidDeclaration(f"expected at most {KEYS_MAX} keys, got {len(found)}", at=at)
    return found


def _algorithm(key: Mapping[str, Any], algorithms: tuple[str, ...]) -> str | None:
    """The algorithm of a key that may verify; None for a key that is for something else."""
    if not isinstance(key.get("kid"), str) or key.get("use", "sig") != "sig":
        return None
    for each in algorithms:
        kind = _KINDS[each]
        fits = key.get("kty") == kind.name and key.get("alg", each) == each
        if fits and kind.curve in {None, key.get("crv")}:
            return each
    return None


def _imported(key: dict[str, Any], algorithm: str, at: str) -> PublicKey:
    if "d" in key:
        raise InvalidDeclaration("expected public keys, got one with its private part", at=at)
    try:
        if key["kty"] == "RSA":
            _check_strength(str(key["n"]), at)
        return PublicKey(_KINDS[algorithm].made_by.import_key(key), algorithm)
    except (JoseError, ValueError, TypeError, KeyError) as fault:
        raise _is_none(fault, at) from None


def _check_strength(modulus: str, at: str) -> None:
    found = base64.b64decode(modulus + "=" * (-len(modulus) % 4), altchars=b"-_")
    bits = int.from_bytes(found).bit_length()
    if not RSA_BITS_MIN <= bits <= RSA_BITS_MAX:
        raise InvalidDeclaration(
            f"expected RSA keys of {RSA_BITS_MIN} to {RSA_BITS_MAX} bits, got one of {bits}", at=at
        )


def _is_none(fault: Exception, at: str) -> InvalidDeclaration:
    return InvalidDeclaration(
        f"expected a JSON Web Key Set, got what is none: {type(fault).__name__}", at=at
    )
