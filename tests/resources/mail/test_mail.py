from __future__ import annotations

import email
import socket
from email import policy

import pytest
from aiosmtpd.controller import Controller
from hypothesis import given
from hypothesis import strategies as st

from ensue.app.app import App
from ensue.engine.home import Settings
from ensue.languages.transformers import InputTransformer
from ensue.resources.mail.model import Letter, check_address
from ensue.resources.mail.transport import Smtp, written
from ensue.words.errors import InvalidValue


class Server:
    """What a mail server got, and whom it refuses."""

    def __init__(self) -> None:
        self.letters: list[tuple[str, list[str], bytes]] = []

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802 - named by aiosmtpd
        if address.startswith("refused"):
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - named by aiosmtpd
        self.letters.append((envelope.mail_from, envelope.rcpt_tos, envelope.content))
        return "250 OK"


@pytest.fixture
def smtp():
    server = Server()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(server, hostname="127.0.0.1", port=port)
    controller.start()
    server.url = f"smtp://127.0.0.1:{port}"
    yield server
    controller.stop()


@pytest.fixture
def app() -> App:
    return App("wims")


@pytest.fixture
def mail(app):
    return app.mail("letters", sender="shop@example.org")


LETTER = {"subject": "Hello", "text": "Dear customer", "to": "a@example.org"}


def parsed(content: bytes):
    return email.message_from_bytes(content, policy=policy.default)


def send_and_wait(stage, mail):
    """Real sockets need real turns of the loop: until no letter is left."""

    async def sent():
        [consumer] = [w for w in stage.engine.workers if w.name == "letters"]
        await consumer.step()
        while consumer.running:
            consumer.woken.clear()
            await consumer.woken.wait()
        await consumer.step()

    stage.wait(sent())


def test_a_letter_becomes_a_file_named_by_its_id(store, run_on, app, mail, tmp_path):
    stage = run_on(store, app, settings=Settings(data=tmp_path))
    letter_id = stage.wait(mail.send(**LETTER))
    stage.settle()
    [file] = (tmp_path / "outbox").iterdir()
    found = parsed(file.read_bytes())
    assert file.name == f"{letter_id}.eml"
    assert (found["To"], found["From"]) == ("a@example.org", "shop@example.org")
    assert found.get_content().strip() == "Dear customer"


def test_a_letter_that_is_sent_twice_is_one_file(tmp_path, store, run_on, app, mail):
    stage = run_on(store, app, settings=Settings(data=tmp_path))
    stage.wait(mail.send(**LETTER))
    stage.settle()
    stage.do(lambda tx: tx.execute("UPDATE ensue_work SET state = 0"))
    stage.engine.wake_all()
    stage.settle()
    assert len(list((tmp_path / "outbox").iterdir())) == 1


def test_a_mail_server_gets_the_letter(store, run_on, app, mail, smtp):
    stage = run_on(store, app, settings=Settings(smtp=smtp.url))
    letter_id = stage.wait(mail.send(**LETTER))
    send_and_wait(stage, mail)
    [(sender, to, content)] = smtp.letters
    assert (sender, to) == ("shop@example.org", ["a@example.org"])
    assert parsed(content)["Message-ID"] == f"<{letter_id}@ensue.invalid>"
    assert stage.rows("SELECT state FROM ensue_work") == [(2,)]


def test_a_letter_that_the_server_refuses_is_dead_lettered(store, run_on, app, mail, smtp):
    stage = run_on(store, app, settings=Settings(smtp=smtp.url))
    stage.wait(mail.send(**LETTER | {"to": "refused@example.org"}))
    for _ in range(10):
        send_and_wait(stage, mail)
        stage.clock.move_to(stage.clock.now_ms() + 300_000)
    [dead] = stage.wait(stage.platform.resource("queue", "letters-dlq").peek())
    assert "no such mailbox" in dead.attributes["dead_letter"]["reason"]
    assert smtp.letters == []


def test_a_line_break_in_a_subject_makes_no_header(store, run_on, app, mail, tmp_path):
    stage = run_on(store, app, settings=Settings(data=tmp_path))
    stage.wait(mail.send(**LETTER | {"subject": "Hi\r\nBcc: all@example.org\r\n\r\nbody"}))
    stage.settle()
    [file] = (tmp_path / "outbox").iterdir()
    found = parsed(file.read_bytes())
    assert found["Bcc"] is None
    assert found["Subject"] == "Hi Bcc: all@example.org body"


