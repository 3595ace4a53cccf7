"""The DynamoDB expression language: conditions, updates, projections and key conditions.

README.md of this folder is its specification. Pure: no clock, no randomness, no I/O.
"""

from __future__ import annotations

from ensue.languages.expressions.build import (
    Reserved,
    compile_condition,
    compile_key_condition,
    compile_projection,
    compile_update,
)
from ensue.languages.expressions.compiled import (
    Condition,
    Expression,
    KeyCondition,
    KeyRange,
    Projection,
    Update,
    check_placeholders,
)
from ensue.languages.expressions.reserved import RESERVED_WORDS

__all__ = [
    "RESERVED_WORDS",
    "Condition",
    "Expression",
    "KeyCondition",
    "KeyRange",
    "Projection",
    "Reserved",
    "Update",
    "check_placeholders",
    "compile_condition",
    "compile_key_condition",
    "compile_projection",
    "compile_update",
]
