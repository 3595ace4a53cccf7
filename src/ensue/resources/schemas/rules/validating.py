"""Whether a schema is one, and whether an event's detail fits it: by `jsonschema-rs`.

Nothing is fetched for a ``$ref``; patterns are matched by an engine whose time grows with the text
only; formats are checked.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from ensue.languages.schemas import Tree, parse, write
from ensue.resources.schemas.model import FAULTS_MAX, PATTERN_SIZE_MAX, SCHEMA_BYTES_MAX
from ensue.words import values
from ensue.words.errors import InvalidValue, MissingExtra
from ensue.words.values import shown, step

VALIDATORS_MAX = 2_000
SAID_LENGTH_MAX = 200


class Fault(NamedTuple):
    """What is wrong with a detail: where, and what."""

    at: str
    said: str

    def __str__(self) -> str:
        return f"{self.at}: {self.said}"


def check_library(at: str) -> None:
    """Check that there is something to validate by.

    Raises:
        MissingExtra: `jsonschema-rs` is not installed.
    """
    try:
        import jsonschema_rs  # noqa: F401, PLC0415 - an extra
    except ImportError:
        raise MissingExtra(
            "expected jsonschema-rs to be installed for schemas",
            at=at,
            hint="pip install 'ensue[schemas]'",
        ) from None


class Validator:
    """A schema, compiled.

    Args:
        schema: what it says.

    Raises:
        InvalidValue: it does not compile; says where.
    """

    def __init__(self, schema: Mapping[str, Any]) -> None:
        import jsonschema_rs as library  # noqa: PLC0415 - an extra

        try:
            self._inner = library.Draft202012Validator(
                dict(schema),
                validate_formats=True,
                offline=True,
                pattern_options=library.RegexOptions(
                    size_limit=PATTERN_SIZE_MAX, dfa_size_limit=PATTERN_SIZE_MAX
                ),
            )
        except library.ValidationError as fault:
            raise InvalidValue(
                f"expected a JSON Schema of 2020-12: {_said(fault)}",
                at=_place("$.schema", fault.instance_path),
            ) from None
        except (library.ReferencingError, ValueError, RecursionError) as fault:
            raise InvalidValue(
                f"expected a JSON Schema of 2020-12: {str(fault)[:SAID_LENGTH_MAX]}", at="$.schema"
            ) from None

    def takes(self, detail: Any) -> bool:  # noqa: ANN401 - a JSON value
        """Whether a detail is valid."""
        try:
            return self._inner.is_valid(detail)
        except (ValueError, TypeError):
            # It has what JSON has no form for, such as bytes: it is judged as others see it.
            return self._inner.is_valid(values.as_json(detail))

    def faults(self, detail: Any, at: str = "$.detail") -> list[Fault]:  # noqa: ANN401 - as above
        """What is wrong with a detail: the first ten faults; none when it is valid."""
        if self.takes(detail):
            return []
        found: list[Fault] = []
        for fault in self._inner.iter_errors(values.as_json(detail)):
            found.append(_fault(fault, at))
            if len(found) == FAULTS_MAX:
                break
        return found


class Validators:
    """The schemas that were compiled lately, by what they say."""

    def __init__(self) -> None:
        self._known: dict[str, Validator] = {}
        self._lock = threading.Lock()

    def get(self, digest: str, schema: Callable[[], Mapping[str, Any]]) -> Validator:
        """The validator of a schema.

        Args:
            digest: what tells the schema from others.
            schema: gives it, when it has to be compiled.
        """
        with self._lock:
            found = self._known.pop(digest, None)
            if found is not None:
                self._known[digest] = found
                return found
        made = Validator(schema())
        with self._lock:
            self._known[digest] = made
            if len(self._known) > VALIDATORS_MAX:
                del self._known[next(iter(self._known))]
        return made


def checked(schema: Any) -> Tree:  # noqa: ANN401 - whatever was given
    """The tree of a schema that may be registered.

    Raises:
        InvalidValue: it is no JSON Schema of 2020-12, too large, or refers to another; says where.
    """
    if not isinstance(schema, Mapping):
        raise InvalidValue(f"expected a schema, an object, got {shown(schema)}", at="$.schema")
    text = values.encode(schema)
    if len(text) > SCHEMA_BYTES_MAX:
        raise InvalidValue(
            f"expected a schema of at most {SCHEMA_BYTES_MAX} bytes, got {len(text)}", at="$.schema"
        )
    dialect = schema.get("$schema")
    if dialect is not None and "2020-12" not in str(dialect):
        raise InvalidValue(
            f"expected a schema of 2020-12, got one of {shown(dialect)}", at="$.schema.$schema"
        )
    check_library("$.schema")
    Validator(schema)
    return parse(schema)


def strict(tree: Tree) -> Validator:
    """What takes the details that have no other names than a tree."""
    return Validator(write(tree, closed=True))


def _fault(fault: Any, at: str) -> Fault:  # noqa: ANN401 - the library's ValidationError
    place = _place(at, fault.instance_path)
    kind = fault.kind.as_dict()
    name = fault.kind.name
    if name == "required":
        return Fault(step(place, str(kind.get("property", ""))), "expected a value, got nothing")
    return Fault(place, _said(fault))


def _said(fault: Any) -> str:  # noqa: ANN401 - the library's ValidationError
    name, kind = fault.kind.name, fault.kind.as_dict()
    got = shown(fault.instance)
    if name == "type":
        types = kind.get("types", kind.get("type"))
        named = types if isinstance(types, list) else [types]
        return f"expected {' or '.join(_article(str(each)) for each in named)}, got {got}"
    if name == "enum":
        return f"expected one of {shown(kind.get('options'))}, got {got}"
    if name == "const":
        return f"expected {shown(kind.get('expected_value'))}, got {got}"
    if name == "format":
        return f"expected a text of format {kind.get('format')}, got {got}"
    return f"expected a value that fits: {fault.message[:SAID_LENGTH_MAX]}"


def _article(name: str) -> str:
    if name == "null":
        return name
    return f"{'an' if name[:1] in 'aeio' else 'a'} {name}"


def _place(at: str, path: list[Any]) -> str:
    for each in path:
        at = step(at, each)
    return at


def said_of(faults: list[Fault], subject: str, version: int) -> InvalidValue:
    """The error that a detail does not fit a version."""
    more = "".join(f"; {each}" for each in faults[1:])
    first = faults[0]
    return InvalidValue(
        f"{first.said} ({subject}, version {version}){more}",
        at=first.at,
        hint="`ensue schema get` shows what is expected.",
    )
