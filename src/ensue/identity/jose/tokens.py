"""JSON Web Signatures (RFC 7515) in their compact form.

Which algorithm a token must have is that of its key, never read from the token: what says ``none``,
or another algorithm than the key's, is refused before its signature is looked at. Keys that a token
brings along (``jwk``, ``jku``, ``x5u``) count for nothing.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

import msgspec
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import Key

from ensue.identity.model import refused
from ensue.words.errors import NotVerified

TOKEN_LENGTH_MAX = 131_072


class Registry(jws.JWSRegistry):
    """Knows one algorithm: that of the key, which was chosen before."""

    def __init__(self, algorithm: str) -> None:
        super().__init__(algorithms=[algorithm], strict_check_header=False)
        # Chains of certificates are longer than its own bounds; ours was checked before.
        self.max_header_length = self.max_payload_length = TOKEN_LENGTH_MAX

    def get_alg(self, name: str) -> Any:  # noqa: ANN401 - a model of the library
        """The algorithm, without a warning of what RFC 9864 thinks of the name ``EdDSA``."""
        if self.allowed is None or name not in self.allowed:
            raise ValueError(name)
        return self.algorithms[name]


def header_of(token: str, challenge: str) -> dict[str, Any]:
    """The header of a token, which nobody has verified yet.

    Args:
        token: in compact form.
        challenge: the scheme of HTTP authentication, for the refusal.

    Raises:
        NotVerified: it is no token, or needs what is not known here.
    """
    if len(token) > TOKEN_LENGTH_MAX:
        raise refused(
            f"the token is longer than {TOKEN_LENGTH_MAX} characters", challenge=challenge
        )
    parts = token.split(".")
    if len(parts) != 3:
        raise refused(f"the token has {len(parts)} parts instead of 3", challenge=challenge)
    found = _object(_decoded(parts[0], challenge), "header", challenge)
    if "crit" in found or "b64" in found:
        raise refused("the token asks for extensions that are not known", challenge=challenge)
    return found


def check_algorithm(header: dict[str, Any], algorithm: str, challenge: str) -> None:
    """Check that a token says the one algorithm that it may have.

    Raises:
        NotVerified: it says another one.
    """
    if header.get("alg") != algorithm:
        raise refused(f"the token's algorithm is not {algorithm}", challenge=challenge)


def claims_of(token: str, key: Key, algorithm: str, challenge: str) -> dict[str, Any]:
    """What a token claims, after its signature has been verified.

    Args:
        token: in compact form; `header_of` has looked at it.
        key: the public key.
        algorithm: the only one that it may have.
        challenge: the scheme of HTTP authentication, for the refusal.

    Raises:
        NotVerified: the holder of the key has not signed it, or it claims nothing.
    """
    try:
        found = jws.deserialize_compact(token, key, registry=Registry(algorithm))
    except (JoseError, ValueError, TypeError) as fault:
        reason = f"the token does not verify: {type(fault).__name__}"
        raise refused(reason, challenge=challenge) from None
    return _object(found.payload or b"", "payload", challenge)


def _decoded(text: str, challenge: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise refused("the header of the token is no base64url", challenge=challenge) from None


def _object(text: bytes, what: str, challenge: str) -> dict[str, Any]:
    fault: NotVerified = refused(f"the {what} of the token is no JSON object", challenge=challenge)
    try:
        found: object = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        raise fault from None
    if not isinstance(found, dict):
        raise fault
    return found
