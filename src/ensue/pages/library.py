"""The library that renders templates, loaded when an app with pages is declared."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol

from ensue.words.errors import InvalidDeclaration

SHARED = "ensue"


class Template(Protocol):
    """A compiled template."""

    def render(self, values: Mapping[str, Any], /) -> str:
        """The page."""

    @property
    def blocks(self) -> Mapping[str, Callable[[Any], Iterable[str]]]:
        """Its own blocks, by name."""

    def new_context(self, values: Mapping[str, Any], /) -> Any:  # noqa: ANN401 - jinja2's own
        """What a block is rendered with."""

    @property
    def module(self) -> Any:  # noqa: ANN401 - its macros are its attributes
        """The template as a module, whose attributes are its macros."""


class Templates(Protocol):
    """The templates of a folder, and the shared ones under ``ensue/``."""

    def get_template(self, name: str) -> Template:
        """One of them, compiled when it is first asked for."""

    def check(self) -> None:
        """Compile all, and find those that they name."""

    def share(self, name: str) -> None:
        """Let all templates call the macros of one of them by their names."""


def templates_in(
    folder: Path,
    shared: Path,
    *,
    filters: Mapping[str, Callable[..., Any]],
    functions: Mapping[str, Callable[..., Any]],
) -> Templates:
    """The templates of a folder: everything that they show is escaped, and all of it must be there.

    Args:
        folder: where they are.
        shared: where the shared ones are.
        filters: what values can go through, by name.
        functions: what templates can call, by name.

    """
    import jinja2  # noqa: PLC0415 - it takes long, and few processes make pages

    house = jinja2.PrefixLoader({SHARED: jinja2.FileSystemLoader(shared)})
    made = jinja2.Environment(
        loader=jinja2.ChoiceLoader([house, jinja2.FileSystemLoader(folder)]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        auto_reload=False,
        cache_size=-1,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(filters)
    made.globals.update(functions)
    return _Compiled(made, folder)


class _Compiled:
    def __init__(self, made: Any, folder: Path) -> None:  # noqa: ANN401 - jinja2.Environment
        self._made = made
        self._folder = folder

    def check(self) -> None:
        from jinja2 import meta  # noqa: PLC0415 - as above

        for name in self._made.list_templates(extensions=["html"]):
            self.get_template(name)
            source = self._made.loader.get_source(self._made, name)[0]
            for named in meta.find_referenced_templates(self._made.parse(source)):
                # What is computed is found, or not, when the page is made.
                if named is not None:
                    self.get_template(named)

    def share(self, name: str) -> None:
        made = self.get_template(name).module
        macros = {each: getattr(made, each) for each in dir(made) if not each.startswith("_")}
        self._made.globals.update(macros)

    def get_template(self, name: str) -> Template:
        import jinja2  # noqa: PLC0415 - as above

        try:
            found: Template = self._made.get_template(name)
        except jinja2.TemplateNotFound as fault:
            raise InvalidDeclaration(
                f"expected the template {fault}, got no such file", at=str(self._folder)
            ) from None
        except jinja2.TemplateSyntaxError as fault:
            raise InvalidDeclaration(
                f"expected a template: {fault.message}", at=f"{fault.filename}:{fault.lineno}"
            ) from None
        return found
