from __future__ import annotations

import asyncio
import base64
import json
from functools import lru_cache

import jwt
import msgspec
import pytest

from apps.tokens.app import (
    ISSUER,
    alarms,
    app,
    clients,
    issue,
    issued,
    keyring,
    permit,
    private_keys,
    public_keys,
    revocations,
    revoke_key,
)
from apps.tokens.keyring import AHEAD_MS, ALWAYS, FRESH_S, PERIOD_MS, SLACK_S
from apps.tokens.shapes import LIFE_MAX_S, Grant, Order, Permission
from ensue import MissingKey, NotVerified, SigningKey, Tx, verify_token

ADMIN = {"x-admin-key": "tk_demo_admin"}
JWKS = "/.well-known/jwks.json"
ORDER = {"audience": "shop", "algorithm": "ES256"}
PERMISSION = {
    "kinds": ["ES256", "EdDSA", "RS256-2048"],
    "audiences": ["shop", ISSUER],
    "roles": ["editor", "admin"],
    "life_s": 600,
    "refresh_s": 86_400,
    "introspects": True,
}
real_generate = SigningKey.generate


@lru_cache
def rsa(algorithm, bits):
    """The first RSA key of a size; making one takes long."""
    return real_generate(algorithm, bits)


@pytest.fixture(autouse=True)
def made(monkeypatch):
    """The keys that were made; RSA keys are the same in each test, but new within one."""
    found = []

    def generate(algorithm="ES256", bits=None):
        known = {each.kid for each in found}
        key = rsa(algorithm, bits) if algorithm.startswith(("RS", "PS")) else None
        found.append(key if key and key.kid not in known else real_generate(algorithm, bits))
        return found[-1]

    monkeypatch.setattr(SigningKey, "generate", generate)
    monkeypatch.setattr("apps.tokens.app.ALWAYS", ())
    return found


@pytest.fixture
def t(run_app):
    return run_app(app)


class Client:
    """A client of the service."""

    def __init__(self, t, name="shop", **permission):
        self.t = t
        self.path = f"/clients/{name}"
        answer = t.request("PUT", self.path, body=PERMISSION | permission, headers=ADMIN)
        assert answer.status == 200
        self.headers = {"x-api-key": answer.body["key"]}

    def ask(self, path, body):
        return self.t.request("POST", path, body=body, headers=self.headers)

    def form(self, path, token):
        headers = self.headers | {"content-type": "application/x-www-form-urlencoded"}
        return self.t.request("POST", path, body=f"token={token}".encode(), headers=headers)

    def sign(self, **order):
        answer = self.ask("/sign", ORDER | order)
        assert answer.status == 200, answer.body
        return answer.body

    def pair(self, **order):
        answer = self.ask("/tokens", ORDER | order)
        assert answer.status == 200, answer.body
        return answer.body

    def active(self, token):
        answer = self.form("/introspect", token)
        assert answer.status == 200, answer.body
        return answer.body["active"]


@pytest.fixture
def client(t):
    return Client(t)


def admin(t, method, path, body=None):
    return t.request(method, path, body=body, headers=ADMIN)


def rotate(t, *kinds, at_once=False):
    answer = admin(t, "POST", "/keys/rotate", {"kinds": list(kinds), "at_once": at_once})
    assert answer.status == 201, answer.body
    return answer.body


def kids(t):
    return sorted(each["kid"] for each in t.get(JWKS).body["keys"])


def claims_of(t, token):
    return verify_token(token, t.get(JWKS).body, issuer=ISSUER, audience="shop", now_ms=t.now_ms())


def private(t):
    return {each.name.partition("/")[2] for each in t.wait(private_keys.list())}


def letters(t):
    t.settle()
    return [each.text for each in t.letters(alarms)]


# TV-1, TV-2: signing for those who may


def test_tv_1_the_public_keys_by_kid_verify_what_is_signed(t, client):
    token = client.sign()

    [key] = t.get(JWKS).body["keys"]
    assert key["kid"] == token["kid"] == jwt.get_unverified_header(token["token"])["kid"]
    assert t.get(f"/keys/{token['kid']}").body == key
    assert claims_of(t, token["token"])["sub"] == "shop"
    assert not {"d", "p", "q", "dp", "dq", "qi"} & set(key)


