from __future__ import annotations

import pytest

from ensue.engine import backlog, dead_letters, keeper, work
from ensue.engine.backlog import Depth
from ensue.engine.failures import ERROR_LENGTH_MAX, failures

QUEUE, DEAD = 16, 17
LEASE_MS = 1_000


@pytest.fixture
def add(stage):
    return lambda body, **options: stage.do(lambda tx: work.add(tx, QUEUE, body, **options))


@pytest.fixture
def take(stage):
    def taken(limit=100, queue=QUEUE):
        return stage.do(lambda tx: work.lease(tx, work.due(tx, queue, limit), LEASE_MS))

    return taken


@pytest.fixture
def due(stage):
    return lambda queue=QUEUE: [
        p.body for p in stage.engine.read(lambda tx: work.due(tx, queue, 100))
    ]


def redrive(tx, limit):
    found = dead_letters.look(tx, DEAD, dead_letters.BEGINNING, tx.now_ms, limit)
    letters = [letter for each in found if (letter := dead_letters.letter_of(each))]
    for letter in letters:
        dead_letters.revive(tx, letter)
    return len(letters)


def piece(stage, number):
    return stage.engine.read(lambda tx: work.piece(tx, number))


def later(stage, ms):
    stage.clock.move_to(stage.clock.now_ms() + ms)


def test_work_is_due_at_once_in_the_order_of_sending(add, due):
    for body in "123":
        add(body)
    assert due() == ["1", "2", "3"]


def test_delayed_work_is_due_when_its_delay_is_over(stage, add, due):
    add("1", delay_ms=500)
    assert due() == []
    later(stage, 500)
    assert due() == ["1"]


def test_leased_work_is_not_due(add, take, due):
    add("1")
    [leased] = take()
    assert (leased.state, leased.receives) == (work.LEASED, 1)
    assert due() == []


def test_a_lease_that_ends_lets_the_work_be_taken_again(stage, add, take):
    add("1")
    take()
    later(stage, LEASE_MS)
    assert [again.receives for again in take()] == [2]


def test_finished_work_is_done_and_never_due_again(stage, add, take, due):
    number = add("1")
    taken = take()
    stage.do(lambda tx: work.finish(tx, taken))
    later(stage, LEASE_MS * 9)
    assert (piece(stage, number).state, due()) == (work.DONE, [])


@pytest.mark.parametrize("settle", ["finish", "retry", "bury", "give_back"])
def test_a_late_verdict_on_a_lease_that_passed_to_another_changes_nothing(stage, add, take, settle):
    number = add("1")
    [late] = take()
    later(stage, LEASE_MS)
    take()
    before = piece(stage, number)
    calls = {
        "finish": lambda tx: work.finish(tx, [late]),
        "retry": lambda tx: work.retry(tx, late, "late", 0),
        "bury": lambda tx: work.bury(tx, late, "late", DEAD),
        "give_back": lambda tx: work.give_back(tx, [late]),
    }
    stage.do(calls[settle])
    assert piece(stage, number) == before
    assert stage.rows("SELECT * FROM ensue_failures") == []


@pytest.mark.parametrize("settle", ["finish", "retry", "bury", "give_back"])
def test_a_late_verdict_on_work_that_was_buried_meanwhile_changes_nothing(stage, add, take, settle):
    number = add("1")
    [late] = take()
    later(stage, LEASE_MS)
    [last] = take()
    stage.do(lambda tx: work.bury(tx, last, "too often", DEAD))
    before = piece(stage, number)
    calls = {
        "finish": lambda tx: work.finish(tx, [late]),
        "retry": lambda tx: work.retry(tx, late, "late", 0),
        "bury": lambda tx: work.bury(tx, late, "late", DEAD),
        "give_back": lambda tx: work.give_back(tx, [late]),
    }
    assert not stage.do(calls[settle])
    assert piece(stage, number) == before


