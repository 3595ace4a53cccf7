"""What is decided without a network: what an answer means, and what of it is shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensue.resources.destination.rules import Mask, Meaning, meaning_of, retry_after_ms

NOW_MS = 1_940_987_655_926


@given(st.text(st.characters(codec="utf-8"), min_size=4, max_size=40), st.text(max_size=20))
def test_no_text_shows_a_secret_that_was_hidden(secret, around):
    shown = Mask([secret]).hide(f"{around}{secret}{around}{secret}")

    assert secret not in shown.replace("***", "\0")


@pytest.mark.parametrize("read", [300, 999, 1_000, 1_001, 7_500])
def test_a_secret_that_is_cut_off_at_the_end_of_what_was_read_is_not_shown(read):
    secret = "s3cr3t" + "x" * 994

    shown = Mask([secret]).excerpt((secret * 8).encode()[:read], 500, is_whole=False)

    assert "s3c" not in shown


def test_an_answer_is_shown_on_one_line_and_cut():
    shown = Mask([]).excerpt(b"no\r\n such\x00 \xff customer " + b"x" * 600, 20, is_whole=True)

    assert shown == "no such � customer …"


@pytest.mark.parametrize("status", range(100, 600))
def test_each_status_means_one_thing(status):
    found = meaning_of(status, says_when=False)

    if 200 <= status < 300:
        assert found is Meaning.TAKEN
    elif status >= 500 or status in {408, 425, 429}:
        assert found is Meaning.LATER
    else:
        assert found is Meaning.NEVER


@pytest.mark.parametrize(
    ("given", "wait_ms"),
    [
        (None, 0),
        ("", 0),
        ("0", 0),
        ("7", 7_000),
        (" 7 ", 7_000),
        ("-7", 0),
        ("7.5", 0),
        ("soon", 0),
        ("9" * 50, 3_600_000),
        ("Sat, 05 Jul 1997 00:00:00 GMT", 0),
        ("Thu, 01 Jan 9999 00:00:00 GMT", 3_600_000),
    ],
)
def test_a_retry_after_is_seconds_or_a_date_and_an_hour_at_most(given, wait_ms):
    assert retry_after_ms(given, NOW_MS) == wait_ms
