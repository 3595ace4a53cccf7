"""Since when what is declared is as it is."""

from __future__ import annotations

from ensue.engine import since
from ensue.engine.since import SWITCHED

NUMBER = 16


def noted(stage, sequence, **declared):
    stage.do(lambda tx: since.note(tx, NUMBER, sequence, declared))
    return stage.do(lambda tx: {name: at.sequence for name, at in since.of(tx, NUMBER).items()})


def test_what_was_there_when_notes_began_was_there_for_ever(stage):
    assert noted(stage, 7, a="1", b="1") == {"a": 0, "b": 0}


def test_what_is_new_or_changed_is_since_then_and_the_rest_as_before(stage):
    noted(stage, 7, a="1", b="1")

    assert noted(stage, 9, a="1", b="2", c="1") == {"a": 0, "b": 9, "c": 9}
    assert noted(stage, 12, a="1", b="2", c="1") == {"a": 0, "b": 9, "c": 9}


def test_what_is_gone_and_comes_again_is_new(stage):
    noted(stage, 7, a="1")
    assert noted(stage, 9) == {}

    assert noted(stage, 11, a="1") == {"a": 11}


def test_what_is_switched_is_told_apart_and_goes_with_it(stage):
    noted(stage, 7, a="1")
    stage.do(lambda tx: since.switched(tx, NUMBER, "a", 8))

    assert noted(stage, 9, a="1") == {"a": 0, SWITCHED + "a": 8}
    assert noted(stage, 10) == {}
