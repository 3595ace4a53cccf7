"""What a secret is stands nowhere but in the answers to who asks for it."""

from __future__ import annotations

import base64
import logging
import traceback

import httpx
import pytest

from ensue.app import copies
from ensue.app.app import App
from ensue.app.signed import SignedRequest
from ensue.identity import Hmac
from ensue.resources.destination import ApiKey
from ensue.testing import running
from ensue.words.errors import EnsueError, MissingSecret

PLAIN = "correct-horse-battery-staple"
FORMS = (PLAIN.encode(), base64.b64encode(PLAIN.encode()), PLAIN.encode().hex().encode())


def shows(content: bytes) -> bool:
    return any(form in content for form in FORMS)


def shop():
    app = App("shop")
    return app, app.vault("keys")


def test_neither_the_store_nor_a_copy_of_it_holds_what_a_secret_is(run_on, file_store, tmp_path):
    app, keys = shop()
    stock = app.table("stock", key="id")

    @app.on_change(stock)
    def follow(change, tx):
        tx.put_secret(keys, "bank", tx.get_secret(keys, "bank").text + "-2")

    stage = run_on(file_store, app)
    stage.wait(keys.put("bank", PLAIN, description="of the bank"))
    stage.wait(stock.put({"id": "1"}))
    stage.settle()
    stage.wait(keys.delete("bank"))
    url = f"sqlite:///{file_store.path}"
    checked = copies.back_up(url, tmp_path / "copy.db").findings
    copies.export(url, tmp_path / "export.jsonl")
    checked += copies.branch(url, tmp_path / "branch").findings
    while_it_runs = [each.read_bytes() for each in tmp_path.rglob("*") if each.is_file()]
    stage.close()

    files = {each.name: each.read_bytes() for each in tmp_path.rglob("*") if each.is_file()}
    assert {"ensue.db", "ensue.db-key", "export.jsonl"} <= set(files)
    assert checked == []  # by the key of the original
    assert not any(shows(content) for content in [*while_it_runs, *files.values()])
    assert [each.name for each in tmp_path.rglob("ensue.db-key")] == ["ensue.db-key"]
    key = (tmp_path / "ensue.db-key").read_bytes().strip()
    assert not any(key in content for name, content in files.items() if name != "ensue.db-key")


def test_a_copy_is_read_with_the_key_and_only_with_it(run_on, file_store, tmp_path, monkeypatch):
    app, keys = shop()
    stage = run_on(file_store, app)
    stage.wait(keys.put("bank", PLAIN))
    stage.close()
    copies.export(f"sqlite:///{file_store.path}", tmp_path / "export.jsonl")
    moved = f"sqlite:///{tmp_path / 'moved' / 'ensue.db'}"
    copies.import_(moved, tmp_path / "export.jsonl")

    from ensue.app.revealing import reveal  # noqa: PLC0415

    with pytest.raises(MissingSecret):
        reveal(moved, "bank")
    monkeypatch.setenv("ENSUE_SECRETS_KEY_FILE", str(tmp_path / "ensue.db-key"))
    assert reveal(moved, "bank")["value"] == PLAIN


