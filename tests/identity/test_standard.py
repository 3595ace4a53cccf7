from __future__ import annotations

import base64
import sys

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ensue.identity import StandardWebhooks
from ensue.words.errors import InvalidDeclaration, MissingExtra, NotVerified
from tests.identity.signing import NOW_MS, as_standard, whsec

BODY = b'{"type": "example.event",  "data": {"foo": "bar"}}'
KEY = whsec("a key")


@pytest.fixture
def verifier(secret):
    return StandardWebhooks(secret("HOOKS", KEY))


def reason(verifier, headers, body=BODY, now_ms=NOW_MS):
    with pytest.raises(NotVerified) as refused:
        verifier.verify(headers, body, now_ms)
    return refused.value.reason


def test_what_the_library_of_standard_webhooks_signs_is_verified(verifier):
    proof = verifier.verify(as_standard(KEY, BODY), BODY, NOW_MS)

    assert (proof.scheme, proof.id, proof.signed_ms) == ("standard-webhooks", "msg_1", NOW_MS)


def test_a_secret_without_its_prefix_or_its_padding_is_the_same_secret(secret):
    headers = as_standard(KEY, BODY)

    for text in (KEY.removeprefix("whsec_"), KEY.rstrip("=")):
        StandardWebhooks(secret("HOOKS", text)).verify(headers, BODY, NOW_MS)


@pytest.mark.parametrize(
    ("header", "value"),
    [("webhook-id", "msg_2"), ("webhook-timestamp", str(NOW_MS // 1_000 + 1))],
)
def test_id_and_time_are_signed_too(verifier, header, value):
    assert "signatures" in reason(verifier, as_standard(KEY, BODY) | {header: value})


def test_the_body_is_signed_byte_for_byte(verifier):
    assert "signatures" in reason(verifier, as_standard(KEY, BODY), BODY.replace(b"  ", b" "))


@pytest.mark.parametrize("after_ms", [300_001, -300_001])
def test_beyond_the_tolerance_it_is_refused(verifier, after_ms):
    headers = as_standard(KEY, BODY)

    assert "signed" in reason(verifier, headers, now_ms=NOW_MS + after_ms)
    verifier.verify(headers, BODY, NOW_MS + (300_000 if after_ms > 0 else -300_000))


def test_one_good_signature_among_several_is_enough(verifier):
    headers = as_standard(KEY, BODY)
    wrong = as_standard(whsec("another"), BODY)["webhook-signature"]
    several = f"v2,whatever {wrong} {headers['webhook-signature']}"

    verifier.verify(headers | {"webhook-signature": several}, BODY, NOW_MS)


def test_while_secrets_change_each_of_several_verifies(secret):
    both = StandardWebhooks([secret("OLD", whsec("old")), secret("NEW", whsec("new"))])

    both.verify(as_standard(whsec("old"), BODY), BODY, NOW_MS)
    both.verify(as_standard(whsec("new"), BODY), BODY, NOW_MS)


@pytest.mark.parametrize(
    ("header", "value", "told"),
    [
        ("webhook-id", "", "no header"),
        ("webhook-id", "a.b", "no id"),
        ("webhook-id", "a b", "no id"),
        ("webhook-id", "x" * 257, "no id"),
        ("webhook-timestamp", "", "no header"),
        ("webhook-timestamp", "1.5", "whole number"),
        ("webhook-signature", "", "no header"),
        ("webhook-signature", "v2,AAAA", "0 signatures"),
        ("webhook-signature", "v1,*", "no base64"),
        ("webhook-signature", "v1,é", "no base64"),
        ("webhook-signature", " ".join(["v1,AAAA"] * 17), "17 signatures"),
    ],
)
def test_a_header_that_is_malformed_is_refused_for_what_it_is(verifier, header, value, told):
    assert told in reason(verifier, as_standard(KEY, BODY) | {header: value})


def test_a_copy_has_the_nonce_of_its_original_and_another_try_has_another(secret):
    verifier = StandardWebhooks(secret("HOOKS", KEY), refuse_replays=True)

    first = verifier.verify(as_standard(KEY, BODY), BODY, NOW_MS)
    copy = verifier.verify(as_standard(KEY, BODY), BODY, NOW_MS + 1)
    again = verifier.verify(as_standard(KEY, BODY, NOW_MS + 1_000), BODY, NOW_MS)

    assert first.nonce == copy.nonce != again.nonce


# Key pairs


@pytest.fixture
def pair():
    return Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


@pytest.fixture
def public(pair, secret):
    key = base64.b64encode(pair.public_key().public_bytes_raw()).decode()
    return secret("PUBLIC", f"whpk_{key}")


def signed_by(pair, body=BODY):
    content = f"msg_1.{NOW_MS // 1_000}.".encode() + body
    return as_standard(KEY, BODY) | {
        "webhook-signature": "v1a," + base64.b64encode(pair.sign(content)).decode()
    }


def test_what_is_signed_by_a_key_pair_is_verified_by_its_public_key(pair, public):
    verifier = StandardWebhooks(public)
    verifier.check()

    verifier.verify(signed_by(pair), BODY, NOW_MS)
    assert reason(verifier, signed_by(pair, b"other"))


def test_a_public_key_is_never_taken_for_a_shared_secret(pair, public):
    key = public.read().removeprefix("whpk_")
    forged = as_standard(f"whsec_{key}", BODY)

    assert reason(StandardWebhooks(public), forged)


def test_a_shared_secret_and_a_public_key_stand_side_by_side(pair, public, secret):
    both = StandardWebhooks([secret("HOOKS", KEY), public])

    both.verify(as_standard(KEY, BODY), BODY, NOW_MS)
    both.verify(signed_by(pair), BODY, NOW_MS)


@pytest.mark.parametrize("text", ["whsec_*", "whsec_", "whpk_AAAA", "not base64!"])
def test_what_is_no_secret_is_told_at_the_start(secret, text):
    with pytest.raises(InvalidDeclaration) as told:
        StandardWebhooks(secret("HOOKS", text)).check()

    assert "HOOKS" in str(told.value)
    assert f"got {text}" not in str(told.value)


def test_a_public_key_without_the_library_is_told_at_the_start(public, monkeypatch):
    monkeypatch.setitem(sys.modules, "cryptography.exceptions", None)

    with pytest.raises(MissingExtra, match=r"ensue\[jose\]"):
        StandardWebhooks(public).check()
