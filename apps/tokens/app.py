"""The token service: it signs for clients that may, and everybody verifies by its public keys.

client ─(API key)─▶ POST /sign, /tokens, /refresh ─▶ permitted? ─▶ key of the vault ─▶ token
anybody ──────────▶ GET /.well-known/jwks.json ◀── table public-keys ◀─┐
hourly, or at once, or when the private part is missing: rotate ───────┴──▶ vault private-keys
who must know at once ─▶ POST /introspect ◀── revocations: of a token, a session, a key, a client
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any
from urllib.parse import parse_qs

import msgspec

from apps.tokens.keyring import ALWAYS, FRESH_S, KINDS, Get, Keyring, info, looked
from apps.tokens.sessions import Sessions, revoke
from apps.tokens.shapes import (
    LIFE_MAX_S,
    Client,
    Grant,
    Introspection,
    KeyInfo,
    KeySet,
    Kind,
    Name,
    Order,
    Pair,
    Permission,
    Refreshing,
    Rotation,
    Token,
    check_order,
    claims_of,
)
from ensue import (
    Answer,
    Anyone,
    ApiKeys,
    App,
    Bearer,
    Bulkhead,
    Conflict,
    Firing,
    Forbidden,
    Header,
    InvalidValue,
    Item,
    NotFound,
    NotPermitted,
    NotVerified,
    ReadTx,
    Secret,
    SignedRequest,
    SigningKey,
    Tx,
    Verifier,
    verify_token,
)

ISSUER = os.environ.get("TOKENS_ISSUER", "http://127.0.0.1:8080")
OPERATORS = os.environ.get("OPERATORS", "operators@tokens.invalid")
ADMIN_KEY = Secret.env("TOKENS_ADMIN_KEY", demo="tk_demo_admin")
TRIES = 5
TRY = ("curl -s {url}/.well-known/jwks.json",)

app = App("tokens")
clients = app.table("clients", key="id")
api_keys = app.table("api-keys", key="hash", indexes={"by-client": "client"})
public_keys = app.table(
    "public-keys", key="kid", indexes={"by-kind": ("kind", "signs_from_ms")}, ttl="until_s"
)
private_keys = app.vault("private-keys")
refresh_tokens = app.table("refresh-tokens", key="hash", ttl="until_s")
revocations = app.table("revocations", key="what", ttl="until_s")
issued = app.stream("issued", retention="30d")
alarms = app.mail("alarms", to=OPERATORS)
keyring = Keyring(app, public_keys, private_keys, alarms)
sessions = Sessions(refresh_tokens, clients, revocations, keyring)
one_at_a_time = Bulkhead(workers=1, queue=100)


async def own_key(kid: str) -> Mapping[str, Any] | None:
    """A published key of this very service."""
    return keyring.jwk(kid, looked)


def is_revoked(claims: Mapping[str, Any], get: Get = looked) -> bool:
    """Whether a token was revoked: by itself, with its session, or with its client."""
    client = get(clients, claims["client_id"])
    marks = [f"token {claims['jti']}", f"session {claims.get('sid')}"]
    return (
        client is None
        or claims["iat"] <= client.get("revoked_s", -1)
        or any(get(revocations, mark) is not None for mark in marks)
    )


client_key = ApiKeys(api_keys, scheme="client-key")
admin: list[Verifier] = [
    ApiKeys(ADMIN_KEY, header="X-Admin-Key", scheme="admin-key"),
    Bearer(keys=own_key, issuer=ISSUER, audience=ISSUER, roles=["admin"], refuses=is_revoked),
]
GONE = {404: "There is no such thing."}
REFUSED = {
    403: "The client may not have this.",
    404: "It is another key that signs.",
    409: "The keys are being changed.",
    413: "It claims too much.",
}


# Signing: TV-2, TV-3, TV-10


@app.post("/sign", verify=client_key, private=True, statuses=REFUSED)
async def sign(body: Order, signed: SignedRequest) -> Token:
    """Sign a token for a client that may have it."""
    return await issue(Grant(signed.claims["client"], body))


@app.post("/tokens", verify=client_key, private=True, statuses=REFUSED)
async def pair(body: Order, signed: SignedRequest) -> Pair:
    """Sign an access token, and give a refresh token with it."""
    client = signed.claims["client"]
    grant, refresh, until_s = await app.run(sessions.begin, client, body, permitted)
    return as_pair(await issue(grant), refresh, until_s, signed)


@app.post("/refresh", verify=client_key, private=True, statuses=REFUSED)
async def renew(body: Refreshing, signed: SignedRequest) -> Pair:
    """Take a refresh token, once, for another pair; one that comes again ends its session."""
    client = signed.claims["client"]
    taken = await app.run(sessions.take, client, body.refresh_token, permitted)
    if taken is None:
        raise NotPermitted("expected a refresh token that is good", at="$.refresh_token")
    grant, refresh, until_s = taken
    return as_pair(await issue(grant), refresh, until_s, signed)


async def issue(grant: Grant) -> Token:
    """Sign what was granted, by a key that is published when the token leaves (TV-10)."""
    for _ in range(TRIES):
        found = await app.run(prepare, grant)
        if found is None:
            await replace(grant.order.kind)
            continue
        key, claims = found
        token = await key.sign_aside(claims, type="at+jwt" if grant.session else "JWT")
        if keyring.jwk(key.kid, looked) is not None:
            return Token(token, key.kid, claims["jti"], claims["exp"])
    raise Conflict("the keys are being changed again and again", hint="Try again later.")


def prepare(grant: Grant, tx: Tx) -> tuple[SigningKey, dict[str, Any]] | None:
    """What is to be signed and by which key, noted for those who look later; None without a key."""
    permission = permitted(grant.client, grant.order, tx)
    claims = claims_of(grant, permission, ISSUER, tx.new_id(), tx.now_ms // 1_000)
    key = keyring.signing(grant.order.kind, grant.order.kid, tx)
    if key is None:
        return None
    told = {name: claims[name] for name in ("jti", "sub", "aud", "roles", "exp")}
    tx.append(issued, told | {"client": grant.client, "kid": key.kid}, key=grant.client)
    return key, claims


def permitted(client: str, order: Order, tx: ReadTx) -> Permission:
    """The permission of a client, if what it asks for is within.

    Raises:
        Forbidden: it is not.
    """
    permission = permission_of(tx.get(clients, client))
    check_order(order, permission)
    return permission


def permission_of(client: Item | None) -> Permission:
    """What a client is permitted.

    Raises:
        Forbidden: nothing.
    """
    if client is None or client.get("permission") is None:
        raise Forbidden("this client may not have anything signed")
    return msgspec.convert(client["permission"], Permission)


@one_at_a_time
async def replace(kind: Kind) -> None:
    """Make a key where none has a private part, unless somebody has done so by now (TV-3)."""
    if await app.read(keyring.signing, kind, None) is None:
        await keyring.rotate([kind], "missing", at_once=True)


def as_pair(token: Token, refresh: str, until_s: int, signed: SignedRequest) -> Pair:
    """The answer that has both tokens."""
    now_s = signed.received_ms // 1_000
    return Pair(token.token, token.expires_s - now_s, refresh, until_s - now_s)


# Verifying: TV-1, TV-6


@app.get("/.well-known/jwks.json", verify=Anyone(), statuses={304: "The client has these already."})
def key_set(tx: ReadTx, known: Annotated[str, Header("If-None-Match")] = "") -> Answer[KeySet]:
    """The public keys, of which caches may keep a copy for a while."""
    rows = keyring.published(tx)
    tag = hashlib.sha256(" ".join(row["kid"] for row in rows).encode()).hexdigest()[:32]
    headers = {"cache-control": f"public, max-age={FRESH_S}", "etag": f'"{tag}"'}
    if tag in known:
        return Answer(status=304, headers=headers)
    return Answer(KeySet([row["jwk"] for row in rows]), headers=headers)


@app.get("/keys/{kid}", verify=Anyone(), statuses=GONE)
def key(kid: str, tx: ReadTx) -> dict[str, str]:
    """One public key."""
    found = keyring.jwk(kid, tx.get)
    if found is None:
        raise NotFound(f"there is no key {kid}")
    return found


@app.post("/introspect", verify=client_key, private=True, statuses={403: "the client may not"})
def introspect(raw: bytes, signed: SignedRequest, tx: Tx) -> Introspection:
    """Say whether a token is good at this moment (RFC 7662)."""
    if not permission_of(tx.get(clients, signed.claims["client"])).introspects:
        raise Forbidden("this client may not introspect tokens")
    text = token_in(raw)
    claims = claims_in(text, tx)
    if claims is not None:
        names = Introspection.__struct_fields__
        said = {name: claims[name] for name in names if name in claims}
        return Introspection(active=True, token_type="Bearer", **said)  # noqa: S106 - the type
    row = tx.get(refresh_tokens, ApiKeys.hash(text))
    if row is None or row.get("taken") or not sessions.is_live(row, tx):
        return Introspection(active=False)
    return Introspection(
        active=True, client_id=row["client"], exp=row["until_s"], iat=row["made_s"]
    )


def claims_in(text: str, tx: ReadTx) -> Mapping[str, Any] | None:
    """What a token of this service claims; None for what is not good."""
    try:
        known = partial(keyring.jwk, get=tx.get)
        claims = verify_token(text, known, issuer=ISSUER, now_ms=tx.now_ms)
    except NotVerified:
        return None
    return None if is_revoked(claims, tx.get) else claims


def token_in(raw: bytes) -> str:
    """The token in a form (RFC 7662, 2.1); where it has none, what no token is.

    Raises:
        InvalidValue: there is no form.
    """
    if not raw:
        raise InvalidValue("expected a form with a token", at="$.token")
    try:
        [text] = parse_qs(raw.decode(), max_num_fields=10)["token"]
    except (ValueError, KeyError):
        return ""
    return text.strip()


# Emergencies


@app.post("/revoke", verify=client_key, private=True)
def give_back(raw: bytes, signed: SignedRequest, tx: Tx) -> None:
    """Revoke a token of the client's own; one that is unknown is not good anyway (RFC 7009)."""
    text, client = token_in(raw), signed.claims["client"]
    claims = claims_in(text, tx)
    if claims is not None and claims["client_id"] == client:
        revoke(revocations, f"token {claims['jti']}", claims["exp"], tx)
    row = tx.get(refresh_tokens, ApiKeys.hash(text))
    if row is not None and row["client"] == client:
        sessions.end(row, tx)


