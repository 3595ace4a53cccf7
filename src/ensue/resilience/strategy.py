"""What they all are: something that stands before async functions, as a decorator or by hand."""

from __future__ import annotations

import functools
import inspect
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, ParamSpec, TypeVar

from ensue.words.errors import InvalidDeclaration

P = ParamSpec("P")
T = TypeVar("T")


class Strategy(ABC):
    """Stands before async functions: as a decorator of one, or by hand with `run`.

    What it remembers is of whoever runs the functions: of one platform, one test, or the process
    outside of any app. Within one of these all functions under one strategy share it.
    """

    def __call__(
        self, function: Callable[P, Awaitable[T]], /
    ) -> Callable[P, Coroutine[Any, Any, T]]:
        """The function behind this: a decorator.

        Raises:
            InvalidDeclaration: the function is no ``async def``.
        """
        name = getattr(function, "__name__", type(function).__name__)
        if not inspect.iscoroutinefunction(function):
            raise InvalidDeclaration(
                f"expected an async def under {type(self).__name__}, got {name}",
                hint="A def runs inside its transaction, where nothing waits for the outside.",
            )

        @functools.wraps(function)
        async def behind(*args: P.args, **kwargs: P.kwargs) -> T:
            return await self.run(function, *args, **kwargs)

        return behind

    @abstractmethod
    async def run(
        self, function: Callable[P, Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """What a function answers, behind this.

        Args:
            function: what is called.
            args: its arguments.
            kwargs: those by name.

        Raises:
            Exception: whatever the function raises, or what this refuses with.
        """
