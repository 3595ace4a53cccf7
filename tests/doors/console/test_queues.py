"""The pages of queues and dead letters, asked without a browser."""

from __future__ import annotations

import pytest

from ensue import App
from ensue.doors.console import Modes
from tests.doors.console.sample import consoled

SHOP = "/queues/shop"


def make_shop() -> App:
    app = App("shop")
    payments = app.queue("payments", max_receives=1)
    app.queue("inbox")
    reports = app.queue("reports", max_receives=3)

    @payments.consumer()
    def charge(message, tx):
        if message.body.get("fail"):
            raise ConnectionError(f"the bank answered {message.body['fail']} to {message.id}")
        message.body["amount"]

    @reports.consumer(retry_base=60, retry_cap=60)
    def report(message, tx):
        raise TimeoutError("the printer is out")

    return app


@pytest.fixture
def visitor():
    with consoled(make_shop()) as found:
        yield found


def queue(visitor, name):
    return visitor.kit._platform.resource("queue", name)


def send(visitor, name, *bodies, **options):
    """Send messages, and let what ensues ensue."""
    ids = [visitor.kit.wait(queue(visitor, name).send(body, **options)) for body in bodies]
    visitor.kit.settle()
    return ids


def text(visitor, path):
    got = visitor.get(path)
    assert got.status == 200, got.raw
    return got.raw.decode()


def post(visitor, path, **fields):
    """Send a form; answers what the page after it says."""
    got = visitor.post(path, {name: str(value) for name, value in fields.items()})
    assert got.status == 303, got.raw
    return text(visitor, got.headers["location"].removeprefix("/console"))


def test_queues_are_listed_what_hurts_first(visitor):
    send(visitor, "inbox", 1)
    send(visitor, "payments", {"fail": 503}, {"amount": 1})
    found = visitor.twin("/queues")["queues"]

    assert [(each["name"], each["waiting"], each["dead_letters"]) for each in found] == [
        ("payments", 0, 1),
        ("inbox", 1, 0),
        ("reports", 0, 0),
    ]
    visitor.kit.advance("2m")
    assert visitor.twin("/queues")["queues"][0]["name"] == "inbox"
    by_name = visitor.twin("/queues?sort=name&text=p")["queues"]
    assert [each["name"] for each in by_name] == ["payments", "reports"]
    assert "15 minutes" in text(visitor, "/queues")


def test_a_queue_shows_its_messages_by_how_they_stand(visitor):
    send(visitor, "inbox", *range(3))
    send(visitor, "inbox", "later", delay=60)
    visitor.kit.wait(queue(visitor, "inbox").receive(1, holder="worker-1", visibility=90))

    taken = visitor.twin(f"{SHOP}/inbox")
    due = visitor.twin(f"{SHOP}/inbox?state=due&limit=1")
    rest = visitor.twin(f"{SHOP}/inbox?state=due&limit=1&after={due['next']}")
    later = visitor.twin(f"{SHOP}/inbox?state=later")

    assert taken["of_state"] == "in flight"
    [lease] = taken["messages"]
    assert (lease["holder"], lease["due_ms"] - lease["taken_ms"]) == ("worker-1", 90_000)
    assert [each["body"] for each in due["messages"] + rest["messages"]] == [1, 2]
    assert [each["state"] for each in later["messages"]] == ["delayed"]
    page = text(visitor, f"{SHOP}/inbox")
    assert "worker-1" in page
    assert "<meter" in page


def test_a_held_key_says_what_blocks_it_and_why(visitor):
    first, *_ = send(visitor, "reports", 1, 2, 3, group="c-7")

    [held] = visitor.twin(f"{SHOP}/reports")["held_keys"]

    assert (held["group"], held["waiting"]) == ("c-7", 2)
    blocked_by = held["blocked_by"]
    assert (blocked_by["id"], blocked_by["state"]) == (first, "retrying")
    assert blocked_by["error"] == "TimeoutError: the printer is out"
    assert "the printer is out" in text(visitor, f"{SHOP}/reports")


