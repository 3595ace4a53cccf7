"""Answers that are pages, and where an app's pages are."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any

from ensue.app.headers import SetCookie
from ensue.app.routes import Answer, Route
from ensue.pages import Page, Pages
from ensue.words.errors import InvalidDeclaration

FOLDER = "pages"


class HtmlAnswer(Answer[Page]):
    """What a route answers with a page: a template of the folder ``pages/`` beside its module.

    ```python
    @app.get("/results")
    def results(tx: ReadTx) -> HtmlAnswer:
        return HtmlAnswer("results.html", items=tx.scan(orders).items)
    ```

    The route says that it returns one. Templates are Jinja's; what they show is escaped.

    Args:
        template: the name of the template's file.
        status: the HTTP status.
        headers: further headers; they go before those that each page has.
        cookies: what cookies it sets.
        values: what the template shows, by name.
    """

    def __init__(
        self,
        template: str,
        /,
        *,
        status: int = HTTPStatus.OK,
        headers: Mapping[str, str] | None = None,
        cookies: Sequence[SetCookie] = (),
        **values: Any,  # noqa: ANN401 - whatever a template can show
    ) -> None:
        super().__init__(Page(template, values), status, headers or {}, cookies)


def answers_with_a_page(route: Route) -> bool:
    """Whether a route says that it returns a page."""
    return any(each is HtmlAnswer for each in (route.returns, *typing.get_args(route.returns)))


def pages_beside(function: Callable[..., Any], owner: str) -> Pages:
    """The pages in the folder beside the module of a function.

    Args:
        function: a route's.
        owner: the app.

    Raises:
        InvalidDeclaration: the function is in no file, or no folder is there.
    """
    file = inspect.getsourcefile(function)
    if file is None:
        raise InvalidDeclaration("expected a function in a file, beside its pages", at=owner)
    return Pages(Path(file).parent / FOLDER, owner)
