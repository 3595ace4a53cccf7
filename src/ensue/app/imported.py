"""Where in Python apps and their resources are, so that code can be written that imports them."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ensue.app.app import App
from ensue.words.names import Ref


class Place(NamedTuple):
    """A name of a module.

    Attributes:
        module: such as ``shop``.
        name: such as ``events``.
    """

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}:{self.name}"


@dataclass(frozen=True)
class Imports:
    """Where code imports apps and their resources from.

    Attributes:
        apps: where each app is, in their order; None for one that no module has a name for.
        resources: where each resource is that a module has a name for.
    """

    apps: tuple[Place | None, ...]
    resources: dict[Ref, Place]


def imports_of(apps: Sequence[App]) -> Imports:
    """Where apps and their resources are: in the first module that has a name for each."""
    places = _places({id(app) for app in apps}, list(sys.modules))
    found = [places.get(id(app)) for app in apps]
    resources = {id(each): ref for app in apps for ref, each in app.resources.items()}
    # What declares an app declares its resources, as a rule.
    first = [place.module for place in found if place is not None]
    named = _places(set(resources), [*dict.fromkeys(first), *sys.modules])
    return Imports(tuple(found), {resources[key]: place for key, place in named.items()})


def _places(sought: set[int], modules: Sequence[str]) -> dict[int, Place]:
    found: dict[int, Place] = {}
    for module in modules:
        if module == "__main__" or module.partition(".")[0] == "ensue":
            continue
        for name, value in _names_in(module):
            if id(value) in sought:
                found.setdefault(id(value), Place(module, name))
    return found


def _names_in(module: str) -> Iterator[tuple[str, object]]:
    for name, value in list(getattr(sys.modules.get(module), "__dict__", {}).items()):
        if name.isidentifier() and not name.startswith("_"):
            yield name, value
