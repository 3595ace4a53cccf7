"""A tree to the text of a Python module."""

from __future__ import annotations

import json
import textwrap
from typing import Literal, TypeAlias, get_args

from ensue.languages.schemas.code.names import class_name, field_name, unlike
from ensue.languages.schemas.code.types import Class, Types
from ensue.languages.schemas.program import Field, Tree
from ensue.words.errors import InvalidInput
from ensue.words.values import step

Style: TypeAlias = Literal["struct", "dataclass", "typeddict"]
STYLES: tuple[str, ...] = get_args(Style)
_WIDTH = 96


def code(tree: Tree, name: str, *, style: Style = "struct", said: str | None = None) -> str:
    """Python code with the types of a tree: a handler says `Event[OrderPlaced]`.

    A field that may be missing, or null, is None then. Where a name is no identifier, the field has
    one like it and reads the name that events have.

    Args:
        tree: what the types are of.
        name: what the whole is called, such as ``OrderPlaced``.
        style: ``struct``, classes of msgspec; ``dataclass``; or ``typeddict``.
        said: what the module is about, its first line.

    Raises:
        InvalidInput: a name is no identifier, and a dataclass has no other names; says where.
    """
    types = Types(tree, bounded=style != "typeddict", tagged=style == "struct")
    root = types.root(tree.root, name, f"The detail of {name}.")
    blocks = [_WRITERS[style](each, types) for each in types.classes]
    if root not in {each.name for each in types.classes}:
        blocks.append(f"{class_name(name)} = {root}\n")
    imports = types.imports | _BASES[style]
    head = [
        f'"""{_line(said or f"The types of {name}.")}"""',
        "",
        "from __future__ import annotations",
        "",
    ]
    return "\n".join([*head, *_sorted_imports(imports), "", "", "\n\n".join(blocks)])


_BASES = {
    "struct": {"from msgspec import Struct"},
    "dataclass": {"from dataclasses import dataclass"},
    "typeddict": {"from typing import TypedDict"},
}


def _sorted_imports(imports: set[str]) -> list[str]:
    """The imports, a line for each module: the standard library first."""
    names: dict[str, set[str]] = {}
    for each in imports:
        module, _, name = each.removeprefix("from ").partition(" import ")
        names.setdefault(module, set()).add(name)
    lines = {
        module: f"from {module} import {', '.join(sorted(names[module]))}"
        for module in sorted(names)
    }
    ours = [lines.pop("msgspec")] if "msgspec" in lines else []
    return [*lines.values(), *([""] if ours and lines else []), *ours]


def _struct(made: Class, types: Types) -> str:
    options = ["frozen=True", "kw_only=True"]
    tag_field = made.tag[0] if made.tag else None
    if made.tag is not None:
        options += [f"tag_field={_quoted(made.tag[0])}", f"tag={_quoted(made.tag[1])}"]
    lines = [
        f"class {made.name}(Struct, {', '.join(options)}):",
        *_docstring(made, skip=tag_field),
        "",
    ]
    taken: set[str] = set()
    body: list[str] = []
    for key, field in _in_order(made):
        if key == tag_field:
            continue
        name = unlike(field_name(key), taken)
        said, default = _type_and_default(made, key, field)
        if name != key:
            _check_name(key, made.name)
            types.imports.add("from msgspec import field")
            given = "" if default is None else f"default={default}, "
            body.append(f"    {name}: {said} = field({given}name={_quoted(key)})")
        else:
            body.append(f"    {name}: {said}" + ("" if default is None else f" = {default}"))
    return "\n".join([*lines, *body] if body else lines[:-1]) + "\n"


def _check_name(key: str, at: str) -> None:
    """Check that msgspec can read a field by this name."""
    if any(char in '"\\' or char < " " for char in key):
        raise InvalidInput(
            "expected names without quotes, backslashes and control characters, for a struct",
            at=step(f"$ of {at}", key),
            hint="Take the style typeddict, whose fields may have any name.",
        )


