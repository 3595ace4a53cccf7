"""Arguments from requests: decoded by type, and refused with a located error when they do not fit.

The types are compiled once for each route. What is right takes the short way through msgspec;
only what msgspec refused is looked at again, in `faults`, to say what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Generic, TypeAlias, TypeVar
from urllib.parse import parse_qsl

import msgspec
from msgspec import inspect
from starlette.types import Receive, Scope

from ensue.app.routes import Parameter, Route
from ensue.doors.http.carried import Carried
from ensue.doors.http.event_bodies import EventReader
from ensue.doors.http.wire import PATH_NAMES, check_utf8_path, read_body
from ensue.languages.cloudevents import CloudEvent
from ensue.words import values
from ensue.words.errors import InvalidValue
from ensue.words.shapes import Shape
from ensue.words.shapes.expected import TypeForm, fields_of, kinds_of
from ensue.words.shapes.faults import located, repeated_key

QUERY_FIELDS_MAX = 1_000

S = TypeVar("S", bound=msgspec.Struct)
# A value of a type that is known only when the app is; what a decoder of that type made.
Decoded: TypeAlias = Any

# An integer of 19 digits or more may be larger than the 64 bits that a value has.
_LONG_INTEGER = b"0" * 19
_AS_ZEROS = bytes.maketrans(b"0123456789", b"0" * 10)
_ESCAPE = b"\\u"
_untyped = msgspec.json.Decoder()
_encode = msgspec.json.Encoder().encode


class BodyReader:
    """Reads bodies of one type.

    Args:
        kind: the type; one that msgspec can decode, or that checks its values itself.
        bytes_max: how large a body may be.
    """

    def __init__(self, kind: TypeForm, bytes_max: int) -> None:
        self._shape: Shape[Decoded] = Shape(kind)
        self._bytes_max = bytes_max

    async def read(self, scope: Scope, receive: Receive) -> Decoded:
        """The decoded body; `msgspec.UNSET` when it is empty.

        Raises:
            InvalidValue: it is no JSON or not of the type; says where.
            BodyTooLarge: it is too large.
            WrongMediaType: it is said to be something else than JSON.
        """
        body = await read_body(scope, receive, self._bytes_max)
        return self.decode(body) if body else msgspec.UNSET

    def decode(self, body: bytes) -> Decoded:
        """The value of a body.

        Raises:
            InvalidValue: it is no JSON or not of the type, or has a key twice; says where.
        """
        try:
            found = self._shape.read(body)
        except InvalidValue as fault:
            raise repeated_key(body) or fault from None
        colons = body.count(b":")
        is_long = _LONG_INTEGER in body.translate(_AS_ZEROS)
        if colons > 1 or is_long:
            plain = _untyped.decode(body)
            if colons > 1 and not _has_all(plain, colons, body):
                repeated = repeated_key(body)
                if repeated is not None:
                    raise repeated
            if is_long:
                values.check_wire(plain)
        return found

    def missing(self) -> InvalidValue:
        """What to say when there is no body."""
        return self._shape.missing()


class Fields(Generic[S]):
    """Reads named texts, of a query or a path, as the fields of a Struct.

    Args:
        kind: the Struct type.
        place: ``query`` or ``path``, for errors.
    """

    def __init__(self, kind: type[S], place: str) -> None:
        self.kind = kind
        self._place = place
        shapes = {
            field.encode_name: query_form(field.type) for field in msgspec.structs.fields(kind)
        }
        self._numbers = [
            (field.name, values.step(place, field.encode_name))
            for field in msgspec.structs.fields(kind)
            if not _is_text(field.type)
        ]
        self._lists = frozenset(name for name, shape in shapes.items() if shape == "list")
        self._json = frozenset(name for name, shape in shapes.items() if shape == "json")

    def convert(self, given: Mapping[str, object]) -> S:
        """The Struct of texts by name.

        Raises:
            InvalidValue: a field is missing, unknown, or not of its type; says which.
        """
        try:
            found = msgspec.convert(given, self.kind, strict=False)
        except msgspec.ValidationError as error:
            raise located(error, given, self.kind, root=self._place, strict=False) from None
        for name, at in self._numbers:
            _check_number(getattr(found, name), at)
        return found

    def gather(self, query: bytes) -> dict[str, object]:
        """The fields of a query string: lists of those that may repeat, JSON of those that are it.

        Raises:
            InvalidValue: it is no query, or a name that stands for one value is given twice.
        """
        gathered: dict[str, object] = {}
        for name, text in parsed_query(query):
            if name in self._lists:
                several = gathered.setdefault(name, [])
                if isinstance(several, list):
                    several.append(text)
            elif name in gathered:
                at = values.step(self._place, name[:60])
                raise InvalidValue(f"expected one value, got {values.shown(text)} as well", at=at)
            else:
                gathered[name] = _json_or_text(text) if name in self._json else text
        return gathered


def parsed_query(query: bytes) -> list[tuple[str, str]]:
    """The pairs of a query string, as forms write them (the WHATWG URL standard).

    Raises:
        InvalidValue: it is not of UTF-8, or has too many fields.
    """
    if not query:
        return []
    try:
        return parse_qsl(
            query.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=QUERY_FIELDS_MAX,
        )
    except UnicodeDecodeError:
        raise InvalidValue("expected a query of UTF-8", at="query") from None
    except ValueError:
        said = f"expected at most {QUERY_FIELDS_MAX} fields"
        raise InvalidValue(said, at="query") from None


class Binder:
    """Takes the arguments of a route's function from a request.

    Args:
        route: the route.
        path_names: the names of the path's parameters, in the order in which they stand in it.
        bytes_max: how large a body may be.
    """

    def __init__(self, route: Route, path_names: Sequence[str], bytes_max: int) -> None:
        by_name = {each.name: each for each in route.parameters}
        # The router knows a path's parameters by their place.
        self._path_names = {f"p{place}": name for place, name in enumerate(path_names)}
        self._path = self._fields("path", [by_name[name] for name in path_names])
        in_query = [each for each in route.parameters if each.place == "query"]
        self._query = self._fields("query", in_query)
        self._needs_query = any(each.required for each in in_query)
        self._body = next((each for each in route.parameters if each.place == "body"), None)
        self._reader = None if self._body is None else _reader_of(self._body.type, bytes_max)
        self._defaults = {each.name: each.default for each in route.parameters if not each.required}
        self._carried = Carried(route.parameters)

    @staticmethod
    def _fields(place: str, parameters: Sequence[Parameter]) -> Fields[msgspec.Struct]:
        kind = msgspec.defstruct(
            place,
            [(each.name, each.type) for each in parameters if each.required]
            # The function's own default takes its place; see `bind`.
            + [(each.name, each.type, None) for each in parameters if not each.required],
            forbid_unknown_fields=True,
        )
        return Fields(kind, place)

    async def bind(self, scope: Scope, receive: Receive) -> dict[str, object]:
        """The arguments by name.

        Raises:
            InvalidValue: one is missing, unknown, or not of its type; says which and why.
            BodyTooLarge: the body is too large.
            WrongMediaType: the body is said to be something else than JSON.
        """
        arguments = dict(self._defaults)
        if self._path_names:
            check_utf8_path(scope)
            texts = scope["path_params"]
            named = {name: texts[place] for place, name in self._path_names.items()}
            scope[PATH_NAMES] = named
            found = self._path.convert(named)
            for name in self._path_names.values():
                arguments[name] = getattr(found, name)
        query = scope["query_string"]
        if query or self._needs_query:
            given = self._query.gather(query)
            found = self._query.convert(given)
            for name in given:
                arguments[name] = getattr(found, name)
        if self._carried.is_any:
            arguments |= self._carried.read(scope)
        if self._body is not None and self._reader is not None:
            body = await self._reader.read(scope, receive)
            if body is not msgspec.UNSET:
                arguments["body"] = body
            elif self._body.required:
                raise self._reader.missing()
        return arguments


def _reader_of(kind: TypeForm, bytes_max: int) -> BodyReader | EventReader:
    return EventReader(bytes_max) if kind is CloudEvent else BodyReader(kind, bytes_max)


def _has_all(plain: Decoded, colons: int, body: bytes) -> bool:
    """Whether no key of a body was lost: a key that is there twice is once in its value.

    Each key is followed by a colon, and so it is where the value is written again. Only a colon
    that is written as an escape would be counted there and not here.

    Args:
        plain: the value of the body.
        colons: how many the body has.
        body: as it came.
    """
    if _ESCAPE in body:
        return colons == _keys_in(plain)
    return _encode(plain).count(b":") == colons


def _keys_in(value: object) -> int:
    """How many keys the objects of a value have, those of objects within among them."""
    inside: Iterable[object] = ()
    count = 0
    if isinstance(value, dict):
        count, inside = len(value), value.values()
    elif isinstance(value, list):
        inside = value
    for each in inside:
        if isinstance(each, dict | list):
            count += _keys_in(each)
    return count


def _json_or_text(text: str) -> object:
    try:
        return _untyped.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return text


def _check_number(value: object, at: str) -> None:
    """Refuse numbers that no value can be: infinite ones, and integers beyond 64 bits."""
    if isinstance(value, int | float | list | dict):
        values.check_wire(value, at)


def _is_text(kind: TypeForm) -> bool:
    return all(isinstance(each, inspect.StrType) for each in kinds_of(inspect.type_info(kind)))


def query_form(kind: TypeForm) -> str:
    """How a query gives a type: one ``text``, a ``list`` of them by repetition, or ``json``."""
    kinds = kinds_of(inspect.type_info(kind))
    if any(isinstance(each, inspect.CollectionType | inspect.TupleType) for each in kinds):
        return "list"
    structured = any(
        isinstance(each, inspect.AnyType | inspect.DictType) or fields_of(each) for each in kinds
    )
    return "json" if structured else "text"
