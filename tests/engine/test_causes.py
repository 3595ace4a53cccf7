"""The dead letters of each cause are counted as they come and go, and the counts are right."""

from __future__ import annotations

import itertools
from collections import Counter

import apsw
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from ensue.engine import backlog, causes, dead_letters, takeover, withdrawals, work
from ensue.engine.causes import death_of
from ensue.engine.database import MEMORY, StoreUrl
from ensue.engine.fingerprints import fingerprint
from ensue.engine.ids import WORK_NUMBER
from tests.conftest import Stage

QUEUE, OTHER, DEAD = 16, 17, 18
ERRORS = ("KeyError: 'order-{}'", "KeyError: 'currency'", "it answered 503 to {}")
CHOICE = st.integers(0, 9)


def naive(stage) -> dict[tuple[int, str], int]:
    """The letters of each queue and cause, counted one by one."""
    found = stage.rows("SELECT queue, attributes FROM ensue_work WHERE state < 2")
    deaths = [(queue, death_of(attributes)) for queue, attributes in found]
    return Counter(
        (queue, fingerprint(death.home, death.reason).text) for queue, death in deaths if death
    )


def kept(stage) -> dict[tuple[int, str], int]:
    """The same, as it is kept."""
    found = stage.rows("SELECT queue, fingerprint, letters FROM ensue_causes")
    return {(queue, text): letters for queue, text, letters in found}


