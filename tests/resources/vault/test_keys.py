from __future__ import annotations

import base64

import pytest

from ensue.app.app import App
from ensue.app.integrity import check, check_file
from ensue.app.revealing import reveal
from ensue.engine.database import StoreUrl
from ensue.engine.keyring import KEY_VARIABLE, PREVIOUS_VARIABLE, MasterKey
from ensue.words.errors import InvalidInput, MissingKey, NotFound, Unfit
from tests.engine.test_plans import plan

PLAIN = "correct-horse-battery-staple"
OLD, NEW = (base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2))
OLD_ID, NEW_ID = (MasterKey(base64.b64decode(each)).id for each in (OLD, NEW))


@pytest.fixture
def under(monkeypatch):
    """Set the key of now, and those of before."""

    def set_(key, previous=None):
        for name, text in ((KEY_VARIABLE, key), (PREVIOUS_VARIABLE, previous)):
            if text is None:
                monkeypatch.delenv(name, raising=False)
            else:
                monkeypatch.setenv(name, text)

    return set_


def shop(**options):
    app = App("shop")
    return app, app.vault("keys", **options)


def put_some(run_on, url, count=1):
    app, keys = shop()
    stage = run_on(url, app)
    for n in range(count):
        stage.wait(keys.put(f"bank/{n}", f"{PLAIN}-{n}"))
    stage.close()


def test_without_its_key_a_secret_is_asked_for_in_vain_and_all_else_runs(
    run_on, file_store, under, caplog
):
    under(OLD)
    put_some(run_on, file_store)
    under(NEW)
    app, keys = shop()
    stock = app.table("stock", key="id")

    stage = run_on(file_store, app)

    assert [each.rule for each in stage.platform.noticed()] == ["vault.key"]
    assert OLD_ID in caplog.text
    assert OLD not in caplog.text
    with pytest.raises(MissingKey, match=OLD_ID) as caught:
        stage.wait(keys.get("bank/0"))
    assert caught.value.key_id == OLD_ID
    assert OLD not in str(caught.value)
    assert NEW not in str(caught.value)
    assert stage.wait(keys.list())[0].name == "bank/0"
    stage.wait(stock.put({"id": "1"}))
    assert stage.wait(keys.put("bank/1", PLAIN)) == 1
    assert stage.wait(keys.get("bank/1")).text == PLAIN


def test_a_key_is_not_made_beside_a_store_that_holds_secrets_already(
    run_on, file_store, under, tmp_path
):
    under(OLD)
    put_some(run_on, file_store)
    under(None)
    app, keys = shop()

    stage = run_on(file_store, app)

    assert not (tmp_path / "ensue.db-key").exists()
    with pytest.raises(MissingKey, match="expected a key to seal"):
        stage.wait(keys.put("bank/0", "another"))
    assert {each.where for each in stage.platform.noticed()} == {
        "vault keys",
        f"vault keys, key {OLD_ID}",
    }


def test_the_key_beside_the_store_opens_it_at_the_next_start(run_on, file_store, tmp_path):
    put_some(run_on, file_store)
    app, keys = shop()

    assert run_on(file_store, app).wait(keys.get("bank/0")).text == f"{PLAIN}-0"
    assert (tmp_path / "ensue.db-key").exists()


def test_a_row_that_was_moved_or_changed_is_refused_and_the_check_finds_it(store, run_on):
    app, keys = shop()
    stage = run_on(store, app)
    for name in ("a", "b"):
        stage.wait(keys.put(name, PLAIN))
    [[sealed]] = stage.rows("SELECT sealed FROM shop_keys__versions WHERE name = 'a'")
    stage.do(
        lambda tx: tx.execute(
            "UPDATE shop_keys__versions SET sealed = ? WHERE name = 'b'", [sealed]
        )
    )

    with pytest.raises(Unfit, match="version 1 of the secret b as it was sealed"):
        stage.wait(keys.get("b"))
    [found] = check(stage.engine)
    assert (found.rule, found.where) == ("vault.sealed", "shop_keys__versions, b, version 1")


def test_the_check_finds_secrets_in_parts_and_a_table_that_is_gone(store, run_on):
    app, keys = shop()
    stage = run_on(store, app)
    for name in ("a", "b"):
        stage.wait(keys.put(name, PLAIN))
    stage.do(lambda tx: tx.execute("DELETE FROM shop_keys__versions WHERE name = 'a'"))
    stage.do(lambda tx: tx.execute("DELETE FROM shop_keys WHERE name = 'b'"))

    assert [(each.rule, each.where) for each in check(stage.engine)] == [
        ("vault.parts", "shop_keys, a, version 1"),
        ("vault.parts", "shop_keys, b, version 1"),
    ]
    stage.do(lambda tx: tx.execute("DROP TABLE shop_keys__versions"))
    assert "schema.table" in {each.rule for each in check(stage.engine)}


