"""The console's frame: who may come in, what they may do, and what is told of it."""

from __future__ import annotations

import hashlib
import re
from importlib.resources import files

import pytest

from ensue import App
from ensue.doors.console import Modes, modes_of
from ensue.doors.console.rendering import color_of
from ensue.doors.console.sections import SECTIONS
from ensue.testing import running
from ensue.words.errors import InvalidDeclaration, InvalidValue
from tests.doors.console.sample import consoled, make_app

PAYMENTS = "/resources/queue/shop/payments"


@pytest.fixture(scope="module")
def visitor():
    with consoled(make_app()) as made:
        yield made


@pytest.fixture(scope="module")
def guarded():
    """A console behind a key."""
    with consoled(make_app(), key="the-key") as made:
        yield made


def test_the_first_page_is_that_of_the_first_section(visitor):
    got = visitor.get("")

    assert (got.status, got.headers["location"]) == (303, f"/console{SECTIONS[0].home}")


def test_a_page_keeps_to_a_policy_without_anything_inline_or_from_elsewhere(visitor):
    got = visitor.get(PAYMENTS)

    html = got.raw.decode()
    assert "default-src 'none'" in got.headers["content-security-policy"]
    assert "unsafe" not in got.headers["content-security-policy"]
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?! (type=\"module\" )?src=)", html)
    assert not re.findall(r'(?:src|href)="(?!/|#)', html)


def test_each_view_has_a_twin_in_json_at_its_own_address(visitor):
    said = visitor.twin(PAYMENTS)

    assert said["resource"]["name"] == "payments"
    assert said["resource"]["declared"]["max_receives"] == 10
    assert f"/console{PAYMENTS}.json" in visitor.get(PAYMENTS).raw.decode()


def test_a_live_block_is_rendered_by_itself_for_who_asks_for_it(visitor):
    got = visitor.get(PAYMENTS, hx_target="live")

    assert "<html" not in got.raw.decode()
    assert "waiting" in got.raw.decode()


def test_what_is_not_there_is_a_page_and_in_json_an_error(visitor):
    assert "There is no queue nothing" in visitor.get("/resources/queue/shop/nothing").raw.decode()
    got = visitor.get("/resources/queue/shop/nothing.json")
    assert (got.status, got.error["code"]) == (404, "not_found")
    assert visitor.get("/nowhere").status == 404


def test_files_are_kept_for_good_and_reach_nothing_else(visitor):
    page = visitor.get("/resources").raw.decode()
    address = re.search(r'"/console(/static/[^"]+console\.js|/static/[^"]+\.css)"', page)[1]

    assert "immutable" in visitor.get(address).headers["cache-control"]
    assert visitor.get("/static/console/../../console.py").status == 404


def test_a_foreign_name_of_this_machine_is_refused(visitor):
    got = visitor.get("/resources", host="evil.example")

    assert got.status == 403


def test_an_action_does_what_its_form_says_and_the_next_page_tells(visitor):
    done = visitor.post(f"{PAYMENTS}/send", {"given": '{"body": {"order": 7}}'})

    assert (done.status, done.headers["location"]) == (303, f"/console{PAYMENTS}")
    assert "send is done" in visitor.get(PAYMENTS).raw.decode()
    assert "send is done" not in visitor.get(PAYMENTS).raw.decode()


@pytest.mark.parametrize(
    ("token", "headers"),
    [
        ("", {}),
        ("wrong", {}),
        (None, {"origin": "http://evil.example"}),
        (None, {"sec_fetch_site": "cross-site"}),
    ],
)
def test_a_form_that_is_none_of_ours_changes_nothing(visitor, token, headers):
    before = visitor.twin(PAYMENTS)["resource"]["status"]["waiting"]

    got = visitor.post(f"{PAYMENTS}/send", {"given": '{"body": 1}'}, token=token, **headers)

    assert got.status == 403
    assert visitor.twin(PAYMENTS)["resource"]["status"]["waiting"] == before


def test_a_form_of_another_session_changes_nothing(visitor):
    token = visitor.token()
    visitor.cookies.clear()
    visitor.get("/resources")

    got = visitor.post(f"{PAYMENTS}/send", {"given": '{"body": 1}'}, token=token)

    assert got.status == 403


def test_a_change_is_in_the_audit_log_with_who_and_what_came_of_it(visitor):
    visitor.post(f"{PAYMENTS}/send", {"given": '{"body": "audited"}'})
    visitor.post(f"{PAYMENTS}/send", {"given": "{"})

    [refused, sent, *_] = visitor.twin("/audit")["changes"]

    assert sent["who"] == "this machine"
    assert sent["address"] == f"{PAYMENTS}/send"
    assert sent["given"] == {"given": '{"body": "audited"}'}
    assert sent["outcome"].startswith("send is done")
    assert refused["outcome"].startswith("refused: ")


def test_a_page_changes_nothing_whatever_its_address_says(visitor):
    before = visitor.twin(PAYMENTS)["resource"]["status"]["waiting"]

    visitor.get(f"{PAYMENTS}?operation=send&given=%7B%22body%22%3A1%7D")

    assert visitor.twin(PAYMENTS)["resource"]["status"]["waiting"] == before


