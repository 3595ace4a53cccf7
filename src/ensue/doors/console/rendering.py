"""Pages of the console, rendered: what its templates can call, and who they are made for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from ensue.doors.console.access import Sessions
from ensue.doors.console.routing import filled
from ensue.doors.console.section import Section
from ensue.doors.console.view import View
from ensue.doors.console.visit import Visit
from ensue.pages import Asset, Page, Pages
from ensue.words.names import Ref
from ensue.words.shapes import to_plain
from ensue.words.units import human_bytes, human_ms, iso
from ensue.words.values import shown

HERE = Path(__file__).parent
ROOT = "/console"
STATIC = f"{ROOT}/static"
TEXT_SHOWN_MAX = 100_000

T = TypeVar("T")

_visiting: ContextVar[Visit] = ContextVar("visiting")

# One colour a state, on every page.
GOOD = frozenset({
    "ok", "done", "completed", "succeeded", "success", "active", "enabled", "running ok", "matched",
    "paid", "approved", "resolved", "delivered", "open shard", "healthy",
})  # fmt: skip
WARN = frozenset({
    "waiting", "pending", "paused", "retrying", "held", "insufficient_data", "insufficient data",
    "pending_redrive", "disabled", "late", "missed", "stale", "skipped", "suspended",
})  # fmt: skip
BAD = frozenset({
    "dead", "failed", "failure", "error", "timed_out", "timed out", "aborted", "alarm", "rejected",
    "not matched", "refused", "lost", "cancelled",
})  # fmt: skip
INFO = frozenset({
    "running", "in flight", "in_flight", "leased", "started", "processing", "new", "insert", "sent",
})  # fmt: skip


@dataclass(frozen=True)
class Around:
    """What every page has around what it shows.

    Attributes:
        sections: in the order of the menu.
        addresses: of what kind of resource the pages are where; by kind, the section's name.
    """

    sections: Sequence[Section]
    addresses: Mapping[str, str]


class Rendering:
    """Renders views.

    Args:
        around: what every page has around it.
        sessions: makes what forms carry.
    """

    def __init__(self, around: Around, sessions: Sessions) -> None:
        self._around = around
        self._sessions = sessions
        self._pages = Pages(
            HERE / "templates",
            "console",
            static=HERE / "static",
            root=STATIC,
            filters={"bytes": human_bytes, "compact": _compact, "duration": human_ms, "iso": iso},
            functions={
                "address_of": self.address_of,
                "color_of": color_of,
                "form_token": self._form_token,
                "now_ms": _now_ms,
                "json_lines": json_lines,
                "twin": twin,
                "url": url,
                "visit": _visiting.get,
                "why_of": lambda sought: url("/why/{id:path}", id=sought),
            },
            macros="parts.html",
        )

    def check(self) -> None:
        """Compile all templates; see `Pages.check`."""
        self._pages.check()

    @property
    def assets(self) -> Sequence[Asset]:
        """The files that pages need."""
        return self._pages.assets

    def page(self, view: View, visit: Visit, around: Mapping[str, Any]) -> bytes:
        """A view as a page.

        Args:
            view: what it shows.
            visit: who it is for.
            around: what the layout shows besides, by name.
        """
        return self._within(visit, lambda: self._pages.render(self._page(view, visit, around)))

    def block(self, view: View, visit: Visit, name: str) -> bytes | None:
        """One block of a view's template; None where it has not."""
        page = self._page(view, visit, {})
        return self._within(visit, lambda: self._pages.render_block(page, name))

    def fragment(self, template: str, found: Mapping[str, Any], visit: Visit) -> str:
        """A template by itself."""
        page = Page(template, found)
        return self._within(visit, lambda: self._pages.render(page)).decode()

    def alone(self, template: str, found: Mapping[str, Any]) -> bytes:
        """A page for somebody who is not in yet."""
        return self._pages.render(Page(template, found))

    def address_of(self, ref: Ref | Mapping[str, str]) -> str:
        """The address of a resource's page."""
        app, kind, name = (
            (ref.app, ref.kind, ref.name)
            if isinstance(ref, Ref)
            else (ref["app"], ref["kind"], ref["name"])
        )
        section = self._around.addresses.get(kind)
        if section is None:
            return url("/resources/{kind}/{app}/{name}", kind=kind, app=app, name=name)
        return url(f"/{section}/{{app}}/{{name}}", app=app, name=name)

    def _page(self, view: View, visit: Visit, around: Mapping[str, Any]) -> Page:
        own = {
            "title": view.title,
            "sections": self._around.sections,
            "here": visit.here,
            "can_write": visit.can_write,
            "masked": visit.masked,
        }
        return Page(view.template, {**own, **around, **view.values, **view.shown})

    def _form_token(self) -> str:
        return self._sessions.form_token(_visiting.get().session)

    @staticmethod
    def _within(visit: Visit, render: Callable[[], T]) -> T:
        token = _visiting.set(visit)
        try:
            return render()
        finally:
            _visiting.reset(token)


def _now_ms() -> int:
    return _visiting.get().platform.now_ms()


def url(path: str, **given: object) -> str:
    """An address of the console, its parameters escaped; what is left over is the query."""
    return ROOT + filled(path, given)


def twin(here: str) -> str:
    """The address of a view's twin in JSON."""
    path, mark, query = here.partition("?")
    return f"{path}.json{mark}{query}"


def color_of(state: str) -> str:
    """The colour of a state's badge: ``good``, ``warn``, ``bad``, ``info``, or none.

    An app's own state goes by its last word: ``PAYMENT_FAILED`` is bad.
    """
    said = state.lower()
    last = said.replace("_", " ").rpartition(" ")[2]
    for name, states in (("good", GOOD), ("warn", WARN), ("bad", BAD), ("info", INFO)):
        if said in states:
            return name
    found = (name for name, states in (("bad", BAD), ("good", GOOD)) if last in states)
    return next(found, "")


def json_lines(value: object) -> str:
    """A value as JSON to read, indented; cut where it is longer than anybody reads."""
    text = msgspec.json.format(msgspec.json.encode(value, enc_hook=to_plain), indent=2).decode()
    if len(text) <= TEXT_SHOWN_MAX:
        return text
    return f"{text[:TEXT_SHOWN_MAX]}\n… {len(text) - TEXT_SHOWN_MAX:,} characters more"


def _compact(value: object, length: int = 120) -> str:
    return shown(value, length)