class CausesMachine(RuleBasedStateMachine):
    """Letters that die, are redriven, put back, settled, withdrawn and purged in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.stage = Stage(StoreUrl(MEMORY))
        self.numbers = itertools.count()
        self.undo: dict[int, tuple[int, str]] = {}

    def teardown(self) -> None:
        self.stage.close()

    def pieces(self, *queues):
        places = ", ".join(map(str, queues))
        return self.stage.do(
            lambda tx: [
                work.Work(*row)
                for row in tx.execute(
                    f"SELECT {work.COLUMNS} FROM ensue_work WHERE state < 2 AND queue IN ({places})"
                )
            ]
        )

    @rule(queue=st.sampled_from([QUEUE, OTHER]), error=st.sampled_from(ERRORS), many=CHOICE)
    def die(self, queue, error, many):
        for _ in range(many):
            text = error.format(next(self.numbers))
            self.stage.do(lambda tx, text=text: self._die(tx, queue, text))

    def _die(self, tx, queue, text):
        piece = work.piece(tx, work.add(tx, queue, "1"))
        [taken] = work.lease(tx, [piece], 1_000)
        assert work.bury(tx, taken, text, DEAD)

    @rule(choice=CHOICE)
    def die_again_where_it_is_dead(self, choice):
        found = self.pieces(DEAD)
        if found:
            piece = found[choice % len(found)]
            self.stage.do(lambda tx: work.bury(tx, piece, f"AgainError: {choice}", DEAD))

    @rule(choice=CHOICE)
    def die_in_a_transaction_that_fails(self, choice):
        def fail(tx):
            self._die(tx, QUEUE, ERRORS[choice % 3])
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            self.stage.do(fail)

    @rule(choice=CHOICE)
    def redrive(self, choice):
        letters = [found for found in map(dead_letters.letter_of, self.pieces(DEAD)) if found]
        if letters:
            letter = letters[choice % len(letters)]
            self.stage.do(lambda tx: dead_letters.revive(tx, letter))
            self.undo[letter.piece.id] = letter.home, letter.piece.attributes

    @precondition(lambda self: self.undo)
    @rule()
    def put_back(self):
        number, (home, attributes) = self.undo.popitem()
        now_ms = self.stage.clock.now_ms()
        self.stage.do(
            lambda tx: dead_letters.put_back(
                tx, number, home, DEAD, (attributes, None), until_ms=now_ms
            )
        )

    @rule(choice=CHOICE, leased=st.booleans())
    def settle(self, choice, leased):
        found = self.pieces(DEAD, QUEUE)
        if not found:
            return
        piece = found[choice % len(found)]

        def settle(tx):
            if not leased:
                return work.finish_untaken(tx, [piece])
            taken = work.lease(tx, [piece], 1_000)
            # The second time nothing is left to settle.
            return work.finish(tx, taken), work.finish(tx, taken)

        self.stage.do(settle)

    @rule(choice=CHOICE)
    def withdraw(self, choice):
        found = self.pieces(DEAD)
        if found:
            piece = found[choice % len(found)]
            known = self.stage.engine.records.text(WORK_NUMBER, piece.id)
            self.stage.do(lambda tx: withdrawals.take_back(tx, DEAD, known))

    @rule(limit=st.integers(1, 4))
    def purge(self, limit):
        self.stage.do(lambda tx: backlog.purge(tx, DEAD, 2**60, limit))

    @rule()
    def start_again(self):
        """What is in memory is forgotten; the counts are not."""
        self.stage.engine.facts.dead_letter_queues.clear()
        self.stage.do(takeover.recall)

    @invariant()
    def the_counts_are_those_of_a_naive_grouping(self):
        assert kept(self.stage) == naive(self.stage)
        [(letters,)] = self.stage.rows("SELECT count(*) FROM ensue_dead")
        assert letters == sum(naive(self.stage).values())


TestCauses = CausesMachine.TestCase
TestCauses.settings = settings(max_examples=15, stateful_step_count=25, deadline=None)


@pytest.fixture
def stage(store, run_on):
    return run_on(store)


def die(stage, *errors, queue=QUEUE):
    for error in errors:
        stage.do(
            lambda tx, error=error: work.bury(
                tx, work.piece(tx, work.add(tx, queue, "1")), error, DEAD
            )
        )


def test_the_causes_of_all_queues_are_shown_page_by_page_the_largest_first(stage):
    die(stage, *(f"E{n}Error: x" for n in range(5) for _ in range(n + 1)))

    def pages(tx):
        after = causes.TOP
        while found := causes.of_all(tx, 2, after):
            yield [(each.error, each.letters) for each in found]
            after = (found[-1].letters, found[-1].number)

    assert stage.do(lambda tx: list(pages(tx))) == [
        [("E4Error", 5), ("E3Error", 4)],
        [("E2Error", 3), ("E1Error", 2)],
        [("E0Error", 1)],
    ]


def test_a_cause_tells_when_the_first_and_the_last_of_its_letters_died(stage):
    began_ms = stage.clock.now_ms()
    die(stage, "E: 1")
    stage.clock.move_to(began_ms + 50)
    die(stage, "E: 2", "F")

    cause = stage.do(lambda tx: causes.find(tx, DEAD, fingerprint(QUEUE, "E: 3").text))
    span = stage.do(lambda tx: causes.span(tx, cause.number))

    assert (span.first_ms, span.last_ms) == (began_ms, began_ms + 50)


def test_a_letter_that_was_moved_by_hand_with_sql_may_die_again(stage):
    die(stage, "E: 1")
    stage.do(lambda tx: tx.execute("UPDATE ensue_work SET queue = ?", (QUEUE,)))
    [(number,)] = stage.rows("SELECT id FROM ensue_work")

    stage.do(lambda tx: work.bury(tx, work.piece(tx, number), "F: 2", DEAD))

    assert kept(stage) == naive(stage)


def test_letters_of_an_earlier_version_get_their_causes_when_the_store_is_opened(
    file_store, run_on
):
    before = run_on(file_store)
    die(before, *(f"E: {n}" for n in range(3)), "F")
    before.do(lambda tx: work.add(tx, DEAD, "1", attributes='{"dead_letter": "by hand"}'))
    before.close()
    connection = apsw.Connection(str(file_store.path))
    connection.execute("DELETE FROM ensue_causes; DELETE FROM ensue_dead; DELETE FROM ensue_work"
                       " WHERE body = '2'")  # fmt: skip
    connection.execute(causes.TABLES[causes.TABLES.index("INSERT INTO") :])
    connection.close()

    after = run_on(file_store)

    assert kept(after) == naive(after)
    assert sorted(kept(after).values()) == [1, 3]


def test_deaths_follow_the_clock_when_it_was_set_back(stage):
    die(stage, "E: 1")
    now_ms = stage.clock.now_ms()
    stage.do(lambda tx: tx.execute("UPDATE ensue_dead SET at_ms = at_ms + 5000"))

    stage.do(lambda tx: causes.follow_clock(tx, 5_000))

    assert stage.rows("SELECT at_ms FROM ensue_dead") == [(now_ms,)]
