from __future__ import annotations

import hmac
import json
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ensue.engine.secrets import Secret
from ensue.identity import Bearer
from ensue.words.errors import (
    Forbidden,
    InvalidDeclaration,
    MissingExtra,
    MissingSecret,
    NotVerified,
)
from tests.identity.certificates import ec_key, key_set, rsa_key, token, url64
from tests.identity.signing import NOW_MS

ISSUER, AUDIENCE = "https://accounts.google.com", "https://example.com/hooks"
SENDER = "pubsub@project.iam.gserviceaccount.com"
SECONDS = NOW_MS // 1_000
CLAIMS = {
    "iss": ISSUER,
    "aud": AUDIENCE,
    "azp": "113774264463038321964",
    "sub": "113774264463038321964",
    "email": SENDER,
    "email_verified": True,
    "iat": SECONDS,
    "exp": SECONDS + 3_600,
}
TERMS = {"issuer": ISSUER, "audience": AUDIENCE, "email": SENDER}


@pytest.fixture(scope="module")
def verifier():
    return Bearer(keys=key_set(rsa_key("a"), rsa_key("b")), **TERMS)


def reason(verifier, headers, now_ms=NOW_MS):
    with pytest.raises(NotVerified) as refused:
        verifier.verify(headers, b"{}", now_ms)
    assert refused.value.challenge == "Bearer"
    return refused.value.reason


def test_a_token_of_the_issuer_for_this_audience_is_verified(verifier):
    proof = verifier.verify(token(CLAIMS, rsa_key("b")), b"{}", NOW_MS)

    assert (proof.scheme, proof.signed_ms) == ("bearer", NOW_MS)
    assert proof.claims == CLAIMS


@pytest.mark.parametrize(
    ("claims", "told"),
    [
        ({"iss": "https://accounts.gogle.com"}, "issuer"),
        ({"iss": None}, "issuer"),
        ({"iss": [ISSUER]}, "issuer"),
        ({"aud": "https://example.com/other"}, "audience"),
        ({"aud": ["x", {"a": 1}]}, "audience"),
        ({"aud": None}, "audience"),
        ({"email": "eve@example.com"}, "account"),
        ({"email_verified": False}, "account"),
        ({"email_verified": "true"}, "account"),
        ({"exp": SECONDS - 60}, "expired"),
        ({"exp": None}, "until when"),
        ({"exp": "tomorrow"}, "until when"),
        ({"exp": True}, "until when"),
        ({"exp": 1e300}, "until when"),
        ({"iat": SECONDS + 61}, "not good yet"),
        ({"nbf": SECONDS + 61}, "not good yet"),
    ],
)
def test_a_token_that_claims_something_else_is_refused_for_it(verifier, claims, told):
    assert told in reason(verifier, token(CLAIMS | claims, rsa_key("a")))


def test_clocks_may_differ_by_the_leeway(verifier):
    headers = token(CLAIMS, rsa_key("a"))

    verifier.verify(headers, b"{}", NOW_MS - 60_000)
    verifier.verify(headers, b"{}", (CLAIMS["exp"] + 59) * 1_000)
    assert "not good yet" in reason(verifier, headers, NOW_MS - 60_001)
    assert "expired" in reason(verifier, headers, (CLAIMS["exp"] + 60) * 1_000)


def test_an_audience_may_be_one_of_several_and_so_may_the_issuer():
    verifier = Bearer(
        keys=key_set(rsa_key("a")),
        issuer=[ISSUER, "accounts.google.com"],
        audience=["other", AUDIENCE],
    )
    claims = CLAIMS | {"iss": "accounts.google.com", "aud": ["a", AUDIENCE], "email": "any"}

    verifier.verify(token(claims, rsa_key("a")), b"{}", NOW_MS)


# Keys and algorithms


def test_a_key_of_somebody_else_is_refused_under_any_id(verifier):
    assert "no key" in reason(verifier, token(CLAIMS, rsa_key("c")))
    assert "not verify" in reason(verifier, token(CLAIMS, rsa_key("c"), kid="a"))


def unsigned(header, signature=""):
    parts = [url64(json.dumps(each).encode()) for each in (header, CLAIMS)]
    return {"authorization": f"Bearer {'.'.join([*parts, signature])}"}


@pytest.mark.parametrize("algorithm", ["none", "None", "HS256", "ES256", "RS512", "", None, 7])
def test_a_token_may_not_choose_its_algorithm(verifier, algorithm):
    assert "algorithm" in reason(verifier, unsigned({"alg": algorithm, "kid": "a"}))


