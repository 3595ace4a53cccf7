"""The examples of the specifications: RFC 7515, RFC 7520, RFC 7638, RFC 8037."""

from __future__ import annotations

import base64

import pytest
from joserfc.jwk import JWKRegistry

from ensue.identity.algorithms import ALGORITHMS
from ensue.identity.jose import check_algorithm, claims_of, header_of, one_key
from ensue.identity.signing import SigningKey
from ensue.words.errors import NotVerified
from tests.identity.certificates import url64

JOE = (
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
)
CLAIMS = {"iss": "joe", "exp": 1_300_819_380, "http://example.com/is_root": True}

# RFC 7515, A.2
RSA = {
    "kty": "RSA",
    "n": "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1"
    "Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXnd"
    "S5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7"
    "aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ",
    "e": "AQAB",
}
RS256 = (
    "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5"
    "jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb"
    "1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QO"
    "YEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"
)

# RFC 7515, A.3
EC = {
    "kty": "EC",
    "crv": "P-256",
    "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
}
ES256 = "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"

# RFC 8037, A.1 to A.5
OKP = {
    "kty": "OKP",
    "crv": "Ed25519",
    "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
}
OKP_PRIVATE = OKP | {"d": "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"}
OKP_THUMBPRINT = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
EXAMPLE = "RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc"
EDDSA = "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"

# RFC 7520, 3.3 and 4.1
BILBO = {
    "kty": "RSA",
    "kid": "bilbo.baggins@hobbiton.example",
    "n": "n4EPtAOCc9AlkeQHPzHStgAbgs7bTZLwUBZdR8_KuKPEHLd4rHVTeT-O-XV2jRojdNhxJWTDvNd7nqQ0VEiZQHz_A"
    "JmSCpMaJMRBSFKrKb2wqVwGU_NsYOYL-QtiWN2lbzcEe6XC0dApr5ydQLrHqkHHig3RBordaZ6Aj-oBHqFEHYpPe7Tpe-Of"
    "VfHd1E6cS6M1FZcD1NNLYD5lFHpPI9bTwJlsde3uhGqC0ZCuEHg8lhzwOHrtIQbS0FVbb9k3-tVTU4fg_3L_vniUFAKwuC"
    "LqKnS2BYwdq_mzSnbLY7h_qixoR7jig3__kRhuaxwUkRz5iaiQkqgc5gHdrNP5zw",
    "e": "AQAB",
}
BILBO_HEADER = "eyJhbGciOiJSUzI1NiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9"
FRODO = (
    "SXTigJlzIGEgZGFuZ2Vyb3VzIGJ1c2luZXNzLCBGcm9kbywgZ29pbmcgb3V0IHlvdXIgZG9vci4gWW91IHN0ZXAgb250"
    "byB0aGUgcm9hZCwgYW5kIGlmIHlvdSBkb24ndCBrZWVwIHlvdXIgZmVldCwgdGhlcmXigJlzIG5vIGtub3dpbmcgd2hl"
    "cmUgeW91IG1pZ2h0IGJlIHN3ZXB0IG9mZiB0by4"
)
BILBO_SIGNED = (
    "MRjdkly7_-oTPTS3AXP41iQIGKa80A0ZmTuV5MEaHoxnW2e5CZ5NlKtainoFmKZopdHM1O2U4mwzJdQx996ivp83xugl"
    "II7PNDi84wnB-BDkoBwA78185hX-Es4JIwmDLJK3lfWRa-XtL0RnltuYv746iYTh_qHRD68BNt1uSNCrUCTJDt5aAE6x"
    "8wW1Kt9eRo4QPocSadnHXFxnt8Is9UzpERV0ePPQdLuW3IS_de3xyIrDaLGdjluPxUAhb6L2aXic1U12podGU0KLUQSE"
    "_oI-ZnmKJ3F4uOZDnd6QZWJushZ41Axf_fcIe8u9ipH84ogoree7vjbU5y18kDquDg"
)

