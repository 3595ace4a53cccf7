from __future__ import annotations

import asyncio
import json

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensue.identity import AnyOf, Bearer, found_for
from ensue.identity.key_sets import (
    FETCH_INTERVAL_MS,
    FRESH_MS,
    FRESH_MS_MAX,
    KEY_SET_BYTES_MAX,
    STALE_MS_MAX,
    fresh_ms,
)
from ensue.words.errors import InvalidDeclaration, NotVerified, Unreachable
from tests.identity.certificates import ec_key, key_set, token
from tests.identity.signing import NOW_MS

URL = "https://login.example/keys"
ISSUER, AUDIENCE = "https://login.example", "shop"
CLAIMS = {"iss": ISSUER, "aud": AUDIENCE, "iat": 0, "exp": 1 << 35}
FAR_MS = FRESH_MS + FETCH_INTERVAL_MS


class Issuer:
    """The keys at an address, and how often they were asked for."""

    def __init__(self, *keys, **headers):
        self.keys = keys
        self.headers = headers
        self.status = 200
        self.asked = []
        self.answer = None
        self.waits = None

    def hold(self):
        self.came, self.waits = asyncio.Event(), asyncio.Event()

    async def __call__(self, request):
        self.asked.append(dict(request.headers))
        if self.waits is not None:
            self.came.set()
            await self.waits.wait()
        if self.answer is not None:
            return httpx.Response(self.status, content=self.answer)
        if self.status != 200:
            return httpx.Response(self.status, headers=self.headers)
        return httpx.Response(200, json=key_set(*self.keys), headers=self.headers)


class Api:
    """Verifies requests at a time, over a network where there is only the issuer."""

    def __init__(self, issuer, verifier=None):
        self.client = httpx.AsyncClient(transport=httpx.MockTransport(issuer))
        self.verifier = verifier or Bearer(keys=URL, issuer=ISSUER, audience=AUDIENCE)

    async def take(self, key, now_ms=NOW_MS, **header):
        headers = token(CLAIMS, key, "ES256", **header)
        found = await found_for(self.verifier, headers, now_ms, lambda: self.client)
        return found.verify(headers, b"", now_ms).claims["iss"]


@pytest.fixture
def issuer():
    return Issuer(ec_key("a"))


@pytest.fixture
def api(issuer):
    return Api(issuer)


def run(doing):
    return asyncio.run(doing)


async def refused(api, key, now_ms=NOW_MS, **header):
    with pytest.raises(NotVerified) as fault:
        await api.take(key, now_ms, **header)
    return fault.value.reason


def test_keys_are_fetched_when_they_are_first_needed_and_kept(api, issuer):
    async def story():
        assert issuer.asked == []
        for after_ms in (0, 1, FRESH_MS - 1):
            assert await api.take(ec_key("a"), NOW_MS + after_ms) == ISSUER

    run(story())
    assert len(issuer.asked) == 1
    assert "jwk-set+json" in issuer.asked[0]["accept"]


def test_a_new_key_of_the_issuer_is_looked_for(api, issuer):
    async def story():
        await api.take(ec_key("a"))
        issuer.keys = (ec_key("a"), ec_key("b"))
        return await api.take(ec_key("b"), NOW_MS + FETCH_INTERVAL_MS)

    assert run(story()) == ISSUER
    assert len(issuer.asked) == 2


def test_made_up_key_ids_are_looked_for_once_in_an_interval(api, issuer):
    async def story():
        await api.take(ec_key("a"))
        for each in range(50):
            assert "no key" in await refused(api, ec_key("c"), NOW_MS + each, kid=f"made-up-{each}")
        assert len(issuer.asked) == 1
        later_ms = NOW_MS + FETCH_INTERVAL_MS
        assert "no key" in await refused(api, ec_key("c"), later_ms)
        assert "no key" in await refused(api, ec_key("c"), later_ms + 1)

    run(story())
    assert len(issuer.asked) == 2


def test_many_who_come_at_once_fetch_once(api, issuer):
    async def story():
        issuer.hold()
        coming = [asyncio.ensure_future(api.take(ec_key("a"))) for _ in range(20)]
        await issuer.came.wait()
        coming[0].cancel()
        issuer.waits.set()
        return await asyncio.gather(*coming[1:])

    assert run(story()) == [ISSUER] * 19
    assert len(issuer.asked) == 1


