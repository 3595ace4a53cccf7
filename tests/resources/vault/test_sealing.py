from __future__ import annotations

import base64
import hmac

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from hypothesis import given
from hypothesis import strategies as st

from ensue.engine.keyring import MasterKey
from ensue.resources.vault.rules import NONCE_BYTES, Spot, reseal, seal, unseal
from ensue.words.errors import Unfit
from ensue.words.names import Ref

RAW = bytes(range(32))
KEY = MasterKey(RAW)
SPOT = Spot(Ref("shop", "vault", "keys"), "bank", 3)
NAMES = st.text(min_size=1, max_size=20)


@given(st.binary(min_size=1, max_size=2_000), st.booleans())
def test_what_is_sealed_is_opened_as_it_was(content, is_text):
    found = unseal(KEY, SPOT, seal(KEY, SPOT, content, is_text=is_text))

    assert (found.bytes, found.is_text) == (content, is_text)
    assert (found.name, found.version) == ("bank", 3)


@given(st.binary(min_size=1, max_size=60), st.data())
def test_any_bit_that_is_flipped_is_refused(content, data):
    sealed = bytearray(seal(KEY, SPOT, content, is_text=True))
    bit = data.draw(st.integers(0, len(sealed) * 8 - 1))
    sealed[bit // 8] ^= 1 << bit % 8

    with pytest.raises(Unfit, match="changed or moved"):
        unseal(KEY, SPOT, bytes(sealed))


@given(st.binary(min_size=1, max_size=60), st.data())
def test_what_was_cut_off_is_refused(content, data):
    sealed = seal(KEY, SPOT, content, is_text=True)
    length = data.draw(st.integers(0, len(sealed) - 1))

    with pytest.raises(Unfit):
        unseal(KEY, SPOT, sealed[:length])


@given(NAMES, NAMES, NAMES, st.integers(1, 99), st.binary(min_size=32, max_size=32))
def test_it_is_opened_where_it_was_sealed_and_nowhere_else(app, vault, name, version, raw):
    sealed = seal(KEY, SPOT, b"secret", is_text=True)
    elsewhere = Spot(Ref(app, "vault", vault), name, version)
    other = MasterKey(raw)

    if elsewhere != SPOT:
        with pytest.raises(Unfit):
            unseal(KEY, elsewhere, sealed)
    if raw != RAW:
        with pytest.raises(Unfit):
            unseal(other, SPOT, sealed)


@given(NAMES, NAMES, NAMES, NAMES)
def test_two_places_are_never_bound_alike(a, b, c, d):
    one = Spot(Ref(a, "vault", b), c, 1)
    other = Spot(Ref(b, "vault", c), d, 1)

    assert (one.bound("k") == other.bound("k")) == (one == other)


def test_the_same_secret_is_never_sealed_alike():
    sealed = {seal(KEY, SPOT, b"secret", is_text=True) for _ in range(100)}

    assert len({each[1 : 1 + NONCE_BYTES] for each in sealed}) == 100


def test_it_is_aes_256_gcm_under_a_key_by_hkdf_as_it_is_written():
    sealed = seal(KEY, SPOT, b"secret", is_text=True)
    expand = HKDFExpand(hashes.SHA256(), 32, b"ensue secrets AES-256-GCM")
    bound = b'["ensue secret","01","shop","keys","bank",3,"' + KEY.id.encode() + b'"]'

    plain = AESGCM(expand.derive(RAW)).decrypt(sealed[1:13], sealed[13:], bound)

    assert plain == b"\x01secret"
    assert KEY.id == hmac.digest(RAW, b"ensue secrets key id\x01", "sha256")[:8].hex()


def test_a_secret_under_another_key_is_the_same_secret():
    new = MasterKey(bytes(32))
    again = reseal(KEY, new, SPOT, seal(KEY, SPOT, b"\x00raw", is_text=False))

    found = unseal(new, SPOT, again)
    assert (found.bytes, found.is_text) == (b"\x00raw", False)
    with pytest.raises(Unfit):
        unseal(KEY, SPOT, again)


def test_a_value_is_hidden_in_every_form_but_the_two_that_say_so():
    value = unseal(KEY, SPOT, seal(KEY, SPOT, b"hunter2-hunter2", is_text=True))

    for form in (repr(value), str(value), f"{value}", f"{value!s:>60}", "%s" % (value,)):  # noqa: UP031
        assert "hunter2" not in form
        assert base64.b64encode(b"hunter2-hunter2").decode() not in form
    assert value.text == "hunter2-hunter2"
    with pytest.raises(TypeError):
        hash(value)


def test_values_are_compared_by_what_they_are():
    one, same, other = (
        unseal(KEY, SPOT, seal(KEY, SPOT, each, is_text=True)) for each in (b"a", b"a", b"b")
    )

    assert one == same
    assert one != other
    assert one != "a"