def test_a_public_key_is_never_taken_for_a_shared_secret(verifier):
    public = rsa_key("a").as_pem(private=False)
    content = unsigned({"alg": "HS256", "kid": "a"})["authorization"].removeprefix("Bearer ")[:-1]
    signature = url64(hmac.digest(public, content.encode(), "sha256"))

    assert "algorithm" in reason(verifier, {"authorization": f"Bearer {content}.{signature}"})


def test_a_key_that_the_token_brings_along_counts_for_nothing(verifier):
    own = rsa_key("c")
    brought = token(CLAIMS, own, kid="a", jwk=own.as_dict(private=False))

    assert "not verify" in reason(verifier, brought)


def test_a_token_without_a_key_id_is_refused(verifier):
    assert "no key" in reason(verifier, token(CLAIMS, rsa_key("a"), kid=""))
    assert "no key" in reason(verifier, unsigned({"alg": "RS256"}))


@pytest.mark.parametrize("header", [{"crit": ["exp"]}, {"b64": False, "crit": ["b64"]}])
def test_what_a_token_demands_and_nobody_knows_is_refused(verifier, header):
    assert "extensions" in reason(verifier, unsigned({"alg": "RS256", "kid": "a"} | header))


def test_elliptic_keys_verify_where_they_are_declared():
    verifier = Bearer(keys=key_set(ec_key("e"), rsa_key("a")), algorithms="ES256", **TERMS)

    verifier.verify(token(CLAIMS, ec_key("e"), "ES256"), b"{}", NOW_MS)
    assert "no key" in reason(verifier, unsigned({"alg": "ES256", "kid": "a"}))


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("", "no header"),
        ("Basic abc", "no bearer"),
        ("Bearer", "parts"),
        ("Bearer a.b", "parts"),
        ("Bearer a.b.c", "header of the token"),
        ("Bearer é.b.c", "base64url"),
        ("Bearer bnVsbA.b.c", "no JSON object"),
    ],
)
def test_what_is_no_token_is_refused_for_what_it_is(verifier, value, told):
    assert told in reason(verifier, {"authorization": value})


@given(value=st.text(max_size=60) | st.from_regex(r"[A-Za-z0-9_-]{0,30}(\.[A-Za-z0-9_-]{0,30}){2}"))
@settings(max_examples=100, deadline=None)
def test_whatever_a_header_says_it_verifies_nothing_and_breaks_nothing(verifier, value):
    assert reason(verifier, {"authorization": f"Bearer {value}"})


@given(place=st.integers(0, 10_000), bit=st.integers(0, 5))
@settings(max_examples=60, deadline=None)
def test_a_token_that_was_changed_anywhere_is_refused(verifier, place, bit):
    whole = token(CLAIMS, rsa_key("a"))["authorization"].removeprefix("Bearer ")
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    place %= len(whole) - 1
    if whole[place] == ".":
        place -= 1
    other = letters[letters.index(whole[place]) ^ (1 << bit)]
    changed = whole[:place] + other + whole[place + 1 :]

    assert reason(verifier, {"authorization": f"Bearer {changed}"})


def test_a_key_verifies_by_its_own_algorithm_only(verifier):
    both = Bearer(keys=key_set(rsa_key("a"), ec_key("e")), **TERMS)
    pss = rsa_key("a").as_dict(private=False) | {"alg": "PS256"}
    for_pss = Bearer(keys={"keys": [pss]}, **TERMS)

    both.verify(token(CLAIMS, ec_key("e"), "ES256"), b"", NOW_MS)
    assert "algorithm is not RS256" in reason(both, token(CLAIMS, rsa_key("a"), "PS256"))
    for_pss.verify(token(CLAIMS, rsa_key("a"), "PS256"), b"", NOW_MS)
    assert "algorithm is not PS256" in reason(for_pss, token(CLAIMS, rsa_key("a")))


def test_a_token_may_have_to_say_its_type():
    verifier = Bearer(keys=key_set(rsa_key("a")), type="at+jwt", **TERMS)

    for said in ("at+jwt", "AT+JWT", "application/at+jwt"):
        verifier.verify(token(CLAIMS, rsa_key("a"), typ=said), b"", NOW_MS)
    for said in ("JWT", ""):
        assert "another type" in reason(verifier, token(CLAIMS, rsa_key("a"), typ=said))
    assert "another type" in reason(verifier, token(CLAIMS, rsa_key("a")))


