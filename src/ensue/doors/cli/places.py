"""Which resource of a server a name means."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from ensue.catalog import KINDS
from ensue.doors.cli.model import Decoded, Server
from ensue.words.errors import InvalidInput, NotFound
from ensue.words.kinds import Kind, with_article

RESOURCES = "/_ensue/resources"


@dataclass(frozen=True)
class Place:
    """A resource of a running server.

    Attributes:
        app: the name of its app.
        kind: its kind.
        name: its name.
    """

    app: str
    kind: Kind
    name: str

    @property
    def path(self) -> str:
        """Its address on the server."""
        return f"/_ensue/{self.kind.plural}/{self.name}"

    def describe(self, server: Server) -> Decoded:
        """What it is and how it is doing."""
        return server.get(self.path, {"app": self.app})

    def operate(
        self, server: Server, operation: str, body: dict[str, object], *, wait_ms: int = 0
    ) -> Decoded:
        """Do something to it; returns what the server answers."""
        return server.post(f"{self.path}/{operation}", body, {"app": self.app}, wait_ms=wait_ms)


def places(server: Server) -> list[Place]:
    """All resources of a server, of the kinds that we know."""
    return [
        Place(each["app"], KINDS[each["kind"]], each["name"])
        for each in server.get(RESOURCES)
        if each["kind"] in KINDS
    ]


def find_place(server: Server, text: str, kinds: Collection[str] | None = None) -> Place:
    """The resource that ``name``, ``kind/name`` or ``app/kind/name`` means.

    Args:
        server: where to look.
        text: what was typed.
        kinds: the kinds among which to choose; None for all.

    Raises:
        NotFound: there is none.
        InvalidInput: there are several, or a resource of another kind only.
    """
    named = [each for each in places(server) if _is_meant(each, text)]
    found = [each for each in named if kinds is None or each.kind.name in kinds]
    if len(found) == 1:
        return found[0]
    if found:
        homes = {each.app for each in found}
        ways = [_written(each, with_app=len(homes) > 1) for each in found]
        raise InvalidInput(f"{text} can be {' or '.join(ways)}", hint="Write one of these.")
    wanted = _one_of([KINDS[kind].called for kind in kinds or ()] or ["resource"])
    if named:
        got = named[0].kind.called
        raise InvalidInput(f"expected {with_article(wanted)}, got the {got} {text}")
    raise NotFound(f"there is no {wanted} {text}", hint="`ensue ls` lists what there is.")


def only_place(server: Server, kind: Kind, named: str | None) -> Place:
    """The resource that is named, or the only one of its kind.

    Raises:
        NotFound: there is none.
        InvalidInput: there are several, and none is named.
    """
    if named is not None:
        return find_place(server, named, [kind.name])
    found = [each for each in places(server) if each.kind is kind]
    if len(found) == 1:
        return found[0]
    if not found:
        raise NotFound(f"there is no {kind.called}", hint="Declare one in the app.")
    names = ", ".join(each.name for each in found)
    raise InvalidInput(f"expected {with_article(kind.called)} by --in, one of {names}")


def _one_of(words: list[str]) -> str:
    """Words as a choice: ``table, adopted table or schedule group``."""
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else last


def _is_meant(place: Place, text: str) -> bool:
    parts = [place.app, place.kind.name, place.name]
    said = text.split("/")
    return len(said) <= len(parts) and parts[-len(said) :] == said


def _written(place: Place, *, with_app: bool) -> str:
    said = f"{place.kind.name}/{place.name}"
    return f"{place.app}/{said}" if with_app else said
