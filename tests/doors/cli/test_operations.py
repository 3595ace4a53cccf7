import json
import shlex

import click
import pytest

from ensue.catalog import KINDS
from ensue.doors.cli.operations import (
    EXAMPLES,
    HELP,
    grouped_commands,
    operation_commands,
    usages,
)

NAMES = list(
    dict.fromkeys(
        (each.group, each.name)
        for kind in KINDS.values()
        if kind.group is None
        for each in kind.operations
    )
)
# Those that are written by hand have examples of their own.
MADE = [
    each for each in NAMES if each not in {(None, "tail"), (None, "approvals"), ("dlq", "causes")}
]


def test_each_operation_of_the_catalog_has_a_command(ensue):
    for words in NAMES:
        assert ensue(*filter(None, words), "--help").exit_code == 0


@pytest.mark.parametrize(("group", "name"), MADE)
def test_the_examples_of_a_command_can_be_typed(group, name):
    written = [each for each in (group, name) if each]
    commands = operation_commands(()) if group is None else grouped_commands(group, ())
    (command,) = [each for each in commands if each.name == name]
    assert EXAMPLES[" ".join(written)]
    for line in EXAMPLES[" ".join(written)]:
        words = shlex.split(line.partition(" < ")[0])
        assert words[: len(written) + 1] == ["ensue", *written]
        found = command.make_context(name, words[len(written) + 1 :], resilient_parsing=False)
        assert found.params["resource"]


@pytest.mark.parametrize(("group", "name"), MADE)
def test_each_option_has_help_and_means_one_thing_for_all_kinds(group, name):
    meant = {}
    for way in usages(name, group).values():
        for option in way.options:
            assert option.help or option.name in HELP
            means = (option.shape, option.help)
            assert meant.setdefault(option.name, means) == means


def test_the_help_of_an_option_is_that_of_its_operation(ensue):
    update, listed = ensue("update", "--help").stdout, ensue("list", "--help").stdout
    assert "What gets it, such as queue/reports" in update
    assert "keep or" in update
    assert "Where the next page begins" in listed


def test_a_message_is_sent_and_its_id_printed(ensue, answers):
    answers.add("/_ensue/queues/payments/send", {"id": "0192-1"})
    done = ensue("send", "payments", '{"n":1}', "--delay", "5")
    assert (done.exit_code, done.stdout) == (0, "0192-1\n")
    assert answers.asked == [("/_ensue/queues/payments/send", {"body": {"n": 1}, "delay": 5.0})]
    assert answers.requests[-1].url.params["app"] == "shop"


def test_the_kind_of_the_resource_decides_what_is_sent(ensue, answers):
    answers.add("/_ensue/mail/letters/send", {"id": "0192-2"})
    assert ensue("send", "letters", "Hello", "How are you?", "--to", "a@b.org").exit_code == 0
    assert answers.asked[0][1] == {"subject": "Hello", "text": "How are you?", "to": "a@b.org"}


def test_an_option_of_another_kind_is_refused(ensue):
    done = ensue("send", "letters", "Hello", "text", "--delay", "5")
    assert done.exit_code == 2
    assert "A mail takes no --delay with send" in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("send", "payments"), "Missing BODY; expected: ensue send QUEUE BODY"),
        (("send", "letters", "Hi"), "Missing TEXT; expected: ensue send MAIL SUBJECT TEXT"),
        (("get", "stock"), "Missing KEY; expected: ensue get TABLE KEY"),
        (("get", "stock", "LX", "5"), "Got unexpected argument '5'"),
    ],
)
def test_arguments_are_counted(ensue, words, said):
    done = ensue(*words)
    assert done.exit_code == 2
    assert said in done.stderr


def test_an_event_is_published_under_its_wire_names(ensue, answers):
    answers.add("/_ensue/buses/order-events/publish", {"id": "0192-3"})
    words = ("publish", "order-events", "OrderPlaced", '{"id":"1"}', "--source", "me")
    assert ensue(*words, "--resources", "a", "--resources", "b").exit_code == 0
    assert answers.asked[0][1] == {
        "detail-type": "OrderPlaced",
        "detail": {"id": "1"},
        "source": "me",
        "resources": ["a", "b"],
    }


def test_bad_json_is_located_and_nothing_is_sent(ensue, answers):
    done = ensue("publish", "order-events", "OrderPlaced", '{"id": }')
    assert done.exit_code == 2
    assert "Invalid value for DETAIL: expected JSON" in done.stderr
    assert "byte 7" in done.stderr
    assert answers.asked == []


def test_a_value_comes_from_standard_input(ensue, answers):
    answers.add("/_ensue/tables/stock/put", {"stored": True})
    done = ensue("put", "stock", "-", stdin='{"model": "LX", "quantity": 5}\n')
    assert (done.exit_code, done.stdout) == (0, "stored  yes\n")
    assert answers.asked[0][1] == {"item": {"model": "LX", "quantity": 5}}


def test_a_condition_with_values_is_passed_on(ensue, answers):
    answers.add("/_ensue/tables/stock/put", {"stored": False})
    done = ensue("put", "stock", "{}", "--where", "quantity < :n", "--values", '{"n": 3}')
    assert (done.exit_code, done.stdout) == (0, "stored  no\n")
    assert answers.asked[0][1] == {"item": {}, "where": "quantity < :n", "values": {"n": 3}}


def test_digits_that_find_nothing_as_a_number_are_looked_up_as_text(ensue, answers):
    path = "/_ensue/tables/stock/get"
    answers.add(path, {"error": {"code": "not_found", "message": "there is no item"}}, 404)
    answers.add(path, {"model": "349"})
    assert ensue("get", "stock", "349").stdout == "model  349\n"
    assert [body["key"] for _, body in answers.asked] == [349, "349"]