def test_a_retry_waits_and_says_why(stage, add, take, due):
    number = add("1")
    [taken] = take()
    assert stage.do(lambda tx: work.retry(tx, taken, "no luck", 300))
    assert due() == []
    later(stage, 300)
    assert due() == ["1"]
    [(attempt, _, error)] = stage.engine.read(lambda tx: failures(tx, number))
    assert (attempt, error) == (1, "no luck")


def test_receive_counts_survive_closing_and_opening_again(file_store, run_on):
    first = run_on(file_store)
    first.do(lambda tx: work.add(tx, QUEUE, "1"))
    first.do(lambda tx: work.lease(tx, work.due(tx, QUEUE, 1), LEASE_MS))
    first.close()
    again = run_on(file_store)
    [found] = again.engine.read(lambda tx: work.due(tx, QUEUE, 1))
    assert (found.receives, found.state) == (1, work.WAITING)


def test_receive_counts_survive_a_crash(file_stage, run_on, crashed):
    file_stage.do(lambda tx: work.add(tx, QUEUE, "1"))
    file_stage.do(lambda tx: work.lease(tx, work.due(tx, QUEUE, 1), LEASE_MS))
    again = run_on(crashed(file_stage))
    [found] = again.engine.read(lambda tx: work.due(tx, QUEUE, 1))
    assert found.receives == 1


def test_buried_work_waits_in_the_dead_letter_queue_with_the_reason(stage, add, take, due):
    number = add("1", attributes='{"colour":"red"}')
    [taken] = take()
    assert stage.do(lambda tx: work.bury(tx, taken, "x" * 9_000, DEAD))
    assert (due(), due(DEAD)) == ([], ["1"])
    attributes = work.attributes_of(piece(stage, number))
    letter = attributes.pop("dead_letter")
    assert attributes == {"colour": "red"}
    assert (letter["from"], letter["receives"]) == (QUEUE, 1)
    assert letter["reason"] == "x" * ERROR_LENGTH_MAX


def test_redriven_work_is_back_as_if_it_were_new(stage, add, take, due):
    number = add("1")
    [taken] = take()
    stage.do(lambda tx: work.bury(tx, taken, "no", DEAD))
    assert stage.do(lambda tx: redrive(tx, 10)) == 1
    found = piece(stage, number)
    assert (found.queue, found.receives, found.attributes) == (QUEUE, 0, None)
    assert due() == ["1"]


def test_a_redrive_moves_no_more_than_its_limit(stage, add, take, due):
    for body in "123":
        add(body)
    for taken in take():
        stage.do(lambda tx, taken=taken: work.bury(tx, taken, "no", DEAD))
    assert stage.do(lambda tx: redrive(tx, 2)) == 2
    assert (due(), due(DEAD)) == (["1", "2"], ["3"])


@pytest.mark.parametrize("attributes", [None, '{"dead_letter":1}', '{"dead_letter":{}}'])
def test_a_redrive_leaves_what_did_not_die_there(stage, due, attributes):
    stage.do(lambda tx: work.add(tx, DEAD, "1", attributes=attributes))
    assert stage.do(lambda tx: redrive(tx, 10)) == 0
    assert due(DEAD) == ["1"]


def test_a_group_holds_back_its_own_successors_only(add, due):
    add('"a1"', group="a")
    add('"a2"', group="a")
    add('"b1"', group="b")
    add('"free"')
    assert due() == ['"a1"', '"b1"', '"free"']


def test_a_leased_piece_holds_its_group_back(add, take, due):
    add('"a1"', group="a")
    take()
    add('"a2"', group="a")
    assert due() == []


@pytest.mark.parametrize("end", ["finish", "bury"])
def test_a_settled_piece_releases_the_next_of_its_group(stage, add, take, due, end):
    add('"a1"', group="a")
    add('"a2"', group="a")
    add('"a3"', group="a")
    [taken] = take()
    ends = {
        "finish": lambda tx: work.finish(tx, [taken]),
        "bury": lambda tx: work.bury(tx, taken, "no", DEAD),
    }
    stage.do(ends[end])
    assert due() == ['"a2"']


