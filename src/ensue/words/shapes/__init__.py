"""Shapes: types that values must have, and what is wrong with those that do not, and where.

A type is whatever msgspec can decode: a Struct, a dataclass, a TypedDict, a list or union of them,
bounded by `Meta`; or a model of pydantic.
"""

from ensue.words.shapes.expected import TypeForm, described
from ensue.words.shapes.foreign import from_plain, is_foreign, to_plain
from ensue.words.shapes.schema import json_schema
from ensue.words.shapes.shape import Shape, as_plain, has_field, is_structured

__all__ = [
    "Shape",
    "TypeForm",
    "as_plain",
    "described",
    "from_plain",
    "has_field",
    "is_foreign",
    "is_structured",
    "json_schema",
    "to_plain",
]