def test_a_query_of_digits_is_repeated_as_text_only_where_it_finds_nothing(ensue, answers):
    path = "/_ensue/tables/stock/query"
    answers.add(path, {"items": [], "next": None})
    answers.add(path, {"items": [{"n": 1}], "next": "t"})
    done = ensue("query", "stock", "349", "--index", "by_customer", "--limit", "5")
    assert done.stdout == "n\n1\n"
    assert "--after t" in done.stderr
    rest = {"index": "by_customer", "limit": 5}
    assert [body for _, body in answers.asked] == [
        {"partition": 349, **rest},
        {"partition": "349", **rest},
    ]


MISSING = {"error": {"code": "not_found", "message": "there is no item"}}


@pytest.mark.parametrize(("operation", "nothing"), [("version", {"version": 0}), ("history", [])])
def test_what_reads_of_a_number_find_nothing_they_look_up_as_text(
    ensue, answers, operation, nothing
):
    path = f"/_ensue/tables/stock/{operation}"
    answers.add(path, nothing)
    answers.add(path, [{"id": "349"}])
    assert ensue(operation, "stock", "349").stdout == "id\n349\n"
    assert [body["key"] for _, body in answers.asked] == [349, "349"]


@pytest.mark.parametrize("words", [["delete", "stock", "349"], ["update", "stock", "349", "SET n"]])
def test_a_write_of_digits_goes_to_the_key_that_is_there(ensue, answers, words):
    answers.add("/_ensue/tables/stock/get", {"id": "349"})
    answers.add("/_ensue/tables/stock/get", MISSING, 404)
    answers.add(f"/_ensue/tables/stock/{words[0]}", {"done": True})
    assert ensue(*words).exit_code == 0
    assert answers.asked[-1][1]["key"] == "349"


def test_a_write_of_digits_that_are_no_key_yet_means_the_number(ensue, answers):
    answers.add("/_ensue/tables/stock/get", MISSING, 404)
    answers.add("/_ensue/tables/stock/delete", {"deleted": False})
    assert ensue("delete", "stock", "349").exit_code == 0
    assert answers.asked[-1] == ("/_ensue/tables/stock/delete", {"key": 349})


def test_a_write_of_digits_that_are_two_keys_is_refused(ensue, answers):
    answers.add("/_ensue/tables/stock/get", {"id": "one of them"})
    done = ensue("delete", "stock", "349")
    assert done.exit_code == 1
    assert "the number 349 and the text 349 are both keys of stock" in done.stderr
    assert "Write [349] for the number" in done.stderr
    assert {path for path, _ in answers.asked} == {"/_ensue/tables/stock/get"}


@pytest.mark.parametrize(
    ("words", "path"),
    [
        (["settle", "payments", "h-1", "h-2"], "/_ensue/queues/payments/settle"),
        (["send-batch", "payments", "[1, 2]"], "/_ensue/queues/payments/send-batch"),
        (["publish-batch", "order-events", "[1, 2]"], "/_ensue/buses/order-events/publish-batch"),
    ],
)
def test_a_batch_of_which_something_failed_ends_with_1_and_says_what(ensue, answers, words, path):
    answers.add(path, {"ids": ["a", None], "failed": [{"index": 1, "message": "too large"}]})
    done = ensue(*words)
    assert (done.exit_code, "ids" in done.stdout) == (1, True)
    assert done.stderr == 'error: 1 of the batch failed\n  {"index":1,"message":"too large"}\n'


def test_a_batch_of_which_nothing_failed_ends_with_0(ensue, answers):
    answers.add("/_ensue/queues/payments/settle", {"settled": 1, "failed": []})
    done = ensue("settle", "payments", "h-1")
    assert (done.exit_code, done.stderr) == (0, "")


def test_a_write_is_never_repeated(ensue, answers):
    path = "/_ensue/functions/reprice/invoke"
    answers.add(path, {"error": {"code": "not_found", "message": "gone"}}, 404)
    assert ensue("invoke", "reprice", "349").exit_code == 1
    assert len(answers.asked) == 1


def test_the_servers_refusal_is_printed_to_standard_error(ensue, answers):
    error = {"code": "invalid_input", "message": "expected a dead-letter queue", "hint": "Look."}
    answers.add("/_ensue/queues/payments/redrive", {"error": error}, 400)
    done = ensue("dlq", "redrive", "payments")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == "error: expected a dead-letter queue. Look.\n"


def test_messages_are_a_table_for_people_and_json_for_programs(ensue, answers):
    message = {
        "id": "a-1",
        "body": {"n": 1},
        "receives": 10,
        "sent_ms": 1_700_000_000_123,
        "group": None,
        "attributes": {},
    }
    answers.add("/_ensue/queues/payments-dlq/peek", [message])
    lines = ensue("peek", "payments-dlq").stdout.splitlines()
    assert [line.split() for line in lines] == [
        ["id", "body", "receives", "sent"],
        ["a-1", '{"n":1}', "10", "2023-11-14", "22:13:20.123"],
    ]
    assert json.loads(ensue("peek", "payments-dlq", "--json").stdout) == [message]


def test_an_empty_queue_prints_nothing_to_standard_output(ensue, answers):
    answers.add("/_ensue/queues/payments-dlq/peek", [])
    done = ensue("peek", "payments-dlq")
    assert (done.stdout, done.stderr) == ("", "none\n")


def test_commands_of_several_kinds_say_how_each_is_asked_for():
    (send,) = [each for each in operation_commands(leave_out=()) if each.name == "send"]
    shown = send.get_help(click.Context(send, info_name="ensue send"))
    assert "ensue send QUEUE BODY: Send a message." in shown
    assert "ensue send MAIL SUBJECT TEXT: Send a letter." in shown
