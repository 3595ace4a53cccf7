"""Bodies and answers of every kind of type, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypedDict

import pydantic
import pytest

from ensue import App, Body, Tx
from ensue.testing import Running, running


@dataclass
class AsDataclass:
    product: str
    quantity: int


class AsStruct(Body):
    product: str
    quantity: int


class AsTypedDict(TypedDict):
    product: str
    quantity: int


class Line(pydantic.BaseModel):
    quantity: int = pydantic.Field(ge=1)


class AsModel(pydantic.BaseModel):
    product: str
    quantity: int
    lines: list[Line] = []


@pytest.fixture(scope="module")
def typed() -> Iterator[Running]:
    app = App("typed")
    kinds = {"a": AsDataclass, "b": AsStruct, "c": AsTypedDict, "d": AsModel}
    for name, kind in kinds.items():

        def take(body, tx: Tx):
            return body

        take.__annotations__ = {"body": kind, "tx": Tx, "return": kind}
        app.post(f"/{name}")(take)
    with running(app) as kit:
        yield kit


@pytest.mark.parametrize("path", ["/a", "/b", "/c", "/d"])
def test_a_body_of_any_kind_of_type_comes_in_and_goes_out(typed, path):
    given = {"product": "tea", "quantity": 2}
    answer = typed.post(path, given)
    assert answer.status == 200
    assert given.items() <= answer.body.items()


@pytest.mark.parametrize("path", ["/a", "/b", "/c", "/d"])
def test_what_does_not_fit_is_a_400_at_its_place(typed, path):
    answer = typed.post(path, {"product": "tea", "quantity": "many"})
    assert (answer.status, answer.body["error"]["at"]) == (400, "$.quantity")


def test_the_models_of_a_model_are_described_and_located(typed):
    answer = typed.post("/d", {"product": "a", "quantity": 1, "lines": [{"quantity": 0}]})
    assert answer.body["error"]["at"] == "$.lines[0].quantity"
    described: dict[str, Any] = typed.get("/openapi.json").body
    body = described["paths"]["/d"]["post"]["requestBody"]["content"]["application/json"]
    assert body["schema"]["properties"]["lines"]["items"] == {"$ref": "#/components/schemas/Line"}
    assert described["components"]["schemas"]["Line"]["properties"]["quantity"]["minimum"] == 1