@app.delete("/tokens/{jti}", verify=admin)
def revoke_token(jti: str, tx: Tx) -> None:
    """Revoke one token by its id."""
    revoke(revocations, f"token {jti}", tx.now_ms // 1_000 + LIFE_MAX_S, tx)


@app.delete("/keys/{kid}", verify=admin, statuses=GONE)
async def revoke_key(kid: str) -> list[KeyInfo]:
    """Revoke a key, with all that it has signed, and let another one sign."""
    kind = await app.run(keyring.revoke, kid)
    return await keyring.rotate([kind], "revoked", at_once=True)


@app.delete("/clients/{id}", verify=admin, statuses=GONE)
def forget(id: str, tx: Tx) -> None:  # noqa: A002 - as the path has it
    """Revoke all that a client has: its API keys, and every token that was issued to it."""
    if tx.get(clients, id) is None:
        raise NotFound(f"there is no client {id}")
    for row in tx.query(api_keys, id, index="by-client", limit=1_000).items:
        tx.delete(api_keys, row["hash"])
    tx.put(clients, {"id": id, "revoked_s": tx.now_ms // 1_000})


# What operators do


@app.put("/clients/{id}", verify=admin, private=True)
def permit(id: Name, body: Permission, tx: Tx) -> Client:  # noqa: A002 - as the path has it
    """Permit a client something; who is new gets an API key, which nobody can look up again."""
    before = tx.get(clients, id)
    row = {"id": id, "permission": msgspec.to_builtins(body)}
    if before is not None and "revoked_s" in before:
        row["revoked_s"] = before["revoked_s"]
    tx.put(clients, row)
    if before is not None and before.get("permission") is not None:
        return Client(id, body)
    text = tx.new_key("tk_")
    tx.put(api_keys, {"hash": ApiKeys.hash(text), "client": id, "made_ms": tx.now_ms})
    return Client(id, body, text)


@app.post("/keys/rotate", verify=admin, status=201, rate="6/m", burst=3)
async def rotate(body: Rotation) -> list[KeyInfo]:
    """Make keys anew."""
    kinds = body.kinds or await app.read(wanted)
    return await keyring.rotate(list(dict.fromkeys(kinds)), "demand", at_once=body.at_once)


@app.get("/keys", verify=admin)
def keys(tx: ReadTx) -> list[KeyInfo]:
    """All keys that are remembered, oldest first."""
    rows = tx.scan(public_keys, limit=1_000).items
    return [info(row) for row in sorted(rows, key=lambda row: row["made_ms"])]


@app.schedule("rate(1 hour)", retries=2)
async def tend(firing: Firing) -> None:
    """Rotate the keys whose time has come."""
    del firing
    await keyring.tend(await app.read(wanted))


def wanted(tx: ReadTx) -> list[Kind]:
    """The kinds of keys that somebody may use, and those of the original."""
    rows = tx.scan(clients, limit=1_000).items
    used = {kind for row in rows for kind in (row.get("permission") or {}).get("kinds", ())}
    return [kind for kind in KINDS if kind in used or kind in ALWAYS]
