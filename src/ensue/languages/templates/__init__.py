"""Templates: values with places in them that are filled in from what is given.

README.md of this folder is its specification. Pure: no clock, no randomness, no I/O.
"""

from __future__ import annotations

from collections.abc import Collection

from ensue.languages.templates.parse import MAX_TEMPLATE_LEVELS, parse
from ensue.languages.templates.program import Fields, Items, Node, Reference, Text
from ensue.languages.templates.run import Given, Nothing, run
from ensue.words.errors import InvalidValue
from ensue.words.values import Json

__all__ = ["MAX_TEMPLATE_LEVELS", "InvalidValue", "Reference", "Template", "compile_template"]


class Template:
    """A compiled template.

    Args:
        node: its tree.

    Attributes:
        references: the places in it, in their order.
    """

    __slots__ = ("_node", "references")

    def __init__(self, node: Node) -> None:
        self._node = node
        self.references = tuple(_references(node))

    def render(self, given: Given) -> Json:
        """The value that it stands for; None when it is one optional place where nothing is.

        Args:
            given: for each root what gives its value; it is asked only where it is named.

        Raises:
            InvalidValue: there is nothing where something must be; says where.
        """
        found = run(self._node, given)
        return None if isinstance(found, Nothing) else found


def compile_template(template: object, roots: Collection[str]) -> Template:
    """A template, compiled.

    Args:
        template: a JSON value.
        roots: the names that places can begin with.

    Raises:
        InvalidDeclaration: it does not compile; says where.
    """
    return Template(parse(template, roots))


def _references(node: Node) -> list[Reference]:
    if isinstance(node, Reference):
        return [node]
    if isinstance(node, Text):
        return [each for each in node.parts if isinstance(each, Reference)]
    if isinstance(node, Items):
        return [found for each in node.items for found in _references(each)]
    if isinstance(node, Fields):
        return [found for _, each in node.fields for found in _references(each)]
    return []
