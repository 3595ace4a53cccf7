"""How the names in AWS's addresses stand for resources of ours.

An address is an ARN, a URL or a bare name; what stands for the resource is its last part. Names of
ours are lower-case words, so letters and digits decide alone: ``CustomerPaymentSession`` and
``orders.fifo`` are the resources ``customer-payment-session`` and ``orders``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from ensue.engine.home import Resource
from ensue.words.names import Ref

ACCOUNT, REGION = "000000000000", "us-east-1"
FIFO = ".fifo"
_OTHERS = re.compile(r"[^a-z0-9]")
_WILD_PART = re.compile(r"[/:]")


def last_part(address: str) -> str:
    """The last part of an ARN, a URL, or the name itself."""
    return _WILD_PART.split(address.rstrip("/:"))[-1]


def folded(name: str) -> str:
    """What decides of a name: its letters, in lower case, and its digits."""
    return _OTHERS.sub("", name.removesuffix(FIFO).lower())


class Resources:
    """The resources that run, by kind and by the names that definitions call them by.

    Args:
        resources: all of them, of all apps.
        app: the app whose workflow asks; its own come first.
    """

    def __init__(self, resources: Mapping[Ref, Resource], app: str) -> None:
        self._resources = resources
        self._app = app
        self._known: dict[tuple[str, str], Resource | None] = {}

    def find(self, kind: str, name: str) -> Resource | None:
        """The resource of a kind that a name stands for; None when there is none, or several.

        Args:
            kind: such as ``table``.
            name: as a definition has it, perhaps behind its app: ``shop/orders``.
        """
        asked = (kind, name)
        if asked not in self._known:
            self._known[asked] = self._found(kind, name)
        return self._known[asked]

    def all(self, kind: str) -> list[Resource]:
        """The resources of a kind."""
        return [resource for ref, resource in self._resources.items() if ref.kind == kind]

    def names(self, kind: str) -> list[str]:
        """What the resources of a kind are called."""
        return [ref.name for ref in self._resources if ref.kind == kind]

    def nearest(self, kind: str, name: str) -> str | None:
        """The name of a resource of a kind that is most like one that is none."""
        return nearest(name, self.names(kind))

    def _found(self, kind: str, name: str) -> Resource | None:
        app, _, bare = name.rpartition("/")
        refs = [ref for ref in self._resources if ref.kind == kind and app in ("", ref.app)]
        for alike in (bare.__eq__, lambda other: folded(other) == folded(bare)):
            found = [ref for ref in refs if alike(ref.name)]
            own = [ref for ref in found if ref.app == self._app] or found
            if found:
                return self._resources[own[0]] if len(own) == 1 else None
        return None


def nearest(name: str, others: Iterable[str]) -> str | None:
    """Which of these is most like a name; None when none is like it."""
    lower = {other.lower(): other for other in others}
    found = get_close_matches(name.lower(), list(lower), n=1, cutoff=0.5)
    return lower[found[0]] if found else None


def workflow_arn(name: str) -> str:
    """The ARN of a workflow, as that of a state machine."""
    return f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{name}"
