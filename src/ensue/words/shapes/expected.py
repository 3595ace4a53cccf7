"""Types in words: what a caller was expected to give."""

from __future__ import annotations

from typing import Any, TypeAlias

from msgspec import inspect

from ensue.words.values import shown

# A type that msgspec can decode, such as `int | None`; Python has no word for such a thing yet.
TypeForm: TypeAlias = Any

Field = inspect.Field
_FIELDS_SHOWN = 8
_VALUES_SHOWN = 12

_PLAIN: tuple[tuple[type[inspect.Type], str], ...] = (
    (inspect.AnyType, "a JSON value"),
    (inspect.BoolType, "true or false"),
    (inspect.NoneType, "null"),
    (inspect.DateTimeType, "a date and time such as 2026-01-31T12:00:00Z"),
    (inspect.DateType, "a date such as 2026-01-31"),
    (inspect.TimeType, "a time such as 12:00:00"),
    (inspect.TimeDeltaType, "a duration such as PT1H30M"),
    (inspect.UUIDType, "a UUID"),
    (inspect.DecimalType, "a decimal number"),
    (inspect.BytesType, "a text of base64"),
    (inspect.ByteArrayType, "a text of base64"),
    (inspect.DictType, "an object"),
)


def kinds_of(node: inspect.Type | None) -> list[inspect.Type]:
    """The types that a type is one of, without what only describes them."""
    if node is None:
        return []
    if isinstance(node, inspect.Metadata):
        return kinds_of(node.type)
    if isinstance(node, inspect.UnionType):
        return [kind for each in node.types for kind in kinds_of(each)]
    return [node]


def fields_of(node: inspect.Type) -> tuple[Field, ...]:
    """The fields of a type that is written as an object; none for others."""
    has = (
        inspect.StructType,
        inspect.DataclassType,
        inspect.TypedDictType,
        inspect.NamedTupleType,
    )
    return tuple(node.fields) if isinstance(node, has) else ()


def names_of(node: inspect.Type) -> list[str]:
    """The names that an object of a type may have, the tag's among them."""
    tags = [node.tag_field] if isinstance(node, inspect.StructType) and node.tag_field else []
    return tags + [field.encode_name for field in fields_of(node)]


def same_tag(node: inspect.Type, value: object) -> bool:
    """Whether an object's tag, if its type has one, says that it is of this type."""
    if not isinstance(node, inspect.StructType) or node.tag_field is None:
        return True
    return not isinstance(value, dict) or value.get(node.tag_field) in {None, node.tag}


def described(node: inspect.Type) -> str:
    """A type in words: ``an integer from 1 to 1000``, ``a text of 1 to 64 characters or null``."""
    kinds = kinds_of(node)
    return " or ".join(dict.fromkeys(_one(kind) for kind in kinds)) or "a JSON value"


def _one(node: inspect.Type) -> str:
    for kind, words in _PLAIN:
        if isinstance(node, kind):
            return words
    if isinstance(node, inspect.IntType | inspect.FloatType):
        return _number(node)
    if isinstance(node, inspect.StrType):
        matching = f" that matches {node.pattern}" if node.pattern else ""
        return f"a text{_size(node.min_length, node.max_length, 'character')}{matching}"
    return _compound(node)


def _compound(node: inspect.Type) -> str:
    if isinstance(node, inspect.TupleType):
        return f"a list{_size(len(node.item_types), len(node.item_types), 'item')}"
    if isinstance(node, inspect.CollectionType):
        return f"a list{_size(node.min_length, node.max_length, 'item')}"
    if isinstance(node, inspect.LiteralType):
        return _one_of(node.values)
    if isinstance(node, inspect.EnumType):
        return _one_of(tuple(each.value for each in node.cls))
    return _object(node)


def _object(node: inspect.Type) -> str:
    names = [field.encode_name for field in fields_of(node)]
    if 0 < len(names) <= _FIELDS_SHOWN:
        return f"an object with {', '.join(names)}"
    if isinstance(node, inspect.CustomType):
        return f"a {node.cls.__name__}"
    return "an object"


def _one_of(values: tuple[object, ...]) -> str:
    said = ", ".join(shown(each) for each in values[:_VALUES_SHOWN])
    more = ", …" if len(values) > _VALUES_SHOWN else ""
    return said if len(values) == 1 else f"one of {said}{more}"


def _number(node: inspect.IntType | inspect.FloatType) -> str:
    said = ["an integer" if isinstance(node, inspect.IntType) else "a number"]
    if node.ge is not None and node.le is not None:
        said.append(f"from {node.ge} to {node.le}")
    elif node.ge is not None:
        said.append(f"of at least {node.ge}")
    elif node.le is not None:
        said.append(f"of at most {node.le}")
    if node.gt is not None:
        said.append(f"greater than {node.gt}")
    if node.lt is not None:
        said.append(f"less than {node.lt}")
    if node.multiple_of is not None:
        said.append(f"that is a multiple of {node.multiple_of}")
    return " ".join(said)


def _size(least: int | None, most: int | None, unit: str) -> str:
    if least is not None and least == most:
        return f" of {least} {unit}{'' if least == 1 else 's'}"
    if least is not None and most is not None:
        return f" of {least} to {most} {unit}s"
    if most is not None:
        return f" of at most {most} {unit}{'' if most == 1 else 's'}"
    if least is not None:
        return f" of at least {least} {unit}{'' if least == 1 else 's'}"
    return ""
