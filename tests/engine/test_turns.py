from __future__ import annotations

import pytest

from ensue.engine import dead_letters, takeover, takes, turns, work
from ensue.engine.turns import AGEING_MS, FAIR, PRIORITY, Turn

QUEUE, DEAD = 16, 17


@pytest.fixture(params=[PRIORITY, FAIR])
def ordered(request, stage):
    stage.engine.facts.orders[QUEUE] = request.param
    return stage


@pytest.fixture
def urgent(stage):
    stage.engine.facts.orders[QUEUE] = PRIORITY
    return stage


@pytest.fixture
def fair(stage):
    stage.engine.facts.orders[QUEUE] = FAIR
    return stage


def add(stage, body, priority=0, tenant=None, **options):
    turn = Turn(priority, tenant)
    return stage.do(lambda tx: work.add(tx, QUEUE, body, turn=turn, **options))


def take(stage, limit=100):
    def taken(tx):
        found = takes.due(tx, QUEUE, limit)
        work.finish_untaken(tx, found)
        return [piece.body for piece in found]

    return stage.do(taken)


def lease(stage, limit=100):
    return stage.do(lambda tx: work.lease(tx, takes.due(tx, QUEUE, limit), 1_000))


def later(stage, ms):
    stage.clock.move_to(stage.clock.now_ms() + ms)


def next_due_ms(stage):
    return stage.engine.read(lambda tx: takes.next_due_ms(tx, QUEUE))


def test_the_higher_priority_is_taken_first_and_equals_in_the_order_of_sending(urgent):
    for body, priority in (("low", 0), ("high", 9), ("middle", 5), ("high too", 9)):
        add(urgent, body, priority)
    assert take(urgent) == ["high", "high too", "middle", "low"]


@pytest.mark.parametrize(
    ("after_ms", "first"), [(9 * AGEING_MS - 1, "new"), (9 * AGEING_MS, "old")]
)
def test_a_low_priority_is_passed_only_for_as_long_as_the_ageing_rule_says(urgent, after_ms, first):
    add(urgent, "old", 0)
    later(urgent, after_ms)
    add(urgent, "new", 9)
    assert take(urgent, 1) == [first]


def test_a_low_priority_is_not_starved_by_a_stream_of_urgent_work(urgent):
    add(urgent, "low", 0)
    taken = []
    for _ in range(20):
        add(urgent, "high", 9)
        taken += take(urgent, 1)
        later(urgent, AGEING_MS)
    assert taken.index("low") == 9


def test_one_tenants_backlog_does_not_delay_anothers_first_by_more_than_a_batch(fair):
    fair.do(lambda tx: [work.add(tx, QUEUE, "big", turn=Turn(tenant="big")) for _ in range(10_000)])
    assert take(fair, 100) == ["big"] * 100
    add(fair, "small", tenant="small")
    assert "small" in take(fair, 2)


def test_tenants_with_backlogs_take_turns(fair):
    for tenant in "abc":
        for _ in range(3):
            add(fair, tenant, tenant=tenant)
    assert "".join(take(fair)) == "abcabcabc"


def test_a_tenant_that_rested_gets_no_credit_for_it(fair):
    for _ in range(50):
        add(fair, "a", tenant="a")
    take(fair, 50)
    for _ in range(3):
        add(fair, "b", tenant="b")
        add(fair, "a", tenant="a")
    assert "".join(take(fair)) == "bababa"


def test_retries_of_one_tenant_do_not_delay_anothers_first(fair):
    for _ in range(20):
        add(fair, "failing", tenant="a")
    for piece in lease(fair):
        fair.do(lambda tx, piece=piece: work.retry(tx, piece, "no", 10))
    later(fair, 10)
    add(fair, "b", tenant="b")
    assert "b" in take(fair, 2)


def test_delayed_work_gets_its_turn_when_it_is_due(ordered):
    add(ordered, "later", 9, delay_ms=500)
    add(ordered, "now")
    assert take(ordered) == ["now"]
    assert next_due_ms(ordered) == ordered.clock.now_ms() + 500
    later(ordered, 500)
    assert take(ordered) == ["later"]
    assert next_due_ms(ordered) is None


def test_a_group_keeps_its_order_whatever_the_turn(ordered):
    add(ordered, "a1", 0, "x", group="a")
    add(ordered, "a2", 9, "y", group="a")
    assert take(ordered) == ["a1"]
    assert take(ordered) == ["a2"]


def test_what_is_leased_is_not_taken_until_the_lease_ends(ordered):
    add(ordered, "1")
    [leased] = lease(ordered)
    assert take(ordered) == []
    assert next_due_ms(ordered) == leased.due_ms
    later(ordered, 1_000)
    assert [again.receives for again in lease(ordered)] == [2]


def test_what_was_leased_at_a_crash_is_taken_again(ordered):
    add(ordered, "1")
    lease(ordered)
    ordered.do(lambda tx: takeover.release_leases(tx, crashed=True))
    assert [again.crashes for again in lease(ordered)] == [1]


def test_what_is_redriven_has_a_turn_again(ordered):
    add(ordered, "1", 3, "x")
    [piece] = lease(ordered)
    ordered.do(lambda tx: work.bury(tx, piece, "no", DEAD))

    def redrive(tx):
        [dead] = dead_letters.look(tx, DEAD, dead_letters.BEGINNING, tx.now_ms, 9)
        dead_letters.revive(tx, dead_letters.letter_of(dead))

    ordered.do(redrive)
    [again] = lease(ordered)
    assert (again.priority, again.tenant) == (3, "x")


def test_a_queue_that_gets_an_order_takes_what_it_held_before(stage):
    stage.do(lambda tx: work.add(tx, QUEUE, "old"))
    stage.engine.facts.orders[QUEUE] = PRIORITY
    stage.do(lambda tx: turns.reorder(tx, QUEUE, PRIORITY))
    add(stage, "new", 5)
    assert take(stage) == ["new", "old"]


def test_a_queue_that_loses_its_order_takes_what_it_held_before(urgent):
    add(urgent, "1", 5)
    del urgent.engine.facts.orders[QUEUE]
    urgent.do(lambda tx: turns.reorder(tx, QUEUE, None))
    assert take(urgent) == ["1"]


def test_tenants_who_had_all_their_turns_are_forgotten(fair):
    for tenant in "ab":
        add(fair, tenant, tenant=tenant)
    take(fair, 1)
    for _ in range(2):
        add(fair, "b", tenant="b")
    take(fair, 3)
    add(fair, "b", tenant="b")
    assert fair.do(lambda tx: turns.forget(tx, 9)) == 1
    assert fair.rows("SELECT tenant FROM ensue_tenants") == [("b",)]


def test_a_queue_without_an_order_has_no_part_in_this(stage):
    stage.do(lambda tx: work.add(tx, QUEUE, "1", turn=Turn(9, "x")))
    assert stage.rows("SELECT priority, tenant, rank FROM ensue_work") == [(None, None, None)]
    assert stage.rows("SELECT * FROM ensue_tenants") == []
