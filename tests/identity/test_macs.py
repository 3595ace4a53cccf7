from __future__ import annotations

import base64

import pytest

from ensue.engine.secrets import Secret
from ensue.identity import AnyOf, Hmac
from ensue.words.errors import InvalidDeclaration, NotVerified
from tests.identity.signing import NOW_MS, mac

BODY = b'{"orderId":"demo-001", "items":[]}'
SECONDS = NOW_MS // 1_000
PLACE = Secret.env("KEY")


@pytest.fixture
def key(secret):
    return secret("KEY", "It's a Secret to Everybody")


def reason(verifier, headers, body=BODY, now_ms=NOW_MS):
    with pytest.raises(NotVerified) as refused:
        verifier.verify(headers, body, now_ms)
    return refused.value.reason


def test_github_signs_the_body_with_a_prefix(key):
    # The example of GitHub's documentation of webhooks.
    signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    verifier = Hmac(key, header="X-Hub-Signature-256", prefix="sha256=")

    verifier.verify({"x-hub-signature-256": signature}, b"Hello, World!", NOW_MS)
    assert reason(verifier, {"x-hub-signature-256": signature}, b"Hello, world!")
    assert "begin" in reason(verifier, {"x-hub-signature-256": signature.removeprefix("sha256=")})


def test_shopify_signs_the_body_in_base64(secret):
    verifier = Hmac(secret("KEY", "hush"), header="X-Shopify-Hmac-Sha256", encoding="base64")
    signature = base64.b64encode(bytes.fromhex(mac("hush", BODY))).decode()

    verifier.verify({"x-shopify-hmac-sha256": signature}, BODY, NOW_MS)
    assert reason(verifier, {"x-shopify-hmac-sha256": mac("hush", BODY)})


def test_slack_signs_a_version_the_time_and_the_body(secret):
    # The example of Slack's documentation of signed requests.
    body = (
        b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow"
        b"&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner"
        b"&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands"
        b"%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
        b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    verifier = Hmac(
        secret("KEY", "8f742231b10e8888abcd99yyyzzz85a5"),
        header="X-Slack-Signature",
        prefix="v0=",
        timestamp_header="X-Slack-Request-Timestamp",
        content="v0:{timestamp}:{body}",
    )
    headers = {
        "x-slack-signature": "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
        "x-slack-request-timestamp": "1531420618",
    }

    assert verifier.verify(headers, body, 1_531_420_618_000).signed_ms == 1_531_420_618_000
    assert "ago" in reason(verifier, headers, body, 1_531_420_618_000 + 300_001)


def test_a_signature_of_the_body_alone_is_lower_case_hex_or_upper_so_2(key):
    verifier = Hmac(key, header="X-Signature")
    signature = mac(key.read(), BODY)

    assert verifier.verify({"x-signature": signature}, BODY, NOW_MS).signed_ms is None
    verifier.verify({"x-signature": signature.upper()}, BODY, NOW_MS)


@pytest.mark.parametrize("algorithm", ["sha256", "sha384", "sha512", "sha1"])
def test_the_algorithm_is_as_declared(key, algorithm):
    verifier = Hmac(key, header="X-Signature", algorithm=algorithm)

    verifier.verify({"x-signature": mac(key.read(), BODY, algorithm)}, BODY, NOW_MS)
    other = "sha512" if algorithm == "sha256" else "sha256"
    assert reason(verifier, {"x-signature": mac(key.read(), BODY, other)})


@pytest.fixture
def timed(key):
    return Hmac(
        key,
        header="X-Signature",
        timestamp_header="X-Timestamp",
        timestamp_unit="ms",
        nonce_header="X-Nonce",
        refuse_replays=True,
    )


def timed_headers(key, nonce="n-1", at_ms=NOW_MS, body=BODY):
    return {
        "x-signature": mac(key.read(), f"{at_ms}.{nonce}.".encode() + body),
        "x-timestamp": str(at_ms),
        "x-nonce": nonce,
    }


def test_time_and_nonce_are_signed_with_the_body(key, timed):
    proof = timed.verify(timed_headers(key), BODY, NOW_MS + 5)

    assert (proof.signed_ms, proof.id) == (NOW_MS, "n-1")
    for header, value in (("x-timestamp", str(NOW_MS + 1)), ("x-nonce", "n-2")):
        assert "none of the 1" in reason(timed, timed_headers(key) | {header: value})


def test_the_same_nonce_is_a_copy_whatever_else_was_signed(key, timed):
    first = timed.verify(timed_headers(key), BODY, NOW_MS)
    second = timed.verify(timed_headers(key, body=b"{}"), b"{}", NOW_MS)
    third = timed.verify(timed_headers(key, nonce="n-2"), BODY, NOW_MS)

    assert first.nonce == second.nonce != third.nonce


def test_the_nonces_of_one_sender_are_not_those_of_another(secret, key, timed):
    other = secret("OTHER", "of another sender")
    given = {"timestamp_header": "X-Timestamp", "timestamp_unit": "ms", "nonce_header": "X-Nonce"}
    others = Hmac(other, header="X-Signature", refuse_replays=True, **given)

    mine = timed.verify(timed_headers(key), BODY, NOW_MS)
    theirs = others.verify(timed_headers(other), BODY, NOW_MS)

    assert mine.id == theirs.id
    assert mine.nonce != theirs.nonce


@pytest.mark.parametrize("nonce", ["a.b", "a b", "x" * 129, "é"])
def test_a_nonce_cannot_run_into_what_is_signed_beside_it(key, timed, nonce):
    assert "no nonce" in reason(timed, timed_headers(key) | {"x-nonce": nonce})


@pytest.mark.parametrize(
    "given",
    [
        {"algorithm": "md5"},
        {"encoding": "text"},
        {"timestamp_unit": "h", "timestamp_header": "X-T"},
        {"header": "X Signature"},
        {"header": ""},
        {"refuse_replays": True},
        {"tolerance": 0},
        {"content": "{timestamp}.{body}"},
        {"timestamp_header": "X-T", "content": "{body}"},
        {"timestamp_header": "X-T", "content": "{timestamp}{body}"},
        {"timestamp_header": "X-T", "content": "{timestamp}-{body}"},
        {"content": "{body}{body}"},
        {"content": "{other}"},
        {"content": "{path}.{body}"},
        {"content": "{method}{path} {body}"},
        {"content": "{path} {path} {body}"},
    ],
)
def test_what_could_verify_nothing_is_refused_when_it_is_declared(given):
    with pytest.raises(InvalidDeclaration):
        Hmac(PLACE, **({"header": "X-Signature"} | given))


def test_an_old_scheme_beside_a_new_one_takes_either(key, timed):
    old = Hmac(key, header="X-Signature")
    either = AnyOf([timed, old])

    assert either.verify(timed_headers(key), BODY, NOW_MS).id == "n-1"
    assert either.verify({"x-signature": mac(key.read(), BODY)}, BODY, NOW_MS).id is None
    told = reason(either, {"x-signature": mac("wrong", BODY)})
    assert told.count("hmac-sha256: ") == 2


def test_a_request_of_the_new_scheme_cannot_be_copied_into_the_old_one(key, timed):
    old = Hmac(key, header="X-Signature")
    signature = timed_headers(key)["x-signature"]

    assert reason(AnyOf([timed, old]), {"x-signature": signature})
