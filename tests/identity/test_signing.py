from __future__ import annotations

import asyncio
import json
import threading

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from ensue.identity import ALGORITHMS, SigningKey, verify_token
from ensue.words.errors import InvalidDeclaration, InvalidValue, NotVerified
from tests.identity.certificates import url64
from tests.identity.signing import NOW_MS

ISSUER = "https://tokens.example"
SECONDS = NOW_MS // 1_000
CLAIMS = {"iss": ISSUER, "aud": "shop", "iat": SECONDS, "exp": SECONDS + 60, "name": "Zoë"}
PRIVATE = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}


@pytest.fixture(scope="module", params=ALGORITHMS)
def key(request):
    return SigningKey.generate(request.param)


def test_what_is_signed_is_verified_by_the_public_part(key):
    token = key.sign(CLAIMS, type="at+jwt")

    found = verify_token(token, {"keys": [key.public]}, issuer=ISSUER, now_ms=NOW_MS)

    assert found == CLAIMS
    assert jwt.get_unverified_header(token) == {
        "alg": key.algorithm,
        "kid": key.kid,
        "typ": "at+jwt",
    }


def test_the_public_part_says_what_it_is_for_and_nothing_private(key):
    public = key.public

    assert not PRIVATE & set(public)
    assert (public["alg"], public["use"], public["kid"]) == (key.algorithm, "sig", key.kid)
    assert public["kty"] == {"ES256": "EC", "EdDSA": "OKP"}.get(key.algorithm, "RSA")


def test_a_key_that_was_kept_is_the_same_key(key):
    again = SigningKey.load(key.pem, key.algorithm)

    assert (again.kid, again.bits, again.public) == (key.kid, key.bits, key.public)
    verify_token(again.sign(CLAIMS), {"keys": [key.public]}, issuer=ISSUER, now_ms=NOW_MS)
    load_pem_private_key(key.pem.encode(), None)


def test_neither_its_form_as_text_nor_an_error_shows_the_private_key(key):
    secret = key.pem.splitlines()[1]

    assert secret not in repr(key)
    with pytest.raises(InvalidValue) as fault:
        SigningKey.load(key.pem.replace("BEGIN", "BEGUN"), key.algorithm)
    assert secret not in str(fault.value)


def test_a_key_is_loaded_for_its_own_kind_of_algorithm_only(key):
    other = "ES256" if key.algorithm != "ES256" else "EdDSA"

    with pytest.raises(InvalidValue, match="another type"):
        SigningKey.load(key.pem, other)


@pytest.mark.parametrize(
    ("algorithm", "bits"), [("RS256", 1_024), ("ES256", 384), ("HS256", None), ("none", None)]
)
def test_weak_keys_and_other_algorithms_are_not_made(algorithm, bits):
    with pytest.raises(InvalidDeclaration):
        SigningKey.generate(algorithm, bits)


def test_claims_that_are_no_json_are_refused(key):
    with pytest.raises(InvalidValue, match="claims of JSON"):
        key.sign({"at": object()})


def test_another_librarys_verifier_takes_it(key):
    token = key.sign(CLAIMS)
    public = jwt.PyJWK(key.public).key

    found = jwt.decode(
        token,
        public,
        algorithms=[key.algorithm],
        audience="shop",
        issuer=ISSUER,
        options={"verify_exp": False, "verify_iat": False},
    )

    assert found == CLAIMS


def test_a_token_of_another_library_is_taken(key):
    private = load_pem_private_key(key.pem.encode(), None)
    token = jwt.encode(CLAIMS, private, algorithm=key.algorithm, headers={"kid": key.kid})

    assert verify_token(token, {"keys": [key.public]}, issuer=ISSUER, now_ms=NOW_MS) == CLAIMS


def test_the_key_is_asked_for_by_its_id(key):
    asked = []

    def find(kid):
        asked.append(kid)
        return key.public

    verify_token(key.sign(CLAIMS), find, issuer=ISSUER, audience="shop", now_ms=NOW_MS)

    assert asked == [key.kid]
    with pytest.raises(NotVerified) as refused:
        verify_token(key.sign(CLAIMS), lambda kid: None, issuer=ISSUER, now_ms=NOW_MS)
    assert "no key" in refused.value.reason


def test_a_key_of_one_algorithm_verifies_no_other_even_if_it_could():
    key = SigningKey.generate("RS256")
    as_pss = SigningKey.load(key.pem, "PS256")

    with pytest.raises(NotVerified) as refused:
        verify_token(as_pss.sign(CLAIMS), {"keys": [key.public]}, issuer=ISSUER, now_ms=NOW_MS)

    assert refused.value.reason == "the token's algorithm is not RS256"


def test_whoever_verifies_says_from_whom_and_for_whom(key):
    token, keys = key.sign(CLAIMS), {"keys": [key.public]}
    for terms in (
        {"issuer": "https://other.example"},
        {"issuer": ISSUER, "audience": "bank"},
        {"issuer": ISSUER, "type": "at+jwt"},
    ):
        with pytest.raises(NotVerified):
            verify_token(token, keys, now_ms=NOW_MS, **terms)
    with pytest.raises(NotVerified):
        verify_token(token, keys, issuer=ISSUER, now_ms=NOW_MS + 60_000)
    header = url64(json.dumps({"alg": "none", "kid": key.kid}).encode())
    with pytest.raises(NotVerified):
        verify_token(f"{header}.{token.split('.')[1]}.", keys, issuer=ISSUER, now_ms=NOW_MS)


def test_a_key_is_made_and_signs_beside_the_loop(monkeypatch):
    threads = []
    sign = SigningKey.sign
    generate = SigningKey.generate

    def signing(self, *given, **named):
        threads.append(threading.current_thread().name)
        return sign(self, *given, **named)

    def making(algorithm, bits):
        threads.append(threading.current_thread().name)
        return generate(algorithm, bits)

    monkeypatch.setattr(SigningKey, "sign", signing)
    monkeypatch.setattr(SigningKey, "generate", making)

    async def run():
        key = await SigningKey.generate_aside("RS256")
        return key, await key.sign_aside(CLAIMS)

    key, token = asyncio.run(run())

    verify_token(token, {"keys": [key.public]}, issuer=ISSUER, now_ms=NOW_MS)
    assert threads[0].startswith("ensue-keys")
    assert threads[1] != threading.main_thread().name
