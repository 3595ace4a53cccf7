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
)
from ensue.languages.transformers.places import PIPE_NAMES, RULE_NAMES

__all__ = [
    "PIPE_NAMES",
    "RULE_NAMES",
    "Constant",
    "Declared",
    "Input",
    "InputPath",
    "InputTransformer",
    "compile_input",
]
