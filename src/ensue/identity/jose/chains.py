"""Chains of certificates (RFC 5280) that tokens bring along in ``x5c`` (RFC 7515, 4.1.6).

Leaf, intermediate, root: the root must be one of those that are configured, byte for byte; each
certificate must be signed by the next one, be good now, and be meant for what it is used for.
Whether one was revoked is not asked.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from joserfc.jwk import ECKey, Key

from ensue.identity.model import refused
from ensue.words.errors import InvalidDeclaration, NotVerified

CHAIN_LENGTH = 3
CHAINS_REMEMBERED_MAX = 16

_PEM = b"-----BEGIN"


@dataclass(frozen=True)
class _Chain:
    """A chain whose signatures and uses are right, and when it is."""

    key: Key
    begins_ms: int
    ends_ms: int


@lru_cache(maxsize=CHAINS_REMEMBERED_MAX)
def roots_of(found: bytes, at: str) -> tuple[bytes, ...]:
    """Root certificates, each as DER.

    Args:
        found: one or several as PEM, or one as DER.
        at: where they are kept, for errors.

    Raises:
        InvalidDeclaration: they are none.
    """
    try:
        if _PEM in found:
            roots = x509.load_pem_x509_certificates(found)
        else:
            roots = [x509.load_der_x509_certificate(found)]
    except ValueError:
        raise InvalidDeclaration("expected root certificates as PEM or DER", at=at) from None
    return tuple(each.public_bytes(Encoding.DER) for each in roots)


def chain_key(
    chain: object, roots: tuple[bytes, ...], uses: tuple[str | None, str | None], now_ms: int
) -> Key:
    """The key of a chain's leaf, after the chain has been verified.

    Args:
        chain: what stands in ``x5c``.
        roots: the roots that are trusted, as DER.
        uses: object identifiers of extensions that the leaf and the intermediate must have.
        now_ms: what time it is.

    Raises:
        NotVerified: it is no such chain, or not good now.
    """
    if not isinstance(chain, list) or len(chain) != CHAIN_LENGTH:
        raise refused(f"the token brings no chain of {CHAIN_LENGTH} certificates")
    try:
        certificates = tuple(base64.b64decode(each, validate=True) for each in chain)
    except (binascii.Error, TypeError, ValueError):
        raise refused("a certificate of the chain is no base64") from None
    found = _verified(certificates, roots, uses)
    if not found.begins_ms <= now_ms <= found.ends_ms:
        raise refused("a certificate of the chain is not good at this time")
    return found.key


# Only what is right is remembered; whether it is good now is asked each time.
@lru_cache(maxsize=CHAINS_REMEMBERED_MAX)
def _verified(
    certificates: tuple[bytes, ...], roots: tuple[bytes, ...], uses: tuple[str | None, str | None]
) -> _Chain:
    if certificates[-1] not in roots:
        raise refused("the chain ends at a root that is not trusted")
    try:
        chain = [x509.load_der_x509_certificate(each) for each in certificates]
        leaf, intermediate, root = chain
        leaf.verify_directly_issued_by(intermediate)
        intermediate.verify_directly_issued_by(root)
        _check_issuer(root, below=1)
        _check_issuer(intermediate, below=0)
        _check_leaf(leaf)
        for certificate, use in zip(chain, uses, strict=False):
            _check_use(certificate, use)
    except NotVerified:
        raise
    except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound) as fault:
        raise refused(f"the chain does not verify: {type(fault).__name__}") from None
    return _Chain(_key(leaf), _latest_ms(chain), _earliest_ms(chain))


def _check_issuer(certificate: x509.Certificate, *, below: int) -> None:
    """Check that a certificate may sign others, with so many issuers between it and the leaf."""
    constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    if not constraints.ca:
        raise refused("an issuer of the chain is no authority")
    if constraints.path_length is not None and constraints.path_length < below:
        raise refused("the chain is longer than an issuer allows")
    if not certificate.extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign:
        raise refused("an issuer of the chain may not sign certificates")
    _check_known(certificate)


def _check_leaf(certificate: x509.Certificate) -> None:
    if not certificate.extensions.get_extension_for_class(x509.KeyUsage).value.digital_signature:
        raise refused("the leaf of the chain may not sign")
    for extension in certificate.extensions:
        if isinstance(extension.value, x509.BasicConstraints) and extension.value.ca:
            raise refused("the leaf of the chain is an authority")
    _check_known(certificate)


def _check_known(certificate: x509.Certificate) -> None:
    """Check that nothing critical is unknown (RFC 5280, 4.2)."""
    for extension in certificate.extensions:
        if extension.critical and isinstance(extension.value, x509.UnrecognizedExtension):
            raise refused("a certificate of the chain has a critical extension that is not known")


def _check_use(certificate: x509.Certificate, use: str | None) -> None:
    if use is None:
        return
    if not any(each.oid.dotted_string == use for each in certificate.extensions):
        raise refused("a certificate of the chain is not meant for this use")


def _key(leaf: x509.Certificate) -> Key:
    public = leaf.public_key()
    if not isinstance(public, ec.EllipticCurvePublicKey) or not isinstance(
        public.curve, ec.SECP256R1
    ):
        raise refused("the key of the leaf is none on P-256")
    return ECKey.import_key(public.public_numbers().public_key())


def _latest_ms(chain: Sequence[x509.Certificate]) -> int:
    return max(int(each.not_valid_before_utc.timestamp() * 1_000) for each in chain)


def _earliest_ms(chain: Sequence[x509.Certificate]) -> int:
    return min(int(each.not_valid_after_utc.timestamp() * 1_000) for each in chain)