def _dataclass(made: Class, types: Types) -> str:
    del types
    lines = [
        "@dataclass(frozen=True, kw_only=True, slots=True)",
        f"class {made.name}:",
        *_docstring(made),
        "",
    ]
    for key, field in _in_order(made):
        if field_name(key) != key:
            raise InvalidInput(
                "expected names that are identifiers, for a dataclass",
                at=step(f"$ of {made.name}", key),
                hint="Take the style struct, whose fields may have other names.",
            )
        said, default = _type_and_default(made, key, field)
        lines.append(f"    {key}: {said}" + ("" if default is None else f" = {default}"))
    return "\n".join(lines) + "\n"


def _typeddict(made: Class, types: Types) -> str:
    plain = all(field_name(key) == key for key in made.types)
    if any(not field.required for field in made.found.fields.values()):
        types.imports.add("from typing import NotRequired")
    said = {
        key: made.types[key] if field.required else f"NotRequired[{made.types[key]}]"
        for key, field in _in_order(made)
    }
    if plain:
        lines = [f"class {made.name}(TypedDict):", *_docstring(made), ""]
        return "\n".join([*lines, *(f"    {key}: {each}" for key, each in said.items())]) + "\n"
    # Only this form takes names that are no identifiers; types in it are texts.
    entries = [f"        {_quoted(key)}: {_quoted(each)}," for key, each in said.items()]
    head = [
        f"# {_line(made.says)}",
        f"{made.name} = TypedDict(",
        f"    {_quoted(made.name)},",
        "    {",
    ]
    return "\n".join([*head, *entries, "    },", ")"]) + "\n"


_WRITERS = {"struct": _struct, "dataclass": _dataclass, "typeddict": _typeddict}


def _in_order(made: Class) -> list[tuple[str, Field]]:
    """The fields, those that must be there first."""
    return sorted(made.found.fields.items(), key=lambda item: not item[1].required)


def _type_and_default(made: Class, key: str, field: Field) -> tuple[str, str | None]:
    said = made.types[key]
    if field.required:
        return said, None
    default = field.node.default[0] if field.node.default else None
    if (
        default is not None
        and isinstance(default, bool | int | float | str)
        and _takes(said, default)
    ):
        return said, repr(default) if not isinstance(default, str) else _quoted(default)
    is_nullable = said == "Any" or said.endswith("| None") or said == "None"
    return said if is_nullable else f"{said} | None", "None"


def _takes(said: str, default: bool | float | str) -> bool:  # noqa: FBT001 - a value
    """Whether a default is of the type as it is written."""
    plain = said.partition(" | ")[0].removeprefix("Annotated[").partition(",")[0]
    if said.startswith("Literal["):
        return _quoted(default) in said
    return plain == type(default).__name__


def _docstring(made: Class, *, skip: str | None = None) -> list[str]:
    told = [
        (key, field.node.description)
        for key, field in _in_order(made)
        if field.node.description and key != skip
    ]
    says = _wrapped(_line(made.says), _WIDTH - 4)
    if not told and len(says) == 1:
        return [f'    """{says[0]}"""']
    lines = [f'    """{says[0]}', *(f"    {each}" for each in says[1:])]
    if told:
        lines += ["", "    Attributes:"]
        for key, description in told:
            wrapped = _wrapped(_line(f"{key}: {description}"), _WIDTH - 12)
            lines += [f"        {wrapped[0]}", *(f"            {each}" for each in wrapped[1:])]
    return [*lines, '    """']


def _quoted(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _wrapped(text: str, width: int) -> list[str]:
    """The lines of a text; no word is broken, for it may hold an escape."""
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False) or [""]


def _line(text: str) -> str:
    """A text as a docstring holds it: one line, without what would end it."""
    plain = " ".join(text.split()).replace("\\", "\\\\").replace('"""', "'''")
    return f"{plain[:-1]}'" if plain.endswith('"') else plain
