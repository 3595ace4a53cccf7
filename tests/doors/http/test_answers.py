"""What a route answers, and what it refuses, is described by status."""

from __future__ import annotations

import pytest

from ensue import (
    Answer,
    ApiKeys,
    App,
    Body,
    Conflict,
    Item,
    NotPermitted,
    NotVerified,
    ReadTx,
    Secret,
    Tx,
)
from ensue.testing import running

ERROR = "#/components/schemas/EnsueError"


class Order(Body):
    """An order."""

    id: str


class Busy(Body):
    """There is no room; come back later.

    More for programmers.
    """

    retry_s: int


class Refused(Body):
    """Who asks is not known."""

    why: str


def make_app() -> App:
    app = App("shop")

    @app.on_error(NotPermitted)
    def unknown(fault: NotPermitted) -> Answer[Refused]:
        return Answer(Refused(why=str(fault)), status=401)

    @app.post("/orders", status=201, statuses={409: "It is there.", 503: Busy}, rate="5/s")
    def place(body: Order, tx: Tx) -> Answer[Order]:
        return Answer(body, status=201)

    @app.get("/orders/{id}", statuses={401: "Nobody may."})
    def show(id: str, tx: ReadTx) -> Order | None:  # noqa: A002 - the path's word
        return None if id == "none" else Order(id=id)

    @app.get("/anything")
    def anything() -> Answer:
        return Answer(1)

    @app.delete("/orders/{id}")
    def remove(id: str, tx: Tx) -> None:  # noqa: A002 - the path's word
        raise Conflict("it is on its way")

    return app


@pytest.fixture(scope="module")
def shop():
    with running(make_app()) as t:
        yield t


@pytest.fixture(scope="module")
def paths(shop):
    return shop.get("/openapi.json").body["paths"]


def schema(response: Item) -> Item:
    return response["content"]["application/json"]["schema"]


def test_an_answer_says_in_its_annotation_of_what_type_its_body_is(paths):
    assert schema(paths["/orders"]["post"]["responses"]["201"]) == {
        "$ref": "#/components/schemas/Order"
    }
    assert schema(paths["/anything"]["get"]["responses"]["200"]) == {}


def test_what_may_be_refused_follows_from_the_declaration(paths):
    shown = {
        f"{method} {path}": set(said["responses"]) - {"default"}
        for path, methods in paths.items()
        for method, said in methods.items()
    }
    assert shown["get /anything"] == {"200", "400"}
    assert shown["get /orders/{id}"] == {"200", "204", "400", "401"}
    assert shown["delete /orders/{id}"] == {"204", "400", "409", "413", "422"}
    assert shown["post /orders"] == {
        *("201", "400", "409", "413", "415", "422", "429", "503"),
    }


def test_a_status_may_name_the_type_of_its_body_whose_docstring_is_what_it_means(paths):
    said = paths["/orders"]["post"]["responses"]["503"]
    assert said["description"] == "There is no room; come back later."
    assert schema(said) == {"$ref": "#/components/schemas/Busy"}


def test_the_words_of_the_app_stand_beside_the_form_of_the_platform(paths):
    assert paths["/orders"]["post"]["responses"]["409"] == {
        "$ref": "#/components/responses/Conflict",
        "description": "It is there.",
    }


def test_an_error_that_the_app_answers_itself_has_the_form_that_it_names(paths):
    said = paths["/orders/{id}"]["get"]["responses"]["401"]
    assert said["description"] == "Nobody may."
    assert schema(said) == {"$ref": "#/components/schemas/Refused"}


def test_a_function_that_may_return_none_may_answer_204(shop, paths):
    responses = paths["/orders/{id}"]["get"]["responses"]
    assert schema(responses["200"]) == {"$ref": "#/components/schemas/Order"}
    assert "content" not in responses["204"]
    assert shop.get("/orders/none").status == 204


def test_each_error_of_the_description_is_one_that_the_schema_allows(shop):
    described = shop.get("/openapi.json").body
    kinds = described["components"]["schemas"]["EnsueError"]["properties"]["error"]
    for said in described["components"]["responses"].values():
        content = said["content"]["application/json"]
        assert content["schema"] == {"$ref": ERROR}
        assert set(content["example"]["error"]) <= set(kinds["properties"])
        assert set(kinds["required"]) <= set(content["example"]["error"])


def test_errors_that_are_answered_have_the_form_that_is_described(shop):
    from jsonschema_rs import validator_for  # noqa: PLC0415 - of the test extra

    described = shop.get("/openapi.json").body
    check = validator_for(described["components"]["schemas"]["EnsueError"])
    answers = [
        shop.get("/orders/1?x=1"),
        shop.post("/orders", b"{"),
        shop.request("DELETE", "/orders/1"),
        shop.get("/nowhere"),
        shop.request("PUT", "/anything"),
    ]
    assert [each.status for each in answers] == [400, 400, 409, 404, 405]
    for each in answers:
        check.validate(each.body)


def test_an_own_answer_to_a_class_below_one_that_has_a_status_is_told_beside_the_platforms():
    app = App("shop")

    @app.on_error(NotVerified)
    def unknown(fault: NotVerified) -> Answer[Refused]:
        return Answer(Refused(why=str(fault)), status=401)

    @app.get("/orders", verify=ApiKeys(Secret.env("KEY")))
    def orders() -> str:
        return ""

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KEY", "k")
        with running(app) as t:
            described = t.get("/openapi.json").body

    told = described["paths"]["/orders"]["get"]["responses"]["401"]["content"]["application/json"]
    assert told["schema"] == {"anyOf": [{"$ref": ERROR}, {"$ref": "#/components/schemas/Refused"}]}