def test_an_app_may_refuse_a_token_that_is_good(verifier):
    revoked = set()
    asking = Bearer(
        keys=key_set(rsa_key("a")), refuses=lambda claims: claims["jti"] in revoked, **TERMS
    ).requiring(roles="admin")
    headers = token(CLAIMS | {"jti": "1", "roles": ["admin"]}, rsa_key("a"))

    asking.verify(headers, b"", NOW_MS)
    revoked.add("1")
    assert "refused by the app" in reason(asking, headers)


# What it grants


@pytest.mark.parametrize("roles", [["editor"], ["reader", "admin"], "admin", "reader admin"])
def test_a_token_with_one_of_the_roles_may(verifier, roles):
    asking = verifier.requiring(roles=["admin", "editor"])

    asking.verify(token(CLAIMS | {"roles": roles}, rsa_key("a")), b"", NOW_MS)


@pytest.mark.parametrize(
    "roles", [[], ["reader"], None, {"admin": True}, [["admin"]], "administer"]
)
def test_a_good_token_without_the_role_is_told_that_it_may_not(verifier, roles):
    asking = verifier.requiring(roles="admin")

    with pytest.raises(Forbidden, match="role admin"):
        asking.verify(token(CLAIMS | {"roles": roles}, rsa_key("a")), b"", NOW_MS)
    assert "expired" in reason(asking, token(CLAIMS | {"exp": SECONDS - 60}, rsa_key("a"))), (
        "who one is comes before what one may"
    )


def test_a_token_must_have_all_the_scopes(verifier):
    asking = verifier.requiring(scopes=["read", "write"])

    asking.verify(token(CLAIMS | {"scope": "write other read"}, rsa_key("a")), b"", NOW_MS)
    with pytest.raises(Forbidden, match="scope write"):
        asking.verify(token(CLAIMS | {"scope": "read"}, rsa_key("a")), b"", NOW_MS)
    assert set(asking.statuses) == {401, 403}


# Where keys are kept


def test_keys_are_read_again_when_their_file_changes(tmp_path):
    file = tmp_path / "keys.json"
    file.write_text(json.dumps(key_set(rsa_key("a"))))
    verifier = Bearer(keys=Secret.file(file), **TERMS)
    verifier.check()
    assert "no key" in reason(verifier, token(CLAIMS, rsa_key("b")))

    file.write_text(json.dumps(key_set(rsa_key("a"), rsa_key("b"))))

    verifier.verify(token(CLAIMS, rsa_key("b")), b"{}", NOW_MS)


@pytest.mark.parametrize(
    "keys",
    [
        {},
        {"keys": []},
        {"keys": [{"kty": "oct", "k": "c2VjcmV0", "kid": "a"}]},
        {"keys": [{"kty": "RSA", "kid": "a"}]},
        {"keys": [{"kty": "RSA", "kid": "a", "n": "!", "e": "AQAB"}]},
        {"keys": [rsa_key("a").as_dict(private=False) | {"use": "enc"}]},
        {"keys": [rsa_key("a").as_dict(private=False) | {"alg": "RS512"}]},
        {"keys": [{"kty": "RSA", "kid": "weak", "n": "v" * 171, "e": "AQAB"}]},
        {"keys": [ec_key("e").as_dict(private=False) | {"crv": "P-384"}]},
        {"keys": [ec_key("e").as_dict(private=True)]},
        {"keys": [rsa_key("a").as_dict(private=False)] * 101},
    ],
)
def test_keys_that_cannot_verify_are_told_at_the_start(keys):
    with pytest.raises(InvalidDeclaration, match=r"Key Set|bits|private|at most"):
        Bearer(keys=keys, **TERMS).check()


def test_keys_that_are_missing_are_told_at_the_start(monkeypatch):
    monkeypatch.delenv("GOOGLE_KEYS", raising=False)
    with pytest.raises(MissingSecret, match="GOOGLE_KEYS"):
        Bearer(keys=Secret.env("GOOGLE_KEYS"), **TERMS).check()


@pytest.mark.parametrize(
    "terms",
    [
        {"issuer": ""},
        {"issuer": []},
        {"audience": ""},
        {"audience": [7]},
        {"algorithms": "HS256"},
        {"algorithms": []},
    ],
)
def test_what_would_take_anybodys_token_is_refused_when_it_is_declared(terms):
    with pytest.raises(InvalidDeclaration):
        Bearer(keys={}, **(TERMS | terms))


def test_without_the_libraries_it_is_told_at_the_start(monkeypatch):
    for name in [each for each in sys.modules if each.startswith("ensue.identity.jose")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "joserfc", None)
    monkeypatch.setitem(sys.modules, "joserfc.errors", None)

    with pytest.raises(MissingExtra, match=r"ensue\[jose\]"):
        Bearer(keys=key_set(rsa_key("a")), **TERMS).check()
