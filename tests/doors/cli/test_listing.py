import json

STOCK = {
    "app": "shop",
    "kind": "table",
    "name": "stock",
    "declared": {"key": ["model"], "indexes": {}, "sql_table": "shop_stock"},
    "status": {"items": 3},
}
PAYMENTS = {
    "app": "shop",
    "kind": "queue",
    "name": "payments",
    "declared": {"max_receives": 10},
    "status": {"waiting": 2, "in_flight": 0, "oldest_age_ms": 1_500},
}


def _both(answers):
    answers.resources = [("shop", "table", "stock"), ("shop", "queue", "payments")]
    answers.add("/_ensue/tables/stock", STOCK)
    answers.add("/_ensue/queues/payments", PAYMENTS)


def test_ls_is_a_table_with_figures(ensue, answers):
    _both(answers)
    assert ensue("ls").stdout.splitlines() == [
        "app   kind   name      status",
        "shop  table  stock     items 3",
        "shop  queue  payments  waiting 2, in flight 0, oldest age 1.5 s",
    ]


def test_ls_says_when_there_is_nothing(ensue, answers):
    answers.resources = []
    assert ensue("ls").stdout == ""


def test_ls_as_json_is_all_that_is_known(ensue, answers):
    _both(answers)
    assert json.loads(ensue("ls", "--json").stdout) == [STOCK, PAYMENTS]


def test_describe_says_what_it_is_and_what_can_be_done_to_it(ensue, answers):
    _both(answers)
    assert ensue("describe", "queue/payments").stdout.splitlines() == [
        "payments, a queue of shop",
        "Messages, each handled by one consumer, with a dead-letter queue.",
        "",
        "declared",
        "  max receives  10",
        "",
        "status",
        "  waiting     2",
        "  in flight   0",
        "  oldest age  1.5 s",
        "",
        "commands",
        "  ensue send payments BODY",
        "  ensue send-batch payments MESSAGES",
        "  ensue withdraw payments ID",
        "  ensue peek payments",
        "  ensue receive payments",
        "  ensue settle payments HANDLES",
        "  ensue extend payments HANDLE VISIBILITY",
        "  ensue leases payments",
        "  ensue messages payments",
        "  ensue held payments",
        "  ensue message payments ID",
        "  ensue purge payments",
        "  ensue dlq causes payments",
        "  ensue dlq letters payments",
        "  ensue dlq redrive payments",
        "  ensue dlq redrives payments",
        "  ensue dlq cancel payments ID",
        "  ensue dlq undo payments ID",
        "  ensue dlq delete payments",
        "  ensue pause payments",
        "  ensue resume payments",
    ]


def test_describe_as_json_is_what_the_server_said(ensue, answers):
    _both(answers)
    assert json.loads(ensue("describe", "stock", "--json").stdout) == STOCK
