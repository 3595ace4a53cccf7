"""Secrets at the command line: never in its arguments."""

from __future__ import annotations

import base64

import pytest

from ensue import App
from ensue.engine.keyring import MasterKey
from ensue.testing import running

PLAIN = "correct-horse-battery-staple"
HOUSE = "/_ensue/vaults/keys"


@pytest.fixture(autouse=True)
def one_vault(answers):
    answers.resources.append(("shop", "vault", "keys"))


def test_a_secret_is_read_from_standard_input_without_its_line_break(ensue, answers):
    answers.add(f"{HOUSE}/put", {"version": 3})

    done = ensue("secrets", "put", "bank", "--description", "of the bank", stdin=f"{PLAIN}\n")

    assert done.exit_code == 0, done.output
    assert answers.asked[-1] == (
        f"{HOUSE}/put",
        {"name": "bank", "value": PLAIN, "description": "of the bank"},
    )
    assert PLAIN not in done.output


def test_a_secret_given_as_an_argument_is_refused(ensue, answers):
    done = ensue("secrets", "put", "bank", PLAIN)

    assert done.exit_code == 2
    assert answers.asked == []


def test_a_file_is_put_byte_for_byte(ensue, answers, tmp_path):
    answers.add(f"{HOUSE}/put", {"version": 1})
    pem, raw = tmp_path / "key.pem", tmp_path / "raw"
    pem.write_text("-----BEGIN-----\n")
    raw.write_bytes(b"\xff\n")

    ensue("secrets", "put", "a", "--file", str(pem))
    ensue("secrets", "put", "b", "--file", str(raw), "--expect", "0")
    missing = ensue("secrets", "put", "b", "--file", str(tmp_path / "none"))

    assert [body for _, body in answers.asked] == [
        {"name": "a", "value": "-----BEGIN-----\n"},
        {"name": "b", "base64": base64.b64encode(b"\xff\n").decode(), "expect": 0},
    ]
    assert missing.exit_code == 1
    assert "cannot read the file" in missing.output


def test_get_shows_what_is_known_and_reveals_when_asked_to(ensue, answers):
    answers.add(f"{HOUSE}/get", {"name": "bank", "current": 3})
    answers.add(f"{HOUSE}/reveal", {"name": "bank", "version": 2, "value": PLAIN})

    known = ensue("secrets", "get", "bank")
    shown = ensue("secrets", "get", "bank", "--reveal", "--version", "previous")
    told = ensue("secrets", "get", "bank", "--reveal", "--json")
    wrong = ensue("secrets", "get", "bank", "--version", "2")
    odd = ensue("secrets", "get", "bank", "--reveal", "--version", "first")

    assert PLAIN not in known.output
    assert shown.stdout == PLAIN
    assert answers.asked[1] == (f"{HOUSE}/reveal", {"name": "bank", "version": "previous"})
    assert PLAIN in told.output
    assert (wrong.exit_code, odd.exit_code) == (2, 2)


def test_the_stores_file_is_read_without_a_server(ensue, answers, tmp_path):
    app = App("shop")
    keys = app.vault("keys")
    with running(app, store=f"sqlite:///{tmp_path}/ensue.db") as t:
        t.wait(keys.put("bank", PLAIN))

        shown = ensue("secrets", "get", "bank", "--reveal", "--data", str(tmp_path))

    assert shown.stdout == PLAIN
    assert answers.requests == []


def test_rekeying_fails_when_something_is_left(ensue, answers):
    answers.add(f"{HOUSE}/rekey", {"key_id": "ab", "versions": 2, "left": {}})
    answers.add(f"{HOUSE}/rekey", {"key_id": "ab", "versions": 0, "left": {"cd": 3}})

    done, left = ensue("secrets", "rekey"), ensue("secrets", "rekey")

    assert done.exit_code == 0
    assert left.exit_code == 1
    assert '"cd"' in left.output


def test_a_new_key_is_written_out_or_into_a_file_of_its_owner(ensue, tmp_path):
    file = tmp_path / "key"

    shown = ensue("secrets", "new-key")
    kept = ensue("secrets", "new-key", "--file", str(file))
    more = ensue("secrets", "new-key", "--file", str(file))

    first, *rest = (MasterKey(base64.b64decode(each)).id for each in file.read_text().split())
    assert MasterKey(base64.b64decode(shown.stdout.strip())).id in shown.stderr
    assert (kept.stdout, more.stdout, len(rest)) == ("", "", 1)
    assert f"the first key of {file} is now {first}" in more.stderr
    assert file.stat().st_mode & 0o777 == 0o600


def test_all_else_that_a_vault_does_has_its_command(ensue, answers):
    answers.add(f"{HOUSE}/list", [{"name": "bank"}])
    answers.add(f"{HOUSE}/delete", {"gone_ms": 1})

    listed = ensue("secrets", "list", "--prefix", "ba")
    deleted = ensue("secrets", "delete", "bank", "--recovery", "1d", "--in", "keys")
    helped = ensue("secrets", "--help")

    assert "bank" in listed.output
    assert answers.asked[-1] == (f"{HOUSE}/delete", {"name": "bank", "recovery": "1d"})
    assert deleted.exit_code == 0
    for name in ("list", "put", "get", "versions", "delete", "restore", "rekey", "new-key"):
        assert f"\n  {name} " in helped.output
    assert "\n  reveal " not in helped.output
