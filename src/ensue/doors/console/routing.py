"""Addresses below ``/console`` to what answers them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import quote

from starlette.routing import compile_path

from ensue.doors.console.section import Action, Feed, Page, Section
from ensue.words.errors import InvalidDeclaration, InvalidInput

_PARAMETER = re.compile(r"\{([a-z_]+)(:path)?\}")


class Found(NamedTuple):
    """What is at an address.

    Attributes:
        what: a page, an action or a feed.
        path: the parameters of the address.
        section: whose it is.
    """

    what: Page | Action | Feed
    path: Mapping[str, str]
    section: Section


@dataclass(frozen=True)
class _Place:
    pattern: re.Pattern[str]
    what: Page | Action | Feed
    section: Section


class Addresses:
    """The addresses of all sections.

    Args:
        sections: in the order of the menu.

    Raises:
        InvalidDeclaration: two are at one address.
    """

    def __init__(self, sections: Iterable[Section]) -> None:
        self._places: dict[str, list[_Place]] = {"GET": [], "POST": []}
        taken: set[tuple[str, str]] = set()
        found = [(each, section) for section in sections for each in section.of]
        # A fixed word goes before a parameter, and a parameter before all that is left.
        for each, section in sorted(found, key=lambda one: _order(one[0].path)):
            method = "POST" if isinstance(each, Action) else "GET"
            shape = _PARAMETER.sub("{}", each.path)
            if (method, shape) in taken:
                raise InvalidDeclaration(f"there are two views at {method} {each.path}")
            taken.add((method, shape))
            pattern = re.compile(compile_path(each.path)[0].pattern, re.DOTALL)
            self._places[method].append(_Place(pattern, each, section))

    def find(self, method: str, path: str) -> Found | None:
        """What is at an address below ``/console``; None for nothing."""
        for place in self._places["GET" if method == "HEAD" else method]:
            matched = place.pattern.match(path)
            if matched:
                return Found(place.what, matched.groupdict(), place.section)
        return None


def filled(path: str, given: Mapping[str, object]) -> str:
    """An address with its parameters in their places, and what is left as its query.

    Raises:
        InvalidInput: a parameter is missing.
    """
    rest = {name: each for name, each in given.items() if each is not None}

    def put(found: re.Match[str]) -> str:
        name, is_path = found[1], found[2]
        if name not in rest:
            raise InvalidInput(f"expected {name} for the address {path}")
        return quote(str(rest.pop(name)), safe="/" if is_path else "")

    made = _PARAMETER.sub(put, path)
    if not rest:
        return made
    query = "&".join(f"{quote(name)}={quote(_text(each), safe='')}" for name, each in rest.items())
    return f"{made}?{query}"


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _order(path: str) -> tuple[bool, list[tuple[bool, str]]]:
    return ":path}" in path, [("{" in part, part) for part in path.split("/")]
