"""A section of the console: its name in the menu, and its addresses."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

from ensue.doors.console.view import Done, View
from ensue.doors.console.visit import Visit

Show: TypeAlias = Callable[[Visit], Awaitable[View]]
Act: TypeAlias = Callable[[Visit], Awaitable[Done]]
Follow: TypeAlias = Callable[[Visit], AsyncIterator[tuple[str, object]]]


@dataclass(frozen=True)
class Page:
    """A view at an address: as a page, and with ``.json`` behind the path as JSON.

    Attributes:
        path: below ``/console``, with parameters as ``{app}`` or ``{id:path}``.
        show: makes it.
    """

    path: str
    show: Show


@dataclass(frozen=True)
class Action:
    """Something that a form does: refused in read-only mode, and entered into the audit log.

    Attributes:
        path: below ``/console``.
        act: does it.
        name: what it is called in the audit log: ``redrive dead letters``.
        secret: the form's fields that are not to be in the audit log.
    """

    path: str
    act: Act
    name: str
    secret: tuple[str, ...] = ()


@dataclass(frozen=True)
class Feed:
    """Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html).

    Attributes:
        path: below ``/console``.
        follow: yields events: a name, and what becomes its data as JSON, or a `Fragment`.
    """

    path: str
    follow: Follow


@dataclass(frozen=True)
class Section:
    """A section of the console.

    Attributes:
        name: as in its addresses.
        title: as in the menu.
        of: its addresses: pages, actions, feeds. The first page is the section's own.
        icon: the name of its picture, one of those in ``templates/icons.html``.
        key: the letter behind ``g`` that goes there; empty for none.
        kinds: the kinds of resources whose pages are here, at ``/{name}/{app}/{resource}``.
    """

    name: str
    title: str
    of: tuple[Page | Action | Feed, ...]
    icon: str = "dot"
    key: str = ""
    kinds: tuple[str, ...] = ()

    @property
    def home(self) -> str:
        """The address of its first page, below ``/console``."""
        return next(each.path for each in self.of if isinstance(each, Page))