@pytest.mark.parametrize(
    "to",
    [
        None,
        5,
        "",
        "a",
        "a@",
        "@b",
        "a@b\r\nBcc: c@d",
        "a@b, c@d",
        "a b@c",
        "<a@b>",
        "a@[",
        "x" * 400 + "@b",
    ],
)
def test_a_letter_without_a_good_address_is_refused_and_not_stored(store, run_on, app, mail, to):
    stage = run_on(store, app)
    with pytest.raises(InvalidValue, match="expected a mail address") as caught:
        stage.wait(mail.send(**LETTER | {"to": to}))
    assert caught.value.at == "$.to"
    assert stage.wait(mail.depth()) == {"waiting": 0, "in_flight": 0}


@given(
    st.one_of(st.text(max_size=12), st.from_regex(r"[a-z<>\[\]\"(),.@\\ ]{1,9}@[a-z.\[\]<> ]{1,5}"))
)
def test_any_text_is_an_address_on_one_line_or_refused(text):
    try:
        address = check_address(text, "$.to")
    except InvalidValue:
        return
    letter = Letter("id", "a@b", address, "subject", "text")
    assert parsed(bytes(written(letter)))["Bcc"] is None
    assert "\n" not in address


@pytest.mark.parametrize(
    "url",
    ["", "http://x", "smtp://", "smtp:host", "smtp://host:99999", "smtp://host:x", "smtp://["],
)
def test_what_is_no_mail_server_is_refused(url):
    with pytest.raises(InvalidValue, match="expected a mail server"):
        Smtp(url)


def test_a_letter_goes_to_the_declared_address_when_it_names_none(store, run_on, app):
    letters = app.mail("letters", to="team@example.org")
    stage = run_on(store, app)
    stage.wait(letters.send(subject="S", text="T"))
    stage.settle()
    assert [letter.to for letter in letters.drawer.letters] == ["team@example.org"]


def test_an_address_that_is_none_is_refused_when_declared(app):
    with pytest.raises(InvalidValue, match="expected a mail address"):
        app.mail("x", to="nobody")


def test_a_delivery_with_an_id_that_was_taken_before_is_no_second_letter(store, run_on, app):
    mail, topic = app.mail("post", to="a@example.org"), app.topic("news")
    topic.subscribe(mail)
    stage = run_on(store, app)
    for text in ("first", "again"):
        body = {"subject": "news", "text": text}
        stage.wait(topic.publish(body, attributes={"lang": "en"}, deduplication_id="one"))
    assert stage.rows("SELECT body, attributes FROM ensue_work") == [
        ('{"subject":"news","text":"first"}', '{"lang":"en"}')
    ]


def test_letters_of_one_group_leave_in_order_though_the_first_fails_at_first(store, run_on, app):
    bus, mail = app.bus("events"), app.mail("letters", to="a@example.org")
    said = InputTransformer({"s": "$.detail.subject"}, {"subject": "<s>", "text": "T"})
    bus.rule("tell", {"detail-type": ["Said"]}, to=mail, input=said, group="$.detail.order")
    stage = run_on(store, app)
    send, faults = mail.drawer.send, ["away"]

    async def fail_first(letter):
        if faults:
            raise ConnectionError(faults.pop())
        await send(letter)

    mail.drawer.send = fail_first
    for order, subject in (("1", "sawn"), ("2", "placed"), ("1", "ready")):
        stage.wait(bus.publish("Said", {"order": order, "subject": subject}))
    stage.settle()
    assert [letter.subject for letter in mail.drawer.letters] == ["placed"]
    stage.advance(10_000)
    assert [letter.subject for letter in mail.drawer.letters] == ["placed", "sawn", "ready"]


def test_a_text_of_a_topic_is_a_letter_with_the_subject_that_came_with_it(store, run_on, app):
    letters = app.mail("letters", to="stock@example.org")
    topic = app.topic("low-stock")
    topic.subscribe(letters)
    stage = run_on(store, app)

    stage.wait(topic.publish("3 left", attributes={"Subject": "Low stock: LX"}))
    stage.wait(topic.publish("2 left"))
    stage.settle()

    said = [(each.subject, each.text) for each in letters.drawer.letters]
    assert said == [("Low stock: LX", "3 left"), ("letters", "2 left")]