def test_tv_2_a_caller_chooses_what_it_says_how_long_and_by_which_key(t, client):
    for algorithm, bits in (("EdDSA", 2048), ("ES256", 4096), ("RS256", 2048)):
        chosen = client.sign(
            algorithm=algorithm,
            bits=bits,
            life_s=60,
            subject="ann",
            roles=["editor"],
            claims={"order": 7, "text": "Zoë"},
        )
        said = claims_of(t, chosen["token"])
        assert jwt.get_unverified_header(chosen["token"])["alg"] == algorithm
        assert said["exp"] - said["iat"] == 60
        assert (said["sub"], said["roles"], said["order"]) == ("ann", ["editor"], 7)
        again = client.sign(algorithm=algorithm, bits=bits, kid=chosen["kid"])
        assert again["kid"] == chosen["kid"]
        assert again["jti"] != chosen["jti"]


@pytest.mark.parametrize(
    ("order", "status"),
    [
        ({"algorithm": "PS256"}, 403),
        ({"algorithm": "RS256", "bits": 4096}, 403),
        ({"audience": "bank"}, 403),
        ({"roles": ["editor", "owner"]}, 403),
        ({"life_s": 601}, 403),
        ({"algorithm": "HS256"}, 400),
        ({"algorithm": "none"}, 400),
        ({"bits": 1024}, 400),
        ({"life_s": 0}, 400),
        ({"claims": {"iss": "me"}}, 400),
        ({"claims": {"exp": 1 << 35}}, 400),
        ({"claims": {"roles": ["owner"]}}, 400),
        ({"claims": {"scope": "all"}}, 400),
        ({"claims": {"long": "x" * 4_096}}, 413),
    ],
)
def test_tv_2_beyond_its_permission_a_client_gets_nothing(client, made, order, status):
    for path in ("/sign", "/tokens"):
        assert client.ask(path, ORDER | order).status == status
    assert made == []


def test_tv_10_who_is_not_permitted_is_refused(t, client):
    for headers in ({}, {"x-api-key": "tk_guess"}, {"x-admin-key": "guess"}):
        for path in ("/sign", "/tokens", "/introspect", "/revoke", "/refresh"):
            assert t.request("POST", path, body=ORDER, headers=headers).status == 401
        for path in ("/keys/rotate", "/keys"):
            assert t.request("POST", path, body={}, headers=headers).status in {401, 405}
    assert t.request("GET", "/keys", headers=client.headers).status == 401
    quiet = Client(t, "quiet", introspects=False, refresh_s=0)
    assert quiet.form("/introspect", "x").status == 403
    assert quiet.ask("/tokens", ORDER).status == 403


def test_tv_10_a_kid_that_nobody_knows_is_not_found(t, client):
    client.sign()

    assert t.get("/keys/nobody").status == 404
    assert client.ask("/sign", ORDER | {"kid": "nobody"}).status == 404
    assert admin(t, "DELETE", "/keys/nobody").status == 404


def test_tv_10_a_token_that_was_changed_does_not_verify(client):
    token = client.sign()["token"]
    header, payload, signature = token.split(".")
    for changed in (
        f"{header}.{payload[:-2]}AA.{signature}",
        f"{header}.{payload}.{signature[::-1]}",
    ):
        assert client.active(changed) is False
    assert client.active(token) is True


# TV-3, TV-4, TV-5: keys


def test_tv_3_where_the_private_key_is_missing_another_is_made_before_signing(t, client):
    first = client.sign()
    t.wait(private_keys.delete(f"ES256/{first['kid']}", recovery=0))

    second = client.sign()

    assert second["kid"] != first["kid"]
    assert kids(t) == sorted([first["kid"], second["kid"]])
    assert {claims_of(t, each["token"])["aud"] for each in (first, second)} == {"shop"}