def test_a_message_is_sent_shown_extended_and_settled(visitor):
    page = post(visitor, f"{SHOP}/inbox/send", body='{"n": 1}', group="g", attributes='{"a": 2}')
    assert "&#34;n&#34;: 1" in page or '"n": 1' in page
    [received] = visitor.kit.wait(queue(visitor, "inbox").receive(visibility=5))

    found = visitor.twin(f"{SHOP}/inbox/{received.id}")["message"]
    assert (found["state"], found["group"], found["attributes"]) == ("in flight", "g", {"a": 2})
    assert "One minute more" in text(visitor, f"{SHOP}/inbox/{received.id}")
    post(visitor, f"{SHOP}/inbox/extend", handle=received.handle, visibility=100)
    [lease] = visitor.twin(f"{SHOP}/inbox")["messages"]
    assert lease["due_ms"] == visitor.kit.now_ms() + 100_000
    assert "is settled" in post(visitor, f"{SHOP}/inbox/settle", handle=received.handle)


def test_a_message_is_withdrawn_and_a_queue_purged_after_a_preview(visitor):
    ids = send(visitor, "inbox", 1, 2, 3)

    assert "taken back" in post(visitor, f"{SHOP}/inbox/withdraw", id=ids[0])
    assert visitor.twin(f"{SHOP}/inbox/purge")["purges"] == 2
    assert "Forget 2 messages" in text(visitor, f"{SHOP}/inbox/purge")
    assert "2 messages forgotten" in post(visitor, f"{SHOP}/inbox/purge")


def test_a_queue_is_paused_and_resumed(visitor):
    assert "is paused" in post(visitor, f"{SHOP}/payments/pause")
    assert visitor.twin("/queues?text=payments")["queues"][0]["paused_since_ms"] is not None
    assert "Paused" in text(visitor, f"{SHOP}/payments")
    assert "goes on" in post(visitor, f"{SHOP}/payments/resume")


def test_dead_letters_are_an_inbox_by_cause(visitor):
    send(visitor, "payments", {"fail": 503}, {"fail": 503}, {})

    inbox = visitor.twin("/dead-letters")
    of_queue = visitor.twin(f"{SHOP}/payments-dlq")
    page = text(visitor, "/dead-letters")

    assert [(each["letters"], each["error"]) for each in inbox["causes"]] == [
        (2, "ConnectionError"),
        (1, "KeyError"),
    ]
    assert of_queue["causes"] == inbox["causes"]
    assert of_queue["letters"] == 3
    assert "the bank answered 503 to {id}" in page
    assert "3 dead letters" in page
    assert "Redrive all" in text(visitor, f"{SHOP}/payments-dlq")


def test_the_letters_of_a_cause_are_redriven_after_a_preview_and_brought_back(visitor):
    send(visitor, "payments", {"fail": 503}, {"fail": 503}, {})
    visitor.kit.wait(queue(visitor, "payments").pause())
    cause = visitor.twin("/dead-letters")["causes"][0]["cause"]

    letters = visitor.twin(f"{SHOP}/payments-dlq/letters?cause={cause}")["letters"]
    preview = visitor.twin(f"{SHOP}/payments-dlq/redrive?cause={cause}")
    said = text(visitor, f"{SHOP}/payments-dlq/redrive?cause={cause}")
    after = post(visitor, f"{SHOP}/payments-dlq/redrive", cause=cause)

    assert [each["reason"][:15] for each in letters] == ["ConnectionError"] * 2
    assert (preview["preview"]["moves"], preview["preview"]["to"], preview["letters"]) == (
        2,
        {"queue/payments": 2},
        2,
    )
    assert "Redrive 2 letters" in said
    assert "2 letters moved back; redrive 1" in after
    assert visitor.twin(f"{SHOP}/payments-dlq")["letters"] == 1
    assert "2 letters back here" in post(visitor, f"{SHOP}/payments-dlq/undo", id=1)
    assert visitor.twin(f"{SHOP}/payments-dlq")["letters"] == 3


