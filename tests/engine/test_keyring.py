from __future__ import annotations

import base64
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensue.engine.database import StoreUrl
from ensue.engine.keyring import (
    FILE_VARIABLE,
    KEY_VARIABLE,
    KEYS_MAX,
    PREVIOUS_VARIABLE,
    Keyring,
    MasterKey,
    add_key,
    keyring_of,
    new_key_text,
)
from ensue.words.errors import Conflict, MissingKey

A, B, C = (base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2, 3))


def key_id(text):
    return MasterKey(base64.b64decode(text)).id


def private(path, text):
    path.write_text(text)
    path.chmod(0o600)
    return path


def test_a_key_of_the_environment_seals_before_one_of_a_file_and_both_open(tmp_path):
    beside = private(tmp_path / "ensue.db-key", B)

    ring = Keyring(beside, {KEY_VARIABLE: A})

    assert ring.to_seal().id == key_id(A)
    assert ring.to_open(key_id(B)).id == key_id(B)


def test_the_first_line_of_a_file_seals_and_the_others_open(tmp_path):
    ring = Keyring(None, {FILE_VARIABLE: str(private(tmp_path / "key", f"{A}\n{B}\n"))})

    assert ring.to_seal().id == key_id(A)
    assert ring.to_open(key_id(B)).id == key_id(B)


def test_keys_of_before_open_and_never_seal():
    ring = Keyring(None, {KEY_VARIABLE: A, PREVIOUS_VARIABLE: f"{B} {C}"})

    assert ring.to_seal().id == key_id(A)
    assert ring.to_open(key_id(C)).id == key_id(C)


def test_a_key_in_the_alphabet_of_urls_is_the_same_key():
    raw = b"\xfb\xff" * 16

    ring = Keyring(None, {KEY_VARIABLE: base64.urlsafe_b64encode(raw).decode()})

    assert ring.to_seal().id == MasterKey(raw).id


def test_a_key_that_is_not_here_is_named_by_its_id_and_no_key_is_shown():
    ring = Keyring(None, {KEY_VARIABLE: A})

    with pytest.raises(MissingKey) as caught:
        ring.to_open(key_id(B))

    assert caught.value.key_id == key_id(B)
    assert key_id(B) in str(caught.value)
    assert key_id(A) in str(caught.value)
    assert A not in str(caught.value)
    assert "ENSUE_SECRETS_KEY_PREVIOUS" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("not base64!", "expected base64 of 32 bytes in ENSUE_SECRETS_KEY, got none"),
        (base64.b64encode(b"short").decode(), "got 5 bytes"),
        ("é" * 44, "got none"),
        (" ".join([A] * (KEYS_MAX + 1)), "expected 1 to 16 keys"),
    ],
)
def test_what_is_no_key_is_refused_when_it_is_wanted_and_not_shown(text, said):
    ring = Keyring(None, {KEY_VARIABLE: text})

    with pytest.raises(MissingKey) as caught:
        ring.to_seal()

    assert said in str(caught.value)
    assert text not in str(caught.value)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_file_that_others_can_read_is_refused(tmp_path, mode):
    file = private(tmp_path / "key", A)
    file.chmod(mode)

    with pytest.raises(MissingKey, match="to be open to its owner only, got mode"):
        Keyring(None, {FILE_VARIABLE: str(file)}).to_seal()


def test_a_file_that_is_not_there_is_told_of(tmp_path):
    ring = Keyring(None, {FILE_VARIABLE: str(tmp_path / "key")})

    with pytest.raises(MissingKey, match="No such file"):
        ring.to_seal()


def test_a_file_is_read_again_when_it_has_changed(tmp_path):
    file = private(tmp_path / "key", A)
    ring = Keyring(file, {})
    before = ring.to_seal().id

    add_key(file)

    assert ring.to_seal().id != before
    assert ring.to_open(before).id == before


def test_a_key_is_made_once_and_open_to_its_owner_only(tmp_path):
    url = StoreUrl(str(tmp_path / "ensue.db"))
    keyring_of(url).make()
    made = keyring_of(url).to_seal().id

    keyring_of(url).make()

    assert keyring_of(url).to_seal().id == made
    assert (tmp_path / "ensue.db-key").stat().st_mode & 0o777 == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["ensue.db-key"]


def test_no_key_is_made_where_the_environment_names_one(tmp_path):
    Keyring(tmp_path / "key", {FILE_VARIABLE: str(tmp_path / "elsewhere")}).make()

    assert list(tmp_path.iterdir()) == []


def test_a_key_file_takes_so_many_keys_and_what_is_none_is_left_alone(tmp_path):
    full = private(tmp_path / "full", "\n".join([A] * KEYS_MAX))
    none = private(tmp_path / "none", "remember the milk")

    with pytest.raises(Conflict, match="at most 16 keys"):
        add_key(full)
    with pytest.raises(MissingKey):
        add_key(none)

    assert none.read_text() == "remember the milk"


def test_a_store_in_memory_has_a_key_of_its_own():
    one, other = keyring_of(StoreUrl(":memory:")), keyring_of(StoreUrl(":memory:"))

    assert one.to_seal().id == one.to_seal().id != other.to_seal().id


def test_a_master_key_shows_its_id_only_and_is_written_nowhere():
    text = new_key_text()
    key = MasterKey(base64.b64decode(text))

    assert repr(key) == f"MasterKey({key.id})"
    with pytest.raises(TypeError, match="not written anywhere"):
        pickle.dumps(key)


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32))
def test_an_id_is_that_of_one_key_and_no_part_of_it(one, other):
    assert (MasterKey(one).id == MasterKey(other).id) == (one == other)
    assert bytes.fromhex(MasterKey(one).id) not in one
