import click
import pytest

from ensue.catalog import KINDS
from ensue.doors.cli.arguments import json_of, parameters_of
from ensue.doors.cli.readings import second_reading


def _parameters(kind, operation):
    (found,) = [each for each in KINDS[kind].operations if each.name == operation]
    return {each.name: each for each in parameters_of(found.parameters)}


def test_a_parameter_without_a_default_is_required():
    found = _parameters("queue", "send")
    assert [name for name, each in found.items() if each.required] == ["body"]


def test_a_parameter_keeps_its_name_on_the_wire():
    assert next(iter(_parameters("bus", "publish"))) == "detail-type"


@pytest.mark.parametrize(
    ("kind", "operation", "name", "shape"),
    [
        ("queue", "send", "body", "value"),
        ("queue", "send", "delay", "number"),
        ("queue", "send", "group", "text"),
        ("queue", "send", "attributes", "object"),
        ("table", "query", "reverse", "flag"),
        ("table", "query", "limit", "integer"),
        ("bus", "publish", "resources", "texts"),
        ("bus", "publish", "detail", "object"),
        ("bus", "tail", "after", "integer"),
    ],
)
def test_the_shape_of_a_parameter_follows_from_its_type(kind, operation, name, shape):
    assert _parameters(kind, operation)[name].shape == shape


def test_a_number_out_of_range_is_refused_with_the_range():
    limit = _parameters("queue", "peek")["limit"]
    assert limit.convert("1000") == 1000
    with pytest.raises(click.BadParameter, match="expected 1 to 1000, got 0"):
        limit.convert("0")
    with pytest.raises(click.BadParameter, match="expected an integer, got 'x'"):
        limit.convert("x")


@pytest.mark.parametrize("text", ["-1", "nan", "inf", "soon"])
def test_a_delay_that_is_no_time_is_refused(text):
    with pytest.raises(click.BadParameter):
        _parameters("queue", "send")["delay"].convert(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("LX", "LX"),
        ("349", 349),
        ('"349"', "349"),
        ("null", None),
        ('["349", "1"]', ["349", "1"]),
        ('{"n": 1}', {"n": 1}),
        ("", ""),
        ("a b\n", "a b"),
    ],
)
def test_a_value_is_json_or_else_text(text, value):
    assert json_of(text, anything=True) == value


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"n":1', 'expected JSON, got {"n":1: it ends too soon'),
        ('{"n": x}', 'expected JSON, got {"n": x}: invalid character (byte 6)'),
        ("[1 2]", "expected JSON, got [1 2]: expected ',' or ']' (byte 3)"),
    ],
)
def test_a_broken_object_or_list_is_not_taken_for_text(text, said):
    with pytest.raises(click.BadParameter) as caught:
        json_of(text, anything=True)
    assert caught.value.message == said


@pytest.mark.parametrize("text", ["LX", "[1]", "5", '{"a":}'])
def test_an_object_must_be_one(text):
    with pytest.raises(click.BadParameter, match="expected"):
        json_of(text, anything=False)


def test_json_can_come_from_a_file(tmp_path):
    file = tmp_path / "item.json"
    file.write_text('{"model": "LX"}')
    assert json_of(f"@{file}", anything=False) == {"model": "LX"}


def test_a_file_that_is_not_there_is_named():
    with pytest.raises(click.BadParameter, match=r"cannot read the file no\.json: No such file"):
        json_of("@no.json", anything=True)


def test_only_bare_numbers_and_words_have_a_second_reading():
    assert second_reading("349", 349) == "349"
    assert second_reading("true", True) == "true"  # noqa: FBT003
    assert second_reading('"349"', "349") is None
    assert second_reading("@n.json", 349) is None
