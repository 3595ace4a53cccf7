"""Which variables are set, and which are read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from ensue.languages.states.faults import step
from ensue.languages.states.queries import compile_query, is_expression
from ensue.languages.states.structure.fields import JSONATA
from ensue.languages.states.structure.notes import Notes
from ensue.words.errors import InvalidInput, MissingExtra
from ensue.words.values import shown

NAME_CHARS_MAX = 80
_NAME: Final = re.compile(r"[^\W\d]\w*")
_TEXTS: Final = re.compile(r"'(?:[^'\\]|\\.)*'")
_READ: Final = re.compile(r"(?<![\w$])\$([^\W\d]\w*)")
_INNER: Final = frozenset({"Branches", "ItemProcessor", "Iterator", "Choices", "Catch"})
_SCOPES: Final = frozenset({"Branches", "ItemProcessor", "Iterator"})
_WORKING: Final = ("Task", "Parallel", "Map")
_GIVING: Final = frozenset({"Output", "Assign"})
_CLAUSE: Final = 2
_WHERE: Final = {
    "result": "in the Output or Assign of a Task, a Parallel or a Map",
    "errorOutput": "in the Output or Assign of a Catch",
}
# An expression that begins with a name reads it of its input, and has none.
_BARE: Final = re.compile(r"\{%\s*([A-Za-z_]\w*)\s*(?:[.\[&+*/=<>?^~-]|!=|%\}|$)")
_WORDS: Final = frozenset({"true", "false", "null", "function"})

# What JSONata has, and what Step Functions adds.
_FUNCTIONS_TEXT: Final = (
    "abs append assert average base64decode base64encode boolean ceil clone contains count "
    "decodeUrl decodeUrlComponent distinct each encodeUrl encodeUrlComponent error eval exists "
    "filter floor formatBase formatInteger formatNumber fromMillis hash join keys length lookup "
    "lowercase map match max merge millis min not now number pad parse parseInteger partition "
    "power random range reduce replace reverse round shuffle sift single sort split spread sqrt "
    "string substring substringAfter substringBefore sum toMillis trim type uppercase uuid "
    "values zip "
)
_FUNCTIONS: Final = frozenset(_FUNCTIONS_TEXT.split())


def check_assign(assign: object, at: str, notes: Notes) -> set[str]:
    """Note what is wrong in an Assign.

    Returns:
        The names of the variables that it sets.
    """
    if not isinstance(assign, Mapping):
        notes.error(at, f"expected an object, got {shown(assign)}", "Write names and values.")
        return set()
    names: set[str] = set()
    for key in assign:
        name = key.removesuffix(".$")
        if not _NAME.fullmatch(name) or len(name) > NAME_CHARS_MAX:
            notes.error(
                step(at, key),
                f"expected the name of a variable, of at most {NAME_CHARS_MAX} letters, digits and"
                f" underscores, got {shown(name)}",
                "Rename the variable.",
            )
        elif name == "states":
            notes.error(
                step(at, key), 'expected another name than "states"', "Rename the variable."
            )
        names.add(name)
    return names


def check_jsonata(state: Mapping[str, Any], at: str, notes: Notes) -> None:
    """Note what an expression of a state in JSONata reads and is never there."""
    works = state.get("Type") in _WORKING
    for place, text in _texts(state, at):
        if not is_expression(text):
            continue
        within = place.removeprefix(at).split("/")[1:]
        caught = within[0] == "Catch" and len(within) > _CLAUSE and within[_CLAUSE] in _GIVING
        given = works and within[0] in _GIVING
        for name, there in (("result", given), ("errorOutput", caught)):
            if not there and re.search(rf"\$states\s*\.\s*{name}\b", text):
                notes.error(place, f"there is no $states.{name} here", f"Read it {_WHERE[name]}.")
        if (bare := _BARE.match(text)) is not None and bare[1] not in _WORDS:
            notes.error(
                place,
                f"expected $states or a variable, got {shown(bare[1])}",
                "Begin with $states.input: an expression has no other input.",
            )


def _texts(value: object, at: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield at, value
    elif isinstance(value, Mapping):
        for name, each in value.items():
            if name not in _SCOPES:
                yield from _texts(each, step(at, name))
    elif isinstance(value, list):
        for i, each in enumerate(value):
            yield from _texts(each, step(at, i))


def check_read(
    state: Mapping[str, Any], language: str, at: str, known: set[str], notes: Notes
) -> None:
    """Note variables that a state reads and no state sets."""
    for place, names in _read(state, language, at):
        for name in sorted(names - known):
            notes.warning(
                place,
                f"no state sets the variable {shown(name)}",
                "Assign it in a state before, or mend its name.",
            )


def _read(state: Mapping[str, Any], language: str, at: str) -> Iterator[tuple[str, set[str]]]:
    for key, value in state.items():
        if key not in _INNER:
            yield from _within(key, value, language, step(at, key))
    for name in ("Choices", "Catch"):
        ways = state.get(name)
        for i, way in enumerate(ways if isinstance(ways, list) else ()):
            if isinstance(way, Mapping):
                yield from _within("", way, language, step(step(at, name), i))


def _within(key: str, value: object, language: str, at: str) -> Iterator[tuple[str, set[str]]]:
    if isinstance(value, str):
        names = _names_jsonata(value) if language == JSONATA else _names_jsonpath(key, value)
        if names:
            yield at, names
    elif isinstance(value, Mapping):
        for name, each in value.items():
            yield from _within(name, each, language, step(at, name))
    elif isinstance(value, list):
        for i, each in enumerate(value):
            yield from _within("", each, language, step(at, i))


def _names_jsonpath(key: str, text: str) -> set[str]:
    if not key.endswith((".$", "Path")) and key != "Variable":
        return set()
    return set(_READ.findall(_TEXTS.sub("''", text)))


def _names_jsonata(text: str) -> set[str]:
    try:
        return set(compile_query(text, at="").variables - _FUNCTIONS)
    except (InvalidInput, MissingExtra):
        return set()