@pytest.mark.usefixtures("client")
def test_tv_3_many_who_miss_it_at_once_make_one(t, made):
    async def all_at_once():

        grant = Grant("shop", Order("shop", algorithm="ES256"))
        return await asyncio.gather(*(issue(grant) for _ in range(20)))

    found = t.wait(all_at_once())

    assert len(made) == 1
    assert {each.kid for each in found} == {made[0].kid}
    assert len({each.jti for each in found}) == 20


def test_tv_4_a_rotation_makes_a_pair_of_each_size_with_ids_of_their_own(t, monkeypatch):
    monkeypatch.setattr("apps.tokens.app.ALWAYS", ALWAYS)

    found = rotate(t)

    assert [each["kind"] for each in found] == ["RS256-2048", "RS256-4096"]
    keys = {each["kid"]: each for each in t.get(JWKS).body["keys"]}
    assert set(keys) == {each["kid"] for each in found} == private(t)
    assert len({len(each["n"]) for each in keys.values()}) == 2
    assert all(each["why"] == "demand" for each in found)


@pytest.mark.usefixtures("client")
def test_tv_4_kinds_that_somebody_may_use_are_rotated_too(t):

    assert {each["kind"] for each in rotate(t)} == {"RS256-2048", "ES256", "EdDSA"}


class Fails:
    """The vault fails at the so-manieth secret."""

    def __init__(self, monkeypatch, at):
        self.left, self.fault = at, MissingKey("there is no master key")
        self.put = Tx.put_secret
        monkeypatch.setattr(Tx, "put_secret", lambda *given: self(*given))  # noqa: PLW0108

    def __call__(self, *given):
        self.left -= 1
        if self.left == 0:
            raise self.fault
        return self.put(*given)


@pytest.mark.parametrize("at", [1, 2])
def test_tv_5_where_keys_cannot_be_kept_the_present_ones_stay_and_an_alarm_is_sent(
    t, client, monkeypatch, at
):
    before = client.sign()
    published, kept = kids(t), private(t)
    with monkeypatch.context() as patch:
        Fails(patch, at)
        failed = admin(t, "POST", "/keys/rotate", {"kinds": ["ES256", "EdDSA"]})
    assert failed.status == 500
    assert failed.body["error"]["code"] == "missing_key"

    assert (kids(t), private(t)) == (published, kept)
    assert client.sign()["kid"] == before["kid"]
    [letter] = letters(t)
    assert "ES256, EdDSA" in letter


def test_tv_7_private_keys_are_in_the_vault_only(t, client, made):
    pair = client.pair()
    rotate(t, "ES256")

    secrets = [key.pem.splitlines()[1] for key in made]
    seen = json.dumps(
        [t.wait(public_keys.scan()).items, admin(t, "GET", "/keys").body], default=str
    )
    seen += json.dumps([t.get("/_ensue/resources").body, t.get(JWKS).body])
    seen += str([each.data for each in t.wait(issued.tail(after=0))[0]])
    assert not any(secret in seen for secret in secrets)
    assert pair["refresh_token"] not in seen
    assert {key.kid for key in made} == private(t)


# TV-6: old tokens


def test_tv_6_after_a_rotation_old_tokens_verify_until_they_expire(t, client):
    old = client.sign()
    rotate(t, "ES256", at_once=True)

    new = client.sign()

    assert new["kid"] != old["kid"]
    assert kids(t) == sorted([old["kid"], new["kid"]])
    t.advance(599)
    assert claims_of(t, old["token"])["jti"] == old["jti"]
    t.advance(1)
    assert client.active(old["token"]) is False


def test_tv_6_keys_are_pruned_when_the_longest_token_has_expired(t, client):
    old = client.sign()
    rotate(t, "ES256", at_once=True)
    t.advance(LIFE_MAX_S)
    assert old["kid"] in kids(t)

    t.advance(SLACK_S + 1)

    assert old["kid"] not in kids(t)
    assert kids(t)


