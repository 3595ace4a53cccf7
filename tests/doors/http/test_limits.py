"""The limit of a route: how many requests each caller may make."""

from __future__ import annotations

import httpx
import pytest

from ensue import (
    Answer,
    ApiKeys,
    App,
    InvalidDeclaration,
    InvalidValue,
    NotFound,
    RateExceeded,
    RateLimit,
    Secret,
    SignedRequest,
    SlidingWindow,
    TokenBucket,
    Tx,
)
from ensue.testing import running


def standing(reply):
    names = ("limit", "remaining", "reset")
    return tuple(int(reply.headers[f"x-ratelimit-{name}"]) for name in names)


def app_of(limit, **options):
    app = App("limited")

    @app.get("/customers/{customer}", limit=limit, **options)
    def show(customer: str) -> str:
        if customer == "nobody":
            raise NotFound("there is nobody")
        return customer

    return app


def keyed_app(limit):
    app = App("limited")
    keys = app.table("keys", key="hash")

    @app.put("/keys/{key}")
    def keep(key: str, body: dict[str, object], tx: Tx) -> None:
        tx.put(keys, {"hash": ApiKeys.hash(key), **body})

    @app.get("/usage", verify=ApiKeys(keys), limit=limit)
    def usage(signed: SignedRequest) -> str:
        return str(signed.claims.get("customer"))

    return app


def ask(t, key):
    return t.request("GET", "/usage", headers={"x-api-key": key})


def keep(t, key, **row):
    t.request("PUT", f"/keys/{key}", body=row)


def test_each_answer_says_how_the_caller_stands(run_app):
    t = run_app(app_of("2/60s"))

    first, second = t.get("/customers/a"), t.get("/customers/a")

    assert standing(first) == (2, 1, 60)
    assert standing(second) == (2, 0, 60)


def test_beyond_the_limit_is_429_and_when_to_come_back(run_app):
    t = run_app(app_of("2/60s"))
    t.get("/customers/a")
    t.advance("20s")
    t.get("/customers/a")
    t.advance("10s")

    refused = t.get("/customers/a")

    assert refused.status == 429
    assert refused.body["error"]["code"] == "rate_exceeded"
    assert refused.headers["retry-after"] == "30"
    assert standing(refused) == (2, 0, 50)


def test_mf_13_refused_requests_are_not_recorded(run_app):
    t = run_app(app_of("2/60s"))
    for _ in range(20):
        t.get("/customers/a")
        t.advance("3s")

    assert t.get("/customers/a").status == 200


def test_errors_of_the_route_say_it_too(run_app):
    t = run_app(app_of("2/60s"))

    missing = t.get("/customers/nobody")

    assert missing.status == 404
    assert standing(missing) == (2, 1, 60)


def test_a_limit_by_a_parameter_of_the_path_is_for_each_value(run_app):
    t = run_app(app_of(RateLimit("1/60s", by="path.customer")))

    assert [t.get(f"/customers/{name}").status for name in "aab"] == [200, 429, 200]


def test_a_token_bucket_is_a_limit_too(run_app):
    t = run_app(app_of(TokenBucket("1/s", burst=2)))
    statuses = [t.get("/customers/a").status for _ in range(3)]
    t.advance("1s")

    assert [*statuses, t.get("/customers/a").status] == [200, 200, 429, 200]


def test_routes_that_name_one_limit_share_it(run_app):
    app, limit = App("limited"), SlidingWindow("1/60s")

    @app.get("/a", limit=limit)
    def a() -> str:
        return "a"

    @app.get("/b", limit=limit)
    def b() -> str:
        return "b"

    t = run_app(app)

    assert [t.get("/a").status, t.get("/b").status] == [200, 429]


def test_callers_are_told_apart_by_who_they_were_verified_to_be(run_app):
    t = run_app(keyed_app("1/60s"))
    keep(t, "k1")
    keep(t, "k2")

    assert [ask(t, key).status for key in ("k1", "k1", "k2")] == [200, 429, 200]


