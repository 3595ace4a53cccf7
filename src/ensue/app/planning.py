"""A route that is being declared: its templates become parameters, and its plan a function."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypedDict

from ensue.app.mapping import RESULT, Given, Inputs, given_by
from ensue.app.routes import (
    Answer,
    Route,
    RouteOptions,
    Said,
    check_path,
    parameters_in,
    with_options,
)
from ensue.app.transaction import ReadTx, Tx
from ensue.languages.templates import Template
from ensue.words.errors import InvalidDeclaration
from ensue.words.names import Ref
from ensue.words.shapes import TypeForm
from ensue.words.values import Json

WHOLE_RESULT = "{result}"
_TAKEN = frozenset(
    name
    for method in (Tx.put, Tx.update, Tx.delete, Tx.query)
    for name in inspect.signature(method).parameters
)


class DirectOptions(TypedDict, total=False):
    """How a route without a handler takes its request and answers.

    ``body``: the type of the body; any object by default. ``types``: the types of what is in the
    path and the query, by name; texts by default. ``answer``: a template of the answer, where
    ``{result}`` is what came of it. ``headers``: templates of further headers of the answer.
    """

    body: TypeForm
    types: Mapping[str, TypeForm]
    answer: object
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Plan:
    """What a direct route does: to what, how, and what it answers."""

    does: str
    target: Ref
    run: Callable[[Any, Given], Json]
    statuses: Mapping[int, Said]
    status: int = 200
    answer: object = WHOLE_RESULT


class Planned:
    """A route that is being declared.

    Args:
        method: the route's.
        path: the route's.
        options: the route's.
        add: takes the route when it is complete.
    """

    def __init__(
        self, method: str, path: str, options: RouteOptions, add: Callable[[Route], None]
    ) -> None:
        self._method = method
        self._path = path
        self._options = options
        self._add = add

    @property
    def _name(self) -> str:
        return f"{self._method} {self._path}"

    def _writing(self, options: DirectOptions, target: object, *kinds: type[Any]) -> Inputs:
        if self._method == "GET":
            raise InvalidDeclaration("expected a GET that changes nothing", at=self._name)
        return self._inputs(options, target, *kinds)

    def _inputs(self, options: DirectOptions, target: object, *kinds: type[Any]) -> Inputs:
        check_path(self._method, self._path)
        if not isinstance(target, kinds):
            wanted = " or ".join(each.__name__.lower() for each in kinds)
            raise InvalidDeclaration(f"expected a {wanted}, got {target!r}", at=self._name)
        return Inputs(
            self._name,
            parameters_in(self._path),
            reads_only=self._method == "GET",
            body=options.get("body"),
            types=options.get("types", {}),
            verifies=self._options.get("verify") is not None,
        )

    def _values(
        self,
        inputs: Inputs,
        values: Mapping[str, object] | None,
        *used_by: frozenset[str],
    ) -> dict[str, Template]:
        """The templates of the ``:names`` that expressions use, after checking that they fit."""
        used = frozenset[str]().union(*used_by)
        if used & _TAKEN:
            raise InvalidDeclaration(
                f"expected another name than {_names(used & _TAKEN)}", at=self._name
            )
        given = frozenset(values or {})
        if used != given:
            raise InvalidDeclaration(
                f"expected values for {_names(used)}, got {_names(given)}", at=self._name
            )
        return {name: inputs.template(each) for name, each in (values or {}).items()}

    def _declare(self, inputs: Inputs, options: DirectOptions, plan: Plan) -> None:
        said = inputs.template(options.get("answer", plan.answer), with_result=True)
        headers = {
            name: inputs.template(each, with_result=True)
            for name, each in options.get("headers", {}).items()
        }
        in_path = parameters_in(self._path)
        is_told = plan.answer is None and "answer" in options
        status = self._options.get("status", 200 if is_told else plan.status)

        def answer(tx: ReadTx, **arguments: object) -> Answer:
            given = given_by(arguments, in_path, tx)
            result = plan.run(tx, given)
            told = {**given, RESULT: lambda: result}
            return Answer(
                said.render(told),
                status=status,
                headers={name: str(each.render(told)) for name, each in headers.items()},
            )

        words = f"{plan.does} the {plan.target.kind} {plan.target.name}."
        answer.__name__ = f"{plan.does.partition(' ')[0]}_{plan.target.name}".replace("-", "_")
        answer.__doc__ = words[0].upper() + words[1:]
        made = Route(
            method=self._method,
            path=self._path,
            function=answer,
            parameters=inputs.parameters(),
            returns=Any,
            status=status,
            is_action=False,
            wants_tx=True,
            statuses=plan.statuses,
            target=plan.target,
        )
        self._add(with_options(made, **self._options))


def _names(found: frozenset[str]) -> str:
    return ", ".join(f":{name}" for name in sorted(found)) or "none"
