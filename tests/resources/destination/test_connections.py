from __future__ import annotations

import logging
from base64 import b64encode
from pathlib import Path

import httpx
import pytest

from ensue import ApiKey, App, Basic, OAuthClientCredentials, Secret
from ensue.testing import running
from ensue.words.errors import EnsueError, InvalidDeclaration, InvalidValue, MissingSecret

BANK, TOKENS = "http://bank", "http://tokens"
KEY = 'k3y+with/odd=parts"and-more'
WORD = "pässwörd:7"


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    monkeypatch.setenv("BANK_KEY", KEY)
    monkeypatch.setenv("BANK_PASSWORD", WORD)
    monkeypatch.setenv("BANK_ID", "client 1")


@pytest.fixture
def app() -> App:
    return App("crm")


def secret() -> Secret:
    return Secret.env("BANK_KEY")


class Tokens:
    """What gives tokens."""

    def __init__(self) -> None:
        self.asked: list[httpx.Request] = []
        self.answers: list[httpx.Response] = []
        self.life_s: int | None = 3_600

    def __call__(self, request):
        self.asked.append(request)
        if self.answers:
            return self.answers.pop(0)
        granted = {"access_token": f"token-{len(self.asked)}", "token_type": "bearer"}
        if self.life_s is not None:
            granted["expires_in"] = self.life_s
        return httpx.Response(200, json=granted)


@pytest.fixture
def tokens() -> Tokens:
    return Tokens()


class Bank:
    """What must be shown who calls."""

    def __init__(self) -> None:
        self.asked: list[httpx.Request] = []
        self.refuses: set[str] = set()

    def __call__(self, request):
        self.asked.append(request)
        refused = request.headers.get("authorization") in self.refuses
        return httpx.Response(401 if refused else 200)

    def shown(self, name="authorization"):
        return [each.headers.get(name) for each in self.asked]


@pytest.fixture
def bank() -> Bank:
    return Bank()


@pytest.fixture
def run(run_app, bank, tokens):
    return lambda app: run_app(app, outside={BANK: bank, TOKENS: tokens})


def oauth(**options):
    given = {"token_url": f"{TOKENS}/t", "client_id": "crm", "client_secret": secret()}
    return OAuthClientCredentials(**given | options)


@pytest.mark.parametrize(
    ("connection", "header", "shown"),
    [
        (ApiKey(secret()), "x-api-key", KEY),
        (ApiKey(secret(), header="Authorization", prefix="Key "), "authorization", f"Key {KEY}"),
        (
            Basic("ann", Secret.env("BANK_PASSWORD")),
            "authorization",
            "Basic " + b64encode(f"ann:{WORD}".encode()).decode(),
        ),
        (
            Basic(Secret.env("BANK_ID"), secret()),
            "authorization",
            "Basic " + b64encode(f"client 1:{KEY}".encode()).decode(),
        ),
    ],
    ids=["key", "prefix", "basic", "secret user"],
)
def test_a_request_shows_who_calls(app, run, bank, connection, header, shown):
    destination = app.destination("bank", url=BANK, connection=connection)
    t = run(app)
    t.wait(destination.send(1))
    t.wait(destination.call(1))
    t.settle()

    assert bank.shown(header) == [shown, shown]


def test_a_header_may_be_a_secret(app, run, bank):
    destination = app.destination("bank", url=BANK, headers={"X-Tenant": secret()})
    t = run(app)
    t.wait(destination.call(1))

    assert bank.shown("x-tenant") == [KEY]


def test_a_secret_that_is_rotated_is_shown_from_then_on(app, run, bank, tmp_path):
    file = tmp_path / "key"
    file.write_text("first")
    destination = app.destination("bank", url=BANK, connection=ApiKey(Secret.file(file)))
    t = run(app)
    t.wait(destination.call(1))
    file.write_text("the second")
    t.wait(destination.call(1))

    assert bank.shown("x-api-key") == ["first", "the second"]