def test_mf_12_the_keys_of_one_customer_share_its_limit_which_its_key_may_raise(run_app):
    limit = RateLimit("2/60s", by="claims.customer", amount="claims.rate_limit")
    t = run_app(keyed_app(limit))
    keep(t, "k1", customer="acme")
    keep(t, "k2", customer="acme")
    keep(t, "k3", customer="apex", rate_limit=3)

    assert [ask(t, key).status for key in ("k1", "k2", "k1")] == [200, 200, 429]
    assert [ask(t, "k3").status for _ in range(4)] == [200, 200, 200, 429]
    assert standing(ask(t, "k3"))[0] == 3


def test_who_is_not_verified_is_not_counted(run_app):
    t = run_app(keyed_app("1/60s"))
    keep(t, "k1")

    stranger = ask(t, "k9")

    assert stranger.status == 401
    assert "x-ratelimit-limit" not in stranger.headers
    assert ask(t, "k1").status == 200


def test_the_app_says_429_in_its_own_form(run_app):
    app = app_of("1/60s")

    @app.on_error(RateExceeded)
    def full(error: RateExceeded) -> Answer[dict[str, object]]:
        wait_s = -(-(error.retry_after_ms or 0) // 1_000)
        return Answer({"error": "Rate limit exceeded.", "retry_after_seconds": wait_s}, status=429)

    t = run_app(app)
    t.get("/customers/a")

    refused = t.get("/customers/a")

    assert refused.body == {"error": "Rate limit exceeded.", "retry_after_seconds": 60}
    assert refused.headers["retry-after"] == "60"
    assert standing(refused) == (1, 0, 60)


def test_another_run_of_the_app_begins_anew():
    app = app_of("1/60s")

    statuses = []
    for _ in range(2):
        with running(app) as t:
            statuses.append(t.get("/customers/a").status)

    assert statuses == [200, 200]


def test_the_description_tells_of_the_headers_and_of_429(run_app):
    t = run_app(app_of("2/60s"))

    described = t.get("/openapi.json").body["paths"]["/customers/{customer}"]["get"]["responses"]

    assert {"200", "429"} <= set(described)
    for response in described.values():
        assert {"X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"} <= set(
            response["headers"]
        )
    assert "Retry-After" in described["429"]["headers"]


@pytest.mark.parametrize(
    "limit",
    [
        RateLimit("1/s", by="caller"),
        RateLimit("1/s", by="claims.customer"),
        RateLimit("1/s", by="path.other"),
        RateLimit("1/s", by="whom"),
        RateLimit("1/s", by="remote", amount="claims.many"),
    ],
)
def test_a_limit_that_cannot_tell_callers_apart_is_refused(limit):
    with pytest.raises(InvalidDeclaration):
        app_of(limit)


@pytest.mark.parametrize("quota", ["100", "0/s", "x/60s", "100/0s", "-1/s", "100/60"])
def test_a_quota_that_is_none_is_refused(quota):
    with pytest.raises(InvalidValue):
        app_of(quota)


def test_an_amount_is_of_a_sliding_window_only():
    app = App("limited")
    limit = RateLimit(TokenBucket("1/s"), amount="claims.many")

    with pytest.raises(InvalidDeclaration, match="of a sliding window"):

        @app.get("/", verify=ApiKeys(Secret.env("KEY")), limit=limit)
        def show() -> None:
            return None


def test_addresses_are_told_apart(run_app):
    t = run_app(app_of("1/60s"))

    def ask_from(address):
        transport = httpx.ASGITransport(t._client._transport.app, client=(address, 1))

        async def asked():
            async with httpx.AsyncClient(
                transport=transport, base_url="http://localhost"
            ) as client:
                return (await client.get("/customers/a")).status_code

        return t.wait(asked())

    assert [ask_from(each) for each in ("10.0.0.1", "10.0.0.1", "10.0.0.2")] == [200, 429, 200]
