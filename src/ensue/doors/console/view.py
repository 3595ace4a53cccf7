"""What a view answers with: a page, or that something is done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class View:
    """A page, and its twin in JSON.

    Attributes:
        template: the name of its file in ``templates/``.
        title: of the page.
        values: what it shows, by name; the twin has exactly these, so they are what JSON can be
            made of.
        shown: what only the template gets, such as charts.
    """

    template: str
    title: str
    values: Mapping[str, Any]
    shown: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Done:
    """Something was done; the browser goes on to a page that says so.

    Attributes:
        said: what was done, a sentence.
        to: the address of that page, below ``/console``.
    """

    said: str
    to: str


@dataclass(frozen=True)
class Fragment:
    """A piece of HTML, sent as an event.

    Attributes:
        template: the name of its file in ``templates/``.
        values: what it shows.
    """

    template: str
    values: Mapping[str, Any]
