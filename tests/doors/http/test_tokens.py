"""Tokens of an issuer at the platform's own doors."""

from __future__ import annotations

import base64

import httpx
import pytest

from ensue import Anyone, App, Bearer, ReadTx, SigningKey, Tx
from ensue.doors.http import asgi_app
from ensue.doors.http.server import Options, serve
from ensue.identity import Issuer
from ensue.testing import running
from ensue.words.errors import InvalidDeclaration, NotPermitted
from tests.doors.http.sample import JSON_TYPE, ask

URL = "https://login.example"
ISSUER = Issuer(URL, audience="shop")
WRITES = [
    ("PUT", "/stock/tea", b"{}"),
    ("POST", "/_ensue/tables/stock/put", b'{"item": {"name": "tea"}}'),
    ("DELETE", "/_ensue/objects/stock/x", b""),
]
READS = [
    ("GET", "/stock", b""),
    ("HEAD", "/stock", b""),
    ("GET", "/_ensue/resources", b""),
    ("GET", "/_ensue/tables/stock", b""),
    ("GET", "/_ensue/tables/stock/scan", b""),
    ("POST", "/_ensue/tables/stock/scan", b"{}"),
]


@pytest.fixture(scope="module")
def key():
    return SigningKey.generate("ES256")


@pytest.fixture
def asked():
    return []


@pytest.fixture
def shop(key, asked):
    app = App("shop")
    stock = app.table("stock", key="name")

    @app.put("/stock/{name}")
    def add(name: str, tx: Tx) -> None:
        tx.put(stock, {"name": name})

    @app.get("/stock")
    def names(tx: ReadTx) -> int:
        return len(tx.scan(stock).items)

    @app.get("/public", verify=Anyone())
    def public() -> str:
        return "to everybody"

    @app.get(
        "/partner",
        verify=Bearer(keys={"keys": [key.public]}, issuer="https://partner.example", audience="p"),
    )
    def partner() -> str:
        return "to the partner"

    def answer(request):
        asked.append(str(request.url))
        return httpx.Response(200, json={"keys": [key.public]})

    with running(app, outside={URL: answer}) as kit:
        yield kit


def token(shop, key, **claims):
    seconds = shop.now_ms() // 1_000
    said = {"iss": URL, "aud": "shop", "iat": seconds, "exp": seconds + 60} | claims
    return [(b"authorization", b"Bearer " + key.sign(said).encode()), JSON_TYPE]


def got(shop, request, headers, **options):
    method, path, body = request
    options = {"issuer": ISSUER, "loopback": False} | options
    return ask(shop, method, path, body, headers, **options)


@pytest.mark.parametrize("request_", [*READS, *WRITES], ids=lambda each: " ".join(each[:2]))
def test_without_a_token_nothing_is_answered(shop, key, asked, request_):
    for headers in ([], [(b"authorization", b"Bearer x")], [(b"authorization", b"Basic eDp5")]):
        answer = got(shop, request_, headers)
        assert answer.status == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")
    assert got(shop, request_, token(shop, key, roles=["operator"], aud="bank")).status == 401
    assert got(shop, ("GET", "/_ensue/health", b""), []).status == 200


@pytest.mark.parametrize("request_", [*READS, *WRITES], ids=lambda each: " ".join(each[:2]))
def test_an_operator_may_do_everything(shop, key, request_):
    answer = got(shop, request_, token(shop, key, roles=["operator"]))

    assert answer.status in {200, 201, 204, 404}


@pytest.mark.parametrize("request_", READS, ids=lambda each: " ".join(each[:2]))
def test_a_reader_may_read(shop, key, request_):
    assert got(shop, request_, token(shop, key, roles=["reader"])).status == 200


@pytest.mark.parametrize("request_", WRITES, ids=lambda each: " ".join(each[:2]))
def test_a_reader_may_not_write(shop, key, request_):
    answer = got(shop, request_, token(shop, key, roles=["reader"]))

    assert (answer.status, answer.error["code"]) == (403, "forbidden")
    assert "insufficient_scope" in answer.headers["www-authenticate"]


@pytest.mark.parametrize("roles", [[], ["guest"], None, "operators"])
def test_a_good_token_without_a_role_opens_nothing(shop, key, roles):
    assert got(shop, READS[0], token(shop, key, roles=roles)).status == 403


