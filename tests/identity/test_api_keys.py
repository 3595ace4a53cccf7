from __future__ import annotations

import hashlib
import json

import pytest

from ensue import ApiKeys, App, ReadTx, SignedRequest, Tx
from ensue.engine.secrets import Secret
from ensue.identity import AnyOf, Stripe, api_keys
from ensue.words.errors import InvalidDeclaration, MissingSecret, NotVerified
from tests.identity.signing import NOW_MS

KEY = "mf_" + "5" * 32


class Rows(dict):
    """Rows by digest, as a table has them."""

    def look(self, digest):
        return self.get(digest)


def rows(key=KEY, **more):
    digest = ApiKeys.hash(key)
    return Rows({digest: {"hash": digest, "customer": "acme", **more}})


def verify(verifier, key=KEY, now_ms=NOW_MS):
    return verifier.verify({"x-api-key": key}, b"", now_ms)


def refusal(verifier, headers, now_ms=NOW_MS):
    with pytest.raises(NotVerified) as refused:
        verifier.verify(headers, b"", now_ms)
    return refused.value


def test_the_claims_of_a_key_are_its_row():
    found = rows()

    proof = verify(ApiKeys(found))

    assert (proof.scheme, proof.claims) == ("api-key", found[ApiKeys.hash(KEY)])


def test_what_is_kept_of_a_key_is_its_sha_256():
    assert ApiKeys.hash(KEY) == hashlib.sha256(KEY.encode()).hexdigest()


@pytest.mark.parametrize(
    ("more", "told"),
    [({"revoked_ms": NOW_MS + 1}, "revoked"), ({"expires_ms": NOW_MS}, "expired")],
)
def test_a_key_that_was_revoked_or_has_expired_is_refused(more, told):
    assert told in refusal(ApiKeys(rows(**more)), {"x-api-key": KEY}).reason


def test_a_key_is_good_up_to_the_moment_at_which_it_expires():
    verifier = ApiKeys(rows(expires_ms=NOW_MS, revoked_ms=None))

    assert verify(verifier, now_ms=NOW_MS - 1).claims["customer"] == "acme"


@pytest.mark.parametrize(
    "key", ["mf_", KEY + " ", KEY.upper(), "é", ApiKeys.hash(KEY), "x" * 5_000]
)
def test_what_is_no_key_is_refused(key):
    found = refusal(ApiKeys(rows()), {"x-api-key": key})

    assert not found.missing
    assert key not in f"{found} {found.reason}"


def test_a_request_that_shows_nothing_is_told_apart():
    found = refusal(ApiKeys(rows()), {})
    both = AnyOf([ApiKeys(rows()), Stripe(Secret.env("STRIPE"))])

    assert found.missing
    assert found.challenge == "ApiKey"
    assert refusal(both, {}).missing
    assert not refusal(both, {"x-api-key": "another"}).missing


def test_digests_are_compared_in_constant_time(monkeypatch):
    compared = []

    def compare(one, other):
        compared.append((one, other))
        return one == other

    monkeypatch.setattr(api_keys.hmac, "compare_digest", compare)
    verify(ApiKeys(rows()))

    digest = ApiKeys.hash(KEY)
    assert compared == [(digest, digest)]


def test_fixed_keys_are_kept_as_secrets_and_each_of_several_is_good(secret):
    verifier = ApiKeys([secret("OLD", "one"), secret("NEW", "two")], header="X-Admin-Key")
    verifier.check()

    for key in ("one", "two"):
        assert verifier.verify({"x-admin-key": key}, b"", NOW_MS).claims == {}
    assert refusal(verifier, {"x-admin-key": "three"}).reason == "the key is unknown"
    assert "one" not in repr(verifier)


def test_a_fixed_key_that_is_not_there_is_an_error_that_names_it(monkeypatch):
    monkeypatch.delenv("ADMIN", raising=False)
    with pytest.raises(MissingSecret, match="ADMIN"):
        ApiKeys(Secret.env("ADMIN")).check()


@pytest.mark.parametrize("given", [[], "key", ["key"]])
def test_fixed_keys_are_declared_by_their_places(given):
    with pytest.raises(InvalidDeclaration):
        ApiKeys(given)


def test_a_header_has_a_name_and_so_has_a_cookie():
    for names in ({"header": "X Key"}, {"cookie": ""}):
        with pytest.raises(InvalidDeclaration, match="name of a header or cookie"):
            ApiKeys(rows(), **names)


def test_a_page_may_show_its_key_in_a_cookie_where_that_is_declared():
    verifier = ApiKeys(rows(), cookie="key")

    for cookies in (f"key={KEY}", f"a=b; key={KEY}; c"):
        assert verifier.verify({"cookie": cookies}, b"", NOW_MS).claims["customer"] == "acme"
    assert not refusal(verifier, {"cookie": "key=another"}).missing
    assert not refusal(verifier, {"cookie": f"key={KEY}", "x-api-key": "another"}).missing
    assert refusal(verifier, {"cookie": f"other={KEY}; key="}).missing
    assert refusal(ApiKeys(rows()), {"cookie": f"key={KEY}"}).missing
    assert verifier.described()["api-key-cookie"] == {
        "type": "apiKey",
        "in": "cookie",
        "name": "key",
    }


# In an app


def keyed_app():
    app = App("keyed")
    keys = app.table("keys", key="hash")

    @app.post("/keys")
    def make(customer: str, tx: Tx) -> str:
        key = tx.new_key("mf_")
        tx.put(keys, {"hash": ApiKeys.hash(key), "customer": customer})
        return key

    @app.post("/revoke")
    def revoke(key: str, tx: Tx) -> bool:
        return tx.delete(keys, ApiKeys.hash(key)) is not None

    @app.get("/who", verify=ApiKeys(keys))
    def who(signed: SignedRequest, tx: ReadTx) -> str:
        return str(signed.claims["customer"])

    return app, keys


@pytest.fixture
def t(run_app):
    return run_app(keyed_app()[0])


def made(t, customer="acme"):
    return t.request("POST", "/keys", query={"customer": customer}).body


def who(t, **headers):
    return t.request("GET", "/who", headers={n.replace("_", "-"): v for n, v in headers.items()})


def test_a_key_of_a_table_opens_a_route_and_is_revoked_at_once(t):
    key = made(t)
    other = made(t, "other")
    before = who(t, x_api_key=key)

    t.request("POST", "/revoke", query={"key": key})

    assert (before.status, before.body) == (200, "acme")
    assert who(t, x_api_key=key).status == 401
    assert who(t, x_api_key=other).body == "other"
    assert who(t).status == 401
    assert who(t).headers["www-authenticate"] == 'ApiKey realm="ensue"'


def test_a_key_is_random_and_long(t):
    keys = {made(t) for _ in range(20)}

    assert len(keys) == 20
    assert all(len(each) == 35 and int(each[3:], 16) for each in keys)


def test_the_key_is_nowhere_in_the_store(run_app):
    app, keys = keyed_app()
    t = run_app(app)
    key = made(t)

    rows = t.wait(keys.scan()).items
    changes = [each.new for each in t.wait(keys.history(ApiKeys.hash(key)))]

    assert len(rows) == 1
    assert key not in json.dumps([rows, changes])


def test_openapi_says_which_header_a_route_asks_for(t):
    described = t.get("/openapi.json").body

    assert described["paths"]["/who"]["get"]["security"] == [{"api-key": []}]
    assert described["components"]["securitySchemes"]["api-key"] == {
        "type": "apiKey",
        "in": "header",
        "name": "X-API-Key",
    }
