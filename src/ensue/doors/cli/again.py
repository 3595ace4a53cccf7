"""What ``tail`` shows, written so that it is published again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ensue.doors.cli.model import Decoded, Server
from ensue.doors.cli.places import Place
from ensue.observe import again
from ensue.observe.again import Again, Code, Matched, matched_of
from ensue.words.errors import NotFound
from ensue.words.names import Ref

IMPORTS = "/_ensue/imports"


def writer(server: Server, place: Place, form: str) -> Callable[[dict[str, Any]], str]:
    """What writes what a log holds in a form of `again.FORMS`, such as ``curl``.

    Raises:
        NotFound: a test is asked for, and no module has a name for an app of the server.
    """
    ref, here = (
        Ref(place.app, place.kind.name, place.name),
        again.Server(server.url, server.has_key),
    )
    if form == "pytest":
        code = _code(server, ref)
        return lambda shown: Again(ref, shown).as_test(code, _matched(server, place, shown))
    if form == "curl":
        return lambda shown: Again(ref, shown).as_curl(here)
    if form == "python":
        return lambda shown: Again(ref, shown).as_python(here)
    if form == "ensue":
        return lambda shown: Again(ref, shown).as_command(here)
    return lambda shown: Again(ref, shown).as_json()


def _code(server: Server, ref: Ref) -> Code:
    found = server.get(IMPORTS)
    apps = [_place(each) for each in found["apps"] if each is not None]
    if len(apps) < len(found["apps"]):
        raise NotFound(
            "no module has a name for each app of the server",
            hint="A test imports the apps: give them names at the top of a module.",
        )
    named = found["resources"].get("/".join(ref))
    return Code(apps, None if named is None else _place(named))


def _place(text: str) -> tuple[str, str]:
    module, _, name = text.partition(":")
    return module, name


def _matched(server: Server, place: Place, shown: dict[str, Any]) -> Sequence[Matched] | None:
    """What took it; None for a stream."""
    if place.kind.name == "stream":
        return None
    found: Decoded = place.operate(server, "explain", {"id": shown["id"]})
    rules: Decoded = place.operate(server, "rules", {}) if place.kind.name == "bus" else {}
    return matched_of(found, rules)
