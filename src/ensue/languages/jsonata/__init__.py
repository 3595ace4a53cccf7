"""JSONata, for what a target gets of an event; by the library jsonatapy (``ensue[jsonata]``).

README.md of this folder is the specification. Pure: time and chance are parameters.
"""

from ensue.languages.jsonata.inputs import JSONata
from ensue.languages.jsonata.run import (
    UNDEFINED,
    Expression,
    JSONataError,
    Undefined,
    compile_expression,
    doubled,
)

__all__ = [
    "UNDEFINED",
    "Expression",
    "JSONata",
    "JSONataError",
    "Undefined",
    "compile_expression",
    "doubled",
]