def test_while_one_fetches_stale_keys_the_others_go_on_with_them(api, issuer):
    async def story():
        await api.take(ec_key("a"))
        issuer.hold()
        first = asyncio.ensure_future(api.take(ec_key("a"), NOW_MS + FAR_MS))
        await issuer.came.wait()
        assert await api.take(ec_key("a"), NOW_MS + FAR_MS + 1) == ISSUER
        issuer.waits.set()
        return await first

    assert run(story()) == ISSUER


@pytest.mark.parametrize("status", [500, 404, 302])
def test_while_the_issuer_is_down_its_keys_are_kept_for_a_day(api, issuer, status):
    async def story():
        await api.take(ec_key("a"))
        issuer.status = status
        until_ms = NOW_MS + FRESH_MS + STALE_MS_MAX
        assert await api.take(ec_key("a"), NOW_MS + FAR_MS) == ISSUER
        assert await api.take(ec_key("a"), NOW_MS + FAR_MS + 1) == ISSUER
        assert len(issuer.asked) == 2
        assert await api.take(ec_key("a"), until_ms - 1) == ISSUER
        with pytest.raises(Unreachable):
            await api.take(ec_key("a"), until_ms)
        issuer.status = 200
        assert await api.take(ec_key("a"), until_ms + FETCH_INTERVAL_MS) == ISSUER

    run(story())


def test_an_issuer_that_was_never_reached_is_not_the_senders_fault(api, issuer):
    async def story():
        issuer.status = 503
        for _ in range(3):
            with pytest.raises(Unreachable, match="keys of the issuer"):
                await api.take(ec_key("a"))
        assert len(issuer.asked) == 1
        issuer.status = 200
        return await api.take(ec_key("a"), NOW_MS + FETCH_INTERVAL_MS)

    assert run(story()) == ISSUER


@pytest.mark.parametrize(
    "answer",
    [b"", b"{", b'{"keys": 7}', b"\xff", b'{"keys": [' + b" " * KEY_SET_BYTES_MAX + b"]}"],
)
def test_what_is_no_key_set_changes_nothing(api, issuer, answer):
    async def story():
        await api.take(ec_key("a"))
        issuer.answer = answer
        return await api.take(ec_key("a"), NOW_MS + FAR_MS)

    assert run(story()) == ISSUER
    assert len(issuer.asked) == 2


def test_keys_that_do_not_fit_are_left_out_and_the_others_count(api, issuer):
    issuer.answer = json.dumps({
        "keys": [
            {"kty": "oct", "k": "c2VjcmV0", "kid": "shared"},
            {"kty": "RSA", "n": "v" * 171, "e": "AQAB", "kid": "weak"},
            {"kty": "EC", "crv": "P-256", "x": "?", "y": "?", "kid": "broken"},
            {"kty": "of another time", "kid": "new"},
            ec_key("private").as_dict(private=True),
            *key_set(ec_key("a"))["keys"],
        ]
    }).encode()

    assert run(api.take(ec_key("a"))) == ISSUER
    assert "no key" in run(refused(api, ec_key("private")))


def test_a_key_that_the_issuer_takes_away_is_gone_once_its_time_is_over(issuer):
    api = Api(issuer)
    issuer.headers = {"cache-control": "public, max-age=60"}

    async def story():
        await api.take(ec_key("a"), NOW_MS)
        issuer.keys = (ec_key("b"),)
        await api.take(ec_key("a"), NOW_MS + 59_999)
        return await refused(api, ec_key("a"), NOW_MS + 60_000)

    assert "no key" in run(story())


def test_a_set_that_did_not_change_is_not_sent_again(issuer):
    api = Api(issuer)
    issuer.headers = {"etag": '"1"', "cache-control": "max-age=60"}

    async def story():
        await api.take(ec_key("a"))
        issuer.status = 304
        await api.take(ec_key("a"), NOW_MS + 60_000)
        await api.take(ec_key("a"), NOW_MS + 119_999)

    run(story())
    assert [each.get("if-none-match") for each in issuer.asked] == [None, '"1"']


