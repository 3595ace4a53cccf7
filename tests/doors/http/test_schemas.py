from __future__ import annotations

from decimal import Decimal

import msgspec

from ensue.doors.http.schemas import Schemas
from ensue.doors.http.statuses import encode


class Price(msgspec.Struct):
    amount: Decimal
    tiers: dict[str, list[Decimal | None]]


def test_a_decimal_is_told_as_the_number_that_it_is_sent_as():
    schemas = Schemas([Price, Decimal])

    assert encode(Price(Decimal("1.50"), {})) == b'{"amount":1.50,"tiers":{}}'
    assert schemas.of(Decimal)["type"] == "number"
    told = schemas.components["Price"]["properties"]
    assert told["amount"]["type"] == "number"
    assert {each["type"] for each in told["tiers"]["additionalProperties"]["items"]["anyOf"]} == {
        "number",
        "null",
    }


def test_a_text_is_told_as_a_text():
    assert Schemas([str]).of(str) == {"type": "string"}
