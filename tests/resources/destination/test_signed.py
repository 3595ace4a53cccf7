"""What a destination sends is signed, so that its receiver verifies it by the same declaration."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime

import httpx
import pytest
import stripe
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from standardwebhooks import Webhook

from ensue import App, Hmac, Secret, StandardWebhooks, Stripe
from ensue.testing import running
from ensue.words.errors import InvalidDeclaration, InvalidValue, MissingSecret, NotVerified
from tests.identity.signing import whsec

PARTNER = "http://partner"
KEY = whsec("a key")
PAIR = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    monkeypatch.setenv("HOOKS", KEY)
    monkeypatch.setenv("HOOKS_NEXT", whsec("the next key"))
    monkeypatch.setenv("PRIVATE", f"whsk_{base64.b64encode(bytes(range(32))).decode()}")
    public = base64.b64encode(PAIR.public_key().public_bytes_raw()).decode()
    monkeypatch.setenv("PUBLIC", f"whpk_{public}")


@pytest.fixture
def app() -> App:
    return App("shop")


class Partner:
    """A receiver: it keeps what came, and answers as it is told."""

    def __init__(self) -> None:
        self.asked: list[httpx.Request] = []
        self.answers: list[int] = []

    def __call__(self, request):
        self.asked.append(request)
        return httpx.Response(self.answers.pop(0) if self.answers else 200, json={})


@pytest.fixture
def partner() -> Partner:
    return Partner()


@pytest.fixture
def run(run_app, partner):
    return lambda app: run_app(app, outside={PARTNER: partner})


def standard(**options):
    return StandardWebhooks(Secret.env("HOOKS"), **options)


def plain(**options):
    return Hmac(
        Secret.env("HOOKS"),
        header="X-Signature",
        encoding="base64",
        prefix="v0=",
        timestamp_header="X-Timestamp",
        timestamp_unit="ms",
        nonce_header="X-Nonce",
        **options,
    )


def declare(app, sign, **options):
    return app.destination("partner", **{"url": f"{PARTNER}/hooks", "sign": sign} | options)


def shown(request):
    return {name.lower(): text for name, text in request.headers.items()}


@pytest.mark.parametrize("scheme", [standard, plain, lambda **o: Stripe(Secret.env("HOOKS"), **o)])
def test_each_try_is_signed_anew_and_verified_by_the_same_declaration(app, run, partner, scheme):
    destination = declare(app, scheme())
    partner.answers = [503, 503]
    t = run(app)
    t.wait(destination.send({"amount": 1}))
    verifier, proofs = scheme(refuse_replays=True), []
    while len(proofs) < 3:
        t.drain("5s")
        came = partner.asked[len(proofs) :]
        proofs += [verifier.verify(shown(each), each.content, t.now_ms()) for each in came]

    assert len({proof.nonce for proof in proofs}) == 3
    assert len({request.headers["idempotency-key"] for request in partner.asked}) == 1


def test_a_webhook_has_one_id_at_each_try_and_the_time_of_its_try(app, run, partner):
    destination = declare(app, standard())
    partner.answers = [503]
    t = run(app)
    start_ms = t.now_ms()
    sent = t.wait(destination.send(1))
    t.settle()
    t.advance("10s")

    first, again = partner.asked
    assert [each.headers["webhook-id"] for each in partner.asked] == [sent, sent]
    assert first.headers["webhook-timestamp"] == str(start_ms // 1_000)
    assert int(again.headers["webhook-timestamp"]) > int(first.headers["webhook-timestamp"])
    assert first.headers["idempotency-key"] == sent


def test_what_is_signed_passes_the_libraries_of_those_who_made_the_schemes(app, run, partner):
    declare(app, standard())
    other = app.destination(
        "other", url=f"{PARTNER}/stripe", sign=Stripe(Secret.env("HOOKS")), method="PUT"
    )
    t = run(app)
    t.wait(app.resources[other.ref._replace(name="partner")].send({"type": "a", "é": 1.5}))
    t.wait(other.send({"object": "event"}))
    t.settle()

    at_ms = t.now_ms()
    webhook = next(each for each in partner.asked if each.url.path == "/hooks")
    event = next(each for each in partner.asked if each.url.path == "/stripe")
    assert _by_library(webhook, at_ms) == {"type": "a", "é": 1.5}
    stripe.WebhookSignature.verify_header(
        event.content.decode(), event.headers["stripe-signature"], KEY
    )


def _by_library(request, at_ms):
    """What the library of Standard Webhooks makes of a request, whatever the time on this wall."""
    signed = Webhook(KEY).sign(
        request.headers["webhook-id"],
        _at(request.headers["webhook-timestamp"]),
        request.content.decode(),
    )
    assert signed in request.headers["webhook-signature"].split()
    assert abs(int(request.headers["webhook-timestamp"]) * 1_000 - at_ms) < 2_000
    return json.loads(request.content)


def _at(seconds):
    return datetime.fromtimestamp(int(seconds), tz=UTC)


def test_while_a_secret_changes_receivers_of_either_verify(app, run, partner):
    both = StandardWebhooks([Secret.env("HOOKS_NEXT"), Secret.env("HOOKS")])
    destination = declare(app, both)
    t = run(app)
    t.wait(destination.send(1))
    t.settle()

    [request] = partner.asked
    for name in ("HOOKS", "HOOKS_NEXT"):
        verifier = StandardWebhooks(Secret.env(name))
        verifier.verify(shown(request), request.content, t.now_ms())


def test_a_private_key_signs_what_its_public_key_verifies(app, run, partner):
    destination = declare(app, StandardWebhooks(Secret.env("PRIVATE")))
    t = run(app)
    t.wait(destination.send(1))
    t.settle()

    [request] = partner.asked
    for name in ("PUBLIC", "PRIVATE"):
        StandardWebhooks(Secret.env(name)).verify(shown(request), request.content, t.now_ms())
    content = f"{request.headers['webhook-id']}.{request.headers['webhook-timestamp']}.1"
    version, _, signature = request.headers["webhook-signature"].partition(",")
    PAIR.public_key().verify(base64.b64decode(signature), content.encode())
    assert version == "v1a"


def test_a_call_and_a_request_without_a_body_are_signed_too(app, run, partner):
    destination = declare(app, standard(), method="GET")
    t = run(app)
    t.wait(destination.call(None))
    t.wait(destination.exchange("POST", f"{PARTNER}/x", headers={}, content=b"as it is"))

    for request in partner.asked:
        standard().verify(shown(request), request.content, t.now_ms())
    assert len({each.headers["webhook-id"] for each in partner.asked}) == 2


def test_a_signature_may_be_of_the_method_and_the_path_too(app, run, partner):
    sign = Hmac(
        Secret.env("HOOKS"),
        header="X-Signature",
        timestamp_header="X-Time",
        content="{timestamp}.{method} {path}\n{body}",
    )
    destination = declare(app, sign, method="PUT", query={"id": "$.id"})
    t = run(app)
    t.wait(destination.send({"id": "a b"}))
    t.settle()

    [request] = partner.asked
    line = {":method": "PUT", ":path": "/hooks?id=a%20b"}
    sign.verify(shown(request) | line, request.content, t.now_ms())
    with pytest.raises(NotVerified):
        sign.verify(shown(request) | line | {":path": "/hooks"}, request.content, t.now_ms())


def test_several_calls_may_be_tries_of_one_thing(app, run, partner):
    destination = declare(app, standard())
    t = run(app)
    t.wait(destination.call(1, key="run-7"))
    t.wait(destination.call(1, key="run-7"))

    for name in ("idempotency-key", "webhook-id"):
        assert [each.headers[name] for each in partner.asked] == ["run-7", "run-7"]
    for key in ("", "a.b", "a b", "x" * 256, "é"):
        with pytest.raises(InvalidValue):
            t.wait(destination.call(1, key=key))


def test_a_body_that_was_changed_on_its_way_is_refused(app, run, partner):
    destination = declare(app, standard())
    t = run(app)
    t.wait(destination.send({"amount": 1}))
    t.settle()

    [request] = partner.asked
    with pytest.raises(NotVerified):
        standard().verify(shown(request), b'{"amount":2}', t.now_ms())


@pytest.mark.parametrize(
    ("options", "at"),
    [
        ({"sign": Secret.env("HOOKS")}, "destination partner"),
        ({"headers": {"Webhook-Id": "x"}}, "headers.Webhook-Id"),
        ({"sign": Hmac(Secret.env("HOOKS"), header="Idempotency-Key")}, "sign"),
    ],
)
def test_a_signature_that_cannot_be_is_refused_when_it_is_declared(app, options, at):
    with pytest.raises(InvalidDeclaration) as told:
        declare(app, **{"sign": standard()} | options)

    assert at in told.value.at


@pytest.mark.parametrize(
    ("place", "text", "error"),
    [
        ("MISSING", None, MissingSecret),
        ("PUBLIC", None, InvalidDeclaration),
        ("BROKEN", "whsec_*", InvalidDeclaration),
        ("BROKEN", "whsk_AAAA", InvalidDeclaration),
    ],
)
def test_a_secret_that_cannot_sign_is_an_error_at_start(app, monkeypatch, place, text, error):
    if text is not None:
        monkeypatch.setenv(place, text)
    declare(app, StandardWebhooks(Secret.env(place)))

    with pytest.raises(error) as told, running(app):
        pass
    assert place in str(told.value)


def test_the_declaration_shows_where_the_secret_is_and_not_what_it_says(app):
    said = repr(declare(app, standard()).declared())

    assert "Secret.env('HOOKS')" in said
    assert KEY not in said