def test_with_a_key_a_stranger_is_sent_to_the_page_that_asks_for_it(guarded):
    guarded.cookies.clear()

    got = guarded.get(f"{PAYMENTS}?operation=peek")

    assert got.status == 303
    assert got.headers["location"].startswith("/console/login?to=/console/resources/queue")
    assert guarded.get(f"{PAYMENTS}.json").status == 401


def test_with_the_key_a_session_begins_that_no_script_can_read(guarded):
    guarded.cookies.clear()

    got = guarded.post("/login", {"key": "the-key", "to": "/console/audit"}, token="")

    assert got.headers["location"] == "/console/audit"
    assert "HttpOnly" in got.headers["set-cookie"]
    assert "SameSite=Strict" in got.headers["set-cookie"]
    assert guarded.get("/audit").status == 200
    assert guarded.get("/audit").raw.find(b"the-key") == -1


def test_a_login_goes_to_no_other_site(guarded):
    got = guarded.post("/login", {"key": "the-key", "to": "//evil.example/"}, token="")

    assert got.headers["location"] == "/console"


def test_a_session_that_was_changed_or_is_over_is_none(guarded):
    guarded.post("/login", {"key": "the-key"}, token="")
    cookie = guarded.cookies["ensue_console"]

    guarded.cookies["ensue_console"] = cookie[:-1] + ("0" if cookie[-1] != "0" else "1")
    assert guarded.get("/audit").status == 303

    guarded.cookies["ensue_console"] = cookie
    assert guarded.get("/audit").status == 200
    guarded.kit.advance("13h")
    assert guarded.get("/audit").status == 303


def test_keys_cannot_be_tried_for_long():
    with consoled(make_app(), key="the-key") as stranger:
        got = [stranger.post("/login", {"key": f"{n}"}, token="").status for n in range(11)]

        assert got == [401] * 10 + [429]
        stranger.kit.advance("61s")
        assert stranger.post("/login", {"key": "the-key"}, token="").status == 303


def test_a_program_shows_the_key_itself_and_needs_no_form_token(guarded):
    guarded.cookies.clear()
    shown = {"authorization": "Bearer the-key"}

    assert guarded.get("/resources.json", **shown).status == 200
    sent = guarded.post(f"{PAYMENTS}/send", {"given": '{"body": 1}'}, token="", **shown)
    assert sent.status == 303


def test_read_only_shows_all_and_changes_nothing():
    with consoled(make_app(), modes=Modes(read_only=True)) as reader:
        assert "read-only" in reader.get(PAYMENTS).raw.decode()

        got = reader.post(f"{PAYMENTS}/send", {"given": '{"body": 1}'}, token="")

        assert got.status == 403
        assert reader.twin(PAYMENTS)["resource"]["status"]["waiting"] == 0


def test_masked_shows_the_form_of_what_users_put_in_and_nothing_of_it():
    with consoled(make_app(), modes=Modes(masked=True)) as masked:
        masked.kit.post("/orders")
        masked.post(f"{PAYMENTS}/send", {"given": '{"body": {"card": "4242", "n": 1}}'})

        peeked = masked.get(f"{PAYMENTS}?operation=peek&given=%7B%7D")
        page = masked.get("/audit").raw + peeked.raw

        assert b"4242" not in page
        assert b"card" in peeked.raw


@pytest.mark.parametrize(
    ("state", "color"),
    [
        ("COMPLETED", "good"),
        ("PENDING", "warn"),
        ("FAILED", "bad"),
        ("PAYMENT_FAILED", "bad"),
        ("not matched", "bad"),
        ("RUNNING", "info"),
        ("BACKORDERED", ""),
    ],
)
def test_do_8_a_state_has_one_colour_on_every_page(state, color):
    assert color_of(state) == color


@pytest.mark.parametrize("said", [("nothing",), ("off", "masked")])
def test_modes_that_are_none_are_refused(said):
    with pytest.raises(InvalidValue):
        modes_of(said)


def test_modes_are_what_was_said():
    assert modes_of(()) == Modes()
    assert modes_of(("masked", "read-only")) == Modes(read_only=True, masked=True)
    assert modes_of(("off",)) is None


def test_an_app_cannot_take_the_consoles_address():
    app = App("shop")
    app.get("/console/orders")(lambda: None)

    with pytest.raises(InvalidDeclaration, match="below /console"), running(app):
        pass


def test_the_palette_knows_sections_and_resources(visitor):
    found = visitor.get("/palette.json").body["found"]

    assert {"title": "payments", "kind": "queue", "where": "shop"}.items() <= next(
        each for each in found if each["title"] == "payments"
    ).items()
    assert {each.title for each in SECTIONS} <= {each["title"] for each in found}
    for each in found:
        assert visitor.get(each["address"].removeprefix("/console")).status == 200


@pytest.mark.parametrize(
    ("name", "digest"),
    [
        ("htmx.min.js", "d6fdc75f204e6bdefa99b69bf1e6d4ac69b8a364f77929f45c13476b4000f717"),
        (
            "idiomorph-ext.min.js",
            "5811b9a7eda14878b7dab4378bf60432e1bb6f11fcfb970cc26540642650181e",
        ),
    ],
)
def test_the_libraries_that_are_shipped_are_those_that_were_released(name, digest):
    shipped = files("ensue.doors.console") / "static" / name

    assert hashlib.sha256(shipped.read_bytes()).hexdigest() == digest
