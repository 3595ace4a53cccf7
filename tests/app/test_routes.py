# ruff: noqa: A002, RUF043 - handlers and fixtures take what they are given
from __future__ import annotations

import pytest

from ensue.app.app import App
from ensue.app.routes import make_route
from ensue.words.errors import InvalidDeclaration


def plain(id: str, tx, *, limit: int = 10) -> dict:
    return {"id": id, "limit": limit, "tx": tx}


def test_arguments_come_from_the_path_the_body_or_the_query():
    def change(id: str, body: dict, tx, limit: int = 10):
        pass

    found = make_route("POST", "/orders/{id}", change)
    places = {each.name: (each.place, each.type, each.required) for each in found.parameters}
    assert places == {
        "id": ("path", str, True),
        "body": ("body", dict, True),
        "limit": ("query", int, False),
    }
    assert (found.wants_tx, found.is_action, found.reads_only) == (True, False, False)


def test_a_get_of_a_def_runs_on_a_snapshot():
    assert make_route("GET", "/orders/{id}", plain).reads_only


@pytest.mark.parametrize("path", ["", "orders", "/a b", "/{", "/{1}", "/a?b", "/{id}}", "/é"])
def test_what_is_no_path_is_refused(path):
    with pytest.raises(InvalidDeclaration, match="expected a method and a path"):
        make_route("GET", path, plain)


def test_what_is_no_method_is_refused():
    with pytest.raises(InvalidDeclaration, match="expected a method and a path"):
        make_route("FETCH", "/{id}", plain)


def no_path_argument(other: str):
    pass


def no_type(id):
    pass


def many(id: str, *rest: str):
    pass


def keywords(id: str, **rest: str):
    pass


def by_place(id: str, /):
    pass


def unknown_type(id: NoSuchType):  # noqa: F821 - it is meant not to be there
    pass


def body_of_a_get(id: str, body: dict):
    pass


async def action_with_tx(id: str, tx):
    pass


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (no_path_argument, "expected an argument id for the path"),
        (no_type, "expected a type for the argument id"),
        (many, "expected plain arguments"),
        (keywords, "expected plain arguments"),
        (by_place, "expected plain arguments"),
        (unknown_type, "name 'NoSuchType' is not defined"),
        (body_of_a_get, "expected no body for a GET"),
        (action_with_tx, "expected an async def without tx"),
    ],
)
def test_a_signature_that_does_not_fit_is_refused_where_it_is_declared(function, said):
    with pytest.raises(InvalidDeclaration, match=said) as caught:
        make_route("GET", "/orders/{id}", function)
    assert caught.value.at == "GET /orders/{id}"


def test_two_functions_for_one_route_are_refused():
    app = App("wims")
    app.get("/{id}")(plain)
    app.post("/{id}")(plain)
    with pytest.raises(InvalidDeclaration, match="two functions for GET /{id}"):
        app.get("/{id}")(plain)