def test_a_new_key_is_published_before_it_signs(t, client):
    old = client.sign()
    [new] = rotate(t, "ES256")

    assert new["signs_from_ms"] == t.now_ms() + AHEAD_MS > t.now_ms() + FRESH_S * 1_000
    assert kids(t) == sorted([old["kid"], new["kid"]])
    assert client.sign()["kid"] == old["kid"]
    t.advance(AHEAD_MS / 1_000 - 1)
    assert client.sign()["kid"] == old["kid"]
    t.advance(1)
    assert client.sign()["kid"] == new["kid"]


def test_a_private_key_is_deleted_once_a_newer_one_signs(t, client):
    old = client.sign()
    [new] = rotate(t, "ES256")
    assert private(t) == {old["kid"], new["kid"]}

    t.advance("1h")

    assert old["kid"] not in private(t)
    assert new["kid"] in private(t)


@pytest.mark.usefixtures("client")
def test_tv_1_keys_are_rotated_each_thirty_days(t, monkeypatch):
    monkeypatch.setattr("apps.tokens.app.KINDS", ("ES256",))
    monkeypatch.setattr("apps.tokens.keyring.PERIOD_MS", PERIOD_MS // 360)
    t.settle()
    [first] = kids(t)
    t.advance("1h")
    assert kids(t) == [first]

    t.advance("1h")

    assert len(kids(t)) == 2
    t.advance("25h")
    assert first not in kids(t)
    assert {each["why"] for each in admin(t, "GET", "/keys").body} == {"schedule"}


def test_tv_9_caches_may_keep_the_key_set_for_a_while(t, client):
    client.sign()
    first = t.get(JWKS)

    assert first.headers["cache-control"] == f"public, max-age={FRESH_S}"
    known = {"if-none-match": first.headers["etag"]}
    assert t.request("GET", JWKS, headers=known).status == 304
    rotate(t, "ES256")
    assert t.request("GET", JWKS, headers=known).status == 200


# TV-10: races


def test_tv_10_two_concurrent_rotations_lose_nothing(t, client):
    async def both():

        return await asyncio.gather(
            *(keyring.rotate(["ES256", "EdDSA"], "demand", at_once=True) for _ in range(2))
        )

    found = [each.kid for made in t.wait(both()) for each in made]

    assert len(set(found)) == 4
    assert set(found) == set(kids(t)) == private(t)
    assert client.sign()["kid"] in found


def test_tv_10_a_rotation_while_one_signs_never_yields_a_token_whose_key_is_not_published(
    t, client, monkeypatch
):
    client.sign()
    sign = SigningKey.sign_aside
    signed = []

    async def revoked_meanwhile(self, *given, **named):
        token = await sign(self, *given, **named)
        signed.append(self.kid)
        if len(signed) == 1:
            await revoke_key(self.kid)
        return token

    monkeypatch.setattr(SigningKey, "sign_aside", revoked_meanwhile)

    token = client.sign()

    assert [token["kid"]] == signed[1:] == kids(t)
    assert claims_of(t, token["token"])["jti"] == token["jti"]


# TV-8: sessions, roles, emergencies


def test_tv_8_a_refresh_token_gets_the_next_pair_once(t, client):
    first = client.pair(subject="ann", roles=["editor"])
    assert (first["token_type"], first["expires_in"]) == ("Bearer", 600)
    assert first["refresh_expires_in"] == 86_400
    t.advance("1h")
    assert client.active(first["access_token"]) is False
    assert client.active(first["refresh_token"]) is True

    second = client.ask("/refresh", {"refresh_token": first["refresh_token"]}).body

    said = claims_of(t, second["access_token"])
    assert (said["sub"], said["roles"]) == ("ann", ["editor"])
    assert jwt.get_unverified_header(second["access_token"])["typ"] == "at+jwt"
    assert second["refresh_expires_in"] == 86_400 - 3_600
    assert client.active(first["refresh_token"]) is False


def test_tv_8_a_refresh_token_that_is_shown_twice_ends_its_session(t, client):
    first = client.pair()
    second = client.ask("/refresh", {"refresh_token": first["refresh_token"]}).body
    other = client.pair()

    stolen = client.ask("/refresh", {"refresh_token": first["refresh_token"]})

    assert stolen.status == 401
    assert client.ask("/refresh", {"refresh_token": second["refresh_token"]}).status == 401
    assert client.active(second["access_token"]) is False
    assert client.active(other["access_token"]) is True
    assert "shown twice" in letters(t)[0]


def test_tv_8_a_refresh_token_is_its_clients_own_and_ends(t, client):
    first = client.pair()
    thief = Client(t, "thief")

    for text in (first["refresh_token"], "rt_guess"):
        assert thief.ask("/refresh", {"refresh_token": text}).status == 401
    t.advance("1d")
    assert client.ask("/refresh", {"refresh_token": first["refresh_token"]}).status == 401


def test_tv_8_what_a_client_may_no_longer_it_may_not_refresh(t, client):
    first = client.pair(roles=["editor"])
    admin(t, "PUT", client.path, PERMISSION | {"roles": []})

    assert client.ask("/refresh", {"refresh_token": first["refresh_token"]}).status == 403
    admin(t, "PUT", client.path, PERMISSION)
    assert client.ask("/refresh", {"refresh_token": first["refresh_token"]}).status == 200


def test_tv_8_the_services_own_routes_take_its_tokens_by_role(t, client):
    def rotating(**order):
        token = client.sign(audience=ISSUER, **order)["token"]
        headers = {"authorization": f"Bearer {token}"}
        body = {"kinds": ["ES256"]}
        return t.request("POST", "/keys/rotate", body=body, headers=headers).status, token

    assert rotating(roles=["editor"])[0] == 403
    status, token = rotating(roles=["admin"])
    assert status == 201
    jti = jwt.decode(token, options={"verify_signature": False})["jti"]
    admin(t, "DELETE", f"/tokens/{jti}")
    again = {"authorization": f"Bearer {token}"}
    assert t.request("GET", "/keys", headers=again).status == 401


def test_tv_8_in_an_emergency_a_key_is_replaced_at_once(t, client):
    old = client.sign()
    [new] = admin(t, "DELETE", f"/keys/{old['kid']}").body

    assert kids(t) == [new["kid"]] == [client.sign()["kid"]]
    assert client.active(old["token"]) is False
    assert t.get(f"/keys/{old['kid']}").status == 404
    assert private(t) == {new["kid"]}
    assert "revoked" in letters(t)[0]
    told = {each["kid"]: each["revoked_ms"] for each in admin(t, "GET", "/keys").body}
    assert (told[old["kid"]], told[new["kid"]]) == (t.now_ms(), None)


def test_a_key_that_follows_one_that_was_revoked_outlives_its_tokens(t, client):
    client.sign()
    [next_one] = rotate(t, "ES256")
    admin(t, "DELETE", f"/keys/{next_one['kid']}")
    t.advance(3_000)

    token = client.sign()

    for _ in range(3):
        assert claims_of(t, token["token"])["jti"] == token["jti"]
        t.advance(199)


def test_tv_8_a_token_is_given_back_by_its_owner_only(t, client):
    token, pair = client.sign()["token"], client.pair()
    other = Client(t, "other")
    for text in (token, pair["refresh_token"], "nothing"):
        assert other.form("/revoke", text).status == 204
    assert client.active(token) is True
    assert client.active(pair["access_token"]) is True

    for text in (token, pair["refresh_token"]):
        assert client.form("/revoke", text).status == 204

    assert client.active(token) is False
    assert client.active(pair["access_token"]) is False
    assert client.active(pair["refresh_token"]) is False


def test_tv_8_all_of_a_client_is_revoked_at_once(t, client):
    watcher = Client(t, "watcher")
    token, pair = client.sign()["token"], client.pair()

    assert admin(t, "DELETE", client.path).status == 204

    assert client.ask("/sign", ORDER).status == 401
    for text in (token, pair["access_token"], pair["refresh_token"]):
        assert watcher.active(text) is False
    t.advance(1)
    again = Client(t)
    assert watcher.active(again.sign()["token"]) is True
    assert watcher.active(token) is False
    assert again.ask("/refresh", {"refresh_token": pair["refresh_token"]}).status == 401


def test_what_was_revoked_is_forgotten_when_it_would_be_over_anyway(t, client):

    client.form("/revoke", client.sign()["token"])
    assert len(t.wait(revocations.scan()).items) == 1
    t.advance("1h")
    assert t.wait(revocations.scan()).items == []


def test_what_is_signed_is_noted_for_those_who_look_later(t, client):
    token = client.sign(subject="ann")

    [record] = t.wait(issued.tail(after=0))[0]
    assert record.data["jti"] == token["jti"]
    assert record.data["kid"] == token["kid"]
    assert (record.key, record.data["sub"]) == ("shop", "ann")


@pytest.mark.parametrize("form", [b"token=a&token=b", b"\xff", b"other=1", b"token=", b"{}"])
def test_a_form_without_one_token_is_of_none_that_is_good(t, client, form):
    headers = client.headers | {"content-type": "application/x-www-form-urlencoded"}
    asked = t.request("POST", "/introspect", body=form, headers=headers)
    given_back = t.request("POST", "/revoke", body=form, headers=headers)

    assert (asked.status, asked.body, given_back.status) == (200, {"active": False}, 204)
    assert t.request("POST", "/introspect", body=b"", headers=headers).status == 400


def test_a_client_that_is_known_gets_no_other_key(t, client):
    again = admin(t, "PUT", client.path, PERMISSION | {"life_s": 60})

    assert again.body["key"] is None
    assert claims_of(t, client.sign()["token"])["exp"] - t.now_ms() // 1_000 == 60
    assert t.wait(clients.get("shop"))["permission"]["life_s"] == 60


def test_tv_7_environments_are_isolated(t, client, run_app):
    token = client.sign()["token"]
    production = t.get(JWKS).body
    t.stop()
    staging = run_app(app)
    there = Client(staging)
    other = there.sign()["token"]

    assert there.active(token) is False
    with pytest.raises(NotVerified) as refused:
        verify_token(other, production, issuer=ISSUER, now_ms=staging.now_ms())
    assert "no key" in refused.value.reason
    with pytest.raises(NotVerified) as refused:
        verify_token(token, production, issuer="https://staging.example", now_ms=t.now_ms())
    assert "another issuer" in refused.value.reason


def test_no_cache_and_no_idempotency_key_keeps_what_is_secret(t, client):
    keyed = client.headers | {"idempotency-key": "k"}

    assert t.request("POST", "/tokens", body=ORDER, headers=keyed).status == 400
    answer = t.request("POST", "/tokens", body=ORDER, headers=client.headers)
    assert answer.headers["cache-control"] == "no-store"


def a_day_of_keys(t):
    """Keys are made, rotated and revoked; what is signed in between is good."""
    wanted = Grant("shop", Order("shop", algorithm="ES256"))
    only = PERMISSION | {"kinds": ["ES256"]}
    t.wait(app.run(permit, "shop", msgspec.convert(only, Permission)))
    first = t.wait(issue(wanted))
    [second] = rotate(t, "ES256", at_once=True)
    assert t.wait(issue(wanted)).kid == second["kid"]
    admin(t, "DELETE", f"/keys/{first.kid}")
    t.settle()
    last = t.wait(issue(wanted))
    keys = admin(t, "GET", "/keys").body
    signing = {each["kid"] for each in keys if each["published_until_s"] is None}

    assert claims_of(t, last.token)["jti"] == last.jti
    assert first.kid not in kids(t)
    assert signing <= private(t), "each key that signs has its private part"
    return sorted({each["kind"] for each in keys})


def test_tv_5_wherever_the_process_dies_no_half_of_a_pair_is_left(crash_points, monkeypatch):
    monkeypatch.setenv("ENSUE_SECRETS_KEY", base64.b64encode(bytes(range(32))).decode())

    assert crash_points(a_day_of_keys, app) > 5