def test_what_is_shown_of_a_vault_and_of_what_used_it_shows_no_secret(caplog):
    app, keys = shop()
    caplog.set_level(logging.DEBUG)

    @app.post("/rotate")
    def rotate(tx) -> dict[str, int]:
        return {"version": tx.put_secret(keys, "bank", PLAIN)}

    @app.post("/leak")
    def leak(tx) -> object:
        return tx.get_secret(keys, "bank")

    @app.post("/fail")
    def fail(tx) -> None:
        secret = tx.get_secret(keys, "bank")
        raise ValueError(f"cannot use {secret}")

    with running(app) as t:
        seen = [t.post("/rotate")]
        seen += [t.post(path) for path in ("/leak", "/fail")]
        house = "/_ensue/vaults/keys"
        put = {"name": "bank", "value": PLAIN, "description": "x"}
        seen += [
            t.post(f"{house}/put", put),
            t.post(f"{house}/put", put | {"base64": "AAAA"}),
            t.post(f"{house}/put", put | {"expect": 17}),
            t.post(f"{house}/put", put | {"name": "a b"}),
            t.post(f"{house}/put", put | {"name": "x", "value": PLAIN * 3_000}),
            t.post(f"{house}/put", put | {"version": 1}),
            t.post(f"{house}/put", put | {"value": [PLAIN]}),
            t.request("POST", f"{house}/put", body=f'{{"value": "{PLAIN}'.encode()),
            t.post(f"{house}/reveal", {"name": "bank"}),
            t.get(f"{house}/reveal", name="bank"),
            t.get(house),
            t.get(f"{house}/list"),
            t.get(f"{house}/versions", name="bank"),
            t.get("/_ensue/resources"),
            t.get("/_ensue/warnings"),
            t.get("/openapi.json"),
        ]
        why = (
            t.get(f"/_ensue/why/{seen[0].headers['x-request-id']}")
            if ("x-request-id" in seen[0].headers)
            else seen[0]
        )

    assert [each.status for each in seen[:5]] == [200, 500, 500, 200, 400]
    assert [each for each in [*seen, why] if shows(repr((each.body, each.headers)).encode())] == []
    assert not shows(caplog.text.encode())


def test_a_traceback_shows_no_secret(store, run_on):
    app, keys = shop()
    stage = run_on(store, app)

    for value, name in ((PLAIN, "a b"), (PLAIN * 3_000, "bank")):
        with pytest.raises(EnsueError) as caught:
            stage.wait(keys.put(name, value))
        frames = traceback.TracebackException.from_exception(caught.value)
        assert not shows("".join(frames.format()).encode())


def test_a_secret_of_a_vault_stands_where_one_of_the_environment_does(store, run_on):
    app, keys = shop()
    secret = keys.secret("github")

    assert repr(secret) == "Secret.vault('shop/keys/github')"
    assert secret == keys.secret("github")
    with pytest.raises(MissingSecret, match="not running"):
        secret.read()
    stage = run_on(store, app)
    [warned] = stage.platform.noticed()
    assert (warned.rule, warned.where) == ("vault.secret", "vault keys, github")
    assert warned.hint == "ensue secrets put github --in keys"
    with pytest.raises(MissingSecret, match="there is no secret"):
        secret.read()
    stage.wait(keys.put("github", f" {PLAIN}\n"))
    assert secret.read() == PLAIN
    stage.wait(keys.put("github", "rotated"))
    assert secret.read() == "rotated"
    stage.wait(keys.put("github", b"\xff"))
    with pytest.raises(MissingSecret, match="no UTF-8"):
        secret.read()


def test_a_verifier_and_a_destination_read_their_secrets_from_a_vault():
    app, keys = shop()
    app.destination(
        "bank",
        url="https://bank.example/",
        connection=ApiKey(keys.secret("bank")),
        headers={"X-Other": keys.secret("other")},
    )

    @app.post("/hook", verify=Hmac(keys.secret("hook"), header="X-Signature"))
    def hook(request: SignedRequest) -> None:
        return None

    def answer(request):
        sent.append(request.headers)
        return httpx.Response(200, json={"ok": True})

    sent = []
    with running(app, outside={"https://bank.example/": answer}) as t:
        signed = {"X-Signature": "00"}
        assert t.request("POST", "/hook", body=b"{}", headers=signed).status == 500
        for name in ("bank", "other", "hook"):
            t.wait(keys.put(name, f"{PLAIN}-{name}"))
        refused = t.request("POST", "/hook", body=b"{}", headers=signed)
        t.wait(app.resources[("shop", "destination", "bank")].call({"a": 1}))

    assert refused.status == 401
    assert f"{PLAIN}-bank" in sent[0]["x-api-key"]
    assert sent[0]["x-other"] == f"{PLAIN}-other"
