"""Branches: from a copy on which something is tried, nothing gets outside."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from ensue import App, Conflict, NotPermitted
from ensue.app import copies
from ensue.app.integrity import check
from ensue.engine.database import StoreUrl
from ensue.engine.home import Settings


@pytest.fixture
def shop():
    """An app that pays and writes letters; what it did outside is noted."""

    def make():
        app = App("wims")
        app.paid, app.noted = [], []
        payments = app.queue("payments")
        notes = app.queue("notes")
        letters = app.mail("letters", to="a@example.org")

        @payments.consumer()
        async def pay(message):
            app.paid.append(message.body)

        @notes.consumer()
        def note(message, tx):
            app.noted.append(message.body)
            tx.send(letters, {"subject": "noted", "text": str(message.body)})

        app.declared_here = (payments, notes)
        return app

    return make


@pytest.fixture
def branched(file_store, run_on, shop, tmp_path) -> StoreUrl:
    """A branch of a store in which a payment and a note wait."""
    app = shop()
    stage = run_on(file_store, app)
    payments, notes = app.declared_here
    stage.wait(payments.send(1))
    stage.wait(notes.send(2))
    made = copies.branch(str(file_store), tmp_path / "trial")
    assert made.findings == []
    stage.settle()
    assert (app.paid, app.noted) == ([1], [2])
    return StoreUrl(str(tmp_path / "trial" / "ensue.db"), "NORMAL")


def test_on_a_branch_actions_wait_and_transactions_go_on(branched, run_on, shop, caplog):
    app = shop()
    stage = run_on(branched, app)
    stage.settle()

    payments, _ = app.declared_here
    assert (app.paid, app.noted) == ([], [2])
    assert stage.wait(payments.depth())["waiting"] == 1
    assert "is a branch of" in caplog.text
    assert check(stage.engine) == []


def test_a_branch_stays_one_when_it_is_opened_again_and_when_it_is_copied(
    branched, run_on, shop, tmp_path
):
    run_on(branched, shop()).close()
    copies.back_up(str(branched), tmp_path / "copy.db")
    app = shop()

    run_on(StoreUrl(str(tmp_path / "copy.db")), app).settle()

    assert app.paid == []


def test_a_branch_that_is_told_to_acts(branched, run_on, shop):
    app = shop()

    run_on(branched, app, settings=Settings(act=True)).settle()

    assert app.paid == [1]


def test_letters_of_a_branch_go_to_the_outbox_whatever_mail_server_is_named(
    branched, run_on, shop, tmp_path
):
    data = tmp_path / "data"
    stage = run_on(branched, shop(), settings=Settings(data=data, smtp="smtp://nowhere.invalid"))
    stage.settle()

    [letter] = (data / "outbox").glob("*.eml")
    assert "Subject: noted" in letter.read_text()


def test_a_call_from_a_branch_is_refused_even_where_somebody_would_answer(branched, run_on, shop):
    app = shop()
    app.outside = {"all://": httpx.MockTransport(lambda request: httpx.Response(200))}
    stage = run_on(branched, app)

    with pytest.raises(NotPermitted, match="this store is a branch"):
        stage.wait(app.http.post("https://bank.example.org/pay"))


def test_the_store_that_was_branched_is_its_own_as_before(branched, file_store, typed_in):
    assert typed_in(file_store, "SELECT count(*) FROM ensue_branch") == [(0,)]
    assert typed_in(branched, "SELECT origin FROM ensue_branch") == [(file_store.path,)]


def test_a_folder_that_has_a_store_is_not_branched_into(branched, file_store):
    with pytest.raises(Conflict, match="such a file already"):
        copies.branch(str(file_store), Path(branched.path).parent)