@pytest.mark.parametrize(
    "connection",
    [
        ApiKey(Secret.env("CRM_NOT_THERE")),
        Basic("ann", Secret.env("CRM_NOT_THERE")),
        oauth(client_secret=Secret.env("CRM_NOT_THERE")),
        oauth(extra={"resource": Secret.env("CRM_NOT_THERE")}),
    ],
    ids=["key", "basic", "oauth", "extra"],
)
def test_a_secret_that_is_missing_is_an_error_at_start_that_names_it(app, connection):
    app.destination("bank", url=BANK, connection=connection)

    with pytest.raises(MissingSecret, match="CRM_NOT_THERE"), running(app):
        pass


def test_a_secret_that_a_header_cannot_hold_is_an_error_at_start_that_does_not_show_it(
    app, monkeypatch
):
    monkeypatch.setenv("BANK_KEY", "schlüssel")
    app.destination("bank", url=BANK, connection=ApiKey(secret()))

    with pytest.raises(InvalidValue) as told, running(app):
        pass

    assert "BANK_KEY" in str(told.value)
    assert "schl" not in str(told.value)


@pytest.mark.parametrize(
    "declare",
    [
        lambda: ApiKey("s3cret-text"),
        lambda: Basic("ann", "s3cret-text"),
        lambda: oauth(client_secret="s3cret-text"),  # noqa: S106 - what must not be
        lambda: ApiKey(secret(), header="a b"),
        lambda: ApiKey(secret(), prefix="a\n"),
        lambda: Basic("a:b", secret()),
        lambda: oauth(authenticate="query"),
        lambda: App("a").destination("b", url=BANK, connection=oauth(token_url="tokens")),  # noqa: S106 - a URL
        lambda: App("a").destination(
            "b", url=BANK, connection=ApiKey(secret()), headers={"x-api-key": "a"}
        ),
    ],
)
def test_a_connection_that_cannot_be_is_refused_and_a_secret_given_as_text_is_not_shown(declare):
    with pytest.raises(InvalidDeclaration) as told:
        declare()

    assert "s3cret" not in str(told.value)


def test_a_token_is_fetched_once_and_used_until_shortly_before_its_end(app, run, bank, tokens):
    destination = app.destination("bank", url=BANK, connection=oauth())
    t = run(app)
    for _ in range(20):
        t.wait(destination.send(1))
    t.settle()
    assert len(tokens.asked) == 1
    t.advance("58m")
    t.wait(destination.call(1))
    assert len(tokens.asked) == 1
    t.advance("1m")
    t.wait(destination.call(1))

    assert len(tokens.asked) == 2
    assert bank.shown() == ["Bearer token-1"] * 21 + ["Bearer token-2"]


@pytest.mark.parametrize(
    ("life_s", "good_s"), [(30, 15), (None, 300), ("120", 60), ("soon", 300), (0, 300)]
)
def test_a_token_of_a_short_or_unsaid_life_is_used_for_a_while(app, run, tokens, life_s, good_s):
    tokens.life_s = life_s
    destination = app.destination("bank", url=BANK, connection=oauth())
    t = run(app)
    t.wait(destination.call(1))
    t.advance(good_s - 0.001)
    t.wait(destination.call(1))
    assert len(tokens.asked) == 1
    t.advance(0.001)
    t.wait(destination.call(1))
    assert len(tokens.asked) == 2


def test_the_client_shows_who_it_is_in_the_header_with_what_else_was_declared(app, run, tokens):
    extra = {"resource": "a b", "pin": Secret.env("BANK_ID")}
    connection = oauth(scope="read write", audience="bank", extra=extra)
    destination = app.destination("bank", url=BANK, connection=connection)
    t = run(app)
    t.wait(destination.call(1))

    [asked] = tokens.asked
    form = dict(httpx.QueryParams(asked.content.decode()))
    assert form == {
        "grant_type": "client_credentials",
        "scope": "read write",
        "audience": "bank",
        "resource": "a b",
        "pin": "client 1",
    }
    encoded = "crm:k3y%2Bwith%2Fodd%3Dparts%22and-more"
    assert asked.headers["authorization"] == "Basic " + b64encode(encoded.encode()).decode()
    assert "idempotency-key" not in asked.headers


def test_the_client_shows_who_it_is_in_the_body_where_that_is_declared(app, run, tokens):
    destination = app.destination("bank", url=BANK, connection=oauth(authenticate="body"))
    t = run(app)
    t.wait(destination.call(1))

    [asked] = tokens.asked
    form = dict(httpx.QueryParams(asked.content.decode()))
    assert (form["client_id"], form["client_secret"]) == ("crm", KEY)
    assert "authorization" not in asked.headers


