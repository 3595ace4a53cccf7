"""What a route without a handler takes from its request, and makes of what came of it.

Templates say both. The places in them are the route's parameters: those of the path are in the
path, those of the query are what the query may have, and the body is of the type that is named.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, Final, Optional

from ensue.app.routes import Parameter
from ensue.app.signed import SignedRequest
from ensue.app.transaction import ReadTx, Tx
from ensue.languages.templates import Reference, Template, compile_template
from ensue.words.errors import InvalidDeclaration
from ensue.words.shapes import Shape, TypeForm, as_plain, has_field
from ensue.words.values import Json

PATH: Final = "path"
QUERY: Final = "query"
BODY: Final = "body"
RAW: Final = "raw"
SIGNED: Final = "signed"
NEW_ID, TIME, RESULT = "new_id", "now_ms", "result"
TX = "tx"

Given = Mapping[str, Callable[[], Json]]


class Inputs:
    """The parameters of one route, gathered from its templates while it is declared.

    Args:
        at: the route, for errors.
        in_path: the names of the path's parameters.
        reads_only: whether it runs on a snapshot, where there are no new ids.
        body: the type of the body; None for any object.
        types: the types of parameters by name; text by default.
        verifies: whether its requests are verified: then ``{raw}`` is the body's text as it came,
            and ``{signed}`` what its signature shows.

    Raises:
        InvalidDeclaration: the body's type is none, or a GET has one.
    """

    def __init__(
        self,
        at: str,
        in_path: Sequence[str],
        *,
        reads_only: bool,
        body: TypeForm | None,
        types: Mapping[str, TypeForm],
        verifies: bool = False,
    ) -> None:
        self._at = at
        self._signed = frozenset({RAW, SIGNED} if verifies else ())
        self._in_path = list(in_path)
        self._types = dict(types)
        self._body = body
        self._reads_only = reads_only
        self._places: list[Reference] = []
        reserved = {BODY, TX, *self._signed} & {*self._in_path, *types}
        if reserved:
            raise InvalidDeclaration(f"expected another name than {reserved.pop()}", at=at)
        if body is not None:
            Shape(body, at)
        if reads_only and body is not None:
            raise InvalidDeclaration("expected no body for a GET", at=at)

    def template(self, template: object, *, with_result: bool = False) -> Template:
        """A template whose places are parameters of the route.

        Raises:
            InvalidDeclaration: it does not compile, or names what cannot be there.
        """
        roots = {PATH, QUERY, TIME}
        roots |= set() if self._reads_only else {BODY, NEW_ID}
        roots |= self._signed
        roots |= {RESULT} if with_result else set()
        try:
            made = compile_template(template, roots)
        except InvalidDeclaration as fault:
            raise InvalidDeclaration(
                f"{fault.message}, at {fault.at}", at=self._at, hint=fault.hint
            ) from None
        for place in made.references:
            self._check(place)
        self._places += made.references
        return made

    def parameters(self) -> tuple[Parameter, ...]:
        """The route's parameters.

        Raises:
            InvalidDeclaration: there is a type for none of them.
        """
        found = [
            Parameter(name, PATH, self._types.get(name, str), required=True)
            for name in self._in_path
        ]
        found += [self._in_query(name) for name in self._named_in_query()]
        if self._body is not None or any(place.root == BODY for place in self._places):
            found.append(Parameter(BODY, BODY, self._body or dict[str, Any], required=True))
        if any(place.root in self._signed for place in self._places):
            found.append(Parameter(SIGNED, SIGNED, SignedRequest, required=True))
        unknown = self._types.keys() - {each.name for each in found}
        if unknown:
            raise InvalidDeclaration(
                f"expected types of parameters that there are, got {', '.join(sorted(unknown))}",
                at=self._at,
            )
        return tuple(found)

    def _named_in_query(self) -> list[str]:
        names = [str(place.steps[0]) for place in self._places if place.root == QUERY]
        return list(dict.fromkeys(names))

    def _in_query(self, name: str) -> Parameter:
        kind = self._types.get(name, str)
        if all(place.optional for place in self._places if _is_in_query(place, name)):
            return Parameter(name, QUERY, Optional[kind], required=False)  # noqa: UP045 - any form
        return Parameter(name, QUERY, kind, required=True)

    def _check(self, place: Reference) -> None:
        first = place.steps[0] if place.steps else None
        if place.root == PATH and first not in self._in_path:
            has = ", ".join(self._in_path) or "none"
            raise InvalidDeclaration(
                f"expected a parameter of the path, which has {has}, got {place}", at=self._at
            )
        if place.root == QUERY and not isinstance(first, str):
            raise InvalidDeclaration(
                f"expected a name such as {{query.limit}}, got {place}", at=self._at
            )
        if place.root == QUERY and first in {*self._in_path, BODY, TX, *self._signed}:
            raise InvalidDeclaration(
                f"expected another name than {first}, got {place}", at=self._at
            )
        if place.root in {NEW_ID, TIME, RAW} and place.steps:
            raise InvalidDeclaration(f"expected {{{place.root}}}, got {place}", at=self._at)
        if place.root == BODY and self._body is not None and not has_field(self._body, place.steps):
            raise InvalidDeclaration(f"expected a place in the body, got {place}", at=self._at)


def _is_in_query(place: Reference, name: str) -> bool:
    return place.root == QUERY and place.steps[0] == name


def given_by(arguments: Mapping[str, object], in_path: Sequence[str], tx: ReadTx) -> Given:
    """What the templates of a route are filled in from, for one request.

    Args:
        arguments: by name, already checked.
        in_path: which of them are the path's.
        tx: where it runs.
    """
    signed = arguments.get(SIGNED)
    hidden = {BODY, *in_path}
    given: dict[str, Callable[[], Json]] = {}
    if isinstance(signed, SignedRequest):
        hidden.add(SIGNED)
        given = {RAW: lambda: signed.text, SIGNED: signed.as_value}
    given |= {
        PATH: lambda: {name: as_plain(arguments[name]) for name in in_path},
        QUERY: lambda: {
            name: as_plain(value)
            for name, value in arguments.items()
            if name not in hidden and value is not None
        },
        BODY: cache(lambda: as_plain(arguments[BODY])),
        TIME: lambda: tx.now_ms,
    }
    if isinstance(tx, Tx):
        given[NEW_ID] = cache(tx.new_id)
    return given
