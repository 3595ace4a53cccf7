"""Every source to every target: with an input, at a failing target, and dead."""

from __future__ import annotations

import json

import pytest

from ensue import InputTransformer
from ensue.languages.transformers import compile_input
from tests.delivery.cell import running_cell
from tests.delivery.pieces import ODD, Piece
from tests.delivery.sources import SOURCES
from tests.delivery.targets import NO_TARGETS, PLAIN, TARGETS, BusTarget, Declared, QueueTarget

FIRST, SECOND, OTHER = Piece("a", 1), Piece("a", 2), Piece("b", 3)


def named(kinds):
    return [pytest.param(each, id=each.name) for each in kinds]


every_source = pytest.mark.parametrize("source", named(SOURCES))
every_target = pytest.mark.parametrize("target", named(TARGETS))
who_shapes = pytest.mark.parametrize("source", named(each for each in SOURCES if each.paths))
who_chooses = pytest.mark.parametrize(
    "source", named(each for each in SOURCES if each.letters_option)
)
who_fails = pytest.mark.parametrize("target", named(each for each in TARGETS if each.can_fail))
who_checks = pytest.mark.parametrize("target", named(each for each in TARGETS if each.checks))


@pytest.fixture
def cell(source, target, tmp_path):
    """A cell in which the target gets what it takes."""
    with running_cell(source(), target(), tmp_path, target.template) as made:
        yield made


@pytest.fixture
def odd_cell(source, target, tmp_path):
    """A cell in which the target gets what it never takes."""
    with running_cell(source(), target(), tmp_path, ODD) as made:
        yield made


def is_told(cell):
    """Whether whoever causes a delivery is told that it was not taken."""
    return cell.source.letters is None and cell.target.refuses


def letters_of(cell):
    """The dead-letter queue in which a delivery ends that the target never takes."""
    return cell.source.letters if cell.target.refuses else cell.target.letters


def check_arrived(cell, *pieces):
    """Each piece has arrived once, with its body, in its group, and in the order of that."""
    arrived = cell.arrived()
    wanted = [cell.target.body(piece) for piece in pieces]
    assert sorted(map(str, wanted)) == sorted(str(each.body) for each in arrived)
    groups = {str(cell.target.body(piece)): piece.group for piece in pieces}
    if cell.target.shows_group:
        assert {str(each.body): each.group for each in arrived} == groups
    if cell.target.keeps_order and cell.source.gives_group(cell.target.resource.ref.kind):
        for group in groups.values():
            of_group = [str(each.body) for each in arrived if groups[str(each.body)] == group]
            assert of_group == [
                str(cell.target.body(each)) for each in pieces if each.group == group
            ]


def check_dead(cell, letters, why):
    """Nothing has arrived; what was delivered is in a dead-letter queue, once, with the reason."""
    assert cell.arrived() == []
    [[name, [reason]]] = cell.dead().items()
    assert name == letters
    assert why in reason
    assert ": " in reason


@every_source
@every_target
def test_what_the_input_makes_arrives_exactly_once_in_its_group(cell):
    cell.source.emit(FIRST, SECOND, OTHER)

    check_arrived(cell, FIRST, SECOND, OTHER)
    assert cell.dead() == {}


@every_source
@who_fails
def test_what_a_target_takes_later_arrives_exactly_once_in_the_order_of_its_group(cell):
    cell.target.fail()
    if is_told(cell):
        assert cell.tells(FIRST)
    else:
        cell.source.emit(FIRST, SECOND, OTHER)
    assert cell.arrived() == []
    cell.target.mend()
    if is_told(cell):
        cell.source.emit(FIRST, SECOND, OTHER)
    cell.drain()

    check_arrived(cell, FIRST, SECOND, OTHER)
    assert cell.dead() == {}
    if cell.target.tried:
        assert cell.target.tried <= {each.key for each in cell.arrived()}


@every_source
@who_fails
def test_what_a_target_never_takes_is_dead_with_the_reason_and_redriven_when_it_does(cell):
    cell.target.fail()
    if is_told(cell):
        assert cell.tells(FIRST)
        cell.drain()
        assert (cell.arrived(), cell.dead()) == ([], {})
        return
    cell.source.emit(FIRST)
    cell.drain()
    check_dead(cell, letters_of(cell), "")

    cell.target.mend()
    cell.redrive()
    cell.drain()

    check_arrived(cell, FIRST)
    assert cell.dead() == {}


@who_chooses
@who_fails
def test_what_a_target_never_takes_is_dead_where_the_rule_or_the_pipe_says(
    source, target, tmp_path
):
    made = source(), target()
    with running_cell(*made, tmp_path, target.template, own=True) as cell:
        cell.target.fail()
        cell.source.emit(FIRST)
        cell.drain()
        is_own = target.refuses or target.takes_terms
        check_dead(cell, "own" if is_own else target.letters, "")
        cell.target.mend()
        cell.redrive()
        cell.drain()

        check_arrived(cell, FIRST)
        assert cell.dead() == {}


@every_source
@who_checks
def test_what_no_retry_mends_is_dead_with_the_reason_and_after_a_redrive_again(odd_cell):
    letters = odd_cell.source.letters
    if letters is None:
        assert odd_cell.tells(FIRST)
        assert (odd_cell.arrived(), odd_cell.dead()) == ([], {})
        return
    odd_cell.source.emit(FIRST)
    if odd_cell.source.ends_at_once:
        assert odd_cell.dead()
    odd_cell.drain()
    check_dead(odd_cell, letters, f"refused the {odd_cell.source.thing}")
    odd_cell.redrive()
    odd_cell.drain()
    check_dead(odd_cell, letters, f"refused the {odd_cell.source.thing}")


@who_shapes
def test_without_an_input_the_event_arrives_as_it_is(source, tmp_path):
    with running_cell(source(), QueueTarget(), tmp_path, None) as cell:
        cell.source.emit(FIRST)
        [arrival] = cell.arrived()

    rendered = compile_input(InputTransformer(source.paths, PLAIN)).render(arrival.body, {}, 0)
    assert json.loads(rendered) == FIRST._asdict()
    assert arrival.group == FIRST.group


@who_shapes
def test_a_bus_takes_as_it_is_what_is_an_event_only(source, tmp_path):
    with running_cell(source(), BusTarget(), tmp_path, None) as cell:
        cell.source.emit(FIRST)

        assert len(cell.arrived()) == source.is_event
        assert list(cell.dead()) == ([] if source.is_event else [source.letters])


@every_source
@pytest.mark.parametrize("make", NO_TARGETS.values(), ids=NO_TARGETS)
def test_what_takes_no_deliveries_is_refused_when_it_is_declared(source, make, tmp_path):
    with (
        pytest.raises(source.refusal, match=source.refused),
        running_cell(source(), Declared(make), tmp_path, PLAIN) as cell,
    ):
        cell.source.emit(FIRST)
