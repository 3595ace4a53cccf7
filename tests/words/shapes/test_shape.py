from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated, Any, Literal, TypedDict

import msgspec
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta

from ensue import Body
from ensue.words import values
from ensue.words.errors import InvalidDeclaration, InvalidValue
from ensue.words.shapes import Shape, is_structured

Quantity = Annotated[int, Meta(ge=1, le=1_000)]


@dataclass
class AsDataclass:
    product: str
    quantity: Quantity = 1
    tags: list[str] = field(default_factory=list)


class AsStruct(Body):
    product: str
    quantity: Quantity = 1
    tags: list[str] = msgspec.field(default_factory=list)


class AsTypedDict(TypedDict):
    product: str
    quantity: Quantity
    tags: list[str]


class AsModel(pydantic.BaseModel):
    product: str
    quantity: int = pydantic.Field(1, ge=1, le=1_000)
    tags: list[str] = []


KINDS = [AsDataclass, AsStruct, AsTypedDict, AsModel]
GOOD = {"product": "tea", "quantity": 2, "tags": ["green"]}


@pytest.mark.parametrize("kind", KINDS)
def test_what_fits_is_of_the_type_and_is_written_as_it_came(kind):
    shape: Shape[Any] = Shape(kind)
    found = shape.take(GOOD)
    assert isinstance(found, dict if kind is AsTypedDict else kind)
    assert shape.plain(found) == shape.plain(GOOD) == GOOD
    assert shape.read(values.encode(GOOD)) == found


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("change", "at"),
    [
        ({"quantity": "x"}, "$.quantity"),
        ({"quantity": 1_001}, "$.quantity"),
        ({"product": None}, "$.product"),
        ({"tags": ["a", 1]}, "$.tags[1]"),
    ],
)
def test_what_does_not_fit_is_refused_at_its_place(kind, change, at):
    shape: Shape[Any] = Shape(kind)
    wrong = {**GOOD, **change}
    for refuse in (shape.take, shape.plain, lambda it: shape.read(values.encode(it))):
        with pytest.raises(InvalidValue, match="expected") as caught:
            refuse(wrong)
        assert caught.value.at == at


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_missing_is_named(kind):
    with pytest.raises(InvalidValue, match="got nothing") as caught:
        Shape(kind).take({"quantity": 1, "tags": []})
    assert caught.value.at == "$.product"


@pytest.mark.parametrize("kind", [AsDataclass, AsStruct, AsModel])
def test_what_the_type_fills_in_is_written_too(kind):
    assert Shape(kind).plain({"product": "tea"}) == {"product": "tea", "quantity": 1, "tags": []}


@pytest.mark.parametrize("kind", [AsDataclass, AsStruct])
def test_a_value_of_the_type_is_checked_though_nobody_checked_it_when_it_was_made(kind):
    with pytest.raises(InvalidValue) as caught:
        Shape(kind).plain(kind(product="tea", quantity=0))
    assert caught.value.at == "$.quantity"


def test_a_body_takes_no_field_that_it_does_not_know_and_a_dataclass_leaves_it_out():
    more = {**GOOD, "colour": "green"}
    with pytest.raises(InvalidValue) as caught:
        Shape(AsStruct).plain(more)
    assert caught.value.at == "$.colour"
    assert Shape(AsDataclass).plain(more) == GOOD


@dataclass
class Times:
    at: dt.datetime
    day: dt.date | None = None


def test_what_json_has_no_form_for_is_written_as_text():
    shape = Shape(Times)
    made = Times(dt.datetime(2026, 1, 31, 12, tzinfo=dt.UTC), dt.date(2026, 1, 31))
    assert shape.plain(made) == {"at": "2026-01-31T12:00:00Z", "day": "2026-01-31"}
    assert shape.read(values.encode(shape.plain(made))) == made