def test_some_letters_are_redriven_and_some_deleted(visitor):
    one, two, three = send(visitor, "payments", {"fail": 1}, {"fail": 2}, {"fail": 3})
    visitor.kit.wait(queue(visitor, "payments").pause())

    preview = visitor.twin(f"{SHOP}/payments-dlq/redrive?ids={one},{two}")
    moved = post(visitor, f"{SHOP}/payments-dlq/redrive", ids=f"{one},{two}")
    gone = post(visitor, f"{SHOP}/payments-dlq/delete", ids=three)

    assert preview["preview"]["moves"] == 2
    assert "2 letters moved back" in moved
    assert "1 letter deleted" in gone


def test_a_letter_is_redriven_with_another_body_and_what_it_was_is_kept(visitor):
    [letter] = send(visitor, "payments", {"order": "o-1"})
    page = text(visitor, f"{SHOP}/payments-dlq/{letter}")
    assert "Redrive with this body" in page
    assert "KeyError" in page

    said = post(visitor, f"{SHOP}/payments-dlq/mend", id=letter, body='{"amount": 5}')
    visitor.kit.settle()

    assert "redrive 1 can be undone" in said
    message = visitor.twin(f"{SHOP}/payments/{letter}")["message"]
    assert (message["state"], message["body"]) == ("done", {"amount": 5})
    assert message["original_body"] == {"order": "o-1"}
    assert "Before a redrive changed it" in text(visitor, f"{SHOP}/payments/{letter}")


def test_a_body_that_is_no_json_moves_nothing(visitor):
    [letter] = send(visitor, "payments", {})

    got = visitor.post(f"{SHOP}/payments-dlq/mend", {"id": letter, "body": "{"})

    assert got.status == 400
    assert visitor.twin(f"{SHOP}/payments-dlq")["letters"] == 1


def test_a_redrive_at_a_rate_is_seen_to_go_on_and_stopped(visitor):
    send(visitor, "payments", *({"fail": 1, "n": n} for n in range(5)))
    visitor.kit.wait(queue(visitor, "payments").pause())

    assert "goes on at 1/s" in post(visitor, f"{SHOP}/payments-dlq/redrive", rate="1/s")
    visitor.kit.advance("1.5s")
    [running] = visitor.twin(f"{SHOP}/payments-dlq")["redrives"]
    assert running["state"] == "running"
    assert "Redrive 1 stops after" in post(visitor, f"{SHOP}/payments-dlq/cancel", id=1)


def test_nothing_that_users_put_in_is_seen_in_masked_mode():
    with consoled(make_shop(), modes=Modes(masked=True)) as visitor:
        [letter] = send(visitor, "payments", {"fail": "s3cret"}, group="s3cret-key")
        cause = visitor.twin("/dead-letters")["causes"][0]["cause"]
        pages = ["/dead-letters", f"{SHOP}/payments-dlq", f"{SHOP}/payments-dlq/{letter}"]
        pages += [f"{SHOP}/payments-dlq/letters?cause={cause}"]
        pages += [f"{SHOP}/payments-dlq/redrive?cause={cause}"]

        for path in pages:
            assert "s3cret" not in text(visitor, path)
        refused = visitor.post(f"{SHOP}/payments-dlq/mend", {"id": letter, "body": "1"})
        assert refused.status == 400


def test_nothing_can_be_done_in_read_only_mode():
    with consoled(make_shop(), modes=Modes(read_only=True)) as visitor:
        send(visitor, "payments", {"fail": 1})
        assert "Redrive" not in text(visitor, f"{SHOP}/payments-dlq").partition("<main")[2]
        assert visitor.post(f"{SHOP}/payments-dlq/redrive", {}).status == 403


def test_what_is_empty_says_what_it_is_for(visitor):
    assert "No dead letters." in text(visitor, "/dead-letters")
    assert "Nothing died here." in text(visitor, f"{SHOP}/payments-dlq")
    assert "Nothing waits to be received." in text(visitor, f"{SHOP}/inbox")
    assert visitor.get(f"{SHOP}/none").status == 404
    assert visitor.get(f"{SHOP}/inbox/none").status == 404
