"""The library that evaluates JSONata, loaded when an expression is first compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from ensue.words.errors import MissingExtra


class Compiled(Protocol):
    """An expression of the library; it belongs to the thread that made it."""

    def register(self, name: str, func: Callable[..., Any]) -> object:
        """Add a function."""

    def register_override(self, name: str, func: Callable[..., Any]) -> object:
        """Put a function in the place of one of its own."""

    def evaluate_json_or_none(
        self,
        json_str: str | None,
        bindings: dict[str, Any] | None = None,
        *,
        timeout: int | None = None,
        max_stack_depth: int | None = None,
        max_sequence_length: int | None = None,
    ) -> str | None:
        """What it finds, as JSON; None for nothing."""


def compiled(text: str) -> Compiled:
    """An expression, compiled.

    Raises:
        ValueError: it is no JSONata.
        MissingExtra: the library is not installed.
    """
    try:
        import jsonatapy  # noqa: PLC0415 - it is an extra
    except ImportError:
        raise MissingExtra(
            "JSONata needs the package jsonatapy", hint="Install it: pip install 'ensue[jsonata]'."
        ) from None
    return jsonatapy.compile(text)
