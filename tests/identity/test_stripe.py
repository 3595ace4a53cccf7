from __future__ import annotations

import hmac

import pytest
import stripe
from hypothesis import given, settings
from hypothesis import strategies as st

from ensue.engine.secrets import Secret
from ensue.identity import Stripe, model
from ensue.identity.model import SIGNATURES_MAX
from ensue.words.errors import InvalidDeclaration, MissingSecret, NotVerified
from tests.identity.signing import NOW_MS, as_stripe, mac

BODY = b'{"id": "evt_1",  "object":"event", "note": "\xc3\xa9"}'


@pytest.fixture
def verifier(secret):
    return Stripe(secret("STRIPE", "whsec_test"))


def reason(verifier, headers, body=BODY, now_ms=NOW_MS):
    with pytest.raises(NotVerified) as refused:
        verifier.verify(headers, body, now_ms)
    return refused.value.reason


def test_what_stripes_own_library_signs_is_verified_wb_11(verifier):
    proof = verifier.verify(as_stripe("whsec_test", BODY), BODY, NOW_MS)

    assert (proof.scheme, proof.signed_ms, proof.nonce) == ("stripe", NOW_MS, None)


def test_the_header_is_the_documented_form_wb_11(verifier):
    seconds = NOW_MS // 1_000
    signature = mac("whsec_test", f"{seconds}.".encode() + BODY)

    verifier.verify({"stripe-signature": f"t={seconds},v1={signature}"}, BODY, NOW_MS)
    verifier.verify({"stripe-signature": f"t={seconds}, v0=00, v1={signature}"}, BODY, NOW_MS)


def test_what_is_signed_is_the_body_byte_for_byte_wb_11(verifier):
    headers = as_stripe("whsec_test", BODY)

    assert "none of the 1 signatures" in reason(verifier, headers, BODY.replace(b"  ", b" "))


@given(place=st.integers(0, len(BODY) - 1), bit=st.integers(0, 7))
@settings(max_examples=50, deadline=None)
def test_a_body_that_differs_in_a_single_bit_is_refused(place, bit):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STRIPE", "whsec_test")
        verifier = Stripe(Secret.env("STRIPE"))
        changed = bytearray(BODY)
        changed[place] ^= 1 << bit

        assert "signatures" in reason(verifier, as_stripe("whsec_test", BODY), bytes(changed))


@given(header=st.text(max_size=200))
@settings(max_examples=100, deadline=None)
def test_whatever_a_header_says_it_verifies_nothing_and_breaks_nothing(header):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STRIPE", "whsec_test")

        assert reason(Stripe(Secret.env("STRIPE")), {"stripe-signature": header})


@pytest.mark.parametrize("after_s", [300, -300])
def test_a_request_is_good_for_five_minutes_before_and_after_its_time_wb_11(verifier, after_s):
    verifier.verify(as_stripe("whsec_test", BODY), BODY, NOW_MS + after_s * 1_000)


@pytest.mark.parametrize(("after_ms", "told"), [(300_001, "ago"), (-300_001, "from now")])
def test_beyond_the_tolerance_it_is_refused_wb_11(verifier, after_ms, told):
    assert told in reason(verifier, as_stripe("whsec_test", BODY), now_ms=NOW_MS + after_ms)


def test_the_tolerance_is_as_declared(secret):
    verifier = Stripe(secret("STRIPE", "whsec_test"), tolerance="10s")
    headers = as_stripe("whsec_test", BODY)

    verifier.verify(headers, BODY, NOW_MS + 10_000)
    assert reason(verifier, headers, now_ms=NOW_MS + 10_001)


def test_while_secrets_change_each_of_several_verifies(secret):
    both = Stripe([secret("OLD", "whsec_old"), secret("NEW", "whsec_new")])

    both.verify(as_stripe("whsec_old", BODY), BODY, NOW_MS)
    both.verify(as_stripe("whsec_new", BODY), BODY, NOW_MS)
    assert "none of the 2 secrets" not in reason(both, as_stripe("whsec_third", BODY))


