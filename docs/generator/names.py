"""The kinds of the catalog, and every public name."""

# ruff: noqa: E501  # the prose of a page

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import ModuleType
from typing import Any

import msgspec

import ensue
from ensue.app.app import App
from ensue.catalog import KINDS
from ensue.doors.cli.arguments import Parameter, parameters_of
from ensue.words import errors
from ensue.words.kinds import Kind
from generator.markdown import arguments, code, first, plain, table


def kinds_page() -> str:
    """The catalog."""
    parts = [
        "# Kinds of resources",
        (
            "An app declares a resource with the method of `App` that is named"
            " beside it; the operations are there as [commands](cli.md), as [routes](http.md), and as"
            " methods of the handle that the declaration returns."
        ),
        table(
            ("kind", "what it is", "AWS calls it", "declared with"),
            [
                (
                    f"[{kind.name}](#{kind.name})",
                    kind.summary,
                    kind.aws,
                    code(f"app.{_method(kind)}()"),
                )
                for kind in KINDS.values()
            ],
        ),
    ]
    for kind in KINDS.values():
        declare = getattr(App, _method(kind))
        parts += [
            f"## {kind.name}",
            first(declare.__doc__),
            _signature(f"app.{_method(kind)}", declare),
        ]
        parts += arguments(declare.__doc__)
        readme = f"../../src/ensue/resources/{kind.name}/README.md"
        parts.append(f"What one promises, and its limits: [{kind.name}]({readme}).")
        for operation in kind.operations:
            parts += [
                f"### {kind.name} {operation.name}",
                (
                    f"{operation.summary} {'Writes.' if operation.writes else 'Reads only.'}"
                    f" `POST /_ensue/{kind.plural}/{{name}}/{operation.name}`"
                ),
                table(
                    ("parameter", "type", "required or default", "bounds"),
                    [_parameter(each) for each in parameters_of(operation.parameters)],
                ),
            ]
    return "\n\n".join(parts)


def _method(kind: Kind) -> str:
    """The method of `App` that declares one: named like the kind, but what is there is adopted."""
    return "adopt" if kind.name == "adopted" else kind.name


def _parameter(given: Parameter) -> tuple[str, str, str, str]:
    shapes = {"value": "any JSON value", "texts": "list of texts", "flag": "boolean"}
    default = "required" if given.required else code(_json(given.default))
    return code(given.name), shapes.get(given.shape, given.shape), default, given.bounds or ""


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _signature(name: str, function: Callable[..., Any]) -> str:
    return f"```text\n{name}{plain(inspect.signature(function))}\n```"


def names_page() -> str:
    """Every public name."""
    parts = [
        "# Names",
        (
            "Everything that an app imports from `ensue`. What lies beneath is not public. The test kit"
            " is `ensue.testing`; [Test an app](../how-to/test-an-app.md) shows it."
        ),
    ]
    for name in ensue.__all__:
        found = getattr(ensue, name)
        parts.append(f"## {name}")
        if isinstance(found, type) and issubclass(found, errors.EnsueError):
            parts.append(f"{first(found.__doc__)} An [error](errors.md); code `{found.code}`.")
        elif name == "Meta":
            parts.append(
                "Bounds of a field or argument, as in `Annotated[int, Meta(ge=1, le=1000)]`;"
                " it is `msgspec.Meta`."
            )
        elif isinstance(found, type):
            parts += _class(found)
        elif inspect.isfunction(found):
            parts += [first(found.__doc__), _signature(name, found), *arguments(found.__doc__)]
        elif inspect.ismodule(found):
            parts += _module(found)
        else:
            parts.append(f"The version: `{found}`.")
    return "\n\n".join(parts)


def _module(found: ModuleType) -> list[str]:
    inside = {name: getattr(found, name) for name in found.__all__}
    rows = [
        (
            code(name + plain(inspect.signature(each)) if inspect.isfunction(each) else name),
            first(each.__doc__),
        )
        for name, each in inside.items()
        if inspect.isfunction(each) or isinstance(each, type)
    ]
    return [first(found.__doc__), table(("name", "what it is"), rows)]


def _class(found: type[Any]) -> list[str]:
    methods = {
        name: each
        for base in reversed(found.__mro__)
        if base.__module__.startswith("ensue.")
        for name, each in vars(base).items()
        if inspect.isfunction(each) and each.__doc__ and name[0] != "_" and name not in INNER
    }
    rows = [
        (code(name + plain(inspect.signature(each))), first(each.__doc__))
        for name, each in methods.items()
    ]
    kind, method = HANDLES.get(found.__name__, ("", ""))
    declared = [f"Declared with [`app.{method}()`](kinds.md#{kind})."] if kind else []
    fields = [] if declared else arguments(found.__doc__)
    listed = [table(("method", "what it does"), rows)] if rows else []
    return [first(found.__doc__), *declared, *fields, *listed]


HANDLES = {kind.name.capitalize(): (kind.name, _method(kind)) for kind in KINDS.values()}
HANDLES |= {"Schedule": ("", ""), "Schedules": ("schedule", "schedules")}
"""Handles by name: the kind, and the method that declares one. A `Schedule` is a row of a group."""


INNER = frozenset({
    "admit_in",
    "as_work",
    "change",
    "change_from",
    "check",
    "close_http",
    "compile_input",
    "connect",
    "declared",
    "deliver",
    "explain_in",
    "find",
    "from_envelope",
    "prepare",
    "typed",
    "typed_page",
    "workers",
})
"""Methods of handles that the platform calls, not apps."""
