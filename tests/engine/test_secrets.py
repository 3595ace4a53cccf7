from __future__ import annotations

import os

import pytest

from ensue.engine.secrets import SECRET_BYTES_MAX, Secret, refuse_demos
from ensue.words.errors import InvalidDeclaration, MissingSecret


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "stripe"
    path.write_text("whsec_first\n")
    return path


def test_a_secret_is_what_its_variable_says_now(monkeypatch):
    secret = Secret.env("STRIPE_SECRET")
    monkeypatch.setenv("STRIPE_SECRET", " first ")
    assert secret.read() == "first"
    monkeypatch.setenv("STRIPE_SECRET", "second")
    assert secret.read() == "second"


@pytest.mark.parametrize("text", [None, "", "  \n"])
def test_what_is_not_there_is_an_error_that_names_the_variable(monkeypatch, text):
    monkeypatch.delenv("STRIPE_SECRET", raising=False)
    if text is not None:
        monkeypatch.setenv("STRIPE_SECRET", text)

    with pytest.raises(MissingSecret, match="STRIPE_SECRET"):
        Secret.env("STRIPE_SECRET").read()


def test_a_demo_secret_stands_in_until_one_is_set_and_the_log_says_so_once(monkeypatch, caplog):
    monkeypatch.delenv("DEMO", raising=False)
    secret = Secret.env("DEMO", demo="whsec_demo")

    assert [secret.read(), secret.read()] == ["whsec_demo"] * 2
    assert len(caplog.records) == 1
    assert "DEMO is not set: the demo secret is used" in caplog.text
    assert "whsec_demo" not in caplog.text + repr(secret)
    monkeypatch.setenv("DEMO", "mine")
    assert secret.read() == "mine"


def test_a_variable_that_is_set_to_nothing_is_no_wish_for_the_demo_secret(monkeypatch):
    monkeypatch.setenv("DEMO", "")

    with pytest.raises(MissingSecret, match="DEMO"):
        Secret.env("DEMO", demo="whsec_demo").read()


def test_a_demo_secret_is_not_empty():
    with pytest.raises(InvalidDeclaration, match="demo"):
        Secret.env("DEMO", demo=" ")


def test_a_file_is_read_again_when_another_secret_is_put_into_it(file):
    secret = Secret.file(file)
    assert secret.read() == "whsec_first"
    file.write_text("whsec_the_second\n")
    assert secret.read() == "whsec_the_second"


def test_a_file_that_is_exchanged_for_another_is_read_again(file, tmp_path):
    secret = Secret.file(file)
    secret.read()
    other = tmp_path / "other"
    other.write_text("whsec_other\n")
    os.utime(other, ns=(file.stat().st_mtime_ns, file.stat().st_mtime_ns))

    other.replace(file)

    assert secret.read() == "whsec_other"


@pytest.mark.parametrize("spoil", ["unlink", "empty", "large", "binary"])
def test_what_a_file_said_stays_good_while_it_cannot_be_read_and_the_log_says_so_once(
    file, spoil, caplog
):
    secret = Secret.file(file)
    secret.read()

    if spoil == "unlink":
        file.unlink()
    else:
        file.write_bytes({"empty": b"", "large": b"x" * 70_000, "binary": b"\xff\xfe"}[spoil])

    assert [secret.read() for _ in range(3)] == ["whsec_first"] * 3
    assert len(caplog.records) == 1
    assert "whsec" not in caplog.text


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "No such file"),
        (b"", "empty"),
        (b"x" * (SECRET_BYTES_MAX + 1), "larger"),
        (b"\xff\xfe", "UTF-8"),
    ],
)
def test_a_file_that_holds_no_secret_is_an_error_that_names_it(tmp_path, content, reason):
    path = tmp_path / "secret"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(MissingSecret, match=reason) as told:
        Secret.file(path).read()

    assert str(path) in told.value.message


def test_a_secret_never_shows_what_it_says(file):
    secret = Secret.file(file)
    secret.read()

    assert "whsec" not in f"{secret!r} {secret} {secret!s}"
    assert secret == Secret.file(file)
    assert len({secret, Secret.file(file), Secret.env("A")}) == 2


@pytest.mark.parametrize("name", ["", 7, None])
def test_a_place_has_a_name(name):
    with pytest.raises(InvalidDeclaration):
        Secret.env(name)


@pytest.fixture
def shown():
    return Secret.env("STRIPE_SECRET", demo="whsec_demo")


def test_a_demo_secret_stands_for_one_that_is_not_set_and_the_log_says_so_once(
    monkeypatch, caplog, shown
):
    monkeypatch.delenv("STRIPE_SECRET", raising=False)

    assert [shown.read(), shown.read()] == ["whsec_demo"] * 2
    [told] = [each.getMessage() for each in caplog.records]
    assert "STRIPE_SECRET is not set" in told


@pytest.mark.parametrize("text", ["whsec_real", ""])
def test_a_demo_secret_never_stands_for_one_that_is_set(monkeypatch, shown, text):
    monkeypatch.setenv("STRIPE_SECRET", text)

    if text:
        assert shown.read() == text
    else:
        with pytest.raises(MissingSecret, match="empty"):
            shown.read()


def test_where_others_can_come_no_demo_secret_stands(monkeypatch, shown):
    monkeypatch.delenv("STRIPE_SECRET", raising=False)
    monkeypatch.delenv("ENSUE_DEMO", raising=False)
    with monkeypatch.context() as there:
        there.setenv("ENSUE_DEMO", "put back afterwards")
        there.delenv("ENSUE_DEMO")
        refuse_demos()
        with pytest.raises(MissingSecret, match="known to everybody"):
            shown.read()
        assert "whsec_demo" not in repr(shown)


def test_who_says_so_lets_demo_secrets_stand_anywhere(monkeypatch, shown):
    monkeypatch.delenv("STRIPE_SECRET", raising=False)
    monkeypatch.setenv("ENSUE_DEMO", "on")
    refuse_demos()

    assert shown.read() == "whsec_demo"
