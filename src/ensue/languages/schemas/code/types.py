"""Nodes to the types that Python code says, and the classes that it needs for them.

The types are such that msgspec reads them: of a union of objects each class has a tag, and texts of
several formats are texts.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ensue.languages.schemas.code.names import class_name, unlike
from ensue.languages.schemas.program import (
    Alternative,
    Array,
    Named,
    Node,
    Number,
    Object,
    Scalar,
    Text,
    Tree,
    Values,
)

_FORMATS = {
    "date-time": ("datetime", "from datetime import datetime"),
    "date": ("date", "from datetime import date"),
    "uuid": ("UUID", "from uuid import UUID"),
}


@dataclass
class Class:
    """A class that the code has.

    Attributes:
        name: its name.
        says: what it is about.
        found: the object that it stands for.
        tag: the name and the value of the field that tells it from others.
        types: the types of its fields, by the names that events have.
    """

    name: str
    says: str
    found: Object
    tag: tuple[str, str | int] | None = None
    types: dict[str, str] = field(default_factory=dict)


class Types:
    """The types of a tree.

    Args:
        tree: the tree.
        bounded: whether types say the bounds of numbers, texts and lists.
        tagged: whether a union of objects may be one of classes.
    """

    def __init__(self, tree: Tree, *, bounded: bool, tagged: bool) -> None:
        self.classes: list[Class] = []
        self.imports: set[str] = set()
        self._tree = tree
        self._bounded = bounded
        self._tagged = tagged
        self._taken: set[str] = set()
        self._named: dict[str, str] = {}
        self._under_way: dict[str, str] = {}

    def of(self, node: Node, words: str) -> str:
        """The type of a node; ``words`` name the class that it may need."""
        pointer = _pointer(node)
        if pointer is not None:
            return self._definition(pointer)
        if self._tree.says_nothing(node):
            return self._any()
        named = [each for each in node.alternatives if isinstance(each, Named)]
        if len(named) == 1 and not node.one(Object):
            others = [each for each in node.alternatives if each is not named[0]]
            return self._union([self._definition(named[0].pointer), *self._plain(others, words)])
        found = list(self._tree.resolved(node))
        objects = [each for each in found if isinstance(each, Object)]
        said = [self._objects(objects, node, words)] if objects else []
        said += self._plain([each for each in found if not isinstance(each, Object)], words)
        return self._union(said)

    def _union(self, said: list[str]) -> str:
        unique = list(dict.fromkeys(said))
        if not unique or self._is_mixed(unique):
            return self._any()
        return " | ".join(sorted(unique, key=lambda each: each == "None"))

    def root(self, node: Node, name: str, says: str) -> str:
        """The name of the class of a whole event, or its type where that is no object."""
        found = list(self._tree.resolved(node))
        if len(found) == 1 and isinstance(found[0], Object):
            if _pointer(node) is not None:
                self._named[str(_pointer(node))] = class_name(name)
            return self._class(found[0], name, node.description or says)
        return self.of(node, name)

    def _definition(self, pointer: str) -> str:
        if pointer in self._named:
            return self._named[pointer]
        node = self._tree.definitions[pointer]
        found = list(self._tree.resolved(node))
        words = node.title or pointer.rpartition("/")[2]
        if len(found) != 1 or not isinstance(found[0], Object) or not found[0].fields:
            if pointer in self._under_way:
                return self._any()
            self._under_way[pointer] = words
            said = self.of(Node(tuple(found), is_anything=self._tree.says_nothing(node)), words)
            del self._under_way[pointer]
            self._named[pointer] = said
            return said
        self._named[pointer] = unlike(class_name(words), self._taken)
        self._add(self._named[pointer], found[0], words, node.description)
        return self._named[pointer]

    def _objects(self, objects: list[Object], node: Node, words: str) -> str:
        if len(objects) == 1:
            return self._object(objects[0], node, words)
        tag = _tag(objects) if self._tagged else None
        if tag is None:
            return f"dict[str, {self._any()}]"
        names: list[str] = []
        for each in objects:
            value = _tag_value(each, tag)
            names.append(unlike(class_name(f"{words} {value}"), self._taken))
            made = self._add(names[-1], each, f"{words} whose {tag} is {value}", None)
            made.tag = tag, value
        return " | ".join(names)

    def _object(self, found: Object, node: Node, words: str) -> str:
        if not found.fields:
            if found.others is None or found.others.is_nothing:
                return f"dict[str, {self._any()}]"
            return f"dict[str, {self.of(found.others, f'{words} value')}]"
        return self._class(found, node.title or words, node.description)

    def _class(self, found: Object, words: str, says: str | None) -> str:
        name = unlike(class_name(words), self._taken)
        self._add(name, found, words, says)
        return name

    def _add(self, name: str, found: Object, words: str, says: str | None) -> Class:
        made = Class(name, says or f"The {words} of an event.", found)
        self.classes.append(made)
        for key, each in found.fields.items():
            made.types[key] = self.of(each.node, f"{name} {key}")
        return made

    def _plain(self, found: list[Alternative], words: str) -> list[str]:
        """The types of what is no object, such as msgspec takes in one union."""
        said: list[str] = []
        for each in found:
            match each:
                case Scalar(kind):
                    said.append("None" if kind == "null" else "bool")
                case Number():
                    said.append(self._number(each))
                case Text():
                    said.append(self._text(each))
                case Array():
                    said.append(self._array(each, words))
                case Values():
                    said += self._values(each)
                case Named() | Object():
                    continue
        texts = [each for each in said if _is_text(each)]
        if len(set(texts)) > 1:
            said = [each for each in said if not _is_text(each)] + ["str"]
        numbers = [each for each in said if _is_number(each)]
        if len(set(numbers)) > 1:
            said = [each for each in said if not _is_number(each)] + ["int | float"]
        return said

    def _is_mixed(self, said: list[str]) -> bool:
        """Whether a union has what msgspec cannot tell apart: several kinds of object or list."""
        lists = [each for each in said if each.startswith(("list[", "tuple[", "Annotated[list["))]
        literals = [each for each in said if each.startswith("Literal[")]
        plain = {each for each in said if _is_text(each) or _is_number(each)}
        if len(said) > 1 and any(" | " in each and each != "int | float" for each in said):
            return True
        return len(lists) > 1 or len(literals) > 1 or bool(literals and plain)

    def _number(self, each: Number) -> str:
        name = "int" if each.is_integer else "float"
        bounds = {"ge": each.low, "le": each.high, "gt": each.above, "lt": each.below}
        if each.low is not None and each.above is not None:
            bounds["ge" if each.above >= each.low else "gt"] = None
        if each.high is not None and each.below is not None:
            bounds["le" if each.below <= each.high else "lt"] = None
        return self._within(name, bounds)

    def _text(self, each: Text) -> str:
        if each.format in _FORMATS:
            name, imported = _FORMATS[each.format]
            self.imports.add(imported)
            return name
        return self._within("str", {"min_length": each.least or None, "max_length": each.most})

    def _array(self, each: Array, words: str) -> str:
        singular = (
            words[:-1] if words.endswith("s") and not words.endswith("ss") else f"{words} item"
        )
        nodes = [*each.first]
        if each.first and each.least >= len(nodes) and each.most == len(nodes):
            types = [self.of(node, f"{words} {number + 1}") for number, node in enumerate(nodes)]
            return f"tuple[{', '.join(types)}]"
        if each.first:
            return f"list[{self._any()}]"
        inner = self._any() if each.items.is_nothing else self.of(each.items, singular)
        return self._within(
            f"list[{inner}]", {"min_length": each.least or None, "max_length": each.most}
        )

    def _values(self, each: Values) -> list[str]:
        said: list[str] = []
        literals = [value for value in each.values if isinstance(value, str | int)]
        literals = [value for value in literals if not isinstance(value, bool)]
        if literals:
            self.imports.add("from typing import Literal")
            said.append(f"Literal[{', '.join(map(_quoted, literals))}]")
        if any(isinstance(value, bool) for value in each.values):
            said.append("bool")
        if any(isinstance(value, float) for value in each.values):
            said.append("float")
        if any(isinstance(value, list | dict) for value in each.values):
            return [self._any()]
        return [*said, *(["None"] if None in each.values else [])]

    def _within(self, name: str, bounds: dict[str, float | None] | dict[str, int | None]) -> str:
        said = ", ".join(f"{key}={value!r}" for key, value in bounds.items() if value is not None)
        if not said or not self._bounded:
            return name
        self.imports |= {"from typing import Annotated", "from msgspec import Meta"}
        return f"Annotated[{name}, Meta({said})]"

    def _any(self) -> str:
        self.imports.add("from typing import Any")
        return "Any"


def _pointer(node: Node) -> str | None:
    only = node.alternatives[0] if len(node.alternatives) == 1 else None
    return only.pointer if isinstance(only, Named) else None


def _tag(objects: list[Object]) -> str | None:
    """The field whose value tells the objects apart; None where there is none."""
    for name in objects[0].fields:
        values = [_tag_value(each, name) for each in objects]
        kinds = {type(value) for value in values}
        if len(kinds) == 1 and kinds <= {str, int} and len(set(values)) == len(values):
            return name
    return None


def _tag_value(found: Object, name: str) -> str | int:
    """The one value of a field; a mark that is no tag where it may have others."""
    field = found.fields.get(name)
    values = None if field is None or not field.required else field.node.one(Values)
    if values is None or len(values.values) != 1 or isinstance(values.values[0], bool):
        return ""
    only = values.values[0]
    return only if isinstance(only, str | int) else ""


def _is_text(said: str) -> bool:
    return said in {"str", "datetime", "date", "UUID"} or said.startswith("Annotated[str")


def _is_number(said: str) -> bool:
    return said in {"int", "float"} or said.startswith(("Annotated[int", "Annotated[float"))


def _quoted(value: str | int) -> str:
    # As the formatter writes it, and without a line's end.
    return (
        repr(value)
        if isinstance(value, int) or '"' in value
        else '"' + repr(value)[1:-1].replace("\\'", "'") + '"'
    )
