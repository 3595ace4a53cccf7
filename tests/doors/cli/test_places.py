import pytest

MESSAGE = {"id": "a-1"}


@pytest.fixture
def two_apps(answers):
    answers.resources = [
        ("shop", "queue", "work"),
        ("shop", "mail", "work"),
        ("shop", "queue", "own"),
        ("depot", "queue", "work"),
        ("depot", "table", "stock"),
    ]
    return answers


def test_a_name_that_only_one_kind_has_is_enough(ensue, two_apps):
    two_apps.add("/_ensue/queues/own/send", MESSAGE)
    assert ensue("send", "own", "1").exit_code == 0


def test_a_kind_before_the_name_chooses(ensue, two_apps):
    two_apps.add("/_ensue/mail/work/send", MESSAGE)
    assert ensue("send", "mail/work", "Hi", "there").exit_code == 0


def test_an_app_before_the_kind_chooses(ensue, two_apps):
    two_apps.add("/_ensue/queues/work/send", MESSAGE)
    assert ensue("send", "depot/queue/work", "1").exit_code == 0
    assert two_apps.requests[-1].url.params["app"] == "depot"


@pytest.mark.usefixtures("two_apps")
def test_a_name_that_can_be_several_is_refused_with_all_of_them(ensue):
    done = ensue("send", "work", "1")
    assert done.exit_code == 1
    assert done.stderr == (
        "error: work can be shop/queue/work or shop/mail/work or depot/queue/work."
        " Write one of these.\n"
    )


@pytest.mark.usefixtures("two_apps")
def test_a_name_that_nothing_has_is_refused(ensue):
    done = ensue("get", "nothing", "1")
    assert done.exit_code == 1
    assert done.stderr == (
        "error: there is no table, adopted table or schedule group nothing."
        " `ensue ls` lists what there is.\n"
    )


@pytest.mark.usefixtures("two_apps")
def test_a_resource_of_another_kind_is_told(ensue):
    assert (
        "expected a queue, mail or destination, got the table stock"
        in ensue("send", "stock", "1").stderr
    )


def test_a_kind_that_this_version_does_not_know_is_left_out(ensue, two_apps):
    two_apps.resources.append(("depot", "balloon", "red"))
    assert "no queue or destination red" in ensue("peek", "red").stderr
