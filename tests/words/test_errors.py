from __future__ import annotations

from ensue.words import errors
from ensue.words.errors import EnsueError, InvalidValue, StoreBusy


def tree(root: type[EnsueError]) -> list[type[EnsueError]]:
    return [root, *(below for child in root.__subclasses__() for below in tree(child))]


def test_an_error_reads_as_what_where_and_then_what_to_do():
    fault = InvalidValue("expected an integer, got 'x'", at="$.n", hint="Give a number.")
    assert str(fault) == "expected an integer, got 'x', at $.n. Give a number."


def test_an_error_on_a_wire_leaves_out_what_is_not_known():
    assert StoreBusy("busy").as_dict() == {"code": "store_busy", "message": "busy"}


def test_every_error_has_a_code_of_its_own():
    ours = [each for each in tree(EnsueError) if each.__module__ == errors.__name__]
    assert len({each.code for each in ours}) == len(ours)


def test_every_error_is_in_the_drawing_at_the_top_of_its_module():
    ours = [each for each in tree(EnsueError) if each.__module__ == errors.__name__]
    assert [each.__name__ for each in ours if each.__name__ not in (errors.__doc__ or "")] == []