class Strict(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(strict=True)
    day: dt.date
    inner: AsModel | None = None


def test_a_strict_model_reads_what_it_wrote():
    shape = Shape(Strict)
    made = Strict(day=dt.date(2026, 1, 31), inner=AsModel(product="tea"))
    assert shape.take(shape.plain(made)) == made
    with pytest.raises(InvalidValue) as caught:
        shape.take({"day": "2026-01-31", "inner": {"product": "tea", "quantity": 0}})
    assert caught.value.at == "$.inner.quantity"


@pytest.mark.parametrize(
    ("kind", "wrong", "at"),
    [
        (list[AsModel], [GOOD, {**GOOD, "quantity": "x"}], "$[1].quantity"),
        (dict[str, AsModel], {"a": GOOD, "b": {**GOOD, "tags": [1]}}, "$.b.tags[0]"),
        (AsModel | None, {"product": 7}, "$.product"),
    ],
)
def test_models_within_other_types_are_located_too(kind, wrong, at):
    with pytest.raises(InvalidValue) as caught:
        Shape(kind).take(wrong)
    assert caught.value.at == at


def test_what_a_model_says_is_worded_as_ours():
    with pytest.raises(InvalidValue) as caught:
        Shape(AsModel).take({"product": "tea", "quantity": "x"})
    assert str(caught.value) == 'expected a valid integer, got "x", at $.quantity'


class Opaque:
    pass


@pytest.mark.parametrize("kind", [Opaque, Opaque | None, Opaque | AsModel, 7, "Nobody"])
def test_what_is_no_type_of_json_is_refused_when_it_is_declared(kind):
    with pytest.raises(InvalidDeclaration) as caught:
        Shape(kind, "queue payments")
    assert caught.value.at == "queue payments"


def test_a_value_with_no_json_form_is_refused():
    with pytest.raises(InvalidValue):
        Shape(AsDataclass).plain({"product": Opaque()})


def test_what_is_no_json_is_said_to_be_none():
    for text in ("{", b'"\xff"', "[" * 10_000):
        with pytest.raises(InvalidValue, match="expected"):
            Shape(list[Any]).read(text)


@pytest.mark.parametrize("kind", [*KINDS, AsModel | None])
def test_types_with_fields_are_structured(kind):
    assert is_structured(kind)


@pytest.mark.parametrize(
    "kind", [Any, int, dict, dict[str, Any], list[AsStruct], Literal["a"], Opaque, None, "Nobody"]
)
def test_types_that_say_no_more_than_json_are_not_structured(kind):
    assert not is_structured(kind)


@given(
    st.builds(
        AsDataclass,
        product=st.text(),
        quantity=st.integers(1, 1_000),
        tags=st.lists(st.text(), max_size=3),
    )
)
def test_what_is_written_is_read_back_equal(made):
    for kind in (AsDataclass, AsStruct, AsModel):
        shape: Shape[Any] = Shape(kind)
        plain = shape.plain(msgspec.to_builtins(made))
        assert shape.plain(shape.read(values.encode(plain))) == plain == msgspec.to_builtins(made)


class Counted(Body):
    count: int
    price: Decimal = Decimal(0)
    extra: Any = None


@pytest.mark.parametrize("written", ["12.0", "1.2e1", "1.2E+1", "120e-1", "12.000"])
def test_a_whole_number_is_an_integer_however_it_is_written(written):
    read = Shape(Counted).read(f'{{"extra": "a \\" 1.0", "count": {written}}}')

    assert (read.count, read.extra) == (12, 'a " 1.0')


def test_an_amount_stays_exact_beside_an_integer_that_is_written_with_a_point():
    price = "0.1000000000000000055511151231257827021181583404541015625"

    assert Shape(Counted).read(f'{{"count": 1.0, "price": {price}}}').price == Decimal(price)


@pytest.mark.parametrize(
    "written", ["1.5", "1e400", "-1e-400", "1e18446744073709551616", "9e99", "1e19"]
)
def test_what_is_no_whole_number_of_64_bits_is_no_integer(written):
    with pytest.raises(InvalidValue, match=r"expected an integer.* at \$\.count|expected JSON"):
        Shape(Counted).read(f'{{"count": {written}}}')