def test_a_retried_piece_still_holds_its_group_back(stage, add, take, due):
    add('"a1"', group="a")
    add('"a2"', group="a")
    [taken] = take()
    stage.do(lambda tx: work.retry(tx, taken, "no", 10))
    later(stage, 10)
    assert due() == ['"a1"']


def test_a_released_piece_still_waits_for_its_own_delay(stage, add, take, due):
    add('"a1"', group="a")
    add('"a2"', group="a", delay_ms=5_000)
    taken = take()
    stage.do(lambda tx: work.finish(tx, taken))
    assert due() == []
    later(stage, 5_000)
    assert due() == ['"a2"']


def test_groups_of_two_queues_do_not_know_each_other(stage, add, due):
    add('"a1"', group="a")
    stage.do(lambda tx: work.add(tx, DEAD, '"other"', group="a"))
    assert due(DEAD) == ['"other"']


def test_redriven_work_lines_up_with_its_group(stage, add, take, due):
    add('"a1"', group="a")
    add('"a2"', group="a")
    [first] = take()
    stage.do(lambda tx: work.bury(tx, first, "no", DEAD))
    [second] = take()
    stage.do(lambda tx: redrive(tx, 10))
    assert due() == []
    stage.do(lambda tx: work.finish(tx, [second]))
    assert due() == ['"a1"']


def test_work_that_is_taken_and_finished_in_one_transaction_counts_one_receive(stage, add):
    numbers = [add("1"), add("2"), add("3")]

    def handle(tx):
        work.finish_untaken(tx, [p for p in work.due(tx, QUEUE, 3) if p.body != "2"])

    stage.do(handle)
    assert [(piece(stage, n).state, piece(stage, n).receives) for n in numbers] == [
        (work.DONE, 1),
        (work.WAITING, 0),
        (work.DONE, 1),
    ]


def test_peeking_takes_nothing(stage, add):
    number = add("1")
    add("2", delay_ms=50)
    seen = stage.engine.read(lambda tx: work.peek(tx, QUEUE, 10))
    assert [found.body for found in seen] == ["1", "2"]
    assert piece(stage, number).receives == 0


def test_depth_counts_what_waits_and_what_is_in_flight(stage, add, take):
    first_ms = stage.clock.now_ms()
    add("1", delay_ms=10)
    add("2")
    take(1)
    assert stage.engine.read(lambda tx: backlog.depth(tx, QUEUE)) == Depth(
        1, 1, 0, 1, first_ms + 10
    )
    assert stage.engine.read(lambda tx: backlog.depth(tx, DEAD)) == Depth(0, 0, 0, 0, None)


def test_next_due_is_the_first_moment_at_which_anything_may_be_taken(stage, add):
    at_ms = stage.clock.now_ms()
    add("1", delay_ms=70)
    add("2", delay_ms=30)
    assert stage.engine.read(lambda tx: work.next_due_ms(tx, QUEUE)) == at_ms + 30
    assert stage.engine.read(lambda tx: work.next_due_ms(tx, DEAD)) is None


def test_a_purge_forgets_old_done_work_and_its_failures_only(stage, add, take):
    for body in ("1", "2", "3"):
        add(body)
    first, second, _ = take()
    stage.do(lambda tx: work.retry(tx, first, "no", 0))
    [first] = take()
    stage.do(lambda tx: work.finish(tx, [first]))
    later(stage, 10_000)
    stage.do(lambda tx: work.finish(tx, [second]))
    before_ms = stage.clock.now_ms() - 5_000
    found = stage.do(lambda tx: keeper.purge_done(tx, after=0, before_ms=before_ms, limit=10))
    assert found == (1, 3)
    assert stage.rows("SELECT body FROM ensue_work ORDER BY id") == [("2",), ("3",)]
    assert stage.rows("SELECT * FROM ensue_failures") == []


def test_a_purge_does_not_look_at_what_is_too_new_to_be_forgotten(stage, add):
    add("1")
    before_ms = stage.clock.now_ms()
    assert stage.do(lambda tx: keeper.purge_done(tx, after=0, before_ms=before_ms, limit=9)) == (
        0,
        0,
    )