def test_the_check_of_a_file_opens_what_it_has_the_key_of(run_on, file_store, under, tmp_path):
    under(OLD)
    put_some(run_on, file_store, 2)

    assert check_file(tmp_path / "ensue.db") == []
    under(None)
    [found] = check_file(tmp_path / "ensue.db")

    assert (found.rule, found.severity) == ("vault.key", "warning")
    assert found.what.startswith("2 versions")
    assert OLD_ID in found.where


def test_rekeying_seals_all_anew_and_the_key_of_before_is_needed_no_more(run_on, file_store, under):
    under(OLD)
    put_some(run_on, file_store, 250)
    under(NEW, previous=OLD)
    app, keys = shop()
    stage = run_on(file_store, app)

    done = stage.wait(keys.rekey())
    again = stage.wait(keys.rekey())
    stage.close()
    under(NEW)
    app, keys = shop()
    stage = run_on(file_store, app)

    assert (done.key_id, done.versions, done.left) == (NEW_ID, 250, {})
    assert (again.versions, again.left) == (0, {})
    assert stage.platform.noticed() == []
    assert stage.wait(keys.get("bank/249")).text == f"{PLAIN}-249"
    assert stage.wait(keys.status()) == {"secrets": 250, "versions": {NEW_ID: 250}}


def test_rekeying_leaves_what_it_cannot_open_and_says_so(run_on, file_store, under):
    under(OLD)
    put_some(run_on, file_store, 3)
    under(NEW)
    app, keys = shop()
    stage = run_on(file_store, app)
    keyless = stage.wait(keys.rekey())
    under(NEW, previous=OLD)
    stage.do(
        lambda tx: tx.execute(
            "UPDATE shop_keys__versions SET sealed = zeroblob(40) WHERE name = 'bank/1'"
        )
    )

    spoilt = stage.wait(keys.rekey())

    assert (keyless.versions, keyless.left) == (0, {OLD_ID: 3})
    assert (spoilt.versions, spoilt.left) == (2, {OLD_ID: 1})
    assert stage.wait(keys.get("bank/2")).text == f"{PLAIN}-2"


def test_who_can_read_the_file_and_the_key_needs_no_server(run_on, file_store, under):
    under(OLD)
    put_some(run_on, file_store)
    url = f"sqlite:///{file_store.path}"

    assert reveal(url, "bank/0") == {"name": "bank/0", "version": 1, "value": f"{PLAIN}-0"}
    assert reveal(url, "bank/0", vault="shop/keys", version=1)["version"] == 1
    with pytest.raises(NotFound, match="no vault others"):
        reveal(url, "bank/0", vault="others")
    under(None)
    with pytest.raises(MissingKey, match=OLD_ID):
        reveal(url, "bank/0")


def test_of_several_vaults_one_must_be_named(run_on, file_store):
    app, keys = shop()
    app.vault("more")
    stage = run_on(file_store, app)
    stage.wait(keys.put("raw", b"\xff"))
    url = f"sqlite:///{file_store.path}"

    with pytest.raises(InvalidInput, match="one of shop/keys, shop/more"):
        reveal(url, "raw")
    assert reveal(url, "raw", vault="keys")["base64"] == "/w=="


def test_what_is_looked_up_often_uses_an_index(run_on):
    from ensue.resources.vault import store  # noqa: PLC0415

    app, keys = shop()
    stage = run_on(StoreUrl(":memory:"), app)
    keyring = stage.engine.facts.keyring
    pair = (MasterKey(bytes(32)), keyring.to_seal())
    stage.wait(keys.put("bank", PLAIN))

    hot = {
        "get": (lambda tx: store.get(tx, keys.model, "bank"), "sqlite_autoindex_shop_keys"),
        "gone": (lambda tx: store.next_gone_ms(tx, keys.model), "shop_keys__gone"),
        "rekey": (
            lambda tx: store.rekey_some(tx, keys.model, pair, ("", 0), 9),
            "shop_keys__versions__keys (key_id=?",
        ),
        "list": (
            lambda tx: store.infos(tx, keys.model, prefix="b", after=None, limit=9),
            "name>? AND name<?",
        ),
    }
    for name, (run, index) in hot.items():
        said = plan(stage, run)
        assert index in said, f"{name}: {said}"
        assert "SCAN" not in said, f"{name}: {said}"
