"""How the names in AWS's addresses stand for resources of ours.

An address is an ARN, a URL or a bare name; what stands for the resource is its last part. Names of
ours are lower-case words, so letters and digits decide alone: ``CustomerPaymentSession`` and
``orders.fifo`` are the resources ``customer-payment-session`` and ``orders``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches

from ensue.engine.home import Home, Resource
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
        home: the app whose workflow asks; its own come first.
    """

    def __init__(self, home: Home) -> None:
        self._home = home
        self._known: dict[tuple[str, str], Resource] = {}

    def find(self, kind: str, name: str) -> Resource | None:
        """The resource of a kind that a name stands for; None when there is none, or several.

        Args:
            kind: such as ``table``.
            name: as a definition has it, perhaps behind its app: ``shop/orders``.
        """
        around = self._home.around
        own = around.get(Ref(self._home.app, kind, name))
        if own is not None:
            return own
        known = self._known.get((kind, name))
        if known is not None and around.get(known.ref) is known:
            return known
        found = self._found(kind, name)
        if found is not None:
            self._known[kind, name] = found
        return found

    def all(self, kind: str) -> list[Resource]:
        """The resources of a kind."""
        return [resource for ref, resource in self._home.around.items() if ref.kind == kind]

    def names(self, kind: str) -> list[str]:
        """What the resources of a kind are called."""
        return [ref.name for ref in self._home.around if ref.kind == kind]

    def nearest(self, kind: str, name: str) -> str | None:
        """The name of a resource of a kind that is most like one that is none."""
        return nearest(name, self.names(kind))

    def _found(self, kind: str, name: str) -> Resource | None:
        app, _, bare = name.rpartition("/")
        refs = [ref for ref in self._home.around if ref.kind == kind and app in ("", ref.app)]
        for alike in (bare.__eq__, lambda other: folded(other) == folded(bare)):
            found = [ref for ref in refs if alike(ref.name)]
            own = [ref for ref in found if ref.app == self._home.app] or found
            if found:
                return self._home.around[own[0]] if len(own) == 1 else None
        return None


def nearest(name: str, others: Iterable[str]) -> str | None:
    """Which of these is most like a name; None when none is like it."""
    lower = {other.lower(): other for other in others}
    found = get_close_matches(name.lower(), list(lower), n=1, cutoff=0.5)
    return lower[found[0]] if found else None


def workflow_arn(name: str) -> str:
    """The ARN of a workflow, as that of a state machine."""
    return f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{name}"
