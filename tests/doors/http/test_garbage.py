"""Generated garbage at every route: whatever comes, the answer is never a fault of ours."""

from __future__ import annotations

from urllib.parse import quote, quote_from_bytes

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.orders.app import app as orders_app
from ensue.doors.http import asgi_app
from ensue.testing import running
from tests.doors.http.sample import HOST, JSON_TYPE, ask, make_app

EXAMPLES = 400

# Without the two routes that fail on purpose.
MADE_TO_FAIL = {"/broken", "/header"}
FIELDS = [
    "text",
    "tags",
    "least",
    "exact",
    "number",
    "filter",
    "limit",
    "after",
    "app",
    "key",
    "up",
]
FIELDS += [
    "partition",
    "index",
    "reverse",
    "wait",
    "id",
    "body",
    "item",
    "where",
    "values",
    "delay",
]
FIELDS += ["group", "attributes", "detail-type", "detail", "source", "resources", "customerId"]
FIELDS += ["quantity", "lines", "model", "colour", "prices", "note", "extra", "subject", "to"]

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.sampled_from([
    "",
    "orders",
    "payments",
    "events",
    "handle",
    "letters",
    "a/b",
    "..",
    "' OR 1=1 --",
    "\0",
    "9" * 40,
    "-1",
    "1e400",
    "nan",
    "null",
    "true",
    "SET a = :b",
    "attribute_exists(id)",
    "#x = :y",
])
numbers = st.integers() | st.floats() | st.sampled_from([2**63, -(2**63) - 1, 2**64, 10**30])
names = st.sampled_from(FIELDS) | texts
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4),
    max_leaves=8,
)
segments = texts.map(lambda text: quote(text, safe="")) | st.binary(max_size=8).map(
    quote_from_bytes
)
orders = st.fixed_dictionaries({
    "customerId": st.text(min_size=1, max_size=64),
    "quantity": st.integers(1, 1_000),
})
operands = st.fixed_dictionaries(
    {},
    optional={
        "body": values,
        "item": st.dictionaries(names, values, max_size=3).map(lambda item: {"id": "i", **item}),
        "key": values,
        "partition": values,
        "where": texts,
        "values": st.dictionaries(names, values, max_size=2),
        "limit": numbers,
        "delay": numbers,
        "group": texts,
        "detail-type": texts,
        "detail": st.dictionaries(names, values, max_size=3),
        "after": values,
        "id": texts,
    },
)


def encoded(value: object) -> bytes:
    """JSON text; NaN and infinite numbers come out as null."""
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:
        return b'"\\ud800"'


bodies = (values | orders | operands).map(encoded) | st.binary(max_size=60)
pairs = st.tuples(names, texts | values.map(lambda value: encoded(value).decode()))
queries = st.binary(max_size=30) | st.lists(pairs, max_size=4).map(
    lambda found: "&".join(f"{quote(name)}={quote(text)}" for name, text in found).encode()
)
header_names = st.sampled_from([
    b"content-type",
    b"content-length",
    b"traceparent",
    b"origin",
    b"host",
    b"authorization",
    b"x-api-key",
    b"expect",
    b"transfer-encoding",
])
headers = st.lists(st.tuples(header_names, st.binary(max_size=60)), max_size=2).map(
    lambda some: [HOST, JSON_TYPE, *some]
)


@pytest.fixture(scope="module", params=["every kind of argument", "the order system"])
def served(request):
    app = orders_app if request.param == "the order system" else make_app()
    with running(app) as kit:
        paths = list(kit.get("/openapi.json").body["paths"])
        routes = [path for path in paths if path not in MADE_TO_FAIL]
        yield kit, asgi_app(kit._platform), routes


@settings(max_examples=EXAMPLES, deadline=None)
@given(data=st.data())
def test_no_request_makes_it_fail(served, data):
    kit, door, routes = served
    template = data.draw(st.sampled_from(routes))
    path = template
    while "{" in path:
        before, _, after = path.partition("{")
        path = before + data.draw(segments) + after.partition("}")[2]
    target = path.encode() + b"?" + data.draw(st.just(b"") | queries)
    method = data.draw(st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD"]))
    got = ask(kit, method, target, data.draw(bodies), data.draw(headers), door=door)
    assert 200 <= got.status < 500, got.raw
    if got.status >= 400 and method != "HEAD":
        assert {"code", "message"} <= set(got.error)
        assert "Traceback" not in got.error["message"]


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    method=st.sampled_from(["GET", "POST", "BREW", ""]) | st.text(max_size=5),
    target=st.binary(max_size=40),
    body=st.binary(max_size=100),
    some=st.lists(st.tuples(header_names | st.binary(max_size=9), st.binary(max_size=40))),
)
def test_pure_noise_is_never_a_fault_of_ours(served, method, target, body, some):
    kit, door, _ = served
    got = ask(kit, method, b"/" + target, body, some, door=door)
    assert 400 <= got.status < 500 or got.raw
