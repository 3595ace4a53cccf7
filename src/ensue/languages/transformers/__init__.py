"""What a target gets of an event: constants, paths and templates, as EventBridge has them.

README.md of this folder is the specification. Pure: no clock, no randomness, no I/O.
"""

from ensue.languages.transformers.inputs import (
    Constant,
    Declared,
    Input,
    InputPath,
    InputTransformer,
    compile_input,
    told_input,
)
from ensue.languages.transformers.paths import MISSING, Missing, find, parse_path
from ensue.languages.transformers.places import PIPE_NAMES, RULE_NAMES
from ensue.languages.transformers.program import Path

__all__ = [
    "MISSING",
    "PIPE_NAMES",
    "RULE_NAMES",
    "Constant",
    "Declared",
    "Input",
    "InputPath",
    "InputTransformer",
    "Missing",
    "Path",
    "compile_input",
    "find",
    "parse_path",
    "told_input",
]
