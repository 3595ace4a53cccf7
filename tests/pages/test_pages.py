"""Pages: what they answer with, and what is around them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ensue import App, HtmlAnswer, InvalidDeclaration, Tx
from ensue.pages import Page, Pages, pages
from ensue.testing import running
from tests.doors.http.sample import HOST, ask
from tests.pages.gallery import make_app

HTML = {"accept": "text/html,application/xhtml+xml"}


@pytest.fixture(scope="module")
def t():
    with running(make_app()) as kit:
        yield kit


def page(folder: Path, text: str, name: str = "p.html") -> Pages:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text)
    return Pages(folder, "shop")


def test_a_route_answers_with_a_page_that_nothing_from_elsewhere_can_touch(t):
    reply = t.request("GET", "/", headers=HTML)

    assert (reply.status, reply.headers["content-type"]) == (200, "text/html; charset=utf-8")
    policy = reply.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert reply.headers["x-frame-options"] == "DENY"
    assert reply.headers["referrer-policy"] == "same-origin"
    assert reply.headers["cache-control"] == "no-store"


def test_a_page_keeps_to_its_own_policy(t):
    html = t.get("/").body.decode()

    assert not re.search(r"<style|style=|\son[a-z]+=|<script(?! src=\"/_static/)", html)
    assert not re.findall(r'(?:src|href)="(?!/|#)', html)


def test_what_a_page_shows_is_escaped(t):
    html = t.get("/").body.decode()

    assert "<script>alert(1)" not in html
    assert "bandwidth &lt;script&gt;alert(1)" in html


def test_the_files_of_a_page_are_kept_for_good_under_the_hash_of_their_content(t):
    html = t.get("/").body.decode()

    paths = re.findall(r'(?:src|href)="(/_static/[^"]+)"', html)
    assert {each.split("/")[2] for each in paths} == {"ensue", "gallery"}
    for path in paths:
        reply = t.get(path)
        assert reply.status == 200
        assert reply.headers["cache-control"] == "max-age=31536000, immutable"
        assert re.search(r"\.[0-9a-f]{12}\.(css|js|svg)$", path)


def test_a_file_that_is_none_is_not_found_wherever_one_looks(t):
    for path in ("/_static/ensue/ensue.css", "/_static/gallery/../gallery.py", "/_static/x/y"):
        assert t.get(path).status == 404


def test_an_app_without_pages_serves_no_files():
    with running(App("plain")) as t:
        assert t.get("/_static/ensue/ensue.css").status == 404
        assert "_static" not in str(t.get("/openapi.json").body)


def test_an_error_is_a_page_for_who_looks_at_pages_and_json_for_programs(t):
    seen = t.request("GET", "/taken", headers=HTML)
    read = t.get("/taken")

    assert (seen.status, read.status) == (409, 409)
    assert b"The name &lt;b&gt;tea&lt;/b&gt; is taken" in seen.body
    assert b"Take another name." in seen.body
    assert "default-src 'none'" in seen.headers["content-security-policy"]
    assert read.body["error"]["code"] == "conflict"


def test_a_route_of_pages_may_answer_with_something_else(t):
    reply = t.request("GET", "/taken", query={"number": 2})

    assert (reply.status, reply.headers["location"]) == (303, "/")


def test_the_description_says_that_a_route_answers_with_html(t):
    said = t.get("/openapi.json").body["paths"]["/"]["get"]["responses"]

    assert said["200"]["content"] == {"text/html": {"schema": {"type": "string"}}}
    assert set(said["default"]["content"]) == {"application/json", "text/html"}


def test_a_value_that_a_template_lacks_is_a_fault_and_no_empty_place(t):
    got = ask(t, "GET", "/missing", b"", [HOST])

    assert (got.status, got.error["code"]) == (500, "internal")


def test_a_page_that_cannot_be_rendered_leaves_nothing_behind():
    app = App("notes")
    notes = app.table("notes", key="id")

    @app.post("/notes")
    def write(tx: Tx) -> HtmlAnswer:
        tx.put(notes, {"id": "n"})
        return HtmlAnswer("gallery.html")

    with running(app) as t:
        assert t.post("/notes").status == 500
        assert t.wait(notes.get("n")) is None


def test_a_page_may_have_other_headers_and_a_status_of_its_own(tmp_path):
    answer = HtmlAnswer("p.html", status=201, headers={"Cache-Control": "no-cache"}, n=1)

    assert (answer.status, answer.body) == (201, Page("p.html", {"n": 1}))


@pytest.mark.parametrize("text", ["{% if %}", "{{ a b }}", "{% extends 'ensue/none.html' %}"])
def test_a_template_that_is_none_is_told_where_it_is(tmp_path, text):
    with pytest.raises(InvalidDeclaration, match=r"expected (a|the) template"):
        page(tmp_path, text).check()


def test_a_template_outside_its_folder_is_not_found(tmp_path):
    (tmp_path / "secret.html").write_text("secret")
    made = page(tmp_path / "pages", "{% include '../secret.html' %}")

    with pytest.raises(InvalidDeclaration, match="no such file"):
        made.check()
    for name in ("../secret.html", "/etc/passwd"):
        with pytest.raises(InvalidDeclaration, match="no such file"):
            made.render(Page(name, {}))


def test_a_file_that_is_not_there_is_told_by_its_name(tmp_path):
    with pytest.raises(InvalidDeclaration, match=r"expected the file gone.js"):
        page(tmp_path, "{{ static('gone.js') }}").render(Page("p.html", {}))


@pytest.mark.parametrize("name", ["run.exe", "page.html", "noending"])
def test_a_file_that_browsers_are_not_sent_is_refused(tmp_path, name):
    (tmp_path / "static").mkdir()
    (tmp_path / "static" / name).write_text("x")

    with pytest.raises(InvalidDeclaration, match="expected a file of"):
        Pages(tmp_path, "shop")


def test_a_route_of_pages_without_a_folder_is_refused_when_it_is_declared(tmp_path):
    space: dict[str, object] = {}
    file = tmp_path / "shop.py"
    file.write_text("from ensue import HtmlAnswer\ndef show() -> HtmlAnswer: ...\n")
    exec(compile(file.read_text(), str(file), "exec"), space)  # noqa: S102 - a module without a folder

    with pytest.raises(InvalidDeclaration, match="expected a folder of pages"):
        App("shop").get("/")(space["show"])


def test_numbers_shares_and_moments_are_written_for_people(tmp_path):
    made = page(tmp_path, "{{ n|number('calls') }} {{ s|percent }} {{ at|moment }}")

    shown = made.render(Page("p.html", {"n": 1_200, "s": 0.5, "at": 1_795_268_820_000}))

    assert shown == b"1,200 calls 50% 2026-11-21 13:47 UTC"


def test_the_shared_stylesheet_loads_nothing_from_elsewhere():
    css = pages.shared_assets()["ensue.css"].content.decode()

    assert "url(" not in css
    assert "@import" not in css
    for needed in ("light-dark(", ":focus-visible", "@media print"):
        assert needed in css


def test_a_block_of_a_page_is_rendered_by_itself(tmp_path):
    made = page(tmp_path, "around {% block live %}{{ n }}{% endblock %} it")

    assert made.render_block(Page("p.html", {"n": 7}), "live") == b"7"
    assert made.render_block(Page("p.html", {"n": 7}), "other") is None