def test_a_sender_who_signs_by_two_secrets_is_verified_by_either(verifier):
    seconds = NOW_MS // 1_000
    content = f"{seconds}.".encode() + BODY
    header = f"t={seconds},v1={mac('other', content)},v1={mac('whsec_test', content)}"

    verifier.verify({"stripe-signature": header}, BODY, NOW_MS)


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("", "no header"),
        ("v1=00", "0 times"),
        ("t=1", "0 signatures"),
        ("t=1,t=2,v1=00", "2 times"),
        ("t=x,v1=00", "whole number"),
        ("t=-1,v1=00", "whole number"),
        ("t=1,v1=zz", "no hex"),
        ("t=1,v1=é", "no hex"),
        ("t=1," + ",".join(["v1=00"] * (SIGNATURES_MAX + 1)), "signatures"),
        ("t=1,v1=" + "0" * 5_000, "longer than"),
    ],
)
def test_a_header_that_is_malformed_is_refused_for_what_it_is(verifier, header, told):
    assert told in reason(verifier, {"stripe-signature": header})


def test_neither_what_is_told_nor_what_is_logged_has_the_secret_or_the_signature(verifier):
    headers = as_stripe("whsec_wrong", BODY)
    with pytest.raises(NotVerified) as refused:
        verifier.verify(headers, BODY, NOW_MS)

    told = f"{refused.value} {refused.value.reason} {refused.value.as_dict()} {verifier!r}"
    assert "whsec" not in told
    assert headers["stripe-signature"].partition("v1=")[2] not in told
    assert "reason" not in refused.value.as_dict()


def test_signatures_are_compared_in_constant_time(verifier, monkeypatch):
    compared = []

    def compare(one, other):
        compared.append((one, other))
        return one == other

    monkeypatch.setattr(model.hmac, "compare_digest", compare)
    verifier.verify(as_stripe("whsec_test", BODY), BODY, NOW_MS)
    assert len(compared) == 1


def test_a_copy_has_the_nonce_of_its_original_and_another_try_has_another(secret):
    verifier = Stripe(secret("STRIPE", "whsec_test"), refuse_replays=True)
    first = verifier.verify(as_stripe("whsec_test", BODY), BODY, NOW_MS)
    upper = as_stripe("whsec_test", BODY)["stripe-signature"].upper()
    copy = verifier.verify(
        {"stripe-signature": upper.replace("T=", "t=").replace("V1=", "v1=")}, BODY, NOW_MS
    )
    again = verifier.verify(as_stripe("whsec_test", BODY, NOW_MS + 1_000), BODY, NOW_MS)

    assert first.nonce == copy.nonce != again.nonce
    assert first.until_ms == NOW_MS + 300_001


def test_a_copy_that_shows_fewer_of_its_signatures_is_a_copy(secret):
    secrets = [secret("NEW", "whsec_new"), secret("OLD", "whsec_old")]
    verifier = Stripe(secrets, refuse_replays=True)
    both = [as_stripe(each.read(), BODY)["stripe-signature"] for each in secrets]
    whole = f"{both[0]},{both[1].partition(',')[2]}"

    nonces = {
        verifier.verify({"stripe-signature": each}, BODY, NOW_MS).nonce for each in [whole, *both]
    }

    assert len(nonces) == 1


def test_a_verifier_without_its_secret_is_an_error_that_names_it(monkeypatch):
    monkeypatch.delenv("STRIPE", raising=False)
    with pytest.raises(MissingSecret, match="STRIPE"):
        Stripe(Secret.env("STRIPE")).check()


@pytest.mark.parametrize("given", ["whsec_test", [], ["a"], [Secret.env("A")] * 9])
def test_a_secret_is_declared_by_its_place(given):
    with pytest.raises(InvalidDeclaration):
        Stripe(given)


def test_stripes_library_takes_what_is_taken_here_and_refuses_what_is_refused():
    headers = as_stripe("whsec_test", BODY)
    header = headers["stripe-signature"]

    stripe.WebhookSignature.verify_header(BODY, header, "whsec_test")
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.WebhookSignature.verify_header(BODY + b" ", header, "whsec_test")
    assert hmac.compare_digest(header.partition("v1=")[2], mac("whsec_test", b"1700000000." + BODY))
