"""Keys, chains and tokens as their issuers make them."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding
from joserfc import jws, jwt
from joserfc.jwk import ECKey, RSAKey

from ensue.identity.jws import APPLE_INTERMEDIATE, APPLE_LEAF
from tests.identity.signing import NOW_MS

NAME = x509.oid.NameOID.COMMON_NAME


def elliptic(name: str, curve: type[ec.EllipticCurve] = ec.SECP256R1) -> Any:
    """A private key; the same for the same name."""
    return _elliptic(name, curve)


@lru_cache
def _elliptic(name: str, curve: type[ec.EllipticCurve]) -> Any:
    del name
    return ec.generate_private_key(curve())


@lru_cache
def rsa_key(name: str) -> RSAKey:
    """A private RSA key; the same for the same name."""
    return RSAKey.import_key(rsa.generate_private_key(65_537, 2_048), {"kid": name, "use": "sig"})


@lru_cache
def ec_key(name: str) -> ECKey:
    """A private key on P-256; the same for the same name."""
    return ECKey.import_key(elliptic(name), {"kid": name})


def key_set(*keys: Any) -> dict[str, Any]:
    """The public keys of an issuer."""
    return {"keys": [key.as_dict(private=False) for key in keys]}


def token(
    claims: dict[str, Any], key: Any, algorithm: str = "RS256", **header: Any
) -> dict[str, str]:
    """The headers of a request with a token."""
    registry = jws.JWSRegistry(algorithms=[algorithm], strict_check_header=False)
    made = jwt.encode({"alg": algorithm, "kid": key.kid, **header}, claims, key, registry=registry)
    return {"authorization": f"Bearer {made}"}


@dataclass(frozen=True)
class Link:
    """One certificate of a chain, and what is wrong with it."""

    name: str
    issuer: str
    ca: bool
    use: str | None = None
    path_length: int | None = None
    curve: type[ec.EllipticCurve] = ec.SECP256R1
    signed_by: str | None = None
    days: tuple[int, int] = (-1, 365)
    usage: tuple[tuple[str, bool], ...] = ()
    critical: str | None = None


ROOT = Link("root", "root", ca=True)
INTERMEDIATE = Link("intermediate", "root", ca=True, use=APPLE_INTERMEDIATE, path_length=0)
LEAF = Link("leaf", "intermediate", ca=False, use=APPLE_LEAF)
CHAIN = (LEAF, INTERMEDIATE, ROOT)


@lru_cache
def certificate(link: Link, at_ms: int = NOW_MS) -> x509.Certificate:
    """A certificate as its link says."""
    at = datetime.fromtimestamp(at_ms // 1_000, UTC)
    off = dict.fromkeys(
        (
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "crl_sign",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    usage = {"digital_signature": not link.ca, "key_cert_sign": link.ca} | dict(link.usage)
    made = (
        x509
        .CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NAME, link.name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NAME, link.issuer)]))
        .public_key(elliptic(link.name, link.curve).public_key())
        .serial_number(sum(link.name.encode()))
        .not_valid_before(at + timedelta(days=link.days[0]))
        .not_valid_after(at + timedelta(days=link.days[1]))
        .add_extension(x509.BasicConstraints(link.ca, link.path_length), critical=True)
        .add_extension(x509.KeyUsage(**off, **usage), critical=True)
    )
    for oid, critical in ((link.use, False), (link.critical, True)):
        if oid is not None:
            unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier(oid), b"\x05\x00")
            made = made.add_extension(unknown, critical=critical)
    return made.sign(elliptic(link.signed_by or link.issuer), hashes.SHA256())


def x5c(chain: Sequence[Link] = CHAIN, at_ms: int = NOW_MS) -> list[str]:
    """The certificates of a chain, as a token brings them along."""
    made = [certificate(link, at_ms).public_bytes(Encoding.DER) for link in chain]
    return [base64.b64encode(each).decode() for each in made]


def root_pem(link: Link = ROOT, at_ms: int = NOW_MS) -> str:
    """A root as PEM."""
    return certificate(link, at_ms).public_bytes(Encoding.PEM).decode()


def url64(found: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(found).rstrip(b"=").decode()


def signed(payload: Any, chain: list[str], key: Any = None, **header: Any) -> str:
    """A payload signed by ES256 with a chain beside it, made by hand."""
    head = {"alg": "ES256", "x5c": chain} | header
    content = f"{url64(json.dumps(head).encode())}.{url64(json.dumps(payload).encode())}"
    der = (key or elliptic("leaf")).sign(content.encode(), ec.ECDSA(hashes.SHA256()))
    numbers = decode_dss_signature(der)
    return f"{content}.{url64(b''.join(each.to_bytes(32, 'big') for each in numbers))}"