def test_roles_are_called_as_their_issuer_calls_them(shop, key):
    issuer = Issuer(URL, audience="shop", role="admin", reader_role="viewer")

    for role, statuses in {
        "admin": (200, 204),
        "viewer": (200, 403),
        "operator": (403, 403),
    }.items():
        headers = token(shop, key, roles=[role])
        found = [got(shop, each, headers, issuer=issuer).status for each in (READS[0], WRITES[0])]
        assert tuple(found) == statuses


def test_a_reader_is_shown_no_secret(key, monkeypatch):
    monkeypatch.setenv("ENSUE_SECRETS_KEY", base64.b64encode(b"k" * 32).decode())
    app = App("shop")
    safe = app.vault("safe")
    answers = {URL: lambda request: httpx.Response(200, json={"keys": [key.public]})}
    with running(app, outside=answers) as kit:
        kit.wait(safe.put("bank", "sk_live"))
        reveal = ("POST", "/_ensue/vaults/safe/reveal", b'{"name": "bank"}')
        known = ("POST", "/_ensue/vaults/safe/get", b'{"name": "bank"}')

        refused = got(kit, reveal, token(kit, key, roles=["reader"]))
        assert refused.status == 403
        assert got(kit, known, token(kit, key, roles=["reader"])).status == 200
        shown = got(kit, reveal, token(kit, key, roles=["operator"]))

        assert shown.status == 200
        assert "sk_live" in shown.raw.decode()
        assert "sk_live" not in refused.raw.decode()


def test_the_key_does_as_well(shop, key):
    for headers in ([(b"x-api-key", b"k")], token(shop, key, roles=["operator"])):
        assert got(shop, READS[0], headers, key="k").status == 200
    denied = got(shop, READS[0], [], key="k")
    assert "a token or the key" in denied.error["message"]


def test_keys_are_fetched_from_where_they_are(shop, key, asked):
    door = asgi_app(shop._platform, issuer=ISSUER)
    for _ in range(3):
        assert got(shop, READS[0], token(shop, key, roles=["reader"]), door=door).status == 200
    assert asked == ["https://login.example/.well-known/jwks.json"]

    elsewhere = Issuer(URL, audience="shop", keys=f"{URL}/keys")
    got(shop, READS[0], token(shop, key, roles=["reader"]), issuer=elsewhere)
    assert asked[1:] == ["https://login.example/keys"]


def test_a_route_that_verifies_is_reached_without_a_token_of_the_issuer(shop, key):
    headers = token(shop, key, iss="https://partner.example", aud="p")

    assert got(shop, ("GET", "/partner", b""), headers).status == 200
    assert got(shop, ("GET", "/partner", b""), []).status == 401
    assert got(shop, ("GET", "/public", b""), []).status == 200
    assert got(shop, ("GET", "/public", b""), [], issuer=None, key="k").status == 200
    assert got(shop, ("GET", "/public", b""), token(shop, key, roles=["guest"])).status == 200


def test_a_token_is_asked_for_on_this_machine_too(shop):
    headers = [(b"host", b"localhost:8080")]

    assert got(shop, READS[0], headers, loopback=True).status == 401
    with pytest.raises(NotPermitted, match="--key"):
        asgi_app(shop._platform, loopback=False)


def test_whoever_cannot_reach_the_issuer_blames_nobody(shop, key):
    issuer = Issuer("https://nowhere.example", audience="shop")
    headers = token(shop, key, roles=["operator"], iss="https://nowhere.example")

    answer = got(shop, READS[0], headers, issuer=issuer)

    assert (answer.status, answer.error["code"]) == (502, "unreachable")


def test_an_issuer_that_anybody_could_play_is_refused_before_anything_is_touched(tmp_path):
    options = Options(
        port=0, engine=f"sqlite:///{tmp_path}/x.db", issuer=Issuer("http://login.example", "shop")
    )

    with pytest.raises(InvalidDeclaration, match="https"):
        serve([App("shop")], options, lambda ready: None)
    assert list(tmp_path.iterdir()) == []


def test_the_description_says_that_a_bearer_is_asked_for(shop, key):
    door = asgi_app(shop._platform, issuer=ISSUER)
    headers = token(shop, key, roles=["reader"])

    described = got(shop, ("GET", "/openapi.json", b""), headers, door=door).body

    assert {"bearer": []} in described["security"]
    assert described["paths"]["/public"]["get"]["security"] == []
    assert "401" not in described["paths"]["/public"]["get"]["responses"]
