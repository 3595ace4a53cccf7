"""Pages of a folder: templates, compiled once, and the files that they need."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from ensue.pages.assets import STATIC, Asset, assets_in
from ensue.pages.charts.numbers import Number, written
from ensue.pages.library import SHARED, Template, Templates, templates_in
from ensue.pages.page import Page
from ensue.words.errors import InvalidDeclaration
from ensue.words.units import iso

MEDIA_TYPE = "text/html; charset=utf-8"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self';"
    " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: dict[str, str] = {
    "content-type": MEDIA_TYPE,
    # Nothing inline, nothing from elsewhere, in nobody's frame (https://www.w3.org/TR/CSP3/).
    "content-security-policy": POLICY,
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    # What a page shows is of this moment and of who asked.
    "cache-control": "no-store",
}

_HERE = Path(__file__).parent
_TEMPLATES = _HERE / "templates"
_STATIC = "static"
_SHARED = _HERE / _STATIC


class Pages:
    """The pages of a folder: ``results.html`` and the like, and in ``static/`` what they need.

    They are Jinja templates. ``{% extends "ensue/base.html" %}`` gives them the shared layout;
    ``static("demo.js")`` is the address of a file in ``static/``.

    Args:
        folder: where they are.
        owner: whose they are, for the addresses of files.
        static: where the files are that they need; ``static/`` below them by default.
        root: below which address the files are served.
        filters: what values can go through besides what all pages have, by name.
        functions: what templates can call besides that, by name.
        macros: a template whose macros all others can call without importing them.

    Raises:
        InvalidDeclaration: there is no such folder, or a file in ``static/`` is of a kind that
            browsers are not sent.
    """

    def __init__(
        self,
        folder: Path,
        owner: str,
        *,
        static: Path | None = None,
        root: str = STATIC,
        filters: Mapping[str, Callable[..., Any]] | None = None,
        functions: Mapping[str, Callable[..., Any]] | None = None,
        macros: str | None = None,
    ) -> None:
        if not folder.is_dir():
            raise InvalidDeclaration(
                f"expected a folder of pages at {folder}, got none",
                at=owner,
                hint="Put results.html and the like into the folder pages/ beside the module.",
            )
        self._folder = folder
        self._files = static or folder / _STATIC
        self._own = assets_in(self._files, owner, root)
        self._around = shared_assets() if root == STATIC else assets_in(_SHARED, SHARED, root)
        self._filters = dict(filters or {})
        self._functions = dict(functions or {})
        self._macros = macros

    def check(self) -> None:
        """Compile all templates.

        Raises:
            InvalidDeclaration: one is none, or names another that is not there; says where.
        """
        self._templates.check()

    def template(self, name: str) -> Template:
        """One of the templates.

        Raises:
            InvalidDeclaration: there is none of that name, or it is none.
        """
        return self._templates.get_template(name)

    def render(self, page: Page) -> bytes:
        """A page as HTML.

        Raises:
            InvalidDeclaration: there is no such template, or no file that it names.
            Exception: what the template does to its values fails, or one is missing.
        """
        return self.template(page.template).render(page.values).encode()

    def render_block(self, page: Page, block: str) -> bytes | None:
        """One block of a page by itself, of those that its own template has; None where it has not.

        Raises:
            InvalidDeclaration: there is no such template, or no file that it names.
            Exception: what the template does to its values fails, or one is missing.
        """
        template = self.template(page.template)
        if block not in template.blocks:
            return None
        context = template.new_context(page.values)
        return "".join(template.blocks[block](context)).encode()

    @property
    def assets(self) -> Sequence[Asset]:
        """The files that the pages need, the shared ones among them."""
        return [*self._around.values(), *self._own.values()]

    @cached_property
    def _templates(self) -> Templates:
        made = templates_in(
            self._folder,
            _TEMPLATES,
            filters={"number": _number, "percent": _percent, "moment": _moment, **self._filters},
            functions={"static": self._static, "shared": self._shared, **self._functions},
        )
        if self._macros is not None:
            made.share(self._macros)
        return made

    def _static(self, name: str) -> str:
        if name not in self._own:
            raise InvalidDeclaration(f"expected the file {name}, got none", at=str(self._files))
        return self._own[name].path

    def _shared(self, name: str) -> str:
        return self._around[name].path


@cache
def shared_assets() -> Mapping[str, Asset]:
    """The files that all pages share, by name."""
    return assets_in(_SHARED, SHARED)


def error_page(status: int, title: str, message: str, hint: str | None = None) -> bytes:
    """A page that says what went wrong.

    Args:
        status: the HTTP status.
        title: its phrase.
        message: what was expected, and what came.
        hint: what to do about it.
    """
    values = {"status": status, "phrase": title, "message": message, "hint": hint}
    return _house().render(Page("ensue/error.html", values))


@cache
def _house() -> Pages:
    """The shared pages by themselves."""
    return Pages(_TEMPLATES, SHARED)


def _number(value: Number, unit: str = "") -> str:
    return written(value, unit=unit)


def _percent(value: Number) -> str:
    return written(value, "percent")


def _moment(value_ms: int) -> str:
    """A time for people: ``2026-11-21 13:47 UTC``."""
    return f"{iso(value_ms)[:16].replace('T', ' ')} UTC"
