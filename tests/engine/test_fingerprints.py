from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ensue.engine.failures import ERROR_LENGTH_MAX
from ensue.engine.fingerprints import MESSAGE_LENGTH_MAX, fingerprint

SAME = [
    ("KeyError: 'order-17'", "KeyError: 'order-18'"),
    ("no order 17 of 2026-01-02T03:04:05.123Z", "no order 3 of 2025-12-31"),
    ("no 01920f0c-6b0e-7f3a-9c52-5d8e6a0b1f27", "no 01920f0c-6b0e-7f3a-9c52-5d8e6a0b1f28"),
    ("E: http://10.0.0.1:80/pay?id=7 answered 503", "E: http://10.0.0.2:81/pay?id=8 answered 503"),
    ("E: jane.doe@example.org is unknown", "E: bob@example.net is unknown"),
    ("ValueError: no float: 'twelve and a half'", "ValueError: no float: 'a lot of it'"),
    ("E: request req_9a8b7c failed\n  twice", "E: request req_000001 failed twice"),
]
OTHERS = [
    ("KeyError: 'currency'", "KeyError: 'amount'"),
    ("KeyError: 'currency'", "TypeError: 'currency'"),
    ("E: http://pay/ answered 503", "E: http://pay/ answered 404"),
    ("E: HTTP/1.1 402 Payment Required", "E: HTTP/1.1 409 Conflict"),
    (
        "E: Server error '503 Service Unavailable' for url 'http://a/'",
        "E: Server error '500 Internal Server Error' for url 'http://a/'",
    ),
    (
        "HTTPError: 503 Server Error: no for url: http://a/",
        "HTTPError: 502 Server Error: no for url: http://a/",
    ),
    ("urllib.error.HTTPError: HTTP Error 503: no", "urllib.error.HTTPError: HTTP Error 504: no"),
    ("OSError: [Errno 111] Connection refused", "OSError: [Errno 113] Connection refused"),
    ("KeyError", "KeyError: 'KeyError'"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_what_differs_only_in_ids_numbers_and_times_is_one_cause(one, other):
    assert fingerprint(16, one) == fingerprint(16, other)


@pytest.mark.parametrize(("one", "other"), OTHERS)
def test_another_error_field_or_status_is_another_cause(one, other):
    assert fingerprint(16, one).text != fingerprint(16, other).text


def test_the_same_failure_in_another_place_is_another_cause():
    assert fingerprint(16, "KeyError: 'a'").text != fingerprint(17, "KeyError: 'a'").text


def test_a_cause_says_what_its_failures_have_in_common():
    found = fingerprint(16, "httpx.ConnectError: no answer from 10.0.0.7:443 for o-1 in 1.5 s")

    assert found.error == "httpx.ConnectError"
    assert found.message == "no answer from {address} for {id} in {number} s"


def test_a_password_in_an_address_is_no_part_of_a_cause():
    assert fingerprint(16, "E: https://me:hush@bank/ is down").message == "https://bank/ is down"


@settings(max_examples=50)
@given(st.text(max_size=40), st.sampled_from([1, 60]))
def test_any_reason_has_a_cause_of_bounded_size_also_as_it_is_kept(reason, times):
    found = fingerprint(16, reason * times)

    assert len(found.message) <= MESSAGE_LENGTH_MAX
    assert found == fingerprint(16, (reason * times)[:ERROR_LENGTH_MAX])
