from __future__ import annotations

import pytest

from ensue.doors.http.asgi import BODY_BYTES_MAX
from tests.doors.http.sample import HOST, JSON_TYPE, ask

ORDER = b'{"customerId":"ann","quantity":1}'
BODY_ROUTES = [
    ("POST", "/orders"),
    ("POST", "/baskets"),
    ("PUT", "/orders/o1"),
    ("POST", "/_ensue/queues/payments/send"),
    ("POST", "/_ensue/queues/payments/peek"),
    ("POST", "/_ensue/tables/orders/put"),
    ("POST", "/_ensue/buses/events/publish"),
    ("POST", "/_ensue/functions/handle/invoke"),
    ("POST", "/_ensue/mail/letters/send"),
]
NO_JSON = {
    "cut off": b'{"customerId":',
    "no JSON at all": b"customerId=ann&quantity=1",
    "two values": b"{} {}",
    "not UTF-8": b'{"customerId":"\xff\xfe","quantity":1}',
    "not UTF-8 in a name": b'{"\xff":1}',
    "a byte order mark": b"\xef\xbb\xbf{}",
    "a NUL byte": b'{"customerId":"a\x00b","quantity":1}',
    "only NUL bytes": b"\x00" * 100,
    "a lone surrogate": b'{"customerId":"\\ud800","quantity":1}',
    "half a pair": b'{"customerId":"\\ud800\\u0041","quantity":1}',
    "an encoded surrogate": b'{"customerId":"\xed\xa0\x80","quantity":1}',
    "NaN": b'{"customerId":"ann","quantity":NaN}',
    "Infinity": b'{"customerId":"ann","quantity":-Infinity}',
    "100,000 brackets": b"[" * 100_000,
    "100,000 brackets, closed": b"[" * 100_000 + b"]" * 100_000,
    "100,000 objects": b'{"a":' * 100_000,
    "deep in a field": b'{"body":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "an array": b"[]",
    "a text": b'"x"',
    "null": b"null",
    "a number of 5,000 digits": b"9" * 5_000,
    "a number out of range": b'{"quantity":1e999}',
}


def stored(running):
    """What there is to see of all that requests could have stored."""
    looks = ("tables/orders", "queues/payments", "buses/events", "functions/handle", "mail/letters")
    return [running.get(f"/_ensue/{each}").body["status"] for each in looks]


@pytest.mark.parametrize("body", NO_JSON.values(), ids=NO_JSON)
@pytest.mark.parametrize(("method", "path"), BODY_ROUTES, ids=str)
def test_a_body_that_is_none_is_refused_everywhere_and_nothing_is_stored(
    lasting_shop, method, path, body
):
    before = stored(lasting_shop)
    got = ask(lasting_shop, method, path, body)
    assert got.status == 400
    assert got.error["code"] == "invalid_value"
    assert got.error["at"].startswith("$")
    assert got.error["message"].startswith("expected ")
    assert len(got.raw) < 1_000
    assert "Traceback" not in got.raw.decode()
    assert stored(lasting_shop) == before
    assert ask(lasting_shop, "GET", "/_ensue/health").status == 200


