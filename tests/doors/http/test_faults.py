# ruff: noqa: E501 - a table of cases, a line each
from __future__ import annotations

import datetime as dt
import enum
import uuid
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypedDict

import msgspec
import pytest
from msgspec import Meta

from ensue import Body
from ensue.doors.http.arguments import BodyReader
from ensue.words.errors import InvalidValue
from ensue.words.shapes.expected import described
from tests.doors.http.sample import Basket, NewOrder


class Cat(Body, tag="cat"):
    lives: Annotated[int, Meta(le=9)]


class Dog(Body, tag="dog"):
    name: str


class Zoo(Body):
    animals: list[Cat | Dog] = msgspec.field(default_factory=list)


class Colour(enum.Enum):
    RED = "red"
    GREEN = "green"


class Renamed(Body, rename={"detail_type": "detail-type"}):
    detail_type: str


class Even(Body):
    number: int

    def __post_init__(self) -> None:
        if self.number % 2:
            raise ValueError("the number is odd")


class Tree(Body):
    value: int
    below: list[Tree] = msgspec.field(default_factory=list)


class Typed(TypedDict):
    size: int


@dataclass
class Plain:
    size: int


CASES = [
    (NewOrder, '{"customerId":"a","quantity":"x"}', 'expected an integer from 1 to 1000, got "x", at $.quantity'),
    (NewOrder, '{"customerId":"a","quantity":0}', "expected an integer from 1 to 1000, got 0, at $.quantity"),
    (NewOrder, '{"customerId":"a","quantity":1001}', "expected an integer from 1 to 1000, got 1001, at $.quantity"),
    (NewOrder, '{"customerId":"a","quantity":1.5}', "expected an integer from 1 to 1000, got 1.5, at $.quantity"),
    (NewOrder, '{"customerId":"a","quantity":null}', "expected an integer from 1 to 1000, got null, at $.quantity"),
    (NewOrder, '{"customerId":"a","quantity":true}', "expected an integer from 1 to 1000, got true, at $.quantity"),
    (NewOrder, '{"customerId":"","quantity":1}', 'expected a text of 1 to 64 characters, got "", at $.customerId'),
    (NewOrder, '{"customerId":["a"],"quantity":1}', 'expected a text of 1 to 64 characters, got ["a"], at $.customerId'),
    (NewOrder, '{"quantity":1}', "expected customerId, a text of 1 to 64 characters, got nothing, at $.customerId"),
    (NewOrder, "{}", "expected customerId, a text of 1 to 64 characters, got nothing, at $.customerId"),
    (NewOrder, '{"customerId":"a","quantity":1,"color":2}', 'expected one of customerId, quantity, got "color", at $.color'),
    (NewOrder, '{"a` - at `$.b":1}', 'expected one of customerId, quantity, got "a` - at `$.b", at $["a` - at `$.b"]'),
    (NewOrder, "[]", "expected an object with customerId, quantity, got [], at $"),
    (NewOrder, "{", "expected JSON: input data was truncated (byte 1), at $"),
    (NewOrder, "{'a':1}", "expected JSON: object keys must be strings (byte 1), at $"),
    (NewOrder, '{"quantity":"z","quantity":2}', "expected each key once, got quantity twice, at $.quantity"),
    (Basket, '{"note":[%s,{"a":{"b c":1,"b c":1}}],"a":1,"a":2}' % ("9" * 30), "expected each key once, got a twice, at $.a"),
    (Basket, '{"note":[%s,{"a":{"b c":1,"b c":1}}]}' % ("9" * 30), 'expected each key once, got b c twice, at $.note[1].a["b c"]'),
    (NewOrder, "[" * 5_000, "expected at most 100 levels of nesting, got more, at $"),
    (Basket, '{"lines":[]}', "expected a list of at least 1 item, got [], at $.lines"),
    (Basket, '{"lines":[{"model":"a","quantity":1},{"model":"a","quantity":0}]}', "expected an integer from 1 to 1000, got 0, at $.lines[1].quantity"),
    (Basket, '{"lines":[{"model":"a"}]}', "expected quantity, an integer from 1 to 1000, got nothing, at $.lines[0].quantity"),
    (Basket, '{"lines":[{"model":"a","quantity":1,"x":1}]}', 'expected one of model, quantity, got "x", at $.lines[0].x'),
    (Basket, '{"lines":[{"model":"a","quantity":1}],"colour":"blue"}', 'expected one of "green", "red", got "blue", at $.colour'),
    (Basket, '{"lines":[{"model":"a","quantity":1}],"prices":{"a":1,"b":-2,"c":3}}', "expected a number of at least 0, got -2, at $.prices.b"),
    (Basket, '{"lines":[{"model":"a","quantity":1}],"prices":{"a b":"x"}}', 'expected a number of at least 0, got "x", at $.prices["a b"]'),
    (Basket, '{"lines":[{"model":"a","quantity":1}],"note":7}', "expected a text or null, got 7, at $.note"),
    (Zoo, '{"animals":[{"type":"dog","name":"x"},{"type":"cat","lives":10}]}', "expected an integer of at most 9, got 10, at $.animals[1].lives"),
    (Zoo, '{"animals":[{"type":"cow"}]}', 'expected one of "cat", "dog", got "cow", at $.animals[0].type'),
    (Zoo, '{"animals":[{"lives":1}]}', 'expected type, one of "cat", "dog", got nothing, at $.animals[0].type'),
    (Zoo, '{"animals":[{"type":"cat","lives":1,"name":"x"}]}', 'expected one of type, lives, got "name", at $.animals[0].name'),
    (Renamed, "{}", 'expected detail-type, a text, got nothing, at $["detail-type"]'),
    (Even, '{"number":3}', "the number is odd, at $"),
    (Tree, '{"value":1,"below":[{"value":2,"below":[{"value":"x"}]}]}', 'expected an integer, got "x", at $.below[0].below[0].value'),
    (Typed, '{"size":"x"}', 'expected an integer, got "x", at $.size'),
    (Plain, '{"size":"x"}', 'expected an integer, got "x", at $.size'),
    (Plain, "{}", "expected size, an integer, got nothing, at $.size"),
    (dict[str, list[int]], '{"a":[1],"b":[1,"x"]}', 'expected an integer, got "x", at $.b[1]'),
    (dict[str, dict[str, int]], '{"a":{},"b":{"c":1,"d":{}}}', "expected an integer, got {}, at $.b.d"),
    (dict[int, int], '{"a":1}', "expected int, got str as a key, at $"),
    (tuple[int, str], "[1]", "expected a list of 2 items, got [1], at $"),
    (tuple[int, str], "[1,2]", "expected a text, got 2, at $[1]"),
    (dt.datetime, '"yesterday"', 'expected a date and time such as 2026-01-31T12:00:00Z, got "yesterday", at $'),
    (uuid.UUID, '"x"', 'expected a UUID, got "x", at $'),
    (Colour, '"blue"', 'expected one of "red", "green", got "blue", at $'),
    (Annotated[str, Meta(pattern="^[a-z]+$")], '"A"', 'expected a text that matches ^[a-z]+$, got "A", at $'),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "body", "message"), CASES)