def test_a_token_that_is_refused_is_fetched_again_once_and_the_key_stays(app, run, bank, tokens):
    bank.refuses = {"Bearer token-1"}
    destination = app.destination("bank", url=BANK, connection=oauth())
    t = run(app)
    sent = t.wait(destination.send(1))
    t.settle()

    assert bank.shown() == ["Bearer token-1", "Bearer token-2"]
    assert bank.shown("idempotency-key") == [sent, sent]


def test_a_second_token_that_is_refused_too_is_the_end(app, run, bank, tokens):
    bank.refuses = {"Bearer token-1", "Bearer token-2"}
    destination = app.destination("bank", url=BANK, connection=oauth())
    t = run(app)
    t.wait(destination.send(1))
    t.settle()

    [letter] = t.messages(app.resources[destination.model.dead_letters])
    assert "answered 401" in letter.attributes["dead_letter"]["reason"]
    assert len(tokens.asked) == 2


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(500),
        httpx.Response(401, json={"error": "invalid_client"}),
        httpx.Response(200, text="no json"),
        httpx.Response(200, json={"access_token": "a b"}),
        httpx.Response(200, json={"access_token": "a", "token_type": "mac"}),
        httpx.Response(200, content=b"x" * 70_000),
        httpx.Response(302, headers={"location": "http://elsewhere"}),
    ],
    ids=["500", "401", "no json", "blank", "mac", "large", "redirect"],
)
def test_a_delivery_waits_for_a_token_and_is_not_lost_without(app, run, bank, tokens, answer):
    tokens.answers = [answer]
    destination = app.destination("bank", url=BANK, connection=oauth())
    t = run(app)
    t.wait(destination.send(1))
    t.settle()
    [waiting] = t.wait(destination.peek())
    assert "token" in waiting.error
    t.drain()

    assert bank.shown() == ["Bearer token-2"]


@pytest.mark.parametrize("kind", ["key", "basic", "oauth", "header"])
def test_secrets_are_nowhere_whatever_the_destination_answers(app, tmp_path, run_app, kind, caplog):
    caplog.set_level(logging.DEBUG)
    options = {
        "key": {"connection": ApiKey(secret())},
        "basic": {"connection": Basic("ann", secret())},
        "oauth": {"connection": oauth(authenticate="body")},
        "header": {"headers": {"X-Tenant": secret()}},
    }[kind]
    destination = app.destination("bank", url=BANK, retries=1, **options)
    answers = iter([401, 500, 404, 200] * 20)

    def echo(request):
        """The worst server: it gives back all that it got, once cut off in the middle."""
        said = " ".join([*request.headers.values(), request.content.decode()])
        if "tokens" in str(request.url) and len(echoed) % 2:
            echoed.append(request)
            return httpx.Response(200, json={"access_token": f"{KEY}-token".replace('"', "")})
        echoed.append(request)
        return httpx.Response(next(answers), text=said * (1 + 200 * (len(echoed) % 3)))

    echoed = []
    store = f"sqlite:///{tmp_path / 'ensue.db'}"
    t = run_app(app, store=store, outside={BANK: echo, TOKENS: echo})
    said = []
    for n in range(8):
        t.wait(destination.send(n))
        try:
            said.append(repr(t.wait(destination.call(n))))
        except EnsueError as fault:
            said += [repr(fault), str(fault), repr(fault.__cause__)]
        t.settle()
    t.drain()
    said += [repr(destination.declared()), repr(destination.model), repr(destination.__dict__)]
    said += [t.get(f"/_ensue/{path}").body for path in ("resources", "destinations/bank")]
    said += [t.get("/_ensue/destinations/bank/peek").body, t.get("/_ensue/warnings").body]
    said += [t.messages(app.resources[destination.model.dead_letters])]
    said.append(caplog.text)
    stored = b"".join(file.read_bytes() for file in Path(tmp_path).iterdir() if file.is_file())

    everything = repr(said) + stored.decode("latin-1")
    assert "***" in everything
    for form in (KEY, KEY[:-1], b64encode(f"ann:{KEY}".encode()).decode(), "k3y%2Bwith"):
        assert form not in everything
    assert "k3y" not in everything
