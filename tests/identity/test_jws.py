from __future__ import annotations

import base64
import json
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from ensue.engine.secrets import Secret
from ensue.identity import Jws
from ensue.words.errors import InvalidDeclaration, MissingSecret, NotVerified
from tests.identity.certificates import (
    CHAIN,
    INTERMEDIATE,
    LEAF,
    ROOT,
    elliptic,
    root_pem,
    signed,
    url64,
    x5c,
)
from tests.identity.signing import NOW_MS

DAY_MS = 86_400_000
APP = "com.example.app"


def payload(chain=None, **data):
    given = x5c() if chain is None else chain
    return {
        "notificationType": "DID_RENEW",
        "notificationUUID": "002e14d5-51f5-4503-b5a8-c3a1af68eb20",
        "version": "2.0",
        "signedDate": NOW_MS - 5,
        "data": {
            "bundleId": APP,
            "environment": "Production",
            "signedTransactionInfo": signed({"originalTransactionId": "70"}, given),
            "signedRenewalInfo": signed({"autoRenewStatus": 1}, given),
            **data,
        },
    }


def body(claims=None, chain=None, **header):
    given = x5c() if chain is None else chain
    return json.dumps({"signedPayload": signed(claims or payload(), given, **header)}).encode()


@pytest.fixture
def verifier():
    return Jws(roots=root_pem(), bundle_id=APP, environment="Production")


def reason(verifier, content, now_ms=NOW_MS):
    with pytest.raises(NotVerified) as refused:
        verifier.verify({}, content, now_ms)
    return refused.value.reason


def test_a_notification_of_apple_is_verified_with_what_is_signed_within_it(verifier):
    verifier.check()
    proof = verifier.verify({}, body(), NOW_MS)

    assert (proof.scheme, proof.signed_ms) == ("jws", NOW_MS - 5)
    assert proof.id == "002e14d5-51f5-4503-b5a8-c3a1af68eb20"
    assert proof.claims["notificationType"] == "DID_RENEW"
    assert proof.claims["data"]["transactionInfo"] == {"originalTransactionId": "70"}
    assert proof.claims["data"]["renewalInfo"] == {"autoRenewStatus": 1}


def test_roots_are_pem_or_der_or_in_a_file(tmp_path):
    der = base64.b64decode(x5c()[2])
    file = tmp_path / "roots.pem"
    file.write_text(root_pem(replace(ROOT, name="other", issuer="other")) + root_pem())

    for roots in (root_pem(), root_pem().encode(), der, Secret.file(file)):
        Jws(roots=roots).verify({}, body(), NOW_MS)