@pytest.mark.parametrize(("method", "path"), BODY_ROUTES, ids=str)
def test_a_body_of_ten_megabytes_is_refused_everywhere_before_it_is_read(
    lasting_shop, method, path
):
    piece = b"x" * 65_536
    unread = [piece] * 160
    announced = [HOST, JSON_TYPE, (b"content-length", b"%d" % (160 * 65_536))]
    got = ask(lasting_shop, method, path, unread, announced)
    assert (got.status, got.error["code"], len(unread)) == (413, "body_too_large", 160)

    got = ask(lasting_shop, method, path, unread)
    assert (got.status, len(unread)) == (413, 160 - BODY_BYTES_MAX // 65_536 - 1)


def test_a_body_of_the_largest_size_is_taken_and_one_byte_more_is_not(lasting_shop):
    padded = ORDER + b" " * (100 - len(ORDER))
    assert ask(lasting_shop, "POST", "/orders", padded, body_bytes_max=100).status == 201
    assert ask(lasting_shop, "POST", "/orders", padded + b" ", body_bytes_max=100).status == 413


@pytest.mark.parametrize("length", [b"-1", b"1e9", b"\xb2", b"9" * 5_000])
def test_a_content_length_that_is_none_harms_nobody(lasting_shop, length):
    got = ask(
        lasting_shop, "POST", "/orders", ORDER, [HOST, JSON_TYPE, (b"content-length", length)]
    )
    assert got.status in {201, 413}


@pytest.mark.parametrize(
    ("given", "status"),
    [
        (b"application/json", 201),
        (b"Application/JSON; charset=utf-8", 201),
        (b"application/cloudevents+json", 201),
        (b"text/plain", 415),
        (b"application/x-www-form-urlencoded", 415),
        (b"application/jsonp", 415),
        (b"text/json+json", 415),
        (b"", 415),
        (None, 415),
    ],
)
def test_a_body_must_be_said_to_be_json(lasting_shop, given, status):
    headers = [HOST] if given is None else [HOST, (b"content-type", given)]
    assert ask(lasting_shop, "POST", "/orders", ORDER, headers).status == status


def test_an_empty_body_is_refused_where_one_is_needed_and_taken_where_not(lasting_shop):
    got = ask(lasting_shop, "POST", "/orders", b"", [HOST])
    assert (got.status, got.error["at"]) == (400, "$")
    assert "an object with customerId, quantity as JSON, got an empty body" in got.error["message"]
    assert ask(lasting_shop, "POST", "/echo", b"", [HOST]).status == 204
    assert ask(lasting_shop, "POST", "/_ensue/queues/payments/peek", b"", [HOST]).status == 200
    assert ask(lasting_shop, "POST", "/_ensue/queues/payments/send", b"", [HOST]).status == 400


@pytest.mark.parametrize("number", ["9" * 19, "9" * 40, "-" + "9" * 19, str(2**63)])
def test_an_integer_of_more_than_64_bits_is_refused_wherever_it_stands(lasting_shop, number):
    deep = f'{{"extra":{{"a":[1,{number}]}},"lines":[{{"model":"LX","quantity":1}}]}}'
    got = ask(lasting_shop, "POST", "/baskets", deep.encode())
    assert (got.status, got.error["at"]) == (400, "$.extra.a[1]")
    assert ask(lasting_shop, "POST", f"/numbers/{number}").error["at"] == "path.number"
    found = ask(lasting_shop, "GET", f"/search?text=a&number={number}")
    assert found.error["at"] == "query.number"
    tail = ask(lasting_shop, "POST", "/_ensue/buses/events/tail", f'{{"after":{number}}}'.encode())
    assert tail.status == 400
    assert ask(lasting_shop, "GET", f"/_ensue/buses/events/tail?after={number}").status == 400


def test_a_long_row_of_digits_in_a_text_is_no_number(lasting_shop):
    assert ask(lasting_shop, "POST", "/echo", b'"%s"' % (b"9" * 40)).body == "9" * 40


@pytest.mark.parametrize("text", ["nan", "inf", "-inf", "infinity", "1e999", "NaN"])
def test_a_number_in_a_query_is_finite(lasting_shop, text):
    assert ask(lasting_shop, "GET", f"/search?text=a&least={text}").error["at"] == "query.least"


def test_arguments_come_from_the_query_by_type(lasting_shop):
    got = ask(
        lasting_shop,
        "GET",
        "/search?text=a%20b%2Bc+d&tags=x&tags=y&least=1.5&exact=true&number=-3&filter=%7B%22a%22:1%7D",
    )
    assert got.body == {
        "text": "a b+c d",
        "tags": ["x", "y"],
        "least": 1.5,
        "exact": True,
        "number": -3,
        "filter": {"a": 1},
    }
    defaults = ask(lasting_shop, "GET", "/search?text=")
    assert defaults.body == {
        "text": "",
        "tags": [],
        "least": None,
        "exact": False,
        "number": 0,
        "filter": None,
    }


def test_anything_in_a_query_is_json_when_it_is_json_and_text_when_not(lasting_shop):
    for text, value in (("12", 12), ("abc", "abc"), ("%22abc%22", "abc"), ("null", None)):
        assert ask(lasting_shop, "GET", f"/search?text=a&filter={text}").body["filter"] == value


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("", "expected text, a text, got nothing, at query.text"),
        ("text=a&number=x", 'expected an integer, got "x", at query.number'),
        ("text=a&exact=maybe", 'expected true or false, got "maybe", at query.exact'),
        ("text=a&text=b", 'expected one value, got "b" as well, at query.text'),
        (
            "text=a&nope=1",
            'expected one of text, tags, least, exact, number, filter, got "nope", at query.nope',
        ),
        ("text=%ff", "expected a query of UTF-8, at query"),
        ("text=a&" + "tags=x&" * 1_001, "expected at most 1000 fields, at query"),
    ],
)
def test_a_query_that_does_not_fit_is_refused_and_says_where(lasting_shop, query, message):
    got = ask(lasting_shop, "GET", f"/search?{query}")
    assert (got.status, got.error["message"]) == (400, message)


def test_a_route_without_a_query_takes_none(lasting_shop):
    got = ask(lasting_shop, "GET", "/hello?x=1")
    assert got.error["message"] == 'expected no fields, got "x", at query.x'


@pytest.mark.parametrize(
    "fragment",
    [
        "' OR 1=1 --",
        "%27%20OR%20%271%27=%271",
        "x'; DROP TABLE shop_orders; --",
        "..%2f..%2fetc%2fpasswd",
        "../../etc/passwd",
        "%00",
        "a%00b",
        "%ff%fe",
        "%ed%a0%80",
        "%F0%9F%92%A9",
        "%",
        "%zz",
        "x" * 65,
        "x" * 8_000,
        "$.a",
        "{id}",
        "%2e%2e",
        "\r\nx: y",
    ],
)
@pytest.mark.parametrize(
    "path",
    [
        "/orders/{}",
        "/_ensue/why/{}",
        "/_ensue/queues/{}",
        "/_ensue/queues/{}/peek",
        "/_ensue/tables/{}/get?key=a",
        "/_ensue/nope/{}",
        "/_ensue/tables/orders/get?key={}",
        "/_ensue/buses/events/explain?id={}",
    ],
)
def test_fragments_of_sql_and_of_paths_in_ids_find_nothing(lasting_shop, path, fragment):
    got = ask(lasting_shop, "GET", path.format(fragment).encode())
    assert got.status in {400, 404}
    assert got.error["code"] in {"invalid_value", "not_found", "invalid_name", "invalid_input"}
    assert ask(lasting_shop, "GET", "/_ensue/tables/orders").status == 200


def test_a_path_that_is_not_utf8_says_so(lasting_shop):
    got = ask(lasting_shop, "GET", b"/orders/%ff")
    assert got.error["message"] == "expected a path of UTF-8, at path"
    assert ask(lasting_shop, "GET", "/orders/%EF%BF%BD").status == 404


def test_a_nul_that_json_writes_out_is_a_character_like_others(lasting_shop):
    put = ask(lasting_shop, "PUT", "/orders/a%00b", b'{"n":"\\u0000"}')
    assert put.body == {"n": "\0", "id": "a\0b"}
    assert ask(lasting_shop, "GET", "/orders/a%00b").body == put.body
    assert ask(lasting_shop, "GET", "/orders/a").status == 404