def test_requests_without_a_token_fetch_nothing(api, issuer):
    async def story(headers):
        found = await found_for(api.verifier, headers, NOW_MS, lambda: api.client)
        with pytest.raises(NotVerified):
            found.verify(headers, b"", NOW_MS)

    for headers in ({}, {"authorization": "Basic eA=="}, {"authorization": "Bearer x"}):
        run(story(headers))
    assert issuer.asked == []


def test_an_app_that_is_run_again_has_no_need_of_the_loop_before(api, issuer):
    async def leave():
        issuer.hold()
        doing = asyncio.ensure_future(api.take(ec_key("a")))
        await issuer.came.wait()
        doing.cancel()

    run(leave())
    issuer.waits = None

    assert run(api.take(ec_key("a"), NOW_MS - 7)) == ISSUER, "its clock may be another one too"


@pytest.mark.parametrize(
    "url",
    [
        "http://login.example/keys",
        "ftp://login.example/keys",
        "https://",
        "https://user:password@login.example/keys",
        "login.example",
        "",
        "http://127.0.0.1.example/keys",
    ],
)
def test_keys_are_fetched_only_from_where_nobody_can_change_them_on_the_way(url):
    with pytest.raises(InvalidDeclaration, match="https address"):
        Bearer(keys=url, issuer=ISSUER, audience=AUDIENCE)


@pytest.mark.parametrize("host", ["localhost:8080", "127.0.0.1", "[::1]:9"])
def test_on_this_machine_http_will_do(host):
    made = Bearer(keys=f"http://{host}/keys", issuer=ISSUER, audience=AUDIENCE)

    assert set(made.statuses) == {401, 502}


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, FRESH_MS // 1_000),
        ({"cache-control": "public, max-age=600"}, 600),
        ({"cache-control": "Max-Age=600", "age": "500"}, 100),
        ({"cache-control": "max-age=600", "age": "900"}, 10),
        ({"cache-control": "max-age=600", "age": "soon"}, 600),
        ({"cache-control": "max-age=0"}, 10),
        ({"cache-control": "max-age=9999999999"}, FRESH_MS_MAX // 1_000),
        ({"cache-control": "max-age=600, no-cache"}, 10),
        ({"cache-control": "no-store"}, 10),
        ({"cache-control": "s-maxage=7"}, FRESH_MS // 1_000),
    ],
)
def test_keys_are_fresh_for_as_long_as_their_issuer_says_within_bounds(headers, seconds):
    assert fresh_ms(headers) == seconds * 1_000


@given(said=st.text(max_size=40), age=st.text(max_size=20))
def test_whatever_the_headers_say_keys_are_fresh_for_a_bounded_time(said, age):
    found = fresh_ms({"cache-control": f"max-age={said}", "age": age})

    assert FETCH_INTERVAL_MS <= found <= FRESH_MS_MAX


# Keys of the app itself


def test_keys_of_the_app_are_asked_for_with_each_token():
    kept = {"a": key_set(ec_key("a"))["keys"][0]}

    async def find(kid):
        return kept.get(kid)

    verifier = Bearer(keys=find, issuer=ISSUER, audience=AUDIENCE)
    verifier.check()
    api = Api(Issuer(), verifier)

    assert run(api.take(ec_key("a"))) == ISSUER
    kept.clear()
    assert "no key" in run(refused(api, ec_key("a")))
    with pytest.raises(InvalidDeclaration, match="found first"):
        verifier.verify(token(CLAIMS, ec_key("a"), "ES256"), b"", NOW_MS)


def test_one_of_several_verifiers_may_fetch_what_it_needs(issuer):
    own = Bearer(keys=key_set(ec_key("own")), issuer=ISSUER, audience=AUDIENCE)
    theirs = Bearer(keys=URL, issuer=ISSUER, audience=AUDIENCE)
    api = Api(issuer, AnyOf([own, theirs]))

    assert run(api.take(ec_key("a"))) == ISSUER
    assert run(api.take(ec_key("own"))) == ISSUER
    assert api.verifier.statuses == theirs.statuses