def test_a_fault_says_what_was_expected_what_came_and_where(kind, body, message):
    with pytest.raises(InvalidValue) as caught:
        BodyReader(kind, 10_000).decode(body.encode())
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (Any, "a JSON value"),
        (bool | None, "true or false or null"),
        (Annotated[int, Meta(ge=1)], "an integer of at least 1"),
        (Annotated[int, Meta(gt=1, lt=9)], "an integer greater than 1 less than 9"),
        (Annotated[float, Meta(le=1.5)], "a number of at most 1.5"),
        (Annotated[int, Meta(multiple_of=5)], "an integer that is a multiple of 5"),
        (Annotated[str, Meta(min_length=2, max_length=2)], "a text of 2 characters"),
        (Annotated[str, Meta(max_length=1)], "a text of at most 1 character"),
        (Annotated[list[int], Meta(max_length=3)], "a list of at most 3 items"),
        (dict[str, int], "an object"),
        (Literal["a"], '"a"'),
        (int | str | None, "an integer or a text or null"),
        (dt.timedelta, "a duration such as PT1H30M"),
    ],
)
def test_types_have_words(kind, words):
    assert described(msgspec.inspect.type_info(kind)) == words


@pytest.mark.parametrize(
    ("kind", "body", "at"),
    [
        (NewOrder, b'{"customerId":"a","quantity":1,"quantity":2}', "$.quantity"),
        (NewOrder, b'{"customerId":"a","quantity":1,"quantit\\u0079":2}', "$.quantity"),
        (Any, b'[{"a":1},{"b":{"c":1,"c":1}}]', "$[1].b.c"),
        (dict[str, int], b'{"a":1,"a":1}', "$.a"),
        (dict[str, str], b'{"a":"\\u003a","b":"1","b":"2"}', "$.b"),
    ],
)
def test_a_key_given_twice_is_refused_though_all_is_of_the_type(kind, body, at):
    with pytest.raises(InvalidValue, match="expected each key once") as caught:
        BodyReader(kind, 10_000).decode(body)
    assert caught.value.at == at


@pytest.mark.parametrize(
    "body", [b'{"a":"b:c:d","e":{"f":"::"}}', b'[{"a":1},{"a":1}]', b'{"a:b":1}', b'":::"']
)
def test_colons_that_are_no_keys_do_no_harm(body):
    assert BodyReader(Any, 10_000).decode(body) == msgspec.json.decode(body)


@pytest.mark.parametrize("body", [b'{"customerId":"\xff"}', b'{"customerId":"a","b\xff":1}'])
def test_what_is_not_utf8_is_told_with_its_place(body):
    with pytest.raises(InvalidValue) as caught:
        BodyReader(NewOrder, 10_000).decode(body)
    said = f"expected JSON: not UTF-8 (byte {body.index(0xFF)}), at $"
    assert str(caught.value) == said


def test_a_large_value_is_shown_short():
    with pytest.raises(InvalidValue) as caught:
        BodyReader(int, 10_000).decode(b'"%s"' % (b"x" * 5_000))
    assert len(str(caught.value)) < 120
