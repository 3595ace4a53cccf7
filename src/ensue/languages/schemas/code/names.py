"""Names of classes and of fields, from the names that events have."""

from __future__ import annotations

import builtins
import keyword
import re

_WORD = re.compile(r"[A-Za-z0-9]+")
_TAKEN_FIELDS = frozenset({"None", "True", "False"})
# What the code imports or says itself, and the names that would hide a builtin type.
_TAKEN_CLASSES = frozenset({
    "Annotated", "Any", "Literal", "Meta", "NotRequired", "Required", "Struct", "TypedDict",
    "UUID", "date", "datetime", "dataclass", "field", "time",
    *dir(builtins),
})  # fmt: skip


def class_name(words: str) -> str:
    """A class name from any words: ``OrderPlaced`` of ``order-placed``."""
    found = _WORD.findall(words)
    name = "".join(each[:1].upper() + each[1:] for each in found) or "Value"
    if name[0].isdigit():
        name = f"Of{name}"
    return f"{name}_" if name in _TAKEN_CLASSES or keyword.iskeyword(name) else name


def field_name(name: str) -> str:
    """An identifier for a field: the name itself where it is one."""
    if name.isidentifier() and name.isascii() and not name.startswith("_"):
        plain = name
    else:
        plain = "_".join(_WORD.findall(name)).lower() or "field"
        plain = f"field_{plain}" if plain[0].isdigit() else plain
    return f"{plain}_" if keyword.iskeyword(plain) or plain in _TAKEN_FIELDS else plain


def unlike(name: str, taken: set[str]) -> str:
    """The name, or one like it that is not taken yet; it is taken then."""
    found, number = name, 2
    while found in taken:
        found, number = f"{name}{number}", number + 1
    taken.add(found)
    return found
