"""What is wrong with a value, and where, in one wording.

``expected an integer from 1 to 1000, got "x", at $.quantity``. Only values that msgspec refused
come here: its error says at which path, and the type at that path says what was expected.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec
from msgspec import inspect

from ensue.words.errors import InvalidValue
from ensue.words.shapes.expected import TypeForm, described, fields_of, kinds_of, names_of, same_tag
from ensue.words.shapes.foreign import Misfit, from_plain
from ensue.words.values import shown, step

_NAME_LENGTH_MAX = 60

_PLACE = re.compile(r" - at `(?P<path>\$[^`]*)`\Z")
_IN_KEY = re.compile(r" - at `key` in `(?P<path>\$[^`]*)`\Z")
_TOKEN = re.compile(r"\.(?P<name>[^.\[]+)|\[(?P<index>\d+)\]|(?P<any>\[\.\.\.\])")
_FIELD = re.compile(r"`(?P<name>.*)`", re.DOTALL)
_OF_THE_TYPE = ("Expected ", "Invalid ", "Number out of range", "Integer value out of range")


@dataclass(frozen=True)
class _Seek:
    """A value that was refused, and what msgspec said of it."""

    said: str
    raw: object
    kind: TypeForm
    strict: bool

    def is_still_there(self) -> bool:
        """Whether the value, changed since, is refused for the same reason at the same place."""
        try:
            msgspec.convert(
                self.raw, self.kind, strict=self.strict, str_keys=True, dec_hook=from_plain
            )
        except msgspec.ValidationError as error:
            return str(error) == self.said
        return False


def located(
    error: Exception, raw: object, kind: TypeForm, *, root: str = "$", strict: bool = True
) -> InvalidValue:
    """What msgspec refused, as an error that says what was expected, what was got, and where.

    Args:
        error: what msgspec raised.
        raw: the whole value, decoded without a type.
        kind: the type that it was to be.
        root: what the path of the whole value is.
        strict: whether texts were not to be taken for numbers.
    """
    said = str(error)
    about, path, in_key = _parts(said)
    misfit = error.__cause__ if isinstance(error.__cause__, Misfit) else None
    seek = _Seek(said, raw, kind, strict)
    node: inspect.Type | None = inspect.type_info(kind)
    value = raw
    at = root
    for token in _TOKEN.finditer(path):
        if token["name"] and not (isinstance(value, dict) and token["name"] in value):
            # It is no place, but a part of the name of a field that is unknown.
            return _fault(said, inspect.type_info(kind), raw, root)
        node, value, at = _one_step(seek, node, value, at, token)
        if node is None:
            break
    if misfit is not None:
        return InvalidValue(misfit.said, at=at + misfit.path)
    if in_key:
        return InvalidValue(_lowered(about) + " as a key", at=at)
    return _fault(about, node, value, at)


class _Repeated(str):
    """An object that has this key more than once."""

    __slots__ = ()


def repeated_key(body: bytes) -> InvalidValue | None:
    """The first object of well-formed JSON that has a key twice, as an error; None without one."""
    names: list[str] = []

    def made(pairs: list[tuple[str, object]]) -> object:
        found = dict(pairs)
        if len(found) == len(pairs):
            return found
        names.extend(Counter(name for name, _ in pairs).most_common(1)[0][:1])
        return _Repeated(names[-1])

    try:
        whole = json.loads(body.decode(errors="replace"), object_pairs_hook=made)
    except (ValueError, RecursionError):
        return None
    return _first_repeated(whole) if names else None


def _first_repeated(whole: object) -> InvalidValue | None:
    waiting: list[tuple[object, str]] = [(whole, "$")]
    while waiting:
        value, at = waiting.pop()
        if isinstance(value, _Repeated):
            name = value[:_NAME_LENGTH_MAX]
            said = f"expected each key once, got {name} twice"
            return InvalidValue(said, at=step(at, name))
        inside: Iterable[tuple[str | int, object]] = ()
        if isinstance(value, dict):
            inside = value.items()
        elif isinstance(value, list):
            inside = enumerate(value)
        below = [
            (inner, step(at, place))
            for place, inner in inside
            if isinstance(inner, dict | list | _Repeated)
        ]
        waiting += reversed(below)
    return None


def _parts(said: str) -> tuple[str, str, bool]:
    for pattern, in_key in ((_PLACE, False), (_IN_KEY, True)):
        found = pattern.search(said)
        if found:
            return said[: found.start()], found["path"][1:], in_key
    return said, "", False


def _one_step(
    seek: _Seek, node: inspect.Type | None, value: object, at: str, token: re.Match[str]
) -> tuple[inspect.Type | None, object, str]:
    """One step down, in the type, the value and the path."""
    if token["name"] is not None:
        name = token["name"]
        inner = value.get(name) if isinstance(value, dict) else None
        return _field_type(node, name, value), inner, step(at, name)
    if token["index"] is not None:
        index = int(token["index"])
        inner = value[index] if isinstance(value, list) and index < len(value) else None
        return _item_type(node, index), inner, step(at, index)
    inside = next((each for each in kinds_of(node) if isinstance(each, inspect.DictType)), None)
    key = _culprit(seek, value) if inside is not None and isinstance(value, dict) else None
    if inside is None or key is None or not isinstance(value, dict):
        return None, value, f"{at}[...]"
    return inside.value_type, value[key], step(at, key)


def _field_type(node: inspect.Type | None, name: str, value: object) -> inspect.Type | None:
    kinds = kinds_of(node)
    for each in kinds:
        for field in fields_of(each):
            if field.encode_name == name and same_tag(each, value):
                return field.type
    tags = [
        each.tag
        for each in kinds
        if isinstance(each, inspect.StructType) and each.tag_field == name
    ]
    return inspect.LiteralType(tuple(tag for tag in tags if tag is not None)) if tags else None


def _item_type(node: inspect.Type | None, index: int) -> inspect.Type | None:
    for each in kinds_of(node):
        if isinstance(each, inspect.TupleType) and index < len(each.item_types):
            return each.item_types[index]
        if isinstance(each, inspect.CollectionType):
            return each.item_type
    return None


def _culprit(seek: _Seek, container: dict[str, object]) -> str | None:
    """The key of an object at whose value msgspec stopped; it does not say which one it was.

    Halves of the object are tried until one entry is left.
    """
    everything = list(container.items())
    suspects = everything
    while len(suspects) > 1:
        half = suspects[: len(suspects) // 2]
        container.clear()
        container.update(half)
        suspects = half if seek.is_still_there() else suspects[len(half) :]
    container.clear()
    container.update(everything)
    return suspects[0][0] if suspects else None


def _fault(about: str, node: inspect.Type | None, value: object, at: str) -> InvalidValue:
    if about.startswith("Object missing required field"):
        return _missing(about, node, value, at)
    if about.startswith("Object contains unknown field"):
        return _unknown(about, node, value, at)
    if node is None or not about.startswith(_OF_THE_TYPE):
        return InvalidValue(_lowered(about), at=at)
    return InvalidValue(f"expected {described(node)}, got {shown(value)}", at=at)


def _missing(about: str, node: inspect.Type | None, value: object, at: str) -> InvalidValue:
    name = _named(about)
    kind = _field_type(node, name, value)
    wanted = "" if kind is None else f", {described(kind)}"
    return InvalidValue(f"expected {name}{wanted}, got nothing", at=step(at, name))


def _unknown(about: str, node: inspect.Type | None, value: object, at: str) -> InvalidValue:
    known = [name for each in kinds_of(node) if same_tag(each, value) for name in names_of(each)]
    given: Iterable[object] = value if isinstance(value, dict) else ()
    name = next((str(each) for each in given if each not in known), _named(about))
    wanted = f"one of {', '.join(known)}" if len(known) > 1 else "".join(known) or "no fields"
    return InvalidValue(
        f"expected {wanted}, got {shown(name)}", at=step(at, name[:_NAME_LENGTH_MAX])
    )


def _named(about: str) -> str:
    found = _FIELD.search(about)
    return found["name"] if found else "a field"


def _lowered(about: str) -> str:
    return (about[:1].lower() + about[1:]).replace("`", "")
