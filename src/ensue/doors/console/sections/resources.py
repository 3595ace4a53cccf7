"""All resources, and a page for each that has no section of its own: made from the catalog."""

from __future__ import annotations

from typing import Any

import msgspec

from ensue.catalog import KINDS
from ensue.doors.console.section import Action, Page, Section
from ensue.doors.console.view import Done, View
from ensue.doors.console.visit import Visit, plain
from ensue.words import values
from ensue.words.errors import InvalidInput, InvalidValue, NotFound
from ensue.words.kinds import Kind, Operation


class Asked(msgspec.Struct, forbid_unknown_fields=True):
    """Which resources."""

    kind: str | None = None
    app: str | None = None
    text: str | None = None


class Given(msgspec.Struct, forbid_unknown_fields=True):
    """Which operation to show the form of, and with what it was asked."""

    operation: str | None = None
    given: str | None = None


async def list_resources(visit: Visit) -> View:
    """All resources, by app; or those that are looked for."""
    asked = visit.query(Asked)
    refs = [ref for ref in visit.platform.refs() if ref.kind in KINDS]
    found = [
        {"app": ref.app, "kind": ref.kind, "name": ref.name}
        for ref in refs
        if asked.kind in {None, ref.kind}
        and asked.app in {None, ref.app}
        and (asked.text or "").lower() in ref.name
    ]
    return View(
        "resources/list.html",
        "Resources",
        {"resources": found},
        {
            "kinds": sorted({ref.kind for ref in refs}),
            "apps": sorted({ref.app for ref in refs}),
            "asked": asked,
            "of_kinds": {name: kind.called for name, kind in KINDS.items()},
        },
    )


async def show_resource(visit: Visit) -> View:
    """One resource: its declaration, how it is doing, and what can be done to it."""
    kind = _kind(visit)
    resource = visit.resource(kind.name)
    asked = visit.query(Given)
    chosen = _operation(kind, asked.operation) if asked.operation else None
    answer: Any = None
    if chosen is not None and not chosen.writes and asked.given is not None:
        answer = visit.payload(await visit.operate(resource, chosen.name, _decoded(asked.given)))
    shown = [each for each in kind.operations if not each.private]
    return View(
        "resources/resource.html",
        f"{kind.called} {resource.ref.name}",
        {
            "resource": {
                "app": resource.ref.app,
                "kind": resource.ref.kind,
                "name": resource.ref.name,
                "declared": resource.declared(),
                "status": await kind.status(resource),
            },
            "operations": [
                {
                    "name": each.name,
                    "summary": each.summary,
                    "writes": each.writes,
                    "parameters": msgspec.json.schema(each.parameters),
                }
                for each in shown
            ],
            "answer": answer,
        },
        {
            "kind": kind,
            "chosen": chosen,
            "asked": asked,
            "template": _template(chosen) if chosen else "",
        },
    )


async def operate(visit: Visit) -> Done:
    """Do one of the kind's operations."""
    kind = _kind(visit)
    resource = visit.resource(kind.name)
    fields = await visit.fields()
    operation = _operation(kind, visit.path["operation"])
    if operation.private:
        raise InvalidInput(
            "expected an operation without secrets",
            hint=f"Use the command line: ensue {kind.plural} {operation.name}.",
        )
    answer = await visit.operate(resource, operation.name, _decoded(fields.get("given", "{}")))
    told = "" if answer is None else f": {values.shown(visit.payload(answer), 200)}"
    app, name = visit.path["app"], visit.path["name"]
    return Done(f"{operation.name} is done{told}", f"/resources/{kind.name}/{app}/{name}")


def _kind(visit: Visit) -> Kind:
    found = KINDS.get(visit.path["kind"])
    if found is None:
        raise NotFound(f"there is no kind {visit.path['kind'][:60]}")
    return found


def _operation(kind: Kind, name: str) -> Operation:
    found = next((each for each in kind.operations if each.name == name), None)
    if found is None:
        raise NotFound(f"there is no operation {name[:60]} of {kind.plural}")
    return found


def _decoded(text: str) -> dict[str, Any]:
    found = values.decode(text or "{}")
    if not isinstance(found, dict):
        raise InvalidValue("expected an object of parameters", at="form.given")
    return found


def _template(operation: Operation) -> str:
    """The parameters as an object to fill in."""
    fields = msgspec.structs.fields(operation.parameters)
    return values.encode({
        each.encode_name: None if each.default is msgspec.NODEFAULT else plain(each.default)
        for each in fields
        if each.required
    })


RESOURCES = Section(
    "resources",
    "Resources",
    (
        Page("/resources", list_resources),
        Page("/resources/{kind}/{app}/{name}", show_resource),
        Action("/resources/{kind}/{app}/{name}/{operation}", operate, "operate a resource"),
    ),
    icon="resources",
    key="r",
)