BROKEN = {
    "another root": ((LEAF, INTERMEDIATE, replace(ROOT, days=(-2, 365))), "not trusted"),
    "a leaf of another": ((replace(LEAF, signed_by="eve"), INTERMEDIATE, ROOT), "not verify"),
    "a leaf by name only": ((replace(LEAF, issuer="eve"), INTERMEDIATE, ROOT), "not verify"),
    "an intermediate of another": (
        (LEAF, replace(INTERMEDIATE, signed_by="eve"), ROOT),
        "not verify",
    ),
    "an intermediate that is no authority": (
        (LEAF, replace(INTERMEDIATE, ca=False, path_length=None), ROOT),
        "no authority",
    ),
    "an intermediate that may not sign": (
        (LEAF, replace(INTERMEDIATE, usage=(("key_cert_sign", False),)), ROOT),
        "may not sign certificates",
    ),
    "a leaf that is an authority": (
        (replace(LEAF, ca=True, usage=(("digital_signature", True),)), INTERMEDIATE, ROOT),
        "is an authority",
    ),
    "a leaf that may not sign": (
        (replace(LEAF, usage=(("digital_signature", False),)), INTERMEDIATE, ROOT),
        "may not sign",
    ),
    "a leaf for another use": ((replace(LEAF, use="1.2.3.4"), INTERMEDIATE, ROOT), "this use"),
    "an intermediate for another use": (
        (LEAF, replace(INTERMEDIATE, use=None), ROOT),
        "this use",
    ),
    "something critical and unknown": (
        (replace(LEAF, critical="1.2.3.4"), INTERMEDIATE, ROOT),
        "critical extension",
    ),
    "a leaf on another curve": (
        (replace(LEAF, name="wide", curve=ec.SECP384R1), INTERMEDIATE, ROOT),
        "P-256",
    ),
    "a chain of two": ((LEAF, INTERMEDIATE), "chain of 3"),
    "a chain of four": ((LEAF, INTERMEDIATE, ROOT, ROOT), "chain of 3"),
    "a chain in another order": ((INTERMEDIATE, LEAF, ROOT), "not verify"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_chain_that_is_not_as_it_must_be_is_refused_for_it(verifier, name):
    chain, told = BROKEN[name]

    assert told in reason(verifier, body(chain=x5c(chain)))


def test_a_root_that_lets_no_issuer_stand_between_is_obeyed():
    root = replace(ROOT, path_length=0)
    verifier = Jws(roots=root_pem(root))

    assert "longer" in reason(verifier, body(chain=x5c((LEAF, INTERMEDIATE, root))))


@pytest.mark.parametrize("place", [0, 1, 2])
def test_each_certificate_must_be_good_at_this_time(place):
    links = list(CHAIN)
    links[place] = replace(links[place], days=(-1, 7))
    verifier, content = Jws(roots=root_pem(links[2])), body(chain=x5c(links))

    def verified(now_ms):
        # The transactions within are signed by the chain that is good for a year.
        return reason(verifier, content, now_ms)

    assert "at this time" in verified(NOW_MS + 7 * DAY_MS + 1)
    assert "at this time" in verified(NOW_MS - DAY_MS - 1)


def test_a_chain_that_was_good_is_asked_for_its_time_again(verifier):
    content = body()
    verifier.verify({}, content, NOW_MS)
    verifier.verify({}, content, NOW_MS + 364 * DAY_MS)

    assert "at this time" in reason(verifier, content, NOW_MS + 366 * DAY_MS)
    verifier.verify({}, content, NOW_MS)


def test_the_payload_is_signed_by_the_leaf_and_by_nobody_else(verifier):
    assert "not verify" in reason(verifier, body(key=elliptic("eve")))
    assert "not verify" in reason(verifier, body(key=elliptic("intermediate")))


def test_what_is_signed_within_a_notification_is_verified_too(verifier):
    forged = payload(signedTransactionInfo=signed({"a": 1}, x5c(), key=elliptic("eve")))

    assert "not verify" in reason(verifier, body(forged))


def test_a_payload_that_was_changed_is_refused(verifier):
    head, claims, signature = json.loads(body())["signedPayload"].split(".")
    changed = url64(base64.urlsafe_b64decode(claims + "==").replace(b"DID_RENEW", b"REFUNDED!"))
    content = json.dumps({"signedPayload": f"{head}.{changed}.{signature}"}).encode()

    assert "not verify" in reason(verifier, content)


@pytest.mark.parametrize("algorithm", ["none", "HS256", "RS256", "ES384"])
def test_a_payload_may_not_choose_its_algorithm(verifier, algorithm):
    assert "algorithm" in reason(verifier, body(alg=algorithm))


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (b"", "no JSON"),
        (b"[]", "no signedPayload"),
        (b"{}", "no signedPayload"),
        (b'{"signedPayload": 7}', "no signedPayload"),
        (b'{"signedPayload": "a.b"}', "parts"),
        (b"\xff", "no JSON"),
        (b"[" * 100_000, "no JSON"),
    ],
)
def test_what_is_no_signed_payload_is_refused_for_what_it_is(verifier, given, told):
    assert told in reason(verifier, given)


@pytest.mark.parametrize("chain", [None, "text", [], [1, 2, 3], ["*", "*", "*"], ["AAAA"] * 3])
def test_what_is_no_chain_is_refused(verifier, chain):
    token = signed(payload(), [], x5c=chain)

    assert reason(verifier, json.dumps({"signedPayload": token}).encode())


@pytest.mark.parametrize(
    ("data", "told"),
    [({"bundleId": "com.example.other"}, "app"), ({"environment": "Sandbox"}, "environment")],
)
def test_a_notification_of_another_app_or_environment_is_refused(verifier, data, told):
    assert told in reason(verifier, body(payload(**data)))
    Jws(roots=root_pem()).verify({}, body(payload(**data)), NOW_MS)


def test_a_summary_says_of_which_app_it_is_as_data_does(verifier):
    claims = {"summary": {"bundleId": APP, "environment": "Production"}}

    assert verifier.verify({}, body(claims), NOW_MS).claims == claims
    assert "app" in reason(verifier, body({"notificationType": "TEST"}))


def test_other_senders_may_have_another_member_and_no_uses():
    plain = (replace(LEAF, use=None), replace(INTERMEDIATE, use=None), ROOT)
    verifier = Jws(roots=root_pem(), member="token", leaf_use=None, intermediate_use=None)
    content = json.dumps({"token": signed({"n": 1}, x5c(plain))}).encode()

    assert verifier.verify({}, content, NOW_MS).claims == {"n": 1}


@pytest.mark.parametrize("roots", ["no certificate", b"\x30\x00", "-----BEGIN CERTIFICATE-----\n"])
def test_roots_that_are_no_certificates_are_told_at_the_start(roots):
    with pytest.raises(InvalidDeclaration, match="PEM"):
        Jws(roots=roots).check()


def test_roots_that_are_missing_are_told(monkeypatch):
    monkeypatch.delenv("APPLE_ROOTS", raising=False)
    with pytest.raises(MissingSecret, match="APPLE_ROOTS"):
        Jws(roots=Secret.env("APPLE_ROOTS")).check()
    with pytest.raises(InvalidDeclaration):
        Jws(roots="")
