from __future__ import annotations

import pytest

from ensue.app.app import App
from ensue.words.errors import (
    ConditionFailed,
    Conflict,
    InvalidDeclaration,
    InvalidInput,
    InvalidName,
    InvalidValue,
    MissingExtra,
    NotFound,
    TooLarge,
)

PLAIN = "correct-horse-battery-staple"
DAY_MS = 86_400_000


def test_what_is_put_is_what_is_got_as_text_or_bytes(store, run_on, app, keys):
    stage = run_on(store, app)

    stage.wait(keys.put("bank", PLAIN, description="of the test account"))
    stage.wait(keys.put("raw", b"\x00\xff"))
    text, raw = stage.wait(keys.get("bank")), stage.wait(keys.get("raw"))

    assert (text.text, text.bytes, text.is_text) == (PLAIN, PLAIN.encode(), True)
    assert (raw.bytes, raw.is_text) == (b"\x00\xff", False)
    with pytest.raises(InvalidInput, match="bytes that are no UTF-8"):
        _ = raw.text


def test_a_transaction_puts_and_gets_or_nothing_of_it_happens(store, run_on, app, keys):
    stage = run_on(store, app)

    def put(tx):
        tx.put_secret(keys, "bank", PLAIN)
        return tx.get_secret(keys, "bank").text

    def fail(tx):
        tx.put_secret(keys, "bank", "another")
        raise ZeroDivisionError

    assert stage.wait(app.run(put)) == PLAIN
    with pytest.raises(ZeroDivisionError):
        stage.wait(app.run(fail))

    assert stage.wait(app.read(lambda tx: tx.get_secret(keys, "bank").text)) == PLAIN
    assert [each.version for each in stage.wait(keys.versions("bank"))] == [1]


def test_the_versions_before_stay_readable_until_they_are_pruned(store, run_on, app):
    keys = app.vault("keys", keep=3)
    stage = run_on(store, app)

    numbers = [stage.wait(keys.put("bank", f"{PLAIN}-{n}")) for n in range(1, 6)]

    kept = stage.wait(keys.versions("bank"))
    assert numbers == [1, 2, 3, 4, 5]
    assert [(each.version, each.stage) for each in kept] == [
        (3, None),
        (4, "previous"),
        (5, "current"),
    ]
    assert stage.wait(keys.get("bank", 3)).text == f"{PLAIN}-3"
    assert stage.wait(keys.get("bank", "previous")).text == f"{PLAIN}-4"
    assert stage.wait(keys.get("bank", "current")).version == 5
    with pytest.raises(NotFound, match="no version 2 of the secret"):
        stage.wait(keys.get("bank", 2))


def test_a_version_before_can_be_made_current_and_is_not_pruned_then(store, run_on, app):
    keys = app.vault("keys", keep=2)
    stage = run_on(store, app)
    for n in (1, 2):
        stage.wait(keys.put("bank", f"{PLAIN}-{n}"))

    stage.wait(keys.promote("bank", 1))
    info = stage.wait(keys.info("bank"))
    stage.wait(keys.put("bank", f"{PLAIN}-3"))

    assert (info.current, info.previous) == (1, 2)
    assert [each.version for each in stage.wait(keys.versions("bank"))] == [1, 2, 3]
    assert stage.wait(keys.get("bank", "previous")).text == f"{PLAIN}-1"
    with pytest.raises(NotFound, match="no version 9"):
        stage.wait(keys.promote("bank", 9))


def test_a_secret_that_was_deleted_can_be_restored_until_its_time_is_over(store, run_on, app, keys):
    stage = run_on(store, app)
    stage.wait(keys.put("bank", PLAIN))

    gone_ms = stage.wait(keys.delete("bank", recovery="1d"))

    assert gone_ms == stage.clock.now_ms() + DAY_MS
    with pytest.raises(NotFound, match=r"was deleted.*restored"):
        stage.wait(keys.get("bank"))
    with pytest.raises(Conflict, match="was deleted"):
        stage.wait(keys.put("bank", "another"))
    stage.advance(DAY_MS - 1)
    assert stage.wait(keys.restore("bank")).gone_ms is None
    stage.advance(DAY_MS)
    assert stage.wait(keys.get("bank")).text == PLAIN

    stage.wait(keys.delete("bank", recovery="1d"))
    stage.advance(DAY_MS)

    assert stage.rows("SELECT count(*) FROM shop_keys__versions") == [(0,)]
    with pytest.raises(NotFound, match="there is no secret"):
        stage.wait(keys.restore("bank"))


def test_a_secret_can_be_deleted_at_once_and_put_anew(store, run_on, app, keys):
    stage = run_on(store, app)
    stage.wait(keys.put("bank", PLAIN))

    stage.wait(app.run(lambda tx: tx.delete_secret(keys, "bank", recovery=0)))

    assert stage.wait(keys.list()) == []
    assert stage.wait(keys.put("bank", PLAIN)) == 1


def test_a_put_can_expect_the_version_that_is_current(store, run_on, app, keys):
    stage = run_on(store, app)

    assert stage.wait(keys.put("bank", PLAIN, expect=0)) == 1
    assert stage.wait(keys.put("bank", PLAIN, expect=1)) == 2

    with pytest.raises(ConditionFailed, match=r"expected version 1 .* got 2"):
        stage.wait(keys.put("bank", PLAIN, expect=1))
    with pytest.raises(ConditionFailed, match="expected version 0"):
        stage.wait(keys.put("bank", PLAIN, expect=0))


def test_a_list_tells_all_but_what_the_secrets_are(store, run_on, app, keys):
    stage = run_on(store, app)
    for name in ("bank/a", "bank/b", "mail/a"):
        stage.wait(keys.put(name, PLAIN, description=f"for {name}"))

    found = stage.wait(keys.list(prefix="bank/"))
    behind = stage.wait(keys.list(after="bank/a", limit=1))

    assert [(each.name, each.description, each.current) for each in found] == [
        ("bank/a", "for bank/a", 1),
        ("bank/b", "for bank/b", 1),
    ]
    assert [each.name for each in behind] == ["bank/b"]
    assert PLAIN not in repr(found)


@pytest.mark.parametrize("name", ["", "-a", "a b", "ä", "a" * 257, "a\n"])
def test_a_name_that_is_none_is_refused(run_on, store, app, keys, name):
    stage = run_on(store, app)

    with pytest.raises(InvalidName, match="expected the name of a secret"):
        stage.wait(keys.put(name, PLAIN))


def test_what_cannot_be_a_secret_is_refused_and_not_shown(run_on, store, app, keys):
    stage = run_on(store, app)

    for value, error in (
        ("", InvalidValue),
        ("x" * 65_537, TooLarge),
        ("\ud800", InvalidValue),
        (17, InvalidValue),
    ):
        with pytest.raises(error) as caught:
            stage.wait(keys.put("bank", value))
        assert "xxx" not in str(caught.value)
    with pytest.raises(InvalidValue, match="at most 2048 characters"):
        stage.wait(keys.put("bank", PLAIN, description="x" * 2_049))
    assert stage.wait(keys.put("bank", "x" * 65_536)) == 1


def test_a_vault_that_keeps_too_few_or_too_many_versions_is_refused():
    app = App("shop")

    for keep in (1, 101):
        with pytest.raises(InvalidDeclaration, match="expected to keep 2 to 100 versions"):
            app.vault("keys", keep=keep)


def test_without_the_library_the_declaration_says_what_to_install(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "cryptography.hazmat.primitives.ciphers", None)

    with pytest.raises(MissingExtra, match=r"ensue\[secrets\]"):
        App("shop").vault("keys")
