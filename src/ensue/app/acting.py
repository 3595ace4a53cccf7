"""What an app offers to be done to the items of its tables, by people and commands."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeVar

from ensue.app.following import Following
from ensue.app.transaction import Tx
from ensue.engine.transaction import Transaction
from ensue.languages.expressions import compile_condition
from ensue.resources.table import ItemAction, Table
from ensue.words.errors import InvalidDeclaration
from ensue.words.names import check_name

F = TypeVar("F", bound=Callable[..., object])


class Acting(Following):
    """What an app declares, with the actions on its items."""

    def action(
        self,
        table: Table[Any],
        *,
        name: str | None = None,
        title: str | None = None,
        where: str | None = None,
        **given: object,
    ) -> Callable[[F], F]:
        """Declare something that can be done to an item: ``def f(item, tx)``, a transaction.

        It is a button in the console, for one row and for all that are selected, and a command:
        ``ensue act orders --action retry KEY``. Each call is recorded, as any other change.

        Args:
            table: to whose items.
            name: its name; the function's own by default.
            title: what it is called on the button; made of the name by default.
            where: a condition expression on the items to which it can be done, such as
                ``status = :failed``.
            given: the values of the expression's ``:names``.

        Raises:
            InvalidDeclaration: the name is taken, or the function is no ``def f(item, tx)``.
            InvalidExpression: the condition does not compile, or names values that are not given.
        """
        if where is not None:
            compile_condition(where, strict_values=True).check_values(given)

        def declare(function: F) -> F:
            found = check_name(name or function.__name__.replace("_", "-"), "action")
            _check(function, found)
            told = inspect.cleandoc(function.__doc__ or "").partition("\n")[0]

            def run(tx: Transaction, item: object) -> object:
                return function(item, Tx(tx))

            shown = title or found.replace("-", " ").capitalize()
            table.offer(ItemAction(found, shown, told, run, where, given))
            return function

        return declare


def _check(function: Callable[..., object], name: str) -> None:
    try:
        inspect.signature(function).bind("item", "tx")
    except TypeError:
        is_fit = False
    else:
        is_fit = not inspect.iscoroutinefunction(function)
    if not is_fit:
        raise InvalidDeclaration(
            f"expected def {name}(item, tx), got {name}{inspect.signature(function)}",
            hint="An action is a transaction; let it send a message for what reaches outside.",
        )