# RFC 7638, 3.1
SAMPLE = {
    "kty": "RSA",
    "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJ"
    "ECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY"
    "368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4"
    "lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
    "e": "AQAB",
    "alg": "RS256",
    "kid": "2011-04-29",
}


def key_of(jwk, algorithm):
    found = one_key(as_json(jwk | {"kid": jwk.get("kid", "key")}), (algorithm,), "the example")
    assert found is not None
    return found


def as_json(jwk):
    return "{" + ",".join(f'"{name}":"{value}"' for name, value in jwk.items()) + "}"


@pytest.mark.parametrize(
    ("jwk", "algorithm", "header", "signature"),
    [
        (RSA, "RS256", "eyJhbGciOiJSUzI1NiJ9", RS256),
        (EC, "ES256", "eyJhbGciOiJFUzI1NiJ9", ES256),
    ],
)
def test_rfc_7515_the_tokens_of_its_examples_verify(jwk, algorithm, header, signature):
    token, key = f"{header}.{JOE}.{signature}", key_of(jwk, algorithm)

    check_algorithm(header_of(token, "Bearer"), key.algorithm, "Bearer")

    assert claims_of(token, key.key, algorithm, "Bearer") == CLAIMS
    with pytest.raises(NotVerified, match="signed"):
        claims_of(f"{header}.{JOE}.A{signature[1:]}", key.key, algorithm, "Bearer")


@pytest.mark.parametrize(
    ("jwk", "algorithm", "token"),
    [
        (BILBO, "RS256", f"{BILBO_HEADER}.{FRODO}.{BILBO_SIGNED}"),
        (OKP, "EdDSA", f"eyJhbGciOiJFZERTQSJ9.{EXAMPLE}.{EDDSA}"),
    ],
)
def test_rfc_7520_and_8037_examples_verify_and_claim_nothing(jwk, algorithm, token):
    key = key_of(jwk, algorithm)

    with pytest.raises(NotVerified) as refused:
        claims_of(token, key.key, algorithm, "Bearer")

    assert refused.value.reason == "the payload of the token is no JSON object", "it did verify"
    with pytest.raises(NotVerified) as refused:
        claims_of(token[:-8] + "AAAAAAAA", key.key, algorithm, "Bearer")
    assert "does not verify" in refused.value.reason


def test_rfc_7520_a_key_that_another_specification_calls_otherwise_is_found_by_its_id():
    head = header_of(f"{BILBO_HEADER}.{FRODO}.{BILBO_SIGNED}", "Bearer")

    assert head == {"alg": "RS256", "kid": BILBO["kid"]}


def test_rfc_8037_what_is_signed_is_what_the_example_signs():
    private = JWKRegistry.import_key(OKP_PRIVATE)
    key = SigningKey.load(private.as_pem(private=True).decode(), "EdDSA")

    token = key.sign({})

    assert key.kid == OKP_THUMBPRINT
    assert {name: key.public[name] for name in OKP} == OKP
    content = f"eyJhbGciOiJFZERTQSJ9.{EXAMPLE}".encode()
    assert url64(key._key.private_key.sign(content)) == EDDSA
    header, payload, signature = token.split(".")
    again = key._key.private_key.sign(f"{header}.{payload}".encode())
    assert signature == url64(again), "EdDSA signs the same alike"
    assert base64.urlsafe_b64decode(payload + "==") == b"{}"


@pytest.mark.parametrize(
    ("jwk", "thumbprint"),
    [(SAMPLE, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"), (OKP, OKP_THUMBPRINT)],
)
def test_rfc_7638_a_thumbprint_is_of_the_members_that_are_needed(jwk, thumbprint):
    algorithm = "RS256" if jwk["kty"] == "RSA" else "EdDSA"

    assert key_of(jwk, algorithm).key.thumbprint() == thumbprint
    assert algorithm in ALGORITHMS
