"""JSON Schema 2020-12 as a language: infer, merge, compare, sample, write code, check patterns."""

from ensue.languages.schemas.check import Doubt, check_pattern
from ensue.languages.schemas.code import STYLES, Style, code
from ensue.languages.schemas.compare import (
    COMPATIBILITIES,
    Compatibility,
    Difference,
    breaks,
    differences,
)
from ensue.languages.schemas.fields import FieldAt, fields_of
from ensue.languages.schemas.fits import fits
from ensue.languages.schemas.infer import infer
from ensue.languages.schemas.merge import merge
from ensue.languages.schemas.parse import parse
from ensue.languages.schemas.program import Tree
from ensue.languages.schemas.sample import sample
from ensue.languages.schemas.write import write

__all__ = [
    "COMPATIBILITIES",
    "STYLES",
    "Compatibility",
    "Difference",
    "Doubt",
    "FieldAt",
    "Style",
    "Tree",
    "breaks",
    "check_pattern",
    "code",
    "differences",
    "fields_of",
    "fits",
    "infer",
    "merge",
    "parse",
    "sample",
    "write",
]
