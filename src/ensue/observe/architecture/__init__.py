"""The architecture of what runs: what is declared, what the code names, what was seen to flow."""

from ensue.observe.architecture.difference import Change, Field, difference
from ensue.observe.architecture.graph import Architecture, Edge, Node, decode, encode, id_of
from ensue.observe.architecture.making import (
    Declared,
    Entrance,
    architecture,
    part_of,
    with_seen,
)

__all__ = [
    "Architecture",
    "Change",
    "Declared",
    "Edge",
    "Entrance",
    "Field",
    "Node",
    "architecture",
    "decode",
    "difference",
    "encode",
    "id_of",
    "part_of",
    "with_seen",
]
